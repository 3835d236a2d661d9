// What can be made to go wrong at a test host, as data. Faults wait in a row; the first that fits a request is used up.
import type { Clip, Fate } from './protocol.ts'

export type Fault = {
  /** Name of a route, `result` (a clip on the files origin), `put` (an upload there), or `*`. */
  readonly route: string
  /** How many requests it hits, 1 if nothing is said; how many it lets pass before. */
  readonly times?: number
  readonly after?: number
} & (
  | {
      /** Answered instead of being handled: nothing is accepted. */
      readonly kind: 'status'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly json?: unknown
      readonly text?: string
    }
  /** A page of a proxy; 502 if nothing is said. */
  | { readonly kind: 'html'; readonly status?: number }
  /** Handled, then a JSON error is sent as if it were the clip. */
  | { readonly kind: 'json-in-mp4' }
  /** Handled, then a picture is sent in place of the clip. */
  | { readonly kind: 'picture' }
  /** Handled, then 200 and nothing. */
  | { readonly kind: 'empty' }
  /** The connection dies before anything was handled; after it, before the answer. */
  | { readonly kind: 'reset-before' | 'reset-after-accept' }
  /** Handled if `accept`; never answered. */
  | { readonly kind: 'hang'; readonly accept?: boolean }
  /** Handled; the answer's body ends at `at` of its length, by FIN or RST, or nothing more comes. */
  | { readonly kind: 'cut'; readonly framing: 'length' | 'chunked' | 'close'; readonly at?: number; readonly how?: 'fin' | 'rst' | 'stall' }
  /** Handled; the head comes late, or the body slowly. */
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  | { readonly kind: 'redirect'; readonly to: string }
  /** The job that is accepted next ends so, or brings another clip than asked for. */
  | { readonly kind: 'job'; readonly fate: Fate }
  | { readonly kind: 'clip'; readonly clip: Partial<Clip> }
)

/** What the host can be told to do at once. */
export type Action =
  | { readonly do: 'expire-jobs' | 'expire-results' | 'expire-uploads' | 'forget' | 'clear-faults' }
  | { readonly do: 'set'; readonly options: Partial<Pace> }

/** How jobs go: done after so many looks and so many milliseconds; so many at once; every answer so late. */
export type Pace = { readonly looks: number; readonly workMs: number; readonly concurrency: number; readonly latencyMs: number }

export type Faults = { add(fault: Fault): void; take(route: string, kinds?: readonly Fault['kind'][]): Fault | undefined; clear(): void }

export function openFaults(): Faults {
  let waiting: { fault: Fault; left: number; pass: number }[] = []
  return {
    add(fault) {
      waiting.push({ fault, left: fault.times ?? 1, pass: fault.after ?? 0 })
    },
    take(route, kinds) {
      for (const one of waiting) {
        const fits = (one.fault.route === route || one.fault.route === '*') && (kinds === undefined || kinds.includes(one.fault.kind))
        if (!fits) continue
        if (one.pass > 0) {
          one.pass -= 1
          continue
        }
        one.left -= 1
        if (one.left <= 0) waiting = waiting.filter((other) => other !== one)
        return one.fault
      }
      return undefined
    },
    clear() {
      waiting = []
    },
  }
}
