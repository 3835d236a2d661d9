// What is asked of a provider for a shot, a link or a patch: the request whose hash is the job's key. Nothing gets
// in that does not decide what comes out.
import { type CameraMotion, cameraMotion } from '../camera.ts'
import type { Capabilities, Offer } from '../catalogue.ts'
import { isEstimate, takesNegative, takesSeed } from '../catalogue.ts'
import { buildPrompt } from '../meaning/prompt.ts'
import type { AssetFacts, Input, JobId, Lora, Request, Sha256, Slate } from '../plan.ts'
import type { Asset, Film, Route, Shot, Step, Words } from '../program.ts'
import type { Span } from '../source.ts'
import type { Rational } from '../time.ts'
import { framesToSeconds, toNumber } from '../time.ts'
import type { Purchase, Refusal } from './offer.ts'
import { priceOf } from './offer.ts'
import type { Jobs } from './plan-jobs.ts'
import { providerTag } from './plan-jobs.ts'

/** The stretch of a sound file that a shot is made to. */
export type Heard = { readonly asset: Asset; readonly from: Rational; readonly to: Rational }

/** What earlier jobs like this one took, in seconds; undefined where there were none. */
export type PaceOf = (provider: string, request: Request) => number | undefined

/** A provider as it is asked. */
export type ShotProvider = {
  readonly name: string
  readonly capabilities: Capabilities
  readonly model?: string
  readonly perSecond?: number
  /** What a job of it is made with on this machine: model, versions, and how the model is run. */
  readonly madeWith?: (job: JobId) => Pick<Request, 'weights' | 'stack' | 'tuning'>
  /** Bytes of the adapters on this machine, by their path. */
  readonly adapters?: ReadonlyMap<string, Sha256>
}

/** All that holds for every take of one shot. */
export type ShotSetting = {
  readonly film: Film
  readonly jobs: Jobs
  readonly provider: ShotProvider
  /** Where a route sends a step of the shot, and how it is told when that cannot be done there. */
  readonly moveOf: (step: Step) => (Pick<ShotSetting, 'provider' | 'refuse' | 'slateModel'> & { readonly route: Route }) | undefined
  readonly cut: Capabilities
  readonly paceOf: PaceOf
  readonly house: 'draft' | 'final'
  readonly facts: ReadonlyMap<string, AssetFacts>
  readonly heard?: Heard
  /** How the people of the cast look, by name. */
  readonly cast: ReadonlyMap<string, string>
  /** Adapters of the people who are in the shot. */
  readonly loras: readonly Lora[]
  /** Length of the first link in film frames. */
  readonly frames: number
  /** Only for animatics: the model the script asks for, shown on the picture. */
  readonly slateModel?: string
  readonly refuse: (refusal: Refusal, span: Span) => void
}

type Base = Pick<
  Request,
  | 'operation'
  | 'provider'
  | 'model'
  | 'size'
  | 'rate'
  | 'frames'
  | 'prompt'
  | 'negative'
  | 'seed'
  | 'camera'
  | 'loras'
  | 'stages'
  | 'sound'
  | 'segments'
  | 'keys'
>

/** The part of a request that every operation has. */
export function baseRequest(shot: Shot, words: Words, seed: number, bought: Purchase, setting: ShotSetting): Base {
  const { capabilities } = setting.provider
  const { offer } = bought
  const seconds = (frames: number): number => toNumber(framesToSeconds(frames, setting.film.rate))
  const negative = takesNegative(capabilities, offer)
  const spoken = buildPrompt(
    words,
    { negative, promptLimit: capabilities.promptLimit },
    {
      soundLed: setting.heard !== undefined,
      cast: setting.cast,
      // A provider without prompt segments is told in words when things happen.
      segments: offer.segments === true ? [] : shot.segments.map(({ from, to, text }) => ({ from: seconds(from), to: seconds(to), text })),
    },
  )
  if (spoken.tooLong) {
    const detail = `its prompt may have ${capabilities.promptLimit} characters, this one has ${spoken.prompt.length}`
    setting.refuse({ what: 'prompt', detail }, shot.span)
  }
  return {
    operation: offer.operation,
    provider: providerTag(capabilities),
    model: setting.provider.model ?? offer.model,
    size: bought.size,
    rate: bought.rate,
    frames: bought.frames,
    prompt: spoken.prompt,
    negative: spoken.negative,
    ...(takesSeed(capabilities, offer) ? { seed } : {}),
    ...cameraOf(words, offer),
    ...(offer.loras === undefined ? {} : { loras: adaptersOf(setting) }),
    ...(offer.stages === undefined ? {} : { stages: offer.stages }),
    sound: true,
    segments: [],
    keys: [],
  }
}

/** Where models are files of this machine, an adapter is one too: its bytes go into the job, its name does not. */
const adaptersOf = ({ loras, provider }: ShotSetting): readonly Lora[] =>
  provider.capabilities.models === 'folder' ? loras.map(({ scale }, index) => ({ path: `lora-${index}`, scale })) : loras

/** The files of a request's adapters. */
export function adapterInputs({ loras, provider }: ShotSetting, request: Request): readonly Input[] {
  if (request.loras === undefined || provider.capabilities.models !== 'folder') return []
  return loras.flatMap(({ path }, index): readonly Input[] => {
    const sha256 = provider.adapters?.get(path)
    return sha256 === undefined ? [] : [{ slot: `lora-${index}`, kind: 'asset', path, sha256 }]
  })
}

/** In the host's own word as well as in the prompt, where that is certain and sold. */
function cameraOf({ camera }: Words, { cameras = [] }: Offer): { camera?: CameraMotion } {
  const motion = cameras.length === 0 ? undefined : cameraMotion(camera)
  return motion !== undefined && cameras.includes(motion) ? { camera: motion } : {}
}

/** What an animatic writes on the picture; empty for every other provider, so that it cannot move their keys. */
export function slateOf(
  shot: Shot,
  take: number,
  words: Words,
  at: { readonly offset: number; readonly label: string },
  setting: ShotSetting,
): { slate?: Slate } {
  if (setting.slateModel === undefined) return {}
  return {
    slate: {
      path: shot.path,
      take,
      label: at.label,
      words: words.action.join(' ') || words.setting,
      camera: words.camera.join(', '),
      sound: words.sound.join(', '),
      say: words.say.map((line) => ({ who: line.who ?? '', text: line.text })),
      offset: at.offset,
      model: setting.slateModel,
    },
  }
}

/** What a shot's first clip is made from. */
export const operationOf = (shot: Shot, setting: ShotSetting): 'audio-to-video' | 'image-to-video' | 'text-to-video' =>
  setting.heard !== undefined ? 'audio-to-video' : shot.from !== undefined ? 'image-to-video' : 'text-to-video'

/** The price of one call; a `price` in the script's provider block replaces the built-in one. */
export function priceWith(setting: ShotSetting, bought: Purchase, inputSeconds = 0, contextSeconds = 0): number {
  const own = setting.provider.perSecond
  const { price } = bought.offer
  if (own === undefined) return priceOf(bought, inputSeconds, contextSeconds)
  // A server of one's own is free, unless the script knows better: a rented one costs.
  const of = price.kind === 'per-second' ? price.of : price.kind === 'free' ? 'output' : 'output-and-context'
  const asOf = price.kind === 'free' ? '' : price.asOf
  const offer: Offer = { ...bought.offer, price: { kind: 'per-second', micros: own, of, asOf } }
  return priceOf({ ...bought, offer }, inputSeconds, contextSeconds)
}

/** No page says this price, and the script does not correct it. */
export const isEstimated = (setting: ShotSetting, bought: Purchase): boolean =>
  setting.provider.perSecond === undefined && isEstimate(bought.offer)

/** What comes back of a purchase, in film frames. */
export const filmFramesOf = (bought: Purchase, setting: ShotSetting): number =>
  Math.round((bought.frames * toNumber(setting.film.rate)) / toNumber(bought.rate))

/** A request to ffmpeg: the house's size and rate, and what is to be done. `frames` 0: as many as its input has. */
export function cutRequest(
  operation: Request['operation'],
  frames: number,
  edit: Record<string, unknown>,
  setting: Pick<ShotSetting, 'film' | 'cut' | 'house'>,
): Request {
  return {
    operation,
    provider: providerTag(setting.cut),
    model: '',
    size: setting.film.size,
    rate: setting.film.rate,
    frames,
    prompt: '',
    negative: '',
    sound: true,
    segments: [],
    keys: [],
    edit: { ...edit, house: setting.house },
  }
}
