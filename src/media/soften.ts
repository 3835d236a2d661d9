// A stream of samples and the places of its hard cuts go in; the same stream comes out, without clicks. Only where
// the wave really jumps are two milliseconds on either side let down; sound that runs on over a cut stays as it is.
import { channels } from './house.ts'

/** Samples on either side of a cut that may be touched. */
const reach = 96
/** A step smaller than this (of 32768) is not heard. */
const quiet = 300

const step = (samples: Int16Array, at: number, channel: number): number =>
  Math.abs((samples[at * channels + channel] ?? 0) - (samples[(at - 1) * channels + channel] ?? 0))

/** True when the step over the cut is far larger than the steps around it. */
function jumps(around: Int16Array, cut: number): boolean {
  for (let channel = 0; channel < channels; channel += 1) {
    let usual = 0
    for (let at = Math.max(1, cut - 24); at < cut + 24; at += 1) if (at !== cut) usual = Math.max(usual, step(around, at, channel))
    if (step(around, cut, channel) > quiet + 2 * usual) return true
  }
  return false
}

function letDown(around: Int16Array, cut: number): void {
  const count = around.length / channels
  for (let at = Math.max(0, cut - reach); at < Math.min(count, cut + reach); at += 1) {
    const away = at < cut ? cut - at - 0.5 : at - cut + 0.5
    const gain = Math.sin(((away / reach) * Math.PI) / 2)
    for (let c = 0; c < channels; c += 1) around[at * channels + c] = Math.round((around[at * channels + c] ?? 0) * gain)
  }
}

function join(first: Int16Array, second: Int16Array): Int16Array<ArrayBuffer> {
  const whole = new Int16Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}

/** Softens the hard cuts at the samples `cuts` (ascending). The length never changes. */
export async function* softenCuts(blocks: AsyncIterable<Int16Array>, cuts: readonly number[]): AsyncGenerator<Int16Array> {
  let held: Int16Array = new Int16Array(0)
  let start = 0
  let next = 0
  for await (const block of blocks) {
    held = held.length === 0 ? block : join(held, block)
    let owned = held !== block
    const end = start + held.length / channels
    for (let cut = cuts[next]; cut !== undefined && cut + reach <= end; cut = cuts[next]) {
      if (jumps(held, cut - start)) {
        if (!owned) held = new Int16Array(held)
        owned = true
        letDown(held, cut - start)
      }
      next += 1
    }
    // Whatever a cut to come could still touch stays here.
    const safe = Math.max(start, Math.min(end, (cuts[next] ?? Number.POSITIVE_INFINITY) - reach))
    if (safe > start) yield held.subarray(0, (safe - start) * channels)
    held = held.subarray((safe - start) * channels)
    start = safe
  }
  if (held.length > 0) yield held
}
