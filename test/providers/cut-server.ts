// A server that writes its answers byte by byte as it is told, and stops where it is told: in the status line, in a header,
// in a chunk's length, in the body. No HTTP library stands between, so that every offset can be had.
import { createServer, type Socket } from 'node:net'

export const framings = ['length', 'chunked', 'close'] as const
export type Framing = (typeof framings)[number]

export type Reply = { readonly status: string; readonly type: string; readonly body: Buffer }

/** The whole answer as it goes over the wire. */
export function onTheWire({ status, type, body }: Reply, framing: Framing): Buffer {
  const how = { length: `content-length: ${body.length}`, chunked: 'transfer-encoding: chunked', close: 'connection: close' }[framing]
  const head = Buffer.from(`HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\nx-request-id: req-1\r\n${how}\r\n\r\n`)
  if (framing !== 'chunked') return Buffer.concat([head, body])
  const step = Math.ceil(body.length / 3)
  const chunks = [0, 1, 2].flatMap((at) => {
    const piece = body.subarray(at * step, (at + 1) * step)
    return [Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]
  })
  return Buffer.concat([head, ...chunks, Buffer.from('0\r\n\r\n')])
}

export type CutServer = {
  readonly base: string
  /** Requests since the last `next`. */
  requests(): number
  /** The first answer ends at `cut`, those after it are whole. `before`: answered whole, ahead of it and not counted. */
  next(wire: Buffer, cut: number, before?: Buffer): void
  close(): Promise<void>
}

export function openCutServer(): Promise<CutServer> {
  let wire = Buffer.alloc(0)
  let cut = 0
  let seen = 0
  const sockets = new Set<Socket>()
  let ahead: Buffer | undefined
  const answer = (socket: Socket): void => {
    if (ahead !== undefined) {
      socket.end(ahead)
      ahead = undefined
      return
    }
    seen += 1
    const part = seen === 1 ? wire.subarray(0, cut) : wire
    socket.write(part, () => {
      // Every third is reset instead of closed: what was written may then be lost as well.
      if (part.length < wire.length && cut % 3 === 0) socket.resetAndDestroy()
      else socket.end()
    })
  }
  const server = createServer((socket) => {
    sockets.add(socket)
    let text = ''
    let answered = false
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      if (answered || end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (text.length < end + 4 + length) return
      answered = true
      answer(socket)
    })
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve({
        base: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
        requests: () => seen,
        next(bytes, at, before) {
          wire = Buffer.from(bytes)
          cut = at
          ahead = before === undefined ? undefined : Buffer.from(before)
          seen = 0
        },
        close: () =>
          new Promise((done) => {
            for (const socket of sockets) socket.destroy()
            server.close(() => done())
          }),
      })
    })
  })
}
