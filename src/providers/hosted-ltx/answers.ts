// What the API answers, read by its shape, and what its errors mean. The same table serves an answer that is an error and
// a job that failed later: both carry a type and a message.
import * as z from 'zod'
import { readForContent } from '../content.ts'
import type { Explain, Explained } from '../explain.ts'

export const submitted = z.object({ id: z.string().min(1).max(200), created_at: z.string().optional() })

export const uploadSlot = z.object({
  upload_url: z.url(),
  storage_uri: z.string().min(1),
  expires_at: z.string().optional(),
  required_headers: z.record(z.string(), z.string()).optional(),
})

/** An unknown word for `status` is read too: it is told, and is no success. */
export const jobStatus = z.object({
  id: z.string(),
  status: z.string(),
  created_at: z.string().optional(),
  completed_at: z.string().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ type: z.string(), message: z.string() }).partial().optional(),
})
export type JobStatus = z.infer<typeof jobStatus>

const problem = z.object({ error: z.object({ type: z.string(), message: z.string().optional() }) })

/** By `error.type`, as the API's pages list them. Failed requests and jobs are not billed. */
const types: Readonly<Record<string, Explained>> = {
  invalid_request_error: { kind: 'invalid', billed: 'no' },
  authentication_error: { kind: 'auth' },
  insufficient_funds_error: { kind: 'funds', next: 'add credit at console.ltx.io, then run again' },
  permission_error: { kind: 'auth', next: 'this endpoint is not open to the account: ask the host, or use another model' },
  not_found_error: { kind: 'expired' },
  request_too_large: { kind: 'input' },
  content_filtered_error: { kind: 'moderation', billed: 'no' },
  concurrency_limit_error: { kind: 'rate' },
  rate_limit_error: { kind: 'rate' },
  api_error: { kind: 'host' },
  service_unavailable_error: { kind: 'capacity' },
  service_unavailable: { kind: 'capacity' },
  overloaded_error: { kind: 'capacity' },
}

export const explainLtx: Explain = ({ json }) => {
  const read = problem.safeParse(json)
  if (!read.success) return undefined
  const { type, message } = read.data.error
  const known = Object.hasOwn(types, type) ? types[type] : undefined
  return known === undefined ? undefined : { ...known, ...(message === undefined ? {} : { words: message }) }
}

/** A job that failed after it was taken. One that the host's own fault has ended may be made again. */
export function explainFailed(error: JobStatus['error']): Explained {
  const { type = '', message = 'it gives no reason' } = error ?? {}
  const known = Object.hasOwn(types, type) ? types[type] : undefined
  return readForContent({ billed: 'no', ...(known ?? { kind: 'host' }), words: message })
}

/** The address of the clip, where there is one. */
export function clipUrl({ result }: JobStatus): string | undefined {
  const url = result?.video_url
  return typeof url === 'string' && url !== '' ? url : undefined
}
