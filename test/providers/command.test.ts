// A program of the user's: against the one suite, and how it is started, listened to, ended, and found again.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ProviderUse } from '../../src/lang/program.ts'
import { command } from '../../src/providers/command/index.ts'
import { lastWords, readLine } from '../../src/providers/command/talk.ts'
import type { Calls, Ready, Status } from '../../src/providers/provider.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { conforms } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { openSuiteWorld } from './suite-world.ts'

const tool = join(import.meta.dirname, '../hosts/command-tool.mjs')

conforms({
  name: 'command',
  provider: () => command,
  settings: (suite) => ({ run: [process.execPath, tool, suite.tool.path] }),
})

const sent = async (): Promise<void> => undefined
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('a program', () => {
  let suite: SuiteWorld
  let log = ''
  let number = 0
  beforeAll(async () => {
    suite = await openSuiteWorld()
  })
  afterAll(() => suite.close())
  beforeEach(() => {
    number += 1
    log = join(suite.folder, `log-${number}.ndjson`)
  })
  type Opening = {
    readonly settings?: ProviderUse['settings']
    readonly keyEnv?: string
    readonly signal?: AbortSignal
    readonly environment?: Record<string, string>
  }
  const open = (mode: string, { settings = {}, keyEnv, signal = new AbortController().signal, environment = {} }: Opening = {}): Calls => {
    const world = openNodeWorld({ PATH: '/usr/bin:/bin', HOME: '/home/nobody', ...environment })
    return command.open({
      world,
      root: suite.folder,
      scratch: join(suite.folder, 'scratch'),
      kept: join(suite.folder, `kept-${number}`),
      signal,
      use: {
        name: 'mine',
        kind: 'command',
        settings: { run: [process.execPath, tool, suite.tool.path, mode, log], ...settings },
        ...(keyEnv === undefined ? {} : { keyEnv }),
        span: { path: 'film.ltx', start: 0, end: 0 },
      },
      tool: async () => suite.tool,
      uploads: openUploads(world, join(suite.folder, 'uploads.json')),
    })
  }
  const job = (): Promise<Ready> => readyFor(suite, command.capabilities, 'image-to-video', { attempt: number })
  const starts = (): readonly { pid: number; order: Record<string, unknown>; environment: Record<string, string>; folder: string }[] =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)) // written by the tool
      : []
  const run = async (calls: Calls, one: Ready, report: (part: number, phase: string) => void = () => undefined): Promise<Status> =>
    calls.poll(await calls.submit(one, sent), one, report)
  const failureOf = (status: Status) => {
    if (status.state !== 'failed') throw new Error(`it is ${status.state}`)
    return status.failure
  }

  test('gets the order it needs, and tells how far it is and what it cost', async () => {
    const one = await job()
    const heard: [number, string][] = []
    const status = await run(open('make'), one, (part, phase) => heard.push([part, phase]))
    expect(status).toEqual({ state: 'done', billed: 125_000, servedModel: 'mine-7b' })
    expect(heard.map(([part]) => part)).toEqual([0.25, 0.75])
    expect(heard[0]?.[1]).toBe('sampling\\x1b[31m')
    const { order, folder } = starts()[0] ?? { order: {}, folder: '' }
    const { size, rate, frames, seed, prompt } = one.request
    expect(order).toMatchObject({
      ltx: 1,
      id: one.clientKey,
      operation: 'image-to-video',
      size,
      rate,
      frames,
      seed,
      prompt,
      inputs: { 'first-frame': one.files.get('first-frame') },
    })
    expect(folder).toBe(suite.folder)
  })

  test('sees nothing of the environment but what it is given', async () => {
    const environment = { MY_TOKEN: 'tok-1234567890', SECRET_OF_ANOTHER: 'no', CUDA_VISIBLE_DEVICES: '1' }
    await run(open('nothing', { environment, keyEnv: 'MY_TOKEN', settings: { pass: ['CUDA_VISIBLE_DEVICES', 'NOT_SET'] } }), await job())
    const seen = Object.keys(starts()[0]?.environment ?? {}).filter((name) => !name.startsWith('__'))
    expect(seen.sort()).toEqual(['CUDA_VISIBLE_DEVICES', 'HOME', 'MY_TOKEN', 'PATH'])
  })

  test('is no shell: what stands in an argument stays in it', async () => {
    const mark = join(suite.folder, 'broken-out')
    const settings = { run: [process.execPath, tool, suite.tool.path, 'nothing', log, `; touch ${mark}`, `$(touch ${mark})`] }
    await run(open('nothing', { settings }), await job())
    expect(existsSync(mark)).toBe(false)
    expect(starts()).toHaveLength(1)
  })

  test('that fails is quoted by its last words, without the key and without what steers a terminal', async () => {
    const calls = open('fail', { environment: { MY_TOKEN: 'tok-1234567890' }, keyEnv: 'MY_TOKEN' })
    const failure = failureOf(await run(calls, await job()))
    expect(failure).toMatchObject({ kind: 'host', retry: false, billed: 'no' })
    expect(failure.message).toBe('the program ended with 3: starting / \\x1b[31mTraceback\\x1b[0m / … was refused')
  })

  test('says itself what kind of failure it is', async () => {
    expect(failureOf(await run(open('refuse'), await job()))).toMatchObject({
      kind: 'moderation',
      billed: 'no',
      message: 'the program says: that picture is not allowed',
    })
  })

  test.each([
    ['nothing', 'wrote no file'],
    ['empty', 'wrote an empty file'],
    ['folder', 'no file'],
  ])('that leaves %s has failed', async (mode, words) => {
    const failure = failureOf(await run(open(mode), await job()))
    expect(failure.kind).toBe('host')
    expect(failure.message).toContain(words)
  })

  test('may say as much as it likes', async () => {
    const failure = failureOf(await run(open('flood'), await job()))
    expect(failure.message).toMatch(/the end of it$/)
    expect(failure.message.length).toBeLessThan(400)
  })

  test('that cannot be started, and a block that names none', async () => {
    expect(failureOf(await run(open('make', { settings: { run: ['./no-such-program'] } }), await job()))).toMatchObject({
      kind: 'invalid',
      billed: 'no',
    })
    await expect(open('make', { settings: { run: [] } }).submit(await job(), sent)).rejects.toMatchObject({
      failure: { kind: 'invalid', next: expect.stringContaining('run') },
    })
    await expect(open('make', { keyEnv: 'NOT_SET' }).submit(await job(), sent)).rejects.toMatchObject({ failure: { kind: 'auth' } })
  })

  test('that takes too long is ended with its children, even when it does not listen', async () => {
    const failure = failureOf(await run(open('deaf', { settings: { timeout: 0.7 } }), await job()))
    expect(failure).toMatchObject({ kind: 'host', retry: false, next: expect.stringContaining('timeout') })
    expect(isAlive(starts()[0]?.pid ?? 0)).toBe(false)
    // A group that has nobody left cannot be found.
    expect(isAlive(-(starts()[0]?.pid ?? 0))).toBe(false)
  }, 15_000)

  test('is ended when the run is stopped', async () => {
    const stop = new AbortController()
    const calls = open('hang', { signal: stop.signal })
    const one = await job()
    const ended = run(calls, one)
    while (starts().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    stop.abort()
    expect(failureOf(await ended).kind).toBe('cancelled')
    expect(isAlive(starts()[0]?.pid ?? 0)).toBe(false)
  })

  test('whose run was killed is started again when it is free, and never when it has a price', async () => {
    for (const price of [0, 60_000]) {
      number += 1
      log = join(suite.folder, `log-${number}.ndjson`)
      const one = await job()
      const stop = new AbortController()
      const first = open('hang', { settings: { price }, signal: stop.signal })
      const ticket = await first.submit(one, sent)
      const ended = first.poll(ticket, one, () => undefined)
      while (starts().length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
      stop.abort()
      await ended
      const again = await open('make', { settings: { price } }).poll(ticket, one, () => undefined)
      if (price === 0) expect(again.state).toBe('done')
      else expect(failureOf(again)).toMatchObject({ kind: 'uncertain', billed: 'unknown' })
      expect(starts()).toHaveLength(price === 0 ? 2 : 1)
    }
  })

  test('is not run again for a clip that it has made', async () => {
    const one = await job()
    const calls = open('make', { settings: { price: 60_000 } })
    const ticket = await calls.submit(one, sent)
    expect((await calls.poll(ticket, one, () => undefined)).state).toBe('done')
    const into = join(suite.folder, `into-${number}.mp4`)
    await open('make').fetch(ticket, one, into)
    expect((await open('make', { settings: { price: 60_000 } }).poll(ticket, one, () => undefined)).state).toBe('done')
    expect(starts()).toHaveLength(1)
    expect(readFileSync(into).subarray(4, 8).toString()).toBe('ftyp')
  })

  test('has an id that names a file in its own folder only', async () => {
    writeFileSync(join(suite.folder, 'secret.mp4'), 'x')
    const one = await job()
    await expect(open('make').fetch({ id: '../secret' }, one, join(suite.folder, 'stolen.mp4'))).rejects.toThrow()
  })
})

describe('its lines', () => {
  test('are read when they are objects that fit', () => {
    expect(readLine('{"progress":0.5}')).toEqual({ progress: 0.5 })
    expect(readLine('{"error":{"message":"x"}}')).toEqual({ error: { kind: 'host', message: 'x' } })
    for (const text of [
      '',
      'hello',
      '[1]',
      '{"progress":7}',
      '{"progress":',
      '{"error":{"kind":"cancelled","message":"x"}}',
      '{"billed":-1}',
    ])
      expect(readLine(text)).toBeUndefined()
  })
  test('on standard error are told by the last three', () => {
    expect(lastWords('a\n\nb\r\nc\rd  \n')).toBe('b / c / d')
    expect(lastWords('')).toBe('')
  })
})
