// The cut and its clips go in, one picture to look at comes out: a contact sheet of the film (every item with its path,
// timecode and length), or the takes of one shot side by side, the picked one framed. PNG bytes.
import type { Canvas, Image, SKRSContext2D } from '@napi-rs/canvas'
import { createCanvas } from '@napi-rs/canvas'
import type { Cut, CutClip, JobId } from '../lang/plan.ts'
import type { Size, Transition } from '../lang/program.ts'
import type { Rate } from '../lang/time.ts'
import { formatSeconds, framesToSeconds, timecode, toNumber } from '../lang/time.ts'
import type { Tool } from './ffmpeg.ts'
import { glimpses } from './glimpse.ts'
import type { Weight } from './lettering.ts'
import { fontOf } from './lettering.ts'
import { drawable, graphemesOf } from './text-layout.ts'
import { thumbnails } from './thumbnail.ts'

const ground = '#101216'
const raised = '#1b1e24'
const bright = '#f0ede6'
const dim = '#8b8f98'
const accent = '#f3c76b'

const margin = 36
const gap = 18
const caption = 52
const header = 84

type Label = { readonly weight: Weight; readonly size: number; readonly colour: string; readonly align?: 'left' | 'right' }

/** Draws one line, cut with an ellipsis where it is wider than `most`; gives its width. */
function write(context: SKRSContext2D, text: string, x: number, y: number, label: Label, most: number): number {
  context.font = fontOf(label.weight, label.size)
  context.letterSpacing = '0px'
  context.fillStyle = label.colour
  context.textAlign = label.align ?? 'left'
  context.textBaseline = 'alphabetic'
  const letters = [...graphemesOf(drawable(text))]
  const whole = letters.length
  const shown = (): string => letters.join('') + (letters.length < whole ? '…' : '')
  while (letters.length > 0 && context.measureText(shown()).width > most) letters.pop()
  context.fillText(shown(), x, y)
  return context.measureText(shown()).width
}

function drawThumb(context: SKRSContext2D, image: Image | Canvas | undefined, x: number, y: number, size: Size): void {
  context.save()
  context.beginPath()
  context.roundRect(x, y, size.width, size.height, 5)
  context.clip()
  context.fillStyle = raised
  context.fillRect(x, y, size.width, size.height)
  if (image !== undefined) context.drawImage(image, x, y, size.width, size.height)
  context.restore()
  if (image === undefined) {
    write(context, 'no picture', x + size.width / 2 - 34, y + size.height / 2 + 5, { weight: 'regular', size: 14, colour: dim }, size.width)
  }
}

/** A thumbnail's size: about 300 wide, or as high as that where the film is tall. */
function thumbSize(film: Size, about: number): Size {
  const scale = film.width >= film.height ? about / film.width : (about * 1.2) / film.height
  return { width: Math.max(2, Math.round(film.width * scale)), height: Math.max(2, Math.round(film.height * scale)) }
}

export type ContactSheet = {
  readonly title: string
  readonly cut: Pick<Cut, 'clips' | 'frames'>
  readonly rate: Rate
  readonly size: Size
  /** Absolute paths of the clips, by the job that made them; what is not there is left empty. */
  readonly files: ReadonlyMap<JobId, string>
  readonly tool: Tool
  /** A folder in which this may make its own. */
  readonly scratch: string
  readonly signal: AbortSignal
}

/** More than this no screen shows; a longer film is shown by items picked evenly. */
const mostItems = 240

const thinned = (clips: readonly CutClip[]): readonly CutClip[] =>
  clips.length <= mostItems
    ? clips
    : Array.from({ length: mostItems }, (_, n) => clips[Math.floor((n * clips.length) / mostItems)] as CutClip)

function transitionWords(into: Transition): string {
  switch (into.kind) {
    case 'cut':
      return ''
    case 'dissolve':
    case 'fade':
      return `${into.kind} ${into.frames}f`
    case 'wipe':
      return `wipe ${into.direction} ${into.frames}f`
  }
}

const lengthOf = (frames: number, rate: Rate): string => formatSeconds(framesToSeconds(frames, rate))

function drawItem(
  context: SKRSContext2D,
  clip: CutClip,
  image: Image | Canvas | undefined,
  place: { readonly x: number; readonly y: number },
  sheet: ContactSheet,
  thumb: Size,
): void {
  const { x, y } = place
  drawThumb(context, image, x, y, thumb)
  const [first, second] = [y + thumb.height + 21, y + thumb.height + 40]
  const slash = clip.path.lastIndexOf('/') + 1
  const room = thumb.width - 62
  // The name matters more than the scene it is in.
  context.font = fontOf('semibold', 15)
  const own = Math.min(room, context.measureText(clip.path.slice(slash)).width)
  const scene = write(context, clip.path.slice(0, slash), x, first, { weight: 'regular', size: 15, colour: dim }, room - own)
  write(context, clip.path.slice(slash), x + scene, first, { weight: 'semibold', size: 15, colour: bright }, room - scene)
  const right = { size: 12.5, colour: dim, align: 'right' } as const
  write(context, lengthOf(clip.frames, sheet.rate), x + thumb.width, first, { ...right, weight: 'mono', colour: bright }, 62)
  write(context, timecode(clip.start, sheet.rate), x, second, { weight: 'mono', size: 12.5, colour: dim }, thumb.width * 0.6)
  write(context, transitionWords(clip.into), x + thumb.width, second, { ...right, weight: 'regular' }, thumb.width * 0.44)
}

/** The film at a glance. Throws a ProviderFailure only when it is stopped. */
export async function contactSheet(sheet: ContactSheet): Promise<Uint8Array> {
  const { cut, rate, size, files, tool, scratch, signal } = sheet
  const clips = thinned(cut.clips)
  const thumb = thumbSize(size, 300)
  const fitting = Math.max(1, Math.floor((1640 - 2 * margin + gap) / (thumb.width + gap)))
  const columns = Math.max(Math.ceil(700 / (thumb.width + gap)), Math.min(fitting, Math.ceil(Math.sqrt(clips.length * 2)), clips.length))
  const rows = Math.max(1, Math.ceil(clips.length / columns))
  const cell = { width: thumb.width + gap, height: thumb.height + caption + gap }
  const canvas = createCanvas(2 * margin + columns * cell.width - gap, header + rows * cell.height - gap + margin)
  const context = canvas.getContext('2d')
  context.fillStyle = ground
  context.fillRect(0, 0, canvas.width, canvas.height)
  const moments = clips.map((clip) => {
    const file = files.get(clip.job)
    return file === undefined ? undefined : { file, frame: Math.floor(clip.frames / 2), rate, size: thumb }
  })
  const images = await glimpses({ moments, tool, scratch, signal })
  const count =
    clips.length < cut.clips.length
      ? `${clips.length} of ${cut.clips.length} items`
      : `${clips.length} ${clips.length === 1 ? 'item' : 'items'}`
  const told = `${timecode(cut.frames, rate)}   ${count}   ${size.width}x${size.height}   ${Number(toNumber(rate).toFixed(3))} fps`
  context.font = fontOf('mono', 14)
  const inner = canvas.width - 2 * margin
  const toldWidth = context.measureText(told).width
  write(context, sheet.title, margin, 53, { weight: 'semibold', size: 27, colour: bright }, inner - toldWidth - 30)
  write(context, told, canvas.width - margin, 53, { weight: 'mono', size: 14, colour: dim, align: 'right' }, inner)
  for (const [index, clip] of clips.entries()) {
    const place = { x: margin + (index % columns) * cell.width, y: header + Math.floor(index / columns) * cell.height }
    drawItem(context, clip, images[index], place, sheet, thumb)
  }
  return canvas.encode('png')
}

export type Take = {
  readonly take: number
  /** Absolute path of its clip; absent when it was not made or has failed. */
  readonly file?: string
  readonly frames: number
  readonly picked: boolean
  /** A few words: the seed, what failed. */
  readonly note?: string
}

export type TakesSheet = {
  /** The shot's path. */
  readonly path: string
  readonly takes: readonly Take[]
  readonly rate: Rate
  readonly size: Size
  readonly tool: Tool
  readonly signal: AbortSignal
  /** Columns; five where none is given. */
  readonly moments?: number
}

/** The frame shown in a column: the first, the last, and evenly between them. */
const frameAt = (column: number, columns: number, frames: number): number =>
  columns === 1 ? Math.floor(frames / 2) : Math.round((column * (frames - 1)) / (columns - 1))

const rail = 118

function drawTake(
  context: SKRSContext2D,
  take: Take,
  images: readonly (Image | undefined)[],
  y: number,
  sheet: TakesSheet,
  thumb: Size,
): void {
  const colour = take.picked ? accent : bright
  const textWidth = rail - 14
  write(context, `take ${take.take}`, margin, y + 22, { weight: 'semibold', size: 18, colour }, textWidth)
  write(context, lengthOf(take.frames, sheet.rate), margin, y + 44, { weight: 'mono', size: 12.5, colour: dim }, textWidth)
  write(context, take.note ?? '', margin, y + 63, { weight: 'mono', size: 12.5, colour: dim }, textWidth)
  if (take.picked) write(context, 'picked', margin, y + 82, { weight: 'semibold', size: 13, colour: accent }, textWidth)
  for (const [column, image] of images.entries()) drawThumb(context, image, margin + rail + column * (thumb.width + gap / 2), y, thumb)
  if (!take.picked) return
  context.strokeStyle = accent
  context.lineWidth = 3
  context.beginPath()
  context.roundRect(margin + rail - 5, y - 5, images.length * (thumb.width + gap / 2) - gap / 2 + 10, thumb.height + 10, 9)
  context.stroke()
}

/** The takes of a shot, a row each, the same moments under each other. Throws a ProviderFailure only when it is stopped. */
export async function takesSheet(sheet: TakesSheet): Promise<Uint8Array> {
  const { takes, rate, size, tool, signal } = sheet
  const columns = sheet.moments ?? 5
  const thumb = thumbSize(size, 264)
  const row = thumb.height + 26
  const canvas = createCanvas(
    2 * margin + rail + columns * (thumb.width + gap / 2) - gap / 2,
    header + 22 + takes.length * row + margin - 26,
  )
  const context = canvas.getContext('2d')
  context.fillStyle = ground
  context.fillRect(0, 0, canvas.width, canvas.height)
  const moments = takes.flatMap(({ file, frames }) =>
    Array.from({ length: columns }, (_, column) =>
      file === undefined ? undefined : { file, frame: frameAt(column, columns, frames), rate, size: thumb },
    ),
  )
  const images = await thumbnails(tool, moments, signal)
  write(context, sheet.path, margin, 53, { weight: 'semibold', size: 27, colour: bright }, canvas.width - 2 * margin)
  const longest = Math.max(1, ...takes.map(({ frames }) => frames))
  for (let column = 0; column < columns; column += 1) {
    const x = margin + rail + column * (thumb.width + gap / 2)
    write(
      context,
      timecode(frameAt(column, columns, longest), rate),
      x,
      header + 8,
      { weight: 'mono', size: 12.5, colour: dim },
      thumb.width,
    )
  }
  for (const [index, take] of takes.entries()) {
    drawTake(context, take, images.slice(index * columns, (index + 1) * columns), header + 22 + index * row, sheet, thumb)
  }
  return canvas.encodeSync('png')
}
