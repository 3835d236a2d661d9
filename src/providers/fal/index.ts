// fal.ai: a queue in front of every endpoint. A job goes in once, its id is the ticket, its state is asked for, and the
// clip is fetched from the address that the result names. A lost answer is settled by fal's own list of requests.
import { ProviderFailure } from '../../failure.ts'
import type { InputRules, Prepared } from '../../media/prepare.ts'
import { prepareInput } from '../../media/prepare.ts'
import { openClaims } from '../claims.ts'
import { keptBack, openMissing, readForContent } from '../content.ts'
import { answerAs, type Doors, openDoors } from '../http.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { strangeStatus } from '../provider.ts'
import { type Brought, forgetUnread, openSending, orResend } from '../unread.ts'
import { accountOf } from '../uploads.ts'
import { cancelledThere, explainFal, initiateAnswer, type Result, resultAnswer, statusAnswer, submitAnswer } from './answers.ts'
import { falCapabilities } from './capabilities.ts'
import { appOf, bodyOf, endpointOf, type FalBody, isHosted } from './request.ts'
import { listed, settle } from './settle.ts'

const host = 'fal'
const pollMs = 3000
/** A result is kept for an hour after its end; the file itself for days. */
const resultLastsMs = 60 * 60_000
const uploadLastsMs = 24 * 60 * 60_000
const patienceMs = 10 * 60_000

/** fal takes nearly everything; the hosted model behind it does not: no PCM, no picture over 15 MB, no clip under 73 frames. */
const hosted: InputRules = {
  image: { types: ['png', 'jpeg', 'webp'], maxBytes: 15_000_000, maxSide: 3840, exactCanvas: true },
  audio: { types: ['m4a', 'mp3', 'flac', 'ogg'], maxBytes: 90_000_000, minSeconds: 2, maxSeconds: 20 },
  // What goes on keeps the size and the rate of what goes in.
  video: { codecs: ['h264', 'h265'], maxBytes: 90_000_000, maxSide: 3840, minFrames: 73, exactCanvas: true },
}
const open: InputRules = {
  ...hosted,
  audio: { types: ['m4a', 'mp3', 'flac', 'ogg'], maxBytes: 90_000_000 },
  video: { ...hosted.video, minFrames: 9, exactCanvas: false },
}

/** fal's four addresses. A `base` of the script takes the place of all of them. */
type Gates = { readonly queue: Doors; readonly rest: Doors; readonly api: Doors; readonly queueBase: string; readonly restBase: string }

function openGates({ world, signal, use }: Context, env: string): Gates {
  const { base: own } = use.settings
  const base = (usual: string): string => (typeof own === 'string' ? own.replace(/\/+$/, '') : usual)
  const open = (at: string): Doors =>
    openDoors({ world, signal, base: at, key: { env, header: 'authorization', before: 'Key ' }, host, explain: explainFal })
  const queueBase = base('https://queue.fal.run')
  const restBase = base('https://rest.fal.ai')
  return { queue: open(queueBase), rest: open(restBase), api: open(base('https://api.fal.ai')), queueBase, restBase }
}

const text = (ticket: Ticket, name: string): string | undefined => {
  const value = ticket[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Where a request is asked for: the host's own words where they lead back to it, else made from its id. */
function addressesOf(ticket: Ticket, base: string, endpoint: string | undefined): { status: string; result: string; cancel: string } {
  const id = text(ticket, 'id') ?? ''
  const root = `${base}/${appOf(text(ticket, 'endpoint') ?? endpoint ?? '')}/requests/${encodeURIComponent(id)}`
  const own = (name: string, usual: string): string => {
    const said = text(ticket, name)
    return said !== undefined && URL.canParse(said) && new URL(said).origin === new URL(base).origin ? said : usual
  }
  return { status: own('status', `${root}/status`), result: own('result', root), cancel: own('cancel', `${root}/cancel`) }
}

function openFal(context: Context): Calls {
  const { world, signal, scratch, kept, tool, uploads, use } = context
  const env = use.keyEnv ?? 'FAL_KEY'
  const gates = openGates(context, env)
  const { queue, rest, api } = gates
  const account = accountOf(world, gates.restBase, world.secret(env))
  /** Requests of this project, so that one job is never taken for another's. */
  const claims = openClaims(world, kept)
  const ownerOf = (job: Ready): string => `${job.key} ${job.clientKey}`
  /** When each attempt of this process left. */
  const sentAt = new Map<string, number>()
  const send = async (file: Prepared) => {
    const initiated = await rest.read({
      method: 'POST',
      path: '/storage/upload/initiate?storage_type=fal-cdn-v3',
      json: { content_type: file.mime, file_name: file.name },
    })
    const { upload_url, file_url } = answerAs(initiated, initiateAnswer, host)
    await rest.upload({
      method: 'PUT',
      path: upload_url,
      headers: { 'content-type': file.mime },
      body: { kind: 'file', path: file.path, bytes: file.bytes },
    })
    return { uri: file_url, until: world.clock.now() + uploadLastsMs }
  }
  const bodyFor = async (job: Ready): Promise<{ readonly json: FalBody; readonly brought: Brought }> => {
    const { request } = job
    const sending = openSending(send)
    const uris = await Promise.all(
      [...job.files].map(async ([slot, path]) => {
        const heard = slot === 'audio' && request.heard !== undefined ? { heard: request.heard } : {}
        const file = await prepareInput({
          world,
          tool,
          signal,
          scratch,
          rules: isHosted(endpointOf(request)) ? hosted : open,
          slot,
          path,
          size: request.size,
          rate: request.rate,
          ...heard,
        })
        return [slot, await uploads.uriOf({ account, file, send: sending.send })] as const
      }),
    )
    return { json: bodyOf(request, new Map(uris)), brought: { uris: uris.map(([, uri]) => uri), fresh: sending.fresh() } }
  }

  const missing = openMissing(queue)
  const result = async (ticket: Ticket, job: Ready): Promise<Result> => {
    const endpoint = endpointOf(job.request)
    const reply = await queue.read({ method: 'GET', path: addressesOf(ticket, gates.queueBase, endpoint).result, headMs: 120_000 })
    return answerAs(reply, resultAnswer, host)
  }
  /** The queue forgets a result after an hour; the list still tells what it was. */
  const resultOrListed = async (ticket: Ticket, job: Ready): Promise<Result> => {
    try {
      return await result(ticket, job)
    } catch (error) {
      if (!(error instanceof ProviderFailure) || error.failure.kind !== 'expired') throw error
      const id = text(ticket, 'id') ?? ''
      const { items } = await listed({ doors: api, host, endpoint: endpointOf(job.request) }, `&request_id=${encodeURIComponent(id)}`)
      const read = resultAnswer.safeParse(items.find((item) => item.request_id === id)?.json_output)
      if (!read.success || !read.data.video?.url) throw error
      return read.data
    }
  }
  /** What a request that is over has come to. */
  const outcome = async (ticket: Ticket, job: Ready, said: string | undefined): Promise<Status> => {
    const id = text(ticket, 'id') ?? ''
    const found = await resultOrListed(ticket, job).catch((error: unknown) => {
      if (error instanceof ProviderFailure) return error
      throw error
    })
    if (!(found instanceof ProviderFailure)) {
      if (found.has_nsfw_concepts?.includes(true)) throw keptBack(queue, 'it flags what it has made as not safe', id)
      return found.video?.url ? { state: 'done', expiresAt: world.clock.now() + resultLastsMs } : missing.look(id, id)
    }
    const { failure } = found
    const faulty = failure.kind === 'host' || failure.kind === 'capacity'
    // Just after its end a result may not be there yet: only of a request that is said to have failed it is believed.
    if (['network', 'rate', 'auth'].includes(failure.kind) || (faulty && said === undefined && failure.retry)) throw found
    // A fault of the server is not charged.
    const explained = readForContent({ kind: 'host', words: said ?? '', billed: 'no' })
    return { state: 'failed', failure: faulty ? queue.failure(explained, failure.requestId ?? id) : { requestId: id, ...failure } }
  }

  return {
    async submit(job, sent) {
      const endpoint = endpointOf(job.request)
      const { json, brought } = await bodyFor(job)
      try {
        const paid = queue.pay({ method: 'POST', path: `/${endpoint}`, json }, () => {
          sentAt.set(job.clientKey, world.clock.now())
          return sent()
        })
        const reply = await orResend(uploads, brought, paid)
        const answer = answerAs(reply, submitAnswer, host, explainFal)
        // Not waited for: the ticket has to be in the journal first.
        void claims.claim(answer.request_id, ownerOf(job))
        return {
          id: answer.request_id,
          endpoint,
          status: answer.status_url ?? null,
          result: answer.response_url ?? null,
          cancel: answer.cancel_url ?? null,
        }
      } catch (error) {
        // Before there is a request, `not found` speaks of the endpoint.
        if (!(error instanceof ProviderFailure) || error.failure.kind !== 'expired') throw error
        throw new ProviderFailure({
          ...error.failure,
          kind: 'invalid',
          message: `fal has no endpoint ${endpoint}`,
          next: 'correct `model` in the provider block',
          retry: false,
          billed: 'no',
        })
      }
    },
    async poll(ticket, job) {
      void claims.claim(text(ticket, 'id') ?? '', ownerOf(job))
      const reply = await queue.read({ method: 'GET', path: addressesOf(ticket, gates.queueBase, endpointOf(job.request)).status })
      const answer = answerAs(reply, statusAnswer, host)
      const said =
        typeof answer.error === 'string'
          ? answer.error
          : answer.error === undefined || answer.error === null
            ? undefined
            : JSON.stringify(answer.error)
      switch (answer.status) {
        case 'IN_QUEUE':
          return {
            state: 'waiting',
            nextPollMs: pollMs,
            ...(answer.queue_position == null ? {} : { phase: `queue ${answer.queue_position}` }),
          }
        case 'IN_PROGRESS':
          return { state: 'working', nextPollMs: pollMs }
        case 'COMPLETED':
          if (answer.error_type === 'client_cancelled') return { state: 'failed', failure: queue.failure(cancelledThere, reply.requestId) }
          return forgetUnread({ uploads, account, job }, await outcome(ticket, job, said ?? answer.error_type ?? undefined))
        default:
          // A word that is not known is no success.
          return strangeStatus(queue.words(answer.status).toLowerCase(), pollMs)
      }
    },
    async fetch(ticket, job, into) {
      const { video } = await resultOrListed(ticket, job)
      if (!video?.url) throw new ProviderFailure(queue.failure({ kind: 'host', words: 'it no longer names a clip' }, text(ticket, 'id')))
      await queue.download(video.url, into)
    },
    async find(job, waits) {
      const endpoint = endpointOf(job.request)
      const body = bodyOf(job.request, new Map([...job.files.keys()].map((slot) => [slot, 'an address'])))
      const id = await settle({
        doors: api,
        clock: world.clock,
        signal,
        host,
        endpoint,
        body,
        begunAt: sentAt.get(job.clientKey) ?? job.begunAt,
        taken: await claims.others(ownerOf(job)),
        patienceMs,
        waits,
      })
      if (id === undefined) return undefined
      await claims.claim(id, ownerOf(job))
      return { id, endpoint, status: null, result: null, cancel: null }
    },
    async cancel(ticket) {
      if (text(ticket, 'endpoint') === undefined) return
      try {
        await queue.read({ method: 'PUT', path: addressesOf(ticket, gates.queueBase, undefined).cancel })
      } catch (error) {
        // 400: it is over already. 404: there is none.
        if (!(error instanceof ProviderFailure) || (error.failure.kind !== 'invalid' && error.failure.kind !== 'expired')) throw error
      }
    },
    adopt(id) {
      const parts = /([\w-]+\/[\w.-]+)\/requests\/([\w-]+)/.exec(id)
      return parts === null ? { id } : { id: parts[2] ?? id, endpoint: parts[1] ?? null }
    },
    async probe() {
      try {
        await queue.read({ method: 'GET', path: '/fal-ai/ltx-2.3/requests/00000000-0000-4000-8000-000000000000/status' })
      } catch (error) {
        if (!(error instanceof ProviderFailure) || error.failure.kind !== 'expired') throw error
      }
      return { key: 'accepted', detail: 'the queue answers and knows the key' }
    },
  }
}

export const fal: Provider = { kind: 'fal', capabilities: falCapabilities, open: openFal }
