// Makes the Python environment that the worker's tests run in, once per user and set of requirements, and the tiny model; prints
// the interpreter's path. Everything else it says goes to standard error. A half-made one has no marker file and is made anew.
// `--torch SPEC` and `--index URL` are passed on to pip: a machine without a GPU may want the index of the builds without CUDA.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { environmentName, findPython, interpreterOf, markerOf, testEnvironments, testPython, torch, workerFolder } from './python.mjs'

const { values } = parseArgs({ options: { torch: { type: 'string' }, index: { type: 'string' } } })
const say = (text) => process.stderr.write(`worker-env: ${text}\n`)
const unusedDays = 14

class Trouble extends Error {}

/** Runs a program with its output on our standard error. */
function run(program, args, options = {}) {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2], ...options })
  if (error !== undefined) throw new Trouble(`${program} cannot be started: ${error.message}`)
  return status === 0
}

const isAlive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** One process makes an environment; others wait for it. A lock whose process is dead is nobody's. */
async function locked(folder, work) {
  const lock = `${folder}.lock`
  const owner = join(lock, 'pid')
  for (let waited = 0; ; waited += 1) {
    try {
      mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    let pid = 0
    try {
      pid = Number(readFileSync(owner, 'utf8'))
    } catch {
      // It is just being taken, or was left without a word.
    }
    const old = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > 10_000
    if (pid > 0 ? !isAlive(pid) : old) rmSync(lock, { recursive: true, force: true })
    else {
      if (waited % 30 === 0) say('another process is making it; waiting')
      await new Promise((resolve) => setTimeout(resolve, 1000))
    }
  }
  try {
    writeFileSync(owner, String(process.pid))
    return work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function make(python, folder) {
  const marker = markerOf(folder)
  const interpreter = interpreterOf(folder)
  if (statSync(marker, { throwIfNoEntry: false }) !== undefined) return
  say(`making ${folder} with ${python.path} (Python ${python.version.join('.')})`)
  rmSync(folder, { recursive: true, force: true })
  if (!run(python.path, ['-m', 'venv', folder]))
    throw new Trouble('no environment could be made: on Debian or Ubuntu, apt install python3-venv')
  const requirements = ['requirements.txt', 'requirements-test.txt'].flatMap((name) => ['--requirement', join(workerFolder, name)])
  const index = values.index === undefined ? [] : ['--extra-index-url', values.index]
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-input',
    ...index,
    values.torch ?? torch,
    ...requirements,
  ]
  if (!run(interpreter, pip)) {
    say('pip failed; once more')
    if (!run(interpreter, pip)) throw new Trouble('the packages could not be installed; pip’s words are above')
  }
  const check =
    'import torch, diffusers, transformers, accelerate, av, safetensors, pytest; print(torch.__version__, diffusers.__version__)'
  if (!run(interpreter, ['-c', check])) throw new Trouble('the packages are installed and cannot be loaded')
  writeFileSync(marker, `${JSON.stringify({ v: 1, python: interpreter, made: new Date().toISOString() })}\n`)
}

/** Environments of other requirements that nobody has asked for lately: each is a gigabyte or more. */
function prune(kept) {
  for (const name of readdirSync(testEnvironments())) {
    const folder = join(testEnvironments(), name)
    const used = statSync(markerOf(folder), { throwIfNoEntry: false })?.mtimeMs
    if (name === kept || used === undefined || Date.now() - used < unusedDays * 86_400_000) continue
    say(`removing ${folder}, not used for ${unusedDays} days`)
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The tiny model that the tests run on; built again only when its configuration has changed. */
function buildTiny(interpreter) {
  const options = { cwd: workerFolder, env: { ...process.env, PYTHONPATH: workerFolder, PYTHONDONTWRITEBYTECODE: '1' } }
  if (!run(interpreter, ['-c', 'from tests.tiny import tiny_model; tiny_model()'], options))
    throw new Trouble('the tiny model cannot be built')
}

async function main() {
  if (process.env.LTX_WORKER_PYTHON) {
    const named = testPython()
    if (named === undefined) throw new Trouble(`LTX_WORKER_PYTHON names ${process.env.LTX_WORKER_PYTHON}, and there is no such file`)
    return named
  }
  const python = findPython()
  if (python === undefined) throw new Trouble('no Python from 3.10 on was found on the PATH; install one, or name it in LTX_PYTHON')
  const name = environmentName(python.version)
  const folder = join(testEnvironments(), name)
  mkdirSync(testEnvironments(), { recursive: true })
  await locked(folder, () => make(python, folder))
  const now = new Date()
  utimesSync(markerOf(folder), now, now)
  prune(name)
  return interpreterOf(folder)
}

const start = performance.now()
try {
  const interpreter = await main()
  buildTiny(interpreter)
  say(`ready in ${((performance.now() - start) / 1000).toFixed(1)} s`)
  console.log(interpreter)
} catch (error) {
  if (!(error instanceof Trouble)) throw error
  say(error.message)
  process.exitCode = 1
}
