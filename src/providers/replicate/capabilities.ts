// What Replicate sells of LTX-2.3, as data: two models, -pro with all five tasks and -fast with pictures only. Fields and
// limits as read from a copy of the model's page; the price of 1080p and 2k from two bills and a catalogue, the others as at
// the model's maker.
import type { CameraMotion } from '../../lang/camera.ts'
import type { Capabilities, Offer } from '../../lang/catalogue.ts'
import { dollars } from '../../lang/money.ts'
import type { Quality } from '../../lang/program.ts'
import type { Tier } from '../tiers.ts'
import { tier } from '../tiers.ts'

const asOf = '2026-11-20'

/** There is no 720p here: it is refused. */
export const tiers: readonly Tier[] = [
  tier('1080p', 1920, 1080, 0.06, 0.08),
  tier('2k', 2560, 1440, 0.12, 0.16),
  tier('4k', 3840, 2160, 0.24, 0.32),
]
const fullHd = tiers[0]?.sizes ?? []

const pro = 'lightricks/ltx-2.3-pro'
const fast = 'lightricks/ltx-2.3-fast'
const rates = [24, 25, 48, 50]
const short = [6, 8, 10]
const long = [12, 14, 16, 18, 20]
const frames = { multiple: 8, plus: 1 }

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

function pictures(operation: 'text-to-video' | 'image-to-video', quality: Quality): readonly Offer[] {
  return tiers.flatMap(({ name, sizes, [quality]: price }): readonly Offer[] => {
    const offer = (at: readonly number[], seconds: readonly number[]): Offer => ({
      operation,
      model: quality === 'fast' ? fast : pro,
      quality,
      sizes,
      rates: at,
      seconds: { kind: 'list', seconds },
      frames,
      price: perSecond(price, 'output'),
      lastFrame: operation === 'image-to-video',
      cameras,
    })
    const reachesLong = quality === 'fast' && name === '1080p'
    return [offer(rates, short), ...(reachesLong ? [offer([24, 25], long)] : [])]
  })
}

const others: readonly Offer[] = [
  {
    operation: 'audio-to-video',
    model: pro,
    quality: 'pro',
    sizes: fullHd,
    rates,
    seconds: { kind: 'range', min: 2, max: 20, whole: false },
    frames,
    price: perSecond(0.1, 'output'),
    lastFrame: true,
    cameras,
  },
  {
    operation: 'extend',
    model: pro,
    quality: 'pro',
    sizes: fullHd,
    rates,
    seconds: { kind: 'list', seconds: short },
    price: perSecond(0.1, 'output-and-context'),
    // How much of the clip the model is shown cannot be said: as much as fits.
    extend: { returns: 'whole', at: ['end', 'start'], contextSeconds: { min: 1, max: 20 }, maxFrames: 505, leastFrames: 73 },
  },
  {
    operation: 'retake',
    model: pro,
    quality: 'pro',
    sizes: fullHd,
    rates,
    seconds: { kind: 'range', min: 2, max: 20, whole: false },
    price: perSecond(0.1, 'input'),
    retake: { returns: 'whole', modes: ['both', 'picture', 'sound'], minSeconds: 2, leastFrames: 73 },
  },
]

export const replicateCapabilities: Capabilities = {
  kind: 'replicate',
  title: 'Replicate',
  version: '1',
  offers: [
    ...(['fast', 'pro'] as const).flatMap((quality) => [...pictures('text-to-video', quality), ...pictures('image-to-video', quality)]),
    ...others,
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
  // 600 creations a minute in all, about one a second when credit is low.
  concurrency: 8,
  staggerMs: 250,
  submit: 'list',
  pace: { perSecond: 8, fixed: 10 },
  callable: true,
}
