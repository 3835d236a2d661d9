// `ltx local setup` and `ltx local doctor`: an own machine made ready for films, and looked at. Each of the two has options of its
// own; one that belongs to the other is a mistake that is told.
import { exitCode } from '../report/exit.ts'
import type { Call, Io } from './io.ts'

const ofSetup = ['python', 'folder', 'torch', 'index', 'again', 'yes'] as const

export async function local(call: Call, io: Io): Promise<number> {
  if (call.words[0] === 'setup') {
    const [film] = call.files
    if (film === undefined) return (await import('./local-setup.ts')).setup(call, io)
    io.stderr.write('ltx: `ltx local setup` makes one environment for all films of this user\n  leave the film out\n')
    return exitCode('usage')
  }
  const stray = ofSetup.find((name) => call.options.has(name))
  if (stray === undefined) return (await import('./local-doctor.ts')).localDoctor(call, io)
  io.stderr.write(`ltx: \`--${stray}\` belongs to \`ltx local setup\`\n  ltx local doctor [FILE] [--model FOLDER] [--json]\n`)
  return exitCode('usage')
}
