// `ltx resolve SHOT --found ID` with ids that are wrong, through the real program: one that nobody has, one of another shot, and one that
// could not be looked at when it was said. Nothing is lost by them, nothing is bought, and the right one is still taken.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { cli, eventsOf, folderWith, ltx } from './kit.ts'

/** Waits pass faster: what the program is patient about, it is patient about in truth. */
const hurried = ['--import', join(import.meta.dirname, '../torture/haste.mjs'), cli]
const kinds = ['hosted-ltx', 'bytecompute', 'openai-video'] as const
type Kind = (typeof kinds)[number]

const hosts = new Map<Kind, TestHost>()
beforeAll(async () => {
  for (const kind of kinds)
    hosts.set(kind, await startHost(kind, { looks: 1, ...(kind === 'openai-video' ? { settings: { server: 'sglang' } } : {}) }))
})
afterAll(async () => {
  for (const host of hosts.values()) await host.stop()
})

const settings: Readonly<Record<Kind, string>> = {
  'hosted-ltx': '',
  bytecompute: '',
  'openai-video': 'server "sglang"  price $0.50',
}
const script = (kind: Kind, base: string): string => `ltx 1
provider host ${kind} { base "${base}"  key env HOST_KEY  concurrency 1  ${settings[kind]} }
project "Found" { size 1280x704  fps 24  seed 7  quality fast  on host }
shot one 6s { "a boat leaves the quay" }
shot two 6s { "a gull crosses the sky" }
`

test.each(kinds)('%s: a wrong id is not believed', async (kind) => {
  const host = hosts.get(kind)
  if (host === undefined) throw new Error(kind)
  const at = folderWith({ 'film.ltx': script(kind, host.base) })
  const env = { env: { HOST_KEY: host.key }, node: hurried }
  const say = (id: string) => ltx(at, ['resolve', 'film.ltx', 'one', '--found', id], env)
  const standing = async () => JSON.parse((await ltx(at, ['resolve', 'film.ltx', '--json'], env)).out).purchases
  const bought = () => acceptedOf(host.ledger()).map(({ job }) => job)

  await host.fault({ route: 'submit', kind: 'reset-after-accept' })
  const first = await ltx(at, ['render', '--json', '-q'], env)
  expect(first.code, first.out + first.err).toBe(6)
  const [right = '', other = ''] = bought()
  expect(bought()).toHaveLength(2)
  expect(eventsOf(first).flatMap(({ type, job }) => (type === 'job.stored' ? [job] : []))).toContain('two@1')

  const wrong = await say('00000000-0000-4000-8000-00000000abcd')
  expect([wrong.code, wrong.err]).toEqual([
    2,
    expect.stringContaining('ltx: the host knows no job of that id (00000000-0000-4000-8000-00000000abcd)'),
  ])
  const taken = await say(other)
  expect([taken.code, taken.err]).toEqual([2, expect.stringContaining('ltx: that id is the job of two@1, and its clip is not this one')])
  expect(await standing()).toMatchObject([{ job: 'one@1', standing: 'uncertain', ticket: null }])

  // Said while the host could not be asked: the next render looks.
  const path = join(at, 'film.ltx')
  const whole = readFileSync(path, 'utf8')
  writeFileSync(path, whole.replace(host.base, 'http://127.0.0.1:9'))
  const unseen = await say('mistyped')
  expect([unseen.code, unseen.out]).toEqual([0, expect.stringContaining('its host could not be asked now: the next render looks')])
  writeFileSync(path, whole)
  expect(await standing()).toMatchObject([{ job: 'one@1', standing: 'found', ticket: { id: 'mistyped' } }])
  const looked = await ltx(at, ['render', '--no-tui'], env)
  expect([looked.code, looked.out]).toEqual([6, expect.stringContaining('unknown: the host knows no job of that id (mistyped)')])
  expect(await standing()).toMatchObject([{ job: 'one@1', standing: 'uncertain', ticket: null }])
  expect(bought()).toHaveLength(2)

  const found = await say(right)
  expect([found.code, found.out]).toEqual([0, expect.not.stringContaining('could not be asked')])
  const last = await ltx(at, ['render', '--json', '-q'], env)
  expect(last.code, last.out + last.err).toBe(0)
  expect(bought()).toHaveLength(2)
  expect(JSON.parse((await ltx(at, ['spend', '--json'], env)).out).total).toMatchObject({ asked: 2, open: 0, refunded: 0 })
})
