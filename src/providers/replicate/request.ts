// A job as Replicate's LTX models want it: which model, and the `input` of the prediction. Nothing that would change what
// comes out is left to a default.
import { ProviderFailure } from '../../failure.ts'
import type { Request, Slot } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import { tiers } from './capabilities.ts'

export type ReplicateInput = Readonly<Record<string, unknown>>
export type Uris = ReadonlyMap<Slot, string>

const invalid = (message: string, next: string): never => {
  throw new ProviderFailure({ kind: 'invalid', message, next, retry: false, billed: 'no' })
}

/** `owner/name`; anything else is no model of Replicate. */
export function modelOf({ model }: Pick<Request, 'model'>): string {
  return /^[\w-][\w.-]*\/[\w.-]+$/.test(model)
    ? model
    : invalid(`\`${model}\` is no model of Replicate`, 'write `model "owner/name"` in the provider block')
}

const tasks: Readonly<Partial<Record<Request['operation'], string>>> = {
  'text-to-video': 'text_to_video',
  'image-to-video': 'image_to_video',
  'audio-to-video': 'audio_to_video',
  extend: 'extend',
  retake: 'retake',
}
const modes = { both: 'replace_audio_and_video', picture: 'replace_video', sound: 'replace_audio' } as const

/** The fields that hold files: their addresses differ each time. */
export const fileFields: ReadonlySet<string> = new Set(['image', 'last_frame_image', 'audio', 'video'])

const given = (fields: ReplicateInput): ReplicateInput =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))

export function inputOf(request: Request, uris: Uris): ReplicateInput {
  const { prompt, size, sound, frames, operation, extend, retake } = request
  const task = tasks[operation] ?? invalid(`Replicate makes no ${operation}`, 'use another provider for this shot')
  const rate = toNumber(request.rate)
  const seconds = (count: number): number => Number((count / rate).toFixed(3))
  // -fast makes pictures only and has no tasks.
  const takesTask = !modelOf(request).endsWith('-fast')
  const common = {
    ...(takesTask ? { task } : {}),
    prompt,
    image: uris.get('first-frame'),
    last_frame_image: uris.get('last-frame'),
    audio: uris.get('audio'),
    video: uris.get('video'),
    resolution: tierOf(request),
    aspect_ratio: size.width >= size.height ? '16:9' : '9:16',
    fps: rate,
    camera_motion: request.camera ?? 'none',
    generate_audio: sound,
  }
  switch (operation) {
    case 'text-to-video':
    case 'image-to-video':
      // The frame more that comes back is not asked for: lengths are sold in whole seconds.
      return given({ ...common, duration: Math.floor(frames / rate + 1e-9) })
    case 'extend':
      return given({ ...common, duration: Math.round(frames / rate), extend_mode: extend?.at ?? 'end' })
    case 'retake':
      return given({
        ...common,
        retake_start_time: seconds(retake?.from ?? 0),
        retake_duration: seconds((retake?.to ?? frames) - (retake?.from ?? 0)),
        retake_mode: modes[retake?.mode ?? 'both'],
      })
    default:
      return given(common)
  }
}

function tierOf({ size }: Request): string {
  const found = tiers.find(({ sizes }) => sizes.some(({ width, height }) => width === size.width && height === size.height))
  return found?.name ?? invalid(`Replicate has no canvas of ${size.width}x${size.height}`, 'plan again')
}
