// Script text in, its tree out, every mistake reported. Never throws, whatever the text.
// Recovery is by statement: what cannot be read is skipped up to the end of its line or block, and reading goes on.
import type { Comment, File } from '../ast.ts'
import type { Reporter } from '../diagnostic.ts'
import { foreignBytes } from '../foreign-bytes.ts'
import type { Source, Span } from '../source.ts'
import { markBroken } from './broken.ts'
import { spanOf } from './build-ast.ts'
import { Grammar } from './grammar.ts'
import { GaveUp, type Job, mostErrors } from './parser.ts'
import { hidden, prepare } from './prepare.ts'
import * as t from './tokens.ts'

const longestFile = 1_048_576
let grammar: Grammar | undefined

/** Reads one file. What could not be read is missing from the tree (and reported); the rest is there. */
export function parse(source: Source, to: Reporter): File {
  const reporter = capped(to)
  const span: Span = { path: source.path, start: 0, end: source.text.length }
  const nothing = (comments: readonly Comment[] = []): File => markBroken({ kind: 'file', body: [], comments, span })
  const size = byteLength(source.text)
  if (size > longestFile) {
    const shown = size < 10 * 1024 * 1024 ? `${(size / 1_048_576).toFixed(1)} MiB` : `${Math.round(size / 1_048_576)} MiB`
    reporter.report('limit.file', { ...span, end: 0 }, { size: shown })
    return nothing()
  }
  if (reportForeign(source, reporter)) return nothing()
  reportHidden(source, reporter)
  const raw = t.tokenize(source.text)
  const comments = raw.comments.map((token) => commentOf(token, source))
  grammar ??= new Grammar(false)
  const rules = grammar
  const job = { source, reporter }
  const parseHole = (tokens: t.Token[], hole: Span) => rules.readHole(tokens, job, hole)
  if (!knownVersion(raw.tokens, job)) return nothing(comments)
  const tokens = prepare(raw, { source, reporter, parseHole })
  if (tokens === undefined) return nothing(comments)
  try {
    return { kind: 'file', body: rules.readFile(tokens, job), comments, span }
  } catch (error) {
    if (error instanceof GaveUp) return nothing(comments)
    throw error
  }
}

/** Passes on so many errors and no more: what has a thousand is no script, and they would fill the memory. */
function capped(reporter: Reporter): Reporter {
  let left = mostErrors
  return {
    ...reporter,
    report: (...said) => {
      left -= 1
      if (left >= 0) reporter.report(...said)
    },
  }
}

/** UTF-8 bytes; a text that is too long by its letters alone is not counted out. */
function byteLength(text: string): number {
  if (text.length > longestFile || text.length * 3 <= longestFile) return text.length
  return new TextEncoder().encode(text).length
}

function reportForeign(source: Source, reporter: Reporter): boolean {
  const foreign = foreignBytes(source.text)
  if (foreign === undefined) return false
  const { at, character, what: name } = foreign
  reporter.report(
    'syntax.hidden-character',
    { path: source.path, start: at, end: at + 1 },
    { character, name },
    { hint: 'save the file as UTF-8' },
  )
  return true
}

const mostHidden = 20

function reportHidden(source: Source, reporter: Reporter): void {
  if (!hidden.test(source.text)) return
  let count = 0
  for (const match of source.text.matchAll(new RegExp(hidden.source, 'gu'))) {
    count += 1
    if (count > mostHidden) return
    const code = match[0].codePointAt(0) ?? 0
    const name = code === 0 ? 'a NUL' : code >= 0xd800 && code <= 0xdfff ? 'half of a character' : 'a mark that turns the direction of text'
    const span = { path: source.path, start: match.index, end: match.index + match[0].length }
    const fixes = [{ kind: 'edit' as const, title: 'take it out', edits: [{ span, text: '' }], certain: true }]
    reporter.report(
      'syntax.hidden-character',
      span,
      { character: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`, name },
      { fixes },
    )
  }
}

function commentOf(token: t.Token, source: Source): Comment {
  let at = token.startOffset - 1
  while (at >= 0 && ' \t\ufeff'.includes(source.text[at] ?? '')) at -= 1
  const trailing = at >= 0 && source.text[at] !== '\n' && source.text[at] !== '\r'
  return { text: token.image.trimEnd(), trailing, span: spanOf(token, source.path) }
}

/** A file of a newer version is refused at its first line, before its grammar can be misread. */
function knownVersion(tokens: readonly t.Token[], { source, reporter }: Job): boolean {
  const [word, version] = tokens.filter((token) => token.tokenType !== t.Newline)
  if (word?.image !== 'ltx' || version === undefined || !/^\d+$/.test(version.image) || Number(version.image) === 1) return true
  reporter.report('statement.version-newer', spanOf(version, source.path), { found: version.image })
  return false
}
