// The book of uploads: once by bytes and account, again when the host's copy is over, never a signed address or a key
// on the disk, and no harm from a book that was damaged.
import { expect, test } from 'vitest'
import type { Prepared } from '../../src/media/prepare.ts'
import type { Uploads } from '../../src/providers/uploads.ts'
import { accountOf, openUploads } from '../../src/providers/uploads.ts'
import type { World } from '../../src/world.ts'
import { openMemoryWorld } from '../runtime/memory-world.ts'

const path = '/film/.ltx/cache/uploads.json'
const minute = 60_000
const fileOf = (sha256: string): Prepared => ({ path: '/a.png', sha256, bytes: 3, mime: 'image/png', name: 'a.png', changed: [] })

type Desk = { readonly world: World; readonly sent: string[]; now: number; readonly open: () => Uploads }
function openDesk(): Desk {
  const memory = openMemoryWorld()
  const desk: Desk = { world: memory, sent: [], now: 1_800_000_000_000, open: () => openUploads(world, path) }
  const world = { ...memory, clock: { ...memory.clock, now: () => desk.now } }
  return desk
}
const ask = (desk: Desk, uploads: Uploads, over: { account?: string; sha256?: string; until?: number; uri?: string } = {}) =>
  uploads.uriOf({
    account: over.account ?? 'a',
    file: fileOf(over.sha256 ?? 'one'),
    send: async (file) => {
      desk.sent.push(file.sha256)
      return { uri: over.uri ?? `ltx://uploads/${desk.sent.length}`, ...(over.until === undefined ? {} : { until: over.until }) }
    },
  })

test('once by bytes and account, across runs; two at once wait for one', async () => {
  const desk = openDesk()
  const first = desk.open()
  const both = await Promise.all([ask(desk, first), ask(desk, first)])
  expect(both).toEqual(['ltx://uploads/1', 'ltx://uploads/1'])
  expect(await ask(desk, desk.open())).toBe('ltx://uploads/1')
  await ask(desk, desk.open(), { account: 'b' })
  await ask(desk, desk.open(), { sha256: 'two' })
  expect(desk.sent).toEqual(['one', 'one', 'two'])
})

test('again when the host keeps it no longer than the job needs', async () => {
  const desk = openDesk()
  const until = desk.now + 60 * minute
  await ask(desk, desk.open(), { until })
  desk.now += 49 * minute
  await ask(desk, desk.open(), { until })
  expect(desk.sent).toHaveLength(1)
  desk.now += 2 * minute
  await ask(desk, desk.open(), { until: desk.now + 60 * minute })
  expect(desk.sent).toHaveLength(2)
  desk.now -= 24 * 60 * minute
  await ask(desk, desk.open())
  expect(desk.sent).toHaveLength(3)
})

test('again when the host says that it is gone, and after a failed upload', async () => {
  const desk = openDesk()
  const uploads = desk.open()
  const uri = await ask(desk, uploads)
  await uploads.forget(uri)
  expect(await ask(desk, desk.open())).toBe('ltx://uploads/2')
  const failing = desk.open().uriOf({ account: 'c', file: fileOf('one'), send: () => Promise.reject(new Error('no')) })
  await expect(failing).rejects.toThrow('no')
  expect(await ask(desk, uploads, { account: 'c' })).toBe('ltx://uploads/3')
})

test('a signed address serves this run and is not written down; no key stands in the book', async () => {
  const desk = openDesk()
  const key = 'sk-canary-0123456789'
  const account = accountOf(desk.world, 'https://api.example', key)
  const uploads = desk.open()
  const uri = 'https://store.example/a.png?X-Goog-Signature=abc'
  expect(await ask(desk, uploads, { account, uri })).toBe(uri)
  expect(await ask(desk, uploads, { account, sha256: 'one' })).toBe(uri)
  await ask(desk, uploads, { account, sha256: 'two' })
  const text = await desk.world.files.readText(path)
  expect(text).toContain(account)
  expect(text).not.toContain(key)
  expect(text).not.toContain('abc')
  expect(accountOf(desk.world, 'https://api.example', 'another')).not.toBe(account)
})

test('a damaged book is a new book', async () => {
  const desk = openDesk()
  await desk.world.files.makeFolder('/film/.ltx/cache')
  await desk.world.files.writeWhole(path, '{"version":1,"files":{"x":{"uri":7}}')
  expect(await ask(desk, desk.open())).toBe('ltx://uploads/1')
  expect(JSON.parse(await desk.world.files.readText(path))).toMatchObject({ version: 1 })
})
