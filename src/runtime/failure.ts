// From anything thrown to a Failure, and from a Failure to what is done about it. The rule that guards money: what
// was sent and not clearly refused is never sent again as if it were new.

import { type Failure, type FailureKind, ProviderFailure } from '../failure.ts'
import type { Capabilities } from '../lang/catalogue.ts'
import type { Money } from '../lang/money.ts'

/** What a disk says no with, in words, and what helps. `path` is the place, where it is known. */
const diskWords: Readonly<Record<string, (path: string) => readonly [message: string, next: string]>> = {
  ENOSPC: () => ['the disk is full', 'free some space and run again: what is stored is kept, and the run goes on from there'],
  EDQUOT: () => ['the disk is full', 'free some space and run again: what is stored is kept, and the run goes on from there'],
  EACCES: (path) => [`${path} may not be read or written`, 'change its rights, or work in another folder'],
  EPERM: (path) => [`${path} may not be read or written`, 'change its rights, or work in another folder'],
  EROFS: (path) => [`${path} is on a disk that can only be read`, 'work in another folder'],
  EEXIST: (path) => [`${path} is in the way: a file where a folder should be`, 'move it away and run again'],
  ENOTDIR: (path) => [`${path} is in the way: a file where a folder should be`, 'move it away and run again'],
  EISDIR: (path) => [`${path} is in the way: a folder where a file should be`, 'move it away and run again'],
  EMFILE: () => ['too many files are open', 'raise the limit (ulimit -n) and run again'],
  ENFILE: () => ['too many files are open', 'raise the limit (ulimit -n) and run again'],
  ENAMETOOLONG: (path) => [`the name of ${path} is too long for this disk`, 'choose a shorter one'],
  EIO: (path) => [`the disk failed at ${path}`, 'check the disk and run again'],
  EFBIG: (path) => [`${path} is larger than this disk takes`, 'work on another disk'],
  ENOENT: (path) => [`${path} is gone`, 'run again'],
  EXDEV: (path) => [`${path} is on another disk`, 'keep the project on one disk'],
  ELOOP: (path) => [`${path} is a link where none may be`, 'replace it by what it leads to'],
  EBUSY: (path) => [`${path} is in use by something else`, 'close it and run again'],
}

/** What was thrown, as a failure; `undefined` for a bug, which must be thrown on. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof ProviderFailure) return error.failure
  if (!(error instanceof Error)) return undefined
  if (error.name === 'AbortError') return cancelled
  if (!('code' in error) || typeof error.code !== 'string' || !Object.hasOwn(diskWords, error.code)) return undefined
  // Of a rename both ends are told: the one that people know is where it was to go.
  const known = 'dest' in error && typeof error.dest === 'string' ? error.dest : 'path' in error ? error.path : undefined
  const path = typeof known === 'string' ? known : 'a file'
  const said = diskWords[error.code]?.(path)
  return said === undefined ? undefined : { kind: 'disk', message: said[0], next: said[1], retry: false }
}

export const cancelled: Failure = { kind: 'cancelled', message: 'the run was stopped', next: 'run again to go on', retry: false }

export const uncertain: Failure = {
  kind: 'uncertain',
  message: 'the job was sent, but no answer came back: it may have been bought',
  next: 'look at the host, then say whether it may be bought again: `ltx resolve FILE` lists what it needs',
  retry: false,
  billed: 'unknown',
}

/** How long a host may call a job by a word that is not known. */
export const strangeForMs = 10 * 60_000

/** Nobody knows what such a word means: the job may be done, and be billed. The next run asks again. */
export const strange = (word: string): Failure => ({
  kind: 'host',
  message: `for ${strangeForMs / 60_000} minutes it has called the job ${word === '' ? 'by no word at all' : `\`${word}\`, a word that is not known`}`,
  next: 'look at the job at the host; the next render asks for it again, and buys nothing anew',
  retry: false,
  billed: 'unknown',
})

/** Asked whether it has taken a job, a host does not know it yet, and may know it in a while. */
export const notShownYet: Failure = {
  kind: 'network',
  message: 'the job was sent, and its host does not show it yet: whether it was taken is not known',
  next: 'run again in a while: the host is asked once more',
  retry: false,
  billed: 'unknown',
}

/** An attempt that was paid for and of which nothing more will come. */
export const lost: Failure = {
  kind: 'expired',
  message: 'it was paid for, and its result is gone or was given up; it is not bought again by itself',
  next: 'buy it again with `ltx resolve FILE SHOT --resubmit`, or change the shot',
  retry: false,
  billed: 'yes',
}

/** Where in a job's life something failed. */
export type Step = 'submit' | 'settle' | 'poll' | 'download' | 'check' | 'store'

/** `again`: the same step once more; `anew`: a new attempt, paid anew; `settle`: ask the host whether it arrived. */
export type Verdict = 'again' | 'anew' | 'settle' | 'uncertain' | 'refused' | 'cancelled'

export type Situation = {
  readonly step: Step
  readonly failure: Failure
  /** The submit had left when it failed. */
  readonly sent: boolean
  /** The host itself says that the job is over; otherwise only asking it went wrong. */
  readonly byHost: boolean
  /** Times this step has failed in a row, this one included. */
  readonly failures: number
  /** Attempts so far that failed their checks, this one included; and how often it may be made in all. */
  readonly misses: number
  readonly tries: number
  /** Attempts made anew so far because the host failed. */
  readonly renewals: number
  readonly submit: Capabilities['submit']
  readonly price: Money
}

const limits = { submit: 5, settle: 5, poll: 8, download: 5, check: 1, store: 1, renewals: 2 } as const
/** A host that asks for more than this is not waited for. */
export const longestWaitMs = 5 * 60_000

/** After it a host is sent nothing more in this run: whatever is sent would fail in the same way. */
export const isClosing = ({ kind, retryAfterMs = 0 }: Failure): boolean =>
  kind === 'auth' || kind === 'funds' || retryAfterMs > longestWaitMs

/** Refusals in which a host says that it has taken nothing. */
const refusals: ReadonlySet<FailureKind> = new Set([
  'rate',
  'capacity',
  'invalid',
  'auth',
  'funds',
  'moderation',
  'input',
  'budget',
  'machine',
])

function submitVerdict({ failure, sent, failures, submit, price }: Situation): Verdict {
  const mayRepeat = failure.retry && failures <= limits.submit
  if (failure.kind === 'disk') return 'refused' // our own record failed; the journal says how far it came
  // How long a connection is tried for is the account's word. One that was sent before may be there.
  if (failure.unreached === true) return failure.retry ? (sent ? 'settle' : 'anew') : sent ? 'uncertain' : 'refused'
  if (!sent || refusals.has(failure.kind)) return mayRepeat ? 'anew' : 'refused'
  if (failures > limits.submit) return 'uncertain'
  // What costs nothing is sent again without asking.
  return submit === 'blind' && price > 0 ? 'uncertain' : 'settle'
}

/** What is done about a failure. */
export function judge(situation: Situation): Verdict {
  const { step, failure, failures, byHost, misses, tries, renewals, price } = situation
  if (failure.kind === 'cancelled') return step === 'submit' && situation.sent ? 'uncertain' : 'cancelled'
  if ((failure.retryAfterMs ?? 0) > longestWaitMs)
    return step === 'submit' && situation.sent && !refusals.has(failure.kind) ? 'uncertain' : 'refused'
  if (failure.kind === 'uncertain') return 'uncertain'
  if (step === 'submit') return submitVerdict(situation)
  if (failure.unreached === true) return failure.retry ? 'again' : 'refused'
  if (failure.kind === 'mismatch') return failure.retry && misses < tries ? 'anew' : 'refused'
  // A result that is gone was paid for: it is bought again on a person's word alone.
  const gone = failure.kind === 'expired' && price > 0 && failure.billed !== 'no'
  // Made anew without a word only where that cannot be paid twice.
  const harmless = price === 0 || failure.billed === 'no'
  if (byHost) return !gone && failure.retry && harmless && renewals < limits.renewals ? 'anew' : 'refused'
  return failure.retry && failures <= limits[step] ? 'again' : 'refused'
}

/** The host may hold the result or be making it: a later run asks for it instead of buying again. */
export function isResumable({ step, failure, sent, byHost }: Pick<Situation, 'step' | 'failure' | 'sent' | 'byHost'>): boolean {
  return step === 'submit' ? sent && !refusals.has(failure.kind) : !byHost
}

/** Full jitter over a doubling ceiling of 1 to 20 seconds; a host's own wish is kept to, with a little spread on top. */
export function waitFor(failure: Failure, failures: number, random: () => number): number {
  if (failure.kind === 'mismatch') return 0
  if (failure.retryAfterMs !== undefined) return Math.max(0, failure.retryAfterMs) + Math.floor(random() * 500)
  return Math.floor(random() * Math.min(20_000, 1000 * 2 ** (failures - 1)))
}

/** Random numbers in [0, 1) that a seed repeats (Marsaglia's xorshift of 32 bits). */
export function openRandom(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 4294967296
  }
}
