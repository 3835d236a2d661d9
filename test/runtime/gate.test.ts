import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openGate } from '../../src/runtime/gate.ts'
import { openMemoryWorld } from './memory-world.ts'

const signal = new AbortController().signal
const limits = new Map([['main', { concurrency: 2, staggerMs: 250 }]])
const open = (budget?: number, over: { signal?: AbortSignal } = {}) => {
  const { clock } = openMemoryWorld()
  return { clock, gate: openGate({ limits, clock, signal, ...over, ...(budget === undefined ? {} : { budget }) }) }
}

test('whatever order things are reserved and settled in, spent and reserved never exceed the budget', () => {
  const step = fc.record({ job: fc.nat(9), price: fc.nat(60), share: fc.nat(100), settles: fc.boolean() })
  fc.assert(
    fc.property(fc.nat(200), fc.array(step, { maxLength: 60 }), (budget, steps) => {
      const { gate } = open(budget)
      const held = new Map<string, number>()
      let spent = 0
      for (const { job, price, share, settles } of steps) {
        const name = String(job)
        const before = held.get(name)
        if (settles && before !== undefined) {
          const billed = Math.floor((before * share) / 100)
          gate.settle(name, billed)
          held.delete(name)
          spent += billed
        } else if (!settles && before === undefined) {
          const fits = spent + [...held.values()].reduce((sum, one) => sum + one, 0) + price <= budget
          expect(gate.reserve(name, price)).toBe(fits || price === 0)
          if (fits || price === 0) held.set(name, price)
        }
        expect(gate.spent() + gate.reserved()).toBeLessThanOrEqual(budget)
        expect(gate.spent()).toBe(spent)
      }
    }),
    { numRuns: 2000, seed: 4 },
  )
})

describe('the money door', () => {
  test('nothing is sent that does not fit, and the failure says what would', async () => {
    const { gate } = open(150)
    let sent = 0
    const send = async (): Promise<number> => {
      sent += 1
      return sent
    }
    await gate.pay({ name: 'a', provider: 'main', price: 100 }, send)
    await expect(gate.pay({ name: 'b', provider: 'main', price: 100 }, send)).rejects.toMatchObject({
      failure: { kind: 'budget', billed: 'no' },
    })
    await gate.pay({ name: 'c', provider: 'main', price: 0 }, send)
    expect(sent).toBe(2)
  })
  test('the same attempt sent again is reserved once', async () => {
    const { gate } = open(100)
    for (const _again of [1, 2]) await gate.pay({ name: 'a', provider: 'main', price: 100 }, async () => undefined)
    expect(gate.reserved()).toBe(100)
  })
  test('submits keep their distance, in the order they came', async () => {
    const { gate, clock } = open()
    const times: number[] = []
    const send = async (): Promise<void> => void times.push(clock.monotonic())
    await Promise.all(['a', 'b', 'c'].map((name) => gate.pay({ name, provider: 'main', price: 1 }, send)))
    expect(times.map((time) => time - (times[0] ?? 0))).toEqual([0, 250, 500])
  })
  test('a stop ends the wait for a turn: nothing is sent or reserved', async () => {
    const stop = new AbortController()
    const { gate } = open(undefined, { signal: stop.signal })
    let sent = 0
    const send = async (): Promise<void> => {
      sent += 1
      stop.abort(new DOMException('stopped', 'AbortError'))
    }
    await gate.pay({ name: 'a', provider: 'main', price: 1 }, send)
    await expect(gate.pay({ name: 'b', provider: 'main', price: 1 }, send)).rejects.toMatchObject({ name: 'AbortError' })
    expect([sent, gate.reserved()]).toEqual([1, 1])
  })
  test('places are limited by provider; one without limits has one place', () => {
    const { gate } = open()
    expect([gate.enter('main'), gate.enter('main'), gate.enter('main'), gate.enter('other'), gate.enter('other')]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ])
    gate.leave('main')
    expect(gate.enter('main')).toBe(true)
  })
})
