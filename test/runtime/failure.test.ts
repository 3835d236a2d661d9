import { describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import { failureOf, isResumable, judge, openRandom, type Situation, type Verdict, waitFor } from '../../src/runtime/failure.ts'
import { failure } from './rig.ts'

type Case = Partial<Omit<Situation, 'failure'>>
const situation = (
  kind: Parameters<typeof failure>[0],
  over: Case & { retry?: boolean; retryAfterMs?: number; billed?: 'yes' | 'no'; unreached?: true } = {},
): Situation => {
  const { retry = false, retryAfterMs, billed, unreached, ...rest } = over
  const told = failure(kind, {
    retry,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(billed === undefined ? {} : { billed }),
    ...(unreached === undefined ? {} : { unreached }),
  })
  return {
    step: 'poll',
    sent: false,
    byHost: false,
    failures: 1,
    misses: 0,
    tries: 1,
    renewals: 0,
    submit: 'blind',
    price: 5,
    ...rest,
    failure: told,
  }
}

describe('what is done about a failure', () => {
  test.each<[string, Situation, Verdict]>([
    ['the network went before anything left', situation('network', { step: 'submit', retry: true }), 'anew'],
    ['it went after, at a blind host', situation('network', { step: 'submit', sent: true, retry: true }), 'uncertain'],
    [
      'it went after, at a host that replays',
      situation('network', { step: 'submit', sent: true, retry: true, submit: 'replay-key' }),
      'settle',
    ],
    ['it went after, and the job is free', situation('network', { step: 'submit', sent: true, price: 0 }), 'settle'],
    ['an answer that makes no sense', situation('host', { step: 'submit', sent: true, retry: true }), 'uncertain'],
    ['a clear refusal for now', situation('rate', { step: 'submit', sent: true, retry: true }), 'anew'],
    ['the sixth refusal', situation('rate', { step: 'submit', sent: true, retry: true, failures: 6 }), 'refused'],
    ['a refusal for good', situation('moderation', { step: 'submit', sent: true }), 'refused'],
    ['our own record could not be written', situation('disk', { step: 'submit', sent: true }), 'refused'],
    ['no connection, which is tried again', situation('network', { step: 'submit', retry: true, unreached: true, failures: 99 }), 'anew'],
    ['no connection, which is given up', situation('network', { step: 'submit', unreached: true }), 'refused'],
    ['no connection to send once more', situation('network', { step: 'submit', sent: true, retry: true, unreached: true }), 'settle'],
    ['the same, given up', situation('network', { step: 'submit', sent: true, unreached: true }), 'uncertain'],
    ['no connection to ask', situation('network', { retry: true, unreached: true, failures: 99 }), 'again'],
    ['no connection to ask, which is given up', situation('network', { unreached: true }), 'refused'],
    ['asking went wrong', situation('network', { retry: true }), 'again'],
    ['asking went wrong nine times', situation('network', { retry: true, failures: 9 }), 'refused'],
    ['a host that wants us back in an hour', situation('rate', { retry: true, retryAfterMs: 3_600_000 }), 'refused'],
    ['the host failed and bills nothing', situation('host', { byHost: true, retry: true, billed: 'no' }), 'anew'],
    ['the host failed and bills it', situation('host', { byHost: true, retry: true, billed: 'yes' }), 'refused'],
    ['the host failed, and whether it bills that nobody knows', situation('host', { byHost: true, retry: true }), 'refused'],
    ['the host failed, and the job is free', situation('host', { byHost: true, retry: true, price: 0 }), 'anew'],
    ['the host failed for the third time', situation('host', { byHost: true, retry: true, billed: 'no', renewals: 2 }), 'refused'],
    ['a wrong clip, one more try allowed', situation('mismatch', { retry: true, step: 'check', misses: 1, tries: 2 }), 'anew'],
    ['a wrong clip, no more tries', situation('mismatch', { retry: true, step: 'check', misses: 2, tries: 2 }), 'refused'],
    ['a wrong clip that would come so again', situation('mismatch', { step: 'check', misses: 1, tries: 2 }), 'refused'],
    ['a full disk', situation('disk', { step: 'store' }), 'refused'],
    ['a stop', situation('cancelled'), 'cancelled'],
    ['a stop while the answer was on its way', situation('cancelled', { step: 'submit', sent: true }), 'uncertain'],
  ])('%s', (_what, given, verdict) => {
    expect(judge(given)).toBe(verdict)
  })
  test('a paid job that left without an answer is never made anew, whatever was said', () => {
    const kinds = ['host', 'network', 'expired', 'uncertain', 'mismatch', 'disk', 'tool', 'cancelled'] as const
    for (const kind of kinds)
      for (const retry of [true, false])
        for (const submit of ['replay-key', 'reject-key', 'client-id', 'list', 'blind'] as const)
          for (const failures of [1, 9])
            expect(judge(situation(kind, { step: 'submit', sent: true, retry, submit, failures, tries: 9 }))).not.toBe('anew')
  })
  test('what the host may still hold is asked for again by a later run', () => {
    expect(isResumable(situation('network', { step: 'download' }))).toBe(true)
    expect(isResumable(situation('disk', { step: 'submit', sent: true }))).toBe(true)
    expect(isResumable(situation('rate', { step: 'submit', sent: true }))).toBe(false)
    expect(isResumable(situation('network', { step: 'submit' }))).toBe(false)
    expect(isResumable(situation('host', { byHost: true }))).toBe(false)
  })
})

test('waits: full jitter under a doubling ceiling of at most 20 s; never less than a host asks for', () => {
  const random = openRandom(1)
  for (let failures = 1; failures < 12; failures += 1) {
    const waits = Array.from({ length: 200 }, () => waitFor(failure('network'), failures, random))
    const ceiling = Math.min(20_000, 1000 * 2 ** (failures - 1))
    expect(Math.max(...waits)).toBeLessThan(ceiling)
    expect(Math.max(...waits)).toBeGreaterThan(0.9 * ceiling)
    expect(Math.min(...waits)).toBeLessThan(0.1 * ceiling)
  }
  expect(waitFor(failure('rate', { retryAfterMs: 3000 }), 1, random)).toBeGreaterThanOrEqual(3000)
  expect(waitFor(failure('rate', { retryAfterMs: -5 }), 1, random)).toBeGreaterThanOrEqual(0)
  const [one, two] = [openRandom(7), openRandom(7)]
  expect(Array.from({ length: 5 }, one)).toEqual(Array.from({ length: 5 }, two))
})

test('anything thrown is a failure or a bug, never both', () => {
  const told = failure('auth')
  expect(failureOf(new ProviderFailure(told))).toBe(told)
  expect(failureOf(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toMatchObject({ kind: 'disk', message: 'the disk is full' })
  expect(failureOf(new DOMException('stop', 'AbortError'))?.kind).toBe('cancelled')
  for (const bug of [new TypeError('x'), 'text', undefined, Object.assign(new Error('x'), { code: 'ERR_ASSERTION' })])
    expect(failureOf(bug)).toBeUndefined()
})
