import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Aac, AacInput } from '../../src/media/aac.ts'
import { encodeAac } from '../../src/media/aac.ts'
import { adtsPackets, seamOf, windowOf } from '../../src/media/adts.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { bytesOf } from '../../src/media/pcm.ts'
import { heard, level, samplesOf, sine } from './sound-kit.ts'

let tool: Tool
let folder: string
beforeAll(async () => {
  tool = await findTool(process.env)
  folder = await mkdtemp(join(tmpdir(), 'aac-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function encode(
  name: string,
  samples: Int16Array,
  more: Partial<AacInput> = {},
  count = samples.length / 2,
  into = folder,
): Promise<Aac> {
  async function* blocks(): AsyncGenerator<Buffer> {
    for (let at = 0; at < samples.length; at += 20_000) yield bytesOf(samples.subarray(at, at + 20_000))
  }
  const signal = new AbortController().signal
  return encodeAac({ blocks: blocks(), format: 's16le', samples: count, path: join(into, name), tool, signal, ...more })
}

/** Struck notes over a sliding tone: long windows, short windows and everything between. */
const music = (n: number): number => {
  const t = n / 48000
  const strike = Math.sin(2 * Math.PI * 440 * t) * Math.exp(-6 * (t % 0.37))
  return 0.35 * strike + 0.2 * Math.sin(2 * Math.PI * (200 + 40 * t) * t) + 0.1 * (((n * 7919) % 1000) / 1000 - 0.5)
}

/** What the edit list says is heard: from where, for how long. And where the last packet ends. */
async function index(path: string): Promise<{ readonly samples: number; readonly priming: number; readonly end: number }> {
  const bytes = await readFile(path)
  const [edit, times] = [bytes.indexOf('elst'), bytes.indexOf('stts')]
  const end =
    bytes.readUInt32BE(times + 12) * bytes.readUInt32BE(times + 16) + bytes.readUInt32BE(times + 20) * bytes.readUInt32BE(times + 24)
  return { samples: Number(bytes.readBigUInt64BE(edit + 12)), priming: Number(bytes.readBigUInt64BE(edit + 20)), end }
}

describe('the encoded sound', () => {
  test('is as long as asked, to the sample, whatever the length', async () => {
    for (const count of [1, 1023, 1024, 1025, 48_000, 50_001]) {
      const made = await encode('len.m4a', samplesOf(count, music))
      expect(made).toMatchObject({ samples: count, priming: 1024 })
      expect(await index(made.path)).toEqual({ samples: count, priming: 1024, end: count + 1024 })
      // ffmpeg gives out the last packet whole.
      expect((await heard(tool, made.path)).length).toBe(Math.ceil(count / 1024) * 1024)
    }
  })

  test('is filled up with silence when too little comes', async () => {
    const made = await encode('short.m4a', samplesOf(10_000, music), {}, 30_000)
    const back = await heard(tool, made.path)
    expect(back.length).toBe(30 * 1024)
    expect(level(back, 14_000, 30_000)).toBeLessThan(-80)
  })

  test('in pieces sounds like in one: no gap, no click at the seams', async () => {
    const samples = samplesOf(48_000 * 12, music)
    const whole = await heard(tool, (await encode('whole.m4a', samples, { piecePackets: 100_000 })).path)
    const made = await encode('pieces.m4a', samples, { piecePackets: 60 })
    const pieces = await heard(tool, made.path)
    expect(pieces.length).toBe(whole.length)
    const error = (back: Float32Array) => back.map((value, n) => value - (samples[n * 2] ?? 0) / 32767)
    const [errorWhole, errorPieces] = [error(whole), error(pieces)]
    // Around every seam the loss of coding is no greater than what one encoder has anywhere.
    let worst = Number.NEGATIVE_INFINITY
    for (let at = 4096; at + 2048 < whole.length; at += 512) worst = Math.max(worst, level(errorWhole, at, at + 512))
    for (let at = 4096; at + 2048 < whole.length; at += 512) expect(level(errorPieces, at, at + 512)).toBeLessThan(worst + 1)
    expect(level(errorPieces, 0, errorPieces.length)).toBeLessThan(level(errorWhole, 0, errorWhole.length) + 0.3)
  })

  test('is the same bytes each time, however many cores encode it', async () => {
    const samples = samplesOf(48_000 * 4, music)
    const first = await readFile((await encode('one.m4a', samples, { piecePackets: 50, lanes: 1 })).path)
    const second = await readFile((await encode('two.m4a', samples, { piecePackets: 50, lanes: 5 })).path)
    expect(first.equals(second)).toBe(true)
  })

  test('of a tone that sets in has no burst of noise at its start', async () => {
    const tone = samplesOf(24_000, sine(100, 0.25))
    const back = await heard(tool, (await encode('onset.m4a', tone)).path)
    const error = back.map((value, n) => value - (tone[n * 2] ?? 0) / 32767)
    for (let at = 0; at < 4800; at += 240) expect(level(error, at, at + 240)).toBeLessThan(-60)
  })

  test('leaves no piece behind, whether it is made, stopped or fails', async () => {
    const alone = await mkdtemp(join(folder, 'alone-'))
    const samples = samplesOf(48_000 * 3, music)
    await encode('alone.m4a', samples, { piecePackets: 20 }, undefined, alone)
    expect(await readdir(alone)).toEqual(['alone.m4a'])
    const stop = new AbortController()
    const onProgress = (done: number): void => void (done > 0 && stop.abort())
    const stopped = encode('alone.m4a', samples, { piecePackets: 20, signal: stop.signal, onProgress }, undefined, alone)
    await expect(stopped).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
    const broken: Tool = { ...tool, read: (command, options) => tool.read({ ...command, graph: 'no such filter' }, options) }
    await expect(encode('alone.m4a', samples, { piecePackets: 20, tool: broken }, undefined, alone)).rejects.toMatchObject({
      failure: { kind: 'tool' },
    })
    expect(await readdir(alone)).toEqual(['alone.m4a'])
  })
})

describe('packets', () => {
  const adts = (payload: Buffer): Buffer => {
    const length = payload.length + 7
    return Buffer.concat([
      Buffer.from([0xff, 0xf1, 0x4c, 0x80 | (length >> 11), (length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc]),
      payload,
    ])
  }
  test('come out of ADTS whole, and noise is refused', () => {
    const payloads = [Buffer.from([1, 2, 3]), Buffer.alloc(900, 7)]
    expect(adtsPackets(Buffer.concat(payloads.map(adts)))).toEqual(payloads)
    expect(() => adtsPackets(Buffer.from('not an ADTS stream'))).toThrow(RangeError)
    expect(() => adtsPackets(adts(Buffer.alloc(40)).subarray(0, 30))).toThrow(RangeError)
  })

  test('meet at equal packets, else at equal windows, else nowhere', () => {
    // 001 0000 1 0 ss h: a pair with a common window of sequence `ss` and shape `h`.
    const packet = (window: number, id: number): Buffer => Buffer.from([0x21, window << 4, id])
    expect(windowOf(packet(5, 0))).toBe(5)
    expect(windowOf(Buffer.from([0x20, 0x50]))).toBeUndefined()
    const before = [packet(1, 0), packet(1, 1), packet(2, 2), packet(1, 3), packet(1, 4)]
    expect(seamOf(before, [packet(1, 90), packet(1, 91), packet(1, 3), packet(1, 92)], 1, 2)).toBe(4)
    expect(seamOf(before, [packet(1, 90), packet(3, 91), packet(1, 93), packet(1, 92)], 1, 3)).toBe(4)
    expect(seamOf(before, [packet(3, 90), packet(3, 91)], 1, 2)).toBeUndefined()
  })
})
