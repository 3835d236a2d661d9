// Exact time. A length is a rational number of seconds or a whole number of frames; it becomes frames
// once the film's rate is known. No floats: 1/3 s stays 1/3 s until a host has to be told a decimal.

/** A fraction in lowest terms; `den` is positive. */
export type Rational = { readonly num: number; readonly den: number }

/** Frames a second, exact: 24 is 24/1, "23.976" is 24000/1001. */
export type Rate = Rational

/** A length as it was written: `6s` and `250ms` are seconds, `12f` is frames. Timecode is frames of the film's rate. */
export type Length =
  | { readonly unit: 'seconds'; readonly seconds: Rational }
  | { readonly unit: 'frames'; readonly frames: number }
  | { readonly unit: 'timecode'; readonly hours: number; readonly minutes: number; readonly seconds: number; readonly frames: number }

function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)]
  while (y !== 0) [x, y] = [y, x % y]
  return x
}

/** Builds a fraction in lowest terms. Throws a RangeError on a zero denominator or when a part leaves the exact integers. */
export function rational(num: number, den = 1): Rational {
  if (den === 0 || !Number.isSafeInteger(num) || !Number.isSafeInteger(den)) {
    throw new RangeError(`not an exact fraction: ${num}/${den}`)
  }
  const divisor = gcd(num, den) * Math.sign(den)
  return { num: num / divisor, den: den / divisor }
}

/** Reads a decimal such as `0.25` or `30` exactly. The text must match `^-?\d+(\.\d+)?$`. */
export function rationalFromDecimal(text: string): Rational {
  const [whole = '0', fraction = ''] = text.split('.')
  const den = 10 ** fraction.length
  const sign = whole.startsWith('-') ? -1 : 1
  return rational(sign * (Math.abs(Number(whole)) * den + Number(fraction || 0)), den)
}

export const add = (a: Rational, b: Rational): Rational => rational(a.num * b.den + b.num * a.den, a.den * b.den)
export const subtract = (a: Rational, b: Rational): Rational => rational(a.num * b.den - b.num * a.den, a.den * b.den)
export const multiply = (a: Rational, b: Rational): Rational => rational(a.num * b.num, a.den * b.den)
export const divide = (a: Rational, b: Rational): Rational => rational(a.num * b.den, a.den * b.num)
export const compare = (a: Rational, b: Rational): number => Math.sign(a.num * b.den - b.num * a.den)
/** For hosts, ffmpeg and people; never for further arithmetic. */
export const toNumber = (a: Rational): number => a.num / a.den

/** The NTSC rates people write as decimals, by what they write. */
const ntscRates: Readonly<Record<string, Rate>> = {
  '23.976': { num: 24000, den: 1001 },
  '23.98': { num: 24000, den: 1001 },
  '29.97': { num: 30000, den: 1001 },
  '47.952': { num: 48000, den: 1001 },
  '59.94': { num: 60000, den: 1001 },
}

/** `24`, `25`, `29.97`: the decimal NTSC names stand for their exact fractions. */
export const rateFromDecimal = (text: string): Rate => ntscRates[text] ?? rationalFromDecimal(text)

/**
 * A length in whole frames at `rate`, rounded half up; `exact` is false when it had to be rounded.
 * Timecode is non-drop: its fields count frames of the nominal (rounded-up) rate, as SMPTE ST 12 has it.
 */
export function toFrames(length: Length, rate: Rate): { readonly frames: number; readonly exact: boolean } {
  switch (length.unit) {
    case 'frames':
      return { frames: length.frames, exact: true }
    case 'timecode': {
      const nominal = Math.round(toNumber(rate))
      const whole = (length.hours * 60 + length.minutes) * 60 + length.seconds
      return { frames: whole * nominal + length.frames, exact: true }
    }
    case 'seconds': {
      const exactFrames = multiply(length.seconds, rate)
      return { frames: Math.floor((2 * exactFrames.num + exactFrames.den) / (2 * exactFrames.den)), exact: exactFrames.den === 1 }
    }
  }
}

/** The exact length of `frames` frames, in seconds. */
export const framesToSeconds = (frames: number, rate: Rate): Rational => rational(frames * rate.den, rate.num)

/** The sample at which a frame starts: `frame / rate` seconds at `sampleRate`, rounded half up. Always counted from the start of the film, so that rounding never adds up. */
export function frameToSample(frame: number, rate: Rate, sampleRate = 48000): number {
  return Math.floor((2 * frame * rate.den * sampleRate + rate.num) / (2 * rate.num))
}

/** `00:00:04:12`, non-drop, at the nominal rate. */
export function timecode(frames: number, rate: Rate): string {
  const nominal = Math.round(toNumber(rate))
  const seconds = Math.floor(frames / nominal)
  const fields = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60, frames % nominal]
  return fields.map((field) => String(field).padStart(2, '0')).join(':')
}

/** `6s`, `2.5s`, `1m30s`: how a person would write it. */
export function formatSeconds(seconds: Rational): string {
  const value = toNumber(seconds)
  const minutes = Math.floor(value / 60)
  const rest = Number((value - minutes * 60).toFixed(3))
  return minutes > 0 ? `${minutes}m${rest > 0 ? `${rest}s` : ''}` : `${rest}s`
}
