// Widths on a terminal: counted, cut and broken by columns, never through the middle of a character.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { column, shorten, shortenMiddle, widthOf, wrap } from '../../src/report/cell.ts'
import { cutRow, paint, piece, rowWidth, spread } from '../../src/report/row.ts'
import { clock, counted, fileSize, roughly } from '../../src/report/say.ts'

const anyText = fc.string({ unit: 'grapheme', maxLength: 30 })

it('counts what a terminal shows', () => {
  expect([widthOf('harbor'), widthOf('港'), widthOf('e\u0301'), widthOf('👩‍👩‍👧'), widthOf('✓ ━ …'), widthOf('')]).toEqual([
    6, 2, 1, 2, 5, 0,
  ])
})
it('counts every mark of the live view and the plan as one column', () => {
  for (const mark of '·○◌●↻↓◐✓=✗–?×━╸─→…✂■~') expect(widthOf(mark), mark).toBe(1)
  // The same by the slow way, which an emoji at the end makes it go.
  for (const mark of '·○◌●↻↓◐✓✗–×━╸─→…✂■é') expect(widthOf(`${mark}🎬`), mark).toBe(3)
})
it('cuts to a width, and says that it did', () => {
  expect(shorten('harbor/open', 8)).toBe('harbor/…')
  expect(shorten('港の灯り', 5)).toBe('港の…')
  expect(shortenMiddle('harbor/the-long-walk', 12)).toBe('harbor…-walk')
  expect(column('ab', 4) + column('ab', 4, 'right')).toBe('ab    ab')
})
it('never gives more than was asked for', () => {
  fc.assert(
    fc.property(anyText, fc.nat(30), (text, width) => {
      expect(widthOf(shorten(text, width))).toBeLessThanOrEqual(width)
      expect(widthOf(shortenMiddle(text, width))).toBeLessThanOrEqual(width)
      for (const line of wrap(text, Math.max(2, width))) expect(widthOf(line)).toBeLessThanOrEqual(Math.max(2, width))
      expect(rowWidth(cutRow([piece(text), piece(text, 'good')], width))).toBeLessThanOrEqual(width)
      expect(rowWidth(spread([piece(text)], [piece('end')], width))).toBe(width)
    }),
  )
})
it('breaks between words and loses none', () => {
  expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  fc.assert(
    fc.property(
      anyText,
      fc.integer({ min: 2, max: 20 }),
      (text, width) => wrap(text, width).join('').replaceAll(' ', '') === text.replaceAll(' ', ''),
    ),
  )
})
it('paints tones, and ends a line where its text ends', () => {
  expect(paint([piece('a '), piece('b', 'good'), piece('  ', 'quiet')], true)).toBe('a \u001b[32mb\u001b[0m')
  expect(paint([piece('a ', 'strong'), piece('   ')], false)).toBe('a')
})
it('says times, sizes and counts', () => {
  expect([clock(0), clock(61_000), clock(3_723_000), clock(-5)]).toEqual(['0:00', '1:01', '1:02:03', '0:00'])
  expect([roughly(0.2), roughly(3.2), roughly(12), roughly(59), roughly(600), roughly(4800), roughly(7200)]).toEqual([
    '<1s',
    '4s',
    '15s',
    '1m',
    '10m',
    '1h20m',
    '2h',
  ])
  expect([fileSize(900), fileSize(4_100_000)]).toEqual(['900 B', '4.1 MB'])
  expect([counted(1, 'shot'), counted(0, 'shot')]).toEqual(['1 shot', '0 shots'])
})
