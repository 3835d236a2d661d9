// What a job's machine does at each step: the provider's calls, with their record in the journal before the next
// step can begin, money reserved at the gate, and the clip checked before the store takes it.

import { ProviderFailure } from '../failure.ts'
import type { Capabilities } from '../lang/catalogue.ts'
import type { Adjusted, AdjustPolicy, Delivered, Job, Made, Request, Sha256, Slot } from '../lang/plan.ts'
import type { Calls, Ready, Status, Ticket } from '../providers/provider.ts'
import type { World } from '../world.ts'
import { formOf, isOther, isSilent, refuseAdjusted } from './adjust.ts'
import type { Event } from './event.ts'
import { failureOf, notShownYet, strange, strangeForMs, uncertain } from './failure.ts'
import { lookAt, unknownThere } from './found.ts'
import type { Door, Gate, Place, Purchase } from './gate.ts'
import type { Stored } from './history.ts'
import type { Effects, Go, Polled, Settled, StepError } from './job.machine.ts'
import { workOf } from './pace.ts'
import type { Recorder } from './recorder.ts'
import type { Store } from './store.ts'

export type OpenProvider = {
  readonly capabilities: Capabilities
  readonly calls: Calls
  /** What is done with a clip that the host has adjusted; absent: taken, with a warning. */
  readonly adjust?: AdjustPolicy
  /** Providers that share a key and an address share their limits; its own where there is none. */
  readonly account?: string
  /** Jobs with the same word are made one after the other where that can be. */
  readonly affinity?: (request: Request) => string
}
/** What is left of a provider when the gate has taken what submits. */
export type Reachable = Omit<OpenProvider, 'calls'> & { readonly calls: Omit<Calls, 'submit'> }

/** Parts each provider from its submit, which only the gate keeps. */
export function partProviders(providers: ReadonlyMap<string, OpenProvider>) {
  const doors = new Map<string, Door>()
  const reachable = new Map<string, Reachable>()
  for (const [name, provider] of providers) {
    const { submit, ...calls } = provider.calls
    const { concurrency, staggerMs } = provider.capabilities
    doors.set(name, { account: provider.account ?? name, concurrency, staggerMs, submit: submit.bind(provider.calls) })
    reachable.set(name, { ...provider, calls })
  }
  return { doors, reachable }
}

/**
 * Is the file at `path` a whole clip as `request` asked, or as its host says it `adjusted` it? Throws a `mismatch` failure that says
 * what is wrong.
 */
export type Check = (path: string, request: Request, adjusted?: Adjusted) => Promise<Delivered>

export type JobTools = {
  readonly job: Job
  readonly key: Sha256
  readonly files: ReadonlyMap<Slot, string>
  readonly provider: Reachable
  readonly gate: Gate
  readonly place: Place
  readonly world: Pick<World, 'clock'>
  readonly store: Store
  readonly recorder: Recorder
  readonly check: Check
  readonly sha256: (text: string) => Sha256
  /** Nobody waits for it: a host that may show a job later is asked again by the next run. */
  readonly hasty: boolean
  /** The ticket it begins with is a person's word. */
  readonly found: boolean
  /** Called when the clip is stored and recorded. */
  readonly stored: (stored: Stored) => Promise<void>
}

/** Names one attempt at the gate. */
export const purchaseName = (key: Sha256, { run, number }: Pick<Go, 'run' | 'number'>): string => `${key} ${run} ${number}`

/** What a host that lets us choose knows the purchase by. */
export const clientKeyOf = (purchase: string, sha256: (text: string) => Sha256): string => sha256(purchase).slice(0, 32)

const purchaseOf = ({ job, key }: JobTools, go: Go): Purchase => ({
  name: purchaseName(key, go),
  job: job.id,
  path: job.path,
  price: job.price,
})

/** The seed an attempt is made with: stepped by one for each attempt before it that failed its checks. */
export function seedOf(request: Request, go: Go): number | undefined {
  if (go.seed !== undefined) return go.seed
  return request.seed === undefined ? undefined : request.seed + go.misses
}

function readyFor(tools: JobTools, go: Go): Ready {
  const { job, key, files, sha256 } = tools
  const seed = seedOf(job.request, go)
  const clientKey = clientKeyOf(purchaseName(key, go), sha256)
  const request = { ...job.request, ...(seed === undefined ? {} : { seed }) }
  return { id: job.id, key, clientKey, files, request, ...(go.begunAt === undefined ? {} : { begunAt: go.begunAt }) }
}

const stepError = (error: unknown, over: Partial<StepError>): StepError => ({ error, sent: false, byHost: false, ...over })

function submitter(tools: JobTools): Effects['submit'] {
  const { job, key, gate, recorder, place } = tools
  return async (go, replay) => {
    const attempt = { job: job.id, key, attempt: go.number }
    const ready = readyFor(tools, go)
    let sent = replay
    try {
      return await gate.pay(job.provider, purchaseOf(tools, go), place, async (submit) => {
        const seed = ready.request.seed === undefined ? {} : { seed: ready.request.seed }
        const work = job.provider === 'cut' ? {} : { work: workOf(ready.request) }
        const request = job.price > 0 ? { request: ready.request } : work
        const intent = { type: 'job.intent', ...attempt, provider: job.provider, ...seed, reserved: job.price, ...request } as const
        if (!replay) await recorder.record(intent)
        const ticket = await submit(ready, async () => {
          await recorder.record({ type: 'job.sent', ...attempt })
          sent = true
        })
        await recorder.record({ type: 'job.accepted', ...attempt, provider: job.provider, ticket })
        return ticket
      })
    } catch (error) {
      throw stepError(error, { sent })
    }
  }
}

/** A question to the host. Where no connection can be made, its account says how long it is asked again. */
async function asked<T>({ place, hasty }: JobTools, question: Promise<T>): Promise<T> {
  try {
    const answer = await question
    place.heard()
    return answer
  } catch (error) {
    const failure = failureOf(error)
    if (failure?.unreached !== true) throw error
    throw new ProviderFailure(hasty ? { ...failure, retry: false } : place.missed(failure))
  }
}

function settler(tools: JobTools): Effects['settle'] {
  const { job, key, provider, gate, recorder } = tools
  return async (go): Promise<Settled> => {
    gate.takeOver(purchaseOf(tools, go))
    const promise = provider.capabilities.submit
    // The same key again gives the same job; what is free may be made twice.
    if (promise === 'replay-key' || (job.price === 0 && provider.calls.find === undefined)) return { kind: 'replay' }
    if (provider.calls.find === undefined) throw stepError(new ProviderFailure(uncertain), {})
    const attempt = { job: job.id, key, attempt: go.number }
    const waits = (until: number): void => {
      if (tools.hasty) throw new ProviderFailure(notShownYet)
      void recorder.note({ type: 'job.settling', ...attempt, until })
    }
    const ticket = await asked(tools, provider.calls.find(readyFor(tools, go), waits))
    if (ticket === undefined) {
      // Without this record the purchase would stay open in the books of all later runs.
      await recorder.record({ type: 'job.absent', ...attempt })
      gate.settle(purchaseName(key, go), 0)
      return { kind: 'absent' }
    }
    await recorder.record({ type: 'job.accepted', ...attempt, provider: job.provider, ticket })
    return { kind: 'found', ticket }
  }
}

/** What `done` said, for the record of the clip. */
type Bill = { billed: number; servedModel: string }
/** What `done` said about the clip itself. */
type Told = { adjusted?: Adjusted }

function poller(tools: JobTools, bill: Bill, told: Told): Effects['poll'] {
  const { job, key, provider, recorder } = tools
  const report = (progress: number, phase: string): void => {
    const event: Event = { type: 'job.progress', job: job.id, phase, progress: Math.min(1, Math.max(0, progress)) }
    void recorder.note(event)
  }
  let unseen = tools.found
  let strangeSince: number | undefined
  /** Throws when a word that is not known has been heard for too long. */
  const listen = (word: string | undefined): void => {
    const now = tools.world.clock.monotonic()
    strangeSince = word === undefined ? undefined : (strangeSince ?? now)
    if (word !== undefined && now - (strangeSince ?? now) >= strangeForMs) throw stepError(new ProviderFailure(strange(word)), {})
  }
  const read = async (status: Status, go: Go): Promise<Polled> => {
    switch (status.state) {
      case 'waiting':
      case 'working':
        listen(status.strange)
        tools.place.seen()
        report(status.progress ?? 0, status.phase ?? status.state)
        return { done: false, nextPollMs: status.nextPollMs }
      case 'done': {
        bill.billed = Math.round(status.billed ?? job.price)
        bill.servedModel = status.servedModel ?? job.request.model
        if (status.adjusted !== undefined) told.adjusted = status.adjusted
        const expiry = status.expiresAt === undefined ? {} : { expiresAt: status.expiresAt }
        await recorder.record({ type: 'job.done', job: job.id, key, attempt: go.number, ...bill, ...expiry })
        tools.gate.bill(purchaseName(key, go), bill.billed)
        // The host has room again while the clip comes down.
        tools.place.leave()
        return { done: true, nextPollMs: 0 }
      }
      case 'failed':
        throw stepError(new ProviderFailure(status.failure), { byHost: true })
    }
  }
  return async (go, ticket) => {
    // An attempt of an earlier run stands at the host, and in the books.
    tools.gate.takeOver(purchaseOf(tools, go))
    tools.place.stand(true)
    if (!unseen) return read(await asked(tools, provider.calls.poll(ticket, readyFor(tools, go), report)), go)
    const status = await asked(tools, lookAt(provider.calls, ticket, { job: readyFor(tools, go), report }))
    if (status === 'unknown') throw new ProviderFailure(unknownThere(ticket))
    // From here on it is the host that says so.
    await recorder.record({ type: 'job.accepted', job: job.id, key, attempt: go.number, provider: job.provider, ticket })
    unseen = false
    return read(status, go)
  }
}

/** Looks whether the clip is what was asked for; where its host changed it, the script's policy decides. */
async function checked(tools: JobTools, go: Go, part: string, { adjusted }: Told): Promise<Delivered> {
  const { job, key, provider, recorder } = tools
  const { request } = readyFor(tools, go)
  const delivered = await tools.check(part, request, adjusted)
  const other = adjusted !== undefined && isOther(delivered, request)
  const silent = isSilent(delivered, request)
  if (!other && !silent) return delivered
  const told = provider.adjust ?? 'warn'
  // A film can do without the sound of a clip: that is told, and stops nothing.
  const policy = other || told === 'accept' ? told : 'warn'
  const asked = formOf(request)
  const made = other ? formOf(delivered) : asked
  const event = { type: 'job.adjusted', job: job.id, key, attempt: go.number, asked, made, policy } as const
  await recorder.record({ ...event, ...(silent ? { silent } : {}) })
  return policy === 'refuse' ? refuseAdjusted(asked, made) : delivered
}

export function openEffects(tools: JobTools): Effects {
  const { job, key, provider, gate, store, recorder } = tools
  const told: Told = {}
  const bill: Bill = { billed: job.price, servedModel: job.request.model }
  let fetched: Ticket = {}
  return {
    submit: submitter(tools),
    settle: settler(tools),
    poll: poller(tools, bill, told),
    async download(go, ticket) {
      const part = store.temporary()
      await asked(tools, provider.calls.fetch(ticket, readyFor(tools, go), part))
      fetched = ticket
      return part
    },
    async check(go, part) {
      try {
        return await checked(tools, go, part, told)
      } catch (error) {
        if (!(error instanceof ProviderFailure) || error.failure.kind !== 'mismatch') throw error
        const kept = await store.setAside(part, `mismatch-${key.slice(0, 16)}`).catch(() => part)
        const name = kept.slice(kept.lastIndexOf('/') + 1)
        const next = job.price > 0 && error.failure.retry ? { next: 'look at it; it is bought again on your word alone' } : {}
        throw new ProviderFailure({ ...error.failure, message: `${error.failure.message} (kept aside as ${name})`, ...next })
      }
    },
    async store(go, part, delivered): Promise<Made> {
      const sha256 = await store.put(part)
      await recorder.record({ type: 'job.stored', job: job.id, key, attempt: go.number, sha256, delivered })
      gate.settle(purchaseName(key, go), bill.billed)
      const seed = seedOf(job.request, go)
      await tools.stored({ key, sha256, delivered, ...bill, ...(seed === undefined ? {} : { seed }) })
      // Tidying up: whatever goes wrong here, the clip is safe.
      await provider.calls.release?.(fetched).catch(() => undefined)
      return { sha256, delivered }
    },
  }
}
