// An old sea chart of the harbour: land, depth lines, a compass rose, a pencilled course. Flat inks on paper, so that the
// file stays small. Its few words are large; it is held as a still, and no model has to redraw them.
import { blob, chance, ink, layer, linear, paint } from './picture.mjs'

const coast = [
  [-60, -60],
  [330, -60],
  [352, 40],
  [300, 96],
  [322, 150],
  [398, 176],
  [430, 236],
  [388, 268],
  [330, 262],
  [286, 300],
  [292, 372],
  [352, 410],
  [372, 470],
  [330, 620],
  [-60, 620],
]
const island = [
  [690, 120],
  [740, 96],
  [792, 120],
  [804, 168],
  [760, 196],
  [706, 178],
]

function around(points, [cx, cy], scale) {
  return points.map(([x, y]) => [cx + (x - cx) * scale, cy + (y - cy) * scale])
}

function depthLines(ctx) {
  for (const [row, scale] of [1.06, 1.13, 1.22, 1.33].entries()) {
    ctx.strokeStyle = ink('#3d6a78', 0.6 - row * 0.12)
    ctx.lineWidth = 1.6
    if (row > 1) ctx.setLineDash([7, 6])
    blob(ctx, around(coast, [-200, 290], scale))
    ctx.stroke()
    blob(ctx, around(island, [748, 148], 1 + (scale - 1) * 3))
    ctx.stroke()
  }
  ctx.setLineDash([])
}

function rose(ctx, x, y, radius) {
  ctx.save()
  ctx.translate(x, y)
  ctx.strokeStyle = '#6d4c34'
  ctx.lineWidth = 2
  for (const ring of [1, 0.92, 0.36]) {
    ctx.beginPath()
    ctx.arc(0, 0, radius * ring, 0, Math.PI * 2)
    ctx.stroke()
  }
  for (let tick = 0; tick < 72; tick++) {
    ctx.save()
    ctx.rotate((tick * Math.PI) / 36)
    ctx.beginPath()
    ctx.moveTo(0, -radius * 0.92)
    ctx.lineTo(0, -radius * (tick % 6 === 0 ? 0.82 : 0.88))
    ctx.stroke()
    ctx.restore()
  }
  for (let point = 0; point < 8; point++) {
    ctx.save()
    ctx.rotate((point * Math.PI) / 4)
    const long = point % 2 === 0 ? 0.86 : 0.56
    for (const side of [-1, 1]) {
      ctx.fillStyle = side < 0 ? '#6d4c34' : '#e9d9b4'
      ctx.beginPath()
      ctx.moveTo(0, -radius * long)
      ctx.lineTo(side * radius * 0.11, -radius * 0.16)
      ctx.lineTo(0, 0)
      ctx.fill()
      ctx.stroke()
    }
    ctx.restore()
  }
  ctx.font = '30px "Inter SemiBold"'
  ctx.textAlign = 'center'
  ctx.fillStyle = '#6d4c34'
  ctx.fillText('N', 0, -radius - 10)
  ctx.restore()
}

export const chart = () =>
  paint(832, 468, (ctx) => {
    const [width, height] = [960, 540]
    ctx.scale(832 / width, 468 / height)
    ctx.fillStyle = linear(
      ctx,
      [0, 0, width, height],
      [
        [0, '#cfd9c8'],
        [1, '#b7c8bd'],
      ],
    )
    ctx.fillRect(0, 0, width, height)
    ctx.strokeStyle = 'rgba(61,106,120,0.25)'
    ctx.lineWidth = 1
    for (let x = 60; x < width; x += 120) ctx.strokeRect(x, -10, 120, height + 20)
    for (let y = 30; y < height; y += 120) ctx.strokeRect(-10, y, width + 20, 120)
    depthLines(ctx)
    for (const shape of [coast, island]) {
      blob(ctx, shape)
      ctx.fillStyle = '#e4cf9d'
      ctx.fill()
      ctx.strokeStyle = '#6d4c34'
      ctx.lineWidth = 3.5
      ctx.stroke()
    }
    const next = chance(5)
    ctx.font = '15px "Inter"'
    ctx.fillStyle = '#3d6a78'
    const taken = [
      [748, 148, 96],
      [780, 372, 130],
    ]
    for (let i = 0; i < 120 && taken.length < 34; i++) {
      const [x, y] = [450 + next() * 470, 40 + next() * 460]
      if (taken.some(([a, b, room]) => Math.hypot(x - a, y - b) < room)) continue
      taken.push([x, y, 52])
      ctx.fillText(String(3 + Math.floor(next() * 24)), x, y)
    }
    layer(ctx, { strokeStyle: '#a5322a', lineWidth: 4 }, () => {
      ctx.setLineDash([15, 11])
      ctx.beginPath()
      ctx.moveTo(404, 214)
      ctx.bezierCurveTo(520, 260, 560, 70, 690, 64)
      ctx.stroke()
      ctx.setLineDash([])
      ctx.beginPath()
      ctx.moveTo(392, 202)
      ctx.lineTo(416, 226)
      ctx.moveTo(416, 202)
      ctx.lineTo(392, 226)
      ctx.stroke()
    })
    rose(ctx, 780, 372, 104)
    ctx.font = '40px "Inter SemiBold"'
    ctx.fillStyle = '#6d4c34'
    ctx.fillText('The Narrows', 36, 214)
    ctx.strokeStyle = '#6d4c34'
    ctx.lineWidth = 3
    ctx.strokeRect(14, 14, width - 28, height - 28)
  })
