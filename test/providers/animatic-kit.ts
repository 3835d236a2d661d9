// Makes animatic clips for tests and looks at them: pixels as grey numbers, frames and samples counted by decoding.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Request, Slate, Slot } from '../../src/lang/plan.ts'
import type { Rate } from '../../src/lang/time.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { animatic } from '../../src/providers/animatic/index.ts'
import type { Layout } from '../../src/providers/animatic/layout.ts'
import { layoutOf } from '../../src/providers/animatic/layout.ts'
import type { Calls, Ready, Status, Ticket } from '../../src/providers/provider.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { openNodeWorld } from '../../src/world.node.ts'

export type Asked = Partial<Omit<Request, 'slate'>> & { readonly slate?: Partial<Slate>; readonly files?: Readonly<Record<string, string>> }

export type Desk = {
  readonly tool: Tool
  readonly folder: string
  readonly calls: Calls
  /** Makes a clip and gives its path. Throws an Error with the failure's message where it fails. */
  make(asked: Asked): Promise<string>
  /** Starts one and does not wait for its end. */
  start(asked: Asked, report?: (progress: number) => void): Promise<{ readonly ticket: Ticket; readonly done: Promise<Status> }>
  close(): void
}

const slate: Slate = { path: 'harbor/open', take: 1, label: '', words: '', camera: '', sound: '', say: [], offset: 0, model: 'ltx-2-3-pro' }

export function requestOf(asked: Asked): Request {
  const { files: _, ...rest } = asked
  return {
    operation: 'text-to-video',
    provider: 'animatic/1',
    model: 'animatic',
    size: { width: 320, height: 180 },
    rate: { num: 24, den: 1 },
    frames: 24,
    prompt: 'a harbor at dawn, a woman walks from left to right',
    negative: '',
    seed: 4217,
    sound: true,
    segments: [],
    keys: [],
    ...rest,
    slate: { ...slate, words: asked.prompt ?? 'a woman walks from left to right', ...asked.slate },
  }
}

export async function openDesk(): Promise<Desk> {
  const tool = await findTool(process.env)
  const folder = mkdtempSync(join(tmpdir(), 'animatic-'))
  const controller = new AbortController()
  const use = { name: 'animatic', kind: 'animatic', settings: {}, span: { file: '', start: 0, end: 0 } } as never
  const provider = animatic(async () => tool, tool.version)
  const calls = provider.open({
    world: openNodeWorld(),
    scratch: join(folder, 'scratch'),
    kept: join(folder, 'kept'),
    signal: controller.signal,
    use,
    tool: async () => tool,
    uploads: openUploads(openNodeWorld(), join(folder, 'uploads.json')),
  })
  let made = 0
  const ready = (asked: Asked): Ready => {
    const request = requestOf(asked)
    const key = createHash('sha256')
      .update(`${made}${JSON.stringify(request)}`)
      .digest('hex')
    return { id: 'shot', key, clientKey: key, request, files: new Map(Object.entries(asked.files ?? {}) as [Slot, string][]) }
  }
  return {
    tool,
    folder,
    calls,
    async start(asked, report = () => undefined) {
      made += 1
      const job = ready(asked)
      const ticket = await calls.submit(job, async () => undefined)
      return { ticket, done: calls.poll(ticket, job, report) }
    },
    async make(asked) {
      made += 1
      const job = ready(asked)
      const ticket = await calls.submit(job, async () => undefined)
      const status = await calls.poll(ticket, job, () => undefined)
      if (status.state !== 'done') throw new Error(status.state === 'failed' ? status.failure.message : status.state)
      const path = join(folder, `clip-${made}.mp4`)
      await calls.fetch(ticket, job, path)
      return path
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const hashOf = async (path: string): Promise<string> =>
  createHash('sha256')
    .update(await readFile(path))
    .digest('hex')

export type Grey = { readonly frames: readonly Uint8Array[]; readonly width: number; readonly height: number }

/** Every frame, one byte a pixel; `box` cuts out a part first. */
export async function greyOf(desk: Desk, path: string, box: { x: number; y: number; width: number; height: number }): Promise<Grey> {
  const { x, y, width, height } = box
  const graph = `[0:v]crop=${width}:${height}:${x}:${y},format=gray[out]`
  const bytes = await desk.tool.read({
    inputs: [{ path }],
    graph,
    outputs: [{ pipe: true, options: ['-map', '[out]', '-fps_mode', 'passthrough', '-f', 'rawvideo'] }],
  })
  const size = width * height
  return {
    width,
    height,
    frames: Array.from({ length: bytes.length / size }, (_, i) => new Uint8Array(bytes.subarray(i * size, (i + 1) * size))),
  }
}

/** The picture without the type around it. */
export const windowOf = (width: number, height: number): Layout['window'] => layoutOf({ width, height }, 1e9, false).window

export const meanOf = (frame: Uint8Array): number => frame.reduce((sum, value) => sum + value, 0) / frame.length

/** Mean difference of two pictures, 0..255. */
export function difference(a: Uint8Array | undefined, b: Uint8Array | undefined): number {
  if (a === undefined || b === undefined || a.length !== b.length) return Number.NaN
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length
}

/** Samples a channel, by decoding. */
export async function pcmOf(desk: Desk, path: string): Promise<Int16Array> {
  const bytes = await desk.tool.read({
    inputs: [{ path }],
    outputs: [{ pipe: true, options: ['-map', '0:a:0', '-f', 's16le', '-ac', '1'] }],
  })
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
}

/** What ffmpeg says of a file's streams. */
export async function toldOf(desk: Desk, path: string): Promise<string> {
  const { stderr } = await desk.tool.run({
    inputs: [{ path }],
    outputs: [{ none: true, options: ['-c', 'copy', '-f', 'null'] }],
    verbose: true,
  })
  return stderr
}

export const rateOf = (num: number, den = 1): Rate => ({ num, den })
