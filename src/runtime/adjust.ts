// Asked and delivered, compared. Some hosts never refuse: they lower rate, length or size and say so. What then happens
// is the script's `adjust` setting: take it, take it and warn, or keep it aside and stop. In go requests and probed
// clips, out come differences in words and the policy's verdict.
import { type Failure, ProviderFailure } from '../failure.ts'
import type { Capabilities } from '../lang/catalogue.ts'
import { formParts } from '../lang/form.ts'
import type { Adjusted, AdjustPolicy, Delivered, Form, Request } from '../lang/plan.ts'

const policies: readonly AdjustPolicy[] = ['accept', 'warn', 'refuse']

/** The script's word, else `refuse` where nobody watches (CI) and `warn` where somebody does. */
export const policyOf = (setting: unknown, ci: boolean): AdjustPolicy =>
  policies.find((policy) => policy === setting) ?? (ci ? 'refuse' : 'warn')

const sizeText = ({ width, height }: Form['size']): string => `${width}x${height}`
const rateText = ({ num, den }: Form['rate']): string => (den === 1 ? `${num}` : `${num}/${den}`)
const sameRate = (a: Form['rate'], b: Form['rate']): boolean => a.num * b.den === b.num * a.den

export const formOf = ({ size, rate, frames }: Form): Form => ({ size, rate, frames })

export type Fit = { readonly ready: boolean; readonly slack?: Capabilities['slack'] }

/** What is wrong with a clip, in words; undefined when it is what was asked for. A provider whose clips are ready for the cut has to be exact. */
export function differenceOf(delivered: Delivered, request: Request, { ready, slack }: Fit): string | undefined {
  const { size, rate, frames } = request
  const side = slack?.side ?? 0
  if (Math.abs(delivered.size.width - size.width) > side || Math.abs(delivered.size.height - size.height) > side)
    return `${sizeText(delivered.size)} instead of ${sizeText(size)}`
  if (!sameRate(delivered.rate, rate) && slack?.rate !== 'any')
    return `${rateText(delivered.rate)} frames a second instead of ${rateText(rate)}`
  // A whole clip that is only brought to house form has the length it has.
  if (frames === 0) return undefined
  const edits = request.operation === 'extend' || request.operation === 'retake'
  const within = slack?.frames ?? 1
  // In frames of the rate that was asked for, whatever rate came.
  const came = Math.round((delivered.frames * delivered.rate.den * rate.num) / (delivered.rate.num * rate.den))
  const fits = ready ? delivered.frames === frames : edits ? came >= frames - (within - 1) : Math.abs(came - frames) <= within
  return fits ? undefined : `${delivered.frames} frames instead of ${frames}`
}

/** True when a clip is what its host says it made instead. A host that does not say what it changed is believed to have changed anything. */
export function isAsAdjusted(delivered: Delivered, request: Request, adjusted: Adjusted, fit: Fit): boolean {
  const said = adjusted.size !== undefined || adjusted.rate !== undefined || adjusted.frames !== undefined
  return !said || differenceOf(delivered, { ...request, ...adjusted }, fit) === undefined
}

/** True when what came is, to the frame, not what was asked for. */
export function isOther(delivered: Delivered, request: Request): boolean {
  const same =
    delivered.size.width === request.size.width &&
    delivered.size.height === request.size.height &&
    sameRate(delivered.rate, request.rate) &&
    (request.frames === 0 || Math.abs(delivered.frames - request.frames) <= 1)
  return !same
}

/** Sound was asked for, and none came. What goes on from a clip has no more than that has. */
export const isSilent = ({ soundSamples }: Delivered, { sound, operation }: Request): boolean =>
  sound && soundSamples === 0 && (operation === 'text-to-video' || operation === 'image-to-video' || operation === 'audio-to-video')

/** Bought, kept aside, and not used: the same job is fetched again as soon as the script takes it. */
export function refuseAdjusted(asked: Form, made: Form): never {
  const failure: Failure = {
    kind: 'mismatch',
    message: `the host made ${formParts(made).join(', ')} instead of ${formParts(asked).join(', ')}`,
    next: 'ask for less, or write `adjust accept` in the provider’s block and run again: while the host keeps it, it is not bought anew',
    retry: false,
    billed: 'yes',
  }
  throw new ProviderFailure(failure)
}
