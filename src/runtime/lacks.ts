// What servers and this machine lack for a run, seen before anything is bought: a film that cannot be whole is not paid for in part.
// In go the jobs that would be sent anew, out comes one job of each server that lacks something, to be told by, with all it lacks.
import type { Failure } from '../failure.ts'
import { keyOf } from '../lang/key.ts'
import type { Job, JobId, Sha256 } from '../lang/plan.ts'
import type { World } from '../world.ts'
import { failureOf } from './failure.ts'
import type { Reachable } from './job.effects.ts'

/** So long a run waits for the answers of one server; what does not answer shows at its first job. */
const patienceMs = 20_000

/** `job`: the one that tells it; `held`: its provider, and those for whom the same was said. */
export type Lack = { readonly job: JobId; readonly key: Sha256; readonly failure: Failure; readonly held: readonly string[] }

type Asking = {
  readonly world: World
  readonly signal: AbortSignal
  readonly providers: ReadonlyMap<string, Reachable>
  /** A job's key, where all its inputs are there. */
  readonly keyOf: (job: Job) => Sha256 | undefined
}

/** `undefined` as well where it cannot be seen now: a server that does not answer lacks nothing that anybody knows of. */
async function lackOf({ calls }: Reachable, jobs: readonly Job[], { world, signal }: Asking): Promise<Failure | undefined> {
  if (calls.lacks === undefined) return undefined
  const outlines = jobs.map(({ request, inputs }) => ({ request, slots: new Set(inputs.map(({ slot }) => slot)) }))
  const over = new AbortController()
  const asked = calls.lacks(outlines).catch((error: unknown) => {
    if (failureOf(error) === undefined && !signal.aborted) throw error
    return undefined
  })
  const late = world.clock.sleep(patienceMs, AbortSignal.any([signal, over.signal])).then(
    () => undefined,
    () => undefined,
  )
  try {
    return await Promise.race([asked, late])
  } finally {
    over.abort()
  }
}

/** Asks every provider of these jobs, all at once. */
export async function findLacks(jobs: readonly Job[], asking: Asking): Promise<readonly Lack[]> {
  const names = [...new Set(jobs.map(({ provider }) => provider))]
  const found = await Promise.all(
    names.map(async (name) => {
      const own = jobs.filter((job) => job.provider === name)
      const provider = asking.providers.get(name)
      const failure = provider === undefined ? undefined : await lackOf(provider, own, asking)
      return { name, own, failure, account: provider?.account ?? name }
    }),
  )
  const lacks = new Map<string, Lack>()
  for (const { name, own, failure, account } of found) {
    const teller = own.find((job) => asking.keyOf(job) !== undefined) ?? own[0]
    if (failure === undefined || teller === undefined) continue
    const same = `${account} ${failure.message}`
    const before = lacks.get(same)
    // Where a job's inputs are not made yet, its words alone have to do for a name.
    const key = asking.keyOf(teller) ?? keyOf(teller.request, [], asking.world.sha256)
    lacks.set(same, before === undefined ? { job: teller.id, key, failure, held: [name] } : { ...before, held: [...before.held, name] })
  }
  return [...lacks.values()]
}
