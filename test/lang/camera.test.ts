// Which camera notes certainly mean one movement, and which do not.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { cameraMotion } from '../../src/lang/camera.ts'
import { workOf } from '../work-done.ts'

/** As the standard library says them. */
const library = readFileSync(new URL('../../stdlib/moves.ltx', import.meta.url), 'utf8')
const words = (name: string): string => new RegExp(`^let ${name} "(.*)"`, 'm').exec(library)?.[1] ?? ''

const certain: readonly (readonly [string, string])[] = [
  ['slow push in', 'dolly_in'],
  ['The camera slowly pushes in on her face.', 'dolly_in'],
  ['dolly in', 'dolly_in'],
  ['a gentle dolly forward', 'dolly_in'],
  ['slow pull back', 'dolly_out'],
  ['the camera pulls out slowly', 'dolly_out'],
  ['truck left', 'dolly_left'],
  ['tracking right along the pier', 'dolly_right'],
  ['crane up', 'jib_up'],
  ['slow jib down to the street', 'jib_down'],
  ['locked off', 'static'],
  ['static camera', 'static'],
  ['static tripod shot', 'static'],
  ['The camera is perfectly still', 'static'],
  ['rack focus to the phone', 'focus_shift'],
]
const doubtful = [
  '',
  'handheld, close',
  'slow pan to the right',
  'zoom in',
  'push in, then pull back',
  'push in while craning up',
  'steady at eye level',
  'low angle, wide',
  'the lamp pushes in the door',
  'crane over the city',
  'static electricity in her hair',
  'tracks her',
]

describe('camera notes', () => {
  test.each(certain)('%s: %s', (note, motion) => expect(cameraMotion([note])).toBe(motion))
  test.each(doubtful)('%s: left to the words', (note) => expect(cameraMotion([note])).toBeUndefined())
  test.each([
    ['slow-push', 'dolly_in'],
    ['slow-pull', 'dolly_out'],
    ['track-left', 'dolly_left'],
    ['track-right', 'dolly_right'],
  ])('%s of the standard library: %s', (name, motion) => expect(cameraMotion([words(name)])).toBe(motion))
  test('several notes count when they agree', () => {
    expect(cameraMotion(['slow push in', 'dolly in'])).toBe('dolly_in')
    expect(cameraMotion(['slow push in', 'low angle'])).toBeUndefined()
    expect(cameraMotion([])).toBeUndefined()
  })
  test('a long note is read in no time', () => {
    const long = `${'slow '.repeat(20_000)}push in`
    expect(workOf(() => cameraMotion([long]))).toBeLessThan(200)
  })
})
