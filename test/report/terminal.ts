// A terminal for tests: as much of one as the live view uses, and it fails on anything else. It scrolls, keeps what
// scrolled away, and when it is made narrower it breaks long lines the way real ones do.
import type { Stream } from '../../src/report/stream.ts'

export type Terminal = Stream & {
  /** What is on the screen, without empty lines at the end. */
  readonly screen: () => readonly string[]
  /** What has scrolled off the top. */
  readonly history: () => readonly string[]
  readonly cursorShown: () => boolean
  readonly writes: readonly string[]
  resize(columns: number, rows: number): void
}

export function openTerminal(columns = 80, rows = 24): Terminal {
  const size = { columns, rows }
  const listeners = new Set<() => void>()
  const writes: string[] = []
  const past: string[] = []
  let lines: string[] = ['']
  let row = 0
  let column = 0
  let shown = true

  const newLine = (): void => {
    row += 1
    if (lines[row] === undefined) lines.push('')
    while (lines.length > size.rows) {
      past.push(lines.shift() ?? '')
      row -= 1
    }
  }
  const put = (character: string): void => {
    if (column >= size.columns) {
      // The live view hides the cursor; what it paints has to fit. Plain text after it may wrap as it likes.
      if (!shown) throw new Error(`a line is wider than ${size.columns} columns: ${lines[row]}`)
      newLine()
      column = 0
    }
    const line = [...(lines[row] ?? '').padEnd(column)]
    line[column] = character
    lines[row] = line.join('')
    column += 1
  }
  const control = (sequence: string): void => {
    const [, count = '', final] = /^\u001b\[([?\d;]*)([A-Za-z])$/.exec(sequence) ?? []
    if (final === 'A') row = Math.max(0, row - Number(count || 1))
    else if (final === 'K' && count === '') lines[row] = [...(lines[row] ?? '')].slice(0, column).join('')
    else if (final === 'J' && count === '') {
      lines[row] = [...(lines[row] ?? '')].slice(0, column).join('')
      lines.length = row + 1
    } else if (count === '?25') shown = final === 'h'
    else if (final !== 'm') throw new Error(`the live view may not send ${JSON.stringify(sequence)}`)
  }
  return {
    get columns() {
      return size.columns
    },
    get rows() {
      return size.rows
    },
    writes,
    write(text) {
      writes.push(text)
      for (const [part] of text.matchAll(/\u001b\[[?\d;]*[A-Za-z]|[\s\S]/gu)) {
        if (part.startsWith('\u001b')) control(part)
        else if (part === '\n') {
          newLine()
          column = 0
        } else if (part === '\r') column = 0
        else put(part)
      }
    },
    on: (_event, listener) => listeners.add(listener),
    off: (_event, listener) => listeners.delete(listener),
    screen: () => lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1),
    history: () => past,
    cursorShown: () => shown,
    resize(wide, high) {
      const broken = lines.flatMap((line) => line.match(new RegExp(`.{1,${wide}}`, 'gu')) ?? [''])
      const below = lines.length - 1 - row
      Object.assign(size, { columns: wide, rows: high })
      lines = broken
      row = lines.length - 1 - below
      while (lines.length > high) {
        past.push(lines.shift() ?? '')
        row -= 1
      }
      row = Math.max(0, row)
      for (const listener of listeners) listener()
    },
  }
}
