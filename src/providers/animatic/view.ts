// The frame being painted: a canvas, the camera's place and the clock. Painters draw in heights of the picture: u
// from the middle to the right, v from the top (0) to the bottom (1), as things stand when the camera is at rest.
// `layer` moves them as their distance demands: near things more, the sky hardly at all.
import type { SKRSContext2D } from '@napi-rs/canvas'
import type { Pose } from './camera.ts'
import type { Colour } from './colour.ts'
import { css } from './colour.ts'
import type { Look } from './look.ts'
import type { Scene } from './scene.ts'

export type Ink = SKRSContext2D

export type View = {
  readonly ink: Ink
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly aspect: number
  readonly scene: Scene
  readonly look: Look
  readonly pose: Pose
  /** Seconds of the scene. */
  readonly time: number
  /** How far walkers have come. */
  readonly walked: number
  /** How briskly they walk, 0 standing to 1. */
  readonly stride: number
  /** How loud the sound is that drives the picture, 0..1; 0 where none does. */
  readonly level: number
  /** Where the camera looks: moves in go there. */
  readonly focus: { readonly u: number; readonly v: number }
}

/** What can be seen of a layer, in its own measure, with a little to spare. */
export type Span = { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }

/** Draws `paint` at a distance: 1 is close by, 2.2 the subject, 20 the horizon, Infinity the sky. */
export function layer(view: View, distance: number, paint: (span: Span) => void): void {
  const { ink, height, aspect, pose, focus } = view
  const grown = Number.isFinite(distance) ? distance / (distance - pose.z) : 1
  const depth = Number.isFinite(distance) ? distance - pose.z : Infinity
  const shiftX = -pose.pan - pose.x / depth
  const shiftY = -pose.tilt - pose.y / depth
  // A rolled picture needs a little more of everything, or its corners would be empty.
  const cover = 1 + Math.abs(Math.sin(pose.roll)) * Math.max(aspect, 1 / aspect) * 1.1
  const scale = grown * (Number.isFinite(distance) ? cover : Math.max(cover, 1))
  ink.save()
  ink.setTransform(height, 0, 0, height, (aspect / 2) * height, 0.5 * height)
  ink.rotate(pose.roll)
  ink.translate(shiftX + focus.u, shiftY + focus.v - 0.5)
  ink.scale(scale, scale)
  ink.translate(-focus.u, -focus.v)
  const slack = 0.06
  const half = aspect / 2 + slack
  paint({
    left: (-half - shiftX - focus.u) / scale + focus.u,
    right: (half - shiftX - focus.u) / scale + focus.u,
    top: (-slack - shiftY - focus.v) / scale + focus.v,
    bottom: (1 + slack - shiftY - focus.v) / scale + focus.v,
  })
  ink.restore()
}

export type Stop = readonly [at: number, colour: Colour, alpha?: number]

/** A gradient from the top to the bottom of a stretch. */
export function fall(ink: Ink, top: number, bottom: number, stops: readonly Stop[]): ReturnType<Ink['createLinearGradient']> {
  const gradient = ink.createLinearGradient(0, top, 0, bottom)
  for (const [at, colour, alpha = 1] of stops) gradient.addColorStop(at, css(colour, alpha))
  return gradient
}

/** A soft round light. */
export function glow(
  ink: Ink,
  at: { readonly u: number; readonly v: number; readonly radius: number },
  colour: Colour,
  strength: number,
): void {
  if (strength <= 0 || at.radius <= 0) return
  const gradient = ink.createRadialGradient(at.u, at.v, 0, at.u, at.v, at.radius)
  // Falls like light in air: quickly near the source, then slowly.
  for (const [stop, share] of [
    [0, 1],
    [0.12, 0.62],
    [0.3, 0.3],
    [0.6, 0.08],
    [1, 0],
  ] as const)
    gradient.addColorStop(stop, css(colour, strength * share))
  ink.fillStyle = gradient
  ink.fillRect(at.u - at.radius, at.v - at.radius, at.radius * 2, at.radius * 2)
}

export function box(ink: Ink, span: { readonly left: number; readonly right: number }, top: number, bottom: number): void {
  ink.fillRect(span.left, top, span.right - span.left, bottom - top)
}

export function disc(ink: Ink, u: number, v: number, radius: number): void {
  ink.beginPath()
  ink.arc(u, v, radius, 0, Math.PI * 2)
  ink.fill()
}

/** Fills below a line given by a function of u. */
export function below(ink: Ink, span: Span, height: (u: number) => number, step: number): void {
  const start = Math.floor(span.left / step) * step
  ink.beginPath()
  ink.moveTo(start, span.bottom)
  for (let u = start; u <= span.right + step; u += step) ink.lineTo(u, height(u))
  ink.lineTo(span.right + step, span.bottom)
  ink.closePath()
  ink.fill()
}

/** A closed or open shape from points. */
export function shape(ink: Ink, points: readonly (readonly [number, number])[]): void {
  ink.beginPath()
  points.forEach(([u, v], index) => {
    if (index === 0) ink.moveTo(u, v)
    else ink.lineTo(u, v)
  })
  ink.closePath()
  ink.fill()
}
