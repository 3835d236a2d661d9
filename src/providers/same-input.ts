// Is a job in a host's list the one whose answer was lost? By what was sent and by when: for hosts that know no id of
// ours but tell what they were asked for.
import { canonicalJson } from '../lang/key.ts'

/**
 * `listed` is what the host says it was given. A host may add its defaults to it; what was sent is there as it was, but
 * for the addresses of files, which may be others each time (`isFile` knows their fields).
 */
export function sameInput(body: Readonly<Record<string, unknown>>, listed: unknown, isFile: (name: string) => boolean): boolean {
  if (typeof listed !== 'object' || listed === null) return false
  const input = listed as Readonly<Record<string, unknown>> // read by name from JSON of unknown shape
  return Object.entries(body).every(
    ([name, value]) => Object.hasOwn(input, name) && (isFile(name) || canonicalJson(input[name]) === canonicalJson(value)),
  )
}

/** Clocks differ, and a job may have waited in front of the socket. */
const beforeMs = 2 * 60_000
const afterMs = 10 * 60_000

/** Could what was made at this time (ISO 8601) be what was begun then? Where either is not known, it could. */
export function inTime(made: string | null | undefined, begunAt: number | undefined): boolean {
  const at = Date.parse(made ?? '')
  return begunAt === undefined || Number.isNaN(at) || (at >= begunAt - beforeMs && at <= begunAt + afterMs)
}

/** A time of ours as the host's clock has it: its answers say what time it is there. */
export function byItsClock(at: number | undefined, headers: ReadonlyMap<string, string>, now: number): number | undefined {
  const there = Date.parse(headers.get('date') ?? '')
  return at === undefined || Number.isNaN(there) ? at : at + (there - now)
}

/** How long a job may still turn up that was begun then: all of `patienceMs` from now where that is not known. */
export const stillToWait = (now: number, begunAt: number | undefined, patienceMs: number): number =>
  begunAt === undefined ? patienceMs : Math.min(patienceMs, Math.max(0, begunAt + patienceMs - now))
