// A question before something large is fetched. Asked only where somebody sits at a terminal and has not said `--yes`.
import { createInterface } from 'node:readline/promises'
import type { Io } from './io.ts'

/** True to go on. */
export async function goOn(question: string, yes: boolean, io: Io): Promise<boolean> {
  if (yes || process.stdin.isTTY !== true || io.stderr.isTTY !== true) return true
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = (await lines.question(`${question} [Y/n] `)).trim().toLowerCase()
    return answer === '' || answer === 'y' || answer === 'yes'
  } finally {
    lines.close()
  }
}
