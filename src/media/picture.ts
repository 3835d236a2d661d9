// The timeline's picture: which clips can be copied, which pieces must be made, and the making of them, two at a time.
// Comes out: one track's worth of sample ranges, every one with the same H.264 settings, for the writer.
import { join } from 'node:path'
import type { Rate } from '../lang/time.ts'
import { hasSettings, pictureEntry } from './box-build.ts'
import { notWhole } from './boxes.ts'
import { conformCommand } from './conform.ts'
import type { Tool } from './ffmpeg.ts'
import type { House } from './house.ts'
import { muxArguments, timescaleOf, videoArguments } from './house.ts'
import type { Movie, SampleTable, Track } from './mp4.ts'
import { rateOf, readMp4 } from './mp4.ts'
import type { Stretch, TrackSource } from './mp4-write.ts'
import type { ClipFile } from './piece-command.ts'
import { bt709, counted, pieceCommand } from './piece-command.ts'
import type { Overlay, Piece, Segment } from './pieces.ts'
import { planPieces } from './pieces.ts'

export type PictureOrder = {
  readonly house: House
  /** In film order; `path` is the clip's file, `name` what people know it by. */
  readonly segments: readonly (Segment & { readonly path: string; readonly name: string })[]
  readonly overlays: readonly Overlay[]
  readonly tool: Tool
  /** An empty folder for the pieces; the caller removes it when the film is written. */
  readonly scratch: string
  readonly signal: AbortSignal
  /** Share of the frames to be made that are made. */
  readonly onProgress?: (done: number) => void
}

export type Picture = { readonly track: TrackSource; readonly frames: number; readonly made: number; readonly copied: number }

/** A clip on the disk with its picture track's samples. */
type Clip = { readonly path: string; readonly track: Track; readonly table: SampleTable }

/** Pieces made at once. */
const lanes = 2

const pictureTrack = (movie: Movie): Track => movie.tracks.find((track) => track.kind === 'video') ?? notWhole('the file has no picture')

async function openClip(path: string): Promise<Clip> {
  const track = pictureTrack(await readMp4(path))
  return { path, track, table: track.table() }
}

/** Runs `work` on every item, `width` at a time, in order of start; the first failure stops the rest. */
export async function eachOf<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const made: R[] = []
  let next = 0
  let failed = false
  const lane = async (): Promise<void> => {
    while (!failed && next < items.length) {
      const index = next
      next += 1
      try {
        // `index` is below `items.length`.
        made[index] = await work(items[index] as T, index)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane))
  for (const result of results) if (result.status === 'rejected') throw result.reason
  return made
}

const learned = new Map<string, Promise<Buffer>>()

/** The H.264 settings that this ffmpeg gives the house: found by making one frame, once a process. */
function houseSettings(order: PictureOrder): Promise<Buffer> {
  const { house, tool, scratch, signal } = order
  const key = `${tool.path}\0${JSON.stringify(house)}`
  const known = learned.get(key)
  if (known !== undefined) return known
  const path = join(scratch, 'settings.mp4')
  const { size, rate } = house
  const source = `color=c=black:size=${size.width}x${size.height}:rate=${rate.num}/${rate.den},${counted(rate)},${bt709},format=yuv420p`
  const outputs = [{ path, options: ['-frames:v', '1', ...videoArguments(house), ...muxArguments] }]
  const fresh = tool.run({ inputs: [{ lavfi: source }], outputs }, { signal }).then(async () => (await openClip(path)).track.avcC)
  learned.set(key, fresh)
  fresh.catch(() => learned.delete(key))
  return fresh
}

const sameRate = (a: Rate, b: Rate): boolean => a.num * b.den === b.num * a.den

/** True when the clip's frames can stand in the film as they are, next to others with the same settings. */
function inHouseForm({ track }: Clip, house: House): boolean {
  const { rate, constant } = rateOf(track)
  const untouched = track.edit === undefined || (track.edit.start === 0 && track.edit.gap === 0)
  const rightSize = track.size.width === house.size.width && track.size.height === house.size.height
  return (
    track.codec === 'avc1' &&
    hasSettings(track.entry) &&
    rightSize &&
    constant &&
    sameRate(rate, house.rate) &&
    !track.reordered &&
    untouched
  )
}

/** The settings most of the film's clips have, if they could be copied. */
function commonSettings(clips: readonly Clip[], house: House): Buffer | undefined {
  const counts = new Map<string, { readonly settings: Buffer; readonly clips: number }>()
  for (const clip of clips) {
    if (!inHouseForm(clip, house)) continue
    const key = clip.track.avcC.toString('latin1')
    counts.set(key, { settings: clip.track.avcC, clips: (counts.get(key)?.clips ?? 0) + 1 })
  }
  return [...counts.values()].sort((a, b) => b.clips - a.clips)[0]?.settings
}

type Placed = { readonly segments: readonly Segment[]; readonly clips: readonly Clip[]; readonly files: readonly ClipFile[] }

/** Encodes the clips that cannot be copied: once, only the frames that are used. */
async function bringIn(order: PictureOrder, clips: readonly Clip[], settings: Buffer): Promise<Placed> {
  const { house, tool, signal } = order
  const placed = await eachOf(order.segments, lanes, async (segment, index) => {
    const clip = clips[index]
    if (clip === undefined) throw new Error('a segment without a clip')
    if (inHouseForm(clip, house) && clip.track.avcC.equals(settings)) return { segment, clip }
    const output = join(order.scratch, `clip-${index}.mp4`)
    const { from, frames } = segment
    await tool.run(
      conformCommand({ path: clip.path, output, house, fit: 'crop', skip: from, frames, hasSound: false, strict: true, mute: true }),
      { signal },
    )
    return { segment: { ...segment, from: 0 }, clip: await openClip(output) }
  })
  return {
    segments: placed.map(({ segment }) => segment),
    clips: placed.map(({ clip }) => clip),
    files: placed.map(({ clip }) => ({ path: clip.path, keyBefore: (frame: number) => keyBefore(clip.table.keys, frame) })),
  }
}

/** The first key at or after `frame`; the end where there is none. */
function keyAfter(keys: Uint32Array, frame: number): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? 0) < frame) low = middle + 1
    else high = middle
  }
  return keys[low] ?? Number.MAX_SAFE_INTEGER
}
function keyBefore(keys: Uint32Array, frame: number): number {
  let [low, high] = [0, keys.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] ?? 0) <= frame) low = middle + 1
    else high = middle
  }
  return keys[low - 1] ?? 0
}

/** Makes one piece and proves that it is what was ordered. */
async function makePiece(
  order: PictureOrder,
  placed: Placed,
  piece: Extract<Piece, { kind: 'make' }>,
  settings: Buffer,
  onFrames: (frames: number) => void,
): Promise<Clip> {
  const output = join(order.scratch, `piece-${piece.at}.mp4`)
  await order.tool.run(pieceCommand({ piece, house: order.house, clips: placed.files, output }), {
    signal: order.signal,
    onProgress: onFrames,
  })
  const made = await openClip(output)
  if (made.track.samples !== piece.frames) throw new Error(`a piece of ${piece.frames} frames came out with ${made.track.samples}`)
  if (!made.track.avcC.equals(settings)) throw new Error('a piece came out with other H.264 settings than its film')
  return made
}

/** Frames a clip gives at the film's rate. One of another rate may end up to two frames early: its last one is held. */
function framesAt(track: Track, rate: Rate): number {
  const own = rateOf(track)
  if (own.constant && sameRate(own.rate, rate)) return track.samples
  return Math.round((track.duration * rate.num) / (track.timescale * rate.den)) + 2
}

async function openSegments(order: PictureOrder): Promise<readonly Clip[]> {
  const known = new Map<string, Promise<Clip>>()
  return eachOf(order.segments, 8, async ({ path, from, frames, name }) => {
    const opened = known.get(path) ?? openClip(path)
    known.set(path, opened)
    const clip = await opened
    const has = framesAt(clip.track, order.house.rate)
    if (has < from + frames) notWhole(`${name} has ${has} frames where the film needs ${from + frames}`)
    return clip
  })
}

/** Makes what must be made and names where every frame of the film's picture lies. Throws a ProviderFailure. */
export async function assemblePicture(order: PictureOrder): Promise<Picture> {
  const { house, overlays } = order
  const opened = await openSegments(order)
  const rate = house.rate.num / house.rate.den
  const plain = overlays.length === 0 && order.segments.every((segment) => segment.into.kind === 'cut' && segment.from === 0)
  const common = commonSettings(opened, house)
  // What is made must fit what is copied: where nothing is made, whatever the clips have in common will do.
  const settings =
    plain && common !== undefined && opened.every((clip) => inHouseForm(clip, house) && clip.track.avcC.equals(common))
      ? common
      : await houseSettings(order)
  const placed = await bringIn(order, opened, settings)
  const nextKey = (clip: number, frame: number): number => keyAfter(placed.clips[clip]?.table.keys ?? new Uint32Array(0), frame)
  const pieces = planPieces(placed.segments, overlays, nextKey, rate)
  const making = pieces.filter((piece) => piece.kind === 'make')
  const toMake = making.reduce((sum, piece) => sum + piece.frames, 0)
  const done = new Map<Piece, number>()
  const report = (piece: Piece, frames: number): void => {
    done.set(piece, frames)
    order.onProgress?.([...done.values()].reduce((sum, count) => sum + count, 0) / toMake)
  }
  const made = await eachOf(making, lanes, (piece) => makePiece(order, placed, piece, settings, (frames) => report(piece, frames)))
  return { ...trackOf(pieces, placed, made, house), made: toMake }
}

function trackOf(pieces: readonly Piece[], placed: Placed, made: readonly Clip[], house: House): Omit<Picture, 'made'> {
  let [next, copied] = [0, 0]
  const stretches = pieces.map((piece): Stretch => {
    const clip = piece.kind === 'copy' ? placed.clips[piece.source.clip] : made[next++]
    if (clip === undefined) throw new Error('a piece without a file')
    if (piece.kind === 'make') return { path: clip.path, table: clip.table, from: 0, to: piece.frames }
    copied += piece.frames
    return { path: clip.path, table: clip.table, from: piece.source.from, to: piece.source.from + piece.frames }
  })
  const entry = placed.clips[0]?.track.entry
  if (entry === undefined) throw new Error('a film without clips')
  const frames = pieces.reduce((sum, piece) => sum + piece.frames, 0)
  const timescale = timescaleOf(house.rate)
  const delta = (timescale * house.rate.den) / house.rate.num
  return { track: { entry: pictureEntry(entry), timescale, runs: [{ count: frames, delta }], stretches }, frames, copied }
}
