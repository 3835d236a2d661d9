import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openReporter } from '../../src/lang/diagnostic.ts'
import { closest, nearest } from '../../src/lang/suggest.ts'
import { diffText } from '../../src/lang/syntax/diff.ts'
import { applyEdits, applyFixes } from '../../src/lang/syntax/fixes.ts'
import { check } from './syntax-kit.ts'

const span = (start: number, end: number, path = 'test.ltx') => ({ path, start, end })

test('edits are made in place order, insertions too', () => {
  expect(
    applyEdits('abcdef', [
      { span: span(4, 5), text: 'X' },
      { span: span(0, 0), text: '>' },
      { span: span(1, 3), text: '' },
    ]),
  ).toBe('>adXf')
})

test('only certain edits of this file are made, and none over another', () => {
  const reporter = openReporter()
  const fix = (at: number, end: number, text: string, certain: boolean, path = 'test.ltx') =>
    reporter.report(
      'syntax.character',
      span(at, end),
      { character: 'x' },
      {
        fixes: [{ kind: 'edit', title: '', edits: [{ span: span(at, end, path), text }], certain }],
      },
    )
  fix(0, 1, 'A', true)
  fix(1, 2, 'B', false)
  fix(2, 3, 'C', true, 'other.ltx')
  fix(3, 5, 'D', true)
  fix(4, 6, 'E', true)
  expect(applyFixes({ path: 'test.ltx', text: 'abcdef' }, reporter.diagnostics())).toBe('AbcDf')
})

test('mending again and again comes to an end, and what is left has no certain fix', () => {
  let text =
    'project: "x" { size 1920*1080, fps 24 fps; budget 12 }\nscen a { shto b 6sec form \'x.png\' { camrea “y” } } // z\nif a && !b { cut }\nlet c 2 + 3'
  for (let round = 0; round < 8; round += 1) text = applyFixes({ path: 'test.ltx', text }, check(text))
  expect(check(text).flatMap((one) => one.fixes.filter((fix) => fix.kind === 'edit' && fix.certain))).toEqual([])
  expect(text).toBe(
    'ltx 1\n\nproject "x" { size 1920x1080 fps 24fps\n budget $12 }\nscene a { shot b 6s from "x.png" { camera "y" } } # z\nif a and not b { cut }\nlet c (2 + 3)',
  )
  expect(check(text)).toEqual([])
})

test('a diff has the shape of `diff -u`', () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}\n`).join('')
  const after = before.replace('line 3\n', 'line three\n').replace('line 17\n', '')
  expect(diffText('film.ltx', before, after)).toBe(
    [
      ...[
        '--- film.ltx',
        '+++ film.ltx',
        '@@ -1,7 +1,7 @@',
        ' line 0',
        ' line 1',
        ' line 2',
        '-line 3',
        '+line three',
        ' line 4',
        ' line 5',
        ' line 6',
      ],
      ...['@@ -15,6 +15,5 @@', ' line 14', ' line 15', ' line 16', '-line 17', ' line 18', ' line 19', ''],
    ].join('\n'),
  )
  expect(diffText('film.ltx', 'a\n', 'a\n')).toBe('')
  expect(diffText('film.ltx', 'a', 'a\n')).toBe('--- film.ltx\n+++ film.ltx\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n')
})

/** Puts a diff's lines back together: what was and what is. */
function sides(diff: string): readonly [string, string] {
  const body = diff
    .split('\n')
    .slice(2, -1)
    .filter((line) => !line.startsWith('@@'))
  const side = (kind: string) =>
    body
      .filter((line) => line.startsWith(kind) || line.startsWith(' '))
      .map((line) => `${line.slice(1)}\n`)
      .join('')
  return [side('-'), side('+')]
}

test('property: a diff of short texts holds both of them', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 7 }).map((lines) => lines.map((line) => `${line}\n`).join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      fc.pre(before !== after)
      const kept = [...sides(diffText('x', before, after))]
      // Lines far from any change are left out; with seven lines and a context of three they stand only at the ends.
      expect(before.includes(kept[0] ?? '-')).toBe(true)
      expect(after.includes(kept[1] ?? '-')).toBe(true)
      expect(before.replace(kept[0] ?? '', kept[1] ?? '')).toBe(after)
    }),
    { numRuns: 500 },
  )
})

test('the word that was probably meant', () => {
  const words = ['camera', 'look', 'sound', 'shot', 'scene', 'seed']
  expect(closest('camrea', words)).toBe('camera')
  expect(closest('shto', words)).toBe('shot')
  expect(closest('Scene', words)).toBe('scene')
  expect(closest('look', words)).toBeUndefined()
  expect(closest('zebra', words)).toBeUndefined()
  expect(nearest('bat', ['cat', 'hat'])).toEqual({ word: 'cat', distance: 1, unique: false })
  expect(closest('x'.repeat(10_000), ['y'.repeat(10_000)])).toBeUndefined()
})
