// The prompt's parts of one block: texts of their own, `camera`, `look`, `sound`, `avoid`, `say`. In go the settings of a
// scene, a shot, an extend or a retake, out come its own pieces with their places.

import type { Line } from '../program.ts'
import { argument, argumentsOf, readText, readTexts } from './argument.ts'
import type { Placed, PlacedText } from './expand.ts'
import { report } from './expansion.ts'
import { evaluateExpression } from './expression.ts'
import type { Settings } from './settings.ts'
import { describe } from './value.ts'
import type { Piece, Pieces } from './words.ts'

/** `first` are words written among the statement's own arguments: `extend 6s "…"`. */
export function readPieces(settings: Settings, first: readonly Piece[] = []): Pieces {
  return {
    action: [...first, ...settings.texts.flatMap(ownText)],
    camera: pieces(settings, 'camera'),
    look: pieces(settings, 'look'),
    sound: pieces(settings, 'sound'),
    avoid: pieces(settings, 'avoid'),
    say: settings.all('say').flatMap(readLine),
  }
}

const present = (piece: Piece): boolean => piece.text.trim() !== ''

function ownText(found: PlacedText): readonly Piece[] {
  const value = evaluateExpression(found.text, found.frame)
  return value?.unit === 'text' && value.text.trim() !== '' ? [{ text: value.text, span: found.text.span }] : []
}

const pieces = (settings: Settings, word: string): readonly Piece[] =>
  settings.all(word).flatMap((placed) => argumentsOf(placed, 'words').flatMap(readTexts).filter(present))

function readLine(placed: Placed): readonly Line[] {
  const words = readText(argument(placed, 'words'))
  if (words === undefined) return []
  const who = argument(placed, 'who')
  const line = { text: words.text, span: placed.command.span }
  if (who === undefined) return [line]
  const speaker = evaluateExpression(who.expr, who.frame)
  if (speaker === undefined) return []
  if (speaker.unit === 'cast') return [{ who: speaker.name, ...line }]
  if (speaker.unit === 'text') return [{ who: speaker.text, ...line }]
  report(who.frame, 'type.wrong', who.expr.span, {
    word: 'say',
    argument: 'who',
    expected: 'somebody of the cast',
    found: describe(speaker),
  })
  return []
}
