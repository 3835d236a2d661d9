// What every command that works on a film begins with: which script, which film of a series, read and planned; and how
// its diagnostics are shown.
import { access, constants } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import type { Film } from '../compile.ts'
import { compile } from '../compile.ts'
import { paramsOf as paramsIn } from '../lang/meaning/file-scope.ts'
import type { ParamInput, ParamSpec } from '../lang/meaning/param-input.ts'
import type { Episode } from '../lang/meaning/series.ts'
import { checkOutputs, findEpisode, readEpisodes } from '../lang/meaning/series.ts'
import { formatMoney } from '../lang/money.ts'
import type { Plan } from '../lang/plan.ts'
import { closest } from '../lang/suggest.ts'
import type { FilmOptions, Opened } from '../open-script.ts'
import { checkFilm, openScript, readOrNothing } from '../open-script.ts'
import { exitCode } from '../report/exit.ts'
import { renderDiagnostics } from '../report/frame.ts'
import { safeText, shellWord } from '../safe-text.ts'
import { onlyFilm, pairsOf } from './args.ts'
import type { Call, Io } from './io.ts'
import { Stop } from './io.ts'

/** The path of a script that was named; stops when it is none. Absolute. */
export async function scriptNamed(name: string, io: Io): Promise<string> {
  const path = resolve(io.cwd, name)
  const found = await io.world.files.stat(path).catch(() => undefined)
  if (found?.kind === 'file') {
    // Throws what the disk says against it.
    await access(path, constants.R_OK)
    return path
  }
  const said =
    found === undefined
      ? `there is no file ${safeText(name)}\n  check the path, or make a new film: ltx init`
      : `${safeText(name)} is ${found.kind === 'folder' ? 'a folder' : 'no file'}, not a script\n  name a .ltx file in it`
  io.stderr.write(`ltx: ${found?.kind === 'other' ? said.replace(' in it', '') : said}\n`)
  throw new Stop(exitCode('usage'))
}

/** Names of the scripts in the current folder, in order. The store's folder `.ltx` is none. */
export async function scriptsHere(io: Io): Promise<readonly string[]> {
  const names = (await io.world.files.list(io.cwd)).filter((name) => name.endsWith('.ltx') && name !== '.ltx').sort()
  const kinds = await Promise.all(names.map((name) => io.world.files.stat(resolve(io.cwd, name)).catch(() => undefined)))
  return names.filter((_, index) => kinds[index]?.kind === 'file')
}

/** The script of the command line, or the only one of this folder. Absolute. */
export async function scriptOf(call: Call, io: Io): Promise<string> {
  const named = call.files[0]
  if (named !== undefined) return scriptNamed(named, io)
  const films = await filmsHere(io)
  const chosen = onlyFilm(films, call.command)
  if ('file' in chosen) return resolve(io.cwd, chosen.file)
  io.stderr.write(`ltx: ${safeText(chosen.message)}\n  ${safeText(chosen.next)}\n`)
  throw new Stop(exitCode('usage'))
}

/** Scripts in the current folder that are films, not libraries. */
export async function filmsHere(io: Io): Promise<readonly string[]> {
  const names = await scriptsHere(io)
  const kinds = names.map((name) => openScript(resolve(io.cwd, name)))
  return names.filter((_, index) => {
    const opened = kinds[index]
    return opened?.loaded.files.get(opened.loaded.entry)?.kind === 'film'
  })
}

/** A script as it is typed from here. */
export const typedScript = ({ root, script }: Pick<Opened, 'root' | 'script'>, io: Io): string =>
  shellWord(relative(io.cwd, join(root, script)) || script)

/** A film as it is typed from here: its script, and which episode of it. */
export function typedFilm({ opened, journalName }: Pick<Film, 'opened' | 'journalName'>, io: Io): string {
  const episode = journalName.slice(opened.script.length + 1)
  return `${typedScript(opened, io)}${episode === '' ? '' : ` --episode ${shellWord(episode)}`}`
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

/**
 * The films a command line means: of a series every episode, or the one that `--episode` names; with `--set`, the one
 * film that has these values. Stops when the series' table cannot be read.
 */
export function wantedFilms(call: Call, opened: Opened, io: Io): readonly Wanted[] {
  const given = paramsOf(call)
  const wanted = call.options.value('episode')
  if (given.size > 0 && wanted === undefined) return [{ params: given }]
  const found = episodesOf(opened)
  if (found === undefined) {
    if (wanted === undefined) return [{ params: given }]
    io.stderr.write(`ltx: ${safeText(opened.script)} is no series, so it has no episode ${safeText(wanted)}\n  leave --episode out\n`)
    throw new Stop(exitCode('usage'))
  }
  if (opened.reporter.failed()) {
    showDiagnostics(opened, io)
    throw new Stop(exitCode('script'))
  }
  const { episodes, specs } = found
  const chosen = wanted === undefined ? episodes : [findEpisode(episodes, wanted, specs)].filter((episode) => episode !== undefined)
  if (chosen.length === 0) {
    const known = episodes.slice(0, 8).map((episode) => episodeName(episode, specs))
    io.stderr.write(`ltx: the series has no episode ${safeText(wanted ?? '')}\n  it has ${safeText(known.join(', '))}\n`)
    throw new Stop(exitCode('usage'))
  }
  return chosen.map((episode) => ({ params: new Map([...episode.params, ...given]), episode: episodeName(episode, specs) }))
}

/** What an episode goes by: the value of the first whole-number param, or its row. Names its lock, so it holds no separator. */
function episodeName(episode: Episode, specs: readonly ParamSpec[]): string {
  const number = specs.find((spec) => spec.type.kind === 'int')
  const name = number === undefined ? episode.row : (episode.params.get(number.name) ?? episode.row)
  return String(name).replace(/[^\w-]+/g, '-')
}

/** The rows of a series; undefined for a script that is none. Mistakes in the table are reported. */
export function episodesOf(opened: Opened): { readonly episodes: readonly Episode[]; readonly specs: readonly ParamSpec[] } | undefined {
  // Its own reader, with made-up values: mistakes of the film itself are shown once, when it is planned.
  const table = checkFilm(openScript(join(opened.root, opened.script)), { rung: 'final', sample: true })?.episodes
  if (table === undefined) return undefined
  const specs = paramsIn(opened.loaded)
  const text = readOrNothing(join(opened.root, table.path))
  if (text === undefined) {
    opened.reporter.report('asset.missing', table.span, { path: table.path })
    return { episodes: [], specs }
  }
  const format = table.path.endsWith('.json') ? 'json' : 'csv'
  const episodes = readEpisodes({ text, format, path: table.path, home: opened.script }, specs, opened.reporter)
  opened.sources.set(table.path, { path: table.path, text })
  return { episodes, specs }
}

/** Plans all that are wanted, so that two episodes that would write the same file are told before the first is made. */
export async function planFilms(all: readonly Wanted[], rung: Plan['rung'], opened: Opened, io: Io): Promise<readonly Film[]> {
  const films: Film[] = []
  for (const wanted of all) films.push(await planFilm(opened, wanted, rung, io))
  checkOutputs(
    films.map(({ program }) => ({ output: program.film.output, span: program.film.span })),
    opened.reporter,
  )
  if (!opened.reporter.failed()) return films
  showDiagnostics(opened, io)
  throw new Stop(exitCode('script'))
}

/** Reads and plans; on errors shows them and stops with the script's exit code. */
export async function planFilm(opened: Opened, wanted: Wanted, rung: Plan['rung'], io: Io): Promise<Film> {
  const film = await compile(opened, { rung, ...wanted, tell: (text) => void io.stderr.write(`${safeText(text)} …\n`) }, io.world, io.env)
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

/** Of a released film: what would be made again and for how much; undefined when it is not released, or as it was. */
export function staleOf({ lock, plan }: Film): string | undefined {
  if (lock.released !== true || plan.rung !== 'final' || plan.totals.make === 0) return undefined
  const paths = plan.lines.filter((line) => line.change !== 'keep').map((line) => line.path)
  const shown = paths.slice(0, 6).join(', ') + (paths.length > 6 ? ', …' : '')
  return `${plan.film.title} is released and stays as it is; stale: ${shown}; refreshing it costs ${formatMoney(plan.totals.price)}`
}
