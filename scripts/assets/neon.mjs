// The harbour's neon sign, once dark and once lit: glass tubes on a steel board on a brick wall at blue hour. Both
// pictures come from the same lines, so that a shot from one to the other has only the light to change.
import { chance, ink, layer, light, linear, paint, radial, vignette } from './picture.mjs'

/** Letters as strokes in a box of 1 by 1; `q` bends through a control point. */
const letters = {
  H: ['M0 0 L0 1', 'M.8 0 L.8 1', 'M0 .5 L.8 .5'],
  A: ['M0 1 L.42 0 L.84 1', 'M.16 .64 L.68 .64'],
  R: ['M0 1 L0 0 L.42 0 Q.8 0 .8 .26 Q.8 .52 .42 .52 L.08 .52', 'M.42 .54 L.82 1'],
  B: ['M0 1 L0 0 L.42 0 Q.74 0 .74 .24 Q.74 .47 .42 .47 L.08 .47', 'M.44 .48 Q.82 .48 .82 .74 Q.82 1 .42 1 L.06 1'],
  O: ['M.42 0 Q0 0 0 .5 Q0 1 .42 1 Q.84 1 .84 .5 Q.84 0 .46 0'],
  L: ['M0 0 L0 1 L.66 1'],
  I: ['M.1 0 L.1 1'],
  G: ['M.82 .2 Q.7 0 .44 0 Q0 0 0 .5 Q0 1 .44 1 Q.82 1 .82 .58 L.48 .58'],
  T: ['M0 0 L.8 0', 'M.4 .03 L.4 1'],
  S: ['M.72 .16 Q.6 0 .38 0 Q.02 0 .02 .25 Q.02 .46 .38 .5 Q.76 .55 .76 .76 Q.76 1 .38 1 Q.1 1 0 .82'],
}

const lighthouse = [
  'M.34 .36 L.26 1 L.74 1 L.66 .36 Z',
  'M.26 .36 L.74 .36',
  'M.36 .36 L.36 .2 L.64 .2 L.64 .36',
  'M.32 .2 Q.5 .02 .68 .2',
  'M.31 .6 L.69 .52',
  'M.28 .82 L.72 .73',
]
const beams = ['M.82 .26 L1.12 .18', 'M.82 .31 L1.16 .33', 'M.18 .26 L-.12 .18', 'M.18 .31 L-.16 .33']

function trace(ctx, stroke, [x, y, width, height]) {
  const word = /([MLQZ])|(-?[\d.]+)/g
  const point = (numbers, at) => [x + numbers[at] * width, y + numbers[at + 1] * height]
  ctx.beginPath()
  let command = 'M'
  let numbers = []
  const draw = () => {
    if (command === 'M' && numbers.length === 2) ctx.moveTo(...point(numbers, 0))
    if (command === 'L' && numbers.length === 2) ctx.lineTo(...point(numbers, 0))
    if (command === 'Q' && numbers.length === 4) ctx.quadraticCurveTo(...point(numbers, 0), ...point(numbers, 2))
  }
  for (const [, letter, number] of stroke.matchAll(word)) {
    if (number !== undefined) {
      numbers.push(Number(number))
      const full = command === 'Q' ? 4 : 2
      if (numbers.length === full) {
        draw()
        numbers = []
      }
    } else if (letter === 'Z') ctx.closePath()
    else {
      command = letter
      numbers = []
    }
  }
}

/** All tubes of the sign: where, which strokes, which gas. */
function tubes() {
  const found = []
  const word = (text, [x, y, size, gap], gas) => {
    let left = x
    for (const letter of text) {
      for (const stroke of letters[letter]) found.push({ stroke, box: [left, y, size * 0.8, size], gas })
      left += letter === 'I' ? size * 0.16 + gap : size * 0.67 + gap
    }
  }
  word('HARBOR', [410, 178, 82, 12], '#46e6ff')
  word('LIGHTS', [412, 318, 70, 24], '#ff5fa8')
  for (const stroke of lighthouse) found.push({ stroke, box: [182, 146, 170, 264], gas: '#ff7a45' })
  for (const stroke of beams) found.push({ stroke, box: [182, 146, 170, 264], gas: '#ffd76a' })
  return found
}

function wall(ctx, width, height, lit) {
  ctx.fillStyle = linear(
    ctx,
    [0, 0, width, height],
    [
      [0, '#1b2433'],
      [0.6, '#151b28'],
      [1, '#0e121b'],
    ],
  )
  ctx.fillRect(0, 0, width, height)
  const next = chance(77)
  const [w, h] = [64, 27]
  for (let row = 0; row * h < height; row++) {
    for (let column = -1; column * w < width; column++) {
      const shade = next()
      ctx.fillStyle = shade > 0.5 ? ink('#5b3f40', 0.16 + shade * 0.3) : ink('#2b2b3a', 0.3 + shade * 0.5)
      ctx.fillRect(column * w + (row % 2) * (w / 2) + 2, row * h + 2, w - 4, h - 4)
    }
  }
  ctx.fillStyle = linear(
    ctx,
    [0, 0, 0, height],
    [
      [0, 'rgba(90,120,170,0.16)'],
      [0.5, 'rgba(20,26,40,0)'],
      [1, 'rgba(4,5,9,0.75)'],
    ],
  )
  ctx.fillRect(0, 0, width, height)
  if (!lit) return
  light(ctx, 610, 240, 520, '#2fb6d6', 0.5)
  light(ctx, 590, 380, 380, '#e0458c', 0.42)
  light(ctx, 270, 300, 330, '#f0703a', 0.5)
}

function board(ctx, lit) {
  layer(ctx, { shadowColor: 'rgba(0,0,0,0.75)', shadowBlur: 34, shadowOffsetX: 10, shadowOffsetY: 16 }, () => {
    ctx.fillStyle = linear(
      ctx,
      [150, 110, 820, 450],
      [
        [0, '#1d2735'],
        [0.45, '#131a25'],
        [1, '#0c1018'],
      ],
    )
    ctx.beginPath()
    ctx.roundRect(120, 104, 728, 344, 26)
    ctx.fill()
  })
  ctx.strokeStyle = lit ? '#37526a' : '#2a3646'
  ctx.lineWidth = 5
  ctx.stroke()
  ctx.strokeStyle = 'rgba(255,255,255,0.07)'
  ctx.lineWidth = 1.5
  ctx.strokeRect(140, 122, 688, 308)
  for (const [x, y] of [
    [146, 130],
    [822, 130],
    [146, 422],
    [822, 422],
  ]) {
    ctx.fillStyle = radial(ctx, x - 2, y - 2, 9, [
      [0, '#8fa2b8'],
      [1, '#28323f'],
    ])
    ctx.beginPath()
    ctx.arc(x, y, 6, 0, Math.PI * 2)
    ctx.fill()
  }
  for (const x of [300, 660]) {
    ctx.fillStyle = linear(
      ctx,
      [x - 9, 0, x + 9, 0],
      [
        [0, '#141a23'],
        [0.4, '#5a6879'],
        [1, '#10151d'],
      ],
    )
    ctx.fillRect(x - 8, 0, 16, 104)
  }
}

function glass(ctx, { stroke, box, gas }) {
  trace(ctx, stroke, box)
  ctx.strokeStyle = 'rgba(0,0,0,0.5)'
  ctx.lineWidth = 15
  ctx.stroke()
  ctx.strokeStyle = '#59697b'
  ctx.lineWidth = 10
  ctx.stroke()
  ctx.strokeStyle = ink(gas, 0.2)
  ctx.lineWidth = 7
  ctx.stroke()
  ctx.strokeStyle = 'rgba(222,235,250,0.55)'
  ctx.lineWidth = 2
  ctx.stroke()
}

function glow(ctx, { stroke, box, gas }) {
  trace(ctx, stroke, box)
  layer(ctx, { globalCompositeOperation: 'screen', strokeStyle: ink(gas, 0.28), lineWidth: 34, filter: 'blur(22px)' }, () => ctx.stroke())
  layer(ctx, { globalCompositeOperation: 'screen', strokeStyle: ink(gas, 0.7), lineWidth: 16, filter: 'blur(7px)' }, () => ctx.stroke())
  layer(ctx, { strokeStyle: gas, lineWidth: 9 }, () => ctx.stroke())
  layer(ctx, { strokeStyle: 'rgba(255,252,246,0.95)', lineWidth: 4.2 }, () => ctx.stroke())
}

/** The wet top of a railing that takes the sign's light. */
function railing(ctx, width, height, lit) {
  ctx.fillStyle = linear(
    ctx,
    [0, height - 58, 0, height],
    [
      [0, '#2b3441'],
      [0.14, '#141a22'],
      [1, '#080a0e'],
    ],
  )
  ctx.fillRect(0, height - 56, width, 56)
  ctx.fillStyle = lit ? 'rgba(160,235,255,0.55)' : 'rgba(150,175,205,0.22)'
  ctx.fillRect(0, height - 56, width, 2)
  if (!lit) return
  for (const [x, radius, colour] of [
    [270, 190, '#ff7a45'],
    [560, 250, '#46e6ff'],
    [690, 200, '#ff5fa8'],
  ]) {
    layer(ctx, { globalCompositeOperation: 'screen' }, () => {
      ctx.translate(x, height - 30)
      ctx.scale(1, 0.22)
      ctx.fillStyle = radial(ctx, 0, 0, radius, [
        [0, ink(colour, 0.5)],
        [1, ink(colour, 0)],
      ])
      ctx.fillRect(-radius, -radius, radius * 2, radius * 2)
    })
  }
}

export const sign = (lit) =>
  paint(832, 468, (ctx) => {
    const [width, height] = [960, 540]
    ctx.scale(832 / width, 468 / height)
    wall(ctx, width, height, lit)
    board(ctx, lit)
    for (const tube of tubes()) (lit ? glow : glass)(ctx, tube)
    railing(ctx, width, height, lit)
    vignette(ctx, width, height, lit ? 0.5 : 0.62)
  })
