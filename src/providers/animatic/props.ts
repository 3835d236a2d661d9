// The things the words name that stand or fly far off, as simple shapes: each drawn in a measure in which it is 1
// wide or tall and stands on 0. The near ones are in ground-props.ts.
import { css, darker, hex, lighter, mixed, turned } from './colour.ts'
import type { Thing } from './cues.ts'
import { between, clamp, dice, noise } from './dice.ts'
import { paintBicycle, paintCar, paintDog, paintFire, paintSign, paintTree } from './ground-props.ts'
import type { Stage } from './people.ts'
import { thirdOf } from './people.ts'
import { at, driven, shadeFor, shadow, wayOf } from './prop.ts'
import type { View } from './view.ts'
import { disc, fall, glow, layer, shape } from './view.ts'

export function paintFarThings(view: View, horizon: number, stage: Stage): void {
  for (const thing of view.scene.things) far(view, thing, horizon, stage)
}

function far(view: View, thing: Thing, horizon: number, stage: Stage): void {
  const side = dice(view.scene.seed, 301) < 0.5 ? -1 : 1
  const away = Math.min(0.5, view.aspect * 0.28)
  switch (thing) {
    case 'boat':
      if (view.scene.place !== 'harbour') paintBoat(view, -side * away * 0.7, horizon)
      return
    case 'lighthouse':
      paintLighthouse(view, side * away, horizon)
      return
    case 'tower':
      paintTower(view, side * away * 0.9, horizon)
      return
    case 'plane':
      paintPlane(view, horizon)
      return
    case 'birds':
      paintBirds(view, horizon)
      return
    case 'balloon':
      paintBalloons(view, horizon)
      return
    case 'train':
      paintTrain(view, horizon)
      return
    case 'rocket':
      paintRocket(view)
      return
    case 'tree':
      if (view.scene.place !== 'forest') paintTree(view, -side * away * 1.05, stage)
      return
    case 'sign':
      paintSign(view, side * away * 0.55)
      return
    case 'car':
      paintCar(view, stage)
      return
    case 'fire':
      paintFire(view, -thirdOf(view) * 0.06, stage)
      return
    case 'dog':
      paintDog(view, stage)
      return
    case 'bicycle':
      paintBicycle(view, -side * away * 0.5, stage)
      return
    default:
      return
  }
}

function paintBoat(view: View, u: number, horizon: number): void {
  const { ink, time, look, scene } = view
  layer(view, 7, () => {
    const rock = (scene.weather === 'storm' ? 0.09 : 0.025) * Math.sin(time * 0.8)
    const place = { u: u + driven(view, 0.6), v: horizon + 0.075 + 0.004 * Math.sin(time * 0.9), size: 0.22, way: wayOf(view), lean: rock }
    at(view, place, () => {
      const hull = shadow(view, 6)
      ink.fillStyle = css(hull, 0.22)
      ink.fillRect(-0.4, 0.04, 0.8, 0.22)
      ink.fillStyle = css(scene.accent === undefined ? hull : mixed(hull, look.accent, 0.5))
      shape(ink, [
        [-0.5, -0.1],
        [-0.4, 0.06],
        [0.34, 0.06],
        [0.54, -0.12],
      ])
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
    const rock = shadow(view, 8)
    // The rock, and its mirror that fades into the water.
    ink.fillStyle = fall(ink, horizon - 0.04, horizon + 0.13, [
      [0, rock],
      [0.42, rock],
      [0.5, darker(rock, 0.1), 0.55],
      [1, rock, 0],
    ])
    shape(ink, [
      [u - 0.3, horizon + 0.036],
      [u - 0.19, horizon + 0.004],
      [u - 0.12, horizon - 0.016],
      [u - 0.04, horizon - 0.034],
      [u + 0.06, horizon - 0.03],
      [u + 0.13, horizon - 0.006],
      [u + 0.24, horizon + 0.016],
      [u + 0.34, horizon + 0.036],
      [u + 0.2, horizon + 0.11],
      [u - 0.16, horizon + 0.13],
    ])
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
      shape(ink, [
        [u, horizon - 0.302],
        [u + way * reach * wide, horizon - 0.36 - 0.04 * wide],
        [u + way * reach * wide, horizon - 0.25 + 0.04 * wide],
        [u, horizon - 0.29],
      ])
    }
    glow(ink, { u, v: horizon - 0.296, radius: 0.2 + 0.1 * (1 - Math.abs(turn)) }, [255, 240, 205], lit + 0.4 * (1 - Math.abs(turn)))
    at(view, { u, v: horizon - 0.03, size: 0.3 }, () => {
      const body = mixed(rock, lighter(look.sky[3], 0.1), 0.42)
      ink.fillStyle = css(body)
      shape(ink, [
        [-0.1, 0.02],
        [-0.062, -0.8],
        [0.062, -0.8],
        [0.1, 0.02],
      ])
      ink.fillStyle = css(mixed(rock, hex('#a8403a'), 0.5))
      for (const v of [-0.22, -0.56])
        shape(ink, [
          [-0.09, v + 0.08],
          [-0.08, v - 0.08],
          [0.08, v - 0.08],
          [0.09, v + 0.08],
        ])
      ink.fillStyle = css(rock)
      ink.fillRect(-0.09, -0.82, 0.18, 0.03)
      shape(ink, [
        [-0.06, -0.95],
        [0, -1.05],
        [0.06, -0.95],
      ])
      ink.fillStyle = css([255, 240, 205], 0.85)
      ink.fillRect(-0.04, -0.945, 0.08, 0.12)
    })
  })
}

function paintTower(view: View, u: number, horizon: number): void {
  const { ink } = view
  layer(view, 9, () => {
    ink.fillStyle = css(shadow(view, 9))
    at(view, { u, v: horizon + 0.03, size: 0.34 }, () => {
      shape(ink, [
        [-0.1, 0],
        [-0.1, -0.66],
        [-0.12, -0.66],
        [0, -1],
        [0.12, -0.66],
        [0.1, -0.66],
        [0.1, 0],
      ])
      shape(ink, [
        [0.08, 0],
        [0.08, -0.34],
        [0.22, -0.46],
        [0.42, -0.34],
        [0.42, 0],
      ])
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
      ink.fillStyle = css(shadow(view, 7))
      ink.beginPath()
      ink.ellipse(0, 0, 0.5, 0.06, 0, 0, Math.PI * 2)
      ink.fill()
      shape(ink, [
        [0.1, 0],
        [-0.22, 0.2],
        [-0.1, 0.2],
        [0.24, 0.02],
      ])
      shape(ink, [
        [-0.32, 0],
        [-0.5, -0.2],
        [-0.4, -0.2],
        [-0.24, -0.02],
      ])
    })
  })
}

function paintBirds(view: View, horizon: number): void {
  const { ink, scene, time, aspect } = view
  const seed = scene.seed ^ scene.variation
  layer(view, 7, () => {
    ink.strokeStyle = css(shadow(view, 6), 0.85)
    ink.lineCap = 'round'
    const way = wayOf(view)
    for (let i = 0; i < 9; i++) {
      const size = between(0.009, 0.02, dice(seed, 302, i))
      const u =
        way * (time * 0.035 * between(0.8, 1.2, dice(seed, 303, i)) - 0.25) +
        between(-0.35, 0.35, dice(seed, 304, i)) * aspect +
        0.02 * noise(seed + i, time * 0.4)
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
        for (const [wide, share] of [
          [0.4, 0],
          [0.24, 0.16],
          [0.08, 0.3],
        ] as const) {
          ink.fillStyle = css(lighter(colour, share))
          ink.beginPath()
          ink.ellipse(0, -0.55, wide, 0.45, 0, 0, Math.PI * 2)
          ink.fill()
        }
        ink.fillStyle = css(darker(colour, 0.5))
        shape(ink, [
          [-0.26, -0.24],
          [-0.06, 0],
          [0.06, 0],
          [0.26, -0.24],
        ])
        ink.fillRect(-0.06, 0.06, 0.12, 0.1)
      })
    })
  }
}

function paintTrain(view: View, horizon: number): void {
  const { ink, look } = view
  layer(view, 6, (span) => {
    const way = wayOf(view)
    const nose = way * (-0.2 + view.time * 0.12) + driven(view, 1)
    ink.fillStyle = css(shadow(view, 5))
    ink.fillRect(span.left, horizon + 0.088, span.right - span.left, 0.008)
    for (let i = 0; i < 6; i++) {
      const u = nose - way * i * 0.33
      ink.fillStyle = css(mixed(shadow(view, 5), look.accent, 0.25))
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
      shape(ink, [
        [0.12, 0.02],
        [0.28, 0.34],
        [0.09, 0.28],
      ])
      shape(ink, [
        [-0.12, 0.02],
        [-0.28, 0.34],
        [-0.09, 0.28],
      ])
      ink.fillStyle = css([40, 62, 88])
      disc(ink, 0, -0.16, 0.06)
    })
  })
}
