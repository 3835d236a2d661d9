// Hair for a portrait: what lies behind the head, the cap of it, and single locks over both, so that its edge is hair.
// The cuts are outlines around the middle of a face; locks are thrown by the person's own seed.
import { blob, chance, ink, layer, linear, radial } from './picture.mjs'

export const hairBehind = {
  cropped: () => {},
  curls: (ctx, hair) => {
    ctx.fillStyle = hair
    for (let i = 0; i < 26; i++) {
      const turn = Math.PI * (0.92 + (i / 25) * 1.16)
      ctx.beginPath()
      ctx.arc(Math.cos(turn) * 160, -54 + Math.sin(turn) * 178, 52 + (i % 3) * 7, 0, Math.PI * 2)
      ctx.fill()
    }
  },
  bun: (ctx, hair) => {
    ctx.fillStyle = hair
    ctx.beginPath()
    ctx.ellipse(6, -246, 66, 54, 0, 0, Math.PI * 2)
    ctx.ellipse(0, -70, 158, 168, 0, 0, Math.PI * 2)
    ctx.fill()
  },
}

const hairFront = {
  cropped: [
    [-148, -2],
    [-157, -110],
    [-104, -212],
    [2, -240],
    [106, -216],
    [157, -112],
    [148, -2],
    [136, -52],
    [128, -100],
    [100, -132],
    [44, -136],
    [-20, -128],
    [-80, -112],
    [-122, -84],
    [-136, -46],
  ],
  curls: [
    [-150, -30],
    [-160, -130],
    [-90, -216],
    [0, -234],
    [96, -212],
    [160, -126],
    [150, -30],
    [126, -86],
    [80, -128],
    [20, -112],
    [-40, -134],
    [-96, -112],
    [-128, -78],
  ],
  bun: [
    [-146, 10],
    [-156, -112],
    [-98, -212],
    [0, -236],
    [98, -212],
    [156, -112],
    [146, 10],
    [124, -72],
    [72, -138],
    [0, -160],
    [-72, -138],
    [-124, -72],
  ],
}

/** One lock of hair from the crown to the fringe, thin at its end. */
function lock(ctx, [x0, y0], [cx, cy], [x1, y1], width) {
  ctx.beginPath()
  ctx.moveTo(x0 - width / 2, y0)
  ctx.quadraticCurveTo(cx - width / 2, cy, x1, y1)
  ctx.quadraticCurveTo(cx + width / 2, cy, x0 + width / 2, y0)
  ctx.fill()
}

function frontCurls(ctx, colour, hairLight, next) {
  for (let i = 0; i < 64; i++) {
    const across = next() * 2 - 1
    const [x, y] = [across * 148, -236 + Math.abs(across) ** 2.4 * 150 + next() * 86 * (1 - Math.abs(across) * 0.55)]
    const radius = 17 + next() * 15
    ctx.fillStyle = radial(ctx, x - radius * 0.4, y - radius * 0.5, radius * 1.5, [
      [0, ink(hairLight, 0.95)],
      [0.55, colour],
      [1, colour],
    ])
    ctx.beginPath()
    ctx.arc(x, y, radius, 0, Math.PI * 2)
    ctx.fill()
  }
}

export function hair(ctx, { cut, seed, hair: colour, hairLight, rim }) {
  const outline = hairFront[cut]
  blob(ctx, outline)
  ctx.fillStyle = linear(
    ctx,
    [-150, -240, 150, -40],
    [
      [0, hairLight],
      [0.4, colour],
      [1, colour],
    ],
  )
  ctx.fill()
  const next = chance(seed)
  layer(ctx, {}, () => {
    ctx.clip()
    for (let i = 0; i < 260; i++) {
      const across = next() * 2 - 1
      const shade = next()
      ctx.fillStyle = shade > 0.55 ? ink(hairLight, 0.1 + next() * 0.4) : `rgba(20,22,30,${0.04 + next() * 0.16})`
      const end = [across * 166 + (next() - 0.5) * 22, -150 + Math.abs(across) ** 3 * 150 + next() * 70]
      lock(ctx, [-24 + across * 70, -250], [across * 176 - 8, -222], end, 3 + next() * 7)
    }
    ctx.filter = 'blur(6px)'
    ctx.strokeStyle = ink(rim, 0.8)
    ctx.lineWidth = 10
    ctx.beginPath()
    ctx.moveTo(60, -244)
    ctx.quadraticCurveTo(166, -190, 156, -20)
    ctx.stroke()
  })
  if (cut === 'curls') return frontCurls(ctx, colour, hairLight, next)
  // The fringe: locks that leave the outline, so that its edge is hair and no cap.
  const fringe = outline.slice(8)
  for (let i = 0; i < 46; i++) {
    const at = next() * (fringe.length - 1.01)
    const [a, b] = [fringe[Math.floor(at)], fringe[Math.floor(at) + 1]]
    const part = at % 1
    const [x, y] = [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part]
    ctx.fillStyle = next() > 0.5 ? colour : ink(hairLight, 0.75)
    lock(ctx, [x + 6, y - 34], [x + 2, y - 10], [x - 8 + next() * 10, y + 6 + next() * 12], 9 + next() * 8)
  }
}
