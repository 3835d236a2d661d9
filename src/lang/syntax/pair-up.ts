// Tokens in, tokens whose braces, brackets and parentheses all stand in pairs out; new lines inside parentheses and
// brackets are gone. A forgotten closing sign is put where the layout says it was forgotten, so that one slip is one error.
import type { Reporter } from '../diagnostic.ts'
import type { Source } from '../source.ts'
import * as t from './tokens.ts'

export const deepest = 64

const closers = new Map<t.TokenType, t.TokenType>([
  [t.LeftBrace, t.RightBrace],
  [t.LeftParen, t.RightParen],
  [t.LeftBracket, t.RightBracket],
])
const closing = new Set(closers.values())
const signOf = (token: t.Token): string => (token.tokenType.LABEL ?? '').replaceAll('`', '')
const closerOf = (token: t.Token): t.TokenType => closers.get(token.tokenType) ?? t.RightBrace

/** Undefined when the nesting is too deep to be a script. */
export function pairUp(tokens: readonly t.Token[], source: Source, reporter: Reporter): t.Token[] | undefined {
  const place = (start: number, end: number) => ({ path: source.path, start, end })
  const tooDeep = firstTooDeep(tokens)
  if (tooDeep !== undefined) {
    const what = tooDeep.tokenType === t.LeftBrace ? 'blocks' : 'parentheses and brackets'
    reporter.report('limit.nesting', place(tooDeep.startOffset, t.endOf(tooDeep)), { what })
    return undefined
  }
  const braced = closeBraces(tokens, source.text)
  for (const { opener, before } of braced.forgotten) {
    const notes = before === undefined ? [] : [{ message: 'it seems to end before this', span: place(before.startOffset, t.endOf(before)) }]
    reporter.report('syntax.unclosed', place(opener.startOffset, opener.startOffset + 1), { opening: '{', closing: '}' }, { notes })
  }
  for (const extra of braced.extra) reportUnopened(extra, '{')
  return closeParens(braced.tokens, reportUnclosed, reportUnopened)

  function reportUnopened(token: t.Token, opening: string): void {
    const span = place(token.startOffset, t.endOf(token))
    const fixes = [{ kind: 'edit' as const, title: 'take it out', edits: [{ span, text: '' }], certain: false }]
    reporter.report('syntax.unopened', span, { closing: signOf(token), opening }, { fixes })
  }
  function reportUnclosed(opener: t.Token, at: number): void {
    const sign = closerOf(opener) === t.RightParen ? ')' : ']'
    const edits = [{ span: place(at, at), text: sign }]
    const fixes = [{ kind: 'edit' as const, title: `close it with ${sign}`, edits, certain: false }]
    reporter.report('syntax.unclosed', place(opener.startOffset, t.endOf(opener)), { opening: signOf(opener), closing: sign }, { fixes })
  }
}

function firstTooDeep(tokens: readonly t.Token[]): t.Token | undefined {
  let depth = 0
  for (const token of tokens) {
    if (closers.has(token.tokenType)) {
      depth += 1
      if (depth > deepest) return token
    } else if (depth > 0 && closing.has(token.tokenType)) depth -= 1
  }
  return undefined
}

type Braced = {
  readonly tokens: readonly t.Token[]
  readonly forgotten: readonly { readonly opener: t.Token; readonly before?: t.Token }[]
  readonly extra: readonly t.Token[]
}

/** Makes all braces pairs: by the signs alone where they add up, else by the layout, else by closing what is open at the end. */
function closeBraces(tokens: readonly t.Token[], text: string): Braced {
  const plain = matchBraces(tokens, () => undefined)
  if (plain.forgotten.length === 0) return plain
  const column = columnsOf(tokens, text)
  const laidOut = matchBraces(tokens, column)
  return laidOut.extra.length <= plain.extra.length && laidOut.forgotten.length <= plain.forgotten.length + 1 ? laidOut : plain
}

/** For the first token of each line, how far it is indented; undefined for the others. */
function columnsOf(tokens: readonly t.Token[], text: string): (token: t.Token) => number | undefined {
  const firsts = new Map<t.Token, number>()
  let fresh = true
  for (const token of tokens) {
    if (token.tokenType === t.Newline) fresh = true
    else if (fresh) {
      const lineStart = Math.max(text.lastIndexOf('\n', token.startOffset - 1), text.lastIndexOf('\r', token.startOffset - 1)) + 1
      firsts.set(token, token.startOffset - lineStart)
      fresh = false
    }
  }
  return (token) => firsts.get(token)
}

function matchBraces(tokens: readonly t.Token[], column: (token: t.Token) => number | undefined): Braced {
  const out: t.Token[] = []
  const extra: t.Token[] = []
  const forgotten: { opener: t.Token; before?: t.Token }[] = []
  const open: { token: t.Token; indent: number }[] = []
  let indent = 0
  const close = (before: t.Token | undefined, at: number) => {
    const top = open.pop()
    if (top === undefined) return
    forgotten.push(before === undefined ? { opener: top.token } : { opener: top.token, before })
    out.push(t.unwritten(t.RightBrace, at))
  }
  for (const token of tokens) {
    const here = column(token)
    if (here !== undefined) {
      indent = here
      const closes = token.tokenType === t.RightBrace
      for (let top = open.at(-1); top !== undefined && (closes ? here < top.indent : here <= top.indent); top = open.at(-1)) {
        close(token, token.startOffset)
        if (!closes) out.push(t.unwritten(t.Newline, token.startOffset))
      }
    }
    if (token.tokenType === t.LeftBrace) open.push({ token, indent })
    else if (token.tokenType === t.RightBrace && open.pop() === undefined) {
      extra.push(token)
      continue
    }
    out.push(token)
  }
  const last = tokens.at(-1)
  while (open.length > 0) close(undefined, last === undefined ? 0 : t.endOf(last))
  return { tokens: out, forgotten, extra }
}

type ReportUnclosed = (opener: t.Token, at: number) => void
type ReportUnopened = (closer: t.Token, opening: string) => void

/** Pairs of parentheses and brackets never reach across a brace; one that is not closed ends with its line. */
function closeParens(tokens: readonly t.Token[], unclosed: ReportUnclosed, unopened: ReportUnopened): t.Token[] {
  const pairs = pairedParens(tokens)
  const out: t.Token[] = []
  const open: t.Token[] = []
  let last = 0
  const closeUnpaired = () => {
    for (let top = open.at(-1); top !== undefined && !pairs.has(top); top = open.at(-1)) {
      open.pop()
      unclosed(top, last)
      out.push(t.unwritten(closerOf(top), last))
    }
  }
  for (const token of tokens) {
    const type = token.tokenType
    if (type === t.LeftParen || type === t.LeftBracket) open.push(token)
    else if (type === t.RightParen || type === t.RightBracket) {
      if (!pairs.has(token)) {
        unopened(token, type === t.RightParen ? '(' : '[')
        continue
      }
      closeUnpaired()
      open.pop()
    } else if (type === t.Newline || type === t.LeftBrace || type === t.RightBrace) {
      closeUnpaired()
      if (open.length > 0 && type === t.Newline) continue
    }
    out.push(token)
    if (type !== t.Newline) last = t.endOf(token)
  }
  closeUnpaired()
  return out
}

/** The parentheses and brackets that have a partner. */
function pairedParens(tokens: readonly t.Token[]): ReadonlySet<t.Token> {
  const paired = new Set<t.Token>()
  let open: t.Token[] = []
  for (const token of tokens) {
    const type = token.tokenType
    if (type === t.LeftBrace || type === t.RightBrace) open = []
    else if (type === t.LeftParen || type === t.LeftBracket) open.push(token)
    else if (type === t.RightParen || type === t.RightBracket) {
      const partner = open.findLastIndex((opener) => closerOf(opener) === type)
      if (partner === -1) continue
      const opener = open[partner]
      open = open.slice(0, partner)
      if (opener !== undefined) paired.add(opener)
      paired.add(token)
    }
  }
  return paired
}
