// What ffmpeg is asked to do, as data: inputs, one filter graph, outputs. Tests read it, `ffmpeg.ts` runs it.
// A graph is built from numbers and our own labels alone; names, prompts and titles of people never enter it.
import type { Readable, Writable } from 'node:stream'

/** `options` stand before the `-i` they belong to. A `path` is absolute; `lavfi` is one of ffmpeg's own sources. */
export type Input = { readonly options?: readonly string[] } & (
  | { readonly path: string }
  | { readonly lavfi: string }
  | { readonly stream: Readable }
)

/** Where it goes. `pipe`: to whoever called `read`; `none`: decoded and thrown away (measuring). */
export type Output = { readonly options: readonly string[] } & (
  | { readonly path: string }
  | { readonly stream: Writable }
  | { readonly pipe: true }
  | { readonly none: true }
)

export type Command = {
  readonly inputs: readonly Input[]
  /** A filter graph; its ends are taken up by `-map` in the outputs' options. */
  readonly graph?: string
  readonly outputs: readonly Output[]
  /** Ends with an error at the first damaged packet instead of painting over it. For files that must be whole. */
  readonly strict?: boolean
  /** Lets what filters measure (ebur128, silencedetect …) through to `stderr`. */
  readonly verbose?: boolean
}

/** Pictures larger than this are refused before they are decoded: 8K fits, a bomb does not. */
export const maxPixels = 40_000_000

/** Containers that hold one thing. Playlists (hls, concat, dash …) are not among them: they would open other files. */
const containers =
  'mov,mp4,m4a,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,mxf,gif,flv,asf,wav,w64,aiff,caf,au,flac,mp3,aac,ogg,opus,ac3,amr,' +
  'image2,png_pipe,jpeg_pipe,webp_pipe,bmp_pipe,tiff_pipe,apng,rawvideo,s16le,s24le,s32le,f32le,f64le,yuv4mpegpipe'

/** The options every input is opened with: no network, no playlists, no bombs. */
export function guardedInput(input: Input, strict: boolean): readonly string[] {
  if ('lavfi' in input) return ['-f', 'lavfi', ...(input.options ?? [])]
  const explode = strict ? ['-err_detect', 'explode'] : []
  const guards = ['-protocol_whitelist', 'file,pipe', '-format_whitelist', containers, '-max_pixels', String(maxPixels)]
  return [...guards, ...explode, ...(input.options ?? [])]
}

/** No metadata, subtitles or data streams of others pass into what we write. */
export const guardedOutput: readonly string[] = ['-map_metadata', '-1', '-sn', '-dn']

/** The same bytes as an argument list, for goldens and for people; `ffmpeg.ts` builds its own through its library. */
export function describe(command: Command): readonly string[] {
  const inputs = command.inputs.flatMap((input) => [
    ...guardedInput(input, command.strict === true),
    '-i',
    'path' in input ? `file:${input.path}` : 'lavfi' in input ? input.lavfi : 'pipe:0',
  ])
  const outputs = command.outputs.flatMap((output) => [
    ...guardedOutput,
    ...output.options,
    'path' in output ? `file:${output.path}` : 'none' in output ? '-' : 'pipe:1',
  ])
  return [...inputs, ...(command.graph === undefined ? [] : ['-filter_complex', command.graph]), ...outputs]
}
