// `ltx completion SHELL`: prints a script that teaches a shell our commands, read off the same table as `--help`.
import { completionScript } from '../report/completion.ts'
import { helpTable } from './commands.ts'
import type { Call, Io } from './io.ts'

export async function completion(call: Call, io: Io): Promise<number> {
  // The command line's reader has checked the shell's name against its choices.
  io.stdout.write(completionScript((call.words[0] ?? 'bash') as 'bash' | 'zsh' | 'fish', helpTable))
  return 0
}
