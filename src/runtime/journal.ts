// The journal: what happened, a line an event, on the disk before the run goes on. One file a run, never written
// again by another. In go events; out comes, at the next start, what earlier runs left behind.
import { ProviderFailure } from '../failure.ts'
import type { Append, Files, World } from '../world.ts'
import { type Stamped, shownOnly } from './event.ts'
import { stampedSchema } from './event-schema.ts'
import { foldHistory, type History } from './history.ts'
import { decodeLine, encodeLine } from './line.ts'

/** `torn`: the last line, cut off by a crash or a full disk; `bad`: a damaged line with whole ones after it. Lines count from 1. */
export type JournalProblem = { readonly path: string; readonly line: number; readonly kind: 'torn' | 'bad' | 'newer' }

export type JournalText = {
  /** The whole lines before the first damage. */
  readonly events: readonly Stamped[]
  /** Whole lines after it: each true by itself, with something missing before it. */
  readonly after: readonly Stamped[]
  readonly problems: readonly JournalProblem[]
}

type Line = { readonly kind: 'event'; readonly event: Stamped } | { readonly kind: 'bad' | 'newer' }

function readLine(text: string): Line {
  const value = decodeLine(text)
  if (typeof value !== 'object' || value === null) return { kind: 'bad' }
  if ('v' in value && typeof value.v === 'number' && value.v > 1) return { kind: 'newer' }
  const event = stampedSchema.safeParse(value)
  return event.success ? { kind: 'event', event: event.data } : { kind: 'bad' }
}

/** Reads a journal's text. Never throws; what cannot be read is named by its line. */
export function parseJournal(text: string, path: string): JournalText {
  const lines = text.split('\n')
  const rest = lines.pop() ?? ''
  const result = { events: [] as Stamped[], after: [] as Stamped[], problems: [] as JournalProblem[] } // grown below
  lines.forEach((line, index) => {
    const read = readLine(line)
    if (read.kind === 'event') (result.problems.length === 0 ? result.events : result.after).push(read.event)
    else
      result.problems.push({
        path,
        line: index + 1,
        kind: read.kind === 'bad' && index === lines.length - 1 && rest === '' ? 'torn' : read.kind,
      })
  })
  if (rest !== '') result.problems.push({ path, line: lines.length + 1, kind: 'torn' })
  return result
}

export const readJournal = async (files: Files, path: string): Promise<JournalText> => parseJournal(await files.readText(path), path)

/** The folder of a film's journals, by its script's path in the project: a readable part and a certain one. */
export function journalFolder(dotLtx: string, script: string, sha256: World['sha256']): string {
  const slug = script
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(-40)
  return `${dotLtx}/journal/${slug}-${sha256(script).slice(0, 8)}`
}

export type Journal = {
  /** This run's name; runs sort by it. */
  readonly run: string
  readonly path: string
  /** What earlier runs left. */
  readonly history: History
  /** Damage found in earlier journals, to be shown. */
  readonly problems: readonly JournalProblem[]
  /**
   * Resolves when the event is on the disk. Events resolve in the order given; those that are only shown are not
   * written but keep their place. Events that come while the disk is busy share its next write.
   */
  append(event: Stamped): Promise<void>
  /** `settled`: nothing in the journals is open any more, so that later runs need not read them: they move to `done/`. */
  close(settled: boolean): Promise<void>
}

type Waiting = { readonly text: string; readonly resolve: () => void; readonly reject: (error: unknown) => void }

/** One write and one sync for all that is waiting, again and again until nothing is. */
function openQueue(write: (text: string) => Promise<void>): (text: string) => Promise<void> {
  let waiting: Waiting[] = []
  let busy = false
  const flush = async (): Promise<void> => {
    busy = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const text = batch.map((one) => one.text).join('')
      try {
        if (text !== '') await write(text)
        for (const one of batch) one.resolve()
      } catch (error) {
        for (const one of batch) one.reject(error)
      }
    }
    busy = false
  }
  return (text) =>
    new Promise((resolve, reject) => {
      waiting.push({ text, resolve, reject })
      if (!busy) void flush()
    })
}

export const isJournal = (name: string): boolean => /^\d{6}-[0-9a-f]{6}\.ndjson$/.test(name)

/** What a film's runs have left, without opening a new one. */
export async function readHistory(files: Files, folder: string): Promise<History> {
  const names = (await files.exists(folder)) ? (await files.list(folder)).filter(isJournal) : []
  return (await readAll(files, folder, names)).history
}

async function readAll(files: Files, folder: string, names: readonly string[]) {
  const problems: JournalProblem[] = []
  const recorded = []
  for (const name of names) {
    const text = await readJournal(files, `${folder}/${name}`)
    problems.push(...text.problems)
    for (const event of [...text.events, ...text.after]) recorded.push({ run: name.slice(0, -'.ndjson'.length), event })
  }
  return { history: foldHistory(recorded), problems }
}

function refuseNewer(problems: readonly JournalProblem[]): void {
  const newer = problems.find((problem) => problem.kind === 'newer')
  if (newer === undefined) return
  throw new ProviderFailure({
    kind: 'disk',
    message: `the journal ${newer.path} was written by a newer version of ltx`,
    next: 'update ltx: an older one could buy again what the newer one has under way',
    retry: false,
  })
}

const reserveBytes = 64 * 1024

/** A file that is given up when the disk is full, so that the last records still fit. */
async function openReserve(files: Files, path: string): Promise<(append: () => Promise<void>) => Promise<void>> {
  if (!(await files.exists(path))) await files.writeWhole(path, new Uint8Array(reserveBytes))
  return async (append) => {
    try {
      await append()
    } catch (error) {
      await files.remove(path)
      await append().catch(() => {
        throw error
      })
    }
  }
}

/** Opens a new run's journal in a film's folder, after reading those of earlier runs. One process at a time: hold the project first. */
export async function openJournal(world: Pick<World, 'files' | 'clock' | 'machine' | 'sha256'>, folder: string): Promise<Journal> {
  const { files } = world
  await files.makeFolder(`${folder}/done`)
  const names = (await files.list(folder)).filter(isJournal)
  const { history, problems } = await readAll(files, folder, names)
  refuseNewer(problems)
  const last = [...names, ...(await files.list(`${folder}/done`)).filter(isJournal)].sort().at(-1) ?? '000000'
  const salt = world.sha256(`${world.clock.now()} ${world.machine.host} ${world.machine.pid}`).slice(0, 6)
  const run = `${String(Number(last.slice(0, 6)) + 1).padStart(6, '0')}-${salt}`
  const path = `${folder}/${run}.ndjson`
  const withReserve = await openReserve(files, `${folder}/reserve`)
  const file: Append = await files.openAppend(path)
  const enqueue = openQueue((text) => withReserve(() => file.append(text, true)))
  return {
    run,
    path,
    history,
    problems,
    append: (event) => enqueue(shownOnly.has(event.type) ? '' : encodeLine(event)),
    async close(settled) {
      await enqueue('')
      await file.close()
      if (!settled) return
      for (const name of [...names, `${run}.ndjson`]) await files.rename(`${folder}/${name}`, `${folder}/done/${name}`)
    },
  }
}
