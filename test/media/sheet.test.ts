import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SKRSContext2D } from '@napi-rs/canvas'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { glimpses } from '../../src/media/glimpse.ts'
import { contactSheet, takesSheet } from '../../src/media/sheet.ts'
import { thumbnails } from '../../src/media/thumbnail.ts'
import { dissolve, makeCut } from './sound-kit.ts'

let tool: Tool
let folder: string
const signal = new AbortController().signal
const rate = { num: 30000, den: 1001 }
const size = { width: 160, height: 90 }

/** A clip in which frame n is grey of brightness 20 + 5n. */
const stairs = async (path: string, frames: number): Promise<void> => {
  const graph = `nullsrc=s=160x90:r=30000/1001,trim=end_frame=${frames},format=gray,geq=lum='20+5*N'`
  await tool.run({
    inputs: [{ lavfi: graph }],
    outputs: [{ path, options: ['-c:v', 'libx264', '-qp', '1', '-pix_fmt', 'yuv420p', '-color_range', 'tv'] }],
  })
}

beforeAll(async () => {
  tool = await findTool(process.env)
  folder = await mkdtemp(join(tmpdir(), 'sheet-'))
  await stairs(join(folder, 'a.mp4'), 40)
  await stairs(join(folder, 'b.mp4'), 12)
  await writeFile(join(folder, 'broken.mp4'), 'not a film')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type Pixels = { readonly width: number; readonly height: number; readonly at: (x: number, y: number) => readonly number[] }

async function pixels(png: Uint8Array): Promise<Pixels> {
  const image = await loadImage(Buffer.from(png))
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  const { data } = context.getImageData(0, 0, image.width, image.height)
  return {
    width: image.width,
    height: image.height,
    at: (x, y) => [...data.subarray((y * image.width + x) * 4, (y * image.width + x) * 4 + 3)],
  }
}

/** A grey there and back through limited range. */
const seen = (frame: number): number => 20 + 5 * frame

describe('thumbnails', () => {
  test('show exactly the frame asked for, the first and the last too', async () => {
    const wanted = [0, 1, 11, 12, 13, 29, 38, 39]
    const found = await thumbnails(
      tool,
      wanted.map((frame) => ({ file: join(folder, 'a.mp4'), frame, rate, size })),
      signal,
    )
    for (const [index, image] of found.entries()) {
      if (image === undefined) throw new Error(`no frame ${wanted[index]}`)
      const context = createCanvas(size.width, size.height).getContext('2d')
      context.drawImage(image, 0, 0)
      expect(Math.abs((context.getImageData(80, 45, 1, 1).data[0] ?? 0) - seen(wanted[index] ?? 0))).toBeLessThan(2.5)
    }
  })

  test('of a damaged or missing file are left out, and a stop is a stop', async () => {
    const moment = (name: string) => ({ file: join(folder, name), frame: 1, rate, size })
    expect(await thumbnails(tool, [moment('broken.mp4'), undefined, moment('none.mp4')], signal)).toEqual([undefined, undefined, undefined])
    await expect(thumbnails(tool, [moment('a.mp4')], AbortSignal.abort())).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })
})

describe('glimpses', () => {
  /** A clip with a keyframe every half second, as the house has them. */
  const house = async (name: string, frames: number, qp: number): Promise<string> => {
    const path = join(folder, name)
    const graph = `nullsrc=s=160x90:r=30000/1001,trim=end_frame=${frames},format=gray,geq=lum='20+5*N'`
    const key = ['-g', '15', '-keyint_min', '15', '-sc_threshold', '0', '-bf', '0']
    const outputs = [{ path, options: ['-c:v', 'libx264', '-qp', String(qp), ...key, '-pix_fmt', 'yuv420p', '-color_range', 'tv'] }]
    await tool.run({ inputs: [{ lavfi: graph }], outputs })
    return path
  }
  const greyOf = (image: Parameters<SKRSContext2D['drawImage']>[0] | undefined): number | undefined => {
    if (image === undefined) return undefined
    const context = createCanvas(size.width, size.height).getContext('2d')
    context.drawImage(image, 0, 0)
    return context.getImageData(80, 45, 1, 1).data[0]
  }
  const look = async (moments: readonly (readonly [string, number] | undefined)[]) => {
    let processes = 0
    const counted: Tool = {
      ...tool,
      read: (command, options) => {
        processes += 1
        return tool.read(command, options)
      },
    }
    const asked = moments.map((moment) => (moment === undefined ? undefined : { file: moment[0], frame: moment[1], rate, size }))
    const found = await glimpses({ moments: asked, tool: counted, scratch: join(folder, 'scratch'), signal })
    return { greys: found.map(greyOf), processes }
  }
  const near = (greys: readonly (number | undefined)[], frames: readonly (number | undefined)[]): void => {
    expect(greys.length).toBe(frames.length)
    for (const [index, frame] of frames.entries()) {
      if (frame === undefined) expect(greys[index]).toBeUndefined()
      else expect(Math.abs((greys[index] ?? 0) - seen(frame))).toBeLessThan(2.6)
    }
  }

  test('show the keyframe nearest to the moment, the moment itself near a clip’s start, and need few processes for many', async () => {
    // Their lengths differ, and with them the bit rate that ffmpeg notes beside the settings.
    const clips = await Promise.all([40, 42, 45].map((frames) => house(`many-${frames}.mp4`, frames, 1)))
    const moments = Array.from({ length: 30 }, (_, n) => [clips[n % 3] ?? '', [20, 25, 31, 7][n % 4] ?? 0] as const)
    const { greys, processes } = await look(moments)
    near(
      greys,
      moments.map(([, frame]) => (frame === 20 ? 15 : frame === 7 ? 7 : 30)),
    )
    expect(processes).toBe(2)
  })

  test('of clips of many kinds, damaged ones among them, are each their own', async () => {
    const [fine, other, cut] = [await house('fine.mp4', 40, 1), await house('other.mp4', 40, 8), await house('cut.mp4', 40, 1)]
    // The index is whole, what it points to is not: its row fails, and the others of it are asked one by one.
    const bytes = await readFile(cut)
    bytes.fill(0xff, bytes.indexOf('mdat') + 4, bytes.indexOf('moov') - 4)
    await writeFile(cut, bytes)
    const open = join(folder, 'a.mp4')
    const { greys } = await look([[fine, 16], [cut, 16], undefined, [join(folder, 'broken.mp4'), 3], [other, 29], [open, 33], [fine, 30]])
    near([...greys.slice(0, 1), ...greys.slice(2)], [16, undefined, undefined, 30, 33, 30])
  })

  test('stop when they are told to', async () => {
    const file = await house('stop.mp4', 20, 1)
    const order = { moments: [{ file, frame: 15, rate, size }], tool, scratch: join(folder, 'scratch'), signal: AbortSignal.abort() }
    await expect(glimpses(order)).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })
})

describe('the contact sheet', () => {
  const cut = makeCut([
    { job: 'harbor/a', frames: 40, into: dissolve(6) },
    { job: 'harbor/b', frames: 12 },
    { job: 'gone', frames: 24 },
  ])
  const draw = (more: Partial<Parameters<typeof contactSheet>[0]> = {}): Promise<Uint8Array> =>
    contactSheet({
      title: 'Harbor Lights',
      cut,
      rate,
      size,
      files: new Map([
        ['harbor/a', join(folder, 'a.mp4')],
        ['harbor/b', join(folder, 'b.mp4')],
      ]),
      tool,
      scratch: join(folder, 'scratch'),
      signal,
      ...more,
    })

  test('shows the middle of every item in order, and a gap for what is not there', async () => {
    const sheet = await pixels(await draw())
    const middle = (column: number): number => sheet.at(36 + column * 318 + 150, 84 + 60)[0] ?? 0
    expect(Math.abs(middle(0) - seen(20))).toBeLessThan(3)
    expect(Math.abs(middle(1) - seen(6))).toBeLessThan(3)
    expect(sheet.at(36 + 2 * 318 + 20, 84 + 20)).toEqual([0x1b, 0x1e, 0x24])
    expect(sheet.at(2, 2)).toEqual([0x10, 0x12, 0x16])
  })

  test('is the same bytes each time, and says what it is of', async () => {
    const [first, second, other] = [await draw(), await draw(), await draw({ title: 'Harbor Light' })]
    expect(Buffer.from(first).equals(Buffer.from(second))).toBe(true)
    expect(Buffer.from(first).equals(Buffer.from(other))).toBe(false)
  })

  test('of an empty film, a tall one and a long one is still a sheet', async () => {
    expect((await pixels(await draw({ cut: makeCut([]) }))).width).toBeGreaterThan(300)
    const tall = await pixels(await draw({ size: { width: 90, height: 160 } }))
    expect(tall.height).toBeGreaterThan(360)
    const long = await pixels(
      await draw({ cut: makeCut(Array.from({ length: 1000 }, (_, n) => ({ job: `s/${n}`, frames: 10 }))), files: new Map() }),
    )
    expect(long.width).toBeLessThan(1800)
    expect(long.height).toBeLessThan(15_000)
  })
})

describe('the sheet of takes', () => {
  test('shows the same moments under each other and frames the picked take', async () => {
    const sheet = await pixels(
      await takesSheet({
        path: 'harbor/a',
        takes: [
          { take: 1, file: join(folder, 'a.mp4'), frames: 40, picked: false, note: 'seed 4217' },
          { take: 2, file: join(folder, 'b.mp4'), frames: 12, picked: true },
          { take: 3, frames: 12, picked: false, note: 'failed' },
        ],
        rate,
        size,
        tool,
        signal,
        moments: 3,
      }),
    )
    const [left, top, wide, high] = [36 + 118, 84 + 22, 264 + 9, 149 + 26]
    const middle = (row: number, column: number): number => sheet.at(left + column * wide + 132, top + row * high + 70)[0] ?? 0
    expect(Math.abs(middle(0, 0) - seen(0))).toBeLessThan(3)
    expect(Math.abs(middle(0, 1) - seen(20))).toBeLessThan(3)
    expect(Math.abs(middle(0, 2) - seen(39))).toBeLessThan(3)
    expect(Math.abs(middle(1, 2) - seen(11))).toBeLessThan(3)
    expect(sheet.at(left + 20, top + 2 * high + 20)).toEqual([0x1b, 0x1e, 0x24])
    const framed = (row: number): boolean => (sheet.at(left - 5, top + row * high + 70)[0] ?? 0) > 180
    expect([framed(0), framed(1), framed(2)]).toEqual([false, true, false])
  })
})
