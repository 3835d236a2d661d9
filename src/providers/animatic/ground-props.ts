// The things the words name that stand where people do: tree, sign, car, fire, dog, bicycle.
import { lightOf } from './air.ts'
import { css, darker, lighter, mixed, turned } from './colour.ts'
import { between, clamp, dice, noise } from './dice.ts'
import type { Stage } from './people.ts'
import { at, driven, shadeFor, shadow, wayOf } from './prop.ts'
import type { View } from './view.ts'
import { disc, fall, glow, layer, shape } from './view.ts'

export function paintTree(view: View, u: number, stage: Stage): void {
  const { ink, scene, time, look } = view
  layer(view, 2.7, () => {
    const colour = shadow(view, 2.6)
    const sway = 0.008 * Math.sin(time * 0.7)
    at(view, { u, v: stage.foot + 0.02, size: 0.72 }, () => {
      ink.fillStyle = css(colour)
      shape(ink, [
        [-0.05, 0.02],
        [-0.025, -0.42],
        [0.025, -0.42],
        [0.055, 0.02],
      ])
      for (let i = 0; i < 64; i++) {
        // Clumps of leaves, the outer ones smaller; those that face the light are lit.
        const angle = dice(scene.seed, 309, i) * Math.PI * 2
        const reach = Math.sqrt((i + 0.5) / 64)
        const x = Math.cos(angle) * reach * 0.36
        const y = -0.68 + Math.sin(angle) * reach * 0.3 + 0.05 * Math.abs(Math.cos(angle)) * reach
        const lit = clamp((lightOf(view).u > u ? 1 : -1) * x * 1.6 - (y + 0.68) * 1.4)
        ink.fillStyle = css(mixed(colour, mixed(look.light, [120, 138, 78], 0.7), 0.3 * lit), 0.9)
        ink.beginPath()
        ink.ellipse(
          x + sway * (1 + 2 * dice(scene.seed, 311, i)),
          y,
          between(0.05, 0.1, dice(scene.seed, 312, i)) * (1.25 - reach * 0.6),
          between(0.035, 0.06, dice(scene.seed, 314, i)),
          dice(scene.seed, 315, i) - 0.5,
          0,
          Math.PI * 2,
        )
        ink.fill()
      }
    })
  })
}

export function paintSign(view: View, u: number): void {
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

export function paintCar(view: View, stage: Stage): void {
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
      ink.fillStyle = fall(ink, -0.34, 0, [
        [0, lighter(body, 0.12)],
        [0.5, body],
        [1, darker(body, 0.45)],
      ])
      ink.beginPath()
      ink.moveTo(-0.5, -0.05)
      ink.bezierCurveTo(-0.51, -0.16, -0.46, -0.19, -0.34, -0.2)
      ink.bezierCurveTo(-0.24, -0.33, -0.16, -0.34, 0.02, -0.34)
      ink.bezierCurveTo(0.14, -0.34, 0.2, -0.26, 0.26, -0.2)
      ink.bezierCurveTo(0.42, -0.185, 0.5, -0.16, 0.5, -0.05)
      ink.closePath()
      ink.fill()
      ink.fillStyle = css(mixed(look.sky[2], [20, 26, 34], 0.55))
      shape(ink, [
        [-0.28, -0.2],
        [-0.2, -0.3],
        [-0.04, -0.305],
        [-0.04, -0.2],
      ])
      shape(ink, [
        [-0.01, -0.2],
        [-0.01, -0.305],
        [0.1, -0.3],
        [0.2, -0.2],
      ])
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

export function paintFire(view: View, u: number, stage: Stage): void {
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
      for (const [size, colour] of [
        [1, [255, 120, 40]],
        [0.68, [255, 178, 70]],
        [0.38, [255, 236, 170]],
      ] as const) {
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

export function paintDog(view: View, stage: Stage): void {
  const { ink, time, scene } = view
  layer(view, 2.2, () => {
    const way = wayOf(view)
    const gait = scene.moving ? Math.sin(view.walked * 46) * view.stride : 0
    const u = scene.moving ? -way * 0.28 + view.walked : way * 0.16
    at(view, { u, v: stage.foot + 0.015, size: 0.15, way }, () => {
      const colour = shadeFor(view, scene.people === 0 ? view.look.accent : [110, 82, 60], 0.45)
      ink.fillStyle = css(colour)
      ink.strokeStyle = css(colour)
      ink.lineCap = 'round'
      ink.lineWidth = 0.07
      ink.beginPath()
      for (const [x, phase] of [
        [-0.32, 1],
        [-0.24, -1],
        [0.24, -1],
        [0.32, 1],
      ] as const) {
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
      shape(ink, [
        [0.3, -0.72],
        [0.26, -0.54],
        [0.38, -0.66],
      ])
    })
  })
}

export function paintBicycle(view: View, u: number, stage: Stage): void {
  const { ink, look } = view
  layer(view, 2.3, () => {
    at(
      view,
      { u: u + (view.scene.moving && view.scene.people === 0 ? driven(view, 1) : 0), v: stage.foot, size: 0.3, way: wayOf(view) },
      () => {
        ink.strokeStyle = css(shadeFor(view, look.accent, 0.4))
        ink.lineWidth = 0.022
        ink.beginPath()
        for (const x of [-0.32, 0.32]) {
          ink.moveTo(x + 0.22, -0.22)
          ink.arc(x, -0.22, 0.22, 0, Math.PI * 2)
        }
        for (const [x, y, way] of [
          [-0.32, -0.22, 0],
          [-0.1, -0.56, 1],
          [0.2, -0.58, 1],
          [0.02, -0.22, 1],
          [-0.32, -0.22, 1],
          [0.02, -0.22, 0],
          [-0.12, -0.64, 1],
          [0.32, -0.22, 0],
          [0.18, -0.68, 1],
          [0.28, -0.7, 1],
        ] as const) {
          if (way === 0) ink.moveTo(x, y)
          else ink.lineTo(x, y)
        }
        ink.stroke()
      },
    )
  })
}
