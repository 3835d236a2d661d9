// A job in, the fields of a `/v1/videos` request out; and a video object of a server read for where its job stands.
import { z } from 'zod'
import type { Request } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import { readForContent, refusesContent } from '../content.ts'
import type { Explained } from '../explain.ts'
import { distilledModel, ownModel } from './capabilities.ts'
import type { Quirks } from './servers.ts'

export type Fields = Readonly<Record<string, string | number | boolean>>

const isDistilled = (model: string): boolean => model === distilledModel || /distill/i.test(model)

/** What is sent besides the picture. Seconds are left out where frames are taken: servers round them. */
export function fieldsOf(request: Request, quirks: Quirks): Fields {
  const { asks, always, distilledSteps } = quirks
  const { width, height } = request.size
  const named = request.model === ownModel || request.model === distilledModel ? {} : { model: request.model }
  const common = { prompt: request.prompt, ...always, ...named, size: `${width}x${height}` }
  if (asks.kind === 'tiers') return { ...common, seconds: asks.secondsByFrames[request.frames] ?? '4' }
  const distilled = isDistilled(request.model)
  return {
    ...common,
    num_frames: request.frames,
    fps: toNumber(request.rate),
    ...(request.seed === undefined ? {} : { seed: request.seed }),
    ...(request.negative === '' || distilled ? {} : { negative_prompt: request.negative }),
    ...(distilled && distilledSteps !== undefined ? { num_inference_steps: distilledSteps } : {}),
    ...('generate_sound' in always ? { generate_sound: request.sound } : {}),
  }
}

export const videoSchema = z.object({
  id: z.string().min(1).max(300),
  status: z.string(),
  progress: z.number().nullish(),
  model: z.string().nullish(),
  error: z.union([z.string(), z.object({ code: z.union([z.string(), z.number()]).nullish(), message: z.string().nullish() })]).nullish(),
})
export type Video = z.infer<typeof videoSchema>

export type Standing =
  | { readonly state: 'waiting' | 'working'; readonly progress: number; readonly phase: string }
  | { readonly state: 'strange'; readonly word: string }
  | { readonly state: 'done' }
  | { readonly state: 'failed'; readonly explained: Explained }

/** Only `completed` is success. */
export function standingOf(video: Video): Standing {
  const progress = Math.min(1, Math.max(0, (video.progress ?? 0) / 100))
  switch (video.status) {
    case 'completed':
      return { state: 'done' }
    case 'queued':
    case 'pending':
      return { state: 'waiting', progress, phase: 'queued' }
    case 'in_progress':
      return { state: 'working', progress, phase: 'working' }
    case 'failed':
    case 'error':
      return { state: 'failed', explained: failureIn(video.error) }
    case 'cancelled':
    case 'canceled':
    case 'expired':
    case 'deleted':
      return {
        state: 'failed',
        explained: { kind: 'host', words: `the job is ${video.status}`, next: 'run again to make it anew', retry: false, billed: 'no' },
      }
    default:
      return { state: 'strange', word: video.status }
  }
}

function failureIn(error: Video['error']): Explained {
  const { code, message } = typeof error === 'string' ? { code: '', message: error } : (error ?? { code: '', message: '' })
  const words = `${message ?? ''}`.trim() === '' ? 'the job failed, and it does not say why' : `${message}`
  const all = `${code ?? ''} ${words}`
  if (refusesContent(`${code ?? ''}`)) return { kind: 'moderation', words, billed: 'no' }
  if (/out of memory|OutOfMemory|\bOOM\b/i.test(all)) {
    const next = 'ask for a smaller `size` or a shorter shot, or start the server with offloading'
    return { kind: 'capacity', words, next, retry: false, billed: 'no' }
  }
  return readForContent({ kind: 'host', words, next: 'see the server’s log', retry: false, billed: 'no' })
}
