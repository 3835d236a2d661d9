// Was a job whose answer was lost taken by WaveSpeedAI? The host lists its tasks, newest first, by model and time, mostly
// without their input. So: the one task of this model that began when this job was sent and is no other job's. None, seen
// twice, means it never arrived; more than one is for a person to tell.
import { ProviderFailure } from '../../failure.ts'
import { canonicalJson } from '../../lang/key.ts'
import type { Clock } from '../../world.ts'
import type { Doors } from '../http.ts'
import { cannotTell, type Prediction, readList } from './answers.ts'
import type { WaveBody } from './request.ts'

export type Settling = {
  readonly doors: Doors
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly model: string
  readonly body: WaveBody
  /** When it was sent, by our clock; where nobody knows any more, any task of the last days may be it. */
  readonly sentAt: number | undefined
  /** Tasks that are known to be other jobs'. */
  readonly taken: ReadonlySet<string>
  /** How long a task that was taken may stay out of the list. */
  readonly patienceMs: number
}

const keptFor = 7 * 24 * 3600_000
const before = 2 * 60_000
const after = 10 * 60_000
const everyMs = 10_000
const pageSize = 100
const mostPages = 5

/** The host's clock less ours, from its `Date` header. */
function skewOf(headers: ReadonlyMap<string, string>, now: number): number {
  const theirs = Date.parse(headers.get('date') ?? '')
  return Number.isNaN(theirs) ? 0 : theirs - now
}

const isAddress = (name: string): boolean => ['image', 'audio', 'video'].includes(name)

/** Undefined where the task does not tell its input. An address of a file may be another one each time. */
export function sameInput(body: WaveBody, { input }: Prediction): boolean | undefined {
  if (typeof input !== 'object' || input === null) return undefined
  const fields = input as Readonly<Record<string, unknown>> // read by name from JSON of unknown shape
  return Object.entries(body).every(
    ([name, value]) => Object.hasOwn(fields, name) && (isAddress(name) || canonicalJson(fields[name]) === canonicalJson(value)),
  )
}

/** All tasks of the model from that time that could be this job. */
async function candidates({ doors, clock, model, body, sentAt, taken }: Settling): Promise<readonly Prediction[]> {
  const found: Prediction[] = []
  for (let page = 1; page <= mostPages; page += 1) {
    const created_after = new Date(sentAt === undefined ? clock.now() - keptFor : sentAt - before - after).toISOString()
    const reply = await doors.read({
      method: 'POST',
      path: '/api/v3/predictions',
      json: { page, page_size: pageSize, model, created_after },
    })
    const items = readList(reply, doors).items ?? []
    const skew = skewOf(reply.headers, clock.now())
    const inTime = ({ created_at }: Prediction): boolean => {
      const at = Date.parse(created_at ?? '')
      // A host that does not tell when leaves it open.
      return sentAt === undefined || Number.isNaN(at) || (at >= sentAt + skew - before && at <= sentAt + skew + after)
    }
    found.push(...items.filter((item) => (item.model ?? model) === model && !taken.has(item.id) && inTime(item)))
    if (items.length < pageSize) break
  }
  return found.filter((item) => sameInput(body, item) !== false)
}

/** The task's id; undefined when it never arrived. */
export async function settle(settling: Settling): Promise<string | undefined> {
  const { clock, signal, body, patienceMs } = settling
  const until = clock.monotonic() + patienceMs
  for (;;) {
    const found = await candidates(settling)
    const sure = found.filter((item) => sameInput(body, item) === true)
    const [first, second] = sure.length > 0 ? [sure[0], undefined] : found
    const certain = sure.length > 0 || settling.sentAt !== undefined
    if (certain && first !== undefined && second === undefined) return first.id
    if (first !== undefined) throw new ProviderFailure(cannotTell(found.map(({ id }) => id)))
    const left = until - clock.monotonic()
    if (left <= 0) return undefined
    await clock.sleep(Math.min(everyMs, left), signal)
  }
}
