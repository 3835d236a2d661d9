// What may be spent: a run's, the film's, a day's and a shot's ceiling, and what stands against each. In go purchases
// by name; out comes whether one more fits. A purchase counts once, however often it is taken up.
import type { Failure } from '../failure.ts'
import { formatMoney, type Money } from '../lang/money.ts'
import type { Path } from '../lang/program.ts'

/** `day` is a day of UTC and holds for all films of the project; `film` and `shots` hold across runs. */
export type Budgets = {
  readonly run?: Money
  readonly film?: Money
  readonly day?: Money
  readonly shots?: ReadonlyMap<Path, Money>
}

/** A purchase of an earlier run. `open`: it may still be settled at another price. `ours`: of this film. */
export type Booked = {
  readonly name: string
  readonly path: Path
  /** Milliseconds since 1970. */
  readonly at: number
  readonly amount: Money
  readonly open: boolean
  readonly ours: boolean
}

/** Why a purchase does not fit: the narrowest ceiling that it would break. */
export type Short = { readonly scope: 'shot' | 'run' | 'film' | 'day'; readonly budget: Money; readonly left: Money }

export type Purse = {
  /** Sets money aside. `undefined`: it fits, or this very purchase stands in the books already. */
  reserve(name: string, path: Path, price: Money): Short | undefined
  /** A purchase that an earlier run has made: it stands in the books, whatever the ceilings say, and counts once. */
  takeOver(name: string, path: Path, price: Money): void
  /** The host has said what it bills: so much is set aside from now on. */
  bill(name: string, billed: Money): void
  /** What was set aside is now spent, at the price it really had; `0` gives it back. */
  settle(name: string, billed: Money): void
  /** Settled here, purchases of earlier runs included. */
  readonly spent: () => Money
  /** Set aside here. */
  readonly reserved: () => Money
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

type Entry = { readonly path: Path; readonly day: string; readonly ours: boolean; readonly before: boolean; amount: Money; open: boolean }

export function openPurse(budgets: Budgets, booked: readonly Booked[], now: () => number): Purse {
  const entries = new Map<string, Entry>()
  const sums = new Map<string, Money>()
  let spent = 0
  let held = 0
  const sum = (scope: string): Money => sums.get(scope) ?? 0
  const scopesOf = ({ path, day, ours, before }: Entry): readonly string[] => [
    `day ${day}`,
    ...(ours ? ['film', `shot ${path}`] : []),
    ...(before ? [] : ['run']),
  ]
  const change = (entry: Entry, amount: Money): void => {
    for (const scope of scopesOf(entry)) sums.set(scope, sum(scope) + amount - entry.amount)
    entry.amount = amount
  }
  const add = (name: string, entry: Omit<Entry, 'amount'>, amount: Money): void => {
    const fresh = { ...entry, amount: 0 }
    entries.set(name, fresh)
    change(fresh, amount)
  }
  for (const { name, path, at, amount, open, ours } of booked) add(name, { path, day: dayOf(at), ours, before: true, open }, amount)

  const shortOf = (path: Path, price: Money): Short | undefined => {
    if (price <= 0) return undefined
    const ceilings = [
      ['shot', `shot ${path}`, budgets.shots?.get(path)],
      ['run', 'run', budgets.run],
      ['film', 'film', budgets.film],
      ['day', `day ${dayOf(now())}`, budgets.day],
    ] as const
    for (const [scope, at, budget] of ceilings)
      if (budget !== undefined && sum(at) + price > budget) return { scope, budget, left: Math.max(0, budget - sum(at)) }
    return undefined
  }
  return {
    reserve(name, path, price) {
      if (entries.get(name)?.open === true) return undefined
      const short = shortOf(path, price)
      if (short !== undefined) return short
      add(name, { path, day: dayOf(now()), ours: true, before: false, open: true }, price)
      held += price
      return undefined
    },
    takeOver(name, path, price) {
      if (!entries.has(name)) add(name, { path, day: dayOf(now()), ours: true, before: true, open: true }, price)
    },
    bill(name, billed) {
      const entry = entries.get(name)
      if (entry === undefined || !entry.open) return
      if (!entry.before) held += billed - entry.amount
      change(entry, billed)
    },
    settle(name, billed) {
      const entry = entries.get(name)
      if (entry === undefined || !entry.open) return
      if (!entry.before) held -= entry.amount
      change(entry, billed)
      entry.open = false
      spent += billed
    },
    spent: () => spent,
    reserved: () => held,
  }
}

/** How a ceiling is called after its amount. */
export const scopeWords = { shot: 'for this shot', run: 'a run', film: 'for the film', day: 'a day' } as const
const perWords = { shot: 'in the shot', run: '', film: ' per film', day: ' per day' } as const

export function shortFailure(price: Money, { scope, budget, left }: Short): Failure {
  const where = scope === 'shot' ? '`budget` in the shot or its scene' : `\`budget …${perWords[scope]}\` in the project`
  return {
    kind: 'budget',
    message: `this costs ${formatMoney(price)}, and of the budget of ${formatMoney(budget)} ${scopeWords[scope]} ${formatMoney(left)} is left`,
    next: `raise ${where}, or render fewer shots with --only, or a cheaper rung with --draft or --animatic`,
    retry: false,
    billed: 'no',
  }
}
