// Reads the command line, loads the one command it names, and turns whatever happens into an exit code and, when it
// went wrong, one message with a next step. Nothing but a bug shows more than that.
import { exitCode, exitOf } from '../report/exit.ts'
import { commandText, overviewText } from '../report/help.ts'
import { chooseColour } from '../report/screen.ts'
import { failureOf } from '../runtime/failure.ts'
import { safeText } from '../safe-text.ts'
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
  release: async () => (await import('./release.ts')).release,
  resolve: async () => (await import('./resolve.ts')).resolve,
  spend: async () => (await import('./spend.ts')).spend,
  init: async () => (await import('./init.ts')).init,
  doctor: async () => (await import('./doctor.ts')).doctor,
  local: async () => (await import('./local.ts')).local,
  completion: async () => (await import('./completion.ts')).completion,
}

async function openIo(noColour: boolean, quiet: boolean, { onOutputLost }: Output): Promise<Io> {
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
    onOutputLost,
  }
}

type Output = Pick<Io, 'onOutputLost'> & { readonly failed: () => boolean }

/** Our output may end before we do: its reader goes away (`ltx plan | head`), which is no error, or its disk is full. */
function watchOutput(): Output {
  let stop: (() => void) | undefined
  let failed = false
  let lost = false
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (lost) return
    lost = true
    failed = error.code !== 'EPIPE'
    if (failed) process.stderr.write(`ltx: the output cannot be written (${error.code ?? error.message}): make room where it goes\n`)
    if (stop === undefined) process.exit(failed ? exitCode('io') : exitCode('ok'))
    stop()
  })
  // Talk that nobody hears is no reason to stop.
  process.stderr.on('error', () => undefined)
  return {
    failed: () => failed,
    onOutputLost(listener) {
      stop = listener
    },
  }
}

/** When all that was written is out, or has failed to go out. */
const written = (): Promise<void> => new Promise((resolve) => process.stdout.write('', () => setImmediate(resolve)))

/** Runs one command line to its exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  const output = watchOutput()
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
      const io = await openIo(options.has('no-color'), options.has('quiet'), output)
      // What is thrown where nobody waits for it ends the process too, with the same words.
      process.on('uncaughtException', (error, origin) => {
        // A package that fails to load is told of twice: here, and to the one who asked for it.
        if (origin === 'uncaughtException' || !isIncomplete(error)) process.exit(tell(error, io))
      })
      try {
        const body = await bodies[parsed.command]()
        const code = await body(parsed, io)
        await written()
        return output.failed() ? exitCode('io') : code
      } catch (error) {
        return tell(error, io)
      }
    }
  }
}

/** A failure that a person can act on says so in two lines; anything else is our own mistake. */
function tell(error: unknown, io: Io): number {
  if (error instanceof Stop) return error.code
  const failure = failureOf(error)
  if (failure !== undefined) {
    io.stderr.write(`ltx: ${safeText(failure.message)}\n  ${safeText(failure.next)}\n`)
    return exitCode(exitOf({ reason: 'failed', failures: [failure], some: false }))
  }
  if (isIncomplete(error)) {
    io.stderr.write('ltx: a part of ltx is missing here: @napi-rs/canvas, which draws letters and animatics\n')
    io.stderr.write('  run `npm install` on this machine (a copied node_modules holds another one’s build); ltx doctor says what else\n')
    return exitCode('failed')
  }
  const debug = io.env.LTX_DEBUG !== undefined
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  const detail = debug && error instanceof Error ? (error.stack ?? said) : `${said}\n  LTX_DEBUG=1 shows more`
  io.stderr.write(`ltx: this is a mistake of ours, please report it\n  ${safeText(detail)}\n`)
  return exitCode('failed')
}

/** A package that is not there, or is built for another machine. */
const isIncomplete = (error: unknown): boolean => error instanceof Error && /@napi-rs\/canvas|native binding/i.test(error.message)
