// Which job in a host's list is ours.
import { describe, expect, test } from 'vitest'
import { byItsClock, inTime, sameInput, stillToWait } from '../../src/providers/same-input.ts'

const isFile = (name: string): boolean => name.endsWith('_url')
const body = { prompt: 'a harbor', seed: 7, video_size: { width: 64, height: 64 }, image_url: 'https://a/1' }

describe('the same input', () => {
  test('may have more fields, another order and another address of a file', () => {
    const listed = { image_url: 'https://b/2', video_size: { height: 64, width: 64 }, seed: 7, prompt: 'a harbor', fps: 24 }
    expect(sameInput(body, listed, isFile)).toBe(true)
  })
  test.each([
    ['another seed', { ...body, seed: 8 }],
    ['another prompt', { ...body, prompt: 'a harbour' }],
    ['another size', { ...body, video_size: { width: 64, height: 65 } }],
    ['no file', { prompt: 'a harbor', seed: 7, video_size: { width: 64, height: 64 } }],
    ['nothing', {}],
    ['no object', 'a harbor'],
    ['null', null],
  ])('is not %s', (_, listed) => {
    expect(sameInput(body, listed, isFile)).toBe(false)
  })
})

describe('the time', () => {
  const begun = Date.parse('2026-11-20T12:00:00Z')
  test.each([
    ['2026-11-20T11:58:30Z', true],
    ['2026-11-20T12:09:00Z', true],
    ['2026-11-20T11:57:00Z', false],
    ['2026-11-20T12:11:00Z', false],
    [null, true],
    ['soon', true],
  ])('%s: %s', (made, fits) => {
    expect(inTime(made, begun)).toBe(fits)
    expect(inTime(made, undefined)).toBe(true)
  })
  test('is told by the host’s clock', () => {
    const headers = new Map([['date', 'Fri, 20 Nov 2026 15:00:00 GMT']])
    const now = Date.parse('2026-11-20T12:30:00Z')
    expect(byItsClock(begun, headers, now)).toBe(begun + 2.5 * 3600_000)
    expect(byItsClock(begun, new Map(), now)).toBe(begun)
    expect(byItsClock(undefined, headers, now)).toBeUndefined()
  })
  test('waits for what was just sent, not for what was sent long ago', () => {
    expect(stillToWait(begun + 60_000, begun, 600_000)).toBe(540_000)
    expect(stillToWait(begun + 3600_000, begun, 600_000)).toBe(0)
    expect(stillToWait(begun, undefined, 600_000)).toBe(600_000)
    // A clock that was turned back.
    expect(stillToWait(begun - 3600_000, begun, 600_000)).toBe(600_000)
  })
})
