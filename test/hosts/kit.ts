// Starts test hosts: each a process of its own on loopback, with a ledger on disk and a control port for faults.
// `startHost('hosted-ltx')` gives its base address; the ledger says afterwards what was bought.
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { Action, Fault, Pace } from './fault.ts'
import { type Entry, readLines, type Seen } from './ledger.ts'
import type { Start } from './serve.ts'

export type HostOptions = Partial<Pace> & {
  readonly key?: string
  /** Settings of the protocol's own. */
  readonly settings?: Readonly<Record<string, unknown>>
}

export type TestHost = {
  readonly base: string
  /** Where results and uploads lie: another origin. */
  readonly files: string
  readonly key: string
  /** All entries so far. */
  ledger(): readonly Entry[]
  /** All requests so far, as they came. */
  calls(): readonly Seen[]
  fault(fault: Fault): Promise<void>
  tell(action: Action): Promise<void>
  /** Ends the process without a word and starts it anew at the same addresses: all jobs forgotten, the ledger kept. */
  restart(): Promise<void>
  /** Ends the process; the addresses are dead from then on. */
  kill(): Promise<void>
  stop(): Promise<void>
}

const cache = join(import.meta.dirname, '../../node_modules/.cache/ltx-hosts')

/** One file a protocol, named by its content; made once, then found. */
async function bundle(protocol: string): Promise<string> {
  const result = await build({
    stdin: {
      contents: `import { serve } from './serve.ts'\nimport { protocol } from './${protocol}.ts'\nvoid serve(protocol)\n`,
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'error',
    banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
    external: ['@napi-rs/canvas', '@ffmpeg-binary/*', '@ffprobe-installer/*'],
  })
  const text = result.outputFiles[0]?.text ?? ''
  const path = join(cache, `${protocol}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.mjs`)
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  const part = `${path}.${process.pid}`
  writeFileSync(part, text)
  renameSync(part, path)
  return path
}

type Addresses = { readonly api: string; readonly files: string; readonly control: string }

async function begin(path: string, start: Start): Promise<{ child: ChildProcess; addresses: Addresses }> {
  // A bare environment: a host knows no key but its own.
  const child = spawn(process.execPath, [path, JSON.stringify(start)], { stdio: ['pipe', 'pipe', 'inherit'], env: {} })
  if (child.stdout === null) throw new Error('a host without a voice')
  const lines = createInterface({ input: child.stdout })
  const first = await new Promise<string>((resolve, reject) => {
    lines.once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the host ended at once, with ${code}`)))
    child.once('error', reject)
  })
  lines.close()
  child.stdout.resume()
  return { child, addresses: JSON.parse(first) as Addresses } // written by serve.ts
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })

const portOf = (origin: string): number => Number(new URL(origin).port)

export async function startHost(protocol: string, options: HostOptions = {}): Promise<TestHost> {
  const { key = `test-key-${protocol}-0123456789abcdef`, settings = {}, looks = 2, workMs = 0, latencyMs = 0, concurrency = 1000 } = options
  const folder = mkdtempSync(join(tmpdir(), `host-${protocol}-`))
  const [path, tool] = await Promise.all([bundle(protocol), findTool(process.env)])
  const start: Start = {
    folder: join(folder, 'files'),
    cache,
    ffmpeg: tool.path,
    ledger: join(folder, 'ledger.ndjson'),
    calls: join(folder, 'calls.ndjson'),
    key,
    pace: { looks, workMs, latencyMs, concurrency },
    settings,
  }
  let { child, addresses } = await begin(path, start)
  const control = async (order: Fault | Action): Promise<void> => {
    const answer = await fetch(addresses.control, { method: 'POST', body: JSON.stringify(order) })
    if (!answer.ok) throw new Error(`the host did not obey: ${answer.status}`)
  }
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended(child)
  }
  return {
    base: addresses.api,
    files: addresses.files,
    key,
    ledger: () => readLines<Entry>(start.ledger),
    calls: () => readLines<Seen>(start.calls),
    fault: control,
    tell: control,
    kill,
    async restart() {
      await kill()
      const ports = { api: portOf(addresses.api), files: portOf(addresses.files) }
      const again = await begin(path, { ...start, ports })
      child = again.child
      addresses = again.addresses
    },
    async stop() {
      await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Does a file of a finished run hold the key? For tests that look through everything a run has written. */
export const holdsKey = (path: string, host: Pick<TestHost, 'key'>): boolean => readFileSync(path).includes(host.key)
