// One film with nothing left to expand: templates placed, loops unrolled, names resolved, inheritance merged,
// times in whole frames of the film's rate. This is what the planner reads.
import type { Money } from './money.ts'
import type { Span } from './source.ts'
import type { Rate, Rational } from './time.ts'

export type Size = { readonly width: number; readonly height: number }
export type Quality = 'fast' | 'pro'

/** A file the script names. `path` is relative to the project root, with `/`; never absolute, never outside. */
export type Asset = { readonly kind: 'image' | 'audio' | 'video'; readonly path: string; readonly span: Span }

export type Program = {
  readonly film: Film
  readonly providers: readonly ProviderUse[]
  readonly cast: readonly Cast[]
  /** In film order. */
  readonly items: readonly Item[]
  readonly beds: readonly Bed[]
  readonly titles: readonly Title[]
  readonly captions?: Captions
  readonly deliveries: readonly Delivery[]
  /** Of a series: its table, relative to the project root. One row is one film. */
  readonly episodes?: { readonly path: string; readonly span: Span }
}

export type Film = {
  readonly title: string
  readonly size: Size
  readonly rate: Rate
  readonly seed: number
  readonly quality: Quality
  /** Name of the provider that a shot uses unless it says otherwise. */
  readonly on: string
  /** What a run may cost; the film over all its runs; a day (UTC) over all films of the project's folder. */
  readonly budget?: Money
  readonly filmBudget?: Money
  readonly dayBudget?: Money
  /** Integrated loudness target, LUFS. */
  readonly loudness?: number
  /** Relative to the project root. */
  readonly output: string
  readonly span: Span
}

/** `provider NAME KIND { … }`. The built-in `animatic` is always there under its own name. */
export type ProviderUse = {
  readonly name: string
  readonly kind: string
  /** The name of the environment variable, never its value. */
  readonly keyEnv?: string
  /** Everything else in the block: `base`, `device`, `model`, `server`, `concurrency`, `price` …; `run` and `pass` are lists, `timeout` is in seconds. */
  readonly settings: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly span: Span
}

export type Cast = {
  readonly name: string
  readonly words: string
  readonly image?: Asset
  readonly voice?: Asset
  readonly lora?: string
  readonly span: Span
}

/** `scene/name`, or `name` at the top of a file. The identity of everything on the timeline. */
export type Path = string

export type Item = Shot | Footage | Card | Still

type Placed = {
  readonly path: Path
  readonly scene: string
  readonly name: string
  readonly span: Span
  /** How this item hands over to the next one. The last item's is `cut`. */
  readonly into: Transition
}

export type Transition =
  | { readonly kind: 'cut' }
  /** Both pictures overlap for `frames`; the film is that much shorter. */
  | { readonly kind: 'dissolve'; readonly frames: number; readonly span: Span }
  /** Down to black and up again, `frames` in all; no overlap. */
  | { readonly kind: 'fade'; readonly frames: number; readonly span: Span }
  | { readonly kind: 'wipe'; readonly direction: 'left' | 'right' | 'up' | 'down'; readonly frames: number; readonly span: Span }

export type Shot = Placed & {
  readonly kind: 'shot'
  /** Length of the first link. Absent when sound gives it (`sync`). */
  readonly frames?: number
  readonly words: Words
  readonly from?: Asset
  readonly to?: Asset
  /** Sound that drives the picture and its length. */
  readonly sync?: Asset
  /** Name of a bed; the slice that will play under the shot drives the picture. */
  readonly toBeat?: string
  readonly segments: readonly Segment[]
  readonly keys: readonly Keyframe[]
  /** `extend` and `retake`, in the order written: each works on what all above it made. */
  readonly steps: readonly Step[]
  readonly takes: number
  readonly tries: number
  /** What may ever be bought for it. */
  readonly budget?: Money
  /** Seed of take 1; take n adds n - 1. */
  readonly seed: number
  readonly seedPinned: boolean
  readonly provider: string
  /** What may send it elsewhere, in order: the first that fits wins over `provider`. Absent where nothing may. */
  readonly routes?: readonly Route[]
  readonly quality: Quality
}

/** `route PROVIDER …`: who makes shots that are like this. All that is written must hold. */
export type Route = {
  readonly provider: string
  /** How a shot begins, and which steps it has. */
  readonly start?: 'text-to-video' | 'image-to-video' | 'audio-to-video'
  readonly steps: readonly ('extend' | 'retake')[]
  /** Frames of the whole shot; both ends are left out. */
  readonly over?: number
  readonly under?: number
  readonly soundLed?: boolean
  readonly rung?: 'draft' | 'final'
  readonly quality?: Quality
  /** Only the steps go there; the rest of the shot stays where it is. */
  readonly moves: boolean
  /** The conditions as people read them: `extend, over 10s`. */
  readonly words: string
  readonly span: Span
}

/** The parts of a prompt, kept apart until `prompt` joins them. Texts are expanded. */
export type Words = {
  /** The scene's setting. */
  readonly setting: string
  /** Subject and action. */
  readonly action: readonly string[]
  readonly camera: readonly string[]
  readonly look: readonly string[]
  readonly sound: readonly string[]
  readonly say: readonly Line[]
  readonly avoid: readonly string[]
}
/** A line of dialogue. `who` is a cast name. `span` is where it stands in the script. */
export type Line = { readonly who?: string; readonly text: string; readonly span: Span }

/** `at 2s..4s "…"`: frames of the shot. */
export type Segment = { readonly from: number; readonly to: number; readonly text: string; readonly span: Span }
/** `key 3s "frame.png" 80%`. `strength` is 0..1. */
export type Keyframe = { readonly frame: number; readonly image: Asset; readonly strength: number; readonly span: Span }

export type Step =
  | {
      readonly kind: 'extend'
      readonly frames: number
      readonly at: 'end' | 'start'
      /** The words of this link, merged; the same as the shot's where the script gives none. */
      readonly words: Words
      /** How many frames of what is there the model is shown. */
      readonly context?: number
      readonly seed: number
      readonly span: Span
    }
  | {
      readonly kind: 'retake'
      /** Frames of the shot as it stands above this line. */
      readonly range: { readonly from: number; readonly to: number } | { readonly last: number }
      readonly words: Words
      readonly keep?: 'sound' | 'picture'
      readonly seed: number
      readonly span: Span
    }

/** `clip NAME VIDEO RANGE`: own footage. Times are of the file, exact seconds; absent = whole file. */
export type Footage = Placed & {
  readonly kind: 'clip'
  readonly asset: Asset
  readonly range?: { readonly from: Rational; readonly to: Rational }
}
export type Card = Placed & { readonly kind: 'card'; readonly frames: number; readonly text: string; readonly below?: string }
/** A picture held. */
export type Still = Placed & { readonly kind: 'still'; readonly frames: number; readonly image: Asset }

/** A stretch of the timeline by names: one item, a scene, or from one to another; absent = the whole film. */
export type Over = { readonly from: Path; readonly to: Path; readonly span: Span }

export type Bed = {
  readonly name: string
  readonly asset: Asset
  readonly over?: Over
  /** Decibels. */
  readonly gain: number
  /** Frames. */
  readonly fadeIn: number
  readonly fadeOut: number
  /** Where in the file the bed begins, exact seconds. */
  readonly start: Rational
  readonly loop: boolean
  /** Lower this bed by `decibels` (negative) while `under` sounds: `voice` (shots with `sync` or `say`) or another bed's name. */
  readonly duck?: { readonly decibels: number; readonly under: string }
  readonly span: Span
}

export type Title = {
  readonly text: string
  readonly below?: string
  /** Frames from the start of `over`. */
  readonly from: number
  readonly to: number
  readonly over?: Over
  readonly style: 'lower-third' | 'centre' | 'top' | 'corner'
  readonly span: Span
}

export type Captions = { readonly burn: boolean; readonly span: Span }

/** `deliver NAME { … }`: one more file made from the same cut. */
export type Delivery = {
  readonly name: string
  readonly size?: Size
  readonly fit: 'crop' | 'pad'
  readonly codec: 'h264' | 'prores'
  readonly loudness?: number
  readonly output: string
  readonly span: Span
}
