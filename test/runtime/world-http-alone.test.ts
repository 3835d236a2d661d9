// A request that is recorded before it leaves: over a connection of its own, with and without a body.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { openNodeWorld } from '../../src/world.node.ts'

it.each([undefined, { kind: 'text', text: '{}' } as const])(
  'is answered once its record stands: body %j',
  async (body) => {
    const order: string[] = []
    const server = createServer((request, response) => {
      order.push('came')
      request.resume()
      response.end('{"id":1}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo // a TCP server's address is never a text
    try {
      const answer = await openNodeWorld({}).http.request({
        method: 'POST',
        url: `http://127.0.0.1:${port}/jobs`,
        headers: {},
        ...(body === undefined ? {} : { body }),
        timeouts: { connect: 2000, head: 2000, body: 2000 },
        async beforeSend() {
          await new Promise((resolve) => setTimeout(resolve, 30))
          order.push('recorded')
        },
      })
      expect([answer.status, await answer.text(100)]).toEqual([200, '{"id":1}'])
      expect(order).toEqual(['recorded', 'came'])
    } finally {
      server.close()
    }
  },
  10_000,
)

it('leaves no line open when it is not sent after all', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server's address is never a text
  try {
    const refused = openNodeWorld({}).http.request({
      method: 'POST',
      url: `http://127.0.0.1:${port}/jobs`,
      headers: {},
      timeouts: { connect: 2000, head: 2000, body: 2000 },
      beforeSend: () => Promise.reject(new Error('the account is closed')),
    })
    await expect(refused).rejects.toThrow('the account is closed')
    await expect.poll(() => new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(0)
  } finally {
    server.close()
  }
}, 10_000)
