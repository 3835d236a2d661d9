// Programs that `ltx local` starts: a Python, pip, the worker's own look at the machine. In go a command line and what may be
// known of the environment; out come how it ended and what it wrote. Keys of hosts never reach them.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Io } from './io.ts'

export type ProgramEnd = { readonly code: number; readonly out: string; readonly err: string; readonly unstarted?: string }

export type RunOptions = {
  readonly env: Readonly<Record<string, string>>
  readonly input?: string
  /** Its standard output and error go to the person as well, through our standard error. */
  readonly shown?: boolean
  readonly timeoutMs?: number
  /** Called with every whole line of its standard output; `stop` ends it. */
  readonly line?: (text: string, stop: () => void) => void
}

/** What a package installer needs to know of its surroundings: proxies, certificates, its own settings, the libraries' folders. */
const passed =
  /^(PATH|HOME|USER|LOGNAME|SHELL|TERM|COLUMNS|LANG|LC_\w+|TZ|TMPDIR|TEMP|TMP|SystemRoot|PATHEXT|USERPROFILE|APPDATA|LOCALAPPDATA|LD_LIBRARY_PATH|DYLD_LIBRARY_PATH|VIRTUAL_ENV|PIP_\w+|PYENV_\w+|CONDA_\w+|XDG_\w+|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|CUDA_\w+|NVIDIA_\w+|HIP_\w+|ROCM?_\w+|HF_HOME|HF_HUB_\w+|HF_ENDPOINT|HF_XET_\w+|HUGGINGFACE_HUB_CACHE|https?_proxy|all_proxy|no_proxy)$/i

export function environmentOf(io: Io, more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const known = Object.entries(io.env).flatMap(([name, value]) =>
    value !== undefined && passed.test(name) ? [[name, value] as const] : [],
  )
  return { ...Object.fromEntries(known), PYTHONUTF8: '1', PYTHONDONTWRITEBYTECODE: '1', ...more }
}

const mostText = 4 << 20

/** Runs a program to its end, whatever that is. Ctrl-C reaches it as it reaches us: it is in our group. */
export function runProgram(argv: readonly string[], { env, input, shown = false, timeoutMs, line }: RunOptions): Promise<ProgramEnd> {
  const [program = '', ...args] = argv
  return new Promise((resolve) => {
    const child = spawn(program, args, { env: { ...env }, stdio: ['pipe', shown && line === undefined ? 2 : 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    const limit = timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    const stop = (): void => void child.kill('SIGTERM')
    let rest = ''
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      out = (out + text).slice(-mostText)
      if (line === undefined) return
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const one of lines) line(one, stop)
    })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-mostText)
      if (shown) process.stderr.write(text)
    })
    forget(child)
    child.on('error', (error) => {
      clearTimeout(limit)
      resolve({ code: 127, out, err, unstarted: error.message })
    })
    child.on('close', (code) => {
      clearTimeout(limit)
      resolve({ code: code ?? 130, out, err })
    })
    child.stdin?.end(input ?? '')
  })
}

/** A program that does not read its input is no trouble of ours. */
function forget(child: ChildProcess): void {
  child.stdin?.on('error', () => undefined)
}

/** The last lines that say something, for a message. */
export const lastLines = (text: string, count: number): readonly string[] =>
  text
    .split('\n')
    .map((one) => one.trimEnd())
    .filter((one) => one.trim() !== '')
    .slice(-count)

/** An output's only object, or that of its last line; undefined where there is none. */
export function jsonOf(out: string): Readonly<Record<string, unknown>> | undefined {
  for (const text of [out, lastLines(out, 1)[0] ?? '']) {
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value === 'object' && value !== null) return value as Readonly<Record<string, unknown>> // an object has names
    } catch {
      // Something else was said before it.
    }
  }
  return undefined
}
