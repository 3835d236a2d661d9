// Plan to film: takes the project, opens journal, store and lock, runs the jobs, and cuts what they made. Every event
// is handed out as it happens; the outcome says what there is, what failed, and where the film lies.
import { join } from 'node:path'
import { budgetsOf } from './budgets.ts'
import type { Film } from './compile.ts'
import type { Deliveries } from './deliver.ts'
import { openCut } from './deliver.ts'
import { ProviderFailure } from './failure.ts'
import { closeProviders, openProviders } from './open-providers.ts'
import { openActions } from './runtime/actions.ts'
import type { Stamped } from './runtime/event.ts'
import { journalFolder, openJournal } from './runtime/journal.ts'
import { actionsPath, scratchPath } from './runtime/layout.ts'
import { bookedFor, keepLedger } from './runtime/ledger.ts'
import type { LockFile } from './runtime/lock-file.ts'
import { openLockFile } from './runtime/lock-file.ts'
import { takeProject } from './runtime/project-lock.ts'
import type { Outcome } from './runtime/run.ts'
import { run } from './runtime/run.ts'
import { openStore } from './runtime/store.ts'
import type { World } from './world.ts'

export type MakeOptions = {
  readonly world: World
  readonly signal: AbortSignal
  readonly emit: (event: Stamped) => void
  /** Make only what stands at these paths. */
  readonly only?: ReadonlySet<string>
  /** At most so many jobs at once at each provider. */
  readonly jobs?: number
  /** Nobody watches: what a host has adjusted is refused unless the script says otherwise. */
  readonly ci?: boolean
  /** A person's word on purchases that may have been made, given before the run. */
  readonly onUncertain?: 'resubmit'
}

export type Made = { readonly outcome: Outcome; readonly deliveries?: Deliveries }

/** Somebody else renders this project. */
export class ProjectBusy extends Error {
  override readonly name = 'ProjectBusy'
}

/** Runs a film's plan to its end. Throws ProjectBusy, or a ProviderFailure for what stops it before it begins. */
export async function make(film: Film, options: MakeOptions): Promise<Made> {
  const { world } = options
  const taken = await takeProject(world, film.opened.root)
  if (taken.kind === 'busy') {
    const by = taken.holder
    throw new ProjectBusy(
      by === undefined
        ? 'another run has this project'
        : `another run has this project: process ${by.pid} on ${by.host}, since ${new Date(by.since).toISOString().slice(0, 19)}Z`,
    )
  }
  try {
    return await makeHeld(film, options)
  } finally {
    await taken.hold.release()
  }
}

async function makeHeld(film: Film, options: MakeOptions): Promise<Made> {
  const { dotLtx, namespace, plan, opened } = film
  const { world, signal } = options
  const { files } = world
  const scratch = scratchPath(dotLtx, 'run')
  await files.remove(scratch)
  await files.makeFolder(scratch)
  const lock = namespace === 'clips' ? await openLock(film, world) : undefined
  const store = await openStore(files, dotLtx, namespace)
  const actions = await openActions(files, actionsPath(dotLtx, namespace))
  const folder = journalFolder(dotLtx, film.journalName, world.sha256)
  const ledger = await keepLedger(files, dotLtx)
  const journal = await openJournal(world, folder)
  // The cut always; and those of purchases that no job asks for any more, to fetch what was paid for.
  const begun = [...journal.history.open.values()].map(({ provider }) => provider)
  const names = new Set(['cut', ...plan.jobs.map((job) => job.provider), ...begun])
  const cut = openCut(film, { scratch: join(scratch, 'film'), signal, files })
  let providers: Awaited<ReturnType<typeof openProviders>> = new Map()
  try {
    providers = await openProviders(film, names, { ...options, scratch })
    const outcome = await run({
      plan,
      providers,
      store,
      actions,
      journal,
      ...(lock === undefined ? {} : { lock }),
      world,
      signal,
      assetsPath: (path) => join(opened.root, path),
      check: cut.check,
      emit: options.emit,
      cut: cut.make,
      ...(options.only === undefined ? {} : { only: options.only }),
      settings: {
        script: opened.script,
        budgets: budgetsOf(film),
        ...(options.onUncertain === undefined ? {} : { onUncertain: options.onUncertain }),
      },
      booked: bookedFor(ledger, folder.slice(folder.lastIndexOf('/') + 1)),
    })
    const deliveries = cut.made()
    return { outcome, ...(deliveries === undefined ? {} : { deliveries }) }
  } finally {
    await closeProviders(providers)
    await actions.close()
    await files.remove(scratch)
  }
}

async function openLock(film: Film, world: World): Promise<LockFile> {
  const lock = await openLockFile(world.files, film.lockPath, `${film.journalName}.lock`, film.opened.reporter)
  if (lock !== undefined) return lock
  throw new ProviderFailure({
    kind: 'disk',
    message: `${film.journalName}.lock can no longer be read`,
    next: 'repair it and run again',
    retry: false,
  })
}
