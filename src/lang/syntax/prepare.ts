// Raw tokens in, tokens the parser can trust out: words of the grammar told from names, texts read with their holes,
// new lines inside parentheses dropped, every brace and parenthesis in a pair. What had to be added or dropped for that is
// reported here, once, so that the parser never meets the same mistake again.
import type { Expr, Name } from '../ast.ts'
import type { Reporter } from '../diagnostic.ts'
import type { Source, Span } from '../source.ts'
import { pairUp } from './pair-up.ts'
import { readText } from './read-text.ts'
import * as t from './tokens.ts'

export type PrepareContext = {
  readonly source: Source
  readonly reporter: Reporter
  /** Parses the tokens of a hole to one expression. */
  readonly parseHole: (tokens: t.Token[], hole: Span) => Expr | undefined
}

const longestScript = 200_000

/** Undefined when the text is refused as a whole (and that was reported). */
export function prepare(raw: t.Tokens, context: PrepareContext): t.Token[] | undefined {
  const { source, reporter } = context
  const place = (start: number, end: number): Span => ({ path: source.path, start, end })
  if (raw.tokens.length > longestScript) {
    const last = raw.tokens[longestScript]?.startOffset ?? 0
    reporter.report('limit.tokens', place(last, last + 1), { count: raw.tokens.length })
    return undefined
  }
  for (const stray of raw.stray) reportStray(stray, context)
  const kept: t.Token[] = []
  for (const token of raw.tokens) if (settle(token, context)) kept.push(token)
  const paired = pairUp(kept, source, reporter)
  return paired === undefined ? undefined : joinLines(paired)
}

const spaces = /^[\p{Zs}\u200b\ufeff]+$/u

function reportStray(stray: { readonly start: number; readonly end: number }, { source, reporter }: PrepareContext): void {
  const text = source.text.slice(stray.start, stray.end)
  const span = { path: source.path, ...stray }
  // Invisible characters of the dangerous kinds are reported by the scan of the whole text.
  if (hidden.test(text)) return
  const point = text.codePointAt(0) ?? 0
  const name = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`
  const visible = /^[\p{L}\p{N}\p{P}\p{S}]/u.test(text)
  const edit = { kind: 'edit' as const, title: 'use a plain space', edits: [{ span, text: ' ' }], certain: true }
  reporter.report(
    'syntax.character',
    span,
    { character: visible ? `\`${[...text].slice(0, 12).join('')}\`` : `the character ${name}` },
    { fixes: spaces.test(text) ? [edit] : [] },
  )
}

/** NUL, the characters that turn the direction of a text, and halves of letters: refused everywhere. */
export const hidden = /[\0\p{Bidi_Control}\p{Cs}]/u

/** Gives one token its final kind and content; false when the parser need not see it. */
function settle(token: t.Token, context: PrepareContext): boolean {
  switch (token.tokenType) {
    case t.Name: {
      const keyword = t.keywords.get(token.image)
      if (keyword !== undefined) t.retag(token, keyword)
      return true
    }
    case t.LongText:
    case t.ShortText:
    case t.OtherText:
      settleText(token, context)
      return true
    case t.AndAnd:
      return respell(token, t.And, 'and', context)
    case t.OrOr:
      return respell(token, t.Or, 'or', context)
    case t.Bang:
      return respell(token, t.Not, 'not ', context)
    case t.Minus:
      return token.image === '-' || respell(token, t.Minus, '-', context)
    case t.SlashComment:
      return respell(token, t.SlashComment, token.image.replace(/^\/\/+/, '#'), context) && false
    case t.Semicolon: {
      report('syntax.punctuation', token, { found: ';' }, '\n', context)
      t.retag(token, t.Newline)
      return true
    }
    default:
      return true
  }
}

function respell(token: t.Token, kind: t.TokenType, instead: string, context: PrepareContext): boolean {
  const short = kind === t.SlashComment
  report('syntax.spelling', token, { found: short ? '//' : token.image, instead: short ? '#' : instead.trim() }, instead, context)
  t.retag(token, kind)
  return true
}

function report<C extends 'syntax.spelling' | 'syntax.punctuation'>(
  code: C,
  token: t.Token,
  holes: C extends 'syntax.spelling' ? { found: string; instead: string } : { found: string },
  text: string,
  { source, reporter }: PrepareContext,
): void {
  const span = { path: source.path, start: token.startOffset, end: t.endOf(token) }
  const title = text === '\n' ? 'start a new line' : `write ${text.trim()}`
  const fixes = [{ kind: 'edit' as const, title, edits: [{ span, text }], certain: true }]
  if (code === 'syntax.punctuation') reporter.report('syntax.punctuation', span, { found: holes.found }, { fixes })
  else reporter.report('syntax.spelling', span, { instead: '', ...holes }, { fixes })
}

function settleText(token: t.Token, context: PrepareContext): void {
  const { source } = context
  const start = token.startOffset
  const end = t.endOf(token)
  const plain = token.tokenType === t.ShortText && end - start >= 2 && end - start < 1000 && plainText.test(token.image)
  if (plain) {
    const inner = token.image.slice(1, -1)
    token.payload = { kind: 'text', parts: inner === '' ? [] : [inner], long: false, span: { path: source.path, start, end } }
    return
  }
  const style = token.tokenType === t.LongText ? 'long' : token.tokenType === t.ShortText ? 'short' : 'other'
  token.payload = readText({ start, end, style }, { ...context, readHole: (from, to) => readHole(from, to, context) })
}

/** A text without escapes and holes, the common case. */
const plainText = /^"[^"\\{}]*"$/
const simpleHole = /^[A-Za-z_]\w*(?:-\w+)*$/

function readHole(start: number, end: number, context: PrepareContext): Expr | undefined {
  const { source } = context
  const text = source.text.slice(start, end)
  const span: Span = { path: source.path, start, end }
  if (simpleHole.test(text) && !t.keywords.has(text)) return { kind: 'name', parts: [{ text, span }], separator: '.', span } satisfies Name
  const outer: Span = { path: source.path, start: start - 1, end: end + 1 }
  const raw = t.tokenize(text)
  for (const token of raw.tokens) {
    token.startOffset += start
    if (token.endOffset !== undefined) token.endOffset += start
  }
  // A `#` in a hole begins no comment: nobody would look for one there.
  const comments = raw.comments.map((token) => ({ start: token.startOffset, end: token.startOffset + 1 }))
  const stray = [...raw.stray, ...comments].map((found) => ({ start: found.start + start, end: found.end + start }))
  const tokens = prepare({ tokens: raw.tokens, comments: [], stray }, context)
  return tokens === undefined ? undefined : context.parseHole(tokens, outer)
}

/** A block's brace and `else` may stand on the line after what they belong to; `in` is a word of the grammar after `for`. */
function joinLines(tokens: readonly t.Token[]): t.Token[] {
  const joined: t.Token[] = []
  for (const token of tokens) {
    if (token.tokenType === t.LeftBrace) while (joined.at(-1)?.tokenType === t.Newline) joined.pop()
    if (token.tokenType === t.Else) {
      let last = joined.length
      while (joined[last - 1]?.tokenType === t.Newline) last -= 1
      if (joined[last - 1]?.tokenType === t.RightBrace) joined.length = last
    }
    if (token.image === 'in' && joined.at(-2)?.tokenType === t.For) t.retag(token, t.In)
    joined.push(token)
  }
  return joined
}
