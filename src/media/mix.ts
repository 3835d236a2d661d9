// The shots' track and decoded beds go in, one stream of floats comes out: every bed from its sample to its sample,
// with its gain, fades, loop and ducking. Sums are floats: nothing clips before the limiter.
import type { FileHandle } from 'node:fs/promises'
import type { PlacedBed } from '../lang/plan.ts'
import type { Rate } from '../lang/time.ts'
import { frameToSample } from '../lang/time.ts'
import { levelSamples } from './duck.ts'
import { channels } from './house.ts'
import { float32Of, frameBytes, readFully } from './pcm.ts'

/** A bed as bare float samples in a file: `samples` of them, to be heard from `from` to `to` of the film. */
export type BedTrack = {
  readonly name: string
  readonly file: FileHandle
  readonly samples: number
  readonly from: number
  readonly to: number
  readonly loop: boolean
  /** Amplitude factor. */
  readonly gain: number
  /** Samples. */
  readonly rise: number
  readonly fall: number
  /** Factors at every `levelSamples` of the film. */
  readonly duck?: Float32Array
}

/** Sound that is broken off in the middle is let down over two milliseconds, so that it does not click. */
const brokenOff = 96

/** Where a bed sounds, given how much its file holds. A bed that is too short ends early, and fades there. */
export function placeBed(bed: PlacedBed, rate: Rate, file: FileHandle, samples: number): BedTrack {
  const from = frameToSample(bed.from, rate)
  const until = frameToSample(bed.to, rate)
  const to = samples === 0 ? from : bed.loop ? until : Math.min(until, from + samples)
  const length = to - from
  const faded = (frames: number): number => Math.min(length, frameToSample(frames, rate))
  const inside = bed.start.num > 0 ? brokenOff : 0
  return {
    name: bed.name,
    file,
    samples,
    from,
    to,
    loop: bed.loop,
    gain: 10 ** (bed.gain / 20),
    rise: Math.max(faded(bed.fadeIn), Math.min(inside, length)),
    fall: Math.max(faded(bed.fadeOut), to === until ? Math.min(brokenOff, length) : 0),
  }
}

const smooth = (x: number): number => (1 - Math.cos(x * Math.PI)) / 2

/** A bed's gain and fades at one sample of the film; its ducking not included. */
export function bedGain(bed: BedTrack, at: number): number {
  const [since, left] = [at - bed.from, bed.to - at]
  const rise = since < bed.rise ? smooth((since + 0.5) / bed.rise) : 1
  const fall = left <= bed.fall ? smooth((left - 0.5) / bed.fall) : 1
  return bed.gain * rise * fall
}

/** A bed's bare samples from `from` to `to` of the film, which must lie inside it; a loop goes on at its first sample. */
async function bare(bed: BedTrack, from: number, to: number): Promise<Float32Array> {
  const size = frameBytes('f32le')
  const bytes = Buffer.allocUnsafe((to - from) * size)
  for (let at = from; at < to; ) {
    const inside = (at - bed.from) % bed.samples
    const count = Math.min(to - at, bed.samples - inside)
    await readFully(bed.file, bytes.subarray((at - from) * size, (at - from + count) * size), inside * size)
    at += count
  }
  return float32Of(bytes)
}

/** A bed's samples with gain and fades, as `mixed` hears it before ducking. */
export async function bedSamples(bed: BedTrack, from: number, to: number): Promise<Float32Array> {
  const samples = await bare(bed, from, to)
  const level = from - bed.from >= bed.rise && bed.to - to >= bed.fall
  for (let at = 0; at < samples.length; at += 1) {
    samples[at] = (samples[at] as number) * (level ? bed.gain : bedGain(bed, from + Math.floor(at / channels)))
  }
  return samples
}

function duckDown(samples: Float32Array, from: number, gains: Float32Array): void {
  for (let at = 0; at < samples.length; at += 1) {
    const place = (from + Math.floor(at / channels)) / levelSamples
    const step = Math.floor(place)
    const [here, next] = [gains[step] ?? 1, gains[step + 1] ?? 1]
    samples[at] = (samples[at] as number) * (here + (next - here) * (place - step))
  }
}

/** The track with all beds on it, block by block as the track comes. */
export async function* mixed(track: AsyncIterable<Float32Array>, beds: readonly BedTrack[]): AsyncGenerator<Float32Array> {
  let at = 0
  for await (const block of track) {
    const end = at + block.length / channels
    for (const bed of beds) {
      const [from, to] = [Math.max(at, bed.from), Math.min(end, bed.to)]
      if (from >= to) continue
      const samples = await bedSamples(bed, from, to)
      if (bed.duck !== undefined) duckDown(samples, from, bed.duck)
      const first = (from - at) * channels
      for (let n = 0; n < samples.length; n += 1) block[first + n] = (block[first + n] as number) + (samples[n] as number)
    }
    yield block
    at = end
  }
}
