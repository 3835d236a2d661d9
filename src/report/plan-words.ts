// The plan's terms in words: changes, bridges, reproducibility, lengths. Shared by the table, the single shot and `why`.
import { formatMoney, type Money } from '../lang/money.ts'
import type { Bridge, Change, Move, PlanLine, Reproducibility } from '../lang/plan.ts'
import type { Rate, Rational } from '../lang/time.ts'
import { formatSeconds, framesToSeconds, rational, toNumber } from '../lang/time.ts'
import type { Tone } from './row.ts'
import { counted, oneLine } from './say.ts'

export type Mark = { readonly glyph: string; readonly tone: Tone; readonly word: string }
export const marks: Readonly<Record<Change, Mark>> = {
  keep: { glyph: '=', tone: 'quiet', word: 'kept' },
  new: { glyph: '+', tone: 'good', word: 'new' },
  change: { glyph: '~', tone: 'warn', word: 'changed' },
  recut: { glyph: '✂', tone: 'live', word: 'cut again' },
  drop: { glyph: '-', tone: 'quiet', word: 'dropped' },
}

const sizeText = ({ width, height }: { readonly width: number; readonly height: number }): string => `${width}x${height}`

/** `24`, `23.976`. */
export const rateText = (rate: Rate): string => String(Number(toNumber(rate).toFixed(3)))

/** `free`, `$0.48`; `~$0.40 est.` where no page says the price, and `~$2.40, $0.40 of it est.` where that is so of a part. */
export function priceText(price: Money, estimated: Money = 0): string {
  if (price === 0) return 'free'
  if (estimated === 0) return formatMoney(price)
  return estimated >= price ? `~${formatMoney(price)} est.` : `~${formatMoney(price)}, ${formatMoney(estimated)} of it est.`
}

/** At most two decimals: people read it, nothing is reckoned with it. */
export const secondsText = (seconds: Rational): string => formatSeconds(rational(Math.round(toNumber(seconds) * 100), 100))

/** One bridge as a person would say it: `trim 6s → 4s`, `chain of 2 links`, `crop 1920x1088 → 1920x1080`. */
export function bridgeText(bridge: Bridge, rate: Rate): string {
  switch (bridge.kind) {
    case 'trim': {
      const cut = bridge.fromFrames - bridge.toFrames
      // A frame or two come from the model's own grid; in seconds nobody would see them.
      if (cut < toNumber(rate) / 2) return `trim ${counted(cut, 'frame')}`
      return `trim ${secondsText(framesToSeconds(bridge.fromFrames, rate))} → ${secondsText(framesToSeconds(bridge.toFrames, rate))}`
    }
    case 'silence':
      return `silence after the sound ${secondsText(framesToSeconds(bridge.fromFrames, rate))} → ${secondsText(framesToSeconds(bridge.toFrames, rate))}`
    case 'widen':
      return `retake frames ${bridge.from.from}..${bridge.from.to} → ${bridge.to.from}..${bridge.to.to}`
    case 'chain':
      return `chain of ${bridge.links} links`
    case 'scale':
    case 'crop':
    case 'pad':
      return `${bridge.kind} ${sizeText(bridge.from)} → ${sizeText(bridge.to)}`
    case 'rate':
      return `rate ${rateText(bridge.from)} → ${rateText(bridge.to)} fps`
  }
}

/** `extend +1 goes to gpu (route: extend), made from the whole shot so far as a file`. */
export const moveText = ({ operation, step, to, route }: Move): string =>
  `${operation} +${step} goes to ${to} (route: ${route}), made from the whole shot so far as a file`

/** `gpu (route: over 10s)`; nothing beside the name where `on` says so. */
export const routedText = ({ provider, route }: PlanLine): string => (route === undefined ? provider : `${provider} (route: ${route})`)

export function classText(reproducibility: Reproducibility): string {
  switch (reproducibility) {
    case 'exact':
      return 'the same bytes every time'
    case 'same-host':
      return 'the same again while the host keeps the model'
    case 'keep-bytes':
      return 'no seed; a clip can be kept, never remade'
  }
}

/** What makes it: `ltx ltx-2-3-pro`, or what kind of item it is when ffmpeg does. */
export function makerText(line: PlanLine): string {
  if (line.kind === 'clip') return 'own footage'
  if (line.kind !== 'shot') return line.kind
  return oneLine([line.provider, line.model].filter(Boolean).join(' '))
}

/** A ceiling of the script, and what earlier runs have left of it. */
export type Ceiling = { readonly scope: 'run' | 'film' | 'day' | 'shot'; readonly budget: Money; readonly left: Money }

const scopes = { run: 'for a run', film: 'for the film', day: 'for today, all films of the folder together', shot: 'for the shot' } as const

/** `$41.20 of $60.00 left for the film`. */
export const ceilingText = ({ scope, budget, left }: Ceiling): string =>
  `${formatMoney(left)} of ${formatMoney(budget)} left ${scopes[scope]}`
