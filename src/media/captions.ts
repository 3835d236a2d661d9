// Lines of dialogue with their stretch of the film go in, captions come out: at most two lines of 42 columns, long
// enough to be read where the film leaves room, never two at once. Pure; written as SRT and WebVTT, or burned in.
import type { Cue } from '../lang/plan.ts'
import type { Rate } from '../lang/time.ts'
import { graphemesOf, piecesOf, wide } from './text-layout.ts'

/** One caption on the screen. Frames of the film; one or two lines. */
export type Caption = { readonly from: number; readonly to: number; readonly who: string; readonly lines: readonly string[] }

export const mostColumns = 42
export const mostLines = 2
/** Columns a second that a person reads without hurry. */
const readingSpeed = 20
const leastSeconds = 1
const mostSeconds = 7

/** How many columns a text takes in a line. */
export function columnsOf(text: string): number {
  let columns = 0
  for (const grapheme of graphemesOf(text)) columns += wide.test(grapheme) ? 2 : 1
  return columns
}

const fits = (text: string): boolean => columnsOf(text) <= mostColumns
const widthOf = (pieces: readonly string[]): number => columnsOf(pieces.join('').trim())

/** How good it is to break behind this piece: after a sentence, after a clause, anywhere; never gladly before a lone word. */
function breakCost(piece: string): number {
  const text = piece.trimEnd()
  if (/[.!?…。！？]["'”’)]?$/u.test(text)) return 0
  return /[,;:–—、，]["'”’)]?$/u.test(text) ? 4 : 9
}

/** One or two lines, even, broken at a pause where there is one; undefined if the pieces do not fit. */
function twoLines(pieces: readonly string[]): readonly string[] | undefined {
  if (widthOf(pieces) <= mostColumns) return [pieces.join('').trim()]
  let best: { readonly cost: number; readonly at: number } | undefined
  for (let at = 1; at < pieces.length; at += 1) {
    const [above, below] = [widthOf(pieces.slice(0, at)), widthOf(pieces.slice(at))]
    if (above > mostColumns || below > mostColumns) continue
    const cost = Math.abs(above - below) + breakCost(pieces[at - 1] ?? '')
    if (best === undefined || cost < best.cost) best = { cost, at }
  }
  if (best === undefined) return undefined
  return [pieces.slice(0, best.at).join('').trim(), pieces.slice(best.at).join('').trim()]
}

/** Breaks a text into blocks of one or two lines: as few as fit, then cut at pauses so that they are alike. */
export function breakText(text: string): readonly (readonly string[])[] {
  const blocks: (readonly string[])[] = []
  let rest = piecesOf(text.replace(/\s+/g, ' ').trim(), fits)
  while (rest.length > 0) {
    const whole = twoLines(rest)
    if (whole !== undefined) return [...blocks, whole]
    let fits = 1
    while (twoLines(rest.slice(0, fits + 1)) !== undefined) fits += 1
    const end = pauseBefore(rest, fits)
    blocks.push(twoLines(rest.slice(0, end)) ?? [])
    rest = rest.slice(end)
  }
  return blocks
}

/** The best place to end a block at or before `fits`: a pause in its second half, else the last that fits. */
function pauseBefore(pieces: readonly string[], fits: number): number {
  for (const cost of [0, 4]) {
    for (let at = fits; at > fits / 2; at -= 1) if (breakCost(pieces[at - 1] ?? '') === cost) return at
  }
  return fits
}

const framesFor = (seconds: number, rate: Rate): number => Math.ceil((seconds * rate.num) / rate.den)

/** Shares a cue's stretch among its blocks, by their length. */
function share(cue: Cue, blocks: readonly (readonly string[])[]): readonly Caption[] {
  const sizes = blocks.map((lines) =>
    Math.max(
      1,
      lines.reduce((sum, line) => sum + columnsOf(line), 0),
    ),
  )
  const total = sizes.reduce((sum, size) => sum + size, 0)
  let before = 0
  return blocks.map((lines, index) => {
    const from = cue.from + Math.round(((cue.to - cue.from) * before) / total)
    before += sizes[index] ?? 0
    return { from, to: cue.from + Math.round(((cue.to - cue.from) * before) / total), who: cue.who, lines }
  })
}

/**
 * The captions of a film of `frames` frames, in order. A caption that is too short to be read runs on into the pause
 * behind it; none stays longer than seven seconds; where two would meet, the first makes way. Lines said at the very
 * same time are shown one after the other.
 */
export function layCaptions(cues: readonly Cue[], rate: Rate, frames: number): readonly Caption[] {
  const shared = cues.flatMap((cue) => share(cue, breakText(cue.text))).sort((a, b) => a.from - b.from)
  const laid: Caption[] = []
  for (const [index, caption] of shared.entries()) {
    const from = Math.max(caption.from, laid.at(-1)?.to ?? 0)
    const columns = caption.lines.reduce((sum, line) => sum + columnsOf(line), 0)
    const needed = framesFor(Math.max(leastSeconds, columns / readingSpeed), rate)
    const wanted = Math.min(Math.max(caption.to, from + needed), from + Math.max(needed, framesFor(mostSeconds, rate)))
    const next = shared[index + 1]?.from ?? frames
    const to = Math.min(wanted, next > from ? next : wanted, frames)
    if (to > from) laid.push({ ...caption, from, to })
  }
  return laid
}

/** `00:01:02,345`. */
function clock(frame: number, rate: Rate, separator: ',' | '.'): string {
  const milliseconds = Math.floor((2000 * frame * rate.den + rate.num) / (2 * rate.num))
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  const seconds = milliseconds / 1000
  const fraction = String(milliseconds % 1000).padStart(3, '0')
  return `${two(seconds / 3600)}:${two((seconds / 60) % 60)}:${two(seconds % 60)}${separator}${fraction}`
}

/** SRT has no escapes: what players would take for a tag or an arrow is written with its look-alike. */
const plain = (line: string): string => line.replaceAll('<', '‹').replaceAll('>', '›').replaceAll('{\\', '{ \\')

/** SubRip, UTF-8, lines ended by `\n`. */
export function toSrt(captions: readonly Caption[], rate: Rate): string {
  return captions
    .map(
      ({ from, to, lines }, index) =>
        `${index + 1}\n${clock(from, rate, ',')} --> ${clock(to, rate, ',')}\n${lines.map(plain).join('\n')}\n`,
    )
    .join('\n')
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** WebVTT, with the speaker as a voice tag. */
export function toVtt(captions: readonly Caption[], rate: Rate): string {
  const cues = captions.map(({ from, to, who, lines }) => {
    const voice = who === '' ? '' : `<v ${escaped(who.replace(/\s+/g, ' '))}>`
    return `${clock(from, rate, '.')} --> ${clock(to, rate, '.')}\n${voice}${lines.map(escaped).join('\n')}\n`
  })
  return ['WEBVTT\n', ...cues].join('\n')
}
