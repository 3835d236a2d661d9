// A stylised portrait, front on, eyes to the camera, as a lip-sync shot wants its first frame: plain shapes, soft light
// from one side, a rim of colour from the other. Who it is comes in as data; nobody real is meant.
import { blob, bokeh, chance, ink, layer, light, linear, paint, radial, vignette } from './picture.mjs'

/** Mirrors points given for the right half (x from the middle) into a closed outline. */
const both = (half) => [
  ...half,
  ...half
    .slice(1, -1)
    .reverse()
    .map(([x, y]) => [-x, y]),
]
const headShape = both([
  [0, -196],
  [92, -178],
  [136, -96],
  [138, 0],
  [126, 84],
  [88, 152],
  [36, 186],
  [0, 190],
])
const neckShape = [
  [-62, 110],
  [62, 110],
  [68, 230],
  [112, 272],
  [0, 330],
  [-112, 272],
  [-68, 230],
]
const bodyShape = [
  [-380, 560],
  [-346, 330],
  [-210, 262],
  [-96, 236],
  [0, 300],
  [96, 236],
  [210, 262],
  [346, 330],
  [380, 560],
]

function behind(ctx, width, height, { sky, lamps, seed }) {
  ctx.fillStyle = linear(ctx, [0, 0, 0, height], sky)
  ctx.fillRect(0, 0, width, height)
  layer(ctx, { filter: 'blur(14px)' }, () => {
    ctx.fillStyle = 'rgba(6,9,16,0.55)'
    for (const [x, top, w] of [
      [40, 300, 150],
      [230, 350, 90],
      [930, 270, 120],
      [1090, 330, 190],
    ])
      ctx.fillRect(x, top, w, height)
    ctx.fillRect(0, height * 0.72, width, height)
  })
  bokeh(ctx, seed, 26, [0, height * 0.34, width, height * 0.42], lamps, [8, 34])
}

function body(ctx, { coat, coatDark, collar, rim }) {
  blob(ctx, bodyShape)
  ctx.fillStyle = linear(
    ctx,
    [-340, 240, 340, 560],
    [
      [0, coat],
      [0.55, coatDark],
      [1, coatDark],
    ],
  )
  ctx.fill()
  layer(ctx, {}, () => {
    ctx.clip()
    ctx.filter = 'blur(16px)'
    ctx.strokeStyle = ink(rim, 0.6)
    ctx.lineWidth = 16
    ctx.beginPath()
    ctx.moveTo(372, 540)
    ctx.quadraticCurveTo(364, 320, 214, 258)
    ctx.stroke()
  })
  for (const side of [-1, 1]) {
    ctx.fillStyle = linear(
      ctx,
      [side * 60, 220, side * 190, 460],
      [
        [0, collar],
        [1, coatDark],
      ],
    )
    ctx.beginPath()
    ctx.moveTo(side * 64, 214)
    ctx.quadraticCurveTo(side * 132, 226, side * 190, 300)
    ctx.lineTo(side * 132, 356)
    ctx.lineTo(side * 156, 388)
    ctx.lineTo(side * 8, 560)
    ctx.lineTo(0, 420)
    ctx.quadraticCurveTo(side * 46, 320, side * 64, 214)
    ctx.fill()
    ctx.strokeStyle = 'rgba(0,0,0,0.35)'
    ctx.lineWidth = 3
    ctx.stroke()
  }
}

function neck(ctx, { skin, shade, shirt }) {
  blob(ctx, neckShape)
  ctx.fillStyle = linear(
    ctx,
    [-60, 110, 80, 240],
    [
      [0, skin],
      [1, shade],
    ],
  )
  ctx.fill()
  layer(ctx, { filter: 'blur(14px)', fillStyle: ink(shade, 0.85) }, () => {
    ctx.clip()
    ctx.beginPath()
    ctx.ellipse(10, 150, 104, 66, 0, 0, Math.PI * 2)
    ctx.fill()
  })
  ctx.fillStyle = shirt
  ctx.beginPath()
  ctx.moveTo(-92, 262)
  ctx.quadraticCurveTo(0, 352, 92, 262)
  ctx.lineTo(60, 470)
  ctx.lineTo(-60, 470)
  ctx.fill()
}

function head(ctx, { skin, shade, blush, rim }) {
  for (const side of [-1, 1]) {
    ctx.fillStyle = side < 0 ? skin : shade
    ctx.beginPath()
    ctx.ellipse(side * 138, 6, 20, 42, side * 0.12, 0, Math.PI * 2)
    ctx.fill()
    ctx.strokeStyle = ink(shade, 0.9)
    ctx.lineWidth = 4
    ctx.beginPath()
    ctx.arc(side * 140, 4, 14, -1, 1.6)
    ctx.stroke()
  }
  blob(ctx, headShape)
  ctx.fillStyle = linear(
    ctx,
    [-130, -60, 150, 60],
    [
      [0, skin],
      [0.5, skin],
      [1, shade],
    ],
  )
  ctx.fill()
  layer(ctx, {}, () => {
    ctx.clip()
    layer(ctx, { filter: 'blur(26px)' }, () => {
      ctx.fillStyle = ink(shade, 0.75)
      ctx.beginPath()
      ctx.ellipse(152, 40, 76, 190, 0.08, 0, Math.PI * 2)
      ctx.fill()
      ctx.fillStyle = ink(blush, 0.34)
      for (const x of [-82, 82]) {
        ctx.beginPath()
        ctx.ellipse(x, 62, 40, 26, 0, 0, Math.PI * 2)
        ctx.fill()
      }
      ctx.fillStyle = 'rgba(255,240,220,0.28)'
      ctx.beginPath()
      ctx.ellipse(-62, -96, 70, 48, -0.3, 0, Math.PI * 2)
      ctx.fill()
    })
    layer(ctx, { filter: 'blur(7px)', strokeStyle: ink(rim, 0.85), lineWidth: 9 }, () => {
      ctx.beginPath()
      ctx.moveTo(134, -96)
      ctx.quadraticCurveTo(146, 10, 122, 98)
      ctx.quadraticCurveTo(104, 140, 78, 164)
      ctx.stroke()
    })
  })
}

function eye(ctx, side, { iris, shade, hair, lash }) {
  ctx.save()
  ctx.translate(side * 58, -8)
  layer(ctx, { filter: 'blur(8px)', fillStyle: ink(shade, 0.6) }, () => {
    ctx.beginPath()
    ctx.ellipse(0, -8, 42, 24, 0, 0, Math.PI * 2)
    ctx.fill()
  })
  ctx.beginPath()
  ctx.moveTo(-34, 4)
  ctx.quadraticCurveTo(-4, -26, 34, 0)
  ctx.quadraticCurveTo(4, 22, -34, 4)
  ctx.fillStyle = '#f3efe8'
  ctx.fill()
  layer(ctx, {}, () => {
    ctx.clip()
    ctx.fillStyle = radial(ctx, 0, 0, 17, [
      [0, '#0b0d10'],
      [0.42, '#0b0d10'],
      [0.5, iris],
      [0.85, iris],
      [1, '#1a1d22'],
    ])
    ctx.beginPath()
    ctx.arc(0, -2, 17, 0, Math.PI * 2)
    ctx.fill()
    ctx.fillStyle = 'rgba(40,30,40,0.28)'
    ctx.fillRect(-36, -26, 72, 14)
  })
  ctx.fillStyle = 'rgba(255,255,255,0.92)'
  ctx.beginPath()
  ctx.arc(-6, -8, 4.6, 0, Math.PI * 2)
  ctx.fill()
  ctx.strokeStyle = lash
  ctx.lineWidth = 6
  ctx.beginPath()
  ctx.moveTo(-35, 3)
  ctx.quadraticCurveTo(-4, -28, 35, -1)
  ctx.stroke()
  ctx.strokeStyle = hair
  ctx.lineWidth = 11
  ctx.beginPath()
  ctx.moveTo(side < 0 ? 36 : -36, -40)
  ctx.quadraticCurveTo(side * 4, -60, side * 44, -40)
  ctx.stroke()
  ctx.restore()
}

function features(ctx, who) {
  for (const side of [-1, 1]) eye(ctx, side, who)
  layer(ctx, { filter: 'blur(4px)', strokeStyle: ink(who.shade, 0.6), lineWidth: 11 }, () => {
    ctx.beginPath()
    ctx.moveTo(20, -16)
    ctx.quadraticCurveTo(26, 36, 32, 58)
    ctx.stroke()
  })
  ctx.strokeStyle = ink(who.lash, 0.55)
  ctx.lineWidth = 5
  ctx.beginPath()
  ctx.moveTo(-28, 64)
  ctx.quadraticCurveTo(-14, 78, 0, 74)
  ctx.quadraticCurveTo(14, 78, 28, 64)
  ctx.stroke()
  ctx.fillStyle = who.lips
  ctx.beginPath()
  ctx.moveTo(-46, 116)
  ctx.quadraticCurveTo(-20, 102, 0, 109)
  ctx.quadraticCurveTo(20, 102, 46, 116)
  ctx.quadraticCurveTo(24, 146, 0, 146)
  ctx.quadraticCurveTo(-24, 146, -46, 116)
  ctx.fill()
  ctx.strokeStyle = 'rgba(50,14,20,0.7)'
  ctx.lineWidth = 4
  ctx.beginPath()
  ctx.moveTo(-45, 117)
  ctx.quadraticCurveTo(0, 128, 45, 117)
  ctx.stroke()
}

const hairBack = {
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

function hair(ctx, { cut, seed, hair: colour, hairLight, rim }) {
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

function beard(ctx, { hair: colour }) {
  layer(ctx, {}, () => {
    blob(ctx, headShape)
    ctx.clip()
    layer(ctx, { filter: 'blur(5px)', fillStyle: ink(colour, 0.92) }, () => {
      blob(ctx, [
        [-142, 20],
        [-118, 62],
        [-78, 96],
        [0, 88],
        [78, 96],
        [118, 62],
        [142, 20],
        [140, 120],
        [80, 210],
        [0, 220],
        [-80, 210],
        [-140, 120],
      ])
      ctx.fill()
    })
  })
}

function glasses(ctx, { frame }) {
  ctx.strokeStyle = frame
  ctx.lineWidth = 7
  for (const side of [-1, 1]) {
    ctx.beginPath()
    ctx.roundRect(side * 59 - 47, -42, 94, 74, 30)
    ctx.fillStyle = 'rgba(200,225,255,0.08)'
    ctx.fill()
    ctx.stroke()
    ctx.beginPath()
    ctx.moveTo(side * 106, -14)
    ctx.lineTo(side * 138, -8)
    ctx.stroke()
  }
  ctx.beginPath()
  ctx.moveTo(-13, -10)
  ctx.quadraticCurveTo(0, -18, 13, -10)
  ctx.stroke()
}

/** A microphone at the edge of the frame, there from the start. */
function microphone(ctx) {
  ctx.strokeStyle = '#15181e'
  ctx.lineWidth = 16
  ctx.beginPath()
  ctx.moveTo(560, 560)
  ctx.lineTo(430, 330)
  ctx.lineTo(300, 322)
  ctx.stroke()
  ctx.fillStyle = linear(
    ctx,
    [210, 270, 300, 370],
    [
      [0, '#6f7884'],
      [0.5, '#2c3138'],
      [1, '#101318'],
    ],
  )
  ctx.beginPath()
  ctx.roundRect(196, 276, 112, 92, 40)
  ctx.fill()
  ctx.strokeStyle = 'rgba(255,255,255,0.12)'
  ctx.lineWidth = 3
  for (let x = 212; x < 296; x += 14) {
    ctx.beginPath()
    ctx.moveTo(x, 284)
    ctx.lineTo(x, 360)
    ctx.stroke()
  }
}

/** A portrait, 1280 by 720: chest up, in the middle, sharp before a soft background. */
export const portrait = (who) =>
  paint(1280, 720, (ctx, width, height) => {
    behind(ctx, width, height, who)
    light(ctx, width * 0.5, 250, 460, who.glow, 0.3)
    ctx.save()
    ctx.translate(width / 2, 318)
    ctx.scale(1.05, 1.05)
    hairBack[who.cut](ctx, who.hair)
    neck(ctx, who)
    body(ctx, who)
    head(ctx, who)
    if (who.beard) beard(ctx, who)
    features(ctx, who)
    hair(ctx, who)
    if (who.frame) glasses(ctx, who)
    if (who.microphone) microphone(ctx)
    ctx.restore()
    light(ctx, width * 0.24, 40, 620, who.glow, 0.2)
    vignette(ctx, width, height, 0.55)
  })

export const mara = {
  cut: 'cropped',
  seed: 11,
  skin: '#e2b594',
  shade: '#8d5a4c',
  blush: '#d9776a',
  lips: '#b5625d',
  iris: '#7fa3b5',
  lash: '#2a1f22',
  hair: '#9aa3ad',
  hairLight: '#e6ebf0',
  coat: '#2c3d5c',
  coatDark: '#131c2e',
  collar: '#1c2942',
  shirt: '#d8d2c4',
  rim: '#ffb36b',
  glow: '#ffcf9a',
  sky: [
    [0, '#31415f'],
    [0.45, '#7d6f7f'],
    [0.62, '#c98f6d'],
    [1, '#1b2130'],
  ],
  lamps: ['#ffc27a', '#ff9a5e', '#9fd8ff'],
}

const studio = { lamps: ['#ffb45e', '#ff8f4a', '#ffd9a0'], rim: '#6fb7ff', glow: '#ffbe7a', microphone: true }

export const ada = {
  ...studio,
  cut: 'curls',
  seed: 23,
  skin: '#8d5a3c',
  shade: '#4b2a1f',
  blush: '#a5523c',
  lips: '#8a3f3c',
  iris: '#4a2f1e',
  lash: '#140c0c',
  hair: '#1d1517',
  hairLight: '#4b3431',
  coat: '#c9603a',
  coatDark: '#6d2b1d',
  collar: '#8f3d26',
  shirt: '#f0e4d0',
  frame: '#e2b04a',
  sky: [
    [0, '#1c1a26'],
    [0.5, '#4a3030'],
    [0.7, '#6b432f'],
    [1, '#120f16'],
  ],
}

export const jun = {
  ...studio,
  cut: 'cropped',
  seed: 31,
  skin: '#e3ba8f',
  shade: '#94664a',
  blush: '#cc7f62',
  lips: '#bd8468',
  iris: '#3a2a20',
  lash: '#171112',
  hair: '#1a191d',
  hairLight: '#4d4c55',
  coat: '#3f6f64',
  coatDark: '#1a332f',
  collar: '#285048',
  shirt: '#e9e6df',
  beard: false,
  sky: [
    [0, '#16202a'],
    [0.5, '#233a41'],
    [0.7, '#5b4a36'],
    [1, '#0e1318'],
  ],
}

export const mira = {
  ...studio,
  cut: 'bun',
  seed: 47,
  skin: '#f0c9ae',
  shade: '#a8705c',
  blush: '#e08a78',
  lips: '#c0595c',
  iris: '#5c7a4a',
  lash: '#2c1a18',
  hair: '#8b3f22',
  hairLight: '#d98a4e',
  coat: '#51457c',
  coatDark: '#241d40',
  collar: '#382f5c',
  shirt: '#efe0c4',
  frame: '#20222c',
  sky: [
    [0, '#221a2e'],
    [0.5, '#45304a'],
    [0.7, '#6b4638'],
    [1, '#131019'],
  ],
}
