// The books of a test host, on disk as one line of JSON an entry: what was taken, made, sent and refused. They are
// written by the host's process and read by the test: the oracle of every run.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'

export type Entry = { readonly at: number } /** Billed from here on. `same`: equal for two requests for the same thing. */ & (
  | { readonly kind: 'accepted'; readonly job: string; readonly same: string; readonly request: unknown; readonly price?: number }
  | { readonly kind: 'finished'; readonly job: string; readonly sha256: string; readonly bytes: number }
  | { readonly kind: 'failed' | 'cancelled'; readonly job: string; readonly why: string }
  | { readonly kind: 'served'; readonly job: string; readonly whole: boolean }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'uploaded'; readonly upload: string; readonly sha256: string; readonly bytes: number; readonly type: string }
  /** The key came where it must not come. */
  | { readonly kind: 'leak'; readonly where: string }
)
type Without<T> = T extends unknown ? Omit<T, 'at'> : never
export type Written = Without<Entry>

/** One request as it came. */
export type Seen = {
  readonly at: number
  readonly route: string
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: unknown
  /** The status sent, 0 where the connection was ended instead. */
  readonly status: number
  readonly fault?: string
}

export const append = (path: string, value: unknown): void => appendFileSync(path, `${JSON.stringify(value)}\n`)

export function readLines<T>(path: string): readonly T[] {
  if (!existsSync(path)) return []
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  // Written by our own host.
  return lines.map((line) => JSON.parse(line) as T)
}

export const acceptedOf = (entries: readonly Entry[]) => entries.flatMap((entry) => (entry.kind === 'accepted' ? [entry] : []))

/** Things bought more than once. */
export function boughtTwice(entries: readonly Entry[]): readonly string[] {
  const seen = new Set<string>()
  return acceptedOf(entries).flatMap(({ same, job }) => {
    const twice = seen.has(same)
    seen.add(same)
    return twice ? [job] : []
  })
}
