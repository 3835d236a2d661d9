// A film of a few shots, run by the real runtime against a test host: script, plan, money door, journal, store, lock and
// report are those of the program; only the cut is left out, since it buys nothing. Waits take no time.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { compile } from '../../src/compile.ts'
import { ProviderFailure } from '../../src/failure.ts'
import { openReporter } from '../../src/lang/diagnostic.ts'
import type { Plan } from '../../src/lang/plan.ts'
import type { ProviderUse } from '../../src/lang/program.ts'
import { probe } from '../../src/media/probe.ts'
import { openScript } from '../../src/open-script.ts'
import type { Provider } from '../../src/providers/provider.ts'
import { exitCode, exitOf } from '../../src/report/exit.ts'
import { openPlain } from '../../src/report/plain.ts'
import { openActions } from '../../src/runtime/actions.ts'
import { differenceOf } from '../../src/runtime/adjust.ts'
import type { Stamped } from '../../src/runtime/event.ts'
import { openJournal } from '../../src/runtime/journal.ts'
import { openLockFile } from '../../src/runtime/lock-file.ts'
import { type Outcome, run } from '../../src/runtime/run.ts'
import { openStore } from '../../src/runtime/store.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { World } from '../../src/world.ts'
import type { SuiteWorld } from './suite-world.ts'

export type SuiteFilm = {
  readonly root: string
  readonly plan: Plan
  /** Runs it once more, as a new process would. `unhurried`: by the clock on the wall. */
  run(how?: { readonly concurrency?: number; readonly haste?: number; readonly unhurried?: true }): Promise<Ran>
  /** Hashes of the clips in the store. */
  stored(): readonly string[]
  /** Every file below the folder that holds a text. */
  holding(text: string): readonly string[]
}
export type Ran = { readonly outcome: Outcome; readonly events: readonly Stamped[]; readonly exit: number; readonly said: string }

export type Wanted = {
  readonly shots: number
  /** Of a picture instead of words alone. */
  readonly pictures?: boolean
  /** Another size than that of most films. */
  readonly size?: string
}

let films = 0

function scriptOf(kind: string, settings: ProviderUse['settings'], { shots, pictures = false, size = '1280x720' }: Wanted): string {
  const block = Object.entries(settings).map(([name, value]) =>
    name === 'transport' ? `transport ${value}` : `${name} ${JSON.stringify(value)}`,
  )
  const from = pictures ? ' from "still.png"' : ''
  const lines = Array.from({ length: shots }, (_, at) => `shot s${at} 6s${from} { "a boat leaves the quay, number ${films}.${at}" }`)
  return `ltx 1

provider host ${kind} { key env SUITE_KEY  ${block.join('  ')} }

project "Suite ${films}" { size ${size}  fps 24  seed 7  quality fast  on host }

${lines.join('\n')}
`
}

function below(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile())
}

/** Puts the script on the disk and plans it. */
export async function openFilm(
  suite: SuiteWorld,
  provider: Provider,
  settings: ProviderUse['settings'],
  wanted: Wanted,
): Promise<SuiteFilm> {
  films += 1
  const { world } = suite
  const root = join(suite.folder, `film-${films}`)
  mkdirSync(root, { recursive: true })
  const path = join(root, 'film.ltx')
  writeFileSync(path, scriptOf(provider.kind, settings, wanted))
  const canvas = createCanvas(640, 400)
  canvas.getContext('2d').fillRect(0, 0, 300 + films, 200)
  writeFileSync(join(root, 'still.png'), canvas.toBuffer('image/png'))
  const opened = openScript(path)
  const film = await compile(opened, { rung: 'final' }, world, {})
  const problems = opened.reporter.diagnostics().map(({ code, message }) => `${code}: ${message}`)
  const use = film?.program.providers.find(({ name }) => name === 'host')
  if (film === undefined || use === undefined) throw new Error(`the film does not compile: ${problems.join('; ')}`)
  const jobs = film.plan.jobs.filter((job) => job.provider === 'host')
  if (jobs.length !== wanted.shots) throw new Error(`${jobs.length} jobs for ${wanted.shots} shots`)
  const plan: Plan = {
    ...film.plan,
    jobs,
    cut: { ...film.plan.cut, clips: film.plan.cut.clips.map((clip, at) => ({ ...clip, job: jobs[at]?.id ?? '' })) },
  }
  const dotLtx = join(root, '.ltx')
  const { ready, slack } = provider.capabilities
  return {
    root,
    plan,
    stored: () => below(join(dotLtx, 'clips')).flatMap((name) => (/^[0-9a-f]{2}\//.test(name) ? [name.replace(/\/|\.mp4$/g, '')] : [])),
    holding: (text) => below(root).filter((name) => readFileSync(join(root, name)).includes(text)),
    async run({ haste = 1, unhurried, ...limits } = {}) {
      // By the runtime's clock time passes so many times faster.
      const { clock } = unhurried === true ? openNodeWorld({}) : suite.world
      const world: World = { ...suite.world, clock: { ...clock, monotonic: () => clock.monotonic() * haste } }
      const { signal } = new AbortController()
      const events: Stamped[] = []
      let said = ''
      const screen = openPlain(plan, { write: (text) => (said += text) }, { colour: false, now: () => 0, sources: opened.sources })
      const actions = await openActions(world.files, `${dotLtx}/clips/actions.ndjson`)
      const lock = await openLockFile(world.files, `${path}.lock`, 'film.ltx.lock', openReporter())
      if (lock === undefined) throw new Error('the lock cannot be read')
      const outcome = await run({
        plan,
        providers: new Map([
          [
            'host',
            {
              capabilities: { ...provider.capabilities, ...limits },
              calls: suite.open(provider, use.settings, signal, `film-${films}/.ltx/kept/host`),
            },
          ],
        ]),
        store: await openStore(world.files, dotLtx, 'clips'),
        actions,
        journal: await openJournal(world, `${dotLtx}/journal/film`),
        lock,
        world,
        signal,
        assetsPath: (name) => join(root, name),
        async check(part, request) {
          const delivered = await probe(part)
          const message = differenceOf(delivered, request, { ready, ...(slack === undefined ? {} : { slack }) })
          if (message !== undefined) throw new ProviderFailure({ kind: 'mismatch', message, next: 'look', retry: false, billed: 'yes' })
          return delivered
        },
        emit(event) {
          events.push(event)
          screen.event(event)
        },
        cut: async () => ({ output: 'out/film.mp4', sha256: world.sha256('cut'), frames: plan.cut.frames }),
        settings: { script: 'film.ltx' },
      })
      await actions.close()
      await screen.close()
      const failures = outcome.failures.map(({ failure, uncertain }) => (uncertain ? { kind: 'uncertain' as const } : failure))
      const some = outcome.made.length + outcome.kept > 0
      return { outcome, events, said, exit: exitCode(exitOf({ reason: outcome.reason, failures, some })) }
    },
  }
}
