// What a command is given: the streams, the environment and the call itself. Only `cli.ts` and this folder end the
// process or touch its streams.
import type { World } from '../world.ts'
import type { Options } from './args.ts'
import type { CommandName } from './commands.ts'

export type Out = { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number }

export type Io = {
  /** What was asked for: data, plans, films' places. */
  readonly stdout: Out
  /** Talk: diagnostics, hints, progress. */
  readonly stderr: Out
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  readonly colour: boolean
  /** Columns of the terminal, 100 where there is none. */
  readonly width: number
  readonly quiet: boolean
  readonly world: World
  /** What to do instead of ending at once when the output can no longer be written: nobody reads it, or its disk is full. */
  readonly onOutputLost: (stop: () => void) => void
}

export type Call = {
  readonly command: CommandName
  readonly files: readonly string[]
  readonly words: readonly string[]
  readonly options: Options
}

/** A command: does its work, gives the exit code. */
export type Command = (call: Call, io: Io) => Promise<number>

/** Ends a command with an exit code after it has said why. */
export class Stop extends Error {
  override readonly name = 'Stop'
  readonly code: number
  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}
