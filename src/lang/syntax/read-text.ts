// A text token in, a text with its holes out: quotes and escapes taken off, long texts folded.
// The lines of a long text are trimmed and joined by one space; an empty line becomes a line break.
import type { Expr, Text } from '../ast.ts'
import type { Reporter } from '../diagnostic.ts'
import type { Source, Span } from '../source.ts'
import { holeEnd } from './tokens.ts'

export type TextToken = { readonly start: number; readonly end: number; readonly style: 'long' | 'short' | 'other' }
export type TextContext = {
  readonly source: Source
  readonly reporter: Reporter
  /** Reads what stands between a hole's braces; undefined when it could not be read (and was reported). */
  readonly readHole: (start: number, end: number) => Expr | undefined
}

const longestText = 65_536
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', '\\': '\\' }

export function readText(token: TextToken, context: TextContext): Text {
  const { source, reporter } = context
  const span: Span = { path: source.path, start: token.start, end: token.end }
  if (token.end - token.start > longestText) {
    reporter.report('limit.text', span, { size: `${Math.ceil((token.end - token.start) / 1024)} KiB` })
    return { kind: 'text', parts: [], long: token.style === 'long', span }
  }
  switch (token.style) {
    case 'long':
      return { kind: 'text', parts: readLong(token, context), long: true, span }
    case 'short':
      return { kind: 'text', parts: readShort(token, context), long: false, span }
    case 'other': {
      const inner = source.text.slice(token.start + 1, token.end - 1)
      const straight = `"${inner.replaceAll('\\"', '"').replaceAll('"', '\\"')}"`
      reporter.report(
        'syntax.quotes',
        span,
        { found: `${source.text[token.start]}…${source.text[token.end - 1]}` },
        fix('use "…"', span, straight),
      )
      return { kind: 'text', parts: inner === '' ? [] : [inner], long: false, span }
    }
  }
}

const fix = (title: string, span: Span, text: string) => ({
  fixes: [{ kind: 'edit' as const, title, edits: [{ span, text }], certain: true }],
})

function readShort(token: TextToken, context: TextContext): readonly (string | Expr)[] {
  const { text, path } = context.source
  const parts = openParts()
  const stopped = readStretch({ start: token.start + 1, end: token.end, quote: true }, parts, context)
  if (stopped === token.end || text[stopped] !== '"') {
    const span = { path, start: token.start, end: token.end }
    const end = token.start + text.slice(token.start, token.end).trimEnd().length
    const edit = { kind: 'edit' as const, title: 'close it here', edits: [{ span: { path, start: end, end }, text: '"' }], certain: false }
    context.reporter.report('syntax.unclosed-text', span, { quote: '"' }, { fixes: [edit] })
  }
  return parts.done()
}

function readLong(token: TextToken, context: TextContext): readonly (string | Expr)[] {
  const { text, path } = context.source
  const closed = token.end - token.start >= 6 && text.endsWith('"""', token.end) && text[token.end - 4] !== '\\'
  if (!closed) {
    const span = { path, start: token.start, end: token.start + 3 }
    context.reporter.report('syntax.unclosed-text', span, { quote: '"""' }, { hint: 'write """ where the text ends' })
  }
  const parts = openParts()
  let gap = ''
  for (const line of longLines(text, token.start + 3, closed ? token.end - 3 : token.end)) {
    if (line.start === line.end) {
      if (gap !== '') gap = '\n'
      continue
    }
    parts.add(gap)
    gap = ' '
    readStretch({ ...line, quote: false }, parts, context)
  }
  return parts.done()
}

/** The lines of a long text, each without the spaces around it. An empty line has no length. */
export function longLines(text: string, start: number, end: number): readonly { readonly start: number; readonly end: number }[] {
  const lines: { start: number; end: number }[] = []
  for (let from = start; from <= end; ) {
    let to = from
    while (to < end && text[to] !== '\n' && text[to] !== '\r') to += 1
    const line = text.slice(from, to)
    const first = from + (line.length - line.trimStart().length)
    lines.push({ start: first, end: Math.max(first, from + line.trimEnd().length) })
    from = to + (text.startsWith('\r\n', to) ? 2 : 1)
  }
  return lines
}

type Parts = { readonly add: (text: string) => void; readonly hole: (expr: Expr) => void; readonly done: () => readonly (string | Expr)[] }

function openParts(): Parts {
  const parts: (string | Expr)[] = []
  let plain = ''
  const flush = () => {
    if (plain !== '') parts.push(plain)
    plain = ''
  }
  return {
    add: (text) => {
      plain += text
    },
    hole: (expr) => {
      flush()
      parts.push(expr)
    },
    done: () => {
      flush()
      return parts
    },
  }
}

/** Reads letters, escapes and holes up to `end`, or up to a closing quote where `quote` is set; tells where it stopped. */
function readStretch(stretch: { start: number; end: number; quote: boolean }, parts: Parts, context: TextContext): number {
  const { text } = context.source
  let at = stretch.start
  while (at < stretch.end) {
    const special = nextSpecial(text, at, stretch.end)
    parts.add(text.slice(at, special))
    at = special
    if (at === stretch.end) break
    const char = text[at]
    if (char === '"') {
      if (stretch.quote) return at
      parts.add('"')
      at += 1
    } else if (char === '\\') at = readEscape(at, stretch.end, parts, context)
    else at = readBrace(at, stretch.end, parts, context)
  }
  return at
}

function nextSpecial(text: string, from: number, end: number): number {
  let at = from
  while (at < end && text[at] !== '"' && text[at] !== '\\' && text[at] !== '{' && text[at] !== '}') at += 1
  return at
}

function readEscape(at: number, end: number, parts: Parts, context: TextContext): number {
  const { source, reporter } = context
  const letter = at + 1 < end ? String.fromCodePoint(source.text.codePointAt(at + 1) ?? 0) : ''
  const plain = escapes[letter]
  if (plain !== undefined) {
    parts.add(plain)
    return at + 2
  }
  const stop = at + 1 + letter.length
  const span = { path: source.path, start: at, end: stop }
  const brace = letter === '{' || letter === '}'
  const instead = brace ? letter + letter : letter === "'" ? "'" : `\\\\${letter}`
  reporter.report('syntax.escape', span, { found: `\\${letter}` }, fix(`write ${instead}`, span, instead))
  parts.add(brace || letter === "'" ? letter : `\\${letter}`)
  return stop
}

function readBrace(at: number, end: number, parts: Parts, context: TextContext): number {
  const { source, reporter } = context
  const brace = source.text[at] ?? ''
  if (at + 1 < end && source.text[at + 1] === brace) {
    parts.add(brace)
    return at + 2
  }
  const close = brace === '{' ? holeEnd(source.text, at) : -1
  if (close !== -1 && close <= end) {
    const expr = context.readHole(at + 1, close - 1)
    if (expr !== undefined) parts.hole(expr)
    return close
  }
  const span = { path: source.path, start: at, end: at + 1 }
  // A lone `}` can only be meant as a letter; a lone `{` may be a hole that was not closed.
  const fixes = [
    { kind: 'edit' as const, title: `double it: ${brace}${brace}`, edits: [{ span, text: brace + brace }], certain: brace === '}' },
  ]
  reporter.report('syntax.brace', span, { brace }, { fixes })
  parts.add(brace)
  return at + 1
}
