// A lock's stanza out of a job of the plan and the clip it made.
import { type LockedJob, lockWord } from '../lang/lock.ts'
import type { Job, Operation } from '../lang/plan.ts'
import type { Stored } from './history.ts'
import type { LockFile } from './lock-file.ts'

const made: ReadonlySet<Operation> = new Set(['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake'])

/** The lock names what a model made; what ffmpeg makes of it can be made again by anybody. */
export const isLocked = (job: Job): boolean => made.has(job.operation)

export function lockedJob(job: Job, stored: Stored): LockedJob {
  const { request } = job
  return {
    key: stored.key,
    provider: { name: job.provider, kind: request.provider },
    model: { asked: request.model, served: lockWord(stored.servedModel ?? '', request.model) },
    price: Math.max(0, stored.billed),
    asked: { frames: request.frames, size: request.size, rate: request.rate },
    delivered: stored.delivered,
    clip: stored.sha256,
    request,
    ...(stored.seed === undefined || stored.seed < 0 ? {} : { seed: stored.seed }),
  }
}

/** Puts a clip into the lock, unless it stands there already. */
export function lockIn(lock: LockFile | undefined, job: Job, stored: Stored): void {
  if (lock === undefined || !isLocked(job)) return
  const before = lock.lock().jobs.get(job.id)
  if (before?.key !== stored.key || before.clip !== stored.sha256) lock.set(job.id, lockedJob(job, stored))
}
