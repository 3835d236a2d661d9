// `npm run torture -- 1000 fal`: bundles the torture with the code it kills and runs it. Not part of the tests: a thousand
// kills a kind of host take their time.
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import { banner } from './banner.mjs'

/** Hosts and runners are bundled anew from their sources, which are looked for where they lie. */
const ownFolders = {
  name: 'own-folders',
  setup(bundle) {
    bundle.onLoad({ filter: /[\\/]test[\\/].*\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.dirname', JSON.stringify(dirname(path))),
      loader: 'ts',
    }))
  },
}
const folder = join(import.meta.dirname, '../node_modules/.cache/ltx-torture')
mkdirSync(folder, { recursive: true })
const outfile = join(folder, 'main.mjs')
await build({
  entryPoints: [join(import.meta.dirname, '../test/torture/main.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  external: ['esbuild', '@napi-rs/canvas', '@ffmpeg-binary/*', '@ffprobe-installer/*'],
  plugins: [ownFolders],
  banner,
})
await import(outfile)
