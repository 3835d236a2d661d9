// The growing list of jobs while a plan is made. Adding a job works out its key as soon as its inputs' bytes are
// known, and asks whether that key has been made before.
import type { Capabilities } from '../catalogue.ts'
import type { HashText } from '../key.ts'
import { keyOf } from '../key.ts'
import type { Input, Job, JobId, Made, Sha256 } from '../plan.ts'

/** Answers what a key has made, if the lock or the cache names it and the store holds its bytes. */
export type FindMade = (key: Sha256) => Made | undefined

export type Jobs = {
  /** Adds a job, with its key and what it has made where both can be known. Returns it. */
  add(job: Omit<Job, 'key' | 'made'>): Job
  get(id: JobId): Job
  all(): readonly Job[]
}

export function openJobs(sha256: HashText, findMade: FindMade): Jobs {
  const jobs = new Map<JobId, Job>()
  const bytesOf = (input: Input): Sha256 | undefined => (input.kind === 'asset' ? input.sha256 : jobs.get(input.id)?.made?.sha256)
  return {
    add(job) {
      const inputs = job.inputs.map((input) => ({ slot: input.slot, sha256: bytesOf(input) }))
      const known = inputs.flatMap(({ slot, sha256: bytes }) => (bytes === undefined ? [] : [{ slot, sha256: bytes }]))
      const key = known.length === inputs.length ? keyOf(job.request, known, sha256) : undefined
      const made = key === undefined ? undefined : findMade(key)
      const whole: Job = { ...job, ...(key === undefined ? {} : { key }), ...(made === undefined ? {} : { made }) }
      jobs.set(job.id, whole)
      return whole
    },
    get(id) {
      const job = jobs.get(id)
      if (job === undefined) throw new Error(`no job ${id} in this plan`)
      return job
    },
    all: () => [...jobs.values()],
  }
}

/** How a provider's version enters a request: `animatic/1`. */
export const providerTag = (capabilities: Capabilities): string => `${capabilities.kind}/${capabilities.version}`
