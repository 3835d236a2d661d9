// Where routes send shots and steps once a film is planned: who makes them, from what, and how the plan tells it.
import { describe, expect, it } from 'vitest'
import { openReporter } from '../../src/lang/diagnostic.ts'
import type { Plan } from '../../src/lang/plan.ts'
import type { Route, Shot, Step } from '../../src/lang/program.ts'
import { rational } from '../../src/lang/time.ts'
import { planShotText } from '../../src/report/plan-shot-text.ts'
import { planText } from '../../src/report/plan-text.ts'
import { whyText } from '../../src/report/why-text.ts'
import { audio, extend, facts, image, planOf, program, retake, shot, span, words } from './plan-kit.ts'

const route = (provider: string, more: Partial<Route>): Route => ({ provider, steps: [], moves: false, words: 'here', span, ...more })
const planned = (one: Shot, options: Parameters<typeof planOf>[1] = {}): Plan => planOf(program([one]), options).plan
const makerOf = (one: Shot, options: Parameters<typeof planOf>[1] = {}): string => planned(one, options).lines[0]?.provider ?? ''
const look = { colour: false, width: 100 }

describe('a shot', () => {
  const long = route('gpu', { over: 240 })

  it('goes where the first route that fits sends it, else where `on` says', () => {
    const routes = [route('gpu', { over: 240 }), route('animatic', { over: 120 })]
    expect([240, 241, 120].map((frames) => makerOf(shot('a', frames, { routes })))).toEqual(['animatic', 'gpu', 'ltx'])
  })

  it('is as long as it is with its extends, and as its sound says', () => {
    expect(makerOf(shot('a', 144, { routes: [long], steps: [extend(96)] }))).toBe('ltx')
    expect(makerOf(shot('a', 144, { routes: [long], steps: [extend(97)] }))).toBe('gpu')
    const said = (seconds: number) => facts({ path: 'vo.wav', kind: 'audio', seconds: rational(seconds) })
    const sync = shot('a', undefined, { routes: [long], sync: audio('vo.wav') })
    expect([makerOf(sync, { facts: said(12) }), makerOf(sync, { facts: said(4) })]).toEqual(['gpu', 'ltx'])
  })

  it.each<[string, Partial<Route>, Partial<Shot>, Partial<Shot>]>([
    ['shorter', { under: 144 }, { frames: 143 }, { frames: 144 }],
    ['from words alone', { start: 'text-to-video' }, {}, { from: image('a.png') }],
    ['from a picture', { start: 'image-to-video' }, { from: image('a.png') }, {}],
    ['with an extend', { steps: ['extend'] }, { steps: [extend(48)] }, { steps: [retake(0, 48)] }],
    ['with both', { steps: ['extend', 'retake'] }, { steps: [extend(48), retake(0, 48)] }, { steps: [retake(0, 48)] }],
    ['led by lines', { soundLed: true }, { words: spoken() }, { words: words('she walks', { say: spoken().say }) }],
    ['led by its picture', { soundLed: false }, {}, { words: spoken() }],
    ['in a quality', { quality: 'fast' }, { quality: 'fast' }, { quality: 'pro' }],
  ])('fits when it is %s', (_, condition, fits, not) => {
    const routes = [route('gpu', condition)]
    expect(makerOf(shot('a', 144, { routes, ...fits }))).toBe('gpu')
    expect(makerOf(shot('a', 144, { routes, ...not }))).toBe('ltx')
  })

  it('fits at a rung; placeholders take no route', () => {
    const drafts = shot('a', 144, { routes: [route('gpu', { rung: 'draft' })] })
    expect([makerOf(drafts, { rung: 'draft' }), makerOf(drafts, { rung: 'final' })]).toEqual(['gpu', 'ltx'])
    const all = shot('a', 144, { routes: [route('gpu', { soundLed: false })] })
    expect(makerOf(all, { rung: 'animatic' })).toBe('animatic')
  })

  it('stays on one provider with all its steps', () => {
    const plan = planned(shot('a', 144, { routes: [route('gpu', { steps: ['extend'] })], steps: [extend(48), retake(0, 48)] }))
    expect(new Set(plan.jobs.filter((job) => job.provider !== 'cut').map((job) => job.provider))).toEqual(new Set(['gpu']))
    expect(plan.lines[0]).not.toHaveProperty('moves')
  })

  it('on another provider is another request, and with the same one the same', () => {
    const keyOf = (one: Shot) => planned(one).jobs[0]?.key
    const plain = keyOf(shot('a', 144, { provider: 'gpu' }))
    expect(keyOf(shot('a', 144, { routes: [route('gpu', { soundLed: false })] }))).toBe(plain)
    expect(keyOf(shot('a', 144))).not.toBe(plain)
  })
})

describe('a step that may move', () => {
  const moves = (kind: Step['kind'], to = 'ltx') => [route(to, { steps: [kind], moves: true, words: kind })]
  const jobs = (plan: Plan) =>
    plan.jobs
      .filter((job) => job.provider !== 'cut')
      .map(({ operation, provider, inputs }) => [operation, provider, ...inputs.map((input) => (input.kind === 'job' ? input.id : ''))])

  it('goes alone, with the whole shot so far and not the link', () => {
    const steps = [extend(48), extend(48)]
    expect(jobs(planned(shot('a', 144, { provider: 'gpu', steps })))).toEqual([
      ['text-to-video', 'gpu'],
      ['extend', 'gpu', 'a@1'],
      ['extend', 'gpu', 'a@1+1'],
    ])
    expect(jobs(planned(shot('a', 144, { provider: 'gpu', steps, routes: moves('extend') })))).toEqual([
      ['text-to-video', 'gpu'],
      ['extend', 'ltx', 'a@1:conform'],
      ['extend', 'ltx', 'a@1+1:join'],
    ])
  })

  it('comes back to the shot’s own provider with a file as well', () => {
    const plan = planned(
      shot('a', 144, { provider: 'gpu', steps: [retake(0, 48), extend(48), retake(150, 180), retake(0, 48)], routes: moves('extend') }),
    )
    expect(jobs(plan)).toEqual([
      ['text-to-video', 'gpu'],
      ['retake', 'gpu', 'a@1'],
      ['extend', 'ltx', 'a@1+1:splice'],
      // What the host has added carries no state of the GPU's model; what the GPU made does.
      ['retake', 'gpu', 'a@1+2:join'],
      ['retake', 'gpu', 'a@1'],
    ])
  })

  it('costs what it costs there, and is told in the plan', () => {
    const one = shot('a', 144, { provider: 'gpu', steps: [extend(48)], routes: moves('extend') })
    const plan = planned(one)
    expect(plan.totals.price).toBeGreaterThan(0)
    expect(plan.missingKeys).toEqual(['LTX_API_KEY'])
    expect(plan.lines[0]).toMatchObject({ provider: 'gpu', moves: [{ step: 1, operation: 'extend', to: 'ltx', route: 'extend' }] })
    const told = 'extend +1 goes to ltx (route: extend), made from the whole shot so far as a file'
    expect(planText(plan, look)).toContain(told)
    expect(planShotText(program([one]), plan, 'a', look).replace(/\s+/g, ' ')).toContain(`moves ${told}`)
    expect(whyText(plan, 'a', look).replace(/\s+/g, ' ')).toContain(`moves ${told}`)
  })

  it('to where the shot is already is no move', () => {
    const plan = planned(shot('a', 144, { provider: 'gpu', steps: [extend(48)], routes: moves('extend', 'gpu') }))
    expect(plan.lines[0]).not.toHaveProperty('moves')
    expect(jobs(plan)[1]).toEqual(['extend', 'gpu', 'a@1'])
  })

  it('needs the final encoding where its shot is a placeholder, and no slate', () => {
    const one = (routes: readonly Route[]) => shot('a', 144, { provider: 'animatic', steps: [extend(48)], routes })
    expect([planned(one([])).house, planned(one(moves('extend'))).house]).toEqual(['draft', 'final'])
    const slates = planned(one(moves('extend'))).jobs.map(({ provider, request }) => [provider, request.slate !== undefined])
    expect(slates.filter(([provider]) => provider !== 'cut')).toEqual([
      ['animatic', true],
      ['ltx', false],
    ])
  })
})

describe('the plan', () => {
  it('says by which route', () => {
    const one = shot('a', 288, { routes: [route('gpu', { over: 240, words: 'over 10s' })] })
    const plan = planned(one)
    expect(plan.lines[0]).toMatchObject({ provider: 'gpu', route: 'over 10s' })
    expect(planShotText(program([one]), plan, 'a', look)).toMatch(/made by +gpu \(route: over 10s\) ltx-2\.3/)
    expect(whyText(plan, 'a', look)).toMatch(/made by +gpu \(route: over 10s\)/)
    expect(planText(plan, { ...look, verbose: true })).toContain('sent to gpu by its route: over 10s')
    expect(planText(planned(shot('a', 288, { provider: 'gpu' })), { ...look, verbose: true })).not.toContain('route')
  })

  it('refuses what the provider of a route cannot do, and names the route', () => {
    const at = { path: 'film.ltx', start: 40, end: 60 }
    const reporter = openReporter()
    const told = (one: Shot) => {
      planOf(program([one]), {}, reporter)
      return reporter
        .diagnostics()
        .map(({ code, message, notes }) => [code, message, ...notes.map((note) => `${note.message} ${note.span.start}`)])
    }
    const keys = [{ frame: 24, image: image('a.png'), strength: 1, span }]
    expect(
      told(shot('a', 144, { provider: 'gpu', keys, routes: [route('ltx', { soundLed: false, words: 'picture-led', span: at })] })),
    ).toEqual([['provider.cannot', '`ltx` cannot make a: it takes no keyframes', 'this route sends it there: picture-led 40']])
  })

  it('refuses a step that cannot be made where its route moves it, and names that route', () => {
    const reporter = openReporter()
    const move = route('ltx', { steps: ['extend'], moves: true, words: 'extend', span: { path: 'film.ltx', start: 70, end: 90 } })
    planOf(program([shot('a', 144, { provider: 'gpu', steps: [extend(48 * 24)], routes: [move] })]), {}, reporter)
    expect(reporter.diagnostics().map(({ code, message, notes }) => [code, message, notes.map((note) => note.span.start)])).toEqual([
      ['provider.cannot', '`ltx` cannot make a: its longest is 20 s', [70]],
    ])
  })
})

function spoken() {
  return { ...words(''), action: [], say: [{ text: 'I knew.', span }] }
}
