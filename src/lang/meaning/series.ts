// The table of a series in, one set of params a row out: CSV or a JSON list of objects, typed by the params of the film.
// Every mistake is reported at its cell. A film is one row; which file it goes to is checked across all of them.

import type { Reporter } from '../diagnostic.ts'
import { foreignBytes } from '../foreign-bytes.ts'
import type { Span } from '../source.ts'
import { closest } from '../suggest.ts'
import { readCsv } from './csv.ts'
import { type ParamInput, type ParamSpec, readInput } from './param-input.ts'

/** One film of the series. `row` counts from 1 and leaves the header out. */
export type Episode = { readonly row: number; readonly params: ReadonlyMap<string, ParamInput>; readonly span: Span }

export type EpisodeTable = {
  readonly text: string
  readonly format: 'csv' | 'json'
  /** The table's path, relative to the project root. */
  readonly path: string
  /** The script's path: files named in the table are relative to it. */
  readonly home: string
}

const mostRows = 10_000

export function readEpisodes(table: EpisodeTable, params: readonly ParamSpec[], reporter: Reporter): readonly Episode[] {
  const foreign = foreignBytes(table.text)
  if (foreign !== undefined) {
    const problem = foreign.what.startsWith('the file') ? foreign.what : `${foreign.character} is ${foreign.what}`
    reporter.report('series.malformed', { path: table.path, start: foreign.at, end: foreign.at + 1 }, { problem }, { hint: foreign.hint })
    return []
  }
  const rows = table.format === 'csv' ? csvRows(table, params, reporter) : jsonRows(table, params, reporter)
  if (rows === undefined) return []
  if (rows.length === 0) reporter.report('series.empty', { path: table.path, start: 0, end: 0 }, {})
  const episodes = rows.map((row, at) => typed(row, at + 1, table, params, reporter))
  checkNumbers(rows, params, reporter)
  return episodes
}

type Cell = { readonly input: ParamInput; readonly span: Span }
type Row = { readonly cells: ReadonlyMap<string, Cell>; readonly span: Span }

function csvRows(table: EpisodeTable, params: readonly ParamSpec[], reporter: Reporter): readonly Row[] | undefined {
  const spanOf = (place: { readonly start: number; readonly end: number }): Span => ({
    path: table.path,
    start: place.start,
    end: place.end,
  })
  const read = readCsv(table.text, mostRows)
  if (!read.ok) {
    reporter.report('series.malformed', spanOf(read), { problem: read.problem })
    return undefined
  }
  const [header, ...body] = read.rows
  if (header === undefined) return []
  const names = header.map((field) => ({ text: field.text.trim(), span: spanOf(field) }))
  if (!checkColumns(names, params, spanOf({ start: header[0]?.start ?? 0, end: header.at(-1)?.end ?? 0 }), reporter)) return undefined
  return body.map((fields) => {
    const span = spanOf({ start: fields[0]?.start ?? 0, end: fields.at(-1)?.end ?? 0 })
    if (fields.length !== names.length) {
      reporter.report('series.malformed', span, { problem: `this row has ${fields.length} fields, the first line has ${names.length}` })
    }
    const cells = new Map<string, Cell>()
    for (const [at, name] of names.entries()) {
      const field = fields[at]
      if (field !== undefined) cells.set(name.text, { input: field.text, span: spanOf(field) })
    }
    return { cells, span }
  })
}

function jsonRows(table: EpisodeTable, params: readonly ParamSpec[], reporter: Reporter): readonly Row[] | undefined {
  const span: Span = { path: table.path, start: 0, end: Math.min(1, table.text.length) }
  const refuse = (problem: string, place = span): undefined => {
    reporter.report('series.malformed', place, { problem })
    return undefined
  }
  let data: unknown
  try {
    data = JSON.parse(table.text.replace(/^\ufeff/, ''))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? (/end of JSON/.test(message) ? table.text.length : 0))
    return refuse('it is not JSON', { path: table.path, start: at, end: at + 1 })
  }
  if (!Array.isArray(data)) return refuse('it must be a list of objects')
  if (data.length > mostRows) return refuse(`it has more than ${mostRows} rows`)
  const rows: Row[] = []
  const columns = new Set<string>()
  for (const [at, item] of data.entries()) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return refuse(`row ${at + 1} is no object`)
    const cells = new Map<string, Cell>()
    for (const [name, member] of Object.entries(item)) {
      columns.add(name)
      if (isInput(member)) cells.set(name, { input: member, span })
      else if (member !== null) return refuse(`\`${name}\` in row ${at + 1} is neither a text, a number, true, false nor a list of these`)
    }
    rows.push({ cells, span })
  }
  if (
    rows.length > 0 &&
    !checkColumns(
      [...columns].map((text) => ({ text, span })),
      params,
      span,
      reporter,
    )
  )
    return undefined
  return rows
}

const isInput = (value: unknown, depth = 0): value is ParamInput =>
  typeof value === 'string' ||
  typeof value === 'number' ||
  typeof value === 'boolean' ||
  (Array.isArray(value) && depth < 4 && value.length <= 10_000 && value.every((item) => isInput(item, depth + 1)))

/** False when a param can get no value from this table. */
function checkColumns(
  names: readonly { readonly text: string; readonly span: Span }[],
  params: readonly ParamSpec[],
  span: Span,
  reporter: Reporter,
): boolean {
  const seen = new Set<string>()
  const known = new Set(params.map((param) => param.name))
  for (const name of names) {
    if (seen.has(name.text)) reporter.report('name.duplicate', name.span, { what: 'columns', name: name.text })
    else if (!known.has(name.text)) {
      const near = closest(
        name.text,
        params.filter((param) => !names.some((one) => one.text === param.name)).map((param) => param.name),
      )
      reporter.report(
        'series.column-unknown',
        name.span,
        { column: name.text },
        near === undefined ? {} : { hint: `did you mean \`${near}\`?` },
      )
    }
    seen.add(name.text)
  }
  const missing = params.filter((param) => !param.optional && !seen.has(param.name))
  for (const param of missing) {
    const near = closest(
      param.name,
      names.map((name) => name.text).filter((name) => !known.has(name)),
    )
    const details = near === undefined ? {} : { hint: `is the column \`${near}\` meant for it? Rename one of them` }
    // One report a place is kept, so each missing column is told at a place of its own.
    const at = missing.indexOf(param)
    reporter.report(
      'series.column-missing',
      { ...span, start: span.start + Math.min(at, Math.max(0, span.end - span.start - 1)) },
      { column: param.name },
      details,
    )
  }
  return missing.length === 0
}

function typed(row: Row, number: number, table: EpisodeTable, params: readonly ParamSpec[], reporter: Reporter): Episode {
  const values = new Map<string, ParamInput>()
  for (const param of params) {
    const cell = row.cells.get(param.name)
    // An empty field leaves a param with a default at it.
    const left = cell === undefined || (cell.input === '' && param.optional)
    if (left) {
      if (!param.optional)
        reporter.report('series.value', row.span, { column: `${param.name} in row ${number}`, expected: 'there', found: 'left out' })
      continue
    }
    const read = readInput(cell.input, param.type, table.home)
    if (read.ok) values.set(param.name, cell.input)
    else
      reporter.report('series.value', cell.span, { column: `${param.name} in row ${number}`, expected: read.expected, found: read.found })
  }
  return { row: number, params: values, span: row.span }
}

/** An episode is known by the film's first whole-number param, as a shot is by its path: its lock goes by it. */
function checkNumbers(rows: readonly Row[], params: readonly ParamSpec[], reporter: Reporter): void {
  const number = params.find((param) => param.type.kind === 'int')
  const first = new Map<number, Span>()
  for (const { cells } of rows) {
    const cell = number === undefined ? undefined : cells.get(number.name)
    if (cell === undefined || cell.input === '') continue
    const before = first.get(Number(cell.input))
    if (before === undefined) first.set(Number(cell.input), cell.span)
    else
      reporter.report(
        'name.duplicate',
        cell.span,
        { what: 'episodes', name: String(cell.input) },
        { notes: [{ message: 'the first one', span: before }] },
      )
  }
}

/** The episode that `--episode` means: by the film's first whole-number param, or by its row where there is none. */
export function findEpisode(episodes: readonly Episode[], wanted: string, params: readonly ParamSpec[]): Episode | undefined {
  const number = params.find((param) => param.type.kind === 'int')
  if (number === undefined) return episodes.find((episode) => String(episode.row) === wanted.trim())
  return episodes.find((episode) => Number(episode.params.get(number.name)) === Number(wanted) && wanted.trim() !== '')
}

/** Reports films that would be written over each other. */
export function checkOutputs(films: readonly { readonly output: string; readonly span: Span }[], reporter: Reporter): void {
  const first = new Map<string, Span>()
  for (const film of films) {
    // Disks that do not tell capitals apart would put both into one file.
    const id = film.output.normalize('NFC').toLowerCase()
    const before = first.get(id)
    if (before === undefined) first.set(id, film.span)
    else
      reporter.report(
        'film.same-output',
        film.span,
        { output: film.output },
        { notes: [{ message: 'the other one is made from this', span: before }] },
      )
  }
}
