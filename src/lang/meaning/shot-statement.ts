// One `shot` in, the shot of a program out: its scene's and the film's defaults merged (the nearest wins, lists add up), its
// times in frames, its seed pinned or derived. Its extends and retakes are read in shot-steps.ts; its words are linted.

import type { Money } from '../money.ts'
import type { Asset, Film, Keyframe, Path, Quality, Route, Segment, Shot } from '../program.ts'
import type { Span } from '../source.ts'
import {
  type Argument,
  argument,
  clauseArgument,
  framesText,
  readAsset,
  readFrameRange,
  readFrames,
  readInt,
  readMoney,
  readNewName,
  readPercent,
  readReference,
  readText,
  readWord,
} from './argument.ts'
import { expandBlock, type Placed } from './expand.ts'
import { report } from './expansion.ts'
import { largestSeed, mostTries, qualities } from './film-statement.ts'
import type { LintShot } from './lint.ts'
import { readPieces } from './prompt-statement.ts'
import { type RouteRules, readRoutes } from './route-statement.ts'
import { deriveSeed } from './seed.ts'
import { readSettings, type Settings } from './settings.ts'
import { readSteps } from './shot-steps.ts'
import { inScene, type Pieces, wordsOf } from './words.ts'

/** What a film and a scene say for their shots. */
export type ShotDefaults = {
  readonly film: Film
  readonly scene: string
  readonly words: Pieces
  readonly on: Reference
  /** What may send a shot elsewhere than to `on`, the nearest first. */
  readonly routes: readonly Route[]
  readonly quality: Quality
  readonly seed?: number
  readonly takes: number
  readonly tries: number
  readonly budget?: Money
}
export type Reference = { readonly name: string; readonly span: Span }

/** The film's own settings that the run may overrule. */
export type ShotRules = RouteRules & {
  readonly origins: ReadonlyMap<Path, Path>
  /** `--draft`: this quality for all. */
  readonly quality?: Quality
  readonly knownBed: (name: string) => boolean
}

export type ShotRead = {
  readonly shot: Omit<Shot, 'into' | 'provider'>
  readonly on: Reference
  readonly toBeat?: Reference
  readonly lint: LintShot
  readonly placed: Placed
}

/** What a block may set for one or many shots. */
export function readDefaults(settings: Settings, outer: ShotDefaults, rules: ShotRules): ShotDefaults {
  const on = readReference(of(settings, 'on', 'provider'), rules.knownProvider)
  const routes = readRoutes(settings, outer.film.rate, rules)
  const seed = readInt(of(settings, 'seed', 'seed'), 0, largestSeed) ?? outer.seed
  const budget = readMoney(of(settings, 'budget', 'amount')) ?? outer.budget
  return {
    ...outer,
    on: on ?? outer.on,
    // Whoever names a provider means it: routes from further out hold no more.
    routes: [...routes, ...(on === undefined ? outer.routes : [])],
    quality: rules.quality ?? readWord(of(settings, 'quality', 'quality'), qualities) ?? outer.quality,
    ...(seed === undefined ? {} : { seed }),
    ...(budget === undefined ? {} : { budget }),
    takes: readInt(of(settings, 'takes', 'count'), 1, 16) ?? outer.takes,
    tries: readInt(of(settings, 'tries', 'count'), 1, mostTries) ?? outer.tries,
  }
}

export function of(settings: Settings, word: string, name: string): Argument | undefined {
  const placed = settings.one(word)
  return placed === undefined ? undefined : argument(placed, name)
}

export function readShot(placed: Placed, outer: ShotDefaults, rules: ShotRules): ShotRead | undefined {
  const name = readNewName(argument(placed, 'name'))
  const settings = readSettings(expandBlock(placed.command.block, placed.frame, 'shot'), 'shot')
  const defaults = readDefaults(settings, outer, rules)
  const named = readReference(clauseArgument(placed, 'on', 'provider'), rules.knownProvider)
  const on = named ?? defaults.on
  const routes = named === undefined ? defaults.routes : []
  const own = readPieces(settings)
  const sources = readSources(placed, rules)
  if (name === undefined) return undefined
  const path = outer.scene === '' ? name : `${outer.scene}/${name}`
  const { rate } = outer.film
  const frames = readLength(placed, path, sources, rate)
  const length = frames === undefined ? {} : { frames }
  const seed = defaults.seed ?? deriveSeed(outer.film.seed, rules.origins.get(path) ?? path)
  const steps = readSteps({ settings, own, scene: outer.words, seed, rate, ...length })
  const words = inScene(outer.words, own)
  const segments = settings.all('at').flatMap((at) => readSegment(at, rate, frames))
  const keys = settings.all('key').flatMap((key) => readKey(key, rate, frames))
  const nameSpan = placed.bound.args.get('name')?.[0]?.span ?? placed.command.span
  const lengthSpan = placed.bound.args.get('duration')?.[0]?.span ?? nameSpan
  checkMaterial(placed, path, settings, words)
  return {
    shot: {
      kind: 'shot',
      path,
      scene: outer.scene,
      name,
      span: placed.command.span,
      ...length,
      words: wordsOf(words),
      ...(sources.from === undefined ? {} : { from: sources.from }),
      ...(sources.to === undefined ? {} : { to: sources.to }),
      ...(sources.sync === undefined ? {} : { sync: sources.sync }),
      ...(sources.toBeat === undefined ? {} : { toBeat: sources.toBeat.name }),
      segments,
      keys,
      steps: steps.steps,
      takes: defaults.takes,
      tries: defaults.tries,
      ...(defaults.budget === undefined ? {} : { budget: defaults.budget }),
      seed,
      seedPinned: defaults.seed !== undefined,
      ...(routes.length === 0 ? {} : { routes }),
      quality: defaults.quality,
    },
    on,
    ...(sources.toBeat === undefined ? {} : { toBeat: sources.toBeat }),
    lint: {
      path,
      span: nameSpan,
      size: outer.film.size,
      rate,
      ...(frames === undefined ? {} : { length: { frames, span: lengthSpan } }),
      words,
      segments: segments.map((segment) => ({ text: segment.text, span: segment.span })),
      picture: sources.from !== undefined,
      sync: sources.sync !== undefined,
      ...steps.lint,
    },
    placed,
  }
}

type Sources = { readonly from?: Asset; readonly to?: Asset; readonly sync?: Asset; readonly toBeat?: Reference }

function readSources(placed: Placed, rules: ShotRules): Sources {
  const from = readAsset(clauseArgument(placed, 'from', 'image'), 'image')
  const to = readAsset(clauseArgument(placed, 'to', 'image'), 'image')
  const sync = readAsset(clauseArgument(placed, 'sync', 'audio'), 'audio')
  const toBeat = readReference(clauseArgument(placed, 'to-beat', 'bed'), rules.knownBed)
  return {
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(sync === undefined ? {} : { sync }),
    ...(toBeat === undefined ? {} : { toBeat }),
  }
}

/** The first link's length in frames; absent with `sync`. Reports what contradicts itself. */
function readLength(placed: Placed, path: string, sources: Sources, rate: Film['rate']): number | undefined {
  const { frame, command, bound } = placed
  const shot = `\`${path}\``
  const wordOf = (clause: string): Span => bound.clauses.get(clause)?.values().next().value?.[0]?.span ?? command.word.span
  if (bound.clauses.has('to') && !bound.clauses.has('from')) report(frame, 'film.to-without-from', wordOf('to'), { shot })
  if (bound.clauses.has('sync') && bound.clauses.has('to-beat')) report(frame, 'film.two-sounds', wordOf('to-beat'), { shot })
  const written = argument(placed, 'duration')
  if (sources.sync !== undefined || bound.clauses.has('sync')) {
    if (written === undefined) return undefined
    const { span } = written.expr
    // The space before it goes as well.
    const edit = { span: { ...span, start: span.start - 1 }, text: '' }
    report(
      frame,
      'film.two-lengths',
      span,
      { shot },
      { fixes: [{ kind: 'edit', title: 'take the length out', edits: [edit], certain: false }] },
    )
    return undefined
  }
  if (written !== undefined) return readFrames(written, rate)
  const name = bound.args.get('name')?.[0]?.span ?? command.word.span
  report(
    frame,
    'duration.missing',
    name,
    { shot },
    {
      fixes: [
        { kind: 'edit', title: 'make it 6 seconds long', edits: [{ span: { ...name, start: name.end }, text: ' 6s' }], certain: false },
      ],
    },
  )
  return undefined
}

/** Reports a shot with nothing to be made from. What is written but wrong was reported already. */
function checkMaterial(placed: Placed, path: string, settings: Settings, words: Pieces): void {
  const { clauses } = placed.bound
  const written = settings.texts.length > 0 || settings.all('say').length > 0 || settings.all('at').length > 0
  if (written || words.setting !== undefined || clauses.has('from') || clauses.has('sync') || placed.frame.run.skipped) return
  report(placed.frame, 'prompt.empty', placed.command.word.span, { shot: `\`${path}\`` })
}

function readSegment(placed: Placed, rate: Film['rate'], length: number | undefined): readonly Segment[] {
  const range = readFrameRange(argument(placed, 'range'), rate)
  const words = readText(argument(placed, 'words'))
  if (range === undefined || words === undefined) return []
  if (!inside(placed, '`at`', range.to, length, rate)) return []
  return [{ from: range.from, to: range.to, text: words.text, span: words.span }]
}

function readKey(placed: Placed, rate: Film['rate'], length: number | undefined): readonly Keyframe[] {
  const frame = readFrames(argument(placed, 'time'), rate, 0)
  const image = readAsset(argument(placed, 'image'), 'image')
  const strength = readPercent(argument(placed, 'strength')) ?? 1
  if (frame === undefined || image === undefined) return []
  // The last frame of a shot of n frames is frame n - 1; its end is meant by whoever writes the shot's length.
  const last = length !== undefined && frame === length ? length - 1 : frame
  if (!inside(placed, '`key`', last + 1, length, rate)) return []
  return [{ frame: last, image, strength, span: placed.command.span }]
}

/** Reports what reaches past the end of what it belongs to. With `sync` the end is not known yet. */
export function inside(placed: Placed, what: string, to: number, length: number | undefined, rate: Film['rate']): boolean {
  if (length === undefined || to <= length) return true
  const span = placed.command.args[0]?.span ?? placed.command.span
  report(placed.frame, 'time.outside', span, { what, asked: framesText(to, rate), length: framesText(length, rate) })
  return false
}
