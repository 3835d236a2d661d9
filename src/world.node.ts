// The real World: files that are on the disk when we say so, the clocks, the environment, this machine.
// Everything below a folder named `.ltx` is for its owner alone: folders 0700, files 0600.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import * as fs from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname, sep } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { holdName } from './world.hold.node.ts'
import { openSecrets } from './world.keys.node.ts'
import type { Append, Files, World } from './world.ts'

const isPrivate = (path: string): boolean => path.split(sep).includes('.ltx')
const fileMode = (path: string): number => (isPrivate(path) ? 0o600 : 0o666)
const folderMode = (path: string): number => (isPrivate(path) ? 0o700 : 0o777)

let neighbours = 0
/** A name beside `path` that no other writer uses. */
const neighbour = (path: string): string => {
  neighbours += 1
  return `${path}.${process.pid}-${neighbours}.part`
}

/** Renames and new names are on the disk only once their folder is. Windows cannot open folders, and does not need to. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await fs.open(path, constants.O_RDONLY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeNew(path: string, content: string | Uint8Array, mode: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
  const handle = await fs.open(path, flags, mode)
  try {
    await handle.writeFile(content)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = neighbour(path)
  const before = await fs.stat(path).catch(() => undefined)
  try {
    await writeNew(temporary, content, before === undefined ? fileMode(path) : before.mode & 0o777)
    await fs.rename(temporary, path)
  } catch (error) {
    await fs.rm(temporary, { force: true })
    throw error
  }
  await syncFolder(dirname(path))
}

/** A clone shares blocks, a hard link shares the file, a copy shares nothing: in this order, as the disk allows. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  const temporary = neighbour(to)
  try {
    await fs
      .copyFile(from, temporary, constants.COPYFILE_FICLONE_FORCE)
      .catch(async () => {
        await fs.rm(temporary, { force: true })
        await fs.link(from, temporary)
      })
      .catch(() => fs.copyFile(from, temporary))
    await fs.rename(temporary, to)
    // Renaming a link over another link of the same file does nothing and leaves both names.
    await fs.rm(temporary, { force: true })
  } catch (error) {
    await fs.rm(temporary, { force: true })
    throw error
  }
}

/** One buffer, no larger than the file: thousands of small clips must not cost a megabyte each. */
async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  const handle = await fs.open(path, constants.O_RDONLY)
  try {
    const buffer = Buffer.allocUnsafe(Math.min(1 << 20, (await handle.stat()).size + 1))
    for (let read = 1; read > 0; ) {
      read = (await handle.read(buffer, 0, buffer.length)).bytesRead
      hash.update(buffer.subarray(0, read))
    }
  } finally {
    await handle.close()
  }
  return hash.digest('hex')
}

async function openAppend(path: string): Promise<Append> {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW
  const handle = await fs.open(path, flags, fileMode(path))
  await syncFolder(dirname(path))
  let size = (await handle.stat()).size
  let damage: unknown
  return {
    async append(text, durable) {
      if (damage !== undefined) throw damage
      const bytes = Buffer.from(text, 'utf8')
      try {
        for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten
        if (durable) await handle.datasync()
      } catch (error) {
        // A half line that cannot be taken back must stay the last one.
        await handle.truncate(size).catch(() => {
          damage = error
        })
        throw error
      }
      size += bytes.length
    },
    close: () => handle.close(),
  }
}

const files: Files = {
  readText: (path) => fs.readFile(path, 'utf8'),
  readBytes: (path) => fs.readFile(path),
  exists: (path) =>
    fs.access(path).then(
      () => true,
      () => false,
    ),
  async stat(path) {
    const found = await fs.stat(path)
    return { bytes: found.size, mtimeMs: found.mtimeMs, kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other' }
  },
  realPath: (path) => fs.realpath(path),
  list: async (path) => (await fs.readdir(path)).sort(),
  async makeFolder(path) {
    const first = await fs.mkdir(path, { recursive: true, mode: folderMode(path) })
    if (first === undefined) return
    // Each new folder is on the disk only once its parent is.
    for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
  },
  writeWhole,
  rename: (from, to) => fs.rename(from, to),
  remove: (path) => fs.rm(path, { recursive: true, force: true }),
  linkOrCopy,
  sha256: sha256OfFile,
  async sync(path) {
    const handle = await fs.open(path, constants.O_RDONLY)
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
    await syncFolder(dirname(path))
  },
  openAppend,
}

/** undici is loaded with the first request: most commands make none. */
function lazyHttp(): World['http'] {
  let opened: Promise<World['http']> | undefined
  return {
    async request(request) {
      opened ??= import('./world.http.node.ts').then(({ openHttp }) => openHttp())
      return (await opened).request(request)
    },
  }
}

export function openNodeWorld(environment: Readonly<Record<string, string | undefined>> = process.env): World {
  return {
    http: lazyHttp(),
    spawn: async (order) => (await import('./world.spawn.node.ts')).spawnProgram(order, environment),
    openProgram: async (order) => (await import('./world.spawn.node.ts')).openProgram(order, environment),
    openSocket: async (url, headers, signal) => (await import('./world.http.node.ts')).openSocket(url, headers, signal),
    files,
    clock: {
      now: () => Date.now(),
      monotonic: () => performance.now(),
      async sleep(ms, signal) {
        try {
          await delay(ms, undefined, signal === undefined ? {} : { signal })
        } catch (error) {
          throw signal?.aborted ? signal.reason : error
        }
      },
    },
    machine: { pid: process.pid, host: hostname(), hold: holdName },
    sha256: (text) => createHash('sha256').update(text, 'utf8').digest('hex'),
    secret: openSecrets(environment),
    variable: (name) => environment[name] || undefined,
  }
}
