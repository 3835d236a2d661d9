// The clip that stands for own footage: a storm warning as a local station would air it. Frames are drawn one by one and
// piped to ffmpeg: a radar sweep, a storm that drifts in, a headline bar. No station, no map and no person is real.
import { blob, chance, ink, light, linear, paint, radial } from './picture.mjs'
import { run } from './tools.mjs'

const [width, height, rate, seconds] = [960, 540, 24, 8]

const land = [
  [560, -40],
  [1000, -40],
  [1000, 420],
  [840, 400],
  [760, 330],
  [690, 340],
  [640, 260],
  [600, 250],
  [586, 160],
  [530, 90],
]

function cells(time) {
  const next = chance(63)
  return Array.from({ length: 26 }, () => {
    const [angle, far, size] = [next() * 6.283, next() ** 0.6 * 170, 34 + next() * 60]
    const [x, y] = [
      250 + time * 26 + Math.cos(angle + time * 0.12) * far * 1.2,
      260 - time * 5 + Math.sin(angle + time * 0.12) * far * 0.75,
    ]
    return { x, y, size, heat: 1 - far / 190 }
  })
}

function map(ctx, time) {
  ctx.fillStyle = linear(
    ctx,
    [0, 0, width, height],
    [
      [0, '#0b2135'],
      [1, '#0a1826'],
    ],
  )
  ctx.fillRect(0, 0, width, height)
  ctx.strokeStyle = 'rgba(120,170,200,0.13)'
  ctx.lineWidth = 1
  for (let x = 0; x < width; x += 80) ctx.strokeRect(x, -2, 80, height + 4)
  for (let y = 0; y < height; y += 80) ctx.strokeRect(-2, y, width + 4, 80)
  blob(ctx, land)
  ctx.fillStyle = '#28443a'
  ctx.fill()
  ctx.strokeStyle = '#7fb49a'
  ctx.lineWidth = 2.5
  ctx.stroke()
  for (const { x, y, size, heat } of cells(time)) {
    const colour = heat > 0.72 ? '#ff3b4e' : heat > 0.5 ? '#ffb02e' : heat > 0.26 ? '#e9f04a' : '#35c46a'
    light(ctx, x, y, size, colour, 0.55 + heat * 0.35, 'source-over')
  }
}

function sweep(ctx, time) {
  const [x, y, radius] = [640, 262, 430]
  const turn = time * 1.5
  ctx.save()
  ctx.globalCompositeOperation = 'screen'
  for (let step = 0; step < 22; step++) {
    ctx.fillStyle = ink('#5dffd0', 0.012 * (22 - step))
    ctx.beginPath()
    ctx.moveTo(x, y)
    ctx.arc(x, y, radius, turn - (step + 1) * 0.03, turn - step * 0.03)
    ctx.fill()
  }
  ctx.strokeStyle = 'rgba(93,255,208,0.3)'
  for (const ring of [0.33, 0.66, 1]) {
    ctx.beginPath()
    ctx.arc(x, y, radius * ring, 0, Math.PI * 2)
    ctx.stroke()
  }
  ctx.restore()
  const beat = 0.5 + 0.5 * Math.sin(time * 6.283)
  ctx.fillStyle = radial(ctx, x, y, 18 + beat * 10, [
    [0, '#ffffff'],
    [0.3, ink('#ff5b5b', 0.9)],
    [1, ink('#ff5b5b', 0)],
  ])
  ctx.fillRect(x - 40, y - 40, 80, 80)
}

function headline(ctx, time) {
  const enter = Math.min(1, Math.max(0, (time - 0.4) / 0.6))
  const slide = (1 - (1 - enter) ** 3) * 720 - 720
  ctx.fillStyle = '#b3202c'
  ctx.fillRect(slide, 404, 690, 62)
  ctx.fillStyle = '#f4f6f8'
  ctx.fillRect(slide, 466, 690, 44)
  ctx.font = '38px "Inter SemiBold"'
  ctx.fillStyle = '#ffffff'
  ctx.fillText('STORM WARNING', slide + 36, 449)
  ctx.font = '25px "Inter"'
  ctx.fillStyle = '#182230'
  ctx.fillText('Small craft stay in harbor until dawn', slide + 36, 497)
  ctx.fillStyle = '#b3202c'
  ctx.beginPath()
  ctx.roundRect(836, 28, 92, 38, 8)
  ctx.fill()
  ctx.font = '23px "Inter SemiBold"'
  ctx.fillStyle = '#ffffff'
  ctx.fillText('LIVE', 872, 55)
  ctx.beginPath()
  ctx.arc(856, 47, 6, 0, Math.PI * 2)
  ctx.fill()
}

/** Writes the clip; `sound` is a WAV file of the same length. */
export async function broadcast(path, sound) {
  const frames = []
  for (let frame = 0; frame < seconds * rate; frame++) {
    const canvas = paint(width, height, (ctx) => {
      map(ctx, frame / rate)
      sweep(ctx, frame / rate)
      headline(ctx, frame / rate)
    })
    frames.push(Buffer.from(canvas.getContext('2d').getImageData(0, 0, width, height).data))
  }
  const picture = [
    '-f',
    'rawvideo',
    '-pix_fmt',
    'rgba',
    '-s',
    `${width}x${height}`,
    '-r',
    String(rate),
    '-i',
    'pipe:0',
    '-i',
    `file:${sound}`,
  ]
  const video = [
    '-c:v',
    'libx264',
    '-preset',
    'veryslow',
    '-crf',
    '33',
    '-pix_fmt',
    'yuv420p',
    '-vf',
    'scale=out_color_matrix=bt709:out_range=tv',
  ]
  const colour = ['-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv']
  const audio = ['-c:a', 'aac', '-b:a', '40k', '-ac', '1', '-ar', '48000']
  const mux = ['-map_metadata', '-1', '-flags', '+bitexact', '-fflags', '+bitexact', '-movflags', '+faststart', '-shortest', `file:${path}`]
  await run([...picture, ...video, ...colour, ...audio, ...mux], Buffer.concat(frames))
}
