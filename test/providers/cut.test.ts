// ffmpeg's own operations, done for real on small clips: exact lengths, frames that stay the bytes they were, sound
// to the sample, and clips that are not what they should be refused.
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Operation, Request, Slot } from '../../src/lang/plan.ts'
import { frameToSample } from '../../src/lang/time.ts'
import { doEdit } from '../../src/media/do-edit.ts'
import type { Edit } from '../../src/media/edit.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { House } from '../../src/media/house.ts'
import { readMp4 } from '../../src/media/mp4.ts'
import { probe } from '../../src/media/probe.ts'
import { cut } from '../../src/providers/cut.ts'
import type { Ready } from '../../src/providers/provider.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { frameHashes, makeClip, smallHouse, soundBytes } from '../media/make-clip.ts'

let folder: string
let tool: Tool
let counter = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ltx-cut-'))
  tool = await findTool(process.env)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

type EditPart = Edit extends infer E ? (E extends Edit ? Omit<E, 'house'> : never) : never

function requestOf(operation: Operation, frames: number, edit: EditPart, house: House): Request {
  const { size, rate, quality } = house
  return {
    operation,
    provider: 'cut/1',
    model: '',
    size,
    rate,
    frames,
    prompt: '',
    negative: '',
    sound: true,
    segments: [],
    keys: [],
    edit: { ...edit, house: quality },
  }
}

async function edited(
  operation: Operation,
  frames: number,
  edit: EditPart,
  files: Readonly<Partial<Record<Slot, string>>>,
  house = smallHouse,
): Promise<string> {
  counter += 1
  const output = join(folder, `made-${counter}.mp4`)
  // Every key of the record is a slot.
  const slots = new Map(Object.entries(files)) as Map<Slot, string>
  await doEdit({
    request: requestOf(operation, frames, edit, house),
    files: slots,
    output,
    scratch: join(folder, 'scratch'),
    signal: new AbortController().signal,
    report: () => undefined,
    tool,
  })
  return output
}

const failureOf = async (promise: Promise<unknown>): Promise<ProviderFailure['failure']> => {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(ProviderFailure)
  return (error as ProviderFailure).failure
}

/** A clip as hosts send them: other size and rate, B-frames, AAC. */
async function hosted(
  name: string,
  frames: number,
  options: { readonly size?: string; readonly rate?: string; readonly sound?: boolean } = {},
): Promise<string> {
  const path = join(folder, `${name}.mp4`)
  const sound = options.sound === false ? [] : [{ lavfi: 'sine=frequency=440:sample_rate=44100' }]
  await tool.run({
    inputs: [{ lavfi: `testsrc2=size=${options.size ?? '192x128'}:rate=${options.rate ?? '25'}` }, ...sound],
    outputs: [
      {
        path,
        options: [
          '-map',
          '0:v',
          ...(options.sound === false ? [] : ['-map', '1:a', '-c:a', 'aac', '-shortest']),
          '-frames:v',
          String(frames),
          '-c:v',
          'libx264',
          '-bf',
          '3',
          '-pix_fmt',
          'yuv420p',
        ],
      },
    ],
  })
  return path
}

const samplesOf = async (path: string): Promise<number> => (await soundBytes(tool, path)).length / 4

describe('conform', () => {
  test('another size, rate and codec come out in house form, exact to the frame and sample', async () => {
    const made = await edited(
      'conform',
      48,
      { kind: 'conform', trim: { from: 0, frames: 48 }, fit: 'crop' },
      { video: await hosted('hosted', 53) },
    )
    expect(await probe(made)).toMatchObject({ frames: 48, size: smallHouse.size, rate: smallHouse.rate, soundSamples: 96000 })
    expect(await samplesOf(made)).toBe(96000)
    const [picture, sound] = (await readMp4(made)).tracks
    expect([picture?.codec, picture?.reordered, sound?.codec]).toEqual(['avc1', false, 'fLaC'])
  })

  test('a clip without sound gets silence of the same length', async () => {
    const made = await edited(
      'conform',
      24,
      { kind: 'conform', trim: { from: 0, frames: 24 }, fit: 'crop' },
      { video: await hosted('mute', 30, { sound: false }) },
    )
    const bytes = await soundBytes(tool, made)
    expect(bytes.length / 4).toBe(48000)
    expect(bytes.every((byte) => byte === 0)).toBe(true)
  })

  test('a trim keeps exactly the frames and samples it names', async () => {
    const clip = await makeClip(tool, { folder, name: 'trim', frames: 48, tone: 440 })
    const whole = await edited('conform', 0, { kind: 'conform', fit: 'crop' }, { video: clip })
    const made = await edited('conform', 20, { kind: 'conform', trim: { from: 10, frames: 20 }, fit: 'crop' }, { video: clip })
    expect((await probe(whole)).frames).toBe(48)
    const [all, part] = [await soundBytes(tool, clip), await soundBytes(tool, made)]
    expect(part.equals(all.subarray(20000 * 4, 60000 * 4))).toBe(true)
  })

  test('at 29.97 the sound has as many samples as its frames last', async () => {
    const house: House = { ...smallHouse, rate: { num: 30000, den: 1001 } }
    const made = await edited(
      'conform',
      31,
      { kind: 'conform', trim: { from: 0, frames: 31 }, fit: 'crop' },
      { video: await hosted('ntsc', 40) },
      house,
    )
    expect(await samplesOf(made)).toBe(frameToSample(31, house.rate))
    expect((await probe(made)).rate).toEqual(house.rate)
  })

  test('pad leaves bars, crop fills the frame', async () => {
    const video = await hosted('tall', 30, { size: '90x160' })
    const corner = async (fit: 'crop' | 'pad'): Promise<number> => {
      const made = await edited('conform', 12, { kind: 'conform', trim: { from: 0, frames: 12 }, fit }, { video })
      const raw = await tool.read({
        inputs: [{ path: made }],
        outputs: [{ pipe: true, options: ['-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo'] }],
      })
      return raw[45 * 160 + 5] ?? -1
    }
    expect(await corner('pad')).toBeLessThan(5)
    expect(await corner('crop')).toBeGreaterThan(20)
  })

  test('a clip that is much too short is refused; a few frames are held', async () => {
    const video = await hosted('short', 25)
    const failure = await failureOf(edited('conform', 48, { kind: 'conform', trim: { from: 0, frames: 48 }, fit: 'crop' }, { video }))
    expect([failure.kind, failure.message]).toEqual(['mismatch', 'the clip that came back is 1.00 s long where 2.00 s are needed'])
    expect(
      (await probe(await edited('conform', 27, { kind: 'conform', trim: { from: 0, frames: 27 }, fit: 'crop' }, { video }))).frames,
    ).toBe(27)
  })

  test('a short clip that was taken as it came holds its last frame, in silence', async () => {
    const video = await hosted('adjusted', 25)
    const made = await edited('conform', 48, { kind: 'conform', trim: { from: 0, frames: 48 }, fit: 'crop', hold: true }, { video })
    expect((await probe(made)).frames).toBe(48)
    const bytes = await soundBytes(tool, made)
    expect(bytes.length / 4).toBe(96000)
    expect(bytes.subarray(60000 * 4).every((byte) => byte === 0)).toBe(true)
  })

  test('a clip that was cut short on its way is refused, and nothing is left behind', async () => {
    const video = await hosted('broken', 50)
    await truncate(video, Math.floor((await stat(video)).size * 0.7))
    const failure = await failureOf(edited('conform', 24, { kind: 'conform', trim: { from: 0, frames: 24 }, fit: 'crop' }, { video }))
    expect(failure.kind).toBe('mismatch')
    expect(await stat(join(folder, `made-${counter}.mp4`)).catch(() => undefined)).toBeUndefined()
  })

  test('the same clip gives the same bytes again', async () => {
    const video = await hosted('again', 30)
    const [one, two] = [
      await edited('conform', 24, { kind: 'conform', fit: 'crop' }, { video }),
      await edited('conform', 24, { kind: 'conform', fit: 'crop' }, { video }),
    ]
    expect((await readFile(one)).equals(await readFile(two))).toBe(true)
  })
})

describe('join', () => {
  test('end to end: every frame and every sample as it was', async () => {
    const [a, b] = [
      await makeClip(tool, { folder, name: 'ja', frames: 30, tone: 200 }),
      await makeClip(tool, { folder, name: 'jb', frames: 26, tone: 200, picture: 'mandelbrot=' }),
    ]
    const parts = [
      { slot: 'part-0' as const, from: 0, frames: 30 },
      { slot: 'part-1' as const, from: 0, frames: 26 },
    ]
    const made = await edited('join', 56, { kind: 'join', parts }, { 'part-0': a, 'part-1': b })
    expect(await frameHashes(tool, made)).toEqual([...(await frameHashes(tool, a)), ...(await frameHashes(tool, b))])
    expect(await samplesOf(made)).toBe(112000)
    const [sound, first] = [await soundBytes(tool, made), await soundBytes(tool, a)]
    // Two milliseconds on either side of a seam may be softened.
    expect(sound.subarray(0, 59900 * 4).equals(first.subarray(0, 59900 * 4))).toBe(true)
  })

  test('a part entered between keyframes is made up to the next one only', async () => {
    const [a, b] = [
      await makeClip(tool, { folder, name: 'ka', frames: 24, tone: 200 }),
      await makeClip(tool, { folder, name: 'kb', frames: 48, tone: 300, picture: 'mandelbrot=' }),
    ]
    const parts = [
      { slot: 'part-0' as const, from: 0, frames: 24 },
      { slot: 'part-1' as const, from: 5, frames: 43 },
    ]
    const made = await edited('join', 67, { kind: 'join', parts }, { 'part-0': a, 'part-1': b })
    const [hashes, second] = [await frameHashes(tool, made), await frameHashes(tool, b)]
    expect(hashes).toHaveLength(67)
    expect(hashes.slice(24 + 7)).toEqual(second.slice(12))
    expect(hashes.slice(0, 24)).toEqual(await frameHashes(tool, a))
  })

  test('a part that has fewer frames than it should is refused by name', async () => {
    const a = await makeClip(tool, { folder, name: 'short-part', frames: 24, tone: 200 })
    const failure = await failureOf(edited('join', 40, { kind: 'join', parts: [{ slot: 'part-0', from: 0, frames: 40 }] }, { 'part-0': a }))
    expect(failure).toMatchObject({ kind: 'mismatch', message: 'part-0 has 24 frames where the film needs 40' })
  })
})

describe('splice', () => {
  const make = async (
    mode: 'picture' | 'sound' | 'both',
  ): Promise<{
    readonly hashes: readonly string[]
    readonly sound: Buffer
    readonly old: readonly string[]
    readonly oldSound: Buffer
    readonly patchSound: Buffer
  }> => {
    const old = await makeClip(tool, { folder, name: `old-${mode}`, frames: 72, tone: 200 })
    const patch = await makeClip(tool, { folder, name: `patch-${mode}`, frames: 30, tone: 900, picture: 'mandelbrot=' })
    const made = await edited('splice', 72, { kind: 'splice', from: 24, to: 44, patchFrom: 3, mode }, { video: old, patch })
    return {
      hashes: await frameHashes(tool, made),
      sound: await soundBytes(tool, made),
      old: await frameHashes(tool, old),
      oldSound: await soundBytes(tool, old),
      patchSound: await soundBytes(tool, patch),
    }
  }

  test('both: frames outside the range are the old ones, up to the keyframe behind it', async () => {
    const { hashes, sound, old, oldSound, patchSound } = await make('both')
    expect(hashes).toHaveLength(72)
    expect(hashes.slice(0, 24)).toEqual(old.slice(0, 24))
    expect(hashes.slice(48)).toEqual(old.slice(48))
    expect(hashes.slice(24, 44).some((hash) => old.includes(hash))).toBe(false)
    const [from, to] = [48000 * 4, 88000 * 4]
    const soft = 96 * 4
    expect(sound.length).toBe(oldSound.length)
    expect(sound.subarray(0, from - soft).equals(oldSound.subarray(0, from - soft))).toBe(true)
    expect(sound.subarray(to + soft).equals(oldSound.subarray(to + soft))).toBe(true)
    expect(sound.subarray(from + soft, to - soft).equals(patchSound.subarray(6000 * 4 + soft, 46000 * 4 - soft))).toBe(true)
  })

  test('picture: the sound stays the old one, to the bit', async () => {
    const { hashes, sound, old, oldSound } = await make('picture')
    expect(sound.equals(oldSound)).toBe(true)
    expect(hashes[30]).not.toBe(old[30])
  })

  test('sound: every frame stays the old one', async () => {
    const { hashes, sound, old, oldSound } = await make('sound')
    expect(hashes).toEqual(old)
    expect(sound.equals(oldSound)).toBe(false)
  })
})

describe('footage, cards and stills', () => {
  test('a range of a WebM of another size and rate', async () => {
    const path = join(folder, 'own.mkv')
    await tool.run({
      inputs: [{ lavfi: 'testsrc2=size=200x200:rate=30000/1001:duration=3' }, { lavfi: 'sine=frequency=300:duration=3' }],
      outputs: [{ path, options: ['-c:v', 'mpeg4', '-c:a', 'libmp3lame', '-f', 'matroska'] }],
    })
    const made = await edited('footage', 36, { kind: 'footage', from: [1, 2], to: [2, 1], fit: 'crop' }, { video: path })
    expect(await probe(made)).toMatchObject({ frames: 36, size: smallHouse.size, soundSamples: 72000 })
    const failure = await failureOf(edited('footage', 96, { kind: 'footage', from: [1, 1], to: [5, 1], fit: 'crop' }, { video: path }))
    expect(failure.kind).toBe('input')
    expect(failure.message).toMatch(/^the footage is 3\.0\d s long, its range ends at 5\.00 s$/)
  })

  test('footage starts at the frame of its first second, not at a keyframe before it', async () => {
    const path = await hosted('count', 75)
    const [whole, part] = [
      await edited('footage', 48, { kind: 'footage', fit: 'crop' }, { video: path }),
      await edited('footage', 24, { kind: 'footage', from: [1, 1], to: [2, 1], fit: 'crop' }, { video: path }),
    ]
    const gray = (file: string, frame: number): Promise<Buffer> =>
      tool.read({
        inputs: [{ path: file }],
        outputs: [{ pipe: true, options: ['-vf', `select=eq(n\\,${frame})`, '-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo'] }],
      })
    const away = (a: Buffer, b: Buffer): number => a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0) / a.length
    const [right, wrong] = [away(await gray(part, 0), await gray(whole, 24)), away(await gray(part, 0), await gray(whole, 22))]
    expect(right).toBeLessThan(wrong / 4)
  })

  test('a card, with text that would be a filter', async () => {
    const made = await edited('card', 24, { kind: 'card', text: "x,drawtext=textfile=README.md:'100%'", below: 'a film' }, {})
    expect(await probe(made)).toMatchObject({ frames: 24, soundSamples: 48000 })
    const hashes = await frameHashes(tool, made)
    expect(hashes).toHaveLength(24)
  })

  test('a picture is held, whatever its name says', async () => {
    const png = join(folder, 'frame %d.jpg')
    await tool.run({
      inputs: [{ lavfi: 'testsrc2=size=300x300' }],
      outputs: [{ path: png, options: ['-frames:v', '1', '-f', 'image2pipe', '-c:v', 'png'] }],
    })
    const made = await edited('still', 20, { kind: 'still' }, { 'first-frame': png })
    expect(await probe(made)).toMatchObject({ frames: 20, size: smallHouse.size, soundSamples: 40000 })
    const text = join(folder, 'no-picture.png')
    await writeFile(text, '<svg xmlns="http://www.w3.org/2000/svg"/>')
    expect((await failureOf(edited('still', 20, { kind: 'still' }, { 'first-frame': text }))).kind).toBe('input')
  })

  test('what is made can stand next to any other house clip: the settings are the same', async () => {
    const clip = await makeClip(tool, { folder, name: 'same', frames: 24, tone: 200 })
    const card = await edited('card', 24, { kind: 'card', text: 'Same' }, {})
    const conformed = await edited('conform', 24, { kind: 'conform', fit: 'crop' }, { video: await hosted('same-h', 25) })
    const settings = async (path: string): Promise<string> => (await readMp4(path)).tracks[0]?.avcC.toString('hex') ?? ''
    expect(await settings(card)).toBe(await settings(clip))
    expect(await settings(conformed)).toBe(await settings(clip))
  })
})

describe('as a provider', () => {
  test('submit, poll, fetch: the result stands where the runtime wants it', async () => {
    const clip = await makeClip(tool, { folder, name: 'provided', frames: 30, tone: 200 })
    const job: Ready = {
      id: 'a@1:conform',
      key: 'ab'.repeat(32),
      clientKey: 'c',
      request: requestOf('conform', 24, { kind: 'conform', trim: { from: 0, frames: 24 }, fit: 'crop' }, smallHouse),
      files: new Map([['video' as const, clip]]),
    }
    const span = { path: 'a.ltx', start: 0, end: 0 }
    const calls = cut.open({
      world: openNodeWorld(),
      scratch: join(folder, 'provider'),
      kept: join(folder, 'kept'),
      signal: new AbortController().signal,
      use: { name: 'cut', kind: 'cut', settings: {}, span },
      tool: async () => tool,
      uploads: openUploads(openNodeWorld(), join(folder, 'uploads.json')),
    })
    const ticket = await calls.submit(job, async () => undefined)
    expect(JSON.parse(JSON.stringify(ticket))).toEqual(ticket)
    const seen: number[] = []
    expect(await calls.poll(ticket, job, (progress) => seen.push(progress))).toMatchObject({ state: 'done', billed: 0 })
    const into = join(folder, 'fetched.mp4')
    await calls.fetch(ticket, job, into)
    expect((await probe(into)).frames).toBe(24)
    expect(seen.at(-1)).toBe(1)
    expect(execFileSync('find', [join(folder, 'provider'), '-type', 'f']).toString()).toBe('')
  })

  test('stops when the run stops', async () => {
    const controller = new AbortController()
    controller.abort()
    const clip = await makeClip(tool, { folder, name: 'stopped', frames: 30 })
    const order = {
      request: requestOf('conform', 24, { kind: 'conform', fit: 'crop' }, smallHouse),
      files: new Map([['video' as const, clip]]),
      output: join(folder, 'never.mp4'),
    }
    const failure = await failureOf(doEdit({ ...order, scratch: folder, signal: controller.signal, report: () => undefined, tool }))
    expect(failure.kind).toBe('cancelled')
  })
})
