// A name that one living process can hold: a listening socket, which the kernel closes when its process dies.
// Linux has sockets that are names only, Windows has pipes; elsewhere a socket file, with care for dead ones.
import { open, rm, stat } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hold } from './world.ts'

/** Listens without keeping the process alive. `undefined` when the address is taken. */
function listen(address: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(undefined) : reject(error),
    )
    server.listen(address, () => resolve(server.unref()))
  })
}

const holdOf = (server: Server): Hold => ({ release: () => new Promise((resolve) => server.close(() => resolve())) })

const answers = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })

/** A dead process leaves its socket file. Only the one who made `.taking` may clear it; one left by a crash is cleared after ten seconds. */
async function takeOver(path: string): Promise<Server | undefined> {
  const taking = `${path}.taking`
  const mutex = await open(taking, 'wx').catch(() => undefined)
  if (mutex === undefined) {
    const made = await stat(taking).catch(() => undefined)
    if (made !== undefined && Date.now() - made.mtimeMs > 10_000) await rm(taking, { force: true })
    return undefined
  }
  try {
    if (await answers(path)) return undefined
    await rm(path, { force: true })
    return await listen(path)
  } finally {
    await mutex.close()
    await rm(taking, { force: true })
  }
}

/** The form with a file, for systems without better. */
export async function holdBySocketFile(path: string): Promise<Hold | undefined> {
  const server = (await listen(path)) ?? ((await answers(path)) ? undefined : await takeOver(path))
  return server && holdOf(server)
}

/** `name` must be short and plain: hex digits do. */
export async function holdName(name: string): Promise<Hold | undefined> {
  if (process.platform !== 'linux' && process.platform !== 'win32') return holdBySocketFile(join(tmpdir(), `ltx-${name}.sock`))
  const address = process.platform === 'linux' ? `\0ltx-${name}` : `\\\\.\\pipe\\ltx-${name}`
  const server = await listen(address)
  return server && holdOf(server)
}
