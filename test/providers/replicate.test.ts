// Replicate: what is asked for, task by task, and the ways in which predictions end.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Request, Slot } from '../../src/lang/plan.ts'
import type { Calls, Ready, Status } from '../../src/providers/provider.ts'
import { explainError } from '../../src/providers/replicate/answers.ts'
import { replicateCapabilities } from '../../src/providers/replicate/capabilities.ts'
import { replicate } from '../../src/providers/replicate/index.ts'
import { inputOf, modelOf } from '../../src/providers/replicate/request.ts'
import { startHost, type TestHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { failureFrom } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import { canary, openSuiteWorld, type SuiteWorld } from './suite-world.ts'

const base: Request = {
  operation: 'text-to-video',
  provider: 'replicate/1',
  model: 'lightricks/ltx-2.3-pro',
  size: { width: 2560, height: 1440 },
  rate: { num: 25, den: 1 },
  frames: 153,
  prompt: 'a harbor',
  negative: '',
  sound: true,
  segments: [],
  keys: [],
}
const uris = (...slots: Slot[]): ReadonlyMap<Slot, string> => new Map(slots.map((slot) => [slot, `https://files/${slot}`]))
const common = {
  prompt: 'a harbor',
  resolution: '2k',
  aspect_ratio: '16:9',
  fps: 25,
  camera_motion: 'none',
  generate_audio: true,
}

describe('what is asked for', () => {
  test('words and pictures', () => {
    expect(inputOf(base, new Map())).toEqual({ ...common, task: 'text_to_video', duration: 6 })
    expect(inputOf({ ...base, camera: 'dolly_in' }, new Map()).camera_motion).toBe('dolly_in')
    const picture: Request = { ...base, operation: 'image-to-video', model: 'lightricks/ltx-2.3-fast' }
    expect(inputOf(picture, uris('first-frame', 'last-frame'))).toEqual({
      ...common,
      image: 'https://files/first-frame',
      last_frame_image: 'https://files/last-frame',
      duration: 6,
    })
  })
  test('sound, extend, retake', () => {
    const full = { ...base, size: { width: 1080, height: 1920 } }
    const upright = { ...common, resolution: '1080p', aspect_ratio: '9:16' }
    expect(inputOf({ ...full, operation: 'audio-to-video' }, uris('audio'))).toEqual({
      ...upright,
      task: 'audio_to_video',
      audio: 'https://files/audio',
    })
    expect(inputOf({ ...full, operation: 'extend', frames: 150, extend: { at: 'start', context: 50 } }, uris('video'))).toEqual({
      ...upright,
      task: 'extend',
      video: 'https://files/video',
      duration: 6,
      extend_mode: 'start',
    })
    expect(inputOf({ ...full, operation: 'retake', retake: { from: 25, to: 80, mode: 'picture' } }, uris('video'))).toEqual({
      ...upright,
      task: 'retake',
      video: 'https://files/video',
      retake_start_time: 1,
      retake_duration: 2.2,
      retake_mode: 'replace_video',
    })
  })
  test('a model is an owner and a name', () => {
    expect(modelOf({ model: 'someone/ltx-port' })).toBe('someone/ltx-port')
    for (const model of ['ltx', 'a/b/c', '../x', 'a b/c', 'https://x/y']) expect(() => modelOf({ model })).toThrow(ProviderFailure)
  })
  test('a canvas that is not sold is refused before anything is sent', () => {
    expect(() => inputOf({ ...base, size: { width: 1280, height: 720 } }, new Map())).toThrow('1280x720')
  })
})

describe('what a failed prediction means', () => {
  test.each([
    ['The input or output was flagged as sensitive. Please try again with different inputs. (E005)', 'moderation'],
    ['content_filtered_error: Rejected by safety filters', 'moderation'],
    ['Service is currently unavailable due to high demand. (E003)', 'capacity'],
    ['resolution must be one of the following: 1080p', 'invalid'],
    ['Prediction interrupted; please retry (code: PA)', 'host'],
    [null, 'host'],
    [{ code: 1 }, 'host'],
  ])('%j: %s', (error, kind) => {
    expect(explainError(error).kind).toBe(kind)
  })
})

describe('at the host', () => {
  let suite: SuiteWorld
  let host: TestHost
  const calls = (): Calls => suite.open(replicate, { base: host.base })
  const sent = async (): Promise<void> => undefined
  let attempt = 0
  const job = (): Promise<Ready> => {
    attempt += 1
    return readyFor(suite, replicateCapabilities, 'text-to-video', { attempt, prompt: `a pier, number ${attempt}` })
  }
  const ended = async (ready: Ready, here = calls()): Promise<Status> => {
    const ticket = await here.submit(ready, sent)
    for (let look = 0; look < 20; look += 1) {
      const status = await here.poll(ticket, ready, () => undefined)
      if (status.state === 'done' || status.state === 'failed') return status
    }
    throw new Error('never ended')
  }

  beforeAll(async () => {
    suite = await openSuiteWorld()
    host = await startHost('replicate', { key: canary })
  })
  beforeEach(() => host.tell({ do: 'clear-faults' }))
  afterAll(async () => {
    await host.stop()
    suite.close()
  })

  test('a result is there for an hour after its end, and the ticket says so', async () => {
    const status = await ended(await job())
    expect(status.state).toBe('done')
    const left = status.state === 'done' ? (status.expiresAt ?? 0) - suite.world.clock.now() : 0
    expect(left).toBeGreaterThan(50 * 60_000)
    expect(left).toBeLessThanOrEqual(61 * 60_000)
  })
  test('a job has a deadline at the host', async () => {
    await ended(await job())
    expect(
      host
        .calls()
        .filter(({ route }) => route === 'submit')
        .at(-1)?.headers['cancel-after'],
    ).toBe('60m')
  })
  test.each([
    ['aborted', { retry: true, billed: 'no' }],
    ['canceled', { retry: false, billed: 'yes' }],
  ])('%s', async (words, told) => {
    await host.fault({ route: 'submit', kind: 'job', fate: { kind: 'cancelled', words } })
    expect(await ended(await job())).toMatchObject({ state: 'failed', failure: { kind: 'host', ...told } })
  })
  test('a word that is not known is no success', async () => {
    await host.fault({ route: 'submit', kind: 'job', fate: { kind: 'unknown-word', words: 'archived' } })
    const ready = await job()
    const here = calls()
    const ticket = await here.submit(ready, sent)
    for (let look = 0; look < 4; look += 1) expect((await here.poll(ticket, ready, () => undefined)).state).toBe('working')
  })
  test('an hour later the clip is gone, and it is said that it was paid for', async () => {
    const late = await startHost('replicate', { key: canary, settings: { removed: true } })
    try {
      const here = suite.open(replicate, { base: late.base })
      expect(await ended(await job(), here)).toMatchObject({ state: 'failed', failure: { kind: 'expired', retry: false, billed: 'yes' } })
    } finally {
      await late.stop()
    }
  })
  test('when nobody can tell any more what was asked for, a person has to', async () => {
    const late = await startHost('replicate', { key: canary, settings: { removed: true } })
    try {
      const here = suite.open(replicate, { base: late.base })
      const ready = await job()
      await late.fault({ route: 'submit', kind: 'reset-after-accept' })
      await failureFrom(here.submit(ready, sent))
      const id = acceptedOf(late.ledger())[0]?.job ?? ''
      // It comes to its end without anybody of ours looking.
      for (let look = 0; look < 3; look += 1)
        await (await fetch(`${late.base}/v1/predictions/${id}`, { headers: { authorization: `Bearer ${canary}` } })).text()
      const again = suite.open(replicate, { base: late.base })
      expect(await failureFrom(again.find?.({ ...ready, begunAt: suite.world.clock.now() }) ?? Promise.resolve())).toMatchObject({
        kind: 'uncertain',
      })
    } finally {
      await late.stop()
    }
  })
  test('the list is read to its end for a job that was lost', async () => {
    const lost = await job()
    await host.fault({ route: 'submit', kind: 'reset-after-accept' })
    await failureFrom(calls().submit(lost, sent))
    const id = acceptedOf(host.ledger()).at(-1)?.job
    for (let other = 0; other < 5; other += 1) await calls().submit(await job(), sent)
    expect(await calls().find?.(lost)).toEqual({ id })
  })
  test('of two that are alike, one that is another’s is not taken', async () => {
    const here = calls()
    const first = await job()
    const ticket = await here.submit(first, sent)
    const twin: Ready = { ...first, clientKey: 'another-attempt' }
    expect(await here.find?.(twin)).toBeUndefined()
    await host.fault({ route: 'submit', kind: 'reset-after-accept' })
    await failureFrom(here.submit(twin, sent))
    // A new process knows it, too.
    const found = await calls().find?.(twin)
    expect(found?.id).not.toBe(ticket.id)
    expect(found).toEqual({ id: acceptedOf(host.ledger()).at(-1)?.job })
  })
  test('a person’s word for a job is taken as an id or as an address', () => {
    const { adopt } = calls()
    for (const said of ['ufawqhfynn', 'https://replicate.com/p/ufawqhfynn', 'https://api.replicate.com/v1/predictions/ufawqhfynn'])
      expect(adopt?.(said)).toEqual({ id: 'ufawqhfynn' })
  })
  test('a look at the host tells whose key it is, and buys nothing', async () => {
    expect(await calls().probe?.()).toEqual({ key: 'accepted', detail: 'the key is that of someone' })
  })
})
