// `ltx explain CODE`: what a code means, with the script that earns it. Works offline: the page came with the package.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codes, isCode } from '../lang/codes.ts'
import { closest } from '../lang/suggest.ts'
import { packageRoot } from '../package-root.ts'
import { exitCode } from '../report/exit.ts'
import { explain } from '../report/explain.ts'
import { safeText } from '../safe-text.ts'
import type { Call, Io } from './io.ts'

export async function explainCode(call: Call, io: Io): Promise<number> {
  const [code] = call.words
  if (code === undefined || call.options.has('all')) {
    for (const [name, entry] of Object.entries(codes)) io.stdout.write(`${name.padEnd(30)} ${entry.severity.padEnd(8)} ${entry.hint}\n`)
    return 0
  }
  if (!isCode(code)) {
    const near = closest(code, Object.keys(codes))
    io.stderr.write(
      `ltx: there is no code \`${safeText(code)}\`\n  ${near === undefined ? 'ltx explain --all lists them' : `did you mean \`${near}\`?`}\n`,
    )
    return exitCode('usage')
  }
  io.stdout.write(pageOf(code, io.width))
  return 0
}

/** The code's section of docs/errors.md, or what the catalogue alone can say. */
function pageOf(code: keyof typeof codes, width: number): string {
  const { reason, hint } = codes[code]
  const alone = `${code}\n\n${reason}\n\nWhat to do: ${hint}.\n`
  try {
    return explain(readFileSync(join(packageRoot, 'docs', 'errors.md'), 'utf8'), code, width) ?? alone
  } catch {
    // The page is not there: the catalogue itself still knows why.
    return alone
  }
}
