// What goes wrong in a run, as data: whose fault it is and what may be done decide what the machine does next. Everything
// else that is thrown is a bug.

/** Whose fault, and what may be done: the closed list that the runtime decides by. */
export type FailureKind =
  | 'invalid'
  | 'auth'
  | 'funds'
  | 'moderation'
  | 'rate'
  | 'capacity'
  | 'host'
  | 'network'
  | 'expired'
  | 'uncertain'
  | 'mismatch'
  | 'disk'
  | 'tool'
  /** Something lacks on this machine that every job of its provider needs. */
  | 'machine'
  /** This machine could not bring one job to its end: out of memory, or its worker died of it. Others may go on. */
  | 'worker'
  | 'cancelled'
  | 'input'
  | 'budget'

export type Failure = {
  readonly kind: FailureKind
  /** One sentence. Text from a host is made safe for a terminal before it is put here. */
  readonly message: string
  /** What the person can do next. */
  readonly next: string
  /** True when the same call may be made again without harm. */
  readonly retry: boolean
  /** No connection could be made: nothing has left. */
  readonly unreached?: true
  readonly retryAfterMs?: number
  readonly requestId?: string
  readonly billed?: 'yes' | 'no' | 'unknown'
}

/** What a provider throws; everything else that is thrown is a bug. */
export class ProviderFailure extends Error {
  readonly failure: Failure
  constructor(failure: Failure) {
    super(failure.message)
    this.name = 'ProviderFailure'
    this.failure = failure
  }
}
