// One file's tree in, everything reported that is wrong with its structure: words no block knows, statements in the wrong
// place, missing or needless blocks, what stands twice, arguments that fit nothing. Nothing is expanded and no other file
// is read: the body of a template, an `if` or a `for` is checked by where it can stand.
import type { Block, Command, File, If, Statement, Type } from '../ast.ts'
import type { Details, Fix, Reporter } from '../diagnostic.ts'
import { type Parent, plainTypes, type Row, rowOf, rows, rowsIn } from '../schema.ts'
import { cover, type Span } from '../source.ts'
import { nearest } from '../suggest.ts'
import { bind } from './bind.ts'
import { isBroken } from './broken.ts'

export function checkFile(file: File, reporter: Reporter): void {
  if (!isBroken(file)) checkVersion(file, reporter)
  checkBody(file.body, { parents: ['file'], direct: true, reporter })
}

/** Where a body stands. `parents`: what may enclose it; empty = unknown, then only what is sure is reported. `direct`: not in a template, `if` or `for`. */
type Where = { readonly parents: readonly string[]; readonly direct: boolean; readonly reporter: Reporter }

/** What a template may be placed in, and so what its body may hold. */
const templateParents: readonly Parent[] = ['file', 'scene', 'shot']
/** Blocks in which a text of its own is words of the prompt. */
const textParents: readonly string[] = ['shot', 'extend', 'retake']
/** Statements about the file itself; nothing can put them anywhere else. */
const ofTheFile: readonly string[] = ['ltx', 'use']

function checkVersion(file: File, reporter: Reporter): void {
  const isVersion = (statement: Statement) => statement.kind === 'command' && statement.word.text === 'ltx'
  const first = file.body[0]
  if (first !== undefined && isVersion(first)) return
  const later = file.body.find(isVersion)
  if (later !== undefined) {
    reporter.report('statement.version-place', later.span, {})
    return
  }
  // A byte order mark never shows up here: it is no statement and no comment, and the line goes before both.
  const start = Math.min(first?.span.start ?? file.span.end, file.comments[0]?.span.start ?? file.span.end)
  const at: Span = { path: file.span.path, start, end: start }
  const fix: Fix = { kind: 'edit', title: 'add the line', edits: [{ span: at, text: 'ltx 1\n\n' }], certain: true }
  reporter.report('statement.no-version', at, {}, { fixes: [fix] })
}

function checkBody(body: readonly Statement[], where: Where): void {
  const seen = new Map<string, Span>()
  for (const statement of body) {
    checkStatement(statement, where)
    if (statement.kind === 'command') checkRepeated(statement, where, seen)
  }
}

function checkStatement(statement: Statement, where: Where): void {
  const { reporter } = where
  switch (statement.kind) {
    case 'command':
      checkCommand(statement, where)
      return
    case 'text-line': {
      const fits = where.parents.length === 0 || where.parents.some((parent) => textParents.includes(parent))
      if (!fits) misplaced('a text of its own', statement.span, 'in `shot`, `extend` or `retake`', where)
      return
    }
    case 'call':
      return
    case 'param':
      if (!atTop(where)) misplaced('`param`', statement.span, 'at the top of a file', where)
      checkType(statement.type, reporter)
      return
    case 'template':
      if (!atTop(where))
        misplaced('`template`', { ...statement.span, end: statement.span.start + 'template'.length }, 'at the top of a file', where)
      for (const param of statement.params) checkType(param.type, reporter)
      checkBody(statement.block.body, { parents: templateParents, direct: false, reporter })
      return
    case 'for':
      checkBody(statement.block.body, { ...where, direct: false })
      return
    case 'if':
      checkBranches(statement, { ...where, direct: false })
      return
  }
}

function checkBranches(statement: If, where: Where): void {
  let branch: If | Block | undefined = statement
  while (branch !== undefined && 'condition' in branch) {
    checkBody(branch.then.body, where)
    branch = branch.otherwise
  }
  if (branch !== undefined) checkBody(branch.body, where)
}

const atTop = ({ parents, direct }: Where): boolean => direct && (parents.length === 0 || parents.includes('file'))

function rowIn(word: string, parents: readonly string[]): Row | undefined {
  for (const parent of parents) {
    const row = rowOf(word, parent)
    if (row !== undefined) return row
  }
  return undefined
}

function checkCommand(command: Command, where: Where): void {
  const word = command.word.text
  const row = rowIn(word, where.parents)
  if (row === undefined) {
    const meant = where.parents.length === 0 || isBroken(command) ? undefined : reportUnknown(command, where)
    checkInside(command, meant === undefined ? [] : [meant.word], where)
    return
  }
  if (ofTheFile.includes(word) && !where.direct) misplaced(`\`${word}\``, command.word.span, 'at the top of a file', where)
  bind(command, row, where.reporter)
  checkBlock(command, row, where)
}

function checkBlock(command: Command, row: Row, where: Where): void {
  const { reporter } = where
  const { word } = row
  if (row.block === 'none' && command.block !== undefined) {
    const brace = { ...command.block.span, end: command.block.span.start + 1 }
    reporter.report('statement.block-unwanted', brace, { word })
    return
  }
  if (row.block === 'required' && command.block === undefined && !isBroken(command)) {
    const at = { ...command.span, start: command.span.end }
    const fix: Fix = { kind: 'edit', title: 'add an empty block', edits: [{ span: at, text: ' { }' }], certain: false }
    reporter.report('statement.block-missing', command.span, { word }, { fixes: [fix] })
  }
  checkInside(command, [word], where)
}

function checkInside(command: Command, parents: readonly string[], where: Where): void {
  if (command.block !== undefined) checkBody(command.block.body, { parents, direct: true, reporter: where.reporter })
}

/** Says what is wrong with a word no row stands behind; gives the row that was probably meant. */
function reportUnknown(command: Command, where: Where): Row | undefined {
  const { text: word, span } = command.word
  const homes = rows.filter((row) => row.word === word)
  if (homes.length > 0) {
    misplaced(`\`${word}\``, span, homeOf(homes), where)
    return homes[0]
  }
  const here = where.parents.flatMap((parent) => [...rowsIn(parent).keys()])
  const near = nearest(word, here)
  const anywhere = near ?? nearest(word, new Set(rows.map((row) => row.word)))
  const details: Details =
    near !== undefined
      ? { hint: `did you mean \`${near.word}\`?`, fixes: [spell(span, near.word, near.unique && near.distance === 1)] }
      : anywhere !== undefined
        ? { hint: `did you mean \`${anywhere.word}\`? It belongs ${homeOf(rows.filter((row) => row.word === anywhere.word))}` }
        : {}
  where.reporter.report('statement.unknown', span, { word, place: placeOf(where.parents) }, details)
  return near === undefined ? undefined : rowIn(near.word, where.parents)
}

const spell = (span: Span, word: string, certain: boolean): Fix => ({
  kind: 'edit',
  title: `write ${word}`,
  edits: [{ span, text: word }],
  certain,
})

function misplaced(what: string, span: Span, belongs: string, { parents, reporter, direct }: Where): void {
  const place = direct ? placeOf(parents) : parents === templateParents ? 'in a template' : 'in an `if` or a `for`'
  reporter.report('statement.misplaced', span, { what, place, belongs })
}

function placeOf(parents: readonly string[]): string {
  const [only] = parents
  return parents.length > 1 ? 'in a template' : only === 'file' ? 'at the top of a file' : `in \`${only}\``
}

function homeOf(homes: readonly Row[]): string {
  const parents = [...new Set(homes.flatMap((row) => row.parents))]
  const inside = parents.filter((parent) => parent !== 'file').map((parent) => `\`${parent}\``)
  const list = inside.length < 2 ? inside.join('') : `${inside.slice(0, -1).join(', ')} or ${inside.at(-1)}`
  if (inside.length === 0) return 'at the top of a file'
  return parents.includes('file') ? `at the top of a file or in ${list}` : `in ${list}`
}

function checkRepeated(command: Command, { parents, reporter }: Where, seen: Map<string, Span>): void {
  const { text: word, span } = command.word
  const row = rowIn(word, parents)
  if (row === undefined || row.many) return
  const first = seen.get(word)
  if (first === undefined) {
    seen.set(word, span)
    return
  }
  const notes = [{ message: 'the first one', span: first }]
  reporter.report('statement.repeated', span, { word, place: placeOf(parents) }, { notes })
}

function checkType(type: Type, reporter: Reporter): void {
  switch (type.kind) {
    case 'list-type':
      checkType(type.of, reporter)
      return
    case 'choice-type':
      return
    case 'named-type': {
      const { text: name, span } = type.name
      if (plainTypes.some((plain) => plain === name)) return
      const near = otherNames.get(name.toLowerCase()) ?? nearest(name, plainTypes)?.word
      const details =
        near === undefined ? {} : { hint: `did you mean \`${near}\`?`, fixes: [spell(span, near, otherNames.has(name.toLowerCase()))] }
      reporter.report('type.unknown', cover(span, span), { name }, details)
    }
  }
}

/** What other languages call the same types. */
const otherNames: ReadonlyMap<string, (typeof plainTypes)[number]> = new Map([
  ['string', 'text'],
  ['str', 'text'],
  ['integer', 'int'],
  ['float', 'number'],
  ['boolean', 'bool'],
  ['time', 'duration'],
  ['length', 'duration'],
  ['picture', 'image'],
  ['photo', 'image'],
  ['sound', 'audio'],
  ['music', 'audio'],
])
