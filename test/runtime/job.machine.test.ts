import { describe, expect, test } from 'vitest'
import { createActor, SimulatedClock } from 'xstate'
import { ProviderFailure } from '../../src/failure.ts'
import { type Effects, type JobEnd, type JobInput, jobMachine } from '../../src/runtime/job.machine.ts'
import { failure } from './rig.ts'

const delivered = { frames: 1, size: { width: 2, height: 2 }, rate: { num: 24, den: 1 }, soundSamples: 0, bytes: 4 }
const made = { sha256: 'a'.repeat(64), delivered }
const fresh: JobInput['start'] = { go: { run: 'r2', number: 1, misses: 0 }, stage: 'fresh' }

/** Lets all promises that can settle do so. */
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await Promise.resolve()
}

function open(over: Partial<Effects> = {}, input: Partial<JobInput> = {}) {
  const calls: string[] = []
  const good: Effects = {
    submit: async () => ({ id: 'h1' }),
    settle: async () => ({ kind: 'replay' }),
    poll: async () => ({ done: true, nextPollMs: 0 }),
    download: async () => 'part',
    check: async () => delivered,
    store: async () => made,
  }
  const told = { ...good, ...over }
  const note = <A extends readonly unknown[], R>(name: string, effect: (...args: A) => Promise<R>) => (...args: A): Promise<R> => {
    calls.push(name)
    return effect(...args)
  } // biome-ignore format: one wrapper
  const effects: Effects = {
    submit: note('submit', told.submit),
    settle: note('settle', told.settle),
    poll: note('poll', told.poll),
    download: note('download', told.download),
    check: note('check', told.check),
    store: note('store', told.store),
  }
  const clock = new SimulatedClock()
  const actor = createActor(jobMachine, {
    clock,
    input: { effects, submit: 'replay-key', price: 5, tries: 1, run: 'r2', random: () => 0.5, start: fresh, ...input },
  })
  const waits: number[] = []
  actor.on('retrying', ({ waitMs }) => void waits.push(waitMs))
  actor.start()
  const state = (): string => JSON.stringify(actor.getSnapshot().value).replaceAll('"', '')
  return { actor, clock, calls, waits, state, end: (): JobEnd | undefined => actor.getSnapshot().output }
}
const start = async (rig: ReturnType<typeof open>): Promise<void> => {
  rig.actor.send({ type: 'START' })
  await settle()
}

describe('the way of a job', () => {
  test('from the queue to the store', async () => {
    const rig = open()
    expect(rig.state()).toBe('queued')
    await start(rig)
    expect(rig.calls).toEqual(['submit', 'poll', 'download', 'check', 'store'])
    expect(rig.end()).toEqual({ kind: 'stored', made })
  })
  test('asks again when the host says to, and not before', async () => {
    let polls = 0
    const rig = open({
      poll: async () => {
        polls += 1
        return { done: polls === 3, nextPollMs: 5000 }
      },
    })
    await start(rig)
    expect([polls, rig.state()]).toEqual([1, '{polling:pausing}'])
    rig.clock.increment(4999)
    await settle()
    expect(polls).toBe(1)
    rig.clock.increment(1)
    await settle()
    expect(polls).toBe(2)
    rig.clock.increment(5000)
    await settle()
    expect(rig.end()?.kind).toBe('stored')
  })
  test.each<[JobInput['start']['stage'], string[]]>([
    ['accepted', ['poll', 'download', 'check', 'store']],
    ['sent', ['settle', 'submit', 'poll', 'download', 'check', 'store']],
  ])('goes on from what an earlier run left: %s', async (stage, calls) => {
    const rig = open({}, { start: { go: { run: 'r1', number: 4, misses: 0 }, stage, ticket: { id: 'old' } } })
    await start(rig)
    expect(rig.calls).toEqual(calls)
    expect(rig.end()?.kind).toBe('stored')
  })
  test('a replay keeps the name of the attempt; a new attempt has a name of this run', async () => {
    const gos: { run: string; number: number; replay: boolean }[] = []
    let settled = 0
    const rig = open(
      {
        submit: async ({ run, number }, replay) => {
          gos.push({ run, number, replay })
          if (replay) throw { error: new ProviderFailure(failure('network')), sent: true, byHost: false }
          return { id: 'h' }
        },
        settle: async () => {
          settled += 1
          return { kind: settled === 1 ? 'replay' : 'absent' }
        },
      },
      { start: { go: { run: 'r1', number: 4, misses: 0 }, stage: 'sent' } },
    )
    await start(rig)
    rig.clock.increment(60_000)
    await settle()
    expect(gos).toEqual([
      { run: 'r1', number: 4, replay: true },
      { run: 'r2', number: 1, replay: false },
    ])
    expect(rig.end()?.kind).toBe('stored')
  })
})

describe('failures', () => {
  const failing = (kind: Parameters<typeof failure>[0], over: Parameters<typeof failure>[1], times: number) => {
    let count = 0
    return async (): Promise<never> => {
      count += 1
      if (count > times) throw new Error('asked too often')
      throw new ProviderFailure(failure(kind, over))
    }
  }
  test('asking is repeated with growing pauses, and then given up', async () => {
    const rig = open({ poll: failing('network', { retry: true }, 9) })
    await start(rig)
    for (let step = 0; step < 20; step += 1) {
      rig.clock.increment(20_000)
      await settle()
    }
    expect(rig.waits).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
    expect(rig.end()).toMatchObject({ kind: 'refused', failed: { step: 'poll', byHost: false } })
  })
  test('a failure that no repeating helps ends it at once', async () => {
    const rig = open({ submit: failing('auth', {}, 1) })
    await start(rig)
    expect([rig.waits, rig.end()?.kind]).toEqual([[], 'refused'])
  })
  test('a wrong clip is made again with the next seed, at once', async () => {
    const misses: number[] = []
    const rig = open(
      {
        submit: async (go) => {
          misses.push(go.misses)
          return { id: 'h' }
        },
        check: failing('mismatch', { retry: true }, 3),
      },
      { tries: 3 },
    )
    await start(rig)
    for (let step = 0; step < 5; step += 1) {
      rig.clock.increment(0)
      await settle()
    }
    expect(misses).toEqual([0, 1, 2])
    expect(rig.end()).toMatchObject({ kind: 'refused', failed: { failure: { kind: 'mismatch' } } })
  })
  test('a bug is neither swallowed nor retried', async () => {
    const bug = new TypeError('oops')
    const rig = open({
      download: async () => {
        throw bug
      },
    })
    await start(rig)
    expect(rig.end()).toEqual({ kind: 'broken', error: bug })
  })
})

describe('a stop', () => {
  const never = (): Promise<never> => new Promise(() => undefined)
  test.each<[string, Partial<Effects>]>([
    ['polling', { poll: never }],
    ['downloading', { download: never }],
    [
      'settling'.replace('settling', 'retrying'),
      { poll: async () => Promise.reject(new ProviderFailure(failure('network', { retry: true }))) },
    ],
  ])('while %s ends it', async (_state, effects) => {
    const rig = open(effects)
    await start(rig)
    expect(rig.end()).toBeUndefined()
    rig.actor.send({ type: 'STOP' })
    expect(rig.end()).toEqual({ kind: 'cancelled' })
  })
  test('in the queue ends it before anything is sent', () => {
    const rig = open()
    rig.actor.send({ type: 'STOP' })
    expect([rig.end(), rig.calls]).toEqual([{ kind: 'cancelled' }, []])
  })
  test('while submitting waits for the ticket, which then is recorded, and goes no further', async () => {
    let answer = (_ticket: { id: string }): void => undefined
    const rig = open({
      submit: () =>
        new Promise((resolve) => {
          answer = resolve
        }),
    })
    await start(rig)
    rig.actor.send({ type: 'STOP' })
    expect(rig.end()).toBeUndefined()
    answer({ id: 'h' })
    await settle()
    expect(rig.end()).toEqual({ kind: 'cancelled' })
    expect(rig.calls).not.toContain('download')
  })
  test('while checking lets the clip come in', async () => {
    let answer = (): void => undefined
    const rig = open({
      check: () =>
        new Promise((resolve) => {
          answer = () => resolve(delivered)
        }),
    })
    await start(rig)
    rig.actor.send({ type: 'STOP' })
    answer()
    await settle()
    expect(rig.end()?.kind).toBe('stored')
  })
})
