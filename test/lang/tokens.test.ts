import { expect, test } from 'vitest'
import { endOf, openLexer, tokenize } from '../../src/lang/syntax/tokens.ts'
import { workOf } from '../work-done.ts'

const kinds = (text: string) => tokenize(text).tokens.map((token) => `${token.tokenType.name} ${token.image}`)

test('chevrotain finds no mistake in the patterns and can sort them by first letter', () => {
  expect(openLexer(true).lexerDefinitionErrors).toEqual([])
})

test('a name with its dots, slashes and hyphens is one token', () => {
  expect(kinds('harbor/open moves.slow-push std/moves a-b_c')).toEqual([
    'Name harbor/open',
    'Name moves.slow-push',
    'Name std/moves',
    'Name a-b_c',
  ])
})

test('names may be written in any script, also with letters beyond the basic plane', () => {
  expect(kinds('café-1 漢字 Ωmega 𝒳y é')).toEqual(['Name café-1', 'Name 漢字', 'Name Ωmega', 'Name 𝒳y', 'Name é'])
})

test('a range of names is three tokens, a minus with spaces is a sign', () => {
  expect(kinds('a..b a - b a-')).toEqual(['Name a', 'DotDot ..', 'Name b', 'Name a', 'Minus -', 'Name b', 'Name a', 'Minus -'])
})

test('a number keeps whatever is stuck to it', () => {
  expect(kinds('6s 1m30s 1920x1080 23.976fps 00:00:04:12 $5.00 80% 6sec 2s..4s')).toEqual([
    'Quantity 6s',
    'Quantity 1m30s',
    'Quantity 1920x1080',
    'Quantity 23.976fps',
    'Quantity 00:00:04:12',
    'Quantity $5.00',
    'Quantity 80%',
    'Quantity 6sec',
    'Quantity 2s',
    'DotDot ..',
    'Quantity 4s',
  ])
})

test('a text ends at its quote, not at one inside a hole', () => {
  expect(kinds('"a {slug("x")} b" c')).toEqual(['ShortText "a {slug("x")} b"', 'Name c'])
  expect(kinds('"a \\" b" c')).toEqual(['ShortText "a \\" b"', 'Name c'])
  expect(kinds('"a {{ b" c "d"')).toEqual(['ShortText "a {{ b"', 'Name c', 'ShortText "d"'])
})

test('a forgotten brace does not swallow the rest of the line', () => {
  expect(kinds('"open {mara" camera "x"')).toEqual(['ShortText "open {mara"', 'Name camera', 'ShortText "x"'])
})

test('an unclosed text ends with its line, an unclosed long one with the file', () => {
  expect(kinds('"abc\ncut')).toEqual(['ShortText "abc', 'Newline \n', 'Name cut'])
  expect(kinds('"""abc\ncut')).toEqual(['LongText """abc\ncut'])
  expect(kinds('"""a "b" \\""" c""" d')).toEqual(['LongText """a "b" \\""" c"""', 'Name d'])
})

test('comments are kept apart, a byte order mark is skipped, offsets stay true', () => {
  const { tokens, comments } = tokenize('\ufeffcut # why\r\nfade')
  expect(tokens.map((token) => [token.image, token.startOffset, endOf(token)])).toEqual([
    ['cut', 1, 4],
    ['\r\n', 10, 12],
    ['fade', 12, 16],
  ])
  expect(comments.map((token) => [token.image, token.startOffset])).toEqual([['# why', 5]])
})

test('what fits no token is given as a place', () => {
  expect(tokenize('a @@ b').stray).toEqual([{ start: 2, end: 4 }])
})

test('the lexer works in linear time on texts made to hurt it', () => {
  const time = (text: string): number => workOf(() => tokenize(text))
  tokenize('warm "up {x}" 1s')
  for (const piece of ['"{ ', '"{"', 'a-', 'a.', '1s', '{{', '\\', '"""', '"{a"', "'", '.5', '1:', '$']) {
    const small = piece.repeat(60_000)
    const ratio = time(small + small) / Math.max(5, time(small))
    expect(ratio, `${piece}: twice the text took ${ratio.toFixed(1)} times as long`).toBeLessThan(8)
  }
})
