// WaveSpeedAI without a host: requests as it wants them, answers read for what they mean, a lost answer settled.
import { describe, expect, it } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Capabilities } from '../../src/lang/catalogue.ts'
import { selectFamily } from '../../src/lang/catalogue.ts'
import type { Request, Slot } from '../../src/lang/plan.ts'
import { purchase } from '../../src/lang/planning/offer.ts'
import type { Calls, Context, Ready } from '../../src/providers/provider.ts'
import { explain, type Prediction, standingOf } from '../../src/providers/wavespeed/answers.ts'
import { wavespeedCapabilities } from '../../src/providers/wavespeed/capabilities.ts'
import { wavespeed } from '../../src/providers/wavespeed/index.ts'
import { bodyOf, pathOf } from '../../src/providers/wavespeed/request.ts'
import { type FakeWorld, fakeWorld, type Next } from './fake-http.ts'

const request = (over: Partial<Request> = {}): Request => ({
  operation: 'text-to-video',
  provider: 'wavespeed/1',
  model: 'wavespeed-ai/ltx-2.3/text-to-video',
  size: { width: 1280, height: 720 },
  rate: { num: 24, den: 1 },
  frames: 121,
  prompt: 'a harbor at dawn',
  negative: '',
  seed: 4217,
  sound: true,
  segments: [],
  keys: [],
  ...over,
})
const uris = (...slots: Slot[]): ReadonlyMap<Slot, string> => new Map(slots.map((slot) => [slot, `https://up.example/${slot}`]))
const failureOf = async (work: Promise<unknown> | (() => unknown)) => {
  try {
    await (typeof work === 'function' ? work() : work)
  } catch (error) {
    if (error instanceof ProviderFailure) return error.failure
    throw error
  }
  throw new Error('nothing failed')
}

const need = {
  operation: 'text-to-video',
  frames: 144,
  size: { width: 1920, height: 1080 },
  rate: { num: 24, den: 1 },
  quality: 'pro',
  lastFrame: false,
  keyframes: false,
} as const
const sold = (over: object, from: Capabilities = selectFamily(wavespeedCapabilities, undefined).capabilities) => {
  const bought = purchase(from, { ...need, ...over })
  if ('what' in bought) throw new Error(bought.detail)
  return bought
}

describe('what it sells', () => {
  it('a canvas by name, whole seconds, frames on the grid', () => {
    expect(sold({})).toMatchObject({ size: { width: 1920, height: 1080 }, seconds: 6, frames: 145, offer: { price: { micros: 100_000 } } })
    expect(sold({ size: { width: 720, height: 1280 } })).toMatchObject({ size: { width: 720, height: 1280 } })
    expect(sold({ quality: 'fast', size: { width: 848, height: 480 } })).toMatchObject({ offer: { price: { micros: 30_000 } } })
    expect(sold({ frames: 24 })).toMatchObject({ seconds: 5 })
  })
  it('adapters have models of their own', () => {
    expect(sold({ loras: 2 }).offer.model).toBe('wavespeed-ai/ltx-2.3/text-to-video-lora')
    expect(sold({ loras: 0 }).offer.model).toBe('wavespeed-ai/ltx-2.3/text-to-video')
  })
  it('an extension keeps the clip’s own canvas and rate, and has no seed', () => {
    const bought = sold({ operation: 'extend', extendAt: 'end', size: { width: 1024, height: 576 }, rate: { num: 30, den: 1 }, frames: 60 })
    expect(bought).toMatchObject({ size: { width: 1024, height: 576 }, rate: { num: 30, den: 1 }, seconds: 2 })
    expect(bought.offer).toMatchObject({ model: 'wavespeed-ai/ltx-2.3/extend', seed: false, reproducibility: 'keep-bytes' })
  })
  it('no last frame, no retake, no extension at the start', () => {
    const all = selectFamily(wavespeedCapabilities, undefined).capabilities
    for (const over of [
      { operation: 'image-to-video', lastFrame: true },
      { operation: 'retake', mode: 'both' },
      { operation: 'extend', extendAt: 'start' },
    ] as const)
      expect(purchase(all, { ...need, ...over })).toHaveProperty('what')
  })
  it('the other name for extending, where the script says so', () => {
    const { capabilities, named } = selectFamily(wavespeedCapabilities, 'ltx-2.3-video-extend')
    expect(named).toBe(true)
    expect(sold({ operation: 'extend', extendAt: 'end', frames: 48 }, capabilities).offer.model).toBe('wavespeed-ai/ltx-2.3/video-extend')
    expect(sold({}, capabilities).offer.model).toBe('wavespeed-ai/ltx-2.3/text-to-video')
  })
})

describe('a request', () => {
  it('text: canvas, shape, seconds and seed are said', () => {
    expect(bodyOf(request(), uris())).toEqual({
      prompt: 'a harbor at dawn',
      resolution: '720p',
      aspect_ratio: '16:9',
      duration: 5,
      seed: 4217,
    })
    const upright = request({ size: { width: 1080, height: 1920 }, frames: 481 })
    expect(bodyOf(upright, uris())).toMatchObject({ resolution: '1080p', aspect_ratio: '9:16', duration: 20 })
  })
  it('a picture gives the shape', () => {
    const body = bodyOf(request({ operation: 'image-to-video', size: { width: 848, height: 480 } }), uris('first-frame'))
    expect(body).toEqual({
      image: 'https://up.example/first-frame',
      prompt: 'a harbor at dawn',
      resolution: '480p',
      duration: 5,
      seed: 4217,
    })
  })
  it('adapters by address, never by a file of this disk', async () => {
    const loras = [{ path: 'https://host.example/mara.safetensors', scale: 0.8 }]
    expect(bodyOf(request({ loras }), uris())).toMatchObject({ loras })
    const failure = await failureOf(() => bodyOf(request({ loras: [{ path: 'loras/mara.safetensors', scale: 1 }] }), uris()))
    expect(failure).toMatchObject({ kind: 'invalid', billed: 'no' })
  })
  it('lipsync: the sound sets the length; upright only with a picture', async () => {
    const voice = request({ operation: 'audio-to-video', model: 'wavespeed-ai/ltx-2.3/lipsync' })
    expect(bodyOf(voice, uris('audio', 'first-frame'))).toEqual({
      audio: 'https://up.example/audio',
      image: 'https://up.example/first-frame',
      prompt: 'a harbor at dawn',
      resolution: '720p',
      seed: 4217,
    })
    const upright = { ...voice, size: { width: 720, height: 1280 } }
    expect((await failureOf(() => bodyOf(upright, uris('audio')))).kind).toBe('invalid')
  })
  it('an extension: the new seconds only, and no seed', () => {
    const body = bodyOf(request({ operation: 'extend', frames: 48, rate: { num: 24000, den: 1001 } }), uris('video'))
    expect(body).toEqual({ video: 'https://up.example/video', duration: 2, prompt: 'a harbor at dawn' })
  })
  it('a model is a path and nothing else', async () => {
    expect(pathOf(request())).toBe('wavespeed-ai/ltx-2.3/text-to-video')
    for (const model of ['ltx', 'a/../b', 'a/b?c', 'https://x.example/a', '/a/b'])
      expect((await failureOf(() => pathOf(request({ model })))).kind).toBe('invalid')
  })
})

const task = (over: Partial<Prediction>): Prediction => ({ id: 'p', ...over })

describe('a task', () => {
  it.each([
    ['created', { state: 'waiting' }],
    ['processing', { state: 'working' }],
  ])('%s goes on', (status, standing) => expect(standingOf(task({ status }))).toEqual(standing))
  it('completed has a clip, or misses it', () => {
    expect(standingOf(task({ status: 'completed', outputs: ['https://x/a.mp4'], has_nsfw_contents: [false] }))).toEqual({
      state: 'done',
      url: 'https://x/a.mp4',
    })
    for (const outputs of [[], [''], null]) expect(standingOf(task({ status: 'completed', outputs }))).toEqual({ state: 'missing' })
    expect(standingOf(task({ status: 'completed', outputs: [], error: 'upload failed' }))).toMatchObject({
      explained: { kind: 'host', retry: false, billed: 'unknown' },
    })
    for (const outputs of [[], ['https://x/a.mp4']])
      expect(standingOf(task({ status: 'completed', outputs, has_nsfw_contents: [true] }))).toMatchObject({ state: 'flagged' })
  })
  it('failed is given back, and may be made anew unless its content is the reason', () => {
    expect(standingOf(task({ status: 'failed', error: 'internal error' }))).toMatchObject({
      explained: { kind: 'host', retry: true, billed: 'no' },
    })
    expect(standingOf(task({ status: 'failed', error: 'flagged as sensitive' }))).toMatchObject({
      explained: { kind: 'moderation', retry: false },
    })
    expect(standingOf(task({ status: 'failed', has_nsfw_contents: [true] }))).toMatchObject({ explained: { kind: 'moderation' } })
    expect(standingOf(task({ status: 'failed', error: 'insufficient balance' }))).toMatchObject({ explained: { kind: 'funds' } })
  })
  it.each(['cancelled', 'timeout', 'deleted'])('%s ends it, and it is not bought again by itself', (status) => {
    expect(standingOf(task({ status }))).toMatchObject({ state: 'failed', explained: { kind: 'host', retry: false, billed: 'no' } })
  })
  it.each(['archived', '', undefined])('%s is neither success nor an end', (status) => {
    expect(standingOf(task(status === undefined ? {} : { status }))).toEqual({ state: 'strange', word: status ?? '' })
  })
})

it.each([
  [401, 'invalid authentication', 'auth'],
  [400, 'duration must be between 5 and 20', 'invalid'],
  [402, '', 'funds'],
  [403, 'your balance is not enough', 'funds'],
  [400, 'prompt contains sensitive content', 'moderation'],
  [429, 'too many requests', 'rate'],
  [500, 'oops', 'host'],
  [503, 'busy', 'capacity'],
  [1200, 'odd', 'host'],
] as const)('%i %s is %s', (status, words, kind) => expect(explain(status, words).kind).toBe(kind))

const envelope = (data: object, code = 200): Next => ({ status: 200, body: { code, message: 'success', data } })
const origin = 'https://api.wavespeed.ai'

function openAt(
  answers: readonly Next[],
  settings: Record<string, number> = {},
  disk = new Map<string, string>(),
): { world: FakeWorld; calls: Calls } {
  const files = {
    readText: async (path: string) => disk.get(path) ?? Promise.reject(new Error('ENOENT')),
    makeFolder: async () => undefined,
    writeWhole: async (path: string, text: string) => void disk.set(path, text),
  }
  const world = {
    ...fakeWorld(answers, { WAVESPEED_API_KEY: 'secret-key-123' }),
    sha256: () => 'f'.repeat(64),
    files,
  } as unknown as FakeWorld
  const context = {
    world,
    scratch: '/s',
    kept: '/kept',
    signal: new AbortController().signal,
    use: { name: 'w', kind: 'wavespeed', settings },
  }
  return { world, calls: wavespeed.open(context as unknown as Context) } // what a job without files touches
}
const ready = (over: Partial<Ready> = {}): Ready => ({
  id: 'a@1',
  key: 'k'.repeat(64),
  clientKey: 'c1',
  request: request(),
  files: new Map(),
  ...over,
})
const sent = async (): Promise<void> => undefined
const now = '2026-11-20T10:00:00.000Z'

describe('calls', () => {
  it('submit once, ask, fetch; the key goes to its own origin only', async () => {
    const done = envelope({ id: 'pred_1', status: 'completed', outputs: ['https://cdn.example/out.mp4'], created_at: now })
    const { world, calls } = openAt([
      envelope({ id: 'pred_1', status: 'created', outputs: [] }),
      envelope({ id: 'pred_1', status: 'processing' }),
      done,
      done,
      { status: 200, headers: { 'content-type': 'video/mp4' }, body: 'clip' },
    ])
    const ticket = await calls.submit(ready(), sent)
    expect(ticket).toEqual({ id: 'pred_1' })
    expect(await calls.poll(ticket, ready(), () => undefined)).toMatchObject({ state: 'working' })
    const week = Date.parse(now) + 7 * 24 * 3600_000
    expect(await calls.poll(ticket, ready(), () => undefined)).toEqual({ state: 'done', expiresAt: week })
    await calls.fetch(ticket, ready(), '/into.mp4')
    expect(world.written.get('/into.mp4')).toBe('clip')
    expect(world.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${origin}/api/v3/wavespeed-ai/ltx-2.3/text-to-video`,
      `GET ${origin}/api/v3/predictions/pred_1/result`,
      `GET ${origin}/api/v3/predictions/pred_1/result`,
      `GET ${origin}/api/v3/predictions/pred_1/result`,
      'GET https://cdn.example/out.mp4',
    ])
    expect(world.requests.map(({ headers }) => headers.authorization)).toEqual([...Array(4).fill('Bearer secret-key-123'), undefined])
  })
  it('a synchronous wait that has run out is a task like any other', async () => {
    const { calls } = openAt([
      envelope({ id: 'pred_1', code: 5004, status: 'processing', error: 'Sync mode timed out' }),
      envelope({ id: 'pred_1', status: 'processing' }, 5004),
    ])
    const ticket = await calls.submit(ready(), sent)
    expect(ticket).toEqual({ id: 'pred_1' })
    expect(await calls.poll(ticket, ready(), () => undefined)).toMatchObject({ state: 'working' })
  })
  it.each([
    [400, 'bad duration', 'invalid'],
    [401, 'no', 'auth'],
    [429, 'slow down', 'rate'],
    [500, 'oops', 'host'],
  ] as const)('a code of %i inside an HTTP 200 is a refusal', async (code, message, kind) => {
    const { calls } = openAt([{ status: 200, body: { code, message, data: null } }])
    expect(await failureOf(calls.submit(ready(), sent))).toMatchObject({ kind })
  })
  it('an answer without an id, or none, leaves the fate of the job open', async () => {
    for (const next of [envelope({ status: 'created' }), { status: 200, body: '<html>' }, { trouble: 'lost' }] as const) {
      const { calls } = openAt([next])
      expect(['host', 'network']).toContain((await failureOf(calls.submit(ready(), sent))).kind)
    }
  })
  it('a model that is not there is told as such', async () => {
    const { calls } = openAt([{ status: 404, body: { code: 404, message: 'model not found' } }])
    expect(await failureOf(calls.submit(ready(), sent))).toMatchObject({ kind: 'invalid', billed: 'no' })
  })
  it('a task that is gone has expired', async () => {
    const { calls } = openAt([{ status: 404, body: { code: 404, message: 'prediction not found' } }])
    expect(await failureOf(calls.poll({ id: 'x' }, ready(), () => undefined))).toMatchObject({ kind: 'expired' })
  })
})

describe('a lost answer', () => {
  const model = 'wavespeed-ai/ltx-2.3/text-to-video'
  const item = (id: string, over: object = {}) => ({ id, model, status: 'processing', created_at: now, outputs: [], ...over })
  const list = (...items: object[]): Next => envelope({ page: 1, items })
  const lost: Next = { trouble: 'lost' }
  async function settled(...after: Next[]) {
    const { world, calls } = openAt([lost, ...after], { settleMs: 15_000 })
    await failureOf(calls.submit(ready(), sent))
    return {
      world,
      found: await calls
        .find?.(ready())
        .catch((error: unknown) => (error instanceof ProviderFailure ? error.failure : Promise.reject(error))),
    }
  }
  it('the one task of that model and time is it', async () => {
    const { world, found } = await settled(
      list(item('mine'), item('old', { created_at: '2026-11-20T09:40:00Z' }), item('other', { model: 'x/y' })),
    )
    expect(found).toEqual({ id: 'mine' })
    const body = world.requests.at(-1)?.body
    expect(JSON.parse(body?.kind === 'text' ? body.text : '')).toMatchObject({ page: 1, page_size: 100, model })
  })
  it('none, looked for again and again, means it never arrived', async () => {
    const { world, found } = await settled(list(), list(), list())
    expect(found).toBeUndefined()
    expect(world.slept).toEqual([10_000, 5_000])
  })
  it('who waits is told until when at most, once, and only where there is something to wait for', async () => {
    const told = async (...after: Next[]) => {
      const { world, calls } = openAt([lost, ...after], { settleMs: 15_000 })
      await failureOf(calls.submit(ready(), sent))
      const from = world.clock.now()
      const until: number[] = []
      await calls.find?.(ready(), (at) => until.push(at - from))
      return until
    }
    expect(await told(list(), list(), list())).toEqual([15_000])
    expect(await told(list(item('mine')))).toEqual([])
  })
  it('two that do not tell their input are for a person', async () => {
    const { found } = await settled(list(item('a'), item('b')))
    expect(found).toMatchObject({ kind: 'uncertain', billed: 'unknown', message: expect.stringContaining('a, b') })
  })
  it('one that tells another input is not it; one that tells this input is', async () => {
    const input = { prompt: 'a harbor at dawn', resolution: '720p', aspect_ratio: '16:9', duration: 5, seed: 4217, extra: true }
    const { found } = await settled(list(item('a', { input: { ...input, seed: 1 } }), item('b', { input }), item('c')))
    expect(found).toEqual({ id: 'b' })
  })
  it('tasks of other jobs are not taken for it', async () => {
    const { calls } = openAt([envelope({ id: 'first', status: 'created' }), lost, list(item('first'), item('second'))], { settleMs: 0 })
    await calls.submit(ready({ clientKey: 'c0' }), sent)
    await failureOf(calls.submit(ready(), sent))
    expect(await calls.find?.(ready())).toEqual({ id: 'second' })
  })
  it('nor by a later run: what was known then is known', async () => {
    const disk = new Map<string, string>()
    const before = openAt([envelope({ id: 'first', status: 'created' })], {}, disk)
    await before.calls.submit(ready({ clientKey: 'c0' }), sent)
    const later = openAt([list(item('first'), item('second'))], { settleMs: 0 }, disk)
    expect(await later.calls.find?.(ready({ begunAt: Date.parse(now) }))).toEqual({ id: 'second' })
    expect([...disk.values()].join()).not.toContain('secret-key-123')
  })
  it('an answer that came and was not recorded any more is known here', async () => {
    const disk = new Map<string, string>()
    await openAt([envelope({ id: 'mine', status: 'created' })], {}, disk).calls.submit(ready(), sent)
    const later = openAt([], {}, disk)
    expect(await later.calls.find?.(ready())).toEqual({ id: 'mine' })
    expect(later.world.requests).toEqual([])
  })
  it('while another attempt of that time is open, one task is not sure', async () => {
    const disk = new Map<string, string>()
    const { calls } = openAt([lost, lost], {}, disk)
    await failureOf(calls.submit(ready({ clientKey: 'c0' }), sent))
    await failureOf(calls.submit(ready(), sent))
    const later = openAt([list(item('one')), list(), list(item('one'))], { settleMs: 0 }, disk)
    expect((await failureOf(later.calls.find?.(ready()) ?? Promise.resolve())).kind).toBe('uncertain')
    expect(await later.calls.find?.(ready({ clientKey: 'c0' }))).toBeUndefined()
    expect(await later.calls.find?.(ready())).toEqual({ id: 'one' })
  })
  it('what was refused or never left is not open', async () => {
    const disk = new Map<string, string>()
    const { calls } = openAt([{ status: 429, body: {} }, { trouble: 'unsent' }, lost], {}, disk)
    for (const clientKey of ['c8', 'c9', 'c1']) await failureOf(calls.submit(ready({ clientKey }), sent))
    const later = openAt([list(item('one'))], { settleMs: 0 }, disk)
    expect(await later.calls.find?.(ready())).toEqual({ id: 'one' })
  })
  it('submits go one after the other', async () => {
    const { calls } = openAt([envelope({ id: 'a', status: 'created' }), envelope({ id: 'b', status: 'created' })])
    let open = 0
    let most = 0
    const slow = async (): Promise<void> => {
      open += 1
      most = Math.max(most, open)
      await new Promise((resolve) => setTimeout(resolve, 20))
      open -= 1
    }
    await Promise.all(['c1', 'c2'].map((clientKey) => calls.submit(ready({ clientKey }), slow)))
    expect(most).toBe(1)
  })
  it('the host’s clock counts, not ours', async () => {
    const late = { 'content-type': 'application/json', date: 'Fri, 20 Nov 2026 11:00:00 GMT' }
    const body = { code: 200, message: 'success', data: { items: [item('mine', { created_at: '2026-11-20T10:59:58Z' }), item('ours?')] } }
    const { calls } = openAt([{ status: 200, headers: late, body }], { settleMs: 0 })
    expect(await calls.find?.(ready({ begunAt: Date.parse(now) }))).toEqual({ id: 'mine' })
  })
  it('where nobody knows any more when it was sent, a task of the last days is for a person', async () => {
    const one = openAt([list(item('a', { created_at: '2026-11-18T10:00:00Z' }))], { settleMs: 0 })
    expect((await failureOf(one.calls.find?.(ready()) ?? Promise.resolve())).kind).toBe('uncertain')
    const none = openAt([list()], { settleMs: 0 })
    expect(await none.calls.find?.(ready())).toBeUndefined()
  })
})
