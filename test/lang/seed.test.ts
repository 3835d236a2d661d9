// The rule for seeds is fixed for ever: locked films depend on these very numbers.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deriveSeed, stepSeed } from '../../src/lang/meaning/seed.ts'

describe('deriveSeed', () => {
  it.each([
    [0, '', 725515275],
    [0, 'open', 1048358125],
    [4217, 'harbor/open', 1876707778],
    [4217, 'harbor/sign', 1143274178],
    [4218, 'harbor/open', 916657449],
    [2147483647, 'storm/wave', 428691568],
    [7, 'köln/straße', 140792286],
    [7, '東京/🌊', 1726321858],
  ])('of %i and "%s" is %i', (project, path, seed) => expect(deriveSeed(project, path)).toBe(seed))

  it('is a whole number of 31 bits, the same each time', () => {
    fc.assert(
      fc.property(fc.nat(2147483647), fc.string({ unit: 'binary' }), (project, path) => {
        const seed = deriveSeed(project, path)
        expect(Number.isInteger(seed) && seed >= 0 && seed <= 2147483647).toBe(true)
        expect(deriveSeed(project, path)).toBe(seed)
      }),
    )
  })

  it('takes a lone surrogate as encoders do', () => expect(deriveSeed(1, '\ud800')).toBe(deriveSeed(1, '\ufffd')))

  it('moves about half of its bits when one letter or one number changes', () => {
    const bits = (n: number): number => n.toString(2).replaceAll('0', '').length
    let [letters, numbers] = [0, 0]
    const rounds = 2000
    for (let at = 0; at < rounds; at += 1) {
      letters += bits(deriveSeed(1, `scene/shot-${at}`) ^ deriveSeed(1, `scene/shot-${at + 1}`))
      numbers += bits(deriveSeed(at, 'scene/shot') ^ deriveSeed(at + 1, 'scene/shot'))
    }
    expect(letters / rounds).toBeGreaterThan(14.5)
    expect(letters / rounds).toBeLessThan(16.5)
    expect(numbers / rounds).toBeGreaterThan(14.5)
    expect(numbers / rounds).toBeLessThan(16.5)
  })

  it('gives the shots of a long film seeds of their own', () => {
    const seeds = new Set<number>()
    for (let scene = 0; scene < 100; scene += 1)
      for (let shot = 0; shot < 100; shot += 1) seeds.add(deriveSeed(4217, `s${scene}/shot-${shot}`))
    expect(seeds.size).toBeGreaterThan(9995)
  })
})

it('stepSeed stays within 31 bits', () => {
  expect(stepSeed(5, 2)).toBe(7)
  expect(stepSeed(2147483647, 1)).toBe(0)
})
