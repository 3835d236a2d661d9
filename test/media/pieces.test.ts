// What of a film is copied and what is made, as arithmetic: every film frame once, from the right frame of the right
// clip, copies entered only at keyframes, and nothing made that could have been copied.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Transition } from '../../src/lang/program.ts'
import type { Overlay, Piece, Segment } from '../../src/media/pieces.ts'
import { planPieces } from '../../src/media/pieces.ts'

const span = { path: 'a.ltx', start: 0, end: 0 }
const cut: Transition = { kind: 'cut' }
const dissolve = (frames: number): Transition => ({ kind: 'dissolve', frames, span })
const fade = (frames: number): Transition => ({ kind: 'fade', frames, span })

const gop = 12
const onGrid = (_clip: number, frame: number): number => Math.ceil(frame / gop) * gop

/** Lays clips end to end, less what overlaps. */
function lay(clips: readonly { readonly frames: number; readonly into?: Transition; readonly from?: number }[]): readonly Segment[] {
  let start = 0
  return clips.map(({ frames, into = cut, from = 0 }) => {
    const segment = { from, start, frames, into }
    start += frames - (into.kind === 'dissolve' || into.kind === 'wipe' ? into.frames : 0)
    return segment
  })
}
const short = (pieces: readonly Piece[]): readonly string[] =>
  pieces.map((piece) =>
    piece.kind === 'copy'
      ? `copy ${piece.source.clip}:${piece.source.from}+${piece.frames}`
      : `make ${piece.bases.map((base) => `${base.kind} ${base.source.clip}:${base.source.from}+${base.frames}`).join(', ')}${piece.overlays.length > 0 ? ` under ${piece.overlays.length}` : ''}`,
  )
const pieces = (segments: readonly Segment[], overlays: readonly Overlay[] = []): readonly string[] =>
  short(planPieces(segments, overlays, onGrid, 24))

describe('pieces', () => {
  test('hard cuts are copies', () => {
    expect(pieces(lay([{ frames: 50 }, { frames: 7 }, { frames: 100 }]))).toEqual(['copy 0:0+50', 'copy 1:0+7', 'copy 2:0+100'])
  })

  test('a dissolve is made, and the second clip up to its next keyframe', () => {
    expect(pieces(lay([{ frames: 60, into: dissolve(10) }, { frames: 60 }]))).toEqual([
      'copy 0:0+50',
      'make blend 0:50+10, plain 1:10+2',
      'copy 1:12+48',
    ])
  })

  test('a dissolve that ends on a keyframe makes nothing else', () => {
    expect(pieces(lay([{ frames: 60, into: dissolve(12) }, { frames: 60 }]))).toEqual(['copy 0:0+48', 'make blend 0:48+12', 'copy 1:12+48'])
  })

  test('a fade takes half of its frames from either clip and overlaps nothing', () => {
    expect(pieces(lay([{ frames: 60, into: fade(7) }, { frames: 60 }]))).toEqual([
      'copy 0:0+57',
      'make to-black 0:57+3, from-black 1:0+4, plain 1:4+8',
      'copy 1:12+48',
    ])
  })

  test('a text makes its own frames, and what follows up to a keyframe', () => {
    expect(pieces(lay([{ frames: 100 }]), [{ png: 'a.png', from: 20, to: 30, fadeFrames: 4 }])).toEqual([
      'copy 0:0+20',
      'make plain 0:20+16 under 1',
      'copy 0:36+64',
    ])
  })

  test('a clip entered between keyframes is made up to the next one', () => {
    expect(pieces(lay([{ frames: 20, from: 5 }]))).toEqual(['make plain 0:5+7', 'copy 0:12+13'])
  })

  test('two texts that touch, within one group of pictures, are one piece', () => {
    const overlays = [
      { png: 'a.png', from: 13, to: 15, fadeFrames: 0 },
      { png: 'b.png', from: 17, to: 20, fadeFrames: 0 },
    ]
    expect(pieces(lay([{ frames: 60 }]), overlays)).toEqual(['copy 0:0+13', 'make plain 0:13+11 under 2', 'copy 0:24+36'])
  })

  test('a text over the whole film is made in pieces of bounded length', () => {
    const planned = planPieces(lay([{ frames: 2400 }, { frames: 2400 }]), [{ png: 'a.png', from: 0, to: 4800, fadeFrames: 6 }], onGrid, 24)
    expect(Math.max(...planned.map((piece) => piece.frames))).toBeLessThanOrEqual(8 * 24)
    expect(planned.length).toBeGreaterThan(20)
  })

  test('transitions longer than their clip are a mistake of the caller', () => {
    expect(() => pieces(lay([{ frames: 5, into: dissolve(4) }, { frames: 5, into: dissolve(4) }, { frames: 9 }]))).toThrow(RangeError)
  })
})

/** Every film frame with the clip frames that stand on it, straight from the meaning of the timeline. */
function expected(segments: readonly Segment[]): readonly string[] {
  const length = Math.max(...segments.map((segment) => segment.start + segment.frames))
  return Array.from({ length }, (_, at) =>
    segments
      .flatMap((segment, clip) =>
        at >= segment.start && at < segment.start + segment.frames ? [`${clip}:${segment.from + at - segment.start}`] : [],
      )
      .join('+'),
  )
}
function planned(all: readonly Piece[]): readonly string[] {
  return all.flatMap((piece) =>
    piece.kind === 'copy'
      ? Array.from({ length: piece.frames }, (_, n) => `${piece.source.clip}:${piece.source.from + n}`)
      : piece.bases.flatMap((base) =>
          Array.from({ length: base.frames }, (_, n) => {
            const first = `${base.source.clip}:${base.source.from + n}`
            return base.kind === 'blend' ? `${first}+${base.second.clip}:${base.second.from + n}` : first
          }),
        ),
  )
}

const anyInto = fc.oneof(
  fc.constant(cut),
  fc.integer({ min: 1, max: 9 }).map(dissolve),
  fc.integer({ min: 1, max: 9 }).map(fade),
  fc.integer({ min: 1, max: 9 }).map((frames): Transition => ({ kind: 'wipe', direction: 'left', frames, span })),
)
const anyFilm = fc
  .array(fc.record({ frames: fc.integer({ min: 20, max: 70 }), into: anyInto, from: fc.integer({ min: 0, max: 30 }) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((clips) => lay(clips.map((clip, index) => (index === clips.length - 1 ? { ...clip, into: cut } : clip))))
const anyOverlays = fc.array(
  fc
    .record({ from: fc.integer({ min: 0, max: 300 }), length: fc.integer({ min: 1, max: 40 }) })
    .map(({ from, length }) => ({ png: 'x.png', from, to: from + length, fadeFrames: 3 })),
  { maxLength: 4 },
)

describe('for any film', () => {
  test('every frame once, in order, from its own clip', () => {
    fc.assert(
      fc.property(anyFilm, anyOverlays, (segments, overlays) => {
        const made = planPieces(segments, overlays, onGrid, 24)
        expect(planned(made)).toEqual(expected(segments))
        let at = 0
        for (const piece of made) {
          expect(piece.at).toBe(at)
          at += piece.frames
        }
      }),
    )
  })

  test('copies are entered at keyframes or go on where one stopped, and no text lies over them', () => {
    fc.assert(
      fc.property(anyFilm, anyOverlays, (segments, overlays) => {
        const made = planPieces(segments, overlays, onGrid, 24)
        for (const [index, piece] of made.entries()) {
          if (piece.kind !== 'copy') continue
          const before = made[index - 1]
          const goesOn =
            before?.kind === 'copy' && before.source.clip === piece.source.clip && before.source.from + before.frames === piece.source.from
          expect(goesOn || piece.source.from % gop === 0).toBe(true)
          expect(overlays.some((overlay) => overlay.from < piece.at + piece.frames && overlay.to > piece.at)).toBe(false)
        }
      }),
    )
  })

  test('what is made holds a transition, a text, or frames before a keyframe: less than one group of pictures each', () => {
    fc.assert(
      fc.property(anyFilm, (segments) => {
        const plain = planPieces(segments, [], onGrid, 24).flatMap((piece) =>
          piece.kind === 'make' ? piece.bases.filter((base) => base.kind === 'plain') : [],
        )
        for (const base of plain) expect(base.frames).toBeLessThan(gop)
      }),
    )
  })
})
