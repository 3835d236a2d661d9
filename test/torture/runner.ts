// Bundles the runner that is killed, and starts it. In go its orders, out comes how it ended and what it said last.
import { spawn } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildSync } from 'esbuild'
import type { Orders } from './child.ts'

export type Ended = { readonly code: number | null; readonly signal: string | null; readonly said: string; readonly err: string }

/** Where it finds the packages that cannot be bundled. */
const folder = join(import.meta.dirname, '../../node_modules/.cache/ltx-torture')
const boot = join(import.meta.dirname, 'boot.cjs')

export function bundleChild(): string {
  mkdirSync(folder, { recursive: true })
  const outfile = join(folder, `child-${process.pid}.cjs`)
  process.once('exit', () => {
    for (const path of [outfile, `${outfile}.code`]) rmSync(path, { force: true })
  })
  buildSync({
    entryPoints: [join(import.meta.dirname, 'child.ts')],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outfile,
    logLevel: 'error',
    external: ['@napi-rs/canvas', '@ffmpeg-binary/*', '@ffprobe-installer/*'],
    define: { 'import.meta.url': 'ownAddress' },
    banner: { js: "const ownAddress = require('node:url').pathToFileURL(__filename).href;" },
  })
  return outfile
}

/** `afterMs`: when it is killed from outside. `keepCode`: what it has compiled is there for the ones after it. */
export type Begin = { readonly afterMs?: number; readonly keepCode?: true }

export function runChild(child: string, orders: Orders, { afterMs, keepCode }: Begin = {}): Promise<Ended> {
  const env = { ...process.env, ...(keepCode ? { LTX_KEEP_CODE: '1' } : {}) }
  // In a group of its own: who stops the torture does not stop a runner.
  const running = spawn(process.execPath, [boot, child, JSON.stringify(orders)], { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true })
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
