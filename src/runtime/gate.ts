// The one door for money, and the limits at it: how many jobs at once, how far apart, how much in all. Every submit
// goes through `pay`, free ones too. In goes a job's price, out comes the host's ticket or a failure.

import { type Failure, ProviderFailure } from '../failure.ts'
import { formatMoney, type Money } from '../lang/money.ts'
import type { Clock } from '../world.ts'

export type Limits = { readonly concurrency: number; readonly staggerMs: number }

/** A purchase: `name` tells one attempt from all others. */
export type Purchase = { readonly name: string; readonly provider: string; readonly price: Money }

export type Gate = {
  /** A place at a provider, when it has one free. Whoever enters must leave. */
  enter(provider: string): boolean
  leave(provider: string): void
  /** Money set aside before anything is sent. False: it would go over the budget. The same name counts once. */
  reserve(name: string, price: Money): boolean
  /** What was reserved is now spent, at the price it really had; `0` gives it back. */
  settle(name: string, billed: Money): void
  /** The money door: waits its turn, reserves, sends. Rejects with a `budget` failure before anything is sent. */
  pay<T>(purchase: Purchase, send: () => Promise<T>): Promise<T>
  readonly spent: () => Money
  readonly reserved: () => Money
}

type Options = {
  readonly budget?: Money
  readonly limits: ReadonlyMap<string, Limits>
  readonly clock: Clock
  readonly signal: AbortSignal
}

const overBudget = (price: Money, left: Money, budget: Money): Failure => ({
  kind: 'budget',
  message: `this costs ${formatMoney(price)}, and ${formatMoney(Math.max(0, left))} of the budget of ${formatMoney(budget)} is left`,
  next: 'raise `budget` in the script, or render fewer shots with --only, or a cheaper rung with --draft or --animatic',
  retry: false,
  billed: 'no',
})

export function openGate({ budget, limits, clock, signal }: Options): Gate {
  const inside = new Map<string, number>()
  const nextTurn = new Map<string, number>()
  const reserved = new Map<string, Money>()
  let held = 0
  let spent = 0

  /** Turns are given out in the order asked for, at least the provider's stagger apart. */
  const turn = async (provider: string): Promise<void> => {
    const now = clock.monotonic()
    const at = Math.max(now, nextTurn.get(provider) ?? 0)
    nextTurn.set(provider, at + (limits.get(provider)?.staggerMs ?? 0))
    if (at > now) await clock.sleep(at - now, signal)
    signal.throwIfAborted()
  }
  const reserve = (name: string, price: Money): boolean => {
    if (reserved.has(name)) return true
    if (budget !== undefined && price > 0 && spent + held + price > budget) return false
    reserved.set(name, price)
    held += price
    return true
  }
  return {
    enter(provider) {
      const now = inside.get(provider) ?? 0
      if (now >= Math.max(1, limits.get(provider)?.concurrency ?? 1)) return false
      inside.set(provider, now + 1)
      return true
    },
    leave(provider) {
      inside.set(provider, Math.max(0, (inside.get(provider) ?? 0) - 1))
    },
    reserve,
    settle(name, billed) {
      held -= reserved.get(name) ?? 0
      reserved.delete(name)
      spent += billed
    },
    async pay({ name, provider, price }, send) {
      await turn(provider)
      if (!reserve(name, price)) throw new ProviderFailure(overBudget(price, (budget ?? 0) - spent - held, budget ?? 0))
      return send()
    },
    spent: () => spent,
    reserved: () => held,
  }
}
