// The live view: events in, a picture of the run on the terminal. ink draws each frame from the rows of `tui-rows`;
// `tui-paint` sends what changed, at most ten times a second. The terminal's state is given back on every way out.
import { Box, renderToString, Text } from 'ink'
import type { ReactNode } from 'react'
import { createElement } from 'react'
import type { Plan } from '../lang/plan.ts'
import type { Piece, Row, Tone } from './row.ts'
import { paint } from './row.ts'
import type { Screen, ScreenOptions, Stream } from './stream.ts'
import { summaryRows } from './summary.ts'
import { openPainter } from './tui-paint.ts'
import type { Size } from './tui-rows.ts'
import { tuiRows } from './tui-rows.ts'
import { emptyView, fold } from './view.ts'

/** Ten frames a second at most; when nothing happens one a second, for the clocks. */
const frameMs = 100
const idleMs = 1000

type Look = { readonly color?: string; readonly bold?: boolean; readonly dimColor?: boolean }
const looks: Readonly<Record<Tone, Look>> = {
  plain: {},
  strong: { bold: true },
  quiet: { dimColor: true },
  good: { color: 'green' },
  bad: { color: 'red' },
  warn: { color: 'yellow' },
  live: { color: 'cyan' },
}

/** Rows as an ink tree, one line each. Children are handed over one by one: a row's only identity is its place. */
export function Rows({ rows, colour }: { readonly rows: readonly Row[]; readonly colour: boolean }): ReactNode {
  const part = ({ text, tone }: Piece): ReactNode => createElement(Text, colour ? looks[tone] : {}, text)
  const line = (row: Row): ReactNode => createElement(Text, { wrap: 'truncate' }, ...(row.length === 0 ? [' '] : row.map(part)))
  return createElement(Box, { flexDirection: 'column' }, ...rows.map(line))
}

/** Draws rows with ink, each only once: most of a frame is what the last one was, and ink is slow for what it does. */
function openDrawing(colour: boolean): (rows: readonly Row[], columns: number) => readonly string[] {
  let before = new Map<string, string>()
  return (rows, columns) => {
    const keys = rows.map((row) => JSON.stringify([columns, row]))
    const fresh = rows.filter((_row, index) => !before.has(keys[index] ?? ''))
    const lines = fresh.length === 0 ? [] : renderToString(createElement(Rows, { rows: fresh, colour }), { columns }).split('\n')
    const next = lines[Symbol.iterator]()
    const after = new Map(keys.map((key) => [key, before.get(key) ?? next.next().value ?? '']))
    before = after
    return keys.map((key) => after.get(key) ?? '')
  }
}

const sizeOf = (stream: Stream): Size => ({ columns: stream.columns || 80, rows: stream.rows || 24 })

export function openTui(plan: Plan, stream: Stream, { colour, now, only, ...words }: ScreenOptions): Screen {
  const view = emptyView(plan, only)
  const painter = openPainter(stream)
  // Events carry the runtime's clock, which need not be the one that ticks here.
  let lag = 0
  let stopping = false
  let drawnAt = Number.NEGATIVE_INFINITY
  const drawn = openDrawing(colour)
  let timer: ReturnType<typeof setTimeout> | undefined

  const draw = (): void => {
    drawnAt = now()
    const size = sizeOf(stream)
    painter.paint(drawn(tuiRows(view, size, drawnAt - lag, stopping), size.columns))
    planNext(idleMs)
  }
  /** The next frame, `ms` from the last one; an earlier one that is planned already stands. */
  let dueAt = Number.POSITIVE_INFINITY
  const planNext = (ms: number): void => {
    const at = drawnAt + ms
    if (timer !== undefined && dueAt > now() && dueAt <= at) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(draw, Math.max(0, at - now()))
    timer.unref()
  }
  const soon = (): void => planNext(frameMs)
  const leave = watchTerminal(stream, {
    resized: draw,
    stopped: () => painter.showCursor(),
    continued: () => {
      painter.forget()
      draw()
    },
    exit: () => painter.showCursor(),
  })

  return {
    event(event) {
      lag = now() - event.at
      fold(view, event)
      soon()
    },
    stopping() {
      stopping = true
      soon()
    },
    async close() {
      clearTimeout(timer)
      leave()
      painter.clear()
      painter.showCursor()
      if (view.startedAt === undefined) return
      for (const row of summaryRows(view, now() - lag, words)) stream.write(`${paint(row, colour)}\n`)
    },
  }
}

type Moments = { resized(): void; stopped(): void; continued(): void; exit(): void }

/** Follows the terminal: its size, Ctrl-Z and back, and the end of the process however it comes. Returns what stops following. */
function watchTerminal(stream: Stream, moments: Moments): () => void {
  const suspend = (): void => {
    moments.stopped()
    process.kill(process.pid, 'SIGSTOP')
  }
  stream.on?.('resize', moments.resized)
  process.on('SIGTSTP', suspend)
  process.on('SIGCONT', moments.continued)
  process.once('exit', moments.exit)
  return () => {
    stream.off?.('resize', moments.resized)
    process.off('SIGTSTP', suspend)
    process.off('SIGCONT', moments.continued)
    process.off('exit', moments.exit)
  }
}
