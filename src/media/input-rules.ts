// What a host takes of pictures, sounds and clips, as data, and what a file that was made fit is. Each host has one
// `InputRules`; `prepare.ts` keeps to it.
import { ProviderFailure } from '../failure.ts'
import type { Sha256, Slot } from '../lang/plan.ts'
import type { Size } from '../lang/program.ts'
import type { Rate, Rational } from '../lang/time.ts'
import type { World } from '../world.ts'
import type { Tool } from './ffmpeg.ts'

export type PictureType = 'png' | 'jpeg' | 'webp'
/** `m4a` is AAC-LC in MP4, `aac` the same bare; `wav` is PCM. */
export type SoundType = 'mp3' | 'm4a' | 'aac' | 'flac' | 'ogg' | 'wav'
export type VideoCodec = 'h264' | 'h265'

/** What a host takes, by kind of input. Bytes are of the file as it is sent. The first type of a list is what is made where none fits. */
export type InputRules = {
  readonly image: {
    readonly types: readonly PictureType[]
    readonly maxBytes: number
    readonly maxSide: number
    /** Cut to the very size that is asked for: for hosts that leave the fitting of another shape open. */
    readonly exactCanvas: boolean
  }
  readonly audio: {
    readonly types: readonly SoundType[]
    readonly maxBytes: number
    readonly minSeconds?: number
    readonly maxSeconds?: number
  }
  /** MP4 always. */
  readonly video: {
    readonly codecs: readonly VideoCodec[]
    readonly maxBytes: number
    readonly maxSide: number
    readonly minFrames: number
    /** Brought to the size (black beside another shape) and the rate of the job: for hosts whose answer has those of the input. */
    readonly exactCanvas?: boolean
  }
}

export type Prepared = {
  /** Read only: it may be the asset itself, or a file of the store. */
  readonly path: string
  readonly sha256: Sha256
  readonly bytes: number
  readonly mime: string
  /** A name for hosts that want one: from the hash, with the right ending. */
  readonly name: string
  /** What was done to it, one phrase each; empty when it went as it was. */
  readonly changed: readonly string[]
}

export type Preparation = {
  readonly world: Pick<World, 'files' | 'sha256'>
  readonly tool: () => Promise<Tool>
  readonly signal: AbortSignal
  /** What is made goes here. */
  readonly scratch: string
  readonly rules: InputRules
  readonly slot: Slot
  readonly path: string
  /** The canvas of the job. */
  readonly size: Size
  /** The rate of the job, for clips. */
  readonly rate?: Rate
  /** The stretch of a sound that is heard, exact seconds. */
  readonly heard?: { readonly from: Rational; readonly to: Rational }
}

/** One file as a maker sees it: its source, and `make`, which gives the whole file by a name that tells what is in it. */
export type Bench = Preparation & {
  readonly sha256: Sha256
  readonly bytes: number
  /** The file that `work` makes, once. `how` names all that decides its bytes besides the source's. */
  readonly make: (how: string, ending: string, work: (into: string) => Promise<void>) => Promise<string>
}

/** What a maker gives: the file, its MIME type and ending, and what was done. */
export type Fitted = { readonly path: string; readonly mime: string; readonly ending: string; readonly changed: readonly string[] }

export const unfit = (message: string, next: string): never => {
  throw new ProviderFailure({ kind: 'input', message, next, retry: false, billed: 'no' })
}

/** For people: `12.3 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
