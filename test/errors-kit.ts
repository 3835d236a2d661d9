// Scripts that earn a code: `errors/<code>.ltx`, or a folder `errors/<code>/` with `main.ltx` and what it needs, or, where
// the script is too large or cannot be committed, one made here. Each is copied to a folder of its own and read the way
// `ltx plan` reads it.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { compile } from '../src/compile.ts'
import { type Code, codes, isCode } from '../src/lang/codes.ts'
import type { Diagnostic } from '../src/lang/diagnostic.ts'
import { paramsOf } from '../src/lang/meaning/file-scope.ts'
import { readEpisodes } from '../src/lang/meaning/series.ts'
import type { Source } from '../src/lang/source.ts'
import { openScript } from '../src/open-script.ts'
import { openNodeWorld } from '../src/world.node.ts'

const home = join(import.meta.dirname, 'errors')
export const allCodes: readonly Code[] = Object.keys(codes).filter(isCode)

/** Fills a folder with a script that would be too large to keep, or with what no repository can hold. */
const made: Partial<Record<Code, (folder: string) => void>> = {
  'limit.file': (folder) => writeFileSync(join(folder, 'main.ltx'), `ltx 1\n${'# a long story\n'.repeat(80_000)}`),
  'limit.tokens': (folder) => writeFileSync(join(folder, 'main.ltx'), `ltx 1\nlet list [\n${`${'1, '.repeat(40)}\n`.repeat(2_600)}]\n`),
  'limit.text': (folder) => writeFileSync(join(folder, 'main.ltx'), `ltx 1\nlet story "${'and then '.repeat(8_000)}"\n`),
  'limit.nesting': (folder) => writeFileSync(join(folder, 'main.ltx'), `ltx 1\nlet list ${'['.repeat(80)}1${']'.repeat(80)}\n`),
  'limit.uses': (folder) => {
    const names = Array.from({ length: 257 }, (_, at) => `part-${at}.ltx`)
    for (const name of names) writeFileSync(join(folder, name), 'ltx 1\n')
    writeFileSync(join(folder, 'main.ltx'), `ltx 1\n${names.map((name) => `use "./${name}"\n`).join('')}`)
  },
  'asset.outside': (folder) => {
    writeFileSync(join(folder, '..', 'elsewhere.png'), '')
    symlinkSync('../elsewhere.png', join(folder, 'sea.png'))
    writeFileSync(
      join(folder, 'main.ltx'),
      'ltx 1\n\nproject "Film" { }\n\nshot wave 6s from "sea.png" { "a boat drifts out of the harbor" }\n',
    )
  },
}

/** Names of fixtures that stand for no code. */
export const strangers = (): readonly string[] =>
  [...readdirSync(home).map((name) => name.replace(/(\.errors\.txt|\.ltx)$/, '')), ...Object.keys(made)].filter((name) => !isCode(name))

export const goldenPath = (code: Code): string => join(home, `${code}.errors.txt`)
export const golden = (code: Code): string => (existsSync(goldenPath(code)) ? readFileSync(goldenPath(code), 'utf8') : '')

/** Puts a code's fixture into a folder; false where there is none. */
function layOut(code: Code, folder: string): boolean {
  const make = made[code]
  const file = join(home, `${code}.ltx`)
  if (make !== undefined) make(folder)
  else if (existsSync(file)) cpSync(file, join(folder, 'main.ltx'))
  else if (existsSync(join(home, code, 'main.ltx'))) cpSync(join(home, code), folder, { recursive: true })
  else return false
  return true
}

export type Diagnosed = { readonly diagnostics: readonly Diagnostic[]; readonly sources: ReadonlyMap<string, Source> }

/** Everything that is said about a code's fixture; undefined where it has none. */
export async function diagnose(code: Code): Promise<Diagnosed | undefined> {
  const above = mkdtempSync(join(tmpdir(), 'ltx-errors-'))
  try {
    const folder = join(above, 'film')
    mkdirSync(folder)
    if (!layOut(code, folder)) return undefined
    return await diagnoseFolder(folder)
  } finally {
    rmSync(above, { recursive: true, force: true })
  }
}

async function diagnoseFolder(folder: string): Promise<Diagnosed> {
  const opened = openScript(join(folder, 'main.ltx'))
  const { reporter } = opened
  const sources = new Map(opened.sources)
  const table = join(folder, 'episodes.csv')
  if (existsSync(table)) {
    const text = readFileSync(table, 'utf8')
    sources.set('episodes.csv', { path: 'episodes.csv', text })
    readEpisodes({ text, format: 'csv', path: 'episodes.csv', home: 'main.ltx' }, paramsOf(opened.loaded), reporter)
  } else await compile(opened, { rung: 'final' }, openNodeWorld(), process.env)
  const lock = join(folder, 'main.ltx.lock')
  if (existsSync(lock)) sources.set('main.ltx.lock', { path: 'main.ltx.lock', text: readFileSync(lock, 'utf8') })
  return { diagnostics: reporter.diagnostics(), sources }
}
