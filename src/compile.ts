// From a script that has been read to a plan: surveys its assets, looks at what is made already, and plans. Asks
// ffmpeg for its version; changes nothing but a cache of what it learned about assets.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Capabilities } from './lang/catalogue.ts'
import { asUsed, promising, selectFamily } from './lang/catalogue.ts'
import type { Reporter } from './lang/diagnostic.ts'
import type { Lock } from './lang/lock.ts'
import { emptyLock, parseLock } from './lang/lock.ts'
import type { AssetFacts, Plan } from './lang/plan.ts'
import type { PlanInput, ProviderInUse } from './lang/planning/make-plan.ts'
import { makePlan } from './lang/planning/make-plan.ts'
import type { Program } from './lang/program.ts'
import type { Tool } from './media/ffmpeg.ts'
import type { FilmOptions, Opened } from './open-script.ts'
import { assetsOf, checkFilm, readOrNothing, reportAsset } from './open-script.ts'
import { capabilitiesOf } from './providers/catalogue.ts'
import { assetFactsPath, weightsPath } from './runtime/layout.ts'
import { lockPath } from './runtime/lock-file.ts'
import type { Pace } from './runtime/pace.ts'
import { readPace } from './runtime/pace.ts'
import type { Peek } from './runtime/peek.ts'
import { peek } from './runtime/peek.ts'
import type { World } from './world.ts'

/** One film, planned. */
export type Film = {
  readonly opened: Opened
  readonly program: Program
  readonly plan: Plan
  /** What the plan was made from, for those who want to know how it would be otherwise. */
  readonly input: PlanInput
  /** What earlier runs say of how long jobs take. */
  readonly pace: Pace
  readonly lock: Lock
  readonly lockPath: string
  readonly dotLtx: string
  readonly namespace: 'clips' | 'animatic'
  readonly facts: ReadonlyMap<string, AssetFacts>
  readonly tool: Tool
  /** What every kind of provider can do. */
  readonly capabilities: ReadonlyMap<string, Capabilities>
  readonly peek: Peek
  /** The name its journals go by. */
  readonly journalName: string
}

/** Plans one film of a script. Undefined when something is wrong: then the reporter says what. */
export async function compile(
  opened: Opened,
  options: FilmOptions,
  world: World,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Film | undefined> {
  const { root, script, reporter } = opened
  const dotLtx = join(root, '.ltx')
  const name = options.episode === undefined ? script : `${script}.${options.episode}`
  const lockFile = lockPath(join(root, name))
  const lock = readLock(lockFile, lockPath(name), reporter)
  const program = checkFilm(opened, options, lock)
  if (program === undefined || lock === undefined || reporter.failed()) return undefined
  const { findTool } = await import('./media/ffmpeg.ts')
  const tool = await findTool(env)
  const facts = await surveyAssets(program, { root, world, tool, cacheFile: assetFactsPath(dotLtx) }, reporter)
  const namespace = options.rung === 'animatic' ? 'animatic' : 'clips'
  const [made, pace] = await Promise.all([peek({ world, dotLtx, namespace, script: name, lock }), readPace(world.files, dotLtx)])
  const own = await ownMachines(program, { root, world, dotLtx, lock, reporter, options })
  const input = planInput(program, { rung: options.rung, lock, facts, made, pace, tool, own, world })
  const plan = makePlan(input, reporter)
  if (reporter.failed()) return undefined
  return {
    opened,
    program,
    plan,
    input,
    pace,
    lock,
    lockPath: lockFile,
    dotLtx,
    namespace,
    facts,
    tool,
    capabilities: capabilitiesOf(tool.version),
    peek: made,
    journalName: name,
  }
}

type Around = {
  readonly root: string
  readonly world: World
  readonly dotLtx: string
  readonly lock: Lock
  readonly reporter: Reporter
  readonly options: FilmOptions
}

/** What own machines make their clips with. Placeholders are made by none. */
async function ownMachines(program: Program, { root, world, dotLtx, lock, reporter, options }: Around) {
  if (options.rung === 'animatic' || !program.providers.some(({ kind }) => kind === 'local')) return new Map()
  const { madeWithOf } = await import('./providers/local/made-with.ts')
  const look = { world, root, memo: weightsPath(dotLtx), ...(options.tell === undefined ? {} : { tell: options.tell }) }
  return madeWithOf(program, { look, locked: lock.jobs, reporter })
}

function readLock(path: string, name: string, reporter: Reporter): Lock | undefined {
  const text = readOrNothing(path)
  if (text !== undefined) return parseLock(text, name, reporter)
  if (!existsSync(path)) return emptyLock
  reporter.report('lock.corrupt', { path: name, start: 0, end: 0 }, { line: 1, problem: 'it is no file, or may not be read' })
  return undefined
}

type SurveyWith = { readonly root: string; readonly world: World; readonly tool: Tool; readonly cacheFile: string }

async function surveyAssets(program: Program, options: SurveyWith, reporter: Reporter): Promise<ReadonlyMap<string, AssetFacts>> {
  const assets = assetsOf(program)
  if (assets.length === 0) return new Map()
  const { survey } = await import('./media/survey.ts')
  const { facts, problems } = await survey(assets, options)
  for (const { asset, ...doubt } of problems) reportAsset(asset, doubt, reporter)
  return facts
}

type Seen = {
  readonly rung: Plan['rung']
  readonly lock: Lock
  readonly facts: ReadonlyMap<string, AssetFacts>
  readonly made: Peek
  readonly pace: Pace
  readonly tool: Tool
  readonly own: ReadonlyMap<string, Pick<ProviderInUse, 'madeWith' | 'adapters'>>
  readonly world: World
}

function planInput(program: Program, seen: Seen): PlanInput {
  const known = capabilitiesOf(seen.tool.version)
  const cut = known.get('cut')
  if (cut === undefined) throw new Error('the cut is not in the list of providers')
  return {
    program,
    rung: seen.rung,
    providers: new Map(program.providers.map((use) => [use.name, inUse(use, known, seen.own.get(use.name))])),
    cut,
    facts: seen.facts,
    remembered: new Map([...seen.lock.jobs].map(([id, job]) => [id, { key: job.key, request: job.request }])),
    picks: seen.lock.picks,
    moves: seen.lock.moves,
    findMade: seen.made.find,
    paceOf: seen.pace.of,
    sha256: seen.world.sha256,
    hasKey: (environmentName) => seen.world.secret(environmentName) !== undefined,
  }
}

function inUse(
  use: Program['providers'][number],
  known: ReadonlyMap<string, Capabilities>,
  own: Pick<ProviderInUse, 'madeWith' | 'adapters'> = {},
): ProviderInUse {
  const all = known.get(use.kind)
  if (all === undefined) throw new Error(`the evaluator let an unknown kind pass: ${use.kind}`)
  const { model, price, reproducible } = use.settings
  const { capabilities, named } = selectFamily(
    promising(asUsed(all, use.settings), reproducible),
    typeof model === 'string' ? model : undefined,
  )
  return {
    name: use.name,
    capabilities,
    ...(use.keyEnv === undefined ? {} : { keyEnv: use.keyEnv }),
    ...(typeof model === 'string' && !named && capabilities.models !== 'folder' ? { model } : {}),
    ...(typeof price === 'number' ? { perSecond: price } : {}),
    ...own,
  }
}
