// The things the words name, as simple shapes: each drawn in a measure in which it is 1 wide or tall and stands on 0.
import { lightOf } from './air.ts'
import type { Colour } from './colour.ts'
import { css, darker, hex, lighter, mixed, turned } from './colour.ts'
import type { Thing } from './cues.ts'
import { between, clamp, dice, noise } from './dice.ts'
import { groundAt } from './land.ts'
import type { Stage } from './people.ts'
import { thirdOf } from './people.ts'
import type { View } from './view.ts'
import { disc, fall, glow, layer, shape } from './view.ts'

/** Draws at `u`, `v`, `size` large; `way` -1 mirrors. */
function at(view: View, place: { u: number; v: number; size: number; way?: number; lean?: number }, paint: () => void): void {
  const { ink } = view
  ink.save()
  ink.translate(place.u, place.v)
  if (place.lean !== undefined) ink.rotate(place.lean)
  ink.scale(place.size * (place.way ?? 1), place.size)
  paint()
  ink.restore()
}

const ink2 = (view: View, distance: number): Colour => darker(groundAt(view, distance), 0.35)

const wayOf = (view: View): -1 | 1 => view.scene.moves.find((move) => move.kind === 'walk')?.direction ?? (view.scene.heading === -1 ? -1 : 1)

/** How far something that moves by itself has come; a vehicle is faster than a walker. */
const driven = (view: View, speed: number): number => (view.scene.moving ? view.walked * speed : view.time * 0.006 * speed * wayOf(view))

/** What stands far off, behind the people. */
export function paintFarThings(view: View, horizon: number, stage: Stage): void {
  for (const thing of view.scene.things) far(view, thing, horizon, stage)
}

function far(view: View, thing: Thing, horizon: number, stage: Stage): void {
  const side = dice(view.scene.seed, 301) < 0.5 ? -1 : 1
  const away = Math.min(0.5, view.aspect * 0.28)
  switch (thing) {
    case 'boat':
      return view.scene.place === 'harbour' ? undefined : paintBoat(view, -side * away * 0.7, horizon)
    case 'lighthouse':
      return paintLighthouse(view, side * away, horizon)
    case 'tower':
      return paintTower(view, side * away * 0.9, horizon)
    case 'plane':
      return paintPlane(view, horizon)
    case 'birds':
      return paintBirds(view, horizon)
    case 'balloon':
      return paintBalloons(view, horizon)
    case 'train':
      return paintTrain(view, horizon)
    case 'rocket':
      return paintRocket(view)
    case 'tree':
      return view.scene.place === 'forest' ? undefined : paintTree(view, -side * away * 1.05, stage)
    case 'sign':
      return paintSign(view, side * away * 0.55)
    case 'car':
      return paintCar(view, stage)
    case 'fire':
      return paintFire(view, -thirdOf(view) * 0.06, stage)
    case 'dog':
      return paintDog(view, stage)
    case 'bicycle':
      return paintBicycle(view, -side * away * 0.5, stage)
    default:
      return undefined
  }
}

function paintBoat(view: View, u: number, horizon: number): void {
  const { ink, time, look, scene } = view
  layer(view, 7, () => {
    const rock = (scene.weather === 'storm' ? 0.09 : 0.025) * Math.sin(time * 0.8)
    const place = { u: u + driven(view, 0.6), v: horizon + 0.075 + 0.004 * Math.sin(time * 0.9), size: 0.22, way: wayOf(view), lean: rock }
    at(view, place, () => {
      const hull = ink2(view, 6)
      ink.fillStyle = css(hull, 0.22)
      ink.fillRect(-0.4, 0.04, 0.8, 0.22)
      ink.fillStyle = css(scene.accent === undefined ? hull : mixed(hull, look.accent, 0.5))
      shape(ink, [[-0.5, -0.1], [-0.4, 0.06], [0.34, 0.06], [0.54, -0.12]])
      ink.fillStyle = css(hull)
      ink.fillRect(-0.014, -0.95, 0.024, 0.87)
      ink.fillStyle = css(mixed(lighter(look.sky[3], 0.25), hull, 0.15 + 0.4 * look.dark))
      ink.beginPath()
      ink.moveTo(0.02, -0.92)
      ink.quadraticCurveTo(0.3, -0.5, 0.44, -0.16)
      ink.lineTo(0.02, -0.16)
      ink.moveTo(-0.03, -0.8)
      ink.quadraticCurveTo(-0.14, -0.4, -0.32, -0.16)
      ink.lineTo(-0.03, -0.16)
      ink.fill()
    })
    if (look.dark > 0.4) glow(ink, { u: place.u, v: place.v - 0.05, radius: 0.1 }, [255, 210, 140], 0.5)
  })
}

function paintLighthouse(view: View, u: number, horizon: number): void {
  const { ink, look, time, scene } = view
  layer(view, 8, (span) => {
    const rock = ink2(view, 8)
    ink.fillStyle = css(rock)
    shape(ink, [[u - 0.2, horizon + 0.05], [u - 0.13, horizon - 0.012], [u - 0.03, horizon - 0.035], [u + 0.06, horizon - 0.03], [u + 0.12, horizon - 0.004], [u + 0.22, horizon + 0.05]])
    const turn = Math.sin(time * 0.55)
    const lit = 0.16 + 0.42 * look.dark + (scene.weather === 'fog' || scene.weather === 'storm' ? 0.22 : 0)
    const reach = (span.right - span.left) * 0.6
    // The beam sweeps; head-on it dazzles a little.
    for (const way of [-1, 1]) {
      const wide = Math.abs(turn)
      const gradient = ink.createLinearGradient(u, 0, u + way * reach * wide, 0)
      gradient.addColorStop(0, css([255, 244, 214], lit * 0.8))
      gradient.addColorStop(1, css([255, 244, 214], 0))
      ink.fillStyle = gradient
      shape(ink, [[u, horizon - 0.302], [u + way * reach * wide, horizon - 0.36 - 0.04 * wide], [u + way * reach * wide, horizon - 0.25 + 0.04 * wide], [u, horizon - 0.29]])
    }
    glow(ink, { u, v: horizon - 0.296, radius: 0.2 + 0.1 * (1 - Math.abs(turn)) }, [255, 240, 205], lit + 0.4 * (1 - Math.abs(turn)))
    at(view, { u, v: horizon - 0.03, size: 0.3 }, () => {
      const body = mixed(rock, lighter(look.sky[3], 0.1), 0.42)
      ink.fillStyle = css(body)
      shape(ink, [[-0.1, 0.02], [-0.062, -0.8], [0.062, -0.8], [0.1, 0.02]])
      ink.fillStyle = css(mixed(rock, hex('#a8403a'), 0.5))
      for (const v of [-0.22, -0.56]) shape(ink, [[-0.09, v + 0.08], [-0.08, v - 0.08], [0.08, v - 0.08], [0.09, v + 0.08]])
      ink.fillStyle = css(rock)
      ink.fillRect(-0.09, -0.82, 0.18, 0.03)
      shape(ink, [[-0.06, -0.95], [0, -1.05], [0.06, -0.95]])
      ink.fillStyle = css([255, 240, 205], 0.85)
      ink.fillRect(-0.04, -0.945, 0.08, 0.12)
    })
  })
}

function paintTower(view: View, u: number, horizon: number): void {
  const { ink } = view
  layer(view, 9, () => {
    ink.fillStyle = css(ink2(view, 9))
    at(view, { u, v: horizon + 0.03, size: 0.34 }, () => {
      shape(ink, [[-0.1, 0], [-0.1, -0.66], [-0.12, -0.66], [0, -1], [0.12, -0.66], [0.1, -0.66], [0.1, 0]])
      shape(ink, [[0.08, 0], [0.08, -0.34], [0.22, -0.46], [0.42, -0.34], [0.42, 0]])
    })
    ink.fillStyle = css([255, 214, 150], 0.2 + 0.6 * view.look.dark)
    ink.fillRect(u - 0.008, horizon - 0.17, 0.016, 0.03)
  })
}

function paintPlane(view: View, horizon: number): void {
  const { ink, look } = view
  layer(view, 12, () => {
    const u = -wayOf(view) * 0.35 + driven(view, 3) + view.time * 0.02 * wayOf(view)
    at(view, { u, v: horizon * 0.34 - view.time * 0.002, size: 0.13, way: wayOf(view), lean: -0.08 * wayOf(view) }, () => {
      const trail = ink.createLinearGradient(-3, 0, -0.4, 0)
      trail.addColorStop(0, css(lighter(look.sky[3], 0.4), 0))
      trail.addColorStop(1, css(lighter(look.sky[3], 0.4), 0.5))
      ink.fillStyle = trail
      ink.fillRect(-3, -0.02, 2.6, 0.04)
      ink.fillStyle = css(ink2(view, 7))
      ink.beginPath()
      ink.ellipse(0, 0, 0.5, 0.06, 0, 0, Math.PI * 2)
      ink.fill()
      shape(ink, [[0.1, 0], [-0.22, 0.2], [-0.1, 0.2], [0.24, 0.02]])
      shape(ink, [[-0.32, 0], [-0.5, -0.2], [-0.4, -0.2], [-0.24, -0.02]])
    })
  })
}

function paintBirds(view: View, horizon: number): void {
  const { ink, scene, time, aspect } = view
  const seed = scene.seed ^ scene.variation
  layer(view, 7, () => {
    ink.strokeStyle = css(ink2(view, 6), 0.85)
    ink.lineCap = 'round'
    const way = wayOf(view)
    for (let i = 0; i < 9; i++) {
      const size = between(0.009, 0.02, dice(seed, 302, i))
      const u = way * (time * 0.035 * between(0.8, 1.2, dice(seed, 303, i)) - 0.25) + between(-0.35, 0.35, dice(seed, 304, i)) * aspect + 0.02 * noise(seed + i, time * 0.4)
      const v = horizon * between(0.2, 0.62, dice(seed, 305, i)) + 0.02 * noise(seed + i * 5, time * 0.3)
      const beat = Math.sin(time * between(3.2, 4.6, dice(seed, 306, i)) + i * 1.7) * clamp(0.5 + noise(seed + i, time * 0.35))
      ink.lineWidth = size * 0.17
      ink.beginPath()
      ink.moveTo(u - size, v - size * (0.25 + 0.55 * beat))
      ink.quadraticCurveTo(u - size * 0.4, v - size * (0.3 + 0.2 * beat), u, v)
      ink.quadraticCurveTo(u + size * 0.4, v - size * (0.3 + 0.2 * beat), u + size, v - size * (0.25 + 0.55 * beat))
      ink.stroke()
    }
  })
}

function paintBalloons(view: View, horizon: number): void {
  const { ink, scene, look, time, aspect } = view
  for (let i = 0; i < 3; i++) {
    layer(view, 6 + i * 4, () => {
      const size = 0.22 / (1 + i * 0.7)
      const colour = shadeFor(view, turned(look.accent, i * 70), 0.3)
      const u = between(-0.34, 0.34, dice(scene.seed ^ scene.variation, 307, i)) * aspect + time * 0.004
      at(view, { u, v: horizon * between(0.45, 0.85, dice(scene.seed, 308, i)) - time * 0.003, size }, () => {
        for (const [wide, share] of [[0.4, 0], [0.24, 0.16], [0.08, 0.3]] as const) {
          ink.fillStyle = css(lighter(colour, share))
          ink.beginPath()
          ink.ellipse(0, -0.55, wide, 0.45, 0, 0, Math.PI * 2)
          ink.fill()
        }
        ink.fillStyle = css(darker(colour, 0.5))
        shape(ink, [[-0.26, -0.24], [-0.06, 0], [0.06, 0], [0.26, -0.24]])
        ink.fillRect(-0.06, 0.06, 0.12, 0.1)
      })
    })
  }
}

const shadeFor = (view: View, colour: Colour, share: number): Colour => darker(mixed(colour, view.look.near, share), 0.3 * view.look.dark + 0.1)

function paintTrain(view: View, horizon: number): void {
  const { ink, look } = view
  layer(view, 6, (span) => {
    const way = wayOf(view)
    const nose = way * (-0.2 + view.time * 0.12) + driven(view, 1)
    ink.fillStyle = css(ink2(view, 5))
    ink.fillRect(span.left, horizon + 0.088, span.right - span.left, 0.008)
    for (let i = 0; i < 6; i++) {
      const u = nose - way * i * 0.33
      ink.fillStyle = css(mixed(ink2(view, 5), look.accent, 0.25))
      ink.beginPath()
      ink.roundRect(u - 0.16, horizon + 0.005, 0.32, 0.08, i === 0 ? 0.03 : 0.008)
      ink.fill()
      ink.fillStyle = css([255, 220, 160], 0.35 + 0.5 * look.dark)
      for (let w = -3; w <= 3; w++) ink.fillRect(u + w * 0.043 - 0.013, horizon + 0.022, 0.026, 0.022)
    }
    glow(ink, { u: nose + way * 0.17, v: horizon + 0.06, radius: 0.16 }, [255, 240, 205], 0.3 + 0.5 * look.dark)
  })
}

function paintRocket(view: View): void {
  const { ink, look, time } = view
  layer(view, 3.4, () => {
    at(view, { u: -0.12 + time * 0.014, v: 0.58 - time * 0.012, size: 0.3, lean: 0.7 }, () => {
      glow(ink, { u: 0, v: 0.34, radius: 0.5 }, [255, 190, 110], 0.6 + 0.15 * noise(5, time * 9))
      ink.fillStyle = css(hex('#c9ced6'))
      ink.beginPath()
      ink.moveTo(0, -0.5)
      ink.bezierCurveTo(0.18, -0.3, 0.16, 0.1, 0.1, 0.3)
      ink.lineTo(-0.1, 0.3)
      ink.bezierCurveTo(-0.16, 0.1, -0.18, -0.3, 0, -0.5)
      ink.fill()
      ink.fillStyle = css(darker(look.accent, 0.15))
      shape(ink, [[0.12, 0.02], [0.28, 0.34], [0.09, 0.28]])
      shape(ink, [[-0.12, 0.02], [-0.28, 0.34], [-0.09, 0.28]])
      ink.fillStyle = css([40, 62, 88])
      disc(ink, 0, -0.16, 0.06)
    })
  })
}

function paintTree(view: View, u: number, stage: Stage): void {
  const { ink, scene, time, look } = view
  layer(view, 2.7, () => {
    const colour = ink2(view, 2.6)
    const sway = 0.008 * Math.sin(time * 0.7)
    at(view, { u, v: stage.foot + 0.02, size: 0.72 }, () => {
      ink.fillStyle = css(colour)
      shape(ink, [[-0.05, 0.02], [-0.025, -0.42], [0.025, -0.42], [0.055, 0.02]])
      for (let i = 0; i < 64; i++) {
        // Clumps of leaves, the outer ones smaller; those that face the light are lit.
        const angle = dice(scene.seed, 309, i) * Math.PI * 2
        const reach = Math.sqrt((i + 0.5) / 64)
        const x = Math.cos(angle) * reach * 0.36
        const y = -0.68 + Math.sin(angle) * reach * 0.3 + 0.05 * Math.abs(Math.cos(angle)) * reach
        const lit = clamp((lightOf(view).u > u ? 1 : -1) * x * 1.6 - (y + 0.68) * 1.4)
        ink.fillStyle = css(mixed(colour, mixed(look.light, [120, 138, 78], 0.7), 0.3 * lit), 0.9)
        ink.beginPath()
        ink.ellipse(x + sway * (1 + 2 * dice(scene.seed, 311, i)), y, between(0.05, 0.1, dice(scene.seed, 312, i)) * (1.25 - reach * 0.6), between(0.035, 0.06, dice(scene.seed, 314, i)), dice(scene.seed, 315, i) - 0.5, 0, Math.PI * 2)
        ink.fill()
      }
    })
  })
}

/** A lit sign without letters: what it says belongs into a title. */
function paintSign(view: View, u: number): void {
  const { ink, look, scene, time } = view
  layer(view, 3, () => {
    const flicker = noise(scene.seed, time * 5) > 0.55 ? 0.55 : 1
    const colour = look.accent
    const v = view.scene.framing === 'wide' ? 0.3 : 0.36
    const size = view.scene.framing === 'wide' ? 0.34 : 0.6
    glow(ink, { u, v, radius: size * 1.5 }, colour, 0.6 * flicker * (1 + 0.4 * view.level))
    at(view, { u, v, size }, () => {
      ink.fillStyle = css([12, 12, 18], 0.9)
      ink.beginPath()
      ink.roundRect(-0.55, -0.25, 1.1, 0.5, 0.06)
      ink.fill()
      ink.lineWidth = 0.028
      ink.strokeStyle = css(lighter(colour, 0.45), flicker)
      ink.stroke()
      ink.strokeStyle = css(lighter(turned(colour, 40), 0.4), flicker)
      ink.lineCap = 'round'
      ink.lineWidth = 0.034
      ink.beginPath()
      for (let i = 0; i < 4; i++) {
        const x = -0.36 + i * 0.24
        ink.moveTo(x - 0.07, 0.1)
        if (dice(scene.seed, 313, i) < 0.5) ink.quadraticCurveTo(x, -0.24, x + 0.07, 0.1)
        else ink.bezierCurveTo(x - 0.09, -0.2, x + 0.14, -0.12, x + 0.03, 0.1)
      }
      ink.stroke()
    })
  })
}

function paintCar(view: View, stage: Stage): void {
  const { ink, look } = view
  layer(view, 3, () => {
    const way = wayOf(view)
    const u = -way * 0.4 + driven(view, 1.5) + (view.scene.moving ? 0 : way * 0.2)
    const lit = 0.3 + 0.55 * look.dark
    const size = 0.44
    at(view, { u, v: stage.foot - 0.02, size, way }, () => {
      ink.save()
      ink.scale(1, 0.1)
      glow(ink, { u: 0, v: 0.1, radius: 0.62 }, [0, 0, 0], 0.6)
      ink.restore()
      const body = shadeFor(view, look.accent, 0.35)
      ink.fillStyle = fall(ink, -0.34, 0, [[0, lighter(body, 0.12)], [0.5, body], [1, darker(body, 0.45)]])
      ink.beginPath()
      ink.moveTo(-0.5, -0.05)
      ink.bezierCurveTo(-0.51, -0.16, -0.46, -0.19, -0.34, -0.2)
      ink.bezierCurveTo(-0.24, -0.33, -0.16, -0.34, 0.02, -0.34)
      ink.bezierCurveTo(0.14, -0.34, 0.2, -0.26, 0.26, -0.2)
      ink.bezierCurveTo(0.42, -0.185, 0.5, -0.16, 0.5, -0.05)
      ink.closePath()
      ink.fill()
      ink.fillStyle = css(mixed(look.sky[2], [20, 26, 34], 0.55))
      shape(ink, [[-0.28, -0.2], [-0.2, -0.3], [-0.04, -0.305], [-0.04, -0.2]])
      shape(ink, [[-0.01, -0.2], [-0.01, -0.305], [0.1, -0.3], [0.2, -0.2]])
      for (const wheel of [-0.3, 0.3]) {
        ink.fillStyle = css([12, 12, 15])
        disc(ink, wheel, -0.05, 0.085)
        ink.fillStyle = css([92, 96, 104])
        disc(ink, wheel, -0.05, 0.04)
      }
      glow(ink, { u: 0.52, v: -0.12, radius: 0.42 }, [255, 238, 204], lit)
      glow(ink, { u: -0.5, v: -0.13, radius: 0.2 }, [255, 60, 40], lit)
    })
  })
}

function paintFire(view: View, u: number, stage: Stage): void {
  const { ink, time, scene } = view
  layer(view, 2.2, () => {
    at(view, { u, v: stage.foot, size: 0.2 }, () => {
      glow(ink, { u: 0, v: -0.4, radius: 3 }, [255, 150, 60], 0.45 + 0.08 * noise(3, time * 3))
      ink.strokeStyle = css([40, 24, 16])
      ink.lineWidth = 0.1
      ink.beginPath()
      ink.moveTo(-0.45, 0.04)
      ink.lineTo(0.4, -0.08)
      ink.moveTo(0.45, 0.04)
      ink.lineTo(-0.4, -0.08)
      ink.stroke()
      for (const [size, colour] of [[1, [255, 120, 40]], [0.68, [255, 178, 70]], [0.38, [255, 236, 170]]] as const) {
        const lick = 0.12 * noise(scene.seed, time * 4 + size)
        ink.fillStyle = css(colour, 0.85)
        ink.beginPath()
        ink.moveTo(-0.28 * size, -0.02)
        ink.bezierCurveTo(-0.36 * size, -0.4 * size, -0.02 + lick, -0.5 * size, lick, -1.05 * size)
        ink.bezierCurveTo(0.1 + lick, -0.6 * size, 0.38 * size, -0.4 * size, 0.28 * size, -0.02)
        ink.fill()
      }
    })
  })
}

function paintDog(view: View, stage: Stage): void {
  const { ink, time, scene } = view
  layer(view, 2.2, () => {
    const way = wayOf(view)
    const gait = scene.moving ? Math.sin(view.walked * 46) : 0
    const u = scene.moving ? -way * 0.28 + view.walked : way * 0.16
    at(view, { u, v: stage.foot + 0.015, size: 0.15, way }, () => {
      const colour = shadeFor(view, scene.people === 0 ? view.look.accent : [110, 82, 60], 0.45)
      ink.fillStyle = css(colour)
      ink.strokeStyle = css(colour)
      ink.lineCap = 'round'
      ink.lineWidth = 0.07
      ink.beginPath()
      for (const [x, phase] of [[-0.32, 1], [-0.24, -1], [0.24, -1], [0.32, 1]] as const) {
        ink.moveTo(x, -0.34)
        ink.lineTo(x + 0.12 * gait * phase, 0)
      }
      ink.moveTo(-0.36, -0.48)
      ink.quadraticCurveTo(-0.52, -0.56, -0.5, -0.74 + 0.06 * Math.sin(time * 6))
      ink.stroke()
      ink.beginPath()
      ink.roundRect(-0.4, -0.56, 0.8, 0.26, 0.12)
      ink.ellipse(0.44, -0.66, 0.14, 0.12, 0.2, 0, Math.PI * 2)
      ink.roundRect(0.48, -0.68, 0.2, 0.1, 0.04)
      ink.fill()
      shape(ink, [[0.3, -0.72], [0.26, -0.54], [0.38, -0.66]])
    })
  })
}

function paintBicycle(view: View, u: number, stage: Stage): void {
  const { ink, look } = view
  layer(view, 2.3, () => {
    at(view, { u: u + (view.scene.moving && view.scene.people === 0 ? driven(view, 1) : 0), v: stage.foot, size: 0.3, way: wayOf(view) }, () => {
      ink.strokeStyle = css(shadeFor(view, look.accent, 0.4))
      ink.lineWidth = 0.022
      ink.beginPath()
      for (const x of [-0.32, 0.32]) {
        ink.moveTo(x + 0.22, -0.22)
        ink.arc(x, -0.22, 0.22, 0, Math.PI * 2)
      }
      for (const [x, y, way] of [[-0.32, -0.22, 0], [-0.1, -0.56, 1], [0.2, -0.58, 1], [0.02, -0.22, 1], [-0.32, -0.22, 1], [0.02, -0.22, 0], [-0.12, -0.64, 1], [0.32, -0.22, 0], [0.18, -0.68, 1], [0.28, -0.7, 1]] as const) {
        if (way === 0) ink.moveTo(x, y)
        else ink.lineTo(x, y)
      }
      ink.stroke()
    })
  })
}
