// A worker of an own machine for tests: a program that stands in a Python's place, a folder that stands in a model's, what the worker
// noted, and faults for it to have.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export type WorkerFault = {
  readonly kind: 'die' | 'exit' | 'freeze' | 'stall' | 'slow' | 'oom' | 'hopeless' | 'internal' | 'mismatch' | 'disk'
  /** The phase in which it happens; in `denoise` and `refine` after the first step. */
  readonly at: string
  /** Only for jobs whose prompt holds this. */
  readonly words?: string
  readonly times?: number
  readonly ms?: number
}

export type FakeWorker = {
  /** What `python` in the provider's block names. */
  readonly python: string
  readonly model: string
  fault(...faults: readonly WorkerFault[]): void
  set(settings: Readonly<Record<string, unknown>>): void
  readonly notes: () => readonly Readonly<Record<string, unknown>>[]
  /** Process numbers of the workers that were started. */
  readonly starts: () => readonly number[]
  /** The orders that were carried out, in turn. */
  readonly made: () => readonly Readonly<Record<string, unknown>>[]
}

export function fakeWorker(folder: string, ffmpeg: string): FakeWorker {
  const home = join(folder, 'worker')
  const model = join(folder, 'models/tiny')
  const python = join(home, 'python')
  mkdirSync(home, { recursive: true })
  mkdirSync(join(model, 'vae'), { recursive: true })
  writeFileSync(join(model, 'model_index.json'), '{}')
  writeFileSync(join(model, 'vae/weights.safetensors'), 'of no use')
  const program = [process.execPath, join(import.meta.dirname, 'local-worker.mjs'), ffmpeg, home]
  writeFileSync(python, `#!/bin/sh\nexec ${program.map((one) => `'${one}'`).join(' ')} "$@"\n`)
  chmodSync(python, 0o755)
  const notes = () => {
    const log = join(home, 'log.ndjson')
    if (!existsSync(log)) return []
    const lines = readFileSync(log, 'utf8').trim().split('\n')
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>) // written by the worker
  }
  return {
    python,
    model,
    notes,
    fault: (...faults) => writeFileSync(join(home, 'faults.json'), JSON.stringify(faults)),
    set: (settings) => writeFileSync(join(home, 'settings.json'), JSON.stringify(settings)),
    starts: () => notes().flatMap(({ start, pid }) => (start === undefined ? [] : [Number(pid)])),
    made: () => notes().flatMap((one) => (one.made === undefined ? [] : [one])),
  }
}
