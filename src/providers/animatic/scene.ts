// A request's words and seed go in, the scene that will be painted comes out: a small piece of plain data, the
// same for the same request. It travels inside the clip (see mark.ts), so that an extension or a retake
// of the clip paints the same world from where it stood.
import { z } from 'zod'
import type { Request } from '../../lang/plan.ts'
import { toNumber } from '../../lang/time.ts'
import type { Move } from './camera.ts'
import type { Camera, Cues, Hour, Place, Sound } from './cues.ts'
import { cameras, framings, hairs, hours, places, readCamera, readCues, readSounds, sounds, things, weathers } from './cues.ts'
import { dice, hashText, pick } from './dice.ts'

const moveSchema = z.object({
  kind: z.enum([...cameras, 'walk']),
  since: z.number().int(),
  frames: z.number().int().nonnegative(),
  direction: z.union([z.literal(-1), z.literal(1)]),
  pace: z.number().min(0).max(10),
})

export const sceneSchema = z.object({
  /** `painted` from words; `picture`: an image moved about. */
  kind: z.enum(['painted', 'picture']),
  seed: z.number().int(),
  /** 0; another number gives another version of the same scene. */
  variation: z.number().int(),
  place: z.enum(places),
  hour: z.enum(hours),
  weather: z.enum(weathers),
  framing: z.enum(framings),
  people: z.number().int().min(0).max(9),
  things: z.array(z.enum(things)).max(8),
  heading: z.union([z.literal(-1), z.literal(0), z.literal(1)]),
  moving: z.boolean(),
  accent: z.tuple([z.number(), z.number(), z.number()]).optional(),
  moves: z.array(moveSchema).max(400),
  sounds: z.array(z.enum(sounds)).max(4),
  hair: z.enum(hairs),
})

export type Scene = Readonly<z.infer<typeof sceneSchema>>

/** The words a scene is read from, the camera's and the sound's own lines first. */
export const wordsOf = (request: Request): string => request.prompt || request.slate?.words || ''

export const seedOf = (request: Request): number => (request.seed ?? hashText(request.prompt)) | 0

const unnamedPlaces: readonly [Place, ...Place[]] = ['hills', 'sea', 'mountains', 'hills', 'abstract']
const unnamedCameras: readonly [Camera, ...Camera[]] = ['push', 'push', 'truck', 'pull', 'orbit']

/** Indoors the hour is what stands in the window. */
const defaultHours: readonly [Hour, ...Hour[]] = ['dawn', 'day', 'dusk', 'day', 'dusk', 'night']

function placeOf(cues: Cues, seed: number): Place {
  if (cues.place !== undefined) return cues.place
  if (cues.things.includes('boat') || cues.things.includes('lighthouse')) return 'sea'
  if (cues.things.some((thing) => thing === 'sign' || thing === 'car')) return 'street'
  if (cues.things.some((thing) => ['bottle', 'phone', 'cup', 'box', 'ball'].includes(thing)) && cues.people === 0) return 'product'
  if (cues.things.some((thing) => thing === 'screen' || thing === 'book' || thing === 'lamp')) return 'room'
  if (cues.things.includes('rocket')) return 'space'
  if (cues.people > 0 && cues.framing !== 'wide') return 'room'
  return pick(unnamedPlaces, dice(seed, 1))
}

/** What the camera and the walkers do from `since` on. `again` leaves out what nobody asked for. */
export function movesOf(request: Request, since: number, cues: Cues, again: boolean): readonly Move[] {
  const seed = seedOf(request)
  const cue = readCamera(request.slate?.camera ?? '', wordsOf(request))
  const invented = { kind: pick(unnamedCameras, dice(seed, 2)), direction: dice(seed, 3) < 0.5 ? (-1 as const) : (1 as const), pace: 0.7 }
  const chosen = cue ?? (again ? { kind: 'static' as const, direction: 1 as const, pace: 1 } : invented)
  const camera: Move = { ...chosen, since, frames: request.frames }
  if (!cues.moving) return [camera]
  const seconds = Math.max(1, request.frames / toNumber(request.rate))
  const across = cues.framing === 'wide' ? 0.9 : 0.35
  const direction = cues.heading === 0 ? (dice(seed, 4) < 0.5 ? -1 : 1) : cues.heading
  return [camera, { kind: 'walk', since, frames: request.frames, direction, pace: Math.min(0.16, across / seconds) }]
}

const placeSounds: Readonly<Record<Place, readonly Sound[]>> = {
  sea: ['sea', 'wind'],
  harbour: ['sea', 'birds'],
  street: ['city'],
  forest: ['wind', 'birds'],
  mountains: ['wind'],
  desert: ['wind'],
  hills: ['wind', 'birds'],
  room: ['room', 'tone'],
  kitchen: ['room', 'tone'],
  office: ['room', 'tone'],
  studio: ['room'],
  space: ['tone', 'engine'],
  product: ['tone'],
  abstract: ['tone'],
}

/** What the sound line names; else what the place and the weather sound like. */
function soundsOf(request: Request, place: Place, cues: Cues): readonly Sound[] {
  const named = readSounds(request.slate?.sound ?? '')
  if (named.length > 0) return named
  const wet = cues.weather === 'rain' || cues.weather === 'storm' ? (['rain'] as const) : []
  return [...wet, ...placeSounds[place]].slice(0, 3)
}

/** The scene of a shot that starts from its words. */
export function sceneOf(request: Request, kind: Scene['kind']): Scene {
  const seed = seedOf(request)
  const cues = readCues(wordsOf(request))
  const speakers = request.slate?.say.length ?? 0
  const place = placeOf(cues, seed)
  const made = {
    kind,
    seed,
    variation: 0,
    place,
    hour: cues.hour ?? (cues.weather === 'storm' ? 'dusk' : pick(defaultHours, dice(seed, 5))),
    weather: cues.weather,
    framing: cues.framing,
    people: cues.people === 0 && speakers > 0 && place !== 'product' ? Math.min(2, speakers) : cues.people,
    things: cues.things.slice(0, 6),
    heading: cues.heading,
    moving: cues.moving,
    moves: [...movesOf(request, 0, cues, false)],
    sounds: [...soundsOf(request, place, cues)],
    hair: cues.hair,
  }
  return cues.accent === undefined ? made : { ...made, accent: [...cues.accent] }
}

/** The same scene with the moves of a request that goes on from `since`. An extension that says nothing of the camera lets it come to rest. */
export function continued(scene: Scene, request: Request, since: number): Scene {
  const cues = readCues(wordsOf(request))
  const named = readSounds(request.slate?.sound ?? '')
  return {
    ...scene,
    moves: [...scene.moves, ...movesOf(request, since, cues, true)].slice(-400),
    sounds: named.length > 0 ? [...named] : scene.sounds,
  }
}

/** Another version of the same scene: same place, same camera, other details. */
export const varied = (scene: Scene, request: Request): Scene => ({
  ...scene,
  variation: (hashText(`${request.prompt}/${request.retake?.from}/${request.retake?.to}`) ^ seedOf(request)) | 1,
})
