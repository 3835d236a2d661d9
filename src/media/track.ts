// The cut's clips go in, one continuous track of 48 kHz stereo samples comes out. Every clip starts at the sample
// its first frame starts at, counted from the start of the film, so that sound and picture cannot drift apart.
// One ffmpeg decodes all clips into a pipe; placing, padding and blending happen here.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ProviderFailure } from '../failure.ts'
import type { Cut, CutClip, Delivered, JobId } from '../lang/plan.ts'
import type { Rate } from '../lang/time.ts'
import { frameToSample } from '../lang/time.ts'
import type { Tool } from './ffmpeg.ts'
import { channels } from './house.ts'
import type { Tape } from './pcm.ts'
import { bytesOf, decodeSound, frameBytes, int16Of, openTape } from './pcm.ts'
import { softenCuts } from './soften.ts'

/** Where one clip sounds: samples of the film. `has` is what its file holds, `rise` and `fall` how long it blends. */
export type Slot = {
  readonly job: JobId
  readonly from: number
  readonly to: number
  readonly has: number
  readonly rise: number
  readonly fall: number
  /** `blend`: two clips at once, equal power. `black`: down to silence and up again. */
  readonly riseShape: 'blend' | 'black'
  readonly fallShape: 'blend' | 'black'
  readonly voice: boolean
}

/** A fade's frames are shared between the end of one clip and the start of the next; the odd one goes to the next. */
const fadeOutFrames = (frames: number): number => Math.floor(frames / 2)

/** The samples of every clip. Dissolves and wipes overlap by what the clips' own places say. */
export function layTrack(cut: Pick<Cut, 'clips'>, rate: Rate, delivered: ReadonlyMap<JobId, Delivered>): readonly Slot[] {
  const ends = (clip: CutClip): number => frameToSample(clip.start + clip.frames, rate)
  return cut.clips.map((clip, index): Slot => {
    const before = cut.clips[index - 1]
    const after = cut.clips[index + 1]
    const [from, to] = [frameToSample(clip.start, rate), ends(clip)]
    const fadedIn = before?.into.kind === 'fade' ? before.into.frames - fadeOutFrames(before.into.frames) : 0
    const fadedOut = clip.into.kind === 'fade' ? fadeOutFrames(clip.into.frames) : 0
    const overlapBefore = before === undefined ? 0 : Math.max(0, ends(before) - from)
    const overlapAfter = after === undefined ? 0 : Math.max(0, to - frameToSample(after.start, rate))
    const length = to - from
    return {
      job: clip.job,
      from,
      to,
      has: Math.min(delivered.get(clip.job)?.soundSamples ?? 0, length),
      rise: Math.min(length, fadedIn > 0 ? frameToSample(clip.start + fadedIn, rate) - from : overlapBefore),
      fall: Math.min(length, fadedOut > 0 ? to - frameToSample(clip.start + clip.frames - fadedOut, rate) : overlapAfter),
      riseShape: fadedIn > 0 ? 'black' : 'blend',
      fallShape: fadedOut > 0 ? 'black' : 'blend',
      voice: clip.voice,
    }
  })
}

/** Samples over which sound that ends before its slot is let down, so that it does not click. */
const letDown = 96

/** A quarter sine keeps the power of two unlike sounds level while they cross; a half sine leaves silence without a corner. */
const curve = (x: number, shape: 'blend' | 'black'): number =>
  shape === 'blend' ? Math.sin((x * Math.PI) / 2) : (1 - Math.cos(x * Math.PI)) / 2

/** How loud a slot is at one of its samples, 0..1. */
export function slotGain(slot: Slot, at: number): number {
  const length = slot.to - slot.from
  let gain = 1
  if (at < slot.rise) gain *= curve((at + 0.5) / slot.rise, slot.riseShape)
  if (at >= length - slot.fall) gain *= curve((length - at - 0.5) / slot.fall, slot.fallShape)
  if (slot.has < length && at >= slot.has - letDown) gain *= Math.max(0, (slot.has - at - 0.5) / letDown)
  return gain
}

/** A copy of a piece of a slot with its blends applied; the piece itself where none of them reaches into it. */
function blended(slot: Slot, piece: Int16Array, at: number): Int16Array {
  const length = slot.to - slot.from
  const count = piece.length / channels
  const low = Math.max(slot.rise, 0)
  const high = Math.min(length - slot.fall, slot.has < length ? slot.has - letDown : length)
  if (at >= low && at + count <= high) return piece
  const made = new Int16Array(piece)
  for (let n = 0; n < count; n += 1) {
    if (at + n >= low && at + n < high) continue
    const gain = slotGain(slot, at + n)
    for (let c = 0; c < channels; c += 1) made[n * channels + c] = Math.round((piece[n * channels + c] ?? 0) * gain)
  }
  return made
}

const clamp16 = (value: number): number => (value > 32767 ? 32767 : value < -32768 ? -32768 : value)

/** Adds what an earlier clip still sounds under this piece. */
function addCarry(piece: Int16Array, at: number, carry: Int16Array): Int16Array {
  if (at * channels >= carry.length) return piece
  const made = new Int16Array(piece)
  const under = carry.subarray(at * channels, at * channels + piece.length)
  for (let n = 0; n < under.length; n += 1) made[n] = clamp16((made[n] ?? 0) + (under[n] ?? 0))
  return made
}

export type TrackInput = {
  readonly cut: Cut
  readonly rate: Rate
  /** Absolute paths of the clips, by the job that made them. */
  readonly files: ReadonlyMap<JobId, string>
  readonly delivered: ReadonlyMap<JobId, Delivered>
  readonly tool: Tool
  /** A folder for the list of clips. */
  readonly scratch: string
  readonly signal: AbortSignal
}

/** ffmpeg's list syntax: a path in single quotes, a quote in it as `'\''`. */
const listed = (path: string): string => `file 'file:${path.replaceAll("'", "'\\''")}'\n`

async function openClips(input: TrackInput, slots: readonly Slot[]): Promise<{ readonly tape?: Tape; readonly skips: readonly number[] }> {
  const sounding = slots.filter((slot) => (input.delivered.get(slot.job)?.soundSamples ?? 0) > 0)
  // What a clip's file holds beyond its slot is decoded all the same and left out.
  const skips = slots.map((slot) => (input.delivered.get(slot.job)?.soundSamples ?? 0) - slot.has)
  if (sounding.length === 0) return { skips }
  const list = join(input.scratch, 'clips.txt')
  const lines = sounding.map((slot) => {
    const path = input.files.get(slot.job)
    if (path === undefined) throw new Error(`no file for ${slot.job}`)
    return listed(path)
  })
  await writeFile(list, `ffconcat version 1.0\n${lines.join('')}`)
  const blocks = decodeSound({
    tool: input.tool,
    // Our own list of our own files: the one place where ffmpeg may follow a list.
    // One thread: FLAC is decoded faster than more of them are woken.
    input: { path: list, options: ['-threads', '1', '-format_whitelist', 'concat,mov,mp4', '-f', 'concat', '-safe', '0'] },
    options: ['-map', '0:a:0'],
    format: 's16le',
    signal: input.signal,
  })
  return { tape: openTape(blocks, 's16le'), skips }
}

const wrongLength = (job: JobId): ProviderFailure =>
  new ProviderFailure({
    kind: 'mismatch',
    message: `the sound of ${job} is not as long as was recorded when it was stored`,
    next: 'render again; the clip will be checked and made anew if it is damaged',
    retry: false,
  })

const silencePiece = 16384

/** The pieces of one slot in order: its sound, then silence to its end. */
async function* piecesOf(slot: Slot, tape: Tape | undefined, skip: number): AsyncGenerator<Int16Array> {
  let left = slot.has
  while (left > 0) {
    const bytes = await tape?.next(left)
    if (bytes === undefined) throw wrongLength(slot.job)
    left -= bytes.length / frameBytes('s16le')
    yield int16Of(bytes)
  }
  for (let over = skip; over > 0; ) {
    const bytes = await tape?.next(over)
    if (bytes === undefined) throw wrongLength(slot.job)
    over -= bytes.length / frameBytes('s16le')
  }
  for (let rest = slot.to - slot.from - slot.has; rest > 0; rest -= silencePiece) {
    yield new Int16Array(Math.min(rest, silencePiece) * channels)
  }
}

/** All slots laid one after (or over) another, from the film's first sample to its last. */
async function* placed(slots: readonly Slot[], tape: Tape | undefined, skips: readonly number[], end: number): AsyncGenerator<Int16Array> {
  let carry = new Int16Array(0)
  for (const [index, slot] of slots.entries()) {
    // What lies before the next clip's start is finished; the rest waits for it.
    const stop = Math.max(0, Math.min(slots[index + 1]?.from ?? end, end) - slot.from)
    const kept: Int16Array[] = []
    let at = 0
    for await (const piece of piecesOf(slot, tape, skips[index] ?? 0)) {
      const whole = addCarry(blended(slot, piece, at), at, carry)
      const cutAt = Math.max(0, stop - at) * channels
      if (cutAt > 0) yield whole.subarray(0, cutAt)
      if (cutAt < whole.length) kept.push(new Int16Array(whole.subarray(cutAt)))
      at += piece.length / channels
    }
    for (let gap = stop - at; gap > 0; gap -= silencePiece) yield new Int16Array(Math.min(gap, silencePiece) * channels)
    carry = joined(kept)
  }
}

function joined(parts: readonly Int16Array[]): Int16Array<ArrayBuffer> {
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** The film's shot sound as s16le blocks: exactly `frameToSample(cut.frames)` samples. Throws a ProviderFailure. */
export async function* trackBlocks(input: TrackInput): AsyncGenerator<Buffer> {
  const slots = layTrack(input.cut, input.rate, input.delivered)
  const end = frameToSample(input.cut.frames, input.rate)
  const { tape, skips } = await openClips(input, slots)
  const hard = slots.slice(1).filter((slot, index) => slot.rise === 0 && slots[index]?.to === slot.from)
  try {
    const cuts = hard.map((slot) => slot.from)
    for await (const block of softenCuts(placed(slots, tape, skips, end), cuts)) yield bytesOf(block)
    const last = slots.at(-1)
    if (last !== undefined && (await tape?.next(1)) !== undefined) throw wrongLength(last.job)
  } finally {
    await tape?.close()
  }
}
