// A film and a run of it for the tests of what people see: five shots in two scenes and a card, one of them kept.
import fc from 'fast-check'
import type { Failure } from '../../src/failure.ts'
import type { Plan } from '../../src/lang/plan.ts'
import type { Program } from '../../src/lang/program.ts'
import type { Stream } from '../../src/report/stream.ts'
import type { Event, Stamped } from '../../src/runtime/event.ts'
import { card, extend, makeAll, planOf, program, retake, sha256, shot, words } from '../lang/plan-kit.ts'

const base = program([])

export const harbor: Program = {
  ...base,
  film: {
    ...base.film,
    span: { ...base.film.span, path: 'harbor.ltx' },
    title: 'Harbor Lights',
    budget: 12_000_000,
    output: 'out/harbor-lights.mp4',
  },
  items: [
    shot('harbor/open', 144, { words: words('open moves'), seed: 1, steps: [extend(144), retake(0, 96)], takes: 3 }),
    shot('harbor/sign', 96, { words: words('sign moves'), seed: 2 }),
    shot('harbor/line', 120, { words: words('line moves'), seed: 3 }),
    shot('storm/wave', 192, { words: words('wave moves'), provider: 'gpu', seed: 4 }),
    shot('storm/news', 96, { words: words('news moves'), seed: 5 }),
    card('end', 72),
  ],
}

/** `harbor/line` was made before; `harbor/sign` had other words then. */
export function harborPlan(rung: Plan['rung'] = 'final'): Plan {
  const before: Program = {
    ...harbor,
    items: [
      shot('harbor/sign', 96, { words: words('the sign is dark'), seed: 2 }),
      shot('harbor/line', 120, { words: words('line moves'), seed: 3 }),
    ],
  }
  return planOf(harbor, { ...makeAll(before), rung, hasKey: () => false }).plan
}

/** A film of many shots, in scenes of ten unless told otherwise. */
export const longPlan = (shots: number, perScene = 10): Plan =>
  planOf({
    ...base,
    items: Array.from({ length: shots }, (_, index) =>
      shot(`scene-${Math.floor(index / perScene)}/shot-${index}`, 96, { provider: 'gpu' }),
    ),
  }).plan

export const key = sha256('key')
export const failure = (more: Partial<Failure> = {}): Failure => ({
  kind: 'moderation',
  message: 'the host refused these words',
  next: 'say it with other words in harbor.ltx and render again',
  retry: false,
  ...more,
})

/** An event without its stamp. The union is kept apart, so that each is checked as what it is. */
export type Bare = Event
export function stamp(events: readonly Bare[], everyMs = 1000, from = 1_700_000_000_000): readonly Stamped[] {
  return events.map((event, n) => ({ v: 1, n, at: from + n * everyMs, ...event }))
}

export const started = (plan: Plan): Bare => ({
  type: 'run.started',
  run: 'r1',
  film: plan.film.title,
  script: plan.film.span.path,
  rung: plan.rung,
  jobs: plan.jobs.length,
  make: plan.totals.make,
  price: plan.totals.price,
  ...(plan.film.budget === undefined ? {} : { budget: plan.film.budget }),
})

/** One job from its intent to the store. */
export function makes(job: string, billed = 0, attempt = 1): readonly Bare[] {
  const at = { job, key, attempt }
  return [
    { type: 'job.queued', job },
    { type: 'job.intent', ...at, provider: 'ltx', seed: 100, reserved: billed },
    { type: 'job.sent', ...at },
    { type: 'job.accepted', ...at, provider: 'ltx', ticket: { id: 't1' } },
    { type: 'job.progress', job, phase: 'sampling', progress: 0.5 },
    { type: 'job.done', ...at, billed, servedModel: 'ltx-2-3-pro' },
    {
      type: 'job.stored',
      ...at,
      sha256: key,
      delivered: { frames: 144, size: { width: 1920, height: 1080 }, rate: { num: 24, den: 1 }, soundSamples: 288000, bytes: 4_100_000 },
    },
  ]
}

/** A stream that remembers what was written. */
export function openTape(columns = 80, rows = 24): Stream & { readonly text: () => string; readonly writes: string[] } {
  const writes: string[] = []
  return { columns, rows, writes, write: (text) => writes.push(text), text: () => writes.join('') }
}

const point = fc.oneof(fc.integer({ min: 0, max: 0x2ff }), fc.integer({ min: 0x2000, max: 0x20ff }), fc.integer({ min: 0, max: 0x10ffff }))
/** Any text, rich in what a terminal might obey. */
export const anyText = fc.array(point, { maxLength: 40 }).map((points) => String.fromCodePoint(...points))
