// Where the Python is that runs the worker: the one that LTX_WORKER_PYTHON names, or an environment that `ltx local setup` has
// made for this version's requirements. In goes the world, out the interpreter, or what is lacking and what to type.
// An environment counts by its marker file, which is written last: a half-made one has none.
import { packageRoot } from '../../package-root.ts'
import type { Files, World } from '../../world.ts'

export const markerName = 'ltx-env.json'

/** The marker of a whole environment. */
export type Marker = {
  readonly v: 1
  /** Absolute path of the interpreter; it may stand in a folder that the user chose. */
  readonly python: string
  /** As `3.12.1`. */
  readonly pythonVersion: string
  /** Of torch, diffusers, transformers, av, as they are installed; of the worker, as this package has it. */
  readonly versions: Readonly<Record<string, string>>
  /** SHA-256 of the requirements it was made from. */
  readonly requirements: string
  /** Torch is not in it but in the Python it was made with. */
  readonly systemTorch: boolean
  /** When it was finished, ISO 8601. */
  readonly made: string
}

export type Environment = {
  readonly python: string
  /** `PYTHONPATH` of the worker: the folder that holds `ltx_worker`. */
  readonly workerFolder: string
  readonly source: 'variable' | 'setup'
  /** What the marker says; absent where the variable names an interpreter of the user's own. */
  readonly marker?: Marker
}

/** Why there is none, and what to do. */
export type NoEnvironment = { readonly why: string; readonly next: string }

type Look = Pick<World, 'files' | 'sha256' | 'variable'>

export const workerFolder = `${packageRoot}/worker`
const requirementsPath = `${workerFolder}/requirements.txt`

/** The folder below which environments are made, per user. */
export function environmentsFolder(variable: World['variable']): string {
  const data = variable('XDG_DATA_HOME')
  if (data !== undefined && isAbsolute(data)) return `${data}/ltx/worker`
  const home = variable('HOME')
  if (home !== undefined) return `${home}/.local/share/ltx/worker`
  return `${variable('LOCALAPPDATA') ?? variable('USERPROFILE') ?? '.'}/ltx/worker`
}

/** SHA-256 of what this version of ltx wants installed. */
export async function requirementsHash({ files, sha256 }: Pick<Look, 'files' | 'sha256'>): Promise<string> {
  return sha256((await files.readText(requirementsPath)).replaceAll('\r\n', '\n'))
}

/** The worker's code lies in this package and not in the environment, so that its version is this package's. */
async function workerVersion(files: Files): Promise<string> {
  const text = await files.readText(`${workerFolder}/ltx_worker/__init__.py`)
  return /^(?:WORKER_VERSION|__version__) = "([^"]+)"/m.exec(text)?.[1] ?? ''
}

export async function readMarker(files: Files, folder: string): Promise<Marker | undefined> {
  const text = await files.readText(`${folder}/${markerName}`).catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const marker: unknown = JSON.parse(text)
    return isMarker(marker) ? marker : undefined
  } catch {
    return undefined
  }
}

const isAbsolute = (path: string): boolean => /^(\/|[A-Za-z]:[\\/])/.test(path)

const isTexts = (value: unknown): value is Readonly<Record<string, string>> =>
  typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string')

function isMarker(value: unknown): value is Marker {
  if (typeof value !== 'object' || value === null) return false
  const { v, python, pythonVersion, versions, requirements, systemTorch, made } = value as Record<string, unknown> // looked at below
  const texts = [python, pythonVersion, requirements, made].every((one) => typeof one === 'string')
  return v === 1 && texts && isTexts(versions) && typeof systemTorch === 'boolean'
}

/** The interpreter that runs the worker. */
export async function findEnvironment(look: Look): Promise<Environment | NoEnvironment> {
  if (!(await look.files.exists(requirementsPath)))
    return { why: `the worker is missing from this copy of ltx: ${workerFolder}`, next: 'install ltx again, whole' }
  const named = look.variable('LTX_WORKER_PYTHON')
  if (named !== undefined) return namedEnvironment(named, look.files)
  const root = environmentsFolder(look.variable)
  const names = await look.files.list(root).catch(() => [])
  const found = (await Promise.all(names.map((name) => readMarker(look.files, `${root}/${name}`)))).filter((one) => one !== undefined)
  const wanted = await requirementsHash(look)
  const fitting = found.filter(({ requirements }) => requirements === wanted).sort((a, b) => (a.made < b.made ? 1 : -1))
  for (const marker of fitting)
    if (await look.files.exists(marker.python)) {
      const versions = { ...marker.versions, worker: await workerVersion(look.files) }
      return { python: marker.python, workerFolder, source: 'setup', marker: { ...marker, versions } }
    }
  const [gone] = fitting
  if (gone !== undefined)
    return { why: `the worker's Python is gone: ${gone.python}`, next: 'make it again with `ltx local setup`, or bring its disk back' }
  if (found.length > 0)
    return { why: 'the Python environment of the worker is that of another version of ltx', next: 'make this one with `ltx local setup`' }
  return { why: 'there is no Python environment for the worker on this machine', next: 'make one with `ltx local setup`' }
}

async function namedEnvironment(python: string, files: Files): Promise<Environment | NoEnvironment> {
  if (!isAbsolute(python))
    return { why: `LTX_WORKER_PYTHON is no absolute path: ${python}`, next: 'name the interpreter with its whole path, or unset it' }
  if (!(await files.exists(python)))
    return {
      why: `LTX_WORKER_PYTHON names ${python}, and there is no such file`,
      next: 'name a Python that has torch and diffusers, or unset it',
    }
  return { python, workerFolder, source: 'variable' }
}
