// The lock beside the script: read once, changed in memory, written whole. A lock that cannot be read is never
// written over, and what somebody else wrote meanwhile is kept.

import { type Failure, ProviderFailure } from '../failure.ts'
import { openReporter, type Reporter } from '../lang/diagnostic.ts'
import { emptyLock, type Lock, type LockedJob, parseLock, printLock } from '../lang/lock.ts'
import type { JobId } from '../lang/plan.ts'
import type { Path } from '../lang/program.ts'
import type { Files } from '../world.ts'

export const lockPath = (script: string): string => `${script}.lock`

export type LockFile = {
  readonly lock: () => Lock
  set(id: JobId, job: LockedJob): void
  /** Takes out the jobs that no longer stand in the film. */
  keepOnly(ids: ReadonlySet<JobId>): void
  pick(path: Path, take: number): void
  move(from: Path, to: Path): void
  /** Marks the film as out, or takes the mark away. */
  release(released: boolean): void
  /** Writes what changed, if anything did. Rejects with a failure when the file on the disk cannot be read. */
  save(): Promise<void>
}

const readText = async (files: Files, path: string): Promise<string | undefined> =>
  (await files.exists(path)) ? await files.readText(path) : undefined

const unreadable = (name: string): Failure => ({
  kind: 'disk',
  message: `${name} was changed by something else and can no longer be read`,
  next: `repair ${name} and run again: every clip made so far is in the store and is found there`,
  retry: false,
})

/** A lock under way. */
type Draft = {
  readonly jobs: Map<JobId, LockedJob>
  readonly picks: Map<Path, number>
  readonly moves: Map<Path, Path>
  released?: true
}
/** What this process has changed; an absent job was taken out. */
type Changes = Omit<Draft, 'jobs' | 'released'> & { readonly jobs: Map<JobId, LockedJob | undefined>; released?: boolean }

const draftOf = (lock: Lock): Draft => ({
  jobs: new Map(lock.jobs),
  picks: new Map(lock.picks),
  moves: new Map(lock.moves),
  ...(lock.released === undefined ? {} : { released: lock.released }),
})

function apply(draft: Draft, changes: Changes): void {
  for (const [id, job] of changes.jobs) {
    if (job === undefined) draft.jobs.delete(id)
    else draft.jobs.set(id, job)
  }
  for (const [path, take] of changes.picks) draft.picks.set(path, take)
  for (const [to, from] of changes.moves) draft.moves.set(to, from)
  if (changes.released === true) draft.released = true
  if (changes.released === false) delete draft.released
}

/**
 * Opens the lock at the absolute `path`; `name` is how people call it. An absent one is empty. `undefined` when it
 * cannot be read: then the reporter holds why, and nothing may be written.
 */
export async function openLockFile(files: Files, path: string, name: string, reporter: Reporter): Promise<LockFile | undefined> {
  let known = await readText(files, path)
  const parsed = known === undefined ? emptyLock : parseLock(known, name, reporter)
  if (parsed === undefined) return undefined
  let draft = draftOf(parsed)
  const changes: Changes = { jobs: new Map(), picks: new Map(), moves: new Map() }
  let saving: Promise<void> = Promise.resolve()

  /** Somebody else's edits come in, ours stay on top. */
  const reread = async (): Promise<void> => {
    const text = await readText(files, path)
    if (text === known) return
    const other = text === undefined ? emptyLock : parseLock(text, name, openReporter())
    if (other === undefined) throw new ProviderFailure(unreadable(name))
    draft = draftOf(other)
    apply(draft, changes)
    known = text
  }
  const write = async (): Promise<void> => {
    await reread()
    const text = printLock(draft)
    if (text !== known && (known !== undefined || text !== printLock(emptyLock))) await files.writeWhole(path, text)
    known = text
  }
  return {
    lock: () => draft,
    set(id, job) {
      changes.jobs.set(id, job)
      draft.jobs.set(id, job)
    },
    keepOnly(ids) {
      for (const id of draft.jobs.keys()) if (!ids.has(id)) changes.jobs.set(id, undefined)
      apply(draft, changes)
    },
    pick(path, take) {
      changes.picks.set(path, take)
      draft.picks.set(path, take)
    },
    move(from, to) {
      changes.moves.set(to, from)
      draft.moves.set(to, from)
    },
    release(released) {
      changes.released = released
      apply(draft, changes)
    },
    save() {
      saving = saving.catch(() => undefined).then(write)
      return saving
    },
  }
}
