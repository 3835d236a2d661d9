// Which job may go, which must wait, which never will. In goes the plan's jobs in their order and how each ended;
// out come those that have become ready and those that are now blocked. No clock, no files.
import type { Job, JobId } from '../lang/plan.ts'

/** `left`: not wanted in this run, and not there. */
export type Standing = 'waiting' | 'ready' | 'made' | 'failed' | 'blocked' | 'left'

export type Schedule = {
  standing(id: JobId): Standing
  /** Puts a job outside the work: made before, or left out. Only before `start`. */
  set(id: JobId, standing: 'made' | 'left' | 'failed'): void
  /** The jobs that can go at once, in the plan's order; what waits for something left out or failed is blocked. */
  start(): { readonly ready: readonly Job[]; readonly blocked: readonly Blocked[] }
  /** A job came: gives those that waited for it alone. */
  made(id: JobId): readonly Job[]
  /** A job will not come: gives all that need it, near or far, none twice. */
  failed(id: JobId): readonly Blocked[]
}

export type Blocked = { readonly job: Job; readonly by: JobId }

const needsOf = (job: Job): JobId[] => job.inputs.flatMap((input) => (input.kind === 'job' ? [input.id] : []))

export function openSchedule(jobs: readonly Job[]): Schedule {
  const standings = new Map<JobId, Standing>(jobs.map((job) => [job.id, 'waiting']))
  const users = new Map<JobId, Job[]>()
  for (const job of jobs) {
    for (const need of new Set(needsOf(job))) {
      const list = users.get(need)
      if (list === undefined) users.set(need, [job])
      else list.push(job)
    }
  }
  const standing = (id: JobId): Standing => standings.get(id) ?? 'left'
  const isReady = (job: Job): boolean => standing(job.id) === 'waiting' && needsOf(job).every((need) => standing(need) === 'made')

  const block = (root: JobId): Blocked[] => {
    const blocked: Blocked[] = []
    const queue = [root]
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      for (const job of users.get(id) ?? []) {
        if (standing(job.id) !== 'waiting') continue
        standings.set(job.id, 'blocked')
        blocked.push({ job, by: root })
        queue.push(job.id)
      }
    }
    return blocked
  }
  return {
    standing,
    set: (id, value) => void standings.set(id, value),
    start() {
      const gone = jobs.filter((job) => standing(job.id) === 'failed' || standing(job.id) === 'left')
      const blocked = gone.flatMap((job) => block(job.id))
      const ready = jobs.filter(isReady)
      for (const job of ready) standings.set(job.id, 'ready')
      return { ready, blocked }
    },
    made(id) {
      standings.set(id, 'made')
      const ready = (users.get(id) ?? []).filter(isReady)
      for (const job of ready) standings.set(job.id, 'ready')
      return ready
    },
    failed(id) {
      standings.set(id, 'failed')
      return block(id)
    },
  }
}
