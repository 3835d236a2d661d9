// What will be done, in what order, for how much: jobs that make files, and the cut that joins them.
// Plain data, the same byte for byte from the same sources, assets, lock and store; only the time that is expected also learns
// from the runs of this machine.
import type { CameraMotion } from './camera.ts'
import type { Money } from './money.ts'
import type { Bed, Captions, Delivery, Film, Path, Quality, Size, Title, Transition } from './program.ts'
import type { Span } from './source.ts'
import type { Rate, Rational } from './time.ts'

/** Lower-case hex SHA-256. */
export type Sha256 = string
/** Unique in a plan and stable: `harbor/open@2` is take 2 of a shot, `harbor/open@2+1` its first step, `…+1:conform` its bridge. */
export type JobId = string

export type Operation =
  | 'text-to-video'
  | 'image-to-video'
  | 'audio-to-video'
  | 'extend'
  | 'retake' // made by a model
  | 'conform'
  | 'join'
  | 'splice'
  | 'footage'
  | 'card'
  | 'still' // made by ffmpeg, free

/** A file that goes into a job: an asset by its bytes, or what another job makes. `slot` says what for. */
export type Input = { readonly slot: Slot } & (
  | { readonly kind: 'asset'; readonly path: string; readonly sha256: Sha256 }
  | { readonly kind: 'job'; readonly id: JobId }
)
export type Slot = 'first-frame' | 'last-frame' | 'audio' | 'video' | 'patch' | `key-${number}` | `part-${number}` | `lora-${number}`

/** What was read off an asset before planning: its bytes' hash and what a probe says. `size` of pictures, `seconds` of sound and video. */
export type AssetFacts = {
  readonly path: string
  readonly sha256: Sha256
  readonly bytes: number
  readonly kind: 'image' | 'audio' | 'video'
  readonly size?: Size
  readonly seconds?: Rational
  readonly rate?: Rate
  readonly hasSound: boolean
}

/**
 * All that decides what comes out, and nothing else: hashed (with the inputs' bytes) into the job's key.
 * No path, no order, no comment, no local file name. What a provider is asked for, not what the film needs.
 */
export type Request = {
  readonly operation: Operation
  /** The provider's kind, with its version where that changes bytes: `animatic/1`, `hosted-ltx`. */
  readonly provider: string
  readonly model: string
  readonly size: Size
  readonly rate: Rate
  /** Frames asked for: of the new part in an `extend`, of the replaced range in a `retake`. */
  readonly frames: number
  readonly prompt: string
  readonly negative: string
  readonly seed?: number
  /** From the second take on, where no seed tells takes apart: the same words, bought once more. */
  readonly take?: number
  /** The movement that the camera notes certainly mean, where the host has a word of its own for it. */
  readonly camera?: CameraMotion
  /** Adapters on top of the model. Present only where the host takes them. */
  readonly loras?: readonly Lora[]
  /** One pass at the full size, or two. Present only where that is for us to say. */
  readonly stages?: 1 | 2
  /** The frame where the last picture stands. Present only where it need not be the last one, which may be cut off. */
  readonly last?: number
  /** The bytes of the model, what runs it, and how. Present only where all this is ours, on a machine of our own. */
  readonly weights?: Sha256
  readonly stack?: string
  readonly tuning?: Tuning
  readonly sound: boolean
  readonly segments: readonly { readonly from: number; readonly to: number; readonly text: string }[]
  readonly keys: readonly { readonly frame: number; readonly strength: number }[]
  /** `stands`: how many frames of the clip before it the film shows. Present only where the model goes on from its own state. */
  readonly extend?: { readonly at: 'end' | 'start'; readonly context: number; readonly stands?: number }
  readonly retake?: { readonly from: number; readonly to: number; readonly mode: 'picture' | 'sound' | 'both' }
  /** The stretch of the audio input that is heard, exact seconds. */
  readonly heard?: { readonly from: Rational; readonly to: Rational }
  /** For ffmpeg's operations: what is done, by the `media` module that does it. */
  readonly edit?: Readonly<Record<string, unknown>>
  /** What an animatic lays over the picture. Present only there, so that it cannot move another provider's key. */
  readonly slate?: Slate
}

/** How a model is run, where the script says so. */
export type Tuning = { readonly steps?: number; readonly guidance?: number; readonly dtype?: string }

/** A trained adapter: an address or a name that the host knows, or the slot of its file; and how strongly it works. */
export type Lora = { readonly path: string; readonly scale: number }

/** Words on the picture of an animatic clip. */
export type Slate = {
  readonly path: Path
  readonly take: number
  /** What kind of clip this is when it is no plain shot: `EXTEND`, `RETAKE`; else empty. */
  readonly label: string
  readonly words: string
  readonly camera: string
  readonly sound: string
  readonly say: readonly { readonly who: string; readonly text: string }[]
  /** First frame's place in the shot, for a timecode that runs on through a chain. */
  readonly offset: number
  readonly model: string
}

/** `exact`: the same bytes again; `same-host`: the host honours seeds; `keep-bytes`: can be kept, never remade. */
export type Reproducibility = 'exact' | 'same-host' | 'keep-bytes'

/** How what a provider can do is made into what the film needs; printed, never silent. */
export type Bridge =
  | { readonly kind: 'trim'; readonly fromFrames: number; readonly toFrames: number }
  /** Silence after a sound that is shorter than its host takes. */
  | { readonly kind: 'silence'; readonly fromFrames: number; readonly toFrames: number }
  | { readonly kind: 'chain'; readonly links: number }
  /** A retake of whole groups of frames: what the model makes anew is taken, so that no seam lies within a group. */
  | { readonly kind: 'widen'; readonly from: FrameRange; readonly to: FrameRange }
  | { readonly kind: 'scale' | 'crop' | 'pad'; readonly from: Size; readonly to: Size }
  | { readonly kind: 'rate'; readonly from: Rate; readonly to: Rate }

/** `to` is left out of it. */
export type FrameRange = { readonly from: number; readonly to: number }

export type Job = {
  readonly id: JobId
  /** The timeline item this job belongs to. */
  readonly path: Path
  readonly take: number
  /** 0 is the shot itself, n its n-th step. */
  readonly step: number
  readonly operation: Operation
  /** Name of the provider as the script knows it; `cut` for ffmpeg's operations. */
  readonly provider: string
  readonly request: Request
  readonly inputs: readonly Input[]
  /** Known when all inputs' bytes are; otherwise worked out when they are there. */
  readonly key?: Sha256
  /** What this job has already made, when the lock or the cache names it and the store has its bytes. */
  readonly made?: Made
  readonly price: Money
  /** The price is set by the host's neighbours; it may bill another one. */
  readonly estimated?: true
  /** How often it is made in all when a clip fails its checks, the seed stepped by one each time; absent = once. */
  readonly tries?: number
  /** Seconds this is expected to take: as earlier jobs like it took where there were some, else by the provider's own figures. */
  readonly expected: number
  /** It is expected to take as long as earlier jobs like it. */
  readonly timed?: true
  readonly reproducibility: Reproducibility
  readonly span: Span
}

/** A clip in the store. */
export type Made = { readonly sha256: Sha256; readonly delivered: Delivered }
/** What really came, probed. `soundSamples` counts 48 kHz samples a channel, 0 for a silent clip. */
export type Delivered = {
  readonly frames: number
  readonly size: Size
  readonly rate: Rate
  readonly soundSamples: number
  readonly bytes: number
}

/** What a picture is, in numbers. */
export type Form = Pick<Delivered, 'frames' | 'size' | 'rate'>
/** What a host says it made instead of what it was asked for: what it changed, or nothing where it does not say. */
export type Adjusted = Partial<Form>
/** What is done with a clip that its host has adjusted: taken, taken with a warning, or kept aside. */
export type AdjustPolicy = 'accept' | 'warn' | 'refuse'

export type Change = 'keep' | 'new' | 'change' | 'recut' | 'drop'

/** One line of `ltx plan`: what happens to one item, and why. */
export type PlanLine = {
  readonly path: Path
  readonly kind: 'shot' | 'clip' | 'card' | 'still'
  readonly change: Change
  /** What changed, old to new; or why it is kept. One phrase each. */
  readonly because: readonly string[]
  readonly provider: string
  /** The route that sent it there: `extend, over 10s`. Absent where `on` did. */
  readonly route?: string
  /** Steps that are made elsewhere, from the whole shot so far. */
  readonly moves?: readonly Move[]
  readonly model: string
  readonly quality: Quality
  /** Exact seconds on the timeline. */
  readonly seconds: Rational
  /** Seconds asked of the provider and seconds paid for, all takes and steps that will be made. */
  readonly asked: Rational
  readonly bought: Rational
  readonly bridges: readonly Bridge[]
  readonly seed: number
  readonly takes: number
  readonly reproducibility: Reproducibility
  readonly price: Money
  /** Some of the price is an estimate. */
  readonly estimated?: true
  readonly expected: number
  /**
   * Where the shot would cost less made anew in one go: what one take costs as the script asks for it (`all` of it, or the `steps`
   * that are still to be made), and what it would cost then.
   */
  readonly anew?: { readonly take: number; readonly from: 'all' | 'steps'; readonly asked: Money; readonly price: Money }
  readonly jobs: readonly JobId[]
  readonly span: Span
}

/** A step that leaves its shot's provider. Another provider knows nothing of the model's state, so what goes in is a file. */
export type Move = { readonly step: number; readonly operation: 'extend' | 'retake'; readonly to: string; readonly route: string }

/** The film's timeline: items in order, each the file its job makes. */
export type Cut = {
  readonly clips: readonly CutClip[]
  readonly beds: readonly PlacedBed[]
  readonly titles: readonly PlacedTitle[]
  readonly captions?: Captions & { readonly cues: readonly Cue[] }
  readonly deliveries: readonly Delivery[]
  readonly frames: number
}
export type CutClip = {
  readonly path: Path
  /** The job whose file stands here (the picked take, after all steps and bridges). */
  readonly job: JobId
  readonly start: number
  readonly frames: number
  readonly into: Transition
  /** True when people speak in it (`sync` or `say`): beds duck under it. */
  readonly voice: boolean
  /** Made to the beat of a bed that plays under it: the bed is heard, not the slice of it that the clip carries. */
  readonly muted: boolean
}
/** Frames of the film. */
export type PlacedBed = Omit<Bed, 'over' | 'asset'> & {
  readonly path: string
  readonly sha256: Sha256
  readonly from: number
  readonly to: number
}
export type PlacedTitle = Omit<Title, 'over'>
export type Cue = { readonly from: number; readonly to: number; readonly who: string; readonly text: string }

export type Plan = {
  readonly version: 1
  readonly film: Film
  /** `animatic` plans live in a namespace of their own and write no lock. */
  readonly rung: 'animatic' | 'draft' | 'final'
  /** How the cut encodes: `draft`, fast, where every shot is a placeholder; `final` where anything was bought. */
  readonly house: 'draft' | 'final'
  /** In an order in which every job comes after those it needs. */
  readonly jobs: readonly Job[]
  readonly lines: readonly PlanLine[]
  readonly cut: Cut
  readonly totals: {
    readonly price: Money
    /** How much of the price is an estimate; absent where nothing is. */
    readonly estimated?: Money
    readonly make: number
    readonly keep: number
    readonly expected: number
    readonly seconds: Rational
  }
  /** Names of environment variables that must hold a key before this plan can run. */
  readonly missingKeys: readonly string[]
  /** A shot that seems to have been renamed: its clip is in the lock under `from`. */
  readonly renames: readonly { readonly from: Path; readonly to: Path }[]
}
