// A program of the user's, run as the world runs one: no shell, an environment of its own, text in at its standard input,
// lines out of its standard output, and the end of what it complained of. In go an order, out comes how it ended.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Ended, SpawnOrder } from './world.ts'

/** What every program may know of the machine, and nothing else unless it is listed. */
const base = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'LANG',
  'LC_ALL',
  'TZ',
  'SystemRoot',
  'PATHEXT',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
]
const tailBytes = 8192
const longestLine = 65_536
/** Between asking it to end and ending it. */
const graceMs = 3000
const ownGroup = process.platform !== 'win32'

/** With all that it has started: a wrapper's child must not go on by itself. */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (ownGroup && child.pid !== undefined) process.kill(-child.pid, signal)
    else child.kill(signal)
  } catch {
    // It has ended already.
  }
}

/** Whole lines out of pieces of text; one that does not end is cut. */
function lineReader(line: (text: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = `${rest}${text}`.split('\n')
    rest = (lines.pop() ?? '').slice(0, longestLine)
    for (const one of lines) line(one.replace(/\r$/, '').slice(0, longestLine))
  }
}

export function spawnProgram(order: SpawnOrder, environment: Readonly<Record<string, string | undefined>>): Promise<Ended> {
  const { argv, folder, input, line, signal, timeoutMs } = order
  const [program = '', ...rest] = argv
  const known = base.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]] as const]))
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ kind: 'killed', by: 'us', tail: '' })
    const child = spawn(program, rest, {
      cwd: folder,
      env: { ...Object.fromEntries(known), ...order.environment },
      shell: false,
      detached: ownGroup,
      windowsHide: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    let tail = Buffer.alloc(0)
    let hard: NodeJS.Timeout | undefined
    let late = false
    const stop = (): void => {
      end(child, 'SIGTERM')
      hard ??= setTimeout(() => end(child, 'SIGKILL'), graceMs)
    }
    const limit = setTimeout(() => {
      late = true
      stop()
    }, timeoutMs)
    const done = (ended: Ended): void => {
      clearTimeout(hard)
      clearTimeout(limit)
      signal.removeEventListener('abort', stop)
      process.removeListener('exit', last)
      resolve(ended)
    }
    // Whatever ends this process ends the program too, short of SIGKILL.
    const last = (): void => end(child, 'SIGKILL')
    process.once('exit', last)
    signal.addEventListener('abort', stop, { once: true })
    child.stderr.on('data', (bytes: Buffer) => {
      tail = Buffer.concat([tail, bytes]).subarray(-tailBytes)
    })
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', lineReader(line))
    child.on('error', (error) => done({ kind: 'unstarted', why: error.message }))
    child.on('close', (code, by) => {
      const text = tail.toString('utf8')
      if (late) done({ kind: 'killed', by: 'time', tail: text })
      else if (signal.aborted) done({ kind: 'killed', by: 'us', tail: text })
      else done(code === null ? { kind: 'killed', by: by ?? 'SIGKILL', tail: text } : { kind: 'exited', code, tail: text })
    })
    // A program that does not read is no error of ours.
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}
