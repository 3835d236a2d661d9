// Where everything stands on the frame, in pixels, for any size: the picture in the middle over the full width, a
// band above with the shot's name, a band below with its words and the clock. The picture stays free of text,
// so that its last frame can be the first of what follows. All edges are even, as 4:2:0 colour wants.
import type { Size } from '../../lang/program.ts'

export type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number }

export type Layout = Size & {
  /** The measure of type: 1 on a 1920x1080 frame. */
  readonly unit: number
  readonly margin: number
  readonly top: number
  readonly bottom: number
  readonly window: Box
  /** Pixels of the canvas that the picture is painted on; scaled up to the window where it is smaller. */
  readonly canvas: Size
  /** The clock. */
  readonly clock: Box
  /** The words, and below them the small lines. */
  readonly text: Box
  /** The wave of the sound that drives the picture; absent where none does. */
  readonly wave?: Box
  readonly upright: boolean
}

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2)

/** `pixels`: how many the canvas may have. */
export function layoutOf(size: Size, pixels: number, hasWave: boolean): Layout {
  const { width, height } = size
  const upright = width < height * 1.25
  // Tall frames are looked at small: their type is a little larger.
  const unit = (Math.sqrt(width * height) / 1440) * (width < height * 0.8 ? 1.2 : 1)
  const margin = even((upright ? 44 : 52) * unit)
  const waveHeight = hasWave ? even(64 * unit) : 0
  const top = Math.min(even((upright ? 104 : 84) * unit), even(height * 0.12))
  const below = upright ? (width < height * 0.8 ? 396 : 318) : 196
  const bottom = Math.min(even(below * unit) + waveHeight, even(height * 0.34))
  const window = { x: 0, y: top, width, height: height - top - bottom }
  const shrink = Math.min(1, Math.sqrt(pixels / (window.width * window.height)))
  const clock = { width: even(300 * unit), height: even(84 * unit) }
  const ground = height - even(26 * unit)
  const wave = { x: margin, y: height - bottom + even(14 * unit), width: width - 2 * margin, height: waveHeight }
  const textTop = height - bottom + waveHeight + even(26 * unit)
  const text = upright
    ? { x: margin, y: textTop, width: width - 2 * margin, height: ground - clock.height - even(16 * unit) - textTop }
    : { x: margin, y: textTop, width: width - 3 * margin - clock.width, height: ground - textTop }
  return {
    ...size,
    unit,
    margin,
    top,
    bottom,
    window,
    canvas: { width: even(window.width * shrink), height: even(window.height * shrink) },
    clock: {
      x: even(upright ? margin : width - margin - clock.width),
      y: upright ? even(ground - clock.height) : even(textTop + 2 * unit),
      ...clock,
    },
    text,
    ...(hasWave ? { wave } : {}),
    upright,
  }
}
