// What sounds goes in as levels of ten milliseconds, out comes how far a bed is lowered under it: down to exactly the
// decibels asked for, before the first word, through the breaths between words, and slowly up again.
import { channels } from './house.ts'

/** Samples of one level. */
export const levelSamples = 480
const perSecond = 100

/** Sound this far below the loudest of its kind is not speech but the room. */
const below = 32
/** Power (mean square) that is silence whatever stands beside it: -55 dBFS. */
const silence = 10 ** -5.5
/** Breaths shorter than this do not bring the bed up. */
const holdOver = 0.7 * perSecond
/** The bed is down this long before it is needed, and takes so long to come up. */
const attack = 0.2 * perSecond
const letGo = 0.6 * perSecond

/** Sums the power of a stream in steps of ten milliseconds, inside the given samples only. */
export type Levels = {
  add(samples: Float32Array): void
  readonly powers: () => Float32Array
}

export function openLevels(total: number, inside: readonly { readonly from: number; readonly to: number }[]): Levels {
  const powers = new Float32Array(Math.ceil(total / levelSamples))
  let at = 0
  let range = 0
  return {
    add(samples) {
      const count = samples.length / channels
      for (let n = 0; n < count; n += 1) {
        while (range < inside.length && at + n >= (inside[range]?.to ?? 0)) range += 1
        if (at + n < (inside[range]?.from ?? Number.POSITIVE_INFINITY)) continue
        const [left, right] = [samples[n * channels] as number, samples[n * channels + 1] as number]
        const step = Math.floor((at + n) / levelSamples)
        if (step < powers.length) powers[step] = (powers[step] as number) + (left * left + right * right) / 2 / levelSamples
      }
      at += count
    },
    powers: () => powers,
  }
}

/** The level that nineteen of twenty sounding steps stay below. */
function loudest(powers: Float32Array): number {
  const sounding = powers.filter((power) => power > silence).sort()
  return sounding[Math.floor(sounding.length * 0.95)] ?? 0
}

/** Stretches of steps in which something sounds, with the breaths closed. */
function spoken(powers: Float32Array): readonly { readonly from: number; readonly to: number }[] {
  const threshold = Math.max(silence, loudest(powers) * 10 ** (-below / 10))
  const found: { from: number; to: number }[] = []
  for (let at = 0; at < powers.length; at += 1) {
    if ((powers[at] ?? 0) <= threshold) continue
    const last = found.at(-1)
    if (last !== undefined && at - last.to <= holdOver) last.to = at + 1
    else found.push({ from: at, to: at + 1 })
  }
  return found
}

const smooth = (x: number): number => (1 - Math.cos(Math.min(1, Math.max(0, x)) * Math.PI)) / 2

/** Gains (factors) at the start of every step of `levelSamples`, and one after the last. `decibels` is negative. */
export function duckGains(powers: Float32Array, decibels: number): Float32Array {
  const depth = new Float32Array(powers.length + 1)
  for (const { from, to } of spoken(powers)) {
    const first = Math.max(0, Math.floor(from - attack))
    for (let at = first; at <= Math.min(powers.length, to + letGo); at += 1) {
      const here = at < from ? smooth((at - from + attack) / attack) : at <= to ? 1 : smooth((to + letGo - at) / letGo)
      depth[at] = Math.max(depth[at] ?? 0, here)
    }
  }
  return depth.map((part) => 10 ** ((decibels * part) / 20))
}
