import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aacArguments } from '../../src/media/aac.ts'
import type { DeliveryOrder } from '../../src/media/delivery.ts'
import { deliver } from '../../src/media/delivery.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { videoArguments } from '../../src/media/house.ts'
import { readMp4 } from '../../src/media/mp4.ts'
import { frameHashes, smallHouse } from './make-clip.ts'
import { heard, level } from './sound-kit.ts'

let tool: Tool
let folder: string
let film: string
const signal = new AbortController().signal
const frames = 48

beforeAll(async () => {
  tool = await findTool(process.env)
  folder = await mkdtemp(join(tmpdir(), 'delivery-'))
  film = join(folder, 'film.mp4')
  const options = ['-map', '0:v', '-map', '1:a', ...videoArguments(smallHouse), ...aacArguments, '-f', 'mp4']
  await tool.run({
    inputs: [
      { lavfi: `testsrc2=size=160x90:rate=24,trim=end_frame=${frames}` },
      { lavfi: "aevalsrc='0.1*sin(2*PI*997*t)|0.1*sin(2*PI*997*t)':s=48000:d=2" },
    ],
    outputs: [{ path: film, options }],
  })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const order = (name: string, delivery: DeliveryOrder['delivery'], more: Partial<DeliveryOrder> = {}): DeliveryOrder => ({
  film,
  size: smallHouse.size,
  rate: smallHouse.rate,
  delivery,
  output: join(folder, name),
  tool,
  signal,
  ...more,
})

const pictureOf = async (path: string) => (await readMp4(path)).tracks.find(({ kind }) => kind === 'video')
const soundOf = async (path: string) => (await readMp4(path)).tracks.find(({ kind }) => kind === 'audio')

describe('another file from the finished film', () => {
  test('louder: the picture is the film’s own, the sound is raised by what was missing, measured or told', async () => {
    for (const more of [{}, { measured: -20 }]) {
      const wanted = order('loud.mp4', { fit: 'crop', codec: 'h264', loudness: -14 }, more)
      await deliver(wanted)
      expect(await frameHashes(tool, wanted.output)).toEqual(await frameHashes(tool, film))
      // A tone of 997 Hz at -20 dBFS in both channels is at -20 LUFS.
      const back = await heard(tool, wanted.output)
      expect(level(back, 20_000, 80_000)).toBeCloseTo(-23 + 6, 0)
    }
  })

  test('square: cropped to its middle, as long as the film, with the film’s own sound', async () => {
    const wanted = order('square.mp4', { size: { width: 90, height: 90 }, fit: 'crop', codec: 'h264' })
    await deliver(wanted)
    expect(await pictureOf(wanted.output)).toMatchObject({ size: { width: 90, height: 90 }, samples: frames, codec: 'avc1' })
    expect((await soundOf(wanted.output))?.samples).toBe((await soundOf(film))?.samples)
  })

  test('for an editor: ProRes with bare sound', async () => {
    const wanted = order('edit.mov', { fit: 'crop', codec: 'prores' })
    await deliver(wanted)
    expect(await pictureOf(wanted.output)).toMatchObject({ size: smallHouse.size, samples: frames, codec: 'apch' })
    expect((await soundOf(wanted.output))?.codec).toMatch(/in24|lpcm/)
  })
})
