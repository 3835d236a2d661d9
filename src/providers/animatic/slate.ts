// The type around the picture: a band above with the shot's name, a band below with its words. Drawn once a clip as
// still pictures; the clock, which changes with every frame, is drawn by `drawClock` beside the picture.
import { createCanvas } from '@napi-rs/canvas'
import type { Request, Slate } from '../../lang/plan.ts'
import type { Rate } from '../../lang/time.ts'
import { formatSeconds, framesToSeconds, timecode, toNumber } from '../../lang/time.ts'
import type { Colour } from './colour.ts'
import { css, lighter, luma } from './colour.ts'
import type { Layout } from './layout.ts'
import { broken, fitted, plain, setFace } from './type.ts'
import type { Ink } from './view.ts'

export type Lettering = { readonly layout: Layout; readonly request: Request; readonly accent: Colour }

const paper = '#0b0b0e'
const bright = '#f4f2ee'
const soft = '#a3a5ad'
const faint = '#6c6f78'

/** Dark accents are lifted until they can be read on the bands. */
export const legible = (colour: Colour): Colour => lighter(colour, Math.max(0, (150 - luma(colour)) / 255))

const emptySlate: Slate = { path: '', take: 1, label: '', words: '', camera: '', sound: '', say: [], offset: 0, model: '' }

/** A request without a slate is shown by its prompt. */
export const slateOf = (request: Request): Slate => request.slate ?? { ...emptySlate, words: request.prompt, model: request.model }

function open(width: number, height: number): Ink {
  const ink = createCanvas(width, height).getContext('2d')
  ink.fillStyle = paper
  ink.fillRect(0, 0, width, height)
  return ink
}

const png = (ink: Ink): Uint8Array => ink.canvas.toBuffer('image/png')

/** What stands in the picture's way is named small: the rate as people write it. */
const rateName = (rate: Rate): string => `${Number(toNumber(rate).toFixed(3))} fps`

export function drawTop(lettering: Lettering): Uint8Array {
  const { layout, request, accent } = lettering
  const slate = slateOf(request)
  const { unit, margin, width, top } = layout
  const ink = open(width, top)
  const base = top / 2 + 11 * unit
  const right = drawTopRight(ink, lettering, base)
  setFace(ink, 'strong', 31 * unit)
  const [last = '', ...before] = plain(slate.path).split('/').reverse()
  let x = margin
  const put = (text: string, colour: string): void => {
    const room = right - 20 * unit - x
    if (text === '' || room < 20 * unit) return
    const line = fitted(ink, text, room)
    ink.fillStyle = colour
    ink.fillText(line, x, base)
    x += ink.measureText(line).width
  }
  if (before.length > 0) {
    put(before.reverse().join(' / '), soft)
    x += 11 * unit
    put('/', faint)
    x += 11 * unit
  }
  put(last, bright)
  if (slate.path !== '') x += 18 * unit
  chip(ink, { x, base, unit, text: `TAKE ${slate.take}`, colour: soft, room: right - x })
  ticks(ink, layout, top, -1)
  ink.fillStyle = css(legible(accent))
  ink.fillRect(0, base - 22 * unit, Math.max(2, 5 * unit), 26 * unit)
  return png(ink)
}

/** Marks at the picture's edge: its margins, thirds and middle, for whoever judges the framing. */
function ticks(ink: Ink, layout: Layout, edge: number, into: number): void {
  const { width, margin, unit } = layout
  ink.fillStyle = 'rgba(255,255,255,0.24)'
  for (const x of [margin, width / 3, width / 2, (width * 2) / 3, width - margin]) {
    const long = (x === margin || x === width - margin ? 13 : 8) * unit
    ink.fillRect(Math.round(x - unit / 2), into > 0 ? edge : edge - long, Math.max(1, Math.round(1.5 * unit)), long)
  }
}

/** Kind, length, rate, seed, model, from the right; gives back where it begins. */
function drawTopRight(ink: Ink, { layout, request, accent }: Lettering, base: number): number {
  const { unit, margin, width, upright } = layout
  const slate = slateOf(request)
  let x = width - margin
  setFace(ink, 'strong', 19 * unit, 3.2 * unit)
  const name = slate.label === '' ? 'ANIMATIC' : plain(slate.label).slice(0, 24)
  ink.fillStyle = slate.label === '' ? soft : css(legible(accent))
  x -= ink.measureText(name).width
  ink.fillText(name, x, base - 2 * unit)
  const facts = [
    formatSeconds(framesToSeconds(request.frames, request.rate)).replace(/s$/, ' s'),
    rateName(request.rate),
    ...(request.seed === undefined ? [] : [`seed ${request.seed}`]),
    ...(slate.model === '' ? [] : [plain(slate.model).slice(0, 40)]),
  ]
  setFace(ink, 'regular', 20 * unit)
  ink.fillStyle = faint
  // An upright frame has room for the name alone; its facts stand by the clock.
  if (upright) return x
  const line = facts.join('   ·   ')
  x -= ink.measureText(line).width + 34 * unit
  ink.fillText(line, x, base - 2 * unit)
  return x
}

function chip(ink: Ink, at: { x: number; base: number; unit: number; text: string; colour: string; room: number }): void {
  setFace(ink, 'strong', 16 * at.unit, 1.6 * at.unit)
  const wide = ink.measureText(at.text).width + 20 * at.unit
  if (wide > at.room) return
  ink.strokeStyle = 'rgba(255,255,255,0.26)'
  ink.lineWidth = Math.max(1, 1.4 * at.unit)
  ink.beginPath()
  ink.roundRect(at.x, at.base - 21 * at.unit, wide, 26 * at.unit, 5 * at.unit)
  ink.stroke()
  ink.fillStyle = at.colour
  ink.fillText(at.text, at.x + 10.8 * at.unit, at.base - 2 * at.unit)
}

/** `words` replaces the slate's, for a stretch with words of its own. `peaks` are drawn as the wave of the sound. */
export function drawBottom(lettering: Lettering, words: string | undefined, peaks: readonly number[]): Uint8Array {
  const { layout, request, accent } = lettering
  const { unit, text, width, bottom, height, upright } = layout
  const slate = slateOf(request)
  const ink = open(width, bottom)
  ink.translate(0, -(height - bottom))
  ticks(ink, layout, height - bottom + 3 * unit, 1)
  if (layout.wave !== undefined) drawWave(ink, layout.wave, peaks, unit)
  const small = smallLines(slate)
  const lead = 29 * unit
  const room = Math.max(0, text.height - small.length * lead - (upright && small.length > 0 ? 34 * unit : 0))
  const { size, lines } = setWords(ink, words ?? slate.words, { width: text.width, height: room, unit })
  let y = text.y + size * 0.8
  ink.fillStyle = bright
  setFace(ink, 'strong', size)
  for (const line of lines) {
    ink.fillText(line, text.x, y)
    y += size * 1.24
  }
  const foot = upright ? text.y + lines.length * size * 1.24 + 26 * unit : text.y + text.height - small.length * lead + 21 * unit
  small.forEach((item, index) => {
    let x = text.x
    setFace(ink, 'strong', 15 * unit, 1.5 * unit)
    ink.fillStyle = item.spoken ? css(legible(accent)) : faint
    ink.fillText(item.name, x, foot + index * lead)
    x += ink.measureText(item.name).width + 12 * unit
    setFace(ink, 'regular', 20 * unit)
    ink.fillStyle = item.spoken ? bright : soft
    ink.fillText(fitted(ink, item.text, text.x + text.width - x), x, foot + index * lead)
  })
  if (upright) drawFacts(ink, lettering)
  return png(ink)
}

/** Beside the clock of an upright frame. */
function drawFacts(ink: Ink, { layout, request }: Lettering): void {
  const { unit, clock, width, margin } = layout
  const slate = slateOf(request)
  const lines = [
    [formatSeconds(framesToSeconds(request.frames, request.rate)).replace(/s$/, ' s'), rateName(request.rate)].join('   ·   '),
    [...(request.seed === undefined ? [] : [`seed ${request.seed}`]), plain(slate.model).slice(0, 40)]
      .filter((part) => part !== '')
      .join('   ·   '),
  ]
  setFace(ink, 'regular', 20 * unit)
  ink.fillStyle = faint
  lines.forEach((line, index) => {
    const shown = fitted(ink, line, width - 2 * margin - clock.width - 20 * unit)
    ink.fillText(shown, width - margin - ink.measureText(shown).width, clock.y + (38 + 30 * index) * unit)
  })
}

type Small = { readonly name: string; readonly text: string; readonly spoken: boolean }

/** The lines spoken (two at most), then camera and sound. */
function smallLines(slate: Slate): readonly Small[] {
  const say = slate.say.slice(0, 2).map(({ who, text }, index) => {
    const more = index === 1 && slate.say.length > 2 ? ' …' : ''
    return { name: plain(who).slice(0, 30).toUpperCase() || 'SAYS', text: `“${plain(text)}”${more}`, spoken: true }
  })
  const notes = [
    { name: 'CAMERA', text: slate.camera, spoken: false },
    { name: 'SOUND', text: slate.sound, spoken: false },
  ].filter(({ text }) => plain(text) !== '')
  return [...say, ...notes].slice(0, 3)
}

/** The largest size at which the words fit; at the smallest, what does not fit is left out behind an ellipsis. */
function setWords(
  ink: Ink,
  words: string,
  room: { width: number; height: number; unit: number },
): { size: number; lines: readonly string[] } {
  const sizes = [50, 44, 39, 35, 31, 28, 25, 22].map((size) => size * room.unit)
  let fits: { size: number; lines: readonly string[] } = { size: sizes[0] ?? 10, lines: [] }
  for (const size of sizes) {
    setFace(ink, 'strong', size)
    const lines = broken(ink, words, room.width)
    const most = Math.max(1, Math.floor((room.height + size * 0.24) / (size * 1.24)))
    fits = { size, lines }
    if (lines.length <= most) return fits
    if (size === sizes.at(-1)) {
      const kept = lines.slice(0, most)
      const tail = fitted(ink, `${kept.at(-1) ?? ''} ${'…'.repeat(1)}`, room.width)
      return { size, lines: [...kept.slice(0, -1), tail.endsWith('…') ? tail : `${tail}…`] }
    }
  }
  return fits
}

/** How many bars a wave has. */
export const waveBars = (layout: Layout): number =>
  layout.wave === undefined ? 0 : Math.max(8, Math.floor(layout.wave.width / Math.max(3, 6 * layout.unit)))

function drawWave(ink: Ink, box: { x: number; y: number; width: number; height: number }, peaks: readonly number[], unit: number): void {
  const loudest = Math.max(0.02, ...peaks)
  const step = box.width / Math.max(1, peaks.length)
  const middle = box.y + box.height / 2
  ink.fillStyle = 'rgba(255,255,255,0.1)'
  ink.fillRect(box.x, middle - 0.5, box.width, Math.max(1, unit))
  ink.fillStyle = 'rgba(240,238,232,0.62)'
  peaks.forEach((peak, index) => {
    const high = Math.max(unit, (peak / loudest) * box.height * 0.48)
    ink.beginPath()
    ink.roundRect(box.x + index * step, middle - high, Math.max(1, step * 0.5), high * 2, step * 0.25)
    ink.fill()
  })
}

/** A plain bar: the hairline of progress, the playhead. */
export function drawBar(width: number, height: number, colour: Colour): Uint8Array {
  const ink = createCanvas(Math.max(2, Math.round(width)), Math.max(2, Math.round(height))).getContext('2d')
  ink.fillStyle = css(legible(colour))
  ink.fillRect(0, 0, ink.canvas.width, ink.canvas.height)
  return png(ink)
}

/** Timecode and frame number at the foot of the canvas, where ffmpeg cuts them out. `frame` counts the shot's frames. */
export function drawClock(ink: Ink, layout: Layout, at: { readonly y: number; readonly frame: number; readonly rate: Rate }): void {
  const { clock, unit, upright } = layout
  ink.save()
  ink.setTransform(1, 0, 0, 1, 0, at.y)
  ink.fillStyle = paper
  ink.fillRect(0, 0, clock.width, clock.height)
  setFace(ink, 'mono', 42 * unit)
  ink.fillStyle = bright
  ink.textAlign = upright ? 'left' : 'right'
  const x = upright ? 0 : clock.width
  ink.fillText(timecode(at.frame, at.rate), x, 40 * unit)
  setFace(ink, 'mono', 21 * unit)
  ink.fillStyle = soft
  ink.fillText(`f${String(at.frame).padStart(4, '0')}`, x, 72 * unit)
  ink.textAlign = 'left'
  ink.restore()
}
