import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Cue } from '../../src/lang/plan.ts'
import { breakText, columnsOf, layCaptions, mostColumns, toSrt, toVtt } from '../../src/media/captions.ts'

const rate = { num: 24, den: 1 }
const cue = (from: number, to: number, text: string, who = 'mara'): Cue => ({ from, to, who, text })

/** A small reader of both formats, for what was written. */
function readBack(
  text: string,
  vtt: boolean,
): readonly { readonly from: number; readonly to: number; readonly lines: readonly string[] }[] {
  const ms = (stamp: string): number => {
    const [, h, m, s, f] = /^(\d\d+):(\d\d):(\d\d)[,.](\d{3})$/.exec(stamp) ?? []
    if (f === undefined) throw new Error(`not a time: ${stamp}`)
    return Number(h) * 3_600_000 + Number(m) * 60_000 + Number(s) * 1000 + Number(f)
  }
  const blocks = text.trim().split(/\n\n+/)
  return blocks.slice(vtt ? 1 : 0).map((block, index) => {
    const rows = block.split('\n')
    if (!vtt) expect(rows.shift()).toBe(String(index + 1))
    const [from = '', to = '', ...more] = (rows.shift() ?? '').split(' --> ')
    expect(more).toEqual([])
    return { from: ms(from), to: ms(to), lines: rows }
  })
}

const unescaped = (line: string): string =>
  line
    .replace(/^<v [^>]*>/, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

describe('breaking', () => {
  test('keeps a short line, balances a long one, and breaks at a pause', () => {
    expect(breakText('I knew you would come back.')).toEqual([['I knew you would come back.']])
    expect(breakText('When the fog lifts, we will take the boat out past the light.')).toEqual([
      ['When the fog lifts, we will take', 'the boat out past the light.'],
    ])
    expect(breakText('You never asked me why I left. You only asked me when I was coming home.')).toEqual([
      ['You never asked me why I left.', 'You only asked me when I was coming home.'],
    ])
  })

  test('makes several blocks of a speech, ended at pauses', () => {
    const speech =
      'There was a lamp in every window then, and the whole street smelled of bread. ' +
      'My father kept the ledger by the door. Nobody ever looked into it, not even him.'
    expect(breakText(speech)).toEqual([
      ['There was a lamp in every window then,', 'and the whole street smelled of bread.'],
      ['My father kept the ledger by the door.', 'Nobody ever looked into it, not even him.'],
    ])
  })

  test('breaks text without spaces, and words that are too long', () => {
    const japanese = '霧が晴れたら、灯台の向こうまで船を出そう。それまでは、ここで静かに待っていよう。'
    for (const text of [japanese, `a${'x'.repeat(100)} end`]) {
      const lines = breakText(text).flat()
      expect(lines.length).toBeGreaterThan(1)
      for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(mostColumns)
      expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
    }
    for (const line of breakText(japanese).flat()) expect(line).not.toMatch(/^[、。]/)
  })
})

describe('captions', () => {
  test('share a stretch by length, and never stay too long', () => {
    const long = 'There was a lamp in every window then, and the whole street smelled of bread. '.repeat(2)
    const laid = layCaptions([cue(24, 24 + 240, long)], rate, 1000)
    expect(laid.map(({ from, to }) => [from, to])).toEqual([
      [24, 144],
      [144, 264],
    ])
    expect(layCaptions([cue(0, 600, 'Hello.')], rate, 600)).toMatchObject([{ from: 0, to: 7 * 24 }])
  })

  test('run on into a pause when they are too short to be read', () => {
    const text = 'When the fog lifts, we will take the boat out.'
    expect(layCaptions([cue(0, 24, text)], rate, 600)).toMatchObject([{ from: 0, to: Math.ceil((45 / 20) * 24) }])
    expect(layCaptions([cue(0, 24, text), cue(30, 60, 'No.')], rate, 600)).toMatchObject([
      { from: 0, to: 30 },
      { from: 30, to: 60 },
    ])
    expect(layCaptions([cue(0, 24, text)], rate, 40)).toMatchObject([{ from: 0, to: 40 }])
  })

  test('keep to every rule, whatever is said', () => {
    const text = fc.oneof(fc.lorem({ maxCount: 40 }), fc.string({ maxLength: 200 }), fc.string({ unit: 'grapheme', maxLength: 120 }))
    const cues = fc.array(fc.tuple(fc.integer({ min: 0, max: 900 }), fc.integer({ min: 1, max: 300 }), text), { maxLength: 12 })
    fc.assert(
      fc.property(cues, (lines) => {
        const laid = layCaptions(
          lines.map(([from, length, words]) => cue(from, from + length, words)),
          rate,
          1000,
        )
        let end = 0
        for (const { from, to, lines: shown } of laid) {
          expect(from).toBeGreaterThanOrEqual(end)
          expect(to).toBeGreaterThan(from)
          end = to
          expect(shown.length).toBeLessThanOrEqual(2)
          for (const line of shown) expect(columnsOf(line)).toBeLessThanOrEqual(mostColumns)
          for (const line of shown) expect(line).not.toBe('')
        }
        expect(end).toBeLessThanOrEqual(1000)
      }),
      { numRuns: 300 },
    )
  })

  test('of lines said at once come one after the other', () => {
    const laid = layCaptions([cue(0, 24, 'Stop!'), cue(0, 24, 'Wait!')], rate, 200)
    expect(laid.map(({ from, to, lines }) => [from, to, ...lines])).toEqual([
      [0, 24, 'Stop!'],
      [24, 48, 'Wait!'],
    ])
  })

  test('leave no word out', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 60 }), (text) => {
        expect(breakText(text).flat().join(' ').split(/\s+/)).toEqual(text.split(/\s+/))
      }),
    )
  })
})

describe('SRT and VTT', () => {
  const nasty = ['a --> b', '<b>bold</b> & "quotes"', '100% {\\an8} done', "it's 1 < 2 && 3 > 2"]
  test('read back as they were written', () => {
    const laid = layCaptions(
      nasty.map((text, n) => cue(n * 48, n * 48 + 48, text)),
      rate,
      400,
    )
    const vtt = readBack(toVtt(laid, rate), true)
    expect(vtt.map(({ lines }) => lines.map(unescaped).join(' '))).toEqual(nasty)
    expect(vtt.map(({ from, to }) => [from, to])).toEqual([
      [0, 2000],
      [2000, 4000],
      [4000, 6000],
      [6000, 8000],
    ])
    const srt = readBack(toSrt(laid, rate), false)
    expect(srt.length).toBe(4)
    for (const { lines } of srt) expect(lines.join('')).not.toMatch(/<|>|\{\\/)
  })

  test('tell time exactly at an NTSC rate, hours in', () => {
    const ntsc = { num: 24000, den: 1001 }
    const [caption] = layCaptions([cue(100_000, 100_048, 'Late.')], ntsc, 200_000)
    if (caption === undefined) throw new Error('one caption')
    expect(toSrt([caption], ntsc)).toContain('01:09:30,833 --> 01:09:32,835')
    expect(toVtt([caption], ntsc)).toBe('WEBVTT\n\n01:09:30.833 --> 01:09:32.835\n<v mara>Late.\n')
  })
})
