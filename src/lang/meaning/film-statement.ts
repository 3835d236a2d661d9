// What holds for the whole film: `project`, `series`, `provider`, `deliver`, `captions`. In go the placed statements,
// out come the parts of a program, with the schema's defaults where the script is silent.

import type { Catalogue } from '../catalogue.ts'
import type { Money } from '../money.ts'
import type { AdjustPolicy } from '../plan.ts'
import type { Captions, Delivery, Film, ProviderUse, Quality, Route } from '../program.ts'
import type { Span } from '../source.ts'
import { closest } from '../suggest.ts'
import type { Rate } from '../time.ts'
import { toNumber } from '../time.ts'
import {
  type Argument,
  argument,
  argumentsOf,
  clauseArgument,
  nameText,
  outOfRange,
  printable,
  readBool,
  readInt,
  readLoudness,
  readMoney,
  readNewName,
  readRate,
  readReference,
  readSeconds,
  readSize,
  readText,
  readTexts,
  readWord,
} from './argument.ts'
import { insidePath } from './asset-path.ts'
import { expandBlock, type Placed } from './expand.ts'
import { report } from './expansion.ts'
import { localSettings } from './local-settings.ts'
import { type RouteRules, readRoutes } from './route-statement.ts'
import { readSettings, type Settings } from './settings.ts'

export const largestSeed = 2_147_483_647
export const qualities: readonly Quality[] = ['fast', 'pro']
export const mostTries = 5
const classes = ['exact', 'same-host'] as const
const transports = ['async', 'sync'] as const
const adjustPolicies: readonly AdjustPolicy[] = ['accept', 'warn', 'refuse']

/** A film and what its `project` says for shots; `on` is checked once all providers are known. */
export type FilmRead = {
  readonly film: Film
  readonly tries: number
  readonly on?: { readonly name: string; readonly span: Span }
  readonly routes: readonly Route[]
}

export type FilmSource = {
  readonly project?: Placed
  readonly series?: Placed
  /** The script's path. */
  readonly entry: string
  readonly providers: ReadonlyMap<string, ProviderUse>
  readonly findProvider: RouteRules['findProvider']
  readonly quality?: Quality
}

export function readFilm(source: FilmSource): FilmRead {
  const { project, series } = source
  const settings = project === undefined ? undefined : readSettings(expandBlock(project.command.block, project.frame, 'project'), 'project')
  const serial = series === undefined ? undefined : readSettings(expandBlock(series.command.block, series.frame, 'series'), 'series')
  const of = (word: string, name: string): Argument | undefined => argumentOf(settings, word, name)
  const title =
    readText(project && argument(project, 'title'))?.text ?? readText(series && argument(series, 'title'))?.text ?? stem(source.entry)
  const loudness = readLoudness(of('loudness', 'target'))
  const knownProvider = (name: string): boolean => source.providers.has(name)
  const on = readReference(of('on', 'provider'), knownProvider)
  const output =
    readOutput(argumentOf(serial, 'output', 'path')) ??
    readOutput(of('output', 'path')) ??
    `${folder(source.entry)}out/${stem(source.entry)}.mp4`
  const film: Film = {
    title,
    size: readSize(of('size', 'size')) ?? { width: 1920, height: 1080 },
    rate: readRate(of('fps', 'rate')) ?? { num: 24, den: 1 },
    seed: readInt(of('seed', 'seed'), 0, largestSeed) ?? 0,
    quality: source.quality ?? readWord(of('quality', 'quality'), qualities) ?? 'pro',
    on: on?.name ?? 'animatic',
    ...readBudgets(settings),
    ...(loudness === undefined ? {} : { loudness }),
    output,
    span: project?.command.span ?? series?.command.span ?? { path: source.entry, start: 0, end: 0 },
  }
  const routes = settings === undefined ? [] : readRoutes(settings, film.rate, { knownProvider, findProvider: source.findProvider })
  return { film, tries: readInt(of('tries', 'count'), 1, mostTries) ?? 1, ...(on === undefined ? {} : { on }), routes }
}

const spans = ['run', 'film', 'day'] as const
const budgetNames = { run: 'budget', film: 'filmBudget', day: 'dayBudget' } as const

/** Ceilings by what they hold for; of two for the same the lower one, since both hold. */
function readBudgets(settings: Settings | undefined): Pick<Film, 'budget' | 'filmBudget' | 'dayBudget'> {
  const found: { budget?: Money; filmBudget?: Money; dayBudget?: Money } = {}
  for (const placed of settings?.all('budget') ?? []) {
    const amount = readMoney(argument(placed, 'amount'))
    const name = budgetNames[readWord(clauseArgument(placed, 'per', 'span'), spans) ?? 'run']
    if (amount !== undefined) found[name] = Math.min(amount, found[name] ?? amount)
  }
  return found
}

function argumentOf(settings: Settings | undefined, word: string, name: string): Argument | undefined {
  const placed = settings?.one(word)
  return placed === undefined ? undefined : argument(placed, name)
}

/** The table of a series, relative to the project root. */
export function readEpisodesPath(series: Placed): { readonly path: string; readonly span: Span } | undefined {
  const table = readSettings(expandBlock(series.command.block, series.frame, 'series'), 'series').one('episodes')
  const arg = table === undefined ? undefined : argument(table, 'table')
  const path = readPath(arg)
  return path === undefined || arg === undefined ? undefined : { path, span: arg.expr.span }
}

/** Where a film is written: a video's name, so that it can never be a script, a lock or a table; and not among the clips. */
function whyNoOutput(path: string): string | undefined {
  if (path.toLowerCase().split('/').includes('.ltx')) return 'in the folder that holds the clips'
  return /[^/]\.(mp4|m4v|mov)$/i.test(path) ? undefined : 'no name for a film: that ends in .mp4'
}

function readPath(arg: Argument | undefined, whyNot: (path: string) => string | undefined = () => undefined): string | undefined {
  const text = readText(arg)
  if (text === undefined || arg === undefined) return undefined
  const inside = insidePath(text.text, text.home)
  const why = inside.ok ? whyNot(inside.path) : inside.why
  if (inside.ok && why === undefined) return inside.path
  report(arg.frame, 'asset.path', arg.expr.span, { path: printable(text.text), why: why ?? '' })
  return undefined
}

/** A path inside the project. */
const readOutput = (arg: Argument | undefined): string | undefined => readPath(arg, whyNoOutput)

const folder = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)
const stem = (path: string): string => path.slice(path.lastIndexOf('/') + 1).replace(/\.ltx$/, '')

export function readProvider(placed: Placed, catalogue: Catalogue): ProviderUse | undefined {
  const name = readNewName(argument(placed, 'name'))
  const kindArgument = argument(placed, 'kind')
  const kind = readReference(kindArgument, (one) => catalogue.has(one))
  const settings = readSettings(expandBlock(placed.command.block, placed.frame, 'provider'), 'provider')
  const values = providerSettings(settings)
  const keyEnv = readKeyName(settings.one('key'))
  if (name === undefined || kind === undefined) return undefined
  if (!catalogue.has(kind.name)) {
    const near = closest(kind.name, catalogue.keys())
    const known = [...catalogue.keys()].join(', ')
    report(
      placed.frame,
      'provider.unknown-kind',
      kind.span,
      { kind: printable(kind.name), known },
      near === undefined
        ? {}
        : {
            hint: `did you mean \`${near}\`?`,
            fixes: [{ kind: 'edit', title: `write \`${near}\``, edits: [{ span: kind.span, text: near }], certain: false }],
          },
    )
    return undefined
  }
  if (name === 'animatic' && kind.name !== 'animatic') {
    report(placed.frame, 'provider.built-in', kind.span, { kind: kind.name })
    return undefined
  }
  checkServer(settings, catalogue.get(kind.name)?.servers)
  const told = argumentOf(settings, 'reproducible', 'class')
  if (told !== undefined && catalogue.get(kind.name)?.asTold !== true)
    outOfRange(told, 'left out: of this kind it is known, and `ltx plan` says it', 'reproducible')
  for (const [word, example] of catalogue.get(kind.name)?.needs ?? [])
    if (settings.one(word) === undefined)
      report(placed.frame, 'statement.missing', placed.command.word.span, { word: `provider … ${kind.name}`, argument: `\`${example}\`` })
  return { name, kind: kind.name, ...(keyEnv === undefined ? {} : { keyEnv }), settings: values, span: placed.command.span }
}

/** `price` (a second), `rent` (an hour) and `monthly` are in millionths of a dollar, as money is everywhere. */
function providerSettings(settings: Settings): ProviderUse['settings'] {
  const texts = ['base', 'model', 'server'] as const
  const argumentNames = { base: 'url', model: 'model', server: 'name' } as const
  const values: Record<string, ProviderUse['settings'][string]> = { ...localSettings(settings) }
  for (const word of texts) {
    const text = readText(argumentOf(settings, word, argumentNames[word]))?.text
    if (text !== undefined) values[word] = text
  }
  const concurrency = readInt(argumentOf(settings, 'concurrency', 'jobs'), 1, 64)
  if (concurrency !== undefined) values.concurrency = concurrency
  const price = readMoney(argumentOf(settings, 'price', 'second'))
  if (price !== undefined) values.price = price
  for (const [word, name] of [
    ['rent', 'hour'],
    ['monthly', 'month'],
  ] as const) {
    const cost = readMoney(argumentOf(settings, word, name))
    if (cost !== undefined) values[word] = cost
  }
  const adjust = readWord(argumentOf(settings, 'adjust', 'policy'), adjustPolicies)
  if (adjust !== undefined) values.adjust = adjust
  const transport = readWord(argumentOf(settings, 'transport', 'way'), transports)
  if (transport !== undefined) values.transport = transport
  const reproducible = readWord(argumentOf(settings, 'reproducible', 'class'), classes)
  if (reproducible !== undefined) values.reproducible = reproducible
  const run = listOf(settings.one('run'), 'argument')
  if (run.length > 0) values.run = run
  const pass = listOf(settings.one('pass'), 'variable')
  if (pass.length > 0) values.pass = pass
  const timeout = readSeconds(argumentOf(settings, 'timeout', 'length'), clockRate)
  if (timeout !== undefined) values.timeout = toNumber(timeout)
  return values
}

/** For lengths that are no part of a film. */
const clockRate: Rate = { num: 24, den: 1 }

const listOf = (placed: Placed | undefined, name: string): readonly string[] =>
  placed === undefined
    ? []
    : argumentsOf(placed, name)
        .flatMap(readTexts)
        .map(({ text }) => text)

/** A server's name is one of those that the kind knows. */
function checkServer(settings: Settings, known: ReadonlyMap<string, unknown> | undefined): void {
  const arg = argumentOf(settings, 'server', 'name')
  const name = readText(arg)?.text
  if (arg === undefined || name === undefined || known?.has(name) === true) return
  outOfRange(arg, known === undefined ? 'left out: this kind has none' : `one of ${[...known.keys()].join(', ')}`, printable(name))
}

/** `key env NAME`: the name of an environment variable, bare or in quotes. */
function readKeyName(placed: Placed | undefined): string | undefined {
  const arg = placed === undefined ? undefined : clauseArgument(placed, 'env', 'variable')
  if (arg === undefined) return undefined
  const name = arg.expr.kind === 'name' ? nameText(arg.expr) : readText(arg)?.text
  if (name === undefined) return undefined
  if (/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name)) return name
  // What stands here by mistake may be the key itself, so it is not repeated.
  return outOfRange(arg, 'the name of an environment variable, such as `LTX_API_KEY`', 'something else')
}

export function readDelivery(placed: Placed, film: Film): Delivery | undefined {
  const name = readNewName(argument(placed, 'name'))
  const settings = readSettings(expandBlock(placed.command.block, placed.frame, 'deliver'), 'deliver')
  const size = readSize(argumentOf(settings, 'size', 'size'))
  const codec = readWord(argumentOf(settings, 'codec', 'codec'), ['h264', 'prores'] as const) ?? 'h264'
  const loudness = readLoudness(argumentOf(settings, 'loudness', 'target'))
  const fit = readWord(argumentOf(settings, 'fit', 'fit'), ['crop', 'pad'] as const) ?? 'crop'
  const output = readOutput(argumentOf(settings, 'output', 'path'))
  if (name === undefined) return undefined
  const end = codec === 'prores' ? 'mov' : 'mp4'
  return {
    name,
    ...(size === undefined ? {} : { size }),
    fit,
    codec,
    ...(loudness === undefined ? {} : { loudness }),
    output: output ?? `${film.output.replace(/\.[A-Za-z0-9]+$/, '')}-${name}.${end}`,
    span: placed.command.span,
  }
}

export function readCaptions(placed: Placed): Captions {
  const settings = readSettings(expandBlock(placed.command.block, placed.frame, 'captions'), 'captions')
  readWord(argumentOf(settings, 'from', 'source'), ['say'] as const)
  return { burn: readBool(argumentOf(settings, 'burn', 'burn')) ?? false, span: placed.command.span }
}
