// Text in, tokens out: chevrotain's lexer and every kind of token. A name with its dots or slashes is one token, a
// text with its holes is one token, a number with whatever is stuck to it is one token; what they mean is read later.
// Nothing here throws; what fits no token comes back as `stray` places.
import { createToken, createTokenInstance, type IToken, Lexer, type TokenType } from 'chevrotain'

export type Token = IToken
export type { TokenType }

/** Tokens that begin no statement; the parser takes one at a time, with an error. */
export const NoStatement = createToken({ name: 'NoStatement', pattern: Lexer.NA })
/** Signs that begin no argument and end none: strays where they stand in a statement. */
export const NoArgument = createToken({ name: 'NoArgument', pattern: Lexer.NA })
/** Operators that join two values. */
export const Joiner = createToken({ name: 'Joiner', pattern: Lexer.NA, categories: [NoStatement] })
/** Words that begin a statement wherever they stand. */
export const Opener = createToken({ name: 'Opener', pattern: Lexer.NA })

const letter = '[\\p{L}_]'
const rest = '[\\p{L}\\p{M}\\p{N}_]'
const word = `${letter}${rest}*(?:-${rest}+)*`
const namePattern = new RegExp(`${word}(?:(?:\\.${word})+|(?:/${word})+)?`, 'uy')
const asciiName = /[A-Za-z_]\w*(?:-\w+)*(?:(?:\.[A-Za-z_]\w*(?:-\w+)*)+|(?:\/[A-Za-z_]\w*(?:-\w+)*)+)?/y

function matchName(text: string, offset: number): RegExpExecArray | null {
  asciiName.lastIndex = offset
  const quick = asciiName.exec(text)
  // Only a letter from beyond ASCII can make the name longer than the quick pattern saw.
  if (quick !== null && !(text.charCodeAt(offset + quick[0].length) > 127)) return quick
  namePattern.lastIndex = offset
  return namePattern.exec(text)
}

/** A hole longer than this is taken for a forgotten brace; it also bounds the work on hostile input. */
const longestHole = 256

/** Where the hole that opens at `offset` ends (after its `}`), or -1. Texts inside it may hold braces and quotes. */
export function holeEnd(text: string, offset: number): number {
  let quoted = false
  const end = Math.min(text.length, offset + longestHole)
  for (let at = offset + 1; at < end; at += 1) {
    const char = text[at]
    if (char === '\n' || char === '\r') return -1
    if (quoted && char === '\\') at += 1
    else if (char === '"') quoted = !quoted
    else if (char === '}' && !quoted) return at + 1
  }
  return -1
}

/** The end of a text on one line, after its closing quote; where none closes it, the end of the line. */
function shortTextEnd(text: string, offset: number): number {
  const plain = plainTextEnd(text, offset)
  // A quote inside a hole ends no text; only when the line then closes properly is it read that way.
  if (text.indexOf('{', offset) === -1) return plain
  for (let at = offset + 1; at < text.length; at += 1) {
    const char = text[at]
    if (char === '\n' || char === '\r') return plain
    if (char === '\\') at += 1
    else if (char === '"') return at + 1
    else if (char === '{') {
      if (text[at + 1] === '{') at += 1
      else {
        const end = holeEnd(text, at)
        if (end === -1) return plain
        at = end - 1
      }
    }
  }
  return plain
}

function plainTextEnd(text: string, offset: number): number {
  for (let at = offset + 1; at < text.length; at += 1) {
    const char = text[at]
    if (char === '\n' || char === '\r') return at
    if (char === '\\' && text[at + 1] !== '\n' && text[at + 1] !== '\r') at += 1
    else if (char === '"') return at + 1
  }
  return text.length
}

function longTextEnd(text: string, offset: number): number {
  for (let at = text.indexOf('"""', offset + 3); at !== -1; at = text.indexOf('"""', at + 1)) {
    if (text[at - 1] !== '\\') return at + 3
  }
  return text.length
}

const matched = (text: string, start: number, end: number): [string] => [text.slice(start, end)]
const matchLongText = (text: string, offset: number) =>
  text.startsWith('"""', offset) ? matched(text, offset, longTextEnd(text, offset)) : null
const matchShortText = (text: string, offset: number) => (text[offset] === '"' ? matched(text, offset, shortTextEnd(text, offset)) : null)

// Where a name may start, for the lexer's table of first letters: chevrotain sorts letters beyond 255 into buckets of 256.
const nameStarts: (string | number)[] = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_']
for (let code = 0x80; code < 0x100; code += 1) nameStarts.push(code)
for (let code = 0x100; code <= 0xffff; code += 0x80) nameStarts.push(code)

const space = createToken({ name: 'Space', pattern: /[ \t\f\v]+/, group: Lexer.SKIPPED })
const comment = createToken({ name: 'Comment', pattern: /#[^\r\n]*/, group: 'comments' })
export const Newline = createToken({
  name: 'Newline',
  pattern: /\r\n?|\n/,
  line_breaks: true,
  label: 'a new line',
})
export const LongText = createToken({
  name: 'LongText',
  pattern: matchLongText,
  line_breaks: true,
  start_chars_hint: ['"'],
  label: 'a text',
})
export const ShortText = createToken({
  name: 'ShortText',
  pattern: matchShortText,
  line_breaks: false,
  start_chars_hint: ['"'],
  label: 'a text',
  categories: [LongText],
})
/** Texts in quotes of other languages; read as texts, with an error. */
export const OtherText = createToken({
  name: 'OtherText',
  pattern: /'[^'\r\n]*'|[“”„][^“”"\r\n]*[“”"]|[‘’‚][^‘’\r\n]*[‘’]|[«»][^«»\r\n]*[«»]|`[^`\r\n]*`/,
  categories: [LongText],
})
export const Quantity = createToken({
  name: 'Quantity',
  pattern: /\d+(?::\d+)+(?:[:;]\d+)?|[$€£]?(?:\d+(?:\.\d+)?|\.\d+)(?:[A-Za-z%×µ$€£_]+(?:\d+(?:\.\d+)?)?)*/,
  label: 'a value',
  categories: [NoStatement],
})
export const Name = createToken({
  name: 'Name',
  pattern: { exec: matchName },
  line_breaks: false,
  start_chars_hint: nameStarts,
  label: 'a name',
})

const sign = (name: string, pattern: RegExp | string, label: string, ...categories: TokenType[]) =>
  createToken({ name, pattern, label, categories })

export const SlashComment = sign('SlashComment', /\/\/[^\r\n]*/, '`//`')
export const DotDot = sign('DotDot', '..', '`..`', NoStatement, NoArgument)
export const EqualEqual = sign('EqualEqual', '==', '`==`', Joiner)
export const NotEqual = sign('NotEqual', '!=', '`!=`', Joiner)
export const LessEqual = sign('LessEqual', '<=', '`<=`', Joiner)
export const GreaterEqual = sign('GreaterEqual', '>=', '`>=`', Joiner)
export const Less = sign('Less', '<', '`<`', Joiner)
export const Greater = sign('Greater', '>', '`>`', Joiner)
export const Plus = sign('Plus', '+', '`+`', Joiner)
export const Minus = sign('Minus', /[-−–]/, '`-`', NoStatement)
export const Star = sign('Star', '*', '`*`', Joiner)
export const Slash = sign('Slash', '/', '`/`', Joiner)
export const AndAnd = sign('AndAnd', '&&', '`&&`', NoStatement, NoArgument)
export const OrOr = sign('OrOr', '||', '`||`', NoStatement, NoArgument)
export const Bang = sign('Bang', '!', '`!`', NoStatement, NoArgument)
export const Equal = sign('Equal', '=', '`=`', NoStatement, NoArgument)
export const Colon = sign('Colon', ':', '`:`', NoStatement, NoArgument)
export const Comma = sign('Comma', ',', '`,`', NoStatement, NoArgument)
export const Semicolon = sign('Semicolon', ';', '`;`', NoStatement, NoArgument)
export const Pipe = sign('Pipe', '|', '`|`', NoStatement, NoArgument)
export const LeftParen = sign('LeftParen', '(', '`(`', NoStatement)
export const RightParen = sign('RightParen', ')', '`)`', NoStatement, NoArgument)
export const LeftBracket = sign('LeftBracket', '[', '`[`', NoStatement)
export const RightBracket = sign('RightBracket', ']', '`]`', NoStatement, NoArgument)
export const LeftBrace = sign('LeftBrace', '{', '`{`', NoStatement)
export const RightBrace = sign('RightBrace', '}', '`}`')

// Words of the grammar are read as names first and then given these kinds; `in` and `as` stay names everywhere else.
const keyword = (text: string, ...categories: TokenType[]) =>
  createToken({ name: `Word_${text}`, pattern: Lexer.NA, label: `\`${text}\``, categories })
export const If = keyword('if', Opener)
export const Else = keyword('else', NoStatement, NoArgument)
export const For = keyword('for', Opener)
export const Template = keyword('template', Opener)
export const Param = keyword('param', Opener)
export const True = keyword('true', NoStatement)
export const False = keyword('false', NoStatement)
export const Not = keyword('not', NoStatement, NoArgument)
/** The `in` of `for x in list`; everywhere else it is a name. */
export const In = createToken({ name: 'Word_in', pattern: Lexer.NA, label: '`in`' })
export const And = keyword('and', Joiner)
export const Or = keyword('or', Joiner)

export const keywords: ReadonlyMap<string, TokenType> = new Map([
  ['if', If],
  ['else', Else],
  ['for', For],
  ['template', Template],
  ['param', Param],
  ['true', True],
  ['false', False],
  ['not', Not],
  ['and', And],
  ['or', Or],
])

const signs = [
  SlashComment,
  DotDot,
  ...[EqualEqual, NotEqual, LessEqual, GreaterEqual, Less, Greater, Plus, Minus, Star, Slash, AndAnd, OrOr, Bang, Equal],
  ...[Colon, Comma, Semicolon, Pipe, LeftParen, RightParen, LeftBracket, RightBracket, LeftBrace, RightBrace],
]
/** Every kind of token, in the order in which the lexer tries them. */
const lexed = [space, Newline, comment, LongText, ShortText, Name, Quantity, ...signs, OtherText]
export const vocabulary: TokenType[] = [...lexed, ...keywords.values(), In, NoStatement, NoArgument, Joiner, Opener]

/** A fresh lexer. `checked` lets chevrotain look for mistakes in the patterns; a test does, a run does not. */
export const openLexer = (checked: boolean): Lexer =>
  new Lexer(lexed, { positionTracking: 'onlyOffset', ensureOptimizations: true, skipValidations: !checked })

let lexer: Lexer | undefined

export type Tokens = {
  readonly tokens: Token[]
  readonly comments: readonly Token[]
  /** Stretches that fit no token. */
  readonly stray: readonly { readonly start: number; readonly end: number }[]
}

/** Splits a text; a byte order mark at its start is skipped. Offsets count from the text's start. */
export function tokenize(text: string): Tokens {
  lexer ??= openLexer(false)
  const plain = text.charCodeAt(0) === 0xfeff ? ` ${text.slice(1)}` : text
  const result = lexer.tokenize(plain)
  return {
    tokens: result.tokens,
    comments: result.groups.comments ?? [],
    stray: result.errors.map((found) => ({ start: found.offset, end: found.offset + found.length })),
  }
}

/** Offset after a token's last letter. */
export const endOf = (token: Token): number => token.startOffset + token.image.length

/** A token that nobody wrote, for what was forgotten; `of` tells its kind. */
export const unwritten = (of: TokenType, offset: number): Token => createTokenInstance(of, '', offset, offset, 0, 0, 0, 0)

/** Gives a token another kind: words of the grammar are read as names first. */
export function retag(token: Token, of: TokenType): void {
  token.tokenType = of
  token.tokenTypeIdx = of.tokenTypeIdx ?? 0
}
