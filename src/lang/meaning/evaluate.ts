// Loaded files in, one film with nothing left to expand out: names resolved, templates placed, loops unrolled, inheritance
// merged, times in frames, words linted. Never throws; what is wrong is reported, and with an error there is no program.

import type { Catalogue } from '../catalogue.ts'
import type { Reporter } from '../diagnostic.ts'
import type { Bed, Delivery, Path, Program, ProviderUse, Quality, Title } from '../program.ts'
import { nearest } from '../suggest.ts'
import { readAllowances } from '../syntax/allow.ts'
import { argument, nameText } from './argument.ts'
import { checkDucking, readBed, readTitle } from './bed-statement.ts'
import { type Expanded, expandBody, type Placed } from './expand.ts'
import { type Frame, openRun, type Run, report } from './expansion.ts'
import { unknownName } from './expression.ts'
import { openScopes, paramsOf, type Scopes } from './file-scope.ts'
import { readCaptions, readDelivery, readEpisodesPath, readFilm, readProvider } from './film-statement.ts'
import { lintShot } from './lint.ts'
import type { Loaded, LoadedFile } from './load.ts'
import type { ParamInput } from './param-input.ts'
import { checkOutputs } from './series.ts'
import type { Reference, ShotDefaults, ShotRules } from './shot-statement.ts'
import { closeEntry, openScene, readTimeline, type Timeline, type TopItem } from './timeline-statement.ts'
import { noPieces } from './words.ts'

export type EvaluateSettings = {
  /** Values for the film's params: from `--set`, or a row of a series. */
  readonly params?: ReadonlyMap<string, ParamInput>
  readonly catalogue: Catalogue
  /** New path to old: a renamed shot keeps the seed of its old path. */
  readonly origins?: ReadonlyMap<Path, Path>
  /** `--draft`: every shot in this quality. */
  readonly quality?: Quality
  /** Params without a value get one of their type: to check a film nobody has given values to yet. */
  readonly sample?: boolean
}

/** Undefined for a library, which is checked all the same, and whenever the script has an error. */
export function evaluate(loaded: Loaded, settings: EvaluateSettings, reporter: Reporter): Program | undefined {
  const entry = loaded.files.get(loaded.entry)
  if (entry === undefined) return undefined
  const comments = [...loaded.files.values()].map((file) => ({ source: file.source, comments: file.ast.comments }))
  const run = openRun(reporter, readAllowances(comments, reporter))
  checkParams(loaded, settings, reporter)
  const scopes = openScopes(loaded, run, { params: settings.params ?? new Map(), sample: settings.sample ?? entry.kind === 'library' })
  const frame: Frame = { run, scope: scopes.entry, depth: 0 }
  for (const file of loaded.files.values()) if (file.kind === 'library') checkLibrary(file, { ...frame, scope: { names: new Map() } })
  if (entry.kind === 'library') {
    scopes.finish()
    return undefined
  }
  const program = film(loaded, entry, settings, frame, scopes)
  return reporter.failed() ? undefined : program
}

function checkParams(loaded: Loaded, settings: EvaluateSettings, reporter: Reporter): void {
  const known = paramsOf(loaded).map((param) => param.name)
  for (const name of settings.params?.keys() ?? []) {
    if (known.includes(name)) continue
    const near = nearest(name, known)
    const hint =
      near === undefined
        ? `the film has ${known.length === 0 ? 'no params' : `the params ${known.join(', ')}`}`
        : `did you mean \`${near.word}\`?`
    reporter.report('name.unknown', { path: loaded.entry, start: 0, end: 0 }, { what: 'param', name }, { hint })
  }
}

/** Words that may stand at the top of a library. */
const libraryWords: ReadonlySet<string> = new Set(['ltx', 'use', 'cast', 'let', 'provider'])

function checkLibrary(file: LoadedFile, frame: Frame): void {
  for (const statement of file.ast.body) {
    const found =
      statement.kind === 'command'
        ? libraryWords.has(statement.word.text)
          ? undefined
          : { what: `\`${statement.word.text}\``, span: statement.word.span }
        : statement.kind === 'param' || statement.kind === 'template'
          ? undefined
          : { what: statement.kind === 'text-line' ? 'a text' : 'a statement', span: statement.span }
    if (found !== undefined) {
      report(frame, 'film.in-library', found.span, { what: found.what })
      return
    }
  }
}

type Top = {
  readonly project?: Placed
  readonly series?: Placed
  readonly providers: readonly Placed[]
  readonly items: readonly TopItem[]
  readonly deliveries: readonly Placed[]
  readonly captions?: Placed
  readonly bedNames: ReadonlySet<string>
}

function film(loaded: Loaded, entry: LoadedFile, settings: EvaluateSettings, frame: Frame, scopes: Scopes): Program {
  const top = sortTop(expandBody(entry.ast.body, frame, 'file'))
  const providers = readProviders([...libraryProviders(loaded, frame), ...top.providers], settings.catalogue)
  const provider = providerFinder(providers, frame.run)
  const { film, tries, on, routes } = readFilm({
    entry: loaded.entry,
    providers,
    findProvider: provider,
    ...(top.project === undefined ? {} : { project: top.project }),
    ...(top.series === undefined ? {} : { series: top.series }),
    ...(settings.quality === undefined ? {} : { quality: settings.quality }),
  })
  const rules: ShotRules = {
    origins: settings.origins ?? new Map(),
    knownProvider: (name) => providers.has(name),
    findProvider: provider,
    knownBed: (name) => top.bedNames.has(name),
    ...(settings.quality === undefined ? {} : { quality: settings.quality }),
  }
  const defaults: ShotDefaults = {
    film,
    scene: '',
    words: noPieces,
    on: on ?? { name: 'animatic', span: film.span },
    routes,
    quality: film.quality,
    takes: 1,
    tries,
  }
  const timeline = readTimeline(top.items, defaults, rules)
  if (on !== undefined && top.project !== undefined) provider(top.project.frame, on)
  const beds = readBeds(timeline, film.rate, top.bedNames)
  const titles: Title[] = timeline.titles
    .map(({ placed, scene }) => readTitle(placed, scene, timeline, film.rate))
    .filter((title) => title !== undefined)
  const deliveries = readDeliveries(top.deliveries, film)
  const captions = top.captions === undefined ? {} : { captions: readCaptions(top.captions) }
  checkOutputs([film, ...deliveries], frame.run.reporter)
  checkTimeline(timeline, top, film.title)
  const items = timeline.entries.map((item) => closeEntry(item, (reference) => provider(item.placed.frame, reference)))
  lint(timeline, frame.run)
  const cast = scopes.finish()
  const episodes = top.series === undefined ? undefined : readEpisodesPath(top.series)
  const series = episodes === undefined ? {} : { episodes }
  return { film, providers: [...providers.values()], cast, items, beds, titles, ...captions, deliveries, ...series }
}

/** Statements that may not be placed by a template or a branch: what they declare is known before anything is expanded. */
const declarations: ReadonlySet<string> = new Set(['ltx', 'use', 'cast'])

function sortTop(body: readonly Expanded[]): Top {
  const one = new Map<string, Placed>()
  const items: TopItem[] = []
  const providers: Placed[] = []
  const deliveries: Placed[] = []
  const bedNames = new Set<string>()
  const bedName = (placed: Placed): void => {
    const name = placed.row.word === 'bed' ? argument(placed, 'name') : undefined
    if (name?.expr.kind === 'name') bedNames.add(nameText(name.expr))
  }
  for (const placed of body) {
    if (placed.kind === 'text') continue
    const { word } = placed.row
    if (declarations.has(word)) {
      if (placed.frame.depth > 0) misplaced(placed)
    } else if (word === 'provider') providers.push(placed)
    else if (word === 'deliver') deliveries.push(placed)
    else if (word === 'project' || word === 'series' || word === 'captions') once(placed, one)
    else if (word === 'scene') {
      const scene = openScene(placed)
      for (const inner of scene.body) if (inner.kind === 'statement') bedName(inner)
      items.push(scene)
    } else {
      bedName(placed)
      items.push(placed)
    }
  }
  const [project, series, captions] = [one.get('project'), one.get('series'), one.get('captions')]
  return {
    ...(project === undefined ? {} : { project }),
    ...(series === undefined ? {} : { series }),
    ...(captions === undefined ? {} : { captions }),
    providers,
    items,
    deliveries,
    bedNames,
  }
}

function misplaced(placed: Placed): void {
  const belongs = 'at the top of a file, outside `if`, `for` and templates'
  report(placed.frame, 'statement.misplaced', placed.command.word.span, { what: `\`${placed.row.word}\``, place: 'here', belongs })
}

function once(placed: Placed, one: Map<string, Placed>): void {
  const { word } = placed.row
  const before = one.get(word)
  if (before === undefined) {
    one.set(word, placed)
    return
  }
  const notes = [{ message: 'the first one', span: before.command.word.span }]
  report(placed.frame, 'statement.repeated', placed.command.word.span, { word, place: 'in a film' }, { notes })
}

/** Accounts and machines that a library brings along. */
function libraryProviders(loaded: Loaded, frame: Frame): readonly Placed[] {
  return [...loaded.files.values()]
    .filter((file) => file.kind === 'library' && file.source.path !== loaded.entry)
    .flatMap((file) => {
      const own = file.ast.body.filter((statement) => statement.kind === 'command' && statement.word.text === 'provider')
      return expandBody(own, frame, 'file').filter((placed) => placed.kind === 'statement')
    })
}

/** By name; `animatic` is always among them. */
function readProviders(placed: readonly Placed[], catalogue: Catalogue): ReadonlyMap<string, ProviderUse> {
  const providers = new Map<string, ProviderUse>()
  for (const one of placed) {
    const provider = readProvider(one, catalogue)
    if (provider === undefined) {
      one.frame.run.skipped = true
      continue
    }
    const before = providers.get(provider.name)
    if (before === undefined) providers.set(provider.name, provider)
    else {
      const span = one.bound.args.get('name')?.[0]?.span ?? provider.span
      report(
        one.frame,
        'name.duplicate',
        span,
        { what: 'providers', name: provider.name },
        { notes: [{ message: 'the first one', span: before.span }] },
      )
    }
  }
  if (!providers.has('animatic')) {
    const span = { path: '', start: 0, end: 0 }
    providers.set('animatic', { name: 'animatic', kind: 'animatic', settings: {}, span })
  }
  return providers
}

function providerFinder(providers: ReadonlyMap<string, ProviderUse>, run: Run): (frame: Frame, on: Reference) => string {
  return (frame, on) => {
    // A provider that could not be read is no unknown one.
    if (!providers.has(on.name) && !run.skipped) {
      const near = nearest(on.name, providers.keys())
      unknownName(frame, 'provider', on.name, on.span, near)
    }
    return on.name
  }
}

function readBeds(timeline: Timeline, rate: Program['film']['rate'], names: ReadonlySet<string>): readonly Bed[] {
  const beds = new Map<string, Bed>()
  for (const { placed, scene } of timeline.beds) {
    const read = readBed(placed, scene, timeline, rate, (name) => names.has(name))
    if (read === undefined) {
      placed.frame.run.skipped = true
      continue
    }
    checkDucking(read, names)
    const before = beds.get(read.bed.name)
    if (before === undefined) beds.set(read.bed.name, read.bed)
    else {
      const span = placed.bound.args.get('name')?.[0]?.span ?? read.bed.span
      report(
        placed.frame,
        'name.duplicate',
        span,
        { what: 'beds', name: read.bed.name },
        { notes: [{ message: 'the first one', span: before.span }] },
      )
    }
  }
  for (const { read } of timeline.entries) {
    const wanted = read?.toBeat
    if (wanted === undefined || read === undefined || beds.has(wanted.name) || read.placed.frame.run.skipped) continue
    unknownName(read.placed.frame, 'bed', wanted.name, wanted.span, nearest(wanted.name, beds.keys()))
  }
  return [...beds.values()]
}

function readDeliveries(placed: readonly Placed[], film: Program['film']): readonly Delivery[] {
  const deliveries = new Map<string, Delivery>()
  for (const one of placed) {
    const delivery = readDelivery(one, film)
    if (delivery === undefined) continue
    const before = deliveries.get(delivery.name)
    if (before === undefined) deliveries.set(delivery.name, delivery)
    else {
      const span = one.bound.args.get('name')?.[0]?.span ?? delivery.span
      report(
        one.frame,
        'name.duplicate',
        span,
        { what: 'deliveries', name: delivery.name },
        { notes: [{ message: 'the first one', span: before.span }] },
      )
    }
  }
  return [...deliveries.values()]
}

/** Words are judged once the film is whole: half a shot earns warnings that it does not deserve. */
function lint(timeline: Timeline, run: Run): void {
  if (run.skipped || run.stopped || run.reporter.failed()) return
  for (const { read } of timeline.entries) if (read !== undefined) lintShot(read.lint, read.placed.frame)
}

function checkTimeline(timeline: Timeline, top: Top, title: string): void {
  const film = top.project ?? top.series
  if (timeline.entries.length > 0 || film === undefined || film.frame.run.skipped || film.frame.run.reporter.failed()) return
  report(film.frame, 'film.empty', film.command.word.span, { title })
}
