// The words between the runner and a worker: one JSON object a line, as worker/PROTOCOL.md has it. Lines in become messages that fit,
// or nothing; what a worker says beside its protocol is its own affair.
import { z } from 'zod'
import type { Size } from '../../lang/program.ts'
import type { Rate, Rational } from '../../lang/time.ts'

/** Raised with the protocol. A worker of another version is not talked to. */
export const protocol = 1

/** Which weights are to be resident, and how. */
export type Load = {
  readonly model: string
  readonly upsampler?: string
  readonly refiner?: string
  readonly sampling: 'distilled' | 'guided'
  readonly weights?: string
  readonly stages: 1 | 2
  readonly loras: readonly { readonly path: string; readonly scale: number }[]
  readonly dtype: string
  readonly offload: string
  readonly deterministic: true
}

export type JobOrder = Size & {
  readonly name: string
  readonly folder: string
  readonly operation: string
  readonly frames: number
  readonly rate: Rate
  readonly seed: number
  readonly prompt: string
  readonly negative: string
  readonly segments: readonly { readonly from: number; readonly to: number; readonly text: string }[]
  readonly images: readonly { readonly path: string; readonly frame: number; readonly strength: number }[]
  readonly steps?: number
  readonly guidance?: number
  readonly sound?: { readonly path: string; readonly from: Rational; readonly to: Rational }
  readonly extend?: { readonly path: string; readonly at: 'end' | 'start'; readonly stands: number; readonly context: number }
  readonly retake?: { readonly path: string; readonly from: number; readonly to: number; readonly mode: 'picture' | 'sound' | 'both' }
}

const size = z.object({ width: z.number().int(), height: z.number().int() })
const device = z.object({
  kind: z.string().max(40),
  index: z.number().int().nullish(),
  name: z.string().max(200),
  memory: z.number(),
  free: z.number().optional(),
})
const wouldFit = size.extend({ frames: z.number().int() })
const phases = ['load', 'encode', 'denoise', 'upsample', 'refine', 'decode', 'write'] as const
export type Phase = (typeof phases)[number]
const codes = [
  'INVALID_REQUEST',
  'UNSUPPORTED',
  'OUT_OF_MEMORY',
  'MODEL_MISSING',
  'MODEL_MISMATCH',
  'CANCELLED',
  'BUSY',
  'DISK_FULL',
  'INTERNAL',
] as const

const message = z.discriminatedUnion('is', [
  z.object({
    is: z.literal('hello'),
    id: z.string(),
    protocol: z.number().int(),
    worker: z.string().max(40),
    versions: z.record(z.string(), z.string().max(100)),
    device,
  }),
  z.object({
    is: z.literal('made'),
    id: z.string(),
    clip: z.string(),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
    frames: z.number().int(),
    seed: z.number().int(),
    weights: z.string().max(100).nullish(),
    reused: z.string().max(40).nullish(),
    peak: z.number().nullish(),
  }),
  z.object({ is: z.literal('done'), id: z.string() }),
  z.object({ is: z.literal('phase'), id: z.string(), phase: z.enum(phases) }),
  z.object({ is: z.literal('step'), id: z.string(), step: z.number().int().min(0), of: z.number().int().positive() }),
  z.object({ is: z.literal('warning'), id: z.string(), text: z.string() }),
  z.object({ is: z.literal('beat'), id: z.string(), phase: z.string().max(40).nullish() }),
  z.object({
    is: z.literal('error'),
    id: z.string(),
    code: z.enum(codes).catch('INTERNAL'),
    message: z.string(),
    retryable: z.boolean().default(false),
    phase: z.string().max(40).nullish(),
    field: z.string().max(100).nullish(),
    wouldFit: wouldFit.nullish(),
  }),
])

export type Message = z.infer<typeof message>
export type Said<Is extends Message['is']> = Extract<Message, { is: Is }>

export function readMessage(text: string): Message | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const read = message.safeParse(JSON.parse(text))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}
