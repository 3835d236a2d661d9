// Small clips in house form for the media tests: a moving test picture and a tone, made by ffmpeg.
import { join } from 'node:path'
import type { Tool } from '../../src/media/ffmpeg.ts'
import type { House } from '../../src/media/house.ts'
import { muxArguments, sampleRate, soundArguments, videoArguments } from '../../src/media/house.ts'

export const smallHouse: House = { size: { width: 160, height: 90 }, rate: { num: 24, den: 1 }, quality: 'draft' }

export type ClipOptions = {
  readonly frames: number
  readonly name: string
  readonly folder: string
  readonly house?: House
  /** ffmpeg's own test source, with its options; the clip's size and rate are added. */
  readonly picture?: string
  /** A tone of so many hertz; absent = silent file. */
  readonly tone?: number
}

/** Makes one clip and gives its path. */
export async function makeClip(tool: Tool, options: ClipOptions): Promise<string> {
  const house = options.house ?? smallHouse
  const { size, rate } = house
  const path = join(options.folder, `${options.name}.mp4`)
  const picture = options.picture ?? 'testsrc2='
  const samples = Math.round((options.frames * rate.den * sampleRate) / rate.num)
  const sound =
    options.tone === undefined ? [] : [{ lavfi: `sine=frequency=${options.tone}:sample_rate=${sampleRate},atrim=end_sample=${samples}` }]
  // The picture's end is the source's own: `-frames:v` would cut the sound off at its last whole packet.
  const source = `${picture}${picture.endsWith('=') ? '' : ':'}size=${size.width}x${size.height}:rate=${rate.num}/${rate.den}`
  await tool.run({
    inputs: [{ lavfi: `${source},trim=end_frame=${options.frames}` }, ...sound],
    outputs: [
      {
        path,
        options: [
          '-map',
          '0:v',
          ...(sound.length > 0 ? ['-map', '1:a', ...soundArguments] : []),
          ...videoArguments(house),
          ...muxArguments,
        ],
      },
    ],
  })
  return path
}

/** MD5 of every decoded frame, in order. */
export async function frameHashes(tool: Tool, path: string): Promise<readonly string[]> {
  const text = await tool.read({
    strict: true,
    inputs: [{ path }],
    outputs: [{ pipe: true, options: ['-map', '0:v:0', '-fps_mode', 'passthrough', '-f', 'framemd5'] }],
  })
  return text
    .toString()
    .split('\n')
    .filter((line) => /^\d/.test(line))
    .map((line) => line.split(',').at(-1)?.trim() ?? '')
}

/** All samples as 16-bit stereo. */
export const soundBytes = (tool: Tool, path: string): Promise<Buffer> =>
  tool.read({
    inputs: [{ path }],
    outputs: [{ pipe: true, options: ['-map', '0:a:0', '-f', 's16le', '-ar', String(sampleRate), '-ac', '2'] }],
  })
