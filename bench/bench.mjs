// `npm run bench`: bundles the benchmarks with the code they measure and runs them. Not part of the tests: machines
// are shared and noisy, so it prints ratios measured in one run, with their spread, beside the aims.
import { mkdirSync } from 'node:fs'
import { build } from 'esbuild'
import { banner } from '../scripts/banner.mjs'
import { testPython } from '../scripts/python.mjs'

mkdirSync('dist-bench', { recursive: true })
await build({
  entryPoints: ['bench/main.ts', 'bench/hosts-child.ts'],
  outdir: 'dist-bench',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  external: ['@napi-rs/canvas', '@ffmpeg-binary/*'],
  banner,
})
// The worker's part runs where its Python is.
process.env.LTX_WORKER_PYTHON ??= testPython() ?? ''
await import('../dist-bench/main.js')
