// The words of one shot in, warnings out: what working practice has shown to go wrong with video models. Each lint is one
// small function; each warning stands at the words that earn it, and `# allow CODE` there switches it off.

import type { Size } from '../program.ts'
import type { Span } from '../source.ts'
import { formatSeconds, framesToSeconds, type Rate, toNumber } from '../time.ts'
import { type Frame, report } from './expansion.ts'
import {
  avoidsMovement,
  cameraMoves,
  changesSubject,
  crowdedAdjectives,
  landscapeBlocking,
  letterboxes,
  lipSyncLacks,
  looksDown,
  smallText,
  speaks,
} from './lint-words.ts'
import { tellsOfMotion } from './motion.ts'
import { avoidItems } from './prompt.ts'
import type { Piece, Pieces } from './words.ts'

/** A shot as the lints see it: the merged words, and each link's own. */
export type LintShot = {
  readonly path: string
  readonly span: Span
  readonly size: Size
  readonly rate: Rate
  /** Absent where sound gives the length. */
  readonly length?: { readonly frames: number; readonly span: Span }
  readonly words: Pieces
  readonly segments: readonly Piece[]
  readonly picture: boolean
  /** A sound file of its own drives it. */
  readonly sync: boolean
  readonly extends: readonly { readonly frames: number; readonly span: Span; readonly own: Pieces }[]
  readonly retakes: readonly { readonly own: Pieces }[]
}

/** More than this many links drift. */
const longestChain = 3
const longestChainSeconds = 25
const sweetSpot = { from: 4, to: 8 }
const mostToAvoid = 8

export function lintShot(shot: LintShot, frame: Frame): void {
  stillPhoto(shot, frame)
  for (const piece of piecesToRead(shot)) lintPiece(piece, shot, frame)
  avoidList(shot, frame)
  lipSync(shot, frame)
  seconds(shot, frame)
  chain(shot, frame)
}

const actions = (shot: LintShot): readonly Piece[] => [
  ...shot.words.action,
  ...shot.segments,
  ...shot.extends.flatMap((link) => link.own.action),
  ...shot.retakes.flatMap((link) => link.own.action),
]

const piecesToRead = (shot: LintShot): readonly Piece[] => [
  ...(shot.words.setting === undefined ? [] : [shot.words.setting]),
  ...actions(shot),
  ...shot.words.camera,
  ...shot.words.look,
]

const textOf = (pieces: readonly Piece[]): string => pieces.map((piece) => piece.text).join('. ')

function stillPhoto(shot: LintShot, frame: Frame): void {
  const own = [...shot.words.action, ...shot.segments]
  if (shot.words.say.length > 0 || shot.sync) return
  const setting = shot.words.setting === undefined ? [] : [shot.words.setting]
  const all = own.length > 0 ? own : setting
  if (all.length === 0 && !shot.picture) return
  if (all.length > 0 && tellsOfMotion(textOf(all))) return
  if (shot.words.camera.some((piece) => cameraMoves(piece.text))) return
  report(frame, 'prompt.still-photo', own[0]?.span ?? shot.span, { shot: `\`${shot.path}\`` })
}

function lintPiece(piece: Piece, shot: LintShot, frame: Frame): void {
  const crowd = crowdedAdjectives(piece.text)
  if (crowd !== undefined) report(frame, 'prompt.overstuffed', piece.span, { count: crowd.length, words: crowd.slice(0, 5).join(', ') })
  const down = looksDown(piece.text)
  if (down !== undefined) report(frame, 'prompt.looks-down', piece.span, { words: down })
  const letters = smallText(piece.text)
  if (letters !== undefined) report(frame, 'prompt.small-text', piece.span, { words: letters })
  const bars = letterboxes(piece.text)
  if (bars !== undefined) report(frame, 'prompt.letterbox', piece.span, { words: bars })
  const wide = shot.size.height > shot.size.width ? landscapeBlocking(piece.text) : undefined
  if (wide !== undefined) report(frame, 'prompt.portrait-blocking', piece.span, { words: wide })
}

function avoidList(shot: LintShot, frame: Frame): void {
  const items = avoidItems(shot.words.avoid.map((piece) => piece.text))
  const place = shot.words.avoid.at(-1)?.span
  if (place === undefined) return
  if (!avoidsMovement(items)) report(frame, 'prompt.avoid-objects-only', place, { items: items.slice(0, 4).join(', ') })
  if (items.length > mostToAvoid) report(frame, 'prompt.avoid-too-long', place, { count: items.length })
}

function lipSync(shot: LintShot, frame: Frame): void {
  if (!shot.sync) return
  const text = textOf([...shot.words.action, ...shot.segments, ...shot.words.camera])
  if (shot.words.say.length === 0 && !speaks(text)) return
  const missing = lipSyncLacks(text)
  if (missing !== undefined) report(frame, 'prompt.lip-sync-camera', shot.span, { shot: `\`${shot.path}\``, missing })
}

function seconds(shot: LintShot, frame: Frame): void {
  const exact = (frames: number): number => toNumber(framesToSeconds(frames, shot.rate))
  const told = (frames: number): string => formatSeconds(framesToSeconds(frames, shot.rate))
  if (shot.length !== undefined) {
    const length = exact(shot.length.frames)
    if (length < sweetSpot.from || length > sweetSpot.to) {
      report(frame, 'duration.sweet-spot', shot.length.span, { what: `\`${shot.path}\``, length: told(shot.length.frames) })
    }
  }
  // A short link only adds; it is the long ones that lose their detail.
  for (const link of shot.extends) {
    if (exact(link.frames) > sweetSpot.to) report(frame, 'duration.sweet-spot', link.span, { what: 'this link', length: told(link.frames) })
  }
}

function chain(shot: LintShot, frame: Frame): void {
  const frames = shot.extends.reduce((sum, link) => sum + link.frames, shot.length?.frames ?? 0)
  const length = framesToSeconds(frames, shot.rate)
  const links = shot.extends.length + 1
  const last = shot.extends.at(-1)
  if (last === undefined) return
  if (links > longestChain || toNumber(length) > longestChainSeconds) {
    report(frame, 'chain.long', last.span, { shot: `\`${shot.path}\``, links, length: formatSeconds(length) })
  }
  let before = textOf([...(shot.words.setting === undefined ? [] : [shot.words.setting]), ...shot.words.action, ...shot.segments])
  for (const link of shot.extends) {
    const what = drift(link.own, shot.words, before)
    if (what !== undefined) report(frame, 'chain.prompt-drift', link.span, { shot: `\`${shot.path}\``, what })
    before = `${before}. ${textOf(link.own.action)}`
  }
}

/** What changes between one link and those before it, beyond what happens. */
function drift(own: Pieces, shot: Pieces, before: string): string | undefined {
  const fresh = (part: readonly Piece[], known: readonly Piece[]): boolean =>
    part.some((piece) => !known.some((one) => one.text === piece.text))
  if (fresh(own.camera, shot.camera)) return 'the camera notes change'
  if (fresh(own.look, shot.look)) return 'the look changes'
  return changesSubject(textOf(own.action), before) ? 'the words speak of somebody or something else' : undefined
}
