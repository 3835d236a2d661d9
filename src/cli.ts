#!/usr/bin/env node
// The door: argv in, exit code out. Loads nothing but what the command line asks for, so that it opens at once.
import { readFileSync } from 'node:fs'

const argv = process.argv.slice(2)

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
  // An object with a version: this package's own file.
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') return
    process.stderr.write(`ltx: the output cannot be written (${code}): make room where it goes\n`)
    process.exitCode = 74
  })
  process.stdout.write(`ltx ${version}\n`)
} else {
  const { main } = await import('./cli/main.ts')
  process.exitCode = await main(argv)
}
