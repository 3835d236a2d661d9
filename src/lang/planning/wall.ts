// How long jobs take on the clock: each provider works on so many at once, providers work side by side, and a job waits for those it
// needs. In go jobs with their own times, out come seconds. It is the shortest time there can be; queues at a host come on top.
import type { Job } from '../plan.ts'

export function wallOf(jobs: readonly Job[], concurrencyOf: (provider: string) => number): number {
  const work = new Map<string, number>()
  const ends = new Map<string, number>()
  for (const job of jobs) {
    work.set(job.provider, (work.get(job.provider) ?? 0) + job.expected)
    // What is made already is not among them, and is not waited for.
    const begins = job.inputs.map((input) => (input.kind === 'job' ? (ends.get(input.id) ?? 0) : 0))
    ends.set(job.id, Math.max(0, ...begins) + job.expected)
  }
  let longest = 0
  for (const end of ends.values()) longest = Math.max(longest, end)
  for (const [provider, seconds] of work) longest = Math.max(longest, seconds / concurrencyOf(provider))
  return longest
}
