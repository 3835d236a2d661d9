// The Python that tests of the worker run with, and how they are skipped where there is none. `scripts/test.mjs` looks for it and
// names it in LTX_WORKER_PYTHON; run by hand it is found here in the same way.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe } from 'vitest'
import { testPython } from '../../scripts/python.mjs'

/** Absolute path of an interpreter that has all that the worker and its tests need; undefined where none was made. */
export const workerPython: string | undefined = testPython()

export const workerFolder = join(import.meta.dirname, '../../worker')

/** Why tests are skipped, and what makes them run. */
export const withoutPython = 'no Python environment for the worker: node scripts/worker-env.mjs makes it'

/** A group of tests that start the worker. */
export const describeWorker = describe.skipIf(workerPython === undefined)

/** The folder of the tiny model, which has the real architecture: built once for this user. */
export function tinyModel(): string {
  const python = workerPython
  if (python === undefined) throw new Error(withoutPython)
  const env = { ...process.env, PYTHONPATH: workerFolder, PYTHONDONTWRITEBYTECODE: '1' }
  const code = 'import os; from tests.tiny import tiny_model; os.write(3, str(tiny_model()).encode())'
  return execFileSync('sh', ['-c', 'exec "$0" -c "$1" 3>&1 >&2', python, code], { cwd: workerFolder, env, encoding: 'utf8' }).trim()
}
