// One frame of a painted scene: the place from back to front, the things in it, the people, and what is in the air.
import { paintMist, paintSky, paintWeather } from './air.ts'
import type { Pose } from './camera.ts'
import { focusDepth, poseAt, walked } from './camera.ts'
import { paintStreet } from './city.ts'
import { css } from './colour.ts'
import type { Place } from './cues.ts'
import { between, dice, smoothstep } from './dice.ts'
import { paintBokeh, paintFlow, paintSpace, paintTable } from './elsewhere.ts'
import { paintAtHand, paintHero } from './hero.ts'
import { paintIndoors } from './indoors.ts'
import { paintDesert, paintForest, paintHills, paintMountains } from './land.ts'
import { lookOf } from './look.ts'
import type { Stage } from './people.ts'
import { paintPeople } from './people.ts'
import { paintFarThings } from './props.ts'
import type { Scene } from './scene.ts'
import type { Ink, View } from './view.ts'
import { fall, layer } from './view.ts'
import { paintHarbour, paintSea } from './water.ts'

/** Paints scenes onto a canvas of this size in pixels. `frame` counts the scene's frames; `level` is the loudness that drives it. */
export function openPainter(
  ink: Ink,
  size: { readonly width: number; readonly height: number },
  scene: Scene,
  rate: number,
): (frame: number, level: number) => void {
  const look = lookOf({ ...scene, accent: scene.accent })
  const still = { ink, ...size, aspect: size.width / size.height, scene, look, focus: focusOf(scene, size.width / size.height) }
  return (frame, level) => {
    const pose: Pose = poseAt(scene.moves, frame, rate)
    paintScene({
      ...still,
      pose,
      time: frame / rate,
      walked: walked(scene.moves, frame, rate),
      stride: strideAt(scene, frame, rate),
      level,
    })
  }
}

/** Steps grow shorter as a walk ebbs away, and end in standing. */
function strideAt(scene: Scene, frame: number, rate: number): number {
  const usual = scene.moves.find((move) => move.kind === 'walk')?.pace ?? 0
  const speed = Math.abs(walked(scene.moves, frame + 0.5, rate) - walked(scene.moves, frame - 0.5, rate)) * rate
  return usual === 0 ? 0 : smoothstep(0.04, 0.6, speed / usual)
}

const outdoors: ReadonlySet<Place> = new Set(['sea', 'harbour', 'street', 'mountains', 'desert', 'hills'])

const horizonOf = (scene: Scene): number => {
  const low = scene.place === 'mountains' ? 0.56 : scene.place === 'street' ? 0.56 : 0.5
  return between(low, low + 0.08, dice(scene.seed, 401))
}

/** Moves in go to the people or the thing, moves out come from there. */
function focusOf(scene: Scene, aspect: number): { readonly u: number; readonly v: number } {
  const side = dice(scene.seed, 402) < 0.5 ? -1 : 1
  const v = scene.place === 'product' ? 0.5 : scene.framing === 'wide' ? horizonOf(scene) - 0.02 : 0.42
  return { u: scene.people > 0 || scene.place === 'product' ? 0 : side * Math.min(0.12, aspect * 0.06), v }
}

function stageOf(scene: Scene, horizon: number): Stage {
  switch (scene.place) {
    case 'room':
    case 'kitchen':
    case 'office':
    case 'studio':
      return { foot: 0.95, distance: focusDepth }
    case 'harbour':
      return { foot: horizon + 0.33, distance: focusDepth }
    case 'street':
      return { foot: horizon + 0.31, distance: focusDepth }
    case 'space':
      return { foot: 0.86, distance: focusDepth }
    case 'forest':
      return { foot: horizon + 0.34, distance: focusDepth }
    default:
      return { foot: Math.min(0.95, horizon + 0.4), distance: focusDepth }
  }
}

function paintScene(view: View): void {
  const { scene } = view
  const horizon = horizonOf(scene)
  const stage = stageOf(scene, horizon)
  if (outdoors.has(scene.place)) paintSky(view, horizon + 0.02)
  paintPlace(view, horizon)
  if (scene.framing === 'close' && scene.people > 0 && scene.place !== 'product') paintSoftBack(view)
  if (scene.place !== 'product' && scene.place !== 'abstract') paintFarThings(view, horizon, stage)
  if (scene.place === 'product') paintHero(view)
  else paintPeople(view, stage)
  paintAtHand(view)
  if (outdoors.has(scene.place) || scene.place === 'forest') {
    if (scene.framing === 'wide') paintMist(view, 1.9, 0.93, 0.12, 0.3)
    paintWeather(view)
  }
  paintEdges(view)
}

function paintPlace(view: View, horizon: number): void {
  switch (view.scene.place) {
    case 'sea':
      paintSea(view, horizon)
      return
    case 'harbour':
      paintHarbour(view, horizon)
      return
    case 'street':
      paintStreet(view, horizon)
      return
    case 'forest':
      paintForest(view, horizon)
      return
    case 'mountains':
      paintMountains(view, horizon)
      return
    case 'desert':
      paintDesert(view, horizon)
      return
    case 'hills':
      paintHills(view, horizon)
      return
    case 'room':
    case 'kitchen':
    case 'office':
    case 'studio':
      paintIndoors(view)
      return
    case 'space':
      paintSpace(view)
      return
    case 'product':
      paintTable(view)
      return
    case 'abstract':
      paintFlow(view)
      return
  }
}

/** Behind a face the place recedes: a veil of its own air, and lights out of focus. */
function paintSoftBack(view: View): void {
  const { ink, look } = view
  layer(view, 5, (span) => {
    ink.fillStyle = fall(ink, 0, 1, [
      [0, look.sky[1], 0.34],
      [0.7, look.sky[2], 0.28],
      [1, look.near, 0.4],
    ])
    ink.fillRect(span.left, span.top, span.right - span.left, span.bottom - span.top)
    paintBokeh(view, 20)
  })
}

/** The corners fall off a little, as in a lens. */
function paintEdges(view: View): void {
  const { ink, width, height } = view
  ink.save()
  ink.setTransform(width / 2, 0, 0, height / 2, width / 2, height / 2)
  const gradient = ink.createRadialGradient(0, 0, 0.75, 0, 0, 1.5)
  gradient.addColorStop(0, css([0, 0, 0], 0))
  gradient.addColorStop(1, 'rgba(0,0,0,0.42)')
  ink.fillStyle = gradient
  ink.fillRect(-1, -1, 2, 2)
  ink.restore()
  paintPulse(ink, { width, height }, view.level)
}

/** The whole picture breathes in light with the sound that drives it. */
export function paintPulse(ink: Ink, size: { readonly width: number; readonly height: number }, level: number): void {
  if (level <= 0) return
  ink.save()
  ink.setTransform(1, 0, 0, 1, 0, 0)
  ink.globalCompositeOperation = 'soft-light'
  ink.fillStyle = css([255, 246, 230], 0.34 * level)
  ink.fillRect(0, 0, size.width, size.height)
  ink.restore()
}
