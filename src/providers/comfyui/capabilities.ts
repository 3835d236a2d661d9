// A ComfyUI server on an own GPU: what its graphs can make. Data only. Sizes and lengths are those of the open-weight
// pipelines (sides divide by 32, by 64 where the picture is doubled; frames are 8k + 1), read on 2026-11-20.
import type { Capabilities, ModelOperation, Offer } from '../../lang/catalogue.ts'
import type { Quality } from '../../lang/program.ts'

/** What a script gets that names no model: one pass of the distilled model, or half size first and then doubled. */
export const models = { fast: 'ltx-2.3-distilled', pro: 'ltx-2.3-two-stage' } as const

/** The sound node makes 1000 frames at most, so fast rates end sooner than the 20 s after which quality drops. */
const lengths = [
  { rates: [8, 10, 12, 15, 16, 20, 24, 25, 30, 48], seconds: 20 },
  { rates: [50, 60], seconds: 16 },
] as const

type Kind = { readonly operation: ModelOperation; readonly quality: Quality; readonly lastFrame?: true }

const offers = ({ operation, quality, lastFrame }: Kind): readonly Offer[] =>
  lengths.map(({ rates, seconds }) => ({
    operation,
    model: models[quality],
    quality,
    sizes: { multipleOf: quality === 'pro' ? 64 : 32, minSide: 256, maxSide: 3840, maxPixels: 3840 * 2176 },
    rates,
    seconds: { kind: 'range', min: 0.3, max: seconds, whole: false },
    frames: { multiple: 8, plus: 1 },
    price: { kind: 'free' },
    ...(lastFrame === true ? { lastFrame: true } : {}),
  }))

export const comfyui: Capabilities = {
  kind: 'comfyui',
  title: 'a ComfyUI server',
  version: '1',
  offers: [
    ...offers({ operation: 'text-to-video', quality: 'fast' }),
    ...offers({ operation: 'text-to-video', quality: 'pro' }),
    // Guides are laid on in one pass: what has a last frame is made so, whatever the quality.
    ...offers({ operation: 'image-to-video', quality: 'fast', lastFrame: true }),
    ...offers({ operation: 'image-to-video', quality: 'pro' }),
    ...offers({ operation: 'audio-to-video', quality: 'fast' }),
  ],
  seed: true,
  // The distilled model runs at a guidance of 1, where a negative prompt does nothing.
  negative: false,
  promptLimit: 8000,
  reproducibility: 'same-host',
  ready: false,
  continues: 'whole',
  needsKey: false,
  concurrency: 1,
  staggerMs: 0,
  submit: 'client-id',
  // 10 s of 1080p in two stages took 4.7 minutes on a card of 16 GB.
  pace: { perSecond: 28, fixed: 5 },
  callable: true,
}
