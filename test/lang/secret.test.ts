// What looks like a key is found, and never shown.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findSecrets, maskSecrets } from '../../src/lang/meaning/secret.ts'

it('blots a key out and leaves the rest where it is', () => {
  const line = 'let a "sk-abcdefghijklmnopqrstuvwx" # Bearer q8Zr5Kx2Lw9Vb3Nm7Tp4Yd6'
  const masked = maskSecrets(line)
  expect(masked).toBe(`let a "${'•'.repeat(27)}" # Bearer ${'•'.repeat(23)}`)
  expect(masked).toHaveLength(line.length)
  expect(findSecrets(masked)).toEqual([])
})

it('leaves a text without keys as it is', () => {
  for (const line of [
    'key env LTX_API_KEY',
    '"the key to the harbour house turns twice, slowly"',
    'seed 2147483647',
    'model "models/ltx-2.3-distilled-fp8-0123"',
  ]) {
    expect(maskSecrets(line)).toBe(line)
  }
})

it('takes time in step with the text', () => {
  const took = (text: string): number => {
    const before = process.cpuUsage()
    findSecrets(text)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  for (const piece of ['key ', 'key: aaaaaaaaaaaaaaaaaaaa', 'eyJ', 'sk-', '-----BEGIN ', 'bearer bearer ', 'a'.repeat(50)]) {
    expect(took(piece.repeat(Math.ceil(1_000_000 / piece.length))), piece).toBeLessThan(2000)
  }
})

it('never throws and never changes a length', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => maskSecrets(text).length === text.length))
})
