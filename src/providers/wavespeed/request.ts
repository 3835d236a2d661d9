// A job as WaveSpeedAI wants it: the model's path and the body. In go the request and the addresses of its files.
import { ProviderFailure } from '../../failure.ts'
import type { Request, Slot } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import { mostLoras, type Tier, tiers } from './capabilities.ts'

export type WaveBody = Readonly<Record<string, unknown>>
/** What stands for a file: its address at the host. */
export type Uris = ReadonlyMap<Slot, string>

const invalid = (message: string, next: string): never => {
  throw new ProviderFailure({ kind: 'invalid', message, next, retry: false, billed: 'no' })
}

/** The path after `/api/v3/`. A model id of the script is one such path, whole. */
export function pathOf({ model }: Pick<Request, 'model'>): string {
  if (/^[\w.-]+(\/[\w.-]+)+$/.test(model) && !model.split('/').includes('..')) return model
  return invalid(`WaveSpeedAI has no model \`${model}\``, 'correct `model` in the provider block')
}

/** Whole seconds: the frame more that comes back is not asked for. */
const secondsOf = ({ frames, rate }: Request): number => Math.max(1, Math.floor(frames / toNumber(rate) + 1e-9))

/** The name of the canvas: by its short side. */
function tierOf({ size }: Request): Tier['name'] {
  const short = Math.min(size.width, size.height)
  return tiers.find(({ sizes }) => short <= Math.min(sizes[0]?.width ?? 0, sizes[0]?.height ?? 0))?.name ?? '1080p'
}

const isUpright = ({ size }: Request): boolean => size.height > size.width

/** An address. A file of this disk cannot be sent as an adapter. */
function adapter(path: string): string {
  if (/^https:\/\/\S+$/.test(path) || (/^[\w-][\w.-]*\/[\w.-]+$/.test(path) && !/\.(safetensors|ckpt|pt)$/i.test(path))) return path
  return invalid(
    `WaveSpeedAI takes the adapter \`${path}\` by its https address only`,
    'put it where the host can read it, and write that address',
  )
}

const lorasOf = ({ loras = [] }: Request): readonly { readonly path: string; readonly scale: number }[] =>
  loras.slice(0, mostLoras).map(({ path, scale }) => ({ path: adapter(path), scale }))

/** `-1` would be a seed of the host's own choice: never left to it. */
const seedOf = ({ seed = 0 }: Request): number => seed % 2_147_483_648

export function bodyOf(request: Request, uris: Uris): WaveBody {
  const { prompt, operation } = request
  const adapters = request.loras === undefined || request.loras.length === 0 ? {} : { loras: lorasOf(request) }
  switch (operation) {
    case 'text-to-video':
      return {
        prompt,
        resolution: tierOf(request),
        aspect_ratio: isUpright(request) ? '9:16' : '16:9',
        duration: secondsOf(request),
        seed: seedOf(request),
        ...adapters,
      }
    case 'image-to-video':
      return {
        image: uris.get('first-frame'),
        prompt,
        resolution: tierOf(request),
        duration: secondsOf(request),
        seed: seedOf(request),
        ...adapters,
      }
    case 'audio-to-video': {
      const image = uris.get('first-frame')
      if (image === undefined && isUpright(request))
        return invalid('without a picture WaveSpeedAI makes this lying, not upright', 'give the shot a picture with `from`')
      return {
        audio: uris.get('audio'),
        ...(image === undefined ? {} : { image }),
        prompt,
        resolution: tierOf(request),
        seed: seedOf(request),
      }
    }
    case 'extend':
      return { video: uris.get('video'), duration: secondsOf(request), prompt }
    default:
      return invalid(`WaveSpeedAI makes no ${operation} with this model`, 'use another provider for this shot')
  }
}
