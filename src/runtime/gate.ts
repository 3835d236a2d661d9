// The one door for money, and the limits at it. The gate alone holds what submits: a job is sent through `pay` or not at
// all, free ones too. In goes a job's price, out comes the host's ticket or a failure.
import { type Failure, ProviderFailure } from '../failure.ts'
import type { Money } from '../lang/money.ts'
import type { JobId } from '../lang/plan.ts'
import type { Path } from '../lang/program.ts'
import type { Calls } from '../providers/provider.ts'
import type { Clock } from '../world.ts'
import { type Account, type Limits, openAccount, type Place } from './account.ts'
import { failureOf } from './failure.ts'
import { type Booked, type Budgets, openPurse, type Purse, shortFailure } from './purse.ts'

export type { Limits, Place } from './account.ts'

/** A purchase: `name` tells one attempt from all others, `job` is whose it is. */
export type Purchase = { readonly name: string; readonly job: JobId; readonly path: Path; readonly price: Money }
export type Submit = Calls['submit']

/** A provider as the gate knows it. The same `account` means the same limits, shared. */
export type Door = Limits & { readonly account: string; readonly submit: Submit }

export type Gate = {
  /** A place at a provider's account, when it has one free; `freed` is called when it is given back. `begun`: the host has the job already. */
  enter(provider: string, freed: () => void, begun?: boolean): Place | undefined
  /** Providers of one account have one name here. */
  accountOf(provider: string): string
  /** A purchase that an earlier run has made goes on here: it counts once. */
  takeOver(purchase: Purchase): void
  /** The host has said what it bills, perhaps more than was reserved: whoever is next finds so much less. */
  bill(name: string, billed: Money): void
  /** What was reserved is now spent, at the price it really had; `0` gives it back. */
  settle(name: string, billed: Money): void
  /** Until when a connection to a provider is tried for, milliseconds since 1970, where none can be made. */
  triesUntil(provider: string): number | undefined
  /** A host has asked for a rest, somewhere else than at a submit. */
  rest(provider: string, ms: number): void
  /**
   * The money door: reserves, waits its turn, and hands out the right to one submit, which ends with `send`. Rejects
   * with a `budget` failure before anything is sent.
   */
  pay<T>(provider: string, purchase: Purchase, place: Place, send: (submit: Submit) => Promise<T>): Promise<T>
  /** The job whose wrong key or empty purse kept a job from being sent at all, where `failure` says so. */
  heldBackBy(provider: string, failure: Failure): JobId | undefined
  readonly spent: Purse['spent']
  readonly reserved: Purse['reserved']
}

export type GateOptions = {
  readonly budgets?: Budgets
  /** What earlier runs have bought, of this film and of others. */
  readonly booked?: readonly Booked[]
  readonly doors: ReadonlyMap<string, Door>
  readonly clock: Clock
  readonly signal: AbortSignal
}

/** Good for one call, and only until it is closed. */
function onePass(submit: Submit, leave: () => Promise<void>): { readonly submit: Submit; close(): void } {
  let open = true
  return {
    async submit(job, sent) {
      if (!open) throw new Error('a submit outside the money door')
      open = false
      // A provider may have taken its time until here: another job may have been refused for all of them.
      return submit(job, async () => {
        await leave()
        await sent()
      })
    },
    close() {
      open = false
    },
  }
}

/** Where several providers share an account, the most careful of their limits holds. */
function openAccounts({ doors, clock, signal }: GateOptions): ReadonlyMap<string, Account> {
  const limits = new Map<string, Limits>()
  for (const { account, concurrency, staggerMs } of doors.values()) {
    const before = limits.get(account)
    limits.set(account, {
      concurrency: Math.min(concurrency, before?.concurrency ?? concurrency),
      staggerMs: Math.max(staggerMs, before?.staggerMs ?? 0),
    })
  }
  return new Map([...limits].map(([name, one]) => [name, openAccount(one, clock, signal)]))
}

export function openGate(options: GateOptions): Gate {
  const { doors, clock, budgets = {}, booked = [] } = options
  const accounts = openAccounts(options)
  const purse = openPurse(budgets, booked, clock.now)
  const doorOf = (provider: string): Door => {
    const door = doors.get(provider)
    if (door === undefined) throw new Error(`no provider ${provider} was opened`)
    return door
  }
  const accountAt = (provider: string): Account => {
    const account = accounts.get(doorOf(provider).account)
    if (account === undefined) throw new Error(`no account for ${provider}`)
    return account
  }
  return {
    enter: (provider, freed, begun = false) => accountAt(provider).enter(freed, begun),
    accountOf: (provider) => doors.get(provider)?.account ?? provider,
    takeOver: ({ name, path, price }) => purse.takeOver(name, path, price),
    bill: purse.bill,
    settle: purse.settle,
    triesUntil: (provider) => accountAt(provider).triesUntil(),
    rest: (provider, ms) => accountAt(provider).rest(ms),
    heldBackBy: (provider, failure) => accountAt(provider).heldBackBy(failure),
    async pay(provider, { name, job, path, price }, place, send) {
      const account = accountAt(provider)
      return account.submit(
        place,
        job,
        async () => {
          const short = purse.reserve(name, path, price)
          if (short !== undefined) throw new ProviderFailure(shortFailure(price, short))
          const pass = onePass(doorOf(provider).submit, account.leave)
          try {
            return await send(pass.submit)
          } finally {
            pass.close()
          }
        },
        failureOf,
      )
    },
    spent: purse.spent,
    reserved: purse.reserved,
  }
}
