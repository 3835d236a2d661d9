// Purchases that no job asks for any more, since the script has gone on: what was paid for is fetched all the same and
// kept under its key, where a script that goes back finds it; a host that can be asked is asked first what it took. In go open
// attempts, out come those whose clip is in the store now.
import type { Capabilities } from '../lang/catalogue.ts'
import type { Job, Request } from '../lang/plan.ts'
import type { Attempt } from './history.ts'
import type { Reachable } from './job.effects.ts'
import { type LaunchTools, launchAt } from './launch.ts'

/** A job that asks for exactly what was bought. It has a name of its own: the plan's job of that name is another by now. */
const jobOf = ({ job, key, provider, reserved }: Attempt, request: NonNullable<Attempt['request']>): Job => ({
  id: `${job}~${key.slice(0, 8)}`,
  path: job.split('@')[0] ?? job,
  take: 1,
  step: 0,
  operation: request.operation,
  provider,
  request,
  inputs: [],
  price: reserved,
  expected: 0,
  reproducibility: 'keep-bytes',
  span: { path: '', start: 0, end: 0 },
})

/** Its inputs nobody has any more: it is looked for where the host goes by our own id, or where words and numbers alone made the job. */
export const isFoundWithoutInputs = (promise: Capabilities['submit'], request: Request | undefined): boolean =>
  promise === 'client-id' || (promise === 'list' && request?.operation === 'text-to-video' && request.keys.length === 0)

const canBeAsked = ({ stage, request }: Attempt, { capabilities, calls }: Reachable): boolean =>
  stage === 'sent' && calls.find !== undefined && isFoundWithoutInputs(capabilities.submit, request)

async function fetchOne(tools: LaunchTools, attempt: Attempt): Promise<boolean> {
  const { request, ticket, provider, key, run, attempt: number, seed, begunAt, before } = attempt
  const reachable = tools.providers.get(provider)
  if (request === undefined || reachable === undefined) return false
  if (ticket === undefined && !canBeAsked(attempt, reachable)) return false
  const place = tools.gate.enter(provider, () => undefined, true)
  if (place === undefined) return false
  try {
    const go = { run, number, misses: 0, ...(seed === undefined ? {} : { seed }), ...(begunAt === undefined ? {} : { begunAt }) }
    // Nothing new may be bought here: it is made once, and a failure of any kind is its end.
    const start =
      ticket === undefined
        ? ({ go, stage: 'sent', only: true } as const)
        : ({ go, stage: 'accepted', ticket, only: true, ...(before === undefined ? {} : { found: true as const }) } as const)
    const launched = await launchAt({ ...tools, stored: tools.storedAdrift }, jobOf(attempt, request), { key, start, place }, new Map())
    return launched.kind === 'ended' && launched.end.kind === 'stored'
  } finally {
    place.leave()
  }
}

export async function fetchAdrift(tools: LaunchTools, adrift: readonly Attempt[]): Promise<readonly Attempt[]> {
  const done = await Promise.all(adrift.map(async (attempt) => ((await fetchOne(tools, attempt)) ? [attempt] : [])))
  return done.flat()
}
