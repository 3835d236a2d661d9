// What WaveSpeedAI answers. Everything comes in an envelope with a `code` of its own, which may say no inside an HTTP 200;
// a task's state is one of four words in the documents and of seven in the field, and only one of them means a clip.
import * as z from 'zod'
import { type Failure, ProviderFailure } from '../../failure.ts'
import { refusesContent } from '../content.ts'
import { type Explain, type Explained, kindOfStatus, wordsIn } from '../explain.ts'
import type { Doors, Reply } from '../http.ts'
import { answerAs } from '../http.ts'

export const host = 'WaveSpeedAI'

const prediction = z.looseObject({
  id: z.string().min(1),
  model: z.string().nullish(),
  outputs: z.array(z.string()).nullish(),
  has_nsfw_contents: z.array(z.boolean()).nullish(),
  status: z.string().nullish(),
  created_at: z.string().nullish(),
  error: z.unknown().optional(),
  code: z.number().nullish(),
  input: z.unknown().optional(),
})
export type Prediction = z.infer<typeof prediction>

const envelope = z.looseObject({ code: z.number().nullish(), message: z.string().nullish(), data: z.unknown().optional() })
const ticketData = z.looseObject({
  download_url: z.string().min(1),
  upload: z.looseObject({ url: z.string().min(1), method: z.string().nullish(), headers: z.record(z.string(), z.string()).nullish() }),
})
const classicData = z.looseObject({ download_url: z.string().min(1) })
const listData = z.looseObject({ items: z.array(prediction).nullish(), total: z.number().nullish() })

/** The waiting of a synchronous call is over, the task is not. */
const stillAtWork = 5004
const broke = /balance|insufficient|credit|top.?up|billing|payment|quota exceeded/i

/** By status or code, and by words: which of both a host chooses to tell it with is not to be relied on. */
export function explain(status: number, words: string): Explained {
  if (status < 500 && status !== 401 && status !== 429 && refusesContent(words)) return { kind: 'moderation', words, billed: 'no' }
  if (status === 402 || (status >= 400 && status < 500 && status !== 401 && status !== 429 && broke.test(words)))
    return { kind: 'funds', words }
  const kind = status >= 200 && status < 300 ? 'host' : status >= 100 && status < 600 ? kindOfStatus(status) : 'host'
  return { kind, words }
}

export const explainWave: Explain = ({ status, json, body }) => explain(status, wordsIn(json) ?? body.slice(0, 400))

/** The envelope's content; a `code` that says no is a refusal like an HTTP status. */
function contentOf<T>(reply: Reply, schema: z.ZodType<T>, doors: Doors): T {
  const { code, message, data } = answerAs(reply, envelope, host)
  if (code !== undefined && code !== null && code !== 200 && code !== stillAtWork)
    throw new ProviderFailure(doors.failure(explain(code, `${code} ${message ?? ''}`), reply.requestId))
  return answerAs({ ...reply, json: data }, schema, host)
}

export const readPrediction = (reply: Reply, doors: Doors): Prediction => contentOf(reply, prediction, doors)
export const readTicket = (reply: Reply, doors: Doors): z.infer<typeof ticketData> => contentOf(reply, ticketData, doors)
export const readClassic = (reply: Reply, doors: Doors): string => contentOf(reply, classicData, doors).download_url
export const readList = (reply: Reply, doors: Doors): z.infer<typeof listData> => contentOf(reply, listData, doors)

export type Standing =
  | { readonly state: 'waiting' | 'working' }
  /** A word that is not known. */
  | { readonly state: 'strange'; readonly word: string }
  | { readonly state: 'done'; readonly url: string }
  /** Done, and no clip is named; or one is, and flagged. */
  | { readonly state: 'missing' }
  | { readonly state: 'flagged'; readonly words: string }
  | { readonly state: 'failed'; readonly explained: Explained }

const wordsOf = ({ error }: Prediction): string => (typeof error === 'string' ? error : (wordsIn(error) ?? ''))

/** Failed tasks are given back within hours, so they may be made anew. */
function failed(task: Prediction, words: string, over: Partial<Explained> = {}): Standing {
  const flagged = (task.has_nsfw_contents ?? []).includes(true)
  if (flagged || refusesContent(words)) {
    return {
      state: 'failed',
      explained: { kind: 'moderation', words: words === '' ? 'the content was flagged' : words, billed: 'no', retry: false },
    }
  }
  if (broke.test(words)) return { state: 'failed', explained: { kind: 'funds', words, billed: 'no', retry: false } }
  return {
    state: 'failed',
    explained: { kind: 'host', words: words === '' ? 'no reason was given' : words, billed: 'no', retry: true, ...over },
  }
}

const ended: Readonly<Record<string, string>> = {
  cancelled: 'the task was cancelled there',
  canceled: 'the task was cancelled there',
  timeout: 'the task took too long there',
  deleted: 'the task was deleted there',
}

/** What a task has come to. */
export function standingOf(task: Prediction): Standing {
  const words = wordsOf(task)
  switch (task.status) {
    case 'created':
      return { state: 'waiting' }
    case 'processing':
      return { state: 'working' }
    case 'completed': {
      if (task.has_nsfw_contents?.includes(true))
        return { state: 'flagged', words: words === '' ? 'it flags what it has made as not safe' : words }
      const url = task.outputs?.[0] ?? ''
      if (url !== '') return { state: 'done', url }
      return words === '' ? { state: 'missing' } : failed(task, words, { billed: 'unknown', retry: false })
    }
    case 'failed':
      return failed(task, words)
    default: {
      const said = ended[task.status ?? '']
      if (said === undefined) return { state: 'strange', word: task.status ?? '' }
      // Bought anew only on a person's word: somebody may have ended it on purpose.
      return failed(task, words === '' ? said : `${said}: ${words}`, { retry: false })
    }
  }
}

/** What a found or lost task leaves a person to do. */
export const cannotTell = (ids: readonly string[]): Failure => ({
  kind: 'uncertain',
  message: `${host} lists ${ids.length === 1 ? 'a task' : `${ids.length} tasks`} of this model from that time, and does not say which is this job: ${ids.slice(0, 3).join(', ')}`,
  next: 'look at them there; `ltx resolve` takes the id of the right one, or sends the job again',
  retry: false,
  billed: 'unknown',
})
