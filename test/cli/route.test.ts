// A film that its routes share out between a host and a program of one's own, through the real program: who made what and from which
// file; then what the runs have taught about time, and what each of the two would cost.
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTool } from '../../src/media/ffmpeg.ts'
import { probe } from '../../src/media/probe.ts'
import { compareSchema } from '../../src/report/compare-schema.ts'
import { planSchema } from '../../src/report/plan-schema.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { folderWith, ltx, put } from './kit.ts'

const tool = join(import.meta.dirname, '../hosts/command-tool.mjs')
let host: TestHost
let ffmpeg = ''
beforeAll(async () => {
  ffmpeg = (await findTool(process.env)).path
  host = await startHost('hosted-ltx')
})
afterAll(() => host.stop())

const script = (log: string, words = 'rain falls'): string => `ltx 1
project "Shared" {
  size 1280x720  fps 24  quality fast
  on   host
  route mine extend moves
  route mine under 3s
}
provider host hosted-ltx { key env HOST_KEY  base "${host.base}" }
provider mine command { run "${process.execPath}" "${tool}" "${ffmpeg}" "make" "${log}"  rent $3.60  monthly $20 }
shot long 5s { "a boat drifts out of the fog"  extend 1s "a gull crosses the sky" }
shot short 1s { "${words}" }
`
const env = () => ({ env: { HOST_KEY: host.key } })
type Order = { readonly operation: string; readonly inputs: Readonly<Record<string, string>> }

test('a film shared out by routes is made where they say, and its runs are what the next plan reckons with', async () => {
  const at = folderWith({ 'film.ltx': '' })
  const log = join(at, 'orders.ndjson')
  put(at, { 'film.ltx': script(log) })
  const shown = await ltx(at, ['plan', '--shot', 'long'], env())
  expect(shown.out.replace(/\s+/g, ' ')).toContain('extend +1 goes to mine (route: extend), made from the whole shot so far as a file')
  expect((await ltx(at, ['why', 'short'], env())).out).toContain('mine (route: under 3s)')

  const { code, out, err } = await ltx(at, ['render', '--json'], env())
  expect(code, out + err).toBe(0)
  expect(acceptedOf(host.ledger())).toHaveLength(1)
  const orders = readFileSync(log, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { readonly order: Order }).order)
  expect(orders.map(({ operation }) => operation).sort()).toEqual(['extend', 'text-to-video'])
  // The whole shot so far, in the film's own form: what the host sent is not what goes in.
  const given = orders.find(({ operation }) => operation === 'extend')?.inputs.video ?? ''
  expect(statSync(given).size).toBeGreaterThan(1000)
  expect(await probe(given)).toMatchObject({ frames: 120, size: { width: 1280, height: 720 } })
  expect((await ltx(at, ['render'], env())).out).toContain('nothing had changed')

  put(at, { 'film.ltx': script(log, 'snow falls') })
  const plan = planSchema.parse(JSON.parse((await ltx(at, ['plan', '--json'], env())).out))
  expect(plan.lines.map(({ path, provider, route, moves }) => [path, provider, route, moves?.length])).toEqual([
    ['long', 'host', undefined, 1],
    ['short', 'mine', 'under 3s', undefined],
  ])
  expect(plan.jobs.filter(({ provider }) => provider !== 'cut').map(({ id, made, timed }) => [id, made !== undefined, timed])).toEqual([
    ['long@1', true, true],
    ['long@1+1', true, true],
    ['short@1', false, true],
  ])

  const compared = compareSchema.parse(JSON.parse((await ltx(at, ['plan', '--compare', '--json'], env())).out))
  expect(compared.providers.map(({ name, shots, jobs, timed }) => [name, shots, jobs, timed])).toEqual([
    ['host', 2, 3, 2],
    ['mine', 2, 3, 3],
  ])
  expect(compared.history.map(({ provider, operation, made }) => [provider, operation, made]).sort()).toEqual([
    ['host', 'text-to-video', 1],
    ['mine', 'extend', 1],
    ['mine', 'text-to-video', 1],
  ])
  expect(compared.left).toBe(0)
  const [even] = compared.breakEven
  expect(even).toMatchObject({ own: 'mine', host: 'host', monthly: 20_000_000, timed: true })
  expect(even?.seconds).toBeCloseTo(20_000_000 / ((even?.hostSecond ?? 0) - (even?.ownSecond ?? 0)))
  const text = (await ltx(at, ['plan', '--compare', '--with', 'fal'], env())).out
  expect(text).toMatch(/^fal +2 of 2 +\$/m)
  expect(text).toContain('mine pays from ')
  expect(text).toContain('seen in earlier runs')
})

test('a comparison with nobody is told so', async () => {
  const at = folderWith({ 'film.ltx': script('none') })
  const unknown = await ltx(at, ['plan', '--compare', '--with', 'fall'])
  expect([unknown.code, unknown.out]).toEqual([2, ''])
  expect(unknown.err).toContain('did you mean `fal`?')
  const alone = await ltx(at, ['plan', '--with', 'fal'])
  expect([alone.code, alone.err]).toEqual([2, expect.stringContaining('ltx plan --compare --with KIND')])
  const both = await ltx(at, ['plan', '--compare', '--animatic'])
  expect(both.code).toBe(2)
})
