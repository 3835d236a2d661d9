// An own GPU that runs LTX-2.3: what it can make. Data only: the worker that drives it is not in this build, so
// films on it are planned, not yet rendered.
import type { Capabilities, ModelOperation, Offer } from '../lang/catalogue.ts'

/** Sides divide by 64 in the two-stage pipeline; frames are 8k + 1; quality drops beyond 20 s. */
const offer = (operation: ModelOperation): Offer => ({
  operation,
  model: 'ltx-2.3-distilled',
  quality: 'pro',
  sizes: { multipleOf: 64, minSide: 256, maxSide: 3840, maxPixels: 3840 * 2176 },
  rates: 'any',
  seconds: { kind: 'range', min: 0.3, max: 20, whole: false },
  frames: { multiple: 8, plus: 1 },
  price: { kind: 'free' },
  lastFrame: true,
  keyframes: true,
  segments: true,
  ...(operation === 'extend' ? { extend: { returns: 'new', at: ['end', 'start'], contextSeconds: { min: 0.3, max: 20 } } } : {}),
  ...(operation === 'retake' ? { retake: { returns: 'range', modes: ['both', 'picture', 'sound'], minSeconds: 0.3 } } : {}),
})

export const local: Capabilities = {
  kind: 'local',
  title: 'an own GPU',
  version: '1',
  offers: (['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake'] as const).map(offer),
  seed: true,
  negative: true,
  promptLimit: 8000,
  reproducibility: 'exact',
  ready: false,
  continues: 'link',
  needsKey: false,
  concurrency: 1,
  staggerMs: 0,
  submit: 'client-id',
  // Depends on the card; a ledger of real runs will replace this guess.
  pace: { perSecond: 8, fixed: 5 },
  callable: false,
}
