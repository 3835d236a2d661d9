// Inputs made fit for a host: what fits goes as it lies, what does not is made once, the same bytes each time, and is
// decoded here to see that it still is what it was.
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas, loadImage } from '@napi-rs/canvas'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { House } from '../../src/media/house.ts'
import type { InputRules, Preparation, Prepared } from '../../src/media/prepare.ts'
import { prepareInput } from '../../src/media/prepare.ts'
import { probe } from '../../src/media/probe.ts'
import { openRandom } from '../../src/runtime/failure.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { frameHashes, makeClip, smallHouse } from './make-clip.ts'
import { heard, makeSoundFile, samplesOf, sine } from './sound-kit.ts'

let tool: Tool
let folder = ''
let scratch = ''
let noisy = ''
beforeAll(async () => {
  tool = await findTool(process.env)
  folder = mkdtempSync(join(tmpdir(), 'ltx-prepare-'))
  scratch = join(folder, 'scratch')
  noisy = await picture('noisy.png', 400, 300, true)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const world = openNodeWorld()
const rules: InputRules = {
  image: { types: ['png', 'jpeg', 'webp'], maxBytes: 15_000_000, maxSide: 3840, exactCanvas: false },
  audio: { types: ['m4a', 'mp3', 'flac'], maxBytes: 15_000_000, minSeconds: 0.5, maxSeconds: 20 },
  video: { codecs: ['h264'], maxBytes: 32_000_000, maxSide: 3840, minFrames: 12 },
}

/** Left half red, right half blue, and where asked a noise that no encoder likes. */
async function picture(name: string, width: number, height: number, noise = false): Promise<string> {
  const canvas = createCanvas(width, height)
  const ink = canvas.getContext('2d')
  ink.fillStyle = '#f00'
  ink.fillRect(0, 0, width / 2, height)
  ink.fillStyle = '#00f'
  ink.fillRect(width / 2, 0, width / 2, height)
  const random = openRandom(7)
  for (let n = 0; noise && n < width * height; n += 1) {
    ink.fillStyle = `hsl(${Math.floor(random() * 360)} 80% 50%)`
    ink.fillRect(n % width, Math.floor(n / width), 1, 1)
  }
  const path = join(folder, name)
  await world.files.writeWhole(path, await canvas.encode('png'))
  return path
}

type Over = Partial<Preparation> & Pick<Preparation, 'slot' | 'path'>
const prepare = (over: Over): Promise<Prepared> =>
  prepareInput({
    world,
    tool: async () => tool,
    signal: new AbortController().signal,
    scratch,
    rules,
    size: { width: 320, height: 180 },
    ...over,
  })
const hash = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')
const image = (over: Partial<InputRules['image']>): InputRules => ({ ...rules, image: { ...rules.image, ...over } })
const sound = (over: Partial<InputRules['audio']>): InputRules => ({ ...rules, audio: { ...rules.audio, ...over } })
const video = (over: Partial<InputRules['video']>): InputRules => ({ ...rules, video: { ...rules.video, ...over } })

test('what fits goes as it lies, and nothing is made', async () => {
  const still = await picture('fits.png', 64, 36)
  const clip = join(folder, 'aac.mp4')
  const house = await makeClip(tool, { folder, name: 'house-fits', frames: 24, tone: 300 })
  await tool.run({ inputs: [{ path: house }], outputs: [{ path: clip, options: ['-c:v', 'copy', '-c:a', 'aac', '-f', 'mp4'] }] })
  const tone = join(folder, 'tone.m4a')
  await makeSoundFile(tool, tone, samplesOf(48_000, sine(440, 0.5)), ['-c:a', 'aac', '-f', 'ipod'])
  for (const [slot, path, mime] of [
    ['first-frame', still, 'image/png'],
    ['video', clip, 'video/mp4'],
    ['audio', tone, 'audio/mp4'],
  ] as const) {
    const prepared = await prepare({ slot, path })
    expect(prepared).toMatchObject({ path, mime, changed: [], sha256: hash(path), bytes: statSync(path).size })
    expect(prepared.name).toMatch(/^[0-9a-f]{24}\.(png|mp4|m4a)$/)
  }
  expect(await world.files.exists(scratch)).toBe(false)
})

test('the same input gives the same bytes under the same name, also when two ask at once', async () => {
  const order: Over = { slot: 'first-frame', path: noisy, rules: image({ exactCanvas: true, types: ['jpeg'] }) }
  const [a, b] = await Promise.all([prepare(order), prepare(order)])
  const elsewhere = await prepare({ ...order, scratch: join(folder, 'elsewhere') })
  expect(a).toEqual(b)
  expect(elsewhere.sha256).toBe(a.sha256)
  expect(elsewhere.sha256).toBe(hash(elsewhere.path))
  expect(readdirSync(scratch).filter((name) => name.startsWith('part-'))).toEqual([])
})

test('a picture of another shape is cut in its middle to the very canvas of the clip', async () => {
  const wide = await picture('wide.png', 400, 100)
  const made = await prepare({ slot: 'first-frame', path: wide, rules: image({ exactCanvas: true }) })
  const drawn = await loadImage(made.path)
  expect([drawn.width, drawn.height]).toEqual([320, 180])
  const canvas = createCanvas(320, 180)
  canvas.getContext('2d').drawImage(drawn, 0, 0)
  const { data } = canvas.getContext('2d').getImageData(0, 0, 320, 180)
  const at = (x: number): readonly number[] => [...data.subarray((90 * 320 + x) * 4, (90 * 320 + x) * 4 + 3)]
  expect(at(20)).toEqual([255, 0, 0])
  expect(at(300)).toEqual([0, 0, 255])
  expect(made.changed).toEqual(['cut to the shape of the clip', '400x100 to 320x180'])
  const turned = await prepare({ slot: 'first-frame', path: wide })
  expect(turned.changed).toEqual([])
})

test('a picture over the limit of sides is scaled, one over the limit of bytes becomes lighter', async () => {
  const scaled = await prepare({ slot: 'last-frame', path: noisy, rules: image({ maxSide: 100 }) })
  const drawn = await loadImage(scaled.path)
  expect([drawn.width, drawn.height, scaled.mime]).toEqual([100, 75, 'image/png'])
  const light = await prepare({ slot: 'last-frame', path: noisy, rules: image({ maxBytes: 60_000 }) })
  expect(light.bytes).toBeLessThanOrEqual(60_000)
  expect(light.mime).toBe('image/jpeg')
  expect((await loadImage(light.path)).width).toBeGreaterThan(90)
  await expect(prepare({ slot: 'last-frame', path: noisy, rules: image({ maxBytes: 500 }) })).rejects.toMatchObject({
    failure: { kind: 'input', message: expect.stringContaining('cannot be made smaller') },
  })
})

test('a WAV becomes AAC in an M4A of the same length', async () => {
  const wav = join(folder, 'speech.wav')
  await makeSoundFile(tool, wav, samplesOf(72_000, sine(440, 0.5)))
  const made = await prepare({ slot: 'audio', path: wav })
  expect(made).toMatchObject({ mime: 'audio/mp4', changed: ['wav to m4a'] })
  const back = await heard(tool, made.path)
  expect(Math.abs(back.length - 72_000)).toBeLessThanOrEqual(1024)
  const again = await prepare({ slot: 'audio', path: made.path })
  expect(again.changed).toEqual([])
  const mp3 = await prepare({ slot: 'audio', path: wav, rules: sound({ types: ['mp3'] }) })
  expect(mp3.mime).toBe('audio/mpeg')
  expect((await prepare({ slot: 'audio', path: mp3.path })).changed).toEqual([])
})

test('only the stretch that is heard goes, exact to the sample', async () => {
  const wav = join(folder, 'song.wav')
  // A tone that changes its pitch at exactly one second.
  await makeSoundFile(
    tool,
    wav,
    samplesOf(144_000, (n) => 0.5 * Math.sin((2 * Math.PI * (n < 48_000 ? 200 : 2000) * n) / 48_000)),
  )
  const heardOf = (from: number, to: number) => ({ from: { num: from, den: 2 }, to: { num: to, den: 2 } })
  const made = await prepare({ slot: 'audio', path: wav, heard: heardOf(2, 5), rules: sound({ types: ['flac'] }) })
  expect(made).toMatchObject({ mime: 'audio/flac', changed: ['cut to 1.5 s', 'wav to flac'] })
  const samples = await heard(tool, made.path)
  expect(samples.length).toBe(72_000)
  const whole = await heard(tool, wav)
  expect(samples.subarray(0, 500)).toEqual(whole.subarray(48_000, 48_500))
  const all = await prepare({ slot: 'audio', path: wav, heard: heardOf(0, 6), rules: sound({ types: ['wav'] }) })
  expect(all).toMatchObject({ path: wav, changed: [] })
})

test('a sound that is too short for a host goes on in silence; one that is too long is refused with its length', async () => {
  const wav = join(folder, 'short.wav')
  await makeSoundFile(tool, wav, samplesOf(12_000, sine(440, 0.5)))
  const made = await prepare({ slot: 'audio', path: wav, rules: sound({ types: ['flac'] }) })
  expect(made.changed).toEqual(['silence to 0.5 s', 'wav to flac'])
  const samples = await heard(tool, made.path)
  expect(samples.length).toBe(24_000)
  expect(samples.subarray(0, 12_000)).toEqual((await heard(tool, wav)).subarray(0, 12_000))
  expect(samples.subarray(12_000).every((sample) => sample === 0)).toBe(true)
  // What comes after the stretch in the file is not heard.
  const stretch = { from: { num: 0, den: 1 }, to: { num: 1, den: 8 } }
  const cut = await heard(tool, (await prepare({ slot: 'audio', path: wav, heard: stretch, rules: sound({ types: ['flac'] }) })).path)
  expect([cut.length, cut.subarray(6000).every((sample) => sample === 0)]).toEqual([24_000, true])
  await expect(prepare({ slot: 'audio', path: wav, rules: sound({ minSeconds: 0, maxSeconds: 0.2 }) })).rejects.toMatchObject({
    failure: { kind: 'input', message: 'the sound lasts 0.25 s; this host takes 0.2 s at most' },
  })
})

test('a clip of our own goes with its sound as AAC and every frame as it was', async () => {
  const clip = await makeClip(tool, { folder, name: 'flac', frames: 30, tone: 500 })
  const made = await prepare({ slot: 'video', path: clip })
  expect(made).toMatchObject({ mime: 'video/mp4', changed: ['its sound as AAC'] })
  expect(await frameHashes(tool, made.path)).toEqual(await frameHashes(tool, clip))
  expect(await probe(made.path)).toMatchObject({ frames: 30, size: smallHouse.size, rate: smallHouse.rate })
  expect((await prepare({ slot: 'video', path: made.path })).changed).toEqual([])
  const silent = await makeClip(tool, { folder, name: 'silent', frames: 30 })
  expect((await prepare({ slot: 'video', path: silent })).path).toBe(silent)
})

test('a clip that is too large or too heavy is encoded anew; one with too few frames is refused', async () => {
  const clip = await makeClip(tool, { folder, name: 'heavy', frames: 24, picture: 'mandelbrot=', tone: 500 })
  const small = await prepare({ slot: 'video', path: clip, rules: video({ maxSide: 80 }) })
  expect(await probe(small.path)).toMatchObject({ frames: 24, size: { width: 80, height: 44 } })
  const light = await prepare({ slot: 'video', path: clip, rules: video({ maxBytes: 60_000 }) })
  expect(light.bytes).toBeLessThanOrEqual(60_000)
  expect((await probe(light.path)).frames).toBe(24)
  await expect(prepare({ slot: 'video', path: clip, rules: video({ minFrames: 73 }) })).rejects.toMatchObject({
    failure: { kind: 'input', message: 'the clip has 24 frames; this host takes 73 at least' },
  })
})

test('the frames that a host asks for are those of what it is sent, at the rate of the job', async () => {
  const atRate = (name: string, frames: number, fps: number): Promise<string> =>
    makeClip(tool, { folder, name, frames, house: { ...smallHouse, rate: { num: fps, den: 1 } } })
  const rules = video({ exactCanvas: true, minFrames: 73 })
  const size = smallHouse.size
  await expect(
    prepare({ slot: 'video', path: await atRate('fewer', 90, 30), size, rules, rate: { num: 24, den: 1 } }),
  ).rejects.toMatchObject({
    failure: { kind: 'input', message: 'the clip has 72 frames; this host takes 73 at least', next: expect.stringContaining('3.1 s') },
  })
  const made = await prepare({ slot: 'video', path: await atRate('more', 72, 24), size, rules, rate: { num: 30, den: 1 } })
  expect((await probe(made.path)).frames).toBe(90)
})

test('a clip for a host that answers in its size and rate is brought to those of the job, all of its picture kept', async () => {
  const house: House = { ...smallHouse, size: { width: 90, height: 90 }, rate: { num: 30, den: 1 } }
  const clip = await makeClip(tool, { folder, name: 'square', frames: 30, tone: 500, house, picture: 'color=c=white' })
  const canvas = { slot: 'video', rules: video({ exactCanvas: true }), rate: { num: 24, den: 1 } } as const
  const made = await prepare({ ...canvas, path: clip })
  expect(made.changed).toContain('its picture on the canvas of the job')
  expect(await probe(made.path)).toMatchObject({ frames: 24, size: { width: 320, height: 180 }, rate: { num: 24, den: 1 } })
  const grey = await tool.read({
    inputs: [{ path: made.path }],
    outputs: [{ pipe: true, options: ['-map', '0:v', '-vf', 'trim=end_frame=1', '-f', 'rawvideo', '-pix_fmt', 'gray'] }],
  })
  const at = (x: number): number => grey[90 * 320 + x] ?? -1
  // White in the middle, black beside it.
  expect([at(20) < 40, at(160) > 200, at(300) < 40]).toEqual([true, true, true])
  expect((await prepare({ ...canvas, path: made.path })).path).toBe(made.path)
})

test('a clip in another box is made an MP4', async () => {
  const clip = await makeClip(tool, { folder, name: 'box', frames: 24, tone: 500 })
  const mkv = join(folder, 'box.mkv')
  await tool.run({ inputs: [{ path: clip }], outputs: [{ path: mkv, options: ['-c', 'copy', '-f', 'matroska'] }] })
  const made = await prepare({ slot: 'video', path: mkv })
  expect((await probe(made.path)).frames).toBe(24)
  expect(made.mime).toBe('video/mp4')
})
