// The official LTX API: what a job becomes on the wire, what its errors mean, what its data says; and the conformance suite
// in both of its forms.
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { ModelOperation } from '../../src/lang/catalogue.ts'
import { selectFamily } from '../../src/lang/catalogue.ts'
import type { Request, Slot } from '../../src/lang/plan.ts'
import { purchase } from '../../src/lang/planning/offer.ts'
import { probe } from '../../src/media/probe.ts'
import { explainFailed, explainLtx } from '../../src/providers/hosted-ltx/answers.ts'
import { hostedLtx } from '../../src/providers/hosted-ltx/capabilities.ts'
import { hostedLtxProvider } from '../../src/providers/hosted-ltx/index.ts'
import { askFor } from '../../src/providers/hosted-ltx/request.ts'
import type { Calls, Ready } from '../../src/providers/provider.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { conforms, failureFrom, type HostSide } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { canary, openSuiteWorld } from './suite-world.ts'

const request = (over: Partial<Request>): Request => ({
  operation: 'text-to-video',
  provider: 'hosted-ltx/v2',
  model: 'ltx-2-3-pro',
  size: { width: 1920, height: 1080 },
  rate: { num: 24, den: 1 },
  frames: 145,
  prompt: 'A dog runs.',
  negative: '',
  sound: true,
  segments: [],
  keys: [],
  ...over,
})
const uris = (...slots: readonly Slot[]): ReadonlyMap<Slot, string> => new Map(slots.map((slot) => [slot, `ltx://uploads/${slot}`]))

describe('a job on the wire', () => {
  test('text to video says what the host would guess', () => {
    expect(askFor(request({ camera: 'static' }), uris())).toEqual({
      endpoint: 'text-to-video',
      body: {
        prompt: 'A dog runs.',
        model: 'ltx-2-3-pro',
        resolution: '1920x1080',
        fps: 24,
        camera_motion: 'static',
        duration: 6,
        generate_audio: true,
      },
    })
  })
  test.each([
    [145, 24, 6],
    [153, 25, 6],
    [201, 25, 8],
    [193, 24, 8],
    [289, 48, 6],
    [481, 24, 20],
    [505, 50, 10],
  ])('%i frames at %i fps are %i seconds', (frames, fps, seconds) =>
    expect(askFor(request({ frames, rate: { num: fps, den: 1 } }), uris()).body.duration).toBe(seconds),
  )
  test('pictures go by their slots', () => {
    const { endpoint, body } = askFor(request({ operation: 'image-to-video' }), uris('first-frame', 'last-frame'))
    expect(endpoint).toBe('image-to-video')
    expect(body).toMatchObject({ image_uri: 'ltx://uploads/first-frame', last_frame_uri: 'ltx://uploads/last-frame', generate_audio: true })
  })
  test('sound sets the length: no duration is sent', () => {
    const { endpoint, body } = askFor(request({ operation: 'audio-to-video', frames: 120 }), uris('audio', 'first-frame'))
    expect(endpoint).toBe('audio-to-video')
    expect(body).toEqual({
      prompt: 'A dog runs.',
      model: 'ltx-2-3-pro',
      resolution: '1920x1080',
      fps: 24,
      audio_uri: 'ltx://uploads/audio',
      image_uri: 'ltx://uploads/first-frame',
    })
  })
  test('an extend never sends more than 505 frames, whatever the rate', () => {
    for (const fps of [24, 25, 48, 50])
      for (let frames = 2 * fps; frames <= 505 - fps; frames += 7) {
        const context = Math.min(20 * fps, 505 - frames)
        const { body } = askFor(
          request({ operation: 'extend', frames, rate: { num: fps, den: 1 }, extend: { at: 'end', context } }),
          uris('video'),
        )
        const sum = (Number(body.context) + Number(body.duration)) * fps
        expect(Math.round(sum)).toBeLessThanOrEqual(505)
        expect(Math.round(Number(body.duration) * fps)).toBe(frames)
      }
  })
  test('extend before, without words', () => {
    const { body } = askFor(request({ operation: 'extend', frames: 96, prompt: '', extend: { at: 'start', context: 48 } }), uris('video'))
    expect(body).toEqual({ video_uri: 'ltx://uploads/video', duration: 4, mode: 'start', context: 2, model: 'ltx-2-3-pro' })
  })
  test.each([
    ['both', 'replace_audio_and_video'],
    ['picture', 'replace_video'],
    ['sound', 'replace_audio'],
  ] as const)('a retake of %s is %s', (mode, word) => {
    const { body } = askFor(request({ operation: 'retake', frames: 48, retake: { from: 24, to: 72, mode } }), uris('video'))
    expect(body).toMatchObject({ video_uri: 'ltx://uploads/video', start_time: 1, duration: 2, mode: word, resolution: '1920x1080' })
  })
})

describe('errors', () => {
  const seen = (status: number, type: string) =>
    explainLtx({ status, headers: new Map(), body: '', json: { type: 'error', error: { type, message: 'words' } } })
  test.each([
    [400, 'invalid_request_error', 'invalid'],
    [401, 'authentication_error', 'auth'],
    [402, 'insufficient_funds_error', 'funds'],
    [403, 'permission_error', 'auth'],
    [404, 'not_found_error', 'expired'],
    [413, 'request_too_large', 'input'],
    [422, 'content_filtered_error', 'moderation'],
    [429, 'concurrency_limit_error', 'rate'],
    [429, 'rate_limit_error', 'rate'],
    [500, 'api_error', 'host'],
    [503, 'service_unavailable_error', 'capacity'],
    [529, 'overloaded_error', 'capacity'],
  ])('%i %s is %s', (status, type, kind) => expect(seen(status, type)).toMatchObject({ kind, words: 'words' }))
  test('a type that is not known is left to its status', () => expect(seen(418, 'toString')).toBeUndefined())
  test('a job that failed costs nothing, by the same table', () => {
    expect(explainFailed({ type: 'content_filtered_error', message: 'no' })).toMatchObject({
      kind: 'moderation',
      billed: 'no',
      words: 'no',
    })
    expect(explainFailed(undefined)).toMatchObject({ kind: 'host', billed: 'no' })
  })
})

describe('what is sold', () => {
  const asked = { frames: 144, size: { width: 1280, height: 720 }, rate: { num: 24, den: 1 }, lastFrame: false, keyframes: false } as const
  const buy = (over: object, model?: string) => {
    const bought = purchase(selectFamily(hostedLtx, model).capabilities, { ...asked, operation: 'text-to-video', quality: 'fast', ...over })
    return 'what' in bought
      ? bought.detail
      : { model: bought.offer.model, seconds: bought.seconds, price: bought.offer.price, size: bought.size, rate: bought.rate.num }
  }
  test('by model, or by family and quality', () => {
    expect(buy({})).toMatchObject({ model: 'ltx-2-3-fast', price: { micros: 30_000 } })
    expect(buy({ quality: 'pro' })).toMatchObject({ model: 'ltx-2-3-pro', price: { micros: 40_000 } })
    expect(buy({}, 'ltx-2-5')).toMatchObject({ model: 'ltx-2-5-fast', price: { micros: 90_000 } })
    expect(buy({ quality: 'pro' }, 'ltx-2-5')).toMatchObject({ model: 'ltx-2-5-pro', price: { micros: 120_000 } })
    expect(buy({ quality: 'fast' }, 'ltx-2-5-pro')).toMatchObject({ model: 'ltx-2-5-pro' })
    expect(buy({ operation: 'extend', extendAt: 'end' }, 'ltx-2-5')).toMatchObject({ model: 'ltx-2-3-pro' })
  })
  test('20 seconds in fast at 24 and 25 fps up to 1080p, 10 seconds else', () => {
    expect(buy({ frames: 480 })).toMatchObject({ seconds: 20 })
    expect(buy({ frames: 480, quality: 'pro' })).toBe('its longest is 10 s')
    expect(buy({ frames: 480, rate: { num: 48, den: 1 } })).toMatchObject({ seconds: 10, rate: 48 })
    // What is sold at no more than 25 is made at that, and the plan says so.
    expect(buy({ frames: 960, rate: { num: 48, den: 1 } })).toMatchObject({ seconds: 20, rate: 25 })
  })
  test('a clip of two seconds is bought as six', () => expect(buy({ frames: 48 })).toMatchObject({ seconds: 6 }))
  test('sound of two seconds at least, 20 at most, 10 above 1080p and for 2.5 pro', () => {
    const sound = { operation: 'audio-to-video', quality: 'pro' }
    expect(buy({ ...sound, frames: 24 })).toMatchObject({ seconds: 2 })
    expect(buy({ ...sound, frames: 480 })).toMatchObject({ seconds: 20 })
    expect(buy({ ...sound, frames: 481 })).toBe('its longest is 20 s')
    expect(buy({ ...sound, frames: 480 }, 'ltx-2-5-pro')).toBe('its longest is 10 s')
  })
  test.each([
    [24, 20],
    [25, 19.2],
    [48, 9.52],
    [50, 9.1],
  ])('at %i fps an extend is %d seconds at most: 505 frames with a second of context', (fps, longest) => {
    const extend = (frames: number) => buy({ operation: 'extend', extendAt: 'end', quality: 'pro', rate: { num: fps, den: 1 }, frames })
    expect(extend(Math.floor(longest * fps))).toMatchObject({ size: { width: 1280, height: 720 }, rate: fps })
    // A longer one is asked for at a lower rate, as long as there is one that is sold so long.
    const longer = extend(Math.floor(longest * fps) + 2)
    if (typeof longer !== 'string') expect(longer.rate).toBeLessThan(fps)
    else expect(longer).toMatch(/its longest is/)
  })
  test('a retake comes at 1080p', () =>
    expect(buy({ operation: 'retake', mode: 'both', quality: 'pro', frames: 48 })).toMatchObject({ size: { width: 1920, height: 1080 } }))
  test('every operation of the language, for both qualities of price', () => {
    const operations: readonly ModelOperation[] = ['text-to-video', 'image-to-video', 'audio-to-video', 'extend', 'retake']
    for (const operation of operations) expect(hostedLtx.offers.some((offer) => offer.operation === operation)).toBe(true)
  })
})

const told = (type: string, message: string) => ({ type: 'error', error: { type, message } })
const refusals: HostSide['refusals'] = {
  auth: { status: 401, json: told('authentication_error', 'Invalid API key') },
  funds: { status: 402, json: told('insufficient_funds_error', 'Insufficient funds') },
  invalid: { status: 400, json: told('invalid_request_error', 'duration is required') },
  rate: { status: 429, json: told('concurrency_limit_error', 'Too many concurrent requests. Please try again later.') },
}

describe('transport sync', () => {
  const sent = async (): Promise<void> => undefined
  const withHost = async (work: (host: TestHost, suite: SuiteWorld, open: () => Calls, job: Ready) => Promise<void>): Promise<void> => {
    const suite = await openSuiteWorld()
    const host = await startHost('hosted-ltx', { key: canary })
    const open = (): Calls => suite.open(hostedLtxProvider, { base: host.base, transport: 'sync' })
    try {
      await work(host, suite, open, await readyFor(suite, hostedLtx, 'text-to-video'))
    } finally {
      await host.stop()
      suite.close()
    }
  }
  test('a clip that came whole before a crash is found again; it was bought once', () =>
    withHost(async (host, suite, open, job) => {
      await open().submit(job, sent)
      // Another process: all it knows is that the job was sent.
      const ticket = await open().find?.(job)
      expect(ticket).toBeDefined()
      expect((await open().poll(ticket ?? {}, job, () => undefined)).state).toBe('done')
      await open().fetch(ticket ?? {}, job, join(suite.folder, 'found.mp4'))
      expect((await probe(join(suite.folder, 'found.mp4'))).frames).toBe(145)
      expect(acceptedOf(host.ledger())).toHaveLength(1)
    }))
  test.each([
    ['by length', { framing: 'length' }],
    ['in a chunk', { framing: 'chunked' }],
    ['by closing', { framing: 'close' }],
    ['by a reset', { framing: 'length', how: 'rst' }],
  ] as const)('one that was cut %s is uncertain: not found, not bought again', (_, how) =>
    withHost(async (host, _suite, open, job) => {
      await host.fault({ route: 'submit', kind: 'cut', at: 0.6, ...how })
      await expect(open().submit(job, sent)).rejects.toBeInstanceOf(ProviderFailure)
      const failure = await open()
        .find?.(job)
        .then(
          () => undefined,
          (error: unknown) => (error instanceof ProviderFailure ? error.failure : undefined),
        )
      expect(failure).toMatchObject({ kind: 'uncertain', billed: 'unknown', retry: false })
      expect(acceptedOf(host.ledger())).toHaveLength(1)
    }),
  )
  test('JSON that calls itself a clip is told in the words of the host', () =>
    withHost(async (host, _suite, open, job) => {
      await host.fault({ route: 'submit', kind: 'json-in-mp4' })
      await expect(open().submit(job, sent)).rejects.toThrow(/no whole clip.*not a clip/)
    }))
})

test('an upload whose answer is lost is sent to a fresh slot: the old one takes no second object', async () => {
  const suite = await openSuiteWorld()
  const host = await startHost('hosted-ltx', { key: canary })
  try {
    await host.fault({ route: 'put', kind: 'reset-after-accept' })
    const calls = suite.open(hostedLtxProvider, { base: host.base })
    await calls.submit(await readyFor(suite, hostedLtx, 'image-to-video'), async () => undefined)
    const puts = host.calls().filter(({ route }) => route === 'put')
    expect(puts.map(({ status }) => status)).toEqual([0, 412, 200])
    expect(acceptedOf(host.ledger())).toHaveLength(1)
  } finally {
    await host.stop()
    suite.close()
  }
})

test.each([
  [404, undefined, 'base'],
  [410, 'sync', 'transport sync'],
])('a submit that has no place there (%i) has bought nothing, and is told so', async (status, transport, next) => {
  const suite = await openSuiteWorld()
  const host = await startHost('hosted-ltx', { key: canary })
  try {
    await host.fault({ route: 'submit', kind: 'status', status, json: told('not_found_error', 'no such thing') })
    const calls = suite.open(hostedLtxProvider, { base: host.base, ...(transport === undefined ? {} : { transport }) })
    const job = await readyFor(suite, hostedLtx, 'text-to-video')
    const failure = await failureFrom(calls.submit(job, async () => undefined))
    expect(failure).toMatchObject({ kind: 'invalid', retry: false, billed: 'no', next: expect.stringContaining(next) })
    expect(failure.message).toContain('no such thing')
  } finally {
    await host.stop()
    suite.close()
  }
})

describe('what the host has thrown away', () => {
  test('an upload that it no longer has is sent anew, once', async () => {
    const suite = await openSuiteWorld()
    const host = await startHost('hosted-ltx', { key: canary })
    try {
      const calls = suite.open(hostedLtxProvider, { base: host.base })
      const uploads = (): number => host.ledger().filter(({ kind }) => kind === 'uploaded').length
      const job = await readyFor(suite, hostedLtx, 'image-to-video')
      await calls.submit(job, async () => undefined)
      await calls.submit({ ...job, clientKey: 'b' }, async () => undefined)
      expect(uploads()).toBe(1)
      await host.tell({ do: 'expire-uploads' })
      const again = async (): Promise<unknown> => calls.submit({ ...job, clientKey: 'c' }, async () => undefined)
      const failure = await again().catch((error: unknown) => (error instanceof ProviderFailure ? error.failure : undefined))
      // Refused, not bought, and worth another try: the runtime makes it anew, with the file sent again.
      expect(failure).toMatchObject({ kind: 'invalid', retry: true, billed: 'no' })
      await again()
      expect(uploads()).toBe(2)
    } finally {
      await host.stop()
      suite.close()
    }
  })
})

conforms({
  name: 'hosted-ltx',
  provider: () => hostedLtxProvider,
  host: {
    protocol: 'hosted-ltx',
    settings: ({ base }) => ({ base }),
    routes: { submit: 'submit', poll: 'status', fetch: 'result' },
    refusals,
    expires: { jobs: true, results: true },
  },
})

conforms({
  name: 'hosted-ltx, transport sync',
  provider: () => hostedLtxProvider,
  host: {
    protocol: 'hosted-ltx',
    settings: ({ base }) => ({ base, transport: 'sync' }),
    routes: { submit: 'submit', poll: 'submit', fetch: 'submit' },
    refusals,
    sync: true,
  },
})
