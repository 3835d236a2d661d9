// A text and a way to measure it go in, lines come out: broken at spaces (between ideographs, and inside words only
// when they must), as few as fit and of even length. Knows nothing of fonts or canvases.

/** Ideographs, kana, hangul and emoji: broken anywhere between them, and twice as wide as letters. */
export const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' })
const words = new Intl.Segmenter('und', { granularity: 'word' })

/** What a reader takes for one character: a letter with its marks, a flag, a family of emoji. */
export const graphemesOf = (text: string): readonly string[] => [...graphemes.segment(text)].map(({ segment }) => segment)

/** A text that a canvas can draw: it refuses NUL, and half a character draws as nothing good. Line breaks stay. */
export const drawable = (text: string): string =>
  text.replace(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f]/g, ' ').replace(/\p{Cs}/gu, '\ufffd')

/** A word that fits in no line, in parts that do; a part that cannot be made smaller stays as it is. */
function cutUp(word: string, fits: (text: string) => boolean): readonly string[] {
  if (fits(word)) return [word]
  const parts = ['']
  for (const grapheme of graphemesOf(word)) {
    const last = parts.length - 1
    if (parts[last] !== '' && !fits(parts[last] + grapheme)) parts.push(grapheme)
    else parts[last] += grapheme
  }
  return parts
}

/** The pieces between which a text may be broken; spaces stay behind the piece they follow. */
export function piecesOf(text: string, fits: (text: string) => boolean): readonly string[] {
  const pieces: string[] = []
  for (const chunk of text.match(/\S+\s*/g) ?? []) {
    if (fits(chunk.trimEnd()) && !wide.test(chunk)) {
      pieces.push(chunk)
      continue
    }
    const first = pieces.length
    for (const { segment } of words.segment(chunk)) {
      const last = pieces.length - 1
      // A mark or a space stays with what it follows, so that no line starts with it.
      if (last >= first && /^[\s\p{P}]+$/u.test(segment) && graphemesOf(segment).length < 4) pieces[last] += segment
      else pieces.push(...cutUp(segment, fits))
    }
  }
  return pieces
}

function fill(pieces: readonly string[], width: number, measure: (text: string) => number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of pieces) {
    if (line !== '' && measure((line + piece).trimEnd()) > width) {
      lines.push(line.trimEnd())
      line = ''
    }
    line += piece
  }
  return line === '' ? lines : [...lines, line.trimEnd()]
}

/**
 * Lines no wider than `width` (in the unit of `measure`), as few as possible and about equally long. Line breaks in the
 * text are kept. A single character wider than `width` stands alone.
 */
export function wrapText(text: string, width: number, measure: (text: string) => number): readonly string[] {
  return text.split(/\r?\n/).flatMap((paragraph) => {
    const pieces = piecesOf(paragraph.trim(), (part) => measure(part) <= width)
    const lines = fill(pieces, width, measure)
    if (lines.length < 2) return lines
    // The narrowest column that needs no line more.
    let [low, high] = [width / lines.length, width]
    for (let n = 0; n < 12; n += 1) {
      const middle = (low + high) / 2
      if (fill(pieces, middle, measure).length > lines.length) low = middle
      else high = middle
    }
    return fill(pieces, high, measure)
  })
}

export type Fitted = { readonly lines: readonly string[]; readonly size: number }

export type Fit = {
  readonly text: string
  readonly width: number
  /** Room for all lines, each `leading` times the size high. */
  readonly height: number
  readonly leading: number
  readonly largest: number
  readonly smallest: number
  /** Lines to stay below where the size allows it. */
  readonly lines: number
  readonly measure: (text: string, size: number) => number
}

const ellipsis = '…'

/** The largest size at which a text fits. At the smallest it is cut with an ellipsis. */
export function fitText(fit: Fit): Fitted {
  const { text, width, height, leading, largest, smallest, measure } = fit
  for (let size = largest; size > smallest; size *= 0.94) {
    const lines = wrapText(text, width, (part) => measure(part, size))
    const room = Math.min(fit.lines, Math.floor(height / (size * leading)))
    // A word cut in two looks worse than a smaller word.
    const whole = text.split(/\s+/).every((word) => measure(word, size) <= width || wide.test(word))
    if (lines.length <= room && whole) return { lines, size }
  }
  const lines = wrapText(text, width, (part) => measure(part, smallest))
  const most = Math.max(1, Math.floor(height / (smallest * leading)))
  if (lines.length <= most) return { lines, size: smallest }
  const last = [...graphemesOf(lines[most - 1] ?? '')]
  while (last.length > 0 && measure(last.join('') + ellipsis, smallest) > width) last.pop()
  return { lines: [...lines.slice(0, most - 1), last.join('').trimEnd() + ellipsis], size: smallest }
}
