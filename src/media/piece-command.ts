// One made piece of the film in, the ffmpeg command that makes it out. Pure. The graph is numbers and our own labels
// alone; texts come as pictures. Every frame is counted: clips are entered at a keyframe and trimmed by frame number,
// never by rounded seconds.
import type { Rate } from '../lang/time.ts'
import type { Command, Input } from './command.ts'
import type { House } from './house.ts'
import { muxArguments, videoArguments } from './house.ts'
import type { Base, Overlay, Piece, Source } from './pieces.ts'

export type MakePiece = Extract<Piece, { kind: 'make' }>

/** A clip as the piece maker sees it: its file, and the last keyframe at or before a frame. */
export type ClipFile = { readonly path: string; readonly keyBefore: (frame: number) => number }

export type PieceOrder = {
  readonly piece: MakePiece
  readonly house: House
  readonly clips: readonly ClipFile[]
  readonly output: string
}

/** Seconds as ffmpeg reads them, to the microsecond. */
export const seconds = (frames: number, rate: Rate): string => ((frames * rate.den) / rate.num).toFixed(6)

/** Frames numbered from 0 in ticks of one frame, square pixels. `fps` passes them as they are and says their rate again, which `setpts` forgets. */
export const counted = (rate: Rate): string => `settb=${rate.den}/${rate.num},setpts=N,fps=${rate.num}/${rate.den},setsar=1`
export const bt709 = 'setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv'

/** Inputs and filter chains as they grow. */
type Graph = { readonly inputs: Input[]; readonly chains: string[]; readonly order: PieceOrder }

/** Opens a clip at the keyframe before `from` and gives `frames` frames from `from` on, under `label`. */
function addSource(graph: Graph, source: Source, frames: number, label: string): void {
  const { house, clips } = graph.order
  const clip = clips[source.clip]
  if (clip === undefined) throw new Error(`no clip ${source.clip}`)
  const key = clip.keyBefore(source.from)
  // A quarter frame behind the keyframe: the demuxer goes back to it, whatever the microseconds round to.
  const seek = key > 0 ? ['-noaccurate_seek', '-ss', seconds(key + 0.25, house.rate)] : []
  const index = graph.inputs.push({ path: clip.path, options: ['-threads', '2', ...seek, '-f', 'mov'] }) - 1
  const skip = source.from - key
  graph.chains.push(
    `[${index}:v:0]trim=start_frame=${skip}:end_frame=${skip + frames},${counted(house.rate)},${bt709},format=yuv420p[${label}]`,
  )
}

function addBlack(graph: Graph, frames: number, label: string): void {
  const { size, rate } = graph.order.house
  const source = `color=c=black:size=${size.width}x${size.height}:rate=${rate.num}/${rate.den}`
  graph.chains.push(`${source},format=yuv420p,trim=end_frame=${frames},${counted(rate)},${bt709}[${label}]`)
}

type Cross = {
  readonly from: string
  readonly to: string
  readonly how: string
  readonly before: number
  readonly total: number
  readonly frames: number
  readonly label: string
}

/**
 * Goes over from one picture to another: at the n-th frame here the second has the weight `(before + n) / total`.
 * A start before the first frame is what makes that exact. Both are held a little longer than needed, since older
 * ffmpegs end the transition one frame early when the first picture ends with it.
 */
function addCross(graph: Graph, { from, to, how, before, total, frames, label }: Cross): void {
  const { rate } = graph.order.house
  const held = (name: string): string => `[${name}]tpad=stop=3:stop_mode=clone[${name}h]`
  const offset = before === 0 ? '0' : `-${seconds(before, rate)}`
  graph.chains.push(
    held(from),
    held(to),
    `[${from}h][${to}h]xfade=transition=${how}:duration=${seconds(total, rate)}:offset=${offset},trim=end_frame=${frames}[${label}]`,
  )
}

const transitions = { dissolve: 'fade', left: 'wipeleft', right: 'wiperight', up: 'wipeup', down: 'wipedown' } as const

function addBase(graph: Graph, base: Base, label: string): void {
  const [first, second] = [`${label}a`, `${label}b`]
  switch (base.kind) {
    case 'plain':
      addSource(graph, base.source, base.frames, label)
      return
    case 'blend':
      addSource(graph, base.source, base.frames, first)
      addSource(graph, base.second, base.frames, second)
      // The frames before and behind the blend are the clips alone: inside it, both are always seen.
      addCross(graph, {
        from: first,
        to: second,
        how: transitions[base.how],
        before: base.offset + 1,
        total: base.total + 1,
        frames: base.frames,
        label,
      })
      return
    case 'to-black':
      addSource(graph, base.source, base.frames, first)
      addBlack(graph, base.frames, second)
      addCross(graph, { from: first, to: second, how: 'fade', before: base.offset + 1, total: base.total, frames: base.frames, label })
      return
    case 'from-black':
      addBlack(graph, base.frames, first)
      addSource(graph, base.source, base.frames, second)
      addCross(graph, { from: first, to: second, how: 'fade', before: base.offset, total: base.total, frames: base.frames, label })
      return
  }
}

/** An overlay's frames as far as they fall into the piece, with its fades where they do. */
function addOverlay(graph: Graph, overlay: Overlay, label: string): { readonly at: number } {
  const { piece, house } = graph.order
  const from = Math.max(overlay.from, piece.at)
  const to = Math.min(overlay.to, piece.at + piece.frames)
  const fade = Math.min(overlay.fadeFrames, Math.floor((overlay.to - overlay.from) / 2))
  const fadesIn = fade > 0 && from < overlay.from + fade
  const fadesOut = fade > 0 && to > overlay.to - fade
  // A fade that began before the piece is run from its own start and then cut; nothing else of the overlay is.
  const begin = fadesIn ? overlay.from : fadesOut ? Math.min(from, overlay.to - fade) : from
  const index = graph.inputs.push({ path: overlay.png, options: ['-f', 'png_pipe'] }) - 1
  const { width, height } = house.size
  const chain = [
    `[${index}:v:0]scale=${width}:${height}:out_color_matrix=bt709:out_range=tv`,
    'format=yuva420p',
    bt709,
    `loop=loop=-1:size=1:start=0,trim=end_frame=${to - begin},${counted(house.rate)}`,
    ...(fadesIn ? [`fade=type=in:start_frame=0:nb_frames=${fade}:alpha=1`] : []),
    ...(fadesOut ? [`fade=type=out:start_frame=${overlay.to - fade - begin}:nb_frames=${fade}:alpha=1`] : []),
    `trim=start_frame=${from - begin},setpts=N+${from - piece.at}`,
  ]
  graph.chains.push(`${chain.join(',')}[${label}]`)
  return { at: from - piece.at }
}

/** The command that makes a piece: exactly `piece.frames` frames in the house's form, without sound. */
export function pieceCommand(order: PieceOrder): Command {
  const { piece, house } = order
  const graph: Graph = { inputs: [], chains: [], order }
  const labels = piece.bases.map((base, index) => {
    addBase(graph, base, `p${index}`)
    return `p${index}`
  })
  let picture = labels[0] ?? ''
  if (labels.length > 1) {
    graph.chains.push(`${labels.map((label) => `[${label}]`).join('')}concat=n=${labels.length}:v=1:a=0,${counted(house.rate)}[all]`)
    picture = 'all'
  }
  for (const [index, overlay] of piece.overlays.entries()) {
    addOverlay(graph, overlay, `o${index}`)
    graph.chains.push(`[${picture}][o${index}]overlay=x=0:y=0:eof_action=pass:format=yuv420[w${index}]`)
    picture = `w${index}`
  }
  graph.chains.push(`[${picture}]${counted(house.rate)},format=yuv420p[film]`)
  const options = ['-map', '[film]', '-an', '-frames:v', String(piece.frames), ...videoArguments(house), ...muxArguments]
  return { strict: true, inputs: graph.inputs, graph: graph.chains.join(';'), outputs: [{ path: order.output, options }] }
}
