// Real clips for test hosts: made once by ffmpeg for a size, rate, length and sound, kept in a cache, and told apart by a
// box at their end that no player minds.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Clip } from './protocol.ts'

const run = promisify(execFile)

export type Clips = {
  /** Length of any sound or video file; 0 where it is none. */
  seconds(path: string): Promise<number>
  make(clip: Clip, name: string, path: string): Promise<{ readonly sha256: string; readonly bytes: number }>
}

const rateOf = ({ rate }: Clip): { readonly text: string; readonly number: number } => {
  const [num = 0, den = 1] = String(rate).split('/').map(Number)
  return { text: `${num}/${den}`, number: num / den }
}

async function encode(ffmpeg: string, clip: Clip, path: string): Promise<void> {
  const rate = rateOf(clip)
  const seconds = clip.frames / rate.number
  const colour = `0x${createHash('sha256').update(`${clip.width} ${clip.frames}`).digest('hex').slice(0, 6)}`
  const picture = `color=c=${colour}:size=${clip.width}x${clip.height}:rate=${rate.text},trim=end_frame=${clip.frames}`
  const sound = clip.sound
    ? ['-f', 'lavfi', '-i', `sine=frequency=330:sample_rate=48000,atrim=end_sample=${Math.round(seconds * 48_000)}`]
    : []
  const mapped = clip.sound ? ['-map', '1:a', '-c:a', 'aac', '-ac', '2', '-b:a', '96k'] : []
  const video = ['-map', '0:v', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-threads', '1']
  const common = ['-nostdin', '-v', 'error', '-y']
  await run(ffmpeg, [...common, '-f', 'lavfi', '-i', picture, ...sound, ...video, ...mapped, '-movflags', '+faststart', '-f', 'mp4', path])
}

/** A box that every reader skips. */
function freeBox(name: string, ballast: number): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'utf8'), Buffer.alloc(ballast, name)])
  const head = Buffer.alloc(8)
  head.writeUInt32BE(body.length + 8, 0)
  head.write('free', 4, 'latin1')
  return Buffer.concat([head, body])
}

export function openClips(ffmpeg: string, cache: string): Clips {
  const folder = join(cache, 'clips')
  mkdirSync(folder, { recursive: true })
  const underWay = new Map<string, Promise<string>>()
  const base = (clip: Clip): Promise<string> => {
    const name = `${clip.width}x${clip.height}-${String(clip.rate).replace('/', 'over')}-${clip.frames}${clip.sound ? '-sound' : ''}.mp4`
    const path = join(folder, name)
    const work = async (): Promise<string> => {
      if (existsSync(path)) return path
      const part = join(folder, `${process.pid}-${name}`)
      try {
        await encode(ffmpeg, clip, part)
        renameSync(part, path)
      } finally {
        rmSync(part, { force: true })
      }
      return path
    }
    const found = underWay.get(path) ?? work()
    underWay.set(path, found)
    return found
  }
  return {
    async seconds(path) {
      // ffmpeg tells about its input and then misses an output: what it says is on standard error.
      const said = await run(ffmpeg, ['-nostdin', '-hide_banner', '-i', path]).catch((error: unknown) => error)
      const text = typeof said === 'object' && said !== null && 'stderr' in said ? String(said.stderr) : ''
      const found = /Duration: (\d+):(\d+):(\d+(?:\.\d+)?)/.exec(text)
      return found === null ? 0 : Number(found[1]) * 3600 + Number(found[2]) * 60 + Number(found[3])
    },
    async make(clip, name, path) {
      const content = Buffer.concat([readFileSync(await base(clip)), freeBox(name, clip.ballast ?? 0)])
      writeFileSync(path, content)
      if (clip.part !== undefined) truncateSync(path, Math.floor(content.length * clip.part))
      const made = clip.part === undefined ? content : readFileSync(path)
      return { sha256: createHash('sha256').update(made).digest('hex'), bytes: statSync(path).size }
    },
  }
}
