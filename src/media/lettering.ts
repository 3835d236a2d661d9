// Words and a size go in, a picture of them comes out: RGBA PNG of the full frame, cards opaque, titles and captions
// over nothing. Drawn with the fonts of this package, so that every machine sets the same film; what they lack
// (other scripts, emoji) comes from the system's fonts where it has them.
import { join } from 'node:path'
import type { Canvas, SKRSContext2D } from '@napi-rs/canvas'
import { createCanvas, GlobalFonts } from '@napi-rs/canvas'
import type { Size, Title } from '../lang/program.ts'
import { packageRoot } from '../package-root.ts'
import type { Fitted } from './text-layout.ts'
import { drawable, fitText } from './text-layout.ts'

export type Weight = 'regular' | 'semibold' | 'mono'

const files: Readonly<Record<Weight, string>> = {
  regular: 'Inter-Regular.otf',
  semibold: 'Inter-SemiBold.otf',
  mono: 'JetBrainsMono-Regular.ttf',
}
/** Families of our own, so that an Inter of the system never stands in. */
const families: Readonly<Record<Weight, string>> = { regular: 'Film Text', semibold: 'Film Display', mono: 'Film Mono' }

/** Families of systems that cover other scripts and emoji, asked in this order for what ours lack. */
const others =
  /^(Noto Sans|Noto Color Emoji|Noto Emoji|Apple Color Emoji|Segoe UI|DejaVu Sans$|Arial Unicode|Hiragino|PingFang|Yu Gothic|Microsoft YaHei|Malgun Gothic|Source Han|WenQuanYi|Droid Sans|Geeza)/

let fallbacks: string | undefined

/** The `font` of a canvas. Registers the package's fonts once a process. */
export function fontOf(weight: Weight, pixels: number): string {
  if (fallbacks === undefined) {
    const installed = GlobalFonts.families.map(({ family }) => family).filter((family) => others.test(family) && !family.includes('"'))
    fallbacks = installed
      .sort()
      .slice(0, 60)
      .map((family) => `, "${family}"`)
      .join('')
    for (const each of Object.keys(files) as Weight[]) {
      GlobalFonts.registerFromPath(join(packageRoot, 'assets', 'fonts', files[each]), families[each])
    }
  }
  return `${pixels}px "${families[weight]}"${fallbacks}, sans-serif`
}

const paper = '#f4f1ea'
const faint = 'rgba(244, 241, 234, 0.66)'
const ground = '#0b0c0f'
const warm = '#f3d9a0'

/** How one run of text is set. Tracking in hundredths of the size; leading in sizes. */
type Style = { readonly weight: Weight; readonly colour: string; readonly tracking: number; readonly leading: number }

const display: Style = { weight: 'semibold', colour: paper, tracking: -1.2, leading: 1.16 }
const under: Style = { weight: 'regular', colour: faint, tracking: 1, leading: 1.4 }

function setStyle(context: SKRSContext2D, style: Style, size: number): void {
  context.font = fontOf(style.weight, size)
  context.letterSpacing = `${(style.tracking * size) / 100}px`
  context.fillStyle = style.colour
}

type Box = { readonly width: number; readonly height: number; readonly largest: number; readonly lines: number }

function set(context: SKRSContext2D, text: string, style: Style, box: Box): Fitted {
  const measure = (part: string, size: number): number => {
    setStyle(context, style, size)
    return context.measureText(part).width
  }
  return fitText({ text: drawable(text), ...box, smallest: Math.max(4, box.largest * 0.42), leading: style.leading, measure })
}

type Run = Fitted & { readonly style: Style }

const heightOf = (run: Run): number => run.lines.length * run.size * run.style.leading

/** Draws lines under each other from `top`; `x` is their left edge or their middle. */
function drawRun(context: SKRSContext2D, run: Run, x: number, top: number, align: 'left' | 'center'): void {
  setStyle(context, run.style, run.size)
  context.textAlign = align
  context.textBaseline = 'alphabetic'
  // Spacing is also put behind the last letter; half of it would pull a centred line off its middle.
  const nudge = align === 'center' ? (run.style.tracking * run.size) / 200 : 0
  for (const [index, line] of run.lines.entries()) {
    // The capitals stand in the middle of their line.
    const baseline = top + run.size * (run.style.leading * (index + 0.5) + 0.36)
    context.fillText(line, x + nudge, baseline)
  }
}

/** Pixels at the head and the foot of the frame that belong to something else: an animatic's bands. */
export type Keep = { readonly top: number; readonly bottom: number }

/** A full frame to draw on, and the part of it that is free; drawing starts at that part's corner and stays inside it. */
function openFree(size: Size, keep: Keep | undefined): { readonly canvas: Canvas; readonly context: SKRSContext2D; readonly free: Size } {
  const { canvas, context } = openCanvas(size)
  const top = keep?.top ?? 0
  const free = { width: size.width, height: Math.max(1, size.height - top - (keep?.bottom ?? 0)) }
  context.translate(0, top)
  context.beginPath()
  context.rect(0, 0, free.width, free.height)
  context.clip()
  return { canvas, context, free }
}

const openCanvas = (size: Size): { readonly canvas: Canvas; readonly context: SKRSContext2D } => {
  const canvas = createCanvas(size.width, size.height)
  return { canvas, context: canvas.getContext('2d') }
}

const png = (canvas: Canvas): Uint8Array => canvas.encodeSync('png')

/** Type is sized by the shorter side, a little smaller where the frame is tall: its lines are short. */
const unitOf = (size: Size): number => Math.min(size.width, size.height, size.width * 0.82)

const isTall = (size: Size): boolean => size.height > size.width * 1.2

export type CardText = { readonly text: string; readonly below?: string | undefined; readonly size: Size }

/** A title card: words in the middle of a dark frame, what stands below them under a thin rule. Opaque. */
export function drawCard({ text, below, size }: CardText): Uint8Array {
  const { canvas, context } = openCanvas(size)
  context.fillStyle = ground
  context.fillRect(0, 0, size.width, size.height)
  const unit = unitOf(size)
  const width = size.width * (isTall(size) ? 0.84 : 0.72)
  const main: Run = {
    style: display,
    ...set(context, text, display, { width, height: size.height * 0.56, largest: unit * 0.098, lines: 4 }),
  }
  const small = Math.min(unit * 0.038, main.size * 0.62)
  const rest: Run | undefined =
    below === undefined || below === ''
      ? undefined
      : { style: under, ...set(context, below, under, { width, height: size.height * 0.2, largest: small, lines: 3 }) }
  const gap = unit * 0.052
  const total = heightOf(main) + (rest === undefined ? 0 : gap * 2 + heightOf(rest))
  // A little above the middle, where the eye puts it.
  const top = (size.height - total) / 2 - size.height * 0.012
  drawRun(context, main, size.width / 2, top, 'center')
  if (rest !== undefined) {
    const rule = Math.max(1, Math.round(unit / 720))
    context.fillStyle = 'rgba(244, 241, 234, 0.42)'
    context.fillRect(Math.round(size.width / 2 - unit * 0.03), Math.round(top + heightOf(main) + gap), Math.round(unit * 0.06), rule)
    drawRun(context, rest, size.width / 2, top + heightOf(main) + gap * 2, 'center')
  }
  return png(canvas)
}

/** Darkens the picture softly where words will stand, so that they are read on any picture. */
function shade(context: SKRSContext2D, size: Size, from: number, to: number, strength: number): void {
  const gradient = context.createLinearGradient(0, from, 0, to)
  for (let step = 0; step <= 8; step += 1) {
    const x = step / 8
    gradient.addColorStop(x, `rgba(6, 7, 9, ${(strength * x * x * (3 - 2 * x)).toFixed(4)})`)
  }
  context.fillStyle = gradient
  const [top, bottom] = from < to ? [from, size.height] : [0, from]
  context.fillRect(0, top, size.width, bottom - top)
}

/** The same around the middle of the frame, as wide as the frame. */
function shadeAround(context: SKRSContext2D, size: Size, y: number, reach: number): void {
  const gradient = context.createRadialGradient(0, 0, 0, 0, 0, 1)
  for (let step = 0; step <= 8; step += 1) {
    const x = 1 - step / 8
    gradient.addColorStop(step / 8, `rgba(6, 7, 9, ${(0.24 * x * x * (3 - 2 * x)).toFixed(4)})`)
  }
  context.save()
  context.translate(size.width / 2, y)
  context.scale(size.width * 0.72, reach)
  context.fillStyle = gradient
  context.fillRect(-2, -2, 4, 4)
  context.restore()
}

function castShadow(context: SKRSContext2D, unit: number): void {
  context.shadowColor = 'rgba(0, 0, 0, 0.7)'
  context.shadowBlur = unit * 0.014
  context.shadowOffsetY = unit * 0.0022
}

export type TitleText = CardText & { readonly style: Title['style']; readonly keep?: Keep | undefined }

/** Sizes of a title's two runs by style, as parts of the unit. */
const titleSizes: Readonly<Record<Title['style'], { readonly main: number; readonly below: number }>> = {
  'lower-third': { main: 0.05, below: 0.032 },
  centre: { main: 0.084, below: 0.038 },
  top: { main: 0.05, below: 0.032 },
  corner: { main: 0.036, below: 0.029 },
}

/** Where platforms lay their own buttons over tall pictures, nothing is set. */
const bottomMargin = (size: Size): number => size.height * (isTall(size) ? 0.19 : 0.085)
const sideMargin = (size: Size): number => size.width * 0.065

/** A title over the picture, inside the title-safe nine tenths. Transparent around it. */
export function drawTitle({ text, below, style, size: whole, keep }: TitleText): Uint8Array {
  const { canvas, context, free: size } = openFree(whole, keep)
  const unit = unitOf(size)
  const sizes = titleSizes[style]
  const width = size.width * (style === 'centre' ? 0.8 : style === 'corner' ? 0.5 : isTall(size) ? 0.86 : 0.62)
  const lines = style === 'centre' ? 4 : 2
  const light: Style = { ...under, colour: 'rgba(244, 241, 234, 0.86)' }
  const main: Run = {
    style: display,
    ...set(context, text, display, { width, height: size.height * 0.4, largest: unit * sizes.main, lines }),
  }
  const rest: Run | undefined =
    below === undefined || below === ''
      ? undefined
      : { style: light, ...set(context, below, light, { width, height: size.height * 0.16, largest: unit * sizes.below, lines: 2 }) }
  const gap = rest === undefined ? 0 : main.size * 0.18
  const total = heightOf(main) + gap + (rest === undefined ? 0 : heightOf(rest))
  const place = placeTitle(style, size, total)
  if (place.shade !== undefined) shade(context, size, ...place.shade)
  if (place.halo !== undefined) shadeAround(context, size, ...place.halo)
  if (style === 'lower-third') {
    context.fillStyle = warm
    const bar = Math.max(2, Math.round(unit * 0.0042))
    context.fillRect(Math.round(sideMargin(size)), Math.round(place.top + main.size * 0.12), bar, Math.round(total - main.size * 0.2))
  }
  castShadow(context, unit)
  drawRun(context, main, place.x, place.top, place.align)
  if (rest !== undefined) drawRun(context, rest, place.x, place.top + heightOf(main) + gap, place.align)
  return png(canvas)
}

type Placing = {
  readonly x: number
  readonly top: number
  readonly align: 'left' | 'center'
  readonly shade?: readonly [from: number, to: number, strength: number]
  /** A soft dark oval: its middle's height and its reach. */
  readonly halo?: readonly [y: number, reach: number]
}

function placeTitle(style: Title['style'], size: Size, total: number): Placing {
  const left = sideMargin(size)
  switch (style) {
    case 'lower-third': {
      const top = size.height - bottomMargin(size) - total
      return { x: left + unitOf(size) * 0.026, top, align: 'left', shade: [top - size.height * 0.3, size.height, 0.58] }
    }
    case 'centre': {
      const top = (size.height - total) / 2 - size.height * 0.01
      return { x: size.width / 2, top, align: 'center', halo: [size.height / 2, total * 0.5 + size.height * 0.36] }
    }
    case 'top': {
      const top = size.height * (isTall(size) ? 0.1 : 0.075)
      return { x: size.width / 2, top, align: 'center', shade: [top + total + size.height * 0.26, 0, 0.5] }
    }
    case 'corner':
      return { x: left, top: size.height * (isTall(size) ? 0.1 : 0.075), align: 'left' }
  }
}

export type CaptionText = {
  readonly text: string
  readonly who?: string | undefined
  readonly size: Size
  readonly keep?: Keep | undefined
}

const spoken: Style = { weight: 'semibold', colour: '#fffdf8', tracking: 0, leading: 1.28 }
const speaker: Style = { weight: 'semibold', colour: warm, tracking: 6, leading: 1.5 }

/** Text with a dark edge, readable on snow and on night. */
function drawEdged(context: SKRSContext2D, run: Run, x: number, top: number): void {
  context.save()
  setStyle(context, run.style, run.size)
  context.textAlign = 'center'
  context.lineJoin = 'round'
  context.lineWidth = Math.max(1.5, run.size * 0.13)
  context.strokeStyle = 'rgba(8, 9, 11, 0.82)'
  const nudge = (run.style.tracking * run.size) / 200
  for (const [index, line] of run.lines.entries()) {
    context.strokeText(line, x + nudge, top + run.size * (run.style.leading * (index + 0.5) + 0.36))
  }
  context.restore()
  drawRun(context, run, x, top, 'center')
}

/** A caption at the foot of the picture, two lines (three where the frame is tall), with who speaks above it if given. */
export function drawCaption({ text, who, size: whole, keep }: CaptionText): Uint8Array {
  const { canvas, context, free: size } = openFree(whole, keep)
  const unit = unitOf(size)
  const box = {
    width: size.width * 0.88,
    height: size.height * 0.3,
    largest: unit * (isTall(size) ? 0.062 : 0.05),
    lines: isTall(size) ? 4 : 2,
  }
  const words: Run = { style: spoken, ...set(context, text, spoken, box) }
  const top = size.height - bottomMargin(size) - heightOf(words)
  castShadow(context, unit)
  drawEdged(context, words, size.width / 2, top)
  if (who !== undefined && who !== '') {
    const name = set(context, who.toLocaleUpperCase('en'), speaker, { ...box, height: words.size, largest: words.size * 0.56, lines: 1 })
    const run: Run = { style: speaker, ...name }
    drawEdged(context, run, size.width / 2, top - heightOf(run))
  }
  return png(canvas)
}
