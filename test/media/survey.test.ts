import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Asset } from '../../src/lang/program.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { openAsset } from '../../src/media/open-asset.ts'
import { readFrameList } from '../../src/media/probe-asset.ts'
import type { Survey } from '../../src/media/survey.ts'
import { survey } from '../../src/media/survey.ts'
import type { World } from '../../src/world.ts'
import { makeClip, makeSoundFile, samplesOf, sine } from './sound-kit.ts'

let tool: Tool
let folder: string
let root: string

/** Files as they are, a clock that can be set, and a count of runs of the tool. */
let runs = 0
let later = 0
const world: Pick<World, 'files' | 'clock'> = {
  files: {
    readText: (path: string) => readFile(path, 'utf8'),
    writeWhole: (path: string, content: string | Uint8Array) => writeFile(path, content),
    // The survey asks for nothing else.
  } as World['files'],
  clock: { now: () => Date.now() + later, monotonic: () => 0, sleep: async () => undefined },
}
const counting = (): Tool => ({
  ...tool,
  run: (...args) => {
    runs += 1
    return tool.run(...args)
  },
  read: (...args) => {
    runs += 1
    return tool.read(...args)
  },
})

const asset = (kind: Asset['kind'], path: string): Asset => ({ kind, path, span: { path: 'film.ltx', start: 0, end: 1 } })
const look = (assets: readonly Asset[], more: { readonly cacheFile?: string } = {}): Promise<Survey> =>
  survey(assets, { root, world, tool: counting(), ...more })

/** The kind of problem one file earns. */
async function problemOf(kind: Asset['kind'], path: string): Promise<string> {
  const { facts, problems } = await look([asset(kind, path)])
  expect(facts.size + problems.length).toBe(1)
  const [only] = problems
  if (only === undefined) return 'fine'
  expect(only.message).toContain(path)
  expect(only.message).not.toContain(folder)
  expect(only.message).not.toMatch(/\.$|\n/)
  return only.kind
}

const picture = (format: 'png' | 'jpeg' | 'webp'): Buffer => {
  const canvas = createCanvas(80, 45)
  const context = canvas.getContext('2d')
  context.fillStyle = '#a86'
  context.fillRect(10, 10, 40, 20)
  return format === 'png' ? canvas.encodeSync('png') : format === 'jpeg' ? canvas.encodeSync('jpeg') : canvas.encodeSync('webp')
}

const put = (name: string, content: Uint8Array | string): Promise<void> => writeFile(join(root, name), content)

beforeAll(async () => {
  tool = await findTool(process.env)
  folder = await mkdtemp(join(tmpdir(), 'survey-'))
  root = join(folder, 'project')
  await mkdir(join(root, 'assets'), { recursive: true })
  for (const format of ['png', 'jpeg', 'webp'] as const) await put(`assets/p.${format === 'jpeg' ? 'jpg' : format}`, picture(format))
  const tone = samplesOf(30_001, sine(300, 0.3))
  await makeSoundFile(tool, join(root, 'assets/a.wav'), tone)
  await makeSoundFile(tool, join(root, 'assets/a.flac'), tone)
  await makeSoundFile(tool, join(root, 'assets/a.mp3'), tone)
  await makeSoundFile(tool, join(root, 'assets/a.m4a'), tone)
  await makeSoundFile(tool, join(root, 'assets/a44.wav'), tone, ['-ar', '44100'])
  await makeClip(tool, join(root, 'assets/v.mp4'), 30, tone, { num: 30000, den: 1001 })
  const copy = ['-c', 'copy']
  for (const end of ['mkv', 'mov']) {
    await tool.run({
      inputs: [{ path: join(root, 'assets/v.mp4') }],
      outputs: [{ path: join(root, `assets/v.${end}`), options: ['-an', ...copy] }],
    })
  }
})
beforeEach(() => {
  runs = 0
  later = 0
})
afterAll(() => rm(folder, { recursive: true, force: true }))

describe('facts', () => {
  test('of pictures: size, bytes and hash, without any process', async () => {
    const { facts, problems } = await look([
      asset('image', 'assets/p.png'),
      asset('image', 'assets/p.jpg'),
      asset('image', 'assets/p.webp'),
    ])
    expect(problems).toEqual([])
    for (const [path, one] of facts) {
      const bytes = await readFile(join(root, path))
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      expect(one).toEqual({ path, kind: 'image', bytes: bytes.length, sha256, size: { width: 80, height: 45 }, hasSound: false })
    }
    expect([facts.size, runs]).toEqual([3, 0])
  })

  test('of sound: its exact length, whatever it is packed in', async () => {
    const names = ['a.wav', 'a.flac', 'a.mp3', 'a.m4a']
    const { facts, problems } = await look(names.map((name) => asset('audio', `assets/${name}`)))
    expect(problems).toEqual([])
    for (const name of names)
      expect([name, facts.get(`assets/${name}`)]).toMatchObject([name, { seconds: { num: 30_001, den: 48_000 }, hasSound: true }])
    const { facts: other } = await look([asset('audio', 'assets/a44.wav')])
    const { num, den } = other.get('assets/a44.wav')?.seconds ?? { num: 0, den: 1 }
    // In samples of its own rate.
    expect([27_563, 27_564]).toContain((num * 44_100) / den)
  })

  test('of video: frames over rate, exact at NTSC; sound or none', async () => {
    const ntsc = { num: 30000, den: 1001 }
    const { facts, problems } = await look(['v.mp4', 'v.mkv', 'v.mov'].map((name) => asset('video', `assets/${name}`)))
    expect(problems).toEqual([])
    const base = { size: { width: 64, height: 36 }, rate: ntsc, seconds: { num: 1001, den: 1000 } }
    expect(facts.get('assets/v.mp4')).toMatchObject({ ...base, hasSound: true })
    expect(facts.get('assets/v.mov')).toMatchObject({ ...base, hasSound: false })
    expect(facts.get('assets/v.mkv')).toMatchObject({ ...base, hasSound: false })
  })

  test('of a video used for its sound', async () => {
    const { facts } = await look([asset('audio', 'assets/v.mp4')])
    expect(facts.get('assets/v.mp4')).toMatchObject({ kind: 'audio', seconds: { num: 30_001, den: 48_000 }, hasSound: true })
    expect(await problemOf('audio', 'assets/v.mov')).toBe('wrong-kind')
  })

  test('a picture on its side is as wide as it is shown', async () => {
    const jpeg = await readFile(join(root, 'assets/p.jpg'))
    const exif = Buffer.concat([
      Buffer.from('Exif\0\0MM\0*\0\0\0\u0008\0\u0001\u0001\u0012\0\u0003\0\0\0\u0001\0\u0006\0\0\0\0\0\0', 'latin1'),
    ])
    const length = Buffer.alloc(2)
    length.writeUInt16BE(exif.length + 2)
    await put('assets/turned.jpg', Buffer.concat([jpeg.subarray(0, 2), Buffer.from([0xff, 0xe1]), length, exif, jpeg.subarray(2)]))
    const { facts } = await look([asset('image', 'assets/turned.jpg')])
    expect(facts.get('assets/turned.jpg')?.size).toEqual({ width: 45, height: 80 })
  })
})

describe('what is wrong', () => {
  test('missing, empty, a folder, a pipe, a circle', async () => {
    expect(await problemOf('image', 'assets/none.png')).toBe('missing')
    await put('assets/empty.png', '')
    expect(await problemOf('image', 'assets/empty.png')).toBe('empty')
    expect(await problemOf('image', 'assets')).toBe('not-a-file')
    execFileSync('mkfifo', [join(root, 'assets/pipe.wav')])
    expect(await problemOf('audio', 'assets/pipe.wav')).toBe('not-a-file')
    await symlink('loop.png', join(root, 'assets/loop.png'))
    expect(await problemOf('image', 'assets/loop.png')).toBe('not-a-file')
    expect(await problemOf('image', 'assets/p.png/x.png')).toBe('missing')
  })

  test('a missing file’s neighbour is named', async () => {
    const { problems } = await look([asset('image', 'assets/P.PNG'), asset('audio', 'assets/v.wav')])
    expect(problems.map(({ message }) => message)).toEqual([
      'there is no file assets/P.PNG (there is assets/p.png)',
      expect.stringContaining('(there is assets/v.'),
    ])
  })

  test('names that lie, and say what they are', async () => {
    await put('assets/lie.png', picture('jpeg'))
    await put('assets/lie.mp3', await readFile(join(root, 'assets/a.wav')))
    await put('assets/lie.mp4', picture('png'))
    const { problems } = await look([asset('image', 'assets/lie.png'), asset('audio', 'assets/lie.mp3'), asset('video', 'assets/lie.mp4')])
    expect(problems.map(({ kind, message }) => [kind, message])).toEqual([
      ['mislabelled', 'assets/lie.png is a JPEG picture, not a PNG picture as its name says; rename it to end in .jpg'],
      ['mislabelled', 'assets/lie.mp3 is WAV sound, not MP3 sound as its name says; rename it to end in .wav'],
      ['mislabelled', 'assets/lie.mp4 is a PNG picture, not an MP4 or MOV file as its name says; rename it to end in .png'],
    ])
  })

  test('the wrong thing in the right file', async () => {
    expect(await problemOf('audio', 'assets/p.png')).toBe('wrong-kind')
    expect(await problemOf('image', 'assets/v.mp4')).toBe('wrong-kind')
    expect(await problemOf('video', 'assets/a.m4a')).toBe('wrong-kind')
    await put('assets/notes', 'a few words')
    expect(await problemOf('image', 'assets/notes')).toBe('unsupported')
  })

  test('files cut short, in every format', async () => {
    for (const [kind, name] of [
      ['image', 'p.png'],
      ['image', 'p.jpg'],
      ['image', 'p.webp'],
      ['audio', 'a.wav'],
      ['audio', 'a.flac'],
      ['audio', 'a.m4a'],
      ['video', 'v.mp4'],
      ['video', 'v.mov'],
    ] as const) {
      const whole = await readFile(join(root, 'assets', name))
      await put(`assets/cut-${name}`, whole.subarray(0, Math.floor(whole.length * 0.6)))
      expect([name, await problemOf(kind, `assets/cut-${name}`)]).toEqual([name, 'corrupt'])
    }
  })

  test('files with bytes that are not theirs', async () => {
    const png = Buffer.from(await readFile(join(root, 'assets/p.png')))
    png[60] = (png[60] ?? 0) ^ 0x40
    await put('assets/flip.png', png)
    expect(await problemOf('image', 'assets/flip.png')).toBe('corrupt')
    for (const [kind, name] of [
      ['audio', 'noise.mp3'],
      ['audio', 'noise.ogg'],
      ['video', 'noise.mkv'],
    ] as const) {
      const start = { 'noise.mp3': 'ID3\u0003\0\0\0\0\0\0', 'noise.ogg': 'OggS\0', 'noise.mkv': '\u001aE\u00df\u00a3' }[name]
      await put(
        `assets/${name}`,
        Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * n * 7919) >> 5))]),
      )
      expect([name, await problemOf(kind, `assets/${name}`)]).toEqual([name, 'corrupt'])
    }
  })

  test('pictures that claim to be huge are refused by their header', async () => {
    const { crc32 } = await import('node:zlib')
    const chunk = (kind: string, data: Buffer): Buffer => {
      const body = Buffer.concat([Buffer.from(kind, 'latin1'), data])
      const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
      length.writeUInt32BE(data.length)
      check.writeUInt32BE(crc32(body))
      return Buffer.concat([length, body, check])
    }
    const header = Buffer.alloc(13)
    header.writeUInt32BE(15_000, 0)
    header.writeUInt32BE(15_000, 4)
    header.set([8, 2, 0, 0, 0], 8)
    const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
    await put(
      'assets/bomb.png',
      Buffer.concat([magic, chunk('IHDR', header), chunk('IDAT', Buffer.alloc(20)), chunk('IEND', Buffer.alloc(0))]),
    )
    expect(await problemOf('image', 'assets/bomb.png')).toBe('too-large')
  })

  test('playlists in disguise are refused before anything opens them', async () => {
    await put('assets/hls.mp4', '#EXTM3U\n#EXTINF:1,\nv.mp4\n')
    await put('assets/concat.mp4', "ffconcat version 1.0\nfile 'v.mp4'\n")
    await put('assets/list.mov', "file 'v.mp4'\n")
    await put('assets/dash.mp4', '\ufeff<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>')
    for (const name of ['hls.mp4', 'concat.mp4', 'list.mov', 'dash.mp4'])
      expect(await problemOf('video', `assets/${name}`)).toBe('playlist')
    expect(runs).toBe(0)
  })
})

describe('paths', () => {
  test.each([
    ['../secret.png'],
    ['assets/../../secret.png'],
    ['/etc/passwd'],
    ['~/x.png'],
    ['file:assets/p.png'],
    ['http://127.0.0.1/x.png'],
    ['concat:assets/v.mp4'],
    ['C:/x.png'],
    ['C:x.png'],
    ['\\\\host\\share\\x.png'],
    ['assets\\p.png'],
    ['assets/%2e%2e/x.png'],
    ['assets/p.png\0.jpg'],
    [''],
  ])('%j is refused', async (path) => {
    await writeFile(join(folder, 'secret.png'), picture('png'))
    expect(await problemOf('image', path)).toBe('outside')
  })

  test('links inside the project are followed, links out of it are not', async () => {
    await writeFile(join(folder, 'secret.png'), picture('png'))
    await symlink('p.png', join(root, 'assets/link.png'))
    await symlink('../../secret.png', join(root, 'assets/out.png'))
    await symlink(folder, join(root, 'assets/up'))
    await symlink('/dev/zero', join(root, 'assets/zero.png'))
    await symlink('/proc/self/environ', join(root, 'assets/environ.png'))
    expect(await problemOf('image', 'assets/link.png')).toBe('fine')
    for (const name of ['out.png', 'up/secret.png', 'zero.png', 'environ.png'])
      expect(await problemOf('image', `assets/${name}`)).toBe('outside')
  })

  test('a project whose folder is itself reached by a link', async () => {
    await symlink(root, join(folder, 'linked'))
    const { facts } = await survey([asset('image', 'assets/p.png')], { root: join(folder, 'linked'), world, tool })
    expect(facts.size).toBe(1)
  })

  test('a link that is swapped while it is opened never gives the other file', async () => {
    const secret = picture('jpeg')
    await writeFile(join(folder, 'secret.jpg'), secret)
    await symlink(join(folder, 'secret.jpg'), join(root, 'assets/evil'))
    await symlink('p.png', join(root, 'assets/good'))
    await symlink('p.png', join(root, 'assets/swap.png'))
    let going = true
    const swapper = (async () => {
      for (let n = 0; going; n += 1) {
        await symlink(n % 2 === 0 ? join(folder, 'secret.jpg') : 'p.png', join(root, 'assets/next'))
        await rename(join(root, 'assets/next'), join(root, 'assets/swap.png'))
      }
    })()
    for (let n = 0; n < 200; n += 1) {
      const opened = await openAsset(root, 'assets/swap.png')
      if (!opened.ok) continue
      const bytes = await opened.file.readFile()
      await opened.file.close()
      expect(bytes.equals(secret)).toBe(false)
    }
    going = false
    await swapper
  })
})

describe('the cache', () => {
  const wanted = [asset('audio', 'assets/a.mp3'), asset('video', 'assets/v.mp4')]
  test('spares the second look, and changed files are read again', async () => {
    const cacheFile = join(folder, 'facts.json')
    later = 10_000
    const first = await look(wanted, { cacheFile })
    expect(runs).toBeGreaterThan(0)
    runs = 0
    const second = await look(wanted, { cacheFile })
    expect(second).toEqual(first)
    expect(runs).toBe(0)
    await makeSoundFile(tool, join(root, 'assets/a.mp3'), samplesOf(20_000, sine(200, 0.3)))
    const third = await look(wanted, { cacheFile })
    expect(third.facts.get('assets/a.mp3')?.sha256).not.toBe(first.facts.get('assets/a.mp3')?.sha256)
    expect(third.facts.get('assets/a.mp3')?.seconds).toEqual({ num: 5, den: 12 })
  })

  test('is not fooled by a file of the same length and time', async () => {
    const cacheFile = join(folder, 'facts2.json')
    later = 10_000
    const path = join(root, 'assets/same.wav')
    const time = new Date(1_700_000_000_000)
    const write = async (hertz: number): Promise<string | undefined> => {
      await makeSoundFile(tool, path, samplesOf(1000, sine(hertz, 0.3)))
      await utimes(path, time, time)
      return (await look([asset('audio', 'assets/same.wav')], { cacheFile })).facts.get('assets/same.wav')?.sha256
    }
    expect(await write(200)).not.toBe(await write(300))
  })

  test('keeps nothing of a file that was written a moment ago', async () => {
    const cacheFile = join(folder, 'facts3.json')
    const path = join(root, 'assets/now.wav')
    await makeSoundFile(tool, path, samplesOf(1000, sine(200, 0.3)))
    const soon = new Date(Date.now() + 5)
    await utimes(path, soon, soon)
    await look([asset('audio', 'assets/now.wav')], { cacheFile })
    expect(JSON.parse(await readFile(cacheFile, 'utf8'))).toEqual({ version: 2, entries: [] })
  })

  test.each(['', '{', '{"version":1}', '{"version":2,"entries":[{"mark":"x","facts":{"path":"assets/a.mp3","sha256":"no"}}]}'])(
    'that is damaged (%j) is no cache',
    async (content) => {
      const cacheFile = join(folder, 'broken.json')
      await writeFile(cacheFile, content)
      expect((await look(wanted, { cacheFile })).facts.size).toBe(2)
    },
  )
})

describe('a list of frames', () => {
  test('gives the rate that is meant, through the rounding of coarse clocks', () => {
    const list = (base: string, times: readonly number[]): string =>
      `#tb 0: ${base}\n#dimensions 0: 64x36\n${times.map((time) => `0, ${time}, ${time}, 1, 10, 0x1`).join('\n')}`
    const milliseconds = Array.from({ length: 100 }, (_, n) => Math.round((n * 1001) / 24))
    expect(readFrameList(list('1/1000', milliseconds))).toEqual({
      size: { width: 64, height: 36 },
      frames: 100,
      rate: { num: 24000, den: 1001 },
    })
    expect(readFrameList(list('1/25', [0, 1, 2, 3]))?.rate).toEqual({ num: 25, den: 1 })
    expect(readFrameList('')).toBeUndefined()
  })
})
