// The first bytes of a file go in, what it is comes out, whatever its name says. Pictures also tell their size here,
// before anything decodes them: a small file can claim to be a picture of ten thousand by ten thousand.
import { crc32 } from 'node:zlib'
import type { Size } from '../lang/program.ts'

export type Format =
  | 'png'
  | 'jpeg'
  | 'webp'
  | 'gif'
  | 'wav'
  | 'mp3'
  | 'aac'
  | 'flac'
  | 'ogg'
  | 'aiff'
  | 'mp4'
  | 'matroska'
  | 'avi'
  | 'playlist'
  | 'text'
  | 'unknown'

/** For people. */
export const formatNames: Readonly<Record<Format, string>> = {
  png: 'a PNG picture',
  jpeg: 'a JPEG picture',
  webp: 'a WebP picture',
  gif: 'a GIF picture',
  wav: 'WAV sound',
  mp3: 'MP3 sound',
  aac: 'AAC sound',
  flac: 'FLAC sound',
  ogg: 'Ogg sound',
  aiff: 'AIFF sound',
  mp4: 'an MP4 or MOV file',
  matroska: 'a Matroska or WebM file',
  avi: 'an AVI file',
  playlist: 'a playlist, a list of other files',
  text: 'text',
  unknown: 'nothing this program knows',
}

const endsOf: ReadonlyMap<string, Format> = new Map([
  ['png', 'png'],
  ['jpg', 'jpeg'],
  ['jpeg', 'jpeg'],
  ['webp', 'webp'],
  ['gif', 'gif'],
  ['wav', 'wav'],
  ['mp3', 'mp3'],
  ['aac', 'aac'],
  ['flac', 'flac'],
  ['ogg', 'ogg'],
  ['oga', 'ogg'],
  ['opus', 'ogg'],
  ['aif', 'aiff'],
  ['aiff', 'aiff'],
  ['mp4', 'mp4'],
  ['m4v', 'mp4'],
  ['m4a', 'mp4'],
  ['mov', 'mp4'],
  ['mkv', 'matroska'],
  ['mka', 'matroska'],
  ['webm', 'matroska'],
  ['avi', 'avi'],
])

/** What a file's name says it is; undefined for ends that say nothing. */
export const formatOfName = (path: string): Format | undefined => endsOf.get(path.slice(path.lastIndexOf('.') + 1).toLowerCase())

/** The end a file of this format should have. */
export const endOf = (format: Format): string | undefined => [...endsOf].find(([, known]) => known === format)?.[0]

const starts = (bytes: Buffer, text: string, at = 0): boolean => bytes.toString('latin1', at, at + text.length) === text

/** Lists that make ffmpeg open other files: HLS, ffconcat, DASH, other playlists. */
const playlist = /^\s*(#EXTM3U|ffconcat\b|\[playlist\]|<\?xml[^>]*>\s*<(MPD|asx|smil)|<MPD|<asx|<smil|file\s+'?\S)/i

/** Is this the header of an MPEG audio frame (layer 3) or of an ADTS packet? */
function frameSync(bytes: Buffer, at: number): Format | undefined {
  if (bytes.length < at + 4) return undefined
  const [first = 0, second = 0, third = 0] = bytes.subarray(at, at + 3)
  if (first !== 0xff) return undefined
  if ((second & 0xf6) === 0xf0) return 'aac'
  const layer3 = (second & 0xe6) === 0xe2
  return layer3 && third >> 4 !== 15 && ((third >> 2) & 3) !== 3 ? 'mp3' : undefined
}

/** Behind an ID3 tag there may be MP3 or AAC. */
function behindId3(bytes: Buffer): Format {
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(6, 10)
  return frameSync(bytes, 10 + ((a << 21) | (b << 14) | (c << 7) | d)) ?? 'mp3'
}

const boxKinds = ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip', 'pnot']

/** What a file is by its first bytes (64 KiB are plenty). */
export function sniff(head: Buffer): Format {
  if (head.length >= 8 && head.readUInt32BE(0) === 0x89504e47) return 'png'
  if (head.length >= 3 && head.readUIntBE(0, 3) === 0xffd8ff) return 'jpeg'
  if (starts(head, 'GIF87a') || starts(head, 'GIF89a')) return 'gif'
  if (starts(head, 'RIFF') && starts(head, 'WEBP', 8)) return 'webp'
  if ((starts(head, 'RIFF') || starts(head, 'RF64')) && starts(head, 'WAVE', 8)) return 'wav'
  if (starts(head, 'RIFF') && starts(head, 'AVI ', 8)) return 'avi'
  if (starts(head, 'FORM') && (starts(head, 'AIFF', 8) || starts(head, 'AIFC', 8))) return 'aiff'
  if (starts(head, 'fLaC')) return 'flac'
  if (starts(head, 'OggS')) return 'ogg'
  if (starts(head, 'ID3')) return behindId3(head)
  if (head.length >= 4 && head.readUInt32BE(0) === 0x1a45dfa3) return 'matroska'
  if (boxKinds.some((kind) => starts(head, kind, 4))) return 'mp4'
  const text = head.toString('utf8').replace(/^\ufeff/, '')
  if (playlist.test(text)) return 'playlist'
  return frameSync(head, 0) ?? (head.length > 0 && !/[\u0000-\u0008\u000e-\u001a\ufffd]/.test(text.slice(0, 2000)) ? 'text' : 'unknown')
}

/** A picture's size, or why the file is not a whole picture. */
export type Header = { readonly ok: true; readonly size: Size } | { readonly ok: false; readonly why: string }
const broken = (why: string): Header => ({ ok: false, why })
const sized = (width: number, height: number): Header =>
  width > 0 && height > 0 ? { ok: true, size: { width, height } } : broken('its header gives no size')

/** Walks all chunks of a PNG: each has to be whole and to match its checksum. */
function pngHeader(bytes: Buffer): Header {
  let size: Header = broken('its header is missing')
  let pictures = 0
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const end = at + 12 + length
    if (end > bytes.length) return broken('it is cut short')
    const kind = bytes.toString('latin1', at + 4, at + 8)
    if (crc32(bytes.subarray(at + 4, end - 4)) !== bytes.readUInt32BE(end - 4)) return broken('a checksum in it does not match')
    if (kind === 'IHDR' && length >= 8) size = sized(bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12))
    if (kind === 'IDAT') pictures += length
    if (kind === 'IEND') return pictures > 0 ? size : broken('it holds no picture')
    at = end
  }
  return broken('it is cut short')
}

/** EXIF orientations from 5 on lay the picture on its side. */
function liesOnItsSide(segment: Buffer): boolean {
  if (!starts(segment, 'Exif\0\0') || segment.length < 14) return false
  const little = starts(segment, 'II', 6)
  const u16 = (at: number): number => (at + 2 > segment.length ? 0 : little ? segment.readUInt16LE(at) : segment.readUInt16BE(at))
  const u32 = (at: number): number => (at + 4 > segment.length ? 0 : little ? segment.readUInt32LE(at) : segment.readUInt32BE(at))
  const table = 6 + u32(10)
  for (let n = 0; n < Math.min(u16(table), 200); n += 1) {
    const entry = table + 2 + n * 12
    if (u16(entry) === 0x0112) return u16(entry + 8) >= 5
  }
  return false
}

function jpegHeader(bytes: Buffer): Header {
  let turned = false
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return broken('its markers do not follow each other')
    const marker = bytes[at + 1] ?? 0
    if (marker === 0xff || (marker >= 0xd0 && marker <= 0xd8) || marker === 1) {
      at += marker === 0xff ? 1 : 2
      continue
    }
    const length = bytes.readUInt16BE(at + 2)
    if (marker === 0xe1) turned ||= liesOnItsSide(bytes.subarray(at + 4, at + 2 + length))
    const frame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
    if (frame) {
      if (at + 9 > bytes.length) break
      if (bytes.lastIndexOf(Buffer.from([0xff, 0xd9])) < at) return broken('it is cut short')
      const [height, width] = [bytes.readUInt16BE(at + 5), bytes.readUInt16BE(at + 7)]
      return turned ? sized(height, width) : sized(width, height)
    }
    if (marker === 0xda || marker === 0xd9) break
    at += 2 + length
  }
  return broken('it is cut short')
}

function webpHeader(bytes: Buffer): Header {
  if (bytes.length < 30 || bytes.length < bytes.readUInt32LE(4) + 8 - 1) return broken('it is cut short')
  const kind = bytes.toString('latin1', 12, 16)
  if (kind === 'VP8X') return sized(bytes.readUIntLE(24, 3) + 1, bytes.readUIntLE(27, 3) + 1)
  if (kind === 'VP8 ') return sized(bytes.readUInt16LE(26) & 0x3fff, bytes.readUInt16LE(28) & 0x3fff)
  if (kind !== 'VP8L') return broken('its header is missing')
  const bits = bytes.readUInt32LE(21)
  return sized((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
}

/** Reads a picture's size from its bytes and looks whether all of it is there. Decodes nothing. */
export function pictureHeader(format: 'png' | 'jpeg' | 'webp' | 'gif', bytes: Buffer): Header {
  switch (format) {
    case 'png':
      return pngHeader(bytes)
    case 'jpeg':
      return jpegHeader(bytes)
    case 'webp':
      return webpHeader(bytes)
    case 'gif': {
      if (bytes.length < 14) return broken('it is cut short')
      return bytes.lastIndexOf(0x3b) < 13 ? broken('it is cut short') : sized(bytes.readUInt16LE(6), bytes.readUInt16LE(8))
    }
  }
}

/** Length of bare WAV sound: samples and their rate. Undefined where it is coded in a way only a decoder understands. */
export type WavLength = { readonly samples: number; readonly rate: number; readonly whole: boolean }

/** Reads a WAV's chunks out of its first bytes, `total` bytes in all. */
export function wavLength(head: Buffer, total: number): WavLength | undefined {
  if (!starts(head, 'RIFF')) return undefined
  let rate = 0
  let align = 0
  for (let at = 12; at + 8 <= head.length; ) {
    const length = head.readUInt32LE(at + 4)
    if (starts(head, 'fmt ', at) && at + 24 <= head.length) {
      if (![1, 3, 0xfffe].includes(head.readUInt16LE(at + 8))) return undefined
      rate = head.readUInt32LE(at + 12)
      align = head.readUInt16LE(at + 20)
    }
    if (starts(head, 'data', at)) {
      if (rate === 0 || align === 0) return undefined
      // Writers that could not go back leave the length open.
      const open = length === 0xffffffff || length === 0
      const there = total - at - 8
      return { samples: Math.floor(Math.min(open ? there : length, there) / align), rate, whole: open || length <= there }
    }
    at += 8 + length + (length % 2)
  }
  return undefined
}
