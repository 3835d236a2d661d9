// A script and everything it uses in, their trees out. The readers are handed in, so that nothing here touches a disk; paths
// stay inside the project; a circle of `use`s is told with the whole chain.

import type { Command, File } from '../ast.ts'
import type { Reporter } from '../diagnostic.ts'
import { rowOf } from '../schema.ts'
import type { Source, Span } from '../source.ts'
import { closest } from '../suggest.ts'
import { bind } from '../syntax/bind.ts'
import { parse } from '../syntax/parse.ts'
import { argument, clauseArgument, nameText, printable, readText } from './argument.ts'
import { folderOf, insidePath } from './asset-path.ts'
import { openRun } from './expansion.ts'
import { slug } from './functions.ts'
import { openScope } from './scope.ts'
import { findSecrets } from './secret.ts'

/** `path` of a standard library is `std/NAME`; of any other file, relative to the project root. */
export type Use = {
  readonly name: string
  readonly path: string
  readonly span: Span
  /** It could not be read, which is reported. */
  readonly missing?: true
}
export type LoadedFile = { readonly source: Source; readonly ast: File; readonly kind: 'film' | 'library'; readonly uses: readonly Use[] }
export type Loaded = {
  readonly entry: string
  /** Every file once, the entry first, by its path. */
  readonly files: ReadonlyMap<string, LoadedFile>
}

/** A file's text, or undefined where there is none. */
export type Read = (path: string) => string | undefined

const mostFiles = 256
const deepest = 16

export const standardLibraries: readonly string[] = ['moves', 'looks', 'cues', 'shots', 'titles', 'delivery']

/** `entry` is relative to the project root. `readStd` takes the name alone: `moves`. */
export function load(entry: string, read: Read, readStd: Read, reporter: Reporter): Loaded {
  const files = new Map<string, LoadedFile>()
  const text = read(entry)
  if (text === undefined) {
    reporter.report('name.unknown', { path: entry, start: 0, end: 0 }, { what: 'file', name: printable(entry) }, { hint: 'check the path' })
    return { entry, files }
  }
  const loading: Loading = { files, read, readStd, reporter }
  open({ path: entry, text }, [], loading)
  return { entry, files }
}

type Loading = { readonly files: Map<string, LoadedFile>; readonly read: Read; readonly readStd: Read; readonly reporter: Reporter }
type Link = { readonly path: string; readonly span: Span }

function open(source: Source, chain: readonly Link[], loading: Loading): void {
  const { files, reporter } = loading
  for (const secret of findSecrets(source.text)) {
    reporter.report('secret.in-script', { path: source.path, start: secret.start, end: secret.end }, { what: secret.what })
  }
  const ast = parse(source, reporter)
  const uses: Use[] = []
  const file: LoadedFile = { source, ast, kind: isFilm(ast) ? 'film' : 'library', uses }
  files.set(source.path, file)
  for (const statement of ast.body) {
    if (statement.kind !== 'command' || statement.word.text !== 'use') continue
    const use = readUse(statement, source, loading)
    if (use === undefined) continue
    const found = follow(use, [...chain, { path: source.path, span: use.span }], loading)
    uses.push(found ? use : { ...use, missing: true })
  }
}

const isFilm = (ast: File): boolean =>
  ast.body.some((statement) => statement.kind === 'command' && (statement.word.text === 'project' || statement.word.text === 'series'))

/** Which library a `use` names and what it goes by. */
function readUse(command: Command, source: Source, { reporter }: Loading): Use | undefined {
  const row = rowOf('use', 'file')
  const bound = row === undefined ? undefined : bind(command, row, reporter)
  if (row === undefined || bound === undefined) return undefined
  // A library's path is a plain text: which files make a film cannot depend on values.
  const frame = { run: openRun(reporter), scope: openScope(), depth: 0 }
  const placed = { kind: 'statement', row, command, bound, frame } as const
  const library = argument(placed, 'library')
  if (library === undefined) return undefined
  const alias = clauseArgument(placed, 'as', 'name')
  const { span } = library.expr
  const said = alias?.expr.kind === 'name' ? nameText(alias.expr) : undefined
  if (library.expr.kind === 'name') {
    const name = library.expr.parts[1]?.text
    if (library.expr.parts[0]?.text === 'std' && library.expr.separator === '/' && library.expr.parts.length === 2 && name !== undefined) {
      return { name: said ?? name, path: `std/${name}`, span }
    }
    const hint = 'a file stands in quotes: `use "./bible.ltx"`; a standard library does not: `use std/moves`'
    reporter.report('name.unknown', span, { what: 'library', name: nameText(library.expr) }, { hint })
    return undefined
  }
  const text = readText(library)
  if (text === undefined) return undefined
  const inside = insidePath(text.text, source.path)
  const why = !inside.ok
    ? inside.why
    : !inside.path.endsWith('.ltx')
      ? 'no `.ltx` file'
      : folderOf(source.path) === '' && source.path.startsWith('std/') && !source.path.endsWith('.ltx')
        ? 'used by a standard library'
        : undefined
  if (why !== undefined || !inside.ok) {
    reporter.report('asset.path', span, { path: printable(text.text), why: why ?? '' })
    return undefined
  }
  const stem = slug(inside.path.slice(inside.path.lastIndexOf('/') + 1, -'.ltx'.length))
  return { name: said ?? stem, path: inside.path, span }
}

/** Opens what a `use` names, once. False when it cannot be used. */
function follow(use: Use, chain: readonly Link[], loading: Loading): boolean {
  const { files, read, readStd, reporter } = loading
  const circle = chain.findIndex((link) => link.path === use.path)
  if (circle !== -1) {
    const links = chain.slice(circle)
    const names = [...links.map((link) => link.path), use.path].map((path) => `\`${path}\``).join(' → ')
    reporter.report(
      'name.circle',
      use.span,
      { names },
      { notes: links.slice(0, -1).map((link) => ({ message: 'by way of this', span: link.span })) },
    )
    return false
  }
  if (files.has(use.path)) return true
  if (chain.length >= deepest || files.size >= mostFiles) {
    const [what, limit] = files.size >= mostFiles ? ['files are used', mostFiles] : ['libraries use each other in a row', deepest]
    reporter.report('limit.uses', use.span, { what: String(what), limit: Number(limit) })
    return false
  }
  const standard = use.path.startsWith('std/') && !use.path.endsWith('.ltx')
  const text = standard ? readStd(use.path.slice('std/'.length)) : read(use.path)
  if (text === undefined) {
    const near = standard ? closest(use.path.slice('std/'.length), standardLibraries) : undefined
    const hint = standard
      ? near === undefined
        ? `the standard libraries are ${standardLibraries.join(', ')}`
        : `did you mean \`std/${near}\`?`
      : 'check the path; it is relative to the file that uses it'
    const fixes =
      near === undefined
        ? []
        : [{ kind: 'edit' as const, title: `write std/${near}`, edits: [{ span: use.span, text: `std/${near}` }], certain: false }]
    reporter.report('name.unknown', use.span, { what: standard ? 'standard library' : 'library', name: use.path }, { hint, fixes })
    return false
  }
  open({ path: use.path, text }, chain, loading)
  return true
}
