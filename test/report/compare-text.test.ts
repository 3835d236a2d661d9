// `ltx plan --compare` for people: the table, what cannot be made, and the sum that says from when a machine pays.
import { describe, expect, it } from 'vitest'
import { dollars } from '../../src/lang/money.ts'
import type { BreakEven, Compared, Comparison } from '../../src/lang/planning/compare.ts'
import { widthOf } from '../../src/report/cell.ts'
import { compareSchema } from '../../src/report/compare-schema.ts'
import { breakEvenText, compareText } from '../../src/report/compare-text.ts'

const costing = { price: dollars(3.4), estimated: 0, asked: 20, busy: 100, expected: 100, timed: 0, jobs: 3 }
const host: Compared = { name: 'host', kind: 'hosted-ltx', ...costing, shots: 3, cannot: [] }
const gpu: Compared = { ...host, name: 'gpu', kind: 'local', price: 0, expected: 240, timed: 3, rent: dollars(1.9), rented: 126_667 }
const even: BreakEven = {
  ...{ own: 'gpu', host: 'host', hostSecond: 131_000, ownSecond: 4676, estimated: false },
  ...{ monthly: dollars(30), rent: dollars(1.9), pace: 8.86, timed: true, most: 296_543.2, seconds: 237.5 },
}
const whole = (over: Partial<Comparison> = {}): Comparison => ({
  version: 1,
  title: 'Night Ferry',
  rung: 'final',
  shots: 3,
  planned: { ...costing, price: dollars(1.56), providers: ['host', 'gpu'] },
  left: dollars(1.56),
  providers: [host, gpu],
  breakEven: [],
  history: [],
  ...over,
})
const text = (over: Partial<Comparison> = {}, width = 100): string => compareText(whole(over), { colour: false, width })
const linesOf = (over: Partial<Comparison> = {}): readonly string[] => text(over).split('\n')

describe('the table', () => {
  it('has a line for the plan and one for each provider', () => {
    expect(linesOf().slice(0, 6)).toEqual([
      'Night Ferry  final · the whole film on each provider, as if nothing were made yet',
      '',
      '              makes  price   rent      time',
      'as planned  3 shots  $1.56         ~2m est.',
      'host         3 of 3  $3.40         ~2m est.',
      'gpu          3 of 3   free  $0.13        4m',
    ])
  })

  it('leaves a column out of which nothing is said', () => {
    expect(text({ providers: [host] })).not.toContain('rent')
    expect(linesOf({ providers: [{ ...host, jobs: 0, shots: 0, price: 0 }] })[4]).toMatch(/^host +0 of 3$/)
  })

  it('marks what is estimated, and says how it is made sure', () => {
    const sure = { ...costing, timed: 3 }
    const shown = text({ planned: { ...whole().planned, ...sure }, providers: [{ ...host, ...sure, estimated: dollars(1) }] })
    expect(shown).toContain('~$3.40, $1.00 of it est.')
    expect(shown).toContain('price est.:')
    expect(shown).not.toContain('time est.:')
    expect(text()).toContain('time est.:')
    expect(text()).not.toContain('price est.:')
    expect(text({ planned: { ...whole().planned, ...sure }, providers: [{ ...host, ...sure }] })).not.toContain('est.')
  })

  it('says what is left to buy where that is another sum', () => {
    expect(text()).not.toContain('left to buy')
    expect(text({ left: dollars(0.5) })).toContain('of the plan $0.50 is left to buy')
    expect(text({ left: 0 })).toContain('of the plan nothing is left to buy')
  })

  it('names what a provider cannot make, and not a hundred of them', () => {
    const cannot = Array.from({ length: 9 }, (_, at) => ({ shot: `a/s${at}`, detail: 'it has no retake' }))
    const shown = text({ providers: [{ ...host, cannot }] })
    expect(shown).toContain('host cannot make\n  a/s0: it has no retake\n')
    expect(shown).toContain('  a/s5: it has no retake\n  and 3 more shots\n')
  })

  it('fits the screen, and prints names without obeying them', () => {
    const evil = '\u001b[2Jgpu\nrm'
    const shown = text(
      { title: evil, providers: [{ ...host, name: evil, cannot: [{ shot: evil, detail: evil }] }], breakEven: [{ ...even, own: evil }] },
      60,
    )
    expect(shown).not.toContain('\u001b')
    for (const line of text({ breakEven: [even] }, 60)
      .split('\n')
      .slice(2))
      expect(widthOf(line)).toBeLessThanOrEqual(60)
  })
})

describe('when a machine pays', () => {
  it('is told with the sum, all in one line', () => {
    expect(breakEvenText(even)).toBe(
      'gpu pays from 3.96 minutes of video a month: $30.00 ÷ ($0.131 a second at host − $1.90 ÷ 3600 × 8.86 s of work) = 238 s; it makes 296,544 s a month at most',
    )
  })

  it('with a price of its own, without rent, by estimates', () => {
    expect(breakEvenText({ ...even, ownSecond: 4676 + 10_000 })).toContain('− $0.01 + $1.90 ÷ 3600 × 8.86 s of work')
    expect(breakEvenText({ ...even, rent: 0, ownSecond: 0, seconds: 229, timed: false })).toBe(
      'gpu pays from 3.82 minutes of video a month: $30.00 ÷ ($0.131 a second at host) = 229 s; it makes 296,544 s a month at most, at 8.86 s of work a second (est.)',
    )
    expect(breakEvenText({ ...even, estimated: true, timed: false })).toContain(
      '~$0.131 a second at host − $1.90 ÷ 3600 × 8.86 s of work (est.)',
    )
  })

  it('at once, never, and not with one machine', () => {
    expect(breakEvenText({ ...even, monthly: 0, seconds: 0 })).toBe(
      'gpu pays from the first second: $0.131 a second at host − $1.90 ÷ 3600 × 8.86 s of work',
    )
    const { seconds: _seconds, ...never } = { ...even, ownSecond: 200_000, rent: dollars(81.3) }
    expect(breakEvenText(never)).toMatch(/^gpu never pays against host: \$0\.20 a second \(.*\), and \$0\.131 a second at host$/)
    expect(breakEvenText({ ...even, seconds: 300_000 })).toMatch(
      /^gpu does not pay against host: .* = 300,000 s of video a month, and it makes 296,544 s/,
    )
    expect(breakEvenText({ ...even, seconds: 7200 })).toContain('from 2 hours of video')
  })

  it('asks for what it costs where nobody says it', () => {
    const { rent: _rent, rented: _rented, ...plain } = gpu
    expect(text({ providers: [host, plain] })).toContain('say what gpu costs')
    expect(text({ breakEven: [even] })).not.toContain('say what')
    expect(text({ providers: [plain] })).not.toContain('say what')
  })
})

it('shows what earlier runs took, and columns only where they say something', () => {
  const row = { provider: 'gpu', kind: 'local', operation: 'extend', model: 'big', size: { width: 1280, height: 704 } } as const
  const shown = text({ history: [{ ...row, made: 19, failed: 0, retried: 1, perSecond: 7.934, latency: { p50: 31.7 } }] })
  expect(shown).toContain('seen in earlier runs     made  again  a second    p50\n')
  expect(shown).toContain('gpu extend big 1280x704    19     5%     7.93s  31.7s\n')
})

it('as data it is what the schema says, and nothing more', () => {
  const history = {
    provider: 'gpu',
    kind: 'local',
    operation: 'extend',
    model: 'm',
    size: { width: 2, height: 2 },
    made: 1,
    failed: 0,
    retried: 0,
  } as const
  const all = whole({
    breakEven: [even],
    history: [{ ...history, perSecond: 1, latency: { p50: 1, p95: 2, p99: 3 } }],
    providers: [{ ...gpu, monthly: 1 }],
  })
  const printed: unknown = JSON.parse(JSON.stringify(all))
  expect(compareSchema.parse(printed)).toEqual(printed)
  expect(compareSchema.safeParse({ ...all, version: 2 }).success).toBe(false)
})
