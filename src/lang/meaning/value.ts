// What an expression is worth: a quantity with its unit, a text, a list, somebody of the cast, or a file.
// Values are plain data and know how they read in a `{hole}`. A text remembers the file it was written in, so that a
// picture named in a library is looked for beside that library.
import type { Quantity } from '../ast.ts'
import { formatMoney } from '../money.ts'
import { compare, divide, formatSeconds, type Rational, rational, toNumber } from '../time.ts'

export type Value = Quantity | TextValue | ListValue | CastValue | AssetValue

/** `home` is the path of the source that wrote it. */
export type TextValue = { readonly unit: 'text'; readonly text: string; readonly home: string }
/** `weight` counts all values inside, however deep: nested lists share their insides and would else grow unseen. */
export type ListValue = { readonly unit: 'list'; readonly items: readonly Value[]; readonly weight: number }
export type CastValue = { readonly unit: 'cast'; readonly name: string; readonly words: string }
/** A file, relative to the project root. */
export type AssetValue = { readonly unit: 'asset'; readonly kind: 'image' | 'audio' | 'video'; readonly path: string }

export const textValue = (text: string, home: string): TextValue => ({ unit: 'text', text, home })
export const boolValue = (bool: boolean): Value => ({ unit: 'bool', bool })
export const numberValue = (number: Rational): Value => ({ unit: 'number', number, integer: number.den === 1 })
export const intValue = (whole: number): Value => numberValue(rational(whole))
export function listValue(items: readonly Value[]): ListValue {
  let weight = items.length
  for (const item of items) if (item.unit === 'list') weight += item.weight
  return { unit: 'list', items, weight }
}

/** What a value is, for people: `a text`, `a length`. */
export function describe(value: Value): string {
  switch (value.unit) {
    case 'number':
      return value.integer ? 'a whole number' : 'a number'
    case 'length':
      return 'a length'
    case 'size':
      return 'a size'
    case 'rate':
      return 'a frame rate'
    case 'gain':
      return 'a gain'
    case 'loudness':
      return 'a loudness'
    case 'percent':
      return 'a percentage'
    case 'money':
      return 'an amount of money'
    case 'bool':
      return '`true` or `false`'
    case 'text':
      return 'a text'
    case 'list':
      return 'a list'
    case 'cast':
      return 'somebody of the cast'
    case 'asset':
      return value.kind === 'image' ? 'a picture' : value.kind === 'audio' ? 'a sound file' : 'a video file'
  }
}

/** A fraction as people write it: `12`, `0.25`; six places at most. */
export function formatRational(value: Rational): string {
  return value.den === 1 ? String(value.num) : String(Number(toNumber(value).toFixed(6)))
}

/** How a value reads in a `{hole}`. A list has no one reading: `join` gives it one. */
export function toText(value: Value): string | undefined {
  switch (value.unit) {
    case 'text':
      return value.text
    case 'cast':
      return value.words
    case 'asset':
      return value.path
    case 'number':
      return formatRational(value.number)
    case 'length':
      return lengthText(value.length)
    case 'size':
      return `${value.width}x${value.height}`
    case 'rate':
      return `${Number(toNumber(value.rate).toFixed(3))}fps`
    case 'gain':
      return `${formatRational(value.decibels)}dB`
    case 'loudness':
      return `${formatRational(value.lufs)}LUFS`
    case 'percent':
      return `${formatRational(value.percent)}%`
    case 'money':
      return formatMoney(value.micros)
    case 'bool':
      return String(value.bool)
    case 'list':
      return undefined
  }
}

function lengthText(length: Extract<Quantity, { unit: 'length' }>['length']): string {
  switch (length.unit) {
    case 'seconds':
      return formatSeconds(length.seconds)
    case 'frames':
      return `${length.frames}f`
    case 'timecode':
      return [length.hours, length.minutes, length.seconds, length.frames].map((field) => String(field).padStart(2, '0')).join(':')
  }
}

/** `==`. Undefined when the two are of kinds that cannot be compared. Cast and files compare by their words. */
export function sameValue(left: Value, right: Value): boolean | undefined {
  if (left.unit === 'list' && right.unit === 'list') {
    if (left.items.length !== right.items.length) return false
    return left.items.every((item, at) => {
      const other = right.items[at]
      return other !== undefined && sameValue(item, other) === true
    })
  }
  if (left.unit === 'list' || right.unit === 'list') return undefined
  const worded = (value: Value): boolean => value.unit === 'text' || value.unit === 'cast' || value.unit === 'asset'
  if (worded(left) && worded(right)) return toText(left) === toText(right)
  const order = orderOf(left, right)
  if (order !== undefined) return order === 0
  if (left.unit !== right.unit || left.unit === 'length') return undefined
  return toText(left) === toText(right)
}

/** -1, 0 or 1 for two of the same measure; undefined where there is no order. Throws a RangeError past the exact integers. */
export function orderOf(left: Value, right: Value): number | undefined {
  if (left.unit === 'number' && right.unit === 'number') return compare(left.number, right.number)
  if (left.unit === 'gain' && right.unit === 'gain') return compare(left.decibels, right.decibels)
  if (left.unit === 'loudness' && right.unit === 'loudness') return compare(left.lufs, right.lufs)
  if (left.unit === 'percent' && right.unit === 'percent') return compare(left.percent, right.percent)
  if (left.unit === 'money' && right.unit === 'money') return Math.sign(left.micros - right.micros)
  if (left.unit === 'rate' && right.unit === 'rate') return compare(left.rate, right.rate)
  if (left.unit !== 'length' || right.unit !== 'length') return undefined
  if (left.length.unit === 'seconds' && right.length.unit === 'seconds') return compare(left.length.seconds, right.length.seconds)
  if (left.length.unit === 'frames' && right.length.unit === 'frames') return Math.sign(left.length.frames - right.length.frames)
  if (left.length.unit === 'timecode' && right.length.unit === 'timecode') return Math.sign(ticks(left.length) - ticks(right.length))
  return undefined
}

const ticks = (code: { hours: number; minutes: number; seconds: number; frames: number }): number =>
  ((code.hours * 60 + code.minutes) * 60 + code.seconds) * 1000 + code.frames

/** `a / b` of two lengths in the same unit, or undefined. */
export function lengthRatio(left: Value, right: Value): Rational | undefined {
  if (left.unit !== 'length' || right.unit !== 'length') return undefined
  if (left.length.unit === 'seconds' && right.length.unit === 'seconds') {
    return right.length.seconds.num === 0 ? undefined : divide(left.length.seconds, right.length.seconds)
  }
  if (left.length.unit === 'frames' && right.length.unit === 'frames') {
    return right.length.frames === 0 ? undefined : rational(left.length.frames, right.length.frames)
  }
  return undefined
}
