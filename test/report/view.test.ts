// The fold: what a person is told after any run of events.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { summaryRows } from '../../src/report/summary.ts'
import type { View } from '../../src/report/view.ts'
import { elapsedMs, emptyView, fold, leftOf, overall, remainingMs, shotProgress, states } from '../../src/report/view.ts'
import type { Stamped } from '../../src/runtime/event.ts'
import type { Bare } from './kit.ts'
import { failure, harborPlan, key, longPlan, makes, stamp, started } from './kit.ts'
import { oneOfEach } from './one-of-each.ts'

const plan = harborPlan()
const viewOf = (...events: readonly Bare[]): View => stamp([started(plan), ...events]).reduce(fold, emptyView(plan))
const stateOf = (view: View, path: string): string => view.shots.find((shot) => shot.line.path === path)?.state ?? 'none'
const at = (job: string, attempt = 1) => ({ job, key, attempt })

describe('before anything has happened', () => {
  it('shows the scenes in film order, what is kept, and what waits', () => {
    const view = emptyView(plan)
    expect(view.scenes.map((scene) => [scene.name, scene.shots.map((shot) => shot.name)])).toEqual([
      ['harbor', ['open', 'sign', 'line']],
      ['storm', ['wave', 'news']],
      ['', ['end']],
    ])
    expect(stateOf(view, 'harbor/line')).toBe('kept')
    expect(stateOf(view, 'harbor/open')).toBe('waiting')
    expect(view.tally).toMatchObject({ kept: 1, waiting: 5 })
    expect(leftOf(view)).toBe(12_000_000)
    expect(overall(view)).toBeLessThan(0.01)
  })
  it('is about the jobs of this run alone, where they are named', () => {
    const view = emptyView(plan, new Set(['storm/news@1', 'storm/news@1:conform']))
    expect(view.shots.map((shot) => shot.line.path)).toEqual(['storm/news'])
  })
  it('leaves out what was dropped', () => {
    const dropped = { ...plan, lines: plan.lines.map((line) => (line.path === 'end' ? { ...line, change: 'drop' as const } : line)) }
    expect(emptyView(dropped).shots.some((shot) => shot.line.path === 'end')).toBe(false)
  })
})

describe('a job', () => {
  it('goes from state to state, and its shot with it', () => {
    const seen: string[] = []
    const view = emptyView(plan)
    for (const event of stamp([started(plan), ...makes('storm/news@1', 480_000), ...makes('storm/news@1:conform')]))
      seen.push(stateOf(fold(view, event), 'storm/news'))
    expect(seen.slice(1)).toEqual([
      'queued',
      'submitting',
      'submitting',
      'working',
      'working',
      'downloading',
      'waiting',
      'queued',
      'submitting',
      'submitting',
      'working',
      'working',
      'downloading',
      'stored',
    ])
    expect(view.tally.stored).toBe(1)
  })
  it('speaks for its shot while others of it wait or have failed', () => {
    const view = viewOf(
      { type: 'job.intent', ...at('harbor/open@1'), provider: 'ltx', reserved: 1 },
      { type: 'job.intent', ...at('harbor/open@2'), provider: 'ltx', reserved: 1 },
      { type: 'job.failed', ...at('harbor/open@2'), failure: failure() },
    )
    const open = view.shots[0]
    expect(open?.state).toBe('submitting')
    expect(open?.current?.job.id).toBe('harbor/open@1')
    expect(view.failures.size).toBe(1)
  })
  it('says that it downloads or checks where its provider says so', () => {
    const progress = (phase: string) => stateOf(viewOf({ type: 'job.progress', job: 'end', phase, progress: 0.9 }), 'end')
    expect([progress('downloading'), progress('checking'), progress('drawing')]).toEqual(['downloading', 'checking', 'working'])
  })
  it('is still being sent while its host is asked whether it has it', () => {
    const asked: readonly Bare[] = [
      { type: 'job.sent', ...at('end') },
      { type: 'job.settling', ...at('end'), until: 9_000 },
    ]
    expect(stateOf(viewOf(...asked), 'end')).toBe('submitting')
    expect(viewOf(...asked).jobs.get('end')?.settlesBy).toBe(9_000)
    expect(viewOf(...asked, { type: 'job.cancelled', job: 'end' }).jobs.get('end')?.settlesBy).toBeUndefined()
  })
  it('comes back by itself after a retry, and its failure is forgotten', () => {
    const tries: readonly Bare[] = [
      { type: 'job.intent', ...at('end'), provider: 'cut', reserved: 0 },
      { type: 'job.retrying', ...at('end'), failure: failure({ kind: 'capacity' }), waitMs: 3000 },
    ]
    const waiting = viewOf(...tries)
    expect(stateOf(waiting, 'end')).toBe('retrying')
    expect(waiting.jobs.get('end')?.retryAt).toBe(waiting.lastAt + 3000)
    const well = viewOf(...tries, ...makes('end', 0, 2))
    expect(stateOf(well, 'end')).toBe('stored')
    expect(well.jobs.get('end')?.failure).toBeUndefined()
  })
  it('that failed names how many other shots cannot begin because of it', () => {
    const [first = '', second = ''] = ['harbor/sign@1', 'storm/news@1']
    const view = viewOf(
      { type: 'job.failed', ...at(first), failure: failure() },
      { type: 'job.blocked', job: 'harbor/sign@1:conform', by: first },
      { type: 'job.blocked', job: second, by: 'harbor/sign@1:conform' },
      { type: 'job.blocked', job: 'storm/news@1:conform', by: second },
    )
    expect(stateOf(view, 'harbor/sign')).toBe('failed')
    expect(stateOf(view, 'storm/news')).toBe('blocked')
    expect(view.failures.get(first)?.blocking).toBe(1)
    expect(view.jobs.get('storm/news@1:conform')?.blockedBy).toBe(first)
  })
})

describe('money', () => {
  const intent: Bare = { type: 'job.intent', ...at('storm/news@1'), provider: 'ltx', reserved: 480_000 }
  it('is held from the intent to the bill', () => {
    const held = viewOf(intent)
    expect([held.spent, held.reserved, leftOf(held)]).toEqual([0, 480_000, 11_520_000])
    const paid = viewOf(intent, { type: 'job.done', ...at('storm/news@1'), billed: 400_000, servedModel: 'm' })
    expect([paid.spent, paid.reserved, leftOf(paid)]).toEqual([400_000, 0, 11_600_000])
    expect(paid.shots.find((shot) => shot.line.path === 'storm/news')?.spent).toBe(400_000)
  })
  it('of a clip that was made and did not come may be spent all the same', () => {
    const view = viewOf(
      intent,
      { type: 'job.done', ...at('storm/news@1'), billed: 480_000, servedModel: 'm' },
      { type: 'job.failed', ...at('storm/news@1'), failure: failure(), resumable: true },
      { type: 'run.stopped', reason: 'failed', made: 0, kept: 0, failed: 1, blocked: 0, spent: 0 },
    )
    expect([view.spent, view.reserved, view.unfetched]).toEqual([0, 0, 480_000])
    const words = summaryRows(view, 0).map((row) => row.map(({ text }) => text).join(''))
    expect(words.join('\n')).toContain('up to $0.48 more may have been billed')
  })
  it('comes back when a failure was not billed, is gone when it was, and stays held when nobody knows', () => {
    const failed = (billed: 'yes' | 'no' | 'unknown'): readonly number[] => {
      const view = viewOf(intent, { type: 'job.failed', ...at('storm/news@1'), failure: failure({ billed }) })
      return [view.spent, view.reserved]
    }
    expect([failed('no'), failed('yes'), failed('unknown')]).toEqual([
      [0, 0],
      [480_000, 0],
      [0, 480_000],
    ])
    const uncertain = viewOf(intent, { type: 'job.uncertain', ...at('storm/news@1'), failure: failure({ kind: 'uncertain' }) })
    expect([uncertain.reserved, stateOf(uncertain, 'storm/news')]).toEqual([480_000, 'uncertain'])
  })
  it('is held for a job that an earlier run sent', () => {
    const view = viewOf({ type: 'job.accepted', ...at('storm/news@1'), provider: 'ltx', ticket: {} })
    expect(view.reserved).toBe(480_000)
  })
  it("is the run's own figure at the end", () => {
    expect(viewOf({ type: 'run.stopped', reason: 'finished', made: 1, kept: 0, failed: 0, blocked: 0, spent: 123 }).spent).toBe(123)
  })
})

describe('time', () => {
  it('begins with the plan and ends with what was measured', () => {
    const fresh = viewOf()
    expect(remainingMs(fresh, fresh.lastAt)).toBeCloseTo(plan.totals.expected * 1000, -4)
    const half = viewOf({ type: 'job.progress', job: 'harbor/open@1', phase: 'sampling', progress: 1 })
    const later = fresh.lastAt + 600_000
    expect(remainingMs(half, later)).toBeGreaterThan(remainingMs(half, half.lastAt) ?? 0)
    expect(elapsedMs(half, later)).toBe(600_000)
  })
  it('runs to exactly one, and only when the film is there', () => {
    const jobs = plan.jobs.filter((job) => job.made === undefined).flatMap((job) => makes(job.id))
    const made = viewOf(...jobs)
    expect(overall(made)).toBeLessThan(1)
    const done = viewOf(
      ...jobs,
      { type: 'cut.made', output: 'o', sha256: key, frames: 1 },
      { type: 'run.stopped', reason: 'finished', made: 1, kept: 1, failed: 0, blocked: 0, spent: 0 },
    )
    expect(overall(done)).toBe(1)
    expect(remainingMs(done, done.lastAt)).toBeUndefined()
    expect(elapsedMs(done, done.lastAt + 99_999)).toBe(done.lastAt - (done.startedAt ?? 0))
  })
  it('does not count work that will not be done', () => {
    const before = viewOf()
    const view = viewOf({ type: 'job.failed', ...at('harbor/open@1'), failure: failure() }, { type: 'job.cancelled', job: 'storm/wave@1' })
    expect(view.weight).toBeLessThan(before.weight)
  })
})

it('a new run over the same plan begins again', () => {
  const view = viewOf({ type: 'job.failed', ...at('end'), failure: failure() }, started(plan))
  expect(view.failures.size).toBe(0)
  expect(stateOf(view, 'end')).toBe('waiting')
  expect(view.tally).toEqual(emptyView(plan).tally)
})

it('is changed in place: an event costs no copy of the film', () => {
  const view = emptyView(plan)
  const { shots, jobs } = view
  for (const event of stamp(makes('end'))) expect(fold(view, event)).toBe(view)
  expect(view.shots).toBe(shots)
  expect(view.jobs).toBe(jobs)
})

describe('whatever comes', () => {
  const ids = [...plan.jobs.map((job) => job.id), 'gone@1', '__proto__', '']
  const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(Number.NaN, -1, 0, 1, Number.POSITIVE_INFINITY))
  const anything: fc.Arbitrary<Stamped> = fc
    .tuple(
      fc.constantFrom(...oneOfEach()),
      fc.constantFrom(...ids),
      fc.constantFrom(...ids),
      number,
      fc.integer({ min: 0, max: 2 ** 40 }),
      fc.nat(1_000_000),
    )
    .map(([event, job, by, progress, time, money]) => {
      // The stamp and the job are swapped for others; the type of each event stays what it is.
      const changed = { ...event, at: time, ...('job' in event ? { job } : {}) } as Stamped
      if (changed.type === 'job.blocked') return { ...changed, by }
      if (changed.type === 'job.progress' || changed.type === 'cut.progress') return { ...changed, progress }
      if (changed.type === 'job.intent') return { ...changed, reserved: money }
      return changed
    })
  it('nothing throws, and the books balance', () => {
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 120 }), (events) => {
        const view = emptyView(plan)
        for (const event of events) {
          fold(view, event)
          const shots = states.reduce((sum, state) => sum + view.tally[state], 0)
          const held = [...view.jobs.values()].reduce((sum, job) => sum + job.reserved, 0)
          const weight = view.shots.reduce((sum, shot) => sum + shot.weight, 0)
          expect(shots).toBe(view.shots.length)
          expect(view.reserved).toBe(held)
          expect(view.weight).toBeCloseTo(weight, 6)
          for (const shot of view.shots) expect(states.reduce((sum, state) => sum + shot.tally[state], 0)).toBe(shot.jobs.length)
          expect(view.shots.every((shot) => shotProgress(shot) >= 0 && shotProgress(shot) <= 1)).toBe(true)
          expect(overall(view)).toBeGreaterThanOrEqual(0)
          expect(overall(view)).toBeLessThanOrEqual(1)
        }
      }),
      { numRuns: 60 },
    )
  })
  it('nothing throws after any cut of a real run', () => {
    const events = stamp([started(plan), ...plan.jobs.flatMap((job) => makes(job.id, 5)), ...oneOfEach()])
    for (let end = 0; end <= events.length; end += 7) expect(events.slice(0, end).reduce(fold, emptyView(plan)).plan).toBe(plan)
  })
})

it('a long film keeps its scenes apart', () => {
  const view = emptyView(longPlan(40))
  expect(view.scenes).toHaveLength(4)
  expect(view.tally.waiting).toBe(40)
})
