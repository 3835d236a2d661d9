// AAC packets go in as they are made, an M4A file comes out: the packets first, the index behind them. Its edit list
// tells players to leave out the encoder's priming and to stop at the exact last sample.
import type { FileHandle } from 'node:fs/promises'
import type { Chunk } from './box-build.ts'
import { box, fullBox, moovBox, u16, u32, u64 } from './box-build.ts'
import { channels, sampleRate } from './house.ts'
import { writeFully } from './pcm.ts'

/** Samples in one AAC packet, and the delay of the encoder: one packet. */
export const packetSamples = 1024

/** Descriptor of MPEG-4 systems: a tag and a length in one byte (all of ours are short). */
const descriptor = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, body.length]), body])
}

/** AAC-LC (object type 2), 48 kHz (index 3), two channels. */
const audioSpecificConfig = Buffer.from([0x11, 0x90])

function sampleEntry(bitRate: number): Buffer {
  const decoder = descriptor(4, Buffer.from([0x40, 0x15, 0, 0x18, 0]), u32(bitRate, bitRate), descriptor(5, audioSpecificConfig))
  const esds = fullBox('esds', 0, 0, descriptor(3, u16(1), Buffer.from([0]), decoder, descriptor(6, Buffer.from([2]))))
  return box('mp4a', Buffer.alloc(6), u16(1), Buffer.alloc(8), u16(channels, 16, 0, 0), u32(sampleRate * 65536), esds)
}

export type M4a = {
  add(packets: readonly Buffer[]): Promise<void>
  /** Writes the index; at least one packet must have come. The file stays open. */
  finish(samples: number): Promise<void>
}

/** Starts an M4A in an open, empty file. About one second of packets lies together. */
export async function openM4a(file: FileHandle): Promise<M4a> {
  const start = box('ftyp', Buffer.from('M4A ', 'latin1'), u32(0), Buffer.from('M4A mp42isom', 'latin1'))
  const perChunk = Math.round(sampleRate / packetSamples)
  const sizes: number[] = []
  const places: number[] = []
  let at = start.length + 16
  await writeFully(file, start, 0)
  return {
    async add(packets) {
      const whole = Buffer.concat(packets)
      await writeFully(file, whole, at)
      for (const packet of packets) {
        if (sizes.length % perChunk === 0) places.push(at)
        sizes.push(packet.length)
        at += packet.length
      }
    },
    async finish(samples) {
      // Size 1 announces the long form, so that any length fits.
      const head = Buffer.concat([u32(1), Buffer.from('mdat', 'latin1'), u64(at - start.length)])
      await writeFully(file, head, start.length)
      const index = indexOf(sizes, places, perChunk, samples)
      await writeFully(file, index, at)
    },
  }
}

function indexOf(sizes: readonly number[], places: readonly number[], perChunk: number, samples: number): Buffer {
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  const whole = sizes.length - 1
  // The last packet ends where the sound does: some players stop there, not where the edit list says.
  const last = samples + packetSamples - whole * packetSamples
  const runs = [...(whole > 0 ? [{ count: whole, delta: packetSamples }] : []), { count: 1, delta: last }]
  const chunks = places.map((offset, index): Chunk => ({ offset, samples: Math.min(perChunk, sizes.length - index * perChunk) }))
  const track = {
    kind: 'audio' as const,
    entry: sampleEntry(Math.round((bytes * 8 * sampleRate) / (samples + packetSamples))),
    timescale: sampleRate,
    runs,
    sizes: Uint32Array.from(sizes),
    chunks,
    size: { width: 0, height: 0 },
    edit: { start: packetSamples, length: samples },
  }
  return moovBox([track], {}, true)
}
