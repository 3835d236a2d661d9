import { expect, test } from 'vitest'
import { rows } from '../../src/lang/schema.ts'
import { applyFixes } from '../../src/lang/syntax/fixes.ts'
import { film, series } from './films.ts'
import { at, check, summary } from './syntax-kit.ts'

const problems = (text: string) => summary(`ltx 1\n${text}`, check(`ltx 1\n${text}`))
const hints = (text: string) => check(`ltx 1\n${text}`).map((one) => one.hint)

test('the design’s films are sound', () => {
  expect(check(film)).toEqual([])
  expect(check(series)).toEqual([])
})

test.each(rows.map((row) => [row.word, row.example, row.parents] as const))(
  'the example of `%s` is sound where it may stand',
  (word, example, parents) => {
    const inner = example.replace('…', '')
    for (const parent of parents) {
      const wraps: Record<string, string> = {
        file: inner,
        project: `project "x" { ${inner} }`,
        provider: `provider p local { ${inner} }`,
        cast: `cast c "x" { ${inner} }`,
        scene: `scene s { ${inner} }`,
        shot: `shot s 4s { ${inner} }`,
        extend: `shot s 4s { extend 2s { ${inner} } }`,
        retake: `shot s 4s { retake 1s..2s { ${inner} } }`,
        bed: `bed b "x" { ${inner} }`,
        title: `title "x" 1s..2s { ${inner} }`,
        captions: `captions { ${inner} }`,
        card: `card c 2s "x" { ${inner} }`,
        clip: `clip c "x" { ${inner} }`,
        still: `still s 2s "x" { ${inner} }`,
        deliver: `deliver d { ${inner} }`,
        series: `series "x" { ${inner} }`,
      }
      const text = wraps[parent] ?? ''
      const source = word === 'ltx' ? 'ltx 1' : `ltx 1\n${text}`
      expect(check(source), source).toEqual([])
    }
  },
)

test('a mistyped statement is recognised, and what stands in it is still checked', () => {
  expect(problems('scen a { shto b 4s { "x" gain 1dB } }')).toEqual([
    'statement.unknown "scen"',
    'statement.unknown "shto"',
    'statement.misplaced "gain"',
  ])
  expect(hints('scen a { }')).toEqual(['did you mean `scene`?'])
})

test('a statement of another block says where it belongs', () => {
  expect(problems('scene a { gain 1dB }')).toEqual(['statement.misplaced "gain"'])
  expect(check('ltx 1\nscene a { gain 1dB }')[0]?.message).toBe('`gain` cannot stand in `scene`: it belongs in `bed`')
  expect(hints('project "x" { camra "y" }')).toEqual(['did you mean `camera`? It belongs in `scene`, `shot`, `extend` or `retake`'])
})

test('a word that is nothing says so once, and nothing in its block is guessed at', () => {
  expect(problems('flubber a { wibble 1 wobble 2 }')).toEqual(['statement.unknown "flubber"'])
})

test('words of their own stand in shots', () => {
  expect(problems('scene a { "words" }')).toEqual(['statement.misplaced "\\"words\\""'])
  expect(problems('shot a 4s { if x { "words" } extend 2s { "more" } retake 1s..2s { "again" } }')).toEqual([])
})

test('params, templates, uses and the version stand at the top of a file', () => {
  expect(problems('scene a { param x: int }\nif y { template t { } use std/moves }')).toEqual([
    'statement.misplaced "param x: int"',
    'statement.misplaced "template"',
    'statement.misplaced "use"',
  ])
})

test('a template may hold what a film, a scene or a shot may hold', () => {
  expect(problems('template t(a: text) { "words" scene s { } bed b "x" camera a cut }')).toEqual([])
  expect(problems('template t { gain 1dB }')).toEqual(['statement.misplaced "gain"'])
})

test('a block that must be there, and one that must not', () => {
  expect(problems('scene a')).toEqual(['statement.block-missing "scene a"'])
  expect(problems('cut { camera "x" }')).toEqual(['statement.block-unwanted "{"'])
})

test('what may stand once says where it stands already; branches are apart', () => {
  const text = 'ltx 1\nproject "x" { size 1x1  size 2x2 }'
  const [found] = check(text)
  expect(found?.code).toBe('statement.repeated')
  expect(found?.notes.map((note) => note.span.start)).toEqual([text.indexOf('size')])
  expect(problems('project "x" { if a { size 1x1 } else { size 2x2 } }')).toEqual([])
  expect(problems('scene a { cut cut camera "x" camera "y" }')).toEqual([])
})

test('the version is the first line', () => {
  const mend = (text: string) => applyFixes({ path: 'test.ltx', text }, check(text))
  expect(mend('cut')).toBe('ltx 1\n\ncut')
  expect(mend('# a film\ncut')).toBe('ltx 1\n\n# a film\ncut')
  expect(mend('\ufeffcut')).toBe('\ufeffltx 1\n\ncut')
  expect(summary('cut\nltx 1', check('cut\nltx 1'))).toEqual(['statement.version-place "ltx 1"'])
  expect(check('').map((one) => one.code)).toEqual(['statement.no-version'])
  expect(check('# a comment may stand above\nltx 1')).toEqual([])
})

test('types have few names; those of other languages are known', () => {
  expect(problems('param a: string\nparam b: list<txt>\ntemplate t(c: bool, d: "x" | "y") { }')).toEqual([
    'type.unknown "string"',
    'type.unknown "txt"',
  ])
  expect(applyFixes({ path: 'test.ltx', text: 'ltx 1\nparam a: string' }, check('ltx 1\nparam a: string'))).toBe('ltx 1\nparam a: text')
})

test('a statement that could not be read is not blamed twice', () => {
  expect(problems('shot a (1 +) 4s')).toEqual(['syntax.unexpected ")"'])
  expect(problems('scene a (')).toEqual(['syntax.unclosed "("'])
})

test('places are told by the words they stand on', () => {
  const text = 'ltx 1\nscene a {\n  shot b 4s {\n    gain 1dB\n  }\n}'
  expect(check(text).map((one) => at(text, one.span))).toEqual(['gain'])
})
