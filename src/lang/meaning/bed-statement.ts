// What lies over or under a stretch of the film: `bed` and `title`. In go the placed statements and the finished timeline,
// out come beds and titles whose stretches name what is really there.

import type { Bed, Over, Title } from '../program.ts'
import type { Span } from '../source.ts'
import { nearest } from '../suggest.ts'
import { type Rate, rational } from '../time.ts'
import {
  type Argument,
  argument,
  clauseArgument,
  framesText,
  nameText,
  readAsset,
  readFrameRange,
  readFrames,
  readGain,
  readNewName,
  readReference,
  readSeconds,
  readText,
  readWord,
} from './argument.ts'
import { expandBlock, type Placed } from './expand.ts'
import { report } from './expansion.ts'
import { unknownName } from './expression.ts'
import { readSettings, type Settings } from './settings.ts'
import { settingOf, type Timeline } from './timeline-statement.ts'

/** A bed and the names it leans on, which can be checked only when all beds are known. */
export type BedRead = { readonly bed: Bed; readonly placed: Placed; readonly under?: { readonly name: string; readonly span: Span } }

export function readBed(
  placed: Placed,
  scene: string,
  timeline: Timeline,
  rate: Rate,
  known: (name: string) => boolean,
): BedRead | undefined {
  const name = readNewName(argument(placed, 'name'))
  const asset = readAsset(argument(placed, 'audio'), 'audio')
  const settings = readSettings(expandBlock(placed.command.block, placed.frame, 'bed'), 'bed')
  const over = readOver(settings, scene, timeline)
  const duck = settings.one('duck')
  const amount = readGain(duck && argument(duck, 'amount'), -60, 0)
  const under = readReference(duck && clauseArgument(duck, 'under', 'what'), (one) => one === 'voice' || known(one))
  const fade = settings.one('fade')
  const end = (which: 'in' | 'out'): number => readFrames(fade && clauseArgument(fade, which, 'length'), rate, 0) ?? 0
  const bed = {
    ...(over === undefined ? {} : { over }),
    gain: readGain(settingOf(settings, 'gain', 'gain'), -96, 24) ?? 0,
    fadeIn: end('in'),
    fadeOut: end('out'),
    start: readSeconds(settingOf(settings, 'start', 'time'), rate) ?? rational(0),
    loop: settings.one('loop') !== undefined,
    ...(amount === undefined ? {} : { duck: { decibels: amount, under: under?.name ?? 'voice' } }),
    span: placed.command.span,
  }
  if (name === undefined || asset === undefined) return undefined
  if (name === 'voice') {
    const span = placed.bound.args.get('name')?.[0]?.span ?? placed.command.span
    report(placed.frame, 'name.reserved', span, { name }, { hint: '`voice` means whatever is spoken, in `duck under voice`' })
    return undefined
  }
  return { bed: { name, asset, ...bed }, placed, ...(under === undefined ? {} : { under }) }
}

/** Reports beds that duck under a bed nobody declared, or under themselves. */
export function checkDucking({ bed, placed, under }: BedRead, beds: ReadonlySet<string>): void {
  if (under === undefined || under.name === 'voice') return
  if (under.name === bed.name)
    report(placed.frame, 'name.circle', under.span, { names: `\`${bed.name}\`` }, { hint: 'name another bed, or `voice`' })
  else if (!beds.has(under.name)) unknownName(placed.frame, 'bed', under.name, under.span, nearest(under.name, ['voice', ...beds]))
}

export function readTitle(placed: Placed, scene: string, timeline: Timeline, rate: Rate): Title | undefined {
  const text = readText(argument(placed, 'text'))
  const range = readFrameRange(argument(placed, 'range'), rate)
  const settings = readSettings(expandBlock(placed.command.block, placed.frame, 'title'), 'title')
  const over = readOver(settings, scene, timeline)
  const below = readText(settingOf(settings, 'below', 'text'))
  const style = readWord(settingOf(settings, 'style', 'style'), ['lower-third', 'centre', 'top', 'corner'] as const) ?? 'centre'
  if (text === undefined || range === undefined) return undefined
  const length = stretchLength(over, timeline)
  if (length !== undefined && range.to > length) {
    const span = placed.bound.args.get('range')?.[0]?.span ?? placed.command.span
    report(placed.frame, 'time.outside', span, { what: '`title`', asked: framesText(range.to, rate), length: framesText(length, rate) })
    return undefined
  }
  return {
    text: text.text,
    ...(below === undefined || below.text.trim() === '' ? {} : { below: below.text }),
    ...range,
    ...(over === undefined ? {} : { over }),
    style,
    span: placed.command.span,
  }
}

/** The stretch it names; else the scene it stands in; else the whole film. */
function readOver(settings: Settings, scene: string, timeline: Timeline): Over | undefined {
  const placed = settings.one('over')
  const arg = placed === undefined ? undefined : argument(placed, 'item')
  const whole =
    scene === '' || !timeline.scenes.has(scene) ? undefined : { from: scene, to: scene, span: timeline.scenes.get(scene) ?? noSpan }
  if (arg === undefined) return whole
  const { span } = arg.expr
  const [from, to] =
    arg.expr.kind === 'range'
      ? [readPlace({ ...arg, expr: arg.expr.from }, scene, timeline), readPlace({ ...arg, expr: arg.expr.to }, scene, timeline)]
      : twice(readPlace(arg, scene, timeline))
  if (from === undefined || to === undefined) return undefined
  const [first, last] = [bounds(from, timeline), bounds(to, timeline)]
  if (first !== undefined && last !== undefined && first.from > last.to) {
    report(arg.frame, 'film.backwards', span, { from, to })
    return undefined
  }
  return { from, to, span }
}

const noSpan: Span = { path: '', start: 0, end: 0 }
const twice = (place: string | undefined): readonly [string | undefined, string | undefined] => [place, place]

/** A scene or an item by its path; inside a scene its own shots may be named without it. */
function readPlace(arg: Argument, scene: string, timeline: Timeline): string | undefined {
  const find = (name: string): string | undefined => {
    if (timeline.scenes.has(name) || timeline.paths.has(name)) return name
    return scene !== '' && timeline.paths.has(`${scene}/${name}`) ? `${scene}/${name}` : undefined
  }
  const reference = readReference(arg, (name) => find(name) !== undefined)
  if (reference === undefined) return undefined
  const found = find(reference.name)
  if (found === undefined && !arg.frame.run.skipped) {
    const names = [...timeline.scenes.keys(), ...timeline.paths.keys()]
    const short = arg.expr.kind === 'name' ? nameText(arg.expr) : reference.name
    const inScenes = names.find((name) => name.endsWith(`/${short}`))
    const near = nearest(reference.name, names) ?? (inScenes === undefined ? undefined : { word: inScenes, distance: 2, unique: true })
    unknownName(arg.frame, 'scene or shot', reference.name, reference.span, near)
  }
  return found
}

/** The first and last item of a scene, or the one item. */
function bounds(place: string, timeline: Timeline): { readonly from: number; readonly to: number } | undefined {
  const at = timeline.paths.get(place)
  if (at !== undefined) return { from: at, to: at }
  const from = timeline.entries.findIndex((entry) => entry.item.scene === place)
  return from === -1 ? undefined : { from, to: timeline.entries.findLastIndex((entry) => entry.item.scene === place) }
}

/** Frames of a stretch, where no file decides them; overlaps inside it count once. */
function stretchLength(over: Over | undefined, timeline: Timeline): number | undefined {
  const last = timeline.entries.length - 1
  const from = over === undefined ? 0 : bounds(over.from, timeline)?.from
  const to = over === undefined ? last : bounds(over.to, timeline)?.to
  if (from === undefined || to === undefined) return undefined
  let frames = 0
  for (const [at, entry] of timeline.entries.slice(from, to + 1).entries()) {
    if (entry.frames === undefined) return undefined
    const overlaps = from + at < to && (entry.into.kind === 'dissolve' || entry.into.kind === 'wipe')
    frames += entry.frames - (overlaps && entry.into.kind !== 'cut' ? entry.into.frames : 0)
  }
  return frames
}
