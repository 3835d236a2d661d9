// Every form in which a host asks to be left alone, and what is made of it.
import { describe, expect, test } from 'vitest'
import { retryAfter } from '../../src/providers/retry-after.ts'
import { forms } from './retry-after-forms.ts'

const now = Date.UTC(2026, 10, 20, 10, 0, 0)
const wish = (header: string | undefined, body = '', more: Readonly<Record<string, string>> = {}): number | undefined =>
  retryAfter({
    headers: new Map([...(header === undefined ? [] : [['retry-after', header] as const]), ...Object.entries(more)]),
    body,
    now,
  })

describe('retry-after', () => {
  test('has fourteen forms here', () => expect(forms).toHaveLength(14))
  for (const [name, header, body, expected] of forms) test(name, () => expect(wish(header, body)).toBe(expected))

  test('garbage in the header leaves the word to the body', () => expect(wish('soon', 'try again in 12 seconds')).toBe(12_000))
  test('a body in minutes, in milliseconds, as a field', () => {
    expect(wish(undefined, 'rate limit resets in 1m 30s')).toBe(90_000)
    expect(wish(undefined, 'retry after 250ms')).toBe(250)
    expect(wish(undefined, '{"error":{"retry_after":2.5}}')).toBe(2500)
  })
  test('a body that speaks of something else says nothing', () => {
    expect(wish(undefined, 'duration must be 6, 8 or 10 seconds')).toBeUndefined()
    expect(wish(undefined, 'Too many concurrent requests. Please try again later.')).toBeUndefined()
  })
  test('the header in milliseconds goes first', () => expect(wish('7', '', { 'retry-after-ms': '120' })).toBe(120))
  test('a date is measured by the clock of the host that wrote it', () =>
    expect(wish('Fri, 20 Nov 2026 12:00:10 GMT', '', { date: 'Fri, 20 Nov 2026 12:00:00 GMT' })).toBe(10_000))
})
