// What is made already, for those who only look: the planner, `takes`, `why`. Takes no lock and changes nothing, so
// it works while another process renders.
import type { Lock } from '../lang/lock.ts'
import type { Made, Sha256 } from '../lang/plan.ts'
import type { World } from '../world.ts'
import { readList } from './actions.ts'
import { type Attempt, mustBeKept } from './history.ts'
import { journalFolder, readHistory } from './journal.ts'
import { actionsPath } from './layout.ts'
import { openFinder } from './made.ts'
import type { Namespace } from './store.ts'
import { clipPath, listNames } from './store.ts'

export type Peek = {
  /** What a key has made, if the store holds it. */
  readonly find: (key: Sha256) => Made | undefined
  readonly pathOf: (sha256: Sha256) => string
  /** Purchases of earlier runs that may still bring a clip, or a bill. */
  readonly open: readonly Attempt[]
}

export type PeekOptions = {
  readonly world: Pick<World, 'files' | 'sha256'>
  readonly dotLtx: string
  readonly namespace: Namespace
  /** The script's path in the project. */
  readonly script: string
  readonly lock?: Lock
}

export async function peek({ world, dotLtx, namespace, script, lock }: PeekOptions): Promise<Peek> {
  const folder = `${dotLtx}/${namespace}`
  const [present, actions, history] = await Promise.all([
    world.files.exists(folder).then((there) => (there ? listNames(world.files, folder) : new Set<Sha256>())),
    readList(world.files, actionsPath(dotLtx, namespace)),
    readHistory(world.files, journalFolder(dotLtx, script, world.sha256)),
  ])
  const find = openFinder({ actions: { get: (key) => actions.byKey.get(key) }, history, present, ...(lock === undefined ? {} : { lock }) })
  const open = [...history.open.values()].filter((attempt) => mustBeKept(attempt) && attempt.stage !== 'lost')
  return { find, pathOf: (sha256) => clipPath(folder, sha256), open }
}
