// What a product shot is about, large on its table, and the small things that stand near the camera in a room.
import type { Colour } from './colour.ts'
import { css, darker, lighter, mixed } from './colour.ts'
import type { Thing } from './cues.ts'
import { dice, noise } from './dice.ts'
import { tableLine } from './elsewhere.ts'
import type { View } from './view.ts'
import { disc, fall, glow, layer, shape } from './view.ts'

const heroes: ReadonlySet<Thing> = new Set(['bottle', 'phone', 'cup', 'box', 'ball', 'book', 'flower', 'lamp', 'screen', 'microphone'])

/** The thing of a product shot: the first that the words name; a plain vessel where they name none. */
export function paintHero(view: View): void {
  const thing = view.scene.things.find((name) => heroes.has(name)) ?? 'ball'
  const size = view.scene.framing === 'close' ? 0.86 : view.scene.framing === 'medium' ? 0.68 : 0.54
  const room = Math.min(1, view.aspect * 1.1)
  const turn = view.scene.variation === 0 ? 0 : 0.16
  layer(view, 2.2, () => stand(view, thing, { u: turn * 0.5, v: tableLine + 0.1, size: size * room }, true))
}

/** The same things, small, where a room or a person has them at hand. */
export function paintAtHand(view: View): void {
  const { scene, aspect } = view
  if (scene.place === 'product' || scene.place === 'abstract') return
  const there = scene.place === 'office' ? 'screen' : scene.place === 'kitchen' ? 'lamp' : undefined
  const named = scene.things.filter((name) => heroes.has(name) && name !== there && !(name === 'book' && scene.people > 0)).slice(0, 2)
  named.forEach((thing, index) => {
    const side = (dice(scene.seed, 321) < 0.5 ? -1 : 1) * (index === 0 ? 1 : -1)
    const closeUp = scene.framing === 'close' && scene.people === 0
    const size = closeUp ? 0.6 : thing === 'microphone' ? 0.42 : 0.24
    layer(view, closeUp ? 2.2 : 1.9, () =>
      stand(view, thing, { u: closeUp ? 0 : side * Math.min(0.46, aspect * 0.24), v: closeUp ? 0.86 : 0.96, size }, false),
    )
  })
}

function stand(
  view: View,
  thing: Thing,
  place: { readonly u: number; readonly v: number; readonly size: number },
  mirrored: boolean,
): void {
  const { ink, time } = view
  const breathe = 1 + 0.02 * view.level
  for (const way of mirrored ? [-1, 1] : [1]) {
    ink.save()
    ink.translate(place.u, place.v)
    if (way === 1) {
      ink.save()
      ink.scale(1, 0.14)
      glow(ink, { u: 0, v: 0, radius: place.size * 0.46 }, [0, 0, 0], 0.55)
      ink.restore()
    } else ink.globalAlpha = 0.16
    ink.scale(place.size * breathe, place.size * breathe * way)
    ink.rotate(0.01 * noise(view.scene.seed, time * 0.2))
    piece(view, thing)
    ink.restore()
  }
}

const sheen = (view: View, colour: Colour, half: number): void => {
  const gradient = view.ink.createLinearGradient(-half, 0, half, 0)
  const shift = 0.12 * Math.sin(view.time * 0.5)
  const bright = lighter(mixed(colour, view.look.light, 0.35), 0.25)
  gradient.addColorStop(0, css(darker(colour, 0.6)))
  gradient.addColorStop(0.28 + shift * 0.6, css(bright))
  gradient.addColorStop(0.46 + shift * 0.6, css(colour))
  gradient.addColorStop(0.86, css(darker(colour, 0.5)))
  gradient.addColorStop(1, css(lighter(darker(colour, 0.4), 0.18)))
  view.ink.fillStyle = gradient
}

function piece(view: View, thing: Thing): void {
  const { ink, look } = view
  const colour = look.accent
  switch (thing) {
    case 'bottle':
      bottle(view, colour)
      return
    case 'phone':
    case 'screen':
      phone(view, thing === 'screen')
      return
    case 'cup':
      cup(view, colour)
      return
    case 'box':
      sheen(view, colour, 0.34)
      ink.fillRect(-0.34, -0.56, 0.46, 0.56)
      ink.fillStyle = css(darker(colour, 0.45))
      shape(ink, [
        [0.12, -0.56],
        [0.34, -0.62],
        [0.34, -0.07],
        [0.12, 0],
      ])
      ink.fillStyle = css(lighter(colour, 0.3))
      shape(ink, [
        [-0.34, -0.56],
        [-0.1, -0.62],
        [0.34, -0.62],
        [0.12, -0.56],
      ])
      return
    case 'book':
      sheen(view, colour, 0.3)
      ink.fillRect(-0.26, -0.7, 0.5, 0.7)
      ink.fillStyle = css(lighter(colour, 0.6))
      ink.fillRect(0.24, -0.68, 0.03, 0.66)
      ink.fillStyle = css(lighter(colour, 0.5), 0.5)
      ink.fillRect(-0.18, -0.56, 0.3, 0.03)
      return
    case 'flower':
      flower(view, colour)
      return
    case 'microphone':
      microphone(view)
      return
    case 'lamp':
      ink.fillStyle = css([26, 24, 24])
      ink.fillRect(-0.012, -0.6, 0.024, 0.6)
      ink.fillRect(-0.14, -0.03, 0.28, 0.03)
      ink.fillStyle = css(mixed(look.light, colour, 0.3))
      shape(ink, [
        [-0.12, -0.92],
        [0.12, -0.92],
        [0.22, -0.58],
        [-0.22, -0.58],
      ])
      glow(ink, { u: 0, v: -0.6, radius: 0.9 }, look.light, 0.5 + 0.3 * view.level)
      return
    default:
      sphere(view, colour)
      return
  }
}

function sphere(view: View, colour: Colour): void {
  const { ink, look } = view
  const gradient = ink.createRadialGradient(-0.12, -0.46, 0.02, -0.04, -0.34, 0.4)
  gradient.addColorStop(0, css(lighter(mixed(colour, look.light, 0.5), 0.4)))
  gradient.addColorStop(0.4, css(colour))
  gradient.addColorStop(1, css(darker(colour, 0.72)))
  ink.fillStyle = gradient
  disc(ink, 0, -0.34, 0.34)
}

function bottle(view: View, colour: Colour): void {
  const { ink, look } = view
  sheen(view, colour, 0.2)
  ink.beginPath()
  ink.moveTo(-0.2, 0)
  ink.bezierCurveTo(-0.21, -0.3, -0.21, -0.45, -0.19, -0.52)
  ink.bezierCurveTo(-0.16, -0.62, -0.065, -0.64, -0.06, -0.74)
  ink.lineTo(-0.06, -0.86)
  ink.lineTo(0.06, -0.86)
  ink.lineTo(0.06, -0.74)
  ink.bezierCurveTo(0.065, -0.64, 0.16, -0.62, 0.19, -0.52)
  ink.bezierCurveTo(0.21, -0.45, 0.21, -0.3, 0.2, 0)
  ink.closePath()
  ink.fill()
  ink.fillStyle = css(mixed(darker(look.light, 0.25), colour, 0.15))
  ink.fillRect(-0.07, -0.97, 0.14, 0.12)
  ink.fillStyle = css(lighter(look.light, 0.3), 0.86)
  ink.fillRect(-0.15, -0.4, 0.3, 0.24)
  ink.fillStyle = css(darker(colour, 0.4), 0.7)
  ink.fillRect(-0.09, -0.33, 0.18, 0.014)
  ink.fillRect(-0.06, -0.28, 0.12, 0.008)
  ink.fillStyle = css([255, 255, 255], 0.3)
  ink.fillRect(-0.165, -0.5, 0.016, 0.44)
}

function phone(view: View, wide: boolean): void {
  const { ink, look, time } = view
  const [half, high] = wide ? [0.5, 0.62] : [0.2, 0.84]
  ink.save()
  ink.transform(1, wide ? 0 : -0.04, 0, 1, 0, 0)
  ink.fillStyle = css([16, 17, 20])
  ink.beginPath()
  ink.roundRect(-half, -high - 0.04, half * 2, high, 0.04)
  ink.fill()
  ink.fillStyle = fall(ink, -high, 0, [
    [0, lighter(look.accent, 0.35)],
    [0.5, look.accent],
    [1, darker(look.accent, 0.55)],
  ])
  ink.beginPath()
  ink.roundRect(-half + 0.015, -high - 0.025, half * 2 - 0.03, high - 0.03, 0.028)
  ink.fill()
  ink.save()
  ink.clip()
  const scroll = (time * 0.03) % 0.17
  for (let i = -1; i < 7; i++) {
    ink.fillStyle = css([255, 255, 255], i % 3 === 0 ? 0.34 : 0.2)
    ink.beginPath()
    ink.roundRect(-half + 0.05, -high + 0.05 + i * 0.17 - scroll, half * 2 - 0.1, 0.13, 0.02)
    ink.fill()
  }
  ink.restore()
  if (wide) {
    ink.fillStyle = css([30, 31, 35])
    ink.fillRect(-0.6, -0.05, 1.2, 0.05)
  }
  glow(ink, { u: 0, v: -high / 2, radius: 0.8 }, look.accent, 0.16 + 0.2 * view.level)
  ink.restore()
}

function cup(view: View, colour: Colour): void {
  const { ink, time } = view
  ink.strokeStyle = css(darker(colour, 0.3))
  ink.lineWidth = 0.05
  ink.beginPath()
  ink.ellipse(0.29, -0.22, 0.12, 0.13, 0, 0, Math.PI * 2)
  ink.stroke()
  sheen(view, colour, 0.28)
  ink.beginPath()
  ink.moveTo(-0.28, -0.42)
  ink.bezierCurveTo(-0.27, -0.16, -0.2, -0.02, -0.14, 0)
  ink.lineTo(0.14, 0)
  ink.bezierCurveTo(0.2, -0.02, 0.27, -0.16, 0.28, -0.42)
  ink.fill()
  ink.fillStyle = css(darker(colour, 0.65))
  ink.beginPath()
  ink.ellipse(0, -0.42, 0.28, 0.05, 0, 0, Math.PI * 2)
  ink.fill()
  for (let i = 0; i < 4; i++) {
    const rise = (time * 0.14 + i / 4) % 1
    glow(ink, { u: 0.07 * noise(i, time * 0.4), v: -0.46 - rise * 0.46, radius: 0.08 + rise * 0.14 }, [240, 240, 236], 0.2 * (1 - rise))
  }
}

function flower(view: View, colour: Colour): void {
  const { ink, time } = view
  const sway = 0.03 * Math.sin(time * 0.6)
  ink.strokeStyle = css([52, 84, 54])
  ink.lineWidth = 0.022
  ink.beginPath()
  ink.moveTo(0, 0)
  ink.quadraticCurveTo(-0.04, -0.3, sway, -0.6)
  ink.stroke()
  for (let petal = 0; petal < 9; petal++) {
    const angle = (petal / 9) * Math.PI * 2 + 0.1 * Math.sin(time * 0.3)
    ink.fillStyle = css(petal % 2 === 0 ? colour : lighter(colour, 0.18), 0.94)
    ink.beginPath()
    ink.ellipse(sway + Math.cos(angle) * 0.11, -0.64 + Math.sin(angle) * 0.1, 0.12, 0.062, angle, 0, Math.PI * 2)
    ink.fill()
  }
  ink.fillStyle = css([236, 196, 90])
  disc(ink, sway, -0.64, 0.06)
}

function microphone(view: View): void {
  const { ink, look } = view
  ink.strokeStyle = css([20, 20, 22])
  ink.lineWidth = 0.03
  ink.beginPath()
  ink.moveTo(0.1, 0.3)
  ink.lineTo(0.02, -0.3)
  ink.stroke()
  ink.save()
  ink.translate(0, -0.44)
  ink.rotate(-0.3)
  sheen(view, [66, 68, 74], 0.12)
  ink.beginPath()
  ink.roundRect(-0.1, -0.3, 0.2, 0.46, 0.1)
  ink.fill()
  ink.fillStyle = css(look.accent, 0.9)
  ink.fillRect(-0.1, 0.0, 0.2, 0.018)
  ink.restore()
}
