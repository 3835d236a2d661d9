// A person's sound file goes in, bare 48 kHz stereo floats or an exact stretch of them come out. Everything is
// counted in samples of the decoded sound: seeking in compressed files is only ever near.
import type { FileHandle } from 'node:fs/promises'
import type { Rate, Rational } from '../lang/time.ts'
import { frameToSample } from '../lang/time.ts'
import type { Tool } from './ffmpeg.ts'
import { channels, sampleRate, soundArguments } from './house.ts'
import { decodeSound, toFloats, writeBlocks } from './pcm.ts'
import { meantSamples } from './sound-length.ts'

/** The sample at a time, rounded half up. */
export const secondsToSample = (seconds: Rational): number => Math.floor((2 * seconds.num * sampleRate + seconds.den) / (2 * seconds.den))

// No `first_pts`: some containers tell a start that their decoder has already taken away.
const uniform = `aresample=${sampleRate},aformat=sample_fmts=flt:channel_layouts=stereo`

/** The stretch of samples `from` to `to` (exclusive; absent = to the end), counted from 0 again. */
const stretch = (from: number, to: number | undefined): string =>
  `${uniform},atrim=start_sample=${from}${to === undefined ? '' : `:end_sample=${to}`},asetpts=PTS-STARTPTS`

export type BedInput = {
  readonly tool: Tool
  readonly signal: AbortSignal
  readonly path: string
  readonly start: Rational
  /** Samples needed at most; absent for all there are. */
  readonly longest: number | undefined
  readonly file: FileHandle
}

/** Decodes a bed from its start into an open file of floats. */
export async function writeBed(input: BedInput): Promise<{ readonly file: FileHandle; readonly samples: number }> {
  const { tool, signal, path, longest } = input
  const from = secondsToSample(input.start)
  const end = Math.min(
    (await meantSamples(path)) ?? Number.POSITIVE_INFINITY,
    longest === undefined ? Number.POSITIVE_INFINITY : from + longest,
  )
  if (end <= from) return { file: input.file, samples: 0 }
  const graph = `[0:a:0]${stretch(from, Number.isFinite(end) ? end : undefined)}[sound]`
  const blocks = decodeSound({ tool, signal, input: { path }, graph, options: ['-map', '[sound]'], format: 'f32le' })
  return { file: input.file, samples: await writeBlocks(input.file, blocks, 'f32le') }
}

export type Slice = {
  readonly tool: Tool
  readonly signal: AbortSignal
  /** An audio file of the user. */
  readonly path: string
  /** Exact seconds of it. */
  readonly from: Rational
  readonly to: Rational
  /** Samples that come out at least: silence after what is heard. */
  readonly least?: number
  /** Where the FLAC goes. */
  readonly into: string
}

/** Cuts a stretch of sound out of a file: 48 kHz stereo FLAC, exact to the sample; silence where the file has ended. Gives its samples. */
export async function sliceAudio(slice: Slice): Promise<number> {
  const [from, to] = [secondsToSample(slice.from), secondsToSample(slice.to)]
  const end = Math.min(to, Math.max(from + 1, (await meantSamples(slice.path)) ?? to))
  const length = Math.max(to - from, slice.least ?? 0)
  const graph = `[0:a:0]${stretch(from, end)},apad=whole_len=${length}[sound]`
  const options = ['-map', '[sound]', ...soundArguments, '-fflags', '+bitexact', '-f', 'flac']
  await slice.tool.run({ inputs: [{ path: slice.path }], graph, outputs: [{ path: slice.into, options }] }, { signal: slice.signal })
  return length
}

export type EnvelopeInput = {
  readonly tool: Tool
  readonly signal: AbortSignal
  readonly path: string
  readonly frames: number
  readonly rate: Rate
}

/** Level at which a frame counts as silent, in decibels below full scale. */
const floor = -54

/**
 * How loud a sound is in each frame, 0 (silent) to 1 (full scale): the frame's power in decibels, from -54 dB up.
 * For pictures that move with the sound; frames after its end are 0.
 */
export async function readEnvelope(input: EnvelopeInput): Promise<Float32Array> {
  const { tool, signal, path, frames, rate } = input
  const total = frameToSample(frames, rate)
  const graph = `[0:a:0]${stretch(0, total)}[sound]`
  const powers = new Float64Array(frames)
  let at = 0
  let frame = 0
  let end = frameToSample(1, rate)
  for await (const block of decodeSound({ tool, signal, input: { path }, graph, options: ['-map', '[sound]'], format: 'f32le' })) {
    const samples = toFloats(block, 'f32le')
    for (let n = 0; at < total && n < samples.length / channels; n += 1, at += 1) {
      while (at >= end) {
        frame += 1
        end = frameToSample(frame + 1, rate)
      }
      const [left, right] = [samples[n * channels] as number, samples[n * channels + 1] as number]
      powers[frame] = (powers[frame] as number) + (left * left + right * right) / 2
    }
  }
  return Float32Array.from(powers, (power, index) => {
    const samples = frameToSample(index + 1, rate) - frameToSample(index, rate)
    const decibels = 10 * Math.log10(power / samples + 1e-12)
    return Math.min(1, Math.max(0, (decibels - floor) / -floor))
  })
}
