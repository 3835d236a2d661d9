// What a clip of an own machine hangs on: the bytes of the model's folder, and what runs them. In goes a provider's block, out come the
// two words that stand in its jobs' keys, or why one of them cannot be known here. Files are hashed once and remembered by path, size and time.
import { z } from 'zod'
import type { Sha256 } from '../../lang/plan.ts'
import type { ProviderUse } from '../../lang/program.ts'
import type { World } from '../../world.ts'
import type { Environment, NoEnvironment } from './environment.ts'
import { findEnvironment, workerFolder } from './environment.ts'
import { hubFolder, isHubName } from './hub-cache.ts'
import type { Folders } from './order.ts'

export const usualDevice = 'cuda:0'
/** Whose versions decide what comes out. */
const counted = ['torch', 'diffusers', 'transformers', 'av', 'worker'] as const
const countedFile = /\.(json|jinja|model|txt|safetensors)$/
/** More than this takes long enough to be told. */
const longBytes = 1 << 30

export type Look = {
  readonly world: Pick<World, 'files' | 'sha256' | 'variable' | 'spawn'>
  /** The project's folder: what paths are relative to. */
  readonly root: string
  /** Where hashes are remembered, absolute. */
  readonly memo?: string
  /** Told before something that takes long. */
  readonly tell?: (text: string) => void
}

/** A thing of this machine, or why it is not there and what to do. */
export type Found<T> = { readonly here: T } | NoEnvironment

export const devicesOf = ({ device }: ProviderUse['settings']): readonly string[] =>
  Array.isArray(device) ? [...new Set(device)] : [typeof device === 'string' ? device : usualDevice]

const isAbsolute = (path: string): boolean => /^(\/|[A-Za-z]:[\\/])/.test(path)
const inProject = (path: string, root: string): string => (isAbsolute(path) ? path : `${root}/${path}`).replace(/(?<=.)\/+$/, '')

/** The folders that a block names, and the file that refines what guided sampling makes: of the project, or of the model's folder. */
export async function foldersOf({ name, settings }: ProviderUse, { world, root }: Pick<Look, 'world' | 'root'>): Promise<Found<Folders>> {
  const { model, upsampler, refiner, sampling } = settings
  if (typeof model !== 'string')
    return { why: `\`provider ${name} local\` names no model`, next: 'write `model "FOLDER"` into its block: `ltx local setup` gets one' }
  const found: { model?: string; upsampler?: string } = {}
  for (const [what, path] of [
    ['model', model],
    ['upsampler', upsampler],
  ] as const) {
    if (typeof path !== 'string') continue
    const folder = inProject(path, root)
    const there = await world.files.stat(folder).catch(() => undefined)
    const here = there?.kind === 'folder' ? folder : await hubFolder(path, world)
    if (here === undefined)
      return {
        why: `there is no folder ${path}, which \`${what}\` of ${name} names${isHubName(path) ? ', and no model of that name from the hub' : ''}`,
        next: isHubName(path)
          ? `bring it from the hub: ltx local setup --model ${path}`
          : 'put the model’s files there, or name where they are: `ltx local doctor` looks',
      }
    found[what] = here
  }
  const folders = { ...found, model: found.model ?? '' }
  if (typeof refiner !== 'string' || sampling !== 'guided') return { here: folders }
  for (const path of [inProject(refiner, root), inProject(refiner, folders.model)])
    if ((await world.files.stat(path).catch(() => undefined))?.kind === 'file') return { here: { ...folders, refiner: path } }
  return {
    why: `there is no file ${refiner}, which \`refiner\` of ${name} names`,
    next: 'put the distilled LoRA there, or leave `refiner` out: guided sampling then makes one pass',
  }
}

// ---- the model's bytes -------------------------------------------------------------------------------------

const memoShape = z.object({ version: z.literal(1), files: z.record(z.string(), z.tuple([z.number(), z.number(), z.string()])) })
type Memo = Map<string, readonly [bytes: number, mtimeMs: number, sha256: Sha256]>

async function readMemo({ world, memo }: Look): Promise<Memo> {
  if (memo === undefined) return new Map()
  try {
    return new Map(Object.entries(memoShape.parse(JSON.parse(await world.files.readText(memo))).files))
  } catch {
    return new Map()
  }
}

/** Without it the next look takes as long again, and nothing else. */
async function keepMemo({ world }: Look, path: string, known: Memo): Promise<void> {
  try {
    await world.files.makeFolder(path.slice(0, path.lastIndexOf('/')))
    await world.files.writeWhole(path, JSON.stringify({ version: 1, files: Object.fromEntries(known) }))
  } catch {
    // A folder that may not be written to is looked at all the same.
  }
}

type ModelFile = { readonly name: string; readonly path: string; readonly bytes: number; readonly mtimeMs: number }

/** Every file that counts, by its path within the folder; links are followed, circles are not. */
async function walk(folder: string, { world }: Look, prefix = '', seen = new Set<string>()): Promise<readonly ModelFile[]> {
  const { files } = world
  const real = await files.realPath(folder)
  if (seen.has(real)) return []
  seen.add(real)
  const found: ModelFile[] = []
  for (const name of await files.list(folder)) {
    const path = `${folder}/${name}`
    const there = await files.stat(path).catch(() => undefined)
    if (there?.kind === 'folder') found.push(...(await walk(path, { world, root: '' }, `${prefix}${name}/`, seen)))
    else if (there?.kind === 'file' && countedFile.test(name)) found.push({ name: `${prefix}${name}`, path, ...there })
  }
  return found
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`

/** The hash of each file, by its path: read where it is not remembered. */
async function hashesOf(all: readonly ModelFile[], what: string, look: Look): Promise<(path: string) => Sha256> {
  const { world, memo } = look
  const known = await readMemo(look)
  const isKnown = ({ path, bytes, mtimeMs }: ModelFile): boolean => known.get(path)?.[0] === bytes && known.get(path)?.[1] === mtimeMs
  const fresh = all.filter((file) => !isKnown(file))
  const bytes = fresh.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes > longBytes) look.tell?.(`reading ${what} once, ${gigabytes(bytes)}, to know it again`)
  // One file may have two names: a refiner that lies in the model's folder.
  for (const file of fresh) if (!isKnown(file)) known.set(file.path, [file.bytes, file.mtimeMs, await world.files.sha256(file.path)])
  if (fresh.length > 0 && memo !== undefined) await keepMemo(look, memo, known)
  return (path) => known.get(path)?.[2] ?? ''
}

/** SHA-256 over the files' own, as worker/PROTOCOL.md has it. */
export async function weightsOf({ model, upsampler, refiner }: Folders, look: Look): Promise<Sha256> {
  const all = [...(await walk(model, look)), ...(upsampler === undefined ? [] : await walk(upsampler, look, 'upsampler/'))]
  const file = refiner === undefined ? undefined : await look.world.files.stat(refiner)
  if (refiner !== undefined && file?.kind === 'file') all.push({ name: 'refiner', path: refiner, ...file })
  all.sort((a, b) => (a.name < b.name ? -1 : 1))
  const hashOf = await hashesOf(all, `the model in ${model}`, look)
  return look.world.sha256(all.map(({ name, path }) => `${name} ${hashOf(path)}\n`).join(''))
}

/** The bytes of a file of the project; undefined where it is none, or lies outside. */
export async function adapterOf(path: string, look: Look): Promise<Sha256 | undefined> {
  const { world, root } = look
  const [real, home] = await Promise.all([world.files.realPath(`${root}/${path}`), world.files.realPath(root)]).catch(() => ['', ''])
  if (home === '' || !real?.startsWith(`${home}/`)) return undefined
  const file = { name: path, path: real, ...(await world.files.stat(real)) }
  return file.kind === 'file' ? (await hashesOf([file], path, look))(real) : undefined
}

// ---- what runs it ------------------------------------------------------------------------------------------

/** The Python that a block names, else the machine's. */
export async function environmentOf({ settings }: ProviderUse, { world }: Pick<Look, 'world'>): Promise<Found<Environment>> {
  const { python } = settings
  if (typeof python === 'string') {
    if (!isAbsolute(python) || !(await world.files.exists(python)))
      return {
        why: `there is no Python at ${python}`,
        next: 'correct `python` in the provider’s block, or leave it out: `ltx local setup` makes one',
      }
    return { here: { python, workerFolder, source: 'variable' } }
  }
  const found = await findEnvironment(world)
  return 'why' in found ? found : { here: found }
}

const asked = `import importlib.metadata as m, json, ltx_worker
def version(name):
    try:
        return m.version(name)
    except m.PackageNotFoundError:
        return ''
print(json.dumps({**{name: version(name) for name in ('torch', 'diffusers', 'transformers', 'av')}, 'worker': ltx_worker.WORKER_VERSION}))`

/** As they are installed. What a marker says is believed; an interpreter of the user's own is asked, which takes no torch. */
async function versionsOf(environment: Environment, { world, root }: Look): Promise<Readonly<Record<string, string>> | undefined> {
  if (environment.marker !== undefined) return environment.marker.versions
  const lines: string[] = []
  const ended = await world.spawn({
    argv: [environment.python, '-c', asked],
    folder: root,
    environment: { PYTHONPATH: environment.workerFolder, PYTHONDONTWRITEBYTECODE: '1' },
    input: '',
    line: (text) => lines.push(text),
    signal: new AbortController().signal,
    timeoutMs: 60_000,
  })
  if (ended.kind !== 'exited' || ended.code !== 0) return undefined
  return readVersions(lines.at(-1) ?? '')
}

function readVersions(text: string): Readonly<Record<string, string>> | undefined {
  try {
    const read = z.record(z.string(), z.string()).safeParse(JSON.parse(text))
    return read.success ? read.data : undefined
  } catch {
    return undefined
  }
}

/** `cuda torch-2.13.0 diffusers-0.40.0 …`: bytes are the same again under the same of these. */
export const stackText = (device: string, versions: Readonly<Record<string, string>>): string =>
  [device.split(':')[0], ...counted.map((name) => `${name}-${(versions[name] ?? '').replace(/\s/g, '_') || 'none'}`)].join(' ')

async function stackOf(use: ProviderUse, look: Look): Promise<Found<string>> {
  const environment = await environmentOf(use, look)
  if ('why' in environment) return environment
  const versions = await versionsOf(environment.here, look)
  if (versions === undefined)
    return { why: `${environment.here.python} cannot run the worker`, next: 'make an environment with `ltx local setup`' }
  return { here: stackText(devicesOf(use.settings)[0] ?? usualDevice, versions) }
}

export type Identity = { readonly weights: Found<Sha256>; readonly stack: Found<string> }

export async function identify(use: ProviderUse, look: Look): Promise<Identity> {
  const folders = await foldersOf(use, look)
  const weights = 'why' in folders ? folders : { here: await weightsOf(folders.here, look) }
  return { weights, stack: await stackOf(use, look) }
}
