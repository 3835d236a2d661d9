// Blocks of 48 kHz stereo floats go in; integrated loudness (ITU-R BS.1770-4 / EBU R 128) and true peak come out.
// Measured here, while the sound passes by anyway: one more ffmpeg would cost four times its decoding.
import { channels } from './house.ts'

/** The two filters of BS.1770's K weighting at 48 kHz: a shelf for the head, a high pass. */
const shelf = { b: [1.53512485958697, -2.69169618940638, 1.19839281085285], a: [-1.69065929318241, 0.73248077421585] } as const
const highPass = { b: [1, -2, 1], a: [-1.99004745483398, 0.99007225036621] } as const

/** A tenth of a second: blocks of 0.4 s start every 0.1 s. */
const hop = 4800
const hopsPerBlock = 4

export type Meter = {
  /** Interleaved samples, full scale ±1; any number of them. */
  add(samples: Float32Array): void
  /** LUFS; undefined when nothing is above the absolute gate of -70 (silence), or there is less than 0.4 s. */
  integrated(): number | undefined
  /** dBTP; -Infinity for digital silence. */
  truePeak(): number
}

/** What a channel's filters remember: two inputs, two values between the filters, two outputs. */
type Memory = Float64Array

/** Filters one channel of interleaved samples and gives the sum of squares. Written out, since it sees every sample of a film. */
function weigh(samples: Float32Array, channel: number, memory: Memory): number {
  const [b0, b1, b2] = shelf.b
  const [a1, a2] = shelf.a
  const [c1, c2] = highPass.a
  let [x1 = 0, x2 = 0, y1 = 0, y2 = 0, z1 = 0, z2 = 0] = memory
  let squares = 0
  for (let at = channel; at < samples.length; at += channels) {
    // Always inside the array; the word is for the type checker.
    const x = samples[at] as number
    const y = b0 * x + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2
    const z = y - 2 * y1 + y2 - c1 * z1 - c2 * z2
    x2 = x1
    x1 = x
    y2 = y1
    y1 = y
    z2 = z1
    z1 = z
    squares += z * z
  }
  // Below this a filter that rings out would go on in slow denormal numbers.
  memory.set([x1, x2, y1, y2, z1, z2].map((value) => (Math.abs(value) < 1e-30 ? 0 : value)))
  return squares
}

const loudnessOf = (power: number): number => -0.691 + 10 * Math.log10(power)

/** The mean over all blocks above -70 LUFS, then again over those above that mean less 10 LU. */
function gated(hops: readonly number[]): number | undefined {
  const blocks: number[] = []
  for (let at = 0; at + hopsPerBlock <= hops.length; at += 1) {
    const power = hops.slice(at, at + hopsPerBlock).reduce((sum, part) => sum + part, 0) / (hop * hopsPerBlock)
    if (power > 0 && loudnessOf(power) > -70) blocks.push(power)
  }
  if (blocks.length === 0) return undefined
  const mean = (powers: readonly number[]): number => powers.reduce((sum, power) => sum + power, 0) / powers.length
  const gate = loudnessOf(mean(blocks)) - 10
  return loudnessOf(mean(blocks.filter((power) => loudnessOf(power) > gate)))
}

/** Four phases of a windowed sinc of 12 samples: what lies between two samples. */
const taps = 12
const phases: readonly Float64Array[] = [1, 2, 3].map((phase) => {
  const filter = Float64Array.from({ length: taps }, (_, tap) => {
    const t = tap - (taps / 2 - 1) - phase / 4
    return (Math.sin(Math.PI * t) / (Math.PI * t)) * Math.cos((Math.PI * t) / (taps + 1)) ** 2
  })
  const sum = filter.reduce((total, value) => total + value, 0)
  return filter.map((value) => value / sum)
})

/** Between two samples a wave rises at most this much above them, save for waves made to do so. */
const overshoot = 1.6

/** The samples around a block that its true peak depends on, before and behind. */
export const peakReach = { before: taps / 2 - 1, behind: taps / 2 }

/**
 * The largest magnitude at and between the samples `from` to `to` (exclusive) of one array of interleaved samples, as an amplitude.
 * Samples around them are read where there are any. What stays below `floor` is not looked at between samples.
 */
export function peakBetween(samples: Float32Array, from: number, to: number, floor: number): number {
  let most = 0
  for (let at = from * channels; at < to * channels; at += 1) {
    const size = Math.abs(samples[at] as number)
    if (size > most) most = size
  }
  if (most * overshoot <= floor) return most
  const count = samples.length / channels
  for (let channel = 0; channel < channels; channel += 1) {
    for (let at = from; at < to; at += 1) {
      const first = at - peakReach.before
      if (first < 0 || first + taps > count) continue
      const near = Math.max(
        Math.abs(samples[at * channels + channel] as number),
        Math.abs(samples[(at + 1) * channels + channel] as number),
      )
      if (near * overshoot <= Math.max(most, floor)) continue
      for (const filter of phases) {
        let sum = 0
        for (let tap = 0; tap < taps; tap += 1) sum += (filter[tap] as number) * (samples[(first + tap) * channels + channel] as number)
        if (sum > most) most = sum
        else if (-sum > most) most = -sum
      }
    }
  }
  return most
}

function openPeak(): { add(samples: Float32Array): void; peak(): number } {
  const block = 64
  let most = 0
  let held = new Float32Array(0)
  return {
    add(samples) {
      const all = new Float32Array(held.length + samples.length)
      all.set(held)
      all.set(samples, held.length)
      const count = all.length / channels
      for (let at = 0; at < count; at += block) {
        most = Math.max(most, peakBetween(all, at, Math.min(count, at + block), most))
      }
      held = all.slice(Math.max(0, count - taps) * channels)
    },
    peak: () => most,
  }
}

export function openMeter(): Meter {
  const memories = Array.from({ length: channels }, () => new Float64Array(6))
  const hops: number[] = []
  const peak = openPeak()
  let squares = 0
  let filled = 0
  return {
    add(samples) {
      peak.add(samples)
      for (let at = 0; at < samples.length; ) {
        const part = samples.subarray(at, at + (hop - filled) * channels)
        for (const [channel, memory] of memories.entries()) squares += weigh(part, channel, memory)
        filled += part.length / channels
        at += part.length
        if (filled < hop) continue
        hops.push(squares)
        squares = 0
        filled = 0
      }
    },
    integrated: () => gated(hops),
    truePeak: () => 20 * Math.log10(peak.peak()),
  }
}
