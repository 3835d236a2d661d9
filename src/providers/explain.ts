// What a host's refusal means, by its status: whose fault, whether it cost anything, what to do next. A provider lays its
// own table over this one; between them every answer that is no success becomes a Failure.
import type { Failure, FailureKind } from '../failure.ts'

/** An answer that is no success, as a table sees it. `json` is undefined where the body is none. */
export type Seen = { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly body: string; readonly json: unknown }

/** What a table says of an answer. What it leaves out is filled in from the kind. `words` are the host's own. */
export type Explained = {
  readonly kind: FailureKind
  readonly words?: string
  readonly next?: string
  readonly retry?: boolean
  readonly billed?: Failure['billed']
}
export type Explain = (seen: Seen) => Explained | undefined

type Habit = { readonly what: string; readonly next: string; readonly retry: boolean; readonly billed: NonNullable<Failure['billed']> }

/** How each kind is told and what follows from it, when nobody knows better. */
const habits: Readonly<Partial<Record<FailureKind, Habit>>> = {
  invalid: { what: 'does not accept this job', next: 'change what its message names, then run again', retry: false, billed: 'no' },
  auth: { what: 'does not accept the key', next: 'check the key and what it is allowed to do, then run again', retry: false, billed: 'no' },
  funds: { what: 'says that the account has no credit left', next: 'add credit at the host, then run again', retry: false, billed: 'no' },
  moderation: {
    what: 'refused the content',
    next: 'say it in other words, or use another picture or sound',
    retry: false,
    billed: 'unknown',
  },
  rate: { what: 'asks to go slower', next: 'run again later, or lower `concurrency`', retry: true, billed: 'no' },
  capacity: { what: 'is overloaded', next: 'run again later', retry: true, billed: 'no' },
  host: { what: 'failed', next: 'run again; if it stays, tell the host its request id', retry: true, billed: 'unknown' },
  network: { what: 'cannot be reached', next: 'check the network and the address, then run again', retry: true, billed: 'unknown' },
  expired: { what: 'no longer has this', next: 'it can only be made again', retry: false, billed: 'unknown' },
  input: { what: 'cannot use a file of this job', next: 'use another file, then run again', retry: false, billed: 'no' },
}

export const habitOf = (kind: FailureKind): Habit => habits[kind] ?? { what: 'failed', next: 'run again', retry: false, billed: 'unknown' }

/** By status alone. 408, 409, 425 and 5xx but a plain 503 or 529 leave open whether the job was taken. */
export function kindOfStatus(status: number): FailureKind {
  if (status === 401 || status === 403) return 'auth'
  if (status === 402) return 'funds'
  if (status === 404 || status === 410) return 'expired'
  if (status === 408 || status === 409 || status === 425) return 'host'
  if (status === 451) return 'moderation'
  if (status === 429) return 'rate'
  if (status === 503 || status === 529) return 'capacity'
  if (status === 301 || status === 307 || status === 308) return 'invalid'
  if (status >= 400 && status < 500) return 'invalid'
  return 'host'
}

/** The sentence in a body, wherever hosts put it. */
export function wordsIn(json: unknown, depth = 0): string | undefined {
  if (typeof json === 'string') return json.trim() === '' ? undefined : json
  if (typeof json !== 'object' || json === null || depth > 4) return undefined
  if (Array.isArray(json)) return json.length === 0 ? undefined : wordsIn(json[0], depth + 1)
  // Read by name from something of unknown shape.
  const fields = json as Readonly<Record<string, unknown>>
  for (const name of ['message', 'msg', 'detail', 'error', 'errors', 'title', 'reason', 'error_message']) {
    const words = Object.hasOwn(fields, name) ? wordsIn(fields[name], depth + 1) : undefined
    if (words !== undefined) return words
  }
  return undefined
}
