// Exit codes: each means one thing, the worst of a run wins, and the README says the same.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { FailureKind } from '../../src/failure.ts'
import { exitCode, exitOf, exitOfFailure, exits, worst } from '../../src/report/exit.ts'

const failures = (...kinds: readonly FailureKind[]) => kinds.map((kind) => ({ kind }))

it('every exit has its own code and its place in the order', () => {
  const codes = Object.values(exits).map(({ code }) => code)
  expect(new Set(codes).size).toBe(codes.length)
  expect([...worst].sort()).toEqual(Object.keys(exits).sort())
  expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 74, 75, 130, 143])
})

it('the README has every code', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const table = readme.slice(readme.indexOf('## Exit codes')).split('\n## ')[0] ?? ''
  for (const { code } of Object.values(exits)) expect(table).toMatch(new RegExp(`\\| (\\d+, )?${code}(, \\d+)? \\|`))
})

describe('a run', () => {
  it.each([
    [{ reason: 'finished' }, 'ok'],
    [{ reason: 'failed', failures: failures('host', 'network') }, 'shots'],
    [{ reason: 'failed', failures: failures('host'), some: false }, 'failed'],
    [{ reason: 'failed' }, 'failed'],
    [{ reason: 'failed', failures: failures('host', 'moderation') }, 'moderation'],
    [{ reason: 'failed', failures: failures('moderation', 'funds') }, 'money'],
    [{ reason: 'failed', failures: failures('budget', 'disk') }, 'io'],
    [{ reason: 'failed', failures: failures('disk', 'uncertain') }, 'uncertain'],
    [{ reason: 'interrupted', failures: failures('host') }, 'interrupted'],
    [{ reason: 'interrupted', signal: 'SIGTERM' }, 'terminated'],
    [{ reason: 'interrupted', failures: failures('uncertain') }, 'uncertain'],
    [{ reason: 'failed', also: ['missing'] }, 'missing'],
    [{ reason: 'failed', also: ['locked'] }, 'locked'],
  ] as const)('%o ends as %s', (outcome, exit) => expect(exitOf(outcome)).toBe(exit))
})

it('a failure alone has a code too', () => {
  expect(exitCode(exitOfFailure('auth'))).toBe(5)
  expect(exitCode(exitOfFailure('moderation'))).toBe(7)
  expect(exitCode(exitOfFailure('disk'))).toBe(74)
})
