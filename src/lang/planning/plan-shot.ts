// One shot's jobs, for one take: the first clip, then each extend and retake on what all above made, with the
// bridges in between. In goes the shot as merged by the evaluator; out come jobs, and the one whose file is the shot.

import { stepSeed } from '../meaning/seed.ts'
import type { Input, JobId, Request, Slot } from '../plan.ts'
import type { Asset, Shot } from '../program.ts'
import { rational, toNumber } from '../time.ts'
import type { Need, Refusal } from './offer.ts'
import { longestOf, purchase } from './offer.ts'
import { planExtend, planRetake } from './plan-steps.ts'
import type { Place, Standing, Take, Tally } from './plan-take.ts'
import { addCutJob, addModelJob, apart, takeOfStep } from './plan-take.ts'
import type { ShotSetting } from './shot-request.ts'
import { baseRequest, operationOf, priceWith, slateOf } from './shot-request.ts'

/** What a take of a shot comes to. `final`: the job whose file is the shot. */
export type PlannedTake = Readonly<Tally> & { readonly final: JobId; readonly frames: number }

/** Plans one take. Undefined when the provider cannot do it; the reason has been reported. */
export function planTake(shot: Shot, number: number, setting: ShotSetting): PlannedTake | undefined {
  const take: Take = {
    shot,
    number,
    setting,
    tally: { bridges: [], asked: rational(0), bought: rational(0), jobs: [], moves: [], model: '', promise: 'exact' },
  }
  let standing = planFirst(take, setting.frames, { step: 0, part: '', span: shot.span })
  for (const [index, step] of shot.steps.entries()) {
    if (standing === undefined) return undefined
    const place: Place = { step: index + 1, part: '', span: step.span }
    const there = takeOfStep(take, step, place)
    standing = step.kind === 'extend' ? planExtend(there, step, place, standing) : planRetake(there, step, place, standing)
  }
  return standing === undefined ? undefined : { final: standing.whole, frames: standing.frames, ...take.tally }
}

/** The first link: text, image or sound to video; a chain when it is longer than one call can be. */
function planFirst(take: Take, frames: number, place: Place): Standing | undefined {
  const { setting, shot, tally } = take
  const need: Need = {
    operation: operationOf(shot, setting),
    frames,
    size: setting.film.size,
    rate: setting.film.rate,
    quality: shot.quality,
    lastFrame: shot.to !== undefined,
    keyframes: shot.keys.length > 0,
    loras: setting.loras.length,
  }
  const bought = purchase(setting.provider.capabilities, need)
  if ('what' in bought) return planChain(take, need, bought, place)
  const request: Request = {
    ...baseRequest(shot, shot.words, stepSeed(shot.seed, take.number - 1), bought, setting),
    ...apart(take, bought),
    segments: bought.offer.segments === true ? shot.segments.map(({ from, to, text }) => ({ from, to, text })) : [],
    keys: shot.keys.map(({ frame, strength }) => ({ frame, strength })),
    ...(shot.to !== undefined && bought.offer.lastFrame === 'any' ? { last: frames - 1 } : {}),
    ...(setting.heard === undefined ? {} : { heard: { from: setting.heard.from, to: setting.heard.to } }),
    ...slateOf(shot, take.number, shot.words, { offset: 0, label: '' }, setting),
  }
  tally.model = bought.offer.model
  const id = addModelJob(take, place, { request, inputs: firstInputs(take), bought, price: priceWith(setting, bought), needed: frames })
  const asIs = setting.provider.capabilities.ready && bought.bridges.length === 0
  const whole = asIs
    ? id
    : addCutJob(take, place, {
        operation: 'conform',
        frames,
        // A host that may make less does so with the script's leave, or the clip does not come this far.
        edit: { kind: 'conform', trim: { from: 0, frames }, fit: 'crop', ...(setting.provider.capabilities.adjusts ? { hold: true } : {}) },
        inputs: [{ slot: 'video', kind: 'job', id }],
      })
  return { whole, frames, links: [{ job: id, frames, provider: setting.provider.name }] }
}

function firstInputs({ shot, setting }: Take): readonly Input[] {
  const file = (slot: Slot, asset: Asset | undefined): readonly Input[] => {
    const known = asset === undefined ? undefined : setting.facts.get(asset.path)
    return known === undefined ? [] : [{ slot, kind: 'asset', path: known.path, sha256: known.sha256 }]
  }
  return [
    ...file('first-frame', shot.from),
    ...file('last-frame', shot.to),
    ...file('audio', setting.heard?.asset),
    ...shot.keys.flatMap((key, index) => file(`key-${index}`, key.image)),
  ]
}

/** A first link that is too long for one call becomes the longest one and extends, where the provider can extend. */
function planChain(take: Take, need: Need, refusal: Refusal, place: Place): Standing | undefined {
  const { setting, shot, tally } = take
  const extend = setting.provider.capabilities.offers.find(
    (offer) => offer.operation === 'extend' && offer.extend?.at.includes('end') === true,
  )
  const bound = setting.heard !== undefined || shot.to !== undefined || shot.keys.length > 0
  if (refusal.what !== 'duration' || refusal.longest === undefined || extend === undefined || bound) {
    setting.refuse(refusal, shot.span)
    return undefined
  }
  const first = Math.floor(refusal.longest * toNumber(need.rate))
  const perLink = Math.floor(longestOf(extend, need.rate) * toNumber(need.rate))
  const links: number[] = []
  for (let left = need.frames - first; left > 0; left -= perLink) links.push(Math.min(left, perLink))
  let standing = planFirst(take, first, place)
  for (const [index, frames] of links.entries()) {
    if (standing === undefined) return undefined
    const step = { kind: 'extend', frames, at: 'end', words: shot.words, seed: shot.seed, span: shot.span } as const
    standing = planExtend(take, step, { ...place, part: `:link-${index + 2}` }, standing)
  }
  tally.bridges.push({ kind: 'chain', links: links.length + 1 })
  return standing
}
