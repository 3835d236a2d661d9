import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cut, Delivered } from '../../src/lang/plan.ts'
import { frameToSample } from '../../src/lang/time.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { int16Of } from '../../src/media/pcm.ts'
import { softenCuts } from '../../src/media/soften.ts'
import { layTrack, slotGain, trackBlocks } from '../../src/media/track.ts'
import { dissolve, fade, makeClip, makeCut, rate24, samplesOf, sine } from './sound-kit.ts'

let tool: Tool
let folder: string
beforeAll(async () => {
  tool = await findTool(process.env)
  folder = await mkdtemp(join(tmpdir(), 'track-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function laid(cut: Cut, files: Map<string, string>, delivered: Map<string, Delivered>, rate = rate24): Promise<Int16Array> {
  const parts: Buffer[] = []
  const signal = new AbortController().signal
  for await (const block of trackBlocks({ cut, rate, files, delivered, tool, scratch: folder, signal })) parts.push(Buffer.from(block))
  return int16Of(Buffer.concat(parts))
}

const facts = (frames: number, soundSamples: number): Delivered => ({
  frames,
  size: { width: 64, height: 36 },
  rate: rate24,
  soundSamples,
  bytes: 0,
})

describe('slots', () => {
  test('start where their frames start, for every rate, however many clips', () => {
    const rates = fc.constantFrom({ num: 24, den: 1 }, { num: 24000, den: 1001 }, { num: 30000, den: 1001 }, { num: 25, den: 1 })
    fc.assert(
      fc.property(rates, fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 60 }), (rate, lengths) => {
        const cut = makeCut(lengths.map((frames, n) => ({ job: `j${n}`, frames })))
        const slots = layTrack(cut, rate, new Map())
        let frame = 0
        for (const [index, slot] of slots.entries()) {
          expect(slot.from).toBe(frameToSample(frame, rate))
          frame += lengths[index] ?? 0
          expect(slot.to).toBe(frameToSample(frame, rate))
        }
      }),
    )
  })

  test('a dissolve overlaps, a fade goes down and up inside its clips', () => {
    const cut = makeCut([
      { job: 'a', frames: 48, into: dissolve(12) },
      { job: 'b', frames: 48, into: fade(11) },
      { job: 'c', frames: 48 },
    ])
    const slots = layTrack(cut, rate24, new Map([['a', facts(48, 90_000)]]))
    expect(slots.map(({ from, to, has, rise, fall }) => ({ from, to, has, rise, fall }))).toEqual([
      { from: 0, to: 96_000, has: 90_000, rise: 0, fall: 24_000 },
      { from: 72_000, to: 168_000, has: 0, rise: 24_000, fall: 10_000 },
      { from: 168_000, to: 264_000, has: 0, rise: 12_000, fall: 0 },
    ])
  })

  test('two clips in a dissolve keep their power together', () => {
    const cut = makeCut([
      { job: 'a', frames: 48, into: dissolve(12) },
      { job: 'b', frames: 48 },
    ])
    const [a, b] = layTrack(cut, rate24, new Map(['a', 'b'].map((job) => [job, facts(48, 96_000)])))
    if (a === undefined || b === undefined) throw new Error('two slots')
    for (let at = b.from; at < a.to; at += 997) expect(slotGain(a, at - a.from) ** 2 + slotGain(b, at - b.from) ** 2).toBeCloseTo(1, 9)
  })
})

describe('the track', () => {
  test('is exact to the sample through short, long and silent clips', async () => {
    const files = new Map(['short', 'long', 'mute'].map((job) => [job, join(folder, `${job}.mp4`)]))
    const wave = sine(440, 0.5)
    const delivered = new Map<string, Delivered>([
      ['short', await makeClip(tool, join(folder, 'short.mp4'), 24, samplesOf(40_000, wave))],
      ['long', await makeClip(tool, join(folder, 'long.mp4'), 24, samplesOf(60_000, wave))],
      ['mute', await makeClip(tool, join(folder, 'mute.mp4'), 24, undefined)],
    ])
    const cut = makeCut(['short', 'long', 'mute', 'long', 'short'].map((job) => ({ job, frames: 24 })))
    const track = await laid(cut, files, delivered)
    expect(track.length / 2).toBe(5 * 48_000)
    const whole = samplesOf(48_000, wave)
    // The long clip from its own first sample, wherever it stands; away from softened edges it is the source itself.
    for (const start of [48_000, 144_000]) {
      expect(track.subarray((start + 100) * 2, (start + 47_000) * 2)).toEqual(whole.subarray(200, 94_000))
    }
    expect(track.subarray(200, 39_900 * 2)).toEqual(whole.subarray(200, 39_900 * 2))
    expect(track.subarray(40_000 * 2, 48_000 * 2).every((sample) => sample === 0)).toBe(true)
    expect(track.subarray(96_000 * 2 + 200, 144_000 * 2 - 200).every((sample) => sample === 0)).toBe(true)
  })

  test('places an impulse of the 200th clip at its sample, at 29.97', async () => {
    const rate = { num: 30000, den: 1001 }
    const click = (n: number) => (n === 1000 ? 0.9 : 0)
    const delivered = new Map([['c', await makeClip(tool, join(folder, 'c.mp4'), 7, samplesOf(11_212, click), rate)]])
    const cut = makeCut(Array.from({ length: 200 }, () => ({ job: 'c', frames: 7 })))
    const track = await laid(cut, new Map([['c', join(folder, 'c.mp4')]]), delivered, rate)
    expect(track.length / 2).toBe(frameToSample(1400, rate))
    const found = Array.from({ length: track.length / 2 }, (_, n) => n).filter((n) => (track[n * 2] ?? 0) > 20_000)
    expect(found).toEqual(Array.from({ length: 200 }, (_, n) => frameToSample(n * 7, rate) + 1000))
  })

  test('mixes both clips inside a dissolve', async () => {
    const delivered = new Map<string, Delivered>([
      [
        'low',
        await makeClip(
          tool,
          join(folder, 'low.mp4'),
          24,
          samplesOf(48_000, () => 0.25),
        ),
      ],
      [
        'high',
        await makeClip(
          tool,
          join(folder, 'high.mp4'),
          24,
          samplesOf(48_000, () => 0.5),
        ),
      ],
    ])
    const files = new Map(['low', 'high'].map((job) => [job, join(folder, `${job}.mp4`)]))
    const track = await laid(
      makeCut([
        { job: 'low', frames: 24, into: dissolve(12) },
        { job: 'high', frames: 24 },
      ]),
      files,
      delivered,
    )
    expect(track.length / 2).toBe(72_000)
    const middle = 36_000
    expect(track[middle * 2]).toBeCloseTo(32767 * 0.75 * Math.SQRT1_2, -2)
    expect(track[0]).toBeCloseTo(32767 * 0.25, -1)
    expect(track[71_999 * 2]).toBeCloseTo(32767 * 0.5, -1)
  })

  test('refuses sound that is not as long as was recorded', async () => {
    const real = await makeClip(tool, join(folder, 'd.mp4'), 24, samplesOf(48_000, sine(300, 0.2)))
    const files = new Map([['d', join(folder, 'd.mp4')]])
    const cut = makeCut([{ job: 'd', frames: 24 }])
    for (const soundSamples of [47_000, 49_000]) {
      await expect(laid(cut, files, new Map([['d', { ...real, soundSamples }]]))).rejects.toMatchObject({ failure: { kind: 'mismatch' } })
    }
  })

  test('stops with the signal', async () => {
    const delivered = new Map([['e', await makeClip(tool, join(folder, 'e.mp4'), 24, samplesOf(48_000, sine(300, 0.2)))]])
    const files = new Map([['e', join(folder, 'e.mp4')]])
    const cut = makeCut(Array.from({ length: 50 }, () => ({ job: 'e', frames: 24 })))
    const stop = new AbortController()
    const run = async (): Promise<void> => {
      for await (const _ of trackBlocks({ cut, rate: rate24, files, delivered, tool, scratch: folder, signal: stop.signal })) stop.abort()
    }
    await expect(run()).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
  })
})

describe('hard cuts', () => {
  const soften = async (whole: Int16Array, cuts: readonly number[], block: number): Promise<Int16Array> => {
    async function* blocks(): AsyncGenerator<Int16Array> {
      for (let at = 0; at < whole.length; at += block * 2) yield whole.subarray(at, at + block * 2)
    }
    const parts: number[] = []
    for await (const part of softenCuts(blocks(), cuts)) parts.push(...part)
    return Int16Array.from(parts)
  }
  const biggestStep = (samples: Int16Array): number => {
    let most = 0
    for (let n = 2; n < samples.length; n += 2) most = Math.max(most, Math.abs((samples[n] ?? 0) - (samples[n - 2] ?? 0)))
    return most
  }

  test('lose their click, whatever the size of the blocks', async () => {
    const jump = samplesOf(4000, (n) => (n < 2000 ? 0.5 : -0.5))
    const soft = await soften(jump, [2000], 700)
    expect(biggestStep(jump)).toBeGreaterThan(30_000)
    expect(biggestStep(soft)).toBeLessThan(600)
    expect(soft.subarray(0, 1900 * 2)).toEqual(jump.subarray(0, 1900 * 2))
    expect(soft.subarray(2100 * 2)).toEqual(jump.subarray(2100 * 2))
    for (const block of [1, 64, 4000]) expect(await soften(jump, [2000], block)).toEqual(soft)
  })

  test('sound that runs on over a cut stays as it is', async () => {
    const tone = samplesOf(4000, sine(900, 0.8))
    expect(await soften(tone, [1000, 2000, 3990], 512)).toEqual(tone)
  })
})
