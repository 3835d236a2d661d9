// The real program, run as people run it: dist/cli.js in a temporary folder. In go a folder's files and a command line;
// out come the exit code and what was written where. `npm run build` makes dist/; `npm test` does it by itself.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, expect, vi } from 'vitest'

/** `LTX_DIST` names another build than `dist`. */
export const cli = resolve(import.meta.dirname, '../..', process.env.LTX_DIST ?? 'dist', 'cli.js')
if (!existsSync(cli)) throw new Error(`${cli} is missing: run \`npm run build\``)

// A test here is many runs of a whole program, on a machine that may have other things to do.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

/** No key, no colour and no terminal of the one who runs the tests reaches the program. */
export const plainEnv: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'HOME', 'TMPDIR', 'FFMPEG_PATH', 'FFPROBE_PATH'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  }),
)

export type Ran = { readonly code: number | null; readonly signal: NodeJS.Signals | null; readonly out: string; readonly err: string }

export type RunWith = {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string | Buffer
  /** Another program in its stead: the command line for node. */
  readonly node?: readonly string[]
  readonly as?: { readonly uid: number; readonly gid: number }
}

const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
})

export type Live = {
  readonly process: ChildProcess
  readonly pid: number
  /** Resolves when the output holds the words, or when the program has ended. */
  said(words: string): Promise<void>
  readonly ended: Promise<Ran>
  /** To the program and all it has started, as a terminal sends Ctrl-C. */
  signalAll(signal: NodeJS.Signals): void
}

/** Starts a command and gives it while it runs. */
export function start(cwd: string, args: readonly string[], { env = {}, input, node = [cli], as }: RunWith = {}): Live {
  const child = spawn(process.execPath, [...node, ...args], { cwd, env: { ...plainEnv, ...env }, detached: true, ...as })
  children.add(child)
  let out = ''
  let err = ''
  const waiting = new Map<string, () => void>()
  const look = (): void => {
    for (const [words, resolve] of waiting) if (out.includes(words) || err.includes(words)) resolve()
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
    look()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
    look()
  })
  // A program that does not read its input is no trouble.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      children.delete(child)
      resolve({ code, signal, out, err })
    })
  })
  return {
    process: child,
    pid: child.pid ?? 0,
    ended,
    said: (words) =>
      new Promise((resolve) => {
        waiting.set(words, resolve)
        look()
        void ended.then(() => resolve())
      }),
    signalAll: (signal) => void process.kill(-(child.pid ?? 0), signal),
  }
}

/** Runs a command to its end. */
export const ltx = (cwd: string, args: readonly string[], options: RunWith = {}): Promise<Ran> => start(cwd, args, options).ended

/** So long on a machine that is free; longer where others share its cores. */
export const patience = (ms: number): number => ms * Math.max(1, (2 * (loadavg()[0] ?? 0)) / availableParallelism())

// ---- folders -----------------------------------------------------------------------------------------------

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

export type Content = string | Buffer

/** Puts files into a folder, with the folders they lie in. */
export function put(folder: string, files: Readonly<Record<string, Content>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, content)
  }
}

/** A fresh folder with these files, removed at the end. */
export function folderWith(files: Readonly<Record<string, Content>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'ltx-cli-'))
  folders.push(folder)
  put(folder, files)
  return folder
}

export const hashOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

/** Every file below a folder, by its path in it. */
export function filesBelow(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => statSync(join(folder, name), { throwIfNoEntry: false })?.isFile() === true).sort()
}

/** What the store holds: the hash of every clip's bytes, by its path. Each clip's name is the hash of its bytes. */
export function storeOf(folder: string): ReadonlyMap<string, string> {
  const clips = filesBelow(join(folder, '.ltx')).filter((name) => /^(clips|animatic)\/[0-9a-f]{2}\/[0-9a-f]{62}\.mp4$/.test(name))
  const store = new Map(clips.map((name) => [name, hashOf(join(folder, '.ltx', name))]))
  for (const [name, hash] of store) expect(name.replace(/^\w+\/|\/|\.mp4$/g, '')).toBe(hash)
  return store
}

/** Nothing that was stored is gone or different. */
export function expectKept(before: ReadonlyMap<string, string>, folder: string): void {
  const after = storeOf(folder)
  for (const [name, hash] of before) expect([name, after.get(name)]).toEqual([name, hash])
}

// ---- what was said -----------------------------------------------------------------------------------------

/** Lines that begin a message: `error: …` with a frame below it, or `ltx: …` with what to do. */
export const errorsIn = ({ err }: Pick<Ran, 'err'>): readonly string[] => err.split('\n').filter((line) => /^(error|ltx): /.test(line))

/** No stack, no bare JavaScript error, no path into the program. */
export function expectNoTrace({ out, err }: Pick<Ran, 'out' | 'err'>): void {
  expect(out + err).not.toMatch(/^\s+at .+[:(]/m)
  expect(out + err).not.toMatch(/\bat (async )?\w+.*\(?(node:|file:\/\/)/)
  expect(out + err).not.toContain('mistake of ours')
  expect(out + err).not.toContain('[object Object]')
}

export type Wanted = {
  readonly code: number
  /** In the message itself. */
  readonly says: string | RegExp
  /** The frame's place, as `film.ltx:3:16`; or any words that tell where. */
  readonly place?: string
}

/** Exactly one message, with its words, its place and its exit code. */
export function expectOneError(ran: Ran, { code, says, place }: Wanted): void {
  expectNoTrace(ran)
  const errors = errorsIn(ran)
  expect(errors, ran.err).toHaveLength(1)
  expect(errors[0]).toMatch(says)
  if (place !== undefined) expect(ran.err).toContain(place)
  expect(ran.code).toBe(code)
}

// ---- films -------------------------------------------------------------------------------------------------

/** A film of the built-in provider as a real rung: clips, lock and journal as with any other. */
export const film = (body: string, settings = ''): string => `ltx 1
project "Tiny" { size 160x90  fps 24  seed 7  on paper  output "out/tiny.mp4"  loudness -16LUFS  ${settings} }
provider paper animatic
${body}
`

export const threeShots = film(`scene sea "a grey sea at dawn" {
  shot one 1s { "waves roll in from left to right" }
  shot two 1s { "a gull crosses the sky" }
}
shot three 1s { "a boat drifts past" }`)

type Line = { readonly v: number; readonly n: number; readonly type: string; readonly job?: string; readonly [more: string]: unknown }

/** The events of `--json`, each line checked to be one. */
export function eventsOf({ out }: Pick<Ran, 'out'>): readonly Line[] {
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line) // our own output: the tests look at what they need
}

/** The jobs that were begun in a run. */
export const begun = (ran: Pick<Ran, 'out'>): readonly string[] =>
  eventsOf(ran)
    .filter(({ type }) => type === 'job.intent')
    .map(({ job = '' }) => job)
    .sort()
