// The two doors: what is paid for is sent once, what is read is tried again; the key stays with its origin; what a host
// says is made safe. Time is counted, not spent.
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import type { Failure } from '../../src/failure.ts'
import { ProviderFailure } from '../../src/failure.ts'
import { hostWords } from '../../src/providers/host-words.ts'
import type { Doors } from '../../src/providers/http.ts'
import { answerAs, openDoors } from '../../src/providers/http.ts'
import { judge } from '../../src/runtime/failure.ts'
import type { FakeWorld, Next } from './fake-http.ts'
import { fakeWorld } from './fake-http.ts'
import { forms } from './retry-after-forms.ts'

const secret = 'sk-test-0123456789abcdef'
const key = { env: 'LTX_API_KEY', header: 'authorization', before: 'Bearer ' }

type Desk = { readonly world: FakeWorld; readonly doors: Doors; readonly controller: AbortController }

function desk(answers: readonly Next[], base = 'https://api.example.com/root/'): Desk {
  const world = fakeWorld(answers, { LTX_API_KEY: ` ${secret}\n` })
  const controller = new AbortController()
  return { world, controller, doors: openDoors({ world, signal: controller.signal, base, key, host: 'the host', random: () => 0.5 }) }
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ProviderFailure) return error.failure
  throw error ?? new Error('it did not fail')
}

const submit = { method: 'POST', path: '/v2/text-to-video', json: { prompt: 'a dog' } } as const
const status = { method: 'GET', path: '/v2/text-to-video/1' } as const

/** What the runtime makes of a submit that failed. */
const verdict = (failure: Failure, sent: boolean, submitBy: 'blind' | 'list' = 'blind') =>
  judge({ step: 'submit', failure, sent, byHost: false, failures: 1, misses: 0, tries: 1, renewals: 0, submit: submitBy, price: 100 })

async function payFails(next: Next): Promise<{ failure: Failure; sent: boolean; requests: number }> {
  const { doors, world } = desk([next])
  let sent = false
  const failure = await failureOf(
    doors.pay(submit, async () => {
      sent = true
    }),
  )
  return { failure, sent, requests: world.requests.length }
}

describe('pay', () => {
  test('sends the job once, with the key and its mark before the first byte', async () => {
    const { doors, world } = desk([{ status: 202, body: { id: 'a' }, headers: { 'x-request-id': 'abc' } }])
    let marks = 0
    const reply = await doors.pay(submit, async () => {
      marks += 1
    })
    expect(reply).toMatchObject({ status: 202, json: { id: 'a' }, requestId: 'abc' })
    expect(marks).toBe(1)
    const request = world.requests[0]
    expect(request?.url).toBe('https://api.example.com/root/v2/text-to-video')
    expect(request?.headers).toMatchObject({ authorization: `Bearer ${secret}`, 'content-type': 'application/json' })
    expect(request?.body).toEqual({ kind: 'text', text: '{"prompt":"a dog"}' })
  })

  const cases: readonly (readonly [string, Next, string, string])[] = [
    ['refused before it left', { trouble: 'unsent' }, 'network', 'anew'],
    ['no answer', { trouble: 'lost' }, 'network', 'uncertain'],
    ['an answer that is cut', { status: 202, body: '{"id', cut: true }, 'network', 'uncertain'],
    ['a refusal that is cut', { status: 429, body: '{"er', cut: true }, 'network', 'uncertain'],
    ['400', { status: 400, body: { error: { message: 'duration is required' } } }, 'invalid', 'refused'],
    ['401', { status: 401 }, 'auth', 'refused'],
    ['402', { status: 402 }, 'funds', 'refused'],
    ['403', { status: 403 }, 'auth', 'refused'],
    ['408', { status: 408 }, 'host', 'uncertain'],
    ['413', { status: 413 }, 'invalid', 'refused'],
    ['429', { status: 429 }, 'rate', 'anew'],
    ['429 of a proxy', { status: 429, body: '<html>slow down</html>' }, 'rate', 'anew'],
    ['500', { status: 500, body: { error: 'oops' } }, 'host', 'uncertain'],
    ['502 of a proxy', { status: 502, body: '<html><body>bad gateway</body></html>' }, 'host', 'uncertain'],
    ['503', { status: 503, body: { error: 'busy' } }, 'capacity', 'anew'],
    ['503 of a proxy', { status: 503, body: '<html>unavailable</html>' }, 'host', 'uncertain'],
    ['504', { status: 504, body: '' }, 'host', 'uncertain'],
    ['529', { status: 529, body: { error: 'busy' } }, 'capacity', 'anew'],
    ['308', { status: 308, headers: { location: 'https://elsewhere.example/' } }, 'invalid', 'refused'],
    ['303', { status: 303, headers: { location: 'https://elsewhere.example/' } }, 'host', 'uncertain'],
  ]
  for (const [name, next, kind, then] of cases)
    test(`${name}: ${kind}, then ${then}; asked once`, async () => {
      const { failure, sent, requests } = await payFails(next)
      expect(failure.kind).toBe(kind)
      expect(verdict(failure, sent)).toBe(then)
      expect(requests).toBe(1)
      // What may have been bought is never told as free.
      if (then === 'uncertain') expect(failure.billed).toBe('unknown')
    })

  test('no connection is told as such, and at home with what to start', async () => {
    const { failure } = await payFails({ trouble: 'unsent' })
    expect(failure).toMatchObject({ unreached: true, billed: 'no', next: 'check the network and the address, then run again' })
    expect((await payFails({ trouble: 'lost' })).failure).not.toHaveProperty('unreached')
    const { doors } = desk([{ trouble: 'unsent' }], 'http://127.0.0.1:8188')
    expect((await failureOf(doors.pay(submit, async () => undefined))).next).toBe(
      'start the server at 127.0.0.1:8188, or correct its address; then run again',
    )
  })

  for (const [name, header, body, expected] of forms)
    test(`429 with Retry-After (${name}) is handed on, not slept`, async () => {
      const { doors, world } = desk([{ status: 429, body, ...(header === undefined ? {} : { headers: { 'retry-after': header } }) }])
      const failure = await failureOf(doors.pay(submit, async () => undefined))
      expect(failure.retryAfterMs).toBe(expected)
      expect(world.slept).toEqual([])
      expect(verdict(failure, true)).toBe((expected ?? 0) > 300_000 ? 'refused' : 'anew')
    })

  test('an answer of another shape is open, not a refusal', async () => {
    const { doors } = desk([{ status: 200, body: { code: 200 } }])
    const reply = await doors.pay(submit, async () => undefined)
    const failure = await failureOf(Promise.resolve().then(() => answerAs(reply, z.object({ id: z.string() }), 'the host')))
    expect(verdict(failure, true)).toBe('uncertain')
    expect(failure.message).toContain('id')
  })

  test('without a key nothing leaves', async () => {
    const world = fakeWorld([{ status: 202 }])
    const doors = openDoors({ world, signal: new AbortController().signal, base: 'https://api.example.com', key, host: 'the host' })
    expect(await failureOf(doors.pay(submit, async () => undefined))).toMatchObject({
      kind: 'auth',
      billed: 'no',
      message: 'the key LTX_API_KEY is not set',
    })
    expect(world.requests).toHaveLength(0)
  })

  test('a stop does not cut off an answer on its way, and starts nothing', async () => {
    const { doors, world, controller } = desk([{ status: 202, body: {} }])
    await doors.pay(submit, async () => controller.abort())
    expect(world.requests[0]?.signal).toBeUndefined()
    await expect(doors.pay(submit, async () => undefined)).rejects.toThrow('aborted')
    expect(world.requests).toHaveLength(1)
  })
})

describe('read', () => {
  for (const next of [
    { status: 408 },
    { status: 429 },
    { status: 500 },
    { status: 502 },
    { status: 503 },
    { status: 504 },
    { status: 529 },
    { trouble: 'lost' },
  ] as const)
    test(`${JSON.stringify(next)} is asked again`, async () => {
      const { doors, world } = desk([next, next, { status: 200, body: { ok: 1 } }])
      expect((await doors.read(status)).json).toEqual({ ok: 1 })
      expect(world.requests).toHaveLength(3)
      // Full jitter over a doubling ceiling, at the middle of it.
      expect(world.slept).toEqual([500, 1000])
    })
  test('no connection is tried for once more, and then told: the runtime has the patience', async () => {
    const dead = { trouble: 'unsent' } as const
    const once = desk([dead, { status: 200, body: { ok: 1 } }])
    expect((await once.doors.read(status)).json).toEqual({ ok: 1 })
    const { doors, world } = desk([dead, dead, { status: 200 }])
    expect(await failureOf(doors.read(status))).toMatchObject({ kind: 'network', unreached: true })
    expect(world.requests).toHaveLength(2)
  })
  for (const code of [400, 401, 402, 403, 404, 422])
    test(`${code} is not`, async () => {
      const { doors, world } = desk([{ status: code }])
      await failureOf(doors.read(status))
      expect(world.requests).toHaveLength(1)
    })
  for (const [name, header, body, expected] of forms)
    test(`Retry-After (${name})`, async () => {
      const { doors, world } = desk([
        { status: 429, body, ...(header === undefined ? {} : { headers: { 'retry-after': header } }) },
        { status: 200 },
      ])
      if (expected === undefined) {
        await doors.read(status)
        expect(world.slept).toEqual([500])
      } else if (expected <= 5000) {
        await doors.read(status)
        expect(world.slept).toEqual([expected + 250])
      } else {
        // Longer than one sleeps here: the runtime waits, and shows that it does.
        expect((await failureOf(doors.read(status))).retryAfterMs).toBe(expected)
        expect(world.slept).toEqual([])
      }
    })
  test('gives up after four times, with what was said last', async () => {
    const { doors, world } = desk(Array.from({ length: 9 }, (_, at) => ({ status: 500, body: { error: `no ${at}` } })))
    expect((await failureOf(doors.read(status))).message).toBe('the host failed: 500 no 3')
    expect(world.requests).toHaveLength(4)
  })
  test('a host that stays down is not stormed: the bucket runs dry', async () => {
    const { doors, world } = desk(Array.from({ length: 400 }, () => ({ status: 500 })))
    for (let at = 0; at < 100; at += 1) await failureOf(doors.read(status))
    expect(world.requests).toHaveLength(100 + 50)
  })
  test('an answer past its limit is refused, not read on', async () => {
    const { doors, world } = desk([{ status: 200, body: 'x'.repeat(100) }])
    expect(await failureOf(doors.read({ ...status, limit: 50 }))).toMatchObject({ kind: 'host', retry: false })
    expect(world.requests).toHaveLength(1)
  })
})

describe('the key', () => {
  const keysOf = (world: FakeWorld): readonly (string | undefined)[] => world.requests.map((request) => request.headers.authorization)

  test('is not shown to another origin, to another port, or behind a redirect', async () => {
    const { doors, world } = desk([
      { status: 200, body: 'clip', headers: { 'content-type': 'video/mp4' } },
      { status: 302, headers: { location: 'https://storage.example.com/x?sig=1' } },
      { status: 200, body: 'clip', headers: { 'content-type': 'video/mp4' } },
      { status: 200 },
      { status: 302, headers: { location: '/root/again' } },
      { status: 200, body: 'clip' },
    ])
    await doors.download('https://storage.example.com/x?sig=1', '/a')
    await doors.download('/content', '/b')
    await doors.upload({ method: 'PUT', path: 'https://api.example.com:8443/put?sig=1', body: { kind: 'text', text: 'x' } })
    await doors.download('/content', '/c')
    expect(keysOf(world)).toEqual([undefined, `Bearer ${secret}`, undefined, undefined, `Bearer ${secret}`, undefined])
  })
  test('is in no message, however the host sends it back', async () => {
    const said = `bad key ${secret} / ${encodeURIComponent(secret)} / Bearer ${secret} / ${btoa(secret)}`
    const { doors } = desk([{ status: 401, body: { error: said }, headers: { 'x-request-id': 'r\u001b[2J1' } }])
    const failure = await failureOf(doors.read(status))
    expect(JSON.stringify(failure)).not.toContain(secret)
    expect(JSON.stringify(failure)).not.toContain(btoa(secret))
    expect(failure.requestId).toBe('r\\x1b[2J1')
  })
})

describe('download', () => {
  const clip = { status: 200, body: 'clip', headers: { 'content-type': 'video/mp4' } }
  test('writes the file and says what it was', async () => {
    const { doors, world } = desk([clip])
    expect(await doors.download('https://files.example/x.mp4', '/a')).toMatchObject({ bytes: 4, type: 'video/mp4' })
    expect(world.written.get('/a')).toBe('clip')
  })
  test('a body that is cut is fetched again', async () => {
    const { doors, world } = desk([{ ...clip, cut: true }, clip])
    await doors.download('https://files.example/x.mp4', '/a')
    expect(world.requests).toHaveLength(2)
  })
  for (const type of ['text/html', 'application/json; charset=utf-8', 'application/problem+json'])
    test(`${type} is no clip`, async () => {
      const { doors, world } = desk(
        Array.from({ length: 4 }, () => ({ status: 200, body: '{"error":"gone"}', headers: { 'content-type': type } })),
      )
      const failure = await failureOf(doors.download('https://files.example/x.mp4', '/a'))
      expect(failure.message).toContain('{"error":"gone"}')
      expect(world.written.size).toBe(0)
    })
  for (const code of [401, 403, 404, 410])
    test(`${code}: the address has died; asked once, then anew by whoever knows a fresh one`, async () => {
      const { doors, world } = desk([{ status: code }])
      const failure = await failureOf(doors.download('https://files.example/x.mp4', '/a'))
      expect(failure).toMatchObject({ kind: 'expired', retry: true })
      expect(
        judge({
          step: 'download',
          failure,
          sent: false,
          byHost: false,
          failures: 1,
          misses: 0,
          tries: 1,
          renewals: 0,
          submit: 'blind',
          price: 1,
        }),
      ).toBe('again')
      expect(world.requests).toHaveLength(1)
    })
  for (const url of [
    'http://files.example/x',
    'https://127.0.0.1/x',
    'https://169.254.169.254/x',
    'https://[::1]/x',
    'https://localhost./x',
    'file:///etc/passwd',
    'https://a:b@files.example/x',
  ])
    test(`${url} is not asked`, async () => {
      const { doors, world } = desk([clip])
      expect(await failureOf(doors.download(url, '/a'))).toMatchObject({ kind: 'host', retry: false })
      expect(world.requests).toHaveLength(0)
    })
  test('nor when a redirect leads there', async () => {
    const { doors, world } = desk([{ status: 302, headers: { location: 'https://127.0.0.1/x' } }])
    await failureOf(doors.download('https://files.example/x', '/a'))
    expect(world.requests).toHaveLength(1)
  })
  test('a server at home may send home', async () => {
    const { doors } = desk([clip], 'http://127.0.0.1:8188')
    await doors.download('http://127.0.0.1:9000/x.mp4', '/a')
  })
  test('a ring of redirects ends', async () => {
    const { doors, world } = desk(Array.from({ length: 9 }, () => ({ status: 302, headers: { location: '/round' } })))
    expect((await failureOf(doors.download('https://files.example/x', '/a'))).kind).toBe('host')
    expect(world.requests).toHaveLength(4)
  })
})

describe('what a host says', () => {
  test('cannot steer a terminal, and is one line of 300 characters at most', () => {
    const words = hostWords(`\u001b[2J\u009b31m red \u202e\n${'long '.repeat(200)}`)
    expect(words).toMatch(/^\\x1b\[2J\\x9b31m red \\u202e long/)
    expect(words.length).toBe(300)
  })
  test('loses its marks and the signatures of its addresses', () => {
    expect(hostWords('<!doctype html><style>a{}</style><title>502</title> <h1>Bad&nbsp;Gateway</h1>')).toBe('502 Bad Gateway')
    expect(hostWords('see https://x.example/a.mp4?X-Sig=abc&Expires=1 now')).toBe('see https://x.example/a.mp4?… now')
  })
})
