// What a server with OpenAI-style videos can make of LTX-2.3: text and a first frame, nothing else. Data only, one set
// a server, since one of them takes no size, no rate and no seed.
import type { Capabilities, Offer } from '../../lang/catalogue.ts'
import type { Quality } from '../../lang/program.ts'
import { type ServerName, servers, usualServer } from './servers.ts'

/** What a script gets that names no model: whatever the server was started with. */
export const ownModel = 'ltx-2.3'
/** Chosen by `model "distilled"`: the server was started with the distilled model. */
export const distilledModel = 'ltx-2.3-distilled'

const operations = ['text-to-video', 'image-to-video'] as const
const qualities: readonly Quality[] = ['fast', 'pro']

/** Sides divide by 32, frames are 8k + 1. */
const exact = (distilled: boolean): readonly Offer[] =>
  operations.flatMap((operation) =>
    qualities.map(
      (quality): Offer => ({
        operation,
        model: distilled ? distilledModel : ownModel,
        quality,
        ...(distilled ? { family: 'distilled', negative: false } : {}),
        sizes: { multipleOf: 32, minSide: 256, maxSide: 3840, maxPixels: 3840 * 2176 },
        rates: [8, 10, 12, 15, 16, 20, 24, 25, 30, 48, 50, 60],
        seconds: { kind: 'range', min: 0.3, max: 20, whole: false },
        frames: { multiple: 8, plus: 1 },
        price: { kind: 'free' },
      }),
    ),
  )

/** 4, 8 and 12 s make 125, 200 and 300 frames at 25 a second, whatever is asked for. */
const tiers: readonly Offer[] = operations.flatMap((operation) =>
  qualities.map((quality) => ({
    operation,
    model: ownModel,
    quality,
    sizes: [{ width: 1920, height: 1088 }],
    rates: [25],
    seconds: { kind: 'list', seconds: [5, 8, 12] },
    price: { kind: 'free' },
  })),
)

function at(name: ServerName): Capabilities {
  const { title, asks } = servers[name]
  const free = asks.kind === 'frames'
  return {
    kind: 'openai-video',
    title: `${title} (a server with /v1/videos)`,
    version: `${name}-1`,
    offers: free ? [...exact(false), ...exact(true)] : tiers,
    seed: free,
    negative: free,
    promptLimit: 8000,
    reproducibility: free ? 'same-host' : 'keep-bytes',
    ready: false,
    continues: 'whole',
    needsKey: false,
    concurrency: 1,
    staggerMs: 0,
    submit: 'blind',
    pace: { perSecond: 10, fixed: 5 },
    callable: true,
  }
}

const names: readonly ServerName[] = ['vllm-omni', 'sglang', 'fastvideo', 'aquiles']

export const openaiVideo: Capabilities = { ...at(usualServer), servers: new Map(names.map((name) => [name, at(name)])) }
