// Numbers that look random and are not: the same seed and the same question give the same answer, on every
// machine and in any order. A painter asks for "the third window of the fifth house" without keeping a list.

/** A 32-bit mix of two integers. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ (b + 0x9e3779b9 + (a << 6) + (a >>> 2)), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** A 32-bit hash of a text. */
export function hashText(text: string): number {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0
  return mix(h, text.length)
}

/** 0 up to, not including, 1. */
export function dice(seed: number, question: number, part = 0): number {
  return mix(mix(seed | 0, question | 0), part | 0) / 4294967296
}

export const between = (from: number, to: number, chance: number): number => from + (to - from) * chance

export function pick<T>(list: readonly [T, ...T[]], chance: number): T {
  return list[Math.min(list.length - 1, Math.floor(chance * list.length))] ?? list[0]
}

const smooth = (x: number): number => x * x * (3 - 2 * x)

/** Smooth noise over a line, -1 to 1, features about 1 apart. */
export function noise(seed: number, x: number): number {
  const cell = Math.floor(x)
  const a = dice(seed, cell)
  const b = dice(seed, cell + 1)
  return (a + (b - a) * smooth(x - cell)) * 2 - 1
}

/** Three octaves of `noise`. */
export const roughNoise = (seed: number, x: number): number =>
  (noise(seed, x) + 0.5 * noise(seed + 1, x * 2.1) + 0.25 * noise(seed + 2, x * 4.3)) / 1.75

export const clamp = (value: number, low = 0, high = 1): number => Math.min(high, Math.max(low, value))

export const smoothstep = (from: number, to: number, x: number): number => smooth(clamp((x - from) / (to - from)))
