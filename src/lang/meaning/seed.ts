// Derives a shot's seed from the project's seed and the shot's path, so that one shot's edit never moves another's.
// The rule is fixed for ever, because locked films depend on it: FNV-1a (32 bit) over the UTF-8 bytes of the path, begun at
// the project seed mixed with the standard offset, then the murmur3 finisher (fmix32), then the top bit dropped.

const fnvOffset = 0x811c9dc5
const fnvPrime = 0x01000193

/** Every bit of the input moves about half of the bits of the output (murmur3's fmix32). */
function finish(hash: number): number {
  let mixed = hash
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** The UTF-8 bytes of a text; a lone surrogate counts as U+FFFD, as encoders have it. */
function* utf8(text: string): Generator<number> {
  for (const character of text) {
    const raw = character.codePointAt(0) ?? 0xfffd
    const point = raw >= 0xd800 && raw <= 0xdfff ? 0xfffd : raw
    if (point < 0x80) yield point
    else if (point < 0x800) yield* [0xc0 | (point >> 6), 0x80 | (point & 63)]
    else if (point < 0x10000) yield* [0xe0 | (point >> 12), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
    else yield* [0xf0 | (point >> 18), 0x80 | ((point >> 12) & 63), 0x80 | ((point >> 6) & 63), 0x80 | (point & 63)]
  }
}

/** A whole number in 0 … 2147483647. `projectSeed` is 0 … 2147483647; `path` is `scene/shot`. */
export function deriveSeed(projectSeed: number, path: string): number {
  let hash = fnvOffset ^ finish(projectSeed >>> 0)
  for (const byte of utf8(path)) hash = Math.imul(hash ^ byte, fnvPrime)
  return finish(hash) & 0x7fffffff
}

/** The seed of take or link `step` steps on, wrapping inside 31 bits. */
export const stepSeed = (seed: number, step: number): number => (seed + step) % 0x80000000
