// `# allow CODE` comments in, the question "is this warning switched off here?" out. A comment at the end of a line speaks for
// its line; one on lines of its own speaks for the next line that is none. Only warnings can be switched off.
import type { Comment } from '../ast.ts'
import { type Code, codes, isCode } from '../codes.ts'
import type { Reporter } from '../diagnostic.ts'
import type { Source, Span } from '../source.ts'
import { closest } from '../suggest.ts'

export type Allowances = (code: Code, span: Span) => boolean

export type Commented = { readonly source: Source; readonly comments: readonly Comment[] }

/** Also reports codes that nobody knows, or that cannot be switched off. */
export function readAllowances(files: Iterable<Commented>, reporter: Reporter): Allowances {
  const byPath = new Map<string, { readonly lines: readonly number[]; readonly allowed: ReadonlySet<string> }>()
  for (const { source, comments } of files) {
    if (!comments.some((comment) => asked(comment).length > 0)) continue
    const lines = lineStarts(source.text)
    byPath.set(source.path, { lines, allowed: allowedIn(source, comments, lines, reporter) })
  }
  return (code, span) => {
    const file = byPath.get(span.path)
    return file?.allowed.has(`${lineOf(file.lines, span.start)} ${code}`) === true
  }
}

function allowedIn(source: Source, comments: readonly Comment[], lines: readonly number[], reporter: Reporter): ReadonlySet<string> {
  const allowed = new Set<string>()
  const alone = new Set(comments.filter((comment) => !comment.trailing).map((comment) => lineOf(lines, comment.span.start)))
  for (const comment of comments) {
    let line = lineOf(lines, comment.span.start)
    if (!comment.trailing) while (alone.has(line)) line += 1
    for (const word of asked(comment)) {
      if (isCode(word.text) && codes[word.text].severity === 'warning') allowed.add(`${line} ${word.text}`)
      else reportUnknown(word, source, comment, reporter)
    }
  }
  return allowed
}

/** The codes a comment names: `# allow duration.sweet-spot chain.long: a long held shot`. */
function asked(comment: Comment): readonly { readonly text: string; readonly at: number }[] {
  const head = /^#+\s*allow\s+/.exec(comment.text)
  if (head === null) return []
  const found: { text: string; at: number }[] = []
  let at = head[0].length
  for (;;) {
    const word = /^[a-z]+\.[a-z][a-z-]*/.exec(comment.text.slice(at, at + 80))
    if (word === null) return found
    found.push({ text: word[0], at })
    at += word[0].length
    const gap = /^[\s,]+/.exec(comment.text.slice(at))
    if (gap === null) return found
    at += gap[0].length
  }
}

function reportUnknown(word: { readonly text: string; readonly at: number }, source: Source, comment: Comment, reporter: Reporter): void {
  const start = comment.span.start + word.at
  const span = { path: source.path, start, end: start + word.text.length }
  const warnings = Object.entries(codes).flatMap(([code, entry]) => (entry.severity === 'warning' ? [code] : []))
  const near = closest(word.text, warnings)
  reporter.report(
    'name.unknown-lint',
    span,
    { name: word.text },
    near === undefined
      ? {}
      : {
          hint: `did you mean \`${near}\`?`,
          fixes: [{ kind: 'edit', title: `write ${near}`, edits: [{ span, text: near }], certain: false }],
        },
  )
}

function lineStarts(text: string): readonly number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** The line an offset lies on, from 0, by halving. */
function lineOf(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1]
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((starts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
