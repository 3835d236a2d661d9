// `ltx spend`: what was bought, as the journals tell it: asked, set aside, billed, still open, given back, and what was kept
// instead of bought again. Reads only, so it works while a render goes on.
import { basename, dirname, join } from 'node:path'
import { formatMoney, type Money } from '../lang/money.ts'
import { column, widthOf } from '../report/cell.ts'
import { exitCode } from '../report/exit.ts'
import { type Ledger, type LedgerEntry, pathOf, readLedger } from '../runtime/ledger.ts'
import { dayOf } from '../runtime/purse.ts'
import { safeLine, safeText } from '../safe-text.ts'
import { scriptNamed } from './film.ts'
import type { Call, Io } from './io.ts'

const groupings = ['shot', 'day', 'provider', 'film'] as const
type Grouping = (typeof groupings)[number]

/** Money of one group. `asked` counts purchases that were sent. */
type Sum = {
  readonly name: string
  readonly asked: number
  readonly reserved: Money
  readonly billed: Money
  /** Sent, and not settled: it may still be billed. */
  readonly open: Money
  readonly refunded: Money
}

const groupOf: Readonly<Record<Grouping, (entry: LedgerEntry) => string>> = {
  shot: (entry) => pathOf(entry.job),
  day: (entry) => dayOf(entry.at),
  provider: (entry) => entry.provider || 'unknown',
  film: (entry) => entry.script || entry.film,
}

const isOpen = ({ state }: LedgerEntry): boolean => state === 'sent' || state === 'accepted' || state === 'uncertain'

function sumOf(name: string, entries: readonly LedgerEntry[]): Sum {
  const total = (list: readonly LedgerEntry[], of: (entry: LedgerEntry) => Money): Money => list.reduce((sum, entry) => sum + of(entry), 0)
  const over = entries.filter((entry) => !isOpen(entry))
  return {
    name,
    asked: entries.length,
    reserved: total(entries, ({ reserved }) => reserved),
    billed: total(over, ({ amount }) => amount),
    open: total(entries.filter(isOpen), ({ amount }) => amount),
    refunded: total(over, ({ reserved, amount }) => Math.max(0, reserved - amount)),
  }
}

function groupsOf(entries: readonly LedgerEntry[], by: Grouping): readonly Sum[] {
  const groups = new Map<string, LedgerEntry[]>()
  for (const entry of entries) {
    const name = groupOf[by](entry)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [entry])
    else group.push(entry)
  }
  return [...groups].map(([name, group]) => sumOf(name, group)).sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

export async function spend(call: Call, io: Io): Promise<number> {
  const by = groupings.find((one) => one === (call.options.value('by') ?? 'shot'))
  if (by === undefined) {
    io.stderr.write(`ltx: --by is ${groupings.join(', ')}, not \`${safeText(call.options.value('by') ?? '')}\`\n  ltx help spend\n`)
    return exitCode('usage')
  }
  const named = call.files[0] === undefined ? undefined : await scriptNamed(call.files[0], io)
  const root = named === undefined ? io.cwd : dirname(named)
  const ledger = await readLedger(io.world.files, join(root, '.ltx'))
  const ours = <T extends { readonly script: string }>(list: readonly T[]): readonly T[] =>
    named === undefined ? list : list.filter(({ script }) => script === basename(named))
  const entries = ours(ledger.entries).filter(({ state }) => state !== 'reserved')
  const sums = groupsOf(entries, by)
  const cached = cachedOf(ours(ledger.runs))
  const total = sumOf('total', entries)
  if (call.options.has('json')) {
    io.stdout.write(
      `${JSON.stringify({ v: 1, by, groups: sums, total, cached, uncertain: entries.filter((one) => one.state === 'uncertain') })}\n`,
    )
    return 0
  }
  if (entries.length === 0) {
    io.stdout.write(`nothing was ever bought ${named === undefined ? 'in this folder' : `for ${safeText(basename(named))}`}\n`)
    return 0
  }
  io.stdout.write(table(sums, total, by))
  if (cached.kept > 0)
    io.stdout.write(`kept instead of bought again: ${cached.kept} clips over all runs, ${formatMoney(cached.spared)} spared\n`)
  if (total.open > 0)
    io.stdout.write(
      'open: sent, and neither billed nor given back yet; `ltx render` goes on with it, `ltx resolve` lists what is uncertain\n',
    )
  return 0
}

const cachedOf = (runs: Ledger['runs']): { readonly kept: number; readonly spared: Money } => ({
  kept: runs.reduce((sum, { kept }) => sum + kept, 0),
  spared: runs.reduce((sum, { spared }) => sum + spared, 0),
})

function table(sums: readonly Sum[], total: Sum, by: Grouping): string {
  const head = [by, 'asked', 'set aside', 'billed', 'open', 'given back']
  const cells = ({ name, asked, reserved, billed, open, refunded }: Sum): readonly string[] => [
    safeLine(name),
    String(asked),
    formatMoney(reserved),
    formatMoney(billed),
    open === 0 ? '' : formatMoney(open),
    refunded === 0 ? '' : formatMoney(refunded),
  ]
  const rows = [head, ...sums.map(cells), cells(total)]
  const widths = head.map((_, at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ''))))
  return rows
    .map((row) =>
      row
        .map((cell, at) => column(cell, widths[at] ?? 0, at === 0 ? 'left' : 'right'))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('')
}
