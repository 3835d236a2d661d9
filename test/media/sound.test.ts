import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cut, Delivered } from '../../src/lang/plan.ts'
import { frameToSample } from '../../src/lang/time.ts'
import { aacArguments } from '../../src/media/aac.ts'
import { readEnvelope, sliceAudio } from '../../src/media/beds.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { Sound, SoundInput } from '../../src/media/sound.ts'
import { makeSound } from '../../src/media/sound.ts'
import { bed, heard, level, makeClip, makeCut, makeSoundFile, rate24, samplesOf, sine } from './sound-kit.ts'

let tool: Tool
let folder: string
const delivered = new Map<string, Delivered>()
const files = new Map<string, string>()
const assets = new Map<string, string>()
const signal = new AbortController().signal

/** Speech-like bursts: half a second of tone, a third of a second of nothing, then rest from 2.5 s on. */
const talk = (n: number): number => (n < 120_000 && n % 40_000 < 24_000 ? 0.4 * Math.sin(n * 0.03) : 0)
const click = (at: number) => (n: number) => (n >= at && n < at + 24 ? 0.8 * Math.cos((n - at) * 1.7) * (1 - (n - at) / 24) : 0)

beforeAll(async () => {
  tool = await findTool(process.env)
  folder = await mkdtemp(join(tmpdir(), 'sound-'))
  const clip = async (job: string, frames: number, samples: Int16Array | undefined, rate = rate24): Promise<void> => {
    files.set(job, join(folder, `${job}.mp4`))
    delivered.set(job, await makeClip(tool, join(folder, `${job}.mp4`), frames, samples, rate))
  }
  const asset = async (name: string, samples: Int16Array, options: readonly string[] = []): Promise<void> => {
    assets.set(name, join(folder, name))
    await makeSoundFile(tool, join(folder, name), samples, options)
  }
  await clip('mute', 24, undefined)
  await clip('talk', 120, samplesOf(240_000, talk))
  await clip('tone', 48, samplesOf(96_000, sine(440, 0.1)))
  await clip('click', 13, samplesOf(26_026, click(5000)), { num: 24000, den: 1001 })
  await asset('tone.wav', samplesOf(48_000 * 12, sine(300, 0.25)))
  await asset('loop.wav', samplesOf(4800 * 5, sine(100, 0.25)))
  for (const [name, options] of [
    ['loop.flac', []],
    // Not by ffmpeg's usual coder: that of 5.1 puts a burst of noise where a tone sets in, and so into every round.
    ['loop.m4a', aacArguments],
    ['loop.mp3', ['-b:a', '256k']],
  ] as const) {
    await asset(name, samplesOf(4800 * 5, sine(100, 0.25)), [...options])
  }
  for (const [name, options] of [
    ['click.flac', []],
    ['click.mp3', ['-b:a', '256k']],
    ['click.m4a', ['-b:a', '256k']],
    ['click.ogg', ['-c:a', 'libvorbis', '-q:a', '8']],
  ] as const) {
    await asset(name, samplesOf(48_000, click(20_000)), [...options])
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function sound(cut: Cut, more: Partial<SoundInput> = {}): Promise<Sound & { readonly back: Float32Array }> {
  const scratch = await mkdtemp(join(folder, 'scratch-'))
  const made = await makeSound({ cut, rate: rate24, files, assets, delivered, tool, scratch, signal, ...more })
  expect(await readdir(scratch)).toEqual(['sound.m4a'])
  return { ...made, back: (await heard(tool, made.path)).subarray(0, made.samples) }
}

/** Where a wave lies best in `back`, near `expected`: the shift with the largest correlation. */
function shiftOf(back: Float32Array, wave: (n: number) => number, first: number, count: number, expected: number): number {
  let best = { shift: 0, sum: Number.NEGATIVE_INFINITY }
  for (let shift = -40; shift <= 40; shift += 1) {
    let sum = 0
    for (let n = 0; n < count; n += 1) sum += (back[expected + shift + n] ?? 0) * wave(first + n)
    if (sum > best.sum) best = { shift, sum }
  }
  return best.shift
}

describe('the film’s sound', () => {
  test('is in step to the sample in the last of 200 clips', async () => {
    const rate = { num: 24000, den: 1001 }
    const cut = makeCut(Array.from({ length: 200 }, () => ({ job: 'click', frames: 13 })))
    const { back, samples, priming } = await sound(cut, { rate })
    expect({ samples, priming }).toEqual({ samples: frameToSample(2600, rate), priming: 1024 })
    for (let n = 0; n < 200; n += 1) {
      const expected = frameToSample(n * 13, rate) + 5000
      expect(Math.abs(shiftOf(back, click(0), 0, 24, expected))).toBeLessThanOrEqual(1)
    }
  })

  test('of silent clips alone is silence, and stays silence at any loudness', async () => {
    for (const more of [{}, { loudness: -14 }]) {
      const { back, samples, loudness } = await sound(
        makeCut([
          { job: 'mute', frames: 24 },
          { job: 'mute', frames: 24 },
        ]),
        more,
      )
      expect(samples).toBe(96_000)
      expect(loudness).toBeUndefined()
      expect(back.every((value) => Math.abs(value) < 1e-4)).toBe(true)
    }
  })

  test('leaves nothing behind when it is stopped', async () => {
    const scratch = join(folder, 'stopped')
    await mkdir(scratch)
    const stop = new AbortController()
    const cut = makeCut([{ job: 'talk', frames: 120 }], [bed('b', 'tone.wav', 0, 120)])
    const run = makeSound({
      cut,
      rate: rate24,
      files,
      assets,
      delivered,
      tool,
      scratch,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    })
    await expect(run).rejects.toMatchObject({ failure: { kind: 'cancelled' } })
    expect((await readdir(scratch)).filter((name) => name !== 'sound.m4a')).toEqual([])
  })
})

describe('beds', () => {
  const still = (frames: number): Cut['clips'] =>
    makeCut([
      { job: 'mute', frames: 24 },
      { job: 'mute', frames: frames - 24 },
    ]).clips
  const over = (frames: number, ...beds: readonly ReturnType<typeof bed>[]): Cut => ({
    ...makeCut([], [...beds]),
    clips: still(frames),
    frames,
  })

  test('start, fade and end where they are told', async () => {
    const { back } = await sound(over(240, bed('b', 'tone.wav', 48, 192, { gain: -6, fadeIn: 24, fadeOut: 48 })))
    const full = level(back, 200_000, 260_000)
    expect(full).toBeCloseTo(20 * Math.log10(0.25 / Math.SQRT2) - 6, 0)
    expect(level(back, 0, 95_000)).toBeLessThan(-80)
    expect(level(back, 385_500, 470_000)).toBeLessThan(-80)
    // Half way through a fade the wave is at half.
    expect(level(back, 119_000, 121_000) - full).toBeCloseTo(-6, 0)
    expect(level(back, 335_000, 337_000) - full).toBeCloseTo(-6, 0)
  })

  test.each(['click.flac', 'click.mp3', 'click.m4a', 'click.ogg'])('begin at their first sample in the film: %s', async (name) => {
    const { back } = await sound(over(72, bed('b', name, 12, 60)))
    expect(Math.abs(shiftOf(back, click(0), 0, 24, 24_000 + 20_000))).toBeLessThanOrEqual(1)
  })

  test('begin inside the file where they are told', async () => {
    const { back } = await sound(over(72, bed('b', 'click.flac', 12, 60, { start: { num: 1, den: 3 } })))
    expect(Math.abs(shiftOf(back, click(0), 0, 24, 24_000 + 4000))).toBeLessThanOrEqual(1)
  })

  // An AAC file's last packet is not all meant to be heard; MP3 and AAC both start with samples that are not.
  test.each([
    ['loop.wav', -50],
    ['loop.flac', -50],
    ['loop.m4a', -30],
    ['loop.mp3', -30],
  ] as const)('loop without a gap: whole waves in a row are one tone (%s)', async (name, quiet) => {
    const { back } = await sound(over(240, bed('b', name, 0, 240, { loop: true })))
    const tone = sine(100, 0.25)
    const error = back.map((value, n) => value - tone(n))
    // A gap of a hundredth of a second would leave an error as loud as the tone.
    for (let at = 4800; at < 470_000; at += 480) expect(level(error, at, at + 480)).toBeLessThan(quiet)
  })

  test('end with the file when they do not loop', async () => {
    const { back } = await sound(over(96, bed('b', 'loop.wav', 0, 96)))
    expect(level(back, 2000, 22_000)).toBeGreaterThan(-20)
    expect(level(back, 26_000, 190_000)).toBeLessThan(-80)
  })

  test('are lowered by what was asked while people speak, through their breaths, and come up again', async () => {
    const clips = makeCut([
      { job: 'mute', frames: 24 },
      { job: 'talk', frames: 120, voice: true },
    ]).clips
    const cut = { ...makeCut([], [bed('b', 'tone.wav', 0, 144, { duck: { decibels: -9, under: 'voice' } })]), clips, frames: 144 }
    const { back } = await sound(cut)
    const open = level(back, 4000, 34_000)
    // A breath inside the speech: only the bed is heard there.
    expect(level(back, 48_000 + 26_000, 48_000 + 38_000) - open).toBeCloseTo(-9, 0)
    // Down before the first word, up after the last.
    expect(level(back, 46_500, 47_900) - open).toBeLessThan(-8)
    expect(level(back, 230_000, 280_000) - open).toBeCloseTo(0, 0)
  })

  test('are lowered under another bed', async () => {
    const beds = [bed('b', 'tone.wav', 0, 144, { duck: { decibels: -12, under: 'vo' } }), bed('vo', 'click.flac', 72, 96)]
    const { back } = await sound(over(144, ...beds))
    const open = level(back, 4000, 100_000)
    const at = 72 * 2000 + 20_000
    expect(level(back, at - 2000, at - 200) - open).toBeCloseTo(-12, 0)
    expect(level(back, 240_000, 280_000) - open).toBeCloseTo(0, 0)
  })

  test('that are too loud together do not clip', async () => {
    const beds = Array.from({ length: 8 }, (_, n) => bed(`b${n}`, 'tone.wav', 0, 48))
    const { back } = await sound(over(48, ...beds))
    const most = back.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0)
    expect(most).toBeLessThan(0.95)
    expect(most).toBeGreaterThan(0.8)
  })
})

describe('loudness', () => {
  test.each([-14, -23])('of %d LUFS is reached within half a unit, peaks held', async (target) => {
    const cut = makeCut(
      [
        { job: 'talk', frames: 120, voice: true },
        { job: 'tone', frames: 48 },
        { job: 'click', frames: 13 },
      ],
      [bed('b', 'tone.wav', 0, 160, { gain: -20 })],
    )
    const { path, loudness, peak } = await sound(cut, { loudness: target })
    expect(Math.abs((loudness ?? 0) - target)).toBeLessThan(0.5)
    expect(peak).toBeLessThanOrEqual(-1)
    const { stderr } = await tool.run({
      inputs: [{ path }],
      graph: '[0:a]ebur128=peak=true:framelog=verbose[a]',
      outputs: [{ none: true, options: ['-map', '[a]', '-f', 'null'] }],
      verbose: true,
    })
    // The last word: ffmpeg 5.1 sets up its graph twice and sums up both.
    const told = [...stderr.matchAll(/I:\s+(-?[\d.]+) LUFS/g)].at(-1)
    expect(Math.abs(Number(told?.[1]) - target)).toBeLessThan(0.5)
  })

  test('that needs the limiter is reached all the same', async () => {
    const { loudness, peak } = await sound(makeCut([{ job: 'talk', frames: 120 }]), { loudness: -9 })
    expect(Math.abs((loudness ?? 0) + 9)).toBeLessThan(0.5)
    expect(peak).toBeLessThanOrEqual(-1)
  })

  test('never raises a quiet film without end', async () => {
    files.set('faint', join(folder, 'faint.mp4'))
    delivered.set('faint', await makeClip(tool, join(folder, 'faint.mp4'), 48, samplesOf(96_000, sine(500, 0.001))))
    const { loudness } = await sound(makeCut([{ job: 'faint', frames: 48 }]), { loudness: -14 })
    expect(loudness).toBeLessThan(-35)
    expect(loudness).toBeGreaterThan(-42)
  })
})

describe('pieces of sound files', () => {
  test.each(['click.flac', 'click.mp3', 'click.m4a', 'click.ogg'])('are cut to the sample: %s', async (name) => {
    const into = join(folder, `${name}.slice.flac`)
    const path = join(folder, name)
    const samples = await sliceAudio({ tool, signal, path, from: { num: 1, den: 4 }, to: { num: 3, den: 2 }, into })
    const back = await heard(tool, into)
    expect([samples, back.length]).toEqual([60_000, 60_000])
    expect(Math.abs(shiftOf(back, click(0), 0, 24, 8000))).toBeLessThanOrEqual(1)
    expect(level(back, 40_000, 60_000)).toBeLessThan(-80)
  })

  test('tell how loud each frame is', async () => {
    const path = join(folder, 'steps.wav')
    await makeSoundFile(
      tool,
      path,
      samplesOf(48_000, (n) => (n < 24_000 ? 0 : n < 36_000 ? 0.05 : 0.5) * Math.sin(n * 0.1)),
    )
    const envelope = await readEnvelope({ tool, signal, path, frames: 30, rate: rate24 })
    expect(envelope.length).toBe(30)
    expect([...envelope.slice(0, 12)]).toEqual(new Array(12).fill(0))
    expect(envelope[15]).toBeCloseTo((54 - 29) / 54, 1)
    expect(envelope[20]).toBeCloseTo((54 - 9) / 54, 1)
    expect([...envelope.slice(24)]).toEqual(new Array(6).fill(0))
  })
})
