// An own GPU that runs LTX-2.3 through a worker: what it can make. Data only. `quality fast` is one pass at the asked size, `pro` two:
// half the size, then doubled. Guided sampling heeds what to avoid and takes its time; without a refiner it knows one pass alone, as `pro`.
import type { Capabilities, ModelOperation, Offer } from '../../lang/catalogue.ts'
import type { Quality } from '../../lang/program.ts'

const operations: readonly ModelOperation[] = ['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake']
/** The positions that the model has learnt; beyond them a clip falls apart. */
const longest = 20
/** What a worker takes at any rate. */
const mostFrames = 1025
/** What an extend is shown of the clip before it, where the script says nothing. */
const usualContext = 3

type Way = { readonly model: string; readonly quality: Quality; readonly stages: 1 | 2; readonly loras?: number }

const offer = (operation: ModelOperation, { model, quality, stages, loras }: Way): Offer => ({
  operation,
  model,
  quality,
  stages,
  sizes: { multipleOf: 32 * stages, minSide: 32 * stages, maxSide: 4096, maxPixels: 4096 * 2304 },
  rates: 'any',
  seconds: {
    kind: 'range',
    // The shortest clip has nine frames; what goes on from one may be shorter.
    min: operation === 'extend' || operation === 'retake' ? 0 : 0.3,
    max: operation === 'extend' ? longest - usualContext : longest,
    whole: false,
  },
  // One latent holds eight frames; the first of a clip holds one. A retake has the frames of its range.
  frames: {
    multiple: operation === 'retake' ? 1 : 8,
    plus: operation === 'extend' || operation === 'retake' ? 0 : 1,
    most: operation === 'extend' ? mostFrames - 1 : mostFrames,
  },
  price: { kind: 'free' },
  lastFrame: 'any',
  keyframes: true,
  segments: true,
  ...(loras === undefined ? {} : { loras }),
  ...(operation === 'extend'
    ? {
        extend: {
          returns: 'new',
          at: ['end', 'start'],
          contextSeconds: { min: 0, max: longest, usual: usualContext },
          maxSeconds: longest,
          stands: true,
        },
      }
    : {}),
  ...(operation === 'retake'
    ? {
        retake: {
          returns: 'range',
          modes: ['both', 'picture', 'sound'],
          minSeconds: 0,
          grid: { multiple: 8, plus: 1 },
          maxSeconds: longest + 1,
        },
      }
    : {}),
})

const distilled = (['fast', 'pro'] as const).map((quality) => ({
  model: 'ltx-2.3-distilled',
  quality,
  stages: quality === 'fast' ? (1 as const) : (2 as const),
}))
const guided = [{ model: 'ltx-2.3', quality: 'pro', stages: 1 }] as const
const refined = distilled.map((way) => ({ ...way, model: 'ltx-2.3' }))

/** Adapters are loaded with the model: as many as it bears, only for shots that have some. */
const offers = (ways: readonly Way[]): readonly Offer[] =>
  operations.flatMap((operation) => ways.flatMap((way) => [offer(operation, way), offer(operation, { ...way, loras: 8 })]))

const base: Omit<Capabilities, 'offers' | 'negative' | 'pace' | 'title'> = {
  kind: 'local',
  version: '2',
  seed: true,
  promptLimit: 8000,
  reproducibility: 'exact',
  ready: false,
  continues: 'link',
  models: 'folder',
  needsKey: false,
  concurrency: 1,
  staggerMs: 0,
  submit: 'client-id',
  callable: true,
}

export const guidedLocal: Capabilities = {
  ...base,
  title: 'an own GPU, guided',
  offers: offers(guided),
  negative: true,
  pace: { perSecond: 30, fixed: 5 },
}

/** Guided at half the size, then refined by the distilled adapter that the block names. */
export const refinedLocal: Capabilities = { ...guidedLocal, offers: offers(refined) }

export const local: Capabilities = {
  ...base,
  title: 'an own GPU',
  offers: offers(distilled),
  // Without guidance nothing pulls away from what is to be avoided: it is said in the words.
  negative: false,
  // Depends on the card; the ledger of real runs knows better.
  pace: { perSecond: 8, fixed: 5 },
  samplings: new Map([
    ['guided', guidedLocal],
    ['guided refined', refinedLocal],
  ]),
}
