// The assets a script names go in; what the planner has to know of each comes out, and what is wrong with the others.
// Mistakes are data here: the script's writer is told of all of them at once. Facts are kept between runs, by the
// file's own marks (length, times, inode); a file that changed is read again.

import { createHash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { ProviderFailure } from '../failure.ts'
import type { AssetFacts } from '../lang/plan.ts'
import type { Asset } from '../lang/program.ts'
import type { World } from '../world.ts'
import type { Tool } from './ffmpeg.ts'
import type { Doubt } from './glance.ts'
import { lookAtHead } from './glance.ts'
import type { Opened } from './open-asset.ts'
import { openAsset } from './open-asset.ts'
import type { Fault } from './probe-asset.ts'
import { probeAsset } from './probe-asset.ts'

export type ProblemKind = Doubt['kind'] | Fault['kind'] | 'changed'
/** `message` is one sentence without a full stop; it names the file as the script does. */
export type Problem = { readonly asset: Asset; readonly kind: ProblemKind; readonly message: string }

export type SurveyOptions = {
  /** The project's folder, absolute. */
  readonly root: string
  readonly world: Pick<World, 'files' | 'clock'>
  readonly tool: Tool
  readonly signal?: AbortSignal
  /** Where facts are kept between runs, absolute. */
  readonly cacheFile?: string
}

export type Survey = { readonly facts: ReadonlyMap<string, AssetFacts>; readonly problems: readonly Problem[] }

const fraction = z.object({ num: z.number().int(), den: z.number().int().positive() })
const keptFacts = z.object({
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.number().int().nonnegative(),
  kind: z.enum(['image', 'audio', 'video']),
  size: z.object({ width: z.number().int().positive(), height: z.number().int().positive() }).optional(),
  seconds: fraction.optional(),
  rate: fraction.optional(),
  hasSound: z.boolean(),
})
const cacheShape = z.object({ version: z.literal(2), entries: z.array(z.object({ mark: z.string(), facts: keptFacts })) })
type Entry = z.infer<typeof cacheShape>['entries'][number]

/** What changes when a file does, even within one tick of a clock that only tells seconds. */
const markOf = (facts: BigIntStats): string => `${facts.size} ${facts.mtimeNs} ${facts.ctimeNs} ${facts.ino} ${facts.dev}`

/** A file written this short a time ago may be written again without its times showing it. */
const restlessMs = 100

const idOf = (path: string, kind: string): string => `${kind}\0${path}`

/** A cache that is missing, damaged or from another version is no cache. */
async function readCache(options: SurveyOptions): Promise<Map<string, Entry>> {
  if (options.cacheFile === undefined) return new Map()
  try {
    const { entries } = cacheShape.parse(JSON.parse(await options.world.files.readText(options.cacheFile)))
    return new Map(entries.map((entry) => [idOf(entry.facts.path, entry.facts.kind), entry]))
  } catch {
    return new Map()
  }
}

async function writeCache(options: SurveyOptions, entries: ReadonlyMap<string, Entry>): Promise<void> {
  if (options.cacheFile === undefined) return
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
  // A survey without its cache is only slower next time.
  await options.world.files.writeWhole(options.cacheFile, JSON.stringify({ version: 2, entries: sorted })).catch(() => undefined)
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const block = Buffer.allocUnsafe(1 << 20)
  for (let at = 0; ; ) {
    const { bytesRead } = await file.read(block, 0, block.length, at)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(block.subarray(0, bytesRead))
    at += bytesRead
  }
}

type Seen = { readonly entry?: Entry; readonly problem?: Omit<Problem, 'asset'> }

const problem = (kind: ProblemKind, message: string): Seen => ({ problem: { kind, message } })

async function read(asset: Asset, opened: Opened, options: SurveyOptions): Promise<Seen> {
  const { file, real, facts } = opened
  const { path, kind } = asset
  const bytes = Number(facts.size)
  const look = await lookAtHead(path, opened)
  if (!look.ok) return problem(look.kind, look.message)
  const { format, head } = look
  const signal = options.signal ?? new AbortController().signal
  const probed = await probeAsset({ path, kind, format, file, real, bytes, head, tool: options.tool, signal })
  if (!probed.ok) return problem(probed.kind, probed.message)
  const sha256 = await hashOf(file)
  const after = await file.stat({ bigint: true })
  if (markOf(after) !== markOf(facts)) return problem('changed', `${path} changed while it was being read`)
  return { entry: { mark: markOf(facts), facts: { path, sha256, bytes, kind, ...probed.measured } } }
}

async function surveyOne(asset: Asset, known: Entry | undefined, options: SurveyOptions): Promise<Seen> {
  const opened = await openAsset(options.root, asset.path)
  if (!opened.ok) return problem(opened.kind, opened.message)
  try {
    if (known !== undefined && known.mark === markOf(opened.facts)) return { entry: known }
    return await read(asset, opened, options)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    if (!['tool', 'mismatch'].includes(error.failure.kind)) throw error
    return problem('corrupt', `${asset.path} is damaged: ${error.failure.message.replace(/[\s.]+$/, '')}`)
  } finally {
    await opened.file.close()
  }
}

/** Runs `work` on all, a few at once. */
async function inLanes<T>(items: readonly T[], lanes: number, work: (item: T, index: number) => Promise<void>): Promise<void> {
  let next = 0
  const lane = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T, index)
  }
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane))
}

const isSettled = (entry: Entry, now: number): boolean => now - Number(BigInt(entry.mark.split(' ')[1] ?? '0') / 1_000_000n) > restlessMs

/** Facts without the gaps that a schema's optional fields leave. */
function plain(facts: Entry['facts']): AssetFacts {
  const { size, seconds, rate, ...rest } = facts
  return {
    ...rest,
    ...(size === undefined ? {} : { size }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(rate === undefined ? {} : { rate }),
  }
}

/**
 * Reads the facts of all assets, each file once, four at a time. A file used in two ways (as sound and as video) is read
 * for both; its facts are those of the first. Throws a ProviderFailure only when stopped or when the disk or tool fails.
 */
export async function survey(assets: readonly Asset[], options: SurveyOptions): Promise<Survey> {
  const cache = await readCache(options)
  const wanted = [...new Map(assets.toReversed().map((asset) => [idOf(asset.path, asset.kind), asset])).values()].reverse()
  const seen: Seen[] = new Array(wanted.length)
  await inLanes(wanted, 4, async (asset, index) => {
    seen[index] = await surveyOne(asset, cache.get(idOf(asset.path, asset.kind)), options)
  })
  const facts = new Map<string, AssetFacts>()
  const problems: Problem[] = []
  const now = options.world.clock.now()
  for (const [index, asset] of wanted.entries()) {
    const { entry, problem: found } = seen[index] ?? {}
    if (found !== undefined) problems.push({ asset, ...found })
    if (entry === undefined) cache.delete(idOf(asset.path, asset.kind))
    else {
      if (!facts.has(asset.path)) facts.set(asset.path, plain(entry.facts))
      if (isSettled(entry, now)) cache.set(idOf(asset.path, asset.kind), entry)
    }
  }
  await writeCache(options, cache)
  return { facts, problems }
}
