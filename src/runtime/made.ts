// One answer to "is this made already?", out of the lock, the cache, the journals and what the store holds. The
// planner asks it to tell the price, the run to keep.
import type { Lock } from '../lang/lock.ts'
import type { Sha256 } from '../lang/plan.ts'
import type { Actions } from './actions.ts'
import type { History, Stored } from './history.ts'

export type FindStored = (key: Sha256) => Stored | undefined

type Sources = {
  readonly lock?: Lock
  readonly actions: Pick<Actions, 'get'>
  readonly history: History
  /** The names in the store now. */
  readonly present: ReadonlySet<Sha256>
}

/** The lock comes first: what the film's people agreed on beats what this machine happens to have. */
export function openFinder({ lock, actions, history, present }: Sources): FindStored {
  const locked = new Map<Sha256, Stored>()
  for (const { key, clip, delivered, price, seed, model } of lock?.jobs.values() ?? []) {
    locked.set(key, { key, sha256: clip, delivered, billed: price, servedModel: model.served, ...(seed === undefined ? {} : { seed }) })
  }
  return (key) =>
    [locked.get(key), history.stored.get(key), actions.get(key)].find((found) => found !== undefined && present.has(found.sha256))
}
