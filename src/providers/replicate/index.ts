// Replicate: a job is a prediction. Everything of one is thrown away an hour after its end, so a result is fetched at once.
// A lost answer is settled by the account's list of predictions, as long as that still tells what was asked for.
import type * as z from 'zod'
import { ProviderFailure } from '../../failure.ts'
import type { InputRules, Prepared } from '../../media/prepare.ts'
import { prepareInput } from '../../media/prepare.ts'
import { openClaims } from '../claims.ts'
import { openMissing } from '../content.ts'
import { answerAs, openDoors } from '../http.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { strangeStatus } from '../provider.ts'
import { byItsClock, inTime, sameInput, stillToWait } from '../same-input.ts'
import { forgetUnread, openSending, orResend } from '../unread.ts'
import { accountOf } from '../uploads.ts'
import { clipOf, explainError, explainReplicate, type Prediction, prediction, predictions, stopped, uploaded } from './answers.ts'
import { replicateCapabilities } from './capabilities.ts'
import { fileFields, inputOf, modelOf } from './request.ts'

const host = 'Replicate'
const usualBase = 'https://api.replicate.com'
const pollMs = 4000
const keptMs = 60 * 60_000
/** A prediction stands in the list at once; its submit may still be on the way. */
const patienceMs = 30_000
const everyMs = 10_000
const mostPages = 20
/** A job that has not come to anything by then is stopped there: what has not begun costs nothing. */
const deadline = '60m'

const rules: InputRules = {
  image: { types: ['png', 'jpeg', 'webp'], maxBytes: 15_000_000, maxSide: 3840, exactCanvas: true },
  audio: { types: ['m4a', 'mp3', 'flac', 'ogg'], maxBytes: 90_000_000, minSeconds: 2, maxSeconds: 20 },
  // What goes on keeps the size and the rate of what goes in.
  video: { codecs: ['h264', 'h265'], maxBytes: 95_000_000, maxSide: 3840, minFrames: 73, exactCanvas: true },
}

type Page = z.infer<typeof predictions>

const idOf = (ticket: Ticket): string => encodeURIComponent(typeof ticket.id === 'string' ? ticket.id : '')

function open(context: Context): Calls {
  const { world, signal, scratch, kept, tool, uploads, use } = context
  const env = use.keyEnv ?? 'REPLICATE_API_TOKEN'
  const { base: own } = use.settings
  const base = typeof own === 'string' ? own : usualBase
  const doors = openDoors({
    world,
    signal,
    base,
    key: { env, header: 'authorization', before: 'Bearer ' },
    host,
    explain: explainReplicate,
  })
  const account = accountOf(world, base, world.secret(env))
  /** Predictions of this project, so that one job is never taken for another's. */
  const claims = openClaims(world, kept)
  /** When each attempt of this process left. */
  const sentAt = new Map<string, number>()
  const begunAt = (job: Ready): number | undefined => sentAt.get(job.clientKey) ?? job.begunAt
  const nameOf = (job: Ready): string => `${job.key} ${job.clientKey}`

  const send = async (file: Prepared) => {
    const reply = await doors.upload({
      method: 'POST',
      path: '/v1/files',
      body: { kind: 'form', parts: [{ name: 'content', path: file.path, fileName: file.name, type: file.mime }] },
    })
    const { urls, expires_at } = answerAs(reply, uploaded, host)
    const until = Date.parse(expires_at ?? '')
    return { uri: urls.get, ...(Number.isNaN(until) ? {} : { until }) }
  }
  const bring = async (job: Ready) => {
    const sending = openSending(send)
    const uris = new Map(
      await Promise.all(
        [...job.files].map(async ([slot, path]) => {
          const heard = slot === 'audio' && job.request.heard !== undefined ? { heard: job.request.heard } : {}
          const file = await prepareInput({
            world,
            tool,
            signal,
            scratch,
            rules,
            slot,
            path,
            size: job.request.size,
            rate: job.request.rate,
            ...heard,
          })
          return [slot, await uploads.uriOf({ account, file, send: sending.send })] as const
        }),
      ),
    )
    return { uris, brought: { uris: [...uris.values()], fresh: sending.fresh() } }
  }
  const ask = async (ticket: Ticket): Promise<Prediction> =>
    answerAs(await doors.read({ method: 'GET', path: `/v1/predictions/${idOf(ticket)}` }), prediction, host)

  const missing = openMissing(doors)
  /** What is over: with the data gone the clip is, too. */
  const doneOf = (said: Prediction): Status => {
    const ended = Date.parse(said.completed_at ?? '')
    const isOld = ended < world.clock.now() - keptMs
    if (said.data_removed === true || (clipOf(said) === undefined && isOld))
      return {
        state: 'failed',
        failure: doors.failure({ kind: 'expired', words: 'the clip is there for an hour only', billed: 'yes' }, said.id),
      }
    if (clipOf(said) === undefined) return missing.look(said.id, said.id)
    return { state: 'done', expiresAt: (Number.isNaN(ended) ? world.clock.now() : ended) + keptMs }
  }
  const statusOf = (said: Prediction): Status => {
    switch (said.status) {
      case 'starting':
      case 'queued':
        return { state: 'waiting', nextPollMs: pollMs }
      case 'processing':
        return { state: 'working', nextPollMs: pollMs }
      case 'succeeded':
        return doneOf(said)
      case 'failed':
        return { state: 'failed', failure: doors.failure(explainError(said.error), said.id) }
      case 'canceled':
      case 'aborted':
        return { state: 'failed', failure: doors.failure(stopped(said.status), said.id) }
      default:
        return strangeStatus(doors.words(said.status), pollMs)
    }
  }

  /** The account's predictions of a model that may be the lost one, newest first. */
  const recent = async (model: string, job: Ready): Promise<readonly Prediction[]> => {
    const found: Prediction[] = []
    let path: string | undefined = '/v1/predictions'
    for (let page = 0; page < mostPages && path !== undefined; page += 1) {
      const reply = await doors.read({ method: 'GET', path, limit: 16 * 1024 * 1024 })
      const { results, next }: Page = answerAs(reply, predictions, host)
      const begun = byItsClock(begunAt(job), reply.headers, world.clock.now())
      found.push(...results.filter((one) => (one.model ?? model) === model && inTime(one.created_at, begun)))
      const oldest = Date.parse(results.at(-1)?.created_at ?? '')
      const past = Number.isNaN(oldest) || oldest < (begun ?? world.clock.now() - keptMs) - 5 * 60_000
      path = past || !next || new URL(next, base).origin !== new URL(base).origin ? undefined : next
    }
    const others = await claims.others(nameOf(job))
    return found.filter(({ id }) => !others.has(id))
  }

  return {
    async submit(job, sent) {
      const model = modelOf(job.request)
      const { uris, brought } = await bring(job)
      const input = inputOf(job.request, uris)
      try {
        const paid = doors.pay(
          { method: 'POST', path: `/v1/models/${model}/predictions`, headers: { 'cancel-after': deadline }, json: { input } },
          () => {
            sentAt.set(job.clientKey, world.clock.now())
            return sent()
          },
        )
        const reply = await orResend(uploads, brought, paid)
        const { id } = answerAs(reply, prediction, host, explainReplicate)
        // Not waited for: the ticket has to be in the journal first.
        void claims.claim(id, nameOf(job))
        return { id }
      } catch (error) {
        // Before there is a prediction, `not found` speaks of the model.
        if (!(error instanceof ProviderFailure) || error.failure.kind !== 'expired') throw error
        throw new ProviderFailure({
          ...error.failure,
          kind: 'invalid',
          message: `Replicate has no model ${model}`,
          next: 'correct `model` in the provider block',
          retry: false,
          billed: 'no',
        })
      }
    },
    async poll(ticket, job) {
      void claims.claim(idOf(ticket), nameOf(job))
      return forgetUnread({ uploads, account, job }, statusOf(await ask(ticket)))
    },
    async fetch(ticket, _job, into) {
      // The address is asked for each time: it is nobody else's business, and may change.
      const said = await ask(ticket)
      const status = statusOf(said)
      const url = clipOf(said)
      if (status.state === 'failed') throw new ProviderFailure(status.failure)
      if (status.state !== 'done' || url === undefined)
        throw new ProviderFailure(doors.failure({ kind: 'host', words: `its state is ${said.status} again`, retry: true }, said.id))
      await doors.download(url, into)
    },
    async find(job, waits) {
      const model = modelOf(job.request)
      const input = inputOf(job.request, new Map([...job.files.keys()].map((slot) => [slot, 'an address'])))
      const patience = stillToWait(world.clock.now(), begunAt(job), patienceMs)
      for (let waited = 0; ; waited += everyMs) {
        const candidates = await recent(model, job)
        const ours = candidates.find((one) => sameInput(input, one.input, (name) => fileFields.has(name)))
        if (ours !== undefined) {
          await claims.claim(ours.id, nameOf(job))
          return { id: ours.id }
        }
        // An hour later nobody can tell what was asked for: one of these may be ours.
        if (begunAt(job) !== undefined && candidates.some((one) => one.data_removed === true || one.input === null))
          throw new ProviderFailure({
            kind: 'uncertain',
            message: 'Replicate has thrown away what was asked for at the time: whether this job was bought, it no longer tells',
            next: 'look at replicate.com/predictions; `ltx resolve` says whether it may be sent again',
            retry: false,
            billed: 'unknown',
          })
        if (waited >= patience) return undefined
        if (waited === 0) waits?.(world.clock.now() + patience)
        await world.clock.sleep(everyMs, signal)
      }
    },
    async cancel(ticket) {
      try {
        await doors.read({ method: 'POST', path: `/v1/predictions/${idOf(ticket)}/cancel` })
      } catch (error) {
        if (!(error instanceof ProviderFailure) || (error.failure.kind !== 'expired' && error.failure.kind !== 'invalid')) throw error
      }
    },
    adopt: (id) => ({ id: /predictions\/(\w+)/.exec(id)?.[1] ?? /\/p\/(\w+)/.exec(id)?.[1] ?? id }),
    async probe() {
      const reply = await doors.read({ method: 'GET', path: '/v1/account' })
      const name = typeof reply.json === 'object' && reply.json !== null && 'username' in reply.json ? String(reply.json.username) : ''
      return { key: 'accepted', detail: name === '' ? 'the key is known' : `the key is that of ${doors.words(name)}` }
    },
  }
}

export const replicate: Provider = { kind: 'replicate', capabilities: replicateCapabilities, open }
