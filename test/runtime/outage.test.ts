// A host to which no connection can be made: for ten minutes that costs no shot, and after that one, whatever the number of shots.
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../src/failure.ts'
import { ProviderFailure } from '../../src/failure.ts'
import type { Calls } from '../../src/providers/provider.ts'
import type { Stamped } from '../../src/runtime/event.ts'
import { type MemoryWorld, openMemoryWorld } from './memory-world.ts'
import { callsOf, failure, type Host, openHost, planOf, type Rig, runRig } from './rig.ts'

const minutes = 60_000
const dead: Partial<Failure> = { retry: true, unreached: true, billed: 'unknown', message: 'the host cannot be reached' }

/** The host's calls over a line that is cut while `isDown` says so. `tries` are the times at which a submit found it so. */
function overLine(world: MemoryWorld, host: Host, isDown: (ms: number, call: 'submit' | 'ask') => boolean) {
  const calls = callsOf(world, host, new AbortController().signal)
  const tries: number[] = []
  const needs = (call: 'submit' | 'ask'): void => {
    const ms = world.clock.monotonic()
    if (!isDown(ms, call)) return
    if (call === 'submit') tries.push(ms)
    throw new ProviderFailure(failure('network', dead))
  }
  const line: Partial<Calls> = {
    async submit(job, sent) {
      needs('submit')
      return calls.submit(job, sent)
    },
    async poll(...args) {
      needs('ask')
      return calls.poll(...args)
    },
    async fetch(...args) {
      needs('ask')
      return calls.fetch(...args)
    },
  }
  return { line, tries }
}

const shots = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `s${at}@1` }))

async function film(count: number, isDown: Parameters<typeof overLine>[2], over: Partial<Rig> = {}, world = openMemoryWorld()) {
  const host = over.host ?? openHost()
  host.pollMs = 20_000
  const { line, tries } = overLine(world, host, isDown)
  const begun = world.clock.monotonic()
  const ran = await runRig({ world, host, plan: planOf(world, shots(count)), calls: line, ...over })
  return { ...ran, world, host, tries, ms: world.clock.monotonic() - begun }
}
const retries = (events: readonly Stamped[]) => events.flatMap((event) => (event.type === 'job.retrying' ? [event] : []))

describe('no connection', () => {
  test('for nine minutes in the middle of a hundred shots: all are made, each once', async () => {
    const { outcome, host, tries } = await film(100, (ms) => ms > 5 * minutes && ms < 14 * minutes)
    expect(outcome).toMatchObject({ reason: 'finished', failures: [], blocked: [] })
    expect(host.ledger.map(({ job }) => job).sort()).toEqual(
      shots(100)
        .map(({ id }) => id)
        .sort(),
    )
    // The account tries, and not each of its shots.
    expect(tries.length).toBeLessThan(25)
  })
  test('for good: after ten minutes one shot fails with the words, the others are not begun, and the next run makes them', async () => {
    const first = await film(100, (ms) => ms > 5 * minutes)
    expect(first.ms).toBeGreaterThan(15 * minutes)
    expect(first.ms).toBeLessThan(17 * minutes)
    const { failures, blocked, made } = first.outcome
    // Two stood at the host and could not be asked for; then one could not be sent.
    expect(failures).toHaveLength(3)
    const failed = first.events.flatMap((event) => (event.type === 'job.failed' ? [event.resumable ?? false] : []))
    expect(failed.filter((resumable) => resumable)).toHaveLength(2)
    for (const fell of failures)
      expect(fell).toMatchObject({
        uncertain: false,
        failure: { kind: 'network', message: expect.stringMatching(/given up after 1\d minutes$/) },
      })
    expect(made.length + failures.length + blocked.length).toBe(100)
    const second = await film(100, () => false, { host: first.host }, first.world)
    expect(second.outcome).toMatchObject({ reason: 'finished', failures: [] })
    expect(new Set(second.host.ledger.map(({ job }) => job)).size).toBe(second.host.ledger.length)
  })
  test('from the first: given up after a minute, with one shot, and told at once', async () => {
    const { outcome, tries, events, host, ms } = await film(100, () => true)
    expect(ms).toBeGreaterThanOrEqual(60_000)
    expect(ms).toBeLessThan(63_000)
    expect(outcome.failures).toHaveLength(1)
    expect(outcome.failures[0]?.failure).toMatchObject({
      message: 'the host cannot be reached; given up after a minute',
      next: 'do something',
    })
    expect(outcome.blocked).toHaveLength(99)
    expect(host.submits).toEqual([])
    // Two begin at once; then one at a time tries, at growing distances.
    expect(tries.map((time) => Math.round((time - (tries[0] ?? 0)) / 5000))).toEqual([0, 0, 1, 2, 4, 8, 12])
    const started = events[0]?.at ?? 0
    const [told] = retries(events)
    expect(told?.at).toBe(started)
    expect(told?.until).toBe(started + 60_000)
    expect(events.filter(({ type }) => type === 'job.failed')).toHaveLength(1)
  })
  test('what was sent before and has no answer is not left to a person for it', async () => {
    const host = openHost({ submit: (_job, count) => (count === 1 ? 'lost' : 'ok') })
    const { outcome } = await film(1, (ms) => host.submits.length === 1 && ms < 8 * minutes, { host })
    expect(outcome).toMatchObject({ reason: 'finished', failures: [] })
    expect(host.ledger).toHaveLength(1)
  })
  test('for submits alone: what is at the host is fetched however long it takes, and what cannot be sent ends after it', async () => {
    const host = openHost()
    const slow = {
      ...host,
      faults: { poll: ({ polls }: { polls: number }) => (polls < 90 ? ({ state: 'working', nextPollMs: 20_000 } as const) : undefined) },
    }
    const { outcome, ms } = await film(9, (_ms, call) => call === 'submit' && slow.submits.length > 0, {
      host: slow,
      capabilities: { concurrency: 4, staggerMs: 250 },
    })
    expect(outcome.made).toEqual(['s0@1'])
    expect(outcome.failures).toHaveLength(1)
    expect(outcome.blocked).toHaveLength(7)
    expect(ms).toBeLessThan(42 * minutes)
  })
  test('a refusal after it is met with as much patience as ever', async () => {
    const host = openHost({ submit: (_job, count) => (count <= 5 ? failure('capacity', { retry: true }) : 'ok') })
    const { outcome } = await film(1, (ms) => ms < 50_000, { host })
    expect(outcome).toMatchObject({ reason: 'finished', failures: [] })
  })
  test('a stop ends the wait at once', async () => {
    const stop = new AbortController()
    const { outcome, ms } = await film(5, () => true, {
      signal: stop.signal,
      onEvent: (event) => {
        if (event.type === 'job.retrying') stop.abort()
      },
    })
    expect(outcome.reason).toBe('interrupted')
    expect(ms).toBeLessThan(3000)
  })
})
