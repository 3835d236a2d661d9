// The cut goes in, the film's sound comes out as one AAC track, exact to the sample: shots laid in a row, beds mixed
// under them, brought to the loudness asked for. A film without beds and loudness goes straight from clips to AAC.
//
//   clips ─▶ track ─┬──────────────────────────────▶ AAC
//   beds ─▶ files ──┴▶ mix ─▶ measure ─▶ gain, limit ─▶ AAC ─▶ measure again
import type { FileHandle } from 'node:fs/promises'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cut, Delivered, JobId, PlacedBed } from '../lang/plan.ts'
import type { Rate } from '../lang/time.ts'
import { frameToSample } from '../lang/time.ts'
import { encodeAac } from './aac.ts'
import { writeBed } from './beds.ts'
import { duckGains, openLevels } from './duck.ts'
import type { Tool } from './ffmpeg.ts'
import { asFailure } from './finish-file.ts'
import { limited } from './limiter.ts'
import type { Meter } from './loudness.ts'
import { openMeter } from './loudness.ts'
import type { BedTrack } from './mix.ts'
import { bedSamples, mixed, placeBed } from './mix.ts'
import { bytesOf, decodeSound, readBlocks, toFloats, writeBlocks } from './pcm.ts'
import { layTrack, trackBlocks } from './track.ts'

export type SoundInput = {
  readonly cut: Cut
  readonly rate: Rate
  /** Absolute paths of the clips, by the job that made them, and of the assets, by their path in the script. */
  readonly files: ReadonlyMap<JobId, string>
  readonly assets: ReadonlyMap<string, string>
  readonly delivered: ReadonlyMap<JobId, Delivered>
  /** Integrated loudness to reach, LUFS. */
  readonly loudness?: number
  readonly tool: Tool
  /** A folder in which this may make its own. */
  readonly scratch: string
  readonly signal: AbortSignal
  readonly onProgress?: (done: number, phase: string) => void
}

/** `priming`: samples in front that players leave out. `loudness` (LUFS) and `peak` (dBTP) are measured on the encoded sound. */
export type Sound = {
  readonly path: string
  readonly samples: number
  readonly priming: number
  readonly loudness?: number
  readonly peak?: number
}

/** dBTP. Players and platforms ask for no more than -1; the encoder may add a little to what the limiter lets through. */
const peakCeiling = -1
const limitCeiling = -1.5
/** Decibels a quiet film is raised at most: more would bring up nothing but noise. */
const mostGain = 24
/** LU of error that are not worth another pass. */
const closeEnough = 0.15

const factor = (decibels: number): number => 10 ** (decibels / 20)

type Work = SoundInput & { readonly folder: string; readonly total: number; readonly opened: FileHandle[] }

async function openFile(work: Work, name: string): Promise<FileHandle> {
  const file = await open(join(work.folder, name), 'w+')
  work.opened.push(file)
  return file
}

async function* floats(blocks: AsyncIterable<Buffer>, format: 's16le' | 'f32le', signal: AbortSignal): AsyncGenerator<Float32Array> {
  for await (const block of blocks) {
    signal.throwIfAborted()
    yield toFloats(block, format)
  }
}

async function* bytes(blocks: AsyncIterable<Float32Array>): AsyncGenerator<Buffer> {
  for await (const block of blocks) yield bytesOf(block)
}

/** Lets another eye see what passes by. */
async function* watched<T>(blocks: AsyncIterable<T>, see: (block: T) => void): AsyncGenerator<T> {
  for await (const block of blocks) {
    see(block)
    yield block
  }
}

type Measured = { readonly loudness: number | undefined; readonly peak: number }
type Track = { readonly file: FileHandle; readonly voice: Float32Array; readonly measured: Measured | undefined }

/** Writes the shots' track to a file; gives the levels of those shots in which people speak, and what it measures where it is the whole mix. */
async function writeTrack(work: Work): Promise<Track> {
  const file = await openFile(work, 'track.pcm')
  const spoken = layTrack(work.cut, work.rate, work.delivered).filter((slot) => slot.voice && slot.has > 0)
  const levels = spoken.length === 0 ? undefined : openLevels(work.total, spoken)
  const meter = work.loudness === undefined || work.cut.beds.length > 0 ? undefined : openMeter()
  const seen = watched(trackBlocks({ ...work, scratch: work.folder }), (block) => {
    if (levels === undefined && meter === undefined) return
    const samples = toFloats(block, 's16le')
    levels?.add(samples)
    meter?.add(samples)
  })
  await writeBlocks(file, seen, 's16le')
  return { file, voice: levels?.powers() ?? openLevels(work.total, []).powers(), measured: meter && told(meter) }
}

/** Decodes every bed once, however often it is laid. */
async function openBeds(work: Work): Promise<readonly { readonly bed: PlacedBed; readonly track: BedTrack }[]> {
  const known = new Map<string, { readonly file: FileHandle; readonly samples: number }>()
  const placed: { readonly bed: PlacedBed; readonly track: BedTrack }[] = []
  for (const bed of work.cut.beds) {
    const path = work.assets.get(bed.path)
    if (path === undefined) throw new Error(`no file for the bed ${bed.name}`)
    const longest = bed.loop ? undefined : frameToSample(bed.to, work.rate) - frameToSample(bed.from, work.rate)
    const key = `${path}\0${bed.start.num}/${bed.start.den}\0${longest ?? 'all'}`
    const decoded =
      known.get(key) ?? (await writeBed({ ...work, path, start: bed.start, longest, file: await openFile(work, `bed-${known.size}.pcm`) }))
    known.set(key, decoded)
    placed.push({ bed, track: placeBed(bed, work.rate, decoded.file, decoded.samples) })
  }
  return placed
}

async function bedLevels(bed: BedTrack, total: number): Promise<Float32Array> {
  const levels = openLevels(total, [bed])
  levels.add(new Float32Array(0))
  for (let at = 0; at < bed.to; at += 48_000) {
    const [from, to] = [Math.max(at, bed.from), Math.min(at + 48_000, bed.to)]
    const block = new Float32Array((Math.min(at + 48_000, bed.to) - at) * 2)
    if (from < to) block.set(await bedSamples(bed, from, to), (from - at) * 2)
    levels.add(block)
  }
  return levels.powers()
}

/** The beds with what each gives way to. */
async function duckBeds(work: Work, voice: Float32Array): Promise<readonly BedTrack[]> {
  const beds = await openBeds(work)
  const ducked: BedTrack[] = []
  for (const { bed, track } of beds) {
    const under = bed.duck?.under
    const other = beds.find(({ track: candidate }) => candidate.name === under && candidate !== track)
    const powers = under === 'voice' ? voice : other === undefined ? undefined : await bedLevels(other.track, work.total)
    ducked.push(bed.duck === undefined || powers === undefined ? track : { ...track, duck: duckGains(powers, bed.duck.decibels) })
  }
  return ducked
}

/** The whole film's sound as often as it is asked for, from the start each time. */
type Source = () => AsyncIterable<Float32Array>

const told = (meter: Meter): Measured => ({ loudness: meter.integrated(), peak: meter.truePeak() })

async function measure(blocks: AsyncIterable<Float32Array>): Promise<Measured> {
  const meter = openMeter()
  for await (const block of blocks) meter.add(block)
  return told(meter)
}

/** The mix in a file, and what it measures. */
async function writeMix(
  work: Work,
  track: Track,
  beds: readonly BedTrack[],
): Promise<{ readonly source: Source; readonly first: Measured }> {
  const fromTrack: Source = () => floats(readBlocks(track.file, 's16le', work.total), 's16le', work.signal)
  if (track.measured !== undefined) return { source: fromTrack, first: track.measured }
  const file = await openFile(work, 'mix.pcm')
  const meter = openMeter()
  const seen = watched(mixed(fromTrack(), beds), (block) => meter.add(block))
  await writeBlocks(file, bytes(seen), 'f32le')
  const source: Source = () => floats(readBlocks(file, 'f32le', work.total), 'f32le', work.signal)
  return { source, first: told(meter) }
}

/** The gain in decibels that brings `source` to `target` behind the limiter. */
async function findGain(source: Source, first: Measured, target: number, ceiling: number): Promise<number> {
  if (first.loudness === undefined) return 0
  let gain = Math.min(mostGain, target - first.loudness)
  for (let pass = 0; pass < 3 && first.peak + gain > ceiling; pass += 1) {
    const { loudness } = await measure(limited(source(), { gain: factor(gain), ceiling: factor(ceiling) }))
    const missing = target - (loudness ?? target)
    if (Math.abs(missing) < closeEnough || gain >= mostGain) break
    gain = Math.min(mostGain, gain + missing)
  }
  return gain
}

async function encode(work: Work, blocks: AsyncIterable<Float32Array>): Promise<Sound> {
  const path = join(work.scratch, 'sound.m4a')
  const onProgress = (done: number): void => work.onProgress?.(0.5 + done / 2, 'encoding sound')
  return encodeAac({ ...work, blocks: bytes(blocks), format: 'f32le', samples: work.total, path, onProgress })
}

/** What a player will hear: the encoded file, decoded and measured. */
const measureFile = (work: Work, path: string): Promise<Measured> =>
  measure(floats(decodeSound({ ...work, input: { path }, options: ['-map', '0:a:0'], format: 'f32le' }), 'f32le', work.signal))

async function toLoudness(work: Work, target: number, source: Source, first: Measured): Promise<Sound> {
  for (let ceiling = limitCeiling, tries = 0; ; tries += 1) {
    const gain = await findGain(source, first, target, ceiling)
    const made = await encode(work, limited(source(), { gain: factor(gain), ceiling: factor(ceiling) }))
    const { loudness, peak } = await measureFile(work, made.path)
    if (peak <= peakCeiling || tries === 2) return { ...made, ...(loudness === undefined ? {} : { loudness, peak }) }
    ceiling -= peak - peakCeiling + 0.1
  }
}

async function mixSound(work: Work): Promise<Sound> {
  const { loudness, cut, onProgress } = work
  onProgress?.(0, 'laying sound')
  const track = await writeTrack(work)
  onProgress?.(0.2, 'mixing')
  const beds = await duckBeds(work, track.voice)
  if (loudness !== undefined) {
    const { source, first } = await writeMix(work, track, beds)
    onProgress?.(0.4, 'measuring')
    return toLoudness(work, loudness, source, first)
  }
  const source = mixed(floats(readBlocks(track.file, 's16le', work.total), 's16le', work.signal), beds)
  return encode(work, cut.beds.length === 0 ? source : limited(source, { gain: 1, ceiling: factor(peakCeiling) }))
}

/**
 * Makes the film's sound: an M4A with 48 kHz stereo AAC of exactly `frameToSample(cut.frames)` samples, in `scratch`.
 * Throws a ProviderFailure. The same input gives the same bytes.
 */
export async function makeSound(input: SoundInput): Promise<Sound> {
  const total = frameToSample(input.cut.frames, input.rate)
  if (total === 0) throw new Error('a film without frames has no sound')
  const work: Work = { ...input, total, folder: await mkdtemp(join(input.scratch, 'sound-')), opened: [] }
  try {
    if (input.cut.beds.length > 0 || input.loudness !== undefined) return await mixSound(work)
    const path = join(input.scratch, 'sound.m4a')
    const onProgress = (done: number): void => input.onProgress?.(done, 'encoding sound')
    const blocks = trackBlocks({ ...input, scratch: work.folder })
    return await encodeAac({ ...input, blocks, format: 's16le', samples: total, path, onProgress })
  } catch (error) {
    throw asFailure(error, input.signal)
  } finally {
    for (const file of work.opened) await file.close()
    await rm(work.folder, { recursive: true, force: true })
  }
}
