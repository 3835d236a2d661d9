// One event of every type, over the film of `kit`. The record makes a forgotten type a compile error.
import type { EventType, Stamped } from '../../src/runtime/event.ts'
import type { Bare } from './kit.ts'
import { failure, harborPlan, key, stamp, started } from './kit.ts'

const at = { job: 'harbor/open@1', key, attempt: 1 }
const asked = { frames: 500, size: { width: 1920, height: 1080 }, rate: { num: 50, den: 1 } }
const delivered = { frames: 145, size: { width: 1920, height: 1080 }, rate: { num: 24, den: 1 }, soundSamples: 290_000, bytes: 4_100_000 }

const each: { readonly [T in EventType]: Extract<Bare, { type: T }> } = {
  // The kit builds exactly this type; the union of all events has forgotten which.
  'run.started': started(harborPlan()) as Extract<Bare, { type: 'run.started' }>,
  'job.kept': { type: 'job.kept', job: 'harbor/line@1', key, sha256: key },
  'job.queued': { type: 'job.queued', job: at.job },
  'job.intent': { type: 'job.intent', ...at, provider: 'ltx', seed: 4217, reserved: 480_000 },
  'job.sent': { type: 'job.sent', ...at },
  'job.settling': { type: 'job.settling', ...at, until: 1_790_000_580_000 },
  'job.absent': { type: 'job.absent', ...at },
  'job.accepted': { type: 'job.accepted', ...at, provider: 'ltx', ticket: { id: 't-1', tries: 2, ready: false, url: null } },
  'job.progress': { type: 'job.progress', job: at.job, phase: 'sampling', progress: 0.5 },
  'job.retrying': {
    type: 'job.retrying',
    ...at,
    failure: failure({ kind: 'capacity', message: 'the host is full', retry: true, retryAfterMs: 3000 }),
    waitMs: 3000,
  },
  'job.done': { type: 'job.done', ...at, billed: 480_000, servedModel: 'ltx-2-3-pro' },
  'job.adjusted': { type: 'job.adjusted', ...at, asked, made: { ...asked, rate: { num: 25, den: 1 }, frames: 150 }, policy: 'warn' },
  'job.stored': { type: 'job.stored', ...at, sha256: key, delivered },
  'job.failed': { type: 'job.failed', ...at, failure: failure({ requestId: 'r-9', billed: 'no' }) },
  'job.uncertain': {
    type: 'job.uncertain',
    ...at,
    failure: failure({ kind: 'uncertain', message: 'the answer was lost', billed: 'unknown' }),
  },
  'job.resolved': { type: 'job.resolved', ...at, how: 'found', ticket: { id: 't-2' } },
  'job.blocked': { type: 'job.blocked', job: 'harbor/open@1:conform', by: at.job },
  'job.cancelled': { type: 'job.cancelled', job: 'storm/news@1' },
  'cut.progress': { type: 'cut.progress', phase: 'sound', progress: 0.4 },
  'cut.made': { type: 'cut.made', output: 'out/harbor-lights.mp4', sha256: key, frames: 864, loudness: -14 },
  'run.stopped': { type: 'run.stopped', reason: 'failed', made: 1, kept: 1, failed: 1, blocked: 1, spent: 480_000 },
}

export const oneOfEach = (): readonly Stamped[] => stamp(Object.values(each))
