// A whole film from its cut: exact to the frame and the sample, untouched frames the very bytes they were, only what
// is inside a transition or under a text made anew; and nothing left behind when it fails.
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { CutClip } from '../../src/lang/plan.ts'
import type { Transition } from '../../src/lang/program.ts'
import { frameToSample } from '../../src/lang/time.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { FilmOrder, MadeFilm } from '../../src/media/film.ts'
import { makeFilm } from '../../src/media/film.ts'
import type { House } from '../../src/media/house.ts'
import { readMp4 } from '../../src/media/mp4.ts'
import type { Overlay } from '../../src/media/pieces.ts'
import { probe } from '../../src/media/probe.ts'
import { makeSound } from '../../src/media/sound.ts'
import { frameHashes, makeClip, smallHouse, soundBytes } from './make-clip.ts'

const span = { path: 'a.ltx', start: 0, end: 0 }
const cut: Transition = { kind: 'cut' }
const pictures = ['testsrc2=', 'mandelbrot=', 'rgbtestsrc=', 'smptebars=', 'life=mold=10:death_color=#C83232:life_color=#00ff00']

let folder: string
let tool: Tool
const clips: string[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ltx-film-'))
  tool = await findTool(process.env)
  for (const [index, picture] of pictures.entries()) {
    clips.push(await makeClip(tool, { folder, name: `clip-${index}`, frames: 48, tone: 200 + 50 * index, picture }))
  }
})
afterAll(() => rm(folder, { recursive: true, force: true }))

let counter = 0
const freshOutput = (): string => {
  counter += 1
  return join(folder, 'out', `film-${counter}.mp4`)
}

function layCut(frames: readonly number[], intos: readonly Transition[]): { readonly clips: readonly CutClip[]; readonly frames: number } {
  let start = 0
  const laid = frames.map((length, index): CutClip => {
    const into = intos[index] ?? cut
    const clip = { path: `scene/s${index}`, job: `s${index}@1`, start, frames: length, into, voice: false, muted: false }
    start += length - (into.kind === 'dissolve' || into.kind === 'wipe' ? into.frames : 0)
    return clip
  })
  return { clips: laid, frames: start }
}

type Wanted = {
  readonly frames: readonly number[]
  readonly intos?: readonly Transition[]
  readonly overlays?: readonly Overlay[]
  readonly files?: readonly string[]
} & Partial<Omit<FilmOrder, 'files' | 'overlays'>>

async function film(wanted: Wanted): Promise<{ readonly output: string; readonly made: MadeFilm }> {
  const { frames, intos = [], overlays = [], files = clips, ...rest } = wanted
  const order = layCut(frames, intos)
  const output = wanted.output ?? freshOutput()
  const named = new Map(order.clips.map(({ job }, index) => [job, files[index % files.length] ?? '']))
  const signal = new AbortController().signal
  const made = await makeFilm({
    cut: order,
    house: smallHouse,
    files: named,
    overlays,
    scratch: join(folder, 'scratch'),
    tool,
    signal,
    ...rest,
    output,
  })
  return { output, made }
}

/** For every frame of a film, whether it is exactly the given frame of the given clip. */
async function sameAs(output: string, file: string, at: number, from: number, count: number): Promise<readonly boolean[]> {
  const [all, own] = [await frameHashes(tool, output), await frameHashes(tool, file)]
  return Array.from({ length: count }, (_, n) => all[at + n] === own[from + n])
}
const failureOf = async (promise: Promise<unknown>): Promise<ProviderFailure['failure']> => {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  if (!(error instanceof ProviderFailure)) throw new Error(`no failure but ${String(error)}`)
  return error.failure
}

describe('hard cuts', () => {
  test('every frame is a clip’s own, none is made', async () => {
    const { output, made } = await film({ frames: [48, 30, 48] })
    expect(made).toMatchObject({ frames: 126, copied: 126, made: 0 })
    const want = [
      ...(await frameHashes(tool, clips[0] ?? '')),
      ...(await frameHashes(tool, clips[1] ?? '')).slice(0, 30),
      ...(await frameHashes(tool, clips[2] ?? '')),
    ]
    expect(await frameHashes(tool, output)).toEqual(want)
  })

  test('the packets themselves are the clip’s, byte for byte', async () => {
    const { output } = await film({ frames: [48] })
    const packets = async (path: string): Promise<readonly string[]> => {
      const [bytes, table] = [await readFile(path), (await readMp4(path)).tracks[0]?.table()]
      return [...(table?.offsets ?? [])].map((offset, n) => bytes.subarray(offset, offset + (table?.sizes[n] ?? 0)).toString('base64'))
    }
    expect(await packets(output)).toEqual(await packets(clips[0] ?? ''))
  })

  test('no scratch is left behind', async () => {
    await film({ frames: [20, 20], intos: [{ kind: 'dissolve', frames: 6, span }] })
    expect(await readdir(join(folder, 'scratch'))).toEqual([])
    expect((await readdir(join(folder, 'out'))).filter((name) => !name.endsWith('.mp4'))).toEqual([])
  })
})

describe('transitions', () => {
  const brightness = async (path: string, frame: number): Promise<number> => {
    const options = ['-vf', `select=eq(n\\,${frame})`, '-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo']
    const raw = await tool.read({ inputs: [{ path }], outputs: [{ pipe: true, options }] })
    return raw.reduce((sum, value) => sum + value, 0) / raw.length
  }

  test('a dissolve: shorter film, made only inside it and up to a keyframe', async () => {
    const { output, made } = await film({ frames: [48, 48], intos: [{ kind: 'dissolve', frames: 10, span }] })
    expect(made).toMatchObject({ frames: 86, made: 12 })
    expect((await sameAs(output, clips[0] ?? '', 0, 0, 38)).every(Boolean)).toBe(true)
    expect((await sameAs(output, clips[1] ?? '', 50, 12, 36)).every(Boolean)).toBe(true)
    expect((await sameAs(output, clips[0] ?? '', 38, 38, 10)).some(Boolean)).toBe(false)
  })

  test('a dissolve runs evenly from the first picture to the second', async () => {
    const black = await makeClip(tool, { folder, name: 'black', frames: 24, picture: 'color=c=black' })
    const white = await makeClip(tool, { folder, name: 'white', frames: 24, picture: 'color=c=white' })
    const { output } = await film({ frames: [24, 24], intos: [{ kind: 'dissolve', frames: 9, span }], files: [black, white] })
    const seen = await Promise.all([14, 15, 17, 19, 23, 24].map((frame) => brightness(output, frame)))
    const want = [0, 0.1, 0.3, 0.5, 0.9, 1].map((share) => share * 255)
    for (const [index, value] of seen.entries()) expect(Math.abs(value - (want[index] ?? 0))).toBeLessThan(4)
  })

  test('a fade goes through black in the middle and overlaps nothing', async () => {
    const white = await makeClip(tool, { folder, name: 'white-2', frames: 24, picture: 'color=c=white' })
    const { output, made } = await film({ frames: [24, 24], intos: [{ kind: 'fade', frames: 8, span }], files: [white] })
    expect(made.frames).toBe(48)
    const seen = await Promise.all([19, 20, 23, 24, 26, 28].map((frame) => brightness(output, frame)))
    const want = [255, 191, 0, 0, 128, 255]
    for (const [index, value] of seen.entries()) expect(Math.abs(value - (want[index] ?? 0))).toBeLessThan(5)
  })

  test.each([
    ['left', 'right'],
    ['right', 'left'],
    ['up', 'bottom'],
    ['down', 'top'],
  ] as const)('a wipe %s starts at the %s', async (direction, side) => {
    const black = await makeClip(tool, { folder, name: `b-${direction}`, frames: 24, picture: 'color=c=black' })
    const white = await makeClip(tool, { folder, name: `w-${direction}`, frames: 24, picture: 'color=c=white' })
    const { output } = await film({ frames: [24, 24], intos: [{ kind: 'wipe', direction, frames: 9, span }], files: [black, white] })
    const options = ['-vf', 'select=eq(n\\,17)', '-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo']
    const raw = await tool.read({ inputs: [{ path: output }], outputs: [{ pipe: true, options }] })
    const at = { left: raw[45 * 160 + 2], right: raw[45 * 160 + 157], top: raw[2 * 160 + 80], bottom: raw[87 * 160 + 80] }
    const opposite = { left: 'right', right: 'left', top: 'bottom', bottom: 'top' } as const
    expect(at[side]).toBeGreaterThan(200)
    expect(at[opposite[side]]).toBeLessThan(50)
  })

  test('all kinds in a row, with a clip between two dissolves that is nearly all transition', async () => {
    const intos: readonly Transition[] = [
      { kind: 'dissolve', frames: 12, span },
      { kind: 'dissolve', frames: 12, span },
      { kind: 'fade', frames: 7, span },
      { kind: 'wipe', direction: 'up', frames: 5, span },
    ]
    const { output, made } = await film({ frames: [40, 26, 48, 30, 48], intos })
    expect((await probe(output)).frames).toBe(made.frames)
    expect(made.frames).toBe(40 + 26 + 48 + 30 + 48 - 12 - 12 - 5)
    expect((await frameHashes(tool, output)).length).toBe(made.frames)
  })
})

describe('texts over the picture', () => {
  const overlay = async (from: number, to: number, fadeFrames = 0): Promise<Overlay> => {
    const png = join(folder, 'white-box.png')
    const lavfi = 'color=c=white:size=40x20,format=rgba,pad=160:90:40:30:color=black@0'
    await tool.run({ inputs: [{ lavfi }], outputs: [{ path: png, options: ['-frames:v', '1'] }] })
    return { png, from, to, fadeFrames }
  }
  const pixel = async (path: string, frame: number): Promise<number> => {
    const options = ['-vf', `select=eq(n\\,${frame})`, '-frames:v', '1', '-pix_fmt', 'gray', '-f', 'rawvideo']
    return (await tool.read({ inputs: [{ path }], outputs: [{ pipe: true, options }] }))[40 * 160 + 60] ?? -1
  }

  test('stands on its frames exactly, and leaves the rest as it was', async () => {
    const black = await makeClip(tool, { folder, name: 'ground', frames: 48, picture: 'color=c=black' })
    const { output, made } = await film({ frames: [48], overlays: [await overlay(15, 20)], files: [black] })
    expect(await Promise.all([14, 15, 19, 20].map((frame) => pixel(output, frame)))).toEqual([0, 255, 255, 0])
    expect(made).toMatchObject({ frames: 48, made: 9 })
  })

  test('over a cut, into a dissolve, with its fades', async () => {
    const black = await makeClip(tool, { folder, name: 'ground-2', frames: 48, picture: 'color=c=black' })
    const { output } = await film({
      frames: [48, 48],
      intos: [{ kind: 'dissolve', frames: 12, span }],
      overlays: [await overlay(30, 60, 10)],
      files: [black],
    })
    const seen = await Promise.all([29, 35, 40, 48, 49, 55, 60].map((frame) => pixel(output, frame)))
    const want = [0, 128, 255, 255, 255, 128, 0]
    for (const [index, value] of seen.entries()) expect(Math.abs(value - (want[index] ?? 0))).toBeLessThan(30)
  })

  test('a long one is made in several pieces without a seam', async () => {
    const black = await makeClip(tool, { folder, name: 'ground-3', frames: 480, picture: 'color=c=black' })
    const { output } = await film({ frames: [480], overlays: [await overlay(2, 470, 8)], files: [black] })
    const seen = await Promise.all([1, 10, 159, 160, 161, 320, 455, 470].map((frame) => pixel(output, frame)))
    expect(seen).toEqual([0, 255, 255, 255, 255, 255, 255, 0])
    expect((await probe(output)).frames).toBe(480)
  })
})

describe('clips that are not in house form', () => {
  test('are encoded once, the others stay copies', async () => {
    const foreign = join(folder, 'foreign.mp4')
    await tool.run({
      inputs: [{ lavfi: 'mandelbrot=size=200x100:rate=30' }],
      outputs: [{ path: foreign, options: ['-frames:v', '60', '-c:v', 'libx264', '-bf', '2', '-pix_fmt', 'yuv420p'] }],
    })
    const { output } = await film({ frames: [48, 48, 48], files: [clips[0] ?? '', foreign, clips[2] ?? ''] })
    expect((await sameAs(output, clips[0] ?? '', 0, 0, 48)).every(Boolean)).toBe(true)
    expect((await sameAs(output, clips[2] ?? '', 96, 0, 48)).every(Boolean)).toBe(true)
    expect((await frameHashes(tool, output)).length).toBe(144)
  })

  test('a clip made with other encoder settings', async () => {
    const other: House = { ...smallHouse, quality: 'final' }
    const final = await makeClip(tool, { folder, name: 'final', frames: 48, house: other })
    const { output, made } = await film({
      frames: [48, 48],
      intos: [{ kind: 'dissolve', frames: 6, span }],
      files: [clips[0] ?? '', final],
    })
    expect(made.frames).toBe(90)
    expect((await sameAs(output, clips[0] ?? '', 0, 0, 42)).every(Boolean)).toBe(true)
  })
})

describe('with sound', () => {
  const withSound = async (
    frames: readonly number[],
    intos: readonly Transition[],
    files: readonly string[],
    house: House,
  ): Promise<string> => {
    const order = layCut(frames, intos)
    const named = new Map(order.clips.map(({ job }, index) => [job, files[index % files.length] ?? '']))
    const delivered = new Map(await Promise.all([...named].map(async ([job, path]) => [job, await probe(path)] as const)))
    const signal = new AbortController().signal
    const input = {
      cut: { ...order, beds: [], titles: [], deliveries: [] },
      rate: house.rate,
      files: named,
      assets: new Map<string, string>(),
      delivered,
      tool,
      scratch: folder,
      signal,
    }
    const sound = await makeSound(input)
    return (await film({ frames, intos, files, house, sound })).output
  }

  test.each([
    ['24', { num: 24, den: 1 }],
    ['29.97', { num: 30000, den: 1001 }],
  ])('at %s picture and sound end together, to the sample', async (name, rate) => {
    const house: House = { ...smallHouse, rate }
    const files = [
      await makeClip(tool, { folder, name: `r${name}-a`, frames: 37, tone: 220, house }),
      await makeClip(tool, { folder, name: `r${name}-b`, frames: 41, tone: 330, house }),
    ]
    const output = await withSound([37, 41, 30], [{ kind: 'dissolve', frames: 8, span }], files, house)
    const frames = 37 + 41 + 30 - 8
    expect(await probe(output)).toMatchObject({ frames, soundSamples: frameToSample(frames, rate) })
    // ffmpeg's decoder stops at a packet's end, not at the edit's: less than one packet of padding may follow.
    const decoded = (await soundBytes(tool, output)).length / 4 - frameToSample(frames, rate)
    expect(decoded).toBeGreaterThanOrEqual(0)
    expect(decoded).toBeLessThan(1024)
    expect((await frameHashes(tool, output)).length).toBe(frames)
  })

  test('a beep on a frame is heard on that frame, after forty clips', async () => {
    const quiet = await makeClip(tool, { folder, name: 'quiet', frames: 13, picture: 'color=c=black' })
    const beep = await makeClip(tool, { folder, name: 'beep', frames: 13, tone: 1000, picture: 'color=c=white' })
    const output = await withSound(
      Array.from({ length: 40 }, () => 13),
      [],
      [...Array.from({ length: 39 }, () => quiet), beep],
      smallHouse,
    )
    const bytes = await soundBytes(tool, output)
    let first = 0
    while (first < bytes.length / 4 && Math.abs(bytes.readInt16LE(first * 4)) < 1500) first += 1
    // 39 clips of 13 frames of 2,000 samples; a sine takes a few samples to rise, the encoder smears a few.
    expect(Math.abs(first - 39 * 13 * 2000)).toBeLessThan(200)
  })
})

describe('what goes wrong', () => {
  test('a clip that is too short is named, and an older film stays', async () => {
    const output = freshOutput()
    await mkdir(join(folder, 'out'), { recursive: true })
    await writeFile(output, 'the old film')
    const failure = await failureOf(film({ frames: [48, 60], output }))
    expect([failure.kind, failure.message]).toEqual(['mismatch', 'scene/s1 has 48 frames where the film needs 60'])
    expect(await readFile(output, 'utf8')).toBe('the old film')
  })

  test('a damaged clip', async () => {
    const broken = await makeClip(tool, { folder, name: 'broken', frames: 48 })
    await truncate(broken, 5000)
    expect((await failureOf(film({ frames: [48], files: [broken] }))).kind).toBe('mismatch')
  })

  test('stopping leaves nothing', async () => {
    const controller = new AbortController()
    const output = freshOutput()
    const stopped = film({
      frames: [48, 48],
      intos: [{ kind: 'dissolve', frames: 20, span }],
      output,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    })
    expect((await failureOf(stopped)).kind).toBe('cancelled')
    expect((await readdir(join(folder, 'out'))).filter((name) => name.includes(`film-${counter}`))).toEqual([])
    expect(await readdir(join(folder, 'scratch'))).toEqual([])
  })

  test('an output that is a folder is a disk failure, not a bug', async () => {
    const output = freshOutput()
    await mkdir(output, { recursive: true })
    expect((await failureOf(film({ frames: [20], output }))).kind).toBe('disk')
    await chmod(output, 0o755)
  })
})
