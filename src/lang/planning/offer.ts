// From what a shot needs to what can be bought: picks the offer that needs the fewest bridges, of those that are too small the
// one that comes nearest to the film's size, then the cheapest; and says which bridges make the one into the other. Never changes
// what was asked for in silence.
import type { Capabilities, ModelOperation, Offer } from '../catalogue.ts'
import type { Money } from '../money.ts'
import type { Bridge } from '../plan.ts'
import type { Quality, Size } from '../program.ts'
import type { Rate } from '../time.ts'
import { toNumber } from '../time.ts'

export type Need = {
  readonly operation: ModelOperation
  readonly frames: number
  readonly size: Size
  readonly rate: Rate
  readonly quality: Quality
  readonly lastFrame: boolean
  readonly keyframes: boolean
  readonly extendAt?: 'end' | 'start'
  readonly mode?: 'picture' | 'sound' | 'both'
  /** Adapters that the shot would like to have; where none are taken it is made without. */
  readonly loras?: number
}

/** What will be asked for under an offer, and the bridges from there to the need. `links` > 1: too long for one call. */
export type Purchase = {
  readonly offer: Offer
  readonly size: Size
  readonly rate: Rate
  /** Frames asked for, at `rate`. */
  readonly frames: number
  readonly seconds: number
  readonly bridges: readonly Bridge[]
}

/** Why nothing fits, in words for the script's writer. */
export type Refusal = {
  readonly what: 'operation' | 'last-frame' | 'keyframes' | 'direction' | 'mode' | 'duration' | 'prompt'
  readonly detail: string
  readonly longest?: number
}

const sameSize = (a: Size, b: Size): boolean => a.width === b.width && a.height === b.height
const aspect = (size: Size): number => size.width / size.height

/** The size to ask for: the film's own where it is offered, else the smallest that covers it with the nearest shape. */
function chooseSize(offer: Offer, wanted: Size): Size {
  if (!('multipleOf' in offer.sizes)) {
    const shapeCost = (size: Size): number => Math.abs(Math.log(aspect(size) / aspect(wanted)))
    const ranked = [...offer.sizes].sort(
      (a, b) => shapeCost(a) - shapeCost(b) || enlarging(a, wanted) - enlarging(b, wanted) || a.width * a.height - b.width * b.height,
    )
    return ranked.find((size) => sameSize(size, wanted)) ?? ranked[0] ?? wanted
  }
  const { multipleOf, minSide, maxSide, maxPixels } = offer.sizes
  const shrink = Math.min(1, maxSide / Math.max(wanted.width, wanted.height), Math.sqrt(maxPixels / (wanted.width * wanted.height)))
  const grow = Math.max(1, minSide / Math.min(wanted.width, wanted.height))
  const onGrid = (side: number): number => {
    const scaled = side * Math.min(shrink, 1) * grow
    const up = Math.ceil(scaled / multipleOf) * multipleOf
    return up <= maxSide && shrink === 1 ? up : Math.max(multipleOf, Math.floor(scaled / multipleOf) * multipleOf)
  }
  return { width: onGrid(wanted.width), height: onGrid(wanted.height) }
}

/** The rate to ask for: the film's own, else the nearest above it, else the highest. */
function chooseRate(offer: Offer, wanted: Rate): Rate {
  if (offer.rates === 'any') return wanted
  const exact = offer.rates.find((rate) => wanted.den === 1 && rate === wanted.num)
  if (exact !== undefined) return wanted
  const sorted = [...offer.rates].sort((a, b) => a - b)
  return { num: sorted.find((rate) => rate >= toNumber(wanted)) ?? sorted.at(-1) ?? wanted.num, den: 1 }
}

/** The shortest length on offer that is at least `seconds`; undefined when all are shorter. */
function chooseSeconds(offer: Offer, seconds: number): number | undefined {
  const close = seconds - 1e-9
  if (offer.seconds.kind === 'list') return [...offer.seconds.seconds].sort((a, b) => a - b).find((length) => length >= close)
  const asked = Math.max(offer.seconds.min, offer.seconds.whole ? Math.ceil(close) : seconds)
  return asked <= offer.seconds.max + 1e-9 ? asked : undefined
}

/** The longest clip of one call, in seconds, at the rate that would be asked for. */
export function longestOf(offer: Offer, wanted: Rate): number {
  const told = offer.seconds.kind === 'list' ? Math.max(...offer.seconds.seconds) : offer.seconds.max
  const { most, plus = 0 } = offer.frames ?? {}
  return most === undefined ? told : Math.min(told, (most - plus) / toNumber(chooseRate(offer, wanted)))
}

/** Frames that come back for `seconds` at `rate`, on the offer's own frame grid. */
function framesFor(offer: Offer, seconds: number, rate: Rate): number {
  const plain = Math.round(seconds * toNumber(rate))
  if (offer.frames === undefined) return plain
  const { multiple, plus } = offer.frames
  return Math.ceil((plain - plus) / multiple) * multiple + plus
}

/** The shortest sound that makes a clip there, in film frames; silence makes up for what is missing. */
function leastFrames({ seconds }: Offer, rate: Rate): number | undefined {
  return seconds.kind === 'range' ? Math.ceil(seconds.min * toNumber(rate) - 1e-9) : undefined
}

/** Bridges from what comes back to what the film needs, in the order they are made. */
function bridgesBetween(need: Need, asked: { offer: Offer; size: Size; rate: Rate; frames: number }, fit: 'crop' | 'pad'): Bridge[] {
  const bridges: Bridge[] = []
  const least = need.operation === 'audio-to-video' ? leastFrames(asked.offer, need.rate) : undefined
  const filmFrames = Math.round((asked.frames * toNumber(need.rate)) / toNumber(asked.rate))
  if (least !== undefined && need.frames < least) bridges.push({ kind: 'silence', fromFrames: need.frames, toFrames: least })
  if (asked.rate.num * need.rate.den !== need.rate.num * asked.rate.den) bridges.push({ kind: 'rate', from: asked.rate, to: need.rate })
  if (filmFrames > need.frames) bridges.push({ kind: 'trim', fromFrames: filmFrames, toFrames: need.frames })
  if (!sameSize(asked.size, need.size)) {
    const sameShape = Math.abs(aspect(asked.size) / aspect(need.size) - 1) < 0.002
    bridges.push({ kind: sameShape ? 'scale' : fit, from: asked.size, to: need.size })
  }
  return bridges
}

function capable(offer: Offer, need: Need): Refusal | undefined {
  if (need.lastFrame && (offer.lastFrame ?? false) === false) return { what: 'last-frame', detail: 'it takes no last frame' }
  if (need.keyframes && offer.keyframes !== true) return { what: 'keyframes', detail: 'it takes no keyframes' }
  if (need.extendAt !== undefined && offer.extend?.at.includes(need.extendAt) !== true)
    return { what: 'direction', detail: `it cannot extend at the ${need.extendAt}` }
  if (need.mode !== undefined && offer.retake?.modes.includes(need.mode) !== true)
    return { what: 'mode', detail: `it cannot retake the ${need.mode === 'both' ? 'whole' : need.mode} alone` }
  return undefined
}

/** Offers that take a shot's adapters where there are such; never one of them for a shot that has none. */
function withAdapters(offers: readonly Offer[], { loras = 0 }: Need): readonly Offer[] {
  const takers = offers.filter((offer) => loras > 0 && (offer.loras ?? 0) >= loras)
  return takers.length > 0 ? takers : offers.filter((offer) => offer.loras === undefined)
}

/** Finds the purchase with the fewest bridges, the least enlarged, for the least money; or says why there is none. */
export function purchase(capabilities: Capabilities, need: Need): Purchase | Refusal {
  const candidates = withAdapters(
    capabilities.offers.filter((offer) => offer.operation === need.operation),
    need,
  )
  if (candidates.length === 0) return { what: 'operation', detail: `it has no ${need.operation}` }
  const able = candidates.filter((offer) => capable(offer, need) === undefined)
  const first = candidates[0]
  if (able.length === 0 && first !== undefined) return capable(first, need) ?? { what: 'operation', detail: 'nothing fits' }
  // A quality that is not sold for this operation falls to the one that is: extend and retake are pro only at some hosts.
  const rightQuality = able.filter((offer) => offer.quality === need.quality)
  const pool = rightQuality.length > 0 ? rightQuality : able
  const seconds = need.frames / toNumber(need.rate)
  const purchases = pool.flatMap((offer): Purchase[] => {
    const asked = chooseSeconds(offer, seconds)
    if (asked === undefined) return []
    const rate = chooseRate(offer, need.rate)
    const size = chooseSize(offer, need.size)
    const frames = framesFor(offer, asked, rate)
    if (frames > (offer.frames?.most ?? frames)) return []
    return [{ offer, size, rate, frames, seconds: asked, bridges: bridgesBetween(need, { offer, size, rate, frames }, 'crop') }]
  })
  const best = purchases.sort(
    (a, b) =>
      bridgeCost(a) - bridgeCost(b) || enlarging(a.size, need.size) - enlarging(b.size, need.size) || priceOf(a, 0, 0) - priceOf(b, 0, 0),
  )[0]
  if (best !== undefined) return best
  const longest = Math.max(...pool.map((offer) => longestOf(offer, need.rate)))
  return { what: 'duration', detail: `its longest is ${longest} s`, longest }
}

/** How many times a side is blown up at most; 1 where nothing is missing. */
const enlarging = (from: Size, to: Size): number => Math.max(1, to.width / from.width, to.height / from.height)

/** Bridges that touch the picture; blowing a smaller picture up counts double, since it costs sharpness. */
function bridgeCost(bought: Purchase): number {
  return bought.bridges.reduce((cost, bridge) => {
    if (bridge.kind === 'trim' || bridge.kind === 'widen' || bridge.kind === 'chain' || bridge.kind === 'silence') return cost
    if (bridge.kind === 'rate') return cost + 1
    return cost + (enlarging(bridge.from, bridge.to) > 1 ? 2 : 1)
  }, 0)
}

/** The price of one call by the offer's own rule. `inputSeconds`: the clip that goes in; `contextSeconds`: what of it the model is shown. */
export function priceOf(bought: Purchase, inputSeconds: number, contextSeconds: number): Money {
  const { price } = bought.offer
  if (price.kind === 'free') return 0
  if (price.kind === 'per-megapixel') {
    const frames = bought.frames + Math.round(contextSeconds * toNumber(bought.rate))
    // Hosts round the megapixels of a clip up.
    return Math.round(price.micros * Math.ceil((bought.size.width * bought.size.height * frames) / 1e6))
  }
  switch (price.of) {
    case 'output':
      return Math.round(price.micros * bought.seconds)
    case 'output-and-context':
      return Math.round(price.micros * (bought.seconds + contextSeconds))
    case 'input':
      return Math.round(price.micros * inputSeconds)
  }
}
