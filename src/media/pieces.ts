// The timeline goes in, pieces in film order come out: most are copied byte for byte, and only what really changes
// (a dissolve, a wipe, a fade, a text over the picture) is made. There are no B-frames, so a clip can be left at any
// frame; it can be entered only at a keyframe, so a piece entered elsewhere is made up to the next one. Pure.
import type { Transition } from '../lang/program.ts'

/** One clip's place on the timeline. `from` is the frame of its file that stands at `start`. */
export type Segment = { readonly from: number; readonly start: number; readonly frames: number; readonly into: Transition }

/** A full-frame picture with transparency, seen on film frames `[from, to)`, fading in and out over `fadeFrames`. */
export type Overlay = { readonly png: string; readonly from: number; readonly to: number; readonly fadeFrames: number }

/** Frames `[from, from + frames)` of a clip's file, by the clip's number on the timeline. */
export type Source = { readonly clip: number; readonly from: number }

/**
 * What stands on the screen for some frames, before overlays. `offset` and `total` place those frames in the whole
 * transition, so that a piece may hold a part of one.
 */
export type Base = { readonly frames: number } & (
  | { readonly kind: 'plain'; readonly source: Source }
  | {
      readonly kind: 'blend'
      readonly source: Source
      readonly second: Source
      readonly how: 'dissolve' | 'left' | 'right' | 'up' | 'down'
      readonly offset: number
      readonly total: number
    }
  | { readonly kind: 'to-black' | 'from-black'; readonly source: Source; readonly offset: number; readonly total: number }
)

export type Piece =
  | { readonly kind: 'copy'; readonly at: number; readonly frames: number; readonly source: Source }
  | {
      readonly kind: 'make'
      readonly at: number
      readonly frames: number
      readonly bases: readonly Base[]
      readonly overlays: readonly Overlay[]
    }

/** A fade's frames are shared between the end of one clip and the start of the next; the odd one goes to the next. */
export const fadeOutFrames = (frames: number): number => Math.floor(frames / 2)

/** A made piece is cut once it is this many seconds long: it bounds memory, and two can be made at once. */
const longestPieceSeconds = 8

type Stretch = { readonly at: number; readonly base: Base; readonly overlays: readonly Overlay[] }

const overlapAfter = (segment: Segment, next: Segment | undefined): number =>
  next === undefined ? 0 : Math.max(0, segment.start + segment.frames - next.start)

/** One clip's bases: its way in from black, itself, its way out; then the blend into the next clip. */
function basesOf(segments: readonly Segment[], clip: number): readonly Base[] {
  const segment = segments[clip]
  if (segment === undefined) return []
  const [before, next] = [segments[clip - 1], segments[clip + 1]]
  const fadeIn = before?.into.kind === 'fade' ? before.into.frames - fadeOutFrames(before.into.frames) : 0
  const fadeOut = next !== undefined && segment.into.kind === 'fade' ? fadeOutFrames(segment.into.frames) : 0
  const taken = before === undefined ? 0 : overlapAfter(before, segment)
  const blend = overlapAfter(segment, next)
  const body = segment.frames - taken - fadeIn - fadeOut - blend
  if (body < 0) throw new RangeError(`the transitions around clip ${clip} are longer than it`)
  const sourceAt = (inside: number): Source => ({ clip, from: segment.from + inside })
  const bases: Base[] = []
  if (fadeIn > 0) bases.push({ kind: 'from-black', frames: fadeIn, source: sourceAt(taken), offset: 0, total: fadeIn })
  if (body > 0) bases.push({ kind: 'plain', frames: body, source: sourceAt(taken + fadeIn) })
  if (fadeOut > 0) bases.push({ kind: 'to-black', frames: fadeOut, source: sourceAt(taken + fadeIn + body), offset: 0, total: fadeOut })
  if (blend > 0 && next !== undefined) {
    const how = segment.into.kind === 'wipe' ? segment.into.direction : 'dissolve'
    const second = { clip: clip + 1, from: next.from }
    bases.push({ kind: 'blend', frames: blend, source: sourceAt(segment.frames - blend), second, how, offset: 0, total: blend })
  }
  return bases
}

/** The frames of a base from `skip` on, `frames` of them. */
export function sliceBase(base: Base, skip: number, frames: number): Base {
  const moved = (source: Source): Source => ({ clip: source.clip, from: source.from + skip })
  switch (base.kind) {
    case 'plain':
      return { ...base, frames, source: moved(base.source) }
    case 'blend':
      return { ...base, frames, source: moved(base.source), second: moved(base.second), offset: base.offset + skip }
    case 'to-black':
    case 'from-black':
      return { ...base, frames, source: moved(base.source), offset: base.offset + skip }
  }
}

/** Cuts the bases wherever an overlay begins or ends, so that each stretch has the same overlays throughout. */
function stretchesOf(segments: readonly Segment[], overlays: readonly Overlay[]): readonly Stretch[] {
  const edges = [...new Set(overlays.flatMap((overlay) => [overlay.from, overlay.to]))].sort((a, b) => a - b)
  const stretches: Stretch[] = []
  let [at, edge] = [0, 0]
  for (const base of segments.flatMap((_, clip) => basesOf(segments, clip))) {
    for (let done = 0; done < base.frames; ) {
      while (edge < edges.length && (edges[edge] ?? 0) <= at) edge += 1
      const frames = Math.min(base.frames - done, (edges[edge] ?? Number.POSITIVE_INFINITY) - at)
      const over = overlays.filter((overlay) => overlay.from < at + frames && overlay.to > at)
      stretches.push({ at, base: sliceBase(base, done, frames), overlays: over })
      done += frames
      at += frames
    }
  }
  return stretches
}

/** The first keyframe of a clip's file at or after a frame. */
export type NextKey = (clip: number, frame: number) => number

type Part = Stretch & { readonly copied: boolean }

/** True when `base` goes on where a copied part stopped: the decoder is already there, no keyframe is needed. */
const goesOn = (last: Part | undefined, source: Source): boolean =>
  last?.copied === true &&
  last.base.kind === 'plain' &&
  last.base.source.clip === source.clip &&
  last.base.source.from + last.base.frames === source.from

/** Marks what can be copied; the frames before its first keyframe are made. */
function copyWherePossible(stretches: readonly Stretch[], nextKey: NextKey): readonly Part[] {
  const parts: Part[] = []
  for (const stretch of stretches) {
    const { at, base, overlays } = stretch
    if (base.kind !== 'plain' || overlays.length > 0) {
      parts.push({ ...stretch, copied: false })
      continue
    }
    const key = nextKey(base.source.clip, base.source.from)
    const head = goesOn(parts.at(-1), base.source) ? 0 : Math.min(base.frames, key - base.source.from)
    if (head > 0) parts.push({ at, base: sliceBase(base, 0, head), overlays, copied: false })
    if (head < base.frames) parts.push({ at: at + head, base: sliceBase(base, head, base.frames - head), overlays, copied: true })
  }
  return parts
}

/** Cuts long plain stretches that must be made; transitions stay whole. */
function shorten(stretch: Stretch, most: number): readonly Stretch[] {
  const { base } = stretch
  if (base.kind !== 'plain' || base.frames <= most) return [stretch]
  const parts = Math.ceil(base.frames / most)
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [Math.floor((base.frames * part) / parts), Math.floor((base.frames * (part + 1)) / parts)]
    return { ...stretch, at: stretch.at + from, base: sliceBase(base, from, to - from) }
  })
}

/** The pieces of the picture, in film order and without gaps. `rate` is frames a second, to bound a made piece's length. */
export function planPieces(
  segments: readonly Segment[],
  overlays: readonly Overlay[],
  nextKey: NextKey,
  framesPerSecond: number,
): readonly Piece[] {
  const most = Math.max(1, Math.round(longestPieceSeconds * framesPerSecond))
  const pieces: Piece[] = []
  let making: { at: number; frames: number; bases: Base[]; overlays: Set<Overlay> } | undefined
  const finish = (): void => {
    if (making !== undefined) pieces.push({ kind: 'make', ...making, overlays: [...making.overlays] })
    making = undefined
  }
  for (const stretch of copyWherePossible(stretchesOf(segments, overlays), nextKey)) {
    if (stretch.copied && stretch.base.kind === 'plain') {
      finish()
      pieces.push({ kind: 'copy', at: stretch.at, frames: stretch.base.frames, source: stretch.base.source })
      continue
    }
    for (const { at, base, overlays: over } of shorten(stretch, most)) {
      if (making !== undefined && making.frames + base.frames > most) finish()
      making ??= { at, frames: 0, bases: [], overlays: new Set() }
      const last = making.bases.at(-1)
      if (
        last?.kind === 'plain' &&
        base.kind === 'plain' &&
        last.source.clip === base.source.clip &&
        last.source.from + last.frames === base.source.from
      ) {
        making.bases[making.bases.length - 1] = { ...last, frames: last.frames + base.frames }
      } else making.bases.push(base)
      making.frames += base.frames
      for (const overlay of over) making.overlays.add(overlay)
    }
  }
  finish()
  return pieces
}
