// A runner to be killed: the real run, journal, store, lock, provider and HTTP, against a host that lives on. Only the
// cut is left out (it buys nothing) and waits pass a hundred times faster. Its orders are one JSON argument; where they
// name a point, it kills itself there, as the kernel would: no handler runs, nothing is flushed.
import { mkdirSync } from 'node:fs'
import { ProviderFailure } from '../../src/failure.ts'
import { openReporter } from '../../src/lang/diagnostic.ts'
import type { Plan } from '../../src/lang/plan.ts'
import type { ProviderUse } from '../../src/lang/program.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { probe } from '../../src/media/probe.ts'
import { callableProviders } from '../../src/providers/index.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { openActions } from '../../src/runtime/actions.ts'
import { differenceOf } from '../../src/runtime/adjust.ts'
import { openJournal } from '../../src/runtime/journal.ts'
import { openLockFile } from '../../src/runtime/lock-file.ts'
import { run } from '../../src/runtime/run.ts'
import { openStore } from '../../src/runtime/store.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { World } from '../../src/world.ts'

/** The `number`-th journal record or request: before it, after it, or (a request) when its answer's head is there. */
export type Point = { readonly at: 'record' | 'request'; readonly number: number; readonly when: 'before' | 'after' }
export type Orders = {
  readonly root: string
  readonly plan: Plan
  readonly use: ProviderUse
  readonly key: string
  readonly point?: Point
}

const haste = 100
const orders = JSON.parse(process.argv[2] ?? '{}') as Orders // written by torture.ts
const { root, plan, use, point } = orders
const real = openNodeWorld({ SUITE_KEY: orders.key })
const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
}

let records = 0
let requests = 0
const hit = (at: Point['at'], number: number, when: Point['when']): boolean =>
  point !== undefined && point.at === at && point.number === number && point.when === when

const world: World = {
  ...real,
  clock: {
    ...real.clock,
    monotonic: () => real.clock.monotonic() * haste,
    sleep: (ms, signal) => real.clock.sleep(ms / haste, signal),
  },
  http: {
    async request(request) {
      requests += 1
      const mine = requests
      if (hit('request', mine, 'before')) die()
      const answer = await real.http.request(request)
      if (hit('request', mine, 'after')) die()
      return answer
    },
  },
  files: {
    ...real.files,
    async openAppend(path) {
      const file = await real.files.openAppend(path)
      if (!path.includes('/journal/')) return file
      return {
        ...file,
        async append(text, durable) {
          records += 1
          const mine = records
          if (hit('record', mine, 'before')) die()
          await file.append(text, durable)
          if (hit('record', mine, 'after')) die()
        },
      }
    },
  },
}

async function main(): Promise<number> {
  mkdirSync(root, { recursive: true })
  const dotLtx = `${root}/.ltx`
  // Nothing here needs ffmpeg, and finding it takes longer than all the rest.
  const provider = callableProviders({ version: 'none' } as Tool).get(use.kind)
  if (provider === undefined) throw new Error(`no provider ${use.kind}`)
  const { signal } = new AbortController()
  const scratch = `${dotLtx}/scratch/run`
  await world.files.remove(scratch)
  await world.files.makeFolder(`${scratch}/host`)
  const actions = await openActions(world.files, `${dotLtx}/clips/actions.ndjson`)
  const lock = await openLockFile(world.files, `${root}/film.ltx.lock`, 'film.ltx.lock', openReporter())
  if (lock === undefined) throw new Error('the lock cannot be read')
  const { ready, slack } = provider.capabilities
  const calls = provider.open({
    world,
    scratch: `${scratch}/host`,
    kept: `${dotLtx}/kept/host`,
    signal,
    use,
    tool: () => findTool(process.env),
    uploads: openUploads(world, `${dotLtx}/cache/uploads.json`),
  })
  const outcome = await run({
    plan,
    providers: new Map([[use.name, { capabilities: provider.capabilities, calls }]]),
    store: await openStore(world.files, dotLtx, 'clips'),
    actions,
    journal: await openJournal(world, `${dotLtx}/journal/film`),
    lock,
    world,
    signal,
    assetsPath: (path) => `${root}/${path}`,
    async check(path, request) {
      const delivered = await probe(path)
      const wrong = differenceOf(delivered, request, { ready, ...(slack === undefined ? {} : { slack }) })
      if (wrong === undefined) return delivered
      throw new ProviderFailure({ kind: 'mismatch', message: wrong, next: '', retry: true })
    },
    emit: () => undefined,
    cut: async (files) => {
      const clips = [...files.made].map(([job, made]) => `${job} ${made.sha256}`).sort()
      return { output: 'out/film.mp4', sha256: world.sha256(clips.join('\n')), frames: plan.cut.frames }
    },
    settings: { script: 'film.ltx' },
  })
  await actions.close()
  const failures = outcome.failures.map(({ failure }) => failure.kind)
  process.stdout.write(`${JSON.stringify({ reason: outcome.reason, failures, records, requests })}\n`)
  return outcome.reason === 'finished' ? 0 : 1
}

process.exitCode = await main()
