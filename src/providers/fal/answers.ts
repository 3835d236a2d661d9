// What fal answers, read by its shape, and what its refusals mean. `COMPLETED` says only that a request is over: whether
// there is a clip, the result's own status says.
import * as z from 'zod'
import { refusesContent } from '../content.ts'
import type { Explain, Explained } from '../explain.ts'

export const submitAnswer = z.looseObject({
  request_id: z.string().min(1),
  status_url: z.string().optional(),
  response_url: z.string().optional(),
  cancel_url: z.string().optional(),
})

export const statusAnswer = z.looseObject({
  status: z.string(),
  queue_position: z.number().nullish(),
  error: z.unknown().optional(),
  error_type: z.string().nullish(),
})

/** `has_nsfw_concepts`: as its picture endpoints have it. */
export const resultAnswer = z.looseObject({
  video: z.looseObject({ url: z.string().nullish() }).nullish(),
  seed: z.number().nullish(),
  has_nsfw_concepts: z.array(z.boolean()).nullish(),
})

export type Result = z.infer<typeof resultAnswer>

export const initiateAnswer = z.looseObject({ upload_url: z.string().min(1), file_url: z.string().min(1) })

export const listAnswer = z.looseObject({
  items: z.array(
    z.looseObject({
      request_id: z.string(),
      sent_at: z.string().nullish(),
      status_code: z.number().nullish(),
      json_input: z.unknown().optional(),
      json_output: z.unknown().optional(),
    }),
  ),
  next_cursor: z.string().nullish(),
  has_more: z.boolean().nullish(),
})
export type Listed = z.infer<typeof listAnswer>['items'][number]

const detailAnswer = z.looseObject({
  detail: z
    .union([
      z.string(),
      z.array(z.looseObject({ loc: z.array(z.unknown()).optional(), msg: z.string().optional(), type: z.string().optional() })),
    ])
    .optional(),
  error: z.unknown().optional(),
  error_type: z.string().nullish(),
})

/** Faults of a file that was sent along. */
const aboutFiles = /^(file_|image_|audio_|video_|unsupported_(image|audio|video|file))/
const moderated = /content_policy|content_checker|nsfw|safety/i
const broke = /balance|credit|billing|payment|insufficient|exhausted/i

/** By the type that fal names, in the order of certainty. */
function byType(type: string, words: string): Explained | undefined {
  if (moderated.test(type)) return { kind: 'moderation', words, billed: 'unknown' }
  if (aboutFiles.test(type)) return { kind: 'input', words, billed: 'unknown' }
  if (type === 'concurrent_requests_limit') return { kind: 'rate', words }
  if (type === 'client_cancelled' || type === 'client_disconnected') return cancelledThere
  if (/^(runner_|startup_timeout|request_timeout|generation_timeout|downstream_|internal_)/.test(type))
    return { kind: 'host', words, retry: true }
  if (type === 'bad_request') return { kind: 'invalid', words }
  return undefined
}

export const cancelledThere: Explained = {
  kind: 'host',
  words: 'the job was cancelled there',
  next: 'run again to have it made anew',
  retry: false,
  billed: 'no',
}

/** Every refusal of fal that is more than its status. A submit's 5xx stays open: it may have been taken. */
export const explainFal: Explain = ({ status, headers, json }) => {
  const read = detailAnswer.safeParse(json)
  const detail = read.success ? read.data.detail : undefined
  const first = Array.isArray(detail) ? detail[0] : undefined
  const field = (first?.loc ?? []).filter((step) => step !== 'body').join('.')
  const words =
    first === undefined ? (typeof detail === 'string' ? detail : undefined) : `${field === '' ? '' : `${field}: `}${first.msg ?? ''}`
  const type = headers.get('x-fal-error-type') ?? first?.type ?? (read.success ? (read.data.error_type ?? undefined) : undefined)
  const said = words ?? (read.success && typeof read.data.error === 'string' ? read.data.error : '')
  if (status === 499) return cancelledThere
  if ((status === 402 || status === 403) && (status === 402 || broke.test(said))) return { kind: 'funds', words: said }
  if (status === 404 && said === '') return { kind: 'expired', words: 'it knows no such request' }
  const known = type === undefined ? undefined : byType(type, said)
  if (known !== undefined) return known
  if (status === 422) return { kind: refusesContent(said) ? 'moderation' : 'invalid', words: said, billed: 'unknown' }
  if (status >= 500) return { kind: status === 503 ? 'capacity' : 'host', words: said, retry: true }
  return undefined
}
