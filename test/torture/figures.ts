// What the torture has counted, kept as it goes, so that a run that is stopped loses nothing of it: sums by kind of host,
// the table they make, and the place in the documents where it stands.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Kind } from './kinds.ts'
import type { Round } from './torture.ts'

export type Sum = {
  readonly films: number
  readonly kills: number
  /** Kills of a run that was mending what an earlier one had left. */
  readonly later: number
  readonly accepted: number
  readonly uncertain: number
  readonly wrong: number
}
/** `code`: the hash of what was tortured. `seconds`: how long it took, by the clock on the wall. */
export type Figures = {
  readonly code: string
  readonly wanted: number
  readonly seconds: number
  readonly sums: Readonly<Record<string, Sum>>
}

export const noSum: Sum = { films: 0, kills: 0, later: 0, accepted: 0, uncertain: 0, wrong: 0 }

export const add = (sum: Sum, { deaths, accepted, uncertain, wrong }: Round): Sum => ({
  films: sum.films + 1,
  kills: sum.kills + deaths.length,
  later: sum.later + Math.max(0, deaths.length - 1),
  accepted: sum.accepted + accepted,
  uncertain: sum.uncertain + uncertain,
  wrong: sum.wrong + (wrong.length > 0 ? 1 : 0),
})

export function saveFigures(path: string, figures: Figures): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.part`, `${JSON.stringify(figures)}\n`)
  renameSync(`${path}.part`, path)
}

export function readFigures(path: string): Figures | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Figures // written above
  } catch {
    return undefined
  }
}

const settled: Readonly<Record<Kind['settles'], string>> = { itself: 'the run', person: 'the run, or a person', free: 'made again, free' }

const head = ['host', 'an open submit is settled by', 'kills', 'of these while mending', 'films', 'jobs taken', 'left to a person', 'lost or bought twice'] // biome-ignore format: one row

const rowsOf = (kinds: readonly Kind[], { sums }: Figures): readonly (readonly string[])[] => {
  const rows = kinds.flatMap(({ name, settles }) => {
    const sum = sums[name]
    if (sum === undefined || sum.films === 0) return []
    return [[name, settled[settles], ...[sum.kills, sum.later, sum.films, sum.accepted, sum.uncertain, sum.wrong].map((one) => one.toLocaleString('en'))]] // biome-ignore format: one row
  })
  return [head, ...rows]
}

/** For the eye. */
export function tableText(kinds: readonly Kind[], figures: Figures): string {
  const rows = rowsOf(kinds, figures)
  const widths = head.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    row.map((cell, at) => (at < 2 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  return `${rows.map(line).join('\n')}\n`
}

/** For the document, between the marks of that name; the rest of it stays as it is. */
export function writeTable(path: string, name: string, kinds: readonly Kind[], figures: Figures): void {
  const marks = [`<!-- ${name} -->`, `<!-- /${name} -->`] as const
  const [first = [], ...rest] = rowsOf(kinds, figures)
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  const rule = `|${first.map(() => '---|').join('')}`
  const text = readFileSync(path, 'utf8')
  const [from, to] = [text.indexOf(marks[0]), text.indexOf(marks[1])]
  if (from < 0 || to < from) throw new Error(`${path} has no place for the table: ${marks.join(' … ')}`)
  const table = [marks[0], '', line(first), rule, ...rest.map(line), '', ''].join('\n')
  writeFileSync(path, `${text.slice(0, from)}${table}${text.slice(to)}`)
}
