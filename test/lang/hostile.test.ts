// Scripts that are broken on purpose: load and evaluate never throw, refuse what would grow without end at once, and give the
// same answer twice.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compile, film } from './film.ts'

const sample = `ltx 1
use std/moves
use std/shots
param who: text = "Ada"
param n: int = 2
project "Hostile" { size 640x360 fps 24 seed 7 on gpu output "out/{slug(who)}.mp4" }
provider gpu local { key env A_KEY }
cast mara "a woman in {coat}" { image "m.png" }
let coat "a peacoat"
let places ["quay", "pier"]
template bit(name: text, hold: duration = 4s) { shot "{name}-bit" hold { "{mara} walks" camera moves.locked } }
scene harbor "a {places}" {
  look "low sun"
  avoid "fast zooms"
  shot open 6s { "{mara} walks {n + 1} steps"
    at 2s..4s "she turns"
    key 3s "k.png" 80%
    extend 4s "she stops" { context 2s }
    retake last 12f { keep sound }
    takes 2 }
  dissolve 12f
  shot line from "m.png" sync "v.wav" { shots.speaks-to-camera(who: mara)
    say mara "Hello." }
}
for p in places { bit(name: p) }
if n > 1 and not (n == 3) { card end 2s "End" { below "x" } } else { still s 2s "s.png" }
clip c "c.mp4" 1s..2s
bed rain "r.wav" { over harbor gain -18dB fade in 1s out 2s loop duck -9dB under voice }
title "T" 0s..1s { over harbor/open style top }
captions { burn true }
deliver v { size 360x640 fit pad }
`.replace('{places}', '{join(places)}')

it('the sample they are made from is sound', () => {
  const { told, program } = compile(sample)
  expect(told).toEqual([])
  expect(program?.items).toHaveLength(6)
})

describe('whatever is done to a film', () => {
  const words = sample.split(/(\s+|[{}()[\].,:"])/)
  /** Drops, doubles, swaps or replaces some of its words. */
  const mutation = fc.array(
    fc.record({
      at: fc.nat(words.length - 1),
      what: fc.oneof(
        fc.constant('drop'),
        fc.constant('double'),
        fc.record({ from: fc.nat(words.length - 1) }),
        fc.constantFrom(
          '{',
          '}',
          '"',
          '..',
          '0s',
          '-1s',
          '9'.repeat(400),
          '[]',
          '()',
          '__proto__',
          'if',
          'shot',
          '\0',
          '\u202e',
          '\ud800',
          '{{',
          '999999h',
          '-',
          '/',
        ),
      ),
    }),
    { minLength: 1, maxLength: 6 },
  )
  const mutate = (changes: readonly { at: number; what: string | { from: number } }[]): string => {
    const now = [...words]
    for (const { at, what } of changes) {
      if (what === 'drop') now[at] = ''
      else if (what === 'double') now[at] = `${now[at]}${now[at]}`
      else now[at] = typeof what === 'string' ? what : (words[what.from] ?? '')
    }
    return now.join('')
  }

  it('it is compiled or told what is wrong, the same each time', () => {
    fc.assert(
      fc.property(mutation, (changes) => {
        const source = mutate(changes)
        const one = compile(source)
        const failed = one.diagnostics.some((diagnostic) => diagnostic.severity === 'error')
        expect(one.program === undefined).toBe(failed || one.loaded.files.get('film.ltx')?.kind === 'library')
        const length = (path: string): number => one.loaded.files.get(path)?.source.text.length ?? 0
        for (const { span } of one.diagnostics)
          expect(span.start >= 0 && span.end >= span.start && span.end <= Math.max(length(span.path), 0)).toBe(true)
        const two = compile(source)
        expect(two.told).toEqual(one.told)
        expect(two.program).toEqual(one.program)
      }),
      { numRuns: 200 },
    )
  })

  it('of noise as well', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (noise) => void compile(`ltx 1\nproject "F"\n${noise}`)),
      { numRuns: 300 },
    )
  })
})

describe('what would grow without end is refused', () => {
  const quickly = (source: string, code: string): void => {
    compile(film('shot a 4s { "she walks" }'))
    // Work done, not time passed: the machine may be busy with other things.
    const before = process.cpuUsage()
    const { codes, program } = compile(source)
    const { user, system } = process.cpuUsage(before)
    expect(codes).toContain(code)
    expect(program).toBeUndefined()
    // Far above what it takes, far below what expanding it would.
    expect((user + system) / 1000).toBeLessThan(1500)
  }
  const doubled = (first: string, join: (name: string) => string, count: number): string =>
    Array.from({ length: count }, (_, at) => `let v${at + 1} ${join(`v${at}`)}`).reduce((all, one) => `${all}\n${one}`, `let v0 ${first}`)

  it('a loop in a loop in a loop', () => {
    const source = 'let l range(1, 1000)\nfor a in l { for b in l { for c in l { card "c{a}-{b}-{c}" 1s "x" } } }'
    quickly(film(source), 'limit.expansion')
  })
  it('a template that places itself', () => quickly(film('template t() { t() }\nt()'), 'limit.depth'))
  it('a template that places itself twice', () => quickly(film('template t() { t()\nt() }\nt()'), 'limit.depth'))
  it('templates that double each other', () => {
    const templates = Array.from({ length: 30 }, (_, at) => `template t${at}() { t${at + 1}()\nt${at + 1}() }`).join('\n')
    quickly(film(`${templates}\ntemplate t30() { }\nt0()`), 'limit.expansion')
  })
  it('a text that doubles', () => quickly(film(doubled('"xxxxxxxxxxxxxxxx"', (name) => `"{${name}}{${name}}"`, 40)), 'limit.text'))
  it('a text that doubles by sums', () => quickly(film(doubled('"xxxxxxxxxxxxxxxx"', (name) => `(${name} + ${name})`, 40)), 'limit.text'))
  it('a list that doubles', () => quickly(film(doubled('[1, 2]', (name) => `(${name} + ${name})`, 40)), 'limit.expansion'))
  it('a list of lists of lists', () => quickly(film(doubled('[1, 2]', (name) => `[${name}, ${name}]`, 40)), 'limit.expansion'))
  it('a long text in a long loop', () => {
    const source = `let t "${'x'.repeat(60_000)}"\nfor i in range(1, 9000) { card "c{i}" 1s "{t}{len(t)}" }`
    quickly(film(source), 'limit.expansion')
  })
  it('more shots than a film may have', () =>
    quickly(film('for a in range(1, 110) { for b in range(1, 110) { card "c{a}-{b}" 1s "x" } }'), 'limit.expansion'))
  it('names that stand for names, a thousand deep', () =>
    quickly(
      film(
        doubled('"x"', (name) => `"{${name}}"`, 1000)
          .split('\n')
          .reverse()
          .join('\n'),
      ),
      'limit.depth',
    ))
  it('blocks in templates in blocks', () => {
    const nest = (inner: string): string => `${'if true { '.repeat(50)}${inner}${' }'.repeat(50)}`
    const templates = Array.from({ length: 31 }, (_, at) => `template t${at}() { ${nest(`t${at + 1}()`)} }`).join('\n')
    quickly(film(`${templates}\ntemplate t31() { }\nt0()`), 'limit.depth')
  })
})

it('a film of ten thousand shots is within the limits', () => {
  const { told, program } = compile(
    film('for a in range(1, 100) { for b in range(1, 100) { shot "s{a}-{b}" 4s { "she walks {a} steps to {b}" } } }'),
  )
  expect(told).toEqual([])
  expect(program?.items).toHaveLength(10_000)
})
