// Would a shot cost less made anew than what its script asks for? Some hosts bill a retake by the whole clip, and an extend by what
// the model is shown as well. In go the jobs of a shot's takes; out comes the first take for which it is so, with both prices.
import type { Money } from '../money.ts'
import type { Job, Operation, PlanLine } from '../plan.ts'
import type { Shot } from '../program.ts'
import { purchase } from './offer.ts'
import { operationOf, priceWith, type ShotSetting } from './shot-request.ts'

const fresh: ReadonlySet<Operation> = new Set(['text-to-video', 'image-to-video', 'audio-to-video', 'extend'])
const sum = (jobs: readonly Job[]): Money => jobs.reduce((total, job) => total + job.price, 0)

/** The whole length in one call; none where a call cannot be as long, or the sound says how long it is. */
function inOne(shot: Shot, frames: number, setting: ShotSetting): Money | undefined {
  if (setting.heard !== undefined) return undefined
  const { size, rate } = setting.film
  const bought = purchase(setting.provider.capabilities, {
    operation: operationOf(shot, setting),
    frames,
    size,
    rate,
    quality: shot.quality,
    lastFrame: shot.to !== undefined,
    keyframes: shot.keys.length > 0,
    loras: setting.loras.length,
  })
  return 'what' in bought ? undefined : priceWith(setting, bought)
}

function ofTake(jobs: readonly Job[], whole: Money | undefined): Omit<NonNullable<PlanLine['anew']>, 'take'> | undefined {
  const bought = jobs.filter(({ operation }) => fresh.has(operation) || operation === 'retake')
  const isBegun = bought.some((job) => job.step === 0 && job.made !== undefined)
  // What is there already is not paid again; where nothing is, a retake is no other way to the same shot.
  const asked = bought.filter((job) => (isBegun ? job.made === undefined : job.operation !== 'retake'))
  if (!asked.some(({ step }) => step > 0)) return undefined
  const again = isBegun ? sum(bought.filter(({ operation }) => operation !== 'retake')) : undefined
  const prices = [whole, again].filter((price) => price !== undefined)
  const price = Math.min(...prices)
  return prices.length > 0 && price > 0 && price < sum(asked) ? { asked: sum(asked), price, from: isBegun ? 'steps' : 'all' } : undefined
}

/** `frames`: the whole shot's, steps included. */
export function anewOf(shot: Shot, jobs: readonly Job[], frames: number, setting: ShotSetting): Pick<PlanLine, 'anew'> {
  if (shot.steps.length === 0) return {}
  const whole = inOne(shot, frames, setting)
  for (let take = 1; take <= shot.takes; take += 1) {
    const found = ofTake(
      jobs.filter((job) => job.take === take),
      whole,
    )
    if (found !== undefined) return { anew: { take, ...found } }
  }
  return {}
}
