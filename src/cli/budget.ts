// Does what would be bought fit under every ceiling? Asked before a render begins anything. In goes a planned film; out comes nothing,
// or why not, and what would fit: each cheaper command with its price.
import { budgetsOf } from '../budgets.ts'
import type { Film } from '../compile.ts'
import { compile } from '../compile.ts'
import { formatMoney, type Money } from '../lang/money.ts'
import type { Job, Plan } from '../lang/plan.ts'
import { openScript } from '../open-script.ts'
import type { Ceiling } from '../report/plan-words.ts'
import { journalFolder, readHistory } from '../runtime/journal.ts'
import { bookedFor, readLedger } from '../runtime/ledger.ts'
import { type Booked, type Budgets, openPurse, type Short, scopeWords } from '../runtime/purse.ts'
import type { Wanted } from './film.ts'
import { typedFilm } from './film.ts'
import type { Io } from './io.ts'

/** What another rung of the same film would cost. `undefined`: it cannot be planned. */
export async function rungPrice(film: Film, rung: Plan['rung'], wanted: Wanted, io: Io): Promise<Money | undefined> {
  // Its own reader: what is wrong with another rung is not to be told now.
  const other = await compile(openScript(`${film.opened.root}/${film.opened.script}`), { rung, ...wanted }, io.world, io.env)
  return other?.plan.totals.price
}

/** Fits under no ceiling. */
const tooMuch = Number.MAX_SAFE_INTEGER

/** What earlier runs have bought, of this film and of the others of its folder. */
async function bookedBefore(film: Film, { world }: Io): Promise<readonly Booked[]> {
  const folder = journalFolder(film.dotLtx, film.journalName, world.sha256)
  return bookedFor(await readLedger(world.files, film.dotLtx), folder.slice(folder.lastIndexOf('/') + 1))
}

/** Every ceiling that the script sets for the film, and what earlier runs have left of it; those of shots by their path. */
export async function ceilingsOf(
  film: Film,
  io: Io,
): Promise<{ readonly film: readonly Ceiling[]; readonly shots: ReadonlyMap<string, Ceiling> }> {
  const { shots = new Map<string, Money>(), run, film: whole, day } = budgetsOf(film)
  const set = [
    ['run', run],
    ['film', whole],
    ['day', day],
  ] as const
  const isSet = shots.size > 0 || set.some(([, budget]) => budget !== undefined)
  const booked = isSet ? await bookedBefore(film, io) : []
  const left = (budgets: Budgets, path = ''): Money =>
    openPurse(budgets, booked, io.world.clock.now).reserve('all', path, tooMuch)?.left ?? 0
  return {
    film: set.flatMap(([scope, budget]) => (budget === undefined ? [] : [{ scope, budget, left: left({ [scope]: budget }) }])),
    shots: new Map(
      [...shots].map(([path, budget]) => [
        path,
        { scope: 'shot' as const, budget, left: left({ shots: new Map([[path, budget]]) }, path) },
      ]),
    ),
  }
}

export type BudgetRefusal = { readonly message: string; readonly next: readonly string[] }

/** `only`: the paths that are wanted; all where it is absent. */
export async function budgetRefusal(
  film: Film,
  only: ReadonlySet<string> | undefined,
  wanted: Wanted,
  io: Io,
): Promise<BudgetRefusal | undefined> {
  const { files, clock, sha256 } = io.world
  const folder = journalFolder(film.dotLtx, film.journalName, sha256)
  const [booked, history] = await Promise.all([bookedBefore(film, io), readHistory(files, folder)])
  // What is at the host already is paid for, or as good as.
  const isBegun = ({ key }: Job): boolean => key !== undefined && (history.open.get(key)?.stage ?? 'intent') !== 'intent'
  const buy = film.plan.jobs.filter((job) => job.made === undefined && job.price > 0 && (only?.has(job.path) ?? true) && !isBegun(job))
  const budgets = budgetsOf(film)
  const purse = openPurse(budgets, booked, clock.now)
  const shorts = buy.flatMap((job) => {
    const short = purse.reserve(job.id, job.path, job.price)
    return short === undefined ? [] : [{ job, short }]
  })
  const first = shorts[0]
  if (first === undefined) return undefined
  const price = buy.reduce((sum, job) => sum + job.price, 0)
  const { short } = first
  // What that ceiling had left before anything of this run was counted.
  const before =
    short.scope === 'shot' ? undefined : openPurse({ [short.scope]: short.budget }, booked, clock.now).reserve('all', '', tooMuch)
  const left = before?.left ?? short.left
  return { message: messageOf(first.job, short, price, left), next: await cheaper(film, { buy, left, only }, wanted, io) }
}

function messageOf(job: Job, { scope, budget }: Short, price: Money, left: Money): string {
  if (scope === 'shot')
    return `${job.path} would cost ${formatMoney(job.price)} more, and of its budget of ${formatMoney(budget)} ${formatMoney(left)} is left`
  const rest = left === budget ? '' : `, of which ${formatMoney(left)} is left`
  return `this run would cost ${formatMoney(price)}, more than the budget of ${formatMoney(budget)} ${scopeWords[scope]}${rest}`
}

type Buying = { readonly buy: readonly Job[]; readonly left: Money; readonly only: ReadonlySet<string> | undefined }

/** Commands that cost less, each with its price, those that fit marked by their order: dearest that fits first. */
async function cheaper(film: Film, { buy, left, only }: Buying, wanted: Wanted, io: Io): Promise<readonly string[]> {
  const script = typedFilm(film, io)
  const draft = film.plan.rung === 'final' && only === undefined ? await rungPrice(film, 'draft', wanted, io) : undefined
  const total = buy.reduce((sum, job) => sum + job.price, 0)
  const lines: (readonly [string, string])[] = []
  if (draft !== undefined && draft < total) lines.push([`ltx render ${script} --draft`, formatMoney(draft)])
  for (const [path, price] of parts(buy, left)) lines.push([`ltx render ${script} --only ${path}`, formatMoney(price)])
  lines.push([`ltx render ${script} --animatic`, 'free'])
  const width = Math.max(...lines.map(([command]) => command.length))
  return [...lines.map(([command, price]) => `${command.padEnd(width)}  ${price}`), 'or raise `budget` in the script']
}

/** The dearest scene that fits, and the dearest and the cheapest shot. */
function parts(buy: readonly Job[], left: Money): readonly (readonly [string, Money])[] {
  const sums = (of: (job: Job) => string): (readonly [string, Money])[] => {
    const found = new Map<string, Money>()
    for (const job of buy) found.set(of(job), (found.get(of(job)) ?? 0) + job.price)
    return [...found].filter(([name, price]) => name !== '' && price <= left).sort(([, a], [, b]) => b - a)
  }
  const scenes = sums(({ path }) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : ''))
  const shots = sums(({ path }) => path)
  const chosen = [scenes[0], shots[0], shots.at(-1)].filter((one) => one !== undefined)
  return [...new Map(chosen).entries()]
}
