// What a program of the user's is told, and what it says: one JSON object in, lines of JSON out while it works. Lines
// that are no JSON objects are its own affair.
import { z } from 'zod'
import type { Failure, FailureKind } from '../../failure.ts'
import { toNumber } from '../../lang/time.ts'
import type { Ready } from '../provider.ts'

/** Raised when what a program is told changes its meaning. */
const talkVersion = 1

/** The order, as text. Paths are absolute; times are seconds; a rate is a fraction, since 24000/1001 is no decimal. */
export function orderFor(job: Ready, output: string): string {
  const { request } = job
  const { operation, model, size, rate, frames, prompt, negative, seed, sound, segments, keys, extend, retake, heard, loras } = request
  const order = {
    ltx: talkVersion,
    id: job.clientKey,
    operation,
    model,
    size,
    rate,
    frames,
    seconds: frames / toNumber(rate),
    prompt,
    negative,
    sound,
    segments,
    keys,
    ...(seed === undefined ? {} : { seed }),
    ...(extend === undefined ? {} : { extend }),
    ...(retake === undefined ? {} : { retake }),
    ...(loras === undefined ? {} : { loras }),
    ...(heard === undefined ? {} : { heard: { from: toNumber(heard.from), to: toNumber(heard.to) } }),
    inputs: Object.fromEntries(job.files),
    output,
  }
  return `${JSON.stringify(order)}\n`
}

const kinds = [
  'invalid',
  'auth',
  'funds',
  'moderation',
  'rate',
  'capacity',
  'host',
  'network',
  'input',
] as const satisfies readonly FailureKind[]
const lineSchema = z.object({
  progress: z.number().min(0).max(1).optional(),
  phase: z.string().max(200).optional(),
  /** Dollars. */
  billed: z.number().min(0).max(100_000).optional(),
  model: z.string().max(200).optional(),
  error: z
    .object({
      kind: z.enum(kinds).default('host'),
      message: z.string(),
      retry: z.boolean().optional(),
      billed: z.enum(['yes', 'no', 'unknown']).optional(),
    })
    .optional(),
})
export type Line = z.infer<typeof lineSchema>

export function readLine(text: string): Line | undefined {
  if (!text.trimStart().startsWith('{')) return undefined
  try {
    const read = lineSchema.safeParse(JSON.parse(text))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}

/** The last words on standard error: where programs say what went wrong. */
export const lastWords = (tail: string): string =>
  tail
    .split(/[\r\n]+/)
    .map((one) => one.trim())
    .filter((one) => one !== '')
    .slice(-3)
    .map((one) => (one.length > 90 ? `${one.slice(0, 89)}…` : one))
    .join(' / ')

/** What a person can do about each kind of failure that a program names. */
export const nextFor: Readonly<Record<(typeof kinds)[number], Failure['next']>> = {
  invalid: 'change what its message names, then run again',
  auth: 'check the key that the program is given, then run again',
  funds: 'add credit where the program buys, then run again',
  moderation: 'say it in other words, or use another picture or sound',
  rate: 'run again later, or lower `concurrency`',
  capacity: 'run again later, or ask for less',
  host: 'run the program by hand with the same order to see more',
  network: 'check the network, then run again',
  input: 'use another file, then run again',
}
