// Reads the command line, loads the one command it names, and turns whatever happens into an exit code and, when it
// went wrong, one message with a next step. Nothing but a bug shows more than that.
import { ProviderFailure } from '../failure.ts'
import { exitCode, exitOfFailure } from '../report/exit.ts'
import { commandText, overviewText } from '../report/help.ts'
import { safeText } from '../report/safe-text.ts'
import { chooseColour } from '../report/screen.ts'
import { parseCommandLine } from './args.ts'
import { type CommandName, commands, globals, helpTable } from './commands.ts'
import type { Command, Io } from './io.ts'
import { Stop } from './io.ts'

/** One line a command: the only list that says where a command's code is. */
const bodies: Readonly<Record<CommandName, () => Promise<Command>>> = {
  check: async () => (await import('./check.ts')).check,
  fmt: async () => (await import('./fmt.ts')).fmt,
  explain: async () => (await import('./explain.ts')).explainCode,
  plan: async () => (await import('./plan.ts')).plan,
  why: async () => (await import('./why.ts')).why,
  render: async () => (await import('./render.ts')).render,
  takes: async () => (await import('./takes.ts')).takes,
  pick: async () => (await import('./pick.ts')).pick,
  rename: async () => (await import('./rename.ts')).rename,
  init: async () => (await import('./init.ts')).init,
  doctor: async () => (await import('./doctor.ts')).doctor,
  completion: async () => (await import('./completion.ts')).completion,
}

async function openIo(noColour: boolean, quiet: boolean): Promise<Io> {
  const { openNodeWorld } = await import('../world.node.ts')
  const { env, stdout, stderr } = process
  return {
    stdout,
    stderr,
    env,
    cwd: process.cwd(),
    colour: chooseColour({ noColour, isTTY: stdout.isTTY === true, env }),
    width: stdout.columns ?? 100,
    quiet,
    world: openNodeWorld(),
  }
}

/** Runs one command line to its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that goes away (`ltx plan | head`) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const parsed = parseCommandLine(argv)
  const look = { colour: chooseColour({ isTTY: process.stdout.isTTY === true, env: process.env }), width: process.stdout.columns ?? 100 }
  switch (parsed.kind) {
    case 'version':
      process.stdout.write(`ltx ${(await import('./version.ts')).version}\n`)
      return 0
    case 'help': {
      const spec = commands.find(({ name }) => name === parsed.command)
      process.stdout.write(spec === undefined ? overviewText(helpTable, look) : commandText(spec, globals, look))
      return 0
    }
    case 'wrong':
      process.stderr.write(`ltx: ${safeText(parsed.message)}\n  ${safeText(parsed.next)}\n`)
      return exitCode('usage')
    case 'run': {
      const { options } = parsed
      const io = await openIo(options.has('no-color'), options.has('quiet'))
      try {
        const body = await bodies[parsed.command]()
        return await body(parsed, io)
      } catch (error) {
        return tell(error, io)
      }
    }
  }
}

/** A failure that a person can act on says so in two lines; anything else is our own mistake. */
function tell(error: unknown, io: Io): number {
  if (error instanceof Stop) return error.code
  if (error instanceof ProviderFailure) {
    io.stderr.write(`ltx: ${safeText(error.failure.message)}\n  ${safeText(error.failure.next)}\n`)
    return exitCode(exitOfFailure(error.failure.kind))
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (['ENOSPC', 'EIO', 'EROFS', 'EACCES', 'EPERM', 'EDQUOT', 'EMFILE'].includes(code)) {
    io.stderr.write(
      `ltx: ${safeText(error instanceof Error ? error.message : code)}\n  make room or give access, then run again: nothing that was stored is lost\n`,
    )
    return exitCode('io')
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  io.stderr.write(
    `ltx: this is a mistake of ours, please report it\n${io.env['LTX_DEBUG'] === undefined ? `  ${safeText(detail.split('\n').slice(0, 2).join(' '))}\n  LTX_DEBUG=1 shows more` : safeText(detail)}\n`,
  )
  return exitCode('failed')
}
