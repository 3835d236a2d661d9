// All that can happen in a run. The same events are the journal, the resume, the screen, `--json` and the tests'
// oracle. `recorded` ones are on the disk before the run goes on; the others are only shown.

import type { Failure } from '../failure.ts'
import type { Money } from '../lang/money.ts'
import type { AdjustPolicy, Delivered, Form, JobId, Request, Sha256 } from '../lang/plan.ts'
import type { Ticket } from '../providers/provider.ts'

export type JobAttempt = { readonly job: JobId; readonly key: Sha256; readonly attempt: number }

export type Event =
  | {
      readonly type: 'run.started'
      readonly run: string
      readonly film: string
      readonly script: string
      readonly rung: string
      readonly jobs: number
      readonly make: number
      readonly price: Money
      readonly budget?: Money
    }
  | { readonly type: 'job.kept'; readonly job: JobId; readonly key: Sha256; readonly sha256: Sha256 }
  | { readonly type: 'job.queued'; readonly job: JobId }
  /** Synced before the socket opens. */
  | ({
      readonly type: 'job.intent'
      readonly provider: string
      readonly seed?: number
      readonly reserved: Money
      /** Of what costs something: with it a clip can be fetched even when the script has gone on. */
      readonly request?: Request
      /** The part of it that says how long it may take; where the whole is not recorded. */
      readonly work?: Pick<Request, 'operation' | 'provider' | 'model' | 'size' | 'rate' | 'frames'>
    } & JobAttempt)
  /** The request has left; until `accepted` its fate is unknown. */
  | ({ readonly type: 'job.sent' } & JobAttempt)
  /** Nobody knows whether it was taken, and the host does not show it yet: it is asked again, until then at most. */
  | ({ readonly type: 'job.settling'; readonly until: number } & JobAttempt)
  /** The host was asked, and never had it: nothing was bought. */
  | ({ readonly type: 'job.absent' } & JobAttempt)
  | ({ readonly type: 'job.accepted'; readonly provider: string; readonly ticket: Ticket } & JobAttempt)
  | { readonly type: 'job.progress'; readonly job: JobId; readonly phase: string; readonly progress: number }
  | ({ readonly type: 'job.done'; readonly billed: Money; readonly servedModel: string; readonly expiresAt?: number } & JobAttempt)
  /** The host made something else than it was asked for, and said so. `policy` is what was done about it. */
  | ({
      readonly type: 'job.adjusted'
      readonly asked: Form
      readonly made: Form
      readonly policy: AdjustPolicy
      readonly silent?: true
    } & JobAttempt)
  | ({ readonly type: 'job.stored'; readonly sha256: Sha256; readonly delivered: Delivered } & JobAttempt)
  /** `open`: the attempt goes on; nothing new may be sent in its place. `until`: no connection can be made, and is tried for so long. */
  | ({
      readonly type: 'job.retrying'
      readonly failure: Failure
      readonly waitMs: number
      readonly open?: true
      readonly until?: number
    } & JobAttempt)
  /** `resumable`: the host may still hold the result; the next run asks for it instead of sending the job again. */
  | ({ readonly type: 'job.failed'; readonly failure: Failure; readonly resumable?: true } & JobAttempt)
  | ({ readonly type: 'job.uncertain'; readonly failure: Failure } & JobAttempt)
  /** A person's word on a purchase that may have been made: buy it again, its job was found at the host, or let it be. */
  | ({ readonly type: 'job.resolved'; readonly how: 'resubmit' | 'found' | 'give-up'; readonly ticket?: Ticket } & JobAttempt)
  | { readonly type: 'job.blocked'; readonly job: JobId; readonly by: JobId }
  | { readonly type: 'job.cancelled'; readonly job: JobId }
  | { readonly type: 'cut.progress'; readonly phase: string; readonly progress: number }
  | { readonly type: 'cut.made'; readonly output: string; readonly sha256: Sha256; readonly frames: number; readonly loudness?: number }
  | {
      readonly type: 'run.stopped'
      readonly reason: 'finished' | 'failed' | 'interrupted'
      readonly made: number
      readonly kept: number
      readonly failed: number
      readonly blocked: number
      readonly spent: Money
    }

export type EventType = Event['type']

/** An event with its place and time: one line of the journal, one line of `--json`. */
export type Stamped = { readonly v: 1; readonly n: number; readonly at: number } & Event

/** Events that are only shown; all others are written to the journal. */
export const shownOnly: ReadonlySet<EventType> = new Set(['job.progress', 'job.queued', 'job.settling', 'cut.progress'])
