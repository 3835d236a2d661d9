// Reading and writing MP4 by its boxes: what is whole is read, what is not is refused with a word about what it is,
// and no file, however hostile, makes us allocate what it merely claims.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import { box, fullBox, pictureEntry, u32 } from '../../src/media/box-build.ts'
import { innerBoxes } from '../../src/media/boxes.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { Track } from '../../src/media/mp4.ts'
import { checkWhole, rateOf, readMp4 } from '../../src/media/mp4.ts'
import type { Stretch } from '../../src/media/mp4-write.ts'
import { writeMp4 } from '../../src/media/mp4-write.ts'
import { probe } from '../../src/media/probe.ts'
import { frameHashes, makeClip, smallHouse, soundBytes } from './make-clip.ts'

let folder: string
let tool: Tool
let clip: string
let bytes: Buffer
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ltx-mp4-'))
  tool = await findTool(process.env)
  clip = await makeClip(tool, { folder, name: 'clip', frames: 30, tone: 440 })
  bytes = await readFile(clip)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let counter = 0
async function written(content: Buffer | string): Promise<string> {
  counter += 1
  const path = join(folder, `file-${counter}.mp4`)
  await writeFile(path, content)
  return path
}

/** The failure's message; anything else that is thrown fails the test. */
async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof ProviderFailure)) throw new Error(`was not refused: ${String(error)}`)
  expect(error.failure.kind).toBe('mismatch')
  return error.failure.message
}

describe('reading', () => {
  test('tracks, rate, keyframes and exact lengths of a house clip', async () => {
    const movie = await readMp4(clip)
    const [picture, sound] = movie.tracks
    expect(movie.tracks.map((track) => [track.kind, track.codec])).toEqual([
      ['video', 'avc1'],
      ['audio', 'fLaC'],
    ])
    expect(picture && rateOf(picture)).toEqual({ rate: { num: 24, den: 1 }, constant: true })
    expect([...(picture?.table().keys ?? [])]).toEqual([0, 12, 24])
    expect([sound?.duration, sound?.sampleRate, sound?.channels]).toEqual([60000, 48000, 2])
    expect(await probe(clip)).toEqual({
      frames: 30,
      size: smallHouse.size,
      rate: { num: 24, den: 1 },
      soundSamples: 60000,
      bytes: bytes.length,
    })
  })

  test('samples lie where the index says: the bytes of every frame are its NAL units', async () => {
    const table = (await readMp4(clip)).tracks[0]?.table()
    for (const [sample, offset] of (table?.offsets ?? []).entries()) {
      let at = offset
      while (at < offset + (table?.sizes[sample] ?? 0)) at += 4 + bytes.readUInt32BE(at)
      expect(at).toBe(offset + (table?.sizes[sample] ?? 0))
    }
  })

  test('B-frames and priming: presented lengths, not stored ones', async () => {
    const path = join(folder, 'hosted.mp4')
    await tool.run({
      inputs: [{ lavfi: 'testsrc2=size=160x90:rate=25:duration=2' }, { lavfi: 'sine=frequency=300:duration=2:sample_rate=48000' }],
      outputs: [{ path, options: ['-c:v', 'libx264', '-bf', '3', '-pix_fmt', 'yuv420p', '-c:a', 'aac'] }],
    })
    expect(await probe(path)).toMatchObject({ frames: 50, rate: { num: 25, den: 1 }, soundSamples: 96000 })
    expect((await readMp4(path)).tracks[0]?.reordered).toBe(true)
  })
})

describe('what is no whole MP4', () => {
  test('every cut of a clip is noticed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length - 1 }), async (length) => {
        const message = await refusal(readMp4(await written(bytes.subarray(0, length))))
        expect(message).toMatch(/cut short|empty|not an MP4|no index|no pictures|is text|zeros/)
      }),
      { numRuns: 60 },
    )
  })

  test.each([
    ['<!DOCTYPE html><html><body>502 Bad Gateway</body></html>', 'the file is a web page: <!DOCTYPE html><html>'],
    ['{"error":{"message":"insufficient funds"}}', 'the file is JSON text: {"error":{"message":"insufficient funds"}}'],
    ['#EXTM3U\n#EXTINF:4,\nhttp://example.test/a.ts', 'the file is a playlist: #EXTM3U'],
    ['ffconcat version 1.0\nfile /etc/hostname\n', 'the file is a playlist: ffconcat'],
    ['not found\n', 'the file is text: not found'],
    ['', 'the file is empty'],
    ['\0'.repeat(50), 'nothing but zeros'],
    ['\x1a\x45\xdf\xa3\x01\x00', 'Matroska'],
    ['RIFF\x10\x00\x00\x00AVI LIST', 'RIFF'],
  ])('%j is named for what it is', async (text, message) => {
    expect(await refusal(readMp4(await written(Buffer.from(text, 'latin1'))))).toContain(message)
  })

  test('no control characters of a reply reach the message', async () => {
    const message = await refusal(readMp4(await written('{"a":"\x1b[31m\u202ered\x07"}')))
    expect(message).not.toMatch(/[^\x20-\x7e]/)
  })

  test('rubbish after the last box', async () => {
    expect(await refusal(readMp4(await written(Buffer.concat([bytes, Buffer.from('xyz')]))))).toContain('cut short')
    expect(await refusal(readMp4(await written(Buffer.concat([bytes, Buffer.alloc(64, 7)]))))).toMatch(/damaged|cut short/)
  })

  test('an index without pictures, and pictures without an index', async () => {
    const top = innerBoxes(bytes)
    const part = (kind: string): Buffer => {
      const found = top.find((inner) => inner.kind === kind)
      return box(kind, bytes.subarray(found?.start ?? 0, found?.end ?? 0))
    }
    expect(await refusal(readMp4(await written(Buffer.concat([part('ftyp'), part('moov')]))))).toContain('no mdat')
    expect(await refusal(readMp4(await written(Buffer.concat([part('ftyp'), part('mdat')]))))).toContain('no index')
  })
})

describe('hostile files', () => {
  /** The clip with one place of it overwritten. */
  const patched = (kind: string, at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes)
    const found = copy.indexOf(kind, 0, 'latin1')
    copy.writeUInt32BE(value, found + 4 + at)
    return copy
  }

  test.each([
    ['stts', 4, 0xffffffff],
    ['stsz', 8, 0xfffffff0],
    ['stco', 4, 0x7fffffff],
    ['stsc', 4, 0x40000000],
    ['elst', 4, 0x10000000],
    ['stss', 4, 0x0fffffff],
    ['mdhd', 12, 0],
    ['stsd', 8, 0xffffffff],
    ['stco', 8, 0xfffffff0],
    ['stsz', 12, 0x7fffffff],
  ])('%s with the number at %i set to %i is refused without effort', async (kind, at, value) => {
    const before = process.memoryUsage().rss
    const path = await written(patched(kind, at, value))
    await refusal(checkWhole(path))
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20)
  })

  test('all samples of one size, of which there are four thousand million', async () => {
    const copy = patched('stsz', 4, 1)
    copy.writeUInt32BE(0xffffffff, copy.indexOf('stsz', 0, 'latin1') + 4 + 8)
    expect(await refusal(readMp4(await written(copy)))).toContain('claims 4,294,967,295 samples')
  })

  test('an index that says it is two gigabytes', async () => {
    const copy = Buffer.from(bytes)
    copy.writeUInt32BE(0x7fffffff, copy.indexOf('moov', 0, 'latin1') - 4)
    expect(await refusal(readMp4(await written(copy)))).toContain('cut short')
  })

  test('boxes within boxes that overlap or have no size', async () => {
    const empty = fullBox('mvhd', 0, 0, Buffer.alloc(96, 1))
    const looping = box('moov', empty, Buffer.concat([u32(4), Buffer.from('trak')]))
    expect(await refusal(readMp4(await written(Buffer.concat([bytes.subarray(0, 32), looping, box('mdat')]))))).toContain('damaged')
  })

  test('any few bytes changed: read or refused, never a crash', async () => {
    const moov = bytes.indexOf('moov', 0, 'latin1')
    const end = moov + bytes.readUInt32BE(moov - 4) - 4
    const change = fc.record({ at: fc.integer({ min: 0, max: end - 1 }), value: fc.integer({ min: 0, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
        const copy = Buffer.from(bytes)
        for (const { at, value } of changes) copy[at] = value
        const error = await probe(await written(copy)).then(
          () => undefined,
          (caught: unknown) => caught,
        )
        if (error !== undefined) expect(error).toBeInstanceOf(ProviderFailure)
      }),
      { numRuns: 300 },
    )
  })
})

describe('writing', () => {
  const source = async (path: string): Promise<{ readonly track: Track; readonly sound: Track; readonly stretch: Stretch }> => {
    const [track, sound] = (await readMp4(path)).tracks
    if (track === undefined || sound === undefined) throw new Error('two tracks expected')
    return { track, sound, stretch: { path, table: track.table(), from: 0, to: track.samples } }
  }

  test('stretches of two clips and a sound, read back frame by frame and sample by sample', async () => {
    const second = await makeClip(tool, { folder, name: 'second', frames: 40, tone: 200, picture: 'mandelbrot=' })
    const [a, b] = [await source(clip), await source(second)]
    const output = join(folder, 'written.mp4')
    const stretches = [
      { ...a.stretch, to: 17 },
      { ...b.stretch, from: 12, to: 40 },
    ]
    const sound = {
      entry: b.sound.entry,
      timescale: 48000,
      runs: b.sound.runs,
      stretches: [{ path: second, table: b.sound.table(), from: 0, to: b.sound.samples }],
    }
    await writeMp4({
      output,
      size: a.track.size,
      video: { entry: pictureEntry(a.track.entry), timescale: 10008, runs: [{ count: 45, delta: 417 }], stretches },
      sound: { ...sound, edit: { start: 0, length: 80000 } },
      tags: { title: 'Häfen "Nacht"', comment: 'made with AI' },
    })
    expect(await probe(output)).toMatchObject({ frames: 45, soundSamples: 80000 })
    const [first, other] = [await frameHashes(tool, clip), await frameHashes(tool, second)]
    expect(await frameHashes(tool, output)).toEqual([...first.slice(0, 17), ...other.slice(12)])
    expect((await soundBytes(tool, output)).equals(await soundBytes(tool, second))).toBe(true)
  })

  test('the index stands in front, bt709 and the title are in it', async () => {
    const file = await readFile(join(folder, 'written.mp4'))
    expect(innerBoxes(file).map((inner) => inner.kind)).toEqual(['ftyp', 'moov', 'mdat'])
    const { stderr } = await tool.run({
      verbose: true,
      inputs: [{ path: join(folder, 'written.mp4') }],
      outputs: [{ none: true, options: ['-f', 'null'] }],
    })
    expect(stderr).toMatch(/yuv420p\(tv, bt709/)
    expect(stderr).toContain('Häfen "Nacht"')
    expect(stderr).toContain('made with AI')
  })

  test('the same film gives the same bytes', async () => {
    const { track, stretch } = await source(clip)
    const write = async (name: string): Promise<Buffer> => {
      const output = join(folder, name)
      await writeMp4({
        output,
        size: track.size,
        video: { entry: pictureEntry(track.entry), timescale: 10008, runs: [{ count: 30, delta: 417 }], stretches: [stretch] },
      })
      return readFile(output)
    }
    expect((await write('one.mp4')).equals(await write('two.mp4'))).toBe(true)
  })

  test('times that do not fit the samples are a mistake of the caller', async () => {
    const { track, stretch } = await source(clip)
    const video = { entry: pictureEntry(track.entry), timescale: 10008, runs: [{ count: 29, delta: 417 }], stretches: [stretch] }
    await expect(writeMp4({ output: join(folder, 'never.mp4'), size: track.size, video })).rejects.toThrow('30 samples')
  })
})
