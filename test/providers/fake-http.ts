// A world whose network is a list of answers, and whose clock only counts what is slept: for the doors without a host.
import type { HttpAnswer, HttpRequest, World } from '../../src/world.ts'
import { HttpTrouble } from '../../src/world.ts'

/** What the next request meets: an answer, or trouble before or after it left. */
export type Next =
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string | object
      readonly cut?: boolean
    }
  | { readonly trouble: 'unsent' | 'lost' }

export type FakeWorld = World & { readonly requests: HttpRequest[]; readonly slept: number[]; readonly written: Map<string, string> }

export function fakeWorld(answers: readonly Next[], secrets: Readonly<Record<string, string>> = {}): FakeWorld {
  const requests: HttpRequest[] = []
  const slept: number[] = []
  const written = new Map<string, string>()
  let now = Date.UTC(2026, 10, 20, 10, 0, 0)
  const rest = [...answers]
  const answerOf = (next: Extract<Next, { status: number }>): HttpAnswer => {
    const text = typeof next.body === 'string' ? next.body : JSON.stringify(next.body ?? {})
    const whole = async (limit: number): Promise<string> => {
      if (next.cut === true) throw new HttpTrouble('lost', 'the body ended too early')
      if (text.length > limit) throw new HttpTrouble('too-large', `the answer is larger than ${limit} bytes`)
      return text
    }
    return {
      status: next.status,
      headers: new Map(Object.entries({ 'content-length': String(text.length), ...next.headers })),
      text: whole,
      async toFile(path, limit) {
        written.set(path, await whole(limit))
        return { bytes: text.length, sha256: 'x' }
      },
      drop: async () => undefined,
    }
  }
  const unused = (): never => {
    throw new Error('not in this world')
  }
  return {
    requests,
    slept,
    written,
    http: {
      async request(request) {
        requests.push(request)
        request.signal?.throwIfAborted()
        const next = rest.shift()
        if (next === undefined) throw new Error(`nothing was expected at ${request.url}`)
        if ('trouble' in next && next.trouble === 'unsent') throw new HttpTrouble('unsent', 'connect ECONNREFUSED')
        await request.beforeSend?.()
        if ('trouble' in next) throw new HttpTrouble('lost', 'other side closed')
        return answerOf(next)
      },
    },
    openSocket: unused,
    spawn: unused,
    openProgram: unused,
    // The doors touch no files, but for what an answer writes.
    files: new Proxy({} as World['files'], { get: () => unused }),
    clock: {
      now: () => now,
      monotonic: () => now,
      async sleep(ms, signal) {
        signal?.throwIfAborted()
        slept.push(ms)
        now += ms
      },
    },
    machine: { pid: 1, host: 'test', hold: unused },
    sha256: unused,
    secret: (name) => secrets[name],
    variable: () => undefined,
  }
}
