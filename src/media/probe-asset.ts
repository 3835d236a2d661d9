// An open file and what its first bytes say go in, the facts the planner needs come out: size, exact length, rate,
// whether it sounds. Pictures and WAV are read here; other sound is decoded once and its samples counted.
import type { FileHandle } from 'node:fs/promises'
import { loadImage } from '@napi-rs/canvas'
import type { AssetFacts } from '../lang/plan.ts'
import type { Rate, Rational } from '../lang/time.ts'
import { framesToSeconds, rational } from '../lang/time.ts'
import { maxPixels } from './command.ts'
import type { Tool } from './ffmpeg.ts'
import { sampleRate } from './house.ts'
import { readMp4 } from './mp4.ts'
import { decodeSound, frameBytes } from './pcm.ts'
import { look, probe } from './probe.ts'
import type { Format } from './sniff.ts'
import { formatNames, pictureHeader, wavLength } from './sniff.ts'
import { heardSamples } from './sound-length.ts'

export type Measured = Pick<AssetFacts, 'size' | 'seconds' | 'rate' | 'hasSound'>
export type Fault = { readonly kind: 'corrupt' | 'too-large' | 'unsupported' | 'wrong-kind'; readonly message: string }
export type Probed = { readonly ok: true; readonly measured: Measured } | ({ readonly ok: false } & Fault)

export type Asked = {
  /** As the script names it. */
  readonly path: string
  readonly kind: AssetFacts['kind']
  readonly format: Format
  readonly file: FileHandle
  /** Where ffmpeg finds it. */
  readonly real: string
  readonly bytes: number
  readonly head: Buffer
  readonly tool: Tool
  readonly signal: AbortSignal
}

const fault = (kind: Fault['kind'], message: string): Probed => ({ ok: false, kind, message })
const found = (measured: Measured): Probed => ({ ok: true, measured })

/** Longer than this is a mistake or a trap. */
const mostSeconds = 24 * 3600
const mostPictureBytes = 256 << 20
const mostSide = 16384

const isPicture = (format: Format): format is 'png' | 'jpeg' | 'webp' | 'gif' => ['png', 'jpeg', 'webp', 'gif'].includes(format)
const isSoundFile = (format: Format): boolean => ['wav', 'mp3', 'aac', 'flac', 'ogg', 'aiff'].includes(format)
const isContainer = (format: Format): boolean => ['mp4', 'matroska', 'avi'].includes(format)

async function readWhole(file: FileHandle, bytes: number): Promise<Buffer> {
  const whole = Buffer.alloc(bytes)
  for (let at = 0; at < bytes; ) {
    const { bytesRead } = await file.read(whole, at, bytes - at, at)
    if (bytesRead === 0) break
    at += bytesRead
  }
  return whole
}

async function probePicture(asked: Asked, format: 'png' | 'jpeg' | 'webp' | 'gif'): Promise<Probed> {
  if (asked.bytes > mostPictureBytes)
    return fault('too-large', `${asked.path} is ${Math.round(asked.bytes / 2 ** 20)} MiB, too large for a picture`)
  const bytes = await readWhole(asked.file, asked.bytes)
  const header = pictureHeader(format, bytes)
  if (!header.ok) return fault('corrupt', `${asked.path} is damaged: ${header.why}`)
  const { width, height } = header.size
  if (width * height > maxPixels || Math.max(width, height) > mostSide) {
    return fault('too-large', `${asked.path} says it is ${width}x${height}; the most is ${maxPixels / 1_000_000} million pixels`)
  }
  const decoded = await loadImage(bytes).catch(() => undefined)
  if (decoded === undefined || decoded.width === 0) return fault('corrupt', `${asked.path} is damaged: it cannot be decoded`)
  return found({ size: header.size, hasSound: false })
}

/** Samples at 48 kHz that come out of the first sound track. */
async function countSamples(asked: Asked): Promise<number> {
  const { tool, signal, real } = asked
  let bytes = 0
  const limit = mostSeconds * sampleRate * frameBytes('s16le')
  for await (const block of decodeSound({ tool, signal, input: { path: real }, options: ['-map', '0:a:0'], format: 's16le' })) {
    bytes += block.length
    if (bytes > limit) break
  }
  return bytes / frameBytes('s16le')
}

const lengthOf = (path: string, seconds: Rational): Probed | Rational => {
  if (seconds.num <= 0) return fault('corrupt', `${path} holds no sound`)
  return seconds.num / seconds.den > mostSeconds ? fault('too-large', `${path} says it is longer than a day`) : seconds
}

const sounding = (length: Probed | Rational): Probed => ('ok' in length ? length : found({ seconds: length, hasSound: true }))

/** FLAC's own count of samples, from its first block; 0 where the writer did not know. */
const flacSamples = (head: Buffer): { readonly samples: number; readonly rate: number } =>
  head.length < 26
    ? { samples: 0, rate: 1 }
    : { samples: (head.readUInt8(21) & 15) * 2 ** 32 + head.readUInt32BE(22), rate: head.readUIntBE(18, 3) >> 4 }

async function probeSound(asked: Asked): Promise<Probed> {
  const wav = asked.format === 'wav' ? wavLength(asked.head, asked.bytes) : undefined
  if (wav !== undefined && !wav.whole) return fault('corrupt', `${asked.path} is cut short: it promises more sound than it holds`)
  if (wav !== undefined) return sounding(lengthOf(asked.path, rational(wav.samples, wav.rate)))
  const samples = await countSamples(asked)
  if (asked.format === 'flac') {
    const promised = flacSamples(asked.head)
    const exact = rational(promised.samples, Math.max(1, promised.rate))
    if (promised.samples === 0) return sounding(lengthOf(asked.path, rational(samples, sampleRate)))
    if (samples < Math.floor((exact.num * sampleRate) / exact.den) - 1)
      return fault('corrupt', `${asked.path} is cut short: it promises more sound than it holds`)
    return sounding(lengthOf(asked.path, exact))
  }
  return sounding(lengthOf(asked.path, rational(samples, sampleRate)))
}

/** Sound in an MP4: what its edit list leaves of the decoded samples (decoders give the last packet whole). */
async function probeMp4Sound(asked: Asked): Promise<Probed> {
  const movie = await readMp4(asked.real)
  const track = movie.tracks.find(({ kind }) => kind === 'audio')
  if (track === undefined) return fault('wrong-kind', `${asked.path} has no sound`)
  const decoded = await countSamples(asked)
  const shown = movie.fragmented ? decoded : heardSamples(movie, track)
  const samples = Math.min(decoded, shown)
  if (samples < shown - sampleRate)
    return fault('corrupt', `${asked.path} is damaged: only ${(samples / sampleRate).toFixed(1)} s of its sound can be decoded`)
  return sounding(lengthOf(asked.path, rational(samples, sampleRate)))
}

/** Rates a camera or an editor writes; a measured one this near is that one. */
const usualRates: readonly Rate[] = [
  ...[24000, 30000, 48000, 60000, 120000].map((num) => ({ num, den: 1001 })),
  ...[8, 10, 12, 15, 16, 20, 24, 25, 30, 48, 50, 60, 90, 100, 120].map((num) => ({ num, den: 1 })),
]

/** Reads ffmpeg's `framecrc` of a picture track: its size, frames and rate. Undefined where it tells of none. */
export function readFrameList(
  text: string,
): { readonly size: NonNullable<AssetFacts['size']>; readonly frames: number; readonly rate: Rate } | undefined {
  const base = /^#tb 0: (\d+)\/(\d+)/m.exec(text)
  const size = /^#dimensions 0: (\d+)x(\d+)/m.exec(text)
  const times = [...text.matchAll(/^0,\s*-?\d+,\s*(-?\d+),\s*(\d+)/gm)].map((line) => Number(line[1]))
  if (base === null || size === null || times.length === 0) return undefined
  const [first, last] = times.reduce(
    ([low, high], time) => [Math.min(low, time), Math.max(high, time)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
  const second = Number(base[2]) / Number(base[1])
  const measured = times.length > 1 && last > first ? ((times.length - 1) * second) / (last - first) : 25
  const usual = usualRates.find(({ num, den }) => Math.abs(measured / (num / den) - 1) < 0.0004)
  const rate = usual ?? rational(Math.round(measured * 1000), 1000)
  return { size: { width: Number(size[1]), height: Number(size[2]) }, frames: times.length, rate }
}

async function probeOtherVideo(asked: Asked): Promise<Probed> {
  const { tool, signal, real, path } = asked
  const seen = await look(tool, real, signal)
  if (!seen.hasPicture) return fault('wrong-kind', `${path} has no picture`)
  const outputs = [{ pipe: true as const, options: ['-map', '0:v:0', '-c', 'copy', '-f', 'framecrc'] }]
  const list = readFrameList((await tool.read({ inputs: [{ path: real }], outputs }, { signal, limit: 512 << 20 })).toString('latin1'))
  if (list === undefined) return fault('corrupt', `${path} holds no frames`)
  return found({ size: list.size, rate: list.rate, seconds: framesToSeconds(list.frames, list.rate), hasSound: seen.hasSound })
}

async function probeVideo(asked: Asked): Promise<Probed> {
  const { tool, signal, real, path } = asked
  if (asked.format !== 'mp4') return probeOtherVideo(asked)
  const movie = await readMp4(real)
  if (!movie.tracks.some(({ kind }) => kind === 'video')) return fault('wrong-kind', `${path} has no picture`)
  if (movie.fragmented) return probeOtherVideo(asked)
  const { frames, size, rate } = await probe(real)
  const seconds = framesToSeconds(frames, rate)
  if (seconds.num / seconds.den > mostSeconds) return fault('too-large', `${path} says it is longer than a day`)
  // The index may be whole and the pictures not: the first of them has to decode.
  const outputs = [{ none: true as const, options: ['-map', '0:v:0', '-t', '0.04', '-f', 'null'] }]
  await tool.run({ strict: true, inputs: [{ path: real, options: ['-t', '1'] }], outputs }, { signal })
  return found({ size, rate, seconds, hasSound: movie.tracks.some(({ kind }) => kind === 'audio') })
}

const nouns = { image: 'a picture', audio: 'sound', video: 'video' } as const

/** Reads what the planner needs. Throws what the tool throws: the file is then damaged, unless the run was stopped. */
export async function probeAsset(asked: Asked): Promise<Probed> {
  const { kind, format, path } = asked
  const wrong = fault('wrong-kind', `${path} is ${formatNames[format]}, and ${nouns[kind]} is needed here`)
  switch (kind) {
    case 'image':
      return isPicture(format) ? probePicture(asked, format) : wrong
    case 'audio':
      if (isSoundFile(format)) return probeSound(asked)
      if (format === 'mp4') return probeMp4Sound(asked)
      return isContainer(format) ? probeSound(asked) : wrong
    case 'video':
      return isContainer(format) ? probeVideo(asked) : wrong
  }
}
