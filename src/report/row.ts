// A line for a terminal as data: pieces of text, each in a tone. The live view draws rows with ink, everything else
// with `paint`. Tones are few and mean something; which colour each has is said here and nowhere else.
import { shorten, widthOf } from './cell.ts'

export type Tone = 'plain' | 'strong' | 'quiet' | 'good' | 'bad' | 'warn' | 'live'
export type Piece = { readonly text: string; readonly tone: Tone }
export type Row = readonly Piece[]

/** The sixteen colours every terminal has, so that people's own themes hold. */
const codes: Readonly<Record<Tone, string>> = { plain: '', strong: '1', quiet: '2', good: '32', bad: '31', warn: '33', live: '36' }

export const piece = (text: string, tone: Tone = 'plain'): Piece => ({ text, tone })

export const rowWidth = (row: Row): number => row.reduce((sum, { text }) => sum + widthOf(text), 0)

/** The row cut to at most `width` columns. */
export function cutRow(row: Row, width: number): Row {
  if (rowWidth(row) <= width) return row
  const kept: Piece[] = []
  let left = width
  for (const { text, tone } of row) {
    const wide = widthOf(text)
    if (wide < left) {
      kept.push({ text, tone })
      left -= wide
      continue
    }
    // Room for the mark must be left even when this piece just fits, since another follows it.
    kept.push({ text: wide > left ? shorten(text, left) : `${shorten(text, left - 1)}…`, tone })
    break
  }
  return kept
}

/** Two rows on one line, the second one at the right edge. Where both do not fit, the left one is cut. */
export function spread(left: Row, right: Row, width: number): Row {
  const end = cutRow(right, width)
  const start = cutRow(left, Math.max(0, width - rowWidth(end) - 1))
  const gap = width - rowWidth(start) - rowWidth(end)
  return [...start, piece(' '.repeat(Math.max(0, gap))), ...end]
}

/** One text in a tone; the bare text where there is no colour. */
export function tint(text: string, tone: Tone, colour: boolean): string {
  return colour && text !== '' && codes[tone] !== '' ? `\u001b[${codes[tone]}m${text}\u001b[0m` : text
}

/** The row as text, without spaces at its end. */
export function paint(row: Row, colour: boolean): string {
  const last = row.findLastIndex(({ text }) => text.trim() !== '')
  return row
    .slice(0, last + 1)
    .map(({ text, tone }, index) => tint(index === last ? text.trimEnd() : text, tone, colour))
    .join('')
}
