// What pip is asked for the worker's environment, and what that will fetch. In go the requirements and what the machine has; out
// come argument lists, and a size: pip's own where it can tell without fetching, else an estimate that is marked as one.
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Io } from './io.ts'
import { environmentOf, jsonOf, runProgram } from './local-run.ts'

/** What is tested with; on a machine without a GPU the same version without CUDA serves. */
export const usualTorch = 'torch==2.13.0'

export type Wants = {
  readonly python: string
  readonly requirements: string
  /** Absent where the environment sees a torch that is there already. */
  readonly torch?: string
  /** A package index besides the usual one. */
  readonly index?: string
  readonly quiet: boolean
  /** A folder of ours, for what pip writes down. */
  readonly scratch: string
}

/** One call for all, so that versions are chosen to fit each other. */
export function installArguments({ python, requirements, torch, index, quiet }: Omit<Wants, 'scratch'>): readonly string[] {
  return [
    python,
    '-m',
    'pip',
    'install',
    '--disable-pip-version-check',
    '--no-input',
    ...(quiet ? ['--quiet'] : []),
    ...(index === undefined ? [] : ['--extra-index-url', index]),
    ...(torch === undefined ? [] : [torch]),
    '--requirement',
    requirements,
  ]
}

/** `exact`: asked of where the packages come from. `about`: our own measure, for when that cannot be asked. */
export type Size = { readonly bytes: number; readonly kind: 'exact' | 'at least' | 'about' }

/** Compressed, as measured with the versions that are tested with: everything but torch; torch alone; torch with CUDA and its libraries. */
const measured = { packages: 95e6, torch: 202e6, cudaTorch: 2.74e9 }

/** `cuda`: what was seen of the build that it will be; else what a plain `pip install torch` brings here, which on Linux has CUDA in it. */
export function estimate(torch: boolean, cuda = process.platform === 'linux' && process.arch === 'x64'): Size {
  return { bytes: measured.packages + (torch ? (cuda ? measured.cudaTorch : measured.torch) : 0), kind: 'about' }
}

/** A line of pip that gives away which build of torch it has chosen. */
export function cudaOnLine(line: string): boolean | undefined {
  if (/\b(Collecting|Downloading|Processing)\b.*\bnvidia[-_]\w/.test(line) || /\btorch-\d[^\s/]*\+cu\d/.test(line)) return true
  return /\btorch-\d[^\s/]*\+cpu/.test(line) ? false : undefined
}

/** What lies on the disk in the end, as measured: packages unpack to more than twice their size, and are compiled. */
export const onDisk = (bytes: number): number => bytes * 2.3 + 0.7e9

/** A single file above this would be fetched only to be told how large it is. */
const mostToLook = 8e6
const patienceMs = 120_000
const unitBytes: Readonly<Record<string, number>> = { bytes: 1, kB: 1e3, MB: 1e6, GB: 1e9 }

/** `Downloading x.whl (191.8 MB)`: the bytes that pip is about to fetch. */
export function bytesOnLine(line: string): number | undefined {
  const match = /^\s*Downloading \S+ \(([\d.]+) (bytes|kB|MB|GB)\)/.exec(line)
  return match === null ? undefined : Number(match[1]) * (unitBytes[match[2] ?? ''] ?? 1)
}

/**
 * What an installation will fetch. pip is asked without installing; older ones, and package indexes without separate descriptions, make
 * it fetch whole packages for that: then it is stopped at the first large one, and an estimate takes its place.
 */
export async function downloadSize(wants: Wants, workerFolder: string, io: Io): Promise<Size> {
  const [python = '', ...rest] = installArguments({ ...wants, quiet: false })
  const place = rest.indexOf('install') + 1
  const report = join(wants.scratch, 'ltx-pip-report.json')
  const argv = [python, ...rest.slice(0, place), '--dry-run', '--report', report, '--progress-bar', 'off', ...rest.slice(place)]
  let tooLarge = false
  let cuda: boolean | undefined
  const env = environmentOf(io, { PYTHONPATH: workerFolder })
  const asked = await runProgram(argv, {
    env,
    timeoutMs: patienceMs,
    line(text, stop) {
      cuda ??= cudaOnLine(text)
      if ((bytesOnLine(text) ?? 0) <= mostToLook || tooLarge) return
      tooLarge = true
      stop()
    },
  })
  const input = await readFile(report, 'utf8').catch(() => undefined)
  await rm(report, { force: true })
  const usual = estimate(wants.torch !== undefined, cuda)
  if (tooLarge || asked.code !== 0 || input === undefined) return usual
  const sized = await runProgram([python, '-m', 'ltx_setup.download_size'], { env, input, timeoutMs: patienceMs })
  const said = sized.code === 0 ? jsonOf(sized.out) : undefined
  if (typeof said?.bytes !== 'number' || !Array.isArray(said.unknown)) return usual
  return { bytes: said.bytes, kind: said.unknown.length === 0 ? 'exact' : 'at least' }
}
