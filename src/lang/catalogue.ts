// What the planner and the checker know of providers: plain data that the providers hand in. Language code
// never imports a provider.
import type { CameraMotion } from './camera.ts'
import type { Money } from './money.ts'
import type { Operation, Reproducibility } from './plan.ts'
import type { Quality, Size } from './program.ts'

export type ModelOperation = Extract<Operation, 'text-to-video' | 'image-to-video' | 'audio-to-video' | 'extend' | 'retake'>

/** One thing that can be bought: a model doing an operation at these sizes, rates and lengths for this price. */
export type Offer = {
  readonly operation: ModelOperation
  readonly model: string
  readonly quality: Quality
  /** Only taken where the script asks for this by `model "…"`; without one, an offer that has no family is. */
  readonly family?: string
  /** Where this endpoint differs from what its provider declares as a whole. */
  readonly seed?: boolean
  readonly negative?: boolean
  readonly reproducibility?: Reproducibility
  /** Takes adapters, at most so many. Only taken for shots that have some. */
  readonly loras?: number
  /** Exact canvases, or any whose sides divide by `multipleOf` within the pixel limits. */
  readonly sizes:
    | readonly Size[]
    | { readonly multipleOf: number; readonly minSide: number; readonly maxSide: number; readonly maxPixels: number }
  /** Whole frames a second, or `any`. */
  readonly rates: readonly number[] | 'any'
  /** Lengths in seconds that can be asked for. `frames`: only lengths of `multiple * k + plus` frames come out, at most `most`. */
  readonly seconds:
    | { readonly kind: 'list'; readonly seconds: readonly number[] }
    | { readonly kind: 'range'; readonly min: number; readonly max: number; readonly whole: boolean }
  readonly frames?: { readonly multiple: number; readonly plus: number; readonly most?: number }
  readonly price: PriceRule
  /** Passes that it is made in, where that is for us to say. */
  readonly stages?: 1 | 2
  /** Takes a last frame as well as a first one; `any`: at any frame, so that it is not lost with what is cut off. */
  readonly lastFrame?: boolean | 'any'
  readonly keyframes?: boolean
  readonly segments?: boolean
  /** Movements of the camera for which it has a word of its own. */
  readonly cameras?: readonly CameraMotion[]
  /** For `extend`: the clip that comes back is the whole, or only what is new; and the context rule. */
  readonly extend?: {
    readonly returns: 'whole' | 'new'
    readonly at: readonly ('end' | 'start')[]
    /** `usual`: where the script says nothing; as much as can be where there is none. */
    readonly contextSeconds: { readonly min: number; readonly max: number; readonly usual?: number }
    /** The context and what is new together. */
    readonly maxSeconds?: number
    /** It is told how many frames of the clip before the film shows. */
    readonly stands?: true
    readonly maxFrames?: number
    readonly maxContextFrames?: number
    /** Of the clip that it goes on from. */
    readonly leastFrames?: number
  }
  /** For `retake`: what comes back, and the shortest range. */
  readonly retake?: {
    readonly returns: 'whole' | 'range'
    readonly modes: readonly ('picture' | 'sound' | 'both')[]
    readonly minSeconds: number
    /** Of the clip that goes in. */
    readonly leastFrames?: number
    /** Frames come in groups, the first at 0 and the others at `multiple * k + plus`: a range is widened to whole ones. */
    readonly grid?: { readonly multiple: number; readonly plus: number }
    /** The longest clip that it is done in; a longer one is cut to what lies around the range. */
    readonly maxSeconds?: number
  }
}

/** `basis`: absent where the host says the price; `estimate` where no page was found that does, and it is set by its neighbours. */
export type PriceRule =
  | { readonly kind: 'free' }
  /** `micros` for each second of: the new part, the new part and its context, or the whole input clip. */
  | {
      readonly kind: 'per-second'
      readonly micros: Money
      readonly of: 'output' | 'output-and-context' | 'input'
      readonly asOf: string
      readonly basis?: 'estimate'
    }
  /** `micros` for each million pixels made: width x height x frames, in an `extend` with the frames of its context. */
  | { readonly kind: 'per-megapixel'; readonly micros: Money; readonly asOf: string; readonly basis?: 'estimate' }

/** What a provider declares about itself. Prices and limits are data with the date they were read. */
export type Capabilities = {
  readonly kind: string
  /** One line for people. */
  readonly title: string
  /** Goes into every job's key; raise it when the same request would give other bytes. */
  readonly version: string
  readonly offers: readonly Offer[]
  readonly seed: boolean
  readonly negative: boolean
  /** Longest prompt in characters. */
  readonly promptLimit: number
  readonly reproducibility: Reproducibility
  /** Only the one who wrote the script can know it: `reproducible` in the block says so. */
  readonly asTold?: true
  /** Files that are ready for the cut as they come: right codec, size, rate and exact length. Others are conformed first. */
  readonly ready: boolean
  /**
   * How far a clip may stray from the request at a host that takes no exact numbers: pixels a side, frames, any rate. Absent: a frame.
   * The cut brings such a clip to the film's form like any other.
   */
  readonly slack?: { readonly side: number; readonly frames: number; readonly rate?: 'any' }
  /** Makes less than it is asked for where it has no room, and says so: the script's `adjust` decides what then happens. */
  readonly adjusts?: true
  /** What `extend` and `retake` go on from: the whole shot so far as one file, or the clip of the link they touch (which carries the model's own state). */
  readonly continues: 'whole' | 'link'
  readonly needsKey: boolean
  /** Jobs at once on one account or machine, and milliseconds between two submits. */
  readonly concurrency: number
  readonly staggerMs: number
  /** What a submit whose answer was lost can be settled by. */
  readonly submit: 'replay-key' | 'reject-key' | 'client-id' | 'list' | 'blind'
  /** Seconds for which the host keeps a result; absent where it keeps it as long as we do. */
  readonly resultTtlSeconds?: number
  /** Seconds of work for one second of video, and the fixed part, from experience. */
  readonly pace: { readonly perSecond: number; readonly fixed: number }
  /** Settings without which it can do nothing, as they are written: `run "PROGRAM"`. */
  readonly needs?: ReadonlyMap<string, string>
  /** What `model "…"` names: an id that is sent as it is, or a folder of this machine, of which only the bytes count. */
  readonly models?: 'folder'
  /** What it can do where `sampling` says how the model is run; with a `refiner` beside it, `guided refined`. */
  readonly samplings?: ReadonlyMap<string, Capabilities>
  /** What it can do at servers that speak its protocol in their own way, by the name in `server "NAME"`. */
  readonly servers?: ReadonlyMap<string, Capabilities>
  /** False for a provider that can be planned and priced but has no calls in this build. */
  readonly callable: boolean
}

/** The server that the script names, else the usual one. */
export const atServer = (capabilities: Capabilities, server: unknown): Capabilities =>
  (typeof server === 'string' ? capabilities.servers?.get(server) : undefined) ?? capabilities

/** With what the script says of itself: `reproducible exact`. */
export const promising = (capabilities: Capabilities, told: unknown): Capabilities =>
  capabilities.asTold === true && (told === 'exact' || told === 'same-host') ? { ...capabilities, reproducibility: told } : capabilities

/** A price that the host does not say itself. */
export const isEstimate = ({ price }: Offer): boolean => price.kind !== 'free' && price.basis === 'estimate'

/** A provider as a script's block has it: its server, its way of sampling, as many jobs at once as it says or has devices. */
export function asUsed(
  capabilities: Capabilities,
  settings: Readonly<Record<string, string | number | boolean | readonly string[]>>,
): Capabilities {
  const { server, sampling, refiner, device, concurrency } = settings
  const there = atServer(capabilities, server)
  const samplings = [...(refiner === undefined ? [] : [`${sampling} refined`]), String(sampling)]
  const used = samplings.map((one) => there.samplings?.get(one)).find((one) => one !== undefined) ?? there
  const devices = Array.isArray(device) ? new Set(device).size : 1
  if (typeof concurrency === 'number') return { ...used, concurrency }
  return devices === 1 ? used : { ...used, concurrency: used.concurrency * devices }
}

/** What an offer takes and promises: its own word, else its provider's. */
export const takesSeed = (capabilities: Capabilities, offer: Offer): boolean => offer.seed ?? capabilities.seed
export const takesNegative = (capabilities: Capabilities, offer: Offer): boolean => offer.negative ?? capabilities.negative
export const promiseOf = (capabilities: Capabilities, offer: Offer): Reproducibility =>
  offer.reproducibility ?? capabilities.reproducibility

/** A provider narrowed to what `model "…"` in the script selects. `named`: the model is a family of offers, not an id to be sent as it is. */
export function selectFamily(capabilities: Capabilities, model: string | undefined): { capabilities: Capabilities; named: boolean } {
  const family = capabilities.offers.filter((offer) => offer.family !== undefined && offer.family === model)
  if (family.length > 0) return { capabilities: { ...capabilities, offers: family }, named: true }
  return { capabilities: { ...capabilities, offers: capabilities.offers.filter((offer) => offer.family === undefined) }, named: false }
}

/** All providers by kind. */
export type Catalogue = ReadonlyMap<string, Capabilities>
