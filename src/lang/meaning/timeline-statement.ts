// What stands on the timeline, in film order: scenes with their shots, own footage, cards, stills, and the transitions
// between them. In go the placed statements of a film, out come the items and the beds and titles still to be placed.

import type { Card, Footage, Item, Path, Shot, Still, Transition } from '../program.ts'
import type { Span } from '../source.ts'
import type { Rate } from '../time.ts'
import { argument, framesText, readAsset, readFrames, readNewName, readSecondsRange, readText, readWord } from './argument.ts'
import { type Expanded, expandBlock, type Placed } from './expand.ts'
import { report, type Trail } from './expansion.ts'
import { readPieces } from './prompt-statement.ts'
import { readSettings, type Settings } from './settings.ts'
import { type Reference, readDefaults, readShot, type ShotDefaults, type ShotRead, type ShotRules } from './shot-statement.ts'

/** An item before it is known what it hands over to. */
export type Entry = {
  readonly item: Omit<Shot, 'into' | 'provider'> | Omit<Footage, 'into'> | Omit<Card, 'into'> | Omit<Still, 'into'>
  /** Its length on the timeline; absent while a file decides it. */
  readonly frames?: number
  readonly placed: Placed
  readonly read?: ShotRead
  into: Transition
  joint?: Placed
}

export type Timeline = {
  readonly entries: readonly Entry[]
  readonly scenes: ReadonlyMap<string, Span>
  readonly paths: ReadonlyMap<Path, number>
  /** With the scene they stand in, `''` at the top. */
  readonly beds: readonly { readonly placed: Placed; readonly scene: string }[]
  readonly titles: readonly { readonly placed: Placed; readonly scene: string }[]
}

type Building = {
  readonly entries: Entry[]
  readonly scenes: Map<string, Span>
  readonly paths: Map<Path, number>
  readonly beds: { placed: Placed; scene: string }[]
  readonly titles: { placed: Placed; scene: string }[]
  readonly rules: ShotRules
}

/** A scene whose block is expanded, so that the names in it are known before any shot is read. */
export type OpenScene = { readonly placed: Placed; readonly body: readonly Expanded[] }

export const openScene = (placed: Placed): OpenScene => ({ placed, body: expandBlock(placed.command.block, placed.frame, 'scene') })

export type TopItem = Placed | OpenScene

export function readTimeline(items: readonly TopItem[], defaults: ShotDefaults, rules: ShotRules): Timeline {
  const building: Building = { entries: [], scenes: new Map(), paths: new Map(), beds: [], titles: [], rules }
  for (const item of items) {
    if ('body' in item) readScene(item, defaults, building)
    else readItem(item, defaults, building)
  }
  closeTransitions(building.entries, defaults.film.rate)
  return building
}

function readScene({ placed, body }: OpenScene, outer: ShotDefaults, building: Building): void {
  const name = readNewName(argument(placed, 'name'))
  const setting = readText(argument(placed, 'setting'))
  const settings = readSettings(body, 'scene')
  if (name === undefined) return
  if (!unique(name, placed, building)) return
  building.scenes.set(name, placed.command.span)
  const words = readPieces(settings)
  const place = setting === undefined || setting.text.trim() === '' ? {} : { setting: { text: setting.text, span: setting.span } }
  const defaults: ShotDefaults = { ...readDefaults(settings, outer, building.rules), scene: name, words: { ...words, ...place } }
  for (const statement of settings.statements) readItem(statement, defaults, building)
}

/** Scenes and the items at the top of a film share one space of names: `over harbor` must mean one thing. */
function unique(name: string, placed: Placed, building: Building): boolean {
  const at = building.paths.get(name)
  const before = building.scenes.get(name) ?? (at === undefined ? undefined : building.entries[at]?.placed)
  if (before === undefined) return true
  reportTwice(placed, name, before)
  return false
}

/** Said at the call where a template made it: that line is the writer's own, and it is the one to change. */
function reportTwice(placed: Placed, path: Path, before: Placed | Span): void {
  const own = placed.bound.args.get('name')?.[0]?.span ?? placed.command.word.span
  const call = outermost(placed.frame.trail)
  const first = 'frame' in before ? (outermost(before.frame.trail)?.span ?? before.command.span) : before
  const hint =
    call === undefined
      ? {}
      : {
          hint: 'give this call another `name`; a template without that parameter needs one: `template t(name: text)` and `shot "{name}-…"`',
        }
  const notes = [{ message: 'the first one', span: first }]
  placed.frame.run.reporter.report('name.duplicate', call?.span ?? own, { what: `${placed.row.word}s`, name: path }, { ...hint, notes })
}

function outermost(trail: Trail | undefined): Trail | undefined {
  let at = trail
  while (at?.outer !== undefined) at = at.outer
  return at
}

function readItem(placed: Placed, defaults: ShotDefaults, building: Building): void {
  const { word } = placed.row
  switch (word) {
    case 'shot':
      readShotEntry(placed, defaults, building)
      return
    case 'clip':
    case 'card':
    case 'still':
      add(readPlain(placed, word, defaults), building)
      return
    case 'cut':
    case 'dissolve':
    case 'fade':
    case 'wipe':
      join(placed, readTransition(placed, word, defaults.film.rate), building)
      return
    case 'bed':
      building.beds.push({ placed, scene: defaults.scene })
      return
    case 'title':
      building.titles.push({ placed, scene: defaults.scene })
      return
    default:
      // A setting of the scene, read as such.
      return
  }
}

function readShotEntry(placed: Placed, defaults: ShotDefaults, building: Building): void {
  const read = readShot(placed, defaults, building.rules)
  if (read === undefined) return
  const more = read.shot.steps.reduce((sum, step) => sum + (step.kind === 'extend' ? step.frames : 0), 0)
  const length = read.shot.frames === undefined ? {} : { frames: read.shot.frames + more }
  add({ item: read.shot, ...length, placed, read, into: { kind: 'cut' } }, building)
}

function add(entry: Entry | undefined, building: Building): void {
  if (entry === undefined) return
  const { path } = entry.item
  const before = building.paths.get(path)
  const first = (before === undefined ? undefined : building.entries[before]?.placed) ?? building.scenes.get(path)
  if (first !== undefined) {
    reportTwice(entry.placed, path, first)
    return
  }
  building.paths.set(path, building.entries.length)
  building.entries.push(entry)
}

function readPlain(placed: Placed, word: 'clip' | 'card' | 'still', { scene, film }: ShotDefaults): Entry | undefined {
  const name = readNewName(argument(placed, 'name'))
  const frames = word === 'clip' ? undefined : readFrames(argument(placed, 'duration'), film.rate)
  const base = { path: scene === '' ? (name ?? '') : `${scene}/${name}`, scene, name: name ?? '', span: placed.command.span }
  switch (word) {
    case 'clip': {
      const asset = readAsset(argument(placed, 'video'), 'video')
      const range = argument(placed, 'range') === undefined ? undefined : readSecondsRange(argument(placed, 'range'), film.rate)
      if (name === undefined || asset === undefined) return undefined
      const item = { kind: 'clip' as const, ...base, asset, ...(range === undefined ? {} : { range }) }
      return { item, placed, into: { kind: 'cut' } }
    }
    case 'still': {
      const image = readAsset(argument(placed, 'image'), 'image')
      if (name === undefined || image === undefined || frames === undefined) return undefined
      return { item: { kind: 'still', ...base, frames, image }, frames, placed, into: { kind: 'cut' } }
    }
    case 'card': {
      const text = readText(argument(placed, 'text'))
      const below = readText(settingOf(readSettings(expandBlock(placed.command.block, placed.frame, 'card'), 'card'), 'below', 'text'))
      if (name === undefined || text === undefined || frames === undefined) return undefined
      const item = {
        kind: 'card' as const,
        ...base,
        frames,
        text: text.text,
        ...(below === undefined || below.text.trim() === '' ? {} : { below: below.text }),
      }
      return { item, frames, placed, into: { kind: 'cut' } }
    }
  }
}

export function settingOf(settings: Settings, word: string, name: string): ReturnType<typeof argument> {
  const placed = settings.one(word)
  return placed === undefined ? undefined : argument(placed, name)
}

function readTransition(placed: Placed, word: 'cut' | 'dissolve' | 'fade' | 'wipe', rate: Rate): Transition | undefined {
  if (word === 'cut') return { kind: 'cut' }
  const frames = readFrames(argument(placed, 'duration'), rate)
  const { span } = placed.command
  if (word === 'wipe') {
    const direction = readWord(argument(placed, 'direction'), ['left', 'right', 'up', 'down'] as const)
    return frames === undefined || direction === undefined ? undefined : { kind: 'wipe', direction, frames, span }
  }
  return frames === undefined ? undefined : { kind: word, frames, span }
}

function join(placed: Placed, transition: Transition | undefined, building: Building): void {
  const last = building.entries.at(-1)
  const { word } = placed.row
  if (last === undefined) {
    // Where the first shot could not be read, nothing can be said about what stands before this.
    if (!placed.frame.run.skipped)
      report(placed.frame, 'film.dangling-transition', placed.command.span, { transition: word, where: 'before the first shot' })
  } else if (last.joint !== undefined) {
    report(
      placed.frame,
      'film.transition-repeated',
      placed.command.span,
      { transition: last.joint.row.word },
      {
        notes: [{ message: 'the first one', span: last.joint.command.span }],
      },
    )
  } else {
    last.joint = placed
    if (transition !== undefined) last.into = transition
  }
}

/** Frames of an item that the transition before and after it use. A fade takes half of its frames from each side. */
const usedBefore = (into: Transition): number =>
  into.kind === 'cut' ? 0 : into.kind === 'fade' ? Math.floor(into.frames / 2) : into.frames
const usedAfter = (into: Transition): number => (into.kind === 'cut' ? 0 : into.kind === 'fade' ? Math.ceil(into.frames / 2) : into.frames)

function closeTransitions(entries: Entry[], rate: Rate): void {
  const last = entries.at(-1)
  if (last?.joint !== undefined) {
    const { frame, row, command } = last.joint
    if (row.word !== 'cut' && !frame.run.skipped)
      report(frame, 'film.dangling-transition', command.span, { transition: row.word, where: 'after the last shot' })
    last.into = { kind: 'cut' }
  }
  let taken = 0
  for (const [at, entry] of entries.entries()) {
    const next = entries[at + 1]
    const out = usedAfter(entry.into)
    if (out > 0) checkLength(entry, entry.joint, entry.frames === undefined ? undefined : entry.frames - taken, out, rate)
    taken = usedBefore(entry.into)
    if (taken > 0 && next !== undefined) checkLength(next, entry.joint, next.frames, taken, rate)
  }
}

function checkLength(entry: Entry, joint: Placed | undefined, has: number | undefined, needs: number, rate: Rate): void {
  if (has === undefined || joint === undefined || needs <= has) return
  report(joint.frame, 'film.transition-too-long', joint.command.span, {
    transition: joint.row.word,
    length: framesText(needs, rate),
    item: `\`${entry.item.path}\``,
    has: has <= 0 ? 'no frames' : framesText(has, rate),
  })
}

/** An item with what it hands over to; a shot with the provider that was found for it. */
export function closeEntry(entry: Entry, provider: (on: Reference) => string): Item {
  const { item, into, read } = entry
  return item.kind === 'shot' ? { ...item, into, provider: read === undefined ? '' : provider(read.on) } : { ...item, into }
}
