// ComfyUI against the one suite, and what only it has: its own ids, graphs that are checked before a job is sent,
// uploads that are renamed, a history that dies with the server, a socket that tells how far a job is.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { comfyui } from '../../src/providers/comfyui/index.ts'
import type { Calls, Ready } from '../../src/providers/provider.ts'
import type { HostOptions, TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { conforms, failureFrom, untilDone } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { canary, openSuiteWorld } from './suite-world.ts'

conforms({
  name: 'comfyui',
  provider: () => comfyui,
  host: {
    protocol: 'comfyui',
    settings: (host) => ({ base: host.base }),
    routes: { submit: 'submit', poll: 'history', fetch: 'view' },
    refusals: {
      auth: { status: 401, text: 'Unauthorized' },
      invalid: {
        status: 400,
        json: {
          error: { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation', details: '', extra_info: {} },
          node_errors: {},
        },
      },
    },
  },
})

const sent = async (): Promise<void> => undefined

describe('a ComfyUI server', () => {
  let suite: SuiteWorld
  const hosts: TestHost[] = []
  beforeAll(async () => {
    suite = await openSuiteWorld()
  })
  afterAll(async () => {
    for (const host of hosts) await host.stop()
    suite.close()
  })
  const start = async (options: HostOptions = {}): Promise<{ host: TestHost; open: (settings?: Record<string, string>) => Calls }> => {
    const host = await startHost('comfyui', { key: canary, ...options })
    hosts.push(host)
    return { host, open: (settings = {}) => suite.open(comfyui, { base: host.base, ...settings }) }
  }
  let attempts = 100
  const job = (operation: 'text-to-video' | 'image-to-video' | 'audio-to-video', request: Partial<Ready['request']> = {}): Promise<Ready> =>
    readyFor(suite, comfyui.capabilities, operation, { attempt: ++attempts, request })
  const graphOf = (host: TestHost): string => JSON.stringify(host.calls().findLast(({ route }) => route === 'submit')?.body)

  test('names every node and model file that it lacks, before anything is sent', async () => {
    const lacks = ['LTXVEmptyLatentAudio', 'gemma_3_12B_it_fp4_mixed.safetensors', 'ltx-2.3-22b-distilled-fp8.safetensors']
    const { host, open } = await start({ settings: { lacks } })
    let left = false
    const failure = await failureFrom(
      open().submit(await job('text-to-video'), async () => {
        left = true
      }),
    )
    expect(failure).toMatchObject({ kind: 'host', retry: false, billed: 'no' })
    for (const part of ['LTXVEmptyLatentAudio', 'text_encoders/gemma_3_12B_it_fp4_mixed', 'checkpoints/ltx-2.3-22b-distilled'])
      expect(failure.message).toContain(part)
    expect(left).toBe(false)
    expect(host.calls().filter(({ route }) => route === 'submit')).toEqual([])
  })

  test('names what any of several jobs lacks, all at once, from what is known of them before their inputs are there', async () => {
    const lacks = ['LTXVAddGuide', 'LTXVLatentUpsampler', 'LTXVAudioVAEEncode']
    const { host, open } = await start({ settings: { lacks } })
    const request = (await job('text-to-video')).request
    const plain = { request, slots: new Set<never>() }
    const guided = { request: { ...request, operation: 'image-to-video' }, slots: new Set(['first-frame', 'last-frame']) } as const
    const doubled = { request: { ...request, model: 'ltx-2.3-two-stage' }, slots: new Set<never>() }
    expect(await open().lacks?.([plain])).toBeUndefined()
    expect(await open().lacks?.([plain, guided, doubled])).toMatchObject({
      kind: 'host',
      retry: false,
      message: expect.stringMatching(/lacks the nodes LTXVAddGuide, LTXVLatentUpsampler$/),
      next: expect.stringMatching(/^update ComfyUI there .*; then run again$/),
    })
    expect(await open().lacks?.([{ ...plain, request: { ...request, model: 'my-distilled.safetensors' } }])).toMatchObject({
      message: expect.stringMatching(/lacks a model file like checkpoints\/my-distilled\.safetensors$/),
      next: expect.stringMatching(/^put the file /),
    })
    await host.stop()
    await expect(open().lacks?.([plain])).rejects.toThrow('cannot be reached')
  })

  test('finds a checkpoint in a folder, and takes the one that the script names', async () => {
    const { host, open } = await start()
    await open().submit(await job('text-to-video', { model: 'ltx-2.3-two-stage', size: { width: 384, height: 256 } }), sent)
    expect(graphOf(host)).toContain('ltxv\\\\ltx-2.3-22b-dev-fp8.safetensors')
    await open().submit(await job('text-to-video', { model: 'ltx-2.3-22b-distilled-fp8.safetensors' }), sent)
    expect(graphOf(host)).not.toContain('LTXVLatentUpsampler')
    const failure = await failureFrom(open().submit(await job('text-to-video', { model: 'my-distilled.safetensors' }), sent))
    expect(failure.message).toContain('checkpoints/my-distilled.safetensors')
  })

  test('makes a clip of the size asked for in two stages, and first and last frames without stray frames', async () => {
    const { open, host } = await start()
    const last = await job('image-to-video')
    const first = last.files.get('first-frame') ?? ''
    const both: Ready = {
      ...last,
      files: new Map([
        ['first-frame', first],
        ['last-frame', first],
      ]),
    }
    const only: Ready = { ...last, clientKey: `${'0'.repeat(30)}01`, files: new Map([['last-frame', first]]) }
    const doubled = await job('image-to-video', { model: 'ltx-2.3-two-stage', size: { width: 384, height: 256 } })
    for (const one of [both, only, doubled]) {
      const calls = open()
      const ticket = await calls.submit(one, sent)
      await untilDone(calls, ticket, one, suite)
      const into = `${suite.folder}/${one.clientKey}.mp4`
      await calls.fetch(ticket, one, into)
      const { probe } = await import('../../src/media/probe.ts')
      expect(await probe(into)).toMatchObject({ size: one.request.size, frames: one.request.frames })
    }
    // One file, brought once.
    expect(host.calls().filter(({ route }) => route === 'upload')).toHaveLength(1)
  })

  test('uses the name that an upload was given, and brings a file again that is gone', async () => {
    const { host, open } = await start()
    const one = await job('image-to-video')
    await open().submit(one, sent)
    const name = /"image":"(ltx-[^"]+\.png)"/.exec(graphOf(host))?.[1] ?? ''
    expect(name).not.toBe('')
    await host.restart()
    await fetch(`${host.base}/test/occupy?name=${encodeURIComponent(name)}`, { method: 'POST' })
    // The server holds another file under that name; we think that it has ours.
    const other = await job('image-to-video')
    await suite.open(comfyui, { base: host.base }).submit(other, sent)
    await host.restart()
    const again = await job('image-to-video')
    const failure = await failureFrom(open().submit(again, sent))
    expect(failure).toMatchObject({ kind: 'input', retry: true })
    await fetch(`${host.base}/test/occupy?name=${encodeURIComponent(name)}`, { method: 'POST' })
    await open().submit(again, sent)
    expect(graphOf(host)).toContain(name.replace('.png', ' (1).png'))
  })

  test('chooses the id, so that a restart finds the job; a server that chooses its own is asked by client', async () => {
    for (const ignoresIds of [false, true]) {
      const { host, open } = await start({ settings: { ignoresIds } })
      const one = await job('text-to-video')
      await host.fault({ route: 'submit', kind: 'reset-after-accept' })
      await failureFrom(open().submit(one, sent))
      const ticket = await open().find?.(one)
      expect(ticket).toBeDefined()
      const calls = open()
      if (ticket !== undefined) await untilDone(calls, ticket, one, suite)
      // Also when it is over and only the history knows it.
      expect(await open().find?.(one)).toEqual(ticket)
      expect(acceptedOf(host.ledger())).toHaveLength(1)
    }
  })

  test('does not take a job whose parts were dropped, and takes it out of the queue', async () => {
    const { host, open } = await start({ settings: { dropsOutputs: true } })
    const failure = await failureFrom(open().submit(await job('text-to-video'), sent))
    expect(failure).toMatchObject({ kind: 'invalid', retry: false })
    expect(failure.message).toContain('PreviewImage: Required input is missing')
    expect(host.ledger().some(({ kind }) => kind === 'cancelled')).toBe(true)
  })

  test('says that a job went down with its server, so that it is made anew', async () => {
    const { host, open } = await start()
    const one = await job('text-to-video')
    const calls = open()
    const ticket = await calls.submit(one, sent)
    await host.restart()
    expect(await failureFrom(untilDone(open(), ticket, one, suite))).toMatchObject({ kind: 'host', retry: true, billed: 'no' })
  })

  test('tells errors, interruptions and a full card from the history', async () => {
    const { host, open } = await start()
    const endOf = async (fate: 'failed' | 'cancelled' | 'empty', words?: string) => {
      await host.fault({ route: 'submit', kind: 'job', fate: { kind: fate, ...(words === undefined ? {} : { words }) } })
      const calls = open()
      const one = await job('text-to-video')
      return failureFrom(untilDone(calls, await calls.submit(one, sent), one, suite))
    }
    expect(await endOf('failed', 'shapes do not match')).toMatchObject({
      kind: 'host',
      retry: false,
      billed: 'no',
      message: expect.stringContaining('SamplerCustomAdvanced: shapes do not match'),
    })
    expect(await endOf('failed', 'Allocation on device')).toMatchObject({ kind: 'capacity', retry: false })
    expect(await endOf('cancelled')).toMatchObject({ kind: 'host', message: expect.stringContaining('interrupted') })
    expect(await endOf('empty')).toMatchObject({ kind: 'host', message: expect.stringContaining('without a file') })
  })

  test('shows how far a job is by its socket, and needs none', async () => {
    const { open } = await start({ looks: 6 })
    const one = await job('text-to-video')
    const calls = open()
    const ticket = await calls.submit(one, sent)
    const seen: number[] = []
    const phases = new Set<string>()
    for (let look = 0; look < 20; look += 1) {
      const status = await calls.poll(ticket, one, () => undefined)
      if (status.state === 'done') break
      if (status.state === 'failed') throw new Error(status.failure.message)
      seen.push(status.progress ?? 0)
      phases.add(status.phase ?? '')
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
    expect(Math.max(...seen)).toBeGreaterThan(0.1)
    expect(phases).toContain('sampling')
  })

  test('interrupts its own job and nobody else’s', async () => {
    const { host, open } = await start({ looks: 50 })
    const calls = open()
    const [mine, other] = [await job('text-to-video'), await job('text-to-video')]
    const ticket = await calls.submit(mine, sent)
    const running = await calls.submit(other, sent)
    for (let look = 0; look < 3; look += 1) await calls.poll(running, other, () => undefined)
    await calls.cancel?.(ticket)
    expect(host.ledger().flatMap((entry) => (entry.kind === 'cancelled' ? [entry.job] : []))).toEqual([ticket.id])
    expect(host.calls().some(({ route }) => route === 'interrupt')).toBe(false)
    await calls.cancel?.(running)
    expect(host.calls().findLast(({ route }) => route === 'interrupt')?.body).toEqual({ prompt_id: running.id })
  })

  test('can be looked at without a job', async () => {
    const whole = await start()
    expect(await whole.open().probe?.()).toEqual({
      key: 'unchecked',
      detail: 'ComfyUI 0.26.0 on cuda:0 NVIDIA H100 (85 GB); has all that our graphs need',
    })
    const poor = await start({ settings: { lacks: ['LTXVLatentUpsampler'] } })
    expect((await poor.open().probe?.())?.detail).toContain('the graph `two-stage` lacks the node LTXVLatentUpsampler')
    // Nothing can be made there: that is no good health.
    const bare = await start({ settings: { lacks: ['SamplerCustomAdvanced'] } })
    const failure = await failureFrom(bare.open().probe?.() ?? Promise.resolve())
    expect(failure).toMatchObject({ kind: 'host', message: expect.stringContaining('lacks the node SamplerCustomAdvanced') })
  })
})
