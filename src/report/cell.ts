// How wide a text is on a terminal, and texts cut or filled to a width. Comes in: text that is already safe to print.
// Columns are counted the way terminals do: East Asian and emoji characters take two, combining marks none.

const plain = /^[\x20-\x7e]*$/
/** Latin, Greek, Cyrillic, punctuation, arrows, lines and our own marks: one column each. Splitting graphemes is slow, and most texts need none. */
const narrow =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff\u0391-\u0482\u2010-\u2027\u2030-\u205e\u2190-\u2193\u21bb\u2500-\u25fc\u2702\u2713\u2717]*$/
const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u
const pictorial = /\p{Emoji_Presentation}|\ufe0f/u

/** First and last code points of the blocks whose characters fill two columns (Unicode's East Asian Width W and F). */
const wide: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
]

function graphemeWidth(grapheme: string): number {
  const point = grapheme.codePointAt(0) ?? 0
  if (point < 0x300) return 1
  if (noWidth.test(grapheme)) return 0
  return pictorial.test(grapheme) || wide.some(([from, to]) => point >= from && point <= to) ? 2 : 1
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  if (narrow.test(text)) return text.length
  let width = 0
  for (const { segment } of graphemes.segment(text)) width += graphemeWidth(segment)
  return width
}

/** The text cut to at most `width` columns; `…` stands for what was cut. */
export function shorten(text: string, width: number): string {
  if (width <= 0) return ''
  if (widthOf(text) <= width) return text
  if (plain.test(text)) return `${text.slice(0, width - 1)}…`
  let kept = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    used += graphemeWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…`
}

/** As `shorten`, but the middle goes and both ends stay: for paths and names, whose ends tell them apart. */
export function shortenMiddle(text: string, width: number): string {
  if (widthOf(text) <= width || width < 5) return shorten(text, width)
  const characters = [...graphemes.segment(text)].map(({ segment }) => segment)
  const tail: string[] = []
  let used = 0
  for (const character of characters.reverse()) {
    used += graphemeWidth(character)
    if (used > Math.floor((width - 1) / 2)) break
    tail.unshift(character)
  }
  const end = tail.join('')
  return shorten(text, width - widthOf(end)) + end
}

/** Cut or filled with spaces to exactly `width` columns. */
export function column(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const cut = shorten(text, width)
  const gap = ' '.repeat(Math.max(0, width - widthOf(cut)))
  return side === 'left' ? cut + gap : gap + cut
}

/** A text cut into pieces of at most `width` columns each. */
function chop(text: string, width: number): readonly string[] {
  if (plain.test(text)) return text.match(new RegExp(`.{1,${width}}`, 'g')) ?? []
  const pieces: string[] = []
  let line = ''
  let used = 0
  for (const { segment } of graphemes.segment(text)) {
    const wide = graphemeWidth(segment)
    if (used + wide > width && line !== '') {
      pieces.push(line)
      line = ''
      used = 0
    }
    line += segment
    used += wide
  }
  return line === '' ? pieces : [...pieces, line]
}

/** Lines of at most `width` columns (2 or more), broken between words, and inside a word only where it is longer than a line. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= width) {
      line = longer
      continue
    }
    if (line !== '') lines.push(line)
    const parts = chop(word, width)
    lines.push(...parts.slice(0, -1))
    line = parts.at(-1) ?? ''
  }
  if (line !== '') lines.push(line)
  return lines
}
