// What earlier runs left: a fold over their journals, by key. Attempts that may still bring a clip (or a bill), and
// clips already stored. The last record of an attempt says where to go on.
import type { Money } from '../lang/money.ts'
import type { Delivered, JobId, Request, Sha256 } from '../lang/plan.ts'
import type { Ticket } from '../providers/provider.ts'
import type { Event, JobAttempt } from './event.ts'

/**
 * How far an attempt has come: `intent`, nothing was sent; `sent`, its fate is unknown; `accepted` and `done`, the
 * ticket leads to the result; `uncertain`, only a person can tell; `lost`, paid for, and nothing more will come of it:
 * it is bought again on a person's word alone.
 */
export type Stage = 'intent' | 'sent' | 'accepted' | 'done' | 'uncertain' | 'lost'

export type Attempt = {
  readonly key: Sha256
  readonly job: JobId
  /** The run that opened it, and its number there: together they name it to the host. */
  readonly run: string
  readonly attempt: number
  readonly provider: string
  readonly seed?: number
  readonly reserved: Money
  readonly stage: Stage
  readonly ticket?: Ticket
  readonly billed: Money
  readonly servedModel?: string
  readonly request?: Request
  /** When it was sent, and when its result was last known to be there or to come; milliseconds since 1970. */
  readonly begunAt?: number
  readonly seenAt?: number
  /** When the host throws the result away, where it says so. */
  readonly expiresAt?: number
  /** Its clip came, and was not what was asked for. */
  readonly wrong?: true
  /** The address of its clip has died; its host may give another. */
  readonly unreached?: true
  /** A person has found it under its ticket, and no host has shown it there yet: how it stood until then. */
  readonly before?: Attempt
}

/** A clip that some run has put into the store. */
export type Stored = {
  readonly key: Sha256
  readonly sha256: Sha256
  readonly delivered: Delivered
  readonly seed?: number
  readonly billed: Money
  readonly servedModel?: string
}

export type History = { readonly open: ReadonlyMap<Sha256, Attempt>; readonly stored: ReadonlyMap<Sha256, Stored> }
/** `at` is there for what comes from a journal or goes into one. */
export type Recorded = { readonly run: string; readonly event: Event & { readonly at?: number } }

type Folding = { readonly open: Map<Sha256, Attempt>; readonly stored: Map<Sha256, Stored> }

/** An attempt whose intent was lost with a damaged line still counts, with nothing known of its price. */
const orphan = (run: string, { key, job, attempt }: JobAttempt): Attempt => ({
  key,
  job,
  run,
  attempt,
  provider: '',
  reserved: 0,
  billed: 0,
  stage: 'sent',
})

function store(state: Folding, event: Extract<Event, { type: 'job.stored' }>): void {
  const attempt = state.open.get(event.key)
  state.open.delete(event.key)
  state.stored.set(event.key, {
    key: event.key,
    sha256: event.sha256,
    delivered: event.delivered,
    billed: attempt?.billed ?? 0,
    ...(attempt?.seed === undefined ? {} : { seed: attempt.seed }),
    ...(attempt?.servedModel === undefined ? {} : { servedModel: attempt.servedModel }),
  })
}

/** Nothing was bought as long as nothing was accepted; what was sent stays open until it is settled. */
function close(state: Folding, key: Sha256, stages: readonly Stage[]): void {
  const attempt = state.open.get(key)
  if (attempt !== undefined && stages.includes(attempt.stage)) state.open.delete(key)
}

type FailedEvent = Extract<Event, { type: 'job.failed' }> & { readonly at?: number }

/** Only the address of the clip has died: its host may give another, for as long as it keeps the clip. */
const isUnreached = ({ expiresAt }: Attempt, { failure, at }: FailedEvent): boolean =>
  failure.kind === 'expired' && failure.retry && !(expiresAt !== undefined && at !== undefined && at >= expiresAt)

/** A result that was paid for and is gone. */
const isLoss = (attempt: Attempt, event: FailedEvent): boolean =>
  event.failure.kind === 'expired' &&
  event.failure.billed !== 'no' &&
  attempt.reserved > 0 &&
  (attempt.stage === 'accepted' || attempt.stage === 'done') &&
  !isUnreached(attempt, event)

/** What a person found was not there: it stands as it did, and what nobody knew nobody knows still. */
const asBefore = (before: Attempt): Attempt => (before.stage === 'sent' ? { ...before, stage: 'uncertain' } : before)

function resolve(state: Folding, { key, how, ticket }: Extract<Event, { type: 'job.resolved' }>): void {
  const attempt = state.open.get(key)
  if (attempt === undefined) return
  if (how === 'resubmit') state.open.delete(key)
  else if (how === 'give-up') {
    const { before: _, ...given } = attempt
    state.open.set(key, { ...given, stage: 'lost' })
  } else if (ticket !== undefined) {
    const before = attempt.before ?? attempt
    const { wrong: _, unreached: __, ...found } = before
    state.open.set(key, { ...found, stage: 'accepted', ticket, before })
  }
}

function step(state: Folding, { run, event }: Recorded): void {
  switch (event.type) {
    case 'job.intent':
      state.open.set(event.key, {
        ...orphan(run, event),
        provider: event.provider,
        reserved: event.reserved,
        stage: 'intent',
        ...(event.seed === undefined ? {} : { seed: event.seed }),
        ...(event.request === undefined ? {} : { request: event.request }),
        ...(event.at === undefined ? {} : { begunAt: event.at }),
      })
      return
    case 'job.sent':
      state.open.set(event.key, { ...(state.open.get(event.key) ?? orphan(run, event)), stage: 'sent' })
      return
    case 'job.accepted': {
      const { before: _, ...attempt } = state.open.get(event.key) ?? orphan(run, event)
      const at = event.at === undefined ? {} : { seenAt: event.at }
      state.open.set(event.key, { ...attempt, stage: 'accepted', ticket: event.ticket, provider: event.provider, ...at })
      return
    }
    case 'job.done': {
      const attempt = state.open.get(event.key)
      if (attempt === undefined) return
      const stage = attempt.ticket === undefined ? attempt.stage : 'done'
      const { billed, servedModel } = event
      const expiry = event.expiresAt === undefined ? {} : { expiresAt: event.expiresAt }
      // A result asked for once more was there all the while: the first time counts.
      const at = event.at === undefined || attempt.stage === 'done' ? {} : { seenAt: event.at }
      state.open.set(event.key, { ...attempt, stage, billed, servedModel, ...expiry, ...at })
      return
    }
    case 'job.stored':
      store(state, event)
      return
    case 'job.retrying':
      // Before a ticket this is a clear refusal. After one, the next intent tells whether a new attempt was made.
      if (event.open !== true) close(state, event.key, ['intent', 'sent'])
      return
    case 'job.absent':
      close(state, event.key, ['intent', 'sent', 'uncertain'])
      return
    case 'job.failed': {
      const attempt = state.open.get(event.key)
      if (attempt !== undefined && isLoss(attempt, event)) state.open.set(event.key, { ...attempt, stage: 'lost' })
      else if (attempt?.ticket !== undefined && event.resumable && event.failure.kind === 'mismatch')
        state.open.set(event.key, { ...attempt, wrong: true })
      else if (attempt?.ticket !== undefined && event.resumable && isUnreached(attempt, event))
        state.open.set(event.key, { ...attempt, unreached: true })
      else close(state, event.key, event.resumable ? ['intent'] : ['intent', 'sent', 'accepted', 'done'])
      return
    }
    case 'job.resolved':
      resolve(state, event)
      return
    case 'job.uncertain': {
      const attempt = state.open.get(event.key) ?? orphan(run, event)
      state.open.set(event.key, attempt.before === undefined ? { ...attempt, stage: 'uncertain' } : asBefore(attempt.before))
      return
    }
    case 'run.started':
    case 'job.kept':
    case 'job.queued':
    case 'job.settling':
    case 'job.adjusted':
    case 'job.progress':
    case 'job.blocked':
    case 'job.cancelled':
    case 'cut.progress':
    case 'cut.made':
    case 'run.stopped':
      return
    default:
      event satisfies never
  }
}

/** A history that goes on while a run adds to it. */
export type Book = {
  readonly history: History
  add(recorded: Recorded): void
  /** The number of the next attempt at a key in a run. */
  next(run: string, key: Sha256): number
}

export function openBook(before: History = { open: new Map(), stored: new Map() }): Book {
  const state: Folding = { open: new Map(before.open), stored: new Map(before.stored) }
  const numbers = new Map<string, number>()
  return {
    history: state,
    add(recorded) {
      step(state, recorded)
      if (recorded.event.type === 'job.intent') numbers.set(`${recorded.run} ${recorded.event.key}`, recorded.event.attempt)
    },
    next: (run, key) => (numbers.get(`${run} ${key}`) ?? 0) + 1,
  }
}

/** `recorded` in the order of the runs, and inside a run as written. */
export function foldHistory(recorded: Iterable<Recorded>): History {
  const book = openBook()
  for (const one of recorded) book.add(one)
  return book.history
}

/** When the result of an attempt that has a ticket is gone, as far as anybody knows; never where it is kept. */
export const deadlineOf = ({ expiresAt, seenAt }: Attempt, ttlSeconds: number | undefined): number =>
  expiresAt ?? (seenAt === undefined || ttlSeconds === undefined ? Number.POSITIVE_INFINITY : seenAt + ttlSeconds * 1000)

/** An attempt that later runs must know of: something may have been sent, and not all of it was free. */
export const mustBeKept = (attempt: Attempt): boolean => attempt.stage !== 'intent' && (attempt.reserved > 0 || attempt.provider === '')
