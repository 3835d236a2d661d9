// A host that closes the line while its answer is still being read: the answer comes whole or fails as what it is, and the
// program goes on. Without the sockets of ours undici's parser throws here, past every handler.
import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { openNodeWorld } from '../../src/world.node.ts'

let server: Server | undefined
afterEach(() => server?.close())

/** Sends these bytes to whoever asks, and closes. */
function serving(wire: Buffer): Promise<string> {
  server = createServer((socket: Socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => socket.end(wire))
  })
  return new Promise((resolve) =>
    server?.listen(0, '127.0.0.1', () => {
      const address = server?.address()
      resolve(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`)
    }),
  )
}
const body = Buffer.alloc(64 * 1024, 'a')
const head = (more: string): Buffer => Buffer.from(`HTTP/1.1 200 OK\r\n${more}connection: close\r\n\r\n`)
const framed = {
  'by length, without a word that it will close': Buffer.concat([
    Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n`),
    body,
  ]),
  'by length': Buffer.concat([head(`content-length: ${body.length}\r\n`), body]),
  'in chunks': Buffer.concat([head('transfer-encoding: chunked\r\n'), Buffer.from('10000\r\n'), body, Buffer.from('\r\n0\r\n\r\n')]),
  'by its end': Buffer.concat([head(''), body]),
}

describe.each([
  ['paid', async (): Promise<void> => undefined],
  ['only read', undefined],
])('an answer, %s, that waits to be read while its line is closed', (_, beforeSend) => {
  const ask = async (wire: Buffer) => {
    const url = await serving(wire)
    const answer = await openNodeWorld({}).http.request({
      method: 'GET',
      url,
      headers: {},
      timeouts: { connect: 2000, head: 2000, body: 2000 },
      ...(beforeSend === undefined ? {} : { beforeSend }),
    })
    // The disk is slow: by now all of it is here, and the other side is gone.
    await new Promise((resolve) => setTimeout(resolve, 120))
    return answer.text(1_000_000)
  }
  test.each(Object.entries(framed))('framed %s, comes whole', async (_framing, wire) => expect((await ask(wire)).length).toBe(body.length))
  test.each([
    ['by length', Buffer.concat([head('content-length: 90000\r\n'), body])],
    ['in chunks', Buffer.concat([head('transfer-encoding: chunked\r\n'), Buffer.from('15f90\r\n'), body])],
    ['by length, without a word', Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 90000\r\n\r\n'), body])],
  ] as const)('cut, framed %s, is lost', async (_framing, wire) => {
    await expect(ask(wire)).rejects.toMatchObject({ kind: 'lost' })
  })
})
