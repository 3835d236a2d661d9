// Samples of many files in, one MP4 out: index in front, picture and sound interleaved second by second, every
// sample's bytes as they were. Copies through two buffers of fixed size, so memory does not grow with the film.
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Size } from '../lang/program.ts'
import type { BuiltTrack, Chunk, Tags } from './box-build.ts'
import { ftypBox, moovBox, ticksOf, u32, u64 } from './box-build.ts'
import { notWhole, readAt } from './boxes.ts'
import type { Run, SampleTable } from './mp4.ts'

/** Samples `[from, to)` of one file. */
export type Stretch = { readonly path: string; readonly table: SampleTable; readonly from: number; readonly to: number }

export type TrackSource = {
  /** The sample entry that describes all stretches. */
  readonly entry: Buffer
  readonly timescale: number
  readonly runs: readonly Run[]
  readonly stretches: readonly Stretch[]
  /** Ticks left out in front, and how many are heard. */
  readonly edit?: { readonly start: number; readonly length: number }
}

export type Assembly = {
  readonly output: string
  readonly size: Size
  readonly video: TrackSource
  readonly sound?: TrackSource
  readonly tags?: Tags
  readonly signal?: AbortSignal
  /** Share of the bytes copied, 0..1. */
  readonly onProgress?: (done: number) => void
}

/** Samples of one stretch that lie in one chunk. */
type Copy = { readonly stretch: Stretch; readonly from: number; readonly to: number }
type Layout = {
  readonly chunks: readonly Chunk[]
  readonly sizes: Uint32Array
  readonly keys: Uint32Array
}

const bufferBytes = 2 << 20
/** Seconds of one track that lie together. */
const chunkSeconds = 1

const samplesIn = (source: TrackSource): number => source.stretches.reduce((sum, stretch) => sum + stretch.to - stretch.from, 0)

/** Numbers (from 0) of the samples that start each chunk: the first at or after every whole second. */
function chunkStarts(source: TrackSource): readonly number[] {
  const starts = [0]
  let [sample, tick, next] = [0, 0, chunkSeconds * source.timescale]
  for (const run of source.runs) {
    const end = tick + run.count * run.delta
    while (run.delta > 0 && next < end) {
      const ahead = Math.ceil((next - tick) / run.delta)
      starts.push(sample + ahead)
      next += chunkSeconds * source.timescale
    }
    sample += run.count
    tick = end
  }
  const last = samplesIn(source)
  return [...starts.filter((start, index) => start < last && start !== starts[index - 1]), last]
}

/** The parts of the stretches that make up samples `[from, to)` of the new track. `cursor` remembers the place between calls. */
function copiesOf(source: TrackSource, from: number, to: number, cursor: { stretch: number; before: number }): readonly Copy[] {
  const copies: Copy[] = []
  for (let at = from; at < to; ) {
    const stretch = source.stretches[cursor.stretch]
    if (stretch === undefined) throw new Error('the track is shorter than its own count')
    const length = stretch.to - stretch.from
    const inside = at - cursor.before
    const take = Math.min(length - inside, to - at)
    if (take > 0) copies.push({ stretch, from: stretch.from + inside, to: stretch.from + inside + take })
    at += take
    if (inside + take === length) {
      cursor.before += length
      cursor.stretch += 1
    }
  }
  return copies
}

const bytesOf = ({ stretch, from, to }: Copy): number => {
  let bytes = 0
  for (let sample = from; sample < to; sample += 1) bytes += stretch.table.sizes[sample] ?? 0
  return bytes
}

/** Sizes and keyframes of the new track's samples. */
function tablesOf(source: TrackSource): { readonly sizes: Uint32Array; readonly keys: Uint32Array } {
  const sizes = new Uint32Array(samplesIn(source))
  const keys: number[] = []
  let at = 0
  for (const { table, from, to } of source.stretches) {
    sizes.set(table.sizes.subarray(from, to), at)
    for (const key of table.keys) if (key >= from && key < to) keys.push(at + key - from)
    at += to - from
  }
  return { sizes, keys: Uint32Array.from(keys) }
}

/** Chunks of all tracks, interleaved by time; places are counted from the first media byte. */
function layOut(sources: readonly TrackSource[]): {
  readonly layouts: readonly Layout[]
  readonly order: readonly Copy[]
  readonly bytes: number
} {
  const plans = sources.map((source) => ({
    source,
    starts: chunkStarts(source),
    cursor: { stretch: 0, before: 0 },
    chunks: [] as Chunk[],
    tables: tablesOf(source),
  }))
  const order: Copy[] = []
  let bytes = 0
  const rounds = Math.max(...plans.map((plan) => plan.starts.length - 1))
  for (let round = 0; round < rounds; round += 1) {
    for (const plan of plans) {
      const [from, to] = [plan.starts[round], plan.starts[round + 1]]
      if (from === undefined || to === undefined) continue
      const copies = copiesOf(plan.source, from, to, plan.cursor)
      plan.chunks.push({ offset: bytes, samples: to - from })
      for (const copy of copies) {
        order.push(copy)
        bytes += bytesOf(copy)
      }
    }
  }
  return { layouts: plans.map(({ chunks, tables }) => ({ chunks, ...tables })), order, bytes }
}

/** Keeps the files being read open; the picture's current one and the sound's. */
function openReaders(): { get(path: string): Promise<FileHandle>; close(): Promise<void> } {
  const held = new Map<string, FileHandle>()
  return {
    async get(path) {
      const known = held.get(path)
      if (known !== undefined) {
        // The one used longest ago stands first.
        held.delete(path)
        held.set(path, known)
        return known
      }
      const oldest = held.size >= 4 ? [...held][0] : undefined
      if (oldest !== undefined) {
        held.delete(oldest[0])
        await oldest[1].close()
      }
      const file = await open(path, 'r')
      held.set(path, file)
      return file
    },
    async close() {
      await Promise.all([...held.values()].map((file) => file.close()))
    },
  }
}

/** Two buffers: one is filled while the other is written. */
function openSink(file: FileHandle, start: number): { room(): Buffer; took(bytes: number): Promise<void>; flush(): Promise<void> } {
  let [filling, spare] = [Buffer.allocUnsafeSlow(bufferBytes), Buffer.allocUnsafeSlow(bufferBytes)]
  let used = 0
  let at = start
  let writing: Promise<unknown> = Promise.resolve()
  const swap = async (): Promise<void> => {
    await writing
    const [bytes, length, place] = [filling, used, at]
    writing = writeAll(file, bytes.subarray(0, length), place)
    // Looked at when the next one is awaited; not before then is it "unhandled".
    writing.catch(() => undefined)
    at += length
    used = 0
    ;[filling, spare] = [spare, filling]
  }
  return {
    room: () => filling.subarray(used),
    async took(bytes) {
      used += bytes
      if (used === filling.length) await swap()
    },
    async flush() {
      if (used > 0) await swap()
      await writing
    },
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  let done = 0
  while (done < bytes.length) done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten
}

type Sink = ReturnType<typeof openSink>

/** How many samples from `from` on lie so close together that one read of at most `room` bytes takes them all. */
function spanOf({ table }: Stretch, from: number, to: number, room: number): { readonly to: number; readonly bytes: number } {
  const start = table.offsets[from] ?? 0
  let end = start
  let sample = from
  for (; sample < to; sample += 1) {
    const offset = table.offsets[sample] ?? 0
    const next = offset + (table.sizes[sample] ?? 0)
    // Backwards, too far apart, or no room: another read.
    if (offset < end || next - start > room || offset - end > 1 << 18) break
    end = next
  }
  return { to: sample, bytes: end - start }
}

/** Reads a span and closes the gaps in it, so that only the samples' own bytes are left. */
async function readSpan(file: FileHandle, stretch: Stretch, from: number, to: number, into: Buffer): Promise<number> {
  const start = stretch.table.offsets[from] ?? 0
  if ((await readAt(file, into, start)) < into.length) notWhole('a clip became shorter while it was read')
  let filled = 0
  let [runAt, runEnd] = [0, 0]
  for (let sample = from; sample < to; sample += 1) {
    const at = (stretch.table.offsets[sample] ?? 0) - start
    if (at !== runEnd) {
      if (runAt !== filled) into.copyWithin(filled, runAt, runEnd)
      filled += runEnd - runAt
      runAt = at
    }
    runEnd = at + (stretch.table.sizes[sample] ?? 0)
  }
  if (runAt !== filled) into.copyWithin(filled, runAt, runEnd)
  return filled + runEnd - runAt
}

/** A sample larger than a whole buffer, or than what is left of this one. */
async function copyLarge(file: FileHandle, offset: number, size: number, sink: Sink): Promise<void> {
  for (let done = 0; done < size; ) {
    const into = sink.room().subarray(0, size - done)
    if ((await readAt(file, into, offset + done)) < into.length) notWhole('a clip became shorter while it was read')
    done += into.length
    await sink.took(into.length)
  }
}

async function copyOne(file: FileHandle, { stretch, from, to }: Copy, sink: Sink): Promise<void> {
  for (let sample = from; sample < to; ) {
    const room = sink.room()
    const span = spanOf(stretch, sample, to, room.length)
    if (span.to > sample) {
      await sink.took(await readSpan(file, stretch, sample, span.to, room.subarray(0, span.bytes)))
      sample = span.to
    } else {
      await copyLarge(file, stretch.table.offsets[sample] ?? 0, stretch.table.sizes[sample] ?? 0, sink)
      sample += 1
    }
  }
}

async function copyAll(file: FileHandle, start: number, order: readonly Copy[], assembly: Assembly): Promise<void> {
  const sink = openSink(file, start)
  const readers = openReaders()
  try {
    for (const [index, copy] of order.entries()) {
      assembly.signal?.throwIfAborted()
      await copyOne(await readers.get(copy.stretch.path), copy, sink)
      if (index % 16 === 0) assembly.onProgress?.(index / order.length)
    }
  } finally {
    await sink.flush()
    await readers.close()
  }
}

function builtTrack(kind: 'video' | 'audio', source: TrackSource, layout: Layout, size: Size, base: number): BuiltTrack {
  const allKeys = layout.keys.length === layout.sizes.length
  return {
    kind,
    entry: source.entry,
    timescale: source.timescale,
    runs: source.runs,
    sizes: layout.sizes,
    ...(allKeys ? {} : { keys: layout.keys }),
    chunks: layout.chunks.map((chunk) => ({ ...chunk, offset: chunk.offset + base })),
    size,
    ...(source.edit === undefined ? {} : { edit: source.edit }),
  }
}

/** Writes the film to `output`, which must not exist or is written over, and forces it to the disk. */
export async function writeMp4(assembly: Assembly): Promise<void> {
  const { video, sound } = assembly
  const sources = sound === undefined ? [video] : [video, sound]
  for (const source of sources) {
    const counted = source.runs.reduce((sum, run) => sum + run.count, 0)
    if (counted !== samplesIn(source)) throw new Error(`a track of ${samplesIn(source)} samples was given times for ${counted}`)
    if (ticksOf(source) === 0) throw new Error('a track without length')
  }
  const { layouts, order, bytes } = layOut(sources)
  const wide = bytes > 0xf0000000
  const build = (base: number): Buffer => {
    const tracks = sources.map((source, index) => {
      const layout = layouts[index]
      if (layout === undefined) throw new Error('a track without a layout')
      return builtTrack(
        source === video ? 'video' : 'audio',
        source,
        layout,
        source === video ? assembly.size : { width: 0, height: 0 },
        base,
      )
    })
    return moovBox(tracks, assembly.tags ?? {}, wide)
  }
  // The index has the same length whatever places it names.
  const headBytes = ftypBox.length + build(0).length + (wide ? 16 : 8)
  const mdat = wide
    ? Buffer.concat([u32(1), Buffer.from('mdat', 'latin1'), u64(bytes + 16)])
    : Buffer.concat([u32(bytes + 8), Buffer.from('mdat', 'latin1')])
  const head = Buffer.concat([ftypBox, build(headBytes), mdat])
  const file = await open(assembly.output, 'w')
  try {
    await writeAll(file, head, 0)
    await copyAll(file, head.length, order, assembly)
    await file.sync()
  } finally {
    await file.close()
  }
  assembly.onProgress?.(1)
}
