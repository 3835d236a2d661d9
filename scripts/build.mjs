// Bundles src/cli.ts into dist/: a tiny entry, a chunk a command, so that `ltx --version` loads nothing it does not need.
import { rmSync } from 'node:fs'
import { build } from 'esbuild'

rmSync('dist', { recursive: true, force: true })
const result = await build({
  entryPoints: ['src/cli.ts'],
  outdir: 'dist',
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
  external: ['@napi-rs/canvas', '@ffmpeg-binary/*', '@ffprobe-installer/*'],
  // What CommonJS packages expect to find.
  banner: {
    js: [
      "import{createRequire as __require}from'node:module';import{dirname as __folder}from'node:path';import{fileURLToPath as __path}from'node:url';",
      'const require=__require(import.meta.url),__filename=__path(import.meta.url),__dirname=__folder(__filename);',
    ].join(''),
  },
})
if (process.argv.includes('--meta')) console.log(JSON.stringify(result.metafile))
