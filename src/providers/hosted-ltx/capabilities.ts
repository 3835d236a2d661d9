// The official LTX API: what it offers, at what price. Data only, as read on the dates given; every figure can be
// overridden in the script. `model "ltx-2-5-pro"` (or `"ltx-2-5"`, which leaves fast or pro to `quality`) picks other models.
import type { CameraMotion } from '../../lang/camera.ts'
import type { Capabilities, Offer } from '../../lang/catalogue.ts'
import { dollars } from '../../lang/money.ts'
import type { Quality, Size } from '../../lang/program.ts'

/** Support matrix and prices: the API's pages as read on 2026-09-27 and 2026-10-07, in two readings that agree. */
const asOf = '2026-10-07'

type TierName = '720p' | '1080p' | '1440p' | '4k'
const both = (width: number, height: number): readonly Size[] => [
  { width, height },
  { width: height, height: width },
]
const tiers: Readonly<Record<TierName, readonly Size[]>> = {
  '720p': both(1280, 720),
  '1080p': both(1920, 1080),
  '1440p': both(2560, 1440),
  '4k': both(3840, 2160),
}
// The names of our own table.
const tierNames = Object.keys(tiers) as readonly TierName[]
const isSmall = (tier: TierName): boolean => tier === '720p' || tier === '1080p'

type Prices = Readonly<Record<TierName, number>>
type Model = {
  readonly id: string
  readonly quality: Quality
  /** Dollars a second of picture; of a clip made to sound; longest sound in seconds at 1080p and below, and above. */
  readonly picture: Prices
  readonly sound?: Prices
  readonly longestSound?: readonly [number, number]
}

/** The prices of sound at 720p, 1440p and 4K stand in one copy only; those of 2.5 are told for 1080p, where they are the picture's. */
const models: Readonly<Record<'2-3' | '2-5', readonly Model[]>> = {
  '2-3': [
    { id: 'ltx-2-3-fast', quality: 'fast', picture: { '720p': 0.03, '1080p': 0.06, '1440p': 0.12, '4k': 0.24 } },
    {
      id: 'ltx-2-3-pro',
      quality: 'pro',
      picture: { '720p': 0.04, '1080p': 0.08, '1440p': 0.16, '4k': 0.32 },
      sound: { '720p': 0.06, '1080p': 0.1, '1440p': 0.18, '4k': 0.34 },
      longestSound: [20, 10],
    },
  ],
  '2-5': [
    {
      id: 'ltx-2-5-fast',
      quality: 'fast',
      picture: { '720p': 0.09, '1080p': 0.13, '1440p': 0.19, '4k': 0.3 },
      sound: { '720p': 0.09, '1080p': 0.13, '1440p': 0.19, '4k': 0.3 },
      longestSound: [20, 10],
    },
    {
      id: 'ltx-2-5-pro',
      quality: 'pro',
      picture: { '720p': 0.12, '1080p': 0.17, '1440p': 0.25, '4k': 0.39 },
      sound: { '720p': 0.12, '1080p': 0.17, '1440p': 0.25, '4k': 0.39 },
      longestSound: [10, 10],
    },
  ],
}

const rates = [24, 25, 48, 50]
const short = [6, 8, 10]
const long = [6, 8, 10, 12, 14, 16, 18, 20]
/** Clips come back with a frame more than rate times seconds: 6 s at 24 fps gave 145. */
const frameGrid = { multiple: 8, plus: 1 }
const cameras: readonly CameraMotion[] = [
  'dolly_in',
  'dolly_out',
  'dolly_left',
  'dolly_right',
  'jib_up',
  'jib_down',
  'static',
  'focus_shift',
]

const perSecond = (amount: number, of: 'output' | 'output-and-context' | 'input'): Offer['price'] => ({
  kind: 'per-second',
  micros: dollars(amount),
  of,
  asOf,
})

function pictures({ id, quality, picture }: Model): readonly Offer[] {
  return (['text-to-video', 'image-to-video'] as const).flatMap((operation) =>
    tierNames.flatMap((tier): readonly Offer[] => {
      const offer = (some: readonly number[], seconds: readonly number[]): Offer => ({
        operation,
        model: id,
        quality,
        sizes: tiers[tier],
        rates: some,
        seconds: { kind: 'list', seconds },
        frames: frameGrid,
        price: perSecond(picture[tier], 'output'),
        lastFrame: operation === 'image-to-video',
        cameras,
      })
      return quality === 'fast' && isSmall(tier) ? [offer([24, 25], long), offer([48, 50], short)] : [offer(rates, short)]
    }),
  )
}

/** The sound sets the length: two seconds at least. */
function sounds({ id, quality, sound, longestSound }: Model): readonly Offer[] {
  if (sound === undefined || longestSound === undefined) return []
  return tierNames.map((tier) => ({
    operation: 'audio-to-video',
    model: id,
    quality,
    sizes: tiers[tier],
    rates,
    seconds: { kind: 'range', min: 2, max: longestSound[isSmall(tier) ? 0 : 1], whole: false },
    price: perSecond(sound[tier], 'output'),
    lastFrame: true,
    cameras,
  }))
}

/** An extend shows the model at least a second of the clip, and at most 505 frames with what is new: at 50 fps that is 9.1 s. */
const mostFrames = 505
/** Of a clip that goes in, into an extend and a retake alike. */
const leastFrames = 73
const extends_: readonly Offer[] = rates.map((rate) => ({
  operation: 'extend',
  model: 'ltx-2-3-pro',
  quality: 'pro',
  // What comes back has the size of what went in: any of these.
  sizes: tierNames.flatMap((tier) => tiers[tier]),
  rates: [rate],
  seconds: { kind: 'range', min: 2, max: Math.min(20, Math.floor(((mostFrames - rate) / rate) * 100) / 100), whole: false },
  price: perSecond(0.1, 'output-and-context'),
  extend: { returns: 'whole', at: ['end', 'start'], contextSeconds: { min: 1, max: 20 }, maxFrames: mostFrames, leastFrames },
}))

/** A retake comes back whole, at 1080p whatever went in, and is billed on the whole input. */
const retake: Offer = {
  operation: 'retake',
  model: 'ltx-2-3-pro',
  quality: 'pro',
  sizes: tiers['1080p'],
  rates,
  seconds: { kind: 'range', min: 2, max: 20, whole: false },
  price: perSecond(0.1, 'input'),
  retake: { returns: 'whole', modes: ['both', 'picture', 'sound'], minSeconds: 2, leastFrames },
}

const edits = [...extends_, retake]
const made = (some: readonly Model[]): readonly Offer[] => [...some.flatMap(pictures), ...some.flatMap(sounds)]
/** What `model "…"` picks; extends and retakes are done by 2.3 pro, whatever the rest is made by. */
const family = (name: string, offers: readonly Offer[]): readonly Offer[] =>
  [...offers, ...edits].map((offer) => ({ ...offer, family: name }))

export const hostedLtx: Capabilities = {
  kind: 'hosted-ltx',
  title: 'the official LTX API',
  version: 'v2',
  offers: [
    ...made(models['2-3']),
    ...edits,
    ...Object.values(models).flatMap((some) => some.flatMap((model) => family(model.id, made([model])))),
    ...family('ltx-2-3', made(models['2-3'])),
    ...family('ltx-2-5', made(models['2-5'])),
  ],
  seed: false,
  negative: false,
  promptLimit: 5000,
  reproducibility: 'keep-bytes',
  ready: false,
  // How seconds become frames is told for one case only; the cut holds the last frame, or leaves some out.
  slack: { side: 0, frames: 8 },
  continues: 'whole',
  needsKey: true,
  concurrency: 2,
  staggerMs: 250,
  submit: 'blind',
  resultTtlSeconds: 24 * 3600,
  // About 17 s for a fast clip and 30 to 60 s for a pro one.
  pace: { perSecond: 5, fixed: 10 },
  callable: true,
}
