// What every command that works on a film begins with: which script, which film of a series, read and planned; and how
// its diagnostics are shown.
import { resolve } from 'node:path'
import type { Film, FilmOptions, Opened } from '../compile.ts'
import { compile, openScript } from '../compile.ts'
import type { ParamInput } from '../lang/param-input.ts'
import type { Plan } from '../lang/plan.ts'
import { closest } from '../lang/suggest.ts'
import { exitCode } from '../report/exit.ts'
import { renderDiagnostics } from '../report/frame.ts'
import { safeText } from '../report/safe-text.ts'
import { onlyFilm, pairsOf } from './args.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'

/** The script of the command line, or the only one of this folder. Absolute. */
export async function scriptOf(call: Call, io: Io): Promise<string> {
  const named = call.files[0]
  if (named !== undefined) {
    const path = resolve(io.cwd, named)
    if (await io.world.files.exists(path)) return path
    io.stderr.write(`ltx: there is no file ${safeText(named)}\n  check the path, or make a new film: ltx init\n`)
    throw new Stop(exitCode('usage'))
  }
  const films = await filmsHere(io)
  const chosen = onlyFilm(films, call.command)
  if ('file' in chosen) return resolve(io.cwd, chosen.file)
  io.stderr.write(`ltx: ${safeText(chosen.message)}\n  ${safeText(chosen.next)}\n`)
  throw new Stop(exitCode('usage'))
}

/** Scripts in the current folder that are films, not libraries. */
export async function filmsHere(io: Io): Promise<readonly string[]> {
  const names = (await io.world.files.list(io.cwd)).filter((name) => name.endsWith('.ltx')).sort()
  const kinds = names.map((name) => openScript(resolve(io.cwd, name)))
  return names.filter((_, index) => {
    const opened = kinds[index]
    return opened?.loaded.files.get(opened.loaded.entry)?.kind === 'film'
  })
}

export function rungOf(call: Call): Plan['rung'] {
  return call.options.has('animatic') ? 'animatic' : call.options.has('draft') ? 'draft' : 'final'
}

const paramsOf = (call: Call): ReadonlyMap<string, ParamInput> => pairsOf(call.options.values('set'))

export function showDiagnostics(opened: Opened, io: Io, warnings = true): void {
  const all = opened.reporter.diagnostics()
  const shown = warnings ? all : all.filter(({ severity }) => severity === 'error')
  if (shown.length > 0) io.stderr.write(renderDiagnostics(shown, opened.sources, { colour: io.colour, width: io.width }))
}

/** One film: a script's only one, or an episode of its series. */
export type Wanted = Pick<FilmOptions, 'params' | 'episode'>

/** The films a command line means. */
export function wantedFilms(call: Call, _opened: Opened): readonly Wanted[] {
  return [{ params: paramsOf(call) }]
}

/** Reads and plans; on errors shows them and stops with the script's exit code. */
export async function planFilm(opened: Opened, wanted: Wanted, rung: Plan['rung'], io: Io): Promise<Film> {
  const film = await compile(opened, { rung, ...wanted }, io.world, io.env)
  if (film !== undefined) return film
  showDiagnostics(opened, io)
  if (!opened.reporter.failed())
    io.stderr.write(`ltx: ${safeText(opened.script)} is a library: it has no project and no series\n  name a film that uses it\n`)
  throw new Stop(exitCode('script'))
}

/** A path of the film, or a stop that says which one was probably meant. */
export function knownPath(name: string, film: Film, io: Io): string {
  const known = film.program.items.map((item) => item.path)
  if (known.includes(name)) return name
  const near = closest(name, known)
  const next = near === undefined ? `it has ${known.slice(0, 8).join(', ')}` : `did you mean \`${near}\`?`
  io.stderr.write(`ltx: the film has no shot \`${safeText(name)}\`\n  ${safeText(next)}\n`)
  throw new Stop(exitCode('usage'))
}
