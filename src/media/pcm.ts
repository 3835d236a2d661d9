// ffmpeg's decoded sound, as a stream of bytes that Node can place. A command with its output left open goes in;
// blocks of interleaved samples come out, and a failure of either side stops the other.
import type { FileHandle } from 'node:fs/promises'
import { PassThrough } from 'node:stream'
import type { Input } from './command.ts'
import type { Tool } from './ffmpeg.ts'
import { channels, sampleRate } from './house.ts'

/** Bytes of one sample of all channels: 16-bit integers between clips and the encoder, 32-bit floats where sound is mixed. */
export type SampleFormat = 's16le' | 'f32le'
export const frameBytes = (format: SampleFormat): number => (format === 's16le' ? 2 : 4) * channels

/** Written by the full buffer: ffmpeg else writes every packet to a pipe at once, and wakes who reads it. */
export const inBulk: readonly string[] = ['-flush_packets', '0']

/** Arguments that describe our bare samples to ffmpeg, in front of an input or at an output. */
export const sampleArguments = (format: SampleFormat): readonly string[] => [
  '-f',
  format,
  '-ar',
  String(sampleRate),
  '-ac',
  String(channels),
]

export type Decoding = {
  readonly tool: Tool
  readonly input: Input
  readonly graph?: string
  /** In front of the format: `-map`, `-t` … */
  readonly options: readonly string[]
  readonly format: SampleFormat
  readonly signal: AbortSignal
}

/** Decodes and yields the samples as they come; never splits a sample. Throws what the tool throws. */
export async function* decodeSound(decoding: Decoding): AsyncGenerator<Buffer> {
  const { tool, input, graph, options, format } = decoding
  const stopped = new AbortController()
  const signal = AbortSignal.any([decoding.signal, stopped.signal])
  // A pipe that closes by itself would race ffmpeg's exit.
  const pipe = new PassThrough({ autoDestroy: false, emitClose: false, highWaterMark: 1 << 20 })
  const outputs = [{ stream: pipe, options: [...options, '-vn', ...inBulk, ...sampleArguments(format)] }]
  const run = tool.run({ inputs: [input], ...(graph === undefined ? {} : { graph }), outputs }, { signal })
  run.catch((error: Error) => pipe.destroy(error))
  const size = frameBytes(format)
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const part of pipe as AsyncIterable<Buffer>) {
      const joined = rest.length === 0 ? part : Buffer.concat([rest, part])
      const whole = joined.length - (joined.length % size)
      rest = joined.subarray(whole)
      if (whole > 0) yield joined.subarray(0, whole)
    }
    await run
  } finally {
    stopped.abort()
    await run.catch(() => undefined)
  }
}

/** Takes exact stretches off a stream of blocks, in order. */
export type Tape = {
  /** At most `samples` samples, at least one; undefined at the end. */
  next(samples: number): Promise<Buffer | undefined>
  close(): Promise<void>
}

export function openTape(blocks: AsyncIterable<Buffer>, format: SampleFormat): Tape {
  const source = blocks[Symbol.asyncIterator]()
  const size = frameBytes(format)
  let held: Buffer | undefined
  return {
    async next(samples) {
      while (held === undefined || held.length === 0) {
        const more = await source.next()
        if (more.done === true) return undefined
        held = more.value
      }
      const taken = held.subarray(0, samples * size)
      held = held.subarray(taken.length)
      return taken
    },
    async close() {
      await source.return?.()
    },
  }
}

/** A view of bytes as numbers; copies only when the bytes do not lie on a number's boundary. */
export function int16Of(bytes: Buffer): Int16Array {
  const whole = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
  return new Int16Array(whole.buffer, whole.byteOffset, whole.length >> 1)
}

export function float32Of(bytes: Buffer): Float32Array {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer)
  return new Float32Array(whole.buffer, whole.byteOffset, whole.length >> 2)
}

export const bytesOf = (numbers: Int16Array | Float32Array): Buffer => Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)

/** Samples of `format` as floats, full scale ±1. */
export function toFloats(bytes: Buffer, format: SampleFormat): Float32Array {
  if (format === 'f32le') return float32Of(bytes)
  const whole = int16Of(bytes)
  const floats = new Float32Array(whole.length)
  for (let at = 0; at < whole.length; at += 1) floats[at] = (whole[at] ?? 0) / 32768
  return floats
}

/** Writes all of `bytes`: a disk that fills up may take a part of them and say nothing. */
export async function writeFully(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    done += bytesWritten
  }
}

/** Writes blocks to an open file one after the other and says how many samples that were. */
export async function writeBlocks(file: FileHandle, blocks: AsyncIterable<Buffer>, format: SampleFormat): Promise<number> {
  let bytes = 0
  for await (const block of blocks) {
    await writeFully(file, block, bytes)
    bytes += block.length
  }
  return bytes / frameBytes(format)
}

/** Reads an open file of samples from the start, a second at a time. */
export async function* readBlocks(file: FileHandle, format: SampleFormat, samples: number): AsyncGenerator<Buffer> {
  const size = frameBytes(format)
  for (let at = 0; at < samples; at += sampleRate) {
    const block = Buffer.allocUnsafe(Math.min(sampleRate, samples - at) * size)
    await readFully(file, block, at * size)
    yield block
  }
}

/** Fills `into` from a file; what lies beyond the file's end is silence. */
export async function readFully(file: FileHandle, into: Buffer, position: number): Promise<void> {
  let done = 0
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, position + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  into.fill(0, done)
}
