// While an answer is written to the disk, what the disk says is the disk's word: never taken for trouble on the network,
// which would be tried again.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { failureOf } from '../../src/runtime/failure.ts'
import { openNodeWorld } from '../../src/world.node.ts'

test('a place that cannot be written to is a failure of the disk', async () => {
  const server = createServer((_request, response) => response.end('clip'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/` // a TCP server's address is never a text
    const timeouts = { connect: 1000, head: 1000, body: 1000 }
    const answer = await openNodeWorld({}).http.request({ method: 'GET', url, headers: {}, timeouts })
    const thrown: unknown = await answer.toFile('/nowhere/at/all/clip.mp4', 1000).catch((error: unknown) => error)
    expect(failureOf(thrown)).toMatchObject({ kind: 'disk' })
  } finally {
    server.closeAllConnections()
    server.close()
  }
})
