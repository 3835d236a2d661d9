// What fal.ai sells of LTX-2.3, as data. Three families: the model as Lightricks hosts it (what is bought when the script
// names none), and the open weights as fal runs them (`model "ltx-2.3-22b"`, `model "ltx-2.3-quality"`), which take seeds,
// negative prompts, adapters and exact frames. Fields of 2026-08-02, ranges and prices of 2026-09-28; extend of the
// open weights bills what is made and its context, and gives the whole clip back.
import type { CameraMotion } from '../../lang/camera.ts'
import type { Capabilities, ModelOperation, Offer } from '../../lang/catalogue.ts'
import { dollars } from '../../lang/money.ts'
import type { Quality } from '../../lang/program.ts'
import type { Tier } from '../tiers.ts'
import { tier } from '../tiers.ts'

const asOf = '2026-09-28'

/** The named canvases of the hosted model; there is no 720p here. */
export const tiers: readonly Tier[] = [
  tier('1080p', 1920, 1080, 0.06, 0.08),
  tier('1440p', 2560, 1440, 0.12, 0.16),
  tier('2160p', 3840, 2160, 0.24, 0.32),
]
const everySize = tiers.flatMap(({ sizes }) => sizes)
const fullHd = everySize.slice(0, 2)

const frameGrid = { multiple: 8, plus: 1 }
const perSecond = (amount: number, of: 'output' | 'output-and-context' | 'input'): Offer['price'] => ({
  kind: 'per-second',
  micros: dollars(amount),
  of,
  asOf,
})

const short = [6, 8, 10]
const long = [12, 14, 16, 18, 20]

function hostedPictures(operation: 'text-to-video' | 'image-to-video', quality: Quality): readonly Offer[] {
  const model = `fal-ai/ltx-2.3/${operation}${quality === 'fast' ? '/fast' : ''}`
  return tiers.flatMap(({ name, sizes, [quality]: price }): readonly Offer[] => {
    const offer = (rates: readonly number[], seconds: readonly number[]): Offer => ({
      operation,
      model,
      quality,
      sizes,
      rates,
      seconds: { kind: 'list', seconds },
      frames: frameGrid,
      price: perSecond(price, 'output'),
      lastFrame: operation === 'image-to-video',
    })
    // More than 10 s only from the fast model, at 25 frames a second and 1080p.
    const reachesLong = quality === 'fast' && name === '1080p'
    return [offer([24, 25, 48, 50], short), ...(reachesLong ? [offer([25], long)] : [])]
  })
}

const hostedRates = [24, 25, 48, 50]
const hostedOthers: readonly Offer[] = [
  {
    operation: 'audio-to-video',
    model: 'fal-ai/ltx-2.3/audio-to-video',
    quality: 'pro',
    sizes: fullHd,
    // It takes no rate; the model's own is 24.
    rates: [24],
    seconds: { kind: 'range', min: 2, max: 20, whole: false },
    frames: frameGrid,
    price: perSecond(0.1, 'output'),
  },
  {
    operation: 'extend',
    model: 'fal-ai/ltx-2.3/extend-video',
    quality: 'pro',
    // The clip keeps its size and its rate.
    sizes: everySize,
    rates: hostedRates,
    seconds: { kind: 'range', min: 2, max: 20, whole: false },
    price: perSecond(0.1, 'output-and-context'),
    extend: { returns: 'whole', at: ['end', 'start'], contextSeconds: { min: 1, max: 20 }, maxFrames: 505, leastFrames: 73 },
  },
  {
    operation: 'retake',
    model: 'fal-ai/ltx-2.3/retake-video',
    quality: 'pro',
    sizes: fullHd,
    rates: hostedRates,
    seconds: { kind: 'range', min: 2, max: 20, whole: false },
    price: perSecond(0.1, 'input'),
    retake: { returns: 'whole', modes: ['both', 'picture', 'sound'], minSeconds: 2, leastFrames: 73 },
  },
]

/** An endpoint of the open weights: where it is, what a megapixel costs, with and without adapters. */
type Open = {
  readonly family: string
  readonly path: string
  readonly quality: Quality
  readonly micros: number
  readonly withLoras: number
  readonly operations: readonly ModelOperation[]
  readonly lastFrame: readonly ModelOperation[]
}

const pictures = ['text-to-video', 'image-to-video', 'audio-to-video'] as const
const open: readonly Open[] = [
  {
    family: 'ltx-2.3-22b',
    path: 'fal-ai/ltx-2.3-22b',
    quality: 'pro',
    micros: 1605,
    withLoras: 1805,
    operations: [...pictures, 'extend'],
    lastFrame: ['image-to-video', 'audio-to-video'],
  },
  {
    family: 'ltx-2.3-22b',
    path: 'fal-ai/ltx-2.3-22b/distilled',
    quality: 'fast',
    micros: 1205,
    withLoras: 1405,
    operations: pictures,
    lastFrame: ['image-to-video', 'audio-to-video'],
  },
  {
    family: 'ltx-2.3-quality',
    path: 'fal-ai/ltx-2.3-quality',
    quality: 'pro',
    micros: 2407.5,
    // Not on the page that was read: taken to be dearer by as much as elsewhere.
    withLoras: 2607.5,
    operations: [...pictures, 'extend'],
    lastFrame: [],
  },
]

/** At most so many frames a call, context and all; and so many of them context. */
export const mostFrames = 481
export const mostContext = 120
const leastContext = 8

/** Adapters of the 22B endpoints for the movements of the camera. */
const cameras: readonly CameraMotion[] = ['dolly_in', 'dolly_out', 'dolly_left', 'dolly_right', 'jib_up', 'jib_down', 'static']

function openOffers({ family, path, quality, micros, withLoras, operations, lastFrame }: Open): readonly Offer[] {
  const offer = (operation: ModelOperation, loras: boolean): Offer => ({
    operation,
    model: `${path}/${operation === 'extend' ? 'extend-video' : operation}${loras ? '/lora' : ''}`,
    quality,
    family,
    seed: true,
    negative: true,
    reproducibility: 'same-host',
    // Sides divide by 64: the picture is made at half its size first.
    sizes: { multipleOf: 64, minSide: 256, maxSide: 3840, maxPixels: 3840 * 2176 },
    rates: [12, 15, 16, 24, 25, 30, 48, 50, 60],
    seconds: { kind: 'range', min: 0.75, max: 40, whole: false },
    frames: { ...frameGrid, most: operation === 'extend' ? mostFrames - leastContext : mostFrames },
    price: { kind: 'per-megapixel', micros: loras ? withLoras : micros, asOf },
    lastFrame: lastFrame.includes(operation),
    ...(loras ? { loras: 8 } : {}),
    ...(family === 'ltx-2.3-22b' ? { cameras } : {}),
    ...(operation === 'extend'
      ? {
          extend: {
            returns: 'whole',
            at: ['end', 'start'],
            contextSeconds: { min: 0.2, max: 10 },
            maxFrames: mostFrames,
            maxContextFrames: mostContext,
          } as const,
        }
      : {}),
  })
  return operations.flatMap((operation) => [offer(operation, false), offer(operation, true)])
}

export const falCapabilities: Capabilities = {
  kind: 'fal',
  title: 'fal.ai',
  version: '1',
  offers: [
    ...(['fast', 'pro'] as const).flatMap((quality) => [
      ...hostedPictures('text-to-video', quality),
      ...hostedPictures('image-to-video', quality),
    ]),
    ...hostedOthers,
    ...open.flatMap(openOffers),
  ],
  seed: false,
  negative: false,
  promptLimit: 5000,
  reproducibility: 'keep-bytes',
  ready: false,
  // How many frames more than asked for come back is not written down; a clip that goes on keeps its own rate.
  slack: { side: 0, frames: 8, rate: 'any' },
  continues: 'whole',
  needsKey: true,
  // A new account; it rises with what is spent, to 40. What is over it waits in the queue.
  concurrency: 2,
  staggerMs: 250,
  submit: 'list',
  pace: { perSecond: 6, fixed: 15 },
  callable: true,
}
