// Figures as shapes against the light: standing, walking, sitting close to the camera, one, two or many.
import { lightOf } from './air.ts'
import type { Colour } from './colour.ts'
import { css, darker, lighter, mixed } from './colour.ts'
import { between, dice, noise } from './dice.ts'
import type { View } from './view.ts'
import { fall, glow, layer } from './view.ts'

type Figure = {
  readonly u: number
  /** Where the feet stand. */
  readonly foot: number
  /** From feet to crown. */
  readonly tall: number
  readonly coat: Colour
  /** Phase of the step in radians; undefined: standing. */
  readonly step: number | undefined
  /** -1 looks left, 1 looks right. */
  readonly facing: -1 | 1
  readonly kind: number
}

const skinTones: readonly Colour[] = [
  [196, 150, 122],
  [160, 112, 84],
  [120, 80, 60],
  [214, 172, 146],
  [92, 62, 48],
]

/** Colours at a distance from the light: the nearer, the more of a silhouette, but never a hole in the picture. */
const shaded = (view: View, colour: Colour, share: number): Colour =>
  mixed(darker(colour, 0.35 + 0.25 * view.look.dark), view.look.near, share)

function limb(view: View, points: readonly (readonly [number, number])[], wide: number): void {
  const { ink } = view
  ink.lineWidth = wide
  ink.lineCap = 'round'
  ink.lineJoin = 'round'
  ink.beginPath()
  for (const [u, v] of points) ink.lineTo(u, v)
  ink.stroke()
}

/** One whole person, drawn in a measure in which they are 1 tall and stand on 0. */
function paintFigure(view: View, figure: Figure): void {
  const { ink, look, time } = view
  const dark = shaded(view, look.near, 0.6)
  const coat = shaded(view, figure.coat, 0.22)
  const skin = shaded(view, skinTones[Math.floor(figure.kind * skinTones.length)] ?? [160, 112, 84], 0.25)
  const walking = figure.step !== undefined
  const phase = figure.step ?? 0
  const stride = walking ? view.stride : 0
  const swing = Math.sin(phase) * stride
  const bob = stride > 0 ? -0.008 * stride * Math.abs(Math.cos(phase)) : 0.002 * Math.sin(time * 1.6 + figure.kind * 9)
  const long = figure.kind < 0.5
  ink.save()
  ink.translate(figure.u, figure.foot)
  ink.save()
  ink.scale(1, 0.16)
  glow(ink, { u: 0, v: 0, radius: figure.tall * 0.3 }, [0, 0, 0], 0.5)
  ink.restore()
  ink.scale(figure.tall * figure.facing, figure.tall)
  ink.translate(0, bob)
  ink.strokeStyle = css(dark)
  legs(view, stride, phase)
  // Far arm, body, near arm.
  ink.strokeStyle = css(darker(coat, 0.25))
  limb(
    view,
    [
      [-0.005, -0.78],
      [-0.03 - 0.07 * swing, -0.62],
      [-0.01 - 0.12 * swing, -0.48],
    ],
    0.05,
  )
  const hem = long ? -0.3 : -0.44
  const flap = stride * (0.025 * Math.sin(phase * 0.5 + 1) + 0.02) + (1 - stride) * 0.004 * noise(7, time * 0.8)
  ink.fillStyle = fall(ink, -0.86, hem, [
    [0, lighter(coat, 0.07)],
    [1, darker(coat, 0.32)],
  ])
  ink.beginPath()
  ink.moveTo(-0.045, -0.855)
  ink.bezierCurveTo(-0.1, -0.84, -0.105, -0.78, -0.1, -0.68)
  ink.bezierCurveTo(-0.09, -0.58, -0.095, -0.5, -0.115 - flap, hem)
  ink.quadraticCurveTo(0, hem + 0.025, 0.1 - flap * 0.3, hem)
  ink.bezierCurveTo(0.085, -0.5, 0.08, -0.58, 0.092, -0.68)
  ink.bezierCurveTo(0.1, -0.78, 0.09, -0.84, 0.045, -0.855)
  ink.closePath()
  ink.fill()
  ink.strokeStyle = css(darker(coat, 0.12))
  limb(
    view,
    [
      [0.005, -0.79],
      [0.02 + 0.075 * swing, -0.63],
      [0.045 + 0.13 * swing, -0.49],
    ],
    0.054,
  )
  head(view, figure, skin)
  ink.restore()
}

function legs(view: View, stride: number, phase: number): void {
  for (const side of [1, -1]) {
    const swing = Math.sin(phase) * side * stride
    const lift = Math.max(0, Math.cos(phase) * side) * stride
    const hip = 0.012 * side
    const apart = 0.022 * side * (1 - stride)
    const knee: readonly [number, number] = [hip + 0.085 * swing + 0.03 * lift + apart / 2, -0.25 - 0.015 * lift]
    const ankle: readonly [number, number] = [hip + 0.16 * swing + apart - 0.07 * lift * (swing < 0 ? 1 : 0.3), -0.02 - 0.05 * lift]
    limb(view, [[hip, -0.46], knee, ankle], 0.062)
    limb(view, [ankle, [ankle[0] + 0.045, ankle[1] + 0.012]], 0.036)
  }
}

function head(view: View, figure: Figure, skin: Colour): void {
  const { ink, look } = view
  ink.fillStyle = css(skin)
  ink.fillRect(-0.02, -0.885, 0.042, 0.05)
  ink.beginPath()
  ink.ellipse(0.006, -0.93, 0.048, 0.06, 0, 0, Math.PI * 2)
  ink.fill()
  // Hair, or a hood in the rain.
  ink.fillStyle = css(
    view.scene.weather === 'rain' || view.scene.weather === 'storm'
      ? shaded(view, figure.coat, 0.3)
      : shaded(view, mixed(look.near, [70, 48, 34], figure.kind), 0.35),
  )
  ink.beginPath()
  ink.moveTo(0.046, -0.955)
  ink.bezierCurveTo(0.03, -1.01, -0.05, -1.01, -0.054, -0.94)
  ink.bezierCurveTo(-0.058, -0.9, -0.046, figure.kind < 0.5 ? -0.82 : -0.88, -0.03, -0.875)
  ink.bezierCurveTo(-0.012, -0.9, -0.016, -0.94, 0.046, -0.955)
  ink.closePath()
  ink.fill()
}

/** Head and shoulders, large. `sway` moves with the voice where there is one. */
function paintBust(view: View, figure: { u: number; chin: number; size: number; coat: Colour; kind: number; facing: -1 | 1 }): void {
  const { ink, look, time } = view
  const coat = mixed(shaded(view, figure.coat, 0.1), figure.coat, 0.25)
  const tone = skinTones[Math.floor(figure.kind * 7.3 * skinTones.length) % skinTones.length] ?? [160, 112, 84]
  // A face is what a close shot is for: it is lit, even at night.
  const skin = mixed(darker(tone, 0.1 + 0.2 * look.dark), look.light, 0.12)
  const hair = shaded(view, mixed([30, 24, 22], [92, 66, 46], figure.kind), 0.3)
  const light = lightOf(view).u >= figure.u ? 1 : -1
  const nod = 0.006 * noise(81, time * 0.7) + 0.012 * view.level * noise(82, time * 3.2)
  const breath = 0.004 * Math.sin(time * 1.5)
  ink.save()
  ink.translate(figure.u + 0.01 * noise(83, time * 0.35), figure.chin)
  ink.scale(figure.size, figure.size)
  shoulders(view, coat, breath, light)
  ink.translate(0, nod + breath * 0.5 + 0.035)
  ink.scale(1.08, 1)
  ink.rotate(0.02 * noise(84, time * 0.4))
  if (figure.kind < 0.55) longHair(view, hair)
  ink.fillStyle = css(darker(skin, 0.22))
  ink.beginPath()
  ink.moveTo(-0.085, -0.02)
  ink.lineTo(-0.1, 0.17)
  ink.quadraticCurveTo(0, 0.23, 0.1, 0.17)
  ink.lineTo(0.085, -0.02)
  ink.fill()
  face(view, skin, light)
  ink.fillStyle = css(hair)
  ink.beginPath()
  ink.moveTo(-0.165, -0.2)
  ink.bezierCurveTo(-0.2, -0.46, -0.09, -0.53, 0.01, -0.525)
  ink.bezierCurveTo(0.14, -0.52, 0.195, -0.42, 0.165, -0.2)
  ink.bezierCurveTo(0.15, -0.3, 0.12, -0.36, 0.04, -0.375)
  ink.bezierCurveTo(-0.06, -0.38, -0.14, -0.34, -0.165, -0.2)
  ink.fill()
  ink.strokeStyle = css(lighter(look.light, 0.1), 0.36)
  ink.lineWidth = 0.008
  ink.beginPath()
  ink.moveTo(light * 0.17, -0.18)
  ink.bezierCurveTo(light * 0.19, -0.42, light * 0.12, -0.5, light * 0.02, -0.522)
  ink.stroke()
  ink.restore()
}

function shoulders(view: View, coat: Colour, breath: number, light: -1 | 1): void {
  const { ink, look } = view
  const gradient = ink.createLinearGradient(-0.5 * light, 0, 0.5 * light, 0.2)
  gradient.addColorStop(0, css(darker(coat, 0.45)))
  gradient.addColorStop(1, css(mixed(coat, look.light, 0.14)))
  ink.fillStyle = gradient
  ink.beginPath()
  ink.moveTo(-0.1, 0.12 - breath)
  ink.bezierCurveTo(-0.2, 0.21 - breath, -0.42, 0.2 - breath, -0.5, 0.42)
  ink.bezierCurveTo(-0.54, 0.62, -0.56, 0.9, -0.56, 1.6)
  ink.lineTo(0.56, 1.6)
  ink.bezierCurveTo(0.56, 0.9, 0.54, 0.62, 0.5, 0.42)
  ink.bezierCurveTo(0.42, 0.2 - breath, 0.2, 0.21 - breath, 0.1, 0.12 - breath)
  ink.closePath()
  ink.fill()
  // The collar.
  ink.fillStyle = css(darker(coat, 0.4))
  ink.beginPath()
  ink.moveTo(-0.11, 0.12)
  ink.lineTo(-0.02, 0.42)
  ink.lineTo(0.02, 0.42)
  ink.lineTo(0.11, 0.12)
  ink.quadraticCurveTo(0, 0.26, -0.11, 0.12)
  ink.fill()
}

function longHair(view: View, hair: Colour): void {
  const { ink, time } = view
  const sway = 0.012 * noise(85, time * 0.6)
  ink.fillStyle = css(darker(hair, 0.25))
  ink.beginPath()
  ink.moveTo(-0.16, -0.36)
  ink.bezierCurveTo(-0.26, -0.1, -0.24 + sway, 0.1, -0.2 + sway, 0.22)
  ink.lineTo(0.2 + sway, 0.22)
  ink.bezierCurveTo(0.24 + sway, 0.1, 0.26, -0.1, 0.16, -0.36)
  ink.fill()
}

/** A face as a storyboard has it: planes of light and shadow, the hint of eyes, a mouth that opens with the sound. */
function face(view: View, skin: Colour, light: -1 | 1): void {
  const { ink, look } = view
  const gradient = ink.createLinearGradient(-0.17 * light, 0, 0.17 * light, 0)
  gradient.addColorStop(0, css(darker(skin, 0.46)))
  gradient.addColorStop(0.55, css(skin))
  gradient.addColorStop(1, css(mixed(skin, look.light, 0.26)))
  ink.fillStyle = gradient
  ink.beginPath()
  ink.moveTo(-0.16, -0.26)
  ink.bezierCurveTo(-0.17, -0.06, -0.1, 0.07, 0, 0.08)
  ink.bezierCurveTo(0.1, 0.07, 0.17, -0.06, 0.16, -0.26)
  ink.bezierCurveTo(0.16, -0.48, -0.16, -0.48, -0.16, -0.26)
  ink.fill()
  const line = css(darker(skin, 0.55), 0.7)
  ink.strokeStyle = line
  ink.lineCap = 'round'
  ink.lineWidth = 0.011
  const blink = noise(86, view.time * 0.9) > 0.82 ? 0.2 : 1
  for (const side of [-1, 1]) {
    ink.beginPath()
    ink.moveTo(side * 0.045, -0.235)
    ink.quadraticCurveTo(side * 0.075, -0.255, side * 0.11, -0.238)
    ink.stroke()
    ink.fillStyle = css(darker(skin, 0.7), 0.85)
    ink.beginPath()
    ink.ellipse(side * 0.072, -0.192, 0.02, 0.011 * blink, 0, 0, Math.PI * 2)
    ink.fill()
  }
  ink.lineWidth = 0.008
  ink.beginPath()
  ink.moveTo(-0.01 * light, -0.19)
  ink.quadraticCurveTo(-0.03 * light, -0.11, -0.004 * light, -0.095)
  ink.stroke()
  const open = 0.004 + 0.03 * view.level
  ink.fillStyle = css(darker(skin, 0.6), 0.85)
  ink.beginPath()
  ink.ellipse(0, -0.028, 0.042 - 0.3 * open, open, 0, 0, Math.PI * 2)
  ink.fill()
}

const coats: readonly Colour[] = [
  [64, 78, 104],
  [112, 72, 60],
  [86, 96, 82],
  [98, 88, 78],
  [120, 96, 64],
  [70, 70, 86],
]

const coatOf = (view: View, index: number): Colour => {
  const { scene, look } = view
  if (index === 0 && scene.accent !== undefined) return look.accent
  return coats[Math.floor(dice(scene.seed ^ scene.variation, 241, index) * coats.length)] ?? [80, 80, 90]
}

const indoors: ReadonlySet<string> = new Set(['room', 'kitchen', 'office', 'studio'])

/** Which third people stand on. */
export const thirdOf = (view: View): -1 | 1 => (dice(view.scene.seed, 243) < 0.5 ? -1 : 1)

/** Where people stand: the ground at their distance. */
export type Stage = { readonly foot: number; readonly distance: number }

export function paintPeople(view: View, stage: Stage): void {
  const { scene } = view
  if (scene.people === 0) return
  if (scene.framing === 'close' && scene.people <= 2) paintClose(view)
  else if (scene.people > 2) paintCrowd(view, stage)
  else paintFew(view, stage)
}

function paintFew(view: View, stage: Stage): void {
  const { scene } = view
  const tall = scene.framing !== 'wide' ? 0.98 : indoors.has(scene.place) ? 0.62 : 0.34
  const foot = scene.framing === 'wide' ? stage.foot : 1.24
  layer(view, stage.distance, () => {
    for (let i = 0; i < scene.people; i++) paintFigure(view, placed(view, i, tall, foot))
  })
}

function placed(view: View, index: number, tall: number, foot: number): Figure {
  const { scene, aspect, walked } = view
  const shift = scene.variation === 0 ? 0 : between(-0.05, 0.05, dice(scene.variation, 242))
  const third = thirdOf(view)
  const heading = headingOf(view)
  // A walker starts behind the middle and crosses it; who stands, stands on a third.
  const start = scene.moving ? -heading * Math.min(0.45, aspect * 0.3) : third * Math.min(0.32, aspect * 0.17)
  const apart = scene.people === 2 ? (index === 0 ? -0.2 : 0.16) * tall : 0
  const speed = 1 - 0.04 * index
  const u = start + apart + shift + walked * speed
  const step = scene.moving ? (walked * speed * 7.2) / tall + index : undefined
  const facing = scene.moving ? heading : scene.people === 2 ? (index === 0 ? 1 : -1) : third > 0 ? -1 : 1
  return {
    u,
    foot: foot + 0.012 * index,
    tall: tall * (1 - 0.07 * index),
    coat: coatOf(view, index),
    step,
    facing,
    kind: kindOf(view, 244, index),
  }
}

/** Below one half: long hair and a long coat. The words speak of the first person; the second is as the dice fall. */
function kindOf(view: View, question: number, index: number): number {
  const { scene } = view
  const chance = dice(scene.seed ^ scene.variation, question, index)
  if (scene.hair === 'any' || index > 0) return chance
  return scene.hair === 'long' ? chance * 0.5 : 0.55 + chance * 0.44
}

/** The way people walk: where the words say, else where the walk goes. */
const headingOf = (view: View): -1 | 1 => view.scene.moves.find((move) => move.kind === 'walk')?.direction ?? 1

function paintClose(view: View): void {
  const { scene, aspect } = view
  const seed = scene.seed
  layer(view, 2.2, () => {
    if (scene.people === 2) {
      const apart = Math.min(0.42, aspect * 0.24)
      paintBust(view, { u: -apart, chin: 0.62, size: 0.78, coat: coatOf(view, 0), kind: kindOf(view, 245, 0), facing: 1 })
      paintBust(view, { u: apart, chin: 0.6, size: 0.78, coat: coatOf(view, 1), kind: kindOf(view, 246, 1), facing: -1 })
      return
    }
    const speaks = scene.things.includes('microphone')
    const u = speaks ? 0 : (dice(seed, 247) < 0.5 ? -1 : 1) * Math.min(0.2, aspect * 0.1)
    paintBust(view, {
      u,
      chin: 0.6,
      size: Math.min(0.92, aspect * 1.1),
      coat: coatOf(view, 0),
      kind: kindOf(view, 248, 0),
      facing: 1,
    })
  })
}

function paintCrowd(view: View, stage: Stage): void {
  const { scene, aspect } = view
  const seed = scene.seed
  for (const [row, distance, drop] of [
    [0, 5, -0.1],
    [1, 3.4, -0.04],
    [2, 2.4, 0.02],
  ] as const) {
    layer(view, distance, (span) => {
      const tall = 0.66 / distance + 0.04
      const step = tall * 0.62
      for (let cell = Math.floor(span.left / step) - 1; cell * step < span.right + step; cell++) {
        if (dice(seed, 249 + row, cell) < 0.24) continue
        const u = (cell + 0.6 * dice(seed, 252 + row, cell)) * step
        const way = dice(seed, 255 + row, cell) < 0.5 ? -1 : 1
        const walk = scene.moving ? view.walked * (0.6 + 0.6 * dice(seed, 258, cell)) * headingOf(view) * way : 0
        if (Math.abs(u) > aspect * 0.9) continue
        paintFigure(view, {
          u: u + walk,
          foot: stage.foot + drop + 0.015 * dice(seed, 261, cell),
          tall: tall * between(0.9, 1.06, dice(seed, 264, cell)),
          coat: coatOf(view, row * 50 + cell + 60),
          step: scene.moving ? (walk * 7.2 * way) / tall + cell : undefined,
          facing: way,
          kind: dice(seed ^ scene.variation, 267, cell * 3 + row),
        })
      }
    })
  }
}
