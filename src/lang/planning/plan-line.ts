// What `ltx plan` says of one item: kept, new, changed (with what, old to new), cut again, or dropped.
import { canonicalJson } from '../key.ts'
import type { Change, Job, JobId, Request, Sha256 } from '../plan.ts'
import { timecode, toNumber } from '../time.ts'

/** What the lock knows of a job that was made before. */
export type Remembered = { readonly key: Sha256; readonly request: Request }

const isFree = (job: Job): boolean => job.provider === 'cut'

/** The verdict on an item's jobs, and the reasons in a few words each. */
export function judge(
  jobs: readonly Job[],
  remembered: ReadonlyMap<JobId, Remembered>,
): { readonly change: Change; readonly because: readonly string[] } {
  const toMake = jobs.filter((job) => job.made === undefined)
  if (toMake.length === 0) return { change: 'keep', because: ['made before, and the store has it'] }
  const bought = toMake.filter((job) => !isFree(job))
  if (bought.length === 0) {
    const own = jobs.every(isFree)
    return {
      change: own ? 'new' : 'recut',
      because: [own ? 'not made yet' : `${toMake.map((job) => job.operation).join(', ')} again; nothing is bought`],
    }
  }
  const first = bought[0]
  const known = bought.filter((job) => remembered.has(job.id))
  if (known.length === 0) {
    const some = jobs.some((job) => remembered.has(job.id))
    return {
      change: some ? 'change' : 'new',
      because: [some ? `${bought.length} more to make: ${bought.map((job) => job.id).join(', ')}` : 'not made yet'],
    }
  }
  return { change: 'change', because: known.flatMap((job) => reasons(job, remembered.get(job.id), first)) }
}

function reasons(job: Job, old: Remembered | undefined, first: Job | undefined): readonly string[] {
  if (old === undefined) return []
  const changed = differences(old.request, job.request)
  if (changed.length > 0) return job.id === first?.id ? changed : changed.map((reason) => `${job.id}: ${reason}`)
  if (job.key === old.key) return [`${job.id}: the lock names its clip, but the store does not have it`]
  if (job.key === undefined) return [`${job.id}: what it goes on from is made again`]
  return [`${job.id}: the bytes of a file it uses have changed`]
}

/** Fields that a person knows by another name. */
const labels: ReadonlyMap<string, string> = new Map([
  ['weights', 'the model’s files'],
  ['stack', 'what runs it'],
  ['stages', 'passes'],
  ['tuning', 'sampling'],
])

/** Field by field, old to new; long texts only where they begin to differ. */
export function differences(before: Request, after: Request): readonly string[] {
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  const out: string[] = []
  for (const field of [...fields].sort()) {
    // Both are plain JSON objects read field by field; the static type has no index signature.
    const [old, now] = [(before as Record<string, unknown>)[field], (after as Record<string, unknown>)[field]]
    if (canonicalJson(old ?? null) !== canonicalJson(now ?? null))
      out.push(`${labels.get(field) ?? field}: ${show(field, old, before)} → ${show(field, now, after)}`)
  }
  return out
}

function show(field: string, value: unknown, request: Request): string {
  if (value === undefined || value === '') return 'none'
  if (field === 'size') return `${request.size.width}x${request.size.height}`
  if (field === 'rate') return `${Number(toNumber(request.rate).toFixed(3))}fps`
  if (field === 'frames') return `${timecode(request.frames, request.rate)} (${request.frames}f)`
  if (field === 'weights' && typeof value === 'string') return `${value.slice(0, 12)}…`
  if (field === 'stack' && typeof value === 'string') return value
  const text = typeof value === 'string' ? value : canonicalJson(value)
  return text.length > 72 ? `${text.slice(0, 71)}…` : text
}
