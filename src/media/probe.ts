// A clip's file in, what it really is out: frames, size, rate, samples of sound. MP4s are read by their boxes; other
// containers (own footage) are asked of ffmpeg.
import type { Delivered } from '../lang/plan.ts'
import { toNumber } from '../lang/time.ts'
import { notWhole } from './boxes.ts'
import type { Tool } from './ffmpeg.ts'
import { sampleRate } from './house.ts'
import type { Movie, Track } from './mp4.ts'
import { rateOf, readMp4 } from './mp4.ts'

/** How long a track is shown or heard, in seconds: its edit where it has one that is no longer than the track itself. */
export function shownSeconds(movie: Movie, track: Track): number {
  const own = track.duration / track.timescale
  if (track.edit === undefined) return own
  const { start, duration } = track.edit
  const rest = own - Math.max(0, start - track.shift) / track.timescale
  // Some writers leave the edit's length at 0 for "all of it".
  return duration === 0 ? rest : Math.min(rest, duration / movie.timescale)
}

/** Samples at 48 kHz. An edit that says the same as the track to its own coarse tick does not shorten it. */
function samplesOf(movie: Movie, track: Track): number {
  const rest = (track.duration - (track.edit?.start ?? 0)) / track.timescale
  const shown = shownSeconds(movie, track)
  return Math.round((rest - shown < 1.5 / movie.timescale ? rest : shown) * sampleRate)
}

/** Reads what came. Throws a `mismatch` failure where the file is not a whole MP4 with a picture. */
export async function probe(path: string): Promise<Delivered> {
  const movie = await readMp4(path)
  if (movie.fragmented) notWhole('the file is in fragments, which this build does not read')
  const picture = movie.tracks.find((track) => track.kind === 'video') ?? notWhole('the file has no picture')
  if (picture.samples === 0) notWhole('the file has a picture track without pictures')
  const { rate, constant } = rateOf(picture)
  const sound = movie.tracks.find((track) => track.kind === 'audio')
  for (const track of [picture, ...(sound === undefined ? [] : [sound])]) track.table()
  const shown = shownSeconds(movie, picture) * toNumber(rate)
  // Half a frame of an edit's rounding is none; more is meant.
  const frames = constant && picture.samples - shown < 0.75 ? picture.samples : Math.round(shown)
  return { frames, size: picture.size, rate, soundSamples: sound === undefined ? 0 : samplesOf(movie, sound), bytes: movie.bytes }
}

/** What ffmpeg says of any media file it can open. Throws its `tool` failure for one it cannot. */
export type Seen = { readonly seconds?: number; readonly hasPicture: boolean; readonly hasSound: boolean }

export async function look(tool: Tool, path: string, signal: AbortSignal): Promise<Seen> {
  const outputs = [{ none: true as const, options: ['-map', '0:v:0?', '-map', '0:a:0?', '-frames:v', '1', '-t', '0.01', '-f', 'null'] }]
  const { stderr } = await tool.run({ verbose: true, inputs: [{ path }], outputs }, { signal })
  const input = stderr.split(/^Output #0/m)[0] ?? ''
  const clock = /Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)/.exec(input)
  const told = clock === null ? {} : { seconds: Number(clock[1]) * 3600 + Number(clock[2]) * 60 + Number(clock[3]) }
  return { ...told, hasPicture: /Stream #0:\d+.*: Video:/.test(input), hasSound: /Stream #0:\d+.*: Audio:/.test(input) }
}
