// One argument of a statement, worked out and checked: in goes its expression, out comes the plain thing (frames, pixels,
// a word, a path), or nothing when it is wrong, which is then reported at its place with the statement's and its own name.
import type { Expr, Name } from '../ast.ts'
import type { Asset, Size } from '../program.ts'
import { reserved } from '../schema.ts'
import type { Span } from '../source.ts'
import { formatSeconds, framesToSeconds, type Length, type Rate, type Rational, rateFromDecimal, toFrames, toNumber } from '../time.ts'
import type { Placed } from './expand.ts'
import { type Frame, report } from './expansion.ts'
import { evaluateExpression } from './expression.ts'
import { slug } from './functions.ts'
import { find } from './scope.ts'
import { fitAsset } from './types.ts'
import { describe, formatRational, toText, type Value } from './value.ts'

export type Argument = {
  readonly expr: Expr
  readonly frame: Frame
  readonly word: string
  readonly name: string
  /** The statement has no other, so that its word says enough. */
  readonly only: boolean
}

/** The argument of this name, or the first of several. */
export const argument = (placed: Placed, name: string): Argument | undefined => argumentsOf(placed, name)[0]

export const argumentsOf = (placed: Placed, name: string): readonly Argument[] =>
  (placed.bound.args.get(name) ?? []).map((expr) => ({
    expr,
    frame: placed.frame,
    word: placed.row.word,
    name,
    only: placed.row.args.length === 1 && placed.row.setting,
  }))

/** The argument a clause brings: `from IMAGE`. */
export function clauseArgument(placed: Placed, clause: string, name: string): Argument | undefined {
  const expr = placed.bound.clauses.get(clause)?.get(name)?.[0]
  return expr === undefined ? undefined : { expr, frame: placed.frame, word: placed.row.word, name: clause, only: false }
}
export const hasClause = (placed: Placed, clause: string): boolean => placed.bound.clauses.has(clause)

function wrong(arg: Argument, expected: string, found: string): undefined {
  report(arg.frame, 'type.wrong', arg.expr.span, { word: arg.word, argument: arg.name, expected, found })
  return undefined
}

/** Reports a value outside its range. */
export function outOfRange(arg: Argument, range: string, found: string): undefined {
  report(arg.frame, 'value.out-of-range', arg.expr.span, {
    what: arg.only ? `\`${arg.word}\`` : `the ${arg.name} of \`${arg.word}\``,
    range,
    found,
  })
  return undefined
}

const value = (arg: Argument | undefined): Value | undefined => (arg === undefined ? undefined : evaluateExpression(arg.expr, arg.frame))

export function readText(arg: Argument | undefined): { readonly text: string; readonly home: string; readonly span: Span } | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'text' && found.unit !== 'cast') return wrong(arg, 'a text', describe(found))
  return {
    text: found.unit === 'text' ? found.text : found.words,
    home: found.unit === 'text' ? found.home : arg.expr.span.path,
    span: arg.expr.span,
  }
}

/** One text, or a list of texts. */
export function readTexts(arg: Argument): readonly { readonly text: string; readonly span: Span }[] {
  const found = value(arg)
  if (found === undefined) return []
  const items = found.unit === 'list' ? found.items : [found]
  const texts: { text: string; span: Span }[] = []
  for (const item of items) {
    const text = item.unit === 'text' || item.unit === 'cast' ? toText(item) : undefined
    if (text === undefined) wrong(arg, 'a text', describe(item))
    else texts.push({ text, span: arg.expr.span })
  }
  return texts
}

/** A day of footage; no shot, no bed is longer, and all sums of times stay exact. */
const longestSeconds = 86_400

/** A length in whole frames of the film. Off the grid of frames it is rounded, with a warning. */
export function readFrames(arg: Argument | undefined, rate: Rate, least = 1): number | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  return found.unit === 'length' ? framesOf(found.length, arg, rate, least) : wrong(arg, 'a length such as `4s`', describe(found))
}

function framesOf(length: Length, arg: Argument, rate: Rate, least: number): number | undefined {
  const told = toText({ unit: 'length', length }) ?? ''
  const exact = exactFrames(length, rate)
  if (exact === undefined) return outOfRange(arg, 'a day at most', told)
  const { frames } = exact
  if (frames < least)
    return outOfRange(arg, least === 0 ? 'nothing or more' : least === 1 ? 'one frame or more' : `${least} frames or more`, told)
  if (!exact.exact && !onNominalGrid(length, rate))
    report(arg.frame, 'time.off-grid', arg.expr.span, { what: `the ${arg.name}`, written: told, rounded: framesText(frames, rate) })
  return frames
}

/** At 29.97 no whole second ends on a frame; who writes `6s` there means 180 of them, and is not told so at every length. */
const onNominalGrid = (length: Length, rate: Rate): boolean =>
  rate.den !== 1 && toFrames(length, { num: Math.round(toNumber(rate)), den: 1 }).exact

function exactFrames(length: Length, rate: Rate): { readonly frames: number; readonly exact: boolean } | undefined {
  if (length.unit === 'seconds' && !(Math.abs(toNumber(length.seconds)) <= longestSeconds)) return undefined
  try {
    const found = toFrames(length, rate)
    return Math.abs(found.frames) <= longestSeconds * toNumber(rate) ? found : undefined
  } catch (error) {
    // Fractions too fine to be exact; nothing else in there throws.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** `12 frames (0.5s)` */
export const framesText = (frames: number, rate: Rate): string =>
  `${frames} ${frames === 1 ? 'frame' : 'frames'} (${formatSeconds(framesToSeconds(frames, rate))})`

/** A place in a file, exact seconds; frames and timecode are counted at the film's rate. */
export function readSeconds(arg: Argument | undefined, rate: Rate): Rational | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  return found.unit === 'length' ? secondsOf(found.length, arg, rate) : wrong(arg, 'a time such as `4s`', describe(found))
}

function secondsOf(length: Length, arg: Argument, rate: Rate): Rational | undefined {
  const frames = exactFrames(length, rate)
  if (frames === undefined) return outOfRange(arg, 'a day at most', toText({ unit: 'length', length }) ?? '')
  if (frames.frames < 0) return outOfRange(arg, 'nothing or more', toText({ unit: 'length', length }) ?? '')
  return length.unit === 'seconds' ? length.seconds : framesToSeconds(frames.frames, rate)
}

/** The two ends of a range, each as an argument of its own; reports what is no range. */
export function rangeEnds(
  arg: Argument | undefined,
): { readonly from: Argument; readonly to: Argument; readonly arg: Argument } | undefined {
  if (arg === undefined) return undefined
  if (arg.expr.kind !== 'range') return wrong(arg, 'a range such as `2s..4s`', 'a single value')
  return { from: { ...arg, expr: arg.expr.from }, to: { ...arg, expr: arg.expr.to }, arg }
}

/** A range in frames, `from` before `to`. */
export function readFrameRange(arg: Argument | undefined, rate: Rate): { readonly from: number; readonly to: number } | undefined {
  const ends = rangeEnds(arg)
  if (ends === undefined) return undefined
  const from = readFrames(ends.from, rate, 0)
  const to = readFrames(ends.to, rate, 0)
  if (from === undefined || to === undefined) return undefined
  if (from < to) return { from, to }
  report(ends.arg.frame, 'time.empty-range', ends.arg.expr.span, { what: `\`${ends.arg.word}\`` })
  return undefined
}

export function readSecondsRange(arg: Argument | undefined, rate: Rate): { readonly from: Rational; readonly to: Rational } | undefined {
  const ends = rangeEnds(arg)
  if (ends === undefined) return undefined
  const from = readSeconds(ends.from, rate)
  const to = readSeconds(ends.to, rate)
  if (from === undefined || to === undefined) return undefined
  if (toNumber(from) < toNumber(to)) return { from, to }
  report(ends.arg.frame, 'time.empty-range', ends.arg.expr.span, { what: `\`${ends.arg.word}\`` })
  return undefined
}

/** A whole number between two bounds, both allowed. */
export function readInt(arg: Argument | undefined, least: number, most: number): number | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'number' || found.number.den !== 1) return wrong(arg, 'a whole number', describe(found))
  const { num } = found.number
  return num >= least && num <= most ? num : outOfRange(arg, `${least} to ${most}`, String(num))
}

/** Any number between two bounds, both allowed. */
export function readNumber(arg: Argument | undefined, least: number, most: number): number | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'number') return wrong(arg, 'a number', describe(found))
  const number = toNumber(found.number)
  return number >= least && number <= most ? number : outOfRange(arg, `${least} to ${most}`, String(number))
}

export function readBool(arg: Argument | undefined): boolean | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  return found.unit === 'bool' ? found.bool : wrong(arg, '`true` or `false`', describe(found))
}

export function readGain(arg: Argument | undefined, least: number, most: number): number | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'gain') return wrong(arg, 'a gain such as `-12dB`', describe(found))
  const decibels = toNumber(found.decibels)
  return decibels >= least && decibels <= most
    ? decibels
    : outOfRange(arg, `${least}dB to ${most}dB`, `${formatRational(found.decibels)}dB`)
}

export function readLoudness(arg: Argument | undefined): number | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'loudness') return wrong(arg, 'a loudness such as `-14LUFS`', describe(found))
  const lufs = toNumber(found.lufs)
  return lufs >= -70 && lufs <= -5 ? lufs : outOfRange(arg, '-70LUFS to -5LUFS', `${formatRational(found.lufs)}LUFS`)
}

/** 0 … 1 */
export function readPercent(arg: Argument | undefined): number | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'percent') return wrong(arg, 'a percentage such as `80%`', describe(found))
  const part = toNumber(found.percent) / 100
  return part >= 0 && part <= 1 ? part : outOfRange(arg, '0% to 100%', `${formatRational(found.percent)}%`)
}

export function readMoney(arg: Argument | undefined): number | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'money') return wrong(arg, 'an amount such as `$5.00`', describe(found))
  return found.micros >= 0 ? found.micros : outOfRange(arg, '$0.00 or more', toText(found) ?? '')
}

/** Encoders want even sides; a side beyond 8192 is more than any of them takes. */
export function readSize(arg: Argument | undefined): Size | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'size') return wrong(arg, 'a size such as `1920x1080`', describe(found))
  const fine = (side: number): boolean => side >= 64 && side <= 8192 && side % 2 === 0
  return fine(found.width) && fine(found.height)
    ? { width: found.width, height: found.height }
    : outOfRange(arg, 'two even sides of 64 to 8192', toText(found) ?? '')
}

export function readRate(arg: Argument | undefined): Rate | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  if (found.unit !== 'rate' && found.unit !== 'number') return wrong(arg, 'a rate such as `24` or `29.97`', describe(found))
  const rate = found.unit === 'rate' ? found.rate : found.number.num > 0 ? namedRate(found.number) : found.number
  const perSecond = toNumber(rate)
  return perSecond >= 1 && perSecond <= 120 ? rate : outOfRange(arg, '1 to 120', toText(found) ?? '')
}

/** `29.97` as a plain number means the NTSC rate of that name. */
function namedRate(number: Rational): Rate {
  const text = formatRational(number)
  return /^\d+(\.\d+)?$/.test(text) ? rateFromDecimal(text) : number
}

export function readAsset(arg: Argument | undefined, kind: Asset['kind']): Asset | undefined {
  const found = value(arg)
  if (arg === undefined || found === undefined) return undefined
  const fits = fitAsset(found, kind)
  if (fits.ok && fits.value.unit === 'asset') return { kind, path: fits.value.path, span: arg.expr.span }
  if (found.unit !== 'text') return wrong(arg, kindText[kind], describe(found))
  report(arg.frame, 'asset.path', arg.expr.span, { path: printable(found.text), why: fits.ok ? '' : fits.found })
  return undefined
}
const kindText = { image: 'a picture’s path', audio: 'a sound file’s path', video: 'a video’s path' } as const

/** Short, and without what could steer a terminal. */
export const printable = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text).replace(/\p{C}/gu, '�')

/** A name that is declared: a bare word, or a text, which is slugged. */
export function readNewName(arg: Argument | undefined): string | undefined {
  if (arg === undefined) return undefined
  if (arg.expr.kind === 'name' && arg.expr.parts.length === 1) return arg.expr.parts[0]?.text
  const found = readText(arg)
  if (found === undefined) return undefined
  const name = slug(found.text)
  if (/^\p{L}[\p{L}\p{M}\p{N}_-]*$/u.test(name) && name.length <= 200 && !reserved.has(name)) return name
  report(arg.frame, reserved.has(name) ? 'name.reserved' : 'name.invalid', arg.expr.span, { name: `"${printable(found.text)}"` })
  return undefined
}

/** One of these words: bare, or as a text. */
export function readWord<W extends string>(arg: Argument | undefined, words: readonly W[]): W | undefined {
  if (arg === undefined) return undefined
  const bare = arg.expr.kind === 'name' && arg.expr.parts.length === 1 ? arg.expr.parts[0]?.text : undefined
  const known = words.find((word) => word === bare)
  if (known !== undefined) return known
  const expected = words.map((word) => `\`${word}\``).join(' or ')
  if (bare !== undefined && find(arg.frame.scope, bare) === undefined) return wrong(arg, expected, `\`${bare}\``)
  const found = readText(arg)
  if (found === undefined) return undefined
  return words.find((word) => word === found.text) ?? wrong(arg, expected, `"${printable(found.text)}"`)
}

/**
 * The name of something in the film (a provider, a bed, a place). A bare word means itself when `known` has it; otherwise
 * a value of that name is asked for its text, so that a template's parameter can say which one is meant.
 */
export function readReference(
  arg: Argument | undefined,
  known: (name: string) => boolean,
): { readonly name: string; readonly span: Span } | undefined {
  if (arg === undefined) return undefined
  const { expr } = arg
  if (expr.kind !== 'name') {
    const found = readText(arg)
    if (found === undefined) return undefined
    // As the name was made, so it is found: `shot "{who} waves"` is `mara-waves`.
    return { name: known(found.text) ? found.text : found.text.split('/').map(slug).join('/'), span: expr.span }
  }
  const bare = nameText(expr)
  const first = expr.parts[0]?.text ?? ''
  if (known(bare) || expr.separator === '/' || find(arg.frame.scope, first) === undefined) return { name: bare, span: expr.span }
  const binding = expr.parts.length === 1 ? find(arg.frame.scope, first) : undefined
  // Somebody of the cast or a library of that name is no answer to the question which bed is meant.
  if (binding !== undefined && binding.kind !== 'value' && binding.kind !== 'lazy') return { name: bare, span: expr.span }
  const found = readText(arg)
  return found === undefined ? undefined : { name: found.text, span: expr.span }
}

export const nameText = (name: Name): string => name.parts.map((part) => part.text).join(name.separator)

export const secondsText = (frames: number, rate: Rate): string => formatSeconds(framesToSeconds(frames, rate))
