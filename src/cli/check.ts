// `ltx check`: every mistake in the scripts, at once. Looks at the words, at a series' table and at the files they name, each of which
// is read once and remembered; plans nothing.
import { join, relative } from 'node:path'
import { ProviderFailure } from '../failure.ts'
import type { Diagnostic } from '../lang/diagnostic.ts'
import type { Asset } from '../lang/program.ts'
import { applyFixes } from '../lang/syntax/fixes.ts'
import type { Opened } from '../open-script.ts'
import { assetsOf, checkFilm, openScript, reportAsset } from '../open-script.ts'
import { exitCode } from '../report/exit.ts'
import { quietJson } from '../report/json.ts'
import { counted } from '../report/say.ts'
import { assetFactsPath } from '../runtime/layout.ts'
import { safeText } from '../safe-text.ts'
import { episodesOf, scriptNamed, scriptsHere, showDiagnostics } from './film.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'

/** The named scripts, or all of this folder. */
export async function scriptsOf(call: Call, io: Io): Promise<readonly string[]> {
  const named = call.files.length > 0 ? call.files : await scriptsHere(io)
  if (named.length === 0) {
    io.stderr.write('ltx: there is no script in this folder\n  name one, or make a new film: ltx init\n')
    throw new Stop(exitCode('usage'))
  }
  return Promise.all(named.map((name) => scriptNamed(name, io)))
}

async function checkOne(path: string, io: Io): Promise<Opened> {
  const opened = openScript(path)
  const { reporter } = opened
  const program = checkFilm(opened, { rung: 'final', sample: true })
  if (program?.episodes !== undefined && !reporter.failed()) episodesOf(opened)
  // A film with params is checked with made-up values: its files have names nobody has given yet.
  const isTemplate = [...opened.loaded.files.values()].some((file) => file.ast.body.some((statement) => statement.kind === 'param'))
  if (program !== undefined && !isTemplate) {
    await checkAssets(opened, assetsOf(program), io)
  }
  return opened
}

/** All of each file where there is an ffmpeg to read it with; without one, its first bytes. */
async function checkAssets({ root, reporter }: Opened, assets: readonly Asset[], io: Io): Promise<void> {
  if (assets.length === 0) return
  const { findTool } = await import('../media/ffmpeg.ts')
  const tool = await findTool(io.env).catch((error: unknown) => {
    if (error instanceof ProviderFailure) return undefined
    throw error
  })
  if (tool === undefined) {
    const { glance } = await import('../media/glance.ts')
    for (const asset of assets) {
      const doubt = await glance(root, asset)
      if (doubt !== undefined) reportAsset(asset, doubt, reporter)
    }
    return
  }
  const { survey } = await import('../media/survey.ts')
  const { problems } = await survey(assets, { root, world: io.world, tool, cacheFile: assetFactsPath(join(root, '.ltx')) })
  for (const { asset, ...doubt } of problems) reportAsset(asset, doubt, reporter)
}

export async function check(call: Call, io: Io): Promise<number> {
  const found: { readonly file: string; readonly diagnostic: Diagnostic }[] = []
  for (const path of await scriptsOf(call, io)) {
    let opened = await checkOne(path, io)
    if (call.options.has('fix')) {
      const source = opened.sources.get(opened.script)
      const fixed = source === undefined ? undefined : applyFixes(source, opened.reporter.diagnostics())
      if (fixed !== undefined && fixed !== source?.text) {
        await io.world.files.writeWhole(path, fixed)
        io.stderr.write(`mended ${safeText(relative(io.cwd, path))}\n`)
        opened = await checkOne(path, io)
      }
    }
    if (!call.options.has('json')) showDiagnostics(opened, io, !call.options.has('quiet-warnings'))
    for (const diagnostic of opened.reporter.diagnostics()) found.push({ file: relative(io.cwd, path), diagnostic })
  }
  const errors = found.filter(({ diagnostic }) => diagnostic.severity === 'error').length
  const warnings = found.length - errors
  if (call.options.has('json'))
    io.stdout.write(`${quietJson({ v: 1, errors, warnings, diagnostics: found.map(({ diagnostic }) => diagnostic) }, 2)}\n`)
  else if (!io.quiet)
    io.stdout.write(found.length === 0 ? 'no mistakes found\n' : `${counted(errors, 'error')}, ${counted(warnings, 'warning')}\n`)
  return errors > 0 ? exitCode('script') : 0
}
