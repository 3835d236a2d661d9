// Plain inputs for the tests: a numbered plate of colour, beeps at a steady pace, one second of a moving bar. Small on purpose.
import { linear, paint } from './picture.mjs'
import { make, strike } from './sound.mjs'
import { run } from './tools.mjs'

const colours = ['#c2513d', '#c99a2e', '#3f8f5b', '#2f7fa8', '#5b54b8', '#a64a8f', '#4d5a66']

/** A plate of 320 by 180 with its number on it. */
export const plate = (number) =>
  paint(320, 180, (ctx, width, height) => {
    ctx.fillStyle = linear(
      ctx,
      [0, 0, 0, height],
      [
        [0, colours[number % colours.length]],
        [1, '#14181d'],
      ],
    )
    ctx.fillRect(0, 0, width, height)
    ctx.font = '72px "Inter SemiBold"'
    ctx.textAlign = 'center'
    ctx.fillStyle = '#ffffff'
    ctx.fillText(String(number), width / 2, height / 2 + 26)
  })

/** A short beep every `every` seconds, each second one higher. */
export const beeps = (seconds, every) =>
  make(seconds, (t) => Math.sin(2 * Math.PI * (Math.floor(t / every) % 2 === 0 ? 440 : 660) * t) * strike(t % every, 0.004, every * 0.2))

/** Two seconds at 320 by 180, 25 frames a second: a bar that crosses the picture, and beeps. */
export function testClip(path) {
  const frames = Array.from({ length: 50 }, (_, frame) => {
    const canvas = paint(320, 180, (ctx, width, height) => {
      ctx.fillStyle = '#10202c'
      ctx.fillRect(0, 0, width, height)
      ctx.fillStyle = '#e8b04a'
      ctx.fillRect((frame / 49) * (width - 24), 20, 24, height - 40)
    })
    return Buffer.from(canvas.getContext('2d').getImageData(0, 0, 320, 180).data)
  })
  const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=2:duration=2:sample_rate=48000']
  const video = ['-c:v', 'libx264', '-preset', 'veryslow', '-crf', '30', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '32k', '-shortest']
  const mux = ['-map_metadata', '-1', '-flags', '+bitexact', '-fflags', '+bitexact', '-movflags', '+faststart', `file:${path}`]
  return run(
    ['-f', 'rawvideo', '-pix_fmt', 'rgba', '-s', '320x180', '-r', '25', '-i', 'pipe:0', ...sound, ...video, ...mux],
    Buffer.concat(frames),
  )
}
