// Small tools for drawing: colours, soft light, seeded chance, PNG and JPEG out. In goes a drawing function, out come bytes.
// Nothing here asks the clock or `Math.random`, so the same script draws the same picture again.
import { join } from 'node:path'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'
import { chance } from './chance.mjs'
import { root, run } from './tools.mjs'

export { chance }

for (const [file, family] of [
  ['Inter-Regular.otf', 'Inter'],
  ['Inter-SemiBold.otf', 'Inter SemiBold'],
]) {
  GlobalFonts.registerFromPath(join(root, 'assets/fonts', file), family)
}

/** `draw(ctx, width, height)` on a fresh canvas. */
export function paint(width, height, draw) {
  const canvas = createCanvas(width, height)
  const ctx = canvas.getContext('2d')
  ctx.lineCap = 'round'
  ctx.lineJoin = 'round'
  draw(ctx, width, height)
  return canvas
}

export function linear(ctx, [x0, y0, x1, y1], stops) {
  const gradient = ctx.createLinearGradient(x0, y0, x1, y1)
  for (const [at, colour] of stops) gradient.addColorStop(at, colour)
  return gradient
}

export function radial(ctx, x, y, radius, stops) {
  const gradient = ctx.createRadialGradient(x, y, 0, x, y, radius)
  for (const [at, colour] of stops) gradient.addColorStop(at, colour)
  return gradient
}

/** `#rrggbb` and an opacity. */
export function ink(hex, alpha = 1) {
  const value = Number.parseInt(hex.slice(1), 16)
  return `rgba(${value >> 16}, ${(value >> 8) & 255}, ${value & 255}, ${alpha})`
}

/** Runs `draw` with its state put back afterwards; options are set on the context first. */
export function layer(ctx, options, draw) {
  ctx.save()
  Object.assign(ctx, options)
  draw(ctx)
  ctx.restore()
}

/** A round light that adds to what is there. */
export function light(ctx, x, y, radius, colour, strength, blend = 'screen') {
  layer(ctx, { globalCompositeOperation: blend }, () => {
    ctx.fillStyle = radial(ctx, x, y, radius, [
      [0, ink(colour, strength)],
      [0.35, ink(colour, strength * 0.42)],
      [1, ink(colour, 0)],
    ])
    ctx.fillRect(x - radius, y - radius, radius * 2, radius * 2)
  })
}

/** Out-of-focus lamps. */
export function bokeh(ctx, seed, count, [x, y, width, height], colours, [small, large]) {
  const next = chance(seed)
  for (let i = 0; i < count; i++) {
    const radius = small + next() * (large - small)
    const [cx, cy] = [x + next() * width, y + next() * height]
    const colour = colours[Math.floor(next() * colours.length)]
    layer(ctx, { globalCompositeOperation: 'screen', fillStyle: ink(colour, 0.16 + next() * 0.3) }, () => {
      ctx.beginPath()
      ctx.arc(cx, cy, radius, 0, Math.PI * 2)
      ctx.fill()
      ctx.strokeStyle = ink(colour, 0.18)
      ctx.lineWidth = radius * 0.08
      ctx.stroke()
    })
  }
}

/** A closed smooth curve through the points. */
export function blob(ctx, points) {
  const at = (i) => points[(i + points.length) % points.length]
  ctx.beginPath()
  ctx.moveTo(...at(0))
  for (let i = 0; i < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)]
    ctx.bezierCurveTo(b[0] + (c[0] - a[0]) / 6, b[1] + (c[1] - a[1]) / 6, c[0] - (d[0] - b[0]) / 6, c[1] - (d[1] - b[1]) / 6, c[0], c[1])
  }
  ctx.closePath()
}

/** Dark corners. */
export function vignette(ctx, width, height, strength) {
  ctx.fillStyle = radial(ctx, width / 2, height * 0.48, Math.hypot(width, height) / 1.8, [
    [0, 'rgba(0,0,0,0)'],
    [0.55, 'rgba(0,0,0,0)'],
    [1, `rgba(0,0,0,${strength})`],
  ])
  ctx.fillRect(0, 0, width, height)
}

/** A small lossless PNG without an alpha channel: ffmpeg tries every filter for each line. */
export async function writePng(canvas, path) {
  const raw = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
  const input = ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', `${canvas.width}x${canvas.height}`, '-i', 'pipe:0']
  await run(
    [
      ...input,
      '-pix_fmt',
      'rgb24',
      '-c:v',
      'png',
      '-pred',
      'mixed',
      '-compression_level',
      '9',
      '-bitexact',
      '-frames:v',
      '1',
      `file:${path}`,
    ],
    raw,
  )
}

export async function writeJpeg(canvas, path, quality = 86) {
  const { writeFile } = await import('node:fs/promises')
  await writeFile(path, await canvas.encode('jpeg', quality))
}
