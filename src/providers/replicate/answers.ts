// What Replicate answers, read by its shape, and what a prediction has come to. Six words for its state are known; any
// other is no success.
import * as z from 'zod'
import { refusesContent } from '../content.ts'
import type { Explain, Explained } from '../explain.ts'

export const prediction = z.looseObject({
  id: z.string().min(1),
  model: z.string().nullish(),
  status: z.string(),
  input: z.unknown().optional(),
  output: z.unknown().optional(),
  error: z.unknown().optional(),
  data_removed: z.boolean().nullish(),
  created_at: z.string().nullish(),
  completed_at: z.string().nullish(),
})
export type Prediction = z.infer<typeof prediction>

export const predictions = z.looseObject({ results: z.array(prediction), next: z.string().nullish() })

export const uploaded = z.looseObject({ urls: z.looseObject({ get: z.string().min(1) }), expires_at: z.string().nullish() })

/** The clip's address, whether it stands alone or in a list. */
export function clipOf({ output }: Pick<Prediction, 'output'>): string | undefined {
  const first: unknown = Array.isArray(output) ? output[0] : output
  return typeof first === 'string' && first !== '' ? first : undefined
}

/** A failed prediction, by its text: there is nothing else to go by. */
export function explainError(error: unknown): Explained {
  const words = typeof error === 'string' ? error : error === undefined || error === null ? 'it says no reason' : JSON.stringify(error)
  if (/\bE005\b/.test(words) || refusesContent(words)) return { kind: 'moderation', words, billed: 'unknown' }
  if (/\bE003\b|high demand|overloaded|capacity/i.test(words)) return { kind: 'capacity', words, billed: 'unknown' }
  if (/insufficient.?(funds|credit)|payment required/i.test(words)) return { kind: 'funds', words, billed: 'no' }
  if (/\bE006\b|invalid.?(input|request|argument)|unsupported|must be one of|could not (read|decode)/i.test(words))
    return { kind: 'invalid', words, billed: 'unknown' }
  return { kind: 'host', words, retry: true, billed: 'unknown' }
}

/** Stopped by a person or by a deadline: before it ran it costs nothing, while it ran it does. */
export const stopped = (status: 'canceled' | 'aborted'): Explained => ({
  kind: 'host',
  words: status === 'aborted' ? 'the job was stopped before it began' : 'the job was stopped there while it ran',
  next: 'run again to have it made anew',
  retry: status === 'aborted',
  billed: status === 'aborted' ? 'no' : 'yes',
})

export const explainReplicate: Explain = ({ status, body }) => {
  if (status === 402) return { kind: 'funds' }
  if (status === 422) return { kind: refusesContent(body) ? 'moderation' : 'invalid', billed: 'no' }
  return undefined
}
