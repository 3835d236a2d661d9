// Puts a block of lines on a terminal and keeps it up to date in place. Only lines that changed are sent, each written
// over the old one before its rest is cleared, all in one write: nothing is ever blank in between, so nothing flickers.
import { widthOf } from './cell.ts'
import type { Stream } from './stream.ts'

const csi = '\u001b['
const codes = new RegExp(`${'\u001b'}\\[[0-9;]*m`, 'g')

export type Painter = {
  /** Shows these lines in place of the last ones. */
  paint(lines: readonly string[]): void
  /** Takes the block away and leaves the cursor where it began. */
  clear(): void
  /** The terminal was somebody else's for a while: the next block begins below whatever is there now. */
  forget(): void
  showCursor(): void
}

/** The cursor rests at the start of the line below the block; it is hidden from the first paint on. */
export function openPainter(stream: Stream): Painter {
  let shown: readonly string[] = []
  let columns = stream.columns ?? 80
  let hidden = false

  /** Rows the old block takes now: a terminal that was made narrower has broken its lines. */
  const rowsNow = (): number => {
    const width = Math.max(1, stream.columns ?? 80)
    if (width >= columns) return shown.length
    return shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line.replace(codes, '')) / width)), 0)
  }
  const up = (rows: number): string => (rows > 0 ? `${csi}${rows}A` : '')

  /** Back to where the block began, with everything below it cleared. */
  const wipe = (): string => {
    const text = shown.length === 0 ? '' : `\r${up(Math.min(rowsNow(), Math.max(0, (stream.rows ?? 24) - 1)))}${csi}J`
    shown = []
    return text
  }

  return {
    paint(lines) {
      const resized = (stream.columns ?? 80) !== columns || shown.length > (stream.rows ?? 24) - 1
      let text = hidden ? '' : `${csi}?25l`
      hidden = true
      if (resized) text += wipe()
      columns = stream.columns ?? 80
      text += changes(shown, lines, up)
      shown = lines
      if (text !== '') stream.write(text)
    },
    clear() {
      const text = wipe()
      if (text !== '') stream.write(text)
    },
    forget() {
      shown = []
      hidden = false
    },
    showCursor() {
      if (hidden) stream.write(`${csi}?25h`)
      hidden = false
    },
  }
}

/** What to send to turn the old block into the new one, the cursor below the old one to begin with. */
function changes(before: readonly string[], after: readonly string[], up: (rows: number) => string): string {
  if (before.length === after.length && before.every((line, index) => line === after[index])) return ''
  let text = `\r${up(before.length)}`
  for (const [index, line] of after.entries()) text += line === before[index] ? '\n' : `${line}${csi}K\n`
  // Below the block is nothing of ours: what a longer block left there goes, and so does an echoed `^C`.
  return `${text}${csi}J`
}
