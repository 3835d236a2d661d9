// One line for what went wrong: whose doing, the words, the bill, the host's own name for it; nothing that steers a terminal.
import { expect, test } from 'vitest'
import { failureWords } from '../../src/report/say.ts'

const failure = { kind: 'host', message: 'the host failed: 500\nno', next: 'run again', retry: true } as const

test('whose doing, and how they put it', () => expect(failureWords(failure)).toMatch(/^the host: the host failed: 500.?.?no$/))
test('the request id, for those who ask the host', () =>
  expect(failureWords({ ...failure, requestId: 'a\u001bb' })).toContain('(request a\\x1bb)'))
test('what was billed says so; what was not, or may have been, is told elsewhere', () => {
  expect(failureWords({ ...failure, billed: 'yes', requestId: 'x' })).toContain('(it was billed, request x)')
  expect(failureWords({ ...failure, billed: 'no' })).not.toContain('billed')
})
