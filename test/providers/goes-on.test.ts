// A film is often smaller than what its host makes: what goes on from a shot goes in at the film's size, and comes back at the size
// that was asked for. Hosts whose answer has the size and the rate of what went in are given it at those.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { probe } from '../../src/media/probe.ts'
import { fal } from '../../src/providers/fal/index.ts'
import { hostedLtxProvider } from '../../src/providers/hosted-ltx/index.ts'
import { replicate } from '../../src/providers/replicate/index.ts'
import { wavespeed } from '../../src/providers/wavespeed/index.ts'
import { startHost, type TestHost } from '../hosts/kit.ts'
import { makeClip } from '../media/make-clip.ts'
import { fetched, untilDone } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import { canary, openSuiteWorld, type SuiteWorld } from './suite-world.ts'

describe.each([fal, replicate, hostedLtxProvider])('$kind', (provider) => {
  let suite: SuiteWorld
  let host: TestHost
  beforeAll(async () => {
    ;[suite, host] = await Promise.all([openSuiteWorld(), startHost(provider.kind, { key: canary })])
  })
  afterAll(async () => {
    await host.stop()
    suite.close()
  })

  test.each(['extend', 'retake'] as const)(
    '%s of a smaller clip at another rate',
    async (operation) => {
      const asked = await readyFor(suite, provider.capabilities, operation)
      const house = { size: { width: 640, height: 360 }, rate: { num: 30, den: 1 }, quality: 'draft' } as const
      const small = await makeClip(suite.tool, { folder: suite.folder, name: `small-${operation}`, frames: 180, tone: 300, house })
      const job = { ...asked, files: new Map([...asked.files, ['video', small] as const]) }
      const calls = suite.open(provider, { base: host.base })
      const ticket = await calls.submit(job, async () => undefined)
      await untilDone(calls, ticket, job, suite)
      const path = await fetched(calls, ticket, job, suite)
      expect(await probe(path)).toMatchObject({ size: job.request.size, rate: job.request.rate })
    },
    180_000,
  )
})

test('a sound shorter than its host takes goes in with silence after it', async () => {
  const [suite, host] = await Promise.all([openSuiteWorld(), startHost('wavespeed', { key: canary })])
  try {
    const heard = { from: { num: 0, den: 1 }, to: { num: 2, den: 1 } }
    const job = await readyFor(suite, wavespeed.capabilities, 'audio-to-video', { request: { heard } })
    const calls = suite.open(wavespeed, { base: host.base })
    const ticket = await calls.submit(job, async () => undefined)
    await untilDone(calls, ticket, job, suite)
    const { frames } = await probe(await fetched(calls, ticket, job, suite))
    expect(frames).toBeGreaterThanOrEqual(5 * 24)
  } finally {
    await host.stop()
    suite.close()
  }
}, 180_000)
