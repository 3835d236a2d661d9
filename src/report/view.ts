// Events in, what a person wants to know out: where each shot stands, what it cost, how long it will take. The one fold
// that the live view, the plain log and the closing summary are drawn from. `fold` changes the view it is given and returns it:
// copying thousands of shots for each event would cost more than the work. Take a picture by drawing, not by keeping it.

import type { Failure } from '../failure.ts'
import type { Money } from '../lang/money.ts'
import type { Job, JobId, Plan, PlanLine } from '../lang/plan.ts'
import type { Path } from '../lang/program.ts'
import { toNumber } from '../lang/time.ts'
import type { Event, Stamped } from '../runtime/event.ts'

export const states = [
  'waiting', // needs something that is not made yet
  'queued', // ready, and waits for its turn
  'submitting',
  'working',
  'retrying', // will be sent again by itself
  'downloading',
  'checking',
  'stored',
  'kept',
  'failed',
  'blocked',
  'uncertain',
  'cancelled',
] as const
export type State = (typeof states)[number]
export type Tally = { readonly [S in State]: number }

export type JobView = {
  readonly job: Job
  readonly shot: ShotView
  readonly state: State
  /** What the provider says it is doing. */
  readonly phase: string
  readonly progress?: number
  readonly attempt: number
  readonly reserved: Money
  readonly failure?: Failure
  /** Event time at which a retry is due. */
  readonly retryAt?: number
  /** Until when a connection is tried for at most, where none can be made. */
  readonly triesUntil?: number
  /** Until when the host is asked at most whether it has taken a submit whose answer was lost. */
  readonly settlesBy?: number
  readonly blockedBy?: JobId
  /** Other shots that cannot be made because this job failed. */
  readonly blocking: number
  /** Seconds of expected work, 0 when there is none to do; and the share of it that is done. */
  readonly weight: number
  readonly share: number
}

export type ShotView = {
  readonly line: PlanLine
  readonly scene: string
  readonly name: string
  readonly jobs: readonly JobView[]
  readonly tally: Tally
  readonly state: State
  /** The job that speaks for the shot: the one that works, or failed, or was heard of last. */
  readonly current?: JobView
  /** Event times. */
  readonly startedAt?: number
  readonly endedAt?: number
  readonly spent: Money
  readonly weight: number
  readonly done: number
}

export type SceneView = { readonly name: string; readonly shots: readonly ShotView[]; readonly tally: Tally }

type Adjusted = Extract<Event, { type: 'job.adjusted' }>

export type View = {
  readonly plan: Plan
  readonly scenes: readonly SceneView[]
  readonly shots: readonly ShotView[]
  readonly jobs: ReadonlyMap<JobId, JobView>
  /** Shots by state. */
  readonly tally: Tally
  readonly failures: ReadonlyMap<JobId, JobView>
  /** Clips that are not what was asked for, taken with a warning. */
  readonly adjusted: ReadonlyMap<JobId, Adjusted>
  readonly spent: Money
  /** Held for calls that are out and may cost this much. */
  readonly reserved: Money
  /** Of a run that was stopped: what its hosts have billed for clips that are not in the store yet. */
  readonly unfetched: Money
  readonly budget?: Money
  readonly weight: number
  readonly done: number
  readonly cut?: { readonly phase: string; readonly progress: number }
  readonly made?: Extract<Event, { type: 'cut.made' }>
  readonly stopped?: Extract<Event, { type: 'run.stopped' }>
  readonly startedAt?: number
  readonly lastAt: number
}

/** The same, as the fold writes it. */
type Draft<T> = { -readonly [K in keyof T]: T[K] }
type JobDraft = Omit<Draft<JobView>, 'shot'> & { shot: ShotDraft }
type ShotDraft = Omit<Draft<ShotView>, 'jobs' | 'tally' | 'current'> & { jobs: JobDraft[]; tally: Counts; current?: JobDraft; home: Counts }
type Counts = Draft<Tally>
type ViewDraft = Omit<Draft<View>, 'jobs' | 'tally' | 'failures' | 'adjusted' | 'shots'> & {
  jobs: Map<JobId, JobDraft>
  tally: Counts
  failures: Map<JobId, JobDraft>
  adjusted: Map<JobId, Adjusted>
  shots: ShotDraft[]
  only: ReadonlySet<JobId> | undefined
  /** Whether any job has been heard of since it was laid out. */
  touched: boolean
}

const noCounts = (): Counts => ({
  waiting: 0,
  queued: 0,
  submitting: 0,
  working: 0,
  retrying: 0,
  downloading: 0,
  checking: 0,
  stored: 0,
  kept: 0,
  failed: 0,
  blocked: 0,
  uncertain: 0,
  cancelled: 0,
})

/** Even a free job has some weight, so that a film of cards moves the bar. */
const weightOf = (job: Job): number => Math.max(0.05, job.expected)

/** Where a plan stands before anything has happened. `only`: the jobs that this run is about; others are left out. */
export function emptyView(plan: Plan, only?: ReadonlySet<JobId>): View {
  const view: ViewDraft = {
    plan,
    scenes: [],
    shots: [],
    jobs: new Map(),
    tally: noCounts(),
    failures: new Map(),
    adjusted: new Map(),
    spent: 0,
    reserved: 0,
    unfetched: 0,
    ...(plan.film.budget === undefined ? {} : { budget: plan.film.budget }),
    weight: 0,
    done: 0,
    lastAt: 0,
    only,
    touched: false,
  }
  lay(view)
  return view
}

/** Lays out all shots and jobs as the plan has them. */
function lay(view: ViewDraft): void {
  const jobs = new Map<JobId, Job>(view.plan.jobs.map((job) => [job.id, job]))
  const scenes = new Map<string, { name: string; shots: ShotDraft[]; tally: Counts }>()
  view.jobs.clear()
  view.failures.clear()
  view.adjusted.clear()
  view.tally = noCounts()
  view.weight = 0
  view.done = 0
  view.touched = false
  view.shots = []
  for (const line of view.plan.lines) {
    const own = line.jobs.filter((id) => view.only === undefined || view.only.has(id)).flatMap((id) => jobs.get(id) ?? [])
    if (line.change === 'drop' || own.length === 0) continue
    const [scene, name] = splitPath(line.path)
    const home = scenes.get(scene) ?? { name: scene, shots: [], tally: noCounts() }
    scenes.set(scene, home)
    const shot = layShot(view, line, own, { scene, name, home: home.tally })
    home.shots.push(shot)
    view.shots.push(shot)
  }
  view.scenes = [...scenes.values()]
}

const splitPath = (path: Path): readonly [string, string] => {
  const at = path.indexOf('/')
  return at < 0 ? ['', path] : [path.slice(0, at), path.slice(at + 1)]
}

function layShot(view: ViewDraft, line: PlanLine, own: readonly Job[], place: { scene: string; name: string; home: Counts }): ShotDraft {
  const shot: ShotDraft = { line, ...place, jobs: [], tally: noCounts(), state: 'waiting', spent: 0, weight: 0, done: 0 }
  for (const job of own) {
    const made = job.made !== undefined
    const weight = made ? 0 : weightOf(job)
    const state: State = made ? 'kept' : 'waiting'
    const entry: JobDraft = { job, shot, state, phase: '', attempt: 0, reserved: 0, blocking: 0, weight, share: 0 }
    shot.jobs.push(entry)
    shot.tally[state] += 1
    shot.weight += weight
    view.weight += weight
    view.jobs.set(job.id, entry)
  }
  shot.state = stateOf(shot)
  shot.home[shot.state] += 1
  view.tally[shot.state] += 1
  return shot
}

const busy: readonly State[] = ['submitting', 'working', 'downloading', 'checking', 'retrying']
const busySet: ReadonlySet<State> = new Set(busy)
const isBusy = (state: State): boolean => busySet.has(state)

const precedence: readonly State[] = [...busy, 'uncertain', 'failed', 'blocked', 'cancelled', 'queued', 'waiting', 'stored', 'kept']

/** What a shot's jobs come to: work first, then what went wrong, then what is left to do. */
function stateOf({ tally, current }: ShotDraft): State {
  if (current !== undefined && isBusy(current.state)) return current.state
  for (const state of precedence) if (tally[state] > 0) return state
  return 'kept'
}

function move(view: ViewDraft, entry: JobDraft, state: State, at: number): void {
  const { shot } = entry
  shot.tally[entry.state] -= 1
  shot.tally[state] += 1
  entry.state = state
  if (state !== 'waiting' && state !== 'queued' && state !== 'kept' && state !== 'blocked') shot.current = entry
  if (shot.current !== undefined && !isBusy(shot.current.state)) {
    const other = busy.some((one) => shot.tally[one] > 0) ? shot.jobs.find((job) => isBusy(job.state)) : undefined
    if (other !== undefined) shot.current = other
  }
  if (isBusy(state)) shot.startedAt ??= at
  const next = stateOf(shot)
  if (isBusy(next)) delete shot.endedAt
  else if (shot.startedAt !== undefined) shot.endedAt = at
  if (next === shot.state) return
  shot.home[shot.state] -= 1
  shot.home[next] += 1
  view.tally[shot.state] -= 1
  view.tally[next] += 1
  shot.state = next
}

/** Sets how much of a job is done, 0 to 1. */
function advance(view: ViewDraft, entry: JobDraft, share: number): void {
  const step = (share - entry.share) * entry.weight
  entry.share = share
  entry.shot.done += step
  view.done += step
}

/** Sets how much work a job is: none once it is known that it will not be done. */
function weigh(view: ViewDraft, entry: JobDraft, weight: number): void {
  const share = entry.share
  advance(view, entry, 0)
  const step = weight - entry.weight
  entry.weight = weight
  entry.shot.weight += step
  view.weight += step
  advance(view, entry, share)
}

function reserve(view: ViewDraft, entry: JobDraft, money: Money): void {
  view.reserved += money - entry.reserved
  entry.reserved = money
}

function spend(view: ViewDraft, entry: JobDraft, money: Money): void {
  reserve(view, entry, 0)
  view.spent += money
  entry.shot.spent += money
}

/** Takes in one event. Changes and returns `view`; events of jobs that the plan does not have are passed over. */
export function fold(view: View, event: Stamped): View {
  // `emptyView` made it, so that it is a draft underneath; only this file may write to it.
  const draft = view as unknown as ViewDraft
  draft.lastAt = Math.max(draft.lastAt, event.at)
  draft.startedAt ??= event.at
  switch (event.type) {
    case 'run.started':
      restart(draft, event)
      break
    case 'run.stopped':
      draft.stopped = event
      // What was told as done and is not in the store: it may be billed, and comes with the next run.
      draft.unfetched = Math.max(0, draft.spent - event.spent)
      draft.spent = event.spent
      break
    case 'cut.progress':
      draft.cut = { phase: event.phase, progress: clamp(event.progress) }
      break
    case 'cut.made':
      draft.made = event
      break
    default: {
      const entry = draft.jobs.get(event.job)
      draft.touched = true
      if (entry !== undefined) foldJob(draft, entry, event)
    }
  }
  return view
}

/** A new run over the same plan: what was done before comes again as `job.kept`. */
function restart(view: ViewDraft, event: Extract<Stamped, { type: 'run.started' }>): void {
  if (view.touched) lay(view)
  view.spent = 0
  view.reserved = 0
  view.unfetched = 0
  view.startedAt = event.at
  if (event.budget !== undefined) view.budget = event.budget
  delete view.cut
  delete view.made
  delete view.stopped
}

type JobEvent = Extract<Stamped, { readonly job: JobId }>
const clamp = (share: number): number => (share >= 0 ? Math.min(1, share) : 0)

function foldJob(view: ViewDraft, entry: JobDraft, event: JobEvent): void {
  if ('attempt' in event) entry.attempt = event.attempt
  if (event.type !== 'job.progress') entry.phase = ''
  delete entry.settlesBy
  delete entry.triesUntil
  move(view, entry, account(view, entry, event), event.at)
}

/** Books what an event says of work and money, and answers the job's new state. */
function account(view: ViewDraft, entry: JobDraft, event: JobEvent): State {
  switch (event.type) {
    case 'job.kept':
      weigh(view, entry, 0)
      return 'kept'
    case 'job.queued':
      begin(view, entry)
      return 'queued'
    case 'job.intent':
      begin(view, entry)
      reserve(view, entry, event.reserved)
      return 'submitting'
    case 'job.sent':
      return 'submitting'
    case 'job.absent':
      reserve(view, entry, 0)
      return 'submitting'
    case 'job.settling':
      entry.settlesBy = event.until
      return 'submitting'
    case 'job.accepted':
      // A job that an earlier run sent comes without its intent; it may still cost its price.
      if (entry.reserved === 0) reserve(view, entry, entry.job.price)
      return 'working'
    case 'job.progress':
      return accountProgress(view, entry, event)
    case 'job.done':
      spend(view, entry, event.billed)
      return 'downloading'
    case 'job.adjusted':
      if (event.policy === 'warn') view.adjusted.set(event.job, event)
      return 'checking'
    case 'job.stored':
      settle(view, entry)
      advance(view, entry, 1)
      return 'stored'
    case 'job.retrying':
      release(view, entry, event.failure)
      advance(view, entry, 0)
      entry.failure = event.failure
      entry.retryAt = event.at + event.waitMs
      if (event.until !== undefined) entry.triesUntil = event.until
      return 'retrying'
    case 'job.failed':
    case 'job.uncertain':
      return accountFailure(view, entry, event)
    case 'job.blocked':
      accountBlocked(view, entry, event)
      return 'blocked'
    case 'job.resolved':
      delete entry.failure
      view.failures.delete(entry.job.id)
      return 'queued'
    case 'job.cancelled':
      weigh(view, entry, 0)
      return 'cancelled'
  }
}

/** A job that starts (again): it counts as work, and old trouble is forgotten. */
function begin(view: ViewDraft, entry: JobDraft): void {
  settle(view, entry)
  delete entry.blockedBy
  if (entry.weight === 0) weigh(view, entry, weightOf(entry.job))
  advance(view, entry, 0)
}

function settle(view: ViewDraft, entry: JobDraft): void {
  delete entry.failure
  delete entry.retryAt
  view.failures.delete(entry.job.id)
}

function accountProgress(view: ViewDraft, entry: JobDraft, event: Extract<Stamped, { type: 'job.progress' }>): State {
  entry.phase = event.phase
  entry.progress = clamp(event.progress)
  advance(view, entry, Math.max(entry.share, entry.progress * 0.98))
  return /^(download|fetch)/i.test(event.phase) ? 'downloading' : /^check/i.test(event.phase) ? 'checking' : 'working'
}

/** A call that failed: paid for, not paid for, or nobody knows. What may have been paid for stays held. */
function release(view: ViewDraft, entry: JobDraft, failure: Failure): void {
  if (failure.billed === 'yes') spend(view, entry, entry.reserved)
  else if (failure.billed !== 'unknown') reserve(view, entry, 0)
}

function accountFailure(view: ViewDraft, entry: JobDraft, event: Extract<Stamped, { type: 'job.failed' | 'job.uncertain' }>): State {
  // A result that may still lie at the host may still be billed.
  if (event.type === 'job.failed' && event.resumable !== true) release(view, entry, event.failure)
  entry.failure = event.failure
  delete entry.retryAt
  weigh(view, entry, 0)
  view.failures.set(entry.job.id, entry)
  return event.type === 'job.failed' ? 'failed' : 'uncertain'
}

/** `by` may itself be blocked: the count goes to the job that failed in the first place. */
function accountBlocked(view: ViewDraft, entry: JobDraft, event: Extract<Stamped, { type: 'job.blocked' }>): void {
  const root = view.jobs.get(event.by)?.blockedBy ?? event.by
  const cause = view.jobs.get(root)
  const first = entry.shot.jobs.every((job) => job.blockedBy !== root)
  if (cause !== undefined && cause.shot !== entry.shot && first) cause.blocking += 1
  entry.blockedBy = root
  weigh(view, entry, 0)
}

// ---- what is read off a view --------------------------------------------------------------------------------

/** The cut's part of the bar: little when there is work to do, all when there is none. Seconds. */
const cutWeight = (view: View): number => Math.max(0.5, toNumber(view.plan.totals.seconds) * 0.05)

/** 0 to 1 over everything: the clips, then the cut. Exactly 1 only when the run is over and well. */
export function overall(view: View): number {
  if (view.stopped?.reason === 'finished') return 1
  const cut = cutWeight(view)
  const cutDone = view.made !== undefined ? 1 : (view.cut?.progress ?? 0)
  return Math.min(0.999, Math.max(0, (view.done + cut * cutDone) / (view.weight + cut)))
}

export const elapsedMs = (view: View, now: number): number =>
  view.startedAt === undefined ? 0 : Math.max(0, (view.stopped === undefined ? now : view.lastAt) - view.startedAt)

/** Milliseconds still to go: the plan's figure at first, more and more what this run has measured. Undefined when there is nothing to go by. */
export function remainingMs(view: View, now: number): number | undefined {
  const share = overall(view)
  if (view.stopped !== undefined || view.startedAt === undefined) return undefined
  const planned = view.plan.totals.expected * 1000 * (1 - share)
  if (share < 0.02) return planned > 0 ? planned : undefined
  const measured = (elapsedMs(view, now) * (1 - share)) / share
  const trust = Math.min(1, share / 0.25)
  return planned > 0 ? measured * trust + planned * (1 - trust) : measured
}

/** What may still be spent, where the film has a ceiling. */
export const leftOf = (view: View): Money | undefined =>
  view.budget === undefined ? undefined : Math.max(0, view.budget - view.spent - view.reserved)

/** A shot's own time so far. */
export const shotMs = (shot: ShotView, now: number): number =>
  shot.startedAt === undefined ? 0 : Math.max(0, (shot.endedAt ?? now) - shot.startedAt)

/** 0 to 1 over all takes and steps of a shot. */
export const shotProgress = (shot: ShotView): number =>
  shot.weight <= 0 ? (shot.state === 'kept' || shot.state === 'stored' ? 1 : 0) : Math.min(1, Math.max(0, shot.done / shot.weight))

/** Works on it right now, or will by itself. */
export const isActive = (shot: ShotView): boolean => isBusy(shot.state)
/** Over and well. */
export const isDone = (shot: ShotView): boolean => shot.state === 'stored' || shot.state === 'kept'
/** Over, and somebody has to do something. */
export const isTrouble = (shot: ShotView): boolean => shot.state === 'failed' || shot.state === 'uncertain'
