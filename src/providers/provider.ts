// The contract: a provider is capabilities as data and a few calls. `submit` answers with a ticket that is plain
// JSON and goes into the journal before anything else happens; with the ticket alone, another process can go on.

import type { Failure } from '../failure.ts'
import type { Capabilities } from '../lang/catalogue.ts'
import type { Adjusted, Request, Sha256, Slot } from '../lang/plan.ts'
import type { ProviderUse } from '../lang/program.ts'
import type { Tool } from '../media/ffmpeg.ts'
import type { World } from '../world.ts'
import type { Uploads } from './uploads.ts'

/** A job whose inputs are files on this disk now. */
export type Ready = {
  readonly id: string
  readonly key: Sha256
  /** Unique to this attempt, and the same when the attempt is sent again after a crash: for hosts that take an idempotency key or a client's own id. */
  readonly clientKey: string
  /** When this attempt was sent, milliseconds since 1970, where that is known: a host's list is searched around it. */
  readonly begunAt?: number
  readonly request: Request
  /** Absolute paths of input files in the store or among the assets, by slot. Read only. */
  readonly files: ReadonlyMap<Slot, string>
}

/** A job as a run knows it before its inputs are there. */
export type Outline = { readonly request: Request; readonly slots: { has(slot: Slot): boolean } }

export type Ticket = { readonly [key: string]: string | number | boolean | null }

/**
 * Where a job stands at the host. `progress` is 0..1 where the host tells; `phase` is a word or two for the screen; `strange`: the host
 * calls it by a word that is not known. That is neither success nor an end, and the runtime does not wait for it for ever.
 */
export type Status =
  | {
      readonly state: 'waiting' | 'working'
      readonly progress?: number
      readonly phase?: string
      readonly strange?: string
      readonly nextPollMs: number
    }
  /**
   * `expiresAt`: when the host throws the result away, milliseconds since 1970, where it says so. `adjusted`: the host made something
   * else than it was asked for, and says so; the script's policy decides.
   */
  | {
      readonly state: 'done'
      readonly billed?: number
      readonly servedModel?: string
      readonly expiresAt?: number
      readonly adjusted?: Adjusted
    }
  /** `unknown`: it has no job of that ticket, or has it no more. */
  | { readonly state: 'failed'; readonly failure: Failure; readonly unknown?: true }

/** A word of the host's that no table has, made safe, as a status. */
export function strangeStatus(word: string, nextPollMs: number): Status {
  const phase = word.slice(0, 24)
  return { state: 'working', strange: phase, ...(phase === '' ? {} : { phase }), nextPollMs }
}

export type Waits = (until: number) => void

export type Calls = {
  /** Sends the job. Only the runtime's money door calls this. `sent` must be called the moment the request leaves. */
  submit(job: Ready, sent: () => Promise<void>): Promise<Ticket>
  /** For a provider that works in this process (animatic, cut) this does the work and reports as it goes. */
  poll(ticket: Ticket, job: Ready, report: (progress: number, phase: string) => void): Promise<Status>
  /** Writes the result to `into` (a fresh temporary file in the store's own folder). */
  fetch(ticket: Ticket, job: Ready, into: string): Promise<void>
  /** The clip is in the store and on record: what this provider has kept of it (`Context.kept`) may go. */
  release?(ticket: Ticket): Promise<void>
  /**
   * Settles a submit whose answer was lost: the host's job for `job.clientKey` (or one that matches exactly), `undefined` when it never
   * arrived. A host that shows a job only after a while is waited for: `waits` is told until when at most (milliseconds since 1970).
   */
  find?(job: Ready, waits?: Waits): Promise<Ticket | undefined>
  /** Stops a job at the host where that can be done. */
  cancel?(ticket: Ticket): Promise<void>
  /** The ticket of a job that a person has found at the host, by the id that stands there; `{ id }` where this is absent. */
  adopt?(id: string): Ticket
  /** Is there anything under this ticket? Only where `poll` would make it if there is not; elsewhere `poll` only asks. */
  knows?(ticket: Ticket): Promise<boolean>
  /**
   * What the host or this machine lacks that these jobs need, all of it in one failure; asked once, before a run sends anything
   * anywhere. Rejects where that cannot be seen now.
   */
  lacks?(jobs: readonly Outline[]): Promise<Failure | undefined>
  /** Looks whether the host answers and takes the key, without buying anything. Rejects with the failure that stands in the way. */
  probe?(): Promise<Probe>
  /** The run is over: what this provider has started goes. */
  close?(): Promise<void>
}

/** What a look at a host has shown. `key`: `unchecked` where no free call needs one. */
export type Probe = { readonly key: 'accepted' | 'unchecked'; readonly detail: string }

export type Context = {
  readonly world: World
  /** The project's folder: where a program of the user's is run. */
  readonly root?: string
  /** Private scratch folder of this provider; emptied at the start of a run. */
  readonly scratch: string
  /** Folder of this provider that outlives the run, for what came only once and cannot be asked for again. May not be there yet. */
  readonly kept: string
  readonly signal: AbortSignal
  readonly use: ProviderUse
  /** ffmpeg, for inputs that a host does not take as they are. */
  readonly tool: () => Promise<Tool>
  /** What the hosts hold of ours already. */
  readonly uploads: Uploads
}

export type Provider = {
  readonly kind: string
  readonly capabilities: Capabilities
  /** Jobs with the same word go well one after the other: nothing has to be loaded between them. */
  affinity?(request: Request): string
  open(context: Context): Calls
}
