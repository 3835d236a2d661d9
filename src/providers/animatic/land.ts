// Open country: ridges, peaks, dunes, hills with a road, and the forest. Each is a stack of layers from far to near.
import { lightOf, paintMist } from './air.ts'
import type { Colour } from './colour.ts'
import { css, darker, lighter, mixed } from './colour.ts'
import { between, dice, noise, roughNoise } from './dice.ts'
import type { Span, View } from './view.ts'
import { below, fall, glow, layer } from './view.ts'

/** The colour of ground at a distance: hidden by air, the farther the more. */
export function groundAt(view: View, distance: number): Colour {
  const { look } = view
  const bare = mixed(look.near, look.far, Math.min(1, (distance - 1) / 9))
  const grown = view.scene.place === 'forest' || view.scene.place === 'hills' ? mixed(bare, [62, 92, 58], 0.3 * (1 - look.dark)) : bare
  const near =
    view.scene.weather === 'snow' && distance < 9 ? mixed(grown, mixed(look.sky[2], [240, 244, 250], 0.6), 0.5 - 0.28 * look.dark) : grown
  return mixed(near, mixed(look.sky[3], look.sky[2], 0.4), Math.min(0.9, (distance / 18) * (0.45 + look.haze)))
}

type Ridge = { readonly distance: number; readonly base: number; readonly rise: number; readonly wide: number; readonly seed: number }

const ridgeLine =
  (ridge: Ridge, peaked: boolean) =>
  (u: number): number => {
    const x = u / ridge.wide
    const wave = peaked ? 1 - 2 * Math.abs(roughNoise(ridge.seed, x)) : roughNoise(ridge.seed, x)
    return ridge.base - ridge.rise * (wave * 0.5 + 0.5)
  }

function paintRidge(view: View, ridge: Ridge, peaked = false): void {
  const { ink, look } = view
  const colour = groundAt(view, ridge.distance)
  const foot = mixed(colour, mixed(look.sky[3], look.sky[2], 0.4), 0.25 + 0.4 * look.haze)
  layer(view, ridge.distance, (span) => {
    ink.fillStyle = fall(ink, ridge.base - ridge.rise, ridge.base + 0.16, [
      [0, colour],
      [1, ridge.distance > 2.5 ? foot : darker(colour, 0.45)],
    ])
    below(ink, { ...span, bottom: Math.max(span.bottom, ridge.base) }, ridgeLine(ridge, peaked), 0.014)
  })
}

export function paintHills(view: View, horizon: number): void {
  const s = view.scene.seed
  paintRidge(view, { distance: 14, base: horizon + 0.03, rise: 0.13, wide: 0.55, seed: s + 1 })
  paintMist(view, 10, horizon + 0.01, 0.09)
  paintRidge(view, { distance: 8, base: horizon + 0.09, rise: 0.13, wide: 0.5, seed: s + 2 })
  paintTreeLine(view, 5.6, horizon + 0.075, s + 7)
  paintMist(view, 5, horizon + 0.09, 0.08, 0.8)
  paintRidge(view, { distance: 4.4, base: horizon + 0.18, rise: 0.13, wide: 0.7, seed: s + 3 })
  paintRoad(view, horizon)
  paintMist(view, 3, horizon + 0.2, 0.1, 0.5)
  paintRidge(view, { distance: 2.5, base: horizon + 0.36, rise: 0.09, wide: 1.3, seed: s + 4 })
}

/** A winding road over the middle ground, seen only where the words or the seed want one. */
function paintRoad(view: View, horizon: number): void {
  const { ink, scene } = view
  if (dice(scene.seed, 81) < 0.5) return
  const colour = mixed(groundAt(view, 3), view.look.light, 0.28)
  layer(view, 3.4, (span) => {
    const side = (share: number): [number, number][] =>
      Array.from({ length: 13 }, (_, i) => {
        const t = i / 12
        const bend = 0.22 * Math.sin(t * 3.4 + dice(scene.seed, 82) * 6) * (1 - t)
        return [bend + share * (0.006 + 0.16 * t * t) - 0.1, horizon + 0.07 + (span.bottom - horizon) * t * 0.7]
      })
    ink.fillStyle = css(colour, 0.5)
    ink.beginPath()
    for (const [u, v] of [...side(-1), ...side(1).reverse()]) ink.lineTo(u, v)
    ink.closePath()
    ink.fill()
  })
}

/** Round trees in a row, far off. */
function paintTreeLine(view: View, distance: number, foot: number, seed: number): void {
  const { ink } = view
  layer(view, distance, (span) => {
    ink.fillStyle = css(darker(groundAt(view, distance), 0.18))
    ink.beginPath()
    const step = 0.03
    for (let cell = Math.floor(span.left / step); cell * step < span.right; cell++) {
      if (dice(seed, 83, cell) < 0.42 + 0.4 * noise(seed, cell * 0.09)) continue
      const high = between(0.014, 0.04, dice(seed, 84, cell))
      const u = cell * step + 0.02 * dice(seed, 85, cell)
      ink.moveTo(u + high * 0.5, foot - high * 0.7)
      ink.ellipse(u, foot - high * 0.7, high * 0.46, high * 0.8, 0, 0, Math.PI * 2)
      ink.rect(u - 0.0012, foot - high * 0.3, 0.0024, high * 0.5 + 0.03)
    }
    ink.fill()
  })
}

export function paintMountains(view: View, horizon: number): void {
  const s = view.scene.seed
  paintRidge(view, { distance: 18, base: horizon + 0.04, rise: 0.3, wide: 0.62, seed: s + 11 }, true)
  paintMist(view, 14, horizon, 0.12)
  paintPeaks(view, { distance: 10, base: horizon + 0.1, rise: 0.42, wide: 0.75, seed: s + 12 })
  paintMist(view, 7, horizon + 0.08, 0.12)
  paintRidge(view, { distance: 5, base: horizon + 0.19, rise: 0.2, wide: 0.6, seed: s + 13 })
  paintPines(view, 3.6, horizon + 0.24, s + 15)
  paintMist(view, 3, horizon + 0.25, 0.1, 0.6)
  paintRidge(view, { distance: 2.5, base: horizon + 0.4, rise: 0.12, wide: 1, seed: s + 14 })
}

/** A peaked ridge whose tops carry snow: the same line again, lit, cut off by a ragged lower edge. */
function paintPeaks(view: View, ridge: Ridge): void {
  const { ink, look } = view
  paintRidge(view, ridge, true)
  const line = ridgeLine(ridge, true)
  const snow = mixed(groundAt(view, ridge.distance), lighter(look.light, 0.3), 0.6 - 0.25 * look.dark)
  const snowLine = ridge.base - ridge.rise * 0.55
  layer(view, ridge.distance, (span) => {
    ink.fillStyle = css(snow, 0.85)
    const step = 0.014
    ink.beginPath()
    const start = Math.floor(span.left / step) * step
    for (let u = start; u <= span.right + step; u += step) ink.lineTo(u, Math.min(line(u), snowLine + 0.02))
    for (let u = span.right + step; u >= start; u -= step) {
      const ragged = snowLine + 0.05 * noise(ridge.seed + 5, u * 26) + 0.03 * noise(ridge.seed + 6, u * 60)
      ink.lineTo(u, Math.max(Math.min(line(u), snowLine + 0.02), Math.min(ragged, line(u) + 0.1)))
    }
    ink.closePath()
    ink.fill()
  })
}

function paintPines(view: View, distance: number, foot: number, seed: number): void {
  const { ink } = view
  layer(view, distance, (span) => {
    ink.fillStyle = css(darker(groundAt(view, distance), 0.3))
    ink.beginPath()
    const step = 0.036
    for (let cell = Math.floor(span.left / step) - 1; cell * step < span.right + step; cell++) {
      if (dice(seed, 86, cell) < 0.25) continue
      const high = between(0.06, 0.15, dice(seed, 87, cell))
      pine(view, cell * step + 0.03 * dice(seed, 88, cell), foot + 0.03 + 0.02 * noise(seed, cell * 0.3), high)
    }
    ink.fill()
    below(ink, span, (u) => foot + 0.02 + 0.022 * noise(seed + 1, u * 3), 0.03)
  })
}

/** Adds a pine to the current path. */
export function pine(view: View, u: number, foot: number, high: number): void {
  const { ink } = view
  const wide = high * 0.2
  ink.moveTo(u, foot - high)
  for (let tier = 1; tier <= 4; tier++) {
    const v = foot - high + (high * tier) / 4.2
    const reach = wide * (0.3 + (0.7 * tier) / 4)
    ink.lineTo(u + reach, v)
    ink.lineTo(u + reach * 0.5, v - high * 0.02)
  }
  for (let tier = 4; tier >= 1; tier--) {
    const v = foot - high + (high * tier) / 4.2
    const reach = wide * (0.3 + (0.7 * tier) / 4)
    ink.lineTo(u - reach * 0.5, v - high * 0.02)
    ink.lineTo(u - reach, v)
  }
  ink.closePath()
}

export function paintDesert(view: View, horizon: number): void {
  const s = view.scene.seed
  paintMesas(view, horizon, s)
  paintMist(view, 11, horizon, 0.06)
  for (const [index, distance, drop, rise] of [
    [0, 9, 0.07, 0.09],
    [1, 5.4, 0.17, 0.12],
    [2, 3.4, 0.3, 0.15],
    [3, 2.5, 0.43, 0.13],
  ] as const) {
    paintDune(view, { distance, base: horizon + drop, rise, wide: 0.75 + index * 0.25, seed: s + 20 + index })
  }
}

function paintMesas(view: View, horizon: number, seed: number): void {
  const { ink } = view
  layer(view, 16, (span) => {
    ink.fillStyle = css(groundAt(view, 15))
    ink.beginPath()
    for (let cell = Math.floor(span.left / 0.5) - 1; cell * 0.5 < span.right + 0.5; cell++) {
      if (dice(seed, 89, cell) < 0.45) continue
      const u = cell * 0.5 + 0.2 * dice(seed, 90, cell)
      const wide = between(0.1, 0.3, dice(seed, 91, cell))
      const high = between(0.04, 0.1, dice(seed, 92, cell))
      for (const [x, y] of [
        [-0.62, 0.03],
        [-0.5, -high],
        [-0.2, -high * 1.06],
        [0.3, -high],
        [0.48, -high * 0.94],
        [0.62, 0.03],
      ] as const)
        ink.lineTo(u + wide * x, horizon + y)
      ink.closePath()
    }
    ink.fill()
  })
}

/** A dune: one smooth wave, its side to the light bright, its other side in shadow. */
function paintDune(view: View, dune: Ridge): void {
  const { ink, look, scene } = view
  const body = groundAt(view, dune.distance)
  const sand = mixed(body, mixed(look.light, [214, 150, 92], 0.6), 0.34 - 0.2 * look.dark)
  const line = (u: number): number => {
    const wave = noise(dune.seed, u / dune.wide)
    return dune.base - dune.rise * (0.5 + 0.5 * wave)
  }
  const lean = lightOf(view).u < 0 ? 1 : -1
  layer(view, dune.distance, (span) => {
    ink.fillStyle = fall(ink, dune.base - dune.rise, dune.base + 0.22, [
      [0, sand],
      [1, mixed(sand, look.near, 0.7)],
    ])
    below(ink, span, line, 0.02)
    // The slip face: below the crest, leaning away from the light.
    ink.fillStyle = css(mixed(body, look.near, 0.35), 0.55)
    ink.beginPath()
    const step = 0.02
    for (let u = span.left; u <= span.right + step; u += step) ink.lineTo(u, line(u))
    for (let u = span.right + step; u >= span.left; u -= step) {
      const depth = Math.max(0, noise(dune.seed + 3, (u + 0.04 * lean) / dune.wide + scene.seed * 0) * lean + 0.25)
      ink.lineTo(u, line(u) + dune.rise * 0.9 * depth)
    }
    ink.closePath()
    ink.fill()
  })
}

export function paintForest(view: View, horizon: number): void {
  const { ink, look, scene } = view
  layer(view, 20, (span: Span) => {
    ink.fillStyle = fall(ink, 0, horizon + 0.15, [
      [0, mixed(look.far, look.sky[1], 0.3)],
      [0.7, mixed(look.sky[3], look.sky[2], 0.4)],
      [1, look.sky[3]],
    ])
    ink.fillRect(span.left, span.top, span.right - span.left, span.bottom - span.top)
    const light = lightOf(view)
    glow(ink, { u: light.u * 0.6, v: 0.32, radius: 0.8 }, look.light, (0.75 - 0.4 * look.dark) * (1 + 0.4 * view.level))
  })
  const rows = [
    [11, 0.05, 0.08],
    [7, 0.09, 0.11],
    [4.6, 0.15, 0.17],
    [3, 0.26, 0.3],
  ] as const
  rows.forEach(([distance, drop, step], index) => {
    paintTrunks(view, { distance, foot: horizon + drop, step, seed: scene.seed + 31 * index })
    paintMist(view, distance - 0.4, horizon + drop, 0.16, 0.9 - 0.15 * index)
  })
  paintShafts(view)
}

function paintTrunks(view: View, row: { distance: number; foot: number; step: number; seed: number }): void {
  const { ink } = view
  layer(view, row.distance, (span) => {
    const colour = darker(groundAt(view, row.distance * 1.2), 0.1)
    ink.fillStyle = fall(ink, 0, row.foot + 0.1, [
      [0, darker(colour, 0.25)],
      [1, colour],
    ])
    ink.beginPath()
    for (let cell = Math.floor(span.left / row.step) - 1; cell * row.step < span.right + row.step; cell++) {
      if (dice(row.seed, 93, cell) < 0.22) continue
      const u = (cell + 0.7 * dice(row.seed, 94, cell)) * row.step
      const wide = row.step * between(0.045, 0.13, dice(row.seed, 95, cell))
      const lean = (dice(row.seed, 96, cell) - 0.5) * 0.07
      const top = Math.min(span.top, -0.05)
      ink.moveTo(u - wide * 1.5, row.foot + 0.03)
      ink.lineTo(u - wide, row.foot - 0.03)
      ink.lineTo(u + lean - wide * 0.6, top)
      ink.lineTo(u + lean + wide * 0.6, top)
      ink.lineTo(u + wide, row.foot - 0.03)
      ink.lineTo(u + wide * 1.5, row.foot + 0.03)
      ink.closePath()
    }
    ink.fill()
    ink.beginPath()
    paintBranches(view, row, span)
    ink.fill()
    ink.fillStyle = css(colour)
    below(ink, span, (u) => row.foot + 0.015 * noise(row.seed, u * 7), 0.03)
    // The canopy hangs in from above.
    ink.fillStyle = css(darker(colour, 0.22), 0.92)
    ink.beginPath()
    ink.moveTo(span.left, span.top - 0.1)
    for (let u = span.left; u <= span.right + 0.03; u += 0.03)
      ink.lineTo(u, 0.05 + 0.35 / row.distance + 0.06 * roughNoise(row.seed + 9, u * 6) + 0.02 * noise(row.seed + 8, u * 28))
    ink.lineTo(span.right + 0.03, span.top - 0.1)
    ink.closePath()
    ink.fill()
  })
}

/** Adds the bare lower branches of a row of trunks to the path. */
function paintBranches(view: View, row: { foot: number; step: number; seed: number }, span: Span): void {
  const { ink } = view
  for (let cell = Math.floor(span.left / row.step) - 1; cell * row.step < span.right + row.step; cell++) {
    if (dice(row.seed, 93, cell) < 0.22) continue
    const u = (cell + 0.7 * dice(row.seed, 94, cell)) * row.step
    const wide = row.step * 0.09
    for (let branch = 0; branch < 3; branch++) {
      const v = between(0.1, row.foot - 0.2, dice(row.seed, 97, cell * 3 + branch))
      const way = dice(row.seed, 98, cell * 3 + branch) < 0.5 ? -1 : 1
      ink.moveTo(u, v)
      ink.lineTo(u + way * row.step * 0.36, v - 0.05)
      ink.lineTo(u, v + wide * 0.6)
      ink.closePath()
    }
  }
}

/** Light that falls in between the trees. */
function paintShafts(view: View): void {
  const { ink, look, scene, time } = view
  layer(view, 4, () => {
    for (let i = 0; i < 4; i++) {
      const u = between(-0.8, 0.8, dice(scene.seed ^ scene.variation, 99, i))
      const alpha = (0.11 - 0.07 * look.dark) * (0.7 + 0.3 * noise(scene.seed + i, time * 0.3)) * (1 + view.level)
      const wide = between(0.05, 0.12, dice(scene.seed, 100, i))
      ink.fillStyle = fall(ink, 0, 0.85, [
        [0, look.light, alpha],
        [1, look.light, 0],
      ])
      ink.beginPath()
      ink.moveTo(u, -0.1)
      ink.lineTo(u + wide, -0.1)
      ink.lineTo(u + wide * 2 - 0.34, 0.9)
      ink.lineTo(u - wide * 0.4 - 0.34, 0.9)
      ink.closePath()
      ink.fill()
    }
  })
}
