// A tree that was read without a syntax error in, its text in the one layout out. There are no options: two spaces a
// level, a statement a line, what was short on one line stays there, comments and single blank lines stay where they were.
// Formatting twice is formatting once, and the text means what it meant.
import type { Block, Command, Comment, Expr, File, If, NamedArg, Param, Statement } from '../ast.ts'
import { rowsIn } from '../schema.ts'
import type { Source } from '../source.ts'
import { formatArgument, formatExpr, formatNamed, formatText, formatType, type Ink } from './format-expr.ts'
import { openPage, type Page } from './format-page.ts'

/** No line is joined, and none of these is broken, below this width. */
const widest = 120

export function format(file: File, source: Source): string {
  const page = openPage()
  const writer: Writer = { source, page, comments: file.comments, next: 0 }
  writeBody(file.body, { writer, indent: 0, parents: ['file'], start: 0, end: source.text.length })
  return page.text()
}

type Writer = { readonly source: Source; readonly page: Page; readonly comments: readonly Comment[]; next: number }
type Place = { readonly writer: Writer; readonly indent: number; readonly parents: readonly string[] }

/** Statements and the comments between them; `start` and `end` bound the body in the source. */
function writeBody(body: readonly Statement[], place: Place & { readonly start: number; readonly end: number }): void {
  const { writer } = place
  let last = place.start
  for (const statement of body) {
    // Comments inside a header (between its arguments, before its brace) move above it.
    last = writeComments(headEnd(statement), statement.span.start, last, place)
    writer.page.gap(blankBetween(writer.source.text, last, statement.span.start))
    writeStatement(statement, place)
    last = writeTrailing(statement.span.end, writer)
  }
  writeComments(place.end, place.end, last, place)
}

/** Writes the comments that start before `until`, each on its own line; gives where the last thing written ended. */
function writeComments(until: number, start: number, from: number, { writer, indent }: Place): number {
  let last = from
  for (
    let comment = writer.comments[writer.next];
    comment !== undefined && comment.span.start < until;
    comment = writer.comments[writer.next]
  ) {
    writer.next += 1
    const above = comment.span.start < start
    writer.page.gap(above && blankBetween(writer.source.text, last, comment.span.start))
    writer.page.comment(indent, comment.text)
    if (above) last = comment.span.end
  }
  return last
}

/** A comment on the line where something ended goes to the end of that line. */
function writeTrailing(end: number, writer: Writer): number {
  const comment = writer.comments[writer.next]
  if (comment === undefined || comment.span.start < end || !/^[ \t]*$/.test(writer.source.text.slice(end, comment.span.start))) return end
  writer.next += 1
  writer.page.trail(comment.text)
  return comment.span.end
}

function blankBetween(text: string, from: number, to: number): boolean {
  return from > 0 && /\n[ \t\r\f\v]*\n|\r[ \t\f\v]*\r/.test(text.slice(from, to))
}

/** Where a statement's first line ends: at its block, if it has one. */
function headEnd(statement: Statement): number {
  switch (statement.kind) {
    case 'command':
      return statement.block?.span.start ?? statement.span.end
    case 'template':
    case 'for':
      return statement.block.span.start
    case 'if':
      return statement.then.span.start
    case 'text-line':
    case 'call':
    case 'param':
      return statement.span.end
  }
}

function writeStatement(statement: Statement, place: Place): void {
  const { page } = place.writer
  const flat = flatStatement(statement, place)
  if (flat !== undefined && (place.indent + flat.length <= widest || !hasBlock(statement))) {
    writeLine(statement, flat, place)
    return
  }
  switch (statement.kind) {
    case 'command':
      page.line(place.indent, statement.block === undefined ? head(statement, place) : `${head(statement, place)} {`)
      if (statement.block !== undefined) writeBlock(statement.block, [statement.word.text], place)
      return
    case 'template':
      page.line(place.indent, `${head(statement, place)} {`)
      writeBlock(statement.block, ['file', 'scene', 'shot'], place)
      return
    case 'for':
      page.line(place.indent, `${head(statement, place)} {`)
      writeBlock(statement.block, place.parents, place)
      return
    case 'if':
      writeBranches(statement, place)
      return
    case 'text-line':
    case 'call':
    case 'param':
      page.line(place.indent, head(statement, place))
  }
}

const hasBlock = (statement: Statement): boolean => headEnd(statement) !== statement.span.end

/** One line: a setting or a param lines up with its neighbours, anything too wide breaks at its last list or call. */
function writeLine(statement: Statement, flat: string, place: Place): void {
  const { page } = place.writer
  if (place.indent + firstLine(flat).length > widest) {
    const broken = brokenStatement(statement, place)
    if (broken !== undefined) {
      page.line(place.indent, broken)
      return
    }
  }
  const param = statement.kind === 'param' ? /^param [^:]+:/.exec(flat)?.[0] : undefined
  const word = statement.kind === 'command' && isSetting(statement, place) ? statement.word.text : undefined
  const key = param ?? word
  if (key === undefined || flat.includes('\n')) page.line(place.indent, flat)
  else page.aligned(place.indent, param === undefined ? 'setting' : 'param', key, flat.slice(key.length).trimStart())
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? ''

function isSetting(command: Command, { parents }: Place): boolean {
  return parents.some((parent) => rowsIn(parent).get(command.word.text)?.setting === true)
}

function writeBlock(block: Block, parents: readonly string[], place: Place, closing = '}'): void {
  const { writer } = place
  const inside = { writer, indent: place.indent + 2, parents, start: writeTrailing(block.span.start + 1, writer), end: block.span.end - 1 }
  writer.page.open()
  writeBody(block.body, inside)
  writer.page.gap(false)
  writer.page.line(place.indent, closing)
}

function writeBranches(statement: If, place: Place): void {
  let branch: If = statement
  place.writer.page.line(place.indent, `if ${formatExpr(branch.condition, inkOf(place))} {`)
  for (;;) {
    const { otherwise } = branch
    if (otherwise === undefined) {
      writeBlock(branch.then, place.parents, place)
      return
    }
    if (!('condition' in otherwise)) {
      writeBlock(branch.then, place.parents, place, '} else {')
      writeBlock(otherwise, place.parents, place)
      return
    }
    writeBlock(branch.then, place.parents, place, `} else if ${formatExpr(otherwise.condition, inkOf(place))} {`)
    branch = otherwise
  }
}

// ── on one line ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const inkOf = ({ writer, indent }: Place): Ink => ({ source: writer.source, indent })

/** The statement without its blocks. */
function head(statement: Statement, place: Place): string {
  const ink = inkOf(place)
  switch (statement.kind) {
    case 'command':
      return [statement.word.text, ...statement.args.map((arg) => formatArgument(arg, ink))].join(' ')
    case 'text-line':
      return formatText(statement.text, ink)
    case 'call':
      return formatExpr(statement, ink)
    case 'param':
      return `param ${formatParam(statement, ink)}`
    case 'template':
      return `template ${statement.name.text}(${statement.params.map((param) => formatParam(param, ink)).join(', ')})`
    case 'for':
      return `for ${statement.name.text} in ${formatExpr(statement.list, ink)}`
    case 'if':
      return `if ${formatExpr(statement.condition, ink)}`
  }
}

function formatParam(param: Param, ink: Ink): string {
  const type = `${param.name.text}: ${formatType(param.type, ink)}`
  return param.default === undefined ? type : `${type} = ${formatExpr(param.default, ink)}`
}

/** The whole statement on one line, where its blocks stood on one line too. */
function flatStatement(statement: Statement, place: Place): string | undefined {
  const start = head(statement, place)
  switch (statement.kind) {
    case 'text-line':
    case 'call':
    case 'param':
      return start
    case 'command':
      return statement.block === undefined ? start : prefixed(start, flatBlock(statement.block, place))
    case 'template':
    case 'for':
      return prefixed(start, flatBlock(statement.block, place))
    case 'if': {
      const then = prefixed(start, flatBlock(statement.then, place))
      const { otherwise } = statement
      if (then === undefined || otherwise === undefined) return then
      const rest = 'condition' in otherwise ? flatStatement(otherwise, place) : flatBlock(otherwise, place)
      return prefixed(`${then} else`, rest)
    }
  }
}

const prefixed = (start: string, rest: string | undefined): string | undefined => (rest === undefined ? undefined : `${start} ${rest}`)

function flatBlock(block: Block, place: Place): string | undefined {
  const written = place.writer.source.text.slice(block.span.start, block.span.end)
  if (block.body.length === 0 && /^\{\s*\}$/.test(written)) return '{ }'
  if (/[\n\r]/.test(written)) return undefined
  const parts: string[] = []
  for (const statement of block.body) {
    const flat = flatStatement(statement, place)
    if (flat === undefined) return undefined
    parts.push(flat)
  }
  return `{ ${parts.join('  ')} }`
}

// ── too wide ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** The same statement with the values of its last list or call on lines of their own; undefined where it has none. */
function brokenStatement(statement: Statement, place: Place): string | undefined {
  const ink = inkOf(place)
  switch (statement.kind) {
    case 'call':
      return brokenExpr(statement, ink)
    case 'command': {
      const last = statement.args.at(-1)
      const broken = last === undefined || statement.block !== undefined ? undefined : brokenExpr(last, ink)
      const before = statement.args.slice(0, -1).map((arg) => formatArgument(arg, ink))
      return broken === undefined ? undefined : [statement.word.text, ...before, broken].join(' ')
    }
    case 'param': {
      const broken = statement.default === undefined ? undefined : brokenExpr(statement.default, ink)
      return broken === undefined ? undefined : `param ${statement.name.text}: ${formatType(statement.type, ink)} = ${broken}`
    }
    default:
      return undefined
  }
}

function brokenExpr(expr: Expr, ink: Ink): string | undefined {
  const inner: Ink = { ...ink, indent: ink.indent + 2 }
  const pad = ' '.repeat(inner.indent)
  const lines = (parts: readonly string[]) => parts.map((part) => `${pad}${part},\n`).join('')
  const end = ' '.repeat(ink.indent)
  if (expr.kind === 'list' && expr.items.length > 0) return `[\n${lines(expr.items.map((item) => formatExpr(item, inner)))}${end}]`
  if (expr.kind === 'call' && expr.args.length > 0) {
    const args = expr.args.map((arg: NamedArg) => formatNamed(arg, inner))
    return `${expr.callee.parts.map((part) => part.text).join(expr.callee.separator)}(\n${lines(args)}${end})`
  }
  return undefined
}
