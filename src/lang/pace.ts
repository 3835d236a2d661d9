// What earlier runs have seen of one kind of job: how long it takes, and how often it goes wrong. Plain data: the runtime reads it off
// its journals, reports show it.
import type { ModelOperation } from './catalogue.ts'
import type { Size } from './program.ts'

/** Seconds from sending to having the clip. The rarer ones only where enough were seen to say them. */
export type Latency = { readonly p50: number; readonly p95?: number; readonly p99?: number }

/** What was seen of one kind of job. */
export type PaceRow = {
  readonly provider: string
  /** The provider's kind, so that another one under an old name begins anew. */
  readonly kind: string
  readonly operation: ModelOperation
  readonly model: string
  readonly size: Size
  readonly made: number
  /** Attempts that were sent and made nothing: given up, and tried again. */
  readonly failed: number
  readonly retried: number
  /** Seconds of work for one second of video, the middle one of all; absent where nothing was made. */
  readonly perSecond?: number
  readonly latency?: Latency
}
