// A job as fal's endpoints want it: the endpoint and the body. In go the request and the addresses of its files; nothing
// is left to a default of the host that would change what comes out.
import { ProviderFailure } from '../../failure.ts'
import type { Request, Slot } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import { mostContext, mostFrames, tiers } from './capabilities.ts'

export type FalBody = Readonly<Record<string, unknown>>
/** What stands for a file: its address at the host. */
export type Uris = ReadonlyMap<Slot, string>

const invalid = (message: string, next: string): never => {
  throw new ProviderFailure({ kind: 'invalid', message, next, retry: false, billed: 'no' })
}

const paths: Readonly<Partial<Record<Request['operation'], string>>> = {
  'text-to-video': 'text-to-video',
  'image-to-video': 'image-to-video',
  'audio-to-video': 'audio-to-video',
  extend: 'extend-video',
  retake: 'retake-video',
}

/** `fal-ai/ltx-2.3/extend-video`: a model of two words is an app, and the operation finds its endpoint in it. */
export function endpointOf({ model, operation }: Pick<Request, 'model' | 'operation'>): string {
  const parts = model.split('/')
  const path = paths[operation]
  if (path === undefined || !/^[\w.-]+(\/[\w.-]+)+$/.test(model) || parts.includes('..'))
    return invalid(`fal has no endpoint \`${model}\` for ${operation}`, 'correct `model` in the provider block')
  return parts.length === 2 ? `${model}/${path}` : model
}

/** Requests are addressed by the app alone, without the rest of the endpoint. */
export const appOf = (endpoint: string): string => endpoint.split('/').slice(0, 2).join('/')

type Family = 'hosted' | 'open' | 'quality'
const familyOf = (endpoint: string): Family =>
  endpoint.includes('-quality/') ? 'quality' : /-(22|19)b\//.test(endpoint) ? 'open' : 'hosted'

/** Lightricks' own, resold; it takes less of inputs than the open weights do. */
export const isHosted = (endpoint: string): boolean => familyOf(endpoint) === 'hosted'

const rateOf = (request: Request): number => toNumber(request.rate)
/** Seconds to the millisecond: longer tails of floats say nothing. */
const seconds = (frames: number, rate: number): number => Number((frames / rate).toFixed(3))

/** Only what is there. */
const given = (fields: Readonly<Record<string, unknown>>): FalBody =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

export function bodyOf(request: Request, uris: Uris): FalBody {
  const family = familyOf(endpointOf(request))
  return given(family === 'hosted' ? hostedBody(request, uris) : openBody(request, uris, family))
}

const modes = { both: 'replace_audio_and_video', picture: 'replace_video', sound: 'replace_audio' } as const

function hostedBody(request: Request, uris: Uris): FalBody {
  const { prompt, frames, size, sound } = request
  const rate = rateOf(request)
  const shape = size.width >= size.height ? '16:9' : '9:16'
  switch (request.operation) {
    case 'text-to-video':
    case 'image-to-video':
      return {
        prompt,
        image_url: uris.get('first-frame'),
        end_image_url: uris.get('last-frame'),
        // The frame more that comes back is not asked for: lengths are sold in whole seconds.
        duration: Math.floor(frames / rate + 1e-9),
        resolution: tierOf(request),
        aspect_ratio: shape,
        fps: rate,
        generate_audio: sound,
      }
    case 'audio-to-video':
      return { prompt, audio_url: uris.get('audio'), image_url: uris.get('first-frame'), aspect_ratio: shape }
    case 'extend':
      return {
        video_url: uris.get('video'),
        prompt,
        duration: seconds(frames, rate),
        mode: request.extend?.at ?? 'end',
        context: request.extend === undefined ? undefined : seconds(request.extend.context, rate),
      }
    case 'retake':
      return {
        video_url: uris.get('video'),
        prompt,
        start_time: seconds(request.retake?.from ?? 0, rate),
        duration: seconds((request.retake?.to ?? frames) - (request.retake?.from ?? 0), rate),
        retake_mode: modes[request.retake?.mode ?? 'both'],
      }
    default:
      return invalid(`fal makes no ${request.operation}`, 'use another provider for this shot')
  }
}

function tierOf({ size }: Request): string {
  const found = tiers.find(({ sizes }) => sizes.some(({ width, height }) => width === size.width && height === size.height))
  return found?.name ?? invalid(`fal has no canvas of ${size.width}x${size.height}`, 'plan again')
}

function openBody(request: Request, uris: Uris, family: 'open' | 'quality'): FalBody {
  const { prompt, negative, seed, size, sound, operation } = request
  const quality = family === 'quality'
  const listens = operation === 'audio-to-video'
  return {
    prompt,
    // Without one, the host's own long list is better than nothing.
    negative_prompt: negative === '' ? undefined : negative,
    seed,
    ...lengthOf(request),
    [quality ? 'frames_per_second' : 'fps']: rateOf(request),
    [quality ? 'resolution' : 'video_size']: { width: size.width, height: size.height },
    generate_audio: listens && !quality ? undefined : sound,
    enable_prompt_expansion: false,
    enable_safety_checker: true,
    video_quality: 'high',
    ...(quality
      ? {}
      : { acceleration: endpointOf(request).includes('/distilled/') ? 'none' : 'regular', camera_lora: request.camera ?? 'none' }),
    ...(quality ? {} : { use_multiscale: true, video_output_type: 'X264 (.mp4)' }),
    image_url: uris.get('first-frame'),
    image_strength: uris.has('first-frame') ? 1 : undefined,
    end_image_url: uris.get('last-frame'),
    audio_url: uris.get('audio'),
    // The sound is cut to the shot already; how many frames are made is said, not guessed.
    match_audio_length: listens ? false : undefined,
    video_url: uris.get('video'),
    ...(operation === 'extend' ? { match_input_fps: false } : {}),
    loras: request.loras?.map(({ path, scale }) => ({ path: adapter(path), scale })),
  }
}

/** In an extend the frames of the context count as made. Both are kept on the grid of 8k + 1, so that a join falls where it is planned. */
function lengthOf({ frames, extend }: Request): FalBody {
  if (extend === undefined) return { num_frames: frames }
  const context = Math.max(8, Math.floor(Math.min(extend.context, mostContext, mostFrames - frames) / 8) * 8)
  return {
    num_frames: frames + context,
    num_context_frames: context,
    extend_direction: extend.at === 'end' ? 'forward' : 'backward',
  }
}

/** An address, or a name that the host finds by itself. A file of this disk cannot be sent. */
function adapter(path: string): string {
  if (/^https:\/\/\S+$/.test(path) || /^[\w-][\w.-]*\/[\w.-]+$/.test(path)) {
    if (path.startsWith('https://') || !/\.(safetensors|ckpt|pt)$/i.test(path)) return path
  }
  return invalid(`fal takes the adapter \`${path}\` by its https address only`, 'put it where the host can read it, and write that address')
}
