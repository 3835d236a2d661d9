// Offers that differ inside one provider: seeds, promises, adapters, families and prices by the megapixel.
import { describe, expect, it } from 'vitest'
import type { Capabilities, Offer } from '../../src/lang/catalogue.ts'
import { selectFamily } from '../../src/lang/catalogue.ts'
import { dollars } from '../../src/lang/money.ts'
import type { ProviderInUse } from '../../src/lang/planning/make-plan.ts'
import { hostedLtx } from '../../src/providers/hosted-ltx/capabilities.ts'
import { anything, extend, planOf, program, shot, span, words } from './plan-kit.ts'

const plain: Offer = {
  operation: 'text-to-video',
  model: 'plain',
  quality: 'pro',
  sizes: [{ width: 1920, height: 1080 }],
  rates: [24],
  seconds: { kind: 'range', min: 1, max: 20, whole: false },
  price: { kind: 'per-second', micros: dollars(0.1), of: 'output', asOf: '2026-01-01' },
}
const seeded: Offer = {
  ...plain,
  model: 'seeded',
  family: 'open',
  seed: true,
  negative: true,
  reproducibility: 'same-host',
  price: { kind: 'per-megapixel', micros: 1605, asOf: '2026-01-01' },
}
const adapted: Offer = { ...seeded, model: 'adapted', loras: 2 }
const blindExtend: Offer = {
  ...plain,
  operation: 'extend',
  model: 'blind-extend',
  family: 'open',
  extend: { returns: 'whole', at: ['end'], contextSeconds: { min: 1, max: 2 } },
}
const host: Capabilities = { ...hostedLtx, kind: 'host', offers: [plain, seeded, adapted, blindExtend] }

const providers = (model?: string, more: Partial<ProviderInUse> = {}): ReadonlyMap<string, ProviderInUse> => {
  const { capabilities, named } = selectFamily(host, model)
  const own = model !== undefined && !named ? { model } : {}
  return new Map([
    ['ltx', { name: 'ltx', capabilities, ...own, ...more }],
    ['animatic', { name: 'animatic', capabilities: anything }],
  ])
}
const mara = { name: 'mara', words: 'a woman with silver hair', lora: 'https://example.com/mara.safetensors', span }

describe('endpoints that differ', () => {
  it('leaves out what has to be asked for, and sends an unknown model as it is', () => {
    expect(planOf(program([shot('open', 48)]), { providers: providers() }).plan.jobs[0]?.request.model).toBe('plain')
    expect(planOf(program([shot('open', 48)]), { providers: providers('newer') }).plan.jobs[0]?.request.model).toBe('newer')
    expect(planOf(program([shot('open', 48)]), { providers: providers('open') }).plan.jobs[0]?.request.model).toBe('seeded')
  })
  it('sends a seed and a negative prompt where the endpoint takes them', () => {
    const film = program([shot('open', 48, { words: words('she walks', { avoid: ['text'] }) })])
    const closed = planOf(film, { providers: providers() }).plan
    expect(closed.jobs[0]?.request).not.toHaveProperty('seed')
    expect(closed.jobs[0]?.request.prompt).toContain('No text.')
    expect(closed.lines[0]?.reproducibility).toBe('keep-bytes')
    const open = planOf(film, { providers: providers('open') }).plan
    expect(open.jobs[0]?.request).toMatchObject({ seed: 100, negative: 'text' })
    expect(open.lines[0]?.reproducibility).toBe('same-host')
  })
  it('promises of a shot only what its weakest call does', () => {
    const { plan } = planOf(program([shot('open', 48, { steps: [extend(48)] })]), { providers: providers('open') })
    expect(plan.lines[0]?.reproducibility).toBe('keep-bytes')
    expect(plan.jobs.map((job) => job.reproducibility)).toEqual(['same-host', 'exact', 'keep-bytes', 'exact', 'exact'])
  })
  it('charges for megapixels, rounded up', () => {
    const { plan } = planOf(program([shot('open', 48)]), { providers: providers('open') })
    expect(plan.jobs[0]?.price).toBe(1605 * Math.ceil((1920 * 1080 * 48) / 1e6))
  })
  it('asks for no more frames than one call makes, and chains the rest by links of that length', () => {
    const short: Offer = { ...plain, family: 'short', frames: { multiple: 8, plus: 1, most: 97 } }
    const link: Offer = {
      ...short,
      operation: 'extend',
      frames: { multiple: 8, plus: 1, most: 89 },
      extend: { returns: 'whole', at: ['end'], contextSeconds: { min: 0.2, max: 10 }, maxFrames: 97, maxContextFrames: 16 },
    }
    const { capabilities } = selectFamily({ ...host, offers: [short, link] }, 'short')
    const { plan, codes } = planOf(program([shot('open', 240)]), {
      providers: new Map([
        ['ltx', { name: 'ltx', capabilities }],
        ['animatic', { name: 'animatic', capabilities: anything }],
      ]),
    })
    expect(codes).toEqual([])
    const bought = plan.jobs.filter((job) => job.provider === 'ltx').map(({ request }) => [request.frames, request.extend?.context])
    expect(bought).toEqual([
      [97, undefined],
      [89, 8],
      [57, 16],
    ])
  })
  it('takes the script’s own price a second instead', () => {
    const { plan } = planOf(program([shot('open', 48)]), { providers: providers('open', { perSecond: dollars(0.05) }) })
    expect(plan.jobs[0]?.price).toBe(dollars(0.1))
  })
  it('tells takes apart by their seeds, and where none is sent by their number', () => {
    const film = program([shot('open', 48, { takes: 3, steps: [extend(48)] })])
    const bought = (model?: string) =>
      planOf(program([shot('open', 48, { takes: 3 })]), { providers: providers(model) }).plan.jobs.filter(
        (job) => job.operation === 'text-to-video',
      )
    expect(bought().map(({ request }) => request.take)).toEqual([undefined, 2, 3])
    expect(new Set(bought().map(({ key }) => key)).size).toBe(3)
    expect(bought('open').map(({ request }) => [request.seed, request.take])).toEqual([
      [100, undefined],
      [101, undefined],
      [102, undefined],
    ])
    const { plan } = planOf(film, { providers: providers('open') })
    expect(plan.jobs.filter((job) => job.operation === 'extend').map(({ request }) => request.take)).toEqual([undefined, 2, 3])
  })
  it('takes the endpoint with adapters for a shot in which somebody has one, and only then', () => {
    const film = { ...program([shot('open', 48, { words: words(`${mara.words} walks`) }), shot('empty', 48)]), cast: [mara] }
    const { plan } = planOf(film, { providers: providers('open') })
    const bought = plan.jobs.filter((job) => job.operation === 'text-to-video')
    expect(bought.map((job) => job.request.model)).toEqual(['adapted', 'seeded'])
    expect(bought[0]?.request.loras).toEqual([{ path: mara.lora, scale: 1 }])
    expect(bought[1]?.request).not.toHaveProperty('loras')
  })
  it('makes such a shot without its adapter where none is taken', () => {
    const film = { ...program([shot('open', 48, { words: words(`${mara.words} walks`) })]), cast: [mara] }
    const { plan } = planOf(film, { providers: providers() })
    expect(plan.jobs[0]?.request.model).toBe('plain')
    expect(plan.jobs[0]?.request).not.toHaveProperty('loras')
  })
})
