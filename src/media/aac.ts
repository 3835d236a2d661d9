// A stream of samples goes in, an M4A with AAC comes out: 48 kHz, one packet of priming, exact length. Long sound is
// encoded in pieces on two cores. Pieces overlap, and one is left for the next where both chose the same window, so
// that the halves of their packets add up as if one encoder had gone through.
import { open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { adtsPackets, seamOf } from './adts.ts'
import type { Tool } from './ffmpeg.ts'
import { sampleRate } from './house.ts'
import { openM4a, packetSamples } from './m4a.ts'
import type { SampleFormat } from './pcm.ts'
import { frameBytes, sampleArguments } from './pcm.ts'

/** Packets a piece starts early: what an encoder needs to forget that it started there. */
const lead = 16
/** Packets a piece runs on, to give the seam a choice and the encoder its look ahead. */
const tail = 24
/** Packets at the start of a piece that still know of its start. */
const settle = 6

export type AacInput = {
  readonly blocks: AsyncIterable<Buffer>
  readonly format: SampleFormat
  /** How many samples will come. Fewer are filled up with silence, more are left out. */
  readonly samples: number
  readonly path: string
  readonly tool: Tool
  readonly signal: AbortSignal
  /** Encoders at once. */
  readonly lanes?: number
  /** Packets a piece, for tests; else about half of the film a lane, 20 to 60 seconds. */
  readonly piecePackets?: number
  readonly onProgress?: (done: number) => void
}

/** `priming`: samples in front that the edit list leaves out. `peak` bitrate is about 256 kbit/s. */
export type Aac = { readonly path: string; readonly samples: number; readonly priming: number }

const encoderArguments = ['-c:a', 'aac', '-aac_coder', 'fast', '-b:a', '256k', '-flags', '+bitexact', '-f', 'adts']

async function encodePiece(input: AacInput, bytes: readonly Buffer[]): Promise<readonly Buffer[]> {
  const stream = Readable.from(bytes, { objectMode: false })
  const command = {
    inputs: [{ stream, options: [...sampleArguments(input.format)] }],
    outputs: [{ pipe: true as const, options: encoderArguments }],
  }
  return adtsPackets(await input.tool.read(command, { signal: input.signal, limit: 256 << 20 }))
}

function pieceLength(input: AacInput, packets: number): number {
  if (input.piecePackets !== undefined) return input.piecePackets
  const second = sampleRate / packetSamples
  const share = Math.ceil(packets / 2 / (input.lanes ?? 2))
  return Math.round(Math.min(60 * second, Math.max(20 * second, share)))
}

/** Samples between two packets' starts, taken from blocks that come in order; what is passed is let go. */
type Window = { take(from: number, to: number, forgetBefore: number): Promise<readonly Buffer[]>; close(): Promise<void> }

function openWindow(blocks: AsyncIterable<Buffer>, format: SampleFormat): Window {
  const source = blocks[Symbol.asyncIterator]()
  const size = frameBytes(format)
  let held: { readonly at: number; readonly bytes: Buffer }[] = []
  let end = 0
  return {
    async take(from, to, forgetBefore) {
      while (end < to) {
        const more = await source.next()
        if (more.done === true) break
        held.push({ at: end, bytes: more.value })
        end += more.value.length / size
      }
      const taken = held.flatMap(({ at, bytes }) => {
        const part = bytes.subarray(Math.max(0, from - at) * size, Math.max(0, to - at) * size)
        return part.length === 0 ? [] : [part]
      })
      if (end < to) taken.push(Buffer.alloc((to - Math.max(end, from)) * size))
      held = held.filter(({ at, bytes }) => at + bytes.length / size > forgetBefore)
      return taken
    },
    async close() {
      await source.return?.()
    },
  }
}

type Piece = { readonly first: number; readonly packets: Promise<readonly Buffer[]> }

/** Pieces in order; at most `lanes` are being encoded and one more waits with its samples. */
async function* pieces(input: AacInput, total: number): AsyncGenerator<{ readonly first: number; readonly packets: readonly Buffer[] }> {
  const window = openWindow(input.blocks, input.format)
  const length = pieceLength(input, total)
  const under: Piece[] = []
  try {
    for (let start = 0; start < total; start += length) {
      const first = Math.max(0, start - lead)
      const until = Math.min(input.samples, (start + length + tail) * packetSamples)
      const next = (start + length - lead) * packetSamples
      const bytes = await window.take(first * packetSamples, until, next)
      while (under.length >= (input.lanes ?? 2)) {
        const oldest = under.shift()
        if (oldest !== undefined) yield { first: oldest.first, packets: await oldest.packets }
      }
      const packets = encodePiece(input, bytes)
      packets.catch(() => undefined)
      under.push({ first, packets })
    }
    for (const piece of under) yield { first: piece.first, packets: await piece.packets }
  } finally {
    await window.close()
  }
}

/** Encodes into `path`. Throws what the tool throws. The same samples give the same bytes. */
export async function encodeAac(input: AacInput): Promise<Aac> {
  const total = Math.ceil(input.samples / packetSamples) + 1
  const file = await open(input.path, 'w')
  try {
    const m4a = await openM4a(file)
    let waiting: { readonly first: number; readonly packets: readonly Buffer[] } | undefined
    let written = 0
    for await (const piece of pieces(input, total)) {
      if (waiting !== undefined) {
        const offset = piece.first - waiting.first
        // The seam may lie anywhere between the settled start of the one and the still fed end of the other.
        const seam = seamOf(waiting.packets.slice(0, -2), piece.packets, offset, offset + settle) ?? offset + lead
        await m4a.add(waiting.packets.slice(written - waiting.first, seam))
        written = waiting.first + seam
      }
      waiting = piece
      input.onProgress?.(written / total)
    }
    if (waiting !== undefined) await m4a.add(waiting.packets.slice(written - waiting.first, total - waiting.first))
    await m4a.finish(input.samples)
  } finally {
    await file.close()
  }
  return { path: input.path, samples: input.samples, priming: packetSamples }
}
