// A stream of samples goes in, an M4A with AAC comes out: 48 kHz, one packet of priming, exact length. Long sound is
// encoded in pieces on all cores. Pieces overlap, and one is left for the next where both chose the same window, so
// that the halves of their packets add up as if one encoder had gone through. Where the pieces lie depends on nothing
// but the sound: the same samples give the same bytes on any machine.
import { open, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { adtsPackets, seamOf } from './adts.ts'
import type { Tool } from './ffmpeg.ts'
import { openM4a, packetSamples } from './m4a.ts'
import type { SampleFormat } from './pcm.ts'
import { frameBytes, inBulk, sampleArguments, writeFully } from './pcm.ts'

/** Packets a piece starts early: what an encoder needs to forget that it started there. */
const lead = 16
/** Packets a piece runs on, to give the seam a choice and the encoder its look ahead. */
const tail = 24
/** Packets at the start of a piece that still know of its start. */
const settle = 6
/** Packets a piece, without its overlaps: three quarters of a minute, so that an ffmpeg's start hardly counts. */
const usualPiece = 2109

export type AacInput = {
  readonly blocks: AsyncIterable<Buffer>
  readonly format: SampleFormat
  /** How many samples will come. Fewer are filled up with silence, more are left out. */
  readonly samples: number
  /** Where the M4A goes; pieces lie beside it for as long as they are needed. */
  readonly path: string
  readonly tool: Tool
  readonly signal: AbortSignal
  /** Encoders at once; as many as there are cores where it is left out. */
  readonly lanes?: number
  /** Packets a piece, for tests. */
  readonly piecePackets?: number
  readonly onProgress?: (done: number) => void
}

/** `priming`: samples in front that the edit list leaves out. */
export type Aac = { readonly path: string; readonly samples: number; readonly priming: number }

/**
 * One quality throughout, not one bit rate: about 250 to 300 kbit/s of music, less of speech. Aiming at a rate, the
 * encoder makes every packet of a plain tone up to ten times. Its thorough coder is slower still, and that of ffmpeg
 * 5.1 lets a burst of noise through where a tone sets in.
 */
export const aacArguments: readonly string[] = ['-c:a', 'aac', '-aac_coder', 'fast', '-q:a', '3']

/** Encodes the samples that `path` holds, and removes it. */
async function encodePiece(input: AacInput, path: string, signal: AbortSignal): Promise<readonly Buffer[]> {
  try {
    const command = {
      inputs: [{ path, options: [...sampleArguments(input.format)] }],
      outputs: [{ pipe: true as const, options: [...aacArguments, '-flags', '+bitexact', ...inBulk, '-f', 'adts'] }],
    }
    return adtsPackets(await input.tool.read(command, { signal, limit: 256 << 20 }))
  } finally {
    await rm(path, { force: true })
  }
}

/** Bytes go to ffmpeg by a file: it reads that several times faster than a pipe, which would also hold up who writes it. */
async function writePiece(path: string, parts: readonly Buffer[]): Promise<void> {
  const file = await open(path, 'w')
  try {
    let at = 0
    for (const part of parts) {
      await writeFully(file, part, at)
      at += part.length
    }
  } finally {
    await file.close()
  }
}

/** Lets `count` pieces of work run at once, in the order they came. */
function openLanes(count: number): <R>(work: () => Promise<R>) => Promise<R> {
  const waiting: (() => void)[] = []
  let free = count
  return async (work) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free -= 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) free += 1
      else next()
    }
  }
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

type Piece = { readonly first: number; readonly packets: readonly Buffer[] }

/** Pieces in order; two more than are being encoded may wait with their samples on the disk. */
async function* pieces(input: AacInput, total: number): AsyncGenerator<Piece> {
  const window = openWindow(input.blocks, input.format)
  const length = input.piecePackets ?? usualPiece
  const lanes = input.lanes ?? Math.max(2, Math.min(8, availableParallelism()))
  const inLane = openLanes(lanes)
  const stopped = new AbortController()
  const signal = AbortSignal.any([input.signal, stopped.signal])
  const under: { readonly first: number; readonly packets: Promise<readonly Buffer[]> }[] = []
  const all: Promise<unknown>[] = []
  try {
    for (let start = 0; start < total; start += length) {
      const first = Math.max(0, start - lead)
      const until = Math.min(input.samples, (start + length + tail) * packetSamples)
      const bytes = await window.take(first * packetSamples, until, (start + length - lead) * packetSamples)
      const path = `${input.path}.${start}.pcm`
      await writePiece(path, bytes)
      const packets = inLane(() => encodePiece(input, path, signal))
      // Looked at when its turn comes; not before then is a failure "unhandled".
      packets.catch(() => undefined)
      under.push({ first, packets })
      all.push(packets)
      const oldest = under.length > lanes + 2 ? under.shift() : undefined
      if (oldest !== undefined) yield { first: oldest.first, packets: await oldest.packets }
    }
    for (const piece of under) yield { first: piece.first, packets: await piece.packets }
  } finally {
    stopped.abort()
    await Promise.allSettled(all)
    await window.close()
  }
}

/** Encodes into `path`. Throws what the tool throws. The same samples give the same bytes. */
export async function encodeAac(input: AacInput): Promise<Aac> {
  const total = Math.ceil(input.samples / packetSamples) + 1
  const file = await open(input.path, 'w')
  try {
    const m4a = await openM4a(file)
    let waiting: Piece | undefined
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
