// Plan in, events out. Keeps what is made, makes the rest under every limit, hands the clips to the cut, and leaves
// a journal from which the next run goes on, wherever this one was cut off. It knows no provider by name.
import { createActor } from 'xstate'
import { type Failure, ProviderFailure } from '../failure.ts'
import type { Money } from '../lang/money.ts'
import type { Job, JobId, Made, Plan, Sha256 } from '../lang/plan.ts'
import type { Path } from '../lang/program.ts'
import type { World } from '../world.ts'
import type { Actions } from './actions.ts'
import { fetchAdrift } from './adrift.ts'
import type { Event, Stamped } from './event.ts'
import { cancelled, failureOf, openRandom } from './failure.ts'
import { type Gate, openGate } from './gate.ts'
import { type Attempt, type Book, mustBeKept, openBook, type Stored } from './history.ts'
import { type Check, type OpenProvider, partProviders, type Reachable } from './job.effects.ts'
import type { Journal } from './journal.ts'
import { findLacks, type Lack } from './lacks.ts'
import type { LaunchTools } from './launch.ts'
import type { LockFile } from './lock-file.ts'
import { lockIn } from './locked-job.ts'
import { openFinder } from './made.ts'
import { type Fell, isBegun, makeJobs, type Work } from './make.ts'
import type { Booked, Budgets } from './purse.ts'
import { openRecorder, type Recorder } from './recorder.ts'
import { keyWhenKnown, resolveJobs } from './resolve.ts'
import { runMachine } from './run.machine.ts'
import type { Store } from './store.ts'

export type { Check, OpenProvider } from './job.effects.ts'

/** What the cut made; the event without its type. */
export type CutMade = Omit<Extract<Event, { type: 'cut.made' }>, 'type'>

export type CutFiles = {
  /** The clip that stands under each job of the cut. */
  readonly made: ReadonlyMap<JobId, Made>
  /** The absolute path of a job's clip, its bytes checked. Rejects when they are damaged: the run then makes it again. */
  open(job: JobId): Promise<string>
}

export type RunOptions = {
  readonly plan: Plan
  /** By name in the script. */
  readonly providers: ReadonlyMap<string, OpenProvider>
  readonly store: Store
  readonly actions: Actions
  readonly journal: Journal
  /** Absent where nothing is locked: animatics. */
  readonly lock?: LockFile
  readonly world: World
  /** Aborted by Ctrl-C: nothing new is begun, and the run ends soon. */
  readonly signal: AbortSignal
  readonly assetsPath: (path: string) => string
  readonly check: Check
  readonly emit: (event: Stamped) => void
  readonly cut: (files: CutFiles, report: (progress: number, phase: string) => void) => Promise<CutMade>
  /** Make only what stands at these paths, and what that needs. */
  readonly only?: ReadonlySet<Path>
  readonly settings: { readonly script: string; readonly budgets?: Budgets; readonly onUncertain?: 'resubmit' }
  /** What earlier runs have bought, for the ceilings that hold across runs. */
  readonly booked?: readonly Booked[]
}

export type Outcome = {
  readonly reason: 'finished' | 'failed' | 'interrupted'
  readonly made: readonly JobId[]
  readonly kept: number
  readonly failures: readonly Fell[]
  readonly blocked: readonly JobId[]
  readonly spent: Money
  readonly cut?: CutMade
  /** What stopped the run as a whole: the cut, the disk, the lock. */
  readonly failure?: Failure
  /** Purchases under way that no job of this plan asks for any more, and that could not be fetched. */
  readonly adrift: readonly Attempt[]
  /** Clips of such purchases that are in the store now: kept where the script goes back to them. */
  readonly fetched: readonly Attempt[]
}

/** All that a run holds while it goes. Filled by the steps below. */
type State = {
  readonly options: RunOptions
  readonly recorder: Recorder
  readonly gate: Gate
  readonly providers: ReadonlyMap<string, Reachable>
  readonly book: Book
  readonly present: Set<Sha256>
  readonly clips: Map<JobId, Stored>
  readonly made: Set<JobId>
  readonly damaged: Set<JobId>
  readonly pending: Set<Promise<unknown>>
  kept: number
  work: Work | undefined
  before: readonly Fell[]
  lacks: readonly Lack[]
  failures: readonly Fell[]
  blocked: readonly JobId[]
  fetched: readonly Attempt[]
  cut: CutMade | undefined
  failure: Failure | undefined
  announced: boolean
  savedAt: number
}

const isInterrupted = (state: State): boolean => state.options.signal.aborted

// ---- start: what is there ----------------------------------------------------------------------------------

/** A clip the plan counts as made is not bought again behind the reader's back. */
const gone = (job: Job): Failure => ({
  kind: 'input',
  message: `the paid clip of ${job.id} is missing from the store, or damaged`,
  next: 'run again: the plan then shows what making it again would cost',
  retry: false,
  billed: 'no',
})

async function start(state: State): Promise<void> {
  const { plan, store, actions, journal, lock, world, only } = state.options
  state.present.clear()
  for (const name of await store.index()) state.present.add(name)
  const find = openFinder({
    actions,
    history: journal.history,
    present: state.present,
    ...(lock === undefined ? {} : { lock: lock.lock() }),
  })
  const resolved = await resolveJobs({ jobs: plan.jobs, find, store, sha256: world.sha256, ...(only === undefined ? {} : { only }) })
  state.clips.clear()
  for (const [id, stored] of resolved.kept) state.clips.set(id, stored)
  const lost = resolved.make.filter((job) => (job.made !== undefined || state.made.has(job.id)) && job.price > 0)
  state.before = lost.map((job) => ({ job: job.id, failure: gone(job), uncertain: false, lost: true }))
  if (!state.announced) await announce(state, resolved.make)
  await lookForLacks(state, resolved.make)
  const heldBy = heldByLack(state.lacks)
  const { make, left } = resolved
  state.work = { jobs: plan.jobs, clips: state.clips, make, left, lock, ...(heldBy === undefined ? {} : { heldBy }) }
}

/** Nothing is bought anywhere for a film that cannot be whole; `--only` leaves out what lacks something. */
async function lookForLacks(state: State, make: readonly Job[]): Promise<void> {
  const { world, signal } = state.options
  const { book, providers } = state
  const clipOf = (id: JobId): Sha256 | undefined => state.clips.get(id)?.sha256
  const lost = new Set(state.before.map(({ job }) => job))
  const sends = make.filter((job) => !lost.has(job.id) && !isBegun({ book, clipOf, world }, job))
  const found = await findLacks(sends, { world, signal, providers, keyOf: (job) => keyWhenKnown(job, clipOf, world.sha256) })
  const lacking = new Set(found.flatMap(({ held }) => held))
  const others = sends.some(({ provider }) => provider !== 'cut' && !lacking.has(provider))
  const next = others ? '; until then nothing is bought elsewhere either, but what you name by `--only SHOT`' : ''
  state.lacks = found.map((lack) => ({ ...lack, failure: { ...lack.failure, next: lack.failure.next + next } }))
  state.before = [...state.before, ...state.lacks.map(({ job, failure }) => ({ job, failure, uncertain: false }))]
}

function heldByLack(lacks: readonly Lack[]): Work['heldBy'] {
  const [first] = lacks
  if (first === undefined) return undefined
  return (provider) => lacks.find(({ held }) => held.includes(provider))?.job ?? first.job
}

/** The first words of a run, and what it keeps. */
async function announce(state: State, make: readonly Job[]): Promise<void> {
  const { plan, journal, settings, lock, actions } = state.options
  state.announced = true
  await state.recorder.record({
    type: 'run.started',
    run: journal.run,
    film: plan.film.title,
    script: settings.script,
    rung: plan.rung,
    jobs: plan.jobs.length,
    make: make.length,
    price: make.reduce((sum, job) => sum + job.price, 0),
    ...(settings.budgets?.run === undefined ? {} : { budget: settings.budgets.run }),
  })
  state.kept = state.clips.size
  const told: Promise<void>[] = []
  for (const job of plan.jobs) {
    const stored = state.clips.get(job.id)
    if (stored === undefined) continue
    told.push(state.recorder.record({ type: 'job.kept', job: job.id, key: stored.key, sha256: stored.sha256 }))
    lockIn(lock, job, stored)
    if (actions.get(stored.key)?.sha256 !== stored.sha256) await actions.add(stored)
  }
  await Promise.all(told)
}

// ---- make --------------------------------------------------------------------------------------------------

/** The lock is written at most once a second: what it lacks after a crash is in the journal. */
async function saveLock(state: State, now: boolean): Promise<void> {
  const { lock, world } = state.options
  const at = world.clock.monotonic()
  if (lock === undefined || (!now && at - state.savedAt < 1000)) return
  state.savedAt = at
  await lock.save()
}

/** Remembers why the run will not end well; a bug is thrown on. */
function keepFailure(state: State, error: unknown): void {
  const failure = failureOf(error)
  if (failure === undefined) throw error
  state.failure ??= failure
}

function launchTools(state: State): LaunchTools {
  const { options, recorder, gate, book, clips, present } = state
  const { journal, world, lock, actions, store } = options
  const find = openFinder({ actions, history: journal.history, present })
  return {
    run: journal.run,
    world,
    signal: options.signal,
    providers: state.providers,
    ...(state.lacks.length === 0 ? {} : { only: true }),
    ...(options.settings.onUncertain === undefined ? {} : { onUncertain: options.settings.onUncertain }),
    store,
    gate,
    recorder,
    book,
    find,
    check: options.check,
    random: openRandom(Number.parseInt(world.sha256(journal.run).slice(0, 8), 16)),
    assetsPath: options.assetsPath,
    clipOf: (id) => clips.get(id)?.sha256,
    async stored(job, stored) {
      clips.set(job.id, stored)
      present.add(stored.sha256)
      await actions.add(stored)
      lockIn(lock, job, stored)
      // The clip is stored and journaled: a lock that cannot be written now is the run's trouble, not the job's.
      await saveLock(state, false).catch((error: unknown) => keepFailure(state, error))
    },
    async storedAdrift(_job, stored) {
      present.add(stored.sha256)
      await actions.add(stored)
    },
    track(work) {
      state.pending.add(work)
      const done = (): void => void state.pending.delete(work)
      work.then(done, done)
      return work
    },
  }
}

async function make(state: State) {
  const { work } = state
  if (work === undefined) throw new Error('the run was not started')
  const { plan } = state.options
  for (const { job, failure } of state.before) {
    const key = state.lacks.find((lack) => lack.job === job)?.key ?? plan.jobs.find(({ id }) => id === job)?.key
    if (key !== undefined) await state.recorder.note({ type: 'job.failed', job, key, attempt: 1, failure })
  }
  const tools = launchTools(state)
  const worked = await makeJobs(tools, work, state.before)
  if (!isInterrupted(state)) state.fetched = [...state.fetched, ...(await fetchAdrift(tools, adrift(state)))]
  for (const id of worked.made) state.made.add(id)
  state.kept += worked.kept.length
  state.failures = [...state.before, ...worked.fell]
  state.blocked = worked.blocked
  for (const id of worked.damaged) state.damaged.add(id)
  return { complete: state.failures.length === 0 && state.blocked.length === 0, again: worked.damaged.size > 0 }
}

// ---- cut ---------------------------------------------------------------------------------------------------

function cutFiles(state: State, damaged: Set<JobId>): CutFiles {
  const { store, plan } = state.options
  const made = new Map<JobId, Made>()
  for (const { job } of plan.cut.clips) {
    const clip = state.clips.get(job)
    if (clip !== undefined) made.set(job, clip)
  }
  return {
    made,
    async open(job) {
      const clip = state.clips.get(job)
      if (clip !== undefined && (await store.verify(clip.sha256)) === 'whole') return store.pathOf(clip.sha256)
      damaged.add(job)
      throw new ProviderFailure({
        kind: 'input',
        message: `the clip of ${job} is damaged`,
        next: 'run again: it is made anew',
        retry: false,
      })
    },
  }
}

/** Cuts when every clip is there. With `only`, clips may be missing, and that is no failure. */
async function cut(state: State) {
  const { recorder, options } = state
  const { plan } = options
  if (plan.cut.clips.some(({ job }) => !state.clips.has(job))) return { complete: options.only !== undefined, again: false }
  if (isInterrupted(state)) return { complete: false, again: false }
  const damaged = new Set<JobId>()
  const report = (progress: number, phase: string): void => void recorder.note({ type: 'cut.progress', phase, progress })
  try {
    const made = await options.cut(cutFiles(state, damaged), report)
    await recorder.note({ type: 'cut.made', ...made })
    state.cut = made
    state.failure = undefined
    return { complete: true, again: false }
  } catch (error) {
    // A tool that was killed by the stop may say so in its own words.
    const failure = failureOf(error) ?? (isInterrupted(state) ? cancelled : undefined)
    if (failure === undefined) throw error
    for (const id of damaged) state.damaged.add(id)
    state.failure = failure
    return { complete: false, again: damaged.size > 0 }
  }
}

// ---- the whole ---------------------------------------------------------------------------------------------

function openState(options: RunOptions): State {
  const { journal, world, providers, signal, settings } = options
  const book = openBook(journal.history)
  const recorder = openRecorder(journal, world.clock, (event) => {
    book.add({ run: journal.run, event })
    options.emit(event)
  })
  const { doors, reachable } = partProviders(providers)
  const { budgets = {} } = settings
  const gate = openGate({ doors, budgets, booked: options.booked ?? [], clock: world.clock, signal })
  return {
    options,
    recorder,
    gate,
    providers: reachable,
    book,
    present: new Set(),
    clips: new Map(),
    made: new Set(),
    damaged: new Set(),
    pending: new Set(),
    kept: 0,
    work: undefined,
    before: [],
    lacks: [],
    failures: [],
    blocked: [],
    fetched: [],
    cut: undefined,
    failure: undefined,
    announced: false,
    savedAt: Number.NEGATIVE_INFINITY,
  }
}

/** Drives the machine to its end. `error`: what was thrown past its steps. */
function drive(state: State): Promise<{ readonly reason: Outcome['reason']; readonly error?: unknown }> {
  const { signal } = state.options
  const actor = createActor(runMachine, { input: { start: () => start(state), make: () => make(state), cut: () => cut(state) } })
  const stop = (): void => actor.send({ type: 'STOP' })
  return new Promise((resolve, reject) => {
    actor.subscribe({
      error: reject,
      complete: () => {
        signal.removeEventListener('abort', stop)
        const { value, context } = actor.getSnapshot()
        if (value === 'broken') resolve({ reason: 'failed', error: context.error })
        else resolve({ reason: value === 'finished' || value === 'interrupted' ? value : 'failed' })
      },
    })
    actor.start()
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
}

/** What is under way for a job that is gone, made already, or asks for something else by now. */
function adrift(state: State): readonly Attempt[] {
  const { plan, world } = state.options
  const clipOf = (id: JobId): Sha256 | undefined => state.clips.get(id)?.sha256
  const keys = new Map(plan.jobs.map((job) => [job.id, keyWhenKnown(job, clipOf, world.sha256)]))
  const wanted = new Set(keys.values())
  const isAdrift = ({ job, key }: Attempt): boolean =>
    !keys.has(job) || state.clips.has(job) || (keys.get(job) !== undefined && !wanted.has(key))
  return [...state.book.history.open.values()].filter((attempt) => mustBeKept(attempt) && attempt.stage !== 'lost' && isAdrift(attempt))
}

/** Lock and cache on the disk, before the journals that could rebuild them are put away. */
async function saveAll(state: State, reason: Outcome['reason']): Promise<boolean> {
  const { plan, lock, actions, only } = state.options
  if (reason === 'finished' && only === undefined) lock?.keepOnly(new Set(plan.jobs.map((job) => job.id)))
  try {
    await saveLock(state, true)
    await actions.sync()
    return true
  } catch (error) {
    keepFailure(state, error)
    return false
  }
}

async function close(state: State, ended: Outcome['reason']): Promise<Outcome['reason']> {
  const { options, recorder, gate, book, made, kept, failures, blocked } = state
  // Work that a stop cut off ends by the signal; what does not listen is not waited for.
  if (state.pending.size > 0) await Promise.race([Promise.allSettled([...state.pending]), options.world.clock.sleep(2000)])
  const saved = await saveAll(state, ended)
  const reason = saved || ended === 'interrupted' ? ended : 'failed'
  const counts = { made: made.size, kept, failed: failures.length, blocked: blocked.length }
  await recorder.note({ type: 'run.stopped', reason, ...counts, spent: gate.spent() })
  // What is free and no longer asked for is forgotten once a whole run has gone well; what cost money is not.
  const whole = reason === 'finished' && options.only === undefined
  const ours = new Set(options.plan.jobs.map(({ id }) => id))
  const isOver = ({ stage, job }: Attempt): boolean => stage === 'intent' || (stage === 'lost' && whole && !ours.has(job))
  const isOpen = (attempt: Attempt): boolean => !isOver(attempt) && (mustBeKept(attempt) || !whole)
  const settled = saved && ![...book.history.open.values()].some(isOpen)
  try {
    await options.journal.close(settled)
  } catch (error) {
    if (failureOf(error) === undefined) throw error // a journal left where it is will be read again: no harm
  }
  return reason
}

/** Runs a plan. What goes wrong is in the outcome; it rejects only on a bug, after all is closed. */
export async function run(options: RunOptions): Promise<Outcome> {
  const state = openState(options)
  const { reason: ended, error } = await drive(state)
  const bug = error !== undefined && failureOf(error) === undefined
  if (error !== undefined && !bug) state.failure ??= failureOf(error)
  const reason = await close(state, ended)
  if (bug) throw error
  return {
    reason,
    made: [...state.made],
    kept: state.kept,
    failures: state.failures,
    blocked: state.blocked,
    spent: state.gate.spent(),
    adrift: adrift(state),
    fetched: state.fetched,
    ...(state.cut === undefined ? {} : { cut: state.cut }),
    ...(state.failure === undefined || reason === 'finished' ? {} : { failure: state.failure }),
  }
}
