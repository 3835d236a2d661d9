// The house format: what every clip is before it meets the cut. One codec setting a film, so that clips can be
// joined by copying. No B-frames: a clip can end at any frame without another being touched. Closed groups of
// pictures start every `gop` frames: a clip can be entered there. Sound is FLAC, exact to the sample.
import type { Size } from '../lang/program.ts'
import type { Rate } from '../lang/time.ts'

export const sampleRate = 48000
export const channels = 2

/** `draft` is for animatics (fast to make), `final` for everything that was paid for. */
export type House = { readonly size: Size; readonly rate: Rate; readonly quality: 'draft' | 'final' }

/** Frames between two keyframes: half a second, at least 6. */
export const gopOf = (rate: Rate): number => Math.max(6, Math.round(rate.num / rate.den / 2))

/** x264 arguments for the house's picture. The same for every clip, card, dissolve and title of a film: copying depends on it. */
export function videoArguments(house: House): readonly string[] {
  const gop = String(gopOf(house.rate))
  const speed = house.quality === 'draft' ? ['-preset', 'ultrafast', '-crf', '20'] : ['-preset', 'veryfast', '-crf', '16']
  return [
    '-c:v',
    'libx264',
    ...speed,
    '-profile:v',
    'high',
    '-pix_fmt',
    'yuv420p',
    '-bf',
    '0',
    '-g',
    gop,
    '-keyint_min',
    gop,
    '-sc_threshold',
    '0',
    '-flags',
    '+cgop+bitexact',
    '-color_primaries',
    'bt709',
    '-color_trc',
    'bt709',
    '-colorspace',
    'bt709',
    '-color_range',
    'tv',
    '-r',
    `${house.rate.num}/${house.rate.den}`,
    '-video_track_timescale',
    String(timescaleOf(house.rate)),
    '-threads',
    '1',
  ]
}

/** Ticks a second of the picture's track: the rate's numerator, scaled up so that it is at least 10,000. */
export const timescaleOf = (rate: Rate): number => rate.num * Math.max(1, Math.ceil(10000 / rate.num))

/**
 * FLAC in MP4: lossless, exact length, fast to decode. End the picture with `trim` (or `-t`), never with `-frames:v`:
 * ffmpeg 7.0 then leaves out the last packet of the sound.
 */
export const soundArguments: readonly string[] = [
  '-c:a',
  'flac',
  '-sample_fmt',
  's16',
  '-ar',
  String(sampleRate),
  '-ac',
  String(channels),
  '-strict',
  '-2',
]

/** For every file we write: the same bytes each time, no foreign metadata, index in front. */
export const muxArguments: readonly string[] = ['-map_metadata', '-1', '-fflags', '+bitexact', '-movflags', '+faststart', '-f', 'mp4']
