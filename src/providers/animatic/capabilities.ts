// What the built-in animatic can do: everything, free, at any size and rate, exactly repeatable.
import type { Capabilities, ModelOperation, Offer } from '../../lang/catalogue.ts'
import type { Quality } from '../../lang/program.ts'

/** Raise when the same request would be painted otherwise. */
const brush = '1'

/** The version that goes into every key: ours, and ffmpeg's, since another ffmpeg makes other bytes of the same frames. */
export const animaticVersion = (toolVersion: string): string => `${brush}-ffmpeg-${toolVersion.replace(/[^\w.-]+/g, '_').slice(0, 60)}`

const operations: readonly ModelOperation[] = ['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake']

const offer = (operation: ModelOperation, quality: Quality): Offer => ({
  operation,
  model: 'animatic',
  quality,
  sizes: { multipleOf: 2, minSide: 64, maxSide: 8192, maxPixels: 8192 * 4320 },
  rates: 'any',
  seconds: { kind: 'range', min: 0, max: 3600, whole: false },
  price: { kind: 'free' },
  lastFrame: true,
  keyframes: true,
  segments: true,
  ...(operation === 'extend' ? { extend: { returns: 'new', at: ['end', 'start'], contextSeconds: { min: 0, max: 3600 } } } : {}),
  ...(operation === 'retake' ? { retake: { returns: 'range', modes: ['picture', 'sound', 'both'], minSeconds: 0 } } : {}),
})

/** `toolVersion` is what `ffmpeg -version` calls itself. */
export const animaticCapabilities = (toolVersion: string): Capabilities => ({
  kind: 'animatic',
  title: 'Animatic (built in, offline, free)',
  version: animaticVersion(toolVersion),
  offers: operations.flatMap((operation) => (['fast', 'pro'] as const).map((quality) => offer(operation, quality))),
  seed: true,
  negative: true,
  promptLimit: 20_000,
  reproducibility: 'exact',
  ready: true,
  // The scene travels inside the clips and survives joining, so a whole shot tells all that a link does, and its retakes too.
  continues: 'whole',
  needsKey: false,
  concurrency: 2,
  staggerMs: 0,
  submit: 'replay-key',
  pace: { perSecond: 0.5, fixed: 0.4 },
  callable: true,
})
