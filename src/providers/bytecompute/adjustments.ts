// What ByteCompute says it changed. The page names the field and not its shape, so every likely one is read: by name to a
// value, to a pair of from and to, or a list of such. In goes the answer's `adjustments`, out come numbers; where there is
// something and it cannot be read, an empty answer says that much.
import type { Adjusted, Request } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import { secondsOf } from './request.ts'

/** In the host's own terms; what is absent was left as asked. */
export type Changes = { readonly seconds?: number; readonly fps?: number; readonly width?: number; readonly height?: number }

type Fields = Readonly<Record<string, unknown>>
const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

const after = ['to', 'adjusted', 'actual', 'applied', 'new', 'value', 'after']
const names: Readonly<Partial<Record<string, 'seconds' | 'fps' | 'size'>>> = {
  duration: 'seconds',
  seconds: 'seconds',
  fps: 'fps',
  frame_rate: 'fps',
  resolution: 'size',
  size: 'size',
}

/** The new value of a pair, or the value itself. */
function newValueOf(given: unknown): unknown {
  if (!isFields(given)) return given
  const name = after.find((one) => Object.hasOwn(given, one))
  return name === undefined ? given : given[name]
}

const numberIn = (value: unknown): number | undefined => {
  const found =
    typeof value === 'number'
      ? value
      : typeof value === 'string'
        ? Number(/^\s*(\d+(?:\.\d+)?)/.exec(value)?.[1] ?? Number.NaN)
        : Number.NaN
  return Number.isFinite(found) && found > 0 ? found : undefined
}

function sizeIn(value: unknown): Changes {
  const pair = typeof value === 'string' ? /^\s*(\d{2,5})\s*[x×*]\s*(\d{2,5})\s*$/i.exec(value) : null
  if (pair !== null) return { width: Number(pair[1]), height: Number(pair[2]) }
  const [width, height] = isFields(value) ? [numberIn(value.width), numberIn(value.height)] : []
  return width === undefined || height === undefined ? {} : { width, height }
}

function changeOf(name: string, given: unknown): Changes {
  const value = newValueOf(given)
  switch (names[name.toLowerCase()]) {
    case 'seconds': {
      const seconds = numberIn(value)
      return seconds === undefined ? {} : { seconds }
    }
    case 'fps': {
      const fps = numberIn(value)
      return fps === undefined ? {} : { fps }
    }
    case 'size':
      return sizeIn(value)
    default:
      return {}
  }
}

/** Undefined: nothing was changed. */
export function changesIn(adjustments: unknown): Changes | undefined {
  if (adjustments === undefined || adjustments === null || adjustments === false) return undefined
  if (Array.isArray(adjustments)) {
    if (adjustments.length === 0) return undefined
    return Object.assign(
      {},
      ...adjustments.map((one) => (isFields(one) ? changeOf(String(one.field ?? one.name ?? one.parameter ?? ''), one) : {})),
    ) as Changes
  }
  if (!isFields(adjustments)) return adjustments === '' ? undefined : {}
  const entries = Object.entries(adjustments).filter(([, value]) => value !== null && value !== undefined)
  if (entries.length === 0) return undefined
  return Object.assign({}, ...entries.map(([name, given]) => changeOf(name, given))) as Changes
}

/** What comes instead, in frames at a rate. */
export function adjustedBy(changes: Changes, request: Request): Adjusted {
  const { seconds, fps, width, height } = changes
  const size = width === undefined || height === undefined ? {} : { size: { width, height } }
  if (seconds === undefined && fps === undefined) return size
  const rate = fps === undefined ? request.rate : { num: fps, den: 1 }
  return { ...size, rate, frames: Math.round((seconds ?? secondsOf(request)) * toNumber(rate)) }
}
