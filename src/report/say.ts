// Small pieces of wording that every view shares: clocks, lengths, sizes, counts, and whose fault a failure is.

import type { Failure, FailureKind } from '../failure.ts'
import { formParts } from '../lang/form.ts'
import type { Form, Job } from '../lang/plan.ts'
import { safeText } from '../safe-text.ts'

/** Text from outside on one line, safe to print. */
export const oneLine = (text: string): string => safeText(text.replace(/\s+/g, ' ').trim())

/** `0:07`, `12:40`, `1:02:03`: a measured time. */
export function clock(ms: number): string {
  const whole = Math.max(0, Math.floor(ms / 1000))
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  const pad = (value: number): string => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(seconds)}` : `${minutes}:${pad(seconds)}`
}

/** A submit without an answer, at a host that shows what it has taken only after a while. */
export const settlingText = (ms: number): string => `was it taken? waiting until the host would show it, at most ${clock(ms)}`

/** `8s`, `4m`, `1h20m`: a guess, so it does not pretend to know better. */
export function roughly(seconds: number): string {
  if (seconds < 1) return '<1s'
  if (seconds < 55) return `${Math.ceil(seconds / (seconds < 10 ? 1 : 5)) * (seconds < 10 ? 1 : 5)}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 60) return `${minutes}m`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)}h${rest === 0 ? '' : `${rest}m`}`
}

/** `1 shot`, `3 shots`. */
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`

/** `4.1 MB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [unit, divisor] = bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  return `${(bytes / divisor).toFixed(1)} ${unit}`
}

/** `came as 1280x720, 25 fps, 6s instead of 1920x1080, 50 fps, 10s`: only what differs. */
export function adjustedText({ asked, made, silent }: { readonly asked: Form; readonly made: Form; readonly silent?: true }): string {
  const [was, is] = [formParts(asked), formParts(made)]
  const other = is.map((_, at) => at).filter((at) => is[at] !== was[at])
  const seconds = (form: Form): number => (form.frames * form.rate.den) / form.rate.num
  const held = seconds(asked) - seconds(made) > 0.5 ? '; its last frame is held' : ''
  if (other.length === 0) return 'came without sound'
  const mute = silent === true ? ', and without sound' : ''
  return `came as ${other.map((at) => is[at]).join(', ')} instead of ${other.map((at) => was[at]).join(', ')}${mute}${held}`
}

/** What a job is to a person: `take 2/3 · extend +1`. The first take of a one-take shot is just the shot. */
export function jobLabel(job: Pick<Job, 'take' | 'step' | 'operation'>, takes: number): string {
  const take = takes > 1 ? [`take ${job.take}/${takes}`] : []
  return [...take, ...stepLabel(job)].join(' · ')
}

function stepLabel({ operation, step }: Pick<Job, 'step' | 'operation'>): readonly string[] {
  switch (operation) {
    case 'text-to-video':
    case 'image-to-video':
    case 'audio-to-video':
      return []
    case 'extend':
      return [step > 0 ? `extend +${step}` : 'next link']
    case 'retake':
      return [`retake +${step}`]
    case 'conform':
      return ['bring to size']
    case 'join':
      return ['join']
    case 'splice':
      return ['put in the retake']
    case 'footage':
      return ['own footage']
    case 'card':
      return ['card']
    case 'still':
      return ['still']
  }
}

/** What went wrong in one line: whose doing, how they put it, whether it cost anything, and the name under which the host knows of it. */
export function failureWords({ kind, message, billed, requestId }: Failure): string {
  const more = [...(billed === 'yes' ? ['it was billed'] : []), ...(requestId === undefined ? [] : [`request ${oneLine(requestId)}`])]
  return `${faultOf(kind)}: ${oneLine(message)}${more.length === 0 ? '' : ` (${more.join(', ')})`}`
}

/** Whose doing a failure is, in a word or two. */
export function faultOf(kind: FailureKind): string {
  switch (kind) {
    case 'invalid':
      return 'the script'
    case 'moderation':
      return 'the words'
    case 'input':
      return 'a file'
    case 'auth':
      return 'the key'
    case 'funds':
      return 'the account'
    case 'budget':
      return 'the budget'
    case 'rate':
    case 'capacity':
    case 'host':
    case 'expired':
    case 'mismatch':
      return 'the host'
    case 'network':
      return 'the network'
    case 'uncertain':
      return 'unknown'
    case 'disk':
      return 'the disk'
    case 'tool':
      return 'ffmpeg'
    case 'machine':
    case 'worker':
      return 'this machine'
    case 'cancelled':
      return 'stopped'
  }
}

const pathOf = (job: string): string => job.split('@')[0] ?? job

/** Why a job did not begin: a shot needs its own clips alone; what stops others is the account they share, or the disk. */
export const blockedText = (job: string, by: string): string =>
  pathOf(job) === pathOf(by) ? `needs ${oneLine(by)}` : `not begun, after ${oneLine(by)}`
