// The door to ffmpeg: it runs what it is given, tells what went wrong in one line, stops when told to, and opens
// nothing but the file it was given.
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { strippedEnv } from '../../src/media/find-tool.ts'

let folder: string
let tool: Tool
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ltx-ffmpeg-'))
  tool = await findTool(process.env)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const failureOf = async (promise: Promise<unknown>): Promise<ProviderFailure['failure']> => {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  expect(error).toBeInstanceOf(ProviderFailure)
  return (error as ProviderFailure).failure
}
const bars = { lavfi: 'testsrc2=s=160x90:r=24:d=1' }

describe('running', () => {
  test('writes files with spaces, colons and dashes in their names, and tells how far it is', async () => {
    const path = join(folder, '-y a:b %d.mp4')
    const seen: number[] = []
    await tool.run({ inputs: [bars], outputs: [{ path, options: ['-c:v', 'libx264'] }] }, { onProgress: (frames) => seen.push(frames) })
    expect((await stat(path)).size).toBeGreaterThan(1000)
    expect(seen.at(-1)).toBe(24)
  })

  test('overwrites what is there', async () => {
    const path = join(folder, 'there.mp4')
    await writeFile(path, 'old')
    await tool.run({ inputs: [bars], outputs: [{ path, options: ['-c:v', 'libx264'] }] })
    expect((await stat(path)).size).toBeGreaterThan(1000)
  })

  test('reads raw bytes whole, and takes a stream in', async () => {
    const raw = await tool.read({
      inputs: [{ stream: Readable.from([Buffer.alloc(9600, 1)]), options: ['-f', 's16le', '-ar', '48000', '-ac', '2'] }],
      outputs: [{ pipe: true, options: ['-f', 's16le'] }],
    })
    expect(raw.length).toBe(9600)
  })

  test('a graph with two inputs', async () => {
    const hashes = await tool.read({
      inputs: [bars, { lavfi: 'color=red:s=160x90:r=24:d=1' }],
      graph: '[0:v][1:v]xfade=transition=fade:duration=0.5:offset=0.5[v]',
      outputs: [{ pipe: true, options: ['-map', '[v]', '-f', 'framemd5'] }],
    })
    expect(hashes.toString().match(/^0,/gm)).toHaveLength(36)
  })
})

describe('what goes wrong', () => {
  test('a missing file: one line, no folders of ours', async () => {
    const failure = await failureOf(
      tool.run({ inputs: [{ path: join(folder, 'none.mp4') }], outputs: [{ none: true, options: ['-f', 'null'] }] }),
    )
    expect(failure.kind).toBe('tool')
    expect(failure.message).toContain('none.mp4')
    expect(failure.message).not.toContain(folder)
    expect(failure.message).toContain('No such file')
  })

  test('control characters of a file name do not reach the message', async () => {
    const failure = await failureOf(
      tool.run({ inputs: [{ path: join(folder, 'a\u001b[31mb.mp4') }], outputs: [{ none: true, options: ['-f', 'null'] }] }),
    )
    expect(failure.message).not.toMatch(/[\u0000-\u001f]/)
  })

  test('a full disk is a disk failure', async () => {
    const failure = await failureOf(tool.run({ inputs: [bars], outputs: [{ path: '/dev/full', options: ['-f', 'mpegts'] }] }))
    expect(failure.kind).toBe('disk')
  })

  test('stops at once when told to, and does not start when it already was', async () => {
    const controller = new AbortController()
    const long = { inputs: [{ lavfi: 'testsrc2=s=1280x720:r=24:d=600' }], outputs: [{ none: true as const, options: ['-f', 'null'] }] }
    const stopped = failureOf(tool.run(long, { signal: controller.signal, onProgress: () => controller.abort() }))
    expect((await stopped).kind).toBe('cancelled')
    expect((await failureOf(tool.run(long, { signal: controller.signal }))).kind).toBe('cancelled')
  })

  test('more bytes than allowed', async () => {
    const failure = await failureOf(tool.read({ inputs: [bars], outputs: [{ pipe: true, options: ['-f', 'rawvideo'] }] }, { limit: 1000 }))
    expect(failure.message).toContain('1000 bytes')
  })
})

describe('what comes from outside', () => {
  test.each([
    ['an HLS list', '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsecret.ts\n#EXT-X-ENDLIST\n'],
    ['a concat list', "ffconcat version 1.0\nfile 'secret.ts'\n"],
    ['a DASH list', '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"></MPD>'],
  ])('%s named .mp4 opens nothing', async (_name, text) => {
    await tool.run({ inputs: [bars], outputs: [{ path: join(folder, 'secret.ts'), options: ['-c:v', 'libx264'] }] })
    const path = join(folder, 'list.mp4')
    await writeFile(path, text)
    const failure = await failureOf(tool.run({ inputs: [{ path }], outputs: [{ none: true, options: ['-f', 'null'] }] }))
    expect(failure.kind).toBe('tool')
  })

  test('a protocol in a path is a file name', async () => {
    const failure = await failureOf(
      tool.run({ inputs: [{ path: 'concat:a.mp4|b.mp4' }], outputs: [{ none: true, options: ['-f', 'null'] }] }),
    )
    expect(failure.message).toContain('No such file')
  })

  test('a picture bomb is refused', async () => {
    const path = join(folder, 'bomb.png')
    await tool.run({ inputs: [{ lavfi: 'color=black:s=9000x9000' }], outputs: [{ path, options: ['-frames:v', '1'] }] })
    const failure = await failureOf(
      tool.run({ strict: true, inputs: [{ path, options: ['-f', 'png_pipe'] }], outputs: [{ none: true, options: ['-f', 'null'] }] }),
    )
    expect(failure.kind).toBe('tool')
  })

  test('no key of the environment reaches it', () => {
    expect(strippedEnv({ PATH: '/bin', LTX_API_KEY: 'x', FAL_KEY: 'y', HOME: '/h' })).toEqual({
      PATH: '/bin',
      HOME: '/h',
      LC_ALL: 'C',
      AV_LOG_FORCE_NOCOLOR: '1',
    })
  })
})

describe('finding it', () => {
  /** A program that answers as an ffmpeg with nothing in it. */
  async function poorTool(name: string): Promise<string> {
    const path = join(folder, name, 'ffmpeg')
    await mkdir(join(folder, name), { recursive: true })
    await writeFile(path, '#!/bin/sh\necho "ffmpeg version 3.1"\n')
    await chmod(path, 0o755)
    return path
  }

  test('a system ffmpeg that lacks filters is passed over for the embedded one', async () => {
    const path = await poorTool('poor')
    const found = await findTool({ PATH: join(path, '..') })
    expect(found.source).toBe('embedded')
  })

  test('FFMPEG_PATH wins, and is never silently passed over', async () => {
    expect((await findTool({ FFMPEG_PATH: tool.path })).source).toBe('FFMPEG_PATH')
    const poor = await poorTool('explicit')
    expect((await failureOf(findTool({ FFMPEG_PATH: poor }))).message).toContain('lacks')
    expect((await failureOf(findTool({ FFMPEG_PATH: join(folder, 'nothing') }))).message).toContain('FFMPEG_PATH')
  })

  test('a system ffmpeg that can do all is taken', async () => {
    const path = join(folder, 'good', 'ffmpeg')
    await mkdir(join(folder, 'good'))
    await writeFile(path, `#!/bin/sh\nexec "${tool.path}" "$@"\n`)
    await chmod(path, 0o755)
    const found = await findTool({ PATH: join(folder, 'good') })
    expect([found.source, found.path, found.version]).toEqual(['system', path, tool.version])
  })
})
