// The test hosts themselves: they bill what they take, they send real clips, and what is to go wrong goes wrong.
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { probe } from '../../src/media/probe.ts'
import type { TestHost } from './kit.ts'
import { startHost } from './kit.ts'
import { acceptedOf, boughtTwice } from './ledger.ts'

let host: TestHost
let folder: string
beforeAll(async () => {
  host = await startHost('hosted-ltx')
  folder = mkdtempSync(join(tmpdir(), 'kit-'))
})
afterAll(async () => {
  await host.stop()
  rmSync(folder, { recursive: true, force: true })
})

const body = { prompt: 'a dog', model: 'ltx-2-3-fast', duration: 6, resolution: '1280x720', fps: 24, generate_audio: true }
const headers = () => ({ authorization: `Bearer ${host.key}`, 'content-type': 'application/json' })
const submit = (over: object = {}) =>
  fetch(`${host.base}/v2/text-to-video`, { method: 'POST', headers: headers(), body: JSON.stringify({ ...body, ...over }) })
type Told = { id: string; status: string; result: { video_url: string }; error: { type: string; message: string } }
const json = async (answer: Response | Promise<Response>): Promise<Told> => (await (await answer).json()) as Told // as documented
const look = (id: string) => fetch(`${host.base}/v2/text-to-video/${id}`, { headers: headers() })

async function finished(over: object = {}): Promise<Told> {
  const { id } = await json(submit(over))
  await look(id)
  return json(look(id))
}

test('a job is billed, worked on, and served as a clip of the size, rate and length asked for', async () => {
  const done = await finished({ prompt: 'first' })
  const clip = Buffer.from(await (await fetch(done.result.video_url)).arrayBuffer())
  writeFileSync(join(folder, 'a.mp4'), clip)
  expect(await probe(join(folder, 'a.mp4'))).toMatchObject({ frames: 145, size: { width: 1280, height: 720 }, rate: { num: 24, den: 1 } })
  const entries = host.ledger().filter((entry) => 'job' in entry && entry.job === done.id)
  expect(entries.map(({ kind }) => kind)).toEqual(['accepted', 'finished', 'served'])
  expect(entries[0]).toMatchObject({ price: 0.18 })
  expect(entries[1]).toMatchObject({ sha256: createHash('sha256').update(clip).digest('hex') })
})

test('two clips of one size are two files, and the same thing bought twice is seen', async () => {
  const [a, b] = [await finished({ prompt: 'twice' }), await finished({ prompt: 'twice' })]
  const bytes = await Promise.all([a, b].map(async ({ result }) => Buffer.from(await (await fetch(result.video_url)).arrayBuffer())))
  expect(bytes[0]?.equals(bytes[1] ?? Buffer.alloc(0))).toBe(false)
  expect(boughtTwice(host.ledger())).toEqual([b.id])
})

test('refusals are not billed', async () => {
  const before = acceptedOf(host.ledger()).length
  expect((await submit({ duration: 7 })).status).toBe(400)
  expect((await submit({ seed: 1 })).status).toBe(400)
  expect((await fetch(`${host.base}/v2/text-to-video`, { method: 'POST', body: '{}' })).status).toBe(401)
  expect(acceptedOf(host.ledger())).toHaveLength(before)
})

test('faults: a status instead, a page, a reset before and after it was taken', async () => {
  const before = acceptedOf(host.ledger()).length
  await host.fault({ route: 'submit', kind: 'status', status: 429, headers: { 'retry-after': '7' }, json: { a: 1 } })
  const refused = await submit()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7'])
  await host.fault({ route: 'submit', kind: 'html' })
  expect(await (await submit()).text()).toContain('<html>')
  await host.fault({ route: 'submit', kind: 'reset-before' })
  await expect(submit()).rejects.toThrow()
  expect(acceptedOf(host.ledger())).toHaveLength(before)
  await host.fault({ route: 'submit', kind: 'reset-after-accept', after: 1 })
  await submit({ prompt: 'let by' })
  await expect(submit({ prompt: 'taken' })).rejects.toThrow()
  expect(acceptedOf(host.ledger())).toHaveLength(before + 2)
})

for (const framing of ['length', 'chunked', 'close'] as const)
  test(`faults: a clip cut in ${framing} framing`, async () => {
    const { result } = await finished({ prompt: `cut ${framing}` })
    await host.fault({ route: 'result', kind: 'cut', framing, at: 0.5 })
    const got = fetch(result.video_url).then((answer) => answer.arrayBuffer())
    // Without a length a clip that ends early looks like a whole answer: only its boxes tell.
    if (framing === 'close') expect((await got).byteLength).toBeGreaterThan(100)
    else await expect(got).rejects.toThrow()
    expect((await (await fetch(result.video_url)).arrayBuffer()).byteLength).toBeGreaterThan(1000)
  })

test('faults: a job that is moderated, another clip than asked for, results and jobs that expire', async () => {
  await host.fault({ route: 'submit', kind: 'job', fate: { kind: 'moderated' } })
  expect((await finished({ prompt: 'bad' })).error.type).toBe('content_filtered_error')
  await host.fault({ route: 'submit', kind: 'clip', clip: { frames: 9, width: 320, height: 180 } })
  const done = await finished({ prompt: 'odd' })
  writeFileSync(join(folder, 'odd.mp4'), Buffer.from(await (await fetch(done.result.video_url)).arrayBuffer()))
  expect(await probe(join(folder, 'odd.mp4'))).toMatchObject({ frames: 9, size: { width: 320 } })
  await host.tell({ do: 'expire-results' })
  expect((await fetch(done.result.video_url)).status).toBe(403)
  expect((await look(done.id)).status).toBe(200)
  await host.tell({ do: 'expire-jobs' })
  expect((await look(done.id)).status).toBe(404)
})

test('so many at once and no more; a key on the files origin is a leak; a restart forgets jobs, not money', async () => {
  await host.tell({ do: 'set', options: { concurrency: 1, looks: 1000 } })
  const first = await json(submit({ prompt: 'one' }))
  expect((await submit({ prompt: 'two' })).status).toBe(429)
  expect(host.ledger().at(-1)).toMatchObject({ kind: 'refused' })
  await fetch(`${host.files}/results/x.mp4`, { headers: headers() })
  expect(host.ledger().at(-1)).toMatchObject({ kind: 'leak' })
  const before = host.ledger().length
  await host.restart()
  expect((await look(first.id)).status).toBe(404)
  expect(host.ledger()).toHaveLength(before)
  expect(host.calls().at(-1)).toMatchObject({ route: 'status', method: 'GET', status: 404 })
})
