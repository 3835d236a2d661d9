// Rooms: a back wall, light from a window or from lamps, the furniture that names the room, and a table edge in front.
import type { Colour } from './colour.ts'
import { css, darker, hex, lighter, mixed } from './colour.ts'
import { between, dice, noise, pick } from './dice.ts'
import type { View } from './view.ts'
import { disc, fall, glow, layer, shape } from './view.ts'

/** The line where the wall meets the floor. */
export const floorLine = 0.74

type Room = { readonly wall: Colour; readonly floor: Colour; readonly wood: Colour; readonly warm: Colour; readonly side: -1 | 1 }

const walls: readonly [string, ...string[]] = ['#5d6b73', '#74665a', '#4f5d58', '#6b5a63', '#7b7264']

function roomOf(view: View): Room {
  const { scene, look } = view
  const paint = hex(pick(walls, dice(scene.seed, 151)))
  const day = scene.hour === 'day' ? 0.12 : scene.hour === 'night' ? 0.62 : 0.36
  const wall = darker(mixed(paint, look.sky[2], 0.2), day)
  return {
    wall,
    floor: darker(mixed(hex('#6e5138'), wall, 0.35), 0.2 + day * 0.6),
    wood: darker(mixed(hex('#4a3526'), look.near, 0.35), 0.15 + day * 0.4),
    warm: [255, 205, 140],
    side: dice(scene.seed, 152) < 0.5 ? -1 : 1,
  }
}

export function paintIndoors(view: View): void {
  const room = roomOf(view)
  paintShell(view, room)
  switch (view.scene.place) {
    case 'kitchen':
      paintKitchen(view, room)
      return
    case 'office':
      paintOffice(view, room)
      return
    case 'studio':
      paintStudio(view, room)
      return
    default:
      paintParlour(view, room)
      return
  }
}

function paintShell(view: View, room: Room): void {
  const { ink } = view
  layer(view, 6, (span) => {
    ink.fillStyle = fall(ink, 0, floorLine, [
      [0, darker(room.wall, 0.42)],
      [0.6, room.wall],
      [1, darker(room.wall, 0.12)],
    ])
    ink.fillRect(span.left, span.top, span.right - span.left, span.bottom - span.top)
    ink.fillStyle = css(darker(room.wall, 0.4))
    ink.fillRect(span.left, floorLine - 0.02, span.right - span.left, 0.02)
  })
  if (view.scene.place !== 'studio') paintWindow(view, room)
  layer(view, 4, (span) => {
    ink.fillStyle = fall(ink, floorLine, 1.1, [
      [0, room.floor],
      [1, darker(room.floor, 0.6)],
    ])
    ink.fillRect(span.left, floorLine, span.right - span.left, span.bottom - floorLine + 0.3)
    paintLightOnFloor(view, room)
  })
}

/** Where the light comes in. */
const windowAt = (view: View, room: Room): { u: number; v: number; wide: number; high: number } => ({
  u: room.side * Math.min(0.42, view.aspect * 0.26),
  v: 0.16,
  wide: Math.min(0.42, view.aspect * 0.26),
  high: 0.4,
})

function paintWindow(view: View, room: Room): void {
  const { ink, look, scene } = view
  const w = windowAt(view, room)
  layer(view, 6, () => {
    const bright = scene.hour === 'night' ? 0.25 : 0.6
    glow(ink, { u: w.u, v: w.v + w.high / 2, radius: 0.75 * (1 + 0.15 * view.level) }, look.sky[3], bright * (0.5 + 0.5 * view.level + 0.3))
    ink.fillStyle = fall(ink, w.v, w.v + w.high, [
      [0, look.sky[1]],
      [0.6, look.sky[2]],
      [1, look.sky[3]],
    ])
    ink.fillRect(w.u - w.wide / 2, w.v, w.wide, w.high)
  })
  layer(view, 14, () => {
    // A view: roofs or hills, seen through the panes.
    ink.save()
    ink.beginPath()
    ink.rect(w.u - w.wide / 2, w.v, w.wide, w.high)
    ink.clip()
    ink.fillStyle = css(mixed(look.far, look.sky[3], 0.35), 0.8)
    ink.beginPath()
    ink.moveTo(w.u - w.wide, w.v + w.high)
    for (let u = -w.wide; u <= w.wide; u += 0.02) ink.lineTo(w.u + u, w.v + w.high * (0.74 + 0.12 * noise(scene.seed + 3, (w.u + u) * 9)))
    ink.lineTo(w.u + w.wide, w.v + w.high)
    ink.fill()
    ink.restore()
  })
  layer(view, 6, () => {
    ink.strokeStyle = css(darker(room.wall, 0.55))
    ink.lineWidth = 0.012
    ink.strokeRect(w.u - w.wide / 2, w.v, w.wide, w.high)
    ink.lineWidth = 0.006
    ink.beginPath()
    ink.moveTo(w.u, w.v)
    ink.lineTo(w.u, w.v + w.high)
    ink.moveTo(w.u - w.wide / 2, w.v + w.high * 0.45)
    ink.lineTo(w.u + w.wide / 2, w.v + w.high * 0.45)
    ink.stroke()
    ink.fillStyle = css(darker(room.wall, 0.35))
    ink.fillRect(w.u - w.wide / 2 - 0.02, w.v + w.high, w.wide + 0.04, 0.016)
  })
}

/** The slanting patch of window light on the floor, and the beam with its dust. */
function paintLightOnFloor(view: View, room: Room): void {
  const { ink, look, scene, time } = view
  const w = windowAt(view, room)
  if (scene.place === 'studio') return
  const strength = scene.hour === 'night' ? 0.1 : 0.3
  const lean = -room.side * 0.34
  ink.fillStyle = css(look.light, strength * (0.7 + 0.3 * view.level))
  shape(ink, [
    [w.u - w.wide * 0.45 + lean, floorLine + 0.05],
    [w.u + w.wide * 0.45 + lean, floorLine + 0.05],
    [w.u + w.wide * 0.6 + lean * 1.7, floorLine + 0.2],
    [w.u - w.wide * 0.4 + lean * 1.7, floorLine + 0.2],
  ])
  ink.fillStyle = fall(ink, w.v, floorLine + 0.2, [
    [0, look.light, strength * 0.34],
    [1, look.light, 0.02],
  ])
  shape(ink, [
    [w.u - w.wide / 2, w.v],
    [w.u + w.wide / 2, w.v],
    [w.u + w.wide * 0.6 + lean * 1.7, floorLine + 0.2],
    [w.u - w.wide * 0.4 + lean * 1.7, floorLine + 0.2],
  ])
  ink.fillStyle = css(look.light, 0.4 * strength + 0.1)
  for (let i = 0; i < 26; i++) {
    const t = (dice(scene.seed, 153, i) + time * 0.013) % 1
    disc(ink, w.u + lean * 1.4 * t + (dice(scene.seed, 154, i) - 0.5) * w.wide + 0.02 * noise(i, time * 0.2), w.v + t * 0.7, 0.0016)
  }
}

function lamp(view: View, at: { u: number; v: number; size: number }, room: Room, standing: boolean): void {
  const { ink, look, time, scene } = view
  const lit = (0.3 + 0.5 * look.dark) * (1 + 0.6 * view.level) * (0.97 + 0.03 * noise(scene.seed, time))
  ink.fillStyle = css(darker(room.wood, 0.4))
  if (standing) ink.fillRect(at.u - 0.005, at.v, 0.01, floorLine - at.v + 0.04)
  else ink.fillRect(at.u - 0.002, -0.2, 0.004, at.v + 0.2)
  ink.fillStyle = css(mixed(room.warm, room.wall, 0.2))
  shape(ink, [
    [at.u - 0.03 * at.size, at.v - 0.03],
    [at.u + 0.03 * at.size, at.v - 0.03],
    [at.u + 0.06 * at.size, at.v + 0.045],
    [at.u - 0.06 * at.size, at.v + 0.045],
  ])
  glow(ink, { u: at.u, v: at.v + 0.04, radius: 0.5 }, room.warm, lit)
}

function paintParlour(view: View, room: Room): void {
  const { ink, scene, aspect } = view
  const far = -room.side * Math.min(0.5, aspect * 0.3)
  layer(view, 5, () => {
    ink.fillStyle = css(room.wood)
    // Shelves with books on the wall away from the window.
    for (let k = 0; k < 3; k++) {
      const v = 0.24 + k * 0.15
      ink.fillStyle = css(room.wood)
      ink.fillRect(far - 0.2, v, 0.4, 0.012)
      for (let i = 0; i < 17; i++) {
        if (dice(scene.seed, 155, k * 40 + i) < 0.2) continue
        const high = between(0.05, 0.1, dice(scene.seed, 156, k * 40 + i))
        ink.fillStyle = css(mixed(room.wood, mixed(view.look.accent, room.wall, dice(scene.seed, 157, k * 40 + i)), 0.55))
        ink.fillRect(far - 0.19 + i * 0.0225, v - high, 0.018, high)
      }
    }
  })
  layer(view, 3.6, () => {
    const seat = mixed(room.wood, view.look.accent, 0.3)
    ink.fillStyle = fall(ink, 0.56, 0.86, [
      [0, lighter(seat, 0.06)],
      [1, darker(seat, 0.5)],
    ])
    ink.beginPath()
    ink.roundRect(far - 0.34, 0.58, 0.68, 0.22, 0.03)
    ink.roundRect(far - 0.38, 0.64, 0.1, 0.19, 0.03)
    ink.roundRect(far + 0.28, 0.64, 0.1, 0.19, 0.03)
    ink.fill()
    lamp(view, { u: far + room.side * 0.44, v: 0.36, size: 1.3 }, room, true)
  })
}

function paintKitchen(view: View, room: Room): void {
  const { ink, scene, aspect, time } = view
  const far = -room.side * Math.min(0.45, aspect * 0.27)
  layer(view, 5, () => {
    ink.fillStyle = css(room.wood)
    ink.fillRect(far - 0.32, 0.14, 0.64, 0.14)
    ink.fillStyle = css(darker(room.wood, 0.35))
    for (let i = 1; i < 4; i++) ink.fillRect(far - 0.32 + i * 0.16, 0.14, 0.003, 0.14)
    ink.fillRect(far - 0.3, 0.37, 0.6, 0.006)
    for (let i = 0; i < 7; i++) {
      const u = far - 0.26 + i * 0.085
      const size = between(0.018, 0.032, dice(scene.seed, 158, i))
      ink.fillRect(u - 0.0015, 0.37, 0.003, 0.04)
      ink.beginPath()
      ink.arc(u, 0.41 + size, size, 0, Math.PI * 2)
      ink.fill()
    }
  })
  layer(view, 3.6, (span) => {
    ink.fillStyle = fall(ink, 0.62, 1, [
      [0, mixed(room.wood, room.warm, 0.24)],
      [0.03, room.wood],
      [1, darker(room.wood, 0.6)],
    ])
    ink.fillRect(span.left, 0.63, span.right - span.left, 0.5)
    ink.fillStyle = css(darker(room.wood, 0.5))
    ink.beginPath()
    ink.roundRect(0.1 * room.side - 0.07, 0.55, 0.14, 0.08, 0.01)
    ink.fill()
    // Steam.
    for (let i = 0; i < 3; i++) {
      const rise = (time * 0.12 + i / 3) % 1
      glow(
        ink,
        { u: 0.1 * room.side + 0.03 * noise(i, time * 0.5), v: 0.52 - rise * 0.3, radius: 0.05 + rise * 0.09 },
        [235, 235, 230],
        0.24 * (1 - rise),
      )
    }
  })
  for (const u of [-0.28, 0, 0.28]) layer(view, 3.2, () => lamp(view, { u, v: 0.2, size: 0.9 }, room, false))
}

function paintOffice(view: View, room: Room): void {
  const { ink, scene, aspect, time } = view
  layer(view, 3.4, (span) => {
    ink.fillStyle = fall(ink, 0.66, 1, [
      [0, mixed(room.wood, room.warm, 0.2)],
      [0.04, room.wood],
      [1, darker(room.wood, 0.65)],
    ])
    ink.fillRect(span.left, 0.68, span.right - span.left, 0.05)
    ink.fillStyle = css(darker(room.wood, 0.6), 0.85)
    ink.fillRect(span.left, 0.73, span.right - span.left, 0.4)
    for (let i = -2; i <= 2; i++) {
      const u = i * Math.max(0.34, aspect * 0.24)
      const tint = mixed([120, 190, 235], view.look.accent, dice(scene.seed, 159, i))
      glow(ink, { u, v: 0.56, radius: 0.3 }, tint, 0.24 * (1 + view.level))
      ink.fillStyle = css([18, 20, 24])
      ink.fillRect(u - 0.115, 0.48, 0.23, 0.145)
      ink.fillRect(u - 0.012, 0.62, 0.024, 0.06)
      ink.fillStyle = css(mixed(tint, [20, 26, 34], 0.45))
      ink.fillRect(u - 0.108, 0.487, 0.216, 0.131)
      ink.fillStyle = css(lighter(tint, 0.35), 0.7)
      for (let k = 0; k < 7; k++) {
        const wide = 0.03 + 0.13 * dice(scene.seed, 160, i * 20 + k + Math.floor(time * 0.4 + k * 0.37))
        ink.fillRect(u - 0.098, 0.5 + k * 0.016, wide, 0.005)
      }
    }
  })
  layer(view, 5, () => lamp(view, { u: -room.side * 0.3, v: 0.14, size: 1.6 }, room, false))
}

function paintStudio(view: View, room: Room): void {
  const { ink, look, aspect } = view
  layer(view, 6, () => {
    const tint = mixed(look.accent, room.wall, 0.4)
    glow(ink, { u: 0.1 * room.side, v: 0.42, radius: 0.9 * (1 + 0.12 * view.level) }, tint, 0.55 + 0.3 * view.level)
    // Acoustic panels.
    ink.fillStyle = css(darker(room.wall, 0.5), 0.5)
    for (let i = -7; i <= 7; i++)
      for (let k = 0; k < 4; k++) if ((i + k) % 2 === 0) ink.fillRect(i * 0.15 - 0.07, 0.08 + k * 0.15, 0.14, 0.14)
  })
  layer(view, 3, () => {
    for (const side of [-1, 1]) {
      const u = side * Math.min(0.62, aspect * 0.38)
      ink.fillStyle = css([14, 14, 16])
      ink.fillRect(u - 0.005, 0.3, 0.01, 0.6)
      glow(ink, { u: u - side * 0.06, v: 0.22, radius: 0.5 }, room.warm, 0.5 * (1 + 0.4 * view.level))
      ink.fillStyle = css([255, 240, 214])
      shape(ink, [
        [u - side * 0.02, 0.12],
        [u - side * 0.08, 0.1],
        [u - side * 0.08, 0.34],
        [u - side * 0.02, 0.32],
      ])
      ink.fillStyle = css([20, 20, 22])
      shape(ink, [
        [u - side * 0.02, 0.12],
        [u + side * 0.06, 0.18],
        [u + side * 0.06, 0.27],
        [u - side * 0.02, 0.32],
      ])
    }
  })
  layer(view, 2.6, (span) => {
    ink.fillStyle = fall(ink, 0.8, 1, [
      [0, mixed(room.wood, room.warm, 0.3)],
      [0.06, room.wood],
      [1, darker(room.wood, 0.6)],
    ])
    ink.fillRect(span.left, 0.82, span.right - span.left, 0.4)
  })
}
