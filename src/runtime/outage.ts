// A host to which no connection can be made: nothing leaves, so nothing is lost, and what an account has to do is tried again for
// a while. In go such failures and what came through between them; out come the same failures with when to try again, or, when it has
// lasted too long, with a last word. Docs: docs/reliability.md, "No connection".
import type { Failure } from '../failure.ts'
import type { Clock } from '../world.ts'

/** So long it is tried again: where something has come through in this run, and where nothing ever has. */
const longestMs = 10 * 60_000
const longestAtFirstMs = 60_000
/** Between two tries: as long as it has lasted so far, within these. */
const shortestPauseMs = 5_000
const longestPauseMs = 60_000

export type Outage = {
  isOn(): boolean
  /** Something left for the host, or came from it. */
  heard(): void
  /** Says what becomes of a failure to connect: `retry` with a wait, or none any more. */
  missed(failure: Failure): Failure
  /** When it is given up, milliseconds since 1970; undefined while all is well. */
  until(): number | undefined
}

const inWords = (ms: number): string => (ms < 90_000 ? 'a minute' : `${Math.round(ms / 60_000)} minutes`)

export function openOutage(clock: Clock): Outage {
  let since: number | undefined
  let reached = false
  const leftOf = (from: number): number => from + (reached ? longestMs : longestAtFirstMs) - clock.monotonic()
  return {
    isOn: () => since !== undefined,
    heard() {
      since = undefined
      reached = true
    },
    missed(failure) {
      const now = clock.monotonic()
      since ??= now
      const left = leftOf(since)
      const lasted = now - since
      if (left <= 0) return { ...failure, message: `${failure.message}; given up after ${inWords(lasted)}`, retry: false }
      return { ...failure, retryAfterMs: Math.min(left, longestPauseMs, Math.max(shortestPauseMs, lasted)) }
    },
    until: () => (since === undefined ? undefined : clock.now() + Math.max(0, leftOf(since))),
  }
}
