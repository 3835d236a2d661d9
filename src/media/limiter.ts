// Float blocks go in, the same blocks come out louder (or softer) by a fixed gain and never above a true-peak ceiling.
// It sees 6 ms ahead, so the gain is down before the peak comes; it lets go in about 100 ms.
import { channels } from './house.ts'
import { peakBetween, peakReach } from './loudness.ts'

/** Samples a step of the gain: one millisecond. */
const grain = 48
const ahead = 6
/** Part of the way back to full that one grain goes. */
const release = 1 - Math.exp(-1 / 100)

export type Limit = {
  /** Amplitude factor applied first. */
  readonly gain: number
  /** True-peak ceiling as an amplitude. */
  readonly ceiling: number
}

/** The gain that keeps grains `from` to `until` of `samples` below the ceiling, each with its neighbours in sight. */
function ceilings(samples: Float32Array, limit: Limit, from: number, until: number): readonly number[] {
  const count = samples.length / channels
  return Array.from({ length: until - from }, (_, index) => {
    const start = (from + index) * grain
    const loudest = limit.ceiling / limit.gain
    const peak = peakBetween(samples, start, Math.min(count, start + grain), loudest)
    return peak > loudest ? loudest / peak : 1
  })
}

/** The gain at the start of grain `at`: low enough for the grains on both sides, and on its way down to those ahead. */
function target(needs: readonly number[], at: number): number {
  let lowest = Math.min(needs[at - 1] ?? 1, needs[at] ?? 1)
  for (let n = 1; n <= ahead; n += 1) {
    const need = needs[at + n] ?? 1
    lowest = Math.min(lowest, need + ((1 - need) * n) / (ahead + 1))
  }
  return lowest
}

/** Changes `samples` in place, grain after grain; gives the gain at its end. */
function apply(samples: Float32Array, gain: number, nodes: readonly number[]): void {
  for (let node = 0; node + 1 < nodes.length; node += 1) {
    const [start, end] = [nodes[node] ?? 1, nodes[node + 1] ?? 1]
    const first = node * grain * channels
    const last = Math.min(samples.length, first + grain * channels)
    for (let at = first; at < last; at += 1) {
      const inside = Math.floor((at - first) / channels) / grain
      samples[at] = (samples[at] as number) * gain * (start + (end - start) * inside)
    }
  }
}

function append(held: Float32Array, more: Float32Array): Float32Array<ArrayBuffer> {
  const all = new Float32Array(held.length + more.length)
  all.set(held)
  all.set(more, held.length)
  return all
}

/** The stream, limited. Its length never changes. */
export async function* limited(blocks: AsyncIterable<Float32Array>, limit: Limit): AsyncGenerator<Float32Array> {
  // `held` starts one grain before the first that is still to go out, so that peaks at its edge are seen whole.
  let held: Float32Array = new Float32Array(grain * channels)
  let needs: number[] = [1]
  let gain: number | undefined
  const pass = (until: number): Float32Array => {
    const nodes = [gain ?? target(needs, 1)]
    for (let at = 2; at <= until; at += 1) {
      const before = nodes[at - 2] ?? 1
      nodes.push(Math.min(target(needs, at), before + (1 - before) * release))
    }
    const out = held.slice(grain * channels, until * grain * channels)
    apply(out, limit.gain, nodes)
    gain = nodes.at(-1)
    held = held.slice((until - 1) * grain * channels)
    needs = needs.slice(until - 1)
    return out
  }
  const look = (until: number): void => void needs.push(...ceilings(held, limit, needs.length, until))
  for await (const block of blocks) {
    held = append(held, block)
    const seen = Math.floor((held.length / channels - peakReach.behind) / grain)
    if (seen > needs.length) look(seen)
    const ready = needs.length - ahead - 1
    if (ready > 1) yield pass(ready)
  }
  const end = Math.ceil(held.length / channels / grain)
  look(end)
  if (held.length > grain * channels) yield pass(end + 1)
}
