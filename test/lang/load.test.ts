// What a script uses: found beside it, inside the project, once, without circles, within limits.
import { describe, expect, it } from 'vitest'
import { openReporter } from '../../src/lang/diagnostic.ts'
import { load, standardLibraries } from '../../src/lang/meaning/load.ts'
import { compile, film, readStandard } from './film.ts'

const shot = 'shot a 4s { "she walks" }'

describe('load', () => {
  it('reads every file once, the entry first, each by its path', () => {
    const asked: string[] = []
    const files: Readonly<Record<string, string>> = {
      'films/a.ltx': film(`use "../lib/b.ltx"\nuse "./c.ltx" as see\nuse std/moves\n${shot}`),
      'lib/b.ltx': 'ltx 1\nuse "./deep/d.ltx"\nuse std/moves',
      'films/c.ltx': 'ltx 1\nuse "../lib/deep/d.ltx"',
      'lib/deep/d.ltx': 'ltx 1\nlet x "y"',
    }
    const reporter = openReporter()
    const loaded = load(
      'films/a.ltx',
      (path) => {
        asked.push(path)
        return files[path]
      },
      readStandard,
      reporter,
    )
    expect(reporter.diagnostics()).toEqual([])
    expect([...loaded.files.keys()]).toEqual(['films/a.ltx', 'lib/b.ltx', 'lib/deep/d.ltx', 'std/moves', 'films/c.ltx'])
    expect(new Set(asked).size).toBe(asked.length)
    expect(loaded.files.get('films/a.ltx')?.uses.map(({ name, path }) => [name, path])).toEqual([
      ['b', 'lib/b.ltx'],
      ['see', 'films/c.ltx'],
      ['moves', 'std/moves'],
    ])
    expect(loaded.files.get('lib/b.ltx')?.kind).toBe('library')
  })

  it('hands a library’s own libraries on', () => {
    const { told, program } = compile({
      'a.ltx': film('use "./b.ltx" as b\nshot a 4s { "she walks" camera b.moves.locked }'),
      'b.ltx': 'ltx 1\nuse std/moves',
    })
    expect(told).toEqual([])
    expect(program?.items[0]).toMatchObject({ words: { camera: ['the camera is locked off on a tripod, perfectly steady'] } })
  })

  it.each([
    ['a file that is not there', 'use "./b.ltx"', 'name.unknown ""./b.ltx"": there is no library named `b.ltx`'],
    ['a standard library that is not there', 'use std/movs', 'name.unknown "std/movs": there is no standard library named `std/movs`'],
    [
      'a file out of the project',
      'use "../b.ltx"',
      'asset.path ""../b.ltx"": the path `../b.ltx` cannot be used: it is a path that leaves the project',
    ],
    ['no script', 'use "./b.txt"', 'asset.path ""./b.txt"": the path `./b.txt` cannot be used: it is no `.ltx` file'],
    [
      'an address',
      'use "https://x.test/b.ltx"',
      'asset.path ""https://x.test/b.ltx"": the path `https://x.test/b.ltx` cannot be used: it is an address or a drive, not a file beside the script',
    ],
  ])('tells of %s', (_, use, told) => expect(compile(film(`${use}\n${shot}`)).told).toEqual([told]))

  it('tells of a missing library once, not at every use of it', () => {
    const { codes } = compile(
      film('use std/movs\nuse "./gone.ltx" as gone\nshot a 4s { "she walks {gone.x}" camera movs.locked }\ngone.t()'),
    )
    expect(codes).toEqual(['name.unknown', 'name.unknown'])
  })

  it('offers the standard library that was meant', () => {
    expect(compile(film(`use std/movs\n${shot}`)).diagnostics[0]).toMatchObject({
      hint: 'did you mean `std/moves`?',
      fixes: [{ edits: [{ text: 'std/moves' }] }],
    })
  })

  it('does not let a path be a value', () => {
    expect(compile(film(`let b "./b.ltx"\nuse "{b}"\n${shot}`)).codes).toEqual(['name.unknown'])
  })

  it('tells a circle with its whole chain', () => {
    const { told, diagnostics } = compile({
      'a.ltx': film(`use "./b.ltx"\n${shot}`),
      'b.ltx': 'ltx 1\nuse "./c.ltx"',
      'c.ltx': 'ltx 1\nuse "./b.ltx"',
    })
    expect(told).toEqual(['name.circle ""./b.ltx"": these stand for each other in a circle: `b.ltx` → `c.ltx` → `b.ltx`'])
    expect(diagnostics[0]?.notes).toMatchObject([{ span: { path: 'b.ltx' } }])
    expect(compile({ 'a.ltx': film(`use "./a.ltx"\n${shot}`) }).told).toEqual([
      'name.circle ""./a.ltx"": these stand for each other in a circle: `a.ltx` → `a.ltx`',
    ])
  })

  it('stops at 16 libraries in a row and at 256 in all', () => {
    const chain = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`l${at}.ltx`, `ltx 1\nuse "./l${at + 1}.ltx"`]))
    expect(compile({ 'a.ltx': film(`use "./l0.ltx"\n${shot}`), ...chain, 'l30.ltx': 'ltx 1' }).told).toEqual([
      'limit.uses ""./l15.ltx"": more than 16 libraries use each other in a row',
    ])
    const uses = Array.from({ length: 300 }, (_, at) => `use "./m${at}.ltx"`).join('\n')
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`m${at}.ltx`, 'ltx 1']))
    const wide = compile({ 'a.ltx': film(`${uses}\n${shot}`), ...many })
    expect(wide.codes.every((code) => code === 'limit.uses')).toBe(true)
    expect(wide.loaded.files.size).toBe(256)
  })

  it('says so when the script itself is not there', () => {
    const reporter = openReporter()
    const loaded = load('gone.ltx', () => undefined, readStandard, reporter)
    expect(loaded.files.size).toBe(0)
    expect(reporter.diagnostics().map(({ message }) => message)).toEqual(['there is no file named `gone.ltx`'])
  })

  it('knows the standard libraries that are there', () => {
    for (const name of standardLibraries) expect(readStandard(name), name).toBeDefined()
  })
})
