// Servers with OpenAI-style videos against the one suite, and each of them as it is: what is sent to it, what it makes
// of that, and what it does not do.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { atServer } from '../../src/lang/catalogue.ts'
import { probe } from '../../src/media/probe.ts'
import { openaiVideo } from '../../src/providers/openai-video/index.ts'
import { servers } from '../../src/providers/openai-video/servers.ts'
import { fieldsOf, standingOf } from '../../src/providers/openai-video/wire.ts'
import type { Calls, Ready } from '../../src/providers/provider.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { conforms, failureFrom, untilDone } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { canary, openSuiteWorld } from './suite-world.ts'

conforms({
  name: 'openai-video',
  provider: () => openaiVideo,
  host: {
    protocol: 'openai-video',
    settings: (host) => ({ base: host.base }),
    routes: { submit: 'submit', poll: 'status', fetch: 'content' },
    refusals: {
      auth: { status: 401, json: { error: 'Unauthorized' } },
      invalid: { status: 422, json: { detail: [{ loc: ['body', 'size'], msg: 'String should match pattern', type: 'value_error' }] } },
      rate: { status: 429, json: { error: { message: 'too many requests', code: 429 } } },
    },
  },
})

const sent = async (): Promise<void> => undefined
const names = Object.keys(servers) as (keyof typeof servers)[] // the table's own names

describe('each server', () => {
  let suite: SuiteWorld
  const hosts = new Map<string, TestHost>()
  beforeAll(async () => {
    suite = await openSuiteWorld()
    for (const server of names) hosts.set(server, await startHost('openai-video', { key: canary, settings: { server } }))
  })
  afterAll(async () => {
    for (const host of hosts.values()) await host.stop()
    suite.close()
  })
  const hostOf = (server: string): TestHost => {
    const host = hosts.get(server)
    if (host === undefined) throw new Error(`no ${server}`)
    return host
  }
  const open = (server: string): Calls => suite.open(openaiVideo, { base: hostOf(server).base, server })
  let attempts = 200
  const job = (server: string, operation: 'text-to-video' | 'image-to-video'): Promise<Ready> =>
    readyFor(suite, atServer(openaiVideo.capabilities, server), operation, { attempt: ++attempts })
  const bodyOf = (server: string): unknown =>
    hostOf(server)
      .calls()
      .findLast(({ route }) => route === 'submit')?.body

  test.each(names.flatMap((name) => [[name, 'text-to-video'] as const, [name, 'image-to-video'] as const]))(
    '%s, %s: delivers what was asked for',
    async (server, operation) => {
      const calls = open(server)
      const one = await job(server, operation)
      const ticket = await calls.submit(one, sent)
      await untilDone(calls, ticket, one, suite)
      const into = `${suite.folder}/${server}-${operation}.mp4`
      await calls.fetch(ticket, one, into)
      const { size, rate, frames } = one.request
      const made = await probe(into)
      expect(made).toMatchObject({ size, rate, frames })
      expect(made.soundSamples).toBeGreaterThan(0)
    },
  )

  test('text goes as JSON only where that is taken', async () => {
    await open('sglang').submit(await job('sglang', 'text-to-video'), sent)
    expect(bodyOf('sglang')).toMatchObject({
      num_frames: 49,
      fps: 24,
      seed: 4217,
      negative_prompt: 'text, logo',
      size: expect.stringMatching(/^\d+x\d+$/),
    })
    await open('vllm-omni').submit(await job('vllm-omni', 'text-to-video'), sent)
    expect(String(bodyOf('vllm-omni'))).toMatch(/name="num_frames"\r\n\r\n49/)
  })

  test('a server that takes no seed and no size is asked for what it makes', async () => {
    const capabilities = atServer(openaiVideo.capabilities, 'aquiles')
    expect(capabilities).toMatchObject({ seed: false, negative: false, reproducibility: 'keep-bytes' })
    const one = await job('aquiles', 'text-to-video')
    expect(one.request).toMatchObject({ size: { width: 1920, height: 1088 }, rate: { num: 25, den: 1 }, frames: 125 })
    await open('aquiles').submit(one, sent)
    expect(bodyOf('aquiles')).toEqual({
      prompt: one.request.prompt,
      model: 'ltx-2.3',
      quality: 'standard',
      size: '1920x1088',
      seconds: '4',
    })
  })

  test('a job that went down with its server is made anew', async () => {
    const calls = open('sglang')
    const one = await job('sglang', 'text-to-video')
    const ticket = await calls.submit(one, sent)
    await hostOf('sglang').restart()
    expect(await failureFrom(untilDone(open('sglang'), ticket, one, suite))).toMatchObject({ kind: 'host', retry: true, billed: 'no' })
  })

  test('only a server whose DELETE stops a job is asked to stop one', () => {
    expect(names.filter((name) => open(name).cancel !== undefined)).toEqual(['vllm-omni'])
  })

  test('an address without videos is told as that', async () => {
    const calls = suite.open(openaiVideo, { base: `${hostOf('sglang').base}/elsewhere`, server: 'sglang' })
    expect(await failureFrom(calls.submit(await job('sglang', 'text-to-video'), sent))).toMatchObject({
      kind: 'invalid',
      retry: false,
      next: expect.stringContaining('`base`'),
    })
  })

  test('each can be looked at without a job', async () => {
    for (const name of names) expect(await open(name).probe?.()).toMatchObject({ detail: expect.stringContaining('answers') })
    await expect(suite.open(openaiVideo, { base: 'http://127.0.0.1:9', server: 'sglang' }).probe?.()).rejects.toThrow()
  })
})

describe('the wire', () => {
  test('the distilled model gets its steps and no negative prompt, and a model of the script’s own its name', async () => {
    const suite = await openSuiteWorld()
    const { request } = await readyFor(suite, openaiVideo.capabilities, 'text-to-video')
    suite.close()
    const vllm = servers['vllm-omni']
    expect(fieldsOf({ ...request, model: 'ltx-2.3-distilled' }, vllm)).toMatchObject({ num_inference_steps: 8 })
    expect(fieldsOf({ ...request, model: 'ltx-2.3-distilled' }, vllm)).not.toHaveProperty('negative_prompt')
    expect(fieldsOf(request, vllm)).not.toHaveProperty('model')
    expect(fieldsOf({ ...request, model: 'diffusers/LTX-2.3-Diffusers' }, vllm)).toMatchObject({
      model: 'diffusers/LTX-2.3-Diffusers',
      negative_prompt: 'text, logo',
    })
    expect(fieldsOf(request, vllm)).not.toHaveProperty('seconds')
    expect(fieldsOf({ ...request, sound: false }, servers.fastvideo)).toMatchObject({ generate_sound: false })
  })
  test('only `completed` is success', () => {
    const at = (status: string, error: unknown = null) => standingOf({ id: 'x', status, progress: 40, error: error as null }) // as JSON would bring it
    expect(at('completed')).toEqual({ state: 'done' })
    expect(at('in_progress')).toMatchObject({ state: 'working', progress: 0.4 })
    expect(at('queued').state).toBe('waiting')
    expect(at('reticulating')).toEqual({ state: 'strange', word: 'reticulating' })
    for (const status of ['failed', 'error', 'cancelled', 'expired', 'deleted']) expect(at(status).state).toBe('failed')
    expect(at('failed', { code: 'x', message: 'CUDA out of memory' })).toMatchObject({ explained: { kind: 'capacity', retry: false } })
    expect(at('failed', { code: 'content_policy_violation', message: 'no' })).toMatchObject({ explained: { kind: 'moderation' } })
    expect(at('failed', 'broke')).toMatchObject({ explained: { kind: 'host', words: 'broke' } })
  })
})
