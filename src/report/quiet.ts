// A run for somebody who wants to hear of it only when it goes wrong: nothing while it works, then its failures and what to type. A
// film that is finished says nothing here.
import type { Plan } from '../lang/plan.ts'
import { paint } from './row.ts'
import type { Screen, ScreenOptions, Stream } from './stream.ts'
import { summaryRows } from './summary.ts'
import { emptyView, fold } from './view.ts'

export function openQuiet(plan: Plan, stream: Stream, { colour, only, ...words }: ScreenOptions): Screen {
  const view = emptyView(plan, only)
  return {
    event: (event) => fold(view, event),
    stopping: () => undefined,
    async close() {
      if (view.startedAt === undefined || view.stopped?.reason === 'finished') return
      for (const row of summaryRows(view, view.lastAt, words)) stream.write(`${paint(row, colour)}\n`)
    },
  }
}
