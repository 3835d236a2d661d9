// Films built by hand for the planner's tests: only what a test is about is spelled out.
import { createHash } from 'node:crypto'
import type { Capabilities } from '../../src/lang/catalogue.ts'
import { openReporter } from '../../src/lang/diagnostic.ts'
import type { AssetFacts, Made, Plan } from '../../src/lang/plan.ts'
import type { PlanInput, ProviderInUse } from '../../src/lang/planning/make-plan.ts'
import { makePlan } from '../../src/lang/planning/make-plan.ts'
import type { Asset, Bed, Card, Footage, Item, Program, Shot, Step, Words } from '../../src/lang/program.ts'
import type { Span } from '../../src/lang/source.ts'
import { rational } from '../../src/lang/time.ts'
import { hostedLtx } from '../../src/providers/hosted-ltx/capabilities.ts'
import { local } from '../../src/providers/local/capabilities.ts'

export const span: Span = { path: 'film.ltx', start: 0, end: 1 }
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const words = (action: string, more: Partial<Words> = {}): Words => ({
  setting: 'a harbor',
  action: [action],
  camera: [],
  look: [],
  sound: [],
  say: [],
  avoid: [],
  ...more,
})

export const shot = (path: string, frames: number | undefined, more: Partial<Shot> = {}): Shot => ({
  kind: 'shot',
  path,
  scene: path.split('/')[0] ?? '',
  name: path.split('/')[1] ?? path,
  span,
  into: { kind: 'cut' },
  ...(frames === undefined ? {} : { frames }),
  words: words('she walks along the quay'),
  segments: [],
  keys: [],
  steps: [],
  takes: 1,
  tries: 1,
  seed: 100,
  seedPinned: false,
  provider: 'ltx',
  quality: 'pro',
  ...more,
})

export const card = (path: string, frames: number, more: Partial<Card> = {}): Card => ({
  kind: 'card',
  path,
  scene: '',
  name: path,
  span,
  into: { kind: 'cut' },
  frames,
  text: 'The End',
  ...more,
})
export const footage = (path: string, asset: Asset, more: Partial<Footage> = {}): Footage => ({
  kind: 'clip',
  path,
  scene: '',
  name: path,
  span,
  into: { kind: 'cut' },
  asset,
  ...more,
})
export const extend = (frames: number, more: Partial<Extract<Step, { kind: 'extend' }>> = {}): Step => ({
  kind: 'extend',
  frames,
  at: 'end',
  words: words('she walks along the quay'),
  seed: 100,
  span,
  ...more,
})
export const retake = (from: number, to: number, more: Partial<Extract<Step, { kind: 'retake' }>> = {}): Step => ({
  kind: 'retake',
  range: { from, to },
  words: words('level and still'),
  seed: 100,
  span,
  ...more,
})
export const image = (path: string): Asset => ({ kind: 'image', path, span })
export const audio = (path: string): Asset => ({ kind: 'audio', path, span })
export const video = (path: string): Asset => ({ kind: 'video', path, span })
export const bed = (name: string, asset: Asset, more: Partial<Bed> = {}): Bed => ({
  name,
  asset,
  gain: 0,
  fadeIn: 0,
  fadeOut: 0,
  start: rational(0),
  loop: false,
  span,
  ...more,
})

export const program = (items: readonly Item[], more: Partial<Program> = {}): Program => ({
  film: {
    title: 'Film',
    size: { width: 1920, height: 1080 },
    rate: { num: 24, den: 1 },
    seed: 1,
    quality: 'pro',
    on: 'ltx',
    output: 'out/film.mp4',
    span,
  },
  providers: [],
  cast: [],
  items,
  beds: [],
  titles: [],
  deliveries: [],
  ...more,
})

/** A provider that makes whatever is asked, ready for the cut: what the animatic is. */
export const anything: Capabilities = {
  ...local,
  kind: 'animatic',
  ready: true,
  callable: true,
  offers: local.offers.map(({ frames: _frames, stages: _stages, retake, ...offer }) => ({
    ...offer,
    ...(retake === undefined ? {} : { retake: { returns: 'range', modes: retake.modes, minSeconds: 0 } }),
    sizes: { multipleOf: 1, minSide: 16, maxSide: 8192, maxPixels: 1 << 30 },
    seconds: { kind: 'range', min: 0, max: 3600, whole: false },
  })),
}
export const cutCapabilities: Capabilities = {
  ...anything,
  kind: 'cut',
  version: 'test',
  offers: [],
  concurrency: 2,
  pace: { perSecond: 1, fixed: 0 },
}

const inUse = (name: string, capabilities: Capabilities, more: Partial<ProviderInUse> = {}): [string, ProviderInUse] => [
  name,
  { name, capabilities, ...more },
]

/** Facts of assets by path: hash of the path, unless given. */
export const facts = (
  ...known: readonly (Partial<AssetFacts> & { readonly path: string; readonly kind: AssetFacts['kind'] })[]
): ReadonlyMap<string, AssetFacts> =>
  new Map(known.map((fact) => [fact.path, { sha256: sha256(fact.path), bytes: 1, hasSound: true, ...fact }]))

export type Options = Partial<PlanInput>

/** Plans a film; everything that was reported comes along. */
export function planOf(film: Program, options: Options = {}, reporter = openReporter()): { plan: Plan; codes: readonly string[] } {
  const plan = makePlan(
    {
      program: film,
      rung: 'final',
      providers: new Map([inUse('ltx', hostedLtx, { keyEnv: 'LTX_API_KEY' }), inUse('gpu', local), inUse('animatic', anything)]),
      cut: cutCapabilities,
      facts: new Map(),
      remembered: new Map(),
      picks: new Map(),
      findMade: () => undefined,
      sha256,
      hasKey: () => false,
      ...options,
    },
    reporter,
  )
  return { plan, codes: reporter.diagnostics().map((diagnostic) => diagnostic.code) }
}

/** Pretends that every job of a plan was made, one after the other, until nothing new can be keyed. */
export function makeAll(film: Program, options: Options = {}): { remembered: PlanInput['remembered']; findMade: PlanInput['findMade'] } {
  const made = new Map<string, Made>()
  const remembered = new Map<string, { key: string; request: Plan['jobs'][number]['request'] }>()
  for (let turn = 0; turn < 20; turn += 1) {
    const { plan } = planOf(film, { ...options, findMade: (key) => made.get(key) })
    for (const job of plan.jobs) {
      if (job.key === undefined) continue
      const { frames, size, rate } = job.request
      made.set(job.key, { sha256: sha256(`bytes of ${job.key}`), delivered: { frames, size, rate, soundSamples: 0, bytes: 1 } })
      remembered.set(job.id, { key: job.key, request: job.request })
    }
    if (plan.totals.make === 0) break
  }
  return { remembered, findMade: (key) => made.get(key) }
}
