// The house's rules as data: who may import whom, which package enters by which door, how long a file may be.
// Each rule is also tried on a planted fault, so that a rule that can no longer fail is noticed.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** Folder of the importer to the folders (or single files) it may import from. Anything under its own folder is allowed. */
const direction: Readonly<Record<string, readonly string[]>> = {
  lang: [],
  media: ['lang', 'failure', 'package-root', 'world'],
  providers: ['media', 'lang', 'failure', 'safe-text', 'world', 'package-root'],
  runtime: ['providers/provider', 'lang', 'failure', 'world'],
  report: ['runtime/event', 'lang', 'failure', 'safe-text'],
}

/** The rooms of `lang` one below the other: its own files are the nouns and tables that all of them read. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'lang/syntax': [],
  'lang/meaning': ['lang/syntax'],
  'lang/planning': ['lang/meaning'],
}

/** Package (or `node:`) to the only places that may import it. A trailing slash means a folder. */
const doors: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ['lang/syntax/tokens', 'lang/syntax/parse', 'lang/syntax/parser', 'lang/syntax/grammar'],
  xstate: ['runtime/'],
  undici: ['world.http.node', 'world.sockets.node'],
  'fluent-ffmpeg': ['media/ffmpeg'],
  ink: ['report/tui'],
  react: ['report/tui'],
  '@napi-rs/canvas': ['media/', 'providers/animatic/'],
  'node:': [
    'world.node',
    'world.hold.node',
    'world.keys.node',
    'world.http.node',
    'world.sockets.node',
    'world.spawn.node',
    'package-root',
    'cli',
    'cli/',
    'index',
    'compile',
    'open-script',
    'open-providers',
    'make',
    'deliver',
    'media/',
    'runtime/project-lock',
    'providers/animatic/',
    'providers/cut',
  ],
}

const longest = 500

type Module = { readonly path: string; readonly text: string }

function readModules(folder = 'src'): readonly Module[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ path: name.replaceAll('\\', '/').replace(/\.tsx?$/, ''), text: readFileSync(join(root, folder, name), 'utf8') }))
}

const importsOf = ({ text }: Module): readonly string[] =>
  [
    ...text.matchAll(/(?:^|\n)\s*(?:import|export)[^'"\n]*(?:\n[^'"\n;]*)*?from '([^']+)'|import\('([^']+)'\)|(?:^|\n)import '([^']+)'/g),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? '')

function wrongDirections(modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) => {
    const folder = module.path.includes('/') ? (module.path.split('/')[0] ?? '') : ''
    const allowed = direction[folder]
    if (allowed === undefined) return []
    return importsOf(module)
      .filter((target) => target.startsWith('.'))
      .map((target) => posix.join(dirname(module.path), target).replace(/\.tsx?$/, ''))
      .filter((target) => !target.startsWith(`${folder}/`) && !allowed.some((place) => target === place || target.startsWith(`${place}/`)))
      .map((target) => `${module.path} → ${target}`)
  })
}

function wrongRooms(modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) => {
    const room = dirname(module.path)
    if (!module.path.startsWith('lang/')) return []
    const allowed = rooms[room] ?? []
    return importsOf(module)
      .map((target) => posix.join(room, target).replace(/\.tsx?$/, ''))
      .filter((target) => Object.keys(rooms).some((other) => target.startsWith(`${other}/`)))
      .filter((target) => dirname(target) !== room && !allowed.includes(dirname(target)))
      .map((target) => `${module.path} → ${target}`)
  })
}

function wrongDoors(modules: readonly Module[]): readonly string[] {
  return modules.flatMap((module) =>
    importsOf(module).flatMap((target) => {
      const name = Object.keys(doors).find((door) =>
        door.endsWith(':') ? target.startsWith(door) : target === door || target.startsWith(`${door}/`),
      )
      const places = name === undefined ? undefined : doors[name]
      if (places === undefined) return []
      const open = places.some((place) =>
        place.endsWith('/')
          ? module.path.startsWith(place)
          : module.path === place || module.path.startsWith(`${place}.`) || module.path.startsWith(`${place}-`),
      )
      return open ? [] : [`${module.path} imports ${target}`]
    }),
  )
}

const tooLong = (modules: readonly Module[]): readonly string[] =>
  modules.filter(({ text }) => text.split('\n').length > longest).map(({ path, text }) => `${path}: ${text.split('\n').length} lines`)

const withoutHeader = (modules: readonly Module[]): readonly string[] =>
  modules.filter(({ text }) => !/^(#!.*\n)?(\/\/|\/\*)/.test(text)).map(({ path }) => path)

/** Import cycles between files, each as the path that closes it. */
function cycles(modules: readonly Module[]): readonly string[] {
  const graph = new Map(
    modules.map((module) => [
      module.path,
      importsOf(module)
        .filter((target) => target.startsWith('.'))
        .map((target) => posix.join(dirname(module.path), target).replace(/\.tsx?$/, '')),
    ]),
  )
  const found: string[] = []
  const done = new Set<string>()
  const walk = (path: string, trail: readonly string[]): void => {
    if (trail.includes(path)) {
      found.push([...trail.slice(trail.indexOf(path)), path].join(' → '))
      return
    }
    if (done.has(path)) return
    for (const next of graph.get(path) ?? []) walk(next, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) walk(path, [])
  return found
}

describe('the house', () => {
  const modules = readModules()

  it('is there to be looked at', () => {
    expect(modules.length).toBeGreaterThan(30)
    expect(modules.flatMap(importsOf).length).toBeGreaterThan(modules.length)
  })
  it('imports one way', () => expect(wrongDirections(modules)).toEqual([]))
  it('goes one way through the rooms of the language', () => expect(wrongRooms(modules)).toEqual([]))
  it('lets each package in by its own door', () => expect(wrongDoors(modules)).toEqual([]))
  it('has no import cycles', () => expect(cycles(modules)).toEqual([]))
  it('keeps files to a length one can read', () => expect(tooLong(modules)).toEqual([]))
  it('opens every file with what it is for', () => expect(withoutHeader(modules)).toEqual([]))
})

describe('the rules can fail', () => {
  const planted = (path: string, text: string): readonly Module[] => [{ path, text: `// planted\n${text}\n` }]

  it('on a wrong direction', () => {
    expect(wrongDirections(planted('lang/bad', "import { x } from '../media/film.ts'"))).toHaveLength(1)
    expect(wrongDirections(planted('runtime/bad', "import type { x } from '../providers/animatic/index.ts'"))).toHaveLength(1)
    expect(wrongDirections(planted('report/bad', "export {\n  x,\n} from '../runtime/run.ts'"))).toHaveLength(1)
  })
  it('on a wrong room', () => {
    expect(wrongRooms(planted('lang/syntax/bad', "import { x } from '../meaning/evaluate.ts'"))).toHaveLength(1)
    expect(wrongRooms(planted('lang/bad', "import { x } from './planning/make-plan.ts'"))).toHaveLength(1)
  })
  it('on a wrong door', () => {
    expect(wrongDoors(planted('lang/bad', "import { x } from 'node:fs'"))).toHaveLength(1)
    expect(wrongDoors(planted('cli/bad', "import ffmpeg from 'fluent-ffmpeg'"))).toHaveLength(1)
    expect(wrongDoors(planted('report/bad', "const x = await import('ink')"))).toHaveLength(1)
  })
  it('on a cycle', () => {
    expect(cycles([...planted('lang/a', "import { x } from './b.ts'"), ...planted('lang/b', "import { y } from './a.ts'")])).toHaveLength(1)
  })
  it('on a file without an end', () => expect(tooLong(planted('lang/bad', '\n'.repeat(600)))).toHaveLength(1))
  it('on a file that does not say what it is for', () => expect(withoutHeader([{ path: 'x', text: 'export const a = 1' }])).toHaveLength(1))
})
