// The benchmarks, one after the other. `npm run bench -- start plan` runs those whose names begin so.

import { mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { assembly } from './assembly.ts'
import { commandLine } from './command-line.ts'
import { dissolves } from './dissolves.ts'
import { hosts } from './hosts.ts'
import type { Bench } from './measure.ts'
import { pictures } from './pictures.ts'
import { worker } from './worker.ts'

const all: readonly Bench[] = [...commandLine, pictures, assembly, dissolves, ...hosts, worker]
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.startsWith(word)))

const gib = (totalmem() / 2 ** 30).toFixed(0)
console.log(
  `node ${process.versions.node}, ${cpus().length} cores, ${gib} GiB, load ${loadavg()[0]?.toFixed(1)}; medians of runs taken in turn\n`,
)
for (const bench of chosen) {
  const folder = mkdtempSync(join(tmpdir(), 'ltx-bench-'))
  try {
    await bench.run(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
