// A runner to be killed: the real run, journal, store, lock, provider and HTTP, against a host that lives on. Only the
// cut is left out (it buys nothing) and waits pass a hundred times faster. Its orders are one JSON argument; where they
// name a point, it kills itself there, as the kernel would: no handler runs, nothing is flushed.
import { mkdirSync, writeSync } from 'node:fs'
import { ProviderFailure } from '../../src/failure.ts'
import { openReporter } from '../../src/lang/diagnostic.ts'
import type { Plan } from '../../src/lang/plan.ts'
import type { ProviderUse } from '../../src/lang/program.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { probe } from '../../src/media/probe.ts'
import { bytecompute } from '../../src/providers/bytecompute/index.ts'
import { comfyui } from '../../src/providers/comfyui/index.ts'
import { command } from '../../src/providers/command/index.ts'
import { fal } from '../../src/providers/fal/index.ts'
import { hostedLtxProvider } from '../../src/providers/hosted-ltx/index.ts'
import { openaiVideo } from '../../src/providers/openai-video/index.ts'
import { replicate } from '../../src/providers/replicate/index.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { wavespeed } from '../../src/providers/wavespeed/index.ts'
import { openActions } from '../../src/runtime/actions.ts'
import { differenceOf } from '../../src/runtime/adjust.ts'
import { openJournal } from '../../src/runtime/journal.ts'
import { openLockFile } from '../../src/runtime/lock-file.ts'
import { run } from '../../src/runtime/run.ts'
import { openStore } from '../../src/runtime/store.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { World } from '../../src/world.ts'
import type { Point } from './lives.ts'

export type Orders = {
  readonly root: string
  readonly plan: Plan
  readonly use: ProviderUse
  readonly key: string
  readonly point?: Point
}

/** What may buy, without what draws and cuts: that would take longer to load than all the rest. */
const providers = [hostedLtxProvider, comfyui, openaiVideo, command, fal, replicate, bytecompute, wavespeed]

const haste = 100
/** No wait takes longer in truth; the clock passes over the rest of it. */
const longestMs = 15
let passed = 0

const orders = JSON.parse(process.argv[2] ?? '{}') as Orders // written by torture.ts
const { root, plan, use, point } = orders
const real = openNodeWorld({ SUITE_KEY: orders.key })
const die = (place: string): void => {
  // Told by a system call of its own: nothing would be flushed.
  writeSync(1, `${place}\n`)
  process.kill(process.pid, 'SIGKILL')
}

let records = 0
let requests = 0
const steps: Record<string, number> = {}
const hit = (at: 'record' | 'request', number: number, when: Point['when']): boolean =>
  point !== undefined && point.at === at && point.number === number && point.when === when

/** What the lines of one write to the journal tell of. */
const stepsIn = (text: string): readonly string[] =>
  text.split('\n').flatMap((line) => /"type":"((?:job|run|cut)\.[a-z]+)"/.exec(line)?.[1] ?? [])

/** Counts the steps of a write; does the point lie in it? */
function holdsPoint(found: readonly string[]): boolean {
  let here = false
  for (const step of found) {
    const number = (steps[step] ?? 0) + 1
    steps[step] = number
    here ||= point?.at === 'step' && point.step === step && point.number === number
  }
  return here
}

const world: World = {
  ...real,
  clock: {
    ...real.clock,
    monotonic: () => real.clock.monotonic() * haste + passed,
    async sleep(ms, signal) {
      const wait = Math.min(ms / haste, longestMs)
      await real.clock.sleep(wait, signal)
      passed += ms - wait * haste
    },
  },
  http: {
    async request(request) {
      requests += 1
      const mine = requests
      if (hit('request', mine, 'before')) die('before a request')
      const answer = await real.http.request(request)
      if (hit('request', mine, 'after')) die('after a request')
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
          const found = stepsIn(text)
          const here = holdsPoint(found)
          const place = (when: string): string => found.map((step) => `${when} ${step}`).join(', ')
          if (hit('record', mine, 'before') || (here && point?.when === 'before')) die(place('before'))
          await file.append(text, durable)
          if (hit('record', mine, 'after') || (here && point?.when === 'after')) die(place('after'))
        },
      }
    },
  },
}

async function main(): Promise<number> {
  mkdirSync(root, { recursive: true })
  const dotLtx = `${root}/.ltx`
  const provider = providers.find(({ kind }) => kind === use.kind)
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
    root,
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
  process.stdout.write(`${JSON.stringify({ reason: outcome.reason, failures, records, requests, steps })}\n`)
  return outcome.reason === 'finished' ? 0 : 1
}

void main().then((code) => {
  process.exitCode = code
})
