// `ltx fmt`: scripts in their one layout. A script that cannot be read is left as it is.
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { openReporter } from '../lang/diagnostic.ts'
import type { Source } from '../lang/source.ts'
import { diffText } from '../lang/syntax/diff.ts'
import { format } from '../lang/syntax/format.ts'
import { parse } from '../lang/syntax/parse.ts'
import { decode, readOrNothing } from '../open-script.ts'
import { exitCode } from '../report/exit.ts'
import { renderDiagnostics } from '../report/frame.ts'
import { safeText } from '../safe-text.ts'
import { scriptsOf } from './check.ts'
import type { Call, Io } from './io.ts'

/** The script laid out; undefined when it cannot be read, which has been shown. */
function laidOut(source: Source, io: Io): string | undefined {
  const reporter = openReporter()
  const file = parse(source, reporter)
  if (!reporter.failed()) return format(file, source)
  io.stderr.write(renderDiagnostics(reporter.diagnostics(), new Map([[source.path, source]]), { colour: io.colour, width: io.width }))
  return undefined
}

export async function fmt(call: Call, io: Io): Promise<number> {
  if (call.files.includes('-')) {
    const text = laidOut({ path: 'standard input', text: decode(readFileSync(0)) }, io)
    if (text === undefined) return exitCode('script')
    io.stdout.write(text)
    return 0
  }
  let exit = 0
  for (const path of await scriptsOf(call, io)) {
    const name = relative(io.cwd, path)
    const source = { path: name, text: readOrNothing(path) ?? '' }
    const text = laidOut(source, io)
    if (text === undefined) exit = exitCode('script')
    if (text === undefined || text === source.text) continue
    if (call.options.has('check')) {
      io.stdout.write(`${safeText(name)} is not laid out\n`)
      exit ||= exitCode('failed')
    } else if (call.options.has('diff')) io.stdout.write(safeText(diffText(name, source.text, text)))
    else {
      await io.world.files.writeWhole(path, text)
      if (!io.quiet) io.stdout.write(`${safeText(name)}\n`)
    }
  }
  return exit
}
