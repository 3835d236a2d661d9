// An own machine, with a worker that has no model: against the one suite, and how workers are kept, watched, replaced and let go.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ProviderUse } from '../../src/lang/program.ts'
import { weightsOf } from '../../src/providers/local/identity.ts'
import { local } from '../../src/providers/local/index.ts'
import type { Calls, Provider, Ready, Status } from '../../src/providers/provider.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { Clock } from '../../src/world.ts'
import type { FakeWorker } from '../hosts/local-kit.ts'
import { fakeWorker } from '../hosts/local-kit.ts'
import { conforms } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { openSuiteWorld } from './suite-world.ts'

const real = openNodeWorld({})

/** A worker lives in real time: the suite's clock, whose waits take none, would have it hung. */
const inRealTime = (provider: Provider): Provider => ({
  ...provider,
  open: (context) => provider.open({ ...context, world: { ...context.world, clock: real.clock } }),
})

conforms({
  name: 'local',
  provider: () => inRealTime(local()),
  settings: (suite) => {
    const { python, model } = fakeWorker(suite.folder, suite.tool.path)
    return { python, model, device: 'cpu' }
  },
})

const sent = async (): Promise<void> => undefined
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '')
  } catch {
    return false
  }
}

/** A clock that stands until it is turned. */
function handClock(): Clock & { turn(ms: number): void } {
  let now = 0
  const sleepers = new Set<{ readonly due: number; readonly wake: () => void }>()
  return {
    now: () => Date.now(),
    monotonic: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { due: now + ms, wake: resolve }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper)
          reject(signal.reason)
        })
      }),
    turn(ms) {
      now += ms
      for (const sleeper of [...sleepers]) {
        if (sleeper.due > now) continue
        sleepers.delete(sleeper)
        sleeper.wake()
      }
    },
  }
}

describe('a worker', () => {
  let suite: SuiteWorld
  let worker: FakeWorker
  let number = 0
  const opened: Calls[] = []
  beforeAll(async () => {
    suite = await openSuiteWorld()
  })
  beforeEach(() => {
    number += 1
    mkdirSync(join(suite.folder, String(number)))
    worker = fakeWorker(join(suite.folder, String(number)), suite.tool.path)
  })
  afterAll(async () => {
    for (const calls of opened) await calls.close?.()
    suite.close()
  })
  type Opening = {
    readonly provider?: Provider
    readonly settings?: ProviderUse['settings']
    readonly clock?: Clock
    readonly signal?: AbortSignal
    readonly name?: string
    readonly environment?: Readonly<Record<string, string>>
  }
  const kept = (name = 'gpu'): string => join(suite.folder, String(number), '.ltx/kept', name)
  const open = ({ provider = local(), settings = {}, clock = real.clock, signal, name = 'gpu', environment = {} }: Opening = {}): Calls => {
    const world = { ...openNodeWorld({ PATH: process.env.PATH, HOME: '/home/nobody', ...environment }), clock }
    const calls = provider.open({
      world,
      root: join(suite.folder, String(number)),
      scratch: join(suite.folder, 'scratch'),
      kept: kept(name),
      signal: signal ?? new AbortController().signal,
      use: {
        name,
        kind: 'local',
        settings: { python: worker.python, model: 'models/tiny', device: 'cuda:0', ...settings },
        span: { path: 'film.ltx', start: 0, end: 0 },
      },
      tool: async () => suite.tool,
      uploads: openUploads(world, join(suite.folder, 'uploads.json')),
    })
    opened.push(calls)
    return calls
  }
  let jobs = 0
  const job = async (prompt = 'a harbor at dawn', over: Partial<Ready['request']> = {}): Promise<Ready> => {
    jobs += 1
    const one = await readyFor(suite, local().capabilities, 'text-to-video', { prompt, attempt: jobs })
    return { ...one, request: { ...one.request, prompt, stages: 1, ...over } }
  }
  const run = async (calls: Calls, one: Ready, report: (part: number, phase: string) => void = () => undefined): Promise<Status> =>
    calls.poll(await calls.submit(one, sent), one, report)
  const failureOf = (status: Status) => {
    if (status.state !== 'failed') throw new Error(`it is ${status.state}`)
    return status.failure
  }
  const startsWith = async (count: number): Promise<void> =>
    vi.waitFor(() => expect(worker.starts()).toHaveLength(count), { timeout: 20_000 })
  /** Until something like this stands in its notes. */
  const noted = (name: string): Promise<void> =>
    vi.waitFor(() => expect(worker.notes().some((one) => one[name] !== undefined)).toBe(true), { timeout: 20_000 })

  test('is told what the job is, and tells how far it is', async () => {
    const heard: [number, string][] = []
    const one = await job('rain', { segments: [{ from: 8, to: 16, text: 'it stops' }] })
    expect(await run(open(), one, (part, phase) => heard.push([part, phase]))).toMatchObject({ state: 'done' })
    const { size, rate, frames, seed } = one.request
    expect(worker.made()[0]).toMatchObject({
      device: 'cuda:0',
      made: { operation: 'text-to-video', ...size, rate, frames, seed, prompt: 'rain', segments: [{ from: 8, to: 16, text: 'it stops' }] },
    })
    expect(heard.map(([, phase]) => phase.replace(/ \d.*/, ''))).toEqual(
      expect.arrayContaining(['load', 'encode', 'denoise', 'decode', 'write']),
    )
    const parts = heard.map(([part]) => part)
    expect(parts).toEqual([...parts].sort((a, b) => a - b))
    expect(heard).toContainEqual([expect.any(Number), 'denoise 4/8'])
  })

  test('stays for the jobs that follow, and goes when the run is over', async () => {
    const calls = open()
    for (const prompt of ['one', 'two', 'three']) expect((await run(calls, await job(prompt))).state).toBe('done')
    expect(worker.starts()).toHaveLength(1)
    expect(worker.notes().filter(({ loaded }) => loaded !== undefined)).toHaveLength(1)
    await calls.close?.()
    expect(isAlive(worker.starts()[0] ?? 0)).toBe(false)
  })

  test('is one for each device, and two jobs at once keep both busy', async () => {
    worker.fault({ kind: 'slow', at: 'denoise', ms: 300, times: 2 })
    const calls = open({ settings: { device: ['cuda:0', 'cuda:1'] } })
    await Promise.all(['one', 'two', 'three'].map(async (prompt) => run(calls, await job(prompt))))
    expect(new Set(worker.made().map(({ device }) => device))).toEqual(new Set(['cuda:0', 'cuda:1']))
    expect(worker.starts()).toHaveLength(2)
  })

  test('is shared by two providers of a script that name its device', async () => {
    const provider = local()
    const [one, two] = [open({ provider, name: 'quick' }), open({ provider, name: 'fine' })]
    await Promise.all([run(one, await job('one')), run(two, await job('two'))])
    expect(worker.starts()).toHaveLength(1)
    await one.close?.()
    expect(isAlive(worker.starts()[0] ?? 0)).toBe(true)
    await two.close?.()
    expect(isAlive(worker.starts()[0] ?? 0)).toBe(false)
  })

  test('sees devices and what is passed on, and nothing else of the environment', async () => {
    const environment = { CUDA_VISIBLE_DEVICES: '1', OF_NO_CONCERN: 'no', MINE: 'yes' }
    await run(open({ environment, settings: { pass: ['MINE'] } }), await job())
    const seen = worker.notes()[0]?.environment as Record<string, string> // noted by the worker
    const names = Object.keys(seen).filter((name) => !/^(_|PWD|SHLVL|OLDPWD|__.*)$/.test(name))
    expect(names.sort()).toEqual(['CUDA_VISIBLE_DEVICES', 'HOME', 'MINE', 'PATH', 'PYTHONPATH', 'PYTHONUNBUFFERED'])
  })

  test.each(['die', 'exit'] as const)('that ends (%s) is replaced, and the job goes again with the same seed', async (kind) => {
    worker.fault({ kind, at: 'denoise' })
    const one = await job()
    expect((await run(open(), one)).state).toBe('done')
    expect(worker.starts()).toHaveLength(2)
    expect(worker.made()[0]).toMatchObject({ made: { seed: one.request.seed } })
  })

  test('that ends while it decodes costs the decoding alone', async () => {
    worker.fault({ kind: 'die', at: 'decode' })
    expect((await run(open(), await job())).state).toBe('done')
    expect(worker.made()[0]).toMatchObject({ reused: 'latents' })
  })

  test('that says nothing for half a minute is ended and replaced', async () => {
    worker.fault({ kind: 'freeze', at: 'denoise' })
    const clock = handClock()
    const heard: string[] = []
    const done = run(open({ clock }), await job(), (_, phase) => heard.push(phase))
    await noted('fault')
    // The last that it will say has come through.
    await vi.waitFor(() => expect(heard.join()).toContain('denoise'), { timeout: 20_000 })
    clock.turn(29_000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(isAlive(worker.starts()[0] ?? 0)).toBe(true)
    clock.turn(2000)
    expect((await done).state).toBe('done')
    expect(worker.starts()).toHaveLength(2)
    expect(isAlive(worker.starts()[0] ?? 0)).toBe(false)
  })

  test('that loads may be silent for a minute', async () => {
    worker.fault({ kind: 'freeze', at: 'load' })
    const clock = handClock()
    const heard: string[] = []
    const done = run(open({ clock }), await job(), (_, phase) => heard.push(phase))
    await noted('fault')
    // The last that it will say has come through.
    await vi.waitFor(() => expect(heard.join()).toContain('load'), { timeout: 20_000 })
    clock.turn(59_000)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(isAlive(worker.starts()[0] ?? 0)).toBe(true)
    clock.turn(2000)
    expect((await done).state).toBe('done')
  })

  test('that beats and comes no further is ended as well', async () => {
    worker.fault({ kind: 'stall', at: 'denoise' })
    worker.set({ beatMs: 5 })
    const clock = handClock()
    const heard: string[] = []
    const done = run(open({ clock, settings: { timeout: 300 } }), await job(), (_, phase) => heard.push(phase))
    await noted('fault')
    for (let spent = 0; spent < 301; spent += 10) {
      clock.turn(10_000)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    expect((await done).state).toBe('done')
    expect(heard.join()).toContain('came no further for 5 minutes')
  })

  test('that is out of memory once is tried again by itself; twice, and it is told what would fit', async () => {
    worker.fault({ kind: 'oom', at: 'denoise' })
    expect((await run(open(), await job('once'))).state).toBe('done')
    expect(worker.starts()).toHaveLength(2)
    worker.fault({ kind: 'oom', at: 'decode', times: 2 })
    const failure = failureOf(await run(open(), await job('twice', { stages: 2, size: { width: 640, height: 384 } })))
    expect(failure).toMatchObject({ kind: 'worker', retry: false, billed: 'no' })
    expect(failure.message).toMatch(/^640x384 with \d+ frames needs more memory than cuda:0 has \(at decode\)/)
    expect(failure.next).toContain('640x384 with 49 frames would fit')
    expect(failure.next).toContain('`quality fast`')
    expect(failure.next).toContain('`offload phases`')
  })

  test('that knows beforehand that it cannot fit is not asked twice', async () => {
    worker.fault({ kind: 'hopeless', at: 'load' })
    expect(failureOf(await run(open(), await job())).message).toContain('114.0 GB')
    expect(worker.starts()).toHaveLength(1)
  })

  test('a job that has ended three workers is set aside, and the next one is made', async () => {
    worker.fault({ kind: 'exit', at: 'denoise', words: 'cursed', times: 3 })
    const calls = open()
    const failure = failureOf(await run(calls, await job('cursed')))
    expect(failure).toMatchObject({ kind: 'worker', retry: false, billed: 'no' })
    expect(failure.message).toContain('3 workers ended')
    expect(failure.message).toContain('illegal memory access')
    expect(failure.message).not.toContain('\u001b')
    expect((await run(calls, await job('blessed'))).state).toBe('done')
    expect(worker.starts()).toHaveLength(4)
  })

  test.each([
    ['internal', 'worker', 'a hook has no effect'],
    ['mismatch', 'invalid', 'made for another base'],
    ['disk', 'disk', 'the disk is full'],
  ] as const)('%s is told as what it is, and asked once', async (kind, expected, words) => {
    worker.fault({ kind, at: 'denoise' })
    const failure = failureOf(await run(open(), await job()))
    expect(failure).toMatchObject({ kind: expected, retry: false })
    expect(failure.message).toContain(words)
    expect(worker.starts()).toHaveLength(1)
  })

  test('refuses what its model would floor without a word', async () => {
    const failure = failureOf(await run(open(), await job('odd', { frames: 16 })))
    expect(failure).toMatchObject({ kind: 'invalid', message: expect.stringContaining('16 is not 8k + 1') })
  })

  test('is stopped in the middle of a job, and makes the next one', async () => {
    worker.fault({ kind: 'stall', at: 'denoise' })
    const calls = open()
    const one = await job('long')
    const ticket = await calls.submit(one, sent)
    const ended = calls.poll(ticket, one, () => undefined)
    await noted('fault')
    await calls.cancel?.(ticket)
    expect(failureOf(await ended).kind).toBe('cancelled')
    expect((await run(calls, await job('next'))).state).toBe('done')
    expect(worker.starts()).toHaveLength(1)
  })

  test('that does not stop when it is told to is ended', async () => {
    worker.fault({ kind: 'freeze', at: 'denoise' })
    const clock = handClock()
    const calls = open({ clock })
    const one = await job('deaf')
    const ticket = await calls.submit(one, sent)
    const ended = calls.poll(ticket, one, () => undefined)
    await noted('fault')
    await calls.cancel?.(ticket)
    await new Promise((resolve) => setTimeout(resolve, 50))
    clock.turn(11_000)
    expect(failureOf(await ended).kind).toBe('cancelled')
    expect(isAlive(worker.starts()[0] ?? 0)).toBe(false)
  })

  test('goes with the run that is stopped', async () => {
    worker.fault({ kind: 'stall', at: 'denoise' })
    const stop = new AbortController()
    const ended = run(open({ signal: stop.signal }), await job())
    await noted('fault')
    stop.abort()
    expect(failureOf(await ended).kind).toBe('cancelled')
    await vi.waitFor(() => expect(isAlive(worker.starts()[0] ?? 0)).toBe(false), { timeout: 5000 })
  })

  test('what it has made is found by the next run, and so are latents that only want decoding', async () => {
    const calls = open()
    const one = await job()
    expect(await calls.find?.(one)).toBeUndefined()
    const ticket = await calls.submit(one, sent)
    await calls.poll(ticket, one, () => undefined)
    expect(await open().find?.(one)).toEqual(ticket)
    const before = worker.starts().length
    expect((await open().poll(ticket, one, () => undefined)).state).toBe('done')
    expect(worker.starts()).toHaveLength(before)
    // A run that ended between its latents and its clip.
    const clip = join(kept(), `${one.clientKey}.mp4`)
    const bytes = readFileSync(clip)
    await real.files.remove(clip)
    expect(await open().find?.(one)).toEqual(ticket)
    expect((await open().poll(ticket, one, () => undefined)).state).toBe('done')
    expect(worker.made().at(-1)).toMatchObject({ reused: 'latents' })
    expect(readFileSync(clip).equals(bytes)).toBe(true)
    await calls.release?.(ticket)
    expect(await open().find?.(one)).toBeUndefined()
  })

  test('the same job gives the same bytes, by another worker too', async () => {
    const clips: Buffer[] = []
    for (const name of ['one', 'two']) {
      const calls = open({ name })
      const one = await job('the same')
      await run(calls, one)
      clips.push(readFileSync(join(kept(name), `${one.clientKey}.mp4`)))
      await calls.close?.()
    }
    expect(clips[0]?.equals(clips[1] ?? Buffer.alloc(0))).toBe(true)
  })

  test('is looked at without a model: what it runs on, and in which versions', async () => {
    const calls = open()
    expect(await calls.probe?.()).toMatchObject({
      detail: expect.stringMatching(/a cuda for tests \(cuda:0, 80 GB, 70 GB free\); torch 0\.0/),
    })
    expect(worker.made()).toHaveLength(0)
  })

  test('of another protocol, and of other versions than the plan has, is not talked to', async () => {
    worker.set({ protocol: 2 })
    expect(failureOf(await run(open(), await job()))).toMatchObject({ kind: 'invalid', message: expect.stringContaining('version 2') })
    worker.set({})
    const planned = await job('planned', { stack: 'cuda torch-9.9' })
    const calls = open()
    await expect(run(calls, planned)).rejects.toMatchObject({ failure: { kind: 'input', next: expect.stringContaining('run again') } })
  })

  test.each([
    [{ model: 'models/none' }, 'there is no folder models/none'],
    [{ python: '/no/such/python' }, 'there is no Python at /no/such/python'],
    [{ device: ['cuda:0', 'cpu'] }, 'different kinds'],
  ] as const)('%j cannot be begun with, and nothing is sent', async (settings, words) => {
    let left = false
    const submitting = open({ settings }).submit(await job(), async () => {
      left = true
    })
    await expect(submitting).rejects.toMatchObject({ failure: { kind: 'machine', message: expect.stringContaining(words), billed: 'no' } })
    expect(left).toBe(false)
  })

  test('a model that the plan has read is not read again', async () => {
    const known = { planned: 0, read: 0 }
    const provider = local()
    const counting = (name: 'planned' | 'read') => {
      const sha256 = (path: string): Promise<string> => {
        known[name] += 1
        return real.files.sha256(path)
      }
      return { ...real, files: { ...real.files, sha256 } }
    }
    const root = join(suite.folder, String(number))
    const weights = await weightsOf(
      { model: worker.model },
      { world: counting('planned'), root, memo: join(root, '.ltx/cache/weights.json') },
    )
    const calls = provider.open({
      world: counting('read'),
      root,
      scratch: join(suite.folder, 'scratch'),
      kept: kept(),
      signal: new AbortController().signal,
      use: {
        name: 'gpu',
        kind: 'local',
        settings: { python: worker.python, model: 'models/tiny' },
        span: { path: 'f.ltx', start: 0, end: 0 },
      },
      tool: async () => suite.tool,
      uploads: openUploads(real, join(suite.folder, 'uploads.json')),
    })
    await calls.submit(await job('planned', { weights }), sent)
    expect(known).toEqual({ planned: 2, read: 0 })
  })

  test('a model that has changed since the plan is not used', async () => {
    const planned = await job('planned', { weights: '0'.repeat(64) })
    await expect(open().submit(planned, sent)).rejects.toMatchObject({ failure: { kind: 'input' } })
  })

  test('that cannot be started says what to do', async () => {
    writeFileSync(worker.python, '#!/no/such/interpreter\n')
    expect(failureOf(await run(open(), await job()))).toMatchObject({ kind: 'machine', next: expect.stringContaining('ltx local setup') })
    await startsWith(0)
  })
})
