// Stretches of house clips in, one house clip out: pictures copied (made only up to a keyframe where a stretch is
// entered between two), sound laid sample-exactly and kept lossless. For chains of extends and for retakes.
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { frameToSample } from '../lang/time.ts'
import { exactSound } from './conform.ts'
import type { Tool } from './ffmpeg.ts'
import { checkFilm, inScratch, soundSource } from './film.ts'
import { finishFile } from './finish-file.ts'
import type { House } from './house.ts'
import { muxArguments, soundArguments } from './house.ts'
import { readMp4 } from './mp4.ts'
import { writeMp4 } from './mp4-write.ts'
import { bytesOf, decodeSound, int16Of, sampleArguments } from './pcm.ts'
import { assemblePicture } from './picture.ts'
import { softenCuts } from './soften.ts'

/** Frames `[from, from + frames)` of a clip's file. */
export type Part = { readonly path: string; readonly name: string; readonly from: number; readonly frames: number }

export type JoinOrder = {
  readonly house: House
  readonly picture: readonly Part[]
  /** As long in all as the picture; what a file does not have is silent. */
  readonly sound: readonly Part[]
  readonly output: string
  readonly scratch: string
  readonly tool: Tool
  readonly signal: AbortSignal
  readonly onProgress?: (progress: number) => void
}

const lengthOf = (parts: readonly Part[]): number => parts.reduce((sum, part) => sum + part.frames, 0)

const hasSound = async (path: string): Promise<boolean> =>
  (await readMp4(path)).tracks.some((track) => track.kind === 'audio' && track.samples > 0)

/** One part's sound: exactly `samples` samples, from the sample its first frame starts at. */
async function* partSound(order: JoinOrder, part: Part, samples: number): AsyncGenerator<Int16Array> {
  if (!(await hasSound(part.path))) {
    for (let left = samples; left > 0; left -= 48000) yield new Int16Array(Math.min(left, 48000) * 2)
    return
  }
  const { tool, signal } = order
  const graph = `[0:a:0]${exactSound(frameToSample(part.from, order.house.rate), samples)}[a]`
  const blocks = decodeSound({ tool, input: { path: part.path }, graph, options: ['-map', '[a]'], format: 's16le', signal })
  for await (const block of blocks) yield int16Of(block)
}

/** Where each part starts, in samples of the whole, and where the last one ends. */
function startsOf(order: JoinOrder): readonly number[] {
  let frame = 0
  const starts = [0]
  for (const part of order.sound) {
    frame += part.frames
    starts.push(frameToSample(frame, order.house.rate))
  }
  return starts
}

async function* laidSound(order: JoinOrder, starts: readonly number[]): AsyncGenerator<Int16Array> {
  for (const [index, part] of order.sound.entries()) {
    yield* partSound(order, part, (starts[index + 1] ?? 0) - (starts[index] ?? 0))
  }
}

async function* softened(order: JoinOrder, starts: readonly number[]): AsyncGenerator<Buffer> {
  for await (const block of softenCuts(laidSound(order, starts), starts.slice(1, -1))) yield bytesOf(block)
}

/** The parts' sound as one FLAC track in an MP4. */
async function layFlac(order: JoinOrder, path: string): Promise<number> {
  const starts = startsOf(order)
  const stream = Readable.from(softened(order, starts), { objectMode: false })
  const outputs = [{ path, options: ['-map', '0:a:0', ...soundArguments, ...muxArguments] }]
  await order.tool.run({ inputs: [{ stream, options: sampleArguments('s16le') }], outputs }, { signal: order.signal })
  return starts.at(-1) ?? 0
}

/** Writes the joined clip. Throws a ProviderFailure; nothing is left half-written. */
export async function joinClips(order: JoinOrder): Promise<void> {
  const { house, output, signal, tool } = order
  const frames = lengthOf(order.picture)
  if (lengthOf(order.sound) !== frames) throw new Error(`${frames} frames of picture and ${lengthOf(order.sound)} of sound`)
  let start = 0
  const segments = order.picture
    .filter((part) => part.frames > 0)
    .map((part) => {
      const segment = { ...part, start, into: { kind: 'cut' } as const }
      start += part.frames
      return segment
    })
  await inScratch(order.scratch, signal, async (scratch) => {
    const flac = join(scratch, 'sound.mp4')
    const onProgress = (done: number): void => order.onProgress?.(done)
    const [picture, samples] = await Promise.all([
      assemblePicture({ house, segments, overlays: [], tool, scratch, signal, onProgress }),
      layFlac(order, flac),
    ])
    const sound = await soundSource({ path: flac, samples })
    await finishFile(
      output,
      signal,
      (temporary) => writeMp4({ output: temporary, size: house.size, video: picture.track, sound, signal }),
      async (temporary) => void (await checkFilm(temporary, frames, samples)),
    )
  })
}
