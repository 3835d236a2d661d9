// Places that are none: outer space, the table of a product shot, and flowing shapes.
import type { Colour } from './colour.ts'
import { css, darker, hex, lighter, mixed, turned } from './colour.ts'
import { between, clamp, dice, noise, pick } from './dice.ts'
import type { View } from './view.ts'
import { disc, fall, glow, layer } from './view.ts'

const planets: readonly [string, ...string[]] = ['#b4764a', '#5f86a8', '#8a7fae', '#6c9a86', '#c79a5e']

export function paintSpace(view: View): void {
  const { ink, scene, aspect, time } = view
  const seed = scene.seed
  const tint = hex(pick(['#3b2f7a', '#1f4f6e', '#6a2c5a', '#27506a'], dice(seed, 201)))
  layer(view, Number.POSITIVE_INFINITY, (span) => {
    ink.fillStyle = fall(ink, 0, 1, [
      [0, [4, 5, 14]],
      [0.6, [9, 11, 28]],
      [1, [5, 6, 16]],
    ])
    ink.fillRect(span.left, span.top, span.right - span.left, span.bottom - span.top)
    for (let i = 0; i < 6; i++) {
      const at = {
        u: between(-0.7, 0.7, dice(seed ^ scene.variation, 202, i)) * aspect,
        v: between(0.1, 0.9, dice(seed, 203, i)),
        radius: between(0.35, 0.8, dice(seed, 204, i)),
      }
      ink.save()
      ink.translate(at.u, at.v)
      ink.rotate(-0.5)
      ink.scale(1.6, 0.7)
      glow(ink, { u: 0, v: 0, radius: at.radius }, turned(tint, between(-30, 40, dice(seed, 205, i))), 0.34 * (1 + 0.6 * view.level))
      ink.restore()
    }
  })
  for (const [distance, many] of [
    [24, 110],
    [9, 50],
    [4, 18],
  ] as const) {
    layer(view, distance, () => {
      paintStarsAt(view, distance, many)
    })
  }
  paintPlanet(view, hex(pick(planets, dice(seed, 206))), time)
}

function paintStarsAt(view: View, distance: number, many: number): void {
  const { ink, scene, aspect, time } = view
  for (let i = 0; i < many; i++) {
    const u = between(-1.1, 1.1, dice(scene.seed + distance, 207, i)) * aspect
    const v = between(-0.2, 1.2, dice(scene.seed + distance, 208, i))
    const twinkle = 0.7 + 0.3 * noise(scene.seed + i, time * 0.9 + distance)
    ink.fillStyle = css([226, 234, 255], clamp(twinkle * between(0.25, 0.95, dice(scene.seed + distance, 209, i))))
    disc(ink, u, v, between(0.0008, 0.0022, dice(scene.seed, 210, i)) * (distance < 6 ? 1.5 : 1))
  }
}

function paintPlanet(view: View, colour: Colour, time: number): void {
  const { ink, scene, aspect } = view
  const side = dice(scene.seed, 211) < 0.5 ? -1 : 1
  const radius = between(0.22, 0.44, dice(scene.seed, 212))
  const at = { u: side * Math.min(0.36, aspect * 0.24), v: between(0.4, 0.66, dice(scene.seed, 213)) }
  layer(view, 6, () => {
    glow(ink, { ...at, radius: radius * 1.5 }, lighter(colour, 0.3), 0.34)
    ink.save()
    ink.beginPath()
    ink.arc(at.u, at.v, radius, 0, Math.PI * 2)
    ink.clip()
    ink.fillStyle = css(colour)
    disc(ink, at.u, at.v, radius)
    for (let band = 0; band < 9; band++) {
      const v = at.v - radius + (band / 9) * radius * 2
      ink.fillStyle = css(dice(scene.seed, 214, band) < 0.5 ? darker(colour, 0.25) : lighter(colour, 0.18), 0.5)
      ink.beginPath()
      ink.moveTo(at.u - radius, v)
      for (let x = -radius; x <= radius; x += radius / 16)
        ink.lineTo(at.u + x, v + radius * 0.05 * noise(scene.seed + band, (x / radius) * 3 + time * 0.08))
      ink.lineTo(at.u + radius, v + radius * between(0.06, 0.2, dice(scene.seed, 215, band)))
      ink.lineTo(at.u - radius, v + radius * 0.12)
      ink.fill()
    }
    const shade = ink.createRadialGradient(
      at.u - side * radius * 0.55,
      at.v - radius * 0.5,
      radius * 0.1,
      at.u - side * radius * 0.3,
      at.v - radius * 0.3,
      radius * 1.5,
    )
    shade.addColorStop(0, 'rgba(4,5,14,0)')
    shade.addColorStop(0.45, 'rgba(4,5,14,0.25)')
    shade.addColorStop(0.85, 'rgba(4,5,14,0.94)')
    ink.fillStyle = shade
    disc(ink, at.u, at.v, radius * 1.01)
    ink.restore()
    if (dice(scene.seed, 216) < 0.4) return
    ink.save()
    ink.translate(at.u, at.v)
    ink.rotate(-0.32 * side)
    ink.scale(1, 0.22)
    for (const [reach, alpha] of [
      [1.45, 0.5],
      [1.62, 0.34],
      [1.8, 0.2],
    ] as const) {
      ink.strokeStyle = css(lighter(colour, 0.4), alpha)
      ink.lineWidth = radius * 0.1
      ink.beginPath()
      ink.arc(0, 0, radius * reach, -0.25, Math.PI + 0.25)
      ink.stroke()
    }
    ink.restore()
  })
}

/** The line where a product's table meets what is behind it. */
export const tableLine = 0.7

export function paintTable(view: View): void {
  const { ink, look, scene, aspect, time } = view
  const backdrop = mixed(darker(look.accent, 0.62), look.sky[1], 0.22)
  layer(view, 8, (span) => {
    ink.fillStyle = fall(ink, 0, 1, [
      [0, darker(backdrop, 0.55)],
      [0.7, backdrop],
      [1, darker(backdrop, 0.3)],
    ])
    ink.fillRect(span.left, span.top, span.right - span.left, span.bottom - span.top)
    glow(ink, { u: 0, v: 0.42, radius: 0.85 * (1 + 0.1 * view.level) }, mixed(look.light, look.accent, 0.3), 0.5 * (1 + 0.5 * view.level))
    paintBokeh(view, 26)
  })
  layer(view, 2.4, (span) => {
    const top = mixed(backdrop, look.light, 0.1)
    ink.fillStyle = fall(ink, tableLine, 1.05, [
      [0, mixed(top, look.light, 0.22)],
      [0.06, top],
      [1, darker(top, 0.72)],
    ])
    ink.fillRect(span.left, tableLine, span.right - span.left, span.bottom - tableLine + 0.3)
    ink.save()
    ink.translate(0, tableLine + 0.12)
    ink.scale(1, 0.22)
    glow(ink, { u: 0, v: 0, radius: Math.min(0.8, aspect * 0.55) }, look.light, 0.42)
    ink.restore()
    const sweep = ((time * 0.09 + dice(scene.seed, 221)) % 1) * (aspect + 1) - aspect / 2 - 0.5
    ink.save()
    ink.translate(sweep, tableLine + 0.02)
    ink.scale(1, 0.05)
    glow(ink, { u: 0, v: 0, radius: 0.4 }, look.light, 0.4)
    ink.restore()
  })
}

/** Lights far out of focus. */
export function paintBokeh(view: View, many: number): void {
  const { ink, look, scene, aspect, time } = view
  const seed = scene.seed ^ scene.variation
  for (let i = 0; i < many; i++) {
    const radius = between(0.012, 0.05, dice(seed, 222, i))
    const u = between(-0.75, 0.75, dice(seed, 223, i)) * aspect + 0.02 * noise(seed + i, time * 0.12)
    const v = between(0, 0.72, dice(seed, 224, i)) + 0.015 * noise(seed + i * 3, time * 0.15)
    const colour = mixed(look.light, turned(look.accent, between(-40, 40, dice(seed, 225, i))), dice(seed, 226, i))
    const alpha = between(0.04, 0.16, dice(seed, 227, i)) * (1 + view.level * 1.4)
    ink.fillStyle = css(colour, alpha)
    disc(ink, u, v, radius)
    ink.strokeStyle = css(lighter(colour, 0.3), alpha * 0.8)
    ink.lineWidth = 0.0022
    ink.stroke()
  }
}

/** Ribbons of colour that cross the picture, each its own slow wave. */
export function paintFlow(view: View): void {
  const { ink, look, scene, time } = view
  const seed = scene.seed
  layer(view, 12, (span) => {
    ink.fillStyle = fall(ink, 0, 1, [
      [0, darker(look.sky[0], 0.3)],
      [0.6, darker(look.sky[1], 0.35)],
      [1, darker(look.near, 0.2)],
    ])
    ink.fillRect(span.left, span.top, span.right - span.left, span.bottom - span.top)
    glow(ink, { u: between(-0.4, 0.4, dice(seed, 231)), v: 0.4, radius: 1 }, look.sky[2], 0.42 * (1 + 0.5 * view.level))
  })
  for (let i = 0; i < 6; i++) {
    layer(view, 7 - i * 0.85, (span) => {
      const colour = mixed(turned(look.accent, between(-70, 70, dice(seed ^ scene.variation, 232, i))), look.sky[2], 0.35)
      const middle = 0.2 + i * 0.12 + 0.06 * noise(seed + i, 1)
      const swing = between(0.06, 0.15, dice(seed, 233, i)) * (1 + 0.8 * view.level)
      const wave = (u: number, shift: number): number =>
        middle +
        swing * Math.sin(u * between(1.2, 2.6, dice(seed, 234, i)) + time * between(0.18, 0.4, dice(seed, 235, i)) + i * 1.9 + shift) +
        0.04 * noise(seed + i, u * 1.4 + time * 0.1)
      const thick = between(0.07, 0.2, dice(seed, 236, i))
      ink.fillStyle = fall(ink, middle - swing - thick, middle + swing + thick, [
        [0, lighter(colour, 0.25), 0.05],
        [0.45, colour, 0.62],
        [1, darker(colour, 0.5), 0.12],
      ])
      ink.beginPath()
      for (let u = span.left; u <= span.right + 0.03; u += 0.03) ink.lineTo(u, wave(u, 0) - thick / 2)
      for (let u = span.right + 0.03; u >= span.left; u -= 0.03) ink.lineTo(u, wave(u, 0.5) + thick / 2)
      ink.closePath()
      ink.fill()
    })
  }
  layer(view, 3, () => paintBokeh(view, 18))
}
