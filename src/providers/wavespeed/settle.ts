// Was a job whose answer was lost taken by WaveSpeedAI? The host lists its tasks, newest first, by model and time, and
// promises no word of their input. So: the one task of this model that was made when this job was sent and is no other
// job's. None, looked for a while, means it never arrived; more than one, or a time that nobody knows, is for a person to tell.
import { ProviderFailure } from '../../failure.ts'
import type { Clock } from '../../world.ts'
import type { Doors } from '../http.ts'
import type { Waits } from '../provider.ts'
import { sameInput } from '../same-input.ts'
import { cannotTell, type Prediction, readList } from './answers.ts'
import type { Attempt } from './known.ts'
import type { WaveBody } from './request.ts'

export type Settling = {
  readonly doors: Doors
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly model: string
  readonly body: WaveBody
  /** When it was sent, by our clock; where nobody knows any more, any task of the last days may be it. */
  readonly begunAt: number | undefined
  /** Other attempts of ours: their tasks are not this job's, and one whose fate is open too could be any task of its time. */
  readonly others: readonly Attempt[]
  /** How long a task that was taken may stay out of the list. */
  readonly patienceMs: number
  readonly waits: Waits | undefined
}

const keptFor = 7 * 24 * 3600_000
/** The host's clock is known to the second where it shows it. */
const beforeMs = 3_000
const beforeUnknownMs = 2 * 60_000
/** A submit is waited for a minute; what was taken was taken by then, or soon after. */
const afterMs = 3 * 60_000
const openMs = 60_000
const everyMs = 10_000
const pageSize = 100
const mostPages = 20

/** The host's clock less ours, from its `Date` header. */
function skewOf(headers: ReadonlyMap<string, string>, now: number): number | undefined {
  const theirs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(theirs) ? undefined : theirs - now
}

const isFile = (name: string): boolean => ['image', 'audio', 'video'].includes(name)
/** Undefined where the task does not tell its input. */
const isSame = (body: WaveBody, { input }: Prediction): boolean | undefined =>
  typeof input === 'object' && input !== null ? sameInput(body, input, isFile) : undefined

type Look = (settling: Settling) => Promise<readonly Prediction[]>

/** Looks at all tasks of the model from that time that could be this job; the host's clock is taken at the first look. */
function openLook(): Look {
  let skew: number | undefined
  return async ({ doors, clock, model, body, begunAt, others }) => {
    const taken = new Set(others.map(({ id }) => id))
    const found: Prediction[] = []
    const since = begunAt === undefined ? clock.now() - keptFor : begunAt - afterMs
    for (let page = 1; page <= mostPages; page += 1) {
      const json = { page, page_size: pageSize, model, created_after: new Date(since).toISOString() }
      const reply = await doors.read({ method: 'POST', path: '/api/v3/predictions', json })
      skew ??= skewOf(reply.headers, clock.now())
      const items = readList(reply, doors).items ?? []
      const inTime = ({ created_at }: Prediction): boolean => {
        const at = Date.parse(created_at ?? '')
        if (begunAt === undefined || Number.isNaN(at)) return true
        const sent = begunAt + (skew ?? 0)
        return at >= sent - (skew === undefined ? beforeUnknownMs : beforeMs) && at <= sent + afterMs
      }
      found.push(...items.filter((item) => (item.model ?? model) === model && !taken.has(item.id) && inTime(item)))
      if (items.length < pageSize) break
    }
    return found.filter((item) => isSame(body, item) !== false)
  }
}

/** The time is known, and no other attempt whose task could fall into it is open. They go one after the other, so an earlier one was over by then. */
const isSure = ({ begunAt, others }: Settling): boolean =>
  begunAt !== undefined && others.every(({ id, at }) => id !== null || at < begunAt - openMs || at > begunAt + afterMs)

/** The task's id; undefined when it never arrived. */
export async function settle(settling: Settling): Promise<string | undefined> {
  const { clock, signal, body, patienceMs, waits } = settling
  const look = openLook()
  const until = clock.monotonic() + patienceMs
  for (let first = true; ; first = false) {
    const found = await look(settling)
    const sure = found.find((item) => isSame(body, item) === true)
    if (sure !== undefined) return sure.id
    const [only] = found
    if (only !== undefined && found.length === 1 && isSure(settling)) return only.id
    if (only !== undefined) throw new ProviderFailure(cannotTell(found.map(({ id }) => id)))
    const left = until - clock.monotonic()
    if (left <= 0) return undefined
    if (first) waits?.(clock.now() + left)
    await clock.sleep(Math.min(everyMs, left), signal)
  }
}
