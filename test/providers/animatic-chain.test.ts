// Clips that go on from clips: an extension starts where the clip ended, a retake stands in its place, sound runs on.
import { readFile, writeFile } from 'node:fs/promises'
import { createCanvas } from '@napi-rs/canvas'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSounds } from '../../src/providers/animatic/cues.ts'
import { readMarks } from '../../src/providers/animatic/mark.ts'
import { makeBed, readLevels } from '../../src/providers/animatic/sound.ts'
import type { Asked, Desk, Grey } from './animatic-kit.ts'
import { difference, greyOf, openDesk, pcmOf, windowOf } from './animatic-kit.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())

const window = windowOf(320, 180)
const look = (path: string): Promise<Grey> => greyOf(desk, path, window)

/** How much neighbouring frames differ, at most. */
const usual = (grey: Grey): number => Math.max(...grey.frames.slice(1).map((frame, i) => difference(frame, grey.frames[i])))

const shot: Asked = { prompt: 'a quay by day, a woman walks from left to right', frames: 24, slate: { camera: 'slow push in' } }

describe('extend', () => {
  it.each([
    ['the same words', {}],
    ['other words', { prompt: 'she stops and looks up', slate: { camera: '' } }],
    ['another move', { slate: { camera: 'pan left' } }],
  ])('at the end, %s: no jolt at the seam', async (_name, other: Asked) => {
    const first = await desk.make(shot)
    const next = await desk.make({ ...shot, ...other, operation: 'extend', extend: { at: 'end', context: 24 }, files: { video: first } })
    const [a, b] = [await look(first), await look(next)]
    expect(b.frames.length).toBe(24)
    const seam = difference(a.frames.at(-1), b.frames[0])
    expect(seam).toBeGreaterThan(0)
    expect(seam).toBeLessThan(usual(a) * 1.3 + 0.3)
    // It is the frame after, not the same scene from its start.
    expect(difference(a.frames[0], b.frames[0])).toBeGreaterThan(seam * 2)
  })

  it('three links by the same words are one long move', async () => {
    const long = await look(await desk.make({ ...shot, frames: 36, slate: { camera: 'static' }, prompt: 'a lake by day' }))
    const asked: Asked = { ...shot, prompt: 'a lake by day', slate: { camera: 'static' }, frames: 12 }
    const one = await desk.make(asked)
    const two = await desk.make({ ...asked, operation: 'extend', extend: { at: 'end', context: 12 }, files: { video: one } })
    const three = await desk.make({ ...asked, operation: 'extend', extend: { at: 'end', context: 12 }, files: { video: two } })
    expect(difference(long.frames.at(-1), (await look(three)).frames.at(-1))).toBeLessThan(1.5)
  })

  it('at the start: ends where the clip begins', async () => {
    const first = await desk.make(shot)
    const before = await desk.make({ ...shot, operation: 'extend', extend: { at: 'start', context: 24 }, files: { video: first } })
    const [a, b] = [await look(before), await look(first)]
    expect(difference(a.frames.at(-1), b.frames[0])).toBeLessThan(usual(b) * 1.3 + 0.3)
  })

  it.each(['end', 'start'] as const)('footage from elsewhere, at the %s: goes on from its frame', async (at) => {
    const path = `${desk.folder}/foreign-${at}.mp4`
    const tagged = 'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,setparams=colorspace=bt709:range=tv'
    await desk.tool.run({
      inputs: [{ lavfi: 'testsrc2=s=320x180:r=24:d=1', options: [] }],
      outputs: [{ path, options: ['-c:v', 'libx264', '-crf', '14', '-pix_fmt', 'yuv420p', '-vf', tagged, '-f', 'mp4'] }],
    })
    const whole = await greyOf(desk, path, { x: 0, y: 0, width: 320, height: 180 })
    const next = await look(await desk.make({ ...shot, operation: 'extend', extend: { at, context: 24 }, files: { video: path } }))
    const reference = at === 'end' ? whole.frames.at(-1) : whole.frames[0]
    const near = at === 'end' ? next.frames[0] : next.frames.at(-1)
    // The window shows the same frame cut to its shape: the same rows, from 36 % of what is left over.
    const top = Math.round((180 - window.height) * 0.36)
    const part = reference?.subarray(top * 320, (top + window.height) * 320)
    expect(difference(part, near)).toBeLessThan(3)
    expect(difference(next.frames[0], next.frames.at(-1))).toBeGreaterThan(0.5)
  })

  it('a moved picture goes on from the picture as it stood, without its type', async () => {
    const still = `${desk.folder}/still.png`
    const ink = createCanvas(400, 300).getContext('2d')
    for (let i = 0; i < 20; i++) {
      ink.fillStyle = `hsl(${i * 18},60%,${30 + i * 2}%)`
      ink.fillRect(i * 20, 0, 20, 300)
      ink.fillRect(0, i * 15, 400, 5)
    }
    await writeFile(still, ink.canvas.toBuffer('image/png'))
    const first = await desk.make({ ...shot, operation: 'image-to-video', files: { 'first-frame': still } })
    const next = await desk.make({ ...shot, operation: 'extend', extend: { at: 'end', context: 24 }, files: { video: first } })
    const [a, b] = [await look(first), await look(next)]
    expect(difference(a.frames.at(-1), b.frames[0])).toBeLessThan(usual(a) + 2)
  })
})

describe('retake', () => {
  const take = async (mode: 'picture' | 'sound' | 'both'): Promise<{ original: string; patch: string }> => {
    const original = await desk.make({ ...shot, frames: 36 })
    const asked: Asked = {
      ...shot,
      operation: 'retake',
      frames: 12,
      retake: { from: 12, to: 24, mode },
      files: { video: original },
      slate: { label: 'RETAKE', offset: 12 },
    }
    return { original, patch: await desk.make(asked) }
  }

  it('is the range, from the same place, visibly another version', async () => {
    const { original, patch } = await take('both')
    const [old, fresh] = [await look(original), await look(patch)]
    expect(fresh.frames.length).toBe(12)
    const apart = difference(old.frames[12], fresh.frames[0])
    expect(apart).toBeGreaterThan(2)
    // Nearer to the frame it stands for than another shot of the same words would be.
    const other = await look(await desk.make({ ...shot, seed: 99, frames: 2 }))
    expect(apart).toBeLessThan(difference(old.frames[12], other.frames[0]))
  })

  it('of the sound alone keeps the picture and changes the sound', async () => {
    const { original, patch } = await take('sound')
    const [old, fresh] = [await look(original), await look(patch)]
    expect(difference(old.frames[14], fresh.frames[2])).toBeLessThan(1)
    const [before, after] = [await pcmOf(desk, original), await pcmOf(desk, patch)]
    const part = before.subarray(24000, 24000 + after.length)
    const changed = after.reduce((sum, value, i) => sum + Math.abs(value - (part[i] ?? 0)), 0) / after.length
    expect(changed).toBeGreaterThan(20)
  })

  it('of the picture alone keeps the sound', async () => {
    const { original, patch } = await take('picture')
    const [before, after] = [await pcmOf(desk, original), await pcmOf(desk, patch)]
    // Beside the fades at its ends.
    for (let i = 2000; i < after.length - 2000; i += 997) expect(Math.abs((after[i] ?? 0) - (before[24000 + i] ?? 0))).toBeLessThan(40)
  })

  it('of a moved picture begins with the frame that stood there', async () => {
    const still = `${desk.folder}/retaken.png`
    const ink = createCanvas(400, 300).getContext('2d')
    for (let i = 0; i < 20; i++) {
      ink.fillStyle = `hsl(${i * 40},50%,${20 + i * 3}%)`
      ink.fillRect(i * 20, 0, 20, 300)
    }
    await writeFile(still, ink.canvas.toBuffer('image/png'))
    const image: Asked = {
      ...shot,
      operation: 'image-to-video',
      frames: 36,
      slate: { camera: 'pan left' },
      files: { 'first-frame': still },
    }
    const original = await desk.make(image)
    const patch = await desk.make({
      ...shot,
      operation: 'retake',
      frames: 12,
      retake: { from: 20, to: 32, mode: 'both' },
      files: { video: original },
    })
    const [old, fresh] = [await look(original), await look(patch)]
    expect(difference(old.frames[20], fresh.frames[0])).toBeLessThan(4)
    expect(difference(old.frames[20], fresh.frames[0])).toBeLessThan(difference(old.frames[0], fresh.frames[0]))
  })

  it('an extension of a file with a retake in it goes on from the retake', async () => {
    const { original, patch } = await take('both')
    // What a splice leaves: clips' bytes one after the other. Only their notes are read here.
    const spliced = `${desk.folder}/spliced.mp4`
    await writeFile(spliced, Buffer.concat([await readFile(original), await readFile(patch), await readFile(original)]))
    expect(new Set(readMarks(await readFile(spliced)).map(({ first, frames }) => `${first}+${frames}`))).toEqual(new Set(['0+36', '12+12']))
    const again: Asked = { ...shot, operation: 'retake', frames: 6, retake: { from: 12, to: 18, mode: 'sound' } }
    const kept = await look(await desk.make({ ...again, files: { video: spliced } }))
    expect(difference(kept.frames[0], (await look(patch)).frames[0])).toBeLessThan(1)
  })
})

describe('pictures and sound that were given', () => {
  const plain = async (name: string, colour: string): Promise<string> => {
    const path = `${desk.folder}/${name}.png`
    const ink = createCanvas(320, 180).getContext('2d')
    ink.fillStyle = colour
    ink.fillRect(0, 0, 320, 180)
    await writeFile(path, ink.canvas.toBuffer('image/png'))
    return path
  }

  it('begins with the first frame, passes the key, ends with the last frame', async () => {
    const files = {
      'first-frame': await plain('black', '#101010'),
      'key-0': await plain('grey', '#808080'),
      'last-frame': await plain('white', '#f0f0f0'),
    }
    const asked: Asked = { operation: 'image-to-video', frames: 25, keys: [{ frame: 12, strength: 1 }], files }
    const { frames } = await look(await desk.make(asked))
    const level = (i: number): number => (frames[i]?.reduce((sum, value) => sum + value, 0) ?? 0) / (frames[i]?.length ?? 1)
    const [start, key, end] = [level(0), level(12), level(24)]
    expect(start).toBeLessThan(40)
    expect(Math.abs(key - 126)).toBeLessThan(8)
    expect(end).toBeGreaterThan(212)
    expect(level(20)).toBeGreaterThan(key)
    expect(level(20)).toBeLessThan(end)
  })

  it('the sound is the stretch that was asked for, to the sample, and it drives the picture', async () => {
    const path = `${desk.folder}/beats.wav`
    const samples = 96000
    const wav = Buffer.alloc(44 + samples * 4)
    wav.write('RIFF', 0)
    wav.writeUInt32LE(36 + samples * 4, 4)
    wav.write('WAVEfmt ', 8)
    wav.set([16, 0, 0, 0, 1, 0, 2, 0], 16)
    wav.writeUInt32LE(48000, 24)
    wav.writeUInt32LE(192000, 28)
    wav.set([4, 0, 16, 0], 32)
    wav.write('data', 36)
    wav.writeUInt32LE(samples * 4, 40)
    // A ramp, so that every sample says where it was; loud between 0.5 s and 0.75 s of the stretch.
    const valueAt = (i: number): number => (i >= 40000 && i < 52000 ? 20000 - (i % 2) * 40000 : i % 300)
    for (let i = 0; i < samples; i++) for (const side of [0, 2]) wav.writeInt16LE(valueAt(i), 44 + i * 4 + side)
    await writeFile(path, wav)
    const heard = { from: { num: 1, den: 3 }, to: { num: 4, den: 3 } }
    const asked: Asked = {
      operation: 'audio-to-video',
      prompt: 'abstract shapes',
      frames: 24,
      heard,
      files: { audio: path },
      slate: { camera: 'static' },
    }
    const clip = await desk.make(asked)
    const pcm = await pcmOf(desk, clip)
    expect(pcm.length).toBe(48000)
    for (let i = 0; i < 48000; i += 1009) expect(pcm[i]).toBe(valueAt(16000 + i))
    const { frames } = await greyOf(desk, clip, { x: 0, y: 40, width: 320, height: 60 })
    const mean = (from: number, to: number): number =>
      frames.slice(from, to).reduce((sum, frame) => sum + frame.reduce((a, b) => a + b, 0) / frame.length, 0) / (to - from)
    expect(mean(14, 18)).toBeGreaterThan(mean(4, 10) + 2)
  })
})

describe('the bed', () => {
  const bed = async (sound: string, first: number, samples: number): Promise<Int16Array> => {
    const bytes = await makeBed({ sounds: readSounds(sound), seed: 7, first, samples }, new AbortController().signal)
    return new Int16Array(bytes.buffer)
  }
  const loudness = (pcm: Int16Array): number =>
    20 * Math.log10(Math.sqrt(pcm.reduce((sum, value) => sum + value * value, 0) / pcm.length) / 32768)

  it.each(['waves and sea', 'wind', 'rain', 'city traffic', 'drums, music', 'gulls', 'crackling fire', 'engine', 'chatter', 'room tone'])(
    '%s is heard, and quietly',
    async (sound) => {
      const level = loudness(await bed(sound, 0, 96000))
      expect(level).toBeGreaterThan(-52)
      expect(level).toBeLessThan(-22)
    },
  )

  it('silence is silence', async () => {
    expect((await bed('silence', 0, 4800)).every((value) => value === 0)).toBe(true)
  })

  it('begins and ends without a click, and runs on through a chain', async () => {
    const [one, two] = [await bed('sea', 0, 48000), await bed('sea', 48000, 48000)]
    const long = await bed('sea', 0, 96000)
    expect(Math.abs(one[0] ?? 9)).toBe(0)
    expect(Math.abs(one.at(-1) ?? 9)).toBe(0)
    for (let i = 2000; i < 90000; i += 1999) expect(Math.abs((long[48000 * 2 + i] ?? 0) - (two[i] ?? 0))).toBeLessThan(12)
  })

  it('loudness by frame rises fast and falls slowly', () => {
    const pcm = new Int16Array(4800 * 2 * 4)
    pcm.fill(12000, 4800 * 2, 4800 * 4)
    const levels = readLevels(new Uint8Array(pcm.buffer), [0, 4800, 9600, 14400])
    expect(levels[0]).toBe(0)
    expect(levels[1]).toBeGreaterThan(0.6)
    expect(levels[2]).toBeGreaterThan(0.3)
    expect(levels[3]).toBeLessThan(levels[2] ?? 0)
  })
})

describe('marks', () => {
  it('reads none from noise, and passes over what is damaged', async () => {
    expect(readMarks(Buffer.from('nothing here'))).toEqual([])
    expect(readMarks(Buffer.from('ltx-animatic/1.bm90IGpzb24.'))).toEqual([])
    expect(readMarks(Buffer.from('ltx-animatic/1.'))).toEqual([])
  })
})
