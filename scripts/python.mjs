// What the scripts here know of Python: which interpreters there are, what is asked of one, and where the test environment lies.
// In goes the environment of the process; nothing is made or changed.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')
export const workerFolder = join(root, 'worker')
export const torch = 'torch==2.13.0'

const names = ['python3.12', 'python3.11', 'python3.13', 'python3.10', 'python3.14', 'python3', 'python']
const question = 'import sys, json; print(json.dumps([sys.executable, list(sys.version_info[:3])]))'

/** `{ path, version }`, or undefined where it does not run or is too old. */
export function askPython(path) {
  const { status, stdout } = spawnSync(path, ['-c', question], { encoding: 'utf8', timeout: 60_000 })
  if (status !== 0) return undefined
  try {
    const [executable, version] = JSON.parse(stdout)
    return version[0] === 3 && version[1] >= 10 ? { path: executable, version } : undefined
  } catch {
    return undefined
  }
}

/** The interpreter that LTX_PYTHON names, else the first on the PATH that is new enough. */
export function findPython() {
  if (process.env.LTX_PYTHON) return askPython(process.env.LTX_PYTHON)
  const folders = (process.env.PATH ?? '').split(delimiter)
  for (const name of names)
    for (const folder of folders) {
      const path = join(folder, process.platform === 'win32' ? `${name}.exe` : name)
      const python = existsSync(path) ? askPython(path) : undefined
      if (python !== undefined) return python
    }
  return undefined
}

/** Below it the test environments of this user lie, one for each set of requirements. */
export const testEnvironments = () => join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'ltx', 'worker-test')

/** What the test environment is made from, as one name. */
export function environmentName(version) {
  const hash = createHash('sha256')
  for (const name of ['requirements.txt', 'requirements-test.txt']) hash.update(readFileSync(join(workerFolder, name)))
  return hash.update(`${torch}\n${version[0]}.${version[1]}\n`).digest('hex').slice(0, 16)
}

export const markerOf = (folder) => join(folder, 'ltx-env.json')
export const interpreterOf = (folder) =>
  process.platform === 'win32' ? join(folder, 'Scripts', 'python.exe') : join(folder, 'bin', 'python')

/** The interpreter that tests of the worker run with: LTX_WORKER_PYTHON, or a whole environment that `worker-env.mjs` has made. */
export function testPython() {
  const named = process.env.LTX_WORKER_PYTHON
  if (named) return existsSync(named) ? named : undefined
  const python = findPython()
  if (python === undefined) return undefined
  const folder = join(testEnvironments(), environmentName(python.version))
  return existsSync(markerOf(folder)) && existsSync(interpreterOf(folder)) ? interpreterOf(folder) : undefined
}
