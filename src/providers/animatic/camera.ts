// Moves go in, the place of the camera at a frame comes out. A path is a sum of moves; each runs at an even speed
// and ebbs away after its time, each later one swells in as the one before ebbs. So a chain of clips has one
// path without a jolt, and a chain that repeats its camera words goes on at the same speed.
import type { Camera } from './cues.ts'
import { clamp, noise, smoothstep } from './dice.ts'

/** `since` and `frames` count frames of the scene; `pace` is the speed against the usual. */
export type Move = {
  readonly kind: Camera | 'walk'
  readonly since: number
  readonly frames: number
  readonly direction: -1 | 1
  readonly pace: number
}

/** x right, y down and z forward in heights of the picture; `pan` and `tilt` shift all depths alike; `roll` in radians. */
export type Pose = {
  readonly x: number
  readonly y: number
  readonly z: number
  readonly pan: number
  readonly tilt: number
  readonly roll: number
}

/** Seconds in which a move ebbs away. */
const ebb = 1.2

/** Seconds of full speed that a move has run by `frame`; before a first move's start, negative and bounded. */
export function travelled(move: Move, first: boolean, frame: number, rate: number): number {
  const time = (frame - move.since) / rate
  const length = move.frames / rate
  if (time < 0) return first ? -ebb * (1 - Math.exp(time / ebb)) : 0
  const swell = (t: number): number => (first ? t : t - ebb * (1 - Math.exp(-t / ebb)))
  if (time <= length) return swell(time)
  const speed = first ? 1 : 1 - Math.exp(-length / ebb)
  return swell(length) + speed * ebb * (1 - Math.exp(-(time - length) / ebb))
}

/** Distances of long moves are held near those of a shot of eight seconds. */
const calm = (move: Move, rate: number): number => move.pace * Math.min(1, 8 / Math.max(1, move.frames / rate))

const whipAt = (move: Move, frame: number, rate: number): number => {
  const start = move.since + move.frames * 0.55
  return smoothstep(start, start + 0.45 * rate, frame)
}

function ofMove(move: Move, first: boolean, frame: number, rate: number): Partial<Pose> {
  const s = travelled(move, first, frame, rate) * calm(move, rate)
  const d = move.direction
  switch (move.kind) {
    case 'push':
      return { z: 0.062 * s }
    case 'pull':
      return { z: -0.075 * s }
    case 'pan':
      return { pan: 0.045 * s * d }
    case 'tilt':
      return { tilt: -0.024 * s * d }
    case 'truck':
      return { x: 0.11 * s * d }
    case 'crane':
      return { y: -0.06 * s * d, tilt: 0.012 * s * d }
    case 'orbit':
      return { x: 0.13 * s * d, pan: (-0.13 * s * d) / focusDepth, z: 0.012 * s }
    case 'whip':
      return { pan: (0.012 * s + 0.85 * whipAt(move, frame, rate)) * d }
    case 'handheld':
      return { z: 0.02 * s }
    case 'static':
    case 'walk':
      return {}
  }
}

/** How far away the subject stands. */
export const focusDepth = 2.2

/** The shake of a hand: three slow noises. */
function shake(moves: readonly Move[], frame: number, rate: number): Pose {
  const hand = moves
    .filter((move) => move.kind === 'handheld')
    .reduce((sum, move) => sum + presence(move, frame, rate) * Math.min(1.5, move.pace), 0)
  const t = frame / rate
  const size = Math.min(1.5, hand)
  return {
    x: 0,
    y: 0,
    z: 0,
    pan: 0.011 * size * noise(71, t * 1.3),
    tilt: 0.009 * size * noise(72, t * 1.5),
    roll: 0.006 * size * noise(73, t * 0.9),
  }
}

/** How much of a move is felt at a frame: 1 in its time, ebbing after it. */
const presence = (move: Move, frame: number, rate: number): number =>
  move.since <= 0 && frame < move.since + move.frames
    ? 1
    : smoothstep(0, 1, (frame - move.since) / rate) * (1 - smoothstep(0, ebb, (frame - move.since - move.frames) / rate))

export function poseAt(moves: readonly Move[], frame: number, rate: number): Pose {
  const camera = moves.filter((move) => move.kind !== 'walk')
  const sum = { ...shake(camera, frame, rate) }
  camera.forEach((move, index) => {
    const part = ofMove(move, index === 0, frame, rate)
    for (const axis of ['x', 'y', 'z', 'pan', 'tilt', 'roll'] as const) sum[axis] += part[axis] ?? 0
  })
  // However long the chain, the camera never walks through what stands in front of it.
  const near = 0.75
  return {
    ...sum,
    z: sum.z > 0 ? near * (1 - Math.exp(-sum.z / near)) : 2 * (1 - Math.exp(sum.z / 2)) * -1,
    tilt: clamp(sum.tilt, -0.35, 0.35),
  }
}

/** How far a walker has come, in heights of the picture. */
export function walked(moves: readonly Move[], frame: number, rate: number): number {
  const walks = moves.filter((move) => move.kind === 'walk')
  return walks.reduce(
    (sum, move, index) => sum + travelled(move, index === 0 && move.since <= 0, frame, rate) * move.pace * move.direction,
    0,
  )
}
