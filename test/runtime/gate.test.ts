import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Ready } from '../../src/providers/provider.ts'
import { type Door, type Gate, openGate, type Submit } from '../../src/runtime/gate.ts'
import type { Booked, Budgets } from '../../src/runtime/purse.ts'
import { openPurse } from '../../src/runtime/purse.ts'
import { openMemoryWorld } from './memory-world.ts'
import { requestOf } from './rig.ts'

const ready: Ready = { id: 'a@1', key: 'k', clientKey: 'c', request: requestOf('a'), files: new Map() }
const day = 86_400_000
/** As `expect`, but quick enough for a million looks. */
const must = (holds: boolean): void => {
  if (!holds) throw new Error('the books are wrong')
}
const asleep = (): void => undefined

type Opening = {
  readonly signal?: AbortSignal
  readonly booked?: readonly Booked[]
  readonly doors?: Readonly<Record<string, Partial<Door>>>
}
const open = (budgets: Budgets = {}, { signal = new AbortController().signal, booked = [], doors = { main: {} } }: Opening = {}) => {
  const { clock } = openMemoryWorld()
  const sent: Ready[] = []
  const submit: Submit = async (job) => {
    sent.push(job)
    return { id: String(sent.length) }
  }
  const all = Object.entries(doors).map(([name, door]): [string, Door] => [
    name,
    { account: name, concurrency: 2, staggerMs: 250, submit, ...door },
  ])
  return { clock, sent, gate: openGate({ doors: new Map(all), budgets, booked, clock, signal }) }
}
const pay = (gate: Gate, name: string, price: number, path = 'a', provider = 'main') => {
  const place = gate.enter(provider, asleep, true)
  if (place === undefined) throw new Error('no place')
  return gate.pay(provider, { name, job: name, path, price }, place, (submit) => submit(ready, async () => undefined))
}

describe('the purse', () => {
  test('in 100,000 random schedules no ceiling is ever broken, and every purchase counts once', () => {
    const step = fc.record({
      name: fc.nat(7),
      path: fc.constantFrom('a', 'b', 'c'),
      price: fc.nat(60),
      share: fc.nat(100),
      what: fc.constantFrom('reserve', 'reserve', 'settle', 'take over', 'tomorrow'),
    })
    const cap = fc.option(fc.nat(150), { nil: undefined })
    let refused = 0
    fc.assert(
      fc.property(fc.record({ run: cap, film: cap, day: cap, shot: cap }), fc.array(step, { maxLength: 14 }), (caps, steps) => {
        let now = 20_000 * day
        const shots = caps.shot === undefined ? {} : { shots: new Map(['a', 'b', 'c'].map((path) => [path, caps.shot ?? 0])) }
        const { run, film, day: daily } = caps
        const budgets = {
          ...(run === undefined ? {} : { run }),
          ...(film === undefined ? {} : { film }),
          ...(daily === undefined ? {} : { day: daily }),
          ...shots,
        }
        const booked = [{ name: '7', path: 'c', at: now - day, amount: 20, open: true, ours: true }]
        const purse = openPurse(budgets, booked, () => now)
        // The same in the plainest way: a list that is added up from scratch each time.
        const book = new Map([['7', { path: 'c', day: now - day, amount: 20, open: true, before: true }]])
        const total = (wanted: (entry: { path: string; day: number; before: boolean }) => boolean): number =>
          [...book.values()].filter(wanted).reduce((sum, { amount }) => sum + amount, 0)
        let spent = 0
        for (const { name: id, path, price, share, what } of steps) {
          const name = String(id)
          const entry = book.get(name)
          if (what === 'tomorrow') now += day
          else if (what === 'settle') {
            const billed = Math.floor(((entry?.amount ?? 0) * share) / 100)
            purse.settle(name, billed)
            if (entry?.open === true) {
              spent += billed
              book.set(name, { ...entry, amount: billed, open: false })
            }
          } else if (what === 'take over') purse.takeOver('7', 'c', 20)
          else if (entry === undefined) {
            const limits = [
              [caps.run, total((one) => !one.before)],
              [caps.film, total(() => true)],
              [caps.day, total((one) => one.day === now)],
              [caps.shot, total((one) => one.path === path)],
            ] as const
            const fits = price === 0 || limits.every(([limit, sum]) => limit === undefined || sum + price <= limit)
            must((purse.reserve(name, path, price) === undefined) === fits)
            if (fits) book.set(name, { path, day: now, amount: price, open: true, before: false })
            else refused += 1
          } else if (entry.open) must(purse.reserve(name, path, price) === undefined)
          must(total((one) => !one.before) <= (caps.run ?? Number.MAX_VALUE))
          must(total(() => true) <= Math.max(caps.film ?? Number.MAX_VALUE, 20))
          must(total((one) => one.day === now) <= (caps.day ?? Number.MAX_VALUE))
          must(purse.spent() === spent)
        }
      }),
      { numRuns: 100_000, seed: 4 },
    )
    expect(refused).toBeGreaterThan(10_000)
  }, 60_000)
  test('what another film of the project has bought counts for the day alone', () => {
    const now = 20_000 * day
    const booked = [{ name: 'x', path: 'a', at: now, amount: 90, open: false, ours: false }]
    expect(openPurse({ film: 100, day: 100 }, booked, () => now).reserve('y', 'a', 20)).toMatchObject({ scope: 'day', left: 10 })
    expect(openPurse({ film: 100 }, booked, () => now).reserve('y', 'a', 20)).toBeUndefined()
  })
  test('a purchase of an earlier run does not count again, and gives back what it did not cost', () => {
    const now = 20_000 * day
    const booked = [{ name: 'x', path: 'a', at: now - day, amount: 90, open: true, ours: true }]
    const purse = openPurse({ run: 100, film: 100 }, booked, () => now)
    purse.takeOver('x', 'a', 90)
    expect(purse.reserve('y', 'a', 20)).toMatchObject({ scope: 'film', left: 10 })
    purse.settle('x', 60)
    expect(purse.reserve('y', 'a', 20)).toBeUndefined()
    expect(purse.reserve('z', 'a', 80)).toMatchObject({ scope: 'film' })
    expect(purse.spent()).toBe(60)
  })
  test('what a host bills counts from when it says so, more or less than was set aside', () => {
    const purse = openPurse({ run: 100 }, [], () => 0)
    expect(purse.reserve('x', 'a', 20)).toBeUndefined()
    purse.bill('x', 70)
    expect([purse.reserved(), purse.spent()]).toEqual([70, 0])
    expect(purse.reserve('y', 'b', 40)).toMatchObject({ scope: 'run', left: 30 })
    purse.settle('x', 70)
    purse.bill('x', 10)
    expect([purse.reserved(), purse.spent()]).toEqual([0, 70])
    expect(purse.reserve('y', 'b', 40)).toMatchObject({ left: 30 })
  })
})

describe('the money door', () => {
  test('nothing is sent that does not fit, and the failure says what would', async () => {
    const { gate, sent } = open({ run: 150_000 })
    await pay(gate, 'a', 100_000)
    await expect(pay(gate, 'b', 100_000)).rejects.toMatchObject({
      failure: { kind: 'budget', billed: 'no', message: expect.stringContaining('$0.05 is left') },
    })
    await pay(gate, 'c', 0)
    expect(sent).toHaveLength(2)
  })
  test('the same attempt sent again is reserved once', async () => {
    const { gate } = open({ run: 100 })
    for (const _again of [1, 2]) await pay(gate, 'a', 100)
    expect(gate.reserved()).toBe(100)
  })
  test('the right to send is good once, and not after: there is no way around the door', async () => {
    const { gate, sent } = open({ run: 100 })
    const place = gate.enter('main', asleep)
    if (place === undefined) throw new Error('no place')
    const leaked: Submit[] = []
    await gate.pay('main', { name: 'a', job: 'a', path: 'a', price: 100 }, place, async (submit) => {
      leaked.push(submit)
      await submit(ready, async () => undefined)
      await expect(submit(ready, async () => undefined)).rejects.toThrow('outside the money door')
    })
    await gate.pay('main', { name: 'b', job: 'b', path: 'a', price: 0 }, place, async (submit) => void leaked.push(submit))
    for (const submit of leaked) await expect(submit(ready, async () => undefined)).rejects.toThrow('outside the money door')
    await expect(
      gate.pay('main', { name: 'c', job: 'c', path: 'a', price: 1 }, place, async (submit) => void leaked.push(submit)),
    ).rejects.toMatchObject({ failure: { kind: 'budget' } })
    expect(leaked).toHaveLength(2)
    expect(sent).toHaveLength(1)
  })
  test('submits keep their distance, in the order they came', async () => {
    const times: number[] = []
    const { gate, clock } = open({}, { doors: { main: { submit: async () => ({ at: times.push(clock.monotonic()) }) } } })
    await Promise.all(['a', 'b', 'c'].map((name) => pay(gate, name, 1)))
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 250, 500])
  })
  test('a stop ends the wait for a turn: nothing is sent or reserved', async () => {
    const stop = new AbortController()
    const { gate, sent } = open({}, { signal: stop.signal })
    await pay(gate, 'a', 1)
    const waiting = pay(gate, 'b', 1)
    stop.abort(new DOMException('stopped', 'AbortError'))
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    await expect(pay(gate, 'c', 1)).rejects.toMatchObject({ name: 'AbortError' })
    expect([sent.length, gate.reserved()]).toEqual([1, 1])
  })
  test('places are limited by account: two providers on one share them, by the more careful limit', () => {
    const { gate } = open(
      {},
      { doors: { main: { account: 'x', concurrency: 2 }, twin: { account: 'x', concurrency: 5 }, other: { concurrency: 1 } } },
    )
    const places = ['main', 'twin', 'main', 'twin', 'other', 'other'].map((name) => gate.enter(name, asleep))
    expect(places.map((place) => place !== undefined)).toEqual([true, true, false, false, true, false])
    const freed: string[] = []
    places[1]?.leave()
    places[1]?.leave()
    expect(gate.enter('main', () => freed.push('main'))).toBeDefined()
    expect(gate.enter('twin', asleep)).toBeUndefined()
    expect(freed).toEqual([])
    expect([gate.accountOf('main'), gate.accountOf('twin'), gate.accountOf('other')]).toEqual(['x', 'x', 'other'])
  })
  test('what a host has already takes no place away from asking for it', () => {
    const { gate } = open()
    const begun = Array.from({ length: 5 }, () => gate.enter('main', asleep, true))
    expect(begun.every((place) => place !== undefined)).toBe(true)
    expect(gate.enter('main', asleep)).toBeUndefined()
  })
})

test('requests leave at their distance, however long each took to be ready', async () => {
  const left: number[] = []
  const { clock } = openMemoryWorld()
  const slow = new Map([
    ['a', 900],
    ['b', 650],
    ['c', 0],
  ])
  const door: Door = {
    account: 'main',
    concurrency: 5,
    staggerMs: 250,
    async submit(job, sent) {
      await clock.sleep(slow.get(job.id) ?? 0)
      await sent()
      left.push(clock.monotonic())
      return {}
    },
  }
  const gate = openGate({ doors: new Map([['main', door]]), clock, signal: new AbortController().signal })
  await Promise.all(
    ['a', 'b', 'c'].map((id) => {
      const place = gate.enter('main', asleep, true)
      if (place === undefined) throw new Error('no place')
      return gate.pay('main', { name: id, job: id, path: id, price: 1 }, place, (submit) => submit({ ...ready, id }, async () => undefined))
    }),
  )
  expect(left).toHaveLength(3)
  const gaps = left.slice(1).map((at, index) => at - (left[index] ?? 0))
  for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(250)
})
