// Which ffmpeg: FFMPEG_PATH, then the system's if it can do what we need, then the one that came with the package.
// Looks and asks (`-version`, `-filters`, `-encoders`), once a process and path.
import { execFile } from 'node:child_process'
import { access, chmod, constants, copyFile, mkdir, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { ProviderFailure } from '../failure.ts'

export type Env = Readonly<Record<string, string | undefined>>
export type FoundBy = 'FFMPEG_PATH' | 'system' | 'embedded'
export type Found = { readonly path: string; readonly version: string; readonly source: FoundBy }

const neededFilters = [
  'acrossfade',
  'adelay',
  'afade',
  'alimiter',
  'amix',
  'apad',
  'aresample',
  'atrim',
  'blend',
  'concat',
  'crop',
  'ebur128',
  'fade',
  'format',
  'fps',
  'gradients',
  'loop',
  'overlay',
  'pad',
  'scale',
  'setpts',
  'setsar',
  'sidechaincompress',
  'tile',
  'trim',
  'volume',
  'xfade',
  'zoompan',
]
const neededEncoders = ['libx264', 'aac', 'flac', 'prores_ks', 'png', 'mjpeg']

/** The only variables ffmpeg sees: no key of anybody reaches it. */
export function strippedEnv(env: Env): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot']
  const pairs = kept.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  return { ...Object.fromEntries(pairs), LC_ALL: 'C', AV_LOG_FORCE_NOCOLOR: '1' }
}

const execute = promisify(execFile)

async function ask(path: string, flag: string): Promise<string> {
  const { stdout } = await execute(path, ['-hide_banner', flag], {
    env: strippedEnv(process.env),
    timeout: 20_000,
    maxBuffer: 8 << 20,
    windowsHide: true,
  })
  return stdout
}

/** What an ffmpeg is and what it lacks of what we need. Rejects where `path` cannot be run at all. */
export async function inspectTool(path: string): Promise<{ readonly version: string; readonly missing: readonly string[] }> {
  const [version, filters, encoders] = await Promise.all([ask(path, '-version'), ask(path, '-filters'), ask(path, '-encoders')])
  const words = (text: string): ReadonlySet<string> =>
    new Set(text.split('\n').flatMap((line) => /^\s*[A-Z.|]{2,7}\s+([\w-]+)/.exec(line)?.[1] ?? []))
  const [knownFilters, knownEncoders] = [words(filters), words(encoders)]
  const missing = [...neededFilters.filter((name) => !knownFilters.has(name)), ...neededEncoders.filter((name) => !knownEncoders.has(name))]
  return { version: /^ffmpeg version (\S+)/.exec(version)?.[1] ?? 'unknown', missing }
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  )

/** Where PATH names an `ffmpeg`. */
async function onPath(env: Env): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg'
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, name)))) return join(folder, name)
  }
  return undefined
}

/** The ffmpeg that npm brought, made executable; in a read-only tree a copy of it in the user's cache. */
export async function embeddedTool(env: Env): Promise<string | undefined> {
  const require = createRequire(import.meta.url)
  const name = `@ffmpeg-binary/${process.platform}-${process.arch}`
  let shipped: string
  try {
    shipped = join(dirname(require.resolve(name)), process.platform === 'win32' ? 'ffmpeg.exe' : 'ffmpeg')
    await access(shipped, constants.R_OK)
  } catch {
    return undefined
  }
  if (await isExecutable(shipped)) return shipped
  try {
    await chmod(shipped, 0o755)
    return shipped
  } catch {
    const folder = join(env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'ltx')
    const copy = join(folder, 'ffmpeg-embedded')
    if (await isExecutable(copy)) return copy
    await mkdir(folder, { recursive: true })
    const fresh = `${copy}.${process.pid}`
    await copyFile(shipped, fresh)
    await chmod(fresh, 0o755)
    await rename(fresh, copy)
    return copy
  }
}

const noTool = (message: string, next: string): ProviderFailure =>
  new ProviderFailure({ kind: 'tool', message, next, retry: false, billed: 'no' })

async function search(env: Env): Promise<Found> {
  const explicit = env.FFMPEG_PATH
  if (explicit !== undefined && explicit !== '') {
    const inspected = await inspectTool(explicit).catch(() => undefined)
    if (inspected === undefined) throw noTool('FFMPEG_PATH names a file that does not run as ffmpeg', 'correct FFMPEG_PATH, or unset it')
    if (inspected.missing.length > 0) {
      throw noTool(`the ffmpeg that FFMPEG_PATH names lacks ${inspected.missing.join(', ')}`, 'name a full build, or unset FFMPEG_PATH')
    }
    return { path: explicit, version: inspected.version, source: 'FFMPEG_PATH' }
  }
  const system = await onPath(env)
  const inspected = system === undefined ? undefined : await inspectTool(system).catch(() => undefined)
  if (system !== undefined && inspected?.missing.length === 0) return { path: system, version: inspected.version, source: 'system' }
  const embedded = await embeddedTool(env)
  if (embedded !== undefined) {
    const own = await inspectTool(embedded).catch(() => undefined)
    if (own?.missing.length === 0) return { path: embedded, version: own.version, source: 'embedded' }
  }
  const why = inspected === undefined ? 'there is no ffmpeg' : `the system's ffmpeg lacks ${inspected.missing.join(', ')}`
  throw noTool(`${why}, and none came with this package for this machine`, 'install ffmpeg (5.1 or later), or set FFMPEG_PATH')
}

const searched = new Map<string, Promise<Found>>()

/** Finds the ffmpeg to use. Throws a `tool` failure that says what to install where there is none. */
export function findFfmpeg(env: Env): Promise<Found> {
  const key = `${env.FFMPEG_PATH ?? ''}\0${env.PATH ?? ''}`
  const known = searched.get(key)
  if (known !== undefined) return known
  const fresh = search(env)
  searched.set(key, fresh)
  fresh.catch(() => searched.delete(key))
  return fresh
}
