// Money from outside: the real program against a host that keeps its own books. What would be bought is told, what may have been
// bought stops its shot, and the key is left nowhere.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHost, type TestHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { folderWith, ltx as run } from './kit.ts'

let host: TestHost
let cwd = ''
const key = 'canary-0123456789-abcdef-KEY'
const film = (more = ''): string => `ltx 1

project "Two" {
  size 1280x720
  quality fast
  on ltx
  ${more}
}

provider ltx hosted-ltx {
  key env LTX_API_KEY
  base "${host.base}"
}

scene sea "a grey sea" {
  shot one 6s { "a boat sails past" }
  shot two 6s { "a gull lands on the mast" }
}
`
const write = (more = ''): void => writeFileSync(join(cwd, 'two.ltx'), film(more))
const ltx = (...args: readonly string[]) => run(cwd, args, { env: { LTX_API_KEY: key, HOME: cwd } })

beforeAll(async () => {
  host = await startHost('hosted-ltx', { key })
  cwd = folderWith()
}, 60_000)
afterAll(() => host.stop())

/** Every file below the folder, as text. */
function artefacts(path: string): string {
  return readdirSync(path, { withFileTypes: true })
    .map((entry) => {
      const inside = join(path, entry.name)
      return entry.isDirectory() ? artefacts(inside) : `${inside}\n${readFileSync(inside, 'latin1')}`
    })
    .join('\n')
}

test('what a provider’s host says is looked at without buying', async () => {
  write()
  const fine = await ltx('doctor', '--provider', 'ltx')
  expect([fine.code, fine.out]).toEqual([0, expect.stringContaining('✓ ltx (hosted-ltx)')])
  const none = await run(cwd, ['doctor', '--provider', 'ltx', '--json'], { env: { HOME: cwd } })
  expect([none.code, JSON.parse(none.out)]).toMatchObject([5, { healthy: false, provider: { key: 'missing' } }])
  expect((await ltx('doctor', '--provider', 'nobody')).code).toBe(2)
  expect(host.ledger()).toEqual([])
})

test('a key file that others may read is refused; one of its owner alone is used', async () => {
  mkdirSync(join(cwd, '.config/ltx'), { recursive: true })
  const path = join(cwd, '.config/ltx/keys')
  writeFileSync(path, `LTX_API_KEY=${key}\n`, { mode: 0o644 })
  const open = await run(cwd, ['doctor', '--provider', 'ltx'], { env: { HOME: cwd } })
  expect([open.code, open.err]).toEqual([5, expect.stringContaining(`chmod 600 ${path}`)])
  writeFileSync(path, '')
  chmodSync(path, 0o600)
  writeFileSync(path, `LTX_API_KEY=${key}\n`)
  expect((await run(cwd, ['doctor', '--provider', 'ltx'], { env: { HOME: cwd } })).code).toBe(0)
  writeFileSync(path, '')
})

test('a budget that does not do is refused before anything is bought, with what would fit and its price', async () => {
  write('budget $0.20')
  const refused = await ltx('render', 'two.ltx')
  expect(refused.code).toBe(5)
  expect(refused.err).toMatch(/this run would cost \$0\.\d+, more than the budget of \$0\.20 a run/)
  expect(refused.err).toMatch(/ltx render two\.ltx --only sea\/one +\$0\.\d+/)
  expect(refused.err).toMatch(/ltx render two\.ltx --animatic +free/)
  expect(host.ledger()).toEqual([])
})

test('an answer that is lost stops its shot with exit 6; found at the host, it is fetched; the books are right; the key is nowhere', async () => {
  write('budget $20.00 per film')
  // A host that repeats the key in its answer, and one whose answer is lost.
  const problem = { type: 'error', error: { type: 'invalid_request_error', message: `no good: ${key}` } }
  await host.fault({ route: 'submit', kind: 'status', status: 400, json: problem })
  await host.fault({ route: 'submit', kind: 'reset-after-accept' })
  const lost = await ltx('render', 'two.ltx')
  expect(lost.code).toBe(6)
  expect(lost.out).toContain('ltx resolve two.ltx sea/')
  expect(lost.out).toMatch(/no good: (…|\[key\])/)
  expect(lost.out).toMatch(/shot (one|two) 6s.*\n.*\^\^\^\^/)
  expect((await ltx('render', 'two.ltx', '--no-tui')).code).toBe(6)
  const bought = acceptedOf(host.ledger())
  expect(bought).toHaveLength(2)

  const listed = await ltx('resolve', 'two.ltx', '--json')
  const purchases = JSON.parse(listed.out).purchases
  expect([listed.code, purchases]).toMatchObject([6, [{ standing: 'uncertain', provider: 'ltx' }]])
  expect((await ltx('resolve', 'two.ltx')).out).toContain('--found ID')
  const [{ path }] = purchases
  // The host's people say under which id it is there.
  const known = artefacts(join(cwd, '.ltx/journal'))
  const id = bought.find(({ job }) => !known.includes(job))?.job ?? ''
  expect((await ltx('resolve', 'two.ltx', path, '--found', id)).code).toBe(0)
  const done = await ltx('render', 'two.ltx')
  expect([done.code, done.err]).toEqual([0, expect.anything()])
  expect(acceptedOf(host.ledger())).toHaveLength(2)
  expect(existsSync(join(cwd, 'out/two.mp4')) && statSync(join(cwd, 'out/two.mp4')).size > 0).toBe(true)
  expect((await ltx('resolve', 'two.ltx')).code).toBe(0)

  const spend = JSON.parse((await ltx('spend', 'two.ltx', '--json')).out)
  expect(spend).toMatchObject({ total: { asked: 3, open: 0 }, groups: [{ name: 'sea/one' }, { name: 'sea/two' }] })
  const charged = bought.length * 180_000
  expect([spend.total.billed, spend.total.billed + spend.total.refunded]).toEqual([charged, spend.total.reserved])
  const day = await ltx('spend', '--by', 'day')
  expect(day.out).toMatch(/\d{4}-\d\d-\d\d +3/)
  const all = [artefacts(cwd), lost.out, lost.err, done.out, done.err, listed.out, day.out].join('\n')
  expect(all).not.toContain(key)
}, 300_000)
