// The cut, the clips' files, the texts as pictures and the finished sound go in; one MP4 comes out, exact to the frame
// and the sample. Untouched clips are copied byte for byte. Whole or not there: written beside its name, checked, renamed.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cut, JobId } from '../lang/plan.ts'
import { frameToSample } from '../lang/time.ts'
import type { Tags } from './box-build.ts'
import { notWhole } from './boxes.ts'
import type { Tool } from './ffmpeg.ts'
import { asFailure, finishFile } from './finish-file.ts'
import type { House } from './house.ts'
import { sampleRate } from './house.ts'
import { readMp4 } from './mp4.ts'
import type { TrackSource } from './mp4-write.ts'
import { writeMp4 } from './mp4-write.ts'
import { assemblePicture } from './picture.ts'
import type { Overlay } from './pieces.ts'

/** A finished sound file: MP4 or M4A with one track, and how many 48 kHz samples of it are heard. */
export type FilmSound = { readonly path: string; readonly samples: number }

export type FilmOrder = {
  readonly cut: Pick<Cut, 'clips' | 'frames'>
  readonly house: House
  /** Absolute paths of the clips, by the job that made them. */
  readonly files: ReadonlyMap<JobId, string>
  readonly overlays: readonly Overlay[]
  readonly sound?: FilmSound
  readonly tags?: Tags
  readonly output: string
  /** A folder for what is made on the way; a fresh one in it is used and removed. */
  readonly scratch: string
  readonly tool: Tool
  readonly signal: AbortSignal
  readonly onProgress?: (phase: 'picture' | 'write', progress: number) => void
}

/** `copied` and `made` count frames: those whose bytes are a clip's own, and those that were encoded. */
export type MadeFilm = { readonly frames: number; readonly bytes: number; readonly copied: number; readonly made: number }

/** The one track of a sound file, to be copied packet by packet; its edit list leaves out the encoder's priming. */
export async function soundSource({ path, samples }: FilmSound): Promise<TrackSource> {
  const track = (await readMp4(path)).tracks.find(({ kind }) => kind === 'audio') ?? notWhole('the sound file has no sound')
  const start = track.edit?.start ?? 0
  const length = Math.round((samples * track.timescale) / sampleRate)
  if (track.duration - start < length) notWhole(`the sound file holds ${track.duration - start} samples where the film needs ${length}`)
  const stretches = [{ path, table: track.table(), from: 0, to: track.samples }]
  return { entry: track.entry, timescale: track.timescale, runs: track.runs, stretches, edit: { start, length } }
}

/** Proves of a finished file that it is whole and as long as it should be. */
export async function checkFilm(path: string, frames: number, samples: number | undefined): Promise<number> {
  const movie = await readMp4(path)
  const picture = movie.tracks.find(({ kind }) => kind === 'video')
  const sound = movie.tracks.find(({ kind }) => kind === 'audio')
  for (const track of movie.tracks) track.table()
  if (picture?.samples !== frames) throw new Error(`the film should have ${frames} frames and has ${picture?.samples ?? 0}`)
  if (sound?.edit?.duration !== samples)
    throw new Error(`the film should have ${samples ?? 0} samples and has ${sound?.edit?.duration ?? 0}`)
  return movie.bytes
}

/** A fresh folder for the time of `work`, removed whatever happens. */
export async function inScratch<R>(scratch: string, signal: AbortSignal, work: (folder: string) => Promise<R>): Promise<R> {
  let folder: string | undefined
  try {
    await mkdir(scratch, { recursive: true })
    folder = await mkdtemp(join(scratch, 'cut-'))
    return await work(folder)
  } catch (error) {
    throw asFailure(error, signal)
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

/** Makes the film. Throws a ProviderFailure (`mismatch`, `disk`, `tool`, `cancelled`); nothing is left half-written. */
export async function makeFilm(order: FilmOrder): Promise<MadeFilm> {
  const { cut, house, output, signal } = order
  if (order.sound !== undefined && order.sound.samples !== frameToSample(cut.frames, house.rate)) {
    throw new Error(`sound of ${order.sound.samples} samples for a film of ${cut.frames} frames`)
  }
  const segments = cut.clips.map(({ path, job, start, frames, into }) => {
    const file = order.files.get(job)
    if (file === undefined) throw new Error(`no file for ${job}`)
    return { path: file, name: path, from: 0, start, frames, into }
  })
  return inScratch(order.scratch, signal, async (scratch) => {
    const onPicture = (done: number): void => order.onProgress?.('picture', done)
    const picture = await assemblePicture({ ...order, segments, scratch, onProgress: onPicture })
    if (picture.frames !== cut.frames) throw new Error(`the cut says ${cut.frames} frames, its clips give ${picture.frames}`)
    const sound = order.sound === undefined ? undefined : await soundSource(order.sound)
    let bytes = 0
    await finishFile(
      output,
      signal,
      (temporary) =>
        writeMp4({
          output: temporary,
          size: house.size,
          video: picture.track,
          ...(sound === undefined ? {} : { sound }),
          ...(order.tags === undefined ? {} : { tags: order.tags }),
          signal,
          onProgress: (done) => order.onProgress?.('write', done),
        }),
      async (temporary) => {
        bytes = await checkFilm(temporary, cut.frames, order.sound?.samples)
      },
    )
    return { frames: picture.frames, bytes, copied: picture.copied, made: picture.made }
  })
}
