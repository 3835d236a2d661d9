// Which Python the worker's environment is made with: one that was named, else the best on the PATH. Best is one that has torch
// already, then a version that every package serves. In goes the PATH, out an interpreter or what was found instead.
import { existsSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import type { Io } from './io.ts'
import { environmentOf, jsonOf, runProgram } from './local-run.ts'

export type Python = {
  /** Absolute, as the interpreter itself names it. */
  readonly path: string
  readonly version: readonly [number, number, number]
  readonly implementation: string
  /** The version of a torch that it has and that is new enough. */
  readonly torch?: string
  /** An environment can be made with it: `venv` and `ensurepip` are there. */
  readonly complete: boolean
}

/** One that cannot serve, in a word or two. */
export type Unfit = { readonly path: string; readonly why: string }

/** In the order in which they are preferred; of equals the first on the PATH. */
const names = ['python3.12', 'python3.13', 'python3.11', 'python3.10', 'python3.14', 'python3', 'python'] as const
const oldest = [3, 10] as const
const oldestTorch = [2, 6] as const
const patienceMs = 60_000

/** Understood by every Python there is, so that an old one can say that it is old. */
const question = `
import sys, json
about = {"executable": sys.executable, "version": list(sys.version_info[:3])}
if sys.version_info[:2] >= (3, 8):
    import platform, importlib.util, importlib.metadata
    about["implementation"] = platform.python_implementation().lower()
    about["bits"] = 64 if sys.maxsize > 2 ** 32 else 32
    about["complete"] = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    try:
        about["torch"] = importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        about["torch"] = None
sys.stdout.write(json.dumps(about) + "\\n")
`

export const versionText = (version: readonly number[]): string => version.join('.')

const below = (version: readonly number[], least: readonly [number, number]): boolean =>
  (version[0] ?? 0) < least[0] || ((version[0] ?? 0) === least[0] && (version[1] ?? 0) < least[1])

/** `2.13.0+cu130` as numbers. */
export const torchFits = (torch: string): boolean => {
  const match = /^(\d+)\.(\d+)/.exec(torch)
  return match !== null && !below([Number(match[1]), Number(match[2])], oldestTorch)
}

/** Asks an interpreter about itself. */
export async function askPython(path: string, io: Io): Promise<Python | Unfit> {
  const { code, out, unstarted } = await runProgram([path, '-c', question], { env: environmentOf(io), timeoutMs: patienceMs })
  const said = code === 0 ? jsonOf(out) : undefined
  if (said === undefined) return { path, why: unstarted === undefined ? 'does not run' : 'cannot be started' }
  const { executable, version, implementation, bits, complete, torch } = said
  if (!Array.isArray(version) || typeof executable !== 'string') return { path, why: 'is no Python' }
  const numbers = version.map(Number)
  if (below(numbers, oldest)) return { path, why: `is ${versionText(numbers)}, and 3.10 or later is needed` }
  if (bits !== 64) return { path, why: 'is a 32-bit build, and torch has none' }
  if (implementation !== 'cpython') return { path, why: `is ${String(implementation)}, and the packages are built for CPython` }
  return {
    path: executable,
    version: [numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0],
    implementation,
    complete: complete === true,
    ...(typeof torch === 'string' && torchFits(torch) ? { torch } : {}),
  }
}

export const isPython = (one: Python | Unfit): one is Python => 'version' in one

/** Every interpreter of these names on the PATH, the preferred name first. */
function onPath(io: Io): readonly string[] {
  const folders = (io.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const ends = process.platform === 'win32' ? ['.exe'] : ['']
  const paths = names.flatMap((name) => folders.flatMap((folder) => ends.map((end) => join(folder, name + end))))
  return [...new Set(paths)].filter((path) => existsSync(path))
}

export type Choice = { readonly chosen: Python } | { readonly unfit: readonly Unfit[] }

/** The Python to use. `named`: by the user, and then no other will do. */
export async function choosePython(named: string | undefined, io: Io): Promise<Choice> {
  if (named !== undefined) {
    const path = named.includes('/') || named.includes('\\') ? resolve(io.cwd, named) : named
    const python = await askPython(path, io)
    return isPython(python) ? { chosen: python } : { unfit: [python] }
  }
  const answers: (Python | Unfit)[] = []
  for (const path of onPath(io)) answers.push(await askPython(path, io))
  const fit = answers.filter(isPython)
  const chosen = fit.find(({ torch, complete }) => torch !== undefined && complete) ?? fit.find(({ complete }) => complete) ?? fit[0]
  return chosen === undefined ? { unfit: answers.filter((one): one is Unfit => !isPython(one)) } : { chosen }
}
