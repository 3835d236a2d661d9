// What was asked, set aside, billed, given back and spared: a fold over the journals of all films of a project. The file
// `ledger.ndjson` keeps what was read off journals that were put away; losing it costs a reading, never a cent.
import * as z from 'zod'
import type { Money } from '../lang/money.ts'
import type { JobId, Sha256 } from '../lang/plan.ts'
import type { Path } from '../lang/program.ts'
import type { Files } from '../world.ts'
import type { Stamped } from './event.ts'
import { isJournal, readJournal } from './journal.ts'
import { ledgerPath } from './layout.ts'
import { decodeLine, encodeLine } from './line.ts'
import type { Booked } from './purse.ts'

/**
 * `reserved`: never sent; `sent` and `uncertain`: it may have been bought; `accepted`: the host has it; `billed`: paid;
 * `refunded`: refused, or not charged for; `written-off`: given up on a person's word, counted as paid.
 */
export type PurchaseState = 'reserved' | 'sent' | 'accepted' | 'billed' | 'refunded' | 'uncertain' | 'written-off'

export type LedgerEntry = {
  /** The folder of its film's journals, and the script it was rendered from. */
  readonly film: string
  readonly script: string
  readonly run: string
  readonly key: Sha256
  readonly attempt: number
  readonly job: JobId
  readonly provider: string
  /** When it was begun; milliseconds since 1970. */
  readonly at: number
  readonly reserved: Money
  readonly state: PurchaseState
  /** What counts as spent or may still be: never less than what the host can bill. */
  readonly amount: Money
}

/** A run that was read; `kept` jobs of it cost nothing, and once cost `spared`. */
export type LedgerRun = {
  readonly film: string
  readonly script: string
  readonly run: string
  readonly at: number
  readonly kept: number
  readonly spared: Money
}

export type Ledger = { readonly entries: readonly LedgerEntry[]; readonly runs: readonly LedgerRun[] }

export const pathOf = (job: JobId): Path => job.split('@')[0] ?? job
const isOpen = ({ state }: LedgerEntry): boolean => state === 'sent' || state === 'accepted' || state === 'uncertain'

// ---- the fold --------------------------------------------------------------------------------------------------

type Book = {
  readonly entries: Map<string, LedgerEntry>
  readonly runs: Map<string, LedgerRun>
  /** The latest purchase of each key, by film. */
  readonly latest: Map<string, string>
  /** Purchases of which a journal that was put away has told. */
  readonly told: Set<string>
}

const nameOf = ({ film, run, key, attempt }: LedgerEntry): string => `${film} ${key} ${run} ${attempt}`

function enter(book: Book, entry: LedgerEntry): void {
  const name = nameOf(entry)
  book.entries.set(name, entry)
  book.latest.set(`${entry.film} ${entry.key}`, name)
}

type AttemptEvent = Extract<Stamped, { readonly attempt: number }>

/** What becomes of a purchase by an event; `undefined`: nothing. */
function after(entry: LedgerEntry, event: AttemptEvent): Partial<LedgerEntry> | undefined {
  const { reserved, state, amount } = entry
  switch (event.type) {
    case 'job.sent':
      return { state: 'sent', amount: reserved }
    case 'job.accepted':
      return { state: 'accepted', amount: reserved }
    case 'job.done':
      return { state: 'billed', amount: event.billed }
    case 'job.stored':
      return { state: 'billed' }
    case 'job.uncertain':
      return { state: 'uncertain', amount: reserved }
    case 'job.resolved':
      return event.how === 'found' ? { state: 'accepted', amount: reserved } : { state: 'written-off', amount: reserved }
    case 'job.retrying':
      return event.open === true ? undefined : ended(state, amount, event.failure.billed)
    case 'job.failed':
      return event.resumable === true ? undefined : ended(state, amount, event.failure.billed)
    case 'job.absent':
      return { state: 'refunded', amount: 0 }
    case 'job.intent':
    case 'job.settling':
    case 'job.adjusted':
      return undefined
  }
}

/** The end of a purchase that made nothing: free as long as no host had taken it, or where its host says so. */
function ended(state: PurchaseState, amount: Money, billed: 'yes' | 'no' | 'unknown' | undefined): Partial<LedgerEntry> {
  const taken = state === 'accepted' || state === 'billed'
  return taken && billed !== 'no' ? { state: 'billed', amount } : { state: 'refunded', amount: 0 }
}

type Journaled = { readonly film: string; readonly run: string; readonly events: readonly Stamped[]; readonly away: boolean }

function read(book: Book, { film, run, events, away }: Journaled): void {
  const put = (entry: LedgerEntry): void => {
    enter(book, entry)
    if (away) book.told.add(nameOf(entry))
  }
  const free = new Map<Sha256, LedgerEntry>()
  let line: LedgerRun = { film, script: '', run, at: events[0]?.at ?? 0, kept: 0, spared: 0 }
  for (const event of events) {
    if (event.type === 'run.started') line = { ...line, script: event.script, at: event.at }
    if (event.type === 'job.kept') {
      const before = book.entries.get(book.latest.get(`${film} ${event.key}`) ?? '')
      if (before !== undefined) line = { ...line, kept: line.kept + 1, spared: line.spared + before.amount }
    }
    if (event.type === 'job.intent') {
      const { key, attempt, job, provider, at, reserved } = event
      const entry: LedgerEntry = { film, script: line.script, run, key, attempt, job, provider, at, reserved, state: 'reserved', amount: 0 }
      if (reserved > 0) {
        free.delete(key)
        put(entry)
      } else free.set(key, entry)
      continue
    }
    if (event.type === 'job.done' && event.billed > 0) {
      // Taken to be free, and billed all the same.
      const entry = free.get(event.key)
      if (entry !== undefined) put({ ...entry, state: 'billed', amount: event.billed })
    } else if ('attempt' in event && free.has(event.key)) continue
    if ('attempt' in event) {
      const entry = book.entries.get(book.latest.get(`${film} ${event.key}`) ?? '')
      const change = entry === undefined ? undefined : after(entry, event)
      if (entry !== undefined && change !== undefined) put({ ...entry, ...change })
    }
  }
  book.runs.set(`${film} ${run}`, line)
}

// ---- the file --------------------------------------------------------------------------------------------------

const whole = z.int()
const entrySchema: z.ZodType<LedgerEntry> = z.object({
  film: z.string(),
  script: z.string(),
  run: z.string(),
  key: z.string(),
  attempt: whole,
  job: z.string(),
  provider: z.string(),
  at: z.number(),
  reserved: whole,
  state: z.enum(['reserved', 'sent', 'accepted', 'billed', 'refunded', 'uncertain', 'written-off']),
  amount: whole,
})
const runSchema: z.ZodType<LedgerRun> = z.object({
  film: z.string(),
  script: z.string(),
  run: z.string(),
  at: z.number(),
  kept: whole,
  spared: whole,
})
const lineSchema = z.union([z.object({ purchase: entrySchema }), z.object({ read: runSchema })])

/** A line that cannot be read is as if it had never been written: its journal is read once more. */
async function readKept(files: Files, path: string): Promise<Book> {
  const book: Book = { entries: new Map(), runs: new Map(), latest: new Map(), told: new Set() }
  const text = (await files.exists(path)) ? await files.readText(path) : ''
  for (const line of text.split('\n')) {
    const found = lineSchema.safeParse(decodeLine(line))
    if (!found.success) continue
    if ('purchase' in found.data) enter(book, found.data.purchase)
    else book.runs.set(`${found.data.read.film} ${found.data.read.run}`, found.data.read)
  }
  return book
}

const listIn = async (files: Files, folder: string): Promise<readonly string[]> => ((await files.exists(folder)) ? files.list(folder) : [])

async function readRun(files: Files, film: string, { path, away }: { path: string; away: boolean }): Promise<Journaled> {
  const { events, after: more } = await readJournal(files, path)
  return { film, run: path.slice(path.lastIndexOf('/') + 1, -'.ndjson'.length), events: [...events, ...more], away }
}

/** All that was ever bought in a project. Changes nothing, and works while a run goes on. */
export async function readLedger(files: Files, dotLtx: string): Promise<Ledger> {
  const { book } = await gather(files, dotLtx)
  return { entries: [...book.entries.values()], runs: [...book.runs.values()] }
}

/** The same, and writes down what was read off journals that were put away. Hold the project first. */
export async function keepLedger(files: Files, dotLtx: string): Promise<Ledger> {
  const { book, fresh } = await gather(files, dotLtx)
  if (fresh.size > 0) {
    const entries = [...book.entries].filter(([name]) => book.told.has(name)).map(([, entry]) => entry)
    const runs = [...book.runs].filter(([name]) => fresh.has(name)).map(([, run]) => run)
    const text = [...entries.map((purchase) => encodeLine({ purchase })), ...runs.map((one) => encodeLine({ read: one }))].join('')
    const file = await files.openAppend(ledgerPath(dotLtx))
    try {
      await file.append(`\n${text}`, true)
    } finally {
      await file.close()
    }
  }
  return { entries: [...book.entries.values()], runs: [...book.runs.values()] }
}

async function gather(files: Files, dotLtx: string) {
  const book = await readKept(files, ledgerPath(dotLtx))
  const known = new Set(book.runs.keys())
  const fresh = new Set<string>()
  for (const film of await listIn(files, `${dotLtx}/journal`)) {
    const folder = `${dotLtx}/journal/${film}`
    const done = (await listIn(files, `${folder}/done`))
      .filter(isJournal)
      .map((name) => ({ name, path: `${folder}/done/${name}`, away: true }))
    const live = (await listIn(files, folder)).filter(isJournal).map((name) => ({ name, path: `${folder}/${name}`, away: false }))
    for (const { name, path, away } of [...done, ...live].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const id = `${film} ${name.slice(0, -'.ndjson'.length)}`
      if (known.has(id)) continue
      read(book, await readRun(files, film, { path, away }))
      if (away) fresh.add(id)
    }
  }
  return { book, fresh }
}

/** The purchases as the purse of a film's run takes them. */
export const bookedFor = (ledger: Ledger, film: string): readonly Booked[] =>
  ledger.entries
    .filter(({ amount }) => amount > 0)
    .map((entry) => ({
      name: entry.film === film ? `${entry.key} ${entry.run} ${entry.attempt}` : nameOf(entry),
      path: pathOf(entry.job),
      at: entry.at,
      amount: entry.amount,
      open: isOpen(entry) || entry.state === 'billed',
      ours: entry.film === film,
    }))
