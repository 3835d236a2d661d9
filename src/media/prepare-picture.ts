// A picture made fit for a host: type, sides, bytes and, where the host wants it, the very canvas of the clip. Drawn
// anew only where it does not fit; a picture that is too heavy becomes a JPEG, then a smaller one.
import { createCanvas, loadImage } from '@napi-rs/canvas'
import type { Size } from '../lang/program.ts'
import { maxPixels } from './command.ts'
import type { Bench, Fitted, PictureType } from './input-rules.ts'
import { megabytes, unfit } from './input-rules.ts'
import { pictureHeader, sniff } from './sniff.ts'

const endings: Readonly<Record<PictureType, string>> = { png: 'png', jpeg: 'jpg', webp: 'webp' }
const mimeOf = (type: PictureType): string => `image/${type}`

/** What is drawn: this window of the source, at this size. */
type Drawing = { readonly x: number; readonly y: number; readonly width: number; readonly height: number; readonly to: Size }

/** Of a fitting shape the whole picture, of another the middle. */
function windowOf(from: Size, to: Size): Drawing {
  const wider = from.width * to.height > from.height * to.width
  const width = wider ? (from.height * to.width) / to.height : from.width
  const height = wider ? from.height : (from.width * to.height) / to.width
  return { x: (from.width - width) / 2, y: (from.height - height) / 2, width, height, to }
}

const within = ({ width, height }: Size, most: number): Size => {
  const scale = Math.min(1, most / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

async function draw(bytes: Uint8Array, { x, y, width, height, to }: Drawing, type: PictureType, quality: number): Promise<Uint8Array> {
  const image = await loadImage(bytes)
  const canvas = createCanvas(to.width, to.height)
  const ink = canvas.getContext('2d')
  ink.imageSmoothingEnabled = true
  ink.imageSmoothingQuality = 'high'
  if (type === 'jpeg') {
    // JPEG knows no transparency: what shows through is black, as in a film.
    ink.fillStyle = '#000'
    ink.fillRect(0, 0, to.width, to.height)
  }
  ink.drawImage(image, x, y, width, height, 0, 0, to.width, to.height)
  if (type === 'png') return canvas.encode('png')
  return type === 'jpeg' ? canvas.encode('jpeg', quality) : canvas.encode('webp', quality)
}

/** Ways to become lighter, the dearest last: type, quality, share of the sides. */
function* lighter(types: readonly PictureType[], first: PictureType): Generator<readonly [PictureType, number, number]> {
  yield [first, 95, 1]
  const lossy = types.find((type) => type !== 'png')
  for (const quality of lossy === undefined ? [] : [92, 85, 75]) yield [lossy ?? first, quality, 1]
  for (const share of [0.8, 0.64, 0.5, 0.4, 0.25]) yield [lossy ?? first, 85, share]
}

export async function preparePicture(bench: Bench): Promise<Fitted> {
  const { world, path, rules, size } = bench
  const { types, maxBytes, maxSide, exactCanvas } = rules.image
  const bytes = Buffer.from(await world.files.readBytes(path))
  const format = sniff(bytes.subarray(0, 1 << 16))
  if (format !== 'png' && format !== 'jpeg' && format !== 'webp' && format !== 'gif') {
    return unfit('an input is no picture that this program can read', 'use a PNG, JPEG or WebP file')
  }
  const header = pictureHeader(format, bytes)
  if (!header.ok) return unfit(`a picture is damaged: ${header.why}`, 'replace the file')
  const from = header.size
  if (from.width * from.height > maxPixels) return unfit(`a picture says it is ${from.width}x${from.height}`, 'use a smaller one')
  const known = types.find((type) => type === format)
  const target = exactCanvas ? size : within(from, maxSide)
  const rightSize = from.width === target.width && from.height === target.height
  if (known !== undefined && rightSize && bench.bytes <= maxBytes) {
    return { path, mime: mimeOf(known), ending: endings[known], changed: [] }
  }
  const first = known ?? types[0] ?? 'png'
  for (const [type, quality, share] of lighter(types, first)) {
    // An exact canvas is a promise: it gets lighter by quality alone.
    if (exactCanvas && share < 1) break
    const to = share === 1 ? target : within(target, Math.floor(Math.max(target.width, target.height) * share))
    const drawing = exactCanvas ? windowOf(from, to) : { x: 0, y: 0, ...from, to }
    const how = `picture ${type} ${quality} ${JSON.stringify(drawing)}`
    const made = await bench.make(how, endings[type], async (into) => {
      await world.files.writeWhole(into, await draw(bytes, drawing, type, quality))
    })
    if ((await world.files.stat(made)).bytes > maxBytes) continue
    return { path: made, mime: mimeOf(type), ending: endings[type], changed: changesOf(bench, from, to, format, type) }
  }
  return unfit(
    `a picture of ${from.width}x${from.height} cannot be made smaller than ${megabytes(maxBytes)}`,
    'use a calmer or smaller one',
  )
}

function changesOf(bench: Bench, from: Size, to: Size, format: string, type: PictureType): readonly string[] {
  const { maxBytes, types, exactCanvas } = bench.rules.image
  const turned = from.width * to.height !== from.height * to.width && exactCanvas
  const resized = from.width !== to.width || from.height !== to.height
  return [
    ...(turned ? ['cut to the shape of the clip'] : []),
    ...(resized ? [`${from.width}x${from.height} to ${to.width}x${to.height}`] : []),
    ...(types.some((known) => known === format) ? [] : [`${format} to ${type}`]),
    ...(bench.bytes > maxBytes ? [`${megabytes(bench.bytes)} made lighter`] : []),
  ]
}
