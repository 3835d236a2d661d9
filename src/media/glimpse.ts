// Clips and the moments to be shown of them go in, small pictures come out, many from one ffmpeg: what has to be decoded
// is put in a row as one little film. A moment is shown by its nearest keyframe, so most cost one decoded frame.
import { join } from 'node:path'
import type { Canvas, Image } from '@napi-rs/canvas'
import { createCanvas, ImageData } from '@napi-rs/canvas'
import { ProviderFailure } from '../failure.ts'
import type { Size } from '../lang/program.ts'
import { hasSettings, pictureEntry } from './box-build.ts'
import type { Tool } from './ffmpeg.ts'
import { inScratch } from './film.ts'
import { gopOf } from './house.ts'
import { readMp4 } from './mp4.ts'
import type { Stretch } from './mp4-write.ts'
import { writeMp4 } from './mp4-write.ts'
import { inBulk } from './pcm.ts'
import { eachOf } from './picture.ts'
import type { Moment } from './thumbnail.ts'
import { thumbnails } from './thumbnail.ts'

/** Frames one ffmpeg decodes: enough that its start does not count, few enough to hold their pictures. */
const mostFrames = 64
const lanes = 2

/** What is decoded for a moment, the last frame of which is shown as `shown`; `index` is the moment's. */
type Run = { readonly index: number; readonly shown: Size; readonly stretch: Stretch; readonly entry: Buffer; readonly size: Size }
type Row = { readonly runs: readonly Run[]; readonly frames: number }

const lengthOf = ({ stretch }: Run): number => stretch.to - stretch.from

/** The shortest run of frames that shows the moment within half a second; undefined where the clip is not in our form. */
async function runOf(moment: Moment, index: number): Promise<Run | undefined> {
  const { file, frame, rate, size: shown } = moment
  const track = (await readMp4(file)).tracks.find(({ kind }) => kind === 'video')
  if (track === undefined || track.codec !== 'avc1' || !hasSettings(track.entry) || track.reordered || frame >= track.samples)
    return undefined
  const table = track.table()
  const away = (key: number): number => Math.abs(key - frame)
  const [key] = [...table.keys].sort((a, b) => away(a) - away(b))
  if (key === undefined || away(key) >= gopOf(rate)) return undefined
  // A clip's first frame may still be black: rather the moment itself.
  const stretch = { path: file, table, ...(key === 0 ? { from: 0, to: frame + 1 } : { from: key, to: key + 1 }) }
  // The bare settings: what else an entry holds (its bit rate) differs from clip to clip.
  return { index, shown, stretch, entry: pictureEntry(track.entry), size: track.size }
}

/** As `runOf`; undefined too for a clip that cannot be read. */
async function tryRun(moment: Moment | undefined, index: number): Promise<Run | undefined> {
  if (moment === undefined) return undefined
  try {
    return await runOf(moment, index)
  } catch {
    return undefined
  }
}

/** Runs that can stand in one film: equal settings, equal size when shown, not too many frames. */
function rowsOf(runs: readonly Run[]): readonly Row[] {
  const open = new Map<string, { runs: Run[]; frames: number }>()
  const rows: Row[] = []
  for (const run of runs) {
    const key = `${run.shown.width}x${run.shown.height} ${run.entry.toString('latin1')}`
    let row = open.get(key)
    if (row === undefined || row.frames + lengthOf(run) > mostFrames) {
      row = { runs: [], frames: 0 }
      open.set(key, row)
      rows.push(row)
    }
    row.runs.push(run)
    row.frames += lengthOf(run)
  }
  return rows
}

function pictureOf(rgba: Buffer, { width, height }: Size): Canvas {
  const canvas = createCanvas(width, height)
  canvas.getContext('2d').putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0)
  return canvas
}

type Order = {
  readonly moments: readonly (Moment | undefined)[]
  readonly tool: Tool
  readonly signal: AbortSignal
  /** A folder in which this may make its own. */
  readonly scratch: string
}

/** One row's pictures by the number of their moment; none where its film does not decode to what was put in. */
async function decodeRow({ tool, signal }: Order, row: Row, path: string): Promise<ReadonlyMap<number, Canvas>> {
  const [first] = row.runs
  if (first === undefined) return new Map()
  const stretches = row.runs.map(({ stretch }) => stretch)
  const video = { entry: first.entry, timescale: 24, runs: [{ count: row.frames, delta: 1 }], stretches }
  await writeMp4({ output: path, size: first.size, video, signal })
  const { width, height } = first.shown
  const scale = `scale=${width}:${height}:flags=area,format=rgba`
  const options = ['-map', '0:v:0', '-fps_mode', 'passthrough', '-vf', scale, ...inBulk, '-f', 'rawvideo']
  const bytes = width * height * 4
  const command = { strict: true, inputs: [{ path, options: ['-threads', '1'] }], outputs: [{ pipe: true as const, options }] }
  const raw = await tool.read(command, { signal, limit: row.frames * bytes })
  const found = new Map<number, Canvas>()
  if (raw.length !== row.frames * bytes) return found
  let last = -1
  for (const run of row.runs) {
    last += lengthOf(run)
    found.set(run.index, pictureOf(raw.subarray(last * bytes, (last + 1) * bytes), run.shown))
  }
  return found
}

/**
 * A small picture of every moment or of half a second about it. A clip that cannot be read gives none.
 * Throws a ProviderFailure only when it is stopped.
 */
export async function glimpses(order: Order): Promise<readonly (Image | Canvas | undefined)[]> {
  const { moments, tool, signal } = order
  const found: (Image | Canvas | undefined)[] = moments.map(() => undefined)
  await inScratch(order.scratch, signal, async (folder) => {
    const runs = await eachOf(moments, 8, tryRun)
    const rows = rowsOf(runs.filter((run) => run !== undefined))
    await eachOf(rows, lanes, async (row, number) => {
      try {
        for (const [index, picture] of await decodeRow(order, row, join(folder, `row-${number}.mp4`))) found[index] = picture
      } catch (error) {
        // One of them is damaged: each is asked for by itself below.
        if (signal.aborted || !(error instanceof ProviderFailure)) throw error
      }
    })
  })
  const left = moments.map((moment, index) => (found[index] === undefined ? moment : undefined))
  const single = await thumbnails(tool, left, signal)
  return found.map((picture, index) => picture ?? single[index])
}
