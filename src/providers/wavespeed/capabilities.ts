// What WaveSpeedAI sells of LTX-2.3, as data. Canvases go by a name for their short side, so what comes is near the size
// asked for, not on it; the rate is the host's own. Fields and limits as read on 2026-11-20. Prices of extend and lipsync
// at 720p are the host's and a price test's; the others stand in no page that was read and are set by what the host asks
// for its neighbour models, rounded up, so that a plan is rather too dear than too cheap: `price` in the script corrects them.
import type { Capabilities, ModelOperation, Offer } from '../../lang/catalogue.ts'
import { dollars } from '../../lang/money.ts'
import type { Quality, Size } from '../../lang/program.ts'

const asOf = '2026-11-20'

export type Tier = {
  readonly name: '480p' | '720p' | '1080p'
  readonly sizes: readonly Size[]
  readonly quality: Quality
  readonly picture: number
  readonly voice: number
}
const tier = (name: Tier['name'], width: number, height: number, quality: Quality, picture: number, voice: number): Tier => ({
  name,
  sizes: [
    { width, height },
    { width: height, height: width },
  ],
  quality,
  picture,
  voice,
})
export const tiers: readonly Tier[] = [
  tier('480p', 848, 480, 'fast', 0.03, 0.02),
  tier('720p', 1280, 720, 'pro', 0.06, 0.03),
  tier('1080p', 1920, 1080, 'pro', 0.1, 0.06),
]

const perSecond = (amount: number): Extract<Offer['price'], { kind: 'per-second' }> => ({
  kind: 'per-second',
  micros: dollars(amount),
  of: 'output',
  asOf,
})
/** Set by the neighbour models: the plan says so wherever it shows it. */
const byNeighbours = (amount: number): Offer['price'] => ({ ...perSecond(amount), basis: 'estimate' })
const frameGrid = { multiple: 8, plus: 1 }
export const mostLoras = 3

type Model = { readonly operation: ModelOperation; readonly path: string; readonly loras?: number }
const models: readonly Model[] = [
  { operation: 'text-to-video', path: 'text-to-video' },
  { operation: 'image-to-video', path: 'image-to-video' },
  { operation: 'text-to-video', path: 'text-to-video-lora', loras: mostLoras },
  { operation: 'image-to-video', path: 'image-to-video-lora', loras: mostLoras },
]

const pictures: readonly Offer[] = models.flatMap(({ operation, path, loras }) =>
  tiers.map(
    ({ sizes, quality, picture }): Offer => ({
      operation,
      model: `wavespeed-ai/ltx-2.3/${path}`,
      quality,
      sizes,
      rates: [24],
      seconds: { kind: 'range', min: 5, max: 20, whole: true },
      frames: frameGrid,
      price: byNeighbours(picture),
      ...(loras === undefined ? {} : { loras }),
    }),
  ),
)

/** A voice moves a face; the sound sets the length. */
const voices: readonly Offer[] = tiers.map(({ name, sizes, quality, voice }) => ({
  operation: 'audio-to-video',
  model: 'wavespeed-ai/ltx-2.3/lipsync',
  quality,
  sizes,
  rates: [24],
  seconds: { kind: 'range', min: 5, max: 20, whole: false },
  price: name === '720p' ? perSecond(voice) : byNeighbours(voice),
}))

/** Goes on in the clip's own size and rate, and gives the whole back. Two names; nobody says how they differ. */
const extend = (path: 'extend' | 'video-extend'): Offer => ({
  operation: 'extend',
  model: `wavespeed-ai/ltx-2.3/${path}`,
  quality: 'pro',
  sizes: { multipleOf: 2, minSide: 64, maxSide: 3840, maxPixels: 3840 * 2160 },
  rates: 'any',
  seconds: { kind: 'range', min: 1, max: 20, whole: true },
  price: perSecond(0.1),
  seed: false,
  reproducibility: 'keep-bytes',
  extend: { returns: 'whole', at: ['end'], contextSeconds: { min: 0.3, max: 20 } },
})

/** `model "ltx-2.3-video-extend"` in the script: the other of the two names. */
const other = [...pictures, ...voices, extend('video-extend')].map((offer) => ({ ...offer, family: 'ltx-2.3-video-extend' }))

export const wavespeedCapabilities: Capabilities = {
  kind: 'wavespeed',
  title: 'WaveSpeedAI',
  version: '1',
  offers: [...pictures, ...voices, extend('extend'), ...other],
  seed: true,
  negative: false,
  promptLimit: 5000,
  reproducibility: 'same-host',
  ready: false,
  // Sides are rounded to 32, lengths to 8k + 1 frames at a rate that is not told.
  slack: { side: 32, frames: 6, rate: 'any' },
  continues: 'whole',
  needsKey: true,
  // The lowest level of account: 3 at once, 5 a minute.
  concurrency: 3,
  staggerMs: 300,
  submit: 'list',
  resultTtlSeconds: 7 * 24 * 3600,
  pace: { perSecond: 6, fixed: 10 },
  callable: true,
}
