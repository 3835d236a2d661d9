// Setting type: the package's own fonts, text made safe to show, lines broken so that they are of even length.
import { join } from 'node:path'
import { GlobalFonts } from '@napi-rs/canvas'
import { packageRoot } from '../../package-root.ts'
import type { Ink } from './view.ts'

export type Face = 'regular' | 'strong' | 'mono'

const families: Readonly<Record<Face, readonly [family: string, file: string]>> = {
  regular: ['Animatic Text', 'Inter-Regular.otf'],
  strong: ['Animatic Strong', 'Inter-SemiBold.otf'],
  mono: ['Animatic Mono', 'JetBrainsMono-Regular.ttf'],
}

let loaded = false
function loadFonts(): void {
  if (loaded) return
  for (const [family, file] of Object.values(families)) GlobalFonts.registerFromPath(join(packageRoot, 'assets', 'fonts', file), family)
  loaded = true
}

export function setFace(ink: Ink, face: Face, size: number, spacing = 0): void {
  loadFonts()
  ink.font = `${Math.max(1, size).toFixed(2)}px "${families[face][0]}"`
  ink.letterSpacing = `${spacing.toFixed(2)}px`
  ink.textBaseline = 'alphabetic'
}

/** One line of text without what cannot be drawn or would steer the setting: controls, bidi marks, lone surrogates, emoji. */
export const plain = (text: string): string =>
  text
    .replace(/\p{Extended_Pictographic}|[\u{1F1E6}-\u{1F1FF}\u{1F3FB}-\u{1F3FF}\u{E0000}-\u{E007F}]|\uFE0F|\u200D|\uFFFD/gu, '')
    .replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}]/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()

/** Longest text worth setting: no frame holds more. */
const mostCharacters = 1200

/** Words of a text; one that is wider than a line is cut into pieces that are not. */
function pieces(ink: Ink, text: string, width: number): readonly string[] {
  return text.split(' ').flatMap((word) => {
    if (ink.measureText(word).width <= width) return [word]
    const cut: string[] = []
    let piece = ''
    for (const letter of word) {
      if (piece !== '' && ink.measureText(piece + letter).width > width) {
        cut.push(piece)
        piece = ''
      }
      piece += letter
    }
    return [...cut, piece]
  })
}

function fill(ink: Ink, words: readonly string[], width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line !== '' && ink.measureText(longer).width > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  return line === '' ? lines : [...lines, line]
}

/** Breaks a text into lines no wider than `width`, each about as long as the others. The face must be set. */
export function broken(ink: Ink, text: string, width: number): readonly string[] {
  const words = pieces(ink, plain(text).slice(0, mostCharacters), width)
  const loose = fill(ink, words, width)
  if (loose.length < 2 || loose.length > 6) return loose
  let [low, high] = [width / loose.length, width]
  for (let i = 0; i < 7; i++) {
    const middle = (low + high) / 2
    if (fill(ink, words, middle).length > loose.length) low = middle
    else high = middle
  }
  return fill(ink, words, high)
}

/** Cuts a line so that it fits, with an ellipsis. */
export function fitted(ink: Ink, text: string, width: number): string {
  const line = plain(text).slice(0, mostCharacters)
  if (ink.measureText(line).width <= width) return line
  let [low, high] = [0, line.length]
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (ink.measureText(`${line.slice(0, middle).trimEnd()}…`).width <= width) low = middle
    else high = middle - 1
  }
  return `${line
    .slice(0, low)
    .replace(/\p{Cs}/gu, '')
    .trimEnd()}…`
}
