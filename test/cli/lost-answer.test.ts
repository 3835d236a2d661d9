// A submit whose answer is lost at a host that shows a job only after a while: the program waits, says so and until when,
// ends at once when it is told to, and the next run goes on. Nothing is bought twice, whatever the host did.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { cli, eventsOf, folderWith, ltx, patience, put, start } from './kit.ts'

let host: TestHost
beforeAll(async () => {
  host = await startHost('fal', { looks: 1 })
})
afterAll(() => host.stop())

/** Waits pass faster: what the program is patient about, it is patient about in truth. */
const hurried = ['--import', join(import.meta.dirname, '../torture/haste.mjs'), cli]
const env = { FAL_KEY: '' }
const project = (): string =>
  folderWith({
    'film.ltx': `ltx 1
provider host fal { base "${host.base}"  key env FAL_KEY }
project "Lost" { size 320x180  fps 24  seed 7  quality fast  on host }
shot one 6s { "a boat leaves the quay" }
`,
  })
const bought = (): number => acceptedOf(host.ledger()).length

test('the wait is told with its end, Ctrl-C ends it at once, and the next run goes on', async () => {
  env.FAL_KEY = host.key
  const at = project()
  const before = bought()
  await host.fault({ route: 'submit', kind: 'reset-before' })
  const run = start(at, ['render', '--no-tui'], { env })
  await run.said('was it taken?')
  const begun = performance.now()
  run.signalAll('SIGINT')
  const { code, out, err } = await run.ended
  expect(performance.now() - begun).toBeLessThan(patience(2000))
  expect(code, out + err).toBe(130)
  // The patience counts from the submit, not from the question.
  expect(out + err).toMatch(/asking +one@1 +was it taken\? waiting until the host would show it, at most (10:00|9:\d\d)\n/)
  expect(bought()).toBe(before)

  const open = await ltx(at, ['resolve', 'film.ltx', '--json'], { env })
  expect(JSON.parse(open.out).purchases).toMatchObject([{ job: 'one@1', standing: 'open' }])
  expect(open.code).toBe(0)
  const plan = await ltx(at, ['plan'], { env })
  expect(plan.out).toContain('1 purchase of an earlier run is open, $0.36 that may be spent already: ltx resolve film.ltx')
  const later = await ltx(at, ['render', '--json'], { env, node: hurried })
  expect(later.code, later.out + later.err).toBe(0)
  expect(eventsOf(later).map(({ type }) => type)).toContain('job.settling')
  expect(bought()).toBe(before + 1)
})

test('what was taken after all is found, and nobody waits', async () => {
  env.FAL_KEY = host.key
  await host.tell({ do: 'forget' })
  const at = project()
  const before = bought()
  await host.fault({ route: 'submit', kind: 'reset-after-accept' })
  const { code, out, err } = await ltx(at, ['render', '--json'], { env })
  expect(code, out + err).toBe(0)
  expect(eventsOf({ out }).map(({ type }) => type)).not.toContain('job.settling')
  expect(bought()).toBe(before + 1)
})

test('of a shot that was changed meanwhile what was bought is looked for too; what nobody needs is not bought again', async () => {
  env.FAL_KEY = host.key
  await host.tell({ do: 'forget' })
  const at = project()
  const before = bought()
  await host.fault({ route: 'submit', kind: 'hang', accept: true })
  const victim = start(at, ['render', '--json', '-q'], { env })
  await victim.said('"job.sent"')
  while (bought() === before) await delay(5)
  victim.signalAll('SIGKILL')
  await victim.ended
  put(at, { 'film.ltx': readFileSync(join(at, 'film.ltx'), 'utf8').replace('leaves the quay', 'comes back') })

  const listed = await ltx(at, ['resolve', 'film.ltx'], { env })
  expect([listed.code, listed.out]).toEqual([0, expect.stringMatching(/the next render asks the host whether it has it; no shot asks/)])
  const word = await ltx(at, ['resolve', 'film.ltx', 'one', '--resubmit'], { env })
  expect([word.code, word.err]).toEqual([2, expect.stringContaining('nothing would be bought')])
  const { code, out, err } = await ltx(at, ['render', '--no-tui'], { env })
  expect(code, out + err).toBe(0)
  expect(out).toContain('1 paid for by an earlier script is in the store now')
  expect(bought()).toBe(before + 2)
  const spend = JSON.parse((await ltx(at, ['spend', '--json'], { env })).out)
  expect(spend.total).toMatchObject({ asked: 2, billed: 720_000, open: 0, refunded: 0 })
})
