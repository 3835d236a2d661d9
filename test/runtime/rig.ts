// A film of a few jobs, a host with a ledger, and one call that runs the one against the other in a given world.

import { setMaxListeners } from 'node:events'
import { type Failure, ProviderFailure } from '../../src/failure.ts'
import type { Capabilities } from '../../src/lang/catalogue.ts'
import { openReporter } from '../../src/lang/diagnostic.ts'
import type { AdjustPolicy, Delivered, Input, Job, Plan, Request } from '../../src/lang/plan.ts'
import type { Calls, Ready, Status, Ticket } from '../../src/providers/provider.ts'
import { openActions } from '../../src/runtime/actions.ts'
import type { Stamped } from '../../src/runtime/event.ts'
import { openJournal } from '../../src/runtime/journal.ts'
import { openLockFile } from '../../src/runtime/lock-file.ts'
import type { Budgets } from '../../src/runtime/purse.ts'
import { type OpenProvider, type Outcome, type RunOptions, run } from '../../src/runtime/run.ts'
import { openStore } from '../../src/runtime/store.ts'
import type { World } from '../../src/world.ts'

export const lockText = '/film/film.ltx.lock'
const span = { path: 'film.ltx', start: 0, end: 1 }
const size = { width: 320, height: 180 }
const rate = { num: 24, den: 1 }

/** `needs` are ids of other jobs, or `asset:` names. */
export type Sketch = {
  readonly id: string
  readonly needs?: readonly string[]
  readonly price?: number
  readonly provider?: string
  readonly words?: string
  readonly tries?: number
}

export const sha = (world: Pick<World, 'sha256'>, text: string): string => world.sha256(text)

export const requestOf = (words: string, provider = 'main'): Request => ({
  operation: provider === 'cut' ? 'conform' : 'text-to-video',
  provider: `${provider}/1`,
  model: 'fast',
  size,
  rate,
  frames: 48,
  prompt: words,
  negative: '',
  seed: 7,
  sound: true,
  segments: [],
  keys: [],
})

function jobOf(world: World, { id, needs = [], price = 100, provider = 'main', words = id, tries }: Sketch): Job {
  const request = requestOf(words, provider)
  const inputs = needs.map((need, at): Input => {
    const slot = `part-${at}` as const
    return need.startsWith('asset:')
      ? { slot, kind: 'asset', path: need.slice(6), sha256: world.sha256(need) }
      : { slot, kind: 'job', id: need }
  })
  return {
    id,
    path: id.split('@')[0] ?? id,
    take: 1,
    step: 0,
    operation: request.operation,
    provider,
    request,
    inputs,
    price,
    expected: 1,
    reproducibility: 'same-host',
    span,
    ...(tries === undefined ? {} : { tries }),
  }
}

/** A plan of the sketched jobs, in which every job that no other needs stands in the cut. */
export function planOf(world: World, sketches: readonly Sketch[]): Plan {
  const jobs = sketches.map((sketch) => jobOf(world, sketch))
  const used = new Set(sketches.flatMap(({ needs = [] }) => needs))
  const clips = jobs
    .filter(({ id }) => !used.has(id))
    .map((job, at) => ({
      path: job.path,
      job: job.id,
      start: at * 48,
      frames: 48,
      into: { kind: 'cut' } as const,
      voice: false,
      muted: false,
    }))
  return {
    version: 1,
    film: { title: 'Film', size, rate, seed: 1, quality: 'fast', on: 'main', output: 'out/film.mp4', span },
    rung: 'final',
    house: 'final',
    jobs,
    lines: [],
    cut: { clips, beds: [], titles: [], deliveries: [], frames: clips.length * 48 },
    totals: { price: 0, make: 0, keep: 0, expected: 0, seconds: rate },
    missingKeys: [],
    renames: [],
  }
}

export const capabilities = (over: Partial<Capabilities> = {}): Capabilities => ({
  kind: 'main',
  title: 'A host for tests',
  version: '1',
  offers: [],
  seed: true,
  negative: true,
  promptLimit: 1000,
  reproducibility: 'same-host',
  ready: true,
  continues: 'whole',
  needsKey: false,
  concurrency: 2,
  staggerMs: 0,
  submit: 'replay-key',
  pace: { perSecond: 1, fixed: 1 },
  callable: true,
  ...over,
})

export const failure = (kind: Failure['kind'], over: Partial<Failure> = {}): Failure => ({
  kind,
  message: `${kind}!`,
  next: 'do something',
  retry: false,
  ...over,
})

/** One purchase in a host's books. */
export type Entry = {
  readonly id: string
  readonly clientKey: string
  readonly job: string
  readonly key: string
  readonly seed: number | undefined
  polls: number
}
export type Faults = {
  submit?(job: Ready, count: number): 'ok' | 'lost' | Failure
  poll?(entry: Entry): Status | undefined
  fetch?(entry: Entry): Failure | undefined
  /** Bytes to deliver instead of the right ones. */
  bytes?(entry: Entry): string | undefined
}
export type Host = { readonly ledger: Entry[]; readonly submits: string[]; readonly faults: Faults; most: number; pollMs: number }

export const openHost = (faults: Faults = {}): Host => ({ ledger: [], submits: [], faults, most: 0, pollMs: 1000 })

/** What a right clip of this job holds: it depends on the request and on the bytes of the inputs, and on nothing else. */
export async function clipText(world: World, job: Ready): Promise<string> {
  const inputs = await Promise.all([...job.files].map(async ([slot, path]) => `${slot}=${await world.files.readText(path)}`))
  return `clip ${job.request.prompt} ${job.request.seed} ${world.sha256(inputs.join())}`
}

/** The host's side of the wire for one process. `replay`: honours client keys. */
export function callsOf(world: World, host: Host, signal: AbortSignal, submit: Capabilities['submit'] = 'replay-key'): Calls {
  const entryOf = (ticket: Ticket): Entry => {
    const entry = host.ledger.find(({ id }) => id === ticket.id)
    if (entry === undefined) throw new ProviderFailure(failure('expired'))
    return entry
  }
  const working = new Set<string>()
  return {
    async submit(job, sent) {
      const fault = host.faults.submit?.(job, host.submits.filter((id) => id === job.id).length + 1) ?? 'ok'
      await sent()
      host.submits.push(job.id)
      if (typeof fault === 'object') throw new ProviderFailure(fault)
      const before = submit === 'replay-key' ? host.ledger.find(({ clientKey }) => clientKey === job.clientKey) : undefined
      const id = before?.id ?? `h${host.ledger.length + 1}`
      if (before === undefined)
        host.ledger.push({ id, clientKey: job.clientKey, job: job.id, key: job.key, seed: job.request.seed, polls: 0 })
      if (fault === 'lost') throw new ProviderFailure(failure('network', { retry: true, billed: 'unknown' }))
      return { id }
    },
    async poll(ticket) {
      signal.throwIfAborted()
      const entry = entryOf(ticket)
      working.add(entry.id)
      host.most = Math.max(host.most, working.size)
      entry.polls += 1
      const told = host.faults.poll?.(entry)
      if (told !== undefined) return told
      return entry.polls < 3
        ? { state: 'working', progress: entry.polls / 3, nextPollMs: host.pollMs }
        : { state: 'done', servedModel: 'fast-0611' }
    },
    async fetch(ticket, job, into) {
      const entry = entryOf(ticket)
      working.delete(entry.id)
      const fault = host.faults.fetch?.(entry)
      if (fault !== undefined) throw new ProviderFailure(fault)
      await world.files.writeWhole(into, host.faults.bytes?.(entry) ?? (await clipText(world, job)))
    },
    ...(submit === 'client-id' || submit === 'list'
      ? {
          find: async (job: Ready): Promise<Ticket | undefined> => {
            const entry = host.ledger.find(({ clientKey }) => clientKey === job.clientKey)
            return entry && { id: entry.id }
          },
        }
      : {}),
  }
}

export async function checkClip(world: World, path: string): Promise<Delivered> {
  const text = await world.files.readText(path)
  if (!text.startsWith('clip ')) throw new ProviderFailure(failure('mismatch', { message: 'no clip came', retry: true }))
  return { frames: 48, size, rate, soundSamples: 96000, bytes: text.length }
}

export type Rig = {
  readonly world: World
  readonly host: Host
  readonly plan: Plan
  /** The project's folder. */
  readonly root?: string
  readonly calls?: Partial<Calls>
  readonly submit?: Capabilities['submit']
  readonly capabilities?: Partial<Capabilities>
  readonly signal?: AbortSignal
  readonly only?: ReadonlySet<string>
  readonly budget?: number
  readonly budgets?: Budgets
  readonly booked?: RunOptions['booked']
  readonly onUncertain?: 'resubmit'
  readonly account?: string
  readonly affinity?: OpenProvider['affinity']
  readonly onEvent?: (event: Stamped) => void
  readonly cut?: RunOptions['cut']
  readonly check?: RunOptions['check']
  readonly adjust?: AdjustPolicy
}
export type Ran = { readonly outcome: Outcome; readonly events: readonly Stamped[]; readonly film: string }

/** The film of the tests: the texts of its clips, in order. */
export const cutText =
  (world: World, root = '/film'): RunOptions['cut'] =>
  async (files) => {
    const texts = await Promise.all([...files.made.keys()].map(async (job) => world.files.readText(await files.open(job))))
    const film = texts.join('\n')
    await world.files.makeFolder(`${root}/out`)
    await world.files.writeWhole(`${root}/out/film.mp4`, film)
    return { output: 'out/film.mp4', sha256: world.sha256(film), frames: 48 * texts.length }
  }

export async function runRig(rig: Rig): Promise<Ran> {
  const { world, host, plan, root = '/film', submit = 'replay-key', only, budget } = rig
  const { files } = world
  const signal = rig.signal ?? new AbortController().signal
  setMaxListeners(0, signal)
  const dotLtx = `${root}/.ltx`
  const journal = await openJournal(world, `${dotLtx}/journal/film`)
  const store = await openStore(files, dotLtx, 'clips')
  const actions = await openActions(files, `${dotLtx}/clips/actions.ndjson`)
  const lock = await openLockFile(files, `${root}/film.ltx.lock`, 'film.ltx.lock', openReporter())
  if (lock === undefined) throw new Error('the lock cannot be read')
  const provider = (name: string): OpenProvider => ({
    capabilities: capabilities({ kind: name, submit, ...rig.capabilities }),
    calls: { ...callsOf(world, host, signal, submit), ...rig.calls },
    ...(rig.account === undefined ? {} : { account: rig.account }),
    ...(rig.affinity === undefined ? {} : { affinity: rig.affinity }),
    ...(rig.adjust === undefined ? {} : { adjust: rig.adjust }),
  })
  const events: Stamped[] = []
  const outcome = await run({
    plan,
    providers: new Map(['main', 'cut', 'other'].map((name) => [name, provider(name)])),
    store,
    actions,
    journal,
    lock,
    world,
    signal,
    assetsPath: (path) => `${root}/${path}`,
    check: rig.check ?? ((path) => checkClip(world, path)),
    emit: (event) => {
      events.push(event)
      rig.onEvent?.(event)
    },
    cut: rig.cut ?? cutText(world, root),
    settings: {
      script: 'film.ltx',
      budgets: { ...rig.budgets, ...(budget === undefined ? {} : { run: budget }) },
      ...(rig.onUncertain === undefined ? {} : { onUncertain: rig.onUncertain }),
    },
    ...(rig.booked === undefined ? {} : { booked: rig.booked }),
    ...(only === undefined ? {} : { only }),
  })
  await actions.close()
  const made = await files.exists(`${root}/out/film.mp4`)
  return { outcome, events, film: made ? await files.readText(`${root}/out/film.mp4`) : '' }
}
