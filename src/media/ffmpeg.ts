// A command goes in, files or bytes come out. The only door to fluent-ffmpeg, which is archived upstream: nothing
// outside this file knows of it, so a plain spawn could replace it here. ffmpeg gets its own process group (a
// Ctrl-C of the terminal would make it finish a short, good-looking file) and none of our environment.
import type { ChildProcess } from 'node:child_process'
import { PassThrough } from 'node:stream'
import createCommand from 'fluent-ffmpeg'
import type { Failure } from '../failure.ts'
import { ProviderFailure } from '../failure.ts'
import type { Command, Input, Output } from './command.ts'
import { guardedInput, guardedOutput } from './command.ts'
import type { Env, FoundBy } from './find-tool.ts'
import { findFfmpeg, strippedEnv } from './find-tool.ts'

export type RunOptions = {
  readonly signal?: AbortSignal
  /** Frames written so far, a few times a second. */
  readonly onProgress?: (frames: number) => void
  /** Every line ffmpeg writes to stderr, as it comes. */
  readonly onLine?: (line: string) => void
}

export type Tool = {
  readonly path: string
  readonly version: string
  readonly source: FoundBy
  /** Runs to the end. `stderr` holds the last 400 lines. Throws a ProviderFailure: `tool`, `disk` or `cancelled`. */
  run(command: Command, options?: RunOptions): Promise<{ readonly stderr: string }>
  /** Runs and gives the bytes of the output marked `pipe`; more than `limit` bytes is a failure. */
  read(command: Command, options?: RunOptions & { readonly limit?: number }): Promise<Buffer>
}

/** What fluent-ffmpeg keeps to itself and we set right. */
type Internals = {
  _checkCapabilities(callback: (error?: Error) => void): void
  availableEncoders(callback: (error: Error | null, encoders: object) => void): void
  _spawnFfmpeg(args: readonly string[], options: object, ...callbacks: unknown[]): void
  ffmpegProc?: ChildProcess
}

// The published types name only the public methods; these three are what makes 2.1.3 fit for ffmpeg 7 and for us.
const internals = createCommand.prototype as unknown as Internals
const spawnAsTheyDo = internals._spawnFfmpeg
// It parses `-formats`, whose columns changed in ffmpeg 7, and `-encoders`, each by one more process. We check ourselves.
internals._checkCapabilities = (callback) => callback()
internals.availableEncoders = (callback) => callback(null, {})
internals._spawnFfmpeg = function (this: Internals, args, options, ...callbacks) {
  const own = { ...options, env: strippedEnv(process.env), detached: process.platform !== 'win32' }
  spawnAsTheyDo.call(this, args, own, ...callbacks)
}

/** Children that run now; none outlives us. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

const targetOf = (output: Output, pipe: PassThrough): string | NodeJS.WritableStream => {
  if ('path' in output) return `file:${output.path}`
  if ('none' in output) return '-'
  return 'stream' in output ? output.stream : pipe
}
const sourceOf = (input: Input): string | NodeJS.ReadableStream =>
  'path' in input ? `file:${input.path}` : 'lavfi' in input ? input.lavfi : input.stream

/** fluent splits a lone option at its space; two or more it leaves alone. */
const whole = (options: readonly string[]): string[] => (options.length === 1 ? ['-nostdin', ...options] : [...options])

function build(path: string, command: Command, progress: boolean, pipe: PassThrough): createCommand.FfmpegCommand {
  const made = createCommand({ stdoutLines: 400 }).setFfmpegPath(path)
  const fed = command.inputs.some((input) => 'stream' in input)
  const global = [
    ...(fed ? [] : ['-nostdin']),
    // fluent leaves `-y` out for `file:` targets, and ffmpeg then ends with 0 and writes nothing.
    '-y',
    '-hide_banner',
    '-nostats',
    '-v',
    command.verbose === true ? 'info' : 'warning',
    ...(command.strict === true ? ['-xerror'] : []),
    ...(progress ? ['-progress', 'pipe:2', '-stats_period', '0.25'] : []),
  ]
  command.inputs.forEach((input, index) => {
    // fluent takes streams by interface, Node's own are that.
    made.input(sourceOf(input) as string)
    made.inputOptions(...whole([...(index === 0 ? global : []), ...guardedInput(input, command.strict === true)]))
  })
  if (command.graph !== undefined) made.complexFilter([command.graph])
  for (const output of command.outputs) {
    made.output(targetOf(output, pipe) as string)
    made.outputOptions(...whole([...guardedOutput, ...output.options]))
  }
  return made
}

/** Lines of `-progress`: `frame=12`, `out_time=…`; the rest of stderr is for people. */
const progressLine = /^(frame|fps|stream_\d+_\d+_q|bitrate|total_size|out_time\w*|dup_frames|drop_frames|speed|progress)=\s*(\S*)\s*$/

const clean = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g, ' ').trim()

/** What ffmpeg says after it has said what matters. */
const unhelpful =
  /^(Conversion failed|Error (while|selecting|sending|initializing)|Error opening (input|output) files|Task finished|Terminating|Last message|Nothing was written)/

const complaint =
  /error|invalid|fail|cannot|could not|unable|undefined|no such|not found|denied|damaged|corrupt|missing|too large|exceeds|needs to/i

/** The line that says what went wrong, without ffmpeg's own addresses and without our folders. */
function reasonOf(lines: readonly string[]): string {
  const told = lines.map((line) => clean(line.replace(/^(\[[^\]]*\]\s*)+/, ''))).filter((line) => line !== '')
  const useful = told.filter((line) => !unhelpful.test(line))
  // The first complaint is the cause; where none reads like one, the last word is nearest to it.
  const complaints = useful.filter((line) => complaint.test(line)).slice(0, 2)
  const chosen = complaints.join('; ') || useful.at(-1) || told.at(-1) || 'it gave no reason'
  return chosen.replace(/(file:)?\/\S*\/([^/\s:]+)/g, '$2').slice(0, 300)
}

const noRoom = /No space left on device|ENOSPC|Disk quota exceeded/
/** Older ffmpegs end with 0 when the last bytes of a file could not be written. */
const lostEnd = /No space left on device|Disk quota exceeded|Error writing trailer|Error closing file/

function failureOf(error: Error, lines: readonly string[], aborted: boolean): Failure {
  const text = lines.join('\n')
  if (aborted) return { kind: 'cancelled', message: 'ffmpeg was stopped', next: 'run again to go on', retry: true, billed: 'no' }
  if (noRoom.test(`${text}\n${error.message}`)) {
    return { kind: 'disk', message: 'the disk is full', next: 'make room, then run again', retry: false, billed: 'no' }
  }
  const killed = /killed with signal (\S+)/.exec(error.message)
  if (killed !== null) {
    const message = `ffmpeg was killed (${killed[1]}), perhaps for want of memory`
    return { kind: 'tool', message, next: 'run again; `ltx doctor` shows the machine', retry: true, billed: 'no' }
  }
  const message = `ffmpeg could not do it: ${reasonOf(lines.length > 0 ? lines : [error.message])}`
  return { kind: 'tool', message, next: 'look at the file named; `ltx doctor` checks ffmpeg', retry: false, billed: 'no' }
}

function start(path: string, command: Command, options: RunOptions, pipe: PassThrough): Promise<{ readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const lines: string[] = []
    const made = build(path, command, options.onProgress !== undefined, pipe)
    const handle = made as unknown as Internals
    // fluent forgets its process before it says that it ended.
    let child: ChildProcess | undefined
    const kill = (): void => void child?.kill('SIGKILL')
    const settle = (): void => {
      options.signal?.removeEventListener('abort', kill)
      if (child !== undefined) running.delete(child)
    }
    made.on('stderr', (line: string) => {
      const progress = progressLine.exec(line)
      if (progress !== null) {
        if (progress[1] === 'frame') options.onProgress?.(Number(progress[2]))
        return
      }
      options.onLine?.(line)
      lines.push(line)
      if (lines.length > 400) lines.shift()
    })
    made.on('start', () => {
      child = handle.ffmpegProc
      if (child !== undefined) running.add(child)
      if (options.signal?.aborted === true) kill()
    })
    made.on('end', () => {
      settle()
      const stderr = lines.join('\n')
      if (lostEnd.test(stderr)) reject(new ProviderFailure(failureOf(new Error('the file was not finished'), lines, false)))
      else resolve({ stderr })
    })
    made.on('error', (error: Error) => {
      settle()
      kill()
      reject(new ProviderFailure(failureOf(error, lines, options.signal?.aborted === true)))
    })
    options.signal?.addEventListener('abort', kill, { once: true })
    made.run()
  })
}

/** A pipe whose closing never races ffmpeg's exit (fluent takes an early `close` for a failure). */
const openPipe = (): PassThrough => new PassThrough({ autoDestroy: false, emitClose: false })

const refuseAborted = (options: RunOptions): void => {
  if (options.signal?.aborted === true) throw new ProviderFailure(failureOf(new Error('aborted'), [], true))
}

async function read(path: string, command: Command, options: RunOptions & { readonly limit?: number }): Promise<Buffer> {
  refuseAborted(options)
  const limit = options.limit ?? 64 << 20
  const tooMuch = new AbortController()
  const signal = options.signal === undefined ? tooMuch.signal : AbortSignal.any([options.signal, tooMuch.signal])
  const pipe = openPipe()
  const parts: Buffer[] = []
  let bytes = 0
  pipe.on('data', (part: Buffer) => {
    bytes += part.length
    if (bytes > limit) tooMuch.abort()
    else parts.push(part)
  })
  const ended = new Promise<void>((resolve) => pipe.once('end', resolve))
  try {
    await start(path, command, { ...options, signal }, pipe)
    await ended
  } catch (error) {
    if (!tooMuch.signal.aborted || options.signal?.aborted === true) throw error
    const message = `ffmpeg gave more than ${limit} bytes`
    throw new ProviderFailure({ kind: 'tool', message, next: 'the file claims to be longer than it can be', retry: false, billed: 'no' })
  }
  return Buffer.concat(parts)
}

/** Finds ffmpeg and opens it. Throws a ProviderFailure of kind `tool` where there is none. */
export async function findTool(env: Env): Promise<Tool> {
  const found = await findFfmpeg(env)
  return {
    ...found,
    async run(command, options = {}) {
      refuseAborted(options)
      return start(found.path, command, options, openPipe())
    },
    read: (command, options = {}) => read(found.path, command, options),
  }
}
