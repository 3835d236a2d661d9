// What people will copy has to work: every ltx block of the documentation, every example film, every standard library, and
// every episode of an example's table. Also that the examples' assets are there, and are ours to remake.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../src/cli/commands.ts'
import type { Catalogue } from '../src/lang/catalogue.ts'
import { type Diagnostic, openReporter } from '../src/lang/diagnostic.ts'
import { evaluate } from '../src/lang/meaning/evaluate.ts'
import { paramsOf } from '../src/lang/meaning/file-scope.ts'
import { load } from '../src/lang/meaning/load.ts'
import type { ParamInput } from '../src/lang/meaning/param-input.ts'
import { readEpisodes } from '../src/lang/meaning/series.ts'
import type { Program } from '../src/lang/program.ts'
import { positionAt } from '../src/lang/source.ts'
import { checkFile } from '../src/lang/syntax/check.ts'
import { format } from '../src/lang/syntax/format.ts'
import { parse } from '../src/lang/syntax/parse.ts'
import { capabilitiesOf } from '../src/providers/catalogue.ts'
import { exits } from '../src/report/exit.ts'

const root = join(import.meta.dirname, '..')
const catalogue: Catalogue = capabilitiesOf('')

const read = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, 'utf8') : undefined)
const readStd = (name: string): string | undefined => read(join(root, 'stdlib', `${name}.ltx`))

/** Files below a folder whose name ends so, relative to the repository; what a render left there is no part of it. */
function filesIn(folder: string, end: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end) && !/(^|[\\/])(\.|out[\\/])/.test(name))
    .map((name) => `${folder}/${name.replaceAll('\\', '/')}`)
    .sort()
}

type Compiled = { readonly program: Program | undefined; readonly problems: readonly string[]; readonly errors: readonly string[] }

/** Reads a script with everything it uses, checks and evaluates it. `files` answers for what lies beside it. */
function compile(entry: string, files: (path: string) => string | undefined, params?: ReadonlyMap<string, ParamInput>): Compiled {
  const reporter = openReporter()
  const loaded = load(entry, files, readStd, reporter)
  for (const file of loaded.files.values()) checkFile(file.ast, reporter)
  const program = evaluate(loaded, params === undefined ? { catalogue, sample: true } : { catalogue, params }, reporter)
  const told = (diagnostic: Diagnostic): string => {
    const text = loaded.files.get(diagnostic.span.path)?.source.text ?? ''
    return `${diagnostic.span.path}:${positionAt(text, diagnostic.span.start).line} ${diagnostic.code}: ${diagnostic.message}`
  }
  const found = reporter.diagnostics()
  return { program, problems: found.map(told), errors: found.filter(({ severity }) => severity === 'error').map(told) }
}

/** A script of the repository; paths in it are relative to its own folder. */
const compileFile = (path: string, params?: ReadonlyMap<string, ParamInput>): Compiled =>
  compile(basename(path), (name) => read(join(root, dirname(path), name)), params)

type Fence = { readonly file: string; readonly line: number; readonly text: string }

function fencesIn(file: string): readonly Fence[] {
  const text = readFileSync(join(root, file), 'utf8')
  return [...text.matchAll(/^```ltx\n([\s\S]*?)^```$/gm)].map((match) => ({
    file,
    line: positionAt(text, match.index).line,
    text: match[1] ?? '',
  }))
}

/** What a block of the documentation may use without showing it. */
const bible = `ltx 1
let logo "assets/logo.png"
template speaks-to-camera(who: text) {
  "{who} speaks directly to the camera, lips in sync, head level and gaze on the camera"
  camera "steady at eye level"
}
`

/** A block that is no whole file is a piece of one: of a film, of a scene, of a shot, of a project. */
const surroundings: readonly (readonly [string, string])[] = [
  ['ltx 1\n', '\n'],
  ['ltx 1\nscene s {\n', '\n}\n'],
  ['ltx 1\nscene s { shot t 4s {\n', '\n} }\n'],
  ['ltx 1\nproject "p" {\n', '\n}\n'],
]

/** What is wrong with a block: all of it for a whole film, its structure for a piece. */
function faultsOf(block: string): readonly string[] {
  if (/^\s*ltx\s/.test(block)) return compile('block.ltx', (name) => ({ 'block.ltx': block, 'bible.ltx': bible })[name]).errors
  const attempts = surroundings.map(([before, after]) => {
    const reporter = openReporter()
    checkFile(parse({ path: 'block.ltx', text: before + block + after }, reporter), reporter)
    return reporter.diagnostics().filter(({ severity }) => severity === 'error')
  })
  const best = attempts.sort((a, b) => a.length - b.length)[0] ?? []
  return best.map(({ code, message }) => `${code}: ${message}`)
}

/** Every file that a program names. */
function assetsOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const here = 'kind' in value && 'path' in value && /^(image|audio|video)$/.test(String(value.kind)) ? [String(value.path)] : []
  return [...here, ...Object.values(value).flatMap(assetsOf)]
}

const documents = ['README.md', 'ARCHITECTURE.md', ...filesIn('docs', '.md'), ...filesIn('examples', '.md')]
const examples = filesIn('examples', '.ltx')

describe('the documentation', () => {
  const fences = documents.flatMap(fencesIn)

  it('has blocks to check', () => expect(fences.length).toBeGreaterThan(0))

  it.each(fences)('$file, line $line', ({ text }) => expect(faultsOf(text)).toEqual([]))

  it('would not let a wrong block through', () => {
    expect(faultsOf('ltx 1\nproject "p" { }\nscene s { shot a 4s { "{nobody} walks by" } }\n')).not.toEqual([])
    expect(faultsOf('shto a 4s { "a boat leaves" }\n')).not.toEqual([])
  })

  it('links to files that are there', () => {
    const broken = documents.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)]
        .filter((match) => !existsSync(join(root, dirname(file), match[1] ?? '')))
        .map((match) => `${file}: ${match[1]}`),
    )
    expect(broken).toEqual([])
  })
})

describe('the README', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const firstCells = [...readme.matchAll(/^\| ([^|]+?) \|/gm)].map((match) => match[1] ?? '')

  // With GOLDEN=write the page is brought up to date instead.
  it('shows what `ltx plan` really prints of the harbor film', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ltx-readme-'))
    cpSync(join(root, 'examples/harbor'), folder, { recursive: true, filter: (path) => !/[\\/](\.ltx|out)$/.test(path) })
    const env = { PATH: process.env.PATH, NO_COLOR: '1' }
    const printed = execFileSync(process.execPath, [join(root, process.env.LTX_DIST ?? 'dist', 'cli.js'), 'plan', 'harbor.ltx'], {
      cwd: folder,
      env,
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    const shown = /^\$ ltx plan harbor\.ltx\n([\s\S]*?)^```$/m
    if (process.env.GOLDEN === 'write') {
      writeFileSync(
        join(root, 'README.md'),
        readme.replace(shown, () => `$ ltx plan harbor.ltx\n${printed}\`\`\``),
      )
    } else expect(shown.exec(readme)?.[1]).toBe(printed)
  })

  it('has a row for every command, and for nothing else', () => {
    const rows = firstCells.flatMap((cell) => /^`ltx ([a-z]+)/.exec(cell)?.[1] ?? [])
    expect(rows.sort()).toEqual(commands.map(({ name }) => name).sort())
  })

  it('says only options that there are', () => {
    const options: ReadonlySet<string> = new Set(commands.flatMap(({ options }) => options.map(({ name }) => name)))
    const said = [...readme.matchAll(/ltx [^`\n]*?--([a-z-]+)|`--([a-z-]+)/g)].map((match) => match[1] ?? match[2] ?? '')
    expect(said.length).toBeGreaterThan(0)
    expect(said.filter((name) => !options.has(name) && name !== 'help')).toEqual([])
  })

  it('has every exit code', () => {
    const rows = firstCells.filter((cell) => /^\d+(, \d+)*$/.test(cell)).flatMap((cell) => cell.split(', ').map(Number))
    expect(rows).toEqual(Object.values(exits).map(({ code }) => code))
  })
})

describe('the standard library', () => {
  const libraries = filesIn('stdlib', '.ltx')

  it('is there', () => expect(libraries.length).toBeGreaterThan(0))

  it.each(libraries)('%s', (path) => expect(compileFile(path).problems).toEqual([]))
})

describe('the examples', () => {
  it('are there', () => expect(examples.length).toBeGreaterThan(0))

  it.each(examples)('%s has nothing to complain of', (path) => expect(compileFile(path).problems).toEqual([]))

  it.each(examples)('%s is laid out', (path) => {
    const source = { path, text: readFileSync(join(root, path), 'utf8') }
    expect(source.text).toBe(format(parse(source, openReporter()), source))
  })

  it.each(examples)('%s names files that are there', (path) => {
    const named = /param \S+:\s*(?:image|audio|video)/.test(readFileSync(join(root, path), 'utf8'))
      ? []
      : assetsOf(compileFile(path).program)
    expect(named.filter((asset) => !existsSync(join(root, dirname(path), asset)))).toEqual([])
  })

  it('come with a page each, and with a note on how their assets were made', () => {
    for (const folder of new Set(examples.map(dirname))) {
      expect(existsSync(join(root, folder, 'README.md')), folder).toBe(true)
      expect(existsSync(join(root, folder, 'assets/README.md')), folder).toBe(true)
    }
  })

  it('use no asset that the script of assets does not make', () => {
    const script = readFileSync(join(root, 'scripts/make-assets.mjs'), 'utf8')
    const assets = filesIn('examples', '').filter((path) => /\/(assets|footage)\/.+\.(?!md$)[a-z0-9]+$/.test(path))
    expect(assets.length).toBeGreaterThan(0)
    expect(assets.filter((path) => !script.includes(`'${path}'`))).toEqual([])
  })
})

describe('the example series', () => {
  const path = 'examples/podcast-intro/episode.ltx'
  const table = readFileSync(join(root, 'examples/podcast-intro/episodes.csv'), 'utf8')
  const reporter = openReporter()
  const loaded = load('episode.ltx', (name) => read(join(root, dirname(path), name)), readStd, reporter)
  const episodes = readEpisodes({ text: table, format: 'csv', path: 'episodes.csv', home: 'episode.ltx' }, paramsOf(loaded), reporter)

  it('has three rows that fit its params', () => {
    expect(reporter.diagnostics().map(({ message }) => message)).toEqual([])
    expect(episodes.length).toBe(3)
  })

  it.each(episodes.map(({ row, params }) => ({ row, params })))('compiles row $row', ({ params }) => {
    const { program, problems } = compileFile(path, params)
    expect(problems).toEqual([])
    const missing = assetsOf(program).filter((asset) => !existsSync(join(root, dirname(path), asset)))
    expect(missing).toEqual([])
  })

  it('gives each a file of its own, and leaves the cold open out where the table says so', () => {
    const programs = episodes.map(({ params }) => compileFile(path, params).program)
    expect(programs.map((program) => program?.film.output)).toEqual([
      'out/11-ada-okafor.mp4',
      'out/12-jun-sato.mp4',
      'out/13-mira-halloran.mp4',
    ])
    expect(programs.map((program) => program?.items.some((item) => item.name === 'tease'))).toEqual([true, true, false])
  })
})
