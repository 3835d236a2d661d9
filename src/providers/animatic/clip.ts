// A stage goes in, a finished clip comes out: the type is drawn once, the sound is made, and the frames are painted
// one after the other into ffmpeg, which scales them up, lays the type around them and encodes.
//
//   painter ─▶ raw frames ─▶ crop ─ scale ─ pad ─ overlay (bands, clock, hairline) ─▶ H.264
//   bed or given sound ─▶ raw samples ────────────────────────────────────────────▶ FLAC
import { Readable } from 'node:stream'
import { createCanvas } from '@napi-rs/canvas'
import { ProviderFailure } from '../../failure.ts'
import { frameToSample, toNumber } from '../../lang/time.ts'
import type { Command, Input } from '../../media/command.ts'
import type { Tool } from '../../media/ffmpeg.ts'
import { channels, muxArguments, sampleRate, soundArguments, videoArguments } from '../../media/house.ts'
import { decodeSound } from '../../media/pcm.ts'
import type { World } from '../../world.ts'
import type { Ready } from '../provider.ts'
import type { Layout } from './layout.ts'
import { lookOf } from './look.ts'
import { markFilter } from './mark.ts'
import { openPainter, paintPulse } from './paint.ts'
import { drawBar, drawBottom, drawClock, drawTop, slateOf, waveBars } from './slate.ts'
import { makeBed, readLevels, readPeaks } from './sound.ts'
import type { Stage } from './stage.ts'
import { setStage } from './stage.ts'
import { drawStills } from './still.ts'

export type Clip = {
  readonly tool: Tool
  readonly world: World
  /** Where files may be made; all of this clip's begin with its key. */
  readonly scratch: string
  readonly job: Ready
  readonly signal: AbortSignal
  readonly report: (progress: number, phase: string) => void
}

/** Makes the clip and gives its path in the scratch folder. Throws a ProviderFailure. */
export async function makeClip(clip: Clip): Promise<string> {
  const { job, world, scratch, tool, signal } = clip
  await world.files.makeFolder(scratch)
  clip.report(0, 'sketching')
  const stage = await setStage(job, clip)
  // Sound that drives the picture is read even where the clip is to be silent.
  const sound = job.request.sound || stage.heard !== undefined ? await soundOf(clip, stage) : undefined
  const plates = await drawPlates(clip, stage, sound)
  const path = `${scratch}/${job.key}.mp4`
  const frames = paintFrames(clip, stage, sound)
  await tool.run(commandOf({ job, stage, plates, frames, path }), { signal })
  for (const file of [...Object.values(plates.files), ...plates.segments.map(({ file }) => file)]) await world.files.remove(file)
  return path
}

/** Samples of the whole clip, and what they do to the picture. */
type Sound = { readonly pcm: Uint8Array; readonly levels: readonly number[] }

async function soundOf(clip: Clip, stage: Stage): Promise<Sound> {
  const { request } = clip.job
  const samples = frameToSample(request.frames, request.rate)
  if (stage.heard === undefined) {
    const first = frameToSample(stage.mark.first, request.rate)
    const bed = { sounds: stage.mark.scene.sounds, seed: stage.soundSeed, first, samples }
    return { pcm: await makeBed(bed, clip.signal), levels: [] }
  }
  const pcm = new Uint8Array(samples * channels * 2)
  const from = Math.round(toNumber(request.heard?.from ?? { num: 0, den: 1 }) * sampleRate)
  const heardTo = request.heard === undefined ? Number.POSITIVE_INFINITY : Math.round(toNumber(request.heard.to) * sampleRate)
  // What is not heard is dropped here; numbers alone enter the graph.
  const graph = `[0:a:0]aresample=${sampleRate}:async=0,aformat=sample_fmts=s16:channel_layouts=stereo,atrim=start_sample=${from}:end_sample=${Math.min(from + samples, Math.max(from + 1, heardTo))}[heard]`
  const blocks = decodeSound({
    tool: clip.tool,
    input: { path: stage.heard },
    graph,
    options: ['-map', '[heard]'],
    format: 's16le',
    signal: clip.signal,
  })
  let at = 0
  for await (const block of blocks) {
    const part = block.subarray(0, pcm.length - at)
    pcm.set(part, at)
    at += part.length
  }
  const starts = Array.from({ length: request.frames }, (_, frame) => frameToSample(frame, request.rate))
  return { pcm, levels: readLevels(pcm, starts) }
}

type Plates = {
  readonly files: { readonly top: string; readonly bottom: string; readonly line: string; readonly head?: string; readonly pcm?: string }
  /** Bands with other words, and the frames that show them. */
  readonly segments: readonly { readonly from: number; readonly to: number; readonly file: string }[]
}

async function drawPlates(clip: Clip, stage: Stage, sound: Sound | undefined): Promise<Plates> {
  const { job, scratch, world } = clip
  const { request } = job
  const { layout } = stage
  const { scene } = stage.mark
  const accent = lookOf({ ...scene, accent: scene.accent }).accent
  const lettering = { layout, request, accent }
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = `${scratch}/${job.key}.${name}`
    await world.files.writeWhole(path, bytes)
    return path
  }
  const peaks = sound === undefined || layout.wave === undefined ? [] : readPeaks(sound.pcm, waveBars(layout))
  const segments = []
  for (const [index, { from, to, text }] of request.segments.entries()) {
    segments.push({ from, to, file: await write(`words-${index}.png`, drawBottom(lettering, text, peaks)) })
  }
  const files = {
    top: await write('top.png', drawTop(lettering)),
    bottom: await write('bottom.png', drawBottom(lettering, undefined, peaks)),
    line: await write('line.png', drawBar(layout.width, lineHeight(layout), accent)),
    ...(layout.wave === undefined ? {} : { head: await write('head.png', drawBar(3 * layout.unit, layout.wave.height, accent)) }),
    ...(sound === undefined || !request.sound ? {} : { pcm: await write('pcm', sound.pcm) }),
  }
  return { files, segments }
}

const lineHeight = (layout: Layout): number => Math.max(2, 2 * Math.round(1.5 * layout.unit))

const canvasSize = (layout: Layout): { readonly width: number; readonly height: number } => ({
  width: Math.max(layout.canvas.width, layout.clock.width),
  height: layout.canvas.height + layout.clock.height,
})

/** The frames as bytes, painted when ffmpeg asks for more. */
async function* paintFrames({ job, signal, report }: Clip, stage: Stage, sound: Sound | undefined): AsyncGenerator<Buffer> {
  const { request } = job
  const { layout, mark, stills } = stage
  const rate = toNumber(request.rate)
  const offset = slateOf(request).offset
  const sheet = canvasSize(layout)
  const canvas = createCanvas(sheet.width, sheet.height)
  const ink = canvas.getContext('2d')
  const window = stills === undefined ? undefined : createCanvas(layout.canvas.width, layout.canvas.height)
  const paint = openPainter(ink, layout.canvas, mark.scene, rate)
  for (let frame = 0; frame < request.frames; frame++) {
    if (signal.aborted)
      throw new ProviderFailure({ kind: 'cancelled', message: 'the animatic was stopped', next: 'run again to go on', retry: true })
    const level = sound?.levels[frame] ?? 0
    if (stills !== undefined && window !== undefined) {
      drawStills(window.getContext('2d'), stills, frame, level)
      paintPulse(window.getContext('2d'), layout.canvas, level)
      ink.drawImage(window, 0, 0)
    } else paint(mark.first + frame, level)
    drawClock(ink, layout, { y: layout.canvas.height, frame: offset + frame, rate: request.rate })
    if (frame % 4 === 0) report(frame / request.frames, 'drawing')
    yield canvas.data()
  }
}

type Order = {
  readonly job: Ready
  readonly stage: Stage
  readonly plates: Plates
  readonly frames: AsyncIterable<Buffer>
  readonly path: string
}

const bt709 = 'out_color_matrix=bt709:out_range=tv'

function commandOf({ job, stage, plates, frames, path }: Order): Command {
  const { request } = job
  const { layout, mark } = stage
  const { canvas, window, clock } = layout
  const sheet = canvasSize(layout)
  const rate = `${request.rate.num}/${request.rate.den}`
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb0', '-s', `${sheet.width}x${sheet.height}`, '-framerate', rate]
  const inputs: Input[] = [{ stream: Readable.from(frames, { objectMode: false, highWaterMark: 1 }), options: raw }]
  const take = (file: string, options: readonly string[] = []): number => inputs.push({ path: file, options }) - 1
  const chains = [
    '[0:v]split=2[whole][foot]',
    `[whole]crop=${canvas.width}:${canvas.height}:0:0,scale=${window.width}:${window.height}:flags=bicubic:${bt709},format=yuv420p,setsar=1,pad=${layout.width}:${layout.height}:0:${window.y}[v0]`,
    `[foot]crop=${clock.width}:${clock.height}:0:${canvas.height},scale=${bt709},format=yuv420p[clock]`,
  ]
  let last = 'v0'
  const lay = (label: string, place: string): void => {
    const next = `v${chains.length}`
    chains.push(`[${last}][${label}]overlay=${place}:format=yuv420[${next}]`)
    last = next
  }
  const plate = (file: string, place: string): void => {
    const index = take(file)
    chains.push(`[${index}:v]scale=${bt709},format=yuv420p[p${index}]`)
    lay(`p${index}`, place)
  }
  const foot = layout.height - layout.bottom
  plate(plates.files.top, 'x=0:y=0')
  plate(plates.files.bottom, `x=0:y=${foot}`)
  for (const { from, to, file } of plates.segments) plate(file, `x=0:y=${foot}:enable='between(n,${from},${to - 1})'`)
  lay('clock', `x=${clock.x}:y=${clock.y}`)
  plate(plates.files.line, `x='-W+2*ceil(W*(n+1)/${request.frames}/2)':y=${foot}:eval=frame`)
  const { wave } = layout
  if (wave !== undefined && plates.files.head !== undefined) {
    plate(plates.files.head, `x='${wave.x}+${wave.width}*n/${request.frames}':y=${wave.y}:eval=frame`)
  }
  const sound =
    plates.files.pcm === undefined ? undefined : take(plates.files.pcm, ['-f', 's16le', '-ar', String(sampleRate), '-ac', String(channels)])
  const options = [
    '-map',
    `[${last}]`,
    ...(sound === undefined ? ['-an'] : ['-map', `${sound}:a`, ...soundArguments]),
    ...videoArguments({ size: request.size, rate: request.rate, quality: 'draft' }),
    '-bsf:v',
    markFilter(mark),
    '-filter_complex_threads',
    '1',
    ...muxArguments,
  ]
  return { inputs, graph: chains.join(';'), outputs: [{ path, options }] }
}
