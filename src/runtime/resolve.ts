// Before anything is made: what is there already, what is wanted, and what is left alone. In goes the plan and a
// finder; out comes each kept job's clip, and the jobs to make. A kept job costs a look-up and a stat.
import { keyOf } from '../lang/key.ts'
import type { Job, JobId, Sha256, Slot } from '../lang/plan.ts'
import type { Path } from '../lang/program.ts'
import type { Stored } from './history.ts'
import type { FindStored } from './made.ts'
import type { Store } from './store.ts'

export type Resolved = {
  readonly kept: ReadonlyMap<JobId, Stored>
  /** In the plan's order. */
  readonly make: readonly Job[]
  /** Not there, and not asked for. */
  readonly left: readonly Job[]
}

/** A job's key, once all its inputs' bytes are known; `undefined` until then. */
export function keyWhenKnown(job: Job, made: (id: JobId) => Sha256 | undefined, sha256: (text: string) => Sha256): Sha256 | undefined {
  const inputs: { slot: Slot; sha256: Sha256 }[] = []
  for (const input of job.inputs) {
    const bytes = input.kind === 'asset' ? input.sha256 : made(input.id)
    if (bytes === undefined) return undefined
    inputs.push({ slot: input.slot, sha256: bytes })
  }
  return keyOf(job.request, inputs, sha256)
}

function lookUp(jobs: readonly Job[], find: FindStored, gone: ReadonlySet<Sha256>, sha256: (text: string) => Sha256): Map<JobId, Stored> {
  const kept = new Map<JobId, Stored>()
  for (const job of jobs) {
    const key = job.key ?? keyWhenKnown(job, (id) => kept.get(id)?.sha256, sha256)
    const found = key === undefined ? undefined : find(key)
    if (found !== undefined && !gone.has(found.sha256)) kept.set(job.id, found)
  }
  return kept
}

/** Names whose file is missing or of another size than it had. */
async function missing(kept: ReadonlyMap<JobId, Stored>, store: Store): Promise<Sha256[]> {
  const sizes = new Map([...kept.values()].map((stored) => [stored.sha256, stored.delivered.bytes]))
  const looks = await Promise.all([...sizes].map(async ([sha256, bytes]) => ((await store.has(sha256, bytes)) ? [] : [sha256])))
  return looks.flat()
}

/** The jobs of the paths asked for, and all they need. */
function wantedOf(jobs: readonly Job[], only: ReadonlySet<Path> | undefined): ReadonlySet<JobId> {
  const wanted = new Set<JobId>()
  for (const job of [...jobs].reverse()) {
    if (only !== undefined && !only.has(job.path) && !wanted.has(job.id)) continue
    wanted.add(job.id)
    for (const input of job.inputs) if (input.kind === 'job') wanted.add(input.id)
  }
  return wanted
}

type Options = {
  readonly jobs: readonly Job[]
  readonly find: FindStored
  readonly store: Store
  readonly only?: ReadonlySet<Path>
  readonly sha256: (text: string) => Sha256
}

export async function resolveJobs({ jobs, find, store, only, sha256 }: Options): Promise<Resolved> {
  const gone = new Set<Sha256>()
  let kept = lookUp(jobs, find, gone, sha256)
  for (let lost = await missing(kept, store); lost.length > 0; lost = await missing(kept, store)) {
    for (const name of lost) gone.add(name)
    kept = lookUp(jobs, find, gone, sha256)
  }
  const wanted = wantedOf(jobs, only)
  const open = jobs.filter((job) => !kept.has(job.id))
  return { kept, make: open.filter((job) => wanted.has(job.id)), left: open.filter((job) => !wanted.has(job.id)) }
}
