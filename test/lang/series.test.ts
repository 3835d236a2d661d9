// The table of a series: CSV and JSON, typed by the film's params, every mistake at its cell.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openReporter } from '../../src/lang/diagnostic.ts'
import { readCsv } from '../../src/lang/meaning/csv.ts'
import { paramsOf } from '../../src/lang/meaning/file-scope.ts'
import type { ParamSpec } from '../../src/lang/meaning/param-input.ts'
import { checkOutputs, type Episode, findEpisode, readEpisodes } from '../../src/lang/meaning/series.ts'
import { positionAt } from '../../src/lang/source.ts'
import { compile } from './film.ts'

const source = `ltx 1
param number: int
param guest: text
param face: image
param hold: duration = 4s
param open: bool = true
param tags: list<text> = []
param mood: "calm" | "wild" = "calm"
series "S" { episodes "episodes.csv" output "out/{number}-{slug(guest)}.mp4" }
project "S" { size 640x360 }
shot hello hold from face { "{guest} waves" }
`
const params: readonly ParamSpec[] = paramsOf(compile(source, { sample: true }).loaded)

type Read = { readonly episodes: readonly Episode[]; readonly told: readonly string[] }
function read(text: string, format: 'csv' | 'json' = 'csv', specs = params): Read {
  const reporter = openReporter()
  const episodes = readEpisodes({ text, format, path: 'episodes.csv', home: 'film.ltx' }, specs, reporter)
  const told = reporter.diagnostics().map(({ code, message, span }) => {
    const { line, column } = positionAt(text, span.start)
    return `${line}:${column} ${code} ${message}`
  })
  return { episodes, told }
}
const plain = (episode: Episode | undefined): unknown => episode && Object.fromEntries(episode.params)

describe('a table in CSV', () => {
  it('is typed by the params; an empty field leaves a default', () => {
    const { episodes, told } = read('number,guest,face,hold,open,tags\n1,Ada,a.png,6s,false,x; y\n2,"Grace, ""Amazing""",g.png,,,\n')
    expect(told).toEqual([])
    expect(episodes.map(plain)).toEqual([
      { number: '1', guest: 'Ada', face: 'a.png', hold: '6s', open: 'false', tags: 'x; y' },
      { number: '2', guest: 'Grace, "Amazing"', face: 'g.png' },
    ])
    expect(episodes.map((episode) => episode.row)).toEqual([1, 2])
  })

  it('that is no UTF-8 is refused at its place, with what to do; a mark at its head is none of its text', () => {
    const head = 'number,guest,face,hold\n'
    expect(read(`\ufeff${head}1,Ada,a.png,6s\n`)).toMatchObject({ told: [], episodes: [{ row: 1 }] })
    // As the reader leaves a byte of Latin-1.
    expect(read(`${head}1,Ren\udce9e,a.png,6s\n`)).toEqual({
      episodes: [],
      told: ['2:6 series.malformed the table cannot be read: 0xE9 is a byte that is no UTF-8'],
    })
    const wide = (text: string) => [...text].flatMap((letter) => [letter, '\0']).join('')
    for (const text of [`\udcff${wide(head)}`, wide(head), `\0${wide(head)}`, `\udcfe${wide(head)}`])
      expect(read(text).told).toEqual(['1:1 series.malformed the table cannot be read: the file is UTF-16, not UTF-8'])
    expect(read('\udcff[]', 'json').told).toEqual(['1:1 series.malformed the table cannot be read: the file is UTF-16, not UTF-8'])
  })
  it('becomes films', () => {
    const { episodes } = read('number,guest,face,hold\n12,Ada Lovelace,a.png,6s\n')
    const made = compile(source, { params: episodes[0]?.params ?? new Map() })
    expect(made.told).toEqual([])
    expect(made.program?.film).toMatchObject({ title: 'S', output: 'out/12-ada-lovelace.mp4' })
    expect(made.program?.items[0]).toMatchObject({ frames: 144, words: { action: ['Ada Lovelace waves'] } })
  })

  it('may have a byte order mark, CRLF, empty lines, spaces around names, and no line end', () => {
    const { episodes, told } = read('\ufeffnumber , guest,face\r\n\r\n1,Ada,a.png\r\n\r\n2,"Gr\r\nace",g.png')
    expect(told).toEqual([])
    expect(episodes.map(plain)).toEqual([
      { number: '1', guest: 'Ada', face: 'a.png' },
      { number: '2', guest: 'Gr\r\nace', face: 'g.png' },
    ])
  })

  it.each([
    [
      'a missing column',
      'number,guest\n1,Ada\n',
      ['1:1 series.column-missing the table has no column `face`, and the film has a param of that name without a default'],
    ],
    [
      'two missing columns',
      'number\n1\n',
      [
        '1:1 series.column-missing the table has no column `guest`, and the film has a param of that name without a default',
        '1:2 series.column-missing the table has no column `face`, and the film has a param of that name without a default',
      ],
    ],
    [
      'an unknown column',
      'number,guest,face,hodl\n1,Ada,a.png,6s\n',
      ['1:19 series.column-unknown the film has no param for the column `hodl`'],
    ],
    ['a column twice', 'number,guest,face,guest\n1,Ada,a.png,Bob\n', ['1:19 name.duplicate there are two columns named `guest`']],
    [
      'a number that is none',
      'number,guest,face\n1,Ada,a.png\nmany,Bob,b.png\n',
      ['3:1 series.value `number in row 2` must be a whole number, not "many"'],
    ],
    [
      'a length that is none',
      'number,guest,face,hold\n1,Ada,a.png,6\n',
      ['2:13 series.value `hold in row 1` must be a length such as `4s`, not "6"'],
    ],
    [
      'a choice that is none',
      'number,guest,face,mood\n1,Ada,a.png,loud\n',
      ['2:13 series.value `mood in row 1` must be "calm" or "wild", not "loud"'],
    ],
    ['an episode twice', 'number,guest,face\n1,Ada,a.png\n01,Bob,b.png\n', ['3:1 name.duplicate there are two episodes named `01`']],
    [
      'a path out of the project',
      'number,guest,face\n1,Ada,../a.png\n',
      ['2:7 series.value `face in row 1` must be a picture, not a path that leaves the project'],
    ],
    [
      'an empty field without a default',
      'number,guest,face\n1,Ada,\n',
      ['2:7 series.value `face in row 1` must be a picture, not an empty path'],
    ],
    [
      'too few fields',
      'number,guest,face\n1,Ada\n',
      [
        '2:1 series.malformed the table cannot be read: this row has 2 fields, the first line has 3',
        '2:1 series.value `face in row 1` must be there, not left out',
      ],
    ],
    [
      'a quote that is never closed',
      'number,guest,face\n1,"Ada,a.png\n',
      ['2:3 series.malformed the table cannot be read: a quoted field is never closed'],
    ],
    [
      'a quote inside a field',
      'number,guest,face\n1,A"da,a.png\n',
      ['2:4 series.malformed the table cannot be read: a quote stands inside a field that does not begin with one'],
    ],
    ['no rows', 'number,guest,face\n', ['1:1 series.empty the table has no rows']],
    ['nothing', '', ['1:1 series.empty the table has no rows']],
  ])('tells of %s', (_, text, told) => expect(read(text).told).toEqual(told))

  it('is bounded', () => expect(read(`number,guest,face\n${'1,Ada,a.png\n'.repeat(10_001)}`).told).toHaveLength(1))
})

describe('a table in JSON', () => {
  it('is a list of objects', () => {
    const { episodes, told } = read(
      JSON.stringify([
        { number: 1, guest: 'Ada', face: 'a.png', open: false, tags: ['x', 'y'] },
        { number: 2, guest: 3, face: 'g.png', hold: null },
      ]),
      'json',
    )
    expect(told).toEqual([])
    expect(episodes.map(plain)).toEqual([
      { number: 1, guest: 'Ada', face: 'a.png', open: false, tags: ['x', 'y'] },
      { number: 2, guest: 3, face: 'g.png' },
    ])
    expect(compile(source, { params: episodes[1]?.params ?? new Map() }).program?.film.output).toBe('out/2-3.mp4')
  })

  it.each([
    ['no JSON', '{"a": ', '1:7 series.malformed the table cannot be read: it is not JSON'],
    ['no list', '{}', '1:1 series.malformed the table cannot be read: it must be a list of objects'],
    ['a row that is no object', '[1]', '1:1 series.malformed the table cannot be read: row 1 is no object'],
    [
      'a member that is no value',
      '[{"number": {}}]',
      '1:1 series.malformed the table cannot be read: `number` in row 1 is neither a text, a number, true, false nor a list of these',
    ],
    [
      'a number with a fraction',
      '[{"number": 1.5, "guest": "a", "face": "a.png"}]',
      '1:1 series.value `number in row 1` must be a whole number, not a number',
    ],
  ])('tells of %s', (_, text, told) => expect(read(text, 'json').told).toEqual([told]))

  it('has names that objects have', () => {
    const spec: readonly ParamSpec[] = [{ name: '__proto__', type: { kind: 'text' }, optional: false }]
    const { episodes, told } = read('[{"__proto__": "x"}]', 'json', spec)
    expect(told).toEqual([])
    expect(episodes[0]?.params.get('__proto__')).toBe('x')
  })
})

describe('an episode', () => {
  it('is found by its number, or by its row where it has none', () => {
    const { episodes } = read('number,guest,face\n12,Ada,a.png\n7,Bob,b.png\n')
    expect(findEpisode(episodes, '7', params)?.row).toBe(2)
    expect(findEpisode(episodes, '007', params)?.row).toBe(2)
    expect(findEpisode(episodes, '1', params)).toBeUndefined()
    expect(findEpisode(episodes, '', params)).toBeUndefined()
    const nameless = params.filter((param) => param.type.kind !== 'int')
    expect(findEpisode(episodes, '1', nameless)?.row).toBe(1)
  })

  it('has a file of its own', () => {
    const reporter = openReporter()
    const span = (start: number) => ({ path: 'e.csv', start, end: start + 1 })
    checkOutputs(
      [
        { output: 'out/a.mp4', span: span(0) },
        { output: 'out/b.mp4', span: span(5) },
        { output: 'out/A.mp4', span: span(9) },
      ],
      reporter,
    )
    expect(reporter.diagnostics()).toMatchObject([{ code: 'film.same-output', span: { start: 9 }, notes: [{ span: { start: 0 } }] }])
  })
})

it('CSV gives back what was written', () => {
  const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', '\r', ' ', 'é', ';'), maxLength: 8 })
  const row = fc.array(field, { minLength: 2, maxLength: 4 })
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 5 }), fc.constantFrom('\n', '\r\n'), (rows, end) => {
      const table = readCsv(rows.map((one) => one.map(quote).join(',')).join(end), 100)
      expect(table.ok && table.rows.map((one) => one.map((cell) => cell.text))).toEqual(rows)
    }),
  )
})

it('no text is too odd to be refused', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.constantFrom('csv' as const, 'json' as const), (text, format) => {
      read(text, format)
    }),
  )
})
