// The world as the conformance suite hands it to a provider: real sockets and files, waits that take no time, a key
// nobody else has, and a note of every request that left, so that the suite can say what went where.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ProviderUse } from '../../src/lang/program.ts'
import type { Tool } from '../../src/media/ffmpeg.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { Calls, Provider } from '../../src/providers/provider.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { HttpBody, HttpRequest, World } from '../../src/world.ts'

/** Stands nowhere else: found in any file, any text, any request to a stranger, it has leaked. */
export const canary = 'canary-7f3a19c4e8d2b650-key'

export type Sent = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** It went through the door for money. */
  readonly paid: boolean
  /** When it left, and when its answer's head came with which status: counted over all of them. */
  left?: number
  answered?: number
  status?: number
}

export type SuiteWorld = {
  readonly world: World
  readonly tool: Tool
  readonly folder: string
  readonly sent: Sent[]
  readonly slept: number[]
  /** No answer's head is waited for longer than this. */
  patienceMs: number
  /** No body pauses for longer than this. */
  pauseMs: number
  /** A provider as a new process would open it: nothing in memory, an empty scratch folder. */
  open(provider: Provider, settings: ProviderUse['settings'], signal?: AbortSignal, kept?: string): Calls
  close(): void
}

const textOf = (body: HttpBody | undefined): string => {
  if (body === undefined) return ''
  if (body.kind === 'text') return body.text
  if (body.kind === 'form') return body.parts.map((part) => ('text' in part ? `${part.name}=${part.text}` : part.name)).join('&')
  return ''
}

export async function openSuiteWorld(): Promise<SuiteWorld> {
  const tool = await findTool(process.env)
  const folder = mkdtempSync(join(tmpdir(), 'ltx-suite-'))
  const real = openNodeWorld({})
  const sent: Sent[] = []
  const slept: number[] = []
  let opened = 0
  let moments = 0
  let now = 0
  const request = async (asked: HttpRequest) => {
    const { method, url, headers, body, beforeSend } = asked
    const one: Sent = { method, url, headers, body: textOf(body), paid: beforeSend !== undefined }
    sent.push(one)
    const leave = async (): Promise<void> => {
      await beforeSend?.()
      one.left = ++moments
    }
    const timeouts = {
      connect: 2000,
      head: Math.min(asked.timeouts.head, suite.patienceMs),
      body: Math.min(asked.timeouts.body, suite.pauseMs),
    }
    const answer = await real.http.request({ ...asked, timeouts, ...(beforeSend === undefined ? {} : { beforeSend: leave }) })
    one.answered = ++moments
    one.status = answer.status
    return answer
  }
  const world: World = {
    ...real,
    http: { request },
    clock: {
      ...real.clock,
      // Waits take no time, and the clock that measures shows that they were waited; the time of day is the host's too.
      monotonic: () => real.clock.monotonic() + now,
      async sleep(ms, signal) {
        signal?.throwIfAborted()
        slept.push(ms)
        now += ms
        await real.clock.sleep(Math.min(ms, 5), signal)
      },
    },
    secret: (name) => (name === 'SUITE_KEY' ? canary : undefined),
    variable: () => undefined,
  }
  const uploads = openUploads(world, join(folder, 'uploads.json'))
  const suite: SuiteWorld = {
    world,
    tool,
    folder,
    sent,
    slept,
    patienceMs: 20_000,
    pauseMs: 1500,
    open(provider, settings, signal = new AbortController().signal, kept = 'kept') {
      opened += 1
      return provider.open({
        world,
        scratch: join(folder, `scratch-${opened}`),
        kept: join(folder, kept),
        signal,
        use: { name: 'host', kind: provider.kind, keyEnv: 'SUITE_KEY', settings, span: { path: 'film.ltx', start: 0, end: 0 } },
        tool: async () => tool,
        uploads,
      })
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
  return suite
}
