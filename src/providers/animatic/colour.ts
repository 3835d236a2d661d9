// Colours as three numbers of 0..255, mixed as light is seen well enough for a sketch.

export type Colour = readonly [red: number, green: number, blue: number]

/** From `#rrggbb`. */
export const hex = (text: string): Colour => [1, 3, 5].map((at) => Number.parseInt(text.slice(at, at + 2), 16)) as unknown as Colour // three digits pairs

export const mixed = (a: Colour, b: Colour, share: number): Colour => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
]

export function css(colour: Colour, alpha = 1): string {
  const [r, g, b] = colour.map((part) => Math.round(Math.min(255, Math.max(0, part))))
  return alpha >= 1 ? `rgb(${r},${g},${b})` : `rgba(${r},${g},${b},${Math.max(0, alpha).toFixed(4)})`
}

export const luma = (colour: Colour): number => 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]

export const black: Colour = [0, 0, 0]
export const white: Colour = [255, 255, 255]

export const darker = (colour: Colour, share: number): Colour => mixed(colour, black, share)
export const lighter = (colour: Colour, share: number): Colour => mixed(colour, white, share)

/** Takes `share` of the colour out. */
export function greyer(colour: Colour, share: number): Colour {
  const grey = luma(colour)
  return mixed(colour, [grey, grey, grey], share)
}

/** Turns the hue by `degrees`, keeping the brightness nearly as it was. */
export function turned(colour: Colour, degrees: number): Colour {
  const angle = (degrees * Math.PI) / 180
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  const [r, g, b] = colour
  return [
    r * (0.213 + c * 0.787 - s * 0.213) + g * (0.715 - c * 0.715 - s * 0.715) + b * (0.072 - c * 0.072 + s * 0.928),
    r * (0.213 - c * 0.213 + s * 0.143) + g * (0.715 + c * 0.285 + s * 0.14) + b * (0.072 - c * 0.072 - s * 0.283),
    r * (0.213 - c * 0.213 - s * 0.787) + g * (0.715 - c * 0.715 + s * 0.715) + b * (0.072 + c * 0.928 + s * 0.072),
  ]
}
