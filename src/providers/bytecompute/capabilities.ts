// What ByteCompute sells of LTX-2.3, as data as read on 2026-11-20. It never refuses a length, a rate or a size: it lowers
// them and says so, and the script's `adjust` decides. Two prices by pixels; no seed, no negative prompt, sound always.
import type { Capabilities, ModelOperation, Offer } from '../../lang/catalogue.ts'
import { dollars } from '../../lang/money.ts'

const asOf = '2026-11-20'
const model = 'Lightricks/LTX-2.3'

/** Up to 1280x720 pixels, and above. */
const tiers = [
  { maxPixels: 921_600, perSecond: 0.02 },
  { maxPixels: 1920 * 1080, perSecond: 0.04 },
] as const

const offers = (operation: ModelOperation): readonly Offer[] =>
  tiers.map(({ maxPixels, perSecond }) => ({
    operation,
    model,
    quality: 'pro',
    sizes: { multipleOf: 8, minSide: 512, maxSide: 1920, maxPixels },
    rates: [25, 50],
    seconds: { kind: 'range', min: 4, max: 10, whole: true },
    price: { kind: 'per-second', micros: dollars(perSecond), of: 'output', asOf },
    lastFrame: operation === 'image-to-video',
  }))

export const bytecomputeCapabilities: Capabilities = {
  kind: 'bytecompute',
  title: 'ByteCompute',
  version: '1',
  offers: [...offers('text-to-video'), ...offers('image-to-video')],
  seed: false,
  negative: false,
  promptLimit: 5000,
  reproducibility: 'keep-bytes',
  ready: false,
  // Nothing is said of the grid of sides and frames: the model's own, 32 pixels and 8k + 1.
  slack: { side: 32, frames: 8 },
  adjusts: true,
  continues: 'whole',
  needsKey: true,
  // There is no address that all its customers share.
  needs: new Map([['base', 'base "https://…/v1"']]),
  concurrency: 2,
  staggerMs: 250,
  submit: 'blind',
  resultTtlSeconds: 24 * 3600,
  pace: { perSecond: 8, fixed: 15 },
  callable: true,
}
