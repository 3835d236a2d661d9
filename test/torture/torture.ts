// Kills runners and lets the host's books judge. A round: a film is begun, its runner dies by SIGKILL at a given point
// or moment, it is begun again until it ends; then everything the host took has to be accounted for.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import { compile } from '../../src/compile.ts'
import type { Plan } from '../../src/lang/plan.ts'
import type { ProviderUse } from '../../src/lang/program.ts'
import { openScript } from '../../src/open-script.ts'
import { capabilitiesOf } from '../../src/providers/catalogue.ts'
import { openRandom } from '../../src/runtime/failure.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { HostOptions, TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf, type Entry } from '../hosts/ledger.ts'
import type { Orders, Point } from './child.ts'

export type Kind = {
  readonly kind: string
  /** A file of `test/hosts`. */
  readonly protocol: string
  readonly options?: HostOptions
  /** Statements of the provider's block besides `base` and `key`. */
  readonly block?: string
  /** What stands in the table, where one kind is tried against two hosts. */
  readonly name?: string
  /** Its list does not tell what was asked for: of two lost submits at once a person has to say which is which. */
  readonly unsure?: true
}

/** Every kind of promise about a lost submit has a host here. */
export const kinds: readonly Kind[] = [
  { kind: 'hosted-ltx', protocol: 'hosted-ltx' },
  { kind: 'fal', protocol: 'fal' },
  { kind: 'wavespeed', protocol: 'wavespeed', unsure: true },
  { kind: 'wavespeed', protocol: 'wavespeed', name: 'wavespeed/list', options: { settings: { list: 'inputs' } } },
  { kind: 'replicate', protocol: 'replicate' },
  { kind: 'bytecompute', protocol: 'bytecompute' },
  { kind: 'comfyui', protocol: 'comfyui' },
]

export const key = 'torture-key-4d81c0aa97'
const shots = 4

const scriptOf = ({ kind, block = '' }: Kind, base: string): string => `ltx 1

provider host ${kind} { base "${base}"  key env SUITE_KEY  ${block} }

project "Torture" {
  size    1280x720
  fps     24
  seed    7
  quality fast
  on      host
}

${Array.from({ length: shots }, (_, at) => `shot s${at} 6s { "a boat leaves the quay, number ${at}" }`).join('\n')}
`

export type Desk = {
  readonly kind: Kind
  readonly host: TestHost
  readonly blind: boolean
  /** Runs a film undisturbed, and says how many points its runner passes. */
  readonly passes: { readonly records: number; readonly requests: number }
  round(number: number, how: Point | { readonly afterMs: number }): Promise<Round>
  close(): Promise<void>
}
export type Round = {
  /** The runner died before it was done. */
  readonly killed: boolean
  readonly runs: number
  readonly accepted: number
  /** Shots that wait for a person: sent, no answer, and a host that cannot be asked. */
  readonly uncertain: number
  /** What is wrong, in words; empty when nothing is. */
  readonly wrong: readonly string[]
}

type Ended = { readonly code: number | null; readonly signal: string | null; readonly said: string; readonly err: string }

function runner(child: string, orders: Orders, afterMs?: number): Promise<Ended> {
  const running = spawn(process.execPath, [child, JSON.stringify(orders)], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [said, err] = ['', '']
  running.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  running.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  const timer = afterMs === undefined ? undefined : setTimeout(() => running.kill('SIGKILL'), afterMs)
  return new Promise((resolve) => {
    running.once('close', (code, signal) => {
      clearTimeout(timer)
      resolve({ code, signal, said, err })
    })
  })
}

/** The film's plan without the cut: what is bought, in order. */
async function planOf(kind: Kind, folder: string, base: string): Promise<{ plan: Plan; use: ProviderUse }> {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'film.ltx')
  writeFileSync(path, scriptOf(kind, base))
  const opened = openScript(path)
  const world = openNodeWorld({ SUITE_KEY: key })
  const film = await compile(opened, { rung: 'final' }, world, process.env)
  const problems = opened.reporter.diagnostics().map(({ code, message }) => `${code}: ${message}`)
  if (film === undefined) throw new Error(`the torture film does not compile: ${problems.join('; ')}`)
  const jobs = film.plan.jobs.filter(({ provider }) => provider !== 'cut')
  const clips = film.plan.cut.clips.map((clip, at) => ({ ...clip, job: jobs[at]?.id ?? '' }))
  const use = film.program.providers.find(({ name }) => name === 'host')
  if (use === undefined || jobs.length !== shots) throw new Error(`${jobs.length} jobs are to be bought, not ${shots}`)
  return { plan: { ...film.plan, jobs, cut: { ...film.plan.cut, clips } }, use }
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

/** The lock with each clip named by what was asked for it: the bytes differ from purchase to purchase. */
export function lockOf(root: string, entries: readonly Entry[]): ReadonlyMap<string, string> {
  const path = join(root, 'film.ltx.lock')
  let text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const asked = new Map(acceptedOf(entries).map(({ job, same }) => [job, same]))
  for (const entry of entries) if (entry.kind === 'finished') text = text.replaceAll(entry.sha256, `clip of ${asked.get(entry.job)}`)
  return new Map(text.split(/\n(?=job )/).map((stanza) => [/^job (\S+)/.exec(stanza)?.[1] ?? '', stanza.trim()]))
}

export type Case = {
  readonly root: string
  /** What the host wrote down since the film was begun. */
  readonly entries: readonly Entry[]
  readonly shots: number
  readonly blind: boolean
  readonly undisturbed: ReadonlyMap<string, string>
  readonly uncertain: number
}

/** Files below a folder that hold a text. */
function holding(folder: string, text: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name)
    return statSync(path).isFile() && readFileSync(path).includes(text)
  })
}

/** What the host's books and the disk say against a run that has ended. */
export function judge({ root, entries, shots: wanted, blind, undisturbed, uncertain }: Case): string[] {
  const wrong: string[] = []
  const accepted = acceptedOf(entries)
  const things = new Map<string, string[]>()
  for (const { same, job } of accepted) things.set(same, [...(things.get(same) ?? []), job])
  for (const jobs of things.values()) if (jobs.length > 1) wrong.push(`bought ${jobs.length} times: ${jobs.join(', ')}`)
  if (!blind && uncertain > 0) wrong.push(`${uncertain} left uncertain at a host that can be asked`)
  if (!blind && things.size !== wanted) wrong.push(`${things.size} things bought for ${wanted} shots`)
  const finished = entries.flatMap((entry) => (entry.kind === 'finished' ? [entry] : []))
  const kept = finished.filter((entry) => {
    const path = join(root, '.ltx/clips', entry.sha256.slice(0, 2), `${entry.sha256.slice(2)}.mp4`)
    return existsSync(path) && sha256(path) === entry.sha256
  })
  // A job nobody may ask for is not finished by being looked at: it is one of the uncertain.
  if (kept.length + uncertain < accepted.length) wrong.push(`${accepted.length} paid for, ${kept.length} in the store`)
  if (kept.length + uncertain < wanted) wrong.push(`${kept.length} clips and ${uncertain} uncertain for ${wanted} shots`)
  const lock = lockOf(root, entries)
  for (const [id, stanza] of undisturbed) {
    const mine = lock.get(id)
    if (mine === undefined ? !(blind && uncertain > 0) : mine !== stanza) wrong.push(`the lock differs at ${id === '' ? 'its head' : id}`)
  }
  for (const entry of entries) if (entry.kind === 'leak') wrong.push(`the key came to ${entry.where}`)
  for (const name of holding(root, key)) wrong.push(`the key stands in ${name}`)
  return wrong
}

/** Bundles the runner that is killed, where it finds the packages that cannot be bundled. */
export function bundleChild(): string {
  const folder = join(import.meta.dirname, '../../node_modules/.cache/ltx-torture')
  mkdirSync(folder, { recursive: true })
  const outfile = join(folder, `child-${process.pid}.mjs`)
  process.once('exit', () => rmSync(outfile, { force: true }))
  buildSync({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
    logLevel: 'error',
    external: ['@napi-rs/canvas', '@ffmpeg-binary/*', '@ffprobe-installer/*'],
    banner: {
      js: "import { createRequire as r } from 'node:module'; import { fileURLToPath as f } from 'node:url'; const require = r(import.meta.url); const __filename = f(import.meta.url); const __dirname = f(new URL('.', import.meta.url));",
    },
  })
  return outfile
}

export async function openTorture(kind: Kind, child: string): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), `ltx-torture-${kind.kind}-`))
  const host = await startHost(kind.protocol, { key, looks: 1, ...kind.options })
  const { plan, use } = await planOf(kind, join(folder, 'plan'), host.base)
  const promise = capabilitiesOf('').get(kind.kind)?.submit
  const blind = promise === 'blind' || promise === 'reject-key' || kind.unsure === true
  const orders = (root: string): Orders => ({ root, plan, use, key })

  const first = join(folder, 'undisturbed')
  const ended = await runner(child, orders(first))
  if (ended.code !== 0) throw new Error(`the undisturbed run ended with ${ended.code}: ${ended.said} ${ended.err.slice(-1500)}`)
  const passes = JSON.parse(ended.said) as { records: number; requests: number } // said by child.ts
  const undisturbed = lockOf(first, host.ledger())
  const wrong = judge({ root: first, entries: host.ledger(), shots, blind, undisturbed, uncertain: 0 })
  if (wrong.length > 0 || undisturbed.size < shots) throw new Error(`the undisturbed run is not whole: ${wrong.join('; ')}`)

  return {
    kind,
    host,
    blind,
    passes,
    async round(number, how) {
      // The host forgets what earlier rounds bought: what is asked for is the same each time.
      await host.tell({ do: 'forget' })
      const from = host.ledger().length
      const root = join(folder, `round-${number}`)
      let last = 'afterMs' in how ? await runner(child, orders(root), how.afterMs) : await runner(child, { ...orders(root), point: how })
      const killed = last.signal === 'SIGKILL'
      let runs = 1
      // One more run than it takes: the last one must find nothing to do.
      for (; runs < 6 && last.code !== 0; runs += 1) {
        const before = last
        last = await runner(child, orders(root))
        if (last.code === 1 && before.code === 1) break
      }
      const said = last.said === '' ? { failures: [] } : (JSON.parse(last.said) as { failures: readonly string[] })
      const uncertain = said.failures.filter((failure) => failure === 'uncertain').length
      const entries = host.ledger().slice(from)
      const others = said.failures.filter((failure) => failure !== 'uncertain')
      const bad = [
        ...judge({ root, entries, shots, blind, undisturbed, uncertain }),
        ...(others.length > 0 ? [`failed: ${others.join(', ')}`] : []),
        ...(last.code === 0 || uncertain > 0 ? [] : [`ended with ${last.code ?? last.signal}: ${last.err.slice(-300)}`]),
      ]
      if (bad.length === 0) rmSync(root, { recursive: true, force: true })
      return { killed, runs, accepted: acceptedOf(entries).length, uncertain, wrong: bad }
    },
    async close() {
      await host.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Every record and request of a run, before and after it, and moments by chance: `count` points in all. */
export function pointsOf({ passes }: Pick<Desk, 'passes'>, count: number, seed: number): readonly (Point | { readonly afterMs: number })[] {
  const random = openRandom(seed)
  const named: Point[] = [
    ...Array.from({ length: passes.records }, (_, at) => at + 1).flatMap((number) =>
      (['before', 'after'] as const).map((when): Point => ({ at: 'record', number, when })),
    ),
    ...Array.from({ length: passes.requests }, (_, at) => at + 1).flatMap((number) =>
      (['before', 'after'] as const).map((when): Point => ({ at: 'request', number, when })),
    ),
  ]
  // Shuffled, so that a few of them are spread over the whole run.
  for (let at = named.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1))
    const [a, b] = [named[at] as Point, named[other] as Point] // both within the list
    named[at] = b
    named[other] = a
  }
  const half = named.slice(0, Math.max(1, Math.ceil(count * 0.75)))
  const moments = Array.from({ length: Math.max(0, count - half.length) }, () => ({ afterMs: 120 + random() * 500 }))
  return [...half.slice(0, count), ...moments]
}
