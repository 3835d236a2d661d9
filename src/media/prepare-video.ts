// A clip made fit for a host: MP4 with a picture the host decodes and AAC beside it. Our own clips carry FLAC, which
// hosts do not take: their sound is encoded anew and their picture copied, frame for frame.
import { toNumber } from '../lang/time.ts'
import type { Tool } from './ffmpeg.ts'
import { muxArguments } from './house.ts'
import type { Bench, Fitted, VideoCodec } from './input-rules.ts'
import { megabytes, unfit } from './input-rules.ts'
import type { Movie, Track } from './mp4.ts'
import { rateOf, readMp4 } from './mp4.ts'
import { headOf, isPlainAac } from './prepare-sound.ts'
import { probe } from './probe.ts'
import { sniff } from './sniff.ts'

const codecs: ReadonlyMap<string, VideoCodec> = new Map([
  ['avc1', 'h264'],
  ['avc3', 'h264'],
  ['hvc1', 'h265'],
  ['hev1', 'h265'],
])

type Seen = { readonly movie: Movie; readonly picture: Track; readonly sound: Track | undefined }

async function seen(path: string): Promise<Seen | undefined> {
  if (sniff(await headOf(path)) !== 'mp4') return undefined
  const movie = await readMp4(path)
  const picture = movie.tracks.find(({ kind }) => kind === 'video')
  if (picture === undefined || movie.fragmented) return undefined
  return { movie, picture, sound: movie.tracks.find(({ kind }) => kind === 'audio') }
}

const soundOptions = ['-c:a', 'aac', '-b:a', '192000', '-ar', '48000', '-ac', '2', '-flags:a', '+bitexact']
/** From a clean copy down to what a model still reads well. */
const qualities = [16, 20, 24, 28, 32]

/** The longer side at most so long, both even. */
const scaleTo = (most: number): string => {
  const fit = `min(1\\,${most}/max(iw\\,ih))`
  return `scale=w=trunc(iw*${fit}/2)*2:h=trunc(ih*${fit}/2)*2:flags=lanczos`
}

/** The whole picture on the job's canvas, black beside it, at the job's rate. */
function onCanvas({ size: { width, height }, rate }: Bench): string {
  const fit = `scale=${width}:${height}:force_original_aspect_ratio=decrease:force_divisible_by=2:flags=lanczos`
  const beat = rate === undefined ? '' : `,fps=${rate.num}/${rate.den}`
  return `${fit},pad=${width}:${height}:-1:-1:black,setsar=1${beat}`
}

/** A clip that is on it already is left alone. */
function isOnCanvas({ rules, size, rate }: Bench, { picture }: Seen): boolean {
  if (rules.video.exactCanvas !== true) return true
  const its = rateOf(picture)
  const sameRate = rate === undefined || (its.constant && its.rate.num * rate.den === rate.num * its.rate.den)
  return picture.size.width === size.width && picture.size.height === size.height && sameRate
}

async function encode(bench: Bench, tool: Tool, quality: number | 'copy', scaled: boolean): Promise<string> {
  const { path, signal, rules, size, rate } = bench
  const canvas = rules.video.exactCanvas === true
  const scale = scaled ? ['-vf', canvas ? onCanvas(bench) : scaleTo(rules.video.maxSide)] : []
  const picture =
    quality === 'copy'
      ? ['-c:v', 'copy']
      : [...scale, '-c:v', 'libx264', '-preset', 'veryfast', '-crf', String(quality), '-pix_fmt', 'yuv420p', '-threads', '1']
  const scaling = canvas ? `${size.width}x${size.height} ${rate?.num}/${rate?.den}` : String(rules.video.maxSide)
  return bench.make(`video ${quality} ${scaled ? scaling : ''}`, 'mp4', async (into) => {
    const options = ['-map', '0:v:0', '-map', '0:a:0?', ...picture, '-flags:v', '+bitexact', ...soundOptions, ...muxArguments]
    await tool.run({ strict: true, inputs: [{ path }], outputs: [{ path: into, options }] }, { signal })
  })
}

export async function prepareVideo(bench: Bench): Promise<Fitted> {
  const { path, rules, world } = bench
  const { maxBytes, maxSide, minFrames } = rules.video
  const clip = await seen(path)
  const codec = clip === undefined ? undefined : codecs.get(clip.picture.codec)
  const keepsPicture = codec !== undefined && rules.video.codecs.includes(codec)
  const keepsSound = clip !== undefined && (clip.sound === undefined || isPlainAac(clip.sound))
  const tooLarge = clip !== undefined && Math.max(clip.picture.size.width, clip.picture.size.height) > maxSide
  const off = clip !== undefined && !isOnCanvas(bench, clip)
  const fits = keepsPicture && keepsSound && !tooLarge && !off
  if (fits && bench.bytes <= maxBytes && clip.movie.tracks.length <= 2) {
    await checkFrames(path, minFrames)
    return { path, mime: 'video/mp4', ending: 'mp4', changed: [] }
  }
  const tool = await bench.tool()
  const scaled = clip === undefined || tooLarge || off
  for (const quality of keepsPicture && !scaled ? (['copy', ...qualities] as const) : qualities) {
    const made = await encode(bench, tool, quality, scaled)
    await checkFrames(made, minFrames)
    if ((await world.files.stat(made)).bytes > maxBytes) continue
    const changed = [
      ...(keepsSound ? [] : ['its sound as AAC']),
      ...(quality === 'copy'
        ? []
        : [off ? 'its picture on the canvas of the job' : tooLarge ? `its picture within ${maxSide}` : 'its picture encoded anew']),
    ]
    return { path: made, mime: 'video/mp4', ending: 'mp4', changed: changed.length === 0 ? ['its tracks copied'] : changed }
  }
  return unfit(`a clip of ${megabytes(bench.bytes)} cannot be made smaller than ${megabytes(maxBytes)}`, 'go on from a shorter clip')
}

/** Of the file that is sent: at another rate a clip has other frames. */
async function checkFrames(path: string, least: number): Promise<void> {
  if (least <= 0) return
  const { frames, rate } = await probe(path)
  if (frames >= least) return
  // Rounded up: with a tenth less the clip would be too short again.
  const need = Math.ceil((least / toNumber(rate)) * 10 - 1e-6) / 10
  unfit(`the clip has ${frames} frames; this host takes ${least} at least`, `make the shot ${need} s long or more before this step`)
}
