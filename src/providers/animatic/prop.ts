// What all drawn things share: their own measure, the way they face, how far they have driven, their shaded colours.
import type { Colour } from './colour.ts'
import { darker, mixed } from './colour.ts'
import { groundAt } from './land.ts'
import type { View } from './view.ts'

/** Draws at `u`, `v`, `size` large; `way` -1 mirrors. */
export function at(view: View, place: { u: number; v: number; size: number; way?: number; lean?: number }, paint: () => void): void {
  const { ink } = view
  ink.save()
  ink.translate(place.u, place.v)
  if (place.lean !== undefined) ink.rotate(place.lean)
  ink.scale(place.size * (place.way ?? 1), place.size)
  paint()
  ink.restore()
}

export const shadow = (view: View, distance: number): Colour => darker(groundAt(view, distance), 0.35)

export const wayOf = (view: View): -1 | 1 =>
  view.scene.moves.find((move) => move.kind === 'walk')?.direction ?? (view.scene.heading === -1 ? -1 : 1)

/** How far something that moves by itself has come; a vehicle is faster than a walker. */
export const driven = (view: View, speed: number): number =>
  view.scene.moving ? view.walked * speed : view.time * 0.006 * speed * wayOf(view)

/** A thing's colour in the light of the scene. */
export const shadeFor = (view: View, colour: Colour, share: number): Colour =>
  darker(mixed(colour, view.look.near, share), 0.3 * view.look.dark + 0.1)
