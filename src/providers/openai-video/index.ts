// Servers with OpenAI-style videos as a provider: create, poll, fetch the content. They give no key to a submit, so one
// whose answer was lost is sent again: their work is free. Jobs live in the server's memory and die with it.
import { z } from 'zod'
import { ProviderFailure } from '../../failure.ts'
import type { InputRules } from '../../media/input-rules.ts'
import { prepareInput } from '../../media/prepare.ts'
import type { FormPart } from '../../world.ts'
import { refusesContent } from '../content.ts'
import { type Explain, wordsIn } from '../explain.ts'
import { answerAs, type Call, type Doors, openDoors } from '../http.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { strangeStatus } from '../provider.ts'
import { openaiVideo as capabilities } from './capabilities.ts'
import { isServer, type Quirks, servers, usualServer } from './servers.ts'
import { fieldsOf, standingOf, videoSchema } from './wire.ts'

/** How a picture of another shape is fitted differs from server to server: it goes cut to the canvas. */
const rules: InputRules = {
  image: { types: ['png', 'jpeg', 'webp'], maxBytes: 20_000_000, maxSide: 4096, exactCanvas: true },
  audio: { types: ['flac'], maxBytes: 20_000_000 },
  video: { codecs: ['h264'], maxBytes: 20_000_000, maxSide: 4096, minFrames: 1 },
}

const errorSchema = z.object({ error: z.object({ code: z.string().nullish() }) })

function errorIn(json: unknown): { readonly code: string; readonly words: string } {
  const read = errorSchema.safeParse(json)
  const code = read.success ? (read.data.error.code ?? '') : ''
  return { code, words: wordsIn(json) ?? code }
}

/** A job that does not fit is a 400 or 422; a wrong address is a 404 or 405. */
const explain: Explain = ({ status, json }) => {
  const { code, words } = errorIn(json)
  if (status >= 400 && status < 500 && refusesContent(code)) return { kind: 'moderation', words, billed: 'no' }
  if (status === 405) return { kind: 'invalid', next: 'check `base` and `server`: this address takes no videos' }
  if (status === 413) return { kind: 'input', next: 'use a smaller picture, then run again' }
  return undefined
}

const pollMs = 2000

type Server = { readonly context: Context; readonly quirks: Quirks; readonly doors: Doors }

function openCalls(context: Context): Calls {
  const { world, signal, use } = context
  const name = use.settings.server
  const quirks = servers[isServer(name) ? name : usualServer]
  const base = typeof use.settings.base === 'string' ? use.settings.base : quirks.base
  const key = use.keyEnv === undefined ? {} : { key: { env: use.keyEnv, header: 'authorization', before: 'Bearer ' } }
  const doors = openDoors({ world, signal, base, host: quirks.title, explain, ...key })
  const server: Server = { context, quirks, doors }
  const placeOf = (ticket: Ticket): string => `${quirks.path}/${encodeURIComponent(String(ticket.id))}`
  return {
    submit: (job, sent) => submit(server, job, sent),
    poll: (ticket) => poll(server, placeOf(ticket)),
    async fetch(ticket, _job, into) {
      await doors.download(`${base.replace(/\/+$/, '')}${placeOf(ticket)}/content`, into)
    },
    ...(quirks.stops
      ? {
          async cancel(ticket: Ticket) {
            await doors.read({ method: 'DELETE', path: placeOf(ticket) })
          },
        }
      : {}),
    adopt: (id) => ({ id }),
    async probe() {
      await doors.read({ method: 'GET', path: quirks.health })
      return { key: 'unchecked', detail: `${quirks.title} answers` }
    },
  }
}

async function submit(server: Server, job: Ready, sent: () => Promise<void>): Promise<Ticket> {
  const { quirks, doors } = server
  const reply = await doors.pay(await callOf(server, job), sent).catch((error: unknown) => {
    const missing = error instanceof ProviderFailure && error.failure.kind === 'expired'
    if (!missing) throw error
    throw new ProviderFailure(
      doors.failure({ kind: 'invalid', words: error.message, next: 'check `base` and `server`: this address has no videos' }),
    )
  })
  const video = answerAs(reply, videoSchema, quirks.title)
  const standing = standingOf(video)
  if (standing.state === 'failed') throw new ProviderFailure(doors.failure(standing.explained, reply.requestId ?? video.id))
  return { id: video.id }
}

async function callOf({ context, quirks }: Server, job: Ready): Promise<Call> {
  const fields = fieldsOf(job.request, quirks)
  const picture = job.files.get('first-frame')
  if (picture === undefined && quirks.text === 'json') return { method: 'POST', path: quirks.path, json: fields }
  const parts: FormPart[] = Object.entries(fields).map(([name, value]) => ({ name, text: String(value) }))
  if (picture !== undefined) {
    const { world, tool, signal, scratch } = context
    const file = await prepareInput({ world, tool, signal, scratch, rules, slot: 'first-frame', path: picture, size: job.request.size })
    parts.push({ name: 'input_reference', path: file.path, fileName: file.name, type: file.mime })
  }
  return { method: 'POST', path: quirks.path, body: { kind: 'form', parts } }
}

async function poll({ quirks, doors }: Server, path: string): Promise<Status> {
  const reply = await doors.read({ method: 'GET', path }).catch((error: unknown) => {
    if (error instanceof ProviderFailure && error.failure.kind === 'expired') return undefined
    throw error
  })
  if (reply === undefined) {
    const words = 'it no longer knows the job: it was restarted'
    return {
      state: 'failed',
      failure: doors.failure({ kind: 'host', words, next: 'run again to make it anew', retry: true, billed: 'no' }),
      unknown: true,
    }
  }
  const video = answerAs(reply, videoSchema, quirks.title)
  const standing = standingOf(video)
  switch (standing.state) {
    case 'waiting':
    case 'working':
      return { ...standing, nextPollMs: pollMs }
    case 'strange':
      return strangeStatus(doors.words(standing.word), pollMs)
    case 'done':
      return { state: 'done' }
    case 'failed':
      return { state: 'failed', failure: doors.failure(standing.explained, reply.requestId ?? video.id) }
  }
}

export const openaiVideo: Provider = { kind: 'openai-video', capabilities, open: openCalls }
