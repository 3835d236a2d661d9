// Timing whole processes and functions in pairs. Machines are shared and noisy, so what counts is the ratio of two
// things measured in turn in one run: A B A B …, and the median of the ratios.
import { spawnSync } from 'node:child_process'

/** One benchmark; `folder` is its own and goes away after it. */
export type Bench = { readonly name: string; run(folder: string): Promise<void> }

export type Timed = { readonly medianMs: number; readonly minMs: number; readonly maxMs: number }

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

export const summary = (values: readonly number[]): Timed => ({
  medianMs: median(values),
  minMs: Math.min(...values),
  maxMs: Math.max(...values),
})

/** Runs a program to its end and gives its wall time in milliseconds. A program that fails is no measurement. */
export function runProgram(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly okay?: readonly number[] } = {},
): number {
  const start = performance.now()
  const { status, stderr } = spawnSync(program, args, {
    cwd: options.cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
    maxBuffer: 1 << 28,
  })
  const elapsed = performance.now() - start
  if (!(options.okay ?? [0]).includes(status ?? -1))
    throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr.slice(-500)}`)
  return elapsed
}

export type Pair = { readonly a: Timed; readonly b: Timed; readonly ratio: number; readonly low: number; readonly high: number }

/** Measures A and B in turn, one warm-up each, and takes the median of A/B pair by pair. */
export async function inPairs(runs: number, a: () => number | Promise<number>, b: () => number | Promise<number>): Promise<Pair> {
  await a()
  await b()
  const left: number[] = []
  const right: number[] = []
  for (let run = 0; run < runs; run += 1) {
    left.push(await a())
    right.push(await b())
  }
  const ratios = left.map((value, index) => value / (right[index] ?? Number.NaN))
  return { a: summary(left), b: summary(right), ratio: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) }
}

/** Milliseconds that a function takes. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

const text = (milliseconds: number): string =>
  milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`

/** One line of the report: what was measured, the ratio, the aim. */
export function say(what: string, figure: string, aim: string, met: boolean | undefined): void {
  const verdict = met === undefined ? '' : met ? '  met' : '  MISSED'
  console.log(`${what.padEnd(58)} ${figure.padEnd(44)} ${aim}${verdict}`)
}

export const pairText = (pair: Pair): string =>
  `${pair.ratio.toFixed(2)}x (${pair.low.toFixed(2)}–${pair.high.toFixed(2)}), ${text(pair.a.medianMs)} / ${text(pair.b.medianMs)}`
export const timeText = text
