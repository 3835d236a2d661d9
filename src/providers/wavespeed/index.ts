// WaveSpeedAI: a task goes in once, its id is the ticket, its result is asked for until it is there. Files go up first,
// by their hash, and are named by address.
import { ProviderFailure } from '../../failure.ts'
import type { InputRules, Prepared } from '../../media/prepare.ts'
import { prepareInput } from '../../media/prepare.ts'
import { keptBack, openMissing } from '../content.ts'
import { openDoors } from '../http.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { strangeStatus } from '../provider.ts'
import { type Brought, forgetUnread, openSending, orResend } from '../unread.ts'
import { accountOf, type Uploaded } from '../uploads.ts'
import { explainWave, host, type Prediction, readClassic, readList, readPrediction, readTicket, standingOf } from './answers.ts'
import { wavespeedCapabilities } from './capabilities.ts'
import { openKnown } from './known.ts'
import { bodyOf, pathOf, type WaveBody } from './request.ts'
import { settle } from './settle.ts'

const pollMs = 2000
const week = 7 * 24 * 3600_000
/** A day less than the host says. */
const uploadLastsMs = 6 * 24 * 3600_000

const rules: InputRules = {
  // The clip takes its shape from the picture.
  image: { types: ['png', 'jpeg', 'webp'], maxBytes: 20_000_000, maxSide: 3840, exactCanvas: true },
  audio: { types: ['m4a', 'mp3', 'wav'], maxBytes: 50_000_000, minSeconds: 5, maxSeconds: 20 },
  video: { codecs: ['h264', 'h265'], maxBytes: 100_000_000, maxSide: 3840, minFrames: 9 },
}

/** Before there is a task, `not found` speaks of the model. */
function misnamed(error: unknown, path: string): unknown {
  if (!(error instanceof ProviderFailure) || error.failure.kind !== 'expired') return error
  const next = 'correct `model` in the provider block'
  return new ProviderFailure({
    ...error.failure,
    kind: 'invalid',
    message: `${host} has no model ${path}`,
    next,
    retry: false,
    billed: 'no',
  })
}

const idOf = (ticket: Ticket): string => encodeURIComponent(String(ticket.id ?? ''))

function open({ world, signal, scratch, kept, tool, uploads, use }: Context): Calls {
  const env = use.keyEnv ?? 'WAVESPEED_API_KEY'
  const own = use.settings.base
  const base = typeof own === 'string' ? own : 'https://api.wavespeed.ai'
  const doors = openDoors({ world, signal, base, key: { env, header: 'authorization', before: 'Bearer ' }, host, explain: explainWave })
  const account = accountOf(world, base, world.secret(env))
  const longest = use.settings.settleMs
  const known = openKnown(world, kept)
  let turn: Promise<unknown> = Promise.resolve()
  /** One submit, or one search for a lost one, at a time: so that at most one task at the host has an owner nobody knows. */
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }

  const classic = async (file: Prepared): Promise<Uploaded> => {
    const part = { name: 'file', path: file.path, fileName: file.name, type: file.mime }
    const reply = await doors.upload({ method: 'POST', path: '/api/v3/media/upload/binary', body: { kind: 'form', parts: [part] } })
    return { uri: readClassic(reply, doors), until: world.clock.now() + uploadLastsMs }
  }
  const send = async (file: Prepared): Promise<Uploaded> => {
    const asked = { filename: file.name, size: file.bytes, content_type: file.mime }
    try {
      const reply = await doors.read({ method: 'POST', path: '/api/v3/media/uploads', json: asked })
      const { download_url, upload } = readTicket(reply, doors)
      await doors.upload({
        method: upload.method?.toUpperCase() === 'POST' ? 'POST' : 'PUT',
        path: upload.url,
        headers: Object.fromEntries(Object.entries(upload.headers ?? {}).filter(([name]) => !/^(host|content-length)$/i.test(name))),
        body: { kind: 'file', path: file.path, bytes: file.bytes },
      })
      return { uri: download_url, until: world.clock.now() + uploadLastsMs }
    } catch (error) {
      // A host that does not know the newer way knows the older one.
      if (error instanceof ProviderFailure && error.failure.kind === 'expired') return classic(file)
      throw error
    }
  }
  const bodyFor = async ({ request, files }: Ready): Promise<{ readonly json: WaveBody; readonly brought: Brought }> => {
    const sending = openSending(send)
    bodyOf(request, new Map([...files.keys()].map((slot) => [slot, ''])))
    const uris = await Promise.all(
      [...files].map(async ([slot, path]) => {
        const heard = slot === 'audio' && request.heard !== undefined ? { heard: request.heard } : {}
        const file = await prepareInput({ world, tool, signal, scratch, rules, slot, path, size: request.size, ...heard })
        return [slot, await uploads.uriOf({ account, file, send: sending.send })] as const
      }),
    )
    return { json: bodyOf(request, new Map(uris)), brought: { uris: uris.map(([, uri]) => uri), fresh: sending.fresh() } }
  }
  const missing = openMissing(doors)
  const taskOf = async (ticket: Ticket): Promise<{ readonly task: Prediction; readonly requestId: string | undefined }> => {
    const reply = await doors.read({ method: 'GET', path: `/api/v3/predictions/${idOf(ticket)}/result` })
    return { task: readPrediction(reply, doors), requestId: reply.requestId }
  }

  return {
    async submit(job, sent) {
      const path = pathOf(job.request)
      const { json, brought } = await bodyFor(job)
      const order = async (): Promise<Prediction> => {
        const reply = await doors.pay({ method: 'POST', path: `/api/v3/${path}`, json }, async () => {
          await known.begin(job.clientKey)
          await sent()
        })
        return readPrediction(reply, doors)
      }
      return alone(async () => {
        signal.throwIfAborted()
        try {
          const { id } = await orResend(uploads, brought, order())
          await known.add(id, job.clientKey)
          return { id }
        } catch (error) {
          if (!(error instanceof ProviderFailure) || error.failure.billed === 'no') await known.drop(job.clientKey)
          throw misnamed(error, path)
        }
      })
    },
    async poll(ticket, job): Promise<Status> {
      await known.add(String(ticket.id ?? ''), job.clientKey)
      const { task, requestId } = await taskOf(ticket)
      const standing = standingOf(task)
      switch (standing.state) {
        case 'waiting':
        case 'working':
          return { state: standing.state, nextPollMs: pollMs }
        case 'strange':
          return strangeStatus(doors.words(standing.word), pollMs)
        case 'done': {
          const born = Date.parse(task.created_at ?? '')
          return { state: 'done', expiresAt: (Number.isNaN(born) ? world.clock.now() : born) + week }
        }
        case 'missing':
          return missing.look(task.id, requestId ?? task.id)
        case 'flagged':
          throw keptBack(doors, standing.words, requestId ?? task.id)
        case 'failed':
          return forgetUnread(
            { uploads, account, job },
            { state: 'failed', failure: doors.failure(standing.explained, requestId ?? task.id) },
          )
      }
    },
    async fetch(ticket, _job, into) {
      const { task, requestId } = await taskOf(ticket)
      const standing = standingOf(task)
      if (standing.state === 'failed') throw new ProviderFailure(doors.failure(standing.explained, requestId))
      if (standing.state !== 'done')
        throw new ProviderFailure(doors.failure({ kind: 'host', words: 'its result is not there yet', retry: true }, requestId))
      await doors.download(standing.url, into)
    },
    find: (job, waits) =>
      alone(async () => {
        const attempt = await known.attemptOf(job.clientKey)
        // Its answer came, and was not written into the journal any more.
        if (typeof attempt?.id === 'string') return { id: attempt.id }
        const id = await settle({
          doors,
          clock: world.clock,
          signal,
          model: pathOf(job.request),
          body: bodyOf(job.request, new Map([...job.files.keys()].map((slot) => [slot, '']))),
          begunAt: attempt?.at ?? job.begunAt,
          others: await known.others(job.clientKey),
          patienceMs: typeof longest === 'number' ? longest : 60_000,
          waits,
        })
        if (id === undefined) {
          await known.drop(job.clientKey)
          return undefined
        }
        await known.add(id, job.clientKey)
        return { id }
      }),
    adopt: (id) => ({ id: /predictions\/([\w-]+)/.exec(id)?.[1] ?? id }),
    async probe() {
      readList(await doors.read({ method: 'POST', path: '/api/v3/predictions', json: { page: 1, page_size: 1 } }), doors)
      return { key: 'accepted', detail: 'the host answers and knows the key' }
    },
  }
}

export const wavespeed: Provider = { kind: 'wavespeed', capabilities: wavespeedCapabilities, open }
