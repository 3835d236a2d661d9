import { expect, test } from 'vitest'
import type { Expr } from '../../src/lang/ast.ts'
import { applyFixes } from '../../src/lang/syntax/fixes.ts'
import { at, bindFirst, summary } from './syntax-kit.ts'

/** Which text fills which place: `name=open duration=6s from.image="x"`. */
function bound(text: string, parent: string): string {
  const { bound: result, diagnostics } = bindFirst(text, parent)
  if (result === undefined) return summary(text, diagnostics).join(' & ')
  const show = (values: readonly Expr[]) => values.map((value) => at(text, value.span)).join('|')
  const args = [...result.args].map(([name, values]) => `${name}=${show(values)}`)
  const clauses = [...result.clauses].map(([word, inner]) =>
    [word, ...[...inner].map(([name, values]) => `${name}=${show(values)}`)].join('.'),
  )
  return [...args, ...clauses].join(' ')
}
const mended = (text: string, parent: string) => applyFixes({ path: 'test.ltx', text }, bindFirst(text, parent).diagnostics)
const suggested = (text: string, parent: string) =>
  bindFirst(text, parent).diagnostics.flatMap((one) =>
    one.fixes.flatMap((fix) => (fix.kind === 'edit' ? fix.edits.map((edit) => edit.text) : [])),
  )

test('arguments fill the places of the row, clauses their own', () => {
  expect(bound('shot open 6s from "a.png" to b on gpu', 'scene')).toBe(
    'name=open duration=6s from.image="a.png" to.image=b on.provider=gpu',
  )
  expect(bound('fade in 1s out 2s', 'bed')).toBe('in.length=1s out.length=2s')
  expect(bound('key env LTX_API_KEY', 'provider')).toBe('env.variable=LTX_API_KEY')
  expect(bound('use std/moves as m', 'file')).toBe('library=std/moves as.name=m')
  expect(bound('extend 6s before', 'shot')).toBe('duration=6s before')
})

test('places that may stay empty are skipped where the value does not fit them', () => {
  expect(bound('say "hello"', 'shot')).toBe('words="hello"')
  expect(bound('say line', 'shot')).toBe('words=line')
  expect(bound('say mara line', 'shot')).toBe('who=mara words=line')
  expect(bound('retake "level"', 'shot')).toBe('words="level"')
  expect(bound('retake last 2s "level"', 'shot')).toBe('words="level" last.length=2s')
  expect(bound('scene a', 'file')).toBe('name=a')
})

test('a place for many takes all, or a list', () => {
  expect(bound('camera "a" b "c"', 'shot')).toBe('words="a"|b|"c"')
  expect(bound('avoid ["a", b]', 'shot')).toBe('words=["a", b]')
})

test('a bare name may be a variable of any type, but not where a name itself is wanted', () => {
  expect(bound('takes n', 'shot')).toBe('count=n')
  expect(bound('over a/b..c', 'title')).toBe('item=a/b..c')
  expect(bound('duck -9dB under voice', 'bed')).toBe('amount=-9dB under.what=voice')
  expect(bound('takes a/b', 'shot')).toBe('type.wrong "a/b"')
  expect(bound('shot a.b', 'scene')).toBe('name.invalid "a.b"')
  expect(bound('wipe sideways 10f', 'file')).toBe('type.wrong "sideways"')
  expect(bound('on (a + b)', 'shot')).toBe('type.wrong "a + b"')
})

test('what is missing, left over or twice is said', () => {
  expect(bound('shot', 'scene')).toBe('statement.missing "shot"')
  expect(bound('gain', 'bed')).toBe('statement.missing "gain"')
  expect(bound('shot a from', 'scene')).toBe('statement.missing "from"')
  expect(bound('shot a from to "x"', 'scene')).toBe('statement.missing "from"')
  expect(bound('cut 3s', 'file')).toBe('statement.too-many "3s"')
  expect(bound('seed 1 2 3', 'shot')).toBe('statement.too-many "2 3"')
  expect(bound('shot a on b on c', 'scene')).toBe('statement.clause-repeated "on"')
})

test('all mistakes of one statement come at once', () => {
  expect(bound('key "x" "y" 3', 'shot')).toBe('type.wrong "\\"x\\"" & type.wrong "3"')
})

test('a mistyped clause explains what follows it', () => {
  expect(bound('shot a 6s form "x"', 'scene')).toBe('statement.unknown-clause "form"')
  expect(bound('shot a form "x"', 'scene')).toBe('statement.unknown-clause "form"')
  expect(bound('shot a 6s with "x"', 'scene')).toBe('statement.unknown-clause "with"')
  expect(mended('shot a 6s form "x"', 'scene')).toBe('shot a 6s from "x"')
})

test('a fix is certain where nothing else could be meant', () => {
  expect(mended('gain -18', 'bed')).toBe('gain -18dB')
  expect(mended('loudness -14', 'project')).toBe('loudness -14LUFS')
  expect(mended('budget 12', 'project')).toBe('budget $12')
  expect(mended('seed "42"', 'shot')).toBe('seed 42')
  expect(mended('shot "open" 6s', 'scene')).toBe('shot open 6s')
  expect(mended('wipe lef 10f', 'file')).toBe('wipe left 10f')
  expect(mended('at 2..4s "x"', 'shot')).toBe('at 2s..4s "x"')
})

test('and only suggested where it is a guess', () => {
  for (const [text, parent, wanted] of [
    ['extend 6', 'shot', '6s'],
    ['key 1s "x" 80', 'shot', '80%'],
    ['loudness -14dB', 'project', '-14LUFS'],
  ] as const) {
    expect(mended(text, parent)).toBe(text)
    expect(suggested(text, parent)).toContain(wanted)
  }
})

test('lengths, counts and money cannot be less than nothing; gains can', () => {
  expect(bound('takes -1', 'shot')).toBe('value.negative "-1"')
  expect(bound('dissolve -2s', 'file')).toBe('value.negative "-2s"')
  expect(bound('gain -3dB', 'bed')).toBe('gain=-3dB')
  expect(bound('let x -5', 'file')).toBe('name=x value=-5')
})

test('a statement with a syntax error is left alone', () => {
  const { bound: result, diagnostics } = bindFirst('shot a (1 +) 4s', 'scene')
  expect(result).toBeUndefined()
  expect(diagnostics.map((one) => one.code)).toEqual(['syntax.unexpected'])
})
