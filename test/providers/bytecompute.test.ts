// ByteCompute without a host: its form, its negotiation in every shape that is likely, its states and its errors.
import { describe, expect, it } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Request } from '../../src/lang/plan.ts'
import { purchase } from '../../src/lang/planning/offer.ts'
import { adjustedBy, changesIn } from '../../src/providers/bytecompute/adjustments.ts'
import { readJob, standingOf } from '../../src/providers/bytecompute/answers.ts'
import { bytecomputeCapabilities } from '../../src/providers/bytecompute/capabilities.ts'
import { bytecompute } from '../../src/providers/bytecompute/index.ts'
import { partsOf } from '../../src/providers/bytecompute/request.ts'
import type { Calls, Context, Ready } from '../../src/providers/provider.ts'
import { type FakeWorld, fakeWorld, type Next } from './fake-http.ts'

const request = (over: Partial<Request> = {}): Request => ({
  operation: 'text-to-video',
  provider: 'bytecompute/1',
  model: 'Lightricks/LTX-2.3',
  size: { width: 1920, height: 1080 },
  rate: { num: 50, den: 1 },
  frames: 500,
  prompt: 'a harbor at dawn',
  negative: '',
  sound: true,
  segments: [],
  keys: [],
  ...over,
})
const ready: Ready = { id: 'a@1', key: 'k'.repeat(64), clientKey: 'c1', request: request(), files: new Map() }
const failureOf = async (work: Promise<unknown> | (() => unknown)) => {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    if (error instanceof ProviderFailure) return error.failure
    throw error
  }
  throw new Error('nothing failed')
}

describe('what it sells', () => {
  const need = {
    operation: 'text-to-video',
    frames: 144,
    size: { width: 1920, height: 1080 },
    rate: { num: 24, den: 1 },
    quality: 'pro',
    lastFrame: false,
    keyframes: false,
  } as const
  const sold = (over: object) => {
    const bought = purchase(bytecomputeCapabilities, { ...need, ...over })
    if ('what' in bought) throw new Error(bought.detail)
    return bought
  }
  it('two prices by pixels, whole seconds, 25 or 50', () => {
    expect(sold({})).toMatchObject({
      size: { width: 1920, height: 1080 },
      rate: { num: 25 },
      seconds: 6,
      frames: 150,
      offer: { price: { micros: 40_000 } },
    })
    expect(sold({ size: { width: 1280, height: 720 } })).toMatchObject({
      size: { width: 1280, height: 720 },
      offer: { price: { micros: 20_000 } },
    })
    expect(sold({ rate: { num: 50, den: 1 }, frames: 60 })).toMatchObject({ rate: { num: 50 }, seconds: 4 })
    expect(sold({ size: { width: 320, height: 180 } }).size.height).toBeGreaterThanOrEqual(512)
  })
  it('first and last frame, nothing else', () => {
    expect(sold({ operation: 'image-to-video', lastFrame: true }).offer.lastFrame).toBe(true)
    for (const operation of ['extend', 'retake', 'audio-to-video'] as const)
      expect(purchase(bytecomputeCapabilities, { ...need, operation })).toHaveProperty('what', 'operation')
    expect(purchase(bytecomputeCapabilities, { ...need, frames: 300 })).toMatchObject({ what: 'duration', longest: 10 })
  })
})

describe('the form', () => {
  const file = (name: string) => ({ path: `/in/${name}`, sha256: 'x', bytes: 3, mime: 'image/png', name: `${name}.png`, changed: [] })
  it('says size, rate and length', () => {
    expect(partsOf(request(), new Map())).toEqual([
      { name: 'model', text: 'Lightricks/LTX-2.3' },
      { name: 'prompt', text: 'a harbor at dawn' },
      { name: 'duration', text: '10' },
      { name: 'resolution', text: '1920x1080' },
      { name: 'fps', text: '50' },
    ])
  })
  it('one picture is the image; two are the frames', () => {
    const moving = request({ operation: 'image-to-video' })
    const names = (...slots: ('first-frame' | 'last-frame')[]) =>
      partsOf(moving, new Map(slots.map((slot) => [slot, file(slot)]))).flatMap((part) =>
        'path' in part ? [[part.name, part.path, part.type]] : [],
      )
    expect(names('first-frame')).toEqual([['image', '/in/first-frame', 'image/png']])
    expect(names('first-frame', 'last-frame').map(([name]) => name)).toEqual(['first_frame', 'last_frame'])
    expect(names('last-frame').map(([name]) => name)).toEqual(['last_frame'])
  })
  it('what it does not make is not sent', async () => {
    expect(await failureOf(() => partsOf(request({ operation: 'extend' }), new Map()))).toMatchObject({ kind: 'invalid', billed: 'no' })
  })
})

describe('the negotiation', () => {
  it.each([
    [null, undefined],
    [undefined, undefined],
    [{}, undefined],
    [[], undefined],
    [
      { fps: { from: 50, to: 25 }, duration: { from: 10, to: 6 } },
      { fps: 25, seconds: 6 },
    ],
    [{ fps: { requested: 50, actual: 25 } }, { fps: 25 }],
    [{ resolution: { from: '1920x1080', to: '1280x720' } }, { width: 1280, height: 720 }],
    [{ resolution: '1280x704' }, { width: 1280, height: 704 }],
    [{ resolution: { to: { width: 960, height: 544 } } }, { width: 960, height: 544 }],
    [
      { fps: 25, duration: '6s' },
      { fps: 25, seconds: 6 },
    ],
    [
      [
        { field: 'fps', from: 50, to: 25 },
        { name: 'duration', adjusted: 4 },
      ],
      { fps: 25, seconds: 4 },
    ],
    [{ fps: null, duration: { to: 6 } }, { seconds: 6 }],
    ['reduced to fit', {}],
    [{ steps: { from: 40, to: 20 } }, {}],
    [{ fps: { to: -1 }, duration: { to: 'short' } }, {}],
  ])('%j', (adjustments, changes) => expect(changesIn(adjustments)).toEqual(changes))
  it('in frames at the new rate', () => {
    expect(adjustedBy({ fps: 25 }, request())).toEqual({ rate: { num: 25, den: 1 }, frames: 250 })
    expect(adjustedBy({ fps: 25, seconds: 6 }, request())).toEqual({ rate: { num: 25, den: 1 }, frames: 150 })
    expect(adjustedBy({ seconds: 4 }, request())).toEqual({ rate: { num: 50, den: 1 }, frames: 200 })
    expect(adjustedBy({ width: 1280, height: 720 }, request())).toEqual({ size: { width: 1280, height: 720 } })
    expect(adjustedBy({}, request())).toEqual({})
  })
})

const jobOf = (body: object) =>
  readJob({ status: 200, headers: new Map(), text: '', shown: '', said: '', json: body, requestId: undefined })

describe('a job', () => {
  it.each([
    ['completed', 'done'],
    ['COMPLETED', 'done'],
    ['queued', 'waiting'],
    ['running', 'working'],
    ['warming up', 'strange'],
    ['failed', 'failed'],
    ['cancelled', 'failed'],
    ['expired', 'failed'],
    ['', 'strange'],
  ])('%s is %s', (status, state) => expect(standingOf(jobOf({ id: 'j', status })).state).toBe(state))
  it('a failed one is not bought again by itself: whether it is billed is not said', () => {
    expect(standingOf(jobOf({ status: 'failed', error: { message: 'out of memory' } }))).toMatchObject({
      explained: { kind: 'host', words: 'out of memory', retry: false, billed: 'unknown' },
    })
    expect(standingOf(jobOf({ status: 'failed', error: { type: 'x', message: 'NSFW content detected' } }))).toMatchObject({
      explained: { kind: 'moderation' },
    })
  })
  it('progress in either scale', () => {
    expect(jobOf({ progress: 40 }).progress).toBe(0.4)
    expect(jobOf({ progress: 0.4 }).progress).toBe(0.4)
  })
})

function openAt(answers: readonly Next[], base: string | undefined = 'https://us.example/v1/'): { world: FakeWorld; calls: Calls } {
  const world = fakeWorld(answers, { BYTECOMPUTE_API_KEY: 'secret-key-123' })
  const settings = base === undefined ? {} : { base }
  const context = { world, scratch: '/s', signal: new AbortController().signal, use: { name: 'bc', kind: 'bytecompute', settings } }
  return { world, calls: bytecompute.open(context as unknown as Context) } // what a job without files touches
}
const sent = async (): Promise<void> => undefined
const clip: Next = { status: 200, headers: { 'content-type': 'video/mp4' }, body: 'clip' }
const early: Next = { status: 409, body: { type: 'error', error: { type: 'conflict', message: 'Video is not ready' } } }

describe('calls', () => {
  it('needs an address', () => {
    expect(() => openAt([], 'nowhere')).toThrow(/needs the address/)
  })
  it('submit, ask, download: all by POST, at the address with or without its version', async () => {
    for (const base of ['https://us.example/v1/', 'https://us.example']) {
      const { world, calls } = openAt(
        [
          { status: 200, body: { id: 'j1', status: 'queued', adjustments: null } },
          { status: 200, body: { id: 'j1', status: 'completed' } },
          clip,
        ],
        base,
      )
      const ticket = await calls.submit(ready, sent)
      expect(ticket).toEqual({ id: 'j1', expiresAt: expect.any(Number) })
      expect(await calls.poll(ticket, ready, () => undefined)).toEqual({ state: 'done', expiresAt: ticket.expiresAt })
      await calls.fetch(ticket, ready, '/into.mp4')
      expect(world.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(
        ['/v1/generate', '/v1/jobs/j1', '/v1/jobs/j1/download'].map((path) => `POST https://us.example${path}`),
      )
      expect(world.written.get('/into.mp4')).toBe('clip')
      expect(world.requests.every(({ headers }) => headers.authorization === 'Bearer secret-key-123')).toBe(true)
    }
  })
  it('what was changed is in the ticket, so that a later run knows it too', async () => {
    const adjustments = { fps: { from: 50, to: 25 }, duration: { from: 10, to: 6 } }
    const { calls } = openAt([{ status: 200, body: { id: 'j1', status: 'queued', adjustments } }])
    const ticket = await calls.submit(ready, sent)
    expect(ticket).toMatchObject({ id: 'j1', adjusted: true, fps: 25, seconds: 6 })
    const later = openAt([{ status: 200, body: { id: 'j1', status: 'completed' } }])
    expect(await later.calls.poll(ticket, ready, () => undefined)).toMatchObject({
      state: 'done',
      adjusted: { rate: { num: 25, den: 1 }, frames: 150 },
    })
  })
  it('a change told only at the end counts as well; one that cannot be read too', async () => {
    const { calls } = openAt([
      { status: 200, body: { id: 'j1', status: 'completed', adjustments: { resolution: '1280x720' } } },
      { status: 200, body: { id: 'j1', status: 'completed', adjustments: 'made smaller' } },
    ])
    const poll = () => calls.poll({ id: 'j1' }, ready, () => undefined)
    expect(await poll()).toMatchObject({ adjusted: { size: { width: 1280, height: 720 } } })
    expect(await poll()).toMatchObject({ adjusted: {} })
  })
  it('a download that comes too early is asked for again', async () => {
    const { world, calls } = openAt([early, early, clip])
    await calls.fetch({ id: 'j1' }, ready, '/into.mp4')
    expect(world.slept).toHaveLength(2)
    expect(world.written.get('/into.mp4')).toBe('clip')
  })
  it('a job that is gone has expired, also at the download', async () => {
    const gone: Next = { status: 404, body: { type: 'error', error: { type: 'not_found', message: "Job 'j1' not found" } } }
    const { calls } = openAt([gone, gone])
    expect(await failureOf(calls.poll({ id: 'j1' }, ready, () => undefined))).toMatchObject({ kind: 'expired', retry: false })
    expect(await failureOf(calls.fetch({ id: 'j1' }, ready, '/into.mp4'))).toMatchObject({ kind: 'expired', retry: false })
  })
  it('a refusal costs nothing and says why; a lost answer leaves it open', async () => {
    const bad: Next = { status: 400, body: { type: 'error', error: { type: 'invalid_request', message: 'resolution is not valid' } } }
    expect(await failureOf(openAt([bad]).calls.submit(ready, sent))).toMatchObject({
      kind: 'invalid',
      billed: 'no',
      message: expect.stringContaining('resolution is not valid'),
    })
    expect(await failureOf(openAt([{ status: 404, body: 'nothing here' }]).calls.submit(ready, sent))).toMatchObject({
      kind: 'invalid',
      next: expect.stringContaining('base'),
    })
    expect(await failureOf(openAt([{ trouble: 'lost' }]).calls.submit(ready, sent))).toMatchObject({ kind: 'network', billed: 'unknown' })
    expect(await failureOf(openAt([{ status: 200, body: { status: 'queued' } }]).calls.submit(ready, sent))).toMatchObject({
      kind: 'host',
      billed: 'unknown',
    })
  })
})
