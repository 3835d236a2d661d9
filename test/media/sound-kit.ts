// Small inputs for the tests of sound: clips in the house format with samples we choose, and readers of what comes out.
import { Readable } from 'node:stream'
import type { Cut, CutClip, Delivered, PlacedBed } from '../../src/lang/plan.ts'
import type { Transition } from '../../src/lang/program.ts'
import type { Rate } from '../../src/lang/time.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { muxArguments, soundArguments, videoArguments } from '../../src/media/house.ts'
import { sampleArguments } from '../../src/media/pcm.ts'

export const rate24: Rate = { num: 24, den: 1 }
const nowhere = { path: 'film.ltx', start: 0, end: 0 }

/** Stereo samples from a function of the sample's number, full scale ±1; both channels the same. */
export function samplesOf(count: number, wave: (n: number) => number): Int16Array {
  const made = new Int16Array(count * 2)
  for (let n = 0; n < count; n += 1) made.fill(Math.round(Math.max(-1, Math.min(1, wave(n))) * 32767), n * 2, n * 2 + 2)
  return made
}

export const sine = (hertz: number, level: number) => (n: number) => level * Math.sin((2 * Math.PI * hertz * n) / 48000)

const streamOf = (samples: Int16Array): Readable =>
  Readable.from([Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)], { objectMode: false })

/** A clip of `frames` black frames, 64x36, in the house format, with these samples as its FLAC. */
export async function makeClip(
  tool: Tool,
  path: string,
  frames: number,
  samples: Int16Array | undefined,
  rate = rate24,
): Promise<Delivered> {
  const size = { width: 64, height: 36 }
  // `-frames:v` would also cut the last packet of the sound short.
  const picture = { lavfi: `color=c=black:s=64x36:r=${rate.num}/${rate.den},trim=end_frame=${frames}` }
  const video = ['-map', '0:v', ...videoArguments({ size, rate, quality: 'draft' })]
  const sound = samples === undefined ? [] : ['-map', '1:a', ...soundArguments]
  await tool.run({
    inputs: samples === undefined ? [picture] : [picture, { stream: streamOf(samples), options: [...sampleArguments('s16le')] }],
    outputs: [{ path, options: [...video, ...sound, ...muxArguments] }],
  })
  return { frames, size, rate, soundSamples: (samples?.length ?? 0) / 2, bytes: 0 }
}

/** A sound file in the format its options and extension say. */
export async function makeSoundFile(tool: Tool, path: string, samples: Int16Array, options: readonly string[] = []): Promise<void> {
  await tool.run({ inputs: [{ stream: streamOf(samples), options: [...sampleArguments('s16le')] }], outputs: [{ path, options }] })
}

/** All samples of the first channel of a file, full scale ±1, as a player hears them (priming left out). */
export async function heard(tool: Tool, path: string): Promise<Float32Array> {
  const outputs = [{ pipe: true as const, options: ['-vn', '-ac', '2', '-f', 'f32le', '-ar', '48000'] }]
  const bytes = await tool.read({ inputs: [{ path }], outputs }, { limit: 1 << 30 })
  const both = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
  return both.filter((_, index) => index % 2 === 0)
}

/** Root mean square of a stretch, in decibels below full scale. */
export function level(samples: Float32Array, from: number, to: number): number {
  let sum = 0
  for (let n = from; n < to; n += 1) sum += (samples[n] ?? 0) ** 2
  return 10 * Math.log10(sum / (to - from) + 1e-20)
}

export type ClipSpec = { readonly job: string; readonly frames: number; readonly into?: Transition; readonly voice?: boolean }

/** A cut of these clips in a row; dissolves and wipes overlap. */
export function makeCut(clips: readonly ClipSpec[], beds: readonly PlacedBed[] = []): Cut {
  let start = 0
  const placed = clips.map((spec): CutClip => {
    const into = spec.into ?? { kind: 'cut' }
    const clip = { path: spec.job, job: spec.job, start, frames: spec.frames, into, voice: spec.voice ?? false, muted: false }
    start += spec.frames - (into.kind === 'dissolve' || into.kind === 'wipe' ? into.frames : 0)
    return clip
  })
  const last = placed.at(-1)
  return { clips: placed, beds, titles: [], deliveries: [], frames: last === undefined ? 0 : last.start + last.frames }
}

export const dissolve = (frames: number): Transition => ({ kind: 'dissolve', frames, span: nowhere })
export const fade = (frames: number): Transition => ({ kind: 'fade', frames, span: nowhere })

export const bed = (name: string, path: string, from: number, to: number, more: Partial<PlacedBed> = {}): PlacedBed => ({
  name,
  path,
  sha256: '',
  from,
  to,
  gain: 0,
  fadeIn: 0,
  fadeOut: 0,
  start: { num: 0, den: 1 },
  loop: false,
  span: nowhere,
  ...more,
})
