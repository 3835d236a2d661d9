// Bundles src/cli.ts into dist/: a tiny entry, a chunk a command, so that `ltx --version` loads nothing it does not need.
// Made beside dist/ and then put in its place, so that nobody meets half a bundle. `--out FOLDER` builds elsewhere.
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { build } from 'esbuild'
import { banner } from './banner.mjs'

const named = process.argv.indexOf('--out')
const folder = named < 0 ? 'dist' : process.argv[named + 1]
const fresh = `${folder}.${process.pid}`
const result = await build({
  entryPoints: ['src/cli.ts'],
  outdir: fresh,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: true,
  metafile: true,
  logLevel: 'warning',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  // Ink asks for React's developer tools only in development; the stub keeps them out.
  alias: { 'react-devtools-core': './scripts/empty.mjs' },
  external: ['@napi-rs/canvas', '@ffmpeg-binary/*'],
  banner,
})
mkdirSync(dirname(folder), { recursive: true })
rmSync(folder, { recursive: true, force: true })
renameSync(fresh, folder)
if (process.argv.includes('--meta')) console.log(JSON.stringify(result.metafile))
