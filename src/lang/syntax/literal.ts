// A number with whatever is stuck to it in, an exact quantity out, or what is wrong with it and how it is written.
// Pure text work: the caller knows where it stands and reports.
import type { Quantity } from '../ast.ts'
import { type Rational, rateFromDecimal, rational, rationalFromDecimal } from '../time.ts'

export type LiteralProblem =
  | { readonly problem: 'unit'; readonly instead: string; readonly certain: boolean }
  | { readonly problem: 'malformed' }
  | { readonly problem: 'too-large' }

/** Spellings people bring along, by the unit they mean. */
const otherUnits: Readonly<Record<string, readonly string[]>> = {
  s: ['S', 'sec', 'secs', 'second', 'seconds', 'Sec'],
  ms: ['MS', 'msec', 'msecs', 'millis', 'millisecond', 'milliseconds'],
  m: ['min', 'mins', 'minute', 'minutes'],
  h: ['hr', 'hrs', 'hour', 'hours'],
  f: ['F', 'fr', 'frame', 'frames'],
  fps: ['FPS', 'Fps', 'hz', 'Hz'],
  dB: ['db', 'DB', 'Db', 'decibel', 'decibels'],
  LUFS: ['lufs', 'Lufs', 'LKFS', 'lkfs', 'LU'],
  '%': ['pct', 'percent', 'pc'],
  $: ['usd', 'USD', 'dollar', 'dollars'],
}
const units = new Map<string, string>()
for (const [unit, others] of Object.entries(otherUnits)) for (const text of [unit, ...others]) units.set(text, unit)

/** What a unit word means: `sec` is `s`. Undefined for a word that is no unit. */
export const unitOf = (text: string): string | undefined => units.get(text)

/** `6` and `s` as they are written together: `6s`, `$6`. */
export const withUnit = (digits: string, unit: string): string => (unit === '$' ? `$${digits}` : `${digits}${unit}`)

const decimal = /^\d+(?:\.\d+)?$/
const simple = /^([$€£]?)(\d+(?:\.\d+)?|\.\d+)([A-Za-zµ%$€£]*)$/
const clock = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/
const timecode = /^(\d\d):(\d\d):(\d\d):(\d\d)$/
const size = /^(\d+)([xX×])(\d+)$/
/** A `f` for frames may end a compound length; sums of seconds and frames have no exact value without a rate. */
const compound = /^(?:\d+(?:\.\d+)?[A-Za-z]+){2,}$/

/** Reads the text of a number token, without a sign. */
export function readLiteral(text: string): Quantity | LiteralProblem {
  try {
    return readExact(text)
  } catch (error) {
    // The exact numbers refuse what they cannot hold; nothing else in there throws.
    if (error instanceof RangeError) return { problem: 'too-large' }
    throw error
  }
}

function readExact(text: string): Quantity | LiteralProblem {
  const fields = timecode.exec(text)
  if (fields !== null) return readTimecode(fields.slice(1).map(Number))
  const sides = size.exec(text)
  if (sides !== null) {
    const [, width = '', by, height = ''] = sides
    if (by !== 'x') return { problem: 'unit', instead: `${width}x${height}`, certain: true }
    return { unit: 'size', width: rational(Number(width)).num, height: rational(Number(height)).num }
  }
  const parts = simple.exec(text)
  if (parts !== null) return readSimple(parts[1] ?? '', parts[2] ?? '', parts[3] ?? '')
  if (compound.test(text)) return readClock(text)
  if (text.includes('_') && decimal.test(text.replaceAll('_', ''))) {
    return { problem: 'unit', instead: text.replaceAll('_', ''), certain: true }
  }
  return { problem: 'malformed' }
}

function readTimecode([hours = 0, minutes = 0, seconds = 0, frames = 0]: readonly number[]): Quantity | LiteralProblem {
  if (minutes > 59 || seconds > 59) return { problem: 'malformed' }
  return { unit: 'length', length: { unit: 'timecode', hours, minutes, seconds, frames } }
}

function readClock(text: string): Quantity | LiteralProblem {
  const fields = clock.exec(text)
  if (fields === null) {
    const spelled = text.replace(/[A-Za-z]+/g, (unit) => unitOf(unit) ?? unit)
    return spelled !== text && clock.test(spelled) ? { problem: 'unit', instead: spelled, certain: true } : { problem: 'malformed' }
  }
  const whole = (Number(fields[1] ?? 0) * 60 + Number(fields[2] ?? 0)) * 60
  return seconds(sum(rational(whole), rationalFromDecimal(fields[3] ?? '0')))
}

const sum = (a: Rational, b: Rational): Rational => rational(a.num * b.den + b.num * a.den, a.den * b.den)
const seconds = (value: Rational): Quantity => ({ unit: 'length', length: { unit: 'seconds', seconds: value } })

/** Names of the trade for a size or a rate. */
const trade: Readonly<Record<string, string>> = {
  '480p': '854x480',
  '720p': '1280x720',
  '1080p': '1920x1080',
  '1440p': '2560x1440',
  '2160p': '3840x2160',
  '4k': '3840x2160',
  '4K': '3840x2160',
  '24p': '24fps',
  '25p': '25fps',
  '30p': '30fps',
}

function readSimple(before: string, digits: string, after: string): Quantity | LiteralProblem {
  const known = trade[`${before}${digits}${after}`]
  if (known !== undefined) return { problem: 'unit', instead: known, certain: false }
  const whole = digits.startsWith('.') ? `0${digits}` : digits
  const unit = before !== '' ? (after === '' ? '$' : undefined) : after === '' ? '' : unitOf(after)
  if (unit === undefined) return { problem: 'malformed' }
  const instead = withUnit(whole, unit)
  // Only the sign of a currency changes what is meant; everything else is a spelling.
  if (instead !== `${before}${digits}${after}`) return { problem: 'unit', instead, certain: before !== '€' && before !== '£' }
  const value = rationalFromDecimal(whole)
  switch (unit) {
    case '':
      return { unit: 'number', number: value, integer: value.den === 1 }
    case 's':
      return seconds(value)
    case 'ms':
      return seconds(rational(value.num, value.den * 1000))
    case 'm':
      return seconds(rational(value.num * 60, value.den))
    case 'h':
      return seconds(rational(value.num * 3600, value.den))
    case 'f':
      return value.den === 1 ? { unit: 'length', length: { unit: 'frames', frames: value.num } } : { problem: 'malformed' }
    case 'fps':
      return value.num === 0 ? { problem: 'malformed' } : { unit: 'rate', rate: rateFromDecimal(whole) }
    case 'dB':
      return { unit: 'gain', decibels: value }
    case 'LUFS':
      return { unit: 'loudness', lufs: value }
    case '%':
      return { unit: 'percent', percent: value }
    case '$':
      return readMoney(value)
    default:
      return { problem: 'malformed' }
  }
}

/** Money is held in whole millionths of a dollar. */
function readMoney(value: Rational): Quantity | LiteralProblem {
  const micros = rational(value.num * 1_000_000, value.den)
  return micros.den === 1 ? { unit: 'money', micros: micros.num } : { problem: 'malformed' }
}

/** The same quantity below zero, for the kinds that have such values. */
export function negated(value: Quantity): Quantity | undefined {
  const minus = ({ num, den }: Rational): Rational => ({ num: num === 0 ? 0 : -num, den })
  switch (value.unit) {
    case 'number':
      return { ...value, number: minus(value.number) }
    case 'gain':
      return { ...value, decibels: minus(value.decibels) }
    case 'loudness':
      return { ...value, lufs: minus(value.lufs) }
    default:
      return undefined
  }
}
