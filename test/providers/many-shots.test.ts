// Many shots at a host that takes two at once, and a burst at one that takes all: what the host itself wrote down says
// whether it was stormed.
import { afterEach, describe, expect, test } from 'vitest'
import { hostedLtxProvider } from '../../src/providers/hosted-ltx/index.ts'
import type { HostOptions, TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf, boughtTwice } from '../hosts/ledger.ts'
import { openFilm, type SuiteFilm } from './suite-film.ts'
import { canary, openSuiteWorld, type SuiteWorld } from './suite-world.ts'

let host: TestHost | undefined
let suite: SuiteWorld | undefined
afterEach(async () => {
  await host?.stop()
  suite?.close()
})
async function begin(shots: number, options: HostOptions): Promise<{ film: SuiteFilm; host: TestHost }> {
  const started = await startHost('hosted-ltx', { key: canary, ...options })
  host = started
  suite = await openSuiteWorld()
  return { host: started, film: await openFilm(suite, hostedLtxProvider, { base: started.base }, { shots }) }
}

describe('200 shots at a host that takes two at once', () => {
  test('as it is known of the host: no call is refused at all', async () => {
    const { film, host } = await begin(200, { concurrency: 2 })
    const ran = await film.run()
    expect(ran.outcome).toMatchObject({ reason: 'finished', failures: [], blocked: [] })
    expect(host.ledger().filter(({ kind }) => kind === 'refused')).toEqual([])
    expect(acceptedOf(host.ledger())).toHaveLength(200)
    expect(boughtTwice(host.ledger())).toEqual([])
    expect(film.stored()).toHaveLength(200)
  }, 120_000)
  test('where the script promises ten: the limit is found out, and then no call is refused any more', async () => {
    const { film, host } = await begin(200, { concurrency: 2 })
    const ran = await film.run({ concurrency: 10 })
    expect(ran.outcome).toMatchObject({ reason: 'finished', failures: [], blocked: [] })
    const books = host.ledger()
    expect(acceptedOf(books)).toHaveLength(200)
    expect(boughtTwice(books)).toEqual([])
    const refused = books.flatMap(({ kind }, at) => (kind === 'refused' ? [at] : []))
    expect(refused.length).toBeGreaterThan(0)
    // Eight of the first ten, where all leave before an answer comes; then as many as it takes to find it out.
    expect(refused.length).toBeLessThanOrEqual(8 + 4)
    // The steady state: a quarter of the film at most is made before it. Where it begins hangs on how fast the host is beside waits that
    // are hurried here: at shot 2 to 27 in sixty runs.
    expect(acceptedOf(books.slice(0, refused.at(-1) ?? 0)).length).toBeLessThanOrEqual(50)
  }, 120_000)
})

test('a burst leaves a quarter of a second between two submits', async () => {
  const { film, host } = await begin(7, {})
  expect((await film.run({ concurrency: 7, unhurried: true })).outcome.reason).toBe('finished')
  const times = acceptedOf(host.ledger()).map(({ at }) => at)
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0))
  expect(gaps).toHaveLength(6)
  // What is late on its way makes one gap longer and the next one shorter; all of them together do not lie.
  expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(6 * 225)
  for (const gap of gaps) expect(gap).toBeGreaterThan(120)
  expect([...gaps].sort((a, b) => a - b)[3]).toBeLessThan(600)
})
