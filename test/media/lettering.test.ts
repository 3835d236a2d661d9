import { createCanvas, loadImage } from '@napi-rs/canvas'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drawCaption, drawCard, drawTitle } from '../../src/media/lettering.ts'
import { fitText, wrapText } from '../../src/media/text-layout.ts'

const wide = { width: 640, height: 360 }
const tall = { width: 360, height: 640 }
const square = { width: 400, height: 400 }

type Pixels = { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray }

async function pixels(png: Uint8Array): Promise<Pixels> {
  const image = await loadImage(Buffer.from(png))
  const context = createCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  const { width, height, data } = context.getImageData(0, 0, image.width, image.height)
  return { width, height, data }
}

/** Where there is light ink: the box around all bright pixels that are not see-through. */
function inkOf({ width, height, data }: Pixels): {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
} {
  const box = { left: width, top: height, right: 0, bottom: 0 }
  for (let at = 0; at < data.length; at += 4) {
    if ((data[at + 3] ?? 0) < 200 || (data[at] ?? 0) < 150) continue
    const [x, y] = [(at / 4) % width, Math.floor(at / 4 / width)]
    box.left = Math.min(box.left, x)
    box.right = Math.max(box.right, x)
    box.top = Math.min(box.top, y)
    box.bottom = Math.max(box.bottom, y)
  }
  return box
}

describe('cards', () => {
  test('are opaque, dark, and have their words in the middle', async () => {
    for (const size of [wide, tall, square]) {
      const picture = await pixels(drawCard({ text: 'Harbor Lights', below: 'a film in eleven shots', size }))
      expect([picture.width, picture.height]).toEqual([size.width, size.height])
      expect(picture.data.every((value, at) => at % 4 !== 3 || value === 255)).toBe(true)
      expect([...picture.data.subarray(0, 3)]).toEqual([11, 12, 15])
      const ink = inkOf(picture)
      expect(Math.abs(ink.left + ink.right + 1 - size.width)).toBeLessThan(6)
      expect(Math.abs(ink.top + ink.bottom - size.height) / size.height).toBeLessThan(0.12)
      expect(ink.right - ink.left).toBeGreaterThan(size.width * 0.3)
    }
  })

  test('are the same bytes each time, and other bytes for other words', () => {
    const draw = (text: string): string => Buffer.from(drawCard({ text, size: wide })).toString('base64')
    expect(draw('One')).toBe(draw('One'))
    expect(draw('One')).not.toBe(draw('Two'))
  })
})

describe('titles and captions', () => {
  const styles = ['lower-third', 'centre', 'top', 'corner'] as const
  const long = 'What the lighthouse keeper never told the people of the harbor about the night of the great storm'

  test.each([wide, tall, square])('stay inside nine tenths of the frame: %o', async (size) => {
    const drawn = [
      ...styles.map((style) => drawTitle({ text: long, below: long, style, size })),
      drawCaption({ text: long, who: 'the keeper', size }),
      drawCard({ text: long.repeat(3), below: long, size }),
    ]
    for (const png of drawn) {
      const ink = inkOf(await pixels(png))
      expect(ink.left).toBeGreaterThanOrEqual(size.width * 0.05 - 1)
      expect(ink.right).toBeLessThanOrEqual(size.width * 0.95 + 1)
      expect(ink.top).toBeGreaterThanOrEqual(size.height * 0.05 - 1)
      expect(ink.bottom).toBeLessThanOrEqual(size.height * 0.95 + 1)
    }
  })

  test('stand where their style says, over nothing', async () => {
    const middle = async (style: (typeof styles)[number]): Promise<readonly [number, number]> => {
      const picture = await pixels(drawTitle({ text: 'Chapter one', style, size: wide }))
      const ink = inkOf(picture)
      // Away from the words the picture shows through.
      expect(picture.data[(180 * 640 + 2) * 4 + 3]).toBeLessThan(80)
      return [(ink.left + ink.right) / 2 / wide.width, (ink.top + ink.bottom) / 2 / wide.height]
    }
    const [third, centre, top, corner] = [await middle('lower-third'), await middle('centre'), await middle('top'), await middle('corner')]
    expect(third[0]).toBeLessThan(0.4)
    expect(third[1]).toBeGreaterThan(0.8)
    expect(centre[0]).toBeCloseTo(0.5, 1)
    expect(centre[1]).toBeCloseTo(0.5, 1)
    expect(top[1]).toBeLessThan(0.2)
    expect(corner[0]).toBeLessThan(0.3)
    expect(corner[1]).toBeLessThan(0.2)
  })

  test.each([wide, tall])('keep out of bands that belong to something else: %o', async (size) => {
    const keep = { top: 60, bottom: 90 }
    const drawn = [
      ...styles.map((style) => drawTitle({ text: long, below: long, style, size, keep })),
      drawCaption({ text: long, who: 'mara', size, keep }),
    ]
    for (const png of drawn) {
      const { width, height, data } = await pixels(png)
      expect([width, height]).toEqual([size.width, size.height])
      const touched = (from: number, to: number): boolean => data.subarray(from * width * 4, to * width * 4).some((value) => value !== 0)
      expect([touched(0, 60), touched(height - 90, height), touched(60, height - 90)]).toEqual([false, false, true])
    }
  })

  test('keep clear of the foot of a tall picture', async () => {
    expect(inkOf(await pixels(drawCaption({ text: 'Hello.', size: tall }))).bottom).toBeLessThan(tall.height * 0.83)
    expect(inkOf(await pixels(drawCaption({ text: 'Hello.', size: wide }))).bottom).toBeGreaterThan(wide.height * 0.85)
  })

  test('draw anything at any size', () => {
    const sizes = fc.record({ width: fc.integer({ min: 16, max: 300 }), height: fc.integer({ min: 16, max: 300 }) })
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom('', ' ', 'a\u0000b\ud800c', '100% "x"', '👩‍👩‍👧 é̂ 霧が晴れ مرحبا', 'x'.repeat(300)),
    )
    fc.assert(
      fc.property(sizes, text, text, (size, first, second) => {
        for (const png of [
          drawCard({ text: first, below: second, size }),
          drawTitle({ text: first, below: second, style: 'lower-third', size }),
          drawCaption({ text: first, who: second, size }),
        ]) {
          expect(Buffer.from(png).readUInt32BE(16)).toBe(size.width)
          expect(Buffer.from(png).readUInt32BE(20)).toBe(size.height)
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('laying out text', () => {
  const measure = (text: string): number => text.length

  test('breaks into as few lines as fit, evenly, and keeps written breaks', () => {
    expect(wrapText('one two three four', 100, measure)).toEqual(['one two three four'])
    expect(wrapText('one two three four five six', 22, measure)).toEqual(['one two three', 'four five six'])
    expect(wrapText('one\ntwo three', 100, measure)).toEqual(['one', 'two three'])
    expect(wrapText('', 10, measure)).toEqual([])
  })

  test('cuts only words that fit in no line, never a letter from its mark', () => {
    expect(wrapText('abcdefghij kl', 4, measure)).toEqual(['abcd', 'efgh', 'ij', 'kl'])
    expect(wrapText('e\u0302e\u0302e\u0302', 3, measure)).toEqual(['e\u0302', 'e\u0302', 'e\u0302'])
  })

  test('no line is too wide and no letter is lost', () => {
    fc.assert(
      fc.property(fc.lorem({ maxCount: 40 }), fc.integer({ min: 3, max: 60 }), (text, width) => {
        const lines = wrapText(text, width, measure)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      }),
    )
  })

  test('shrinks before it cuts, and cuts with an ellipsis', () => {
    const base = { width: 100, height: 100, leading: 1, largest: 20, smallest: 8, lines: 3 }
    const sized = (text: string, size: number): number => text.length * size * 0.5
    expect(fitText({ ...base, text: 'a b', measure: sized })).toEqual({ lines: ['a b'], size: 20 })
    const fitted = fitText({ ...base, text: 'an extraordinary evening', measure: sized })
    expect(fitted.size).toBeLessThan(20)
    expect(fitted.lines.join(' ')).toBe('an extraordinary evening')
    const cut = fitText({ ...base, text: 'word '.repeat(100), measure: sized })
    expect(cut.lines.length).toBe(12)
    expect(cut.lines.at(-1)).toMatch(/…$/)
  })
})
