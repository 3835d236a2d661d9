// One take while it is being planned: where it stands, what it has come to so far, and how a job is added to it.

import { promiseOf, takesSeed } from '../catalogue.ts'
import type { Bridge, FrameRange, Input, JobId, Move, Reproducibility, Request } from '../plan.ts'
import type { Shot, Step } from '../program.ts'
import type { Span } from '../source.ts'
import type { Rational } from '../time.ts'
import { add, framesToSeconds, toNumber } from '../time.ts'
import type { Purchase } from './offer.ts'
import type { ShotSetting } from './shot-request.ts'
import { adapterInputs, cutRequest, isEstimated } from './shot-request.ts'

/** What a take comes to. */
export type Tally = {
  bridges: Bridge[]
  asked: Rational
  bought: Rational
  jobs: JobId[]
  moves: Move[]
  model: string
  /** The weakest promise of its calls. */
  promise: Reproducibility
}

export type Take = { readonly shot: Shot; readonly number: number; readonly setting: ShotSetting; readonly tally: Tally }

/** Where the shot stands while its steps are worked off. `links` are the model's own clips, end to end. */
export type Standing = {
  readonly whole: JobId
  readonly frames: number
  readonly links: readonly Link[]
}
/** `provider` by its name: a link carries the state of the model that made it, which no other can go on from. */
export type Link = {
  readonly job: JobId
  /** Frames of it that the film shows. */
  readonly frames: number
  readonly provider: string
  /** Its clip in house form. */
  readonly fresh?: JobId
  /** Frames at its beginning that the film does not show. */
  readonly hidden?: number
  /** Where its groups of frames begin after the first. */
  readonly phase?: number
  /** Stretches of what is shown that a retake has replaced. */
  readonly touched?: readonly FrameRange[]
}

/** A place in the take: step 0 is the shot itself; `part` names a link of a chain made by the planner. */
export type Place = { readonly step: number; readonly part: string; readonly span: Span }

const jobId = (take: Take, { step, part }: Place): JobId => `${take.shot.path}@${take.number}${step > 0 ? `+${step}` : ''}${part}`

const promises: readonly Reproducibility[] = ['exact', 'same-host', 'keep-bytes']
const weaker = (a: Reproducibility, b: Reproducibility): Reproducibility => (promises.indexOf(a) > promises.indexOf(b) ? a : b)

/** What makes this take another job than the first where its seed is not sent. */
export const apart = ({ number, setting }: Take, { offer }: Purchase): { take?: number } =>
  number === 1 || takesSeed(setting.provider.capabilities, offer) ? {} : { take: number }

/** The take as the provider of a step sees it: its own, or the one that a route moves the step to. */
export function takeOfStep(take: Take, step: Step, place: Place): Take {
  const { setting, tally } = take
  const move = setting.moveOf(step)
  if (move === undefined || move.provider.name === setting.provider.name) return take
  const { route, ...there } = move
  tally.moves.push({ step: place.step, operation: step.kind, to: there.provider.name, route: route.words })
  // A placeholder's slate is for placeholders alone.
  const { slateModel: _own, ...shared } = setting
  return { ...take, setting: { ...shared, ...there } }
}

export type ModelJob = {
  readonly request: Request
  readonly inputs: readonly Input[]
  readonly bought: Purchase
  readonly price: number
  readonly needed: number
}

/** Adds a call to the shot's provider. `needed`: the film frames it is for. */
export function addModelJob(take: Take, place: Place, job: ModelJob): JobId {
  const { setting, shot, tally } = take
  const { capabilities, name } = setting.provider
  const id = jobId(take, place)
  tally.jobs.push(id)
  tally.asked = add(tally.asked, framesToSeconds(job.needed, setting.film.rate))
  tally.bought = add(tally.bought, framesToSeconds(job.bought.frames, job.bought.rate))
  tally.bridges.push(...job.bought.bridges)
  tally.promise = weaker(tally.promise, promiseOf(capabilities, job.bought.offer))
  const request = { ...job.request, ...setting.provider.madeWith?.(id) }
  setting.jobs.add({
    id,
    path: shot.path,
    take: take.number,
    step: place.step,
    operation: job.request.operation,
    provider: name,
    request,
    inputs: [...job.inputs, ...adapterInputs(setting, request)],
    price: job.price,
    ...(job.price > 0 && isEstimated(setting, job.bought) ? { estimated: true } : {}),
    ...expectedOf(setting, job),
    reproducibility: promiseOf(capabilities, job.bought.offer),
    tries: shot.tries,
    span: place.span,
  })
  return id
}

function expectedOf({ provider, paceOf }: ShotSetting, { request, bought }: ModelJob): { expected: number; timed?: true } {
  const { fixed, perSecond } = provider.capabilities.pace
  const taken = paceOf(provider.name, request)
  return taken === undefined ? { expected: fixed + perSecond * bought.seconds } : { expected: taken, timed: true }
}

export type CutJob = {
  readonly operation: 'conform' | 'join' | 'splice'
  readonly frames: number
  readonly edit: Record<string, unknown>
  readonly inputs: readonly Input[]
}

/** Adds a free job of the cut. */
export function addCutJob(take: Take, place: Place, job: CutJob): JobId {
  const { setting, shot, tally } = take
  const id = jobId(take, { ...place, part: `${place.part}:${job.operation}` })
  tally.jobs.push(id)
  setting.jobs.add({
    id,
    path: shot.path,
    take: take.number,
    step: place.step,
    operation: job.operation,
    provider: 'cut',
    request: cutRequest(job.operation, job.frames, job.edit, setting),
    inputs: job.inputs,
    price: 0,
    expected: setting.cut.pace.perSecond * (job.frames / toNumber(setting.film.rate)),
    reproducibility: 'exact',
    span: place.span,
  })
  return id
}

/** Brings whatever came back to house form at its own length; the join or splice after it takes the frames it needs. */
export function conformWhole(take: Take, place: Place, source: JobId): JobId {
  if (take.setting.provider.capabilities.ready) return source
  return addCutJob(take, place, {
    operation: 'conform',
    frames: 0,
    edit: { kind: 'conform', fit: 'crop' },
    inputs: [{ slot: 'video', kind: 'job', id: source }],
  })
}
