// The official LTX API. A job is sent to `/v2`, asked for until it is done, and its clip fetched from a signed address that
// is asked for anew each time. With `transport sync` the answer to the submit is the clip itself. The host knows no key of
// ours and no list: a lost answer stays open until a person has looked.
import { ProviderFailure } from '../../failure.ts'
import { type Missing, openMissing } from '../content.ts'
import { answerAs } from '../http.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { strangeStatus } from '../provider.ts'
import { clipUrl, explainFailed, explainLtx, type JobStatus, jobStatus, submitted } from './answers.ts'
import { hostedLtx } from './capabilities.ts'
import { type Desk, host, openDesk } from './desk.ts'
import { openSync } from './sync.ts'

/** Not below five seconds, says the API; a server on this machine may be asked more often. */
const pollMs = 5_000
const pollAtHomeMs = 250
const resultLivesMs = 24 * 3600_000

type Said = JobStatus & { readonly requestId: string | undefined }

/** The host knows a job by its id and the endpoint it was sent to, which has the name of its operation. */
const pathOf = ({ endpoint, id }: Ticket, { request }: Ready): string =>
  `/v2/${encodeURIComponent(String(endpoint ?? request.operation))}/${encodeURIComponent(String(id))}`

/** What a host says of a job, for the runtime. What is neither under way nor over is no success: it is asked again, and told. */
function statusOf({ doors, atHome }: Desk, said: Said, missing: Missing): Status {
  const nextPollMs = atHome ? pollAtHomeMs : pollMs
  switch (said.status) {
    case 'pending':
      return { state: 'waiting', phase: 'in the queue', nextPollMs }
    case 'processing':
      return { state: 'working', nextPollMs }
    case 'failed':
      return { state: 'failed', failure: doors.failure(explainFailed(said.error), said.requestId ?? said.id) }
    case 'completed': {
      if (clipUrl(said) === undefined) return missing.look(said.id, said.requestId ?? said.id)
      const ended = Date.parse(said.completed_at ?? '')
      return { state: 'done', ...(Number.isNaN(ended) ? {} : { expiresAt: ended + resultLivesMs }) }
    }
    default:
      return strangeStatus(doors.words(said.status), nextPollMs)
  }
}

function openJobs(desk: Desk): Calls {
  const { doors } = desk
  const missing = openMissing(doors)
  const look = async (ticket: Ticket, job: Ready): Promise<Said> => {
    const reply = await doors.read({ method: 'GET', path: pathOf(ticket, job) })
    return { ...answerAs(reply, jobStatus, host), requestId: reply.requestId }
  }
  return {
    async submit(job, sent) {
      const { asked, inputs } = await desk.ask(job)
      const reply = await desk.orForget(inputs, doors.pay({ method: 'POST', path: `/v2/${asked.endpoint}`, json: asked.body }, sent))
      const { id } = answerAs(reply, submitted, host, explainLtx)
      return { endpoint: asked.endpoint, id, ...(reply.requestId === undefined ? {} : { request: reply.requestId }) }
    },
    poll: async (ticket, job) => statusOf(desk, await look(ticket, job), missing),
    async fetch(ticket, job, into) {
      const url = clipUrl(await look(ticket, job))
      if (url === undefined) throw new ProviderFailure(doors.failure({ kind: 'host', words: 'it no longer names a clip' }))
      await doors.download(url, into)
    },
    // An id as it stands in the host's pages, or the end of the job's address: `text-to-video/ID`.
    adopt(text) {
      const [id = '', endpoint] = text.trim().replace(/\/+$/, '').split('/').reverse()
      return endpoint === undefined ? { id } : { endpoint, id }
    },
    async probe() {
      // Opens a slot for a file that is never sent: free, and only with a key that is right.
      await doors.read({ method: 'POST', path: '/v1/upload', headMs: 60_000 })
      return { key: 'accepted', detail: `${host} takes the key` }
    },
  }
}

function open(context: Context): Calls {
  const desk = openDesk(context)
  return context.use.settings.transport === 'sync' ? openSync(desk) : openJobs(desk)
}

export const hostedLtxProvider: Provider = { kind: 'hosted-ltx', capabilities: hostedLtx, open }
