// The steps of a shot: an `extend` adds a link at one end, a `retake` replaces a stretch. Frames that were there
// stay the frames that were there: only what is new is taken from the file that comes back.

import { stepSeed } from '../meaning/seed.ts'
import type { JobId } from '../plan.ts'
import type { Step } from '../program.ts'
import type { Rate } from '../time.ts'
import { toNumber } from '../time.ts'
import type { Purchase } from './offer.ts'
import { purchase } from './offer.ts'
import type { Link, Place, Standing, Take } from './plan-take.ts'
import { addCutJob, addModelJob, apart, conformWhole } from './plan-take.ts'
import { baseRequest, filmFramesOf, priceWith, slateOf } from './shot-request.ts'

type Extend = Extract<Step, { kind: 'extend' }>
type Retake = Extract<Step, { kind: 'retake' }>

/** Adds a link. Undefined when the provider cannot; the reason has been reported. */
export function planExtend(take: Take, step: Extend, place: Place, standing: Standing): Standing | undefined {
  const { setting, shot } = take
  const { size, rate } = setting.film
  const wanted = {
    operation: 'extend',
    frames: step.frames,
    size,
    rate,
    quality: shot.quality,
    lastFrame: false,
    keyframes: false,
    extendAt: step.at,
    loras: setting.loras.length,
  } as const
  const bought = purchase(setting.provider.capabilities, wanted)
  if ('what' in bought) {
    setting.refuse(bought, step.span)
    return undefined
  }
  const atEnd = step.at === 'end'
  const source = sourceOf(take, standing, atEnd ? standing.links.at(-1) : standing.links[0])
  const context = contextFrames(step, bought, source.frames, toNumber(rate))
  const id = addModelJob(take, place, {
    request: {
      ...baseRequest(shot, step.words, stepSeed(step.seed, take.number - 1), bought, setting),
      ...apart(take, bought),
      extend: { at: step.at, context: atRate(context, rate, bought) },
      ...slateOf(
        shot,
        take.number,
        step.words,
        { offset: atEnd ? standing.frames : 0, label: atEnd ? 'EXTEND' : 'EXTEND BEFORE' },
        setting,
      ),
    },
    inputs: [{ slot: 'video', kind: 'job', id: source.job }],
    bought,
    price: priceWith(setting, bought, standing.frames / toNumber(rate), context / toNumber(rate)),
    needed: step.frames,
  })
  const fresh = conformWhole(take, place, id)
  const surplus = Math.max(0, filmFramesOf(bought, setting) - step.frames)
  const newFrom = atEnd ? (bought.offer.extend?.returns === 'whole' ? standing.frames : 0) : surplus
  const old = { slot: 'part-0', from: 0, frames: standing.frames, job: standing.whole } as const
  const added = { slot: 'part-1', from: newFrom, frames: step.frames, job: fresh } as const
  const parts = atEnd ? [old, added] : [added, old]
  const frames = standing.frames + step.frames
  const whole = addCutJob(take, place, {
    operation: 'join',
    frames,
    edit: { kind: 'join', parts: parts.map((part) => ({ slot: part.slot, from: part.from, frames: part.frames })) },
    inputs: parts.map(({ slot, job }) => ({ slot, kind: 'job', id: job })),
  })
  const link = { job: id, frames: step.frames, provider: setting.provider.name }
  return { whole, frames, links: atEnd ? [...standing.links, link] : [link, ...standing.links] }
}

/** Replaces a stretch. Undefined when the provider cannot; the reason has been reported. */
export function planRetake(take: Take, step: Retake, place: Place, standing: Standing): Standing | undefined {
  const { setting, shot } = take
  const { size, rate } = setting.film
  const from = 'last' in step.range ? Math.max(0, standing.frames - step.range.last) : step.range.from
  const to = 'last' in step.range ? standing.frames : Math.min(step.range.to, standing.frames)
  const mode = step.keep === 'sound' ? 'picture' : step.keep === 'picture' ? 'sound' : 'both'
  const wanted = {
    operation: 'retake',
    frames: to - from,
    size,
    rate,
    quality: shot.quality,
    lastFrame: false,
    keyframes: false,
    mode,
    loras: setting.loras.length,
  } as const
  const bought = purchase(setting.provider.capabilities, wanted)
  if ('what' in bought) {
    setting.refuse(bought, step.span)
    return undefined
  }
  const source = sourceAt(take, standing, from, to)
  const asked = widen({ from, to }, filmFramesOf(bought, setting), source)
  const id = addModelJob(take, place, {
    request: {
      ...baseRequest(shot, step.words, stepSeed(step.seed, take.number - 1), bought, setting),
      ...apart(take, bought),
      // A provider is asked for whole seconds where it sells them so; what is spliced is the range of the script.
      frames: atRate(asked.to - asked.from, rate, bought),
      retake: { from: atRate(asked.from - source.start, rate, bought), to: atRate(asked.to - source.start, rate, bought), mode },
      ...slateOf(shot, take.number, step.words, { offset: asked.from, label: 'RETAKE' }, setting),
    },
    inputs: [{ slot: 'video', kind: 'job', id: source.job }],
    bought,
    price: priceWith(setting, bought, standing.frames / toNumber(rate)),
    needed: to - from,
  })
  const fresh = conformWhole(take, place, id)
  const patchFrom = bought.offer.retake?.returns === 'whole' ? from - source.start : from - asked.from
  const whole = addCutJob(take, place, {
    operation: 'splice',
    frames: standing.frames,
    edit: { kind: 'splice', from, to, patchFrom, mode },
    inputs: [
      { slot: 'video', kind: 'job', id: standing.whole },
      { slot: 'patch', kind: 'job', id: fresh },
    ],
  })
  return { whole, frames: standing.frames, links: standing.links }
}

/** Film frames in frames of the rate that is asked for: a request speaks of nothing else. */
const atRate = (frames: number, rate: Rate, bought: Purchase): number =>
  Math.floor((frames * toNumber(bought.rate)) / toNumber(rate) + 1e-9)

type Source = { readonly job: JobId; readonly start: number; readonly frames: number }

/** A link that its own model can go on from: only what this provider has made carries a state that it knows. */
function isOwn({ setting }: Take, link: Link): boolean {
  return setting.provider.capabilities.continues === 'link' && link.provider === setting.provider.name
}

/** What a provider goes on from: the link itself where it carries the model's state, else the whole shot so far. */
function sourceOf(take: Take, standing: Standing, link: Link | undefined): Source {
  return link !== undefined && isOwn(take, link)
    ? { job: link.job, frames: link.frames, start: 0 }
    : { job: standing.whole, start: 0, frames: standing.frames }
}

/** The same for a stretch: its link where one link holds all of it. */
function sourceAt(take: Take, standing: Standing, from: number, to: number): Source {
  let start = 0
  for (const link of standing.links) {
    if (from < start + link.frames) {
      const inside = to <= start + link.frames && isOwn(take, link)
      return inside ? { job: link.job, frames: link.frames, start } : { job: standing.whole, start: 0, frames: standing.frames }
    }
    start += link.frames
  }
  return { job: standing.whole, start: 0, frames: standing.frames }
}

/** A range that is shorter than can be asked for is asked for with its surroundings, which are then left out of the splice. */
function widen(range: { from: number; to: number }, frames: number, within: Source): { from: number; to: number } {
  const wanted = Math.min(within.frames, Math.max(range.to - range.from, frames))
  const centred = range.from - Math.floor((wanted - (range.to - range.from)) / 2)
  const from = Math.max(within.start, Math.min(centred, within.start + within.frames - wanted))
  return { from, to: from + wanted }
}

/** How many frames the model is shown: as written, else as many as the offer's limits allow. */
function contextFrames(step: Extend, bought: Purchase, available: number, rate: number): number {
  const rule = bought.offer.extend
  if (rule === undefined) return available
  const perAsked = rate / toNumber(bought.rate)
  const room = rule.maxFrames === undefined ? available : Math.floor((rule.maxFrames - bought.frames) * perAsked)
  const most = Math.min(available, Math.floor(rule.contextSeconds.max * rate), rule.maxContextFrames ?? available, room)
  const least = Math.min(available, Math.ceil(rule.contextSeconds.min * rate))
  return Math.max(least, Math.min(step.context ?? most, most))
}
