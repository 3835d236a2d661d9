// One order for every prompt, whole sentences, nothing said twice.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { avoidItems, buildPrompt } from '../../src/lang/meaning/prompt.ts'
import type { Line, Words } from '../../src/lang/program.ts'

const span = { path: 'f', start: 0, end: 0 }
const line = (text: string, who?: string): Line => ({ text, span, ...(who === undefined ? {} : { who }) })
const words = (some: Partial<Words>): Words => ({ setting: '', action: [], camera: [], look: [], sound: [], say: [], avoid: [], ...some })
const takesNegative = { negative: true, promptLimit: 5000 }
const takesNone = { negative: false, promptLimit: 5000 }

const full = words({
  setting: 'a foggy harbor at dawn',
  action: ['a woman walks along the quay', 'she stops'],
  camera: ['the camera pushes in slowly'],
  look: ['soft low sun', '35mm grain'],
  sound: ['gulls, water lapping'],
  say: [line('I knew.', 'mara')],
  avoid: ['fast zooms, spinning camera'],
})

describe('the order', () => {
  it('is place, action, lines, camera, light, sound', () => {
    expect(buildPrompt(full, takesNegative, { cast: new Map([['mara', 'a woman in her thirties, silver hair']]) })).toEqual({
      prompt:
        'A foggy harbor at dawn. A woman walks along the quay. She stops. A woman in her thirties says: "I knew." ' +
        'The camera pushes in slowly. Soft low sun, 35mm grain. Sound: gulls, water lapping.',
      negative: 'fast zooms, spinning camera',
      tooLong: false,
    })
  })

  it('begins with the lines and the sound where the sound leads', () => {
    const { prompt } = buildPrompt(full, takesNegative, { soundLed: true })
    expect(prompt).toBe(
      'Mara says: "I knew." Sound: gulls, water lapping. A foggy harbor at dawn. A woman walks along the quay. She stops. ' +
        'The camera pushes in slowly. Soft low sun, 35mm grain.',
    )
  })

  it('begins with the lines of a shot that has no action', () => {
    const { prompt } = buildPrompt(words({ setting: 'a room', say: [line('Hello.')], sound: ['rain'] }), takesNegative)
    expect(prompt).toBe('A voice says: "Hello." Sound: rain. A room.')
  })

  it('ends with what to avoid where a provider takes no negative prompt', () => {
    const spoken = buildPrompt(full, takesNone)
    expect(spoken.prompt.endsWith('Sound: gulls, water lapping. No fast zooms, no spinning camera.')).toBe(true)
    expect(spoken.negative).toBe('')
  })

  it('tells timed stretches after the action', () => {
    const { prompt } = buildPrompt(words({ action: ['she walks'], look: ['dusk'] }), takesNegative, {
      segments: [
        { from: 2, to: 4.5, text: 'She turns' },
        { from: 4.5, to: 6, text: 'the light goes out.' },
      ],
    })
    expect(prompt).toBe('She walks. From second 2 to second 4.5, she turns. From second 4.5 to second 6, the light goes out. Dusk.')
  })
})

describe('sentences', () => {
  const of = (some: Partial<Words>): string => buildPrompt(words(some), takesNegative).prompt
  it.each([
    ['she walks,  ', 'She walks.'],
    ['  she\n  walks  ', 'She walks.'],
    ['she walks!', 'She walks!'],
    ['“she walks.”', '“she walks.”'],
    ['iPhone in hand, she walks', 'iPhone in hand, she walks.'],
    ['élan fills the room', 'Élan fills the room.'],
    ['she walks …', 'She walks …'],
    ['she walks -', 'She walks.'],
  ])('%j becomes %j', (text, sentence) => expect(of({ action: [text] })).toBe(sentence))

  it('says nothing twice, whatever its case and end', () => {
    expect(of({ setting: 'A quay.', action: ['a quay', 'she walks', 'She walks.'], look: ['dusk', 'Dusk'] })).toBe(
      'A quay. She walks. Dusk.',
    )
  })
  it('labels what does not say what it speaks of', () => {
    expect(of({ camera: ['Slow push in'], sound: ['Rain'] })).toBe('Camera: slow push in. Sound: rain.')
    expect(of({ camera: ['a handheld shot'], sound: ['the sound of rain'] })).toBe('A handheld shot. The sound of rain.')
  })
  it('keeps sentences apart and joins phrases', () => {
    expect(of({ look: ['dusk', 'Rain on glass.', '35mm'] })).toBe('Dusk, 35mm. Rain on glass.')
  })
  it('keeps quotes in a line readable', () => {
    expect(of({ say: [line('He said "go".', 'tom')] })).toBe('Tom says: "He said \'go\'."')
  })
  it('makes nothing of nothing', () => expect(buildPrompt(words({}), takesNone)).toEqual({ prompt: '', negative: '', tooLong: false }))
})

it('knows when it is too long', () => {
  expect(buildPrompt(words({ action: ['she walks'] }), { negative: true, promptLimit: 10 }).tooLong).toBe(false)
  expect(buildPrompt(words({ action: ['she walks on'] }), { negative: true, promptLimit: 10 }).tooLong).toBe(true)
})

it('reads things to avoid however they are written', () => {
  expect(avoidItems(['no fast zooms, avoid shake; without any blur', 'Fast zooms', 'never spinning'])).toEqual([
    'fast zooms',
    'shake',
    'blur',
    'spinning',
  ])
})

it('never throws, never leaves double spaces, and gives the same for the same', () => {
  const texts = fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 4 })
  fc.assert(
    fc.property(texts, texts, texts, texts, fc.boolean(), (action, camera, sound, avoid, negative) => {
      const made = words({ action, camera, sound, avoid })
      const one = buildPrompt(made, { negative, promptLimit: 100 })
      expect(one).toEqual(buildPrompt(made, { negative, promptLimit: 100 }))
      expect(one.prompt).not.toMatch(/\s\s/)
      expect(one.prompt).toBe(one.prompt.trim())
    }),
  )
})
