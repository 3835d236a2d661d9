// A host that cannot read a file of ours: it may have thrown it away sooner than it said. In go its words, out comes whether they say
// so; what it holds is then forgotten, so that the file is sent anew.
import { type Failure, ProviderFailure } from '../failure.ts'
import type { Prepared } from '../media/prepare.ts'
import type { Ready, Status } from './provider.ts'
import type { Uploaded, Uploads } from './uploads.ts'

const unread =
  /file_download_error|\b(could ?n[o']t|can ?n[o']t|failed to|unable to|error while|not) (be )?(read|load|download|fetch|access|open|retriev)/i

const isUnread = ({ kind, message }: Failure): boolean =>
  (kind === 'input' || kind === 'invalid' || kind === 'host') && unread.test(message)

/** What a job's files are called at the host. `fresh`: at least one of them was not there before. */
export type Brought = { readonly uris: Iterable<string>; readonly fresh: boolean }

/** Sends files, and knows whether it had to: what the host has already is not sent. */
export function openSending(send: (file: Prepared) => Promise<Uploaded>) {
  let fresh = false
  return {
    fresh: () => fresh,
    send(file: Prepared): Promise<Uploaded> {
      fresh = true
      return send(file)
    },
  }
}

/** A submit that is refused for a file that was there before is tried once more, with the file sent anew. */
export async function orResend<T>(uploads: Uploads, { uris, fresh }: Brought, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof ProviderFailure) || error.failure.kind === 'host' || !isUnread(error.failure)) throw error
    for (const uri of uris) await uploads.forget(uri)
    throw fresh ? error : new ProviderFailure({ ...error.failure, retry: true })
  }
}

type At = { readonly uploads: Uploads; readonly account: string; readonly job: Pick<Ready, 'files'> }

/** A job that ended for a file: nothing that the host holds is relied on any more. */
export async function forgetUnread({ uploads, account, job }: At, status: Status): Promise<Status> {
  if (job.files.size === 0 || status.state !== 'failed' || !isUnread(status.failure)) return status
  await uploads.forgetAll(account)
  return { ...status, failure: { ...status.failure, next: 'run again: its files are sent anew' } }
}
