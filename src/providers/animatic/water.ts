// The sea and the harbour: water that mirrors the sky, a path of light on it, swell, a shore or a quay.
import { lightOf, paintMist } from './air.ts'
import type { Colour } from './colour.ts'
import { css, darker, lighter, mixed } from './colour.ts'
import { between, dice, noise, roughNoise } from './dice.ts'
import { groundAt } from './land.ts'
import type { Span, View } from './view.ts'
import { below, fall, glow, layer, shape } from './view.ts'

const rough = (view: View): number => (view.scene.weather === 'storm' ? 2.6 : view.scene.weather === 'rain' ? 1.5 : 1)

const deep = (view: View): Colour => mixed(view.look.near, view.look.sky[1], 0.34)

export function paintSea(view: View, horizon: number): void {
  const { look, scene } = view
  paintFarShore(view, horizon)
  paintWater(view, horizon)
  paintMist(view, 12, horizon + 0.01, 0.06)
  for (let row = 0; row < 5; row++) paintSwell(view, horizon, row)
  paintRipples(view, horizon)
  paintGlitter(view, horizon)
  if (dice(scene.seed, 111) < 0.6) {
    // A strip of beach or rock in front.
    layer(view, 2.4, (span) => {
      const sand = mixed(groundAt(view, 2.2), mixed(look.light, [190, 150, 110], 0.6), 0.16)
      view.ink.fillStyle = fall(view.ink, horizon + 0.3, horizon + 0.5, [
        [0, mixed(sand, look.sky[2], 0.25)],
        [0.3, sand],
        [1, darker(sand, 0.6)],
      ])
      below(view.ink, span, (u) => horizon + 0.34 - 0.05 * u + 0.012 * noise(scene.seed + 5, u * 2.2), 0.02)
      view.ink.strokeStyle = css(lighter(look.sky[3], 0.4), 0.34)
      view.ink.lineWidth = 0.004
      const wash = 0.008 * Math.sin(view.time * 0.9)
      view.ink.beginPath()
      for (let u = span.left; u < span.right; u += 0.03)
        view.ink.lineTo(u, horizon + 0.332 + wash - 0.05 * u + 0.012 * noise(scene.seed + 5, u * 2.2))
      view.ink.stroke()
    })
  }
}

function paintFarShore(view: View, horizon: number): void {
  const { ink, scene } = view
  if (dice(scene.seed, 112) < 0.35) return
  layer(view, 17, (span) => {
    ink.fillStyle = css(groundAt(view, 12))
    const side = dice(scene.seed, 113) < 0.5 ? -1 : 1
    const line = (u: number): number => {
      const reach = Math.max(0, Math.min(1, (u * side + 0.15) * 1.4))
      return horizon + 0.004 - 0.1 * reach * (0.55 + 0.45 * roughNoise(scene.seed + 6, u * 2.4))
    }
    below(ink, { ...span, bottom: horizon + 0.01 }, line, 0.014)
  })
}

/** The plane of the water with its path of light. */
function paintWater(view: View, horizon: number): void {
  const { ink, look } = view
  layer(view, 20, (span) => {
    ink.fillStyle = fall(ink, horizon, Math.max(1, horizon + 0.4), [
      [0, mixed(look.sky[3], look.sky[2], 0.3)],
      [0.12, mixed(look.sky[2], look.sky[1], 0.45)],
      [0.5, mixed(deep(view), look.sky[1], 0.3)],
      [1, darker(deep(view), 0.45)],
    ])
    ink.fillRect(span.left, horizon, span.right - span.left, Math.max(0.5, span.bottom - horizon) + 0.3)
  })
}

/** Faint streaks all over the water, drifting and winking, so that even calm water is alive. */
function paintRipples(view: View, horizon: number): void {
  const { ink, look, scene, time, aspect } = view
  layer(view, 12, () => {
    ink.fillStyle = css(lighter(look.sky[2], 0.25), 0.2)
    ink.beginPath()
    for (let i = 0; i < 80; i++) {
      const depth = dice(scene.seed, 125, i) ** 1.3
      const wink = noise(scene.seed + i * 11, time * 0.8 + i)
      if (wink < 0) continue
      const drift = ((dice(scene.seed, 126, i) + time * 0.012 * (0.5 + depth)) % 1) * (aspect + 1.2)
      const wide = (0.02 + 0.09 * depth) * wink
      ink.rect(drift - (aspect + 1.2) / 2 - wide / 2, horizon + 0.012 + depth * 0.3, wide, 0.0014 + 0.002 * depth)
    }
    ink.fill()
  })
}

function paintGlitter(view: View, horizon: number): void {
  const { ink, look, scene, time } = view
  if (scene.weather === 'storm' || scene.weather === 'rain') return
  const light = lightOf(view)
  const strength = (scene.weather === 'fog' ? 0.35 : 0.75) * (scene.hour === 'day' ? 0.5 : 1)
  layer(view, 20, () => {
    glow(ink, { u: light.u, v: horizon + 0.05, radius: 0.32 }, look.light, 0.3 * strength)
    ink.fillStyle = css(lighter(look.light, 0.2), 0.55 * strength)
    ink.beginPath()
    for (let i = 0; i < 120; i++) {
      const depth = dice(scene.seed, 114, i) ** 1.5
      const v = horizon + 0.006 + depth * 0.36
      const flicker = noise(scene.seed + i * 7, time * between(0.7, 1.6, dice(scene.seed, 115, i)))
      if (flicker < -0.1) continue
      const spread = 0.012 + depth * 0.13
      const u = light.u + spread * noise(scene.seed + i, i * 1.7 + time * 0.12)
      const wide = (0.006 + depth * 0.038) * (0.4 + flicker)
      ink.rect(u - wide / 2, v, wide, 0.0012 + depth * 0.0026)
    }
    ink.fill()
  })
}

/** One long wave, nearer and taller by row, with a lit edge. */
function paintSwell(view: View, horizon: number, row: number): void {
  const { ink, look, scene, time } = view
  const near = row / 4
  const distance = 9 - near * 6.2
  const base = horizon + 0.05 + near * near * 0.34
  const high = (0.006 + 0.022 * near) * rough(view)
  const way = scene.heading || (dice(scene.seed, 116) < 0.5 ? -1 : 1)
  const line = (u: number): number =>
    base -
    high * Math.sin(u * (11 - 6 * near) + row * 2.1 - way * time * (0.8 - 0.25 * near)) -
    high * 0.8 * noise(scene.seed + row, u * (5 - 2 * near) - way * time * 0.35)
  layer(view, distance, (span) => {
    const colour = mixed(mixed(look.sky[2], look.sky[1], 0.6), deep(view), 0.35 + 0.5 * near)
    // Each wave darkens towards its foot and ends there: filling down to the edge of the picture would cost much and show little.
    const foot = base + 0.1 + 0.08 * near
    ink.fillStyle = fall(ink, base - high * 2, foot, [
      [0, colour, 0.66],
      [0.4, darker(colour, 0.2), 0.4],
      [1, darker(colour, 0.45), 0],
    ])
    below(ink, { ...span, bottom: foot }, line, 0.016)
    if (rough(view) > 2 || near > 0.9) foam(view, span, line, high)
  })
}

function foam(view: View, span: Span, line: (u: number) => number, high: number): void {
  const { ink, look, scene, time } = view
  ink.fillStyle = css(lighter(look.sky[3], 0.35), 0.3)
  ink.beginPath()
  const step = 0.045
  for (let cell = Math.floor(span.left / step); cell * step < span.right; cell++) {
    const strength = noise(scene.seed + 9, cell * 0.37 - time * 0.5)
    if (strength < 0.2) continue
    const [from, wide] = [cell * step, step * (0.5 + strength)]
    const thick = high * 0.34 * strength
    ink.moveTo(from, line(from))
    ink.quadraticCurveTo(from + wide / 2, line(from + wide / 2) - thick, from + wide, line(from + wide))
    ink.quadraticCurveTo(from + wide / 2, line(from + wide / 2) + thick * 0.7, from, line(from))
  }
  ink.fill()
}

export function paintHarbour(view: View, horizon: number): void {
  paintTown(view, horizon)
  paintWater(view, horizon)
  paintMist(view, 12, horizon + 0.01, 0.07)
  paintMasts(view, { distance: 8, foot: horizon + 0.035, step: 0.22, size: 0.1, seed: view.scene.seed + 41 })
  paintMist(view, 7, horizon + 0.05, 0.07, 0.8)
  paintSwell(view, horizon, 1)
  paintRipples(view, horizon)
  paintGlitter(view, horizon)
  paintMasts(view, { distance: 4.6, foot: horizon + 0.12, step: 0.46, size: 0.26, seed: view.scene.seed + 42 })
  paintSwell(view, horizon, 3)
  paintMist(view, 4, horizon + 0.15, 0.1, 0.7)
  paintQuay(view, horizon)
}

/** Roofs and a crane or two across the water. */
function paintTown(view: View, horizon: number): void {
  const { ink, scene, look } = view
  layer(view, 16, (span) => {
    ink.fillStyle = css(groundAt(view, 11))
    ink.beginPath()
    const step = 0.05
    for (let cell = Math.floor(span.left / step); cell * step < span.right; cell++) {
      const high = between(0.015, 0.06, dice(scene.seed, 117, cell)) * (0.6 + 0.6 * noise(scene.seed + 4, cell * 0.16))
      ink.rect(cell * step, horizon - Math.max(0.004, high), step * 1.02, Math.max(0.004, high) + 0.006)
      if (dice(scene.seed, 118, cell) < 0.4) {
        ink.moveTo(cell * step, horizon - high)
        ink.lineTo(cell * step + step / 2, horizon - high - 0.016)
        ink.lineTo(cell * step + step, horizon - high)
        ink.closePath()
      }
    }
    ink.fill()
    if (look.dark < 0.3 && scene.weather !== 'fog') return
    ink.fillStyle = css([255, 205, 130], 0.3 + 0.5 * look.dark)
    for (let cell = Math.floor(span.left / 0.03); cell * 0.03 < span.right; cell++) {
      if (dice(scene.seed, 119, cell) < 0.6) ink.fillRect(cell * 0.03, horizon - 0.012 - 0.02 * dice(scene.seed, 120, cell), 0.003, 0.003)
    }
  })
}

type Row = { readonly distance: number; readonly foot: number; readonly step: number; readonly size: number; readonly seed: number }

/** Moored boats: hull, wheelhouse, masts and rigging, rocking. */
function paintMasts(view: View, row: Row): void {
  const { ink, time } = view
  layer(view, row.distance, (span) => {
    const colour = darker(groundAt(view, row.distance), 0.22)
    for (let cell = Math.floor(span.left / row.step) - 1; cell * row.step < span.right + row.step; cell++) {
      if (dice(row.seed, 121, cell) < 0.3) continue
      const u = (cell + 0.5 + 0.4 * (dice(row.seed, 122, cell) - 0.5)) * row.step
      ink.save()
      ink.translate(u, row.foot + 0.003 * Math.sin(time * 0.9 + cell * 2))
      ink.rotate(0.018 * Math.sin(time * 0.7 + cell * 1.3))
      ink.scale(row.size * (dice(row.seed, 123, cell) < 0.5 ? -1 : 1), row.size)
      // What the still water mirrors.
      ink.fillStyle = css(colour, 0.25)
      ink.fillRect(-0.45, 0.04, 0.9, 0.34)
      ink.fillStyle = css(colour)
      trawler(view, dice(row.seed, 124, cell))
      ink.restore()
    }
  })
}

/** A fishing boat of length 1, its waterline at 0. */
function trawler(view: View, kind: number): void {
  const { ink } = view
  shape(ink, [
    [-0.5, -0.1],
    [-0.44, 0.06],
    [0.36, 0.06],
    [0.56, -0.2],
    [0.3, -0.1],
  ])
  shape(ink, [
    [-0.38, -0.1],
    [-0.38, -0.3],
    [-0.1, -0.32],
    [-0.04, -0.1],
  ])
  ink.lineWidth = 0.018
  ink.strokeStyle = ink.fillStyle
  ink.beginPath()
  ink.moveTo(0.08, -0.1)
  ink.lineTo(0.08, -0.9 - 0.25 * kind)
  ink.moveTo(-0.2, -0.3)
  ink.lineTo(-0.2, -0.66)
  ink.stroke()
  ink.lineWidth = 0.006
  ink.beginPath()
  ink.moveTo(0.55, -0.2)
  ink.lineTo(0.08, -0.86 - 0.25 * kind)
  ink.lineTo(-0.46, -0.1)
  ink.moveTo(0.08, -0.34)
  ink.lineTo(-0.3, -0.62)
  ink.stroke()
}

/** The edge of the quay with bollards and lamps, nearest of all. */
function paintQuay(view: View, horizon: number): void {
  const { ink, look, scene, time } = view
  const edge = horizon + 0.27
  layer(view, 2.4, (span) => {
    const stone = mixed(groundAt(view, 2), look.sky[2], 0.1)
    ink.fillStyle = fall(ink, edge, 1.05, [
      [0, mixed(stone, look.light, 0.14)],
      [0.05, stone],
      [1, darker(stone, 0.55)],
    ])
    ink.fillRect(span.left, edge, span.right - span.left, Math.max(0, span.bottom - edge) + 0.2)
    ink.fillStyle = css(darker(stone, 0.5), 0.5)
    for (let cell = Math.floor(span.left / 0.21); cell * 0.21 < span.right; cell++) ink.fillRect(cell * 0.21, edge + 0.014, 0.002, 0.06)
    ink.fillRect(span.left, edge + 0.075, span.right - span.left, 0.002)
    ink.fillStyle = css(darker(stone, 0.62))
    for (let cell = Math.floor(span.left / 0.62); cell * 0.62 < span.right + 0.62; cell++) {
      const u = cell * 0.62 + 0.24
      shape(ink, [
        [u - 0.016, edge + 0.012],
        [u - 0.011, edge - 0.03],
        [u - 0.02, edge - 0.042],
        [u + 0.02, edge - 0.042],
        [u + 0.011, edge - 0.03],
        [u + 0.016, edge + 0.012],
      ])
      if (cell % 2 !== 0) continue
      ink.fillRect(u + 0.284, edge - 0.4, 0.007, 0.42)
      ink.fillRect(u + 0.268, edge - 0.41, 0.04, 0.012)
      const lit = 0.25 + 0.6 * look.dark + (scene.weather === 'fog' ? 0.2 : 0)
      const pulse = 0.94 + 0.06 * noise(scene.seed + cell, time * 1.5)
      ink.save()
      glow(ink, { u: u + 0.288, v: edge - 0.39, radius: 0.17 }, [255, 214, 150], lit * pulse)
      ink.restore()
      ink.fillStyle = css(darker(stone, 0.62))
    }
  })
}
