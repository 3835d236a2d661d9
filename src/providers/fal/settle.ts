// Was a job whose answer was lost taken by fal? In go its endpoint and body, out comes the id of the request that has the
// same input. The list tells what is over, so a job may still be on its way: absence counts only after a while.
import type { Clock } from '../../world.ts'
import { answerAs, type Doors } from '../http.ts'
import type { Waits } from '../provider.ts'
import { byItsClock, inTime, sameInput, stillToWait } from '../same-input.ts'
import type { Listed } from './answers.ts'
import { listAnswer } from './answers.ts'
import type { FalBody } from './request.ts'

type Listing = { readonly doors: Doors; readonly host: string; readonly endpoint: string }

export type Settling = Listing & {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly body: FalBody
  readonly begunAt: number | undefined
  /** Requests that are known to be other jobs'. */
  readonly taken: ReadonlySet<string>
  /** How long a job that was taken may stay out of the list. */
  readonly patienceMs: number
  readonly waits: Waits | undefined
}

const everyMs = 20_000
const mostPages = 10

const isFile = (name: string): boolean => name.endsWith('_url')

/** `headers`: of an answer, for the host's time. */
type Listed24 = { readonly items: readonly Listed[]; readonly headers: ReadonlyMap<string, string> }

/** All of the last 24 hours, newest first as far as `sent_at` tells. */
export async function listed({ doors, host, endpoint }: Listing, more = ''): Promise<Listed24> {
  const items: Listed[] = []
  let cursor = ''
  let headers: ReadonlyMap<string, string> = new Map()
  for (let page = 0; page < mostPages; page += 1) {
    const query = `endpoint_id=${encodeURIComponent(endpoint)}&expand=payloads&limit=100${more}${cursor}`
    const reply = await doors.read({ method: 'GET', path: `/v1/models/requests/by-endpoint?${query}`, limit: 32 * 1024 * 1024 })
    const answer = answerAs(reply, listAnswer, host)
    items.push(...answer.items)
    headers = reply.headers
    if (answer.has_more !== true || !answer.next_cursor) break
    cursor = `&cursor=${encodeURIComponent(answer.next_cursor)}`
  }
  return { items: items.sort((a, b) => (b.sent_at ?? '').localeCompare(a.sent_at ?? '')), headers }
}

/** The request's id; undefined when it never arrived. */
export async function settle(settling: Settling): Promise<string | undefined> {
  const { clock, signal, body, taken, begunAt, waits } = settling
  const patience = stillToWait(clock.now(), begunAt, settling.patienceMs)
  for (let waited = 0; ; waited += everyMs) {
    const { items, headers } = await listed(settling)
    const begun = byItsClock(begunAt, headers, clock.now())
    const ours = items.find(
      (item) => !taken.has(item.request_id) && inTime(item.sent_at, begun) && sameInput(body, item.json_input, isFile),
    )
    if (ours !== undefined) return ours.request_id
    if (waited >= patience) return undefined
    if (waited === 0) waits?.(clock.now() + patience)
    await clock.sleep(everyMs, signal)
  }
}
