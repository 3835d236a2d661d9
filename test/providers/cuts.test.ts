// Answers that end in the middle: 500 offsets in each of three framings, for a clip, for the answer to a submit, and for
// a state that is asked for. No cut body enters the store, no submit is sent again, what is only read comes whole.
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Request } from '../../src/lang/plan.ts'
import { findTool, type Tool } from '../../src/media/ffmpeg.ts'
import { probe } from '../../src/media/probe.ts'
import { hostedLtxProvider } from '../../src/providers/hosted-ltx/index.ts'
import type { Calls, Ready } from '../../src/providers/provider.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { differenceOf } from '../../src/runtime/adjust.ts'
import { judge } from '../../src/runtime/failure.ts'
import { openStore, type Store } from '../../src/runtime/store.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { World } from '../../src/world.ts'
import { type CutServer, type Framing, framings, onTheWire, openCutServer } from './cut-server.ts'
import { canary } from './suite-world.ts'

const many = 500
const request: Request = {
  operation: 'text-to-video',
  provider: 'hosted-ltx/v2',
  model: 'ltx-2-3-fast',
  size: { width: 1280, height: 720 },
  rate: { num: 24, den: 1 },
  frames: 25,
  prompt: 'a gull crosses the sky',
  negative: '',
  sound: true,
  segments: [],
  keys: [],
}
const job: Ready = { id: 'cut@1', key: 'k', clientKey: 'c', request, files: new Map() }
const ticket = { id: 'job-1', endpoint: 'text-to-video' }
const sent = async (): Promise<void> => undefined
const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

let folder = ''
let server: CutServer
let calls: () => Calls
let store: Store
let world: World
/** The same clip with its index in front, and at its end. */
const clips: Record<'front' | 'end', Buffer> = { front: Buffer.alloc(0), end: Buffer.alloc(0) }

async function encode(tool: Tool, name: string, flags: readonly string[]): Promise<Buffer> {
  const path = join(folder, name)
  const inputs = [
    { lavfi: 'testsrc2=size=1280x720:rate=24,trim=end_frame=25' },
    { lavfi: 'sine=frequency=330:sample_rate=48000:duration=1.0416667' },
  ]
  const options = [
    '-map',
    '0:v',
    '-map',
    '1:a',
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-crf',
    '50',
    '-g',
    '8',
    '-bf',
    '0',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    ...flags,
  ]
  await tool.run({ inputs, outputs: [{ path, options }] })
  return readFileSync(path)
}

beforeAll(async () => {
  // Thousands of files are synced here: in memory where the machine has such a folder.
  folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'ltx-cuts-'))
  server = await openCutServer()
  const real = openNodeWorld({})
  world = {
    ...real,
    clock: { ...real.clock, sleep: async (_ms, signal) => signal?.throwIfAborted() },
    secret: () => canary,
  }
  const tool = await findTool(process.env)
  clips.front = await encode(tool, 'front.mp4', ['-movflags', '+faststart'])
  clips.end = await encode(tool, 'end.mp4', [])
  store = await openStore(world.files, join(folder, '.ltx'), 'clips')
  // Each time as a new process would: what one has learned of a bad line must not spare the next one its tries.
  calls = () =>
    hostedLtxProvider.open({
      world,
      scratch: join(folder, 'scratch'),
      kept: join(folder, 'kept'),
      signal: new AbortController().signal,
      use: {
        name: 'host',
        kind: 'hosted-ltx',
        keyEnv: 'KEY',
        settings: { base: server.base },
        span: { path: 'film.ltx', start: 0, end: 0 },
      },
      tool: async () => tool,
      uploads: openUploads(world, join(folder, 'uploads.json')),
    })
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** `many` offsets in an answer: all of its head and of its last bytes, all edges, the rest spread evenly. */
function offsetsIn(length: number, edges: readonly number[] = []): readonly number[] {
  const found = new Set<number>()
  const add = (at: number): void => {
    if (found.size < many && at >= 0 && at < length) found.add(at)
  }
  for (let at = 0; at < 180; at += 1) add(at)
  for (let at = 1; at <= 40; at += 1) add(length - at)
  for (const edge of edges) for (const near of [edge - 1, edge, edge + 1]) add(near)
  for (let step = length / many; found.size < many && step > 0.1; step /= 1.7) for (let at = 0; at < length; at += step) add(Math.floor(at))
  return [...found]
}

/** Where the boxes of a clip begin, in its own bytes: all at the top, and those inside its index. */
function edgesOf(clip: Buffer): readonly number[] {
  const found: number[] = []
  const walk = (from: number, to: number): void => {
    for (let at = from; at + 8 <= to; ) {
      const size = clip.readUInt32BE(at)
      found.push(at, at + 4, at + 8)
      if (['moov', 'trak', 'mdia', 'minf', 'stbl'].includes(clip.toString('latin1', at + 4, at + 8))) walk(at + 8, at + size)
      if (size < 8) return
      at += size
    }
  }
  walk(0, clip.length)
  return found
}

const asJson = (value: object): Buffer => Buffer.from(JSON.stringify(value))
const failureOf = (error: unknown) => {
  if (error instanceof ProviderFailure) return error.failure
  throw error
}

/** Fetches, checks and stores as a run does. Gives the hash under which it lies in the store, if it does. */
async function takeIn(): Promise<string | undefined> {
  const part = store.temporary()
  try {
    await calls().fetch(ticket, job, part)
    const wrong = differenceOf(await probe(part), request, { ready: false, ...hostedLtxProvider.capabilities.slack })
    if (wrong !== undefined) return undefined
    return await store.put(part)
  } catch (error) {
    expect(['network', 'host', 'mismatch', 'expired']).toContain(failureOf(error).kind)
    return undefined
  } finally {
    await world.files.remove(part)
  }
}

describe.each(framings)('an answer framed by %s', (framing: Framing) => {
  test('a clip that is cut never enters the store', async () => {
    const whole = sha(clips.front)
    const wire = onTheWire({ status: '200 OK', type: 'video/mp4', body: clips.front }, framing)
    const before = wire.indexOf('ftyp') - 4
    const offsets = offsetsIn(
      wire.length,
      edgesOf(clips.front).map((edge) => edge + before),
    )
    expect(offsets).toHaveLength(many)
    for (const at of offsets) {
      withStatus(wire, at)
      // It is fetched once more, and comes whole: also where nothing but its own boxes can tell that it was cut.
      expect([at, await takeIn(), server.requests()]).toEqual([at, whole, 2])
    }
  }, 120_000)

  test('the answer to a submit that is cut leaves its fate open, and the job is sent once', async () => {
    const body = asJson({ id: 'job-1', created_at: '2026-11-20T10:00:00Z', note: 'x'.repeat(500) })
    const wire = onTheWire({ status: '202 Accepted', type: 'application/json', body }, framing)
    const offsets = offsetsIn(wire.length)
    expect(offsets).toHaveLength(many)
    for (const at of offsets) {
      server.next(wire, at)
      const failure = await calls()
        .submit(job, sent)
        .then(() => undefined, failureOf)
      expect([at, server.requests(), failure?.billed]).toEqual([at, 1, 'unknown'])
      if (failure === undefined) throw new Error(`cut at ${at}, it counts as taken`)
      const told = { step: 'submit', failure, sent: true, byHost: false, failures: 1, misses: 0, tries: 1, renewals: 0, price: 1 } as const
      expect([at, judge({ ...told, submit: 'blind' }), judge({ ...told, submit: 'list' })]).toEqual([at, 'uncertain', 'settle'])
    }
  }, 120_000)

  test('a state that is asked for is asked for again, and never misread', async () => {
    const body = asJson({ id: 'job-1', status: 'failed', error: { type: 'content_filtered_error', message: 'x'.repeat(500) } })
    const wire = onTheWire({ status: '200 OK', type: 'application/json', body }, framing)
    for (const at of offsetsIn(wire.length)) {
      server.next(wire, at)
      const poll = () => calls().poll(ticket, job, () => undefined)
      const first = await poll().catch((error: unknown) => {
        const failure = failureOf(error)
        expect(failure.retry).toBe(true)
        return undefined
      })
      const status = first ?? (await poll())
      expect([at, status.state === 'failed' && status.failure.kind]).toEqual([at, 'moderation'])
      expect(server.requests()).toBe(2)
    }
  }, 120_000)
})

/** The clip's address is asked for first, then the clip: only that is cut. */
function withStatus(wire: Buffer, at: number): void {
  const body = asJson({ id: 'job-1', status: 'completed', result: { video_url: `${server.base}/clip.mp4` } })
  server.next(wire, at, onTheWire({ status: '200 OK', type: 'application/json', body }, 'length'))
}

test('a clip with its index at its end, cut at every box by a line that is closed, comes whole or not at all', async () => {
  const clip = clips.end
  const wire = onTheWire({ status: '200 OK', type: 'video/mp4', body: clip }, 'close')
  const before = wire.length - clip.length
  let cuts = 0
  for (const edge of new Set(edgesOf(clip).flatMap((one) => [one - 1, one, one + 1]))) {
    if (edge < 0 || edge >= clip.length) continue
    withStatus(wire, before + edge)
    expect([edge, await takeIn()]).toEqual([edge, sha(clip)])
    cuts += 1
  }
  expect(cuts).toBeGreaterThan(60)
})
