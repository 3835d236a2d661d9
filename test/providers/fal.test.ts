// fal: what is asked for, endpoint by endpoint; the open weights at the test host; and the odd ways in which jobs end.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import { selectFamily } from '../../src/lang/catalogue.ts'
import { dollars } from '../../src/lang/money.ts'
import type { Request, Slot } from '../../src/lang/plan.ts'
import { priceOf, purchase } from '../../src/lang/planning/offer.ts'
import { falCapabilities } from '../../src/providers/fal/capabilities.ts'
import { fal } from '../../src/providers/fal/index.ts'
import { bodyOf, endpointOf } from '../../src/providers/fal/request.ts'
import type { Calls, Ready, Status, Ticket } from '../../src/providers/provider.ts'
import { startHost, type TestHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { failureFrom, fetched, untilDone } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import { canary, openSuiteWorld, type SuiteWorld } from './suite-world.ts'

const base: Request = {
  operation: 'text-to-video',
  provider: 'fal/1',
  model: 'fal-ai/ltx-2.3/text-to-video',
  size: { width: 1920, height: 1080 },
  rate: { num: 24, den: 1 },
  frames: 145,
  prompt: 'a harbor',
  negative: '',
  sound: true,
  segments: [],
  keys: [],
}
const uris = (...slots: Slot[]): ReadonlyMap<Slot, string> => new Map(slots.map((slot) => [slot, `https://files/${slot}`]))

describe('what the hosted model is asked for', () => {
  test('text and pictures: whole seconds, a named canvas, everything said', () => {
    expect(bodyOf(base, new Map())).toEqual({
      prompt: 'a harbor',
      duration: 6,
      resolution: '1080p',
      aspect_ratio: '16:9',
      fps: 24,
      generate_audio: true,
    })
    const upright: Request = {
      ...base,
      operation: 'image-to-video',
      model: 'fal-ai/ltx-2.3/image-to-video/fast',
      size: { width: 2160, height: 3840 },
      sound: false,
    }
    expect(bodyOf(upright, uris('first-frame', 'last-frame'))).toEqual({
      prompt: 'a harbor',
      image_url: 'https://files/first-frame',
      end_image_url: 'https://files/last-frame',
      duration: 6,
      resolution: '2160p',
      aspect_ratio: '9:16',
      fps: 24,
      generate_audio: false,
    })
  })
  test('sound, extend, retake', () => {
    const sound: Request = { ...base, operation: 'audio-to-video', model: 'fal-ai/ltx-2.3/audio-to-video' }
    expect(bodyOf(sound, uris('audio'))).toEqual({ prompt: 'a harbor', audio_url: 'https://files/audio', aspect_ratio: '16:9' })
    const extend: Request = {
      ...base,
      operation: 'extend',
      model: 'fal-ai/ltx-2.3/extend-video',
      frames: 60,
      extend: { at: 'start', context: 100 },
    }
    expect(bodyOf(extend, uris('video'))).toEqual({
      video_url: 'https://files/video',
      prompt: 'a harbor',
      duration: 2.5,
      mode: 'start',
      context: 4.167,
    })
    const retake: Request = {
      ...base,
      operation: 'retake',
      model: 'fal-ai/ltx-2.3/retake-video',
      retake: { from: 24, to: 84, mode: 'sound' },
    }
    expect(bodyOf(retake, uris('video'))).toEqual({
      video_url: 'https://files/video',
      prompt: 'a harbor',
      start_time: 1,
      duration: 2.5,
      retake_mode: 'replace_audio',
    })
  })
  test('a model of two words finds its endpoint; an impossible one is refused before anything is sent', () => {
    expect(endpointOf({ model: 'fal-ai/ltx-2', operation: 'extend' })).toBe('fal-ai/ltx-2/extend-video')
    for (const model of ['ltx', '../etc/passwd', 'fal-ai/ltx 2', 'https://evil.example/x', 'a/../b'])
      expect(() => endpointOf({ model, operation: 'extend' })).toThrow(ProviderFailure)
  })
})

describe('what the open weights are asked for', () => {
  const open: Request = { ...base, model: 'fal-ai/ltx-2.3-22b/text-to-video', size: { width: 1280, height: 768 }, frames: 121, seed: 42 }
  test('a seed, exact frames and sides, and nothing that rewrites the words', () => {
    expect(bodyOf({ ...open, negative: 'text' }, new Map())).toEqual({
      prompt: 'a harbor',
      negative_prompt: 'text',
      seed: 42,
      num_frames: 121,
      fps: 24,
      video_size: { width: 1280, height: 768 },
      generate_audio: true,
      enable_prompt_expansion: false,
      enable_safety_checker: true,
      video_quality: 'high',
      acceleration: 'regular',
      camera_lora: 'none',
      use_multiscale: true,
      video_output_type: 'X264 (.mp4)',
    })
    expect(bodyOf({ ...open, model: 'fal-ai/ltx-2.3-22b/distilled/text-to-video' }, new Map()).acceleration).toBe('none')
    expect(bodyOf({ ...open, camera: 'jib_up' }, new Map()).camera_lora).toBe('jib_up')
    expect(bodyOf({ ...open, model: 'fal-ai/ltx-2.3-quality/text-to-video' }, new Map())).toMatchObject({
      frames_per_second: 24,
      resolution: { width: 1280, height: 768 },
    })
  })
  test('in an extend context and new frames are made, on the grid', () => {
    const extend: Request = { ...open, operation: 'extend', model: 'fal-ai/ltx-2.3-22b/extend-video', extend: { at: 'start', context: 30 } }
    expect(bodyOf(extend, uris('video'))).toMatchObject({
      num_frames: 145,
      num_context_frames: 24,
      extend_direction: 'backward',
      match_input_fps: false,
    })
    const long = bodyOf({ ...extend, frames: 465, extend: { at: 'end', context: 200 } }, uris('video'))
    expect(long).toMatchObject({ num_frames: 481, num_context_frames: 16 })
  })
  test('an adapter goes by its address; a file of this disk cannot', () => {
    const lora = (path: string): Request => ({ ...open, model: `${open.model}/lora`, loras: [{ path, scale: 0.8 }] })
    expect(bodyOf(lora('https://x.example/mara.safetensors'), new Map()).loras).toEqual([
      { path: 'https://x.example/mara.safetensors', scale: 0.8 },
    ])
    expect(bodyOf(lora('someone/mara'), new Map()).loras).toEqual([{ path: 'someone/mara', scale: 0.8 }])
    for (const path of ['loras/mara.safetensors', '/home/me/mara.safetensors', 'http://x.example/m'])
      expect(() => bodyOf(lora(path), new Map())).toThrow(/https address/)
  })
})

describe('what is on offer', () => {
  const need = {
    operation: 'text-to-video',
    frames: 144,
    size: { width: 1920, height: 1080 },
    rate: { num: 24, den: 1 },
    quality: 'pro',
    lastFrame: false,
    keyframes: false,
  } as const
  const bought = (model: string | undefined, more: Partial<Parameters<typeof purchase>[1]> = {}) => {
    const found = purchase(selectFamily(falCapabilities, model).capabilities, { ...need, ...more })
    if ('what' in found) throw new Error(found.detail)
    return found
  }
  test('quality and family choose the endpoint, and the endpoint its price', () => {
    expect(bought(undefined).offer.model).toBe('fal-ai/ltx-2.3/text-to-video')
    expect(priceOf(bought(undefined), 0, 0)).toBe(dollars(0.48))
    expect(bought(undefined, { quality: 'fast' }).offer.model).toBe('fal-ai/ltx-2.3/text-to-video/fast')
    expect(bought('ltx-2.3-22b').offer).toMatchObject({ model: 'fal-ai/ltx-2.3-22b/text-to-video', reproducibility: 'same-host' })
    expect(priceOf(bought('ltx-2.3-22b'), 0, 0)).toBe(1605 * Math.ceil((1920 * 1088 * 145) / 1e6))
    expect(bought('ltx-2.3-22b', { quality: 'fast', loras: 1 }).offer.model).toBe('fal-ai/ltx-2.3-22b/distilled/text-to-video/lora')
    expect(bought('ltx-2.3-quality').offer.model).toBe('fal-ai/ltx-2.3-quality/text-to-video')
  })
  test('more than ten seconds only from the fast model at 25, or from the open weights', () => {
    expect(bought(undefined, { quality: 'fast', frames: 300, rate: { num: 25, den: 1 } }).seconds).toBe(12)
    expect(() => bought(undefined, { frames: 300 })).toThrow('its longest is 10 s')
    expect(bought('ltx-2.3-22b', { frames: 480 }).frames).toBe(481)
    expect(() => bought('ltx-2.3-22b', { frames: 600, rate: { num: 50, den: 1 } })).toThrow('its longest is 9.6 s')
    // The nearest rate that is sold, not the cheapest.
    expect(bought('ltx-2.3-22b', { rate: { num: 30000, den: 1001 } }).rate).toEqual({ num: 30, den: 1 })
  })
  test('what an endpoint cannot do is not offered', () => {
    expect(() => bought(undefined, { operation: 'audio-to-video', lastFrame: true })).toThrow('no last frame')
    expect(() => bought('ltx-2.3-22b', { operation: 'retake', mode: 'both' })).toThrow('no retake')
    expect(() => bought('ltx-2.3-quality', { operation: 'image-to-video', lastFrame: true })).toThrow('no last frame')
  })
})

describe('at the host', () => {
  let suite: SuiteWorld
  let host: TestHost
  const calls = (signal?: AbortSignal): Calls => suite.open(fal, { base: host.base }, signal)
  const sent = async (): Promise<void> => undefined
  let attempt = 0
  const job = (more: Partial<Request> = {}, operation: 'text-to-video' | 'extend' = 'text-to-video'): Promise<Ready> => {
    attempt += 1
    return readyFor(suite, falCapabilities, operation, { attempt, prompt: `a harbor, number ${attempt}`, request: more })
  }
  const small: Partial<Request> = {
    model: 'fal-ai/ltx-2.3-22b/text-to-video',
    size: { width: 320, height: 192 },
    rate: { num: 24, den: 1 },
    frames: 25,
    seed: 99,
  }
  const ended = async (ready: Ready): Promise<Status> => {
    const here = calls()
    const ticket = await here.submit(ready, sent)
    for (let look = 0; look < 20; look += 1) {
      const status = await here.poll(ticket, ready, () => undefined)
      if (status.state === 'done' || status.state === 'failed') return status
    }
    throw new Error('never ended')
  }
  const start = async (settings: Readonly<Record<string, unknown>> = {}): Promise<TestHost> => startHost('fal', { key: canary, settings })

  beforeAll(async () => {
    suite = await openSuiteWorld()
    host = await start()
  })
  beforeEach(() => host.tell({ do: 'clear-faults' }))
  afterAll(async () => {
    await host.stop()
    suite.close()
  })

  test.each(['fal-ai/ltx-2.3-22b', 'fal-ai/ltx-2.3-22b/distilled', 'fal-ai/ltx-2.3-quality'])(
    '%s makes a clip from words',
    async (model) => {
      const ready = await job({ ...small, model: `${model}/text-to-video` })
      const here = calls()
      const ticket = await here.submit(ready, sent)
      await untilDone(here, ticket, ready, suite)
      await fetched(here, ticket, ready, suite)
      expect(acceptedOf(host.ledger()).at(-1)?.request).toMatchObject({ endpoint: `${model}/text-to-video`, seed: 99 })
    },
  )
  test.each(['fal-ai/ltx-2.3-22b', 'fal-ai/ltx-2.3-quality'])('%s extends a clip of any length', async (model) => {
    const ready = await job({ ...small, model: `${model}/extend-video`, extend: { at: 'end', context: 25 } }, 'extend')
    expect(await ended(ready)).toMatchObject({ state: 'done' })
  })
  test('with an adapter', async () => {
    const loras = [{ path: 'someone/mara', scale: 1 }]
    const ready = await job({ ...small, model: 'fal-ai/ltx-2.3-22b/text-to-video/lora', loras })
    expect(await ended(ready)).toMatchObject({ state: 'done' })
  })
  test('a result that is not there yet just after its end is waited for', async () => {
    const slow = await start({ early: 6 })
    try {
      const here = suite.open(fal, { base: slow.base })
      const ready = await job(small)
      const ticket = await here.submit(ready, sent)
      // The runtime asks again after a failure that says so.
      for (let look = 0; look < 8; look += 1) {
        const status = await here
          .poll(ticket, ready, () => undefined)
          .catch((error: unknown) => {
            if (error instanceof ProviderFailure && error.failure.retry) return undefined
            throw error
          })
        if (status?.state === 'done') return
        expect(status?.state).not.toBe('failed')
      }
      throw new Error('never done')
    } finally {
      await slow.stop()
    }
  })
  test('a result that the queue has forgotten is read off the list', async () => {
    const old = await start({ forgets: true })
    try {
      const here = suite.open(fal, { base: old.base })
      const ready = await job(small)
      const ticket = await here.submit(ready, sent)
      await untilDone(here, ticket, ready, suite)
      await fetched(here, ticket, ready, suite)
    } finally {
      await old.stop()
    }
  })
  test('`COMPLETED` with an error is a failure of the host, not charged', async () => {
    await host.fault({ route: 'submit', kind: 'job', fate: { kind: 'failed', words: 'out of memory' } })
    const status = await ended(await job(small))
    expect(status).toMatchObject({ state: 'failed', failure: { kind: 'host', retry: true, billed: 'no' } })
  })
  test('a job that somebody cancelled there is not made anew by itself', async () => {
    await host.fault({ route: 'submit', kind: 'job', fate: { kind: 'cancelled' } })
    expect(await ended(await job(small))).toMatchObject({ state: 'failed', failure: { kind: 'host', retry: false } })
  })
  test('a word that is not known is no success', async () => {
    await host.fault({ route: 'submit', kind: 'job', fate: { kind: 'unknown-word', words: 'ARCHIVED' } })
    const ready = await job(small)
    const here = calls()
    const ticket = await here.submit(ready, sent)
    for (let look = 0; look < 4; look += 1) expect((await here.poll(ticket, ready, () => undefined)).state).toBe('working')
  })
  test('of two jobs with the same words the seed tells which one was lost', async () => {
    const [one, two] = [await job({ ...small, prompt: 'twins', seed: 1 }), await job({ ...small, prompt: 'twins', seed: 2 })]
    const first: Ticket[] = []
    for (const ready of [one, two]) {
      await host.fault({ route: 'submit', kind: 'reset-after-accept' })
      await failureFrom(calls().submit(ready, sent))
    }
    for (const ready of [one, two]) first.push((await calls().find?.(ready)) ?? {})
    const books = acceptedOf(host.ledger()).filter(({ request }) => JSON.stringify(request).includes('twins'))
    expect(first.map(({ id }) => id)).toEqual(books.map((entry) => entry.job))
    const third = await job({ ...small, prompt: 'twins', seed: 3 })
    expect(await calls().find?.(third)).toBeUndefined()
  })
  test('a job that the host does not show yet is waited for, and it is told until when', async () => {
    const ready = await job({ ...small, prompt: 'never arrived' })
    await host.fault({ route: 'submit', kind: 'reset-before' })
    const here = calls()
    await failureFrom(here.submit(ready, sent))
    const from = suite.world.clock.now()
    const told: number[] = []
    expect(await here.find?.(ready, (until) => told.push(until - from))).toBeUndefined()
    expect(told).toHaveLength(1)
    expect(told[0]).toBeGreaterThan(590_000)
    expect(told[0]).toBeLessThanOrEqual(601_000)
    // Who is stopped meanwhile does not wait.
    const stop = new AbortController()
    const other = calls(stop.signal)
    await host.fault({ route: 'submit', kind: 'reset-before' })
    await failureFrom(other.submit(ready, sent))
    const waiting = other.find?.(ready, () => stop.abort(new Error('stopped'))) ?? Promise.resolve()
    await expect(waiting).rejects.toThrow('stopped')
  })
  test('addresses of another origin in an answer are not followed', async () => {
    const ready = await job(small)
    const here = calls()
    const ticket = await here.submit(ready, sent)
    const evil = 'http://127.0.0.1:9/requests/x'
    await untilDone(here, { ...ticket, status: evil, result: evil }, ready, suite)
    expect(suite.sent.some(({ url }) => url.startsWith('http://127.0.0.1:9'))).toBe(false)
  })
  test('a person’s word for a job is taken as an id or as an address', async () => {
    const ready = await job(small)
    const here = calls()
    const ticket = await here.submit(ready, sent)
    const id = String(ticket.id)
    for (const said of [id, `https://queue.fal.run/fal-ai/ltx-2.3-22b/requests/${id}/status`]) {
      const adopted = here.adopt?.(said) ?? {}
      await untilDone(here, adopted, ready, suite)
    }
  })
  test('a look at the host tells whether the key is known, and buys nothing', async () => {
    const before = acceptedOf(host.ledger()).length
    expect(await calls().probe?.()).toMatchObject({ key: 'accepted' })
    const stranger = await startHost('fal', { key: 'another-key-0123456789' })
    try {
      const here = suite.open(fal, { base: stranger.base })
      expect(await failureFrom(here.probe?.() ?? Promise.resolve())).toMatchObject({ kind: 'auth' })
    } finally {
      await stranger.stop()
    }
    expect(acceptedOf(host.ledger())).toHaveLength(before)
  })
})
