// What ByteCompute answers. Its page shows neither the names of the fields nor the words of a state, but `completed` and
// the form of its errors, so answers are read widely and a word that is not known is never a success.
import * as z from 'zod'
import { readForContent, refusesContent } from '../content.ts'
import type { Explain, Explained } from '../explain.ts'
import { wordsIn } from '../explain.ts'
import { answerAs, type Reply } from '../http.ts'
import type { Changes } from './adjustments.ts'
import { changesIn } from './adjustments.ts'

export const host = 'ByteCompute'

const jobAnswer = z.looseObject({
  id: z.string().min(1).nullish(),
  job_id: z.string().min(1).nullish(),
  status: z.string().nullish(),
  state: z.string().nullish(),
  progress: z.number().nullish(),
  adjustments: z.unknown().optional(),
  error: z.unknown().optional(),
  expires_at: z.union([z.string(), z.number()]).nullish(),
})
const submitAnswer = jobAnswer.refine(({ id, job_id }) => (id ?? job_id ?? '') !== '', { path: ['id'], message: 'a job without an id' })

export type JobAnswer = {
  readonly id: string
  readonly status: string
  readonly progress?: number
  readonly changes?: Changes
  readonly words: string
  readonly code: string
  readonly expiresAt?: number
}

function jobOf(read: z.infer<typeof jobAnswer>): JobAnswer {
  const changes = changesIn(read.adjustments)
  const { progress } = read
  const at = typeof read.expires_at === 'number' ? read.expires_at * (read.expires_at < 1e11 ? 1000 : 1) : Date.parse(read.expires_at ?? '')
  return {
    id: read.id ?? read.job_id ?? '',
    status: (read.status ?? read.state ?? '').toLowerCase(),
    words: wordsIn(read.error) ?? '',
    code: codeIn(read.error),
    ...(progress === undefined || progress === null ? {} : { progress: progress > 1 ? progress / 100 : progress }),
    ...(changes === undefined ? {} : { changes }),
    ...(Number.isNaN(at) ? {} : { expiresAt: at }),
  }
}

export const readSubmit = (reply: Reply): JobAnswer => jobOf(answerAs(reply, submitAnswer, host, explainByte))
export const readJob = (reply: Reply): JobAnswer => jobOf(answerAs(reply, jobAnswer, host))

/** The `type` of an error, where it has one. */
function codeIn(json: unknown): string {
  const read = z.union([z.object({ error: z.object({ type: z.string() }) }), z.object({ type: z.string() })]).safeParse(json)
  return read.success ? ('error' in read.data ? read.data.error.type : read.data.type) : ''
}

/** `{ type: 'error', error: { type, message } }`: 400, 401, 404, 409 and 500 are all it names. */
export const explainByte: Explain = ({ status, json }) => {
  const words = wordsIn(json)
  const said = words === undefined ? {} : { words }
  // Asked for too early: it comes.
  if (status === 409) return { kind: 'host', ...said, next: 'run again: it is asked for once more', retry: true, billed: 'unknown' }
  if (status === 404) return { kind: 'expired', ...said, next: 'jobs are kept for 24 hours there; it can only be made again' }
  const code = codeIn(json)
  if (status >= 400 && status < 500 && ![401, 429].includes(status) && refusesContent(`${code} ${words ?? ''}`))
    return { kind: 'moderation', ...said, billed: 'no' }
  return undefined
}

export type Standing =
  | { readonly state: 'waiting' | 'working' }
  /** A word that is not known. */
  | { readonly state: 'strange'; readonly word: string }
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly explained: Explained }

/** What a state means. Whether a failed job is billed is not said. */
export function standingOf({ status, words, code }: Pick<JobAnswer, 'status' | 'words' | 'code'>): Standing {
  switch (status) {
    case 'completed':
      return { state: 'done' }
    case 'queued':
    case 'pending':
    case 'created':
    case 'submitted':
      return { state: 'waiting' }
    case 'processing':
    case 'running':
    case 'in_progress':
    case 'started':
    case 'generating':
      return { state: 'working' }
    case 'failed':
    case 'error':
      if (refusesContent(code)) return { state: 'failed', explained: { kind: 'moderation', words: words === '' ? code : words } }
      return {
        state: 'failed',
        explained: readForContent({ kind: 'host', words: words === '' ? 'no reason was given' : words, retry: false, billed: 'unknown' }),
      }
    case 'cancelled':
    case 'canceled':
    case 'deleted':
    case 'timeout':
      return {
        state: 'failed',
        explained: {
          kind: 'host',
          words: `the job was ${status === 'timeout' ? 'timed out' : status} there`,
          retry: false,
          billed: 'unknown',
        },
      }
    case 'expired':
      return { state: 'failed', explained: { kind: 'expired', words: 'the job has expired' } }
    default:
      return { state: 'strange', word: status }
  }
}
