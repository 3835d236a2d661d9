import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Details, openReporter } from '../../src/lang/diagnostic.ts'
import { renderDiagnostics } from '../../src/report/frame.ts'
import { safeLine, safeText } from '../../src/safe-text.ts'

const sourceOf = (text: string, path = 'film.ltx') => new Map([[path, { path, text }]])

/** What is drawn for a made-up mistake at `[start, end)`. */
function draw(text: string, start: number, end: number, details: Details = {}, options = { colour: false, width: 80 }): readonly string[] {
  const reporter = openReporter()
  reporter.report('syntax.character', { path: 'film.ltx', start, end }, { character: '`@`' }, { hint: 'take it out', ...details })
  return renderDiagnostics(reporter.diagnostics(), sourceOf(text), options).split('\n')
}
const span = (start: number, end: number) => ({ path: 'film.ltx', start, end })
const rowsOf = (text: string, start: number, end: number, width = 80) =>
  draw(text, start, end, {}, { colour: false, width })
    .slice(2, 4)
    .map((row) => row.replace(/^.*?│ ?/, ''))

test('message, code, place, the line, what is meant, what to do', () => {
  expect(draw('ltx 1\nlet coat @\n', 15, 16)).toEqual([
    'error: `@` means nothing here [syntax.character]',
    '    ╭─ film.ltx:2:10',
    '  2 │ let coat @',
    '    │          ^',
    '    = hint: take it out',
    '',
  ])
})

test('tabs, wide and combining letters keep the mark below what it marks', () => {
  expect(rowsOf('\tcut @', 5, 6)).toEqual(['    cut @', '        ^'])
  expect(rowsOf('a\tb @', 4, 5)).toEqual(['a   b @', '      ^'])
  expect(rowsOf('漢字 @', 3, 4)).toEqual(['漢字 @', '     ^'])
  expect(rowsOf('e\u0301 @', 3, 4)).toEqual(['e\u0301 @', '  ^'])
  expect(rowsOf('"漢" x', 1, 2)).toEqual(['"漢" x', ' ^^'])
  expect(rowsOf('🎬 @', 3, 4)).toEqual(['🎬 @', '   ^'])
})

test('a place of no length has one mark, one over several lines is marked on its first', () => {
  expect(rowsOf('cut', 3, 3)).toEqual(['cut', '   ^'])
  expect(rowsOf('ab\ncd', 1, 5)).toEqual(['ab', ' ^'])
  expect(rowsOf('', 0, 0)).toEqual(['', '^'])
  expect(rowsOf('ab\r\ncd', 4, 6)).toEqual(['cd', '^^'])
})

test('a long line is cut around what is meant', () => {
  const text = `${'a'.repeat(100)}@${'b'.repeat(100)}`
  const [line, mark] = rowsOf(text, 100, 101, 60)
  expect(line).toMatch(/^…a+@b+…$/)
  expect(line?.length).toBeLessThanOrEqual(60)
  expect(mark?.indexOf('^')).toBe(line?.indexOf('@'))
})

test('nothing is wider than the terminal but what a place needs', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', '漢', '\t', 'e\u0301', ' ', '\x1b'), maxLength: 200 }),
      fc.nat(200),
      fc.integer({ min: 40, max: 120 }),
      (text, at, width) => {
        const start = Math.min(at, text.length)
        const [line = '', mark = ''] = rowsOf(text, start, Math.min(text.length, start + 3), width)
        const columns = (row: string) => [...row].reduce((sum, letter) => sum + (letter === '漢' ? 2 : letter === '\u0301' ? 0 : 1), 0)
        expect(columns(line)).toBeLessThanOrEqual(Math.max(20, width))
        expect(mark).toMatch(/^ *\^+$/)
        expect(columns(mark)).toBeLessThanOrEqual(Math.max(21, width + 1))
      },
    ),
  )
})

test('related places, edits as the line would read, commands', () => {
  const notes = [{ message: 'the first one', span: span(0, 3) }]
  const fixes: Details['fixes'] = [
    { kind: 'edit', title: 'write b', edits: [{ span: span(4, 5), text: 'b' }], certain: true },
    { kind: 'edit', title: 'add a line', edits: [{ span: span(4, 4), text: 'x\n' }], certain: false },
    { kind: 'command', title: 'or ask', command: 'ltx explain x' },
  ]
  expect(draw('cut\n@', 4, 5, { notes, fixes })).toEqual([
    'error: `@` means nothing here [syntax.character]',
    '    ╭─ film.ltx:2:1',
    '  2 │ @',
    '    │ ^',
    '    ├─ film.ltx:1:1  the first one',
    '  1 │ cut',
    '    │ ---',
    '    = hint: take it out',
    '    = fix: write b',
    '  2 + b',
    '    = perhaps: add a line',
    '  2 + x',
    '  3 + @',
    '    = fix: or ask',
    '      $ ltx explain x',
    '',
  ])
})

test('the same note at the same place is told once', () => {
  const note = { message: 'placed here', span: span(0, 3) }
  expect(draw('cut\n@', 4, 5, { notes: [note, note] }).filter((row) => row.includes('placed here'))).toHaveLength(1)
})

test('a source that is not at hand is named', () => {
  const reporter = openReporter()
  reporter.report('syntax.character', { path: 'gone.ltx', start: 3, end: 4 }, { character: 'x' })
  expect(renderDiagnostics(reporter.diagnostics(), new Map(), { colour: false, width: 80 })).toContain('╭─ gone.ltx\n')
})

test('twenty are drawn, errors first, and the rest are counted', () => {
  const reporter = openReporter()
  for (let at = 0; at < 30; at += 1) reporter.report('prompt.still-photo', span(at, at + 1), { shot: `s${at}` })
  reporter.report('syntax.character', span(40, 41), { character: 'x' })
  const drawn = renderDiagnostics(reporter.diagnostics(), sourceOf('a'.repeat(50)), { colour: false, width: 80 })
  expect(drawn.match(/^(error|warning):/gm)).toHaveLength(20)
  expect(drawn).toContain('error: x means nothing here')
  expect(drawn.endsWith('and 11 more; mend these first\n')).toBe(true)
})

test('no diagnostics, no words', () => {
  expect(renderDiagnostics([], new Map(), { colour: true, width: 80 })).toBe('')
})

test('a secret is marked and not shown', () => {
  const reporter = openReporter()
  const text = 'let key "sk-not-a-real-key-0000000000000000"'
  reporter.report('secret.in-script', span(9, text.length - 1), { what: 'a key' })
  const drawn = renderDiagnostics(reporter.diagnostics(), sourceOf(text), { colour: false, width: 80 })
  expect(drawn).not.toContain('sk-not')
  expect(drawn).toContain('let key "•••')
})

test('colours are on and off', () => {
  expect(draw('@', 0, 1, {}, { colour: true, width: 80 }).join('\n')).toContain('\x1b[1;31merror\x1b[0m')
  expect(draw('@', 0, 1).join('\n')).not.toContain('\x1b')
})

const wild = fc.string({ unit: 'binary', maxLength: 40 })
/** Characters that can steer a terminal or hide text. */
const steering = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Cs}]/u

test('property: nothing a script says reaches the terminal unescaped, wherever it is shown', () => {
  fc.assert(
    fc.property(wild, wild, wild, (text, word, path) => {
      const reporter = openReporter()
      const place = { path, start: 0, end: text.length }
      reporter.report(
        'syntax.character',
        place,
        { character: word },
        {
          hint: word,
          notes: [{ message: word, span: place }],
          fixes: [
            { kind: 'edit', title: word, edits: [{ span: place, text: word }], certain: true },
            { kind: 'command', title: word, command: word },
          ],
        },
      )
      expect(renderDiagnostics(reporter.diagnostics(), sourceOf(text, path), { colour: false, width: 80 })).not.toMatch(steering)
    }),
    { numRuns: 2000 },
  )
})

test('unsafe text is shown, not obeyed', () => {
  expect(safeText('a\x1b[31m\r\0\x9b\u202e\u200b\ud800\n\tz')).toBe('a\\x1b[31m\\x0d\\x00\\x9b\\u202e\\u200b\\ud800\n\tz')
  expect(safeText('héllo 漢字 🎬 ok')).toBe('héllo 漢字 🎬 ok')
  expect(safeLine('a\nb\tc')).toBe('a\\nb\\tc')
})
