// An MP4 in, its index out: tracks, codec settings, where every sample lies and which of them are keyframes. Walks
// the boxes itself (no process, well under a millisecond a clip) and never reads the media. Files may be hostile:
// every count is held against the bytes that are really there before anything is allocated for it.
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Size } from '../lang/program.ts'
import type { Rate } from '../lang/time.ts'
import { rational } from '../lang/time.ts'
import { findBox, innerBoxes, notWhole, readAt, topBoxes } from './boxes.ts'

/** Runs of equal lengths: `count` samples of `delta` ticks each. */
export type Run = { readonly count: number; readonly delta: number }

export type Track = {
  readonly kind: 'video' | 'audio' | 'other'
  /** Four letters: `avc1`, `hvc1`, `mp4a`, `fLaC` … */
  readonly codec: string
  /** The whole sample entry, as `stsd` holds it: codec settings and all. */
  readonly entry: Buffer
  /** H.264 settings (the content of `avcC`); empty for other codecs. */
  readonly avcC: Buffer
  readonly size: Size
  readonly channels: number
  readonly sampleRate: number
  readonly timescale: number
  readonly samples: number
  /** Ticks of all samples. */
  readonly duration: number
  readonly runs: readonly Run[]
  /** Pictures are shown in another order than they are stored (B-frames). */
  readonly reordered: boolean
  /** Ticks by which the first picture is shown after its place in the file: what an edit's start makes up for. */
  readonly shift: number
  /** What of the track is heard or seen: from `start` (ticks of the track), `duration` (ticks of the movie); absent = all. */
  readonly edit?: { readonly start: number; readonly duration: number; readonly gap: number }
  /** Where the samples lie; only worked out when asked for. */
  readonly table: () => SampleTable
}

/** By sample: its place and length in the file. `keys`: numbers (from 0) of samples that decode on their own, ascending. */
export type SampleTable = { readonly offsets: Float64Array; readonly sizes: Uint32Array; readonly keys: Uint32Array }

export type Movie = {
  readonly bytes: number
  readonly timescale: number
  readonly tracks: readonly Track[]
  /** The samples lie in fragments; `samples` and `table` then know only what the index has. */
  readonly fragmented: boolean
}

const largestIndex = 256 << 20
const mostTracks = 64
const mostSamples = 50_000_000

function need(bytes: Buffer, length: number, what: string): void {
  if (bytes.length < length) notWhole(`the file is damaged: its ${what} is shorter than it says`)
}

const u64At = (bytes: Buffer, at: number): number => {
  const value = bytes.readBigUInt64BE(at)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) notWhole('the file is damaged: it holds a number beyond reason')
  return Number(value)
}

/** `timescale` and `duration` of mvhd and mdhd, whose versions differ in width. */
function clockOf(content: Buffer | undefined, what: string): { readonly timescale: number; readonly duration: number } {
  if (content === undefined) notWhole(`the file is damaged: its index has no ${what}`)
  const long = content[0] === 1
  need(content, long ? 32 : 20, what)
  const timescale = content.readUInt32BE(long ? 20 : 12)
  if (timescale === 0) notWhole(`the file is damaged: the time scale of its ${what} is zero`)
  return { timescale, duration: long ? u64At(content, 24) : content.readUInt32BE(16) }
}

/** Reads a table of `width`-byte rows whose number stands in front of it. */
function rows(content: Buffer | undefined, width: number, what: string): { readonly count: number; readonly bytes: Buffer } {
  if (content === undefined) notWhole(`the file is damaged: its index has no ${what}`)
  need(content, 8, what)
  const count = content.readUInt32BE(4)
  need(content, 8 + count * width, what)
  return { count, bytes: content.subarray(8, 8 + count * width) }
}

function runsOf(content: Buffer | undefined): readonly Run[] {
  const { count, bytes } = rows(content, 8, 'stts')
  return Array.from({ length: count }, (_, row) => ({ count: bytes.readUInt32BE(row * 8), delta: bytes.readUInt32BE(row * 8 + 4) }))
}

/** How many samples, and how long each is; `fixed` when all have one length. */
function sizesOf(content: Buffer | undefined): { readonly count: number; readonly fixed: number; readonly bytes: Buffer } {
  if (content === undefined) notWhole('the file is damaged: its index has no stsz')
  need(content, 12, 'stsz')
  const fixed = content.readUInt32BE(4)
  const count = content.readUInt32BE(8)
  if (fixed === 0) need(content, 12 + count * 4, 'stsz')
  if (count > mostSamples) notWhole(`the file claims ${count.toLocaleString('en-US')} samples`)
  return { count, fixed, bytes: content.subarray(12) }
}

type Places = { readonly stbl: Buffer; readonly fileBytes: number }

/** Chunk by chunk through `stsc` and `stco`, giving every sample its place. */
function tableOf({ stbl, fileBytes }: Places): SampleTable {
  const sizes = sizesOf(findBox(stbl, 'stsz'))
  const long = findBox(stbl, 'co64')
  const chunks = rows(long ?? findBox(stbl, 'stco'), long === undefined ? 4 : 8, 'stco')
  const spread = rows(findBox(stbl, 'stsc'), 12, 'stsc')
  const made = { offsets: new Float64Array(sizes.count), sizes: new Uint32Array(sizes.count), keys: keysOf(stbl, sizes.count) }
  let sample = 0
  let row = 0
  for (let chunk = 0; chunk < chunks.count && sample < sizes.count; chunk += 1) {
    while (row + 1 < spread.count && spread.bytes.readUInt32BE((row + 1) * 12) <= chunk + 1) row += 1
    const inChunk = spread.count === 0 ? 0 : spread.bytes.readUInt32BE(row * 12 + 4)
    let at = long === undefined ? chunks.bytes.readUInt32BE(chunk * 4) : u64At(chunks.bytes, chunk * 8)
    for (let left = inChunk; left > 0 && sample < sizes.count; left -= 1) {
      const size = sizes.fixed > 0 ? sizes.fixed : sizes.bytes.readUInt32BE(sample * 4)
      if (at + size > fileBytes) notWhole('the file is cut short: its index names pictures or sound behind its end')
      made.offsets[sample] = at
      made.sizes[sample] = size
      at += size
      sample += 1
    }
  }
  if (sample < sizes.count) notWhole('the file is damaged: its index does not place all samples')
  return made
}

/** No `stss`: every sample is a keyframe. */
function keysOf(stbl: Buffer, samples: number): Uint32Array {
  const content = findBox(stbl, 'stss')
  if (content === undefined) return Uint32Array.from({ length: samples }, (_, index) => index)
  const { count, bytes } = rows(content, 4, 'stss')
  const keys = Uint32Array.from({ length: count }, (_, row) => bytes.readUInt32BE(row * 4) - 1)
  if (keys.some((key, index) => key >= samples || key <= (keys[index - 1] ?? -1)))
    notWhole('the file is damaged: its keyframes are out of order')
  return keys
}

/** Leading empty edits are a gap; of the rest, one stretch from the first start through all durations. */
function editOf(trak: Buffer): Track['edit'] {
  const edts = findBox(trak, 'edts')
  const content = edts === undefined ? undefined : findBox(edts, 'elst')
  if (content === undefined) return undefined
  const long = content[0] === 1
  const { count, bytes } = rows(content, long ? 20 : 12, 'elst')
  let [gap, duration, start] = [0, 0, -1]
  for (let row = 0; row < count; row += 1) {
    const length = long ? u64At(bytes, row * 20) : bytes.readUInt32BE(row * 12)
    const from = long ? Number(bytes.readBigInt64BE(row * 20 + 8)) : bytes.readInt32BE(row * 12 + 4)
    if (from < 0 && start < 0) gap += length
    if (from < 0) continue
    if (start < 0) start = from
    duration += length
  }
  return start < 0 ? undefined : { start, duration, gap }
}

/** The first picture's composition offset; version 0 writers put signed numbers there too. */
function shiftOf(stbl: Buffer): number {
  const content = findBox(stbl, 'ctts')
  if (content === undefined) return 0
  const { count, bytes } = rows(content, 8, 'ctts')
  return count === 0 ? 0 : bytes.readInt32BE(4)
}

const handlers: Readonly<Record<string, Track['kind']>> = { vide: 'video', soun: 'audio' }

function entryOf(stbl: Buffer): Buffer {
  const stsd = findBox(stbl, 'stsd')
  if (stsd === undefined || stsd.length < 16) notWhole('the file is damaged: its index has no stsd')
  const size = stsd.readUInt32BE(8)
  if (size < 8 || 8 + size > stsd.length) notWhole('the file is damaged: its stsd is broken')
  // A copy: the index it lies in can then be let go.
  return Buffer.from(stsd.subarray(8, 8 + size))
}

function trackOf(trak: Buffer, fileBytes: number): Track {
  const inside = (bytes: Buffer, kind: string): Buffer => findBox(bytes, kind) ?? notWhole(`the file is damaged: its index has no ${kind}`)
  const mdia = inside(trak, 'mdia')
  const stbl = inside(inside(mdia, 'minf'), 'stbl')
  const handler = inside(mdia, 'hdlr')
  need(handler, 12, 'hdlr')
  const kind = handlers[handler.toString('latin1', 8, 12)] ?? 'other'
  const { timescale } = clockOf(findBox(mdia, 'mdhd'), 'mdhd')
  const entry = entryOf(stbl)
  const runs = runsOf(findBox(stbl, 'stts'))
  const { count } = sizesOf(findBox(stbl, 'stsz'))
  if (runs.reduce((sum, run) => sum + run.count, 0) !== count) notWhole('the file is damaged: its index counts samples in two ways')
  need(entry, kind === 'video' ? 86 : kind === 'audio' ? 36 : 8, 'stsd')
  const edit = editOf(trak)
  return {
    kind,
    codec: entry.toString('latin1', 4, 8),
    entry,
    avcC: kind === 'video' ? (findBox(entry, 'avcC', 86) ?? Buffer.alloc(0)) : Buffer.alloc(0),
    size: kind === 'video' ? { width: entry.readUInt16BE(32), height: entry.readUInt16BE(34) } : { width: 0, height: 0 },
    channels: kind === 'audio' ? entry.readUInt16BE(24) : 0,
    sampleRate: kind === 'audio' ? entry.readUInt32BE(32) / 65536 : 0,
    timescale,
    samples: count,
    duration: runs.reduce((sum, run) => sum + run.count * run.delta, 0),
    runs,
    reordered: findBox(stbl, 'ctts') !== undefined,
    shift: shiftOf(stbl),
    ...(edit === undefined ? {} : { edit }),
    table: () => tableOf({ stbl, fileBytes }),
  }
}

async function movieOf(file: FileHandle): Promise<Movie> {
  const boxes = await topBoxes(file)
  const moov = boxes.find((box) => box.kind === 'moov')
  if (moov === undefined) notWhole('the file has no index (moov): it was not finished')
  if (moov.end - moov.start > largestIndex) notWhole('the index of the file is larger than any film needs')
  const index = Buffer.alloc(moov.end - moov.start)
  await readAt(file, index, moov.start)
  const bytes = (await file.stat()).size
  const fragmented = findBox(index, 'mvex') !== undefined || boxes.some((box) => box.kind === 'moof')
  if (!fragmented && !boxes.some((box) => box.kind === 'mdat')) notWhole('the file has an index and no pictures (no mdat)')
  const traks = innerBoxes(index).filter((box) => box.kind === 'trak')
  if (traks.length > mostTracks) notWhole(`the file has ${traks.length} tracks`)
  const { timescale } = clockOf(findBox(index, 'mvhd'), 'mvhd')
  return { bytes, timescale, fragmented, tracks: traks.map((trak) => trackOf(index.subarray(trak.start, trak.end), bytes)) }
}

/** Reads the index of a whole MP4 or MOV. Throws a `mismatch` failure for anything else. */
export async function readMp4(path: string): Promise<Movie> {
  const file = await open(path, 'r')
  try {
    return await movieOf(file)
  } catch (error) {
    // A number that points outside its box is the file's fault, never ours.
    if (error instanceof RangeError) notWhole('the file is damaged: its index does not hold together')
    throw error
  } finally {
    await file.close()
  }
}

/** Throws unless the file is a whole MP4: not cut short, not a web page, not a playlist. */
export async function checkWhole(path: string): Promise<void> {
  const movie = await readMp4(path)
  for (const track of movie.tracks) if (track.kind === 'video' || track.kind === 'audio') track.table()
}

/** The rate of a picture track; `constant` when every frame lasts the same (the last may differ). */
export function rateOf(track: Track): { readonly rate: Rate; readonly constant: boolean } {
  const first = track.runs[0]
  const rest = track.runs.slice(1)
  const constant = first !== undefined && first.delta > 0 && (rest.length === 0 || (rest.length === 1 && rest[0]?.count === 1))
  if (constant) return { rate: rational(track.timescale, first.delta), constant }
  return { rate: track.duration > 0 ? rational(track.samples * track.timescale, track.duration) : rational(1), constant }
}
