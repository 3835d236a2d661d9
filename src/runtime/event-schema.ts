// Events as they come back from a disk: the same shapes as `event`, checked, since a file can hold anything.
import * as z from 'zod'
import type { Request } from '../lang/plan.ts'
import type { Stamped } from './event.ts'

const whole = z.int()
const hash = z.string().regex(/^[0-9a-f]{64}$/)
const rational = z.object({ num: whole, den: whole.positive() })
const size = z.object({ width: whole.positive(), height: whole.positive() })
const attempt = { job: z.string(), key: hash, attempt: whole.positive() }
const stamp = { v: z.literal(1), n: whole.nonnegative(), at: z.number() }

const failure = z.object({
  kind: z.enum([
    'invalid',
    'auth',
    'funds',
    'moderation',
    'rate',
    'capacity',
    'host',
    'network',
    'expired',
    'uncertain',
    'mismatch',
    'disk',
    'tool',
    'machine',
    'worker',
    'cancelled',
    'input',
    'budget',
  ]),
  message: z.string(),
  next: z.string(),
  retry: z.boolean(),
  unreached: z.exactOptional(z.literal(true)),
  retryAfterMs: z.exactOptional(z.number()),
  requestId: z.exactOptional(z.string()),
  billed: z.exactOptional(z.enum(['yes', 'no', 'unknown'])),
})

const form = z.object({ frames: whole, size, rate: rational })
export const deliveredSchema = z.object({ frames: whole, size, rate: rational, soundSamples: whole, bytes: whole })

const event = <T extends string, S extends z.ZodRawShape>(type: T, shape: S) => z.object({ ...stamp, type: z.literal(type), ...shape })

const ticket = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
/** What is read of it is looked at; the rest was written by us, and the line's checksum says so. */
const request = z.looseObject({
  operation: z.string(),
  provider: z.string(),
  model: z.string(),
  size,
  rate: rational,
  frames: whole,
  prompt: z.string(),
  seed: z.exactOptional(whole),
}) as unknown as z.ZodType<Request> // a Request has more fields, none of which is read off a journal by name

const work = z.object({
  operation: z.enum(['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake']),
  provider: z.string(),
  model: z.string(),
  size,
  rate: rational,
  frames: whole,
})

export const stampedSchema: z.ZodType<Stamped> = z.discriminatedUnion('type', [
  event('run.started', {
    run: z.string(),
    film: z.string(),
    script: z.string(),
    rung: z.string(),
    jobs: whole,
    make: whole,
    price: whole,
    budget: z.exactOptional(whole),
  }),
  event('job.kept', { job: z.string(), key: hash, sha256: hash }),
  event('job.queued', { job: z.string() }),
  event('job.intent', {
    ...attempt,
    provider: z.string(),
    seed: z.exactOptional(whole),
    reserved: whole,
    request: z.exactOptional(request),
    work: z.exactOptional(work),
  }),
  event('job.sent', attempt),
  event('job.settling', { ...attempt, until: z.number() }),
  event('job.absent', attempt),
  event('job.accepted', { ...attempt, provider: z.string(), ticket }),
  event('job.progress', { job: z.string(), phase: z.string(), progress: z.number() }),
  event('job.done', { ...attempt, billed: whole, servedModel: z.string(), expiresAt: z.exactOptional(z.number()) }),
  event('job.adjusted', {
    ...attempt,
    asked: form,
    made: form,
    policy: z.enum(['accept', 'warn', 'refuse']),
    silent: z.exactOptional(z.literal(true)),
  }),
  event('job.stored', { ...attempt, sha256: hash, delivered: deliveredSchema }),
  event('job.retrying', {
    ...attempt,
    failure,
    waitMs: z.number(),
    open: z.exactOptional(z.literal(true)),
    until: z.exactOptional(z.number()),
  }),
  event('job.failed', { ...attempt, failure, resumable: z.exactOptional(z.literal(true)) }),
  event('job.uncertain', { ...attempt, failure }),
  event('job.resolved', { ...attempt, how: z.enum(['resubmit', 'found', 'give-up']), ticket: z.exactOptional(ticket) }),
  event('job.blocked', { job: z.string(), by: z.string() }),
  event('job.cancelled', { job: z.string() }),
  event('cut.progress', { phase: z.string(), progress: z.number() }),
  event('cut.made', { output: z.string(), sha256: hash, frames: whole, loudness: z.exactOptional(z.number()) }),
  event('run.stopped', {
    reason: z.enum(['finished', 'failed', 'interrupted']),
    made: whole,
    kept: whole,
    failed: whole,
    blocked: whole,
    spent: whole,
  }),
])
