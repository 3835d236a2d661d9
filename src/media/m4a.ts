// AAC packets go in as they are made, an M4A file comes out: the packets first, the index behind them. Its edit list
// tells players to leave out the encoder's priming and to stop at the exact last sample.
import type { FileHandle } from 'node:fs/promises'
import { channels, sampleRate } from './house.ts'

/** Samples in one AAC packet, and the delay of the encoder: one packet. */
export const packetSamples = 1024

const u16 = (...values: number[]): Buffer => {
  const made = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) made.writeUInt16BE(value, index * 2)
  return made
}
const u32 = (...values: readonly number[]): Buffer => {
  const made = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) made.writeUInt32BE(value, index * 4)
  return made
}
const u64 = (value: number): Buffer => u32(Math.floor(value / 2 ** 32), value % 2 ** 32)

const box = (kind: string, ...parts: readonly Buffer[]): Buffer => {
  const size = parts.reduce((sum, part) => sum + part.length, 8)
  return Buffer.concat([u32(size), Buffer.from(kind, 'latin1'), ...parts])
}
const fullBox = (kind: string, flags: number, ...parts: readonly Buffer[]): Buffer => box(kind, u32(flags), ...parts)
const version1 = 0x01000000

const unity = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)

/** Descriptor of MPEG-4 systems: a tag and a length in one byte (all of ours are short). */
const descriptor = (tag: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag, body.length]), body])
}

/** AAC-LC (object type 2), 48 kHz (index 3), two channels. */
const audioSpecificConfig = Buffer.from([0x11, 0x90])

function sampleEntry(bitRate: number): Buffer {
  const decoder = descriptor(4, Buffer.from([0x40, 0x15, 0, 0x18, 0]), u32(bitRate, bitRate), descriptor(5, audioSpecificConfig))
  const esds = fullBox('esds', 0, descriptor(3, u16(1), Buffer.from([0]), decoder, descriptor(6, Buffer.from([2]))))
  return box('mp4a', Buffer.alloc(6), u16(1), Buffer.alloc(8), u16(channels, 16, 0, 0), u32(sampleRate * 65536), esds)
}

/** `coded`: samples from the first packet to the last one's heard end. Some players end there, not where the edit list says. */
type Table = { readonly sizes: readonly number[]; readonly chunks: readonly number[]; readonly perChunk: number; readonly coded: number }

function sampleTable(table: Table, bitRate: number): Buffer {
  const { sizes, chunks, perChunk, coded } = table
  const whole = sizes.length - 1
  const rest = sizes.length % perChunk
  const full = Math.floor(sizes.length / perChunk)
  const runs = [...(full > 0 ? [[1, perChunk, 1]] : []), ...(rest > 0 ? [[full + 1, rest, 1]] : [])]
  return box(
    'stbl',
    fullBox('stsd', 0, u32(1), sampleEntry(bitRate)),
    fullBox('stts', 0, u32(2, whole, packetSamples, 1, coded - whole * packetSamples)),
    fullBox('stsc', 0, u32(runs.length, ...runs.flat())),
    fullBox('stsz', 0, u32(0, sizes.length), Buffer.concat(sizes.map((size) => u32(size)))),
    fullBox('co64', 0, u32(chunks.length), Buffer.concat(chunks.map(u64))),
    // A player that jumps in has to decode one packet more than it plays.
    fullBox('sgpd', version1, Buffer.from('roll', 'latin1'), u32(2, 1), u16(0xffff)),
    fullBox('sbgp', 0, Buffer.from('roll', 'latin1'), u32(1, sizes.length, 1)),
  )
}

/** The index: one sound track of `samples` samples behind `priming` samples that are not heard. */
function index(table: Table, samples: number, priming: number): Buffer {
  const { coded } = table
  const bytes = table.sizes.reduce((sum, size) => sum + size, 0)
  const bitRate = Math.round((bytes * 8 * sampleRate) / coded)
  const dates = Buffer.alloc(16)
  const media = box(
    'mdia',
    fullBox('mdhd', version1, dates, u32(sampleRate), u64(coded), u16(0x55c4, 0)),
    fullBox('hdlr', 0, u32(0), Buffer.from('soun', 'latin1'), Buffer.alloc(12), Buffer.from('sound\0', 'latin1')),
    box('minf', fullBox('smhd', 0, u32(0)), box('dinf', fullBox('dref', 0, u32(1), fullBox('url ', 1))), sampleTable(table, bitRate)),
  )
  const edit = box('edts', fullBox('elst', version1, u32(1), u64(samples), u64(priming), u16(1, 0)))
  const trackHeader = fullBox('tkhd', version1 | 3, dates, u32(1, 0), u64(samples), u32(0, 0), u16(0, 0, 0x100, 0), unity, u32(0, 0))
  const movieHeader = fullBox(
    'mvhd',
    version1,
    dates,
    u32(sampleRate),
    u64(samples),
    u32(0x10000),
    u16(0x100, 0),
    u32(0, 0),
    unity,
    Buffer.alloc(24),
    u32(2),
  )
  return box('moov', movieHeader, box('trak', trackHeader, edit, media))
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
  const chunks: number[] = []
  let at = start.length + 16
  await file.write(start, 0, start.length, 0)
  return {
    async add(packets) {
      const whole = Buffer.concat(packets)
      await file.write(whole, 0, whole.length, at)
      for (const packet of packets) {
        if (sizes.length % perChunk === 0) chunks.push(at)
        sizes.push(packet.length)
        at += packet.length
      }
    },
    async finish(samples) {
      // Size 1 announces the long form, so that any length fits.
      const head = Buffer.concat([u32(1), Buffer.from('mdat', 'latin1'), u64(at - start.length)])
      await file.write(head, 0, head.length, start.length)
      const moov = index({ sizes, chunks, perChunk, coded: samples + packetSamples }, samples, packetSamples)
      await file.write(moov, 0, moov.length, at)
    },
  }
}
