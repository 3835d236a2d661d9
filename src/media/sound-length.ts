// How long the sound in an MP4 or M4A is meant to be, in 48 kHz samples: ffmpeg gives out its last packet whole, up to
// a thousand samples of which nobody is meant to hear. A loop would have a gap there.
import { open } from 'node:fs/promises'
import { sampleRate } from './house.ts'
import type { Movie, Track } from './mp4.ts'
import { readMp4 } from './mp4.ts'
import { shownSeconds } from './probe.ts'
import { sniff } from './sniff.ts'

/** What the edit list leaves of a track. Many edit lists count in milliseconds; one that agrees to that says no more than the track. */
export function heardSamples(movie: Movie, track: Track): number {
  const rest = (track.duration - (track.edit?.start ?? 0)) / track.timescale
  const told = shownSeconds(movie, track)
  return Math.round((Math.abs(rest - told) < 1.5 / movie.timescale ? rest : told) * sampleRate)
}

async function isMp4(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(64)
    await file.read(head, 0, head.length, 0)
    return sniff(head) === 'mp4'
  } finally {
    await file.close()
  }
}

/** Samples that are meant to be heard of a file's sound; undefined where the file itself does not say so exactly. */
export async function meantSamples(path: string): Promise<number | undefined> {
  if (!(await isMp4(path))) return undefined
  const movie = await readMp4(path)
  const track = movie.tracks.find(({ kind }) => kind === 'audio')
  return track === undefined || movie.fragmented ? undefined : heardSamples(movie, track)
}
