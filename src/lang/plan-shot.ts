// One shot's jobs, for one take: the first clip, then each extend and retake on what all above made, with the
// bridges in between. Goes in: the shot as merged by the evaluator. Comes out: jobs, and the one whose file is the shot.
import type { Capabilities } from './catalogue.ts'
import type { Need, Purchase, Refusal } from './offer.ts'
import { priceOf, purchase } from './offer.ts'
import type { AssetFacts, Bridge, Input, Job, JobId, Request, Slate, Slot } from './plan.ts'
import type { Jobs } from './plan-jobs.ts'
import { providerTag } from './plan-jobs.ts'
import type { Asset, Film, Shot, Step, Words } from './program.ts'
import { buildPrompt } from './prompt.ts'
import type { Span } from './source.ts'
import type { Rational } from './time.ts'
import { add, framesToSeconds, rational, toNumber } from './time.ts'

/** The stretch of a sound file that a shot is made to. */
export type Heard = { readonly asset: Asset; readonly from: Rational; readonly to: Rational }

export type ShotSetting = {
  readonly film: Film
  readonly jobs: Jobs
  readonly provider: { readonly name: string; readonly capabilities: Capabilities; readonly model?: string; readonly perSecond?: number }
  readonly cut: Capabilities
  readonly house: 'draft' | 'final'
  readonly facts: ReadonlyMap<string, AssetFacts>
  readonly heard?: Heard
  /** How the people of the cast look, by name. */
  readonly cast: ReadonlyMap<string, string>
  /** Length of the first link in film frames. */
  readonly frames: number
  /** Only for animatics: the model the script asks for, shown on the picture. */
  readonly slateModel?: string
  readonly refuse: (refusal: Refusal, span: Span) => void
}

/** What a take of a shot comes to. `final`: the job whose file is the shot. */
export type PlannedTake = {
  readonly final: JobId
  readonly frames: number
  readonly bridges: readonly Bridge[]
  readonly asked: Rational
  readonly bought: Rational
  readonly jobs: readonly JobId[]
  readonly model: string
}

/** Where the shot stands while its steps are worked off. `links` are the model's own clips, end to end. */
type Standing = {
  readonly whole: JobId
  readonly frames: number
  readonly links: readonly { readonly job: JobId; readonly frames: number }[]
}

type Draft = { bridges: Bridge[]; asked: Rational; bought: Rational; jobs: JobId[]; model: string }

/** Plans one take. Undefined when the provider cannot do it; the reason has been reported. */
export function planTake(shot: Shot, take: number, setting: ShotSetting): PlannedTake | undefined {
  const draft: Draft = { bridges: [], asked: rational(0), bought: rational(0), jobs: [], model: '' }
  let standing = planFirst(shot, take, setting, draft)
  for (const [index, step] of shot.steps.entries()) {
    if (standing === undefined) return undefined
    standing =
      step.kind === 'extend'
        ? planExtend(shot, step, index + 1, take, standing, setting, draft)
        : planRetake(shot, step, index + 1, take, standing, setting, draft)
  }
  if (standing === undefined) return undefined
  return { final: standing.whole, frames: standing.frames, ...draft }
}

const jobId = (shot: Shot, take: number, step: number, part = ''): JobId => `${shot.path}@${take}${step > 0 ? `+${step}` : ''}${part}`

function assetInput(slot: Slot, asset: Asset, facts: ShotSetting['facts']): readonly Input[] {
  const known = facts.get(asset.path)
  return known === undefined ? [] : [{ slot, kind: 'asset', path: asset.path, sha256: known.sha256 }]
}

/** The first link: text, image or sound to video; chained when it is longer than one call can be. */
function planFirst(shot: Shot, take: number, setting: ShotSetting, draft: Draft): Standing | undefined {
  const operation = setting.heard !== undefined ? 'audio-to-video' : shot.from !== undefined ? 'image-to-video' : 'text-to-video'
  const need: Need = {
    operation,
    frames: setting.frames,
    size: setting.film.size,
    rate: setting.film.rate,
    quality: shot.quality,
    lastFrame: shot.to !== undefined,
    keyframes: shot.keys.length > 0,
  }
  const bought = purchase(setting.provider.capabilities, need)
  if ('what' in bought) return chainFirst(shot, take, setting, draft, need, bought)
  const inputs = [
    ...(shot.from === undefined ? [] : assetInput('first-frame', shot.from, setting.facts)),
    ...(shot.to === undefined ? [] : assetInput('last-frame', shot.to, setting.facts)),
    ...(setting.heard === undefined ? [] : assetInput('audio', setting.heard.asset, setting.facts)),
    ...shot.keys.flatMap((key, index) => assetInput(`key-${index}`, key.image, setting.facts)),
  ]
  const request: Request = {
    ...baseRequest(shot.words, bought, setting, shot.seed + take - 1, shot),
    segments: bought.offer.segments === true ? shot.segments.map(({ from, to, text }) => ({ from, to, text })) : [],
    keys: shot.keys.map(({ frame, strength }) => ({ frame, strength })),
    ...(setting.heard === undefined ? {} : { heard: { from: setting.heard.from, to: setting.heard.to } }),
    ...slateOf(shot, take, shot.words, 0, '', setting),
  }
  const id = jobId(shot, take, 0)
  addModelJob(
    { id, shot, take, step: 0, request, inputs, bought, price: priceWith(setting, bought, 0, 0), span: shot.span },
    setting,
    draft,
  )
  draft.model = bought.offer.model
  count(draft, framesToSeconds(setting.frames, setting.film.rate), bought)
  const whole = conform(shot, take, 0, id, bought, setting.frames, setting, draft)
  return { whole, frames: setting.frames, links: [{ job: id, frames: setting.frames }] }
}

/** A first link that is too long for one call becomes the longest one and extends, when the provider can extend. */
function chainFirst(shot: Shot, take: number, setting: ShotSetting, draft: Draft, need: Need, refusal: Refusal): Standing | undefined {
  const canExtend = setting.provider.capabilities.offers.some(
    (offer) => offer.operation === 'extend' && offer.extend?.at.includes('end') === true,
  )
  if (refusal.what !== 'duration' || refusal.longest === undefined || !canExtend || setting.heard !== undefined || shot.to !== undefined) {
    setting.refuse(refusal, shot.span)
    return undefined
  }
  const perLink = Math.floor(refusal.longest * toNumber(need.rate))
  const lengths: number[] = []
  for (let left = need.frames; left > 0; left -= perLink) lengths.push(Math.min(left, perLink))
  let standing = planFirst(shot, take, { ...setting, frames: lengths[0] ?? need.frames }, draft)
  for (const [index, frames] of lengths.slice(1).entries()) {
    if (standing === undefined) return undefined
    const step: Extract<Step, { kind: 'extend' }> = {
      kind: 'extend',
      frames,
      at: 'end',
      words: shot.words,
      seed: shot.seed,
      span: shot.span,
    }
    standing = planExtend(shot, step, 0, take, standing, setting, draft, `:link-${index + 2}`)
  }
  draft.bridges.push({ kind: 'chain', links: lengths.length })
  return standing
}

function planExtend(
  shot: Shot,
  step: Extract<Step, { kind: 'extend' }>,
  index: number,
  take: number,
  standing: Standing,
  setting: ShotSetting,
  draft: Draft,
  part = '',
): Standing | undefined {
  const bought = purchase(setting.provider.capabilities, {
    operation: 'extend',
    frames: step.frames,
    size: setting.film.size,
    rate: setting.film.rate,
    quality: shot.quality,
    lastFrame: false,
    keyframes: false,
    extendAt: step.at,
  })
  if ('what' in bought) return refuse(bought, step.span, setting)
  const rule = bought.offer.extend
  const link = step.at === 'end' ? standing.links.at(-1) : standing.links[0]
  const source =
    setting.provider.capabilities.continues === 'link' && link !== undefined ? link : { job: standing.whole, frames: standing.frames }
  const context = contextFrames(step, bought, source.frames, setting)
  const request: Request = {
    ...baseRequest(step.words, bought, setting, step.seed + take - 1, shot),
    extend: { at: step.at, context },
    ...slateOf(shot, take, step.words, step.at === 'end' ? standing.frames : 0, step.at === 'end' ? 'EXTEND' : 'EXTEND BEFORE', setting),
  }
  const id = jobId(shot, take, index, part)
  const contextSeconds = context / toNumber(setting.film.rate)
  const price = priceWith(setting, bought, standing.frames / toNumber(setting.film.rate), contextSeconds)
  addModelJob(
    { id, shot, take, step: index, request, inputs: [{ slot: 'video', kind: 'job', id: source.job }], bought, price, span: step.span },
    setting,
    draft,
  )
  count(draft, framesToSeconds(step.frames, setting.film.rate), bought)
  const returnsWhole = rule?.returns === 'whole'
  const fresh = setting.provider.capabilities.ready ? id : conformWhole(shot, take, index, id, setting, draft, part)
  // The frames that were there stay the ones that were there; only what is new is taken from the new file.
  const old = { slot: 'part-0' as const, from: 0, frames: standing.frames, job: standing.whole }
  const surplus = Math.max(0, filmFramesOf(bought, setting) - step.frames)
  const newFrom = step.at === 'start' ? surplus : returnsWhole ? standing.frames : 0
  const added = { slot: 'part-1' as const, from: newFrom, frames: step.frames, job: fresh }
  const parts = step.at === 'end' ? [old, added] : [added, old]
  const whole = addCutJob(
    shot,
    take,
    index,
    `${part}:join`,
    'join',
    standing.frames + step.frames,
    { kind: 'join', parts: parts.map(({ slot, from, frames }) => ({ slot, from, frames })) },
    parts.map(({ slot, job }) => ({ slot, kind: 'job', id: job })),
    step.span,
    setting,
    draft,
  )
  const made = { job: id, frames: step.frames }
  return { whole, frames: standing.frames + step.frames, links: step.at === 'end' ? [...standing.links, made] : [made, ...standing.links] }
}

function planRetake(
  shot: Shot,
  step: Extract<Step, { kind: 'retake' }>,
  index: number,
  take: number,
  standing: Standing,
  setting: ShotSetting,
  draft: Draft,
): Standing | undefined {
  const from = 'last' in step.range ? Math.max(0, standing.frames - step.range.last) : step.range.from
  const to = 'last' in step.range ? standing.frames : Math.min(step.range.to, standing.frames)
  const mode = step.keep === 'sound' ? 'picture' : step.keep === 'picture' ? 'sound' : 'both'
  const bought = purchase(setting.provider.capabilities, {
    operation: 'retake',
    frames: to - from,
    size: setting.film.size,
    rate: setting.film.rate,
    quality: shot.quality,
    lastFrame: false,
    keyframes: false,
    mode,
  })
  if ('what' in bought) return refuse(bought, step.span, setting)
  const link = linkAt(standing, from)
  const byLink = setting.provider.capabilities.continues === 'link' && link !== undefined && to <= link.start + link.frames
  const source = byLink ? link : { job: standing.whole, start: 0, frames: standing.frames }
  const asked = widen({ from, to }, filmFramesOf(bought, setting), source)
  const request: Request = {
    ...baseRequest(step.words, bought, setting, step.seed + take - 1, shot),
    retake: { from: asked.from - source.start, to: asked.to - source.start, mode },
    ...slateOf(shot, take, step.words, from, 'RETAKE', setting),
  }
  const id = jobId(shot, take, index)
  const wholeSeconds = standing.frames / toNumber(setting.film.rate)
  addModelJob(
    {
      id,
      shot,
      take,
      step: index,
      request,
      inputs: [{ slot: 'video', kind: 'job', id: source.job }],
      bought,
      price: priceWith(setting, bought, wholeSeconds, 0),
      span: step.span,
    },
    setting,
    draft,
  )
  count(draft, framesToSeconds(to - from, setting.film.rate), bought)
  const fresh = setting.provider.capabilities.ready ? id : conformWhole(shot, take, index, id, setting, draft, '')
  const patchFrom = bought.offer.retake?.returns === 'whole' ? from - source.start : from - asked.from
  const whole = addCutJob(
    shot,
    take,
    index,
    ':splice',
    'splice',
    standing.frames,
    { kind: 'splice', from, to, patchFrom, mode },
    [
      { slot: 'video', kind: 'job', id: standing.whole },
      { slot: 'patch', kind: 'job', id: fresh },
    ],
    step.span,
    setting,
    draft,
  )
  return { whole, frames: standing.frames, links: standing.links }
}

/** What comes back of a purchase, in film frames. */
const filmFramesOf = (bought: Purchase, setting: ShotSetting): number =>
  Math.round((bought.frames * toNumber(setting.film.rate)) / toNumber(bought.rate))

/** A range that is shorter than can be asked for is asked for with its surroundings, which are then left out of the splice. */
function widen(
  range: { from: number; to: number },
  frames: number,
  within: { start: number; frames: number },
): { from: number; to: number } {
  const wanted = Math.min(within.frames, Math.max(range.to - range.from, frames))
  const centred = range.from - Math.floor((wanted - (range.to - range.from)) / 2)
  const from = Math.max(within.start, Math.min(centred, within.start + within.frames - wanted))
  return { from, to: from + wanted }
}

/** The link that a frame of the shot lies in, and where that link starts. */
function linkAt(standing: Standing, frame: number): { job: JobId; start: number; frames: number } | undefined {
  let start = 0
  for (const link of standing.links) {
    if (frame < start + link.frames) return { ...link, start }
    start += link.frames
  }
  return undefined
}

function refuse(refusal: Refusal, span: Span, setting: ShotSetting): undefined {
  setting.refuse(refusal, span)
  return undefined
}

/** How many frames the model is shown: as written, else as many as the offer's limits allow. */
function contextFrames(step: Extract<Step, { kind: 'extend' }>, bought: Purchase, available: number, setting: ShotSetting): number {
  const rule = bought.offer.extend
  if (rule === undefined) return available
  const rate = toNumber(setting.film.rate)
  const most = Math.min(
    available,
    Math.floor(rule.contextSeconds.max * rate),
    rule.maxFrames === undefined ? available : rule.maxFrames - bought.frames,
  )
  const least = Math.min(available, Math.ceil(rule.contextSeconds.min * rate))
  return Math.max(least, Math.min(step.context ?? most, most))
}

type Common = Pick<
  Request,
  'operation' | 'provider' | 'model' | 'size' | 'rate' | 'frames' | 'prompt' | 'negative' | 'seed' | 'sound' | 'segments' | 'keys'
>

function baseRequest(words: Words, bought: Purchase, setting: ShotSetting, seed: number, shot: Shot): Common {
  const { capabilities } = setting.provider
  const seconds = (frames: number): number => toNumber(framesToSeconds(frames, setting.film.rate))
  const spoken = buildPrompt(words, capabilities, {
    soundLed: setting.heard !== undefined,
    cast: setting.cast,
    // A provider without prompt segments is told in words when things happen.
    segments:
      bought.offer.segments === true ? [] : shot.segments.map(({ from, to, text }) => ({ from: seconds(from), to: seconds(to), text })),
  })
  if (spoken.tooLong)
    setting.refuse(
      { what: 'prompt', detail: `its prompt may have ${capabilities.promptLimit} characters, this one has ${spoken.prompt.length}` },
      shot.span,
    )
  return {
    operation: bought.offer.operation,
    provider: providerTag(capabilities),
    model: setting.provider.model ?? bought.offer.model,
    size: bought.size,
    rate: bought.rate,
    frames: bought.frames,
    prompt: spoken.prompt,
    negative: spoken.negative,
    ...(capabilities.seed ? { seed } : {}),
    sound: true,
    segments: [],
    keys: [],
  }
}

function slateOf(shot: Shot, take: number, words: Words, offset: number, label: string, setting: ShotSetting): { slate?: Slate } {
  if (setting.slateModel === undefined) return {}
  return {
    slate: {
      path: shot.path,
      take,
      label,
      words: words.action.join(' ') || words.setting,
      camera: words.camera.join(', '),
      sound: words.sound.join(', '),
      say: words.say.map((line) => ({ who: line.who ?? '', text: line.text })),
      offset,
      model: setting.slateModel,
    },
  }
}

function priceWith(setting: ShotSetting, bought: Purchase, inputSeconds: number, contextSeconds: number): number {
  const own = setting.provider.perSecond
  const { price } = bought.offer
  const offer = own === undefined || price.kind === 'free' ? bought.offer : { ...bought.offer, price: { ...price, micros: own } }
  return priceOf({ ...bought, offer }, inputSeconds, contextSeconds)
}

function count(draft: Draft, needed: Rational, bought: Purchase): void {
  draft.asked = add(draft.asked, needed)
  draft.bought = add(draft.bought, framesToSeconds(bought.frames, bought.rate))
  for (const bridge of bought.bridges) draft.bridges.push(bridge)
}

type ModelJob = {
  readonly id: JobId
  readonly shot: Shot
  readonly take: number
  readonly step: number
  readonly request: Request
  readonly inputs: readonly Input[]
  readonly bought: Purchase
  readonly price: number
  readonly span: Span
}

function addModelJob(job: ModelJob, setting: ShotSetting, draft: Draft): Job {
  const { capabilities, name } = setting.provider
  draft.jobs.push(job.id)
  return setting.jobs.add({
    id: job.id,
    path: job.shot.path,
    take: job.take,
    step: job.step,
    operation: job.request.operation,
    provider: name,
    request: job.request,
    inputs: job.inputs,
    price: job.price,
    expected: capabilities.pace.fixed + capabilities.pace.perSecond * job.bought.seconds,
    reproducibility: capabilities.reproducibility,
    span: job.span,
  })
}

/** Brings the first clip to house form where it is not, cut to the length that is needed. */
function conform(
  shot: Shot,
  take: number,
  step: number,
  source: JobId,
  bought: Purchase,
  frames: number,
  setting: ShotSetting,
  draft: Draft,
): JobId {
  if (setting.provider.capabilities.ready && bought.bridges.length === 0) return source
  return addCutJob(
    shot,
    take,
    step,
    ':conform',
    'conform',
    frames,
    { kind: 'conform', trim: { from: 0, frames }, fit: 'crop' },
    [{ slot: 'video', kind: 'job', id: source }],
    shot.span,
    setting,
    draft,
  )
}

/** Brings whatever came back to house form at its own length; the join or splice after it takes the frames it needs. */
function conformWhole(shot: Shot, take: number, step: number, source: JobId, setting: ShotSetting, draft: Draft, part: string): JobId {
  return addCutJob(
    shot,
    take,
    step,
    `${part}:conform`,
    'conform',
    0,
    { kind: 'conform', fit: 'crop' },
    [{ slot: 'video', kind: 'job', id: source }],
    shot.span,
    setting,
    draft,
  )
}

/** A free job of the cut. `frames` 0: as many as its input has. */
function addCutJob(
  shot: Shot,
  take: number,
  step: number,
  part: string,
  operation: 'conform' | 'join' | 'splice',
  frames: number,
  edit: Record<string, unknown>,
  inputs: readonly Input[],
  span: Span,
  setting: ShotSetting,
  draft: Draft,
): JobId {
  const id = jobId(shot, take, step, part)
  draft.jobs.push(id)
  setting.jobs.add({
    id,
    path: shot.path,
    take,
    step,
    operation,
    provider: 'cut',
    request: cutRequest(operation, frames, edit, setting),
    inputs,
    price: 0,
    expected: setting.cut.pace.perSecond * (frames / toNumber(setting.film.rate)),
    reproducibility: 'exact',
    span,
  })
  return id
}

/** A request to ffmpeg: the house's size and rate, and what is to be done. */
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
