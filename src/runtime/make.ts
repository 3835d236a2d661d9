// The working part of a run: starts each job as soon as its inputs are made and its provider has a place free, and
// says which jobs can never come. In go the jobs to make; out come counts, and clips found damaged on the way.

import type { Failure } from '../failure.ts'
import type { Job, JobId, Sha256 } from '../lang/plan.ts'
import { isClosing } from './failure.ts'
import type { Place } from './gate.ts'
import { deadlineOf, type Stored } from './history.ts'
import { type Launched, type LaunchTools, launch } from './launch.ts'
import type { LockFile } from './lock-file.ts'
import { lockIn } from './locked-job.ts'
import { keyWhenKnown } from './resolve.ts'
import { openSchedule, type Schedule } from './schedule.ts'

/** `lost`: it was paid for, and nothing will come of it. */
export type Fell = { readonly job: JobId; readonly failure: Failure; readonly uncertain: boolean; readonly lost?: true }

export type Work = {
  readonly jobs: readonly Job[]
  /** Every clip there is, by job; grows as jobs are made. */
  readonly clips: Map<JobId, Stored>
  readonly make: readonly Job[]
  readonly left: readonly Job[]
  readonly lock: LockFile | undefined
  /** The job that tells why nothing new is sent to a provider in this run; absent: it may be. What was sent before is looked for and fetched. */
  readonly heldBy?: (provider: string) => JobId
}

export type Worked = {
  readonly made: readonly JobId[]
  readonly kept: readonly JobId[]
  readonly fell: readonly Fell[]
  readonly blocked: readonly JobId[]
  /** Inputs to be made again, and the jobs that were put off for them. */
  readonly damaged: ReadonlySet<JobId>
}

/** What waits for its turn at a provider; `last` is the affinity of what was started last. */
type Queue = { readonly jobs: Job[]; next: number; last: string | undefined }

type Bench = {
  readonly tools: LaunchTools
  readonly work: Work
  readonly schedule: Schedule
  /** By provider, first come first served. */
  readonly queues: Map<string, Queue>
  /** The job after whose failure an account is not asked again in this run; `*` for all. */
  readonly shut: Map<string, JobId>
  /** Keys being made: a job with the same one waits, and then finds it made. */
  readonly underWay: Map<Sha256, Promise<void>>
  readonly result: { made: JobId[]; kept: JobId[]; fell: Fell[]; blocked: JobId[]; damaged: Set<JobId> }
  running: number
  wake: () => void
  bug: { readonly error: unknown } | undefined
}

function enqueue({ tools, queues }: Bench, jobs: readonly Job[]): void {
  for (const job of jobs) {
    void tools.recorder.note({ type: 'job.queued', job: job.id })
    const queue = queues.get(job.provider)
    if (queue === undefined) queues.set(job.provider, { jobs: [job], next: 0, last: undefined })
    else queue.jobs.push(job)
  }
}

async function blockAfter(bench: Bench, id: JobId): Promise<void> {
  for (const { job, by } of bench.schedule.failed(id)) await block(bench, job, by)
}
async function block({ tools, result }: Bench, job: Job, by: JobId): Promise<void> {
  result.blocked.push(job.id)
  await tools.recorder.note({ type: 'job.blocked', job: job.id, by })
}

/** What closes an account or a machine that lacks something stops a provider, a full disk all of them: more submits would only fail. */
function shutAfter({ shut, tools }: Bench, job: Job, failure: Failure): void {
  const account = tools.gate.accountOf(job.provider)
  if (failure.kind === 'disk') shut.set('*', shut.get('*') ?? job.id)
  if (isClosing(failure) || failure.kind === 'machine') shut.set(account, shut.get(account) ?? job.id)
}

async function settle(bench: Bench, job: Job, launched: Launched): Promise<void> {
  const { result, schedule, work, tools } = bench
  if (launched.kind === 'kept') {
    work.clips.set(job.id, launched.stored)
    lockIn(work.lock, job, launched.stored)
    result.kept.push(job.id)
    await tools.recorder.note({ type: 'job.kept', job: job.id, key: launched.key, sha256: launched.stored.sha256 })
    enqueue(bench, schedule.made(job.id))
    return
  }
  if (launched.kind === 'damaged') {
    result.damaged.add(launched.input)
    schedule.failed(job.id)
    return
  }
  const { end } = launched
  const by = end.kind === 'refused' ? tools.gate.heldBackBy(job.provider, end.failed.failure) : undefined
  if (by !== undefined) {
    await block(bench, job, by)
    return blockAfter(bench, job.id)
  }
  switch (end.kind) {
    case 'stored':
      result.made.push(job.id)
      enqueue(bench, schedule.made(job.id))
      return
    case 'refused':
    case 'uncertain':
      result.fell.push({
        job: job.id,
        failure: end.failed.failure,
        uncertain: end.kind === 'uncertain',
        ...(tools.book.history.open.get(launched.key)?.stage === 'lost' ? { lost: true } : {}),
      })
      shutAfter(bench, job, end.failed.failure)
      await blockAfter(bench, job.id)
      return
    case 'cancelled': {
      const held = tools.signal.aborted ? undefined : work.heldBy?.(job.provider)
      if (held === undefined) {
        schedule.failed(job.id)
        return
      }
      // Its host never had it, and nothing is sent anew.
      await block(bench, job, held)
      return blockAfter(bench, job.id)
    }
    case 'broken':
      // What a stop has killed may say so in its own words; that is no bug.
      if (!tools.signal.aborted) throw end.error
      schedule.failed(job.id)
      return
  }
}

async function start(bench: Bench, job: Job, place: Place): Promise<void> {
  const { tools, underWay } = bench
  bench.running += 1
  let over = (): void => undefined
  try {
    const key = keyWhenKnown(job, tools.clipOf, tools.world.sha256) ?? ''
    for (let other = underWay.get(key); other !== undefined; other = underWay.get(key)) await other
    underWay.set(
      key,
      new Promise((resolve) => {
        over = () => {
          underWay.delete(key)
          resolve()
        }
      }),
    )
    await settle(bench, job, await launch(tools, job, place))
  } catch (error) {
    bench.bug ??= { error }
  } finally {
    over()
    place.leave()
    bench.running -= 1
    bench.wake()
  }
}

/** The next job: the first, or, of what nobody has begun, the first that goes well after the one before it. Takes it to the front. */
function nextOf(tools: LaunchTools, provider: string, queue: Queue): Job | undefined {
  const affinity = tools.providers.get(provider)?.affinity
  const first = queue.jobs[queue.next]
  if (affinity === undefined || first === undefined || attemptOf(tools, first) !== undefined) return first
  const at = queue.jobs.findIndex((job, index) => index >= queue.next && affinity(job.request) === queue.last)
  const found = queue.jobs[at] ?? first
  if (at > queue.next) queue.jobs.splice(queue.next, 0, ...queue.jobs.splice(at, 1))
  return found
}

/** Starts all that can be started now. */
async function pump(bench: Bench): Promise<void> {
  const { queues, tools, shut, work } = bench
  for (const [provider, queue] of queues) {
    while (queue.next < queue.jobs.length && bench.bug === undefined && !tools.signal.aborted) {
      const job = nextOf(tools, provider, queue)
      if (job === undefined) break
      const held = isBegun(tools, job) ? undefined : work.heldBy?.(provider)
      const by = shut.get('*') ?? shut.get(tools.gate.accountOf(provider)) ?? held
      // What a host has already is not in the way of what it has not.
      const place = by === undefined ? tools.gate.enter(provider, () => bench.wake(), isAtHost(tools, job)) : undefined
      if (by === undefined && place === undefined) break
      queue.next += 1
      queue.last = tools.providers.get(provider)?.affinity?.(job.request)
      if (place !== undefined) void start(bench, job, place)
      else if (by !== undefined) {
        await block(bench, job, by)
        await blockAfter(bench, job.id)
      }
    }
  }
}

type Standing = Pick<LaunchTools, 'book' | 'clipOf' | 'world'>
const attemptOf = ({ book, clipOf, world }: Standing, job: Job) =>
  book.history.open.size === 0 ? undefined : book.history.open.get(keyWhenKnown(job, clipOf, world.sha256) ?? '')

const isAtHost = (tools: Standing, job: Job): boolean => attemptOf(tools, job)?.ticket !== undefined

/** Something of it may have been sent by an earlier run: it is looked for first, and its record is not closed without that. */
export const isBegun = (tools: Standing, job: Job): boolean => (attemptOf(tools, job)?.stage ?? 'intent') !== 'intent'

/** What an earlier run has begun goes first, and of it what its host throws away first. */
function begunFirst(tools: LaunchTools, jobs: readonly Job[]): readonly Job[] {
  if (tools.book.history.open.size === 0) return jobs
  const deadlines = new Map<Job, number>()
  for (const job of jobs) {
    const attempt = attemptOf(tools, job)
    if (attempt === undefined) continue
    const ttl = tools.providers.get(job.provider)?.capabilities.resultTtlSeconds
    deadlines.set(job, attempt.ticket === undefined ? Number.MAX_VALUE : deadlineOf(attempt, ttl))
  }
  const begun = [...deadlines].sort(([, a], [, b]) => (a === b ? 0 : a - b)).map(([job]) => job)
  return [...begun, ...jobs.filter((job) => !deadlines.has(job))]
}

/** Makes what can be made. Resolves when nothing runs and nothing can start; rejects on a bug, after all has ended. */
export async function makeJobs(tools: LaunchTools, work: Work, before: readonly Fell[]): Promise<Worked> {
  const schedule = openSchedule(work.jobs)
  const result: Bench['result'] = { made: [], kept: [], fell: [], blocked: [], damaged: new Set() }
  const bench: Bench = {
    tools,
    work,
    schedule,
    queues: new Map(),
    shut: new Map(),
    underWay: new Map(),
    result,
    running: 0,
    wake: () => undefined,
    bug: undefined,
  }
  for (const id of work.clips.keys()) schedule.set(id, 'made')
  for (const job of work.left) schedule.set(job.id, 'left')
  for (const { job } of before) schedule.set(job, 'failed')
  const { ready, blocked } = schedule.start()
  for (const { job, by } of blocked) await block(bench, job, by)
  enqueue(bench, begunFirst(tools, ready))
  for (;;) {
    const woken = new Promise<void>((resolve) => {
      bench.wake = resolve
    })
    await pump(bench)
    if (bench.running === 0) break
    await woken
  }
  if (bench.bug !== undefined) throw bench.bug.error
  return result
}
