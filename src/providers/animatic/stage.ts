// A job goes in, what its frames are painted from comes out: a scene from the words, pictures that were given, or
// the clip that this one goes on from. Reads the input files; draws nothing yet.
import type { Image } from '@napi-rs/canvas'
import { loadImage } from '@napi-rs/canvas'
import type { Failure } from '../../failure.ts'
import { ProviderFailure } from '../../failure.ts'
import { toNumber } from '../../lang/time.ts'
import type { Tool } from '../../media/ffmpeg.ts'
import type { World } from '../../world.ts'
import type { Ready } from '../provider.ts'
import type { Layout } from './layout.ts'
import { layoutOf } from './layout.ts'
import type { Mark } from './mark.ts'
import { readMarks } from './mark.ts'
import type { Scene } from './scene.ts'
import { continued, sceneOf, varied } from './scene.ts'
import type { Anchor, Stills } from './still.ts'

export type Stage = {
  readonly mark: Mark
  readonly layout: Layout
  /** Absent: the mark's scene is painted. */
  readonly stills?: Stills
  /** Path and role of the sound that is the clip's own; absent: a bed is made. */
  readonly heard?: string
  /** Seed of the bed: another one when the sound is what is retaken. */
  readonly soundSeed: number
}

export type StageSetting = { readonly tool: Tool; readonly world: World; readonly scratch: string; readonly signal: AbortSignal }

/** Most pixels that are painted a frame; larger windows are scaled up. Given pictures get more, being sharper. */
const paintedPixels = 560_000
const picturePixels = 900_000

/** Larger images are refused: they would take gigabytes to decode. */
const mostImagePixels = 100_000_000
const mostImageBytes = 256 << 20

const refuse = (kind: Failure['kind'], message: string, next: string): ProviderFailure =>
  new ProviderFailure({ kind, message, next, retry: false, billed: 'no' })

async function openImage(world: World, path: string, what: string): Promise<Image> {
  const { bytes } = await world.files.stat(path)
  if (bytes === 0) throw refuse('input', `the ${what} is an empty file`, 'give it a picture')
  if (bytes > mostImageBytes) throw refuse('input', `the ${what} is larger than 256 MB`, 'save it smaller')
  const image = await loadImage(Buffer.from(await world.files.readBytes(path))).catch(() => undefined)
  if (image === undefined || image.width === 0 || image.height === 0) {
    throw refuse('input', `the ${what} is not a picture that can be read`, 'save it as PNG, JPEG or WebP')
  }
  if (image.width * image.height > mostImagePixels) throw refuse('input', `the ${what} has more than 100 million pixels`, 'save it smaller')
  return image
}

export async function setStage(job: Ready, setting: StageSetting): Promise<Stage> {
  switch (job.request.operation) {
    case 'text-to-video':
    case 'image-to-video':
    case 'audio-to-video':
      return fresh(job, setting)
    case 'extend':
      return extended(job, setting)
    case 'retake':
      return retaken(job, setting)
    default:
      throw refuse('invalid', `an animatic cannot be made by ${job.request.operation}`, 'this is a fault of the program')
  }
}

const seconds = (job: Ready): number => toNumber(job.request.rate)

async function fresh(job: Ready, { world }: StageSetting): Promise<Stage> {
  const { request, files } = job
  const heard = request.operation === 'audio-to-video' ? files.get('audio') : undefined
  const anchors: Anchor[] = []
  const add = async (path: string | undefined, what: string, frame: number, strength: number): Promise<void> => {
    if (path !== undefined) anchors.push({ image: await openImage(world, path, what), frame, strength })
  }
  await add(files.get('first-frame'), 'first frame', 0, 1)
  for (const [index, key] of request.keys.entries())
    await add(files.get(`key-${index}`), `picture of key ${index + 1}`, key.frame, key.strength)
  await add(files.get('last-frame'), 'last frame', request.frames - 1, 1)
  const scene = sceneOf(request, anchors.length > 0 ? 'picture' : 'painted')
  const mark = { scene, first: 0, frames: request.frames }
  const layout = layoutOf(request.size, anchors.length > 0 ? picturePixels : paintedPixels, heard !== undefined)
  const base = { mark, layout, soundSeed: scene.seed, ...(heard === undefined ? {} : { heard }) }
  if (anchors.length === 0) return base
  return {
    ...base,
    stills: stillsOf(
      job,
      scene,
      anchors.sort((a, b) => a.frame - b.frame),
      'from',
    ),
  }
}

function stillsOf(job: Ready, scene: Scene, anchors: readonly Anchor[], rest: Stills['rest']): Stills {
  const move = scene.moves.find(({ kind }) => kind !== 'walk') ?? {
    kind: 'push',
    since: 0,
    frames: job.request.frames,
    direction: 1,
    pace: 0.6,
  }
  return { anchors, move, rest, frames: job.request.frames, rate: seconds(job) }
}

const videoOf = (job: Ready): string => {
  const path = job.files.get('video')
  if (path === undefined) throw refuse('invalid', `${job.request.operation} has no clip to go on from`, 'this is a fault of the program')
  return path
}

/** Where the scene of a file begins and ends, read from the notes of its clips. */
async function marksIn(
  world: World,
  path: string,
): Promise<{ readonly marks: readonly Mark[]; readonly first: number; readonly end: number } | undefined> {
  const marks = readMarks(await world.files.readBytes(path))
  if (marks.length === 0) return undefined
  return { marks, first: Math.min(...marks.map((mark) => mark.first)), end: Math.max(...marks.map((mark) => mark.first + mark.frames)) }
}

/** The clip that shows this frame of the scene: a patch before what it was laid over. */
function showing(marks: readonly Mark[], frame: number): Mark | undefined {
  const there = marks.filter((mark) => mark.first <= frame && frame < mark.first + mark.frames)
  return there.findLast((mark) => mark.scene.variation !== 0) ?? there.at(-1)
}

async function extended(job: Ready, setting: StageSetting): Promise<Stage> {
  const { request } = job
  const path = videoOf(job)
  const found = await marksIn(setting.world, path)
  const atStart = request.extend?.at === 'start'
  const edge = found === undefined ? 0 : atStart ? found.first : found.end
  const known = found === undefined ? undefined : showing(found.marks, atStart ? edge : edge - 1)
  const first = atStart ? edge - request.frames : edge
  if (known?.scene.kind === 'painted') {
    const scene = atStart ? known.scene : continued(known.scene, request, edge)
    return { mark: { scene, first, frames: request.frames }, layout: layoutOf(request.size, paintedPixels, false), soundSeed: scene.seed }
  }
  // A picture, or footage from elsewhere: on from the frame that it ends (or begins) with, by a slow move.
  const scene = sceneOf(request, 'picture')
  return heldOn(job, { setting, path, ours: known !== undefined, scene, first, atStart })
}

type Hold = {
  readonly setting: StageSetting
  readonly path: string
  /** True when the frame has our bands around its picture. */
  readonly ours: boolean
  readonly scene: Scene
  readonly first: number
  readonly atStart: boolean
  /** Frame of the file to take; absent: its first or last. */
  readonly frame?: number
}

async function heldOn(job: Ready, hold: Hold): Promise<Stage> {
  const { request } = job
  const layout = layoutOf(request.size, picturePixels, false)
  const image = await frameOf(job, hold)
  const part = hold.ours && image.width === layout.width && image.height === layout.height ? layout.window : undefined
  const anchor: Anchor = { image, frame: hold.atStart ? request.frames - 1 : 0, strength: 1, ...(part === undefined ? {} : { part }) }
  const move = { kind: 'push', since: 0, frames: request.frames, direction: 1, pace: 0.6 } as const
  const stills: Stills = { anchors: [anchor], move, rest: hold.atStart ? 'onto' : 'from', frames: request.frames, rate: seconds(job) }
  const mark = { scene: { ...hold.scene, kind: 'picture' as const }, first: hold.first, frames: request.frames }
  return { mark, layout, stills, soundSeed: hold.scene.seed }
}

/** One frame of a video as a picture. */
async function frameOf(job: Ready, hold: Hold): Promise<Image> {
  const { setting, path, atStart, frame } = hold
  const file = `${setting.scratch}/${job.key}.frame.png`
  const options = frame === undefined && !atStart ? ['-sseof', '-0.6'] : []
  const chosen = frame !== undefined && frame > 0 ? `select=gte(n\\,${frame}),` : ''
  // Untagged: a picture that names its transfer curve would be brightened when it is read back.
  const graph = ['-vf', `${chosen}scale=out_range=pc,format=rgb24,setparams=color_primaries=unknown:color_trc=unknown`]
  const once = frame === undefined && !atStart ? ['-update', '1'] : ['-frames:v', '1', '-update', '1']
  const output = { path: file, options: ['-map', '0:v:0', ...graph, '-fps_mode', 'passthrough', ...once, '-c:v', 'png', '-f', 'image2'] }
  await setting.tool.run({ inputs: [{ path, options }], outputs: [output] }, { signal: setting.signal })
  const image = await openImage(setting.world, file, 'frame to go on from')
  await setting.world.files.remove(file)
  return image
}

async function retaken(job: Ready, setting: StageSetting): Promise<Stage> {
  const { request } = job
  const path = videoOf(job)
  const range = request.retake ?? { from: 0, to: request.frames, mode: 'both' as const }
  const found = await marksIn(setting.world, path)
  const first = (found?.first ?? 0) + range.from
  const known = found === undefined ? undefined : (showing(found.marks, first) ?? found.marks.at(-1))
  const seedOfSound = (scene: Scene): number => (range.mode === 'picture' ? scene.seed : varied(scene, request).variation)
  if (known?.scene.kind === 'painted') {
    const scene = range.mode === 'sound' ? known.scene : varied(known.scene, request)
    return {
      mark: { scene, first, frames: request.frames },
      layout: layoutOf(request.size, paintedPixels, false),
      soundSeed: seedOfSound(scene),
    }
  }
  const scene = known?.scene ?? sceneOf(request, 'picture')
  const held = await heldOn(job, {
    setting,
    path,
    ours: known !== undefined,
    scene: varied(scene, request),
    first,
    atStart: false,
    frame: range.from,
  })
  return { ...held, soundSeed: seedOfSound(scene) }
}
