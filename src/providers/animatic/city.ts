// A street: the skyline far off, rows of houses with lit windows, the street itself, lamps, and in the wet their mirror.
import { paintMist } from './air.ts'
import type { Colour } from './colour.ts'
import { css, darker, lighter, mixed, turned } from './colour.ts'
import { between, dice, noise } from './dice.ts'
import { groundAt } from './land.ts'
import type { View } from './view.ts'
import { fall, glow, layer, shape } from './view.ts'

type Row = {
  readonly distance: number
  readonly foot: number
  readonly step: number
  readonly high: number
  readonly seed: number
  readonly gap: number
}

export function paintStreet(view: View, horizon: number): void {
  const s = view.scene.seed
  paintHouses(view, { distance: 16, foot: horizon + 0.01, step: 0.07, high: 0.22, seed: s + 51, gap: 0 })
  paintTownGlow(view, horizon)
  paintMist(view, 13, horizon - 0.02, 0.16, 0.7)
  paintHouses(view, { distance: 9, foot: horizon + 0.03, step: 0.13, high: 0.34, seed: s + 52, gap: 0.05 })
  paintMist(view, 7, horizon, 0.14, 0.6)
  paintGround(view, horizon)
  paintHouses(view, { distance: 4.4, foot: horizon + 0.1, step: 0.26, high: 0.55, seed: s + 53, gap: 0.22 })
  paintMist(view, 4, horizon + 0.08, 0.1, 0.4)
  paintLamps(view, horizon)
}

/** What all the lamps together throw into the air. */
function paintTownGlow(view: View, horizon: number): void {
  const { ink, look } = view
  layer(view, 15, () => {
    ink.save()
    ink.translate(0, horizon)
    ink.scale(1, 0.34)
    glow(ink, { u: 0, v: 0, radius: 1 }, mixed([255, 190, 120], look.accent, 0.3), 0.14 + 0.5 * look.dark)
    ink.restore()
  })
}

const windowLight: readonly Colour[] = [
  [255, 206, 130],
  [255, 226, 170],
  [190, 220, 255],
  [255, 180, 110],
]

/** Houses side by side. `gap` leaves the middle of the picture open: the street runs there. */
function paintHouses(view: View, row: Row): void {
  const { ink, look, scene } = view
  layer(view, row.distance, (span) => {
    const colour = groundAt(view, row.distance)
    for (let cell = Math.floor(span.left / row.step) - 1; cell * row.step < span.right + row.step; cell++) {
      const u = cell * row.step
      const middle = u + row.step / 2
      if (Math.abs(middle) < row.gap) continue
      const away = Math.min(1, Math.max(0, Math.abs(middle) - row.gap) / 0.7)
      const high = row.high * between(0.45, 1, dice(row.seed, 131, cell)) * (0.6 + 0.5 * away)
      const tint = mixed(colour, dice(row.seed, 132, cell) < 0.5 ? look.near : look.sky[1], 0.16 * dice(row.seed, 133, cell))
      ink.fillStyle = fall(ink, row.foot - high, row.foot + 0.05, [
        [0, tint],
        [1, mixed(tint, mixed(look.sky[3], look.sky[2], 0.4), 0.12 + 0.3 * look.haze * (row.distance > 3 ? 1 : 0.3))],
      ])
      ink.fillRect(u, row.foot - high, row.step * 1.005, high + 0.004)
      if (dice(row.seed, 134, cell) < 0.3)
        ink.fillRect(u + row.step * 0.4, row.foot - high - 0.14 * row.high, row.step * 0.02 + 0.002, 0.16 * row.high)
      if (dice(row.seed, 135, cell) < 0.3)
        ink.fillRect(u + row.step * 0.15, row.foot - high - 0.06 * row.high, row.step * 0.3, 0.07 * row.high)
      if (row.distance < 12) paintWindows(view, row, cell, high)
    }
    if (row.distance < 5 && scene.hour !== 'day') paintSigns(view, row, span)
  })
}

function paintWindows(view: View, row: Row, cell: number, high: number): void {
  const { ink, look, scene } = view
  const lit = 0.06 + 0.5 * look.dark + (scene.weather === 'rain' || scene.weather === 'storm' ? 0.12 : 0)
  const size = row.distance > 6 ? 0.017 : 0.034
  const columns = Math.max(2, Math.floor((row.step * 0.86) / (size * 1.5)))
  const rows = Math.floor((high * 0.9) / (size * 2))
  const stepU = (row.step * 0.86) / columns
  const dim = darker(groundAt(view, row.distance), 0.2)
  const hue = windowLight[Math.floor(dice(row.seed, 136, cell) * windowLight.length)] ?? [255, 206, 130]
  for (const bright of [false, true]) {
    ink.fillStyle = bright ? css(hue, 0.42 + 0.45 * look.dark) : css(dim, 0.5)
    ink.beginPath()
    for (let i = 0; i < columns; i++) {
      for (let k = 0; k < rows; k++) {
        const on = dice(row.seed ^ scene.variation, 137, cell * 997 + i * 31 + k) < lit
        if (on === bright)
          ink.rect(cell * row.step + row.step * 0.07 + (i + 0.2) * stepU, row.foot - high * 0.95 + k * size * 2, stepU * 0.6, size)
      }
    }
    ink.fill()
  }
}

/** Neon: upright bars and frames of colour on the near houses. */
function paintSigns(view: View, row: Row, span: { readonly left: number; readonly right: number }): void {
  const { ink, look, scene, time } = view
  for (let cell = Math.floor(span.left / row.step) - 1; cell * row.step < span.right + row.step; cell++) {
    if (Math.abs((cell + 0.5) * row.step) < row.gap || dice(row.seed, 138, cell) > 0.55) continue
    const u = (cell + between(0.15, 0.7, dice(row.seed, 139, cell))) * row.step
    const v = row.foot - between(0.12, 0.3, dice(row.seed, 140, cell))
    const colour = turned(look.accent, between(-60, 140, dice(row.seed ^ scene.variation, 141, cell)))
    const alive = 0.8 + 0.2 * noise(row.seed + cell, time * 2)
    glow(ink, { u, v: v + 0.04, radius: 0.13 }, colour, 0.42 * alive)
    ink.fillStyle = css(lighter(colour, 0.4), 0.9 * alive)
    if (dice(row.seed, 142, cell) < 0.5) ink.fillRect(u - 0.008, v, 0.016, 0.09)
    else ink.fillRect(u - 0.035, v, 0.07, 0.02)
  }
}

const vanish = { u: 0, step: 0.055 }

/** The street and its pavements, running to the horizon. */
function paintGround(view: View, horizon: number): void {
  const { ink, look, scene } = view
  const wet = scene.weather === 'rain' || scene.weather === 'storm' || (scene.hour === 'night' && dice(scene.seed, 143) < 0.6)
  layer(view, 3, (span) => {
    const stone = groundAt(view, 3)
    const far = mixed(stone, mixed(look.sky[3], look.sky[2], 0.4), 0.5)
    ink.fillStyle = fall(ink, horizon, 1.05, [
      [0, far],
      [0.4, mixed(stone, look.sky[1], 0.12)],
      [1, darker(stone, 0.5)],
    ])
    ink.fillRect(span.left, horizon + 0.01, span.right - span.left, span.bottom - horizon + 0.2)
    for (const side of [-1, 1]) {
      ink.fillStyle = css(mixed(stone, look.light, 0.08), 0.6)
      shape(ink, [
        [vanish.u + side * 0.05, horizon + 0.012],
        [side * 0.85, 1.1],
        [side * 3, 1.1],
        [side * 0.6, horizon + 0.02],
      ])
    }
    ink.fillStyle = css(mixed(look.light, look.sky[3], 0.5), 0.22)
    for (let i = 0; i < 7; i++) {
      const [a, b] = [0.06 + (i / 7) ** 2, 0.06 + ((i + 0.5) / 7) ** 2]
      shape(ink, [
        [-0.006 * a, horizon + a * 0.5],
        [0.006 * a, horizon + a * 0.5],
        [0.012 * b, horizon + b * 0.5],
        [-0.012 * b, horizon + b * 0.5],
      ])
    }
    if (wet) paintWet(view, horizon)
  })
}

/** Long soft streaks of the lights above, broken by ripples. */
function paintWet(view: View, horizon: number): void {
  const { ink, look, scene, time, aspect } = view
  for (let i = 0; i < 16; i++) {
    const u = between(-aspect * 0.55, aspect * 0.55, dice(scene.seed, 144, i))
    const warm = dice(scene.seed, 145, i) < 0.6
    const colour = warm ? ([255, 200, 130] as const) : turned(look.accent, between(-60, 140, dice(scene.seed, 146, i)))
    const wide = between(0.008, 0.03, dice(scene.seed, 147, i))
    const top = horizon + between(0.06, 0.16, dice(scene.seed, 148, i))
    const alive = 0.75 + 0.25 * noise(scene.seed + i, time * 1.4)
    ink.fillStyle = fall(ink, top, top + 0.36, [
      [0, colour, 0],
      [0.12, colour, 0.3 * alive * (0.4 + 0.6 * look.dark)],
      [1, colour, 0],
    ])
    ink.beginPath()
    for (let k = 0; k < 22; k++) {
      const v = top + k * 0.0165
      const ripple = noise(scene.seed + i * 13, k * 0.9 + time * 1.3)
      const reach = wide * (0.75 + 0.5 * ripple) * (1 + k * 0.03)
      ink.roundRect(u + 0.006 * ripple - reach / 2, v, reach, 0.011, 0.0055)
    }
    ink.fill()
  }
}

function paintLamps(view: View, horizon: number): void {
  const { ink, look, scene, time } = view
  const lit = 0.12 + 0.75 * look.dark + (scene.weather === 'fog' ? 0.2 : 0)
  for (const [distance, foot, reach] of [
    [7, 0.055, 0.2],
    [4.4, 0.13, 0.36],
    [2.8, 0.28, 0.66],
  ] as const) {
    layer(view, distance, () => {
      const size = 1.7 / distance
      for (const side of [-1, 1]) {
        const u = side * reach
        const top = horizon + foot - 0.62 * size
        ink.fillStyle = css(darker(groundAt(view, distance), 0.45))
        ink.fillRect(u - 0.006 * size, top, 0.012 * size, 0.62 * size)
        ink.fillRect(Math.min(u, u - side * 0.11 * size), top, 0.11 * size, 0.009 * size)
        const pulse = 1 + 0.5 * view.level + 0.04 * noise(scene.seed + distance, time * 2)
        glow(ink, { u: u - side * 0.1 * size, v: top + 0.015 * size, radius: 0.36 * size }, [255, 216, 156], lit * pulse)
      }
    })
  }
}
