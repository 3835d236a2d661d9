// Any clip or picture in, the ffmpeg command that makes a house clip of it out: size, rate, exact length, bt709,
// FLAC sound of the exact number of samples (silence where there is none). Pure.
import type { Size } from '../lang/program.ts'
import { frameToSample } from '../lang/time.ts'
import type { Command, Input } from './command.ts'
import type { House } from './house.ts'
import { muxArguments, sampleRate, soundArguments, videoArguments } from './house.ts'
import { bt709, counted } from './piece-command.ts'

/** `crop` fills the frame and loses the edges; `pad` shows all and leaves black bars. */
export type Fit = 'crop' | 'pad'

export type ConformOrder = {
  readonly path: string
  readonly output: string
  readonly house: House
  readonly fit: Fit
  /** Frames of the house's rate to leave out in front, and how many to keep: exactly so many come out. */
  readonly skip: number
  readonly frames: number
  /** Seconds of the file to leave out in front, as ffmpeg reads them; for footage, whose rate may be any. */
  readonly start?: string
  readonly hasSound: boolean
  /** Stops at the first damaged packet: for files that were paid for and must be whole. */
  readonly strict: boolean
  /** Leave the sound out altogether. */
  readonly mute?: boolean
}

/** Square pixels, then the house's size, in bt709 whatever it was. */
export function fitted(size: Size, fit: Fit): string {
  const { width, height } = size
  const square = "scale=w='trunc(iw*sar/2)*2':h=ih,setsar=1"
  const grow = `scale=${width}:${height}:force_original_aspect_ratio=${fit === 'crop' ? 'increase' : 'decrease'}:flags=lanczos:out_color_matrix=bt709:out_range=tv`
  const shape = fit === 'crop' ? `crop=${width}:${height}` : `pad=${width}:${height}:-1:-1:black`
  return `${square},${grow},format=yuv420p,${shape},setsar=1,${bt709}`
}

const rateText = (house: House): string => `${house.rate.num}/${house.rate.den}`

/** A sound chain that gives exactly `samples` samples from `from` on, silence behind its end. */
export const exactSound = (from: number, samples: number): string =>
  `aresample=${sampleRate}:async=1:first_pts=0,aformat=sample_fmts=s16:channel_layouts=stereo,` +
  `atrim=start_sample=${from}:end_sample=${from + samples},asetpts=N/SR/TB,apad=whole_len=${samples}`

const silence = (samples: number): Input => ({ lavfi: `anullsrc=r=${sampleRate}:cl=stereo,atrim=end_sample=${samples}` })

type Ends = { readonly output: string; readonly house: House; readonly sound: boolean }

/** The graph has counted the frames; `-frames:v` would cut the sound off at its last whole packet. */
function outputOf({ output, house, sound }: Ends): Command['outputs'] {
  const maps = sound ? ['-map', '[v]', '-map', '[a]', ...soundArguments] : ['-map', '[v]', '-an']
  return [{ path: output, options: [...maps, ...videoArguments(house), ...muxArguments] }]
}

/** Makes a house clip of any moving picture. The last frame is held where the file ends a little early. */
export function conformCommand(order: ConformOrder): Command {
  const { house, skip, frames } = order
  const seek = order.start === undefined ? [] : ['-ss', order.start]
  const [from, to] = [frameToSample(skip, house.rate), frameToSample(skip + frames, house.rate)]
  const picture =
    `[0:v:0]yadif=deint=interlaced,fps=${rateText(house)}:start_time=0:round=near,tpad=stop=-1:stop_mode=clone,` +
    `trim=start_frame=${skip}:end_frame=${skip + frames},${fitted(house.size, order.fit)},${counted(house.rate)}[v]`
  const sound =
    order.mute === true ? [] : [`${order.hasSound ? '[0:a:0]' : '[1:a:0]'}${exactSound(order.hasSound ? from : 0, to - from)}[a]`]
  const quiet = order.mute === true || order.hasSound ? [] : [silence(to - from)]
  return {
    strict: order.strict,
    inputs: [{ path: order.path, options: seek }, ...quiet],
    graph: [picture, ...sound].join(';'),
    outputs: outputOf({ output: order.output, house, sound: order.mute !== true }),
  }
}

/** What `-f` names a picture by, from its first bytes; undefined for what is none of ours. */
export function pictureFormat(head: Uint8Array): 'png_pipe' | 'jpeg_pipe' | 'webp_pipe' | 'bmp_pipe' | 'tiff_pipe' | undefined {
  const text = String.fromCharCode(...head.subarray(0, 12))
  if (text.startsWith('\x89PNG\r\n\x1a\n')) return 'png_pipe'
  if (text.startsWith('\xff\xd8\xff')) return 'jpeg_pipe'
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return 'webp_pipe'
  if (text.startsWith('BM')) return 'bmp_pipe'
  if (text.startsWith('II*\0') || text.startsWith('MM\0*')) return 'tiff_pipe'
  return undefined
}

/** How one picture is read. A PNG is taken as a whole file: the pipe's reader would take bytes after its end, which some programs leave, for another picture. */
const pictureOptions = (format: string): readonly string[] =>
  format === 'png_pipe' ? ['-f', 'image2', '-pattern_type', 'none', '-c:v', 'png'] : ['-f', format]

export type HoldOrder = {
  readonly path: string
  readonly format: string
  readonly output: string
  readonly house: House
  readonly fit: Fit
  readonly frames: number
}

/** Holds one picture for `frames` frames, in silence. What is see-through becomes black. */
export function holdCommand({ path, format, output, house, fit, frames }: HoldOrder): Command {
  const { width, height } = house.size
  const ground = `color=c=black:size=${width}x${height}:rate=${rateText(house)},format=yuv420p,trim=end_frame=1,setsar=1,${bt709}[ground]`
  const scale = `scale=w=${width}:h=${height}:force_original_aspect_ratio=${fit === 'crop' ? 'increase' : 'decrease'}:flags=lanczos:out_color_matrix=bt709:out_range=tv`
  const shown = `[0:v:0]scale=w='trunc(iw*sar/2)*2':h=ih,setsar=1,${scale},format=yuva420p,${bt709}${fit === 'crop' ? `,crop=${width}:${height}` : ''}[shown]`
  const held = `[ground][shown]overlay=x=(W-w)/2:y=(H-h)/2:format=yuv420,loop=loop=-1:size=1:start=0,trim=end_frame=${frames},${counted(house.rate)},format=yuv420p[v]`
  const samples = frameToSample(frames, house.rate)
  return {
    strict: true,
    inputs: [{ path, options: pictureOptions(format) }, silence(samples)],
    graph: [ground, shown, held, `[1:a:0]${exactSound(0, samples)}[a]`].join(';'),
    outputs: outputOf({ output, house, sound: true }),
  }
}
