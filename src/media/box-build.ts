// Boxes of an MP4 as bytes: small constructors and the index of a file with one picture track and one sound track.
// Pure: numbers and sample tables in, a Buffer out.
import type { Size } from '../lang/program.ts'
import { findBox, innerBoxes } from './boxes.ts'
import type { Run } from './mp4.ts'

export const u16 = (...values: readonly number[]): Buffer => {
  const made = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) made.writeUInt16BE(value, index * 2)
  return made
}
export const u32 = (...values: readonly number[]): Buffer => {
  const made = Buffer.alloc(values.length * 4)
  for (const [index, value] of values.entries()) made.writeUInt32BE(value, index * 4)
  return made
}
export const u64 = (value: number): Buffer => u32(Math.floor(value / 2 ** 32), value % 2 ** 32)

export function box(kind: string, ...parts: readonly Buffer[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 8)
  return Buffer.concat([u32(size), Buffer.from(kind, 'latin1'), ...parts])
}
export const fullBox = (kind: string, version: 0 | 1, flags: number, ...parts: readonly Buffer[]): Buffer =>
  box(kind, u32(version * 0x1000000 + flags), ...parts)

/** A run of samples that lie together in the new file. */
export type Chunk = { readonly offset: number; readonly samples: number }

export type BuiltTrack = {
  readonly kind: 'video' | 'audio'
  readonly entry: Buffer
  readonly timescale: number
  readonly runs: readonly Run[]
  readonly sizes: Uint32Array
  /** Absent: every sample is a keyframe. */
  readonly keys?: Uint32Array
  readonly chunks: readonly Chunk[]
  readonly size: Size
  /** Ticks of the track before what is heard, and how many are heard; absent = all. */
  readonly edit?: { readonly start: number; readonly length: number }
}

/** Words about the film: shown by players and kept by most tools. */
export type Tags = { readonly title?: string; readonly comment?: string; readonly encoder?: string }

/** Ticks a second of the whole film: sound's own, so that its edit is exact. */
export const movieTimescale = 48000

const identity = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
const undated = Buffer.alloc(16)

function bigTable(values: ArrayLike<number>, add = 0): Buffer {
  const made = Buffer.alloc(values.length * 4)
  for (let index = 0; index < values.length; index += 1) made.writeUInt32BE((values[index] ?? 0) + add, index * 4)
  return made
}

function chunkOffsets(chunks: readonly Chunk[], wide: boolean): Buffer {
  const made = Buffer.alloc(chunks.length * (wide ? 8 : 4))
  for (const [index, { offset }] of chunks.entries()) {
    if (wide) made.writeBigUInt64BE(BigInt(offset), index * 8)
    else made.writeUInt32BE(offset, index * 4)
  }
  return fullBox(wide ? 'co64' : 'stco', 0, 0, u32(chunks.length), made)
}

/** Rows only where the number of samples a chunk changes. */
function chunkSpread(chunks: readonly Chunk[]): Buffer {
  const spread: number[] = []
  for (const [index, chunk] of chunks.entries()) {
    if (chunk.samples !== chunks[index - 1]?.samples) spread.push(index + 1, chunk.samples, 1)
  }
  return fullBox('stsc', 0, 0, u32(spread.length / 3, ...spread))
}

function sampleTable(track: BuiltTrack, wide: boolean): Buffer {
  const runs = u32(track.runs.length, ...track.runs.flatMap((run) => [run.count, run.delta]))
  return box(
    'stbl',
    fullBox('stsd', 0, 0, u32(1), track.entry),
    fullBox('stts', 0, 0, runs),
    ...(track.keys === undefined ? [] : [fullBox('stss', 0, 0, u32(track.keys.length), bigTable(track.keys, 1))]),
    chunkSpread(track.chunks),
    fullBox('stsz', 0, 0, u32(0, track.sizes.length), bigTable(track.sizes)),
    chunkOffsets(track.chunks, wide),
  )
}

export const ticksOf = (track: Pick<BuiltTrack, 'runs'>): number => track.runs.reduce((sum, run) => sum + run.count * run.delta, 0)

/** How long a track is shown or heard, in ticks of the movie. */
function shownTicks(track: BuiltTrack): number {
  const own = track.edit?.length ?? ticksOf(track)
  return Math.round((own * movieTimescale) / track.timescale)
}

function trackBox(track: BuiltTrack, id: number, wide: boolean): Buffer {
  const video = track.kind === 'video'
  const shown = shownTicks(track)
  const { width, height } = track.size
  const header = fullBox(
    'tkhd',
    1,
    3,
    undated,
    u32(id, 0),
    u64(shown),
    u32(0, 0),
    u16(0, video ? 0 : 1, video ? 0 : 0x100, 0),
    identity,
    u32(width * 65536, height * 65536),
  )
  const edit = box('edts', fullBox('elst', 1, 0, u32(1), u64(shown), u64(track.edit?.start ?? 0), u16(1, 0)))
  const handler = fullBox(
    'hdlr',
    0,
    0,
    u32(0),
    Buffer.from(video ? 'vide' : 'soun', 'latin1'),
    Buffer.alloc(12),
    Buffer.from(video ? 'picture\0' : 'sound\0', 'latin1'),
  )
  const media = box(
    'mdia',
    fullBox('mdhd', 1, 0, undated, u32(track.timescale), u64(ticksOf(track)), u16(0x55c4, 0)),
    handler,
    box(
      'minf',
      video ? fullBox('vmhd', 0, 1, u16(0, 0, 0, 0)) : fullBox('smhd', 0, 0, u32(0)),
      box('dinf', fullBox('dref', 0, 0, u32(1), fullBox('url ', 0, 1))),
      sampleTable(track, wide),
    ),
  )
  return box('trak', header, edit, media)
}

function tagBox(tags: Tags): readonly Buffer[] {
  const words = [
    ['\xa9nam', tags.title],
    ['\xa9cmt', tags.comment],
    ['\xa9too', tags.encoder],
  ] as const
  const items = words.flatMap(([kind, text]) =>
    text === undefined || text === '' ? [] : [box(kind, box('data', u32(1, 0), Buffer.from(text, 'utf8')))],
  )
  if (items.length === 0) return []
  const handler = fullBox('hdlr', 0, 0, u32(0), Buffer.from('mdirappl', 'latin1'), Buffer.alloc(9))
  return [box('udta', fullBox('meta', 0, 0, handler, box('ilst', ...items)))]
}

/** The index of the film. `wide`: places beyond 4 GiB. */
export function moovBox(tracks: readonly BuiltTrack[], tags: Tags, wide: boolean): Buffer {
  const duration = tracks.reduce((most, track) => Math.max(most, shownTicks(track)), 0)
  const header = fullBox(
    'mvhd',
    1,
    0,
    undated,
    u32(movieTimescale),
    u64(duration),
    u32(0x10000),
    u16(0x100, 0),
    u32(0, 0),
    identity,
    Buffer.alloc(24),
    u32(tracks.length + 1),
  )
  return box('moov', header, ...tracks.map((track, index) => trackBox(track, index + 1, wide)), ...tagBox(tags))
}

export const ftypBox = box('ftyp', Buffer.from('isom', 'latin1'), u32(512), Buffer.from('isomiso2avc1mp41', 'latin1'))

/** An H.264 sample entry with its settings, square pixels and bt709 said in words; all else of the old one is left out. */
export function pictureEntry(entry: Buffer): Buffer {
  const fixed = entry.subarray(8, 86)
  const kept = innerBoxes(entry, 86).filter((inner) => inner.kind === 'avcC')
  const colour = box('colr', Buffer.from('nclx', 'latin1'), u16(1, 1, 1), Buffer.from([0]))
  const settings = kept.map((inner) => box(inner.kind, entry.subarray(inner.start, inner.end)))
  return box('avc1', fixed, ...settings, colour, box('pasp', u32(1, 1)))
}

/** True when the entry carries H.264 settings. */
export const hasSettings = (entry: Buffer): boolean => findBox(entry, 'avcC', 86) !== undefined
