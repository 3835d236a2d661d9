// From what the planner asks to what a worker is told: the model that has to be resident, and the job. A pure table: the worker
// checks it all again, because its library corrects what does not fit without a word.
import { ProviderFailure } from '../../failure.ts'
import { canonicalJson } from '../../lang/key.ts'
import type { Request, Slot } from '../../lang/plan.ts'
import type { ProviderUse } from '../../lang/program.ts'
import type { Ready } from '../provider.ts'
import type { JobOrder, Load } from './talk.ts'

/** `refiner` is a file. */
export type Folders = { readonly model: string; readonly upsampler?: string; readonly refiner?: string }

const lacks = (what: string): never => {
  throw new ProviderFailure({
    kind: 'input',
    message: `the job has no ${what}`,
    next: 'run again: the plan is made anew',
    retry: false,
    billed: 'no',
  })
}

export function loadFor({ request, files }: Pick<Ready, 'request' | 'files'>, folders: Folders, settings: ProviderUse['settings']): Load {
  const { dtype, offload } = settings
  return {
    ...folders,
    sampling: samplingOf(request),
    ...(request.weights === undefined ? {} : { weights: request.weights }),
    stages: request.stages ?? 1,
    loras: (request.loras ?? []).map(({ scale }, index) => ({ path: files.get(`lora-${index}`) ?? lacks('adapter'), scale })),
    dtype: request.tuning?.dtype ?? (typeof dtype === 'string' ? dtype : 'auto'),
    offload: typeof offload === 'string' ? offload : 'auto',
    deterministic: true,
  }
}

/** The same text means that nothing has to be loaded between two jobs. */
export const loadName = (load: Load): string => canonicalJson(load)

const samplingOf = ({ model }: Request): Load['sampling'] => (model.endsWith('-distilled') ? 'distilled' : 'guided')

/** Of which jobs one after the other need nothing loaded, and no memory laid out anew. */
export const affinityOf = ({ provider, model, weights, stages, loras, size, tuning }: Request): string =>
  canonicalJson({ provider, model, weights, stages, loras, size, tuning })

export function orderFor({ request, files }: Pick<Ready, 'request' | 'files'>, name: string, folder: string): JobOrder {
  const { operation, size, frames, rate, seed, prompt, negative, extend, retake, heard, tuning } = request
  const file = (slot: Slot): string => files.get(slot) ?? lacks(slot)
  const images = imagesOf(request, files)
  return {
    name,
    folder,
    // Pictures on the way, without one at the beginning.
    operation: operation === 'text-to-video' && images.length > 0 ? 'image-to-video' : operation,
    ...size,
    frames,
    rate,
    seed: seed ?? 0,
    prompt,
    negative,
    segments: segmentsOf(request),
    images,
    ...(tuning?.steps === undefined ? {} : { steps: tuning.steps }),
    ...(tuning?.guidance === undefined ? {} : { guidance: tuning.guidance }),
    ...(heard === undefined ? {} : { sound: { path: file('audio'), from: heard.from, to: heard.to } }),
    ...(extend === undefined
      ? {}
      : { extend: { path: file('video'), at: extend.at, stands: extend.stands ?? extend.context, context: extend.context } }),
    ...(retake === undefined ? {} : { retake: { path: file('video'), ...retake } }),
  }
}

/** A worker takes words for stretches that follow each other; the script may let two of them hold at once. */
function segmentsOf({ segments }: Request): JobOrder['segments'] {
  const sorted = [...segments].sort((a, b) => a.from - b.from)
  const over = sorted.find((segment, index) => segment.from < (sorted[index - 1]?.to ?? 0))
  if (over === undefined) return sorted
  throw new ProviderFailure({
    kind: 'invalid',
    message: `two stretches with words of their own overlap at frame ${over.from}`,
    next: 'let one `at` end where the next begins',
    retry: false,
    billed: 'no',
  })
}

/** A first frame replaces what is there; a picture at any other frame leads to it. Of two for one frame the first frame wins. */
function imagesOf({ keys, frames, last }: Request, files: ReadonlyMap<Slot, string>): JobOrder['images'] {
  const images: { path: string; frame: number; strength: number }[] = []
  const add = (slot: Slot, frame: number, strength: number): void => {
    const path = files.get(slot)
    if (path !== undefined && images.every((image) => image.frame !== frame)) images.push({ path, frame, strength })
  }
  add('first-frame', 0, 1)
  add('last-frame', last ?? frames - 1, 1)
  keys.forEach(({ frame, strength }, index) => {
    add(`key-${index}`, Math.min(frame, frames - 1), strength)
  })
  return images
}
