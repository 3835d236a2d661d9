// What goes wrong on an own machine, in words that say what to do next. In goes a worker's error or how workers ended, out comes a
// failure. Nothing here has cost anything but time.
import type { Failure } from '../../failure.ts'
import type { Request } from '../../lang/plan.ts'
import { hostWords } from '../host-words.ts'
import type { NoEnvironment } from './environment.ts'
import type { Said } from './talk.ts'
import type { Trouble } from './worker.ts'

const failure = (kind: Failure['kind'], message: string, next: string): Failure => ({ kind, message, next, retry: false, billed: 'no' })

export const stopped: Failure = { ...failure('cancelled', 'the job was stopped', 'run again to go on'), retry: true }

/** Something of this machine is not there. */
export const lacking = ({ why, next }: NoEnvironment): Failure => failure('machine', hostWords(why), next)

export const changed = (what: string): Failure =>
  failure('input', `${what} changed since the plan was made`, 'run again: the plan is made anew')

/** Each end in its own words, the last one first. */
export function setAside(ends: readonly string[]): Failure {
  const last = hostWords(ends.at(-1) ?? '')
  return failure(
    'worker',
    `${ends.length} workers ended while they made it, so it is set aside; of the last one: ${last}`,
    'look at what it says; `ltx doctor --provider NAME` starts one by itself',
  )
}

export function outOfMemory({ message, phase, wouldFit }: Said<'error'>, request: Request, device: string): Failure {
  const { size, frames, stages } = request
  const at = phase === null || phase === undefined ? '' : ` (at ${phase})`
  const asked = `${size.width}x${size.height} with ${frames} frames`
  const smaller =
    wouldFit === null || wouldFit === undefined
      ? undefined
      : `${wouldFit.width}x${wouldFit.height} with ${wouldFit.frames} frames would fit: make the film smaller, the shot shorter`
  const other = [
    ...(smaller === undefined ? ['make the film smaller, the shot shorter'] : [smaller]),
    ...(stages === 2 ? ['or `quality fast`'] : []),
    'or set `offload phases` (or `leaves`) in the provider’s block',
  ]
  return failure('worker', `${asked} needs more memory than ${device} has${at}: ${hostWords(message)}`, other.join(', '))
}

/** What a worker says of a job that is no good to try again. */
export function afterError(error: Said<'error'>): Failure {
  const words = hostWords(error.message)
  const field = error.field === null || error.field === undefined ? '' : ` (${hostWords(error.field)})`
  switch (error.code) {
    case 'INVALID_REQUEST':
      return failure('invalid', `the worker refuses the job: ${words}${field}`, 'change the shot, then run again')
    case 'UNSUPPORTED':
      return failure('invalid', `the worker cannot do that: ${words}${field}`, 'change the shot or the provider’s block, then run again')
    case 'MODEL_MISSING':
      return failure('machine', `of the model something is missing: ${words}`, '`ltx local doctor` lists what there is and what is missing')
    case 'MODEL_MISMATCH':
      return failure('invalid', `these files do not go together: ${words}`, 'use files that belong to this model: `ltx local doctor` looks')
    case 'DISK_FULL':
      return failure('disk', 'the disk is full', 'free some space and run again: what is made is kept, and the run goes on from there')
    case 'CANCELLED':
      return stopped
    case 'OUT_OF_MEMORY':
      return failure('worker', `the device is out of memory: ${words}`, 'close what else uses it, then run again')
    case 'BUSY':
    case 'INTERNAL':
      return failure('worker', `the worker failed: ${words}`, '`ltx local doctor` looks at what it stands on')
  }
}

/** Of a worker that is only asked what it is. */
export const failed = (trouble: Trouble): Failure =>
  trouble.kind === 'gone'
    ? failure('worker', `the worker ended: ${hostWords(trouble.why)}`, '`ltx local setup` makes what it stands on anew')
    : afterError(trouble.error)
