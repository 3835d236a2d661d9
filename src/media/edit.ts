// What ffmpeg's own operations are asked to do beyond size, rate and length, as plain data in a request's `edit`.
// The planner builds these records, the cut provider reads them. Pure.
import type { Request, Slot } from '../lang/plan.ts'
import type { House } from './house.ts'

export type Fit = 'crop' | 'pad'

export type Edit = { readonly house: House['quality'] } & (
  | {
      /**
       * A model's clip (slot `video`) into house form. `trim` counts frames of the film's rate; absent: the whole clip. `hold`: where
       * the clip is short of it, its last frame is held, however long.
       */
      readonly kind: 'conform'
      readonly hold?: true
      readonly trim?: { readonly from: number; readonly frames: number }
      readonly fit: Fit
    }
  /** Stretches of house clips end to end. */
  | { readonly kind: 'join'; readonly parts: readonly { readonly slot: Slot; readonly from: number; readonly frames: number }[] }
  | {
      /** Frames `[from, to)` of `video` are replaced by those of `patch` that begin at `patchFrom`. `mode`: what of them. */
      readonly kind: 'splice'
      readonly from: number
      readonly to: number
      readonly patchFrom: number
      readonly mode: 'picture' | 'sound' | 'both'
    }
  /** Own footage (slot `video`), from one exact second to another; `[num, den]`. */
  | { readonly kind: 'footage'; readonly from?: readonly [number, number]; readonly to?: readonly [number, number]; readonly fit: Fit }
  | { readonly kind: 'card'; readonly text: string; readonly below?: string }
  /** A picture (slot `first-frame`) held. */
  | { readonly kind: 'still' }
)

const kinds: ReadonlySet<unknown> = new Set(['conform', 'join', 'splice', 'footage', 'card', 'still'])

/** The edit of a request to the cut provider. Throws where there is none: the planner always writes one. */
export function editOf(request: Request): Edit {
  const { edit } = request
  if (edit === undefined || !kinds.has(edit.kind) || (edit.house !== 'draft' && edit.house !== 'final')) {
    throw new Error(`a request for ${request.operation} without its edit`)
  }
  // Written by our planner from the type above and checked for its kind; JSON in between loses nothing of it.
  return edit as Edit
}

export const houseOf = (request: Request): House => ({ size: request.size, rate: request.rate, quality: editOf(request).house })
