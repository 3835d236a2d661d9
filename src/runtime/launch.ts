// One job, from its turn to its end: inputs checked, key worked out, an earlier attempt taken up or a new one
// begun, its machine run. In goes a job whose inputs are made; out comes how it ended.
import { createActor } from 'xstate'
import { ProviderFailure } from '../failure.ts'
import type { Job, JobId, Sha256, Slot } from '../lang/plan.ts'
import type { Clock, World } from '../world.ts'
import { failureOf, isResumable, lost } from './failure.ts'
import type { Gate, Place } from './gate.ts'
import type { Book, Stored } from './history.ts'
import { type Check, openEffects, purchaseName, type Reachable } from './job.effects.ts'
import { type Effects, type Failed, type Go, type JobEnd, type JobInput, jobMachine } from './job.machine.ts'
import type { FindStored } from './made.ts'
import type { Recorder } from './recorder.ts'
import { keyWhenKnown } from './resolve.ts'
import type { Store } from './store.ts'

export type LaunchTools = {
  readonly run: string
  readonly world: World
  readonly signal: AbortSignal
  readonly providers: ReadonlyMap<string, Reachable>
  readonly store: Store
  readonly gate: Gate
  readonly recorder: Recorder
  /** What this run and those before it have begun. */
  readonly book: Book
  readonly find: FindStored
  readonly check: Check
  readonly random: () => number
  readonly assetsPath: (path: string) => string
  /** The clip of a job that is made or kept. */
  readonly clipOf: (id: JobId) => Sha256 | undefined
  /** What to do about purchases that may have been made: a person's word, given before the run. */
  readonly onUncertain?: 'resubmit'
  /** This run buys nothing anew: what was sent before is looked for and fetched, and that is all. */
  readonly only?: true
  /** Called when a clip is stored and recorded. */
  readonly stored: (job: Job, stored: Stored) => Promise<void>
  /** The same for a clip that no job of the plan asks for. */
  readonly storedAdrift: (job: Job, stored: Stored) => Promise<void>
  /** Work that a stop has left behind, to be waited for. */
  readonly track: <T>(work: Promise<T>) => Promise<T>
}

export type Launched =
  | { readonly kind: 'kept'; readonly key: Sha256; readonly stored: Stored }
  /** An input's clip is damaged or gone: it has to be made again first. */
  | { readonly kind: 'damaged'; readonly input: JobId }
  | { readonly kind: 'ended'; readonly key: Sha256; readonly end: JobEnd }

/** xstate's timers on the world's clock, so that tests can turn it. */
export function machineClock(clock: Clock): {
  setTimeout(run: () => void, ms: number): AbortController
  clearTimeout(id: AbortController): void
} {
  return {
    setTimeout(run, ms) {
      const controller = new AbortController()
      clock.sleep(ms, controller.signal).then(run, () => undefined)
      return controller
    },
    clearTimeout: (controller) => controller.abort(),
  }
}

/** Absolute paths of a job's inputs, each checked against its hash; or the input that is damaged. */
async function inputsOf(tools: LaunchTools, job: Job): Promise<ReadonlyMap<Slot, string> | { readonly damaged: JobId }> {
  const files = new Map<Slot, string>()
  for (const input of job.inputs) {
    if (input.kind === 'asset') {
      const path = tools.assetsPath(input.path)
      if ((await tools.world.files.sha256(path)) !== input.sha256) throw new ProviderFailure(changedAsset(input.path))
      files.set(input.slot, path)
      continue
    }
    const clip = tools.clipOf(input.id)
    if (clip === undefined || (await tools.store.verify(clip)) !== 'whole') return { damaged: input.id }
    files.set(input.slot, tools.store.pathOf(clip))
  }
  return files
}

const changedAsset = (path: string) =>
  ({
    kind: 'input',
    message: `${path} has changed since the plan was made`,
    next: 'run again: the plan is made anew',
    retry: false,
  }) as const

/** Where to begin: at what an earlier run left open, or afresh with the next free number of this run. */
function startOf(job: Job, key: Sha256, run: string, book: Book): JobInput['start'] {
  const attempt = book.history.open.get(key)
  if (attempt === undefined || attempt.stage === 'intent') return { go: { run, number: book.next(run, key), misses: 0 }, stage: 'fresh' }
  const misses = Math.max(0, (attempt.seed ?? 0) - (job.request.seed ?? attempt.seed ?? 0))
  const go: Go = {
    run: attempt.run,
    number: attempt.attempt,
    misses,
    ...(attempt.seed === undefined ? {} : { seed: attempt.seed }),
    ...(attempt.begunAt === undefined ? {} : { begunAt: attempt.begunAt }),
  }
  if (attempt.ticket !== undefined && attempt.stage !== 'uncertain')
    return { go, stage: 'accepted', ticket: attempt.ticket, ...(attempt.before === undefined ? {} : { found: true }) }
  return { go, stage: 'sent' }
}

/** What an attempt that is given up has cost: nothing when the host never took it or says so, else its price. */
function costOf(job: Job, { step, failure }: Pick<Failed, 'step' | 'failure'>): number {
  return step === 'submit' || failure.billed === 'no' ? 0 : job.price
}

function tracked(effects: Effects, track: LaunchTools['track']): Effects {
  return {
    submit: (...args) => track(effects.submit(...args)),
    settle: (...args) => track(effects.settle(...args)),
    poll: (...args) => track(effects.poll(...args)),
    download: (...args) => track(effects.download(...args)),
    check: (...args) => track(effects.check(...args)),
    store: (...args) => track(effects.store(...args)),
  }
}

type Running = { readonly key: Sha256; readonly place: Place; readonly input: JobInput }

/** Runs the machine to its end. Retries are told as they happen. */
function runMachine(tools: LaunchTools, job: Job, { key, place, input }: Running): Promise<JobEnd> {
  const { recorder, gate, signal, world } = tools
  const actor = createActor(jobMachine, { input, clock: machineClock(world.clock) })
  const stop = (): void => actor.send({ type: 'STOP' })
  actor.on('retrying', ({ go, failure, waitMs, verdict, step }) => {
    const open = verdict === 'anew' ? {} : ({ open: true } as const)
    const until = failure.unreached === true ? gate.triesUntil(job.provider) : undefined
    const limit = until === undefined ? {} : { until }
    void recorder.note({ type: 'job.retrying', job: job.id, key, attempt: go.number, failure, waitMs, ...open, ...limit })
    // A wish to wait is meant for the whole account, wherever it was said.
    if (failure.kind === 'rate' && step !== 'submit') gate.rest(job.provider, waitMs)
    if (verdict !== 'anew') return
    place.stand(false)
    gate.settle(purchaseName(key, go), costOf(job, { step, failure }))
  })
  return new Promise((resolve, reject) => {
    actor.subscribe({
      error: reject,
      complete: () => {
        signal.removeEventListener('abort', stop)
        const { output } = actor.getSnapshot()
        if (output === undefined) reject(new Error(`the machine of ${job.id} ended without a word`))
        else resolve(output)
      },
    })
    actor.start()
    signal.addEventListener('abort', stop)
    actor.send({ type: signal.aborted ? 'STOP' : 'START' })
  })
}

/** Records how a job ended that made nothing, and settles its money. */
async function recordEnd(tools: LaunchTools, job: Job, key: Sha256, end: JobEnd): Promise<void> {
  const { recorder, gate } = tools
  switch (end.kind) {
    case 'stored':
    case 'broken':
      return
    case 'cancelled':
      return recorder.note({ type: 'job.cancelled', job: job.id })
    case 'uncertain':
      return recorder.note({ type: 'job.uncertain', job: job.id, key, attempt: end.go.number, failure: end.failed.failure })
    case 'refused': {
      const { failure } = end.failed
      // Nothing was sent, and its record stays as it was: the run says what it waits for.
      if (gate.heldBackBy(job.provider, failure) !== undefined) return
      // What is free and came wrong is made anew by the next run; what was paid for is fetched again, or a person says what else.
      const resumable = isResumable(end.failed) && !(failure.kind === 'mismatch' && failure.retry && job.price === 0)
      if (!resumable || failure.kind === 'mismatch') gate.settle(purchaseName(key, end.go), costOf(job, end.failed))
      const attempt = { job: job.id, key, attempt: end.go.number }
      return recorder.note({ type: 'job.failed', ...attempt, failure, ...(resumable ? { resumable: true } : {}) })
    }
  }
}

/** A job of the plan, from its turn to its end. `again`: its uncertain purchase has been given up on a person's word already. */
export async function launch(tools: LaunchTools, job: Job, place: Place, again = false): Promise<Launched> {
  const { run, world, book } = tools
  const key = keyWhenKnown(job, tools.clipOf, world.sha256)
  if (key === undefined) throw new Error(`${job.id} was started before its inputs`)
  const found = tools.find(key)
  if (found !== undefined && (await tools.store.has(found.sha256, found.delivered.bytes))) return { kind: 'kept', key, stored: found }
  const start = { ...startOf(job, key, run, book), ...(tools.only === undefined ? {} : { only: tools.only }) }
  const launched = await launchAt(tools, job, { key, start, place })
  const uncertain = launched.kind === 'ended' && launched.end.kind === 'uncertain' ? launched.end : undefined
  if (uncertain === undefined || again || tools.only === true || tools.onUncertain !== 'resubmit' || tools.signal.aborted) return launched
  await tools.recorder.record({ type: 'job.resolved', job: job.id, key, attempt: uncertain.go.number, how: 'resubmit' })
  return launch(tools, job, place, true)
}

/** Where a job begins, and where it stands at its account. */
export type Beginning = { readonly key: Sha256; readonly start: JobInput['start']; readonly place: Place }

/** Runs a job whose key is known; `files` are its inputs where they are needed no more. */
export async function launchAt(
  tools: LaunchTools,
  job: Job,
  { key, start, place }: Beginning,
  given?: ReadonlyMap<Slot, string>,
): Promise<Launched> {
  const { run, providers, world, book } = tools
  const provider = providers.get(job.provider)
  if (provider === undefined) throw new Error(`no provider ${job.provider} was opened for ${job.id}`)
  try {
    if (book.history.open.get(key)?.stage === 'lost' && job.price > 0) throw new ProviderFailure(lost)
    const files = given ?? (await inputsOf(tools, job))
    if ('damaged' in files) return { kind: 'damaged', input: files.damaged }
    const effects = openEffects({
      ...tools,
      job,
      key,
      files,
      provider,
      place,
      sha256: world.sha256,
      hasty: start.only === true,
      found: start.found === true,
      stored: (stored) => tools.stored(job, stored),
    })
    const input: JobInput = {
      effects: tracked(effects, tools.track),
      submit: provider.capabilities.submit,
      price: job.price,
      tries: job.tries ?? 1,
      run,
      random: tools.random,
      start,
    }
    const end = await runMachine(tools, job, { key, place, input })
    await recordEnd(tools, job, key, end)
    return { kind: 'ended', key, end }
  } catch (error) {
    const failure = failureOf(error)
    if (failure === undefined) throw error
    // Nothing was done with what an earlier run has sent: it stays as it is.
    const sent = start.stage !== 'fresh'
    const failed: Failed = { step: sent ? 'settle' : 'submit', failure, verdict: 'refused', sent, byHost: false, waitMs: 0 }
    const end: JobEnd = { kind: 'refused', go: start.go, failed }
    await recordEnd(tools, job, key, end)
    return { kind: 'ended', key, end }
  }
}
