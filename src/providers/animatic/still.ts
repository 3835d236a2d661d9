// A picture that is moved about instead of painted: the first frame of an image-to-video, keyframes on the way, a
// last frame at the end, or the last frame of the clip that this one goes on from. Always fills the window.
import type { Canvas, Image } from '@napi-rs/canvas'
import type { Move } from './camera.ts'
import { clamp, noise, smoothstep } from './dice.ts'
import type { Ink } from './view.ts'

/** `part` cuts the picture out of a larger image (the window out of a frame); `frame` is where it must stand. */
export type Anchor = {
  readonly image: Image | Canvas
  readonly part?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number }
  readonly frame: number
  /** How far a keyframe takes over the picture, 0..1. */
  readonly strength: number
}

export type Stills = {
  readonly anchors: readonly Anchor[]
  readonly move: Move
  /** `from`: the first frame stands as it is. `onto`: the last frame does. */
  readonly rest: 'from' | 'onto'
  readonly frames: number
  readonly rate: number
}

type Shift = { readonly zoom: number; readonly u: number; readonly v: number }

/** Zoom and shift at a frame, in parts of the picture. Shifts keep within what the zoom leaves over. */
function shiftAt(stills: Stills, frame: number, level: number): Shift {
  const { move, frames, rate, rest } = stills
  const span = Math.max(1, frames)
  const t = (rest === 'onto' ? frames - frame : frame) / rate
  const p = clamp(frame / span)
  const pace = move.pace * Math.min(1, 8 / Math.max(1, frames / rate))
  const pulse = 0.014 * level
  const over = 0.07
  switch (move.kind) {
    case 'pull':
      return { zoom: 1 + 0.018 * pace * (frames / rate) * (1 - p) + 0.002 + pulse, u: 0, v: 0 }
    case 'pan':
    case 'truck':
    case 'orbit':
    case 'whip':
      return { zoom: 1 + 2 * over + pulse, u: over * (2 * p - 1) * move.direction * Math.min(1.4, pace), v: 0 }
    case 'tilt':
    case 'crane':
      return { zoom: 1 + 2 * over + pulse, u: 0, v: over * (1 - 2 * p) * move.direction * Math.min(1.4, pace) }
    case 'handheld':
      return { zoom: 1.05 + pulse, u: 0.014 * noise(91, t * 1.2), v: 0.014 * noise(92, t * 1.4) }
    case 'static':
    case 'walk':
      return { zoom: 1 + 0.0015 * t + pulse, u: 0, v: 0 }
    case 'push':
      return { zoom: 1 + 0.018 * pace * t + pulse, u: 0, v: 0 }
  }
}

/** Draws one image over the whole canvas, cut to its shape. */
function cover(ink: Ink, anchor: Anchor, shift: Shift, alpha: number): void {
  const { width, height } = ink.canvas
  const part = anchor.part ?? { x: 0, y: 0, width: anchor.image.width, height: anchor.image.height }
  const scale = Math.max(width / part.width, height / part.height)
  const zoom = Math.max(1, shift.zoom)
  const [seenWide, seenHigh] = [width / scale / zoom, height / scale / zoom]
  const x = part.x + clamp((part.width - seenWide) / 2 + shift.u * part.width, 0, part.width - seenWide)
  // Faces stand above the middle; where the picture is cut, more of the top is kept.
  const y =
    part.y +
    clamp((part.height - height / scale) * 0.36 + (height / scale - seenHigh) / 2 + shift.v * part.height, 0, part.height - seenHigh)
  ink.globalAlpha = alpha
  ink.imageSmoothingEnabled = true
  ink.imageSmoothingQuality = scale * zoom < 0.6 ? 'medium' : 'low'
  ink.drawImage(anchor.image, x, y, seenWide, seenHigh, 0, 0, width, height)
  ink.globalAlpha = 1
}

/** Zoom of a picture that must stand exactly `away` seconds from now, or stood so ago. */
const resting = (away: number): Shift => ({ zoom: 1 + 0.012 * Math.abs(away), u: 0, v: 0 })

/** `ink` is a canvas of the picture alone. */
export function drawStills(ink: Ink, stills: Stills, frame: number, level: number): void {
  const { anchors, rate } = stills
  const first = anchors[0]
  if (first === undefined) return
  const nextAt = anchors.findIndex((anchor) => anchor.frame > frame)
  const held = nextAt < 0 ? anchors.length - 1 : Math.max(0, nextAt - 1)
  const base = anchors[held] ?? first
  const moving = shiftAt(stills, frame, level)
  if (held === 0 || base.strength < 1) cover(ink, first, moving, 1)
  if (held > 0) cover(ink, base, resting((frame - base.frame) / rate), base.strength)
  const next = nextAt < 0 ? undefined : anchors[nextAt]
  if (next === undefined) return
  const share = smoothstep(0.3, 1, (frame - base.frame) / Math.max(1, next.frame - base.frame))
  if (share > 0) cover(ink, next, resting((next.frame - frame) / rate), share * next.strength)
}
