// Program to plan: every item's jobs, what each costs, what is kept and why, and the timeline that joins them.
// Pure: the same program, facts, lock and store give the same plan, byte for byte.
import type { Capabilities } from '../catalogue.ts'
import type { Reporter } from '../diagnostic.ts'
import type { HashText } from '../key.ts'
import { canonicalJson } from '../key.ts'
import type { Money } from '../money.ts'
import type { AssetFacts, Bridge, Job, JobId, Lora, Plan, PlanLine, Request } from '../plan.ts'
import type { Asset, Bed, Item, Path, Program, Route, Shot } from '../program.ts'
import type { Span } from '../source.ts'
import type { Rational } from '../time.ts'
import { add, compare, framesToSeconds, multiply, rational, subtract, toFrames, toNumber } from '../time.ts'
import { anewOf } from './anew.ts'
import type { Placed } from './plan-cut.ts'
import { filmFrames, placeBed, placeItems, planCut } from './plan-cut.ts'
import type { FindMade } from './plan-jobs.ts'
import { openJobs } from './plan-jobs.ts'
import type { Remembered } from './plan-line.ts'
import { judge } from './plan-line.ts'
import type { PlannedTake } from './plan-shot.ts'
import { planTake } from './plan-shot.ts'
import type { RoutedAt } from './route.ts'
import { moveOf, routeOf } from './route.ts'
import type { Heard, PaceOf, ShotProvider, ShotSetting } from './shot-request.ts'
import { cutRequest } from './shot-request.ts'
import { wallOf } from './wall.ts'

/** A provider as this film uses it. `perSecond` and `model` override what the offers say. */
export type ProviderInUse = {
  readonly name: string
  readonly capabilities: Capabilities
  readonly keyEnv?: string
  readonly model?: string
  readonly perSecond?: Money
  readonly madeWith?: NonNullable<ShotProvider['madeWith']>
  readonly adapters?: NonNullable<ShotProvider['adapters']>
}

export type PlanInput = {
  readonly program: Program
  readonly rung: Plan['rung']
  /** A provider by the name shots use. */
  readonly providers: ReadonlyMap<string, ProviderInUse>
  /** What ffmpeg's side can do; its version is part of every cut job's key. */
  readonly cut: Capabilities
  readonly facts: ReadonlyMap<string, AssetFacts>
  readonly remembered: ReadonlyMap<JobId, Remembered>
  readonly picks: ReadonlyMap<Path, number>
  /** The path a shot was first made under, by its path now. */
  readonly moves?: ReadonlyMap<Path, Path>
  readonly findMade: FindMade
  readonly paceOf?: PaceOf
  readonly sha256: HashText
  readonly hasKey: (environmentName: string) => boolean
}

/** The input, with what is worked out once for all items. */
type Planning = PlanInput & { readonly house: Plan['house'] }

/** Makes the plan. What a provider cannot do is reported; such a shot has no jobs, and the caller stops on `reporter.failed()`. */
export function makePlan(input: PlanInput, reporter: Reporter): Plan {
  const { program } = input
  const placed = placeItems(program.items, (item) => lengthOf(item, input, reporter))
  const jobs = openJobs(input.sha256, input.findMade)
  const planning: Planning = { ...input, house: houseOf(input) }
  const finals = new Map<Path, JobId>()
  const lines = placed.map((place): PlanLine => {
    const planned =
      place.item.kind === 'shot' ? planShot(place, place.item, planning, placed, jobs, reporter) : planPlain(place, planning, jobs)
    finals.set(place.item.path, planned.final)
    return planned.line
  })
  const all = jobs.all()
  const toMake = all.filter((job) => job.made === undefined)
  const estimated = toMake.reduce((sum, job) => sum + (job.estimated ? job.price : 0), 0)
  return {
    version: 1,
    film: program.film,
    rung: input.rung,
    house: planning.house,
    jobs: all,
    lines: [...lines, ...droppedLines(program, input)],
    cut: planCut(program, placed, (item) => finals.get(item.path) ?? '', input.facts),
    totals: {
      price: toMake.reduce((sum, job) => sum + job.price, 0),
      ...(estimated > 0 ? { estimated } : {}),
      make: toMake.length,
      keep: all.length - toMake.length,
      expected: expectedTotal(toMake, input),
      seconds: framesToSeconds(filmFrames(placed), program.film.rate),
    },
    missingKeys: missingKeys(toMake, input),
    renames: findRenames(all, input),
  }
}

/** Frames of an item on the timeline; sound-led shots and own footage take theirs from their files. */
function lengthOf(item: Item, input: PlanInput, reporter: Reporter): number {
  const { rate } = input.program.film
  switch (item.kind) {
    case 'card':
    case 'still':
      return item.frames
    case 'clip': {
      const { from, to } = footageRange(item, input, reporter)
      return Math.max(1, toFrames({ unit: 'seconds', seconds: subtract(to, from) }, rate).frames)
    }
    case 'shot':
      return shotFrames(item, input)
  }
}

function shotFrames(shot: Shot, input: PlanInput): number {
  const extended = shot.steps.reduce((sum, step) => sum + (step.kind === 'extend' ? step.frames : 0), 0)
  return firstFrames(shot, input) + extended
}

/** The first link's frames: as written, else as long as the sound that drives it (the last frame is whole). */
function firstFrames(shot: Shot, input: PlanInput): number {
  if (shot.frames !== undefined) return shot.frames
  const seconds = shot.sync === undefined ? undefined : input.facts.get(shot.sync.path)?.seconds
  if (seconds === undefined) return 1
  const frames = multiply(seconds, input.program.film.rate)
  return Math.max(1, Math.ceil(frames.num / frames.den))
}

function footageRange(item: Extract<Item, { kind: 'clip' }>, input: PlanInput, reporter: Reporter): { from: Rational; to: Rational } {
  const length = input.facts.get(item.asset.path)?.seconds ?? rational(0)
  if (item.range === undefined) return { from: rational(0), to: length }
  if (length.num > 0 && compare(item.range.to, length) > 0) {
    reporter.report('time.past-end', item.span, {
      what: `clip ${item.path}`,
      asked: `${toNumber(item.range.to)}s`,
      length: `${Number(toNumber(length).toFixed(3))}s`,
    })
  }
  return item.range
}

/** A card, a still or own footage: one free job. */
function planPlain({ item, frames }: Placed, input: Planning, jobs: ReturnType<typeof openJobs>): { final: JobId; line: PlanLine } {
  const setting = { film: input.program.film, cut: input.cut, house: input.house }
  const pair = (value: Rational): readonly number[] => [value.num, value.den]
  const asset = item.kind === 'clip' ? item.asset : item.kind === 'still' ? item.image : undefined
  const edit = (): Record<string, unknown> => {
    switch (item.kind) {
      case 'card':
        return { kind: 'card', text: item.text, ...(item.below === undefined ? {} : { below: item.below }) }
      case 'still':
        return { kind: 'still' }
      case 'clip':
        return {
          kind: 'footage',
          fit: 'crop',
          ...(item.range === undefined ? {} : { from: pair(item.range.from), to: pair(item.range.to) }),
        }
      case 'shot':
        throw new Error('a shot is not a plain item')
    }
  }
  const operation = item.kind === 'clip' ? 'footage' : item.kind === 'card' ? 'card' : 'still'
  const sha256 = asset === undefined ? undefined : input.facts.get(asset.path)?.sha256
  const job = jobs.add({
    id: item.path,
    path: item.path,
    take: 1,
    step: 0,
    operation,
    provider: 'cut',
    request: cutRequest(operation, frames, edit(), setting),
    inputs:
      asset === undefined || sha256 === undefined
        ? []
        : [{ slot: item.kind === 'clip' ? 'video' : 'first-frame', kind: 'asset', path: asset.path, sha256 }],
    price: 0,
    expected: input.cut.pace.perSecond * (frames / toNumber(input.program.film.rate)),
    reproducibility: 'exact',
    span: item.span,
  })
  const seconds = framesToSeconds(frames, input.program.film.rate)
  const line: PlanLine = {
    path: item.path,
    kind: item.kind,
    ...judge([job], input.remembered),
    provider: 'cut',
    model: '',
    quality: input.program.film.quality,
    seconds,
    asked: seconds,
    bought: rational(0),
    bridges: [],
    seed: 0,
    takes: 1,
    reproducibility: 'exact',
    price: 0,
    expected: job.expected,
    jobs: [job.id],
    span: item.span,
  }
  return { final: job.id, line }
}

/** All takes of a shot. The picked take's file stands on the timeline. */
function planShot(
  place: Placed,
  shot: Shot,
  input: Planning,
  placed: readonly Placed[],
  jobs: ReturnType<typeof openJobs>,
  reporter: Reporter,
): { final: JobId; line: PlanLine } {
  const { provider, route } = makerOf(shot, input)
  const refusing =
    (by: ProviderInUse, sent: Route | undefined): ShotSetting['refuse'] =>
    (refusal, span) => {
      const notes = sent === undefined ? {} : { notes: [{ message: `this route sends it there: ${sent.words}`, span: sent.span }] }
      reporter.report('provider.cannot', span, { provider: by.name, shot: shot.path, detail: refusal.detail }, notes)
    }
  /** All that hangs on who makes it. */
  const madeBy = (by: ProviderInUse, sent: Route | undefined): Pick<ShotSetting, 'provider' | 'refuse' | 'slateModel'> => ({
    provider: by,
    refuse: refusing(by, sent),
    ...(by.name === 'animatic' ? { slateModel: slateModel(shot, input) } : {}),
  })
  const setting: ShotSetting = {
    film: input.program.film,
    jobs,
    ...madeBy(provider, route),
    moveOf: (step) => {
      const move = moveOf(shot, step, routedAt(shot, input))
      return move === undefined ? undefined : { route: move, ...madeBy(known(move.provider, input), move) }
    },
    cut: input.cut,
    paceOf: input.paceOf ?? (() => undefined),
    house: input.house,
    facts: input.facts,
    cast: new Map(input.program.cast.map((member) => [member.name, member.words])),
    loras: lorasOf(shot, input.program),
    frames: firstFrames(shot, input),
    ...heardBy(shot, place, placed, input, reporter),
  }
  const takes = Array.from({ length: shot.takes }, (_, index) => planTake(shot, index + 1, setting)).filter((take) => take !== undefined)
  const picked = takes[Math.min(takes.length, input.picks.get(shot.path) ?? 1) - 1]
  return {
    final: picked?.final ?? '',
    line: { ...shotLine(shot, place, takes, setting, input), ...(route === undefined ? {} : { route: route.words }) },
  }
}

/** Adapters of those who are in the shot: their looks stand in its words, or they speak. */
function lorasOf(shot: Shot, program: Program): readonly Lora[] {
  const all = [shot.words, ...shot.steps.map((step) => step.words)]
  const texts = all.flatMap((words) => [words.setting, ...words.action, ...words.camera, ...words.look, ...words.sound])
  const speakers = new Set(all.flatMap((words) => words.say.map((line) => line.who)))
  const present = (member: Program['cast'][number]): boolean =>
    speakers.has(member.name) || texts.some((text) => text.includes(member.words))
  return program.cast.flatMap((member) => (member.lora !== undefined && present(member) ? [{ path: member.lora, scale: 1 }] : []))
}

/** Placeholders come in the draft encoding; joined with them, everything else has to be in it too. */
function houseOf(input: PlanInput): Plan['house'] {
  const makers = (shot: Shot): readonly ProviderInUse[] => {
    const moves = shot.steps.flatMap((step) => moveOf(shot, step, routedAt(shot, input)) ?? [])
    return [makerOf(shot, input).provider, ...moves.map((route) => known(route.provider, input))]
  }
  const bought = input.program.items.some((item) => item.kind === 'shot' && makers(item).some(({ capabilities }) => !capabilities.ready))
  return bought ? 'final' : 'draft'
}

const routedAt = (shot: Shot, input: PlanInput): RoutedAt => ({ frames: shotFrames(shot, input), rung: input.rung })

/** Who makes a shot, and the route that said so. */
function makerOf(shot: Shot, input: PlanInput): { readonly provider: ProviderInUse; readonly route?: Route } {
  const route = routeOf(shot, routedAt(shot, input))
  const provider = known(input.rung === 'animatic' ? 'animatic' : (route?.provider ?? shot.provider), input)
  return route === undefined ? { provider } : { provider, route }
}

function known(name: string, input: PlanInput): ProviderInUse {
  const found = input.providers.get(name)
  if (found === undefined) throw new Error(`the evaluator let an unknown provider pass: ${name}`)
  return found
}

/** What the script asks for, for the animatic's slate: the model that would be bought. */
function slateModel(shot: Shot, input: PlanInput): string {
  const final: PlanInput = { ...input, rung: 'final' }
  const wanted = makerOf(shot, final).provider
  const offer = wanted.capabilities.offers.find((candidate) => candidate.quality === shot.quality)
  return wanted.model ?? offer?.model ?? wanted.capabilities.kind
}

function shotLine(shot: Shot, place: Placed, takes: readonly PlannedTake[], setting: ShotSetting, input: PlanInput): PlanLine {
  const ids = takes.flatMap((take) => take.jobs)
  const all = ids.map((id) => setting.jobs.get(id))
  const toMake = all.filter((job) => job.made === undefined)
  const moves = takes[0]?.moves ?? []
  const sum = (pick: (take: PlannedTake) => Rational): Rational => takes.reduce((total, take) => add(total, pick(take)), rational(0))
  return {
    path: shot.path,
    kind: 'shot',
    ...judge(all, input.remembered),
    provider: setting.provider.name,
    ...(moves.length === 0 ? {} : { moves }),
    model: setting.provider.model ?? takes[0]?.model ?? '',
    quality: shot.quality,
    seconds: framesToSeconds(place.frames, input.program.film.rate),
    asked: sum((take) => take.asked),
    bought: sum((take) => take.bought),
    bridges: uniqueBridges(takes[0]?.bridges ?? []),
    seed: shot.seed,
    takes: shot.takes,
    reproducibility: takes[0]?.promise ?? setting.provider.capabilities.reproducibility,
    price: toMake.reduce((total, job) => total + job.price, 0),
    ...(toMake.some((job) => job.estimated) ? { estimated: true } : {}),
    expected: toMake.reduce((total, job) => total + job.expected, 0),
    ...anewOf(shot, all, place.frames, setting),
    jobs: ids,
    span: shot.span,
  }
}

function uniqueBridges(bridges: readonly Bridge[]): readonly Bridge[] {
  return [...new Map(bridges.map((bridge) => [canonicalJson(bridge), bridge])).values()]
}

/** The sound that drives a shot: its own file, or the slice of a bed that will play under it. */
function heardBy(shot: Shot, place: Placed, placed: readonly Placed[], input: PlanInput, reporter: Reporter): { heard?: Heard } {
  const { rate } = input.program.film
  if (shot.sync !== undefined)
    return { heard: { asset: shot.sync, from: rational(0), to: framesToSeconds(firstFrames(shot, input), rate) } }
  const bed = input.program.beds.find((candidate) => candidate.name === shot.toBeat)
  if (shot.toBeat === undefined || bed === undefined) return {}
  const stretch = placeBed(bed, placed, input.facts)
  const into = add(bed.start, framesToSeconds(place.start - stretch.from, rate))
  const length = framesToSeconds(firstFrames(shot, input), rate)
  return {
    heard: sliceOf(bed, into, length, shot.span, input, reporter, place.start < stretch.from || place.start + place.frames > stretch.to),
  }
}

function sliceOf(bed: Bed, into: Rational, length: Rational, span: Span, input: PlanInput, reporter: Reporter, outside: boolean): Heard {
  const whole = input.facts.get(bed.asset.path)?.seconds
  const asset: Asset = bed.asset
  if (outside) reporter.report('film.off-bed', span, { bed: bed.name })
  if (whole === undefined || whole.num === 0) return { asset, from: into, to: add(into, length) }
  // A looped bed is heard where its file has come to by then.
  const turns = bed.loop ? Math.floor(toNumber(into) / toNumber(whole)) : 0
  const from = subtract(into, multiply(whole, rational(turns)))
  const to = add(from, length)
  if (compare(to, whole) > 0)
    reporter.report('film.bed-too-short', span, {
      bed: bed.name,
      length: `${Number(toNumber(whole).toFixed(2))}s`,
      needed: `${Number(toNumber(to).toFixed(2))}s`,
    })
  return { asset, from, to }
}

function expectedTotal(toMake: readonly Job[], input: PlanInput): number {
  return wallOf(toMake, (name) => (input.providers.get(name)?.capabilities ?? input.cut).concurrency)
}

function missingKeys(toMake: readonly Job[], input: PlanInput): readonly string[] {
  const names = new Set<string>()
  for (const job of toMake) {
    const provider = input.providers.get(job.provider)
    if (provider?.capabilities.needsKey !== true || provider.keyEnv === undefined) continue
    if (!input.hasKey(provider.keyEnv)) names.add(provider.keyEnv)
  }
  return [...names].sort()
}

const pathOfJob = (id: JobId): Path => id.split('@')[0] ?? id

/** Items that the lock remembers and the script no longer has. */
function droppedLines(program: Program, input: PlanInput): readonly PlanLine[] {
  if (input.rung === 'animatic') return []
  // A shot that was renamed is still the one it was first.
  const first = (path: Path): Path => input.moves?.get(path) ?? path
  const here = new Set(program.items.map((item) => first(item.path)))
  const gone = new Set([...input.remembered.keys()].map(pathOfJob).filter((path) => !here.has(first(path))))
  return [...gone].sort().map((path) => ({
    path,
    kind: 'shot',
    change: 'drop',
    because: ['the script no longer has it; its clip stays in the store'],
    provider: '',
    model: '',
    quality: program.film.quality,
    seconds: rational(0),
    asked: rational(0),
    bought: rational(0),
    bridges: [],
    seed: 0,
    takes: 0,
    reproducibility: 'keep-bytes',
    price: 0,
    expected: 0,
    jobs: [],
    span: program.film.span,
  }))
}

/** A request as it is but for what a new name moves: the derived seed. */
const withoutName = (request: Request): string => canonicalJson({ ...request, seed: null, slate: null })

/** New shots whose request equals that of a clip whose shot is gone: most likely the same shot under another name. */
function findRenames(jobs: readonly Job[], input: PlanInput): Plan['renames'] {
  if (input.rung === 'animatic') return []
  const here = new Set(input.program.items.map((item) => item.path))
  const gone = new Map<string, Path>()
  for (const [id, old] of input.remembered) {
    const path = pathOfJob(id)
    if (!here.has(path) && id === `${path}@1`) gone.set(withoutName(old.request), path)
  }
  return jobs.flatMap((job) => {
    const from =
      job.id === `${job.path}@1` && job.made === undefined && !input.remembered.has(job.id) ? gone.get(withoutName(job.request)) : undefined
    return from === undefined ? [] : [{ from, to: job.path }]
  })
}
