// A server that is not started, through the real program: said at once, waited for, and given up with what to do.
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { cli, eventsOf, folderWith, ltx, patience, start } from './kit.ts'

let host: TestHost
beforeAll(async () => {
  host = await startHost('openai-video', { settings: { server: 'sglang' } })
})
afterAll(() => host.stop())

/** Waits pass faster: what the program is patient about, it is patient about in truth. */
const hurried = ['--import', join(import.meta.dirname, '../torture/haste.mjs'), cli]

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
const close = (server: Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()))

/** A port at which nobody listens, and the host behind it from when it is opened. */
async function doorTo(base: string) {
  const free = createServer()
  const port = await listen(free, 0)
  await close(free)
  const door = createServer((socket) => {
    const there = connect(Number(new URL(base).port), '127.0.0.1')
    for (const end of [socket, there]) end.on('error', () => end.destroy())
    socket.pipe(there).pipe(socket)
  })
  return { address: `127.0.0.1:${port}`, open: () => listen(door, port), close: () => close(door) }
}

const project = (address: string): string =>
  folderWith({
    'film.ltx': `ltx 1
provider sg openai-video { base "http://${address}"  key env VIDEO_KEY  server "sglang" }
project "Dark" { size 320x192  fps 24  seed 7  quality fast  on sg }
shot rain 1s { "rain falls" }
shot snow 1s { "snow falls" }
shot hail 1s { "hail falls" }
`,
  })
const keys = () => ({ env: { VIDEO_KEY: host.key } })

test('a server that is started while the program waits for it makes the film', async () => {
  const door = await doorTo(host.base)
  const run = start(project(door.address), ['render', '--no-tui'], keys())
  const begun = performance.now()
  await run.said('and on for')
  expect(performance.now() - begun).toBeLessThan(patience(10_000))
  await door.open()
  const { code, out, err } = await run.ended
  await door.close()
  expect(code, out + err).toBe(0)
  expect(out).toMatch(new RegExp(`again +rain@1 +in \\d+s, and on for (1:00|0:59) at most; the network: .* ECONNREFUSED ${door.address}\n`))
  expect(acceptedOf(host.ledger())).toHaveLength(3)
})

test('one that never is costs one shot its minute, and the others nothing', async () => {
  const door = await doorTo(host.base)
  const at = project(door.address)
  const before = acceptedOf(host.ledger()).length
  const ran = await ltx(at, ['render', '--json'], { ...keys(), node: hurried })
  const events = eventsOf(ran)
  const failed = events.filter(({ type }) => type === 'job.failed')
  expect(failed).toMatchObject([
    {
      failure: {
        kind: 'network',
        message: expect.stringMatching(/given up after a minute$/),
        next: `start the server at ${door.address}, or correct its address; then run again`,
      },
    },
  ])
  expect(events.filter(({ type, job, by }) => type === 'job.blocked' && by === failed[0]?.job && /^\w+@1$/.test(String(job)))).toHaveLength(
    2,
  )
  await door.open()
  const again = await ltx(at, ['render', '--json'], keys())
  await door.close()
  expect(again.code, again.out + again.err).toBe(0)
  expect(acceptedOf(host.ledger())).toHaveLength(before + 3)
})
