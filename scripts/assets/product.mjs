// A bottle on wet slate, at any angle of its turn, and the two brands' marks. Pictures of one bottle share every line but
// the label's place and the light's, so that a shot from one to the other turns the bottle and nothing else.
import { chance, ink, layer, light, linear, paint, radial, vignette } from './picture.mjs'

const [left, right, top, bottom] = [246, 474, 470, 1080]

function room(ctx, width, height, turn) {
  ctx.fillStyle = linear(
    ctx,
    [0, 0, 0, height],
    [
      [0, '#0f2530'],
      [0.55, '#1c4a55'],
      [0.8, '#0f2c35'],
      [1, '#06141a'],
    ],
  )
  ctx.fillRect(0, 0, width, height)
  light(ctx, 200 + turn * 320, 470, 620, '#59d3d8', 0.42)
  light(ctx, 560 - turn * 300, 900, 420, '#ffb27a', 0.24)
  ctx.fillStyle = linear(
    ctx,
    [0, 1060, 0, height],
    [
      [0, '#17333b'],
      [0.2, '#0c2027'],
      [1, '#04090c'],
    ],
  )
  ctx.fillRect(0, 1060, width, height - 1060)
  ctx.fillStyle = 'rgba(170,240,240,0.16)'
  ctx.fillRect(0, 1059, width, 2)
}

function silhouette(ctx) {
  ctx.beginPath()
  ctx.moveTo(318, 372)
  ctx.lineTo(402, 372)
  ctx.quadraticCurveTo(404, 430, 430, 462)
  ctx.quadraticCurveTo(right, 510, right, 590)
  ctx.lineTo(right, bottom - 50)
  ctx.quadraticCurveTo(right, bottom, right - 54, bottom)
  ctx.lineTo(left + 54, bottom)
  ctx.quadraticCurveTo(left, bottom, left, bottom - 50)
  ctx.lineTo(left, 590)
  ctx.quadraticCurveTo(left, 510, 290, 462)
  ctx.quadraticCurveTo(316, 430, 318, 372)
  ctx.closePath()
}

function cap(ctx, turn) {
  const across = linear(
    ctx,
    [306, 0, 414, 0],
    [
      [0, '#3b2a1b'],
      [0.2 + turn * 0.3, '#d9a566'],
      [0.45 + turn * 0.3, '#9a6a38'],
      [1, '#2c1e12'],
    ],
  )
  ctx.fillStyle = across
  ctx.beginPath()
  ctx.roundRect(306, 268, 108, 96, 14)
  ctx.fill()
  ctx.strokeStyle = 'rgba(30,18,8,0.35)'
  ctx.lineWidth = 2
  for (let grain = 0; grain < 9; grain++) {
    ctx.beginPath()
    ctx.moveTo(308, 280 + grain * 9)
    ctx.quadraticCurveTo(350 + turn * 30, 286 + grain * 9 + (grain % 3) * 3, 412, 278 + grain * 9)
    ctx.stroke()
  }
  ctx.fillStyle = '#c9d6d8'
  ctx.fillRect(312, 362, 96, 12)
}

/** The label, wrapped: the letters narrow as they leave the front. */
function label(ctx, turn) {
  const [middle, radius] = [(left + right) / 2, (right - left) / 2]
  ctx.font = '66px "Inter SemiBold"'
  const widths = [...'FJORD'].map((letter) => ctx.measureText(letter).width)
  let along = -widths.reduce((sum, width) => sum + width, 0) / 2
  for (const [i, letter] of [...'FJORD'].entries()) {
    const width = widths[i] ?? 0
    const angle = (along + width / 2) / radius + turn * 1.05
    along += width
    if (Math.abs(angle) > 1.5) continue
    layer(ctx, { globalAlpha: Math.max(0, Math.cos(angle)) ** 0.6 }, () => {
      ctx.translate(middle + Math.sin(angle) * radius * 0.97, 824)
      ctx.scale(Math.cos(angle), 1)
      ctx.font = '66px "Inter SemiBold"'
      ctx.textAlign = 'center'
      ctx.fillStyle = '#eafcfb'
      ctx.fillText(letter, 0, 0)
    })
  }
  // A wave that runs around the whole bottle.
  ctx.strokeStyle = 'rgba(126,240,232,0.9)'
  ctx.lineWidth = 5
  for (const row of [0, 1, 2]) {
    ctx.beginPath()
    for (let step = -30; step <= 30; step++) {
      const angle = (step / 30) * 1.52
      const x = middle + Math.sin(angle) * radius * 0.98
      const y = 876 + row * 20 + Math.sin((angle - turn * 1.05) * 7 + row * 0.9) * 9
      if (step === -30) ctx.moveTo(x, y)
      else ctx.lineTo(x, y)
    }
    ctx.globalAlpha = 1 - row * 0.3
    ctx.stroke()
  }
  ctx.globalAlpha = 1
}

function glass(ctx, turn) {
  silhouette(ctx)
  ctx.fillStyle = linear(
    ctx,
    [left, 0, right, 0],
    [
      [0, '#06343c'],
      [0.16, '#0f6d74'],
      [0.5, '#0b4f58'],
      [0.86, '#0d646d'],
      [1, '#04262d'],
    ],
  )
  ctx.fill()
  layer(ctx, {}, () => {
    ctx.clip()
    ctx.fillStyle = linear(
      ctx,
      [0, 560, 0, bottom],
      [
        [0, 'rgba(160,255,245,0.18)'],
        [0.04, 'rgba(60,200,200,0.22)'],
        [1, 'rgba(4,50,60,0.5)'],
      ],
    )
    ctx.fillRect(left, 560, right - left, bottom - 560)
    label(ctx, turn)
    const shine = left + 26 + turn * 120
    layer(ctx, { filter: 'blur(5px)', fillStyle: 'rgba(225,255,252,0.62)' }, () => {
      ctx.beginPath()
      ctx.roundRect(shine, 560, 17, 430, 10)
      ctx.fill()
    })
    layer(ctx, { filter: 'blur(9px)', fillStyle: 'rgba(255,190,130,0.42)' }, () => {
      ctx.beginPath()
      ctx.roundRect(right - 34 - turn * 10, 600, 13, 400, 10)
      ctx.fill()
    })
  })
  ctx.strokeStyle = 'rgba(190,255,250,0.35)'
  ctx.lineWidth = 2
  silhouette(ctx)
  ctx.stroke()
}

function drops(ctx) {
  const next = chance(8)
  layer(ctx, {}, () => {
    silhouette(ctx)
    ctx.clip()
    for (let i = 0; i < 150; i++) {
      const [x, y, radius] = [left + next() * (right - left), top + next() * (bottom - top), 1.4 + next() ** 3 * 7]
      ctx.fillStyle = radial(ctx, x - radius * 0.3, y - radius * 0.4, radius * 1.3, [
        [0, 'rgba(255,255,255,0.85)'],
        [0.3, 'rgba(190,250,246,0.35)'],
        [1, 'rgba(0,30,36,0.35)'],
      ])
      ctx.beginPath()
      ctx.ellipse(x, y, radius, radius * 1.15, 0, 0, Math.PI * 2)
      ctx.fill()
    }
  })
}

function reflection(ctx, turn) {
  layer(ctx, { globalAlpha: 0.3, filter: 'blur(6px)' }, () => {
    ctx.beginPath()
    ctx.rect(0, bottom, 720, 200)
    ctx.clip()
    ctx.translate(0, bottom * 2 - 4)
    ctx.scale(1, -1)
    glass(ctx, turn)
  })
  layer(ctx, { filter: 'blur(10px)', fillStyle: 'rgba(0,8,10,0.6)' }, () => {
    ctx.beginPath()
    ctx.ellipse(360, bottom + 2, 150, 12, 0, 0, Math.PI * 2)
    ctx.fill()
  })
}

/** `turn` 0 shows the front, 1 has turned it by about sixty degrees. */
export const bottle = (turn) =>
  paint(540, 960, (ctx) => {
    const [width, height] = [720, 1280]
    ctx.scale(0.75, 0.75)
    room(ctx, width, height, turn)
    reflection(ctx, turn)
    glass(ctx, turn)
    cap(ctx, turn)
    drops(ctx)
    vignette(ctx, width, height, 0.55)
  })

function waves(ctx, middle, y, colours) {
  for (const [row, colour] of colours.entries()) {
    ctx.strokeStyle = colour
    ctx.lineWidth = 22
    ctx.beginPath()
    ctx.moveTo(middle - 132, y + row * 44)
    for (const bend of [0, 1, 2]) {
      const x = middle - 132 + bend * 88
      ctx.bezierCurveTo(x + 29, y + row * 44 - 34, x + 59, y + row * 44 + 34, x + 88, y + row * 44)
    }
    ctx.stroke()
  }
}

export const fjordLogo = () =>
  paint(540, 960, (ctx, width, height) => {
    ctx.fillStyle = radial(ctx, width / 2, height * 0.44, 640, [
      [0, '#12525a'],
      [1, '#061a20'],
    ])
    ctx.fillRect(0, 0, width, height)
    waves(ctx, width / 2, height * 0.4, ['#7ef0e8', '#45c3c6', '#2a8c95'])
    ctx.font = '92px "Inter SemiBold"'
    ctx.textAlign = 'center'
    ctx.fillStyle = '#f2fffd'
    ctx.fillText('FJORD', width / 2, height * 0.64)
  })

/** The podcast's mark: a lamp, and the rings of sound that its light makes. */
export const podcastLogo = () =>
  paint(960, 540, (ctx, width, height) => {
    ctx.fillStyle = radial(ctx, width / 2, height * 0.46, 640, [
      [0, '#3a2230'],
      [1, '#140d16'],
    ])
    ctx.fillRect(0, 0, width, height)
    const [x, y] = [width / 2, 214]
    light(ctx, x, y, 300, '#ffb45e', 0.5)
    for (const [ring, radius] of [92, 128, 164].entries()) {
      ctx.strokeStyle = ink('#ffb45e', 0.95 - ring * 0.28)
      ctx.lineWidth = 13
      for (const side of [0, Math.PI]) {
        ctx.beginPath()
        ctx.arc(x, y, radius, side - 0.62, side + 0.62)
        ctx.stroke()
      }
    }
    ctx.fillStyle = '#ffe2b4'
    ctx.beginPath()
    ctx.roundRect(x - 34, y - 84, 68, 120, 34)
    ctx.fill()
    ctx.strokeStyle = '#ffe2b4'
    ctx.lineWidth = 12
    ctx.beginPath()
    ctx.arc(x, y - 4, 58, 0.1, Math.PI - 0.1)
    ctx.moveTo(x, y + 56)
    ctx.lineTo(x, y + 92)
    ctx.moveTo(x - 36, y + 94)
    ctx.lineTo(x + 36, y + 94)
    ctx.stroke()
    ctx.font = '64px "Inter SemiBold"'
    ctx.textAlign = 'center'
    ctx.fillStyle = '#fff4e2'
    ctx.fillText('NIGHT DESK', width / 2, 424)
  })
