// Programs, run as the world runs them: no shell, an environment of their own, lines out of their standard output, and the end of
// what they complained of. One kind is given its input and runs to its end; the other is talked to as long as it lives. Neither
// outlives this process, whatever ends it: a watcher stands by, and ends the program when our end of its pipe goes.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Ended, Program, ProgramOrder, SpawnOrder } from './world.ts'

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
/** Of a program that is talked to: as its protocol has it. */
const longestMessage = 1 << 20
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

/**
 * Ends the group `pid` when we are gone, SIGKILL included: the watcher's input then ends without a word. Gives what says that word when
 * all is well. Windows has no such groups: there a program goes on until it is done.
 */
function standBy(pid: number | undefined): () => void {
  if (!ownGroup || pid === undefined) return () => undefined
  const script = `read -r word && exit; kill -s TERM -- "-$1"; sleep ${graceMs / 1000}; kill -s KILL -- "-$1"`
  const watcher = spawn('/bin/sh', ['-c', script, 'sh', String(pid)], {
    detached: true,
    env: { PATH: '/usr/bin:/bin' },
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Where there is no shell, or it dies, a run that is killed leaves its program: no reason to stop.
  watcher.on('error', () => undefined)
  watcher.stdin.on('error', () => undefined)
  watcher.unref()
  return () => watcher.stdin.end('done\n')
}

/** Whole lines out of pieces of text; one that does not end is cut. */
function lineReader(line: (text: string) => void, longest: number): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = `${rest}${text}`.split('\n')
    rest = (lines.pop() ?? '').slice(0, longest)
    for (const one of lines) line(one.replace(/\r$/, '').slice(0, longest))
  }
}

type Environment = Readonly<Record<string, string | undefined>>
type Start = Pick<SpawnOrder, 'argv' | 'folder' | 'environment' | 'line' | 'signal'> & { readonly longest: number }
type Started = {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** Asks it to end, and ends it when it does not. `late`: its time was over. */
  stop(late?: 'late'): void
  end(signal: NodeJS.Signals): void
}

/** A program under way, which does not outlive this process. */
function begin({ argv, folder, environment, line, signal, longest }: Start, around: Environment): Started {
  const [program = '', ...rest] = argv
  const known = base.flatMap((name) => (around[name] === undefined ? [] : [[name, around[name]] as const]))
  const child = spawn(program, rest, {
    cwd: folder,
    env: { ...Object.fromEntries(known), ...environment },
    shell: false,
    detached: ownGroup,
    windowsHide: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const allIsWell = standBy(child.pid)
  let tail = Buffer.alloc(0)
  let hard: NodeJS.Timeout | undefined
  let late = false
  let told = false
  const stop = (why?: 'late'): void => {
    if (!told) late = why === 'late'
    told = true
    end(child, 'SIGTERM')
    hard ??= setTimeout(() => end(child, 'SIGKILL'), graceMs)
  }
  const halt = (): void => stop()
  const last = (): void => end(child, 'SIGKILL')
  process.once('exit', last)
  signal.addEventListener('abort', halt, { once: true })
  child.stderr.on('data', (bytes: Buffer) => {
    tail = Buffer.concat([tail, bytes]).subarray(-tailBytes)
  })
  child.stdout.setEncoding('utf8')
  child.stdout.on('data', lineReader(line, longest))
  // A program that does not read is no error of ours.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<Ended>((resolve) => {
    const done = (how: Ended): void => {
      clearTimeout(hard)
      signal.removeEventListener('abort', halt)
      process.removeListener('exit', last)
      allIsWell()
      resolve(how)
    }
    child.on('error', (error) => done({ kind: 'unstarted', why: error.message }))
    child.on('close', (code, by) => {
      const text = tail.toString('utf8')
      if (told) done({ kind: 'killed', by: late ? 'time' : 'us', tail: text })
      else done(code === null ? { kind: 'killed', by: by ?? 'SIGKILL', tail: text } : { kind: 'exited', code, tail: text })
    })
  })
  return {
    child,
    ended,
    stop,
    end(sign) {
      told = true
      end(child, sign)
    },
  }
}

export async function spawnProgram(order: SpawnOrder, around: Environment): Promise<Ended> {
  const { input, signal, timeoutMs } = order
  if (signal.aborted) return { kind: 'killed', by: 'us', tail: '' }
  const { child, ended, stop } = begin({ ...order, longest: longestLine }, around)
  const limit = setTimeout(() => stop('late'), timeoutMs)
  child.stdin?.end(input)
  try {
    return await ended
  } finally {
    clearTimeout(limit)
  }
}

export function openProgram(order: ProgramOrder, around: Environment): Program {
  const { signal, pass = [] } = order
  if (signal.aborted) {
    const ended = Promise.resolve<Ended>({ kind: 'killed', by: 'us', tail: '' })
    return { ended, send: () => undefined, close: () => undefined, kill: () => undefined }
  }
  const passed = pass.flatMap((name) => (around[name] === undefined ? [] : [[name, around[name]] as const]))
  const environment = { ...Object.fromEntries(passed), ...order.environment }
  const { child, ended, ...program } = begin({ ...order, environment, longest: longestMessage }, around)
  return {
    ended,
    send: (line) => void (child.stdin?.writable && child.stdin.write(`${line}\n`)),
    close: () => void child.stdin?.end(),
    kill: () => program.end('SIGKILL'),
  }
}
