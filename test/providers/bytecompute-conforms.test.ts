// ByteCompute against the suite that every provider passes, and its negotiation: whatever it lowers, in whatever form it
// says so, is compared with what was asked for.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Adjusted } from '../../src/lang/plan.ts'
import { probe } from '../../src/media/probe.ts'
import { bytecompute } from '../../src/providers/bytecompute/index.ts'
import type { Calls, Ready, Ticket } from '../../src/providers/provider.ts'
import { differenceOf, isAsAdjusted, isOther } from '../../src/runtime/adjust.ts'
import { startHost } from '../hosts/kit.ts'
import { conforms, failureFrom, fetched, type HostSide, untilDone } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { canary, openSuiteWorld } from './suite-world.ts'

const no = (status: number, type: string, message: string) => ({ status, json: { type: 'error', error: { type, message } } })

const host: HostSide = {
  protocol: 'bytecompute',
  settings: ({ base }) => ({ base: `${base}/v1` }),
  routes: { submit: 'submit', poll: 'status', fetch: 'download' },
  refusals: {
    auth: no(401, 'authentication', 'Invalid API key'),
    invalid: no(400, 'invalid_request', 'resolution: min edge 512'),
    rate: no(429, 'rate_limit', 'Too many jobs'),
  },
  expires: { jobs: true },
}

conforms({ name: 'bytecompute', provider: () => bytecompute, host })

describe('a host that lowers what it is asked for', () => {
  let suite: SuiteWorld
  beforeAll(async () => {
    suite = await openSuiteWorld()
  })
  afterAll(() => suite.close())
  const sent = async (): Promise<void> => undefined
  const fit = { ready: false, ...(bytecompute.capabilities.slack === undefined ? {} : { slack: bytecompute.capabilities.slack }) }
  const asked = { size: { width: 1280, height: 720 }, rate: { num: 50, den: 1 }, frames: 300 }

  async function done(calls: Calls, ticket: Ticket, job: Ready): Promise<Adjusted | undefined> {
    await untilDone(calls, ticket, job, suite)
    const status = await calls.poll(ticket, job, () => undefined)
    return status.state === 'done' ? status.adjusted : undefined
  }
  async function made(settings: Record<string, unknown>) {
    const low = await startHost('bytecompute', { key: canary, settings: { most: 4 * 25 * 1280 * 720, ...settings } })
    try {
      const open = () => suite.open(bytecompute, { base: low.base })
      const job = await readyFor(suite, bytecompute.capabilities, 'text-to-video', { prompt: JSON.stringify(settings), request: asked })
      const ticket = await open().submit(job, sent)
      // Another process goes on with the ticket alone.
      const later = open()
      const adjusted = await done(later, ticket, job)
      return { job, adjusted, delivered: await probe(await fetched(later, ticket, job, suite)) }
    } finally {
      await low.stop()
    }
  }

  test.each([[{ shape: 'pairs' }], [{ shape: 'values' }], [{ shape: 'list' }], [{ shape: 'pairs', when: 'end' }]])(
    '%j: rate and length are known before the clip is looked at, and it is as told',
    async (settings) => {
      const { job, adjusted, delivered } = await made(settings)
      expect(adjusted).toEqual({ rate: { num: 25, den: 1 }, frames: 100 })
      expect(differenceOf(delivered, job.request, fit)).toBeDefined()
      expect(isOther(delivered, job.request)).toBe(true)
      expect(isAsAdjusted(delivered, job.request, adjusted ?? {}, fit)).toBe(true)
    },
  )
  test('the size, when nothing else is left to lower', async () => {
    const { adjusted, delivered } = await made({ most: 4 * 25 * 1000 * 600 })
    expect(adjusted).toMatchObject({ size: delivered.size, rate: { num: 25, den: 1 }, frames: 100 })
    expect(delivered.size.width).toBeLessThan(1280)
  })
  test('words that cannot be read still say that something was changed', async () => {
    const { job, adjusted, delivered } = await made({ shape: 'words' })
    expect(adjusted).toEqual({})
    expect(isAsAdjusted(delivered, job.request, adjusted ?? {}, fit)).toBe(true)
  })
  test('one that says nothing has made the wrong clip', async () => {
    const { job, adjusted, delivered } = await made({ silent: true })
    expect(adjusted).toBeUndefined()
    expect(differenceOf(delivered, job.request, fit)).toBe('25 frames a second instead of 50')
  })
  test('a download before the end is asked for again, then told as not ready', async () => {
    const slow = await startHost('bytecompute', { key: canary, looks: 1000 })
    try {
      const calls = suite.open(bytecompute, { base: slow.base })
      const job = await readyFor(suite, bytecompute.capabilities, 'text-to-video', { prompt: 'too early' })
      const ticket = await calls.submit(job, sent)
      expect(await failureFrom(fetched(calls, ticket, job, suite))).toMatchObject({ kind: 'host', retry: true, billed: 'unknown' })
    } finally {
      await slow.stop()
    }
  })
})
