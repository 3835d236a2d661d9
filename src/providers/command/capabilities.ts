// A program of the user's: it is asked for anything, and says itself what it cannot do. Data only. It costs what the
// script's `price` says, nothing where it says nothing.
import type { Capabilities, ModelOperation, Offer } from '../../lang/catalogue.ts'
import type { Quality } from '../../lang/program.ts'

const operations: readonly ModelOperation[] = ['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake']
const qualities: readonly Quality[] = ['fast', 'pro']

const offer = (operation: ModelOperation, quality: Quality): Offer => ({
  operation,
  model: quality,
  quality,
  sizes: { multipleOf: 2, minSide: 16, maxSide: 8192, maxPixels: 8192 * 4320 },
  rates: 'any',
  seconds: { kind: 'range', min: 0, max: 3600, whole: false },
  price: { kind: 'per-second', micros: 0, of: 'output', asOf: '2026-11-20' },
  lastFrame: true,
  keyframes: true,
  segments: true,
  ...(operation === 'extend' ? { extend: { returns: 'new', at: ['end', 'start'], contextSeconds: { min: 0, max: 3600 } } } : {}),
  ...(operation === 'retake' ? { retake: { returns: 'range', modes: ['picture', 'sound', 'both'], minSeconds: 0 } } : {}),
})

export const command: Capabilities = {
  kind: 'command',
  title: 'a program of your own',
  version: '1',
  offers: operations.flatMap((operation) => qualities.map((quality) => offer(operation, quality))),
  seed: true,
  negative: true,
  promptLimit: 20_000,
  // Whether the same seed gives the same clip, only its writer knows.
  reproducibility: 'keep-bytes',
  asTold: true,
  ready: false,
  continues: 'whole',
  needsKey: false,
  needs: new Map([['run', 'run "PROGRAM"']]),
  concurrency: 1,
  staggerMs: 0,
  // A submit starts nothing yet.
  submit: 'replay-key',
  pace: { perSecond: 10, fixed: 1 },
  callable: true,
}
