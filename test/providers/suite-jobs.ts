// One job for each operation a provider offers, asked for as the planner would ask: the offer chosen by the planner's
// own rule, small and short, with inputs as people have them (PNG, PCM in a WAV, a clip of our own with FLAC).
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import type { Capabilities, ModelOperation } from '../../src/lang/catalogue.ts'
import { takesNegative, takesSeed } from '../../src/lang/catalogue.ts'
import type { Request, Slot } from '../../src/lang/plan.ts'
import { purchase } from '../../src/lang/planning/offer.ts'
import type { Size } from '../../src/lang/program.ts'
import type { Rate } from '../../src/lang/time.ts'
import { toNumber } from '../../src/lang/time.ts'
import { muxArguments, soundArguments, videoArguments } from '../../src/media/house.ts'
import type { Ready } from '../../src/providers/provider.ts'
import type { SuiteWorld } from './suite-world.ts'

export const operationsOf = (capabilities: Capabilities): readonly ModelOperation[] => [
  ...new Set(capabilities.offers.filter(({ family }) => family === undefined).map(({ operation }) => operation)),
]

async function still(suite: SuiteWorld, size: Size, shade: string): Promise<string> {
  const path = join(suite.folder, `still-${size.width}x${size.height}-${shade.slice(1)}.png`)
  if (existsSync(path)) return path
  const canvas = createCanvas(size.width, size.height)
  const ink = canvas.getContext('2d')
  ink.fillStyle = shade
  ink.fillRect(0, 0, size.width, size.height)
  await suite.world.files.writeWhole(path, await canvas.encode('png'))
  return path
}

async function tone(suite: SuiteWorld, seconds: number): Promise<string> {
  const path = join(suite.folder, `tone-${seconds}.wav`)
  if (existsSync(path)) return path
  const lavfi = `sine=frequency=330:sample_rate=48000:duration=${seconds}`
  await suite.tool.run({ inputs: [{ lavfi }], outputs: [{ path, options: ['-c:a', 'pcm_s16le', '-ac', '2'] }] })
  return path
}

/** In the house format: H.264 and FLAC. */
async function clip(suite: SuiteWorld, size: Size, rate: Rate, seconds: number): Promise<string> {
  const path = join(suite.folder, `clip-${size.width}x${size.height}-${rate.num}-${seconds}.mp4`)
  if (existsSync(path)) return path
  const picture = { lavfi: `color=c=gray:size=${size.width}x${size.height}:rate=${rate.num}/${rate.den}:duration=${seconds}` }
  const sound = { lavfi: `sine=frequency=220:sample_rate=48000:duration=${seconds}` }
  const options = ['-map', '0:v', '-map', '1:a', ...videoArguments({ size, rate, quality: 'draft' }), ...soundArguments, ...muxArguments]
  await suite.tool.run({ inputs: [picture, sound], outputs: [{ path, options }] })
  return path
}

export type Asked = { readonly prompt?: string; readonly attempt?: number; readonly request?: Partial<Request> }

/** A job for this operation. `attempt` names another attempt at the same job. */
export async function readyFor(
  suite: SuiteWorld,
  capabilities: Capabilities,
  operation: ModelOperation,
  { prompt = 'a harbor at dawn, gulls over the water', attempt = 1, request: over = {} }: Asked = {},
): Promise<Ready> {
  const bought = purchase(
    { ...capabilities, offers: capabilities.offers.filter(({ family }) => family === undefined) },
    {
      operation,
      frames: 48,
      size: { width: 320, height: 180 },
      rate: { num: 24, den: 1 },
      quality: 'fast',
      lastFrame: false,
      keyframes: false,
      ...(operation === 'extend' ? { extendAt: 'end' } : {}),
      ...(operation === 'retake' ? { mode: 'both' } : {}),
    },
  )
  if ('what' in bought) throw new Error(`${capabilities.kind} offers ${operation} and sells none: ${bought.detail}`)
  const { offer, size, rate, frames } = bought
  const seconds = frames / toNumber(rate)
  const inputSeconds = Math.max(5, Math.ceil(seconds) + 1)
  const files = new Map<Slot, string>()
  if (operation === 'image-to-video') files.set('first-frame', await still(suite, { width: 640, height: 400 }, '#884422'))
  if (operation === 'audio-to-video') files.set('audio', await tone(suite, Math.ceil(seconds) + 1))
  if (operation === 'audio-to-video') files.set('first-frame', await still(suite, size, '#224488'))
  if (operation === 'extend' || operation === 'retake') files.set('video', await clip(suite, size, rate, inputSeconds))
  const request: Request = {
    operation,
    provider: capabilities.kind,
    model: offer.model,
    size,
    rate,
    frames,
    prompt,
    negative: takesNegative(capabilities, offer) ? 'text, logo' : '',
    ...(takesSeed(capabilities, offer) ? { seed: 4217 } : {}),
    sound: true,
    segments: [],
    keys: [],
    ...(operation === 'extend' ? { extend: { at: 'end', context: Math.round(toNumber(rate)) } } : {}),
    ...(operation === 'retake' ? { retake: { from: 24, to: 24 + frames, mode: 'both' } } : {}),
    ...(operation === 'audio-to-video' ? { heard: { from: { num: 0, den: 1 }, to: { num: frames * rate.den, den: rate.num } } } : {}),
    ...over,
  }
  const key = suite.world.sha256(JSON.stringify([request, [...files.keys()]]))
  const clientKey = suite.world.sha256(`${key} ${attempt}`).slice(0, 32)
  return { id: `suite/${operation}`, key, clientKey, begunAt: suite.world.clock.now(), request, files }
}
