// How long jobs took and how many went wrong: a fold over the journals of a project's latest runs. In go journals, out come figures by
// provider, operation, model and size, and from them what a job like those will take. Only what one run saw from its sending to its
// storing counts: what lay at a host between two runs says nothing about the host.
import type { ModelOperation } from '../lang/catalogue.ts'
import type { PaceRow } from '../lang/pace.ts'
import type { Request, Sha256 } from '../lang/plan.ts'
import { toNumber } from '../lang/time.ts'
import type { Files } from '../world.ts'
import type { Stamped } from './event.ts'
import { isJournal, readJournal } from './journal.ts'

export type Pace = {
  readonly rows: readonly PaceRow[]
  /** Seconds that such a job will take; undefined where none like it was made. */
  readonly of: (provider: string, request: Request) => number | undefined
}

/** What decides how long a job takes. */
export type Work = Pick<Request, 'operation' | 'provider' | 'model' | 'size' | 'rate' | 'frames'>
export const workOf = ({ operation, provider, model, size, rate, frames }: Work): Work => ({
  operation,
  provider,
  model,
  size,
  rate,
  frames,
})

/** So many runs of a film are looked at, and so many in all, the latest ones; and after the first no more than a plan can wait for. */
const mostOfFilm = 10
const mostRuns = 40
const mostBytes = 4 << 20
const enough = { p95: 20, p99: 100 } as const

type Group = {
  readonly provider: string
  readonly work: Work
  readonly took: number[]
  readonly speeds: number[]
  failed: number
  retried: number
}

const kindOf = ({ provider }: Pick<Work, 'provider'>): string => provider.split('/')[0] ?? provider
const nameOf = (provider: string, work: Work): string =>
  JSON.stringify([provider, kindOf(work), work.operation, work.model, work.size.width, work.size.height])
const secondsOf = ({ frames, rate }: Pick<Work, 'frames' | 'rate'>): number => frames / toNumber(rate)

type Sent = { readonly group: Group; readonly seconds: number; at?: number }

/** Adds what one run saw. */
function addRun(groups: Map<string, Group>, events: readonly Stamped[]): void {
  const begun = new Map<string, Sent>()
  for (const event of events) {
    if (!('attempt' in event)) continue
    const name: `${Sha256} ${number}` = `${event.key} ${event.attempt}`
    const sent = begun.get(name)
    switch (event.type) {
      case 'job.intent': {
        const work = event.work ?? event.request
        if (work === undefined) break
        const id = nameOf(event.provider, work)
        const group = groups.get(id) ?? { provider: event.provider, work, took: [], speeds: [], failed: 0, retried: 0 }
        groups.set(id, group)
        begun.set(name, { group, seconds: secondsOf(work) })
        break
      }
      case 'job.sent':
        if (sent !== undefined) sent.at = event.at
        break
      case 'job.stored':
        if (sent?.at !== undefined && event.at > sent.at && sent.seconds > 0) {
          const took = (event.at - sent.at) / 1000
          sent.group.took.push(took)
          sent.group.speeds.push(took / sent.seconds)
        }
        begun.delete(name)
        break
      case 'job.retrying':
        if (event.open === true || sent?.at === undefined) break
        sent.group.retried += 1
        begun.delete(name)
        break
      case 'job.failed':
        if (sent?.at !== undefined) sent.group.failed += 1
        begun.delete(name)
        break
      default:
        break
    }
  }
}

/** The smallest of `sorted` that so large a part of them does not exceed. */
export const percentile = (sorted: readonly number[], part: number): number => sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  return Number.isInteger(half) ? ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2 : (sorted[Math.floor(half)] ?? 0)
}

function rowOf({ provider, work, took, speeds, failed, retried }: Group): PaceRow {
  const sorted = [...took].sort((a, b) => a - b)
  return {
    provider,
    kind: kindOf(work),
    operation: work.operation as ModelOperation, // ffmpeg's own jobs are recorded without their work
    model: work.model,
    size: work.size,
    made: took.length,
    failed,
    retried,
    ...(took.length === 0 ? {} : { perSecond: median(speeds) }),
    ...(took.length === 0
      ? {}
      : {
          latency: {
            p50: percentile(sorted, 0.5),
            ...(took.length < enough.p95 ? {} : { p95: percentile(sorted, 0.95) }),
            ...(took.length < enough.p99 ? {} : { p99: percentile(sorted, 0.99) }),
          },
        }),
  }
}

/** `runs`: the events of each run. */
export function foldPace(runs: Iterable<readonly Stamped[]>): Pace {
  const groups = new Map<string, Group>()
  for (const events of runs) addRun(groups, events)
  const rows = new Map([...groups].map(([name, group]) => [name, rowOf(group)]))
  return {
    rows: [...rows.values()].filter(({ made, failed, retried }) => made + failed + retried > 0),
    of(provider, request) {
      const perSecond = rows.get(nameOf(provider, request))?.perSecond
      return perSecond === undefined ? undefined : perSecond * secondsOf(request)
    },
  }
}

const listIn = async (files: Files, folder: string): Promise<readonly string[]> => ((await files.exists(folder)) ? files.list(folder) : [])

/** The journals of the latest runs of all films of a project, the newest first. */
async function latestRuns(files: Files, dotLtx: string): Promise<readonly string[]> {
  const found: { path: string; at: number; bytes: number }[] = []
  for (const film of await listIn(files, `${dotLtx}/journal`)) {
    const folder = `${dotLtx}/journal/${film}`
    const paths = [
      ...(await listIn(files, folder)).map((name) => [name, folder] as const),
      ...(await listIn(files, `${folder}/done`)).map((name) => [name, `${folder}/done`] as const),
    ]
    const latest = paths
      .filter(([name]) => isJournal(name))
      .sort(([a], [b]) => (a < b ? 1 : -1))
      .slice(0, mostOfFilm)
    for (const [name, place] of latest) {
      const path = `${place}/${name}`
      // A run that ends just now moves its journal away.
      const stat = await files.stat(path).catch(() => undefined)
      if (stat !== undefined) found.push({ path, at: stat.mtimeMs, bytes: stat.bytes })
    }
  }
  let read = 0
  return found
    .sort((a, b) => b.at - a.at || (a.path < b.path ? 1 : -1))
    .slice(0, mostRuns)
    .filter(({ bytes }, index) => {
      read += bytes
      return index === 0 || read <= mostBytes
    })
    .map(({ path }) => path)
}

/** What the latest runs of a project say. Changes nothing, and works while a run goes on. */
export async function readPace(files: Files, dotLtx: string): Promise<Pace> {
  const runs: (readonly Stamped[])[] = []
  for (const path of await latestRuns(files, dotLtx)) {
    const journal = await readJournal(files, path).catch(() => undefined)
    if (journal !== undefined) runs.push([...journal.events, ...journal.after])
  }
  return foldPace(runs)
}
