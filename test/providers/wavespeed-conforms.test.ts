// WaveSpeedAI against the suite that every provider passes, and against its own ways: a code of its own inside an HTTP 200,
// words for a state beyond the documented four, the older way to bring a file.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wavespeed } from '../../src/providers/wavespeed/index.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { conforms, failureFrom, fetched, type HostSide, untilDone } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { canary, openSuiteWorld } from './suite-world.ts'

const no = (status: number, message: string) => ({ status, json: { code: status, message } })
/** The same inside a 200. */
const inside = (code: number, message: string) => ({ status: 200, json: { code, message, data: null } })

const host: HostSide = {
  protocol: 'wavespeed',
  // The suite has many lost submits in a second at one account: a list without inputs leaves those to a person, rightly. What
  // is settled without inputs stands in wavespeed.test.ts, and is tortured.
  options: { settings: { list: 'inputs' } },
  settings: ({ base }) => ({ base }),
  routes: { submit: 'submit', poll: 'status', fetch: 'result' },
  refusals: {
    auth: no(401, 'invalid authentication'),
    funds: no(400, 'insufficient balance, please top up'),
    invalid: inside(400, 'duration: must be between 5 and 20'),
    rate: no(429, 'Too many requests'),
  },
  expires: { jobs: true, results: true },
}

conforms({ name: 'wavespeed', provider: () => wavespeed, host })

describe('a host with the older uploads', () => {
  let suite: SuiteWorld
  let old: TestHost
  beforeAll(async () => {
    suite = await openSuiteWorld()
    old = await startHost('wavespeed', { key: canary, settings: { uploads: 'old' } })
  })
  afterAll(async () => {
    await old.stop()
    suite.close()
  })
  const open = () => suite.open(wavespeed, { base: old.base })
  const sent = async (): Promise<void> => undefined

  test('brings the file in one step, once', async () => {
    const calls = open()
    for (const attempt of [1, 2]) {
      const job = await readyFor(suite, wavespeed.capabilities, 'image-to-video', { attempt })
      const ticket = await calls.submit(job, sent)
      await untilDone(calls, ticket, job, suite)
      await fetched(calls, ticket, job, suite)
    }
    expect(old.ledger().filter(({ kind }) => kind === 'uploaded')).toHaveLength(1)
  })
  test.each([
    ['cancelled', 'cancelled'],
    ['cancelled', 'timeout'],
    ['cancelled', 'deleted'],
  ] as const)('a task that is %s (%s) is over, and nothing is bought by itself', async (kind, words) => {
    await old.fault({ route: 'submit', kind: 'job', fate: { kind, words } })
    const calls = open()
    const job = await readyFor(suite, wavespeed.capabilities, 'text-to-video', { prompt: `a task that is ${words}` })
    const ticket = await calls.submit(job, sent)
    const failure = await failureFrom(untilDone(calls, ticket, job, suite))
    expect(failure).toMatchObject({ kind: 'host', retry: false })
    expect(failure.message).toContain(words === 'timeout' ? 'too long' : words)
  })
  test('a word that is not known is neither success nor an end', async () => {
    await old.fault({ route: 'submit', kind: 'job', fate: { kind: 'unknown-word', words: 'archived' } })
    const calls = open()
    const job = await readyFor(suite, wavespeed.capabilities, 'text-to-video', { prompt: 'a task that is archived' })
    const ticket = await calls.submit(job, sent)
    for (let look = 0; look < 4; look += 1)
      expect(await calls.poll(ticket, job, () => undefined)).toMatchObject(look < 2 ? {} : { state: 'working', strange: 'archived' })
  })
  test('a refusal by code in a poll is told, and a busy one is asked again', async () => {
    const calls = open()
    const job = await readyFor(suite, wavespeed.capabilities, 'text-to-video', { prompt: 'a refusal by code' })
    const ticket = await calls.submit(job, sent)
    await old.fault({ route: 'status', kind: 'status', ...inside(500, 'busy') })
    expect(await failureFrom(calls.poll(ticket, job, () => undefined))).toMatchObject({ kind: 'host', retry: true })
    await old.fault({ route: 'status', kind: 'status', ...inside(404, 'prediction not found') })
    expect(await failureFrom(calls.poll(ticket, job, () => undefined))).toMatchObject({ kind: 'expired', retry: false })
    await untilDone(calls, ticket, job, suite)
  })
})
