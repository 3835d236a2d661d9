// A stylised portrait, front on, eyes to the camera, as a lip-sync shot wants its first frame: plain shapes, soft light
// from one side, a rim of colour from the other. Who it is comes in as data; nobody real is meant.
import { hair, hairBehind } from './hair.mjs'
import { blob, bokeh, ink, layer, light, linear, paint, radial, vignette } from './picture.mjs'

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
    ctx.translate(width / 2, 352)
    ctx.scale(0.86, 0.86)
    hairBehind[who.cut](ctx, who.hair)
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
