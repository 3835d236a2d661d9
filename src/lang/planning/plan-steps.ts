// The steps of a shot: an `extend` adds a link at one end, a `retake` replaces a stretch. Frames that were there
// stay the frames that were there: only what is new is taken from the file that comes back.

import type { Capabilities } from '../catalogue.ts'
import { stepSeed } from '../meaning/seed.ts'
import type { FrameRange } from '../plan.ts'
import type { Step } from '../program.ts'
import type { Rate } from '../time.ts'
import { toNumber } from '../time.ts'
import type { Source } from './links.ts'
import { afterRetake, hiddenOf, onGrid, shown, sourceAt, sourceOf, widen } from './links.ts'
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
  const atEnd = step.at === 'end'
  const shownAtMost = Math.ceil(toNumber(rate) * longestContext(setting.provider.capabilities))
  const near = sourceOf(take, standing, step.at, step.context ?? shownAtMost)
  // What lies before the first frame that is shown is there already: it is shown now, and so much less is made.
  const isEnough = atEnd || step.frames > hiddenOf(near.link)
  const source = isEnough ? near : sourceOf(take, { ...standing, links: [] }, step.at, shownAtMost)
  const before = atEnd ? 0 : hiddenOf(source.link)
  const wanted = {
    operation: 'extend',
    frames: step.frames - before,
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
  if (isTooShort(take, step, bought, source.frames, bought.offer.extend?.leastFrames)) return undefined
  const context = contextFrames(step, bought, source.frames, toNumber(rate))
  const stands = bought.offer.extend?.stands === true ? { stands: atRate(source.frames, rate, bought) } : {}
  const id = addModelJob(take, place, {
    request: {
      ...baseRequest(shot, step.words, stepSeed(step.seed, take.number - 1), bought, setting),
      ...apart(take, bought),
      extend: { at: step.at, context: atRate(context, rate, bought), ...stands },
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
    needed: wanted.frames,
  })
  const fresh = conformWhole(take, place, id)
  const surplus = Math.max(0, filmFramesOf(bought, setting) - wanted.frames)
  const newFrom = atEnd ? (bought.offer.extend?.returns === 'whole' ? standing.frames : 0) : surplus
  const old = { slot: 'part-0', from: 0, frames: standing.frames, job: standing.whole } as const
  const added = { slot: 'part-1', from: newFrom, frames: wanted.frames, job: fresh } as const
  const between =
    before === 0 || source.link === undefined
      ? []
      : [{ slot: 'part-2', from: 0, frames: before, job: source.link.fresh ?? source.job } as const]
  const parts = atEnd ? [old, added] : [added, ...between, old]
  const frames = standing.frames + step.frames
  const whole = addCutJob(take, place, {
    operation: 'join',
    frames,
    edit: { kind: 'join', parts: parts.map((part) => ({ slot: part.slot, from: part.from, frames: part.frames })) },
    inputs: parts.map(({ slot, job }) => ({ slot, kind: 'job', id: job })),
  })
  const link: Link = {
    job: id,
    frames: wanted.frames,
    provider: setting.provider.name,
    fresh,
    ...(atEnd ? { phase: source.phase - source.frames } : { hidden: surplus }),
  }
  const [first, ...rest] = standing.links
  const after = before > 0 && first !== undefined ? [shown(first), ...rest] : standing.links
  return { whole, frames, links: atEnd ? [...standing.links, link] : [link, ...after] }
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
  const { grid: groups, maxSeconds } = bought.offer.retake ?? {}
  // Sound has no such groups. Of the picture whole groups are taken: a seam within one would show.
  const grid = mode === 'sound' ? undefined : groups
  const own = sourceAt(take, standing, { from, to }, grid)
  const range = grid === undefined ? { from, to } : onGrid({ from, to }, grid, own)
  if (range.from !== from || range.to !== to) take.tally.bridges.push({ kind: 'widen', from: { from, to }, to: range })
  const source =
    maxSeconds === undefined
      ? own
      : windowOf(take, place, own, range, { most: Math.floor(maxSeconds * toNumber(rate)), every: grid?.multiple ?? 1 })
  if (isTooShort(take, step, bought, source.frames, bought.offer.retake?.leastFrames)) return undefined
  const asked = groups === undefined ? widen({ from, to }, filmFramesOf(bought, setting), source) : range
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
    needed: range.to - range.from,
  })
  const fresh = conformWhole(take, place, id)
  const patchFrom = bought.offer.retake?.returns === 'whole' ? range.from - source.start : range.from - asked.from
  const whole = addCutJob(take, place, {
    operation: 'splice',
    frames: standing.frames,
    edit: { kind: 'splice', ...range, patchFrom, mode },
    inputs: [
      { slot: 'video', kind: 'job', id: standing.whole },
      { slot: 'patch', kind: 'job', id: fresh },
    ],
  })
  return { whole, frames: standing.frames, links: afterRetake(standing.links, range) }
}

/** A host that takes no clip as short as this: it is told before the first part of the shot is bought. */
function isTooShort({ setting }: Take, step: Step, bought: Purchase, frames: number, least = 0): boolean {
  const { rate } = setting.film
  if (atRate(frames, rate, bought) >= least) return false
  const fps = toNumber(bought.rate)
  const need = Math.ceil((least / fps) * 100) / 100
  const has = Math.round((frames / toNumber(rate)) * 100) / 100
  const detail = `its ${step.kind} takes a clip of ${least} frames or more, ${need} s at ${fps} fps, and the shot has ${has} s before it`
  setting.refuse({ what: 'duration', detail }, step.span)
  return true
}

/** Film frames in frames of the rate that is asked for: a request speaks of nothing else. */
const atRate = (frames: number, rate: Rate, bought: Purchase): number =>
  Math.floor((frames * toNumber(bought.rate)) / toNumber(rate) + 1e-9)

type Window = { readonly most: number; readonly every: number }

/** Of a clip that is too long to be done at once, what lies around the range. */
function windowOf(take: Take, place: Place, source: Source, range: FrameRange, { most, every }: Window): Source {
  if (source.frames <= most) return source
  const { from: first, to } = widen(range, most, source)
  // Its groups of frames begin where those of the range do.
  const from = first + ((((range.from - 1 - first) % every) + every) % every)
  const job = addCutJob(take, place, {
    operation: 'join',
    frames: to - from,
    edit: { kind: 'join', parts: [{ slot: 'part-0', from: from - source.start, frames: to - from }] },
    inputs: [{ slot: 'part-0', kind: 'job', id: source.link?.fresh ?? source.job }],
  })
  return { job, start: from, frames: to - from, phase: 1 }
}

/** Seconds that any extend of a provider is shown where the script says nothing. */
function longestContext({ offers }: Capabilities): number {
  return Math.max(0, ...offers.map(({ extend }) => extend?.contextSeconds.usual ?? extend?.contextSeconds.max ?? 0))
}

/** How many frames the model is shown: as written, else as many as the offer's limits allow. */
function contextFrames(step: Extend, bought: Purchase, available: number, rate: number): number {
  const rule = bought.offer.extend
  if (rule === undefined) return available
  const perAsked = rate / toNumber(bought.rate)
  const room = rule.maxFrames === undefined ? available : Math.floor((rule.maxFrames - bought.frames) * perAsked)
  const left = rule.maxSeconds === undefined ? available : Math.floor(rule.maxSeconds * rate - bought.frames * perAsked)
  const most = Math.min(available, Math.floor(rule.contextSeconds.max * rate), rule.maxContextFrames ?? available, room, left)
  const least = Math.min(available, Math.max(1, Math.ceil(rule.contextSeconds.min * rate)))
  const usual = rule.contextSeconds.usual === undefined ? most : Math.ceil(rule.contextSeconds.usual * rate)
  return Math.max(least, Math.min(step.context ?? usual, most))
}
