// What each provider would cost for the whole film, what it cannot make, and from how much video a month an own machine pays.
import { describe, expect, it } from 'vitest'
import { dollars } from '../../src/lang/money.ts'
import type { PaceRow } from '../../src/lang/pace.ts'
import { type Candidate, type Comparison, compare, monthSeconds } from '../../src/lang/planning/compare.ts'
import type { PlanInput, ProviderInUse } from '../../src/lang/planning/make-plan.ts'
import type { Program } from '../../src/lang/program.ts'
import { bytecomputeCapabilities } from '../../src/providers/bytecompute/capabilities.ts'
import { hostedLtx } from '../../src/providers/hosted-ltx/capabilities.ts'
import { local } from '../../src/providers/local/capabilities.ts'
import { wavespeedCapabilities } from '../../src/providers/wavespeed/capabilities.ts'
import { anything, cutCapabilities, extend, makeAll, planOf, program, retake, sha256, shot, span } from './plan-kit.ts'

const all: readonly ProviderInUse[] = [
  { name: 'ltx', capabilities: hostedLtx },
  { name: 'gpu', capabilities: local },
  { name: 'two', capabilities: { ...local, concurrency: 2 } },
  { name: 'wave', capabilities: wavespeedCapabilities },
  { name: 'bytes', capabilities: bytecomputeCapabilities },
  { name: 'animatic', capabilities: anything },
]
const input = (film: Program, over: Partial<PlanInput> = {}): PlanInput => ({
  program: film,
  rung: 'final',
  providers: new Map(all.map((one) => [one.name, one])),
  cut: cutCapabilities,
  facts: new Map(),
  remembered: new Map(),
  picks: new Map(),
  findMade: () => undefined,
  sha256,
  hasKey: () => false,
  ...over,
})
const candidate = (name: string, more: Partial<Candidate> = {}): Candidate => ({ name, kind: name, ...more })
const compared = (
  film: Program,
  candidates: readonly Candidate[],
  over: Partial<PlanInput> = {},
  history: readonly PaceRow[] = [],
): Comparison => compare(input(film, over), candidates, { left: 0, history })
const on = (comparison: Comparison, name: string) => comparison.providers.find((one) => one.name === name) ?? expect.fail(`no ${name}`)

describe('each provider', () => {
  const film = program([shot('a', 144, { takes: 2 }), shot('b', 144, { provider: 'gpu', steps: [extend(96)] })])

  it('is asked for the whole film, with all takes and steps', () => {
    const found = compared(film, [candidate('ltx'), candidate('gpu')])
    const alone = planOf(program(film.items.map((item) => ({ ...item, provider: 'ltx' })))).plan.totals.price
    expect(on(found, 'ltx')).toMatchObject({ price: alone, shots: 2, cannot: [], asked: 22, jobs: 4, estimated: 0 })
    expect(on(found, 'gpu')).toMatchObject({ price: 0, shots: 2, asked: 22, jobs: 4 })
    expect(found.planned).toMatchObject({ price: planOf(film).plan.totals.price, providers: ['ltx', 'gpu'], asked: 22 })
  })

  it('counts nothing as made', () => {
    const made = compared(film, [candidate('ltx')], makeAll(film))
    expect(made).toEqual(compared(film, [candidate('ltx')]))
  })

  it('is not swayed by routes', () => {
    const routed = program([shot('a', 144, { routes: [{ provider: 'gpu', steps: [], soundLed: false, moves: false, words: '', span }] })])
    expect(on(compared(routed, [candidate('ltx')]), 'ltx').price).toBe(dollars(0.48))
    expect(compared(routed, [candidate('ltx')]).planned.price).toBe(0)
  })

  it('names the shots that it cannot make and sums up the others', () => {
    const mixed = program([shot('a', 144), shot('b', 144, { steps: [extend(96)] }), shot('c', 144, { steps: [retake(0, 48)] })])
    const found = on(compared(mixed, [candidate('bytes')]), 'bytes')
    expect(found.cannot.map(({ shot: path, detail }) => [path, detail])).toEqual([
      ['b', 'it has no extend'],
      ['c', 'it has no retake'],
    ])
    expect(found).toMatchObject({
      shots: 1,
      jobs: 1,
      asked: 6,
      price: on(compared(program([shot('a', 144)]), [candidate('bytes')]), 'bytes').price,
    })
  })

  it('says how much of its price is an estimate', () => {
    const found = on(compared(program([shot('a', 144, { steps: [extend(48)] })]), [candidate('wave')]), 'wave')
    expect(found).toMatchObject({ price: dollars(0.8), estimated: dollars(0.6) })
  })

  it('takes as long as its places allow, and as earlier runs took', () => {
    const many = program(Array.from({ length: 4 }, (_, at) => shot(`s${at}`, 144)))
    const guessed = compared(many, [candidate('gpu'), candidate('two')])
    expect(on(guessed, 'two').expected).toBeCloseTo(on(guessed, 'gpu').expected / 2)
    expect(on(guessed, 'gpu').timed).toBe(0)
    const known = compared(many, [candidate('gpu'), candidate('two')], { paceOf: (name) => (name === 'gpu' ? 30 : undefined) })
    expect(on(known, 'gpu')).toMatchObject({ expected: 120, busy: 120, timed: 4 })
    expect(on(known, 'two').timed).toBe(0)
  })

  it('is shown with what was seen of it, and of no other', () => {
    const row = { operation: 'extend', model: 'm', size: { width: 2, height: 2 }, made: 1, failed: 0, retried: 0 } as const
    const rows: readonly PaceRow[] = [
      { provider: 'gpu', kind: 'gpu', ...row },
      { provider: 'gpu', kind: 'other', ...row },
      { provider: 'gone', kind: 'gpu', ...row },
    ]
    expect(compared(film, [candidate('gpu')], {}, rows).history).toEqual([rows[0]])
  })

  it('of no film with shots costs nothing', () => {
    const found = compared(program([]), [candidate('ltx', {}), candidate('gpu', { monthly: 1 })])
    expect(found).toMatchObject({ shots: 0, breakEven: [], planned: { price: 0, jobs: 0, expected: 0 } })
  })
})

describe('an own machine', () => {
  // 10 s of video in one call: $0.80 at the host; on the machine 40 s of work, so that $0.90 an hour are a cent.
  const film = program([shot('a', 240)])
  const paceOf = (name: string): number | undefined => (name === 'gpu' ? 40 : undefined)
  const even = (upkeep: Partial<Candidate>, over: Partial<PlanInput> = {}, one = film) =>
    compared(one, [candidate('ltx'), candidate('gpu', upkeep)], { paceOf, ...over }).breakEven

  it('pays where its month is made up for by what each second is cheaper', () => {
    const [found, ...more] = even({ rent: dollars(0.9), monthly: dollars(79) })
    expect(more).toEqual([])
    expect(found).toMatchObject({ own: 'gpu', host: 'ltx', hostSecond: 80_000, ownSecond: 1000, pace: 4, timed: true, estimated: false })
    expect(found?.seconds).toBeCloseTo(79 / (0.08 - 0.001))
    expect(found?.most).toBe(monthSeconds / 4)
  })

  it('costs what it is rented for while it works', () => {
    const found = compared(film, [candidate('ltx'), candidate('gpu', { rent: dollars(0.9) })], { paceOf })
    expect(on(found, 'gpu')).toMatchObject({ price: 0, rented: dollars(0.01) })
    expect(on(found, 'ltx')).not.toHaveProperty('rented')
    expect(found.planned).not.toHaveProperty('rented')
    const moved = compared(program([shot('a', 240, { provider: 'gpu' })]), [candidate('gpu', { rent: dollars(0.9) })], { paceOf })
    expect(moved.planned.rented).toBe(dollars(0.01))
  })

  it('pays at once where it has no month, and never where a second is dearer', () => {
    expect(even({ rent: dollars(0.9) })[0]).toMatchObject({ seconds: 0, monthly: 0 })
    expect(even({ rent: dollars(90), monthly: dollars(1) })[0]).not.toHaveProperty('seconds')
  })

  it('is not asked about where nobody says what it costs, nor against what is free', () => {
    expect(even({})).toEqual([])
    expect(compared(film, [candidate('two'), candidate('gpu', { monthly: 1 })]).breakEven).toEqual([])
  })

  it('is measured by the shots that both can make', () => {
    const more = program([shot('a', 240), shot('b', 240, { steps: [extend(96)] })])
    const [found] = compared(more, [candidate('bytes'), candidate('gpu', { monthly: dollars(30) })], { paceOf }).breakEven
    const [only] = compared(film, [candidate('bytes'), candidate('gpu', { monthly: dollars(30) })], { paceOf }).breakEven
    expect(found).toEqual(only)
    expect(
      compared(program([shot('b', 240, { steps: [extend(96)] })]), [candidate('bytes'), candidate('gpu', { monthly: 1 })]).breakEven,
    ).toEqual([])
  })

  it('says when what it is reckoned with is a guess or an estimate', () => {
    expect(even({ monthly: 1 }, { paceOf: () => undefined })[0]?.timed).toBe(false)
    expect(compared(film, [candidate('wave'), candidate('gpu', { monthly: 1 })]).breakEven[0]?.estimated).toBe(true)
  })
})
