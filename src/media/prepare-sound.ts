// A sound made fit for a host: the stretch that is heard, cut to the sample, with silence after it where the host takes nothing so
// short, in a type the host takes. Many take no PCM, so an ordinary WAV becomes AAC in an M4A.
import type { FileHandle } from 'node:fs/promises'
import { open } from 'node:fs/promises'
import type { Rational } from '../lang/time.ts'
import { rational } from '../lang/time.ts'
import { secondsToSample, sliceAudio } from './beds.ts'
import type { Tool } from './ffmpeg.ts'
import { sampleRate } from './house.ts'
import type { Bench, Fitted, SoundType } from './input-rules.ts'
import { megabytes, unfit } from './input-rules.ts'
import type { Track } from './mp4.ts'
import { readMp4 } from './mp4.ts'
import { decodeSound, frameBytes } from './pcm.ts'
import type { Format } from './sniff.ts'
import { sniff, wavLength } from './sniff.ts'
import { meantSamples } from './sound-length.ts'

const mimes: Readonly<Record<SoundType, string>> = {
  mp3: 'audio/mpeg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  wav: 'audio/wav',
}

/** Encoders, and bits a second where they take a wish; no encoder's own name in the file, the same bytes each time. */
const encodings: Readonly<Record<SoundType, (bits: number) => readonly string[]>> = {
  mp3: (bits) => ['-c:a', 'libmp3lame', '-b:a', String(bits), '-id3v2_version', '0', '-write_xing', '1', '-f', 'mp3'],
  m4a: (bits) => ['-c:a', 'aac', '-b:a', String(bits), '-movflags', '+faststart', '-f', 'ipod'],
  aac: (bits) => ['-c:a', 'aac', '-b:a', String(bits), '-f', 'adts'],
  flac: () => ['-c:a', 'flac', '-sample_fmt', 's16', '-f', 'flac'],
  ogg: (bits) => ['-c:a', 'libvorbis', '-b:a', String(bits), '-f', 'ogg'],
  wav: () => ['-c:a', 'pcm_s16le', '-f', 'wav'],
}
/** From what nobody hears a difference in down to what still serves a voice. */
const bitRates = [192_000, 128_000, 96_000, 64_000]

export async function headOf(path: string): Promise<Buffer> {
  const file: FileHandle = await open(path)
  try {
    const head = Buffer.alloc(1 << 16)
    return head.subarray(0, (await file.read(head, 0, head.length, 0)).bytesRead)
  } finally {
    await file.close()
  }
}

/** AAC-LC by the settings in the sample entry: object type 2, without the marks of HE-AAC. */
export function isPlainAac(track: Track): boolean {
  if (track.codec !== 'mp4a') return false
  const at = track.entry.indexOf('esds')
  if (at < 0) return false
  // The decoder's own settings are the descriptor of tag 5; its length takes one to four bytes.
  for (let here = at + 8; here + 3 < track.entry.length; here += 1) {
    if (track.entry[here] !== 0x05) continue
    let first = here + 1
    while ((track.entry[first] ?? 0) & 0x80) first += 1
    const length = track.entry[first] ?? 0
    const settings = track.entry[first + 1] ?? 0
    if (length >= 2 && length < 32 && first + length < track.entry.length) return settings >> 3 === 2
  }
  return false
}

/** What a sound file is to a host; undefined where no host would take it as it is. */
async function typeOf(path: string, format: Format): Promise<SoundType | undefined> {
  switch (format) {
    case 'mp3':
    case 'aac':
    case 'flac':
    case 'ogg':
    case 'wav':
      return format
    case 'mp4': {
      const movie = await readMp4(path)
      const only = movie.tracks.length === 1 ? movie.tracks[0] : undefined
      return only !== undefined && isPlainAac(only) ? 'm4a' : undefined
    }
    default:
      return undefined
  }
}

/** Samples at 48 kHz that the file sounds for. */
async function lengthOf(bench: Bench, tool: Tool, format: Format, head: Buffer): Promise<number> {
  const wav = format === 'wav' ? wavLength(head, bench.bytes) : undefined
  if (wav !== undefined) return Math.round((wav.samples * sampleRate) / wav.rate)
  const meant = await meantSamples(bench.path)
  if (meant !== undefined) return meant
  let bytes = 0
  const sound = { tool, signal: bench.signal, input: { path: bench.path }, options: ['-map', '0:a:0'], format: 's16le' } as const
  for await (const block of decodeSound(sound)) bytes += block.length
  return Math.round(bytes / frameBytes('s16le'))
}

/** Samples of the file, and how long what is sent of them lasts. `whole`: the file as it is. */
type Stretch = { readonly from: number; readonly to: number; readonly length: number; readonly whole: boolean }

/** `heard` of the whole file, near enough to the sample grid of its decoder, is the file itself. */
function stretchOf({ heard, rules }: Bench, samples: number): Stretch {
  const [from, to] = heard === undefined ? [0, samples] : [secondsToSample(heard.from), secondsToSample(heard.to)]
  const least = Math.ceil(((rules.audio.minSeconds ?? 0) - 1e-4) * sampleRate)
  const isShort = to - from < least
  const length = isShort ? Math.ceil((rules.audio.minSeconds ?? 0) * sampleRate) : to - from
  return { from, to, length, whole: !isShort && from === 0 && Math.abs(to - samples) <= 1 }
}

function checkLength({ rules }: Bench, samples: number): void {
  const seconds = samples / sampleRate
  const { maxSeconds = Number.POSITIVE_INFINITY } = rules.audio
  const said = `${Math.round(seconds * 100) / 100} s`
  if (seconds > maxSeconds + 1e-4) unfit(`the sound lasts ${said}; this host takes ${maxSeconds} s at most`, 'make the shot shorter')
}

export async function prepareSound(bench: Bench): Promise<Fitted> {
  const { rules, path, world, heard, signal } = bench
  const { types, maxBytes } = rules.audio
  const head = await headOf(path)
  const format = sniff(head)
  const tool = await bench.tool()
  const type = await typeOf(path, format)
  const samples = await lengthOf(bench, tool, format, head)
  const stretch = stretchOf(bench, samples)
  checkLength(bench, stretch.to - stretch.from)
  if (type !== undefined && types.includes(type) && stretch.whole && bench.bytes <= maxBytes) {
    return { path, mime: mimes[type], ending: type, changed: [] }
  }
  const samplesOf = (count: number): Rational => rational(count, sampleRate)
  const { from = samplesOf(0), to: end = samplesOf(samples) } = heard ?? {}
  const cut = stretch.whole
    ? path
    : await bench.make(`slice ${stretch.from} ${stretch.to} ${stretch.length}`, 'flac', async (into) => {
        await sliceAudio({ tool, signal, path, from, to: end, least: stretch.length, into })
      })
  // A cut is FLAC; where the source was lossy, nothing is gained by carrying more.
  const to = types.find((known) => known === type) ?? types[0] ?? 'm4a'
  for (const bits of to === 'flac' || to === 'wav' ? [0] : bitRates) {
    const made =
      to === 'flac' && cut !== path
        ? cut
        : await bench.make(`sound ${to} ${bits} ${stretch.from} ${stretch.to} ${stretch.length}`, to, async (into) => {
            const options = ['-map', '0:a:0', '-ar', String(sampleRate), '-ac', '2', ...encodings[to](bits), '-fflags', '+bitexact']
            await tool.run(
              { inputs: [{ path: cut }], outputs: [{ path: into, options: [...options, '-flags:a', '+bitexact'] }] },
              { signal },
            )
          })
    if ((await world.files.stat(made)).bytes > maxBytes) continue
    return { path: made, mime: mimes[to], ending: to, changed: changesOf(stretch, type ?? format, to) }
  }
  return unfit(`a sound cannot be made smaller than ${megabytes(maxBytes)}`, 'let the shot hear less of it')
}

const secondsOf = (samples: number): number => Math.round((samples / sampleRate) * 1000) / 1000

const changesOf = (stretch: Stretch, from: string, to: string): readonly string[] => [
  ...(stretch.whole || stretch.length > stretch.to - stretch.from ? [] : [`cut to ${secondsOf(stretch.length)} s`]),
  ...(stretch.length > stretch.to - stretch.from ? [`silence to ${secondsOf(stretch.length)} s`] : []),
  `${from} to ${to}`,
]
