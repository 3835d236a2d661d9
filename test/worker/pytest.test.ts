// The worker's own tests, which are Python's: pytest is run once, and each of its cases is one test here, with its own words where it
// fails. Without the environment they are skipped by their names, as they stand in the files.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { afterAll, describe, expect, it } from 'vitest'
import { workerFolder, workerPython } from './python.ts'

type Ended = { readonly outcome: 'passed' | 'failed' | 'skipped'; readonly text: string }
type Told = { readonly cases?: readonly string[]; readonly case?: string; readonly broken?: string } & Partial<Ended>

/** All of them share the machine with other tests. */
const patienceMs = 15 * 60_000

/** `tests/test_jobs.py::test_x[1]` as file and name. */
function placeOf(id: string): { readonly file: string; readonly name: string } {
  const at = id.indexOf('::')
  return { file: id.slice(0, at).replace(/^tests\//, ''), name: id.slice(at + 2) }
}

function grouped(ids: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>()
  for (const id of ids) groups.set(placeOf(id).file, [...(groups.get(placeOf(id).file) ?? []), id])
  return groups
}

/** Names of tests as they stand in the files, for where there is no Python that could say. */
function namesInFiles(): readonly string[] {
  const files = readdirSync(join(workerFolder, 'tests')).filter((name) => /^test_\w+\.py$/.test(name))
  return files.flatMap((file) => {
    const text = readFileSync(join(workerFolder, 'tests', file), 'utf8')
    return [...text.matchAll(/^ *def (test_\w+)\(/gm)].map((match) => `tests/${file}::${match[1]}`)
  })
}

type Run = { readonly cases: readonly string[]; readonly broken: readonly string[]; ended(id: string): Promise<Ended>; stop(): void }

/** Starts pytest and waits until it knows its cases. */
async function startPytest(python: string): Promise<Run> {
  const argv = ['-m', 'pytest', '-q', '-p', 'tests.stream', '-p', 'no:cacheprovider', '--rootdir', workerFolder, 'tests']
  const env = { ...process.env, LTX_STREAM_FD: '3', PYTHONPATH: workerFolder, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' }
  const child: ChildProcess = spawn(python, argv, { cwd: workerFolder, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  let said = ''
  const hear = (text: string): void => {
    said = (said + text).slice(-20_000)
  }
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear)
  const known = new Map<string, Ended>()
  const waiting = new Map<string, (ended: Ended) => void>()
  const broken: string[] = []
  const tell = (id: string, ended: Ended): void => {
    known.set(id, ended)
    waiting.get(id)?.(ended)
  }
  const over = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const cases = await new Promise<readonly string[]>((resolve, reject) => {
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      // a pipe, as it was asked for
      const told = JSON.parse(line) as Told // our own plugin's words
      if (told.broken !== undefined) broken.push(`${told.broken}\n${told.text ?? ''}`)
      else if (told.cases !== undefined) resolve(told.cases)
      else if (told.case !== undefined) tell(told.case, { outcome: told.outcome ?? 'failed', text: told.text ?? '' })
    })
    void over.then(() => reject(new Error(`pytest ended before it had begun:\n${said}`)))
  })
  // What it never came to has failed, with its last words.
  void over.then(() => {
    for (const id of cases) if (!known.has(id)) tell(id, { outcome: 'failed', text: `pytest ended before this case:\n${said}` })
  })
  return {
    cases,
    broken,
    stop: () => void child.kill('SIGKILL'),
    ended(id) {
      const ended = known.get(id)
      return ended !== undefined ? Promise.resolve(ended) : new Promise((resolve) => waiting.set(id, resolve))
    },
  }
}

const run = workerPython === undefined ? undefined : await startPytest(workerPython)
afterAll(() => run?.stop())

describe('the worker', () => {
  for (const [file, ids] of grouped(run?.cases ?? namesInFiles()))
    describe(file, () => {
      for (const id of ids) {
        const { name } = placeOf(id)
        if (run === undefined) it.skip(name)
        else
          it(name, { timeout: patienceMs }, async ({ skip }) => {
            const { outcome, text } = await run.ended(id)
            if (outcome === 'skipped') skip(text)
            if (outcome === 'failed') throw new Error(text)
          })
      }
    })
  it.skipIf(run === undefined)('has tests that can all be read', () => {
    expect(run?.broken).toEqual([])
    expect(run?.cases.length).toBeGreaterThan(20)
  })
})
