// What a film would cost on each of its providers: in go what its plan is made from, out come money and time for the whole film on
// one provider alone, which shots it cannot make, and from how much video a month an own machine is the cheaper one. Nothing that
// is made already counts, so that all are asked for the same.
import type { Diagnostic, Reporter } from '../diagnostic.ts'
import type { Money } from '../money.ts'
import type { PaceRow } from '../pace.ts'
import type { Job, Plan } from '../plan.ts'
import type { Path, Program } from '../program.ts'
import { toNumber } from '../time.ts'
import type { PlanInput } from './make-plan.ts'
import { makePlan } from './make-plan.ts'
import { wallOf } from './wall.ts'

/** What a machine of one's own costs: an hour while it works, and a month whatever it does. */
export type Upkeep = { readonly rent?: Money; readonly monthly?: Money }

export type Candidate = { readonly name: string; readonly kind: string } & Upkeep

/** Sums over the shots that can be made. Times are seconds. */
export type Costing = {
  readonly price: Money
  /** How much of the price is an estimate. */
  readonly estimated: Money
  /** Seconds of film that are asked for, with all takes. */
  readonly asked: number
  /** Seconds of its places' work, shared among them: what it is busy for. */
  readonly busy: number
  /** Seconds on the clock, where jobs wait for each other. */
  readonly expected: number
  /** How many of its jobs are reckoned with what earlier ones took. */
  readonly timed: number
  readonly jobs: number
  /** What machines of one's own cost for as long as they work on it; absent where no rent is known. */
  readonly rented?: Money
}

export type Compared = Candidate &
  Costing & {
    readonly shots: number
    readonly cannot: readonly { readonly shot: Path; readonly detail: string }[]
  }

/** From how many seconds of film a month a machine is cheaper than a host. */
export type BreakEven = {
  readonly own: string
  readonly host: string
  /** Dollars for a second of film, in millionths and their fractions: the host's price, and the machine's rent while it works. */
  readonly hostSecond: number
  readonly ownSecond: number
  /** Some of the host's price is an estimate. */
  readonly estimated: boolean
  readonly monthly: Money
  /** An hour of the machine. */
  readonly rent: Money
  /** Seconds of work for one second of film. */
  readonly pace: number
  /** All of its jobs are reckoned with what earlier ones took. */
  readonly timed: boolean
  /** The most that it can make in a month, day and night. */
  readonly most: number
  /** Absent where the host is never dearer. */
  readonly seconds?: number
}

export type Comparison = {
  readonly version: 1
  readonly title: string
  readonly rung: Plan['rung']
  readonly shots: number
  /** The film as the script shares it out. */
  readonly planned: Costing & { readonly providers: readonly string[] }
  /** What of the plan is not made yet. */
  readonly left: Money
  readonly providers: readonly Compared[]
  readonly breakEven: readonly BreakEven[]
  /** What earlier runs were seen to take at these providers. */
  readonly history: readonly PaceRow[]
}

/** 730 hours: a twelfth of a year. */
export const monthSeconds = 730 * 3600

type Alone = { readonly compared: Compared; readonly jobs: readonly Job[]; readonly plan: Plan }

/** A plan of nothing but new clips, and what could not be planned in it. */
function planAnew(program: Program, input: PlanInput) {
  const refused = new Map<Path, string>()
  const reporter: Reporter = {
    report(code, _span, holes) {
      // The catalogue's own type ties the holes to the code; a comparison with the code does not narrow them.
      const { shot, detail } = holes as { shot?: Path; detail?: string }
      if (code === 'provider.cannot' && shot !== undefined) refused.set(shot, refused.get(shot) ?? detail ?? '')
    },
    diagnostics: (): readonly Diagnostic[] => [],
    failed: () => false,
  }
  const plan = makePlan({ ...input, program, remembered: new Map(), findMade: () => undefined }, reporter)
  const jobs = plan.jobs.filter((job) => job.provider !== 'cut' && !refused.has(job.path))
  return { plan, jobs, refused }
}

const shotsOf = (program: Program): readonly Path[] => program.items.flatMap((item) => (item.kind === 'shot' ? [item.path] : []))

/** The film with all its shots on one provider, whatever they or their routes say. */
function onlyOn(name: string, program: Program): Program {
  const items = program.items.map((item) => {
    if (item.kind !== 'shot') return item
    const { routes: _routes, ...shot } = item
    return { ...shot, provider: name }
  })
  return { ...program, items }
}

const sum = (jobs: readonly Job[], of: (job: Job) => number): number => jobs.reduce((total, job) => total + of(job), 0)

function costingOf(plan: Plan, jobs: readonly Job[], input: PlanInput, candidates: readonly Candidate[]): Costing {
  const paths = new Set(jobs.map(({ path }) => path))
  // While one place of a machine works, the others are paid for as well.
  const rents = candidates.flatMap(({ name, rent }) => {
    const own = jobs.filter(({ provider }) => provider === name)
    return rent === undefined || own.length === 0 ? [] : [(rent * wallOf(own, concurrencyOf)) / 3600]
  })
  function concurrencyOf(name: string): number {
    return (input.providers.get(name)?.capabilities ?? input.cut).concurrency
  }
  return {
    price: sum(jobs, ({ price }) => price),
    estimated: sum(jobs, ({ price, estimated }) => (estimated ? price : 0)),
    asked: plan.lines.reduce((total, line) => total + (paths.has(line.path) ? toNumber(line.asked) : 0), 0),
    busy: sum(jobs, ({ provider, expected }) => expected / concurrencyOf(provider)),
    expected: wallOf(jobs, concurrencyOf),
    timed: jobs.filter(({ timed }) => timed === true).length,
    jobs: jobs.length,
    ...(rents.length === 0 ? {} : { rented: Math.round(rents.reduce((total, rent) => total + rent, 0)) }),
  }
}

function alone(candidate: Candidate, input: PlanInput): Alone {
  const program = onlyOn(candidate.name, input.program)
  const { plan, jobs, refused } = planAnew(program, input)
  const compared: Compared = {
    ...candidate,
    ...costingOf(plan, jobs, input, [candidate]),
    shots: shotsOf(program).length - refused.size,
    cannot: [...refused].map(([shot, detail]) => ({ shot, detail })),
  }
  return { compared, jobs, plan }
}

const isOwn = ({ rent, monthly }: Upkeep): boolean => rent !== undefined || monthly !== undefined

/** Over the shots that both can make; undefined where there are none, or the host costs nothing. */
function breakEvenOf(own: Alone, host: Alone, input: PlanInput): BreakEven | undefined {
  const paths = new Set(own.jobs.map(({ path }) => path))
  const both = new Set(host.jobs.flatMap(({ path }) => (paths.has(path) ? [path] : [])))
  const [mine, theirs] = [own, host].map(({ plan, jobs }) =>
    costingOf(
      plan,
      jobs.filter(({ path }) => both.has(path)),
      input,
      [],
    ),
  )
  if (mine === undefined || theirs === undefined || mine.asked === 0 || theirs.price === 0) return undefined
  const pace = mine.busy / mine.asked
  const hostSecond = theirs.price / theirs.asked
  const { rent = 0, monthly = 0 } = own.compared
  const ownSecond = mine.price / mine.asked + (rent * pace) / 3600
  return {
    own: own.compared.name,
    host: host.compared.name,
    hostSecond,
    ownSecond,
    estimated: theirs.estimated > 0,
    monthly,
    rent,
    pace,
    timed: mine.timed === mine.jobs,
    most: pace === 0 ? 0 : monthSeconds / pace,
    ...(hostSecond > ownSecond ? { seconds: monthly / (hostSecond - ownSecond) } : {}),
  }
}

export type Known = {
  /** What of the film's own plan is still to be paid. */
  readonly left: Money
  readonly history: readonly PaceRow[]
}

/** `candidates` are providers of `input`. */
export function compare(input: PlanInput, candidates: readonly Candidate[], { left, history }: Known): Comparison {
  const { plan, jobs } = planAnew(input.program, input)
  const all = candidates.map((candidate) => alone(candidate, input))
  const owns = all.filter(({ compared }) => isOwn(compared))
  const hosts = all.filter(({ compared }) => !isOwn(compared))
  return {
    version: 1,
    title: input.program.film.title,
    rung: input.rung,
    shots: shotsOf(input.program).length,
    planned: { ...costingOf(plan, jobs, input, candidates), providers: [...new Set(jobs.map(({ provider }) => provider))] },
    left,
    providers: all.map(({ compared }) => compared),
    breakEven: owns.flatMap((own) => hosts.flatMap((host) => breakEvenOf(own, host, input) ?? [])),
    history: history.filter((row) => candidates.some(({ name, kind }) => name === row.provider && kind === row.kind)),
  }
}
