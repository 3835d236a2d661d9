import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { format } from '../../src/lang/syntax/format.ts'
import { film, series } from './films.ts'
import { formatted, meaning, read, readClean, scripts } from './syntax-kit.ts'

const layout = (text: string) => formatted(`ltx 1\n${text}`).slice('ltx 1\n'.length)

test('statements stand one a line, two spaces a level', () => {
  expect(layout('scene a   "x" {\n      shot b 4s {\n"words"\n}\n   }')).toBe('scene a "x" {\n  shot b 4s {\n    "words"\n  }\n}\n')
})

test('settings in a row line up their first argument; an empty line or another statement ends the row', () => {
  expect(layout('project "x" {\nsize 1x1\nloudness -14LUFS\n\nfps 24\n}')).toBe(
    'project "x" {\n  size     1x1\n  loudness -14LUFS\n\n  fps 24\n}\n',
  )
  expect(layout('shot a 4s {\nseed 1\ncut\nquality pro\n}')).toBe('shot a 4s {\n  seed 1\n  cut\n  quality pro\n}\n')
})

test('a setting without an argument stays in the row', () => {
  expect(layout('bed a "x" {\nloop\ngain 1dB\n}')).toBe('bed a "x" {\n  loop\n  gain 1dB\n}\n')
})

test('params line up their types', () => {
  expect(layout('param a: int\nparam longer: text = "x"')).toBe('param a:      int\nparam longer: text = "x"\n')
})

test('comments at the ends of adjacent lines line up', () => {
  expect(layout('cut # a\ndissolve 12f # b\n\nfade 1s # c')).toBe('cut           # a\ndissolve 12f  # b\n\nfade 1s  # c\n')
})

test('a block on one line stays there with two spaces between statements, as long as it fits', () => {
  expect(layout('bed a "x" {gain -1dB loop}')).toBe('bed a "x" { gain -1dB  loop }\n')
  expect(layout('if a {cut} else {fade 1s}')).toBe('if a { cut } else { fade 1s }\n')
  expect(layout('scene a {\n}')).toBe('scene a { }\n')
  const long = `shot a 4s { "${'x'.repeat(60)}" camera "${'y'.repeat(60)}" }`
  expect(layout(long)).toBe(`shot a 4s {\n  "${'x'.repeat(60)}"\n  camera "${'y'.repeat(60)}"\n}\n`)
})

test('several statements on one line of a tall block get lines of their own', () => {
  expect(layout('project "x" {\nsize 1x1 fps 24\n}')).toBe('project "x" {\n  size 1x1\n  fps  24\n}\n')
})

test('many empty lines become one, those at the ends of a block none', () => {
  expect(layout('cut\n\n\n\ncut\nscene a {\n\n  cut\n\n}\n\n\n')).toBe('cut\n\ncut\nscene a {\n  cut\n}\n')
})

test('comments stay with what they stood by', () => {
  const text = '# head\nltx 1 # version\n\n# about a\nscene a { # opens\n  # first\n  cut # trailing\n  # last\n} # closed\n# end\n'
  expect(formatted(text)).toBe(
    '# head\nltx 1  # version\n\n# about a\nscene a {  # opens\n  # first\n  cut  # trailing\n  # last\n}  # closed\n# end\n',
  )
})

test('comments inside a header move above it, those before `else` into its block', () => {
  expect(layout('shots.bump(\n  # why\n  a: 1,\n)')).toBe('# why\nshots.bump(a: 1)\n')
  expect(layout('if a {\n  cut\n} # no\nelse {\n  cut\n}')).toBe('if a {\n  cut\n} else {\n  # no\n  cut\n}\n')
})

test('a brace and an `else` on a line of their own come up', () => {
  expect(layout('if a\n{\n  cut\n}\nelse if b\n{\n  cut\n}')).toBe('if a {\n  cut\n} else if b {\n  cut\n}\n')
})

test('sums keep the parentheses they need and lose the others', () => {
  expect(layout('let a ((1 + 2) * (3 * 4))')).toBe('let a ((1 + 2) * (3 * 4))\n')
  expect(layout('let a (1 + (2 * 3))')).toBe('let a (1 + 2 * 3)\n')
  expect(layout('if ((a) and (not (b or c))) { cut }')).toBe('if a and not (b or c) { cut }\n')
  expect(layout('let a (5)')).toBe('let a 5\n')
  expect(layout('let a -(5)')).toBe('let a -(5)\n')
  expect(layout('let a (- 5)')).toBe('let a -5\n')
})

test('texts have one spelling of quotes and escapes', () => {
  expect(layout('"a\t{{b}} \\" \\\\ {  mara  }"')).toBe('"a\\t{{b}} \\" \\\\ {mara}"\n')
})

test('a long text keeps its lines, indented below its statement', () => {
  expect(layout('scene a {\n"""  one\n       two\n\n\n   three   """\n}')).toBe(
    'scene a {\n  """\n    one\n    two\n\n    three\n  """\n}\n',
  )
  expect(layout('""" one """')).toBe('"""one"""\n')
})

test('a list or a call that is too wide breaks, one value a line', () => {
  const long = Array.from({ length: 12 }, (_, at) => `"words ${at}"`)
  expect(layout(`let a [${long.join(',')}]`)).toBe(`let a [\n${long.map((one) => `  ${one},\n`).join('')}]\n`)
})

test('line ends become plain ones, a byte order mark goes', () => {
  expect(formatted('\ufeffltx 1\r\n\r\ncut\r\n')).toBe('ltx 1\n\ncut\n')
})

test('the design’s films read like themselves', () => {
  const spaces = (text: string) => text.replace(/ +/g, ' ')
  expect(spaces(formatted(film))).toBe(spaces(film))
  expect(spaces(formatted(series))).toBe(spaces(series))
})

const root = join(import.meta.dirname, '../..')
const scriptsIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /[^/\\]\.ltx$/.test(name))
    .map((name) => `${folder}/${name}`)

test.each(['stdlib', 'examples'])('every script of %s keeps its meaning and its comments', (folder) => {
  const found = scriptsIn(folder)
  expect(found.length).toBeGreaterThan(0)
  for (const path of found) {
    const text = readFileSync(join(root, path), 'utf8')
    const once = formatted(text)
    expect(meaning(readClean(once)), path).toEqual(meaning(readClean(text)))
    expect(comments(once), path).toEqual(comments(text))
    expect(formatted(once), path).toBe(once)
  }
})

const comments = (text: string) => readClean(text).comments.map((comment) => comment.text)

test('property: formatting keeps the meaning and every comment, and a second time changes nothing', () => {
  fc.assert(
    fc.property(scripts, (body) => {
      const text = `ltx 1\n${body}`
      // The generator may put together a statement that is none; those are another test's.
      const { file, diagnostics } = read(text)
      fc.pre(diagnostics.length === 0)
      const once = format(file, { path: 'test.ltx', text })
      expect(meaning(readClean(once))).toEqual(meaning(file))
      expect([...comments(once)].sort()).toEqual([...comments(text)].sort())
      expect(formatted(once)).toBe(once)
    }),
    { numRuns: 600 },
  )
})

test('property: the random scripts above are mostly read without an error', () => {
  const clean = fc.sample(scripts, 300).filter((body) => read(`ltx 1\n${body}`).diagnostics.length === 0)
  expect(clean.length).toBeGreaterThan(200)
})
