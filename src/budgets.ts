// A planned film in, the ceilings its script sets out. Apart from the making, so that a plan does not load it.
import type { Film } from './compile.ts'
import type { Budgets } from './runtime/purse.ts'

/** Every ceiling that the script sets. */
export function budgetsOf({ plan, program }: Film): Budgets {
  const { budget, filmBudget, dayBudget } = plan.film
  const shots = program.items.flatMap((item): [string, number][] =>
    item.kind === 'shot' && item.budget !== undefined ? [[item.path, item.budget]] : [],
  )
  return {
    ...(budget === undefined ? {} : { run: budget }),
    ...(filmBudget === undefined ? {} : { film: filmBudget }),
    ...(dayBudget === undefined ? {} : { day: dayBudget }),
    shots: new Map(shots),
  }
}
