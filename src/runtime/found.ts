// A job that a person says is at the host: whose it is in our books already, and whether the host knows it. Nothing is believed that
// can be looked at: a wrong letter in an id must cost neither the purchase nor somebody else's clip.
import { type Failure, ProviderFailure } from '../failure.ts'
import type { JobId, Sha256 } from '../lang/plan.ts'
import type { Calls, Ready, Status, Ticket } from '../providers/provider.ts'
import type { Files } from '../world.ts'
import { isJournal, readJournal } from './journal.ts'

/** As a ticket is called where people see it. */
const nameOf = (ticket: Ticket): string =>
  typeof ticket.id === 'string' || typeof ticket.id === 'number' ? String(ticket.id) : JSON.stringify(Object.entries(ticket).sort())

export const unknownThere = (ticket: Ticket): Failure => ({
  kind: 'uncertain',
  message: `the host knows no job of that id (${nameOf(ticket).slice(0, 80)}): whether it was bought is as open as before`,
  next: 'look at the host for the right one, then say it: `ltx resolve FILE` lists what it needs',
  retry: false,
  billed: 'unknown',
})

type Look = { readonly job: Ready; readonly report: (progress: number, phase: string) => void }

/** What stands at the host under this ticket. Rejects where that cannot be seen now. */
export async function lookAt(calls: Pick<Calls, 'knows' | 'poll'>, ticket: Ticket, { job, report }: Look): Promise<Status | 'unknown'> {
  if (calls.knows !== undefined && !(await calls.knows(ticket))) return 'unknown'
  try {
    const status = await calls.poll(ticket, job, report)
    return status.state === 'failed' && status.unknown === true ? 'unknown' : status
  } catch (error) {
    // No such job; or no id that could be one.
    if (error instanceof ProviderFailure && (error.failure.kind === 'expired' || error.failure.kind === 'invalid')) return 'unknown'
    throw error
  }
}

/** The same for one who asks before a run: nothing is begun by it, where a `poll` would do the work itself. */
export async function isUnknown(calls: Pick<Calls, 'knows' | 'poll'>, ticket: Ticket, job: Ready | undefined): Promise<boolean> {
  if (calls.knows !== undefined) return !(await calls.knows(ticket))
  return job !== undefined && (await lookAt(calls, ticket, { job, report: () => undefined })) === 'unknown'
}

export type Owner = { readonly film: string; readonly job: JobId; readonly key: Sha256; readonly provider: string }

/** The purchase of any film of the project whose ticket this is, in the words of its host. `isMine`: what is no other one. */
export async function ownerOf(files: Files, dotLtx: string, ticket: Ticket, isMine: (owner: Owner) => boolean): Promise<Owner | undefined> {
  const root = `${dotLtx}/journal`
  const films = (await files.exists(root)) ? await files.list(root) : []
  for (const film of films) {
    for (const folder of [`${root}/${film}`, `${root}/${film}/done`]) {
      const names = (await files.exists(folder)) ? (await files.list(folder)).filter(isJournal) : []
      for (const name of names) {
        const { events, after } = await readJournal(files, `${folder}/${name}`)
        for (const event of [...events, ...after]) {
          if (event.type !== 'job.accepted' || nameOf(event.ticket) !== nameOf(ticket)) continue
          const owner = { film, job: event.job, key: event.key, provider: event.provider }
          if (!isMine(owner)) return owner
        }
      }
    }
  }
  return undefined
}
