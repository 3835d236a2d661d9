import { describe, expect, test } from 'vitest'
import type { Failure } from '../../src/failure.ts'
import { ProviderFailure } from '../../src/failure.ts'
import { openAccount, type Place } from '../../src/runtime/account.ts'
import { failureOf } from '../../src/runtime/failure.ts'
import { openMemoryWorld } from './memory-world.ts'
import { failure, openHost, planOf, type Rig, runRig } from './rig.ts'

/** A run against a host that takes `most` jobs at once and refuses the others. Gives the submits, in order, as taken or not. */
async function against(most: number, over: Partial<Rig> = {}, refusal: Partial<Failure> = { retryAfterMs: 2000 }, jobs = 200) {
  const world = openMemoryWorld()
  const calls: { readonly at: number; readonly taken: boolean }[] = []
  const host = openHost({
    submit() {
      const taken = host.ledger.filter(({ polls }) => polls < 3).length < most
      calls.push({ at: world.clock.monotonic(), taken })
      return taken ? 'ok' : failure('rate', { retry: true, ...refusal })
    },
  })
  host.pollMs = 20_000
  const plan = planOf(
    world,
    Array.from({ length: jobs }, (_, at) => ({ id: `s${at}@1` })),
  )
  const { outcome } = await runRig({ world, host, plan, capabilities: { concurrency: 10, staggerMs: 250 }, ...over })
  return { outcome, calls, host, ms: world.clock.monotonic() }
}

describe('200 shots at a host that takes 2 at once', () => {
  test.each([{ retryAfterMs: 2000 }, { retryAfterMs: 60_000 }, {}])('refuse some at first, then none: %o', async (refusal) => {
    const { outcome, calls, host, ms } = await against(2, {}, refusal)
    expect(outcome).toMatchObject({ reason: 'finished', failures: [] })
    expect(host.ledger).toHaveLength(200)
    const refused = calls.filter(({ taken }) => !taken)
    expect(refused.length).toBeGreaterThan(0)
    expect(refused.length).toBeLessThanOrEqual(8)
    // The steady state begins when the limit is known: long before a tenth is made.
    expect(calls.slice(20).every(({ taken }) => taken)).toBe(true)
    // Two at once, 40 seconds each: 4,000 s at best.
    expect(ms).toBeLessThan(4_300_000)
  })
  test('two providers of one account learn together', async () => {
    const { outcome, calls } = await against(2, { account: 'one' })
    expect(outcome.reason).toBe('finished')
    expect(calls.slice(20).every(({ taken }) => taken)).toBe(true)
  })
  test('a host that takes all it is sent is sent all it may be', async () => {
    const { calls, ms, host } = await against(10)
    expect(calls.every(({ taken }) => taken)).toBe(true)
    expect(ms).toBeLessThan(200 * 4000 * 1.1)
    expect(host.ledger).toHaveLength(200)
  })
})

describe('an account', () => {
  const open = (limits = { concurrency: 10, staggerMs: 250 }) => {
    const { clock } = openMemoryWorld()
    const account = openAccount(limits, clock, new AbortController().signal)
    const times: number[] = []
    const start = clock.monotonic()
    const submit = async (fault?: Partial<Failure>, place: Place | undefined = account.enter(() => undefined, true), name = 'a@1') => {
      if (place === undefined) throw new Error('no place')
      await account
        .submit(
          place,
          name,
          async () => {
            times.push(clock.monotonic() - start)
            if (fault !== undefined) throw new ProviderFailure(failure(fault.kind ?? 'rate', fault))
          },
          failureOf,
        )
        .catch(() => undefined)
      return place
    }
    return { clock, account, times, submit }
  }
  test('what one job is told to wait, all wait', async () => {
    const { submit, times } = open()
    await submit({ retryAfterMs: 30_000 })
    await Promise.all([submit(), submit()])
    expect(times[1]).toBe(30_000)
    expect((times[2] ?? 0) - 30_000).toBeGreaterThanOrEqual(250)
  })
  test('five minutes are waited; a host that asks for more is sent nothing more', async () => {
    const { submit, times, clock } = open()
    await submit({ retryAfterMs: 300_000 })
    await submit()
    expect(times).toEqual([0, 300_000])
    await submit({ retryAfterMs: 300_001 })
    await submit()
    expect(times).toHaveLength(3)
    expect(clock.monotonic()).toBeLessThan(302_000)
  })
  test('refused while nothing of ours stands there: it is the pace, which halves, and comes back', async () => {
    const { submit, times } = open()
    await submit({ retryAfterMs: 0 })
    for (let more = 0; more < 40; more += 1) await submit()
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? 0))
    expect(gaps[0]).toBe(500)
    expect(gaps.at(-1)).toBe(250)
    expect(gaps.every((gap, at) => at === 0 || gap <= (gaps[at - 1] ?? 0))).toBe(true)
  })
  test('after a refusal submits go one at a time', async () => {
    const { account, submit, clock } = open({ concurrency: 10, staggerMs: 0 })
    await submit({ retryAfterMs: 0 })
    let most = 0
    let now = 0
    const slow = () => {
      const place = account.enter(() => undefined, true)
      if (place === undefined) throw new Error('no place')
      return account.submit(
        place,
        'slow',
        async () => {
          now += 1
          most = Math.max(most, now)
          await clock.sleep(5000)
          now -= 1
        },
        failureOf,
      )
    }
    await Promise.all([slow(), slow(), slow()])
    expect(most).toBe(1)
    await Promise.all([slow(), slow(), slow()])
    expect(most).toBe(3)
  })
  test('twice refused with as many of ours there: so many it takes, no more', async () => {
    const { account, submit } = open()
    const standing = [await submit(), await submit(), await submit()]
    await submit({ retryAfterMs: 0 })
    await submit({ retryAfterMs: 0 })
    let sent = false
    const waiting = submit().then(() => {
      sent = true
    })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(sent).toBe(false)
    standing[0]?.leave()
    await waiting
    expect(sent).toBe(true)
    expect(account.enter(() => undefined, false)).toBeUndefined()
  })
  test('refused while others are on their way: these may be there already, so that nothing is learned of fewer', async () => {
    const { account, clock, submit } = open({ concurrency: 10, staggerMs: 0 })
    const one = await submit()
    const send = async (ms: number, refused: boolean) => {
      const place = account.enter(() => undefined, true)
      if (place === undefined) throw new Error('no place')
      const answer = async () => {
        await clock.sleep(ms)
        if (refused) throw new ProviderFailure(failure('rate', { retryAfterMs: 0 }))
      }
      await account.submit(place, 'a@1', answer, failureOf).catch(() => undefined)
      return place
    }
    // Two are taken, and their answers come last: it was refused with three there, not with one.
    await Promise.all([send(900, false), send(900, false), ...[100, 200].map(async (ms) => (await send(ms, true)).leave())])
    expect(account.enter(() => undefined, false)).toBeUndefined()
    one.leave()
    expect(account.enter(() => undefined, false)).toBeDefined()
  })
  test('refused with so many there, and then more seen there together: it was no limit', async () => {
    const { account, submit } = open()
    const first = await submit()
    await submit({ retryAfterMs: 0 })
    const second = await submit()
    first.stand(true)
    first.seen()
    second.leave()
    await submit({ retryAfterMs: 0 })
    await submit()
    expect(account.enter(() => undefined, false)).toBeDefined()
  })
  test('taken with so many there, of which some may have ended: it is the limit all the same', async () => {
    const { account, submit } = open()
    const first = await submit()
    await submit({ retryAfterMs: 0 })
    // Asked before the next was taken, and answered after it.
    first.stand(true)
    const second = await submit()
    first.seen()
    second.leave()
    await submit({ retryAfterMs: 0 })
    expect(account.enter(() => undefined, false)).toBeUndefined()
  })
  test('refusals with more there between two with as many: the lesser is the limit', async () => {
    const { account, submit } = open()
    const [, second] = [await submit(), await submit()]
    await submit({ retryAfterMs: 0 })
    const third = await submit()
    await submit({ retryAfterMs: 0 })
    third.leave()
    await submit({ retryAfterMs: 0 })
    second.leave()
    expect(account.enter(() => undefined, false)).toBeUndefined()
  })
  test('a limit stands two hours; then one more is tried, and tried again after twice as long', async () => {
    const { account, submit, clock, times } = open()
    const hour = 60 * 60_000
    const refused = async () => (await submit({ retryAfterMs: 0 })).leave()
    const mayEnter = () => {
      const place = account.enter(() => undefined, false)
      place?.leave()
      return place !== undefined
    }
    await submit()
    await submit()
    await refused()
    await refused()
    expect(mayEnter()).toBe(false)
    await clock.sleep(2 * hour)
    expect(mayEnter()).toBe(true)
    await refused()
    expect(times).toHaveLength(5)
    await clock.sleep(2 * hour)
    expect(mayEnter()).toBe(false)
    await clock.sleep(2 * hour)
    expect(mayEnter()).toBe(true)
    // Taken: that is the limit now, and stands as long as the first.
    await submit()
    expect(mayEnter()).toBe(false)
    await clock.sleep(2 * hour)
    expect(mayEnter()).toBe(true)
  })
  test('a long run finds out that its host takes more now, at a refused call an hour at most', async () => {
    const world = openMemoryWorld()
    const calls: boolean[] = []
    const hours = (): number => world.clock.monotonic() / 3_600_000
    const host = openHost({
      submit() {
        const taken = host.ledger.filter(({ polls }) => polls < 3).length < (hours() < 5 ? 2 : 4)
        calls.push(taken)
        return taken ? 'ok' : failure('rate', { retry: true, retryAfterMs: 2000 })
      },
    })
    host.pollMs = 5 * 60_000
    const plan = planOf(
      world,
      Array.from({ length: 300 }, (_, at) => ({ id: `s${at}@1` })),
    )
    const { outcome } = await runRig({ world, host, plan, capabilities: { concurrency: 10, staggerMs: 250 } })
    expect(outcome).toMatchObject({ reason: 'finished', failures: [] })
    // At two at once it would take 25 hours.
    expect(hours()).toBeLessThan(17)
    expect(calls.slice(20).filter((taken) => !taken).length).toBeLessThanOrEqual(4)
  })
  test.each(['auth', 'funds'] as const)('after a refusal of the whole account (%s) nothing more is sent', async (kind) => {
    const { account, submit, times } = open()
    const all = [submit({ kind }, undefined, 'first@1'), submit(), submit()]
    await Promise.all(all)
    await submit()
    expect(times).toHaveLength(1)
    const place = account.enter(() => undefined, true)
    if (place === undefined) throw new Error('no place')
    const thrown = await account.submit(place, 'late@1', async () => undefined, failureOf).catch(failureOf)
    expect(thrown).toMatchObject({ kind, billed: 'no', retry: false })
    expect(account.heldBackBy(thrown as Failure)).toBe('first@1')
  })
})

test.each([
  ['auth', {}],
  ['funds', {}],
  ['rate', { retry: true, retryAfterMs: 2 * 3600_000 }],
  ['capacity', { retry: true, retryAfterMs: 2 * 3600_000 }],
] as const)(
  'a run whose account is refused (%s) fails one shot; the others wait for it, and nobody waits for hours',
  async (kind, over) => {
    const world = openMemoryWorld()
    const host = openHost({ submit: () => failure(kind, over) })
    const plan = planOf(
      world,
      Array.from({ length: 20 }, (_, at) => ({ id: `s${at}@1` })),
    )
    const { outcome } = await runRig({ world, host, plan, capabilities: { concurrency: 10, staggerMs: 250 } })
    expect(host.submits).toEqual(['s0@1'])
    expect(outcome.failures).toMatchObject([{ job: 's0@1', failure: { kind } }])
    expect(outcome.blocked).toHaveLength(19)
    expect(world.clock.monotonic()).toBeLessThan(60_000)
  },
)
