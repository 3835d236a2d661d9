// A World of memory: files in a map, a clock that jumps to the next timer, faults by operation. What is in `disk` is
// what a crash would leave.
import { createHash } from 'node:crypto'
import type { Files, World } from '../../src/world.ts'

export type Disk = Map<string, Uint8Array>
export type Operation = { readonly name: string; readonly path: string; readonly count: number; readonly writes: boolean }
export type MemoryWorld = World & { readonly disk: Disk; readonly operations: () => number }

type Options = {
  readonly disk?: Disk
  /** Called before each operation; throwing makes it fail. Counts writing operations from 1. */
  readonly before?: (operation: Operation) => void
}

const nodeError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })
export const diskFull = (): Error => nodeError('ENOSPC', 'disk')
const hash = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

function memoryFiles(disk: Disk, step: (name: string, path: string, writes: boolean) => void): Files {
  const changed = new Map<string, number>()
  let changes = 0
  const put = (path: string, content: Uint8Array): void => {
    changes += 1
    changed.set(path, changes)
    disk.set(path, content)
  }
  const take = (path: string): Uint8Array => {
    const content = disk.get(path)
    if (content === undefined) throw nodeError('ENOENT', path)
    return content
  }
  const below = (path: string): string[] => [...disk.keys()].filter((name) => name.startsWith(`${path}/`))
  return {
    readText: async (path) => Buffer.from(take(path)).toString('utf8'),
    readBytes: async (path) => take(path),
    exists: async (path) => disk.has(path) || below(path).length > 0,
    async stat(path) {
      return { bytes: take(path).length, mtimeMs: changed.get(path) ?? 0, kind: 'file' }
    },
    realPath: async (path) => path,
    list: async (path) => [...new Set(below(path).map((name) => name.slice(path.length + 1).split('/')[0] ?? ''))].sort(),
    async makeFolder(path) {
      step('makeFolder', path, true)
    },
    async writeWhole(path, content) {
      step('writeWhole', path, true)
      put(path, Buffer.from(content))
    },
    async rename(from, to) {
      step('rename', from, true)
      put(to, take(from))
      disk.delete(from)
    },
    async remove(path) {
      for (const name of [path, ...below(path)]) disk.delete(name)
    },
    async linkOrCopy(from, to) {
      step('linkOrCopy', to, true)
      put(to, take(from))
    },
    async sha256(path) {
      step('sha256', path, false)
      return hash(take(path))
    },
    async sync(path) {
      step('sync', path, true)
    },
    async openAppend(path) {
      step('openAppend', path, true)
      if (!disk.has(path)) put(path, new Uint8Array())
      return {
        async append(text) {
          if (text === '') return
          step('append', path, true)
          put(path, Buffer.concat([disk.get(path) ?? new Uint8Array(), Buffer.from(text)]))
        },
        close: async () => undefined,
      }
    },
  }
}

type Timer = { readonly at: number; readonly run: () => void }

/** Time stands still while anything is left to do, then jumps. */
function jumpingClock() {
  const timers: Timer[] = []
  let now = 1_000
  let scheduled = false
  const jump = (): void => {
    scheduled = false
    const next = timers.sort((a, b) => a.at - b.at).shift()
    if (next === undefined) return
    now = Math.max(now, next.at)
    next.run()
    schedule()
  }
  const schedule = (): void => {
    if (scheduled || timers.length === 0) return
    scheduled = true
    setTimeout(jump, 0)
  }
  return {
    now: () => 1_700_000_000_000 + now,
    monotonic: () => now,
    sleep: (ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason)
        const timer = { at: now + ms, run: resolve }
        timers.push(timer)
        signal?.addEventListener('abort', () => {
          timers.splice(timers.indexOf(timer) >>> 0, timers.includes(timer) ? 1 : 0)
          reject(signal.reason)
        })
        schedule()
      }),
  }
}

const held = new Set<string>()

export function openMemoryWorld({ disk = new Map(), before = () => undefined }: Options = {}): MemoryWorld {
  let count = 0
  const step = (name: string, path: string, writes: boolean): void => {
    if (writes) count += 1
    before({ name, path, count, writes })
  }
  return {
    disk,
    operations: () => count,
    http: { request: () => Promise.reject(new Error('this world has no network')) },
    openSocket: () => Promise.reject(new Error('this world has no network')),
    spawn: () => Promise.reject(new Error('this world runs no programs')),
    openProgram: () => Promise.reject(new Error('this world runs no programs')),
    files: memoryFiles(disk, step),
    clock: jumpingClock(),
    machine: {
      pid: 1,
      host: 'test',
      async hold(name) {
        if (held.has(name)) return undefined
        held.add(name)
        return { release: async () => void held.delete(name) }
      },
    },
    sha256: hash,
    secret: () => undefined,
    variable: () => undefined,
  }
}
