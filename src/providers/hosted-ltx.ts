// The official LTX API: what it offers, at what price. Data only, as read on the dates given; every figure can be
// overridden in the script. The calls are not in this build: films on it are planned and priced, not yet rendered.
import type { Capabilities, Offer } from '../lang/catalogue.ts'
import { dollars } from '../lang/money.ts'
import type { Quality, Size } from '../lang/program.ts'

/** Support matrix and prices: the API's pages as read on 2026-09-27 and 2026-10-07, in two readings that agree. */
const asOf = '2026-10-07'

type Tier = { readonly sizes: readonly Size[]; readonly fast: number; readonly pro: number; readonly sound: number }
const both = (width: number, height: number): readonly Size[] => [
  { width, height },
  { width: height, height: width },
]
const tiers: Readonly<Record<'720p' | '1080p' | '1440p' | '4k', Tier>> = {
  '720p': { sizes: both(1280, 720), fast: 0.03, pro: 0.04, sound: 0.06 },
  '1080p': { sizes: both(1920, 1080), fast: 0.06, pro: 0.08, sound: 0.1 },
  '1440p': { sizes: both(2560, 1440), fast: 0.12, pro: 0.16, sound: 0.18 },
  '4k': { sizes: both(3840, 2160), fast: 0.24, pro: 0.32, sound: 0.34 },
}

const short = [6, 8, 10]
const long = [6, 8, 10, 12, 14, 16, 18, 20]
/** Clips come back with a frame more than rate times seconds: 6 s at 24 fps gave 145. */
const frameGrid = { multiple: 8, plus: 1 }

function generation(quality: Quality): readonly Offer[] {
  const model = quality === 'fast' ? 'ltx-2-3-fast' : 'ltx-2-3-pro'
  return (['text-to-video', 'image-to-video'] as const).flatMap((operation) =>
    Object.entries(tiers).flatMap(([name, tier]): readonly Offer[] => {
      const offer = (rates: readonly number[], seconds: readonly number[]): Offer => ({
        operation,
        model,
        quality,
        sizes: tier.sizes,
        rates,
        seconds: { kind: 'list', seconds },
        frames: frameGrid,
        price: { kind: 'per-second', micros: dollars(tier[quality]), of: 'output', asOf },
        lastFrame: operation === 'image-to-video',
      })
      const reachesLong = quality === 'fast' && (name === '720p' || name === '1080p')
      return reachesLong ? [offer([24, 25], long), offer([48, 50], short)] : [offer([24, 25, 48, 50], short)]
    }),
  )
}

const sound: readonly Offer[] = Object.entries(tiers).map(([name, tier]) => ({
  operation: 'audio-to-video',
  model: 'ltx-2-3-pro',
  quality: 'pro',
  sizes: tier.sizes,
  rates: [24, 25, 48, 50],
  seconds: { kind: 'range', min: 2, max: name === '720p' || name === '1080p' ? 20 : 10, whole: false },
  price: { kind: 'per-second', micros: dollars(tier.sound), of: 'output', asOf },
  lastFrame: true,
}))

const full = tiers['1080p'].sizes
const edits: readonly Offer[] = [
  {
    operation: 'extend',
    model: 'ltx-2-3-pro',
    quality: 'pro',
    sizes: full,
    rates: [24, 25, 48, 50],
    seconds: { kind: 'range', min: 2, max: 20, whole: false },
    price: { kind: 'per-second', micros: dollars(0.1), of: 'output-and-context', asOf },
    // (context + new) x rate may be 505 frames at most.
    extend: { returns: 'whole', at: ['end', 'start'], contextSeconds: { min: 1, max: 20 }, maxFrames: 505 },
  },
  {
    operation: 'retake',
    model: 'ltx-2-3-pro',
    quality: 'pro',
    sizes: full,
    rates: [24, 25, 48, 50],
    seconds: { kind: 'range', min: 2, max: 20, whole: false },
    price: { kind: 'per-second', micros: dollars(0.1), of: 'input', asOf },
    retake: { returns: 'whole', modes: ['both', 'picture', 'sound'], minSeconds: 2 },
  },
]

export const hostedLtx: Capabilities = {
  kind: 'hosted-ltx',
  title: 'the official LTX API',
  version: 'v2',
  offers: [...generation('fast'), ...generation('pro'), ...sound, ...edits],
  seed: false,
  negative: false,
  promptLimit: 5000,
  reproducibility: 'keep-bytes',
  ready: false,
  continues: 'whole',
  needsKey: true,
  concurrency: 2,
  staggerMs: 250,
  submit: 'blind',
  // About 17 s for a fast clip and 30 to 60 s for a pro one.
  pace: { perSecond: 5, fixed: 10 },
  callable: false,
}
