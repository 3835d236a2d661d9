// What every provider with calls must do, whatever its host is called. In goes a candidate (a provider, the test host
// that speaks its protocol, how that host says no); out come tests. What a candidate cannot show it must declare.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { FailureKind } from '../../src/failure.ts'
import { ProviderFailure } from '../../src/failure.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { probe } from '../../src/media/probe.ts'
import type { Calls, Ready, Status, Ticket } from '../../src/providers/provider.ts'
import { differenceOf } from '../../src/runtime/adjust.ts'
import type { Fault } from '../hosts/fault.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { filmsConform } from './conformance-film.ts'
import type { Candidate, HostSide, Open, Refusal } from './host-side.ts'
import { forms } from './retry-after-forms.ts'
import { operationsOf, readyFor } from './suite-jobs.ts'
import type { SuiteWorld } from './suite-world.ts'
import { canary, openSuiteWorld } from './suite-world.ts'

export type { Candidate, HostSide, Open } from './host-side.ts'

const isSent = async (): Promise<void> => undefined
let clips = 0

export async function untilDone(calls: Calls, ticket: Ticket, job: Ready, { world }: SuiteWorld): Promise<void> {
  let hiccups = 0
  for (let look = 0; look < 400; look += 1) {
    const status = await calls
      .poll(ticket, job, () => undefined)
      .catch((error: unknown) => {
        // The runtime asks again, a few times.
        hiccups += 1
        if (!(error instanceof ProviderFailure) || !error.failure.retry || hiccups > 3) throw error
        return { state: 'working', nextPollMs: 10 } as const
      })
    if (status.state === 'done') return
    if (status.state === 'failed') throw new ProviderFailure(status.failure)
    expect(status.nextPollMs).toBeGreaterThanOrEqual(0)
    await world.clock.sleep(status.nextPollMs)
  }
  throw new Error('the job never ended')
}

export async function fetched(calls: Calls, ticket: Ticket, job: Ready, { folder }: SuiteWorld): Promise<string> {
  clips += 1
  mkdirSync(join(folder, 'store'), { recursive: true })
  const into = join(folder, 'store', `clip-${clips}.part`)
  await calls.fetch(ticket, job, into)
  return into
}

/** From the submit to the file. */
async function made(open: Open, calls: Calls, job: Ready): Promise<string> {
  const ticket = await calls.submit(job, isSent)
  await untilDone(calls, ticket, job, open.suite)
  return fetched(calls, ticket, job, open.suite)
}

async function expectAsAsked(open: Open, path: string, { request }: Ready): Promise<void> {
  const { ready, slack } = open.provider.capabilities
  const delivered = await probe(path)
  expect(differenceOf(delivered, request, { ready, ...(slack === undefined ? {} : { slack }) })).toBeUndefined()
}

/** What a call failed with. A thing that is no failure is a bug, and fails the test as itself. */
export async function failureFrom(work: Promise<unknown>): Promise<ProviderFailure['failure']> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown === undefined) throw new Error('nothing went wrong')
  if (!(thrown instanceof ProviderFailure)) throw thrown
  expect(`${thrown.message} ${thrown.stack ?? ''} ${JSON.stringify(thrown.failure)}`).not.toContain(canary)
  expect(thrown.failure.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
  expect(thrown.failure.message.length).toBeLessThan(600)
  return thrown.failure
}

/** Kinds by which the runtime would take a job as not bought. */
const refusals: ReadonlySet<FailureKind> = new Set(['rate', 'capacity', 'invalid', 'auth', 'funds', 'moderation', 'input', 'budget'])

export function conforms(candidate: Candidate): void {
  const state: { open?: Open } = {}
  const opened = (): Open => {
    if (state.open === undefined) throw new Error('not opened')
    return state.open
  }
  describe(candidate.name, () => {
    beforeAll(async () => {
      const suite = await openSuiteWorld()
      const provider = candidate.provider(await findTool(process.env))
      const { host: side } = candidate
      const host = side === undefined ? undefined : await startHost(side.protocol, { key: canary, ...side.options })
      const settings = (host === undefined ? candidate.settings?.(suite) : side?.settings(host)) ?? {}
      const first = operationsOf(provider.capabilities)[0] ?? 'text-to-video'
      state.open = {
        suite,
        provider,
        host,
        fresh: (signal, kept) => suite.open(provider, settings, signal, kept),
        job: (operation = first, prompt) =>
          readyFor(suite, provider.capabilities, operation, prompt === undefined ? {} : { prompt, attempt: ++attempts }),
      }
    })
    afterAll(async () => {
      await state.open?.host?.stop()
      state.open?.suite.close()
    })
    afterEach(async () => {
      await state.open?.host?.tell({ do: 'clear-faults' })
      if (state.open !== undefined) Object.assign(state.open.suite, { patienceMs: 20_000, pauseMs: 1500 })
    })
    anyProvider(candidate, opened)
    if (candidate.host !== undefined) {
      anyHost(candidate.host, opened)
      filmsConform(candidate.name, candidate.host, opened)
    }
  })
}

/** How a call ended, in a word. */
function endOf(ended: unknown): string {
  if (ended instanceof ProviderFailure) return ended.failure.kind
  if (ended instanceof Error) return ended.name
  const status = ended as Status // what `poll` resolves with
  return status.state === 'failed' ? status.failure.kind : status.state
}

let attempts = 0
let prompts = 0
/** Words no job before it had: a host may know the same job by its request. */
const fresh = (): string => `a harbor at dawn, number ${++prompts}`

function anyProvider(candidate: Candidate, opened: () => Open): void {
  const operations = operationsOf(candidate.provider({ version: 'x' } as Tool).capabilities) // only its data is read here
  const elsewhere = candidate.host?.elsewhere ?? {}

  test.each(operations.filter((operation) => elsewhere[operation] === undefined))(
    '%s: what is delivered is what was asked for',
    async (operation) => {
      const open = opened()
      const job = await open.job(operation, fresh())
      await expectAsAsked(open, await made(open, open.fresh(), job), job)
    },
  )

  test('its ticket is plain JSON and all that a new process needs', async () => {
    const open = opened()
    const job = await open.job(undefined, fresh())
    const ticket = await open.fresh().submit(job, isSent)
    const written = JSON.stringify(ticket)
    expect(JSON.parse(written)).toEqual(ticket)
    for (const value of Object.values(ticket)) expect(value === null || ['string', 'number', 'boolean'].includes(typeof value)).toBe(true)
    expect(written).not.toContain(canary)
    // A signed address opens a door: it has no place in a journal.
    expect(written).not.toMatch(/[?&](X-)?(Signature|Amz|Goog|token|sig)/i)
    const again = JSON.parse(written) as Ticket // as the journal gives it back
    const half = open.fresh()
    await half.poll(again, job, () => undefined)
    const last = open.fresh()
    await untilDone(last, again, job, open.suite)
    const path = await fetched(last, again, job, open.suite)
    await expectAsAsked(open, path, job)
  })

  test('what `sent` rejects is not sent', async () => {
    const open = opened()
    const before = acceptedOf(open.host?.ledger() ?? []).length
    const job = await open.job(undefined, fresh())
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
    await expect(open.fresh().submit(job, () => Promise.reject(full))).rejects.toBe(full)
    expect(acceptedOf(open.host?.ledger() ?? [])).toHaveLength(before)
  })

  test('a stopped run stops it', async () => {
    const open = opened()
    const controller = new AbortController()
    const calls = open.fresh(controller.signal)
    const job = await open.job(undefined, fresh())
    const ticket = await calls.submit(job, isSent)
    controller.abort()
    const ended = await calls.poll(ticket, job, () => undefined).then(endOf, endOf)
    expect(ended).toMatch(/cancelled|AbortError/)
  })
}

function anyHost(side: HostSide, opened: () => Open): void {
  const hostOf = (): TestHost => {
    const { host } = opened()
    if (host === undefined) throw new Error('no host')
    return host
  }
  const bought = (): number => acceptedOf(hostOf().ledger()).length
  /** Submits that came to the host, however they ended. */
  const submits = (): number =>
    hostOf()
      .calls()
      .filter(({ route }) => route === side.routes.submit).length
  const leaks = (): readonly unknown[] =>
    hostOf()
      .ledger()
      .filter(({ kind }) => kind === 'leak')
  const refuse = (refusal: Refusal, times = 1): Promise<void> =>
    hostOf().fault({ route: side.routes.submit, kind: 'status', times, ...refusal })
  const submit = async (): Promise<{ job: Ready; ticket: Ticket; calls: Calls }> => {
    const open = opened()
    const calls = open.fresh()
    const job = await open.job(undefined, fresh())
    return { job, calls, ticket: await calls.submit(job, isSent) }
  }

  test('`sent` is awaited before the host has a byte of the job', async () => {
    const open = opened()
    const job = await open.job(undefined, fresh())
    const [boughtBefore, submitsBefore] = [bought(), submits()]
    let calledAt = 0
    await open.fresh().submit(job, async () => {
      calledAt += 1
      await new Promise((resolve) => setTimeout(resolve, 80))
      expect([bought(), submits()]).toEqual([boughtBefore, submitsBefore])
    })
    expect(calledAt).toBe(1)
    expect([bought(), submits()]).toEqual([boughtBefore + 1, submitsBefore + 1])
  })

  describe('a submit whose answer is lost is never sent again by the provider itself', () => {
    const route = side.routes.submit
    const lost: readonly (readonly [string, Fault, number])[] = [
      ['cut by length', { route, kind: 'cut', framing: 'length', at: 0.5 }, 1],
      ['cut in a chunk', { route, kind: 'cut', framing: 'chunked', at: 0.5 }, 1],
      ['cut by closing', { route, kind: 'cut', framing: 'close', at: 0.5 }, 1],
      ['reset in its body', { route, kind: 'cut', framing: 'length', at: 0.3, how: 'rst' }, 1],
      ['reset after it was taken', { route, kind: 'reset-after-accept' }, 1],
      ['reset before it was taken', { route, kind: 'reset-before' }, 0],
      ['no answer, taken', { route, kind: 'hang', accept: true }, 1],
      ['no answer, not taken', { route, kind: 'hang' }, 0],
      ['empty', { route, kind: 'empty' }, 1],
      ['a page of a proxy for 502', { route, kind: 'html' }, 0],
      ['a page of a proxy for 503', { route, kind: 'html', status: 503 }, 0],
      ['a page with 200', { route, kind: 'html', status: 200 }, 0],
      ['500 without a word', { route, kind: 'status', status: 500, text: '' }, 0],
      ['504', { route, kind: 'status', status: 504, text: 'upstream request timeout' }, 0],
      ['408', { route, kind: 'status', status: 408, text: '' }, 0],
    ]
    test.each(lost)('%s', async (_, fault, taken) => {
      const open = opened()
      const [boughtBefore, submitsBefore] = [bought(), submits()]
      await hostOf().fault(fault)
      open.suite.patienceMs = 600
      const job = await open.job(undefined, fresh())
      const failure = await failureFrom(open.fresh().submit(job, isSent))
      // Whatever it is called, it must not read as a refusal: that would have it sent anew.
      expect(refusals.has(failure.kind), `${failure.kind}: ${failure.message}`).toBe(false)
      expect(failure.billed).not.toBe('no')
      expect([bought(), submits()]).toEqual([boughtBefore + taken, submitsBefore + 1])
    })
  })

  describe('a host that says no is told as what it is, and asked once', () => {
    const kinds = ['auth', 'funds', 'invalid'] as const
    test.each(kinds.flatMap((kind) => (side.refusals[kind] === undefined ? [] : [[kind, side.refusals[kind]] as const])))(
      '%s',
      async (kind, refusal) => {
        const open = opened()
        const [boughtBefore, submitsBefore] = [bought(), submits()]
        await refuse(refusal, 5)
        const failure = await failureFrom(open.fresh().submit(await open.job(undefined, fresh()), isSent))
        expect(failure).toMatchObject({ kind, retry: false })
        expect(failure.next).not.toBe('')
        expect([bought(), submits()]).toEqual([boughtBefore, submitsBefore + 1])
      },
    )

    // Said by the host's own clock, as hosts do.
    const date = 'Fri, 20 Nov 2026 10:00:00 GMT'
    test.each(forms)('429 with Retry-After: %s', async (_, header, body, wished) => {
      const open = opened()
      const [boughtBefore, submitsBefore, slept] = [bought(), submits(), open.suite.slept.length]
      const own: Refusal = side.refusals.rate ?? { status: 429, text: '' }
      const said: Refusal = body === '' ? own : { status: 429, text: body }
      await refuse({ ...said, headers: { ...said.headers, date, ...(header === undefined ? {} : { 'retry-after': header }) } }, 5)
      const failure = await failureFrom(open.fresh().submit(await open.job(undefined, fresh()), isSent))
      expect(failure).toMatchObject({ kind: 'rate', retry: true, billed: 'no' })
      // Where the header says nothing, a host's own words may.
      if (wished === undefined) expect(failure.retryAfterMs ?? 1).toBeGreaterThan(0)
      else expect(failure.retryAfterMs).toBe(wished)
      expect([bought(), submits()]).toEqual([boughtBefore, submitsBefore + 1])
      // The waiting is the runtime's: it has other jobs to think of.
      expect(open.suite.slept.slice(slept).every((ms) => ms < 1000)).toBe(true)
    })
  })

  describe.skipIf(side.sync === true)('what is only read is asked for again', () => {
    const hasty = { patienceMs: 400, pauseMs: 400 }
    const hiccups = (route: string): readonly (readonly [string, Fault])[] => [
      ['503 twice', { route, kind: 'status', status: 503, times: 2, text: 'busy' }],
      ['429 with a wish', { route, kind: 'status', status: 429, headers: { 'retry-after': '1' }, text: '' }],
      ['500, 502, 504', { route, kind: 'html', status: 504, times: 2 }],
      ['a page with 200', { route, kind: 'html', status: 200 }],
      ['nothing', { route, kind: 'empty' }],
      ['a reset', { route, kind: 'reset-before', times: 2 }],
      ['no answer at all', { route, kind: 'hang' }],
      ['an answer that comes late', { route, kind: 'late', ms: 150 }],
      ['an answer that comes slowly', { route, kind: 'slow', bytesPerSecond: 400_000 }],
      ['an answer that stops in its middle', { route, kind: 'cut', framing: 'length', at: 0.4, how: 'stall' }],
      ['cut in its body', { route, kind: 'cut', framing: 'length', at: 0.5 }],
      ['cut in a chunk', { route, kind: 'cut', framing: 'chunked', at: 0.9, how: 'rst' }],
    ]
    test.each(hiccups(side.routes.poll))('poll: %s', async (_, fault) => {
      const open = opened()
      const { job, ticket, calls } = await submit()
      const boughtBefore = bought()
      await hostOf().fault(fault)
      Object.assign(open.suite, hasty)
      await untilDone(calls, ticket, job, open.suite)
      expect(bought()).toBe(boughtBefore)
    })
    test.each([
      ...hiccups(side.routes.fetch),
      ['cut by closing', { route: side.routes.fetch, kind: 'cut', framing: 'close', at: 0.5 }] as const,
    ])('fetch: %s', async (_, fault) => {
      const open = opened()
      const { job, ticket, calls } = await submit()
      await untilDone(calls, ticket, job, open.suite)
      await hostOf().fault(fault)
      Object.assign(open.suite, hasty)
      await expectAsAsked(open, await fetched(calls, ticket, job, open.suite), job)
    })
  })

  describe('what is no clip never ends as a good file', () => {
    const route = side.routes.fetch
    const bad: readonly (readonly [string, Fault])[] = [
      ['a page', { route, kind: 'html', status: 200, times: 30 }],
      ['JSON that calls itself MP4', { route, kind: 'json-in-mp4', times: 30 }],
      ['nothing', { route, kind: 'empty', times: 30 }],
      ['cut by length', { route, kind: 'cut', framing: 'length', at: 0.7, times: 30 }],
      ['cut by closing', { route, kind: 'cut', framing: 'close', at: 0.7, times: 30 }],
      ['cut in a chunk', { route, kind: 'cut', framing: 'chunked', at: 0.7, times: 30 }],
      ['a clip that is cut at its source', { route: side.routes.submit, kind: 'clip', clip: { part: 0.6 } }],
    ]
    test.each(bad)('%s', async (_, fault) => {
      const open = opened()
      if (fault.kind === 'clip' || side.sync === true) await hostOf().fault(fault)
      const calls = open.fresh()
      const job = await open.job(undefined, fresh())
      const work = async (): Promise<void> => {
        const ticket = await calls.submit(job, isSent)
        await untilDone(calls, ticket, job, open.suite)
        if (fault.kind !== 'clip' && side.sync !== true) await hostOf().fault(fault)
        const path = await fetched(calls, ticket, job, open.suite)
        await probe(path)
      }
      const submitsBefore = submits()
      const failure = await failureFrom(work())
      expect(['host', 'network', 'mismatch', 'uncertain', 'expired']).toContain(failure.kind)
      expect(submits()).toBe(submitsBefore + 1)
    })
  })

  if (side.expires?.jobs === true) {
    test('a job that the host no longer knows is expired, and not made anew', async () => {
      const open = opened()
      const { job, ticket, calls } = await submit()
      const boughtBefore = bought()
      await hostOf().tell({ do: 'expire-jobs' })
      const failure = await failureFrom(untilDone(calls, ticket, job, open.suite))
      expect(failure).toMatchObject({ kind: 'expired', retry: false })
      expect(bought()).toBe(boughtBefore)
    })
  }
  if (side.expires?.results === true) {
    test('an address of a result that has died is asked for anew', async () => {
      const open = opened()
      const { job, ticket, calls } = await submit()
      await untilDone(calls, ticket, job, open.suite)
      await hostOf().tell({ do: 'expire-results' })
      await expectAsAsked(open, await fetched(calls, ticket, job, open.suite), job)
    })
  }

  describe('the key', () => {
    test('goes to its own origin and to no other', () => {
      const { suite } = opened()
      const own = new URL(hostOf().base).origin
      const strangers = suite.sent.filter(({ url }) => new URL(url).origin !== own)
      expect(strangers.filter((one) => JSON.stringify(one).includes(canary))).toEqual([])
      expect(suite.sent.filter(({ url }) => url.includes(canary))).toEqual([])
      expect(leaks()).toEqual([])
    })
    test('is not shown to where a result or a submit is redirected', async () => {
      const open = opened()
      const trap = await startHost(side.protocol, { key: canary })
      try {
        const { job, ticket, calls } = await submit()
        await untilDone(calls, ticket, job, open.suite)
        await hostOf().fault({ route: side.routes.fetch, kind: 'redirect', to: `${trap.files}/results/x.mp4?from=${'host'}`, times: 10 })
        await fetched(calls, ticket, job, open.suite).catch(() => undefined)
        await hostOf().fault({ route: side.routes.submit, kind: 'redirect', to: `${trap.files}/v2/anything`, times: 10 })
        await failureFrom(open.fresh().submit(await open.job(undefined, fresh()), isSent))
        expect(JSON.stringify([trap.calls(), trap.ledger()])).not.toContain(canary)
      } finally {
        await trap.stop()
      }
    })
    test('is in no text that is thrown, even where the host sends it back', async () => {
      const open = opened()
      const echo = `your key ${canary} (${Buffer.from(canary).toString('base64')}) \u001b[31mis wrong\u202e`
      for (const status of [400, 401, 500]) {
        await refuse({
          status,
          json: { error: { type: 'x', message: echo }, detail: echo, message: echo },
          headers: { 'x-request-id': canary },
        })
        const failure = await failureFrom(open.fresh().submit(await open.job(undefined, fresh()), isSent))
        expect(JSON.stringify(failure)).not.toContain(Buffer.from(canary).toString('base64'))
      }
      await refuse({ status: 400, text: echo })
      await failureFrom(open.fresh().submit(await open.job(undefined, fresh()), isSent))
    })
  })

  test('cancel, where it is offered, reaches the host', async () => {
    const { ticket, calls } = await submit()
    if (calls.cancel === undefined) return
    await calls.cancel(ticket)
    expect(
      hostOf()
        .ledger()
        .some(({ kind }) => kind === 'cancelled'),
    ).toBe(true)
  })

  test('find, where it is promised, tells what became of a lost submit', async () => {
    const open = opened()
    const { submit: promise } = open.provider.capabilities
    // A project of its own: submits that others have lost are none of its business.
    const calls = open.fresh(undefined, 'finding')
    const promised = promise === 'list' || promise === 'client-id'
    expect(calls.find !== undefined || !promised).toBe(true)
    // One that is blind may find what it has kept itself; it says so in its own tests.
    if (calls.find === undefined || !promised) return
    const route = side.routes.submit
    const arrived = await open.job(undefined, fresh())
    await hostOf().fault({ route, kind: 'reset-after-accept' })
    await failureFrom(calls.submit(arrived, isSent))
    const ticket = await open.fresh(undefined, 'finding').find?.(arrived)
    expect(ticket).toBeDefined()
    if (ticket === undefined) return
    const later = open.fresh(undefined, 'finding')
    await untilDone(later, ticket, arrived, open.suite)
    await expectAsAsked(open, await fetched(later, ticket, arrived, open.suite), arrived)
    const never = await open.job(undefined, fresh())
    await hostOf().fault({ route, kind: 'reset-before' })
    await failureFrom(open.fresh(undefined, 'finding').submit(never, isSent))
    expect(await open.fresh(undefined, 'finding').find?.(never)).toBeUndefined()
  })

  test('a lost submit is never settled with another job', async () => {
    const open = opened()
    const route = side.routes.submit
    const calls = open.fresh(undefined, 'mixing')
    if (calls.find === undefined) return
    const lost = async (fault: Fault): Promise<Ready> => {
      const job = await open.job(undefined, fresh())
      await hostOf().fault(fault)
      await failureFrom(calls.submit(job, isSent))
      return job
    }
    const first = await lost({ route, kind: 'reset-before' })
    const ticket = await calls.submit(await open.job(undefined, fresh()), isSent)
    const second = await lost({ route, kind: 'reset-before' })
    await lost({ route, kind: 'reset-after-accept' })
    for (const job of [first, second]) {
      const later = open.fresh(undefined, 'mixing')
      const found = await later.find?.(job).catch((error: unknown) => {
        // Where a host tells too little to know, it is a person's to say.
        expect(error).toMatchObject({ failure: { kind: 'uncertain' } })
        return undefined
      })
      expect(found).toBeUndefined()
    }
    expect(ticket).toBeDefined()
  })
}
