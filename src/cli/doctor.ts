// `ltx doctor`: what this machine has and what it lacks, each line with the way out. Names which keys are set, never
// what they are. Exit 1 when a film could not even be rendered as an animatic.
import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import { ProviderFailure } from '../failure.ts'
import { packageRoot } from '../package-root.ts'
import { exitCode } from '../report/exit.ts'
import { fileSize } from '../report/say.ts'
import { safeText, shellWord } from '../safe-text.ts'
import { keyFilePath } from '../world.keys.node.ts'
import type { Call, Io } from './io.ts'

type Finding = { readonly what: string; readonly state: 'fine' | 'note' | 'missing'; readonly detail: string; readonly next?: string }

/** Less than this and a film may not fit. */
const littleDisk = 2 * 1024 ** 3
const keyNames = ['LTX_API_KEY', 'FAL_KEY', 'WAVESPEED_API_KEY', 'REPLICATE_API_TOKEN', 'BYTECOMPUTE_API_KEY']

function node(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = major > 20 || (major === 20 && minor >= 19)
  return {
    what: 'node',
    state: fits ? 'fine' : 'missing',
    detail: process.versions.node,
    ...(fits ? {} : { next: 'install Node 20.19 or later' }),
  }
}

async function ffmpeg(io: Io): Promise<Finding> {
  const { findTool } = await import('../media/ffmpeg.ts')
  try {
    const tool = await findTool(io.env)
    const from = { FFMPEG_PATH: 'named by FFMPEG_PATH', system: 'the system’s', embedded: 'the one that came with ltx' }[tool.source]
    return { what: 'ffmpeg', state: 'fine', detail: `${tool.version}, ${from}, with every filter and encoder that is needed` }
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return { what: 'ffmpeg', state: 'missing', detail: error.failure.message, next: error.failure.next }
  }
}

async function drawing(io: Io): Promise<Finding> {
  const fonts = ['Inter-Regular.otf', 'Inter-SemiBold.otf', 'JetBrainsMono-Regular.ttf']
  const there = await Promise.all(fonts.map((font) => io.world.files.exists(join(packageRoot, 'assets', 'fonts', font))))
  try {
    await import('../media/lettering.ts')
  } catch {
    return {
      what: 'drawing',
      state: 'missing',
      detail: '@napi-rs/canvas has no build for this machine',
      next: 'run `npm install` on this machine; a copied node_modules holds another machine’s build',
    }
  }
  if (there.includes(false))
    return { what: 'drawing', state: 'missing', detail: 'the package’s fonts are not all there', next: 'install ltx again' }
  return { what: 'drawing', state: 'fine', detail: 'canvas and fonts for titles, cards, captions and animatics' }
}

function disk(io: Io): Finding {
  try {
    const { bavail, bsize } = statfsSync(io.cwd)
    const free = bavail * bsize
    const state = free < littleDisk ? 'note' : 'fine'
    return {
      what: 'disk',
      state,
      detail: `${fileSize(free)} free here`,
      ...(state === 'note' ? { next: 'a minute of 1080p takes 50 to 200 MB: make room before a long film' } : {}),
    }
  } catch {
    return { what: 'disk', state: 'note', detail: 'how much is free cannot be told here' }
  }
}

async function writable(io: Io): Promise<Finding> {
  const probe = join(io.cwd, `.ltx-doctor-${process.pid}`)
  try {
    await io.world.files.writeWhole(probe, '')
    await io.world.files.remove(probe)
    return { what: 'folder', state: 'fine', detail: 'this folder can be written to' }
  } catch {
    return {
      what: 'folder',
      state: 'note',
      detail: 'this folder cannot be written to',
      next: 'films go beside their script: run ltx where you may write',
    }
  }
}

function clock(): Finding {
  const year = new Date().getFullYear()
  return year >= 2025 && year < 2100
    ? { what: 'clock', state: 'fine', detail: new Date().toISOString().slice(0, 16).replace('T', ' ') }
    : {
        what: 'clock',
        state: 'note',
        detail: `it says the year is ${year}`,
        next: 'set the clock: hosts refuse requests from another time',
      }
}

function keys(io: Io): Finding {
  const path = keyFilePath(io.env)
  let set: readonly string[]
  try {
    set = keyNames.filter((name) => io.world.secret(name) !== undefined)
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error
    return { what: 'keys', state: 'note', detail: error.failure.message, next: error.failure.next }
  }
  return {
    what: 'keys',
    state: 'note',
    detail: set.length === 0 ? `none of the usual ones is set, here or in ${path}; animatics need none` : `set: ${set.join(', ')}`,
  }
}

/** Only films on an own GPU need it, so that its absence is no trouble. */
async function ownGpu(io: Io): Promise<Finding> {
  const { findEnvironment } = await import('../providers/local/environment.ts')
  const found = await findEnvironment(io.world)
  if ('why' in found)
    return { what: 'own gpu', state: 'note', detail: `${found.why}; only a provider of the kind \`local\` needs one`, next: found.next }
  const versions = found.marker?.versions
  const detail = versions === undefined ? `LTX_WORKER_PYTHON: ${found.python}` : `torch ${versions.torch}, diffusers ${versions.diffusers}`
  return {
    what: 'own gpu',
    state: 'note',
    detail: `the worker’s environment is there (${detail})`,
    next: 'device, memory, models: ltx local doctor',
  }
}

export async function doctor(call: Call, io: Io): Promise<number> {
  const provider = call.options.value('provider')
  if (provider !== undefined) return (await import('./doctor-provider.ts')).doctorProvider(provider, call, io)
  if (call.files[0] !== undefined) {
    io.stderr.write(
      `ltx: \`ltx doctor\` looks at this machine; of a film it looks at a provider\n  ltx doctor --provider NAME ${shellWord(call.files[0])}\n`,
    )
    return exitCode('usage')
  }
  const findings = [node(), await ffmpeg(io), await drawing(io), disk(io), await writable(io), clock(), keys(io), await ownGpu(io)]
  const healthy = findings.every(({ state }) => state !== 'missing')
  if (call.options.has('json')) {
    io.stdout.write(`${JSON.stringify({ v: 1, healthy, findings })}\n`)
    return healthy ? 0 : 1
  }
  const marks = { fine: '✓', note: '·', missing: '✗' } as const
  for (const { what, state, detail, next } of findings) {
    io.stdout.write(`${marks[state]} ${what.padEnd(8)} ${safeText(detail)}\n`)
    if (next !== undefined) io.stdout.write(`           ${safeText(next)}\n`)
  }
  io.stdout.write(
    healthy ? '\nAnimatics can be rendered here: ltx render FILE --animatic\n' : '\nSomething that every film needs is missing.\n',
  )
  return healthy ? 0 : 1
}
