// The two doors to a host. `pay` sends a job once and never again; `read` may ask as often as it takes. In go calls, out
// come answers, or a ProviderFailure in words a person can act on. The key goes to the host's own origin and nowhere else.
import type * as z from 'zod'
import { type Failure, type FailureKind, ProviderFailure } from '../failure.ts'
import { checkWhole } from '../media/mp4.ts'
import type { HttpAnswer, HttpBody, HttpRequest, World } from '../world.ts'
import { HttpTrouble } from '../world.ts'
import { keptBack, refusesContent } from './content.ts'
import { type Explain, type Explained, habitOf, kindOfStatus, type Seen, wordsIn } from './explain.ts'
import { hostWords } from './host-words.ts'
import { isAtHome, originOf, resultUrl } from './origin.ts'
import { openPatience } from './patience.ts'
import { retryAfter } from './retry-after.ts'

/** Where the key comes from and how it is shown to the host. */
export type Key = {
  /** Name of the secret. */
  readonly env: string
  readonly header: string
  /** What stands before the key: `Bearer `, `Key `, or nothing. */
  readonly before: string
  /** Servers of one's own often need none. */
  readonly optional?: boolean
}

export type DoorOptions = {
  readonly world: World
  readonly signal: AbortSignal
  /** `https://api.example.com`, with or without a path. */
  readonly base: string
  readonly key?: Key
  /** What people call the host: stands at the head of every message. */
  readonly host: string
  readonly explain?: Explain
  /** In [0, 1), for the spread of waits. */
  readonly random?: () => number
}

export type Call = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Below the base (`/v2/jobs`), or a whole URL. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly body?: HttpBody
  /** Milliseconds: until the answer's head; between two pieces of its body. */
  readonly headMs?: number
  readonly bodyMs?: number
  /** Bytes of an answer that is text; 4 MiB if nothing is said. */
  readonly limit?: number
}

export type Reply = {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly text: string
  /** Its beginning, and the sentence in it, both safe to be shown. */
  readonly shown: string
  readonly said: string
  /** Undefined where the body is no JSON. */
  readonly json: unknown
  readonly requestId: string | undefined
}

export type Download = {
  readonly bytes: number
  readonly sha256: string
  readonly type: string
  readonly headers: ReadonlyMap<string, string>
}
export type DownloadOptions = {
  /** Bytes; 4 GiB if nothing is said. */
  readonly limit?: number
  readonly headers?: Readonly<Record<string, string>>
  /** `POST` where the host gives a result to a call of its own, whose refusals speak of the job and not of an address. */
  readonly method?: 'GET' | 'POST'
  /** Milliseconds until the head. */
  readonly headMs?: number
}

export type Doors = {
  /**
   * Sends a job, once. Every failure says whether it may have been taken: kinds that mean a clear refusal (`invalid`, `auth`,
   * `funds`, `moderation`, `rate`, `capacity`, `input`), or `network` and `host`, whose fate is open once `sent` was called.
   */
  pay(call: Call, sent: () => Promise<void>): Promise<Reply>
  /** The same for hosts whose answer is the clip itself: streamed to `into` (a new file). */
  payForFile(call: Call, sent: () => Promise<void>, into: string): Promise<Download & { readonly requestId: string | undefined }>
  /** Asks; network errors, 408, 429 and 5xx are tried again for a while. */
  read(call: Call): Promise<Reply>
  /** Fetches a result to a new file. Follows redirects, without the key. A URL that has died is `expired`, and may be asked for anew. */
  download(url: string, into: string, options?: DownloadOptions): Promise<Download>
  /** Brings a file to a signed URL, or to the host itself. No redirect is followed. */
  upload(call: Call): Promise<Reply>
  /** A Failure in this host's name: for jobs that failed after they were taken. */
  failure(explained: Explained, requestId?: string): Failure
  /** Words of the host, made safe. */
  words(text: string): string
}

const mebi = 1024 * 1024
const connectMs = 15_000
/** A wish for longer than this is said to the person: no run waits for it. */
const longWaitMs = 5 * 60_000

function inWords(ms: number): string {
  const minutes = Math.ceil(ms / 60_000)
  if (minutes < 120) return `${minutes} minutes`
  const hours = Math.ceil(minutes / 60)
  return hours < 48 ? `${hours} hours` : `${Math.ceil(hours / 24)} days`
}

const keyNext = ({ env }: Key): string => `check the key in ${env}, and what it is allowed to do; then run again`

const redirects = new Set([301, 302, 303, 307, 308])

const idOf = (headers: ReadonlyMap<string, string>, secrets: readonly string[]): string | undefined => {
  const found = ['x-request-id', 'request-id', 'x-fal-request-id', 'x-amzn-requestid', 'cf-ray'].flatMap(
    (name) => headers.get(name) ?? [],
  )[0]
  return found === undefined ? undefined : hostWords(found, secrets).slice(0, 80)
}

/** Undefined where it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/**
 * Reads an answer by its shape. One that does not fit is a fault of the host, its fate open where it was a submit; unless it says
 * that the content is refused, by `explain`'s table or in words: some hosts say so with a 200.
 */
export function answerAs<T>(reply: Reply, schema: z.ZodType<T>, host: string, explain?: Explain): T {
  const read = schema.safeParse(reply.json)
  if (read.success) return read.data
  const at = read.error.issues[0]
  const where = at === undefined || at.path.length === 0 ? '' : ` (${at.path.join('.')}: ${at.message})`
  const known = explain?.({ ...reply, status: 422, body: reply.text })
  const kind = known?.kind === 'moderation' || (explain !== undefined && refusesContent(reply.said)) ? 'moderation' : 'host'
  const { what, next, retry, billed } = habitOf(kind)
  throw new ProviderFailure({
    kind,
    message: kind === 'host' ? `${host} answered in a form that is not known${where}: ${reply.shown}` : `${host} ${what}: ${reply.said}`,
    next,
    retry,
    billed: kind === 'moderation' ? (known?.billed ?? billed) : billed,
    ...(reply.requestId === undefined ? {} : { requestId: reply.requestId }),
  })
}

/** No part of the MP4 is missing, as far as its boxes tell. */
const isWhole = (path: string): Promise<boolean> =>
  checkWhole(path).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ProviderFailure) return false
      throw error
    },
  )

/** Statuses that refuse a job for what it is. */
const ofContent: ReadonlySet<number> = new Set([400, 403, 406, 422, 451])

export function openDoors(options: DoorOptions): Doors {
  const { world, signal, base, host } = options
  const random = options.random ?? Math.random
  const own = originOf(base)
  const root = base.replace(/\/+$/, '')

  const urlOf = (path: string): string => (/^[a-z]+:\/\//i.test(path) ? path : `${root}${path.startsWith('/') ? '' : '/'}${path}`)
  const secret = (): string | undefined => (options.key === undefined ? undefined : world.secret(options.key.env)?.trim() || undefined)
  const secrets = (): readonly string[] => [secret() ?? ''].filter((one) => one !== '')
  const words = (text: string): string => hostWords(text, secrets())

  const failure = ({ kind, words: said, ...over }: Explained, requestId?: string): Failure => {
    const habit = habitOf(kind)
    const told = said === undefined || said === '' ? '' : `: ${words(said)}`
    return {
      kind,
      message: `${host} ${habit.what}${told}`,
      next: over.next ?? (kind === 'auth' && options.key !== undefined ? keyNext(options.key) : habit.next),
      retry: over.retry ?? habit.retry,
      billed: over.billed ?? habit.billed,
      ...(requestId === undefined ? {} : { requestId }),
    }
  }

  /** The key, for the host's own origin only. */
  const keyFor = (url: string): Record<string, string> => {
    const { key } = options
    if (key === undefined || originOf(url) !== own) return {}
    const value = secret()
    if (value === undefined && key.optional === true) return {}
    if (value === undefined || !/^[\x21-\x7e]+$/.test(value)) {
      const what = value === undefined ? 'is not set' : 'holds characters that no key has'
      throw new ProviderFailure({ ...failure({ kind: 'auth', next: `export ${key.env}=YOUR_KEY` }), message: `the key ${key.env} ${what}` })
    }
    return { [key.header]: `${key.before}${value}` }
  }

  const requestOf = (call: Call, url: string, headers: Readonly<Record<string, string>>): HttpRequest => {
    const body: HttpBody | undefined = call.json === undefined ? call.body : { kind: 'text', text: JSON.stringify(call.json) }
    return {
      method: call.method,
      url,
      headers: {
        accept: 'application/json',
        'user-agent': 'ltx',
        ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
        ...call.headers,
        ...headers,
      },
      timeouts: { connect: connectMs, head: call.headMs ?? 60_000, body: call.bodyMs ?? 60_000 },
      ...(body === undefined ? {} : { body }),
    }
  }

  const replyOf = async (answer: HttpAnswer, limit = 4 * mebi): Promise<Reply> => {
    const text = await answer.text(limit)
    const json = jsonOf(text)
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      shown: words(text.slice(0, 4000)).slice(0, 200),
      said: words(wordsIn(json) ?? ''),
      json,
      requestId: idOf(answer.headers, secrets()),
    }
  }

  /** An answer that is no success, as a Failure. */
  const refusalOf = (reply: Reply): Failure => {
    const seen: Seen = { status: reply.status, headers: reply.headers, body: reply.text, json: reply.json }
    const known = options.explain?.(seen)
    const byCode: Explained = known ?? { kind: kindOfStatus(reply.status) }
    const said = byCode.words ?? wordsIn(reply.json) ?? reply.text
    const ofWords = ofContent.has(reply.status) && byCode.kind !== 'funds' && refusesContent(said)
    const explained: Explained = ofWords ? { kind: 'moderation', billed: byCode.billed ?? habitOf(byCode.kind).billed } : byCode
    const wish = retryAfter({ headers: reply.headers, body: reply.text, now: world.clock.now() })
    const waits = wish !== undefined && (explained.kind === 'rate' || explained.kind === 'capacity' || explained.kind === 'host')
    const made = failure({ ...explained, words: `${reply.status}${said.trim() === '' ? '' : ` ${said}`}` }, reply.requestId)
    if (!waits) return made
    return {
      ...made,
      retryAfterMs: wish,
      ...(wish > longWaitMs ? { next: `run again in ${inWords(wish)}: so long it asks to be left alone` } : {}),
    }
  }

  /** What no host said: the network's own words. */
  const troubleOf = (error: unknown, billed: Failure['billed']): ProviderFailure | undefined => {
    if (!(error instanceof HttpTrouble)) return undefined
    const kind: FailureKind = error.kind === 'too-large' ? 'host' : 'network'
    const explained: Explained = { kind, words: error.message, ...(billed === undefined ? {} : { billed }) }
    const home = isAtHome(base) ? { next: `start the server at ${new URL(base).host}, or correct its address; then run again` } : {}
    const unreached = error.kind === 'unsent' ? ({ unreached: true, ...home } as const) : {}
    return new ProviderFailure({ ...failure(explained), ...(kind === 'host' ? { retry: false } : {}), ...unreached })
  }

  /** One paid request; `take` reads a success, everything else is judged here. */
  const payOnce = async <T>(call: Call, sent: () => Promise<void>, take: (answer: HttpAnswer) => Promise<T>): Promise<T> => {
    const url = urlOf(call.path)
    const request = requestOf(call, url, keyFor(url))
    signal.throwIfAborted()
    let left = false
    const beforeSend = async (): Promise<void> => {
      await sent()
      left = true
    }
    try {
      // No signal: an answer on its way is money, and is waited for.
      const answer = await world.http.request({ ...request, beforeSend })
      if (answer.status >= 200 && answer.status < 300) return await take(answer)
      const reply = await replyOf(answer)
      const refused = refusalOf(reply)
      // A proxy's page for 503 does not say whether the host behind it took the job.
      const vague = reply.status === 503 && reply.json === undefined && refused.kind === 'capacity'
      throw new ProviderFailure(vague ? { ...refused, kind: 'host', billed: 'unknown' } : refused)
    } catch (error) {
      const trouble = troubleOf(error, left ? 'unknown' : 'no')
      if (trouble === undefined) throw error
      if (!left) throw trouble
      const { unreached: _left, ...lost } = trouble.failure
      throw new ProviderFailure({
        ...lost,
        message: `the job was sent to ${host}, but its answer did not come whole: ${words(error instanceof Error ? error.message : '')}`,
        next: 'look at the host whether it was made; `ltx resolve` says whether it may be sent again',
        retry: false,
      })
    }
  }

  const patiently = openPatience({
    clock: world.clock,
    signal,
    random,
    failureFrom: (error) => (error instanceof ProviderFailure ? error : troubleOf(error, 'unknown')),
  })

  const readOnce = async (call: Call): Promise<Reply> => {
    const url = urlOf(call.path)
    const reply = await replyOf(await world.http.request({ ...requestOf(call, url, keyFor(url)), signal }), call.limit)
    if (reply.status >= 200 && reply.status < 300) return reply
    throw new ProviderFailure(refusalOf(reply))
  }

  const allowed = (text: string): URL => {
    const url = resultUrl(base, text)
    if (url !== undefined) return url
    const words = `it names a result at an address that is not asked: ${text}`
    throw new ProviderFailure({ ...failure({ kind: 'host', words }), retry: false })
  }

  const downloadOnce = async (from: string, into: string, how: DownloadOptions): Promise<Download> => {
    let url = allowed(urlOf(from))
    for (let hop = 0; hop <= 3; hop += 1) {
      const method = hop === 0 ? (how.method ?? 'GET') : 'GET'
      const call: Call = { method, path: url.href, headers: { accept: '*/*', ...how.headers }, headMs: how.headMs ?? 60_000 }
      // The key opens the host's own downloads; behind a redirect it is never shown.
      const key = hop === 0 ? keyFor(url.href) : {}
      const answer = await world.http.request({ ...requestOf(call, url.href, key), signal })
      const target = answer.headers.get('location')
      if (redirects.has(answer.status) && target !== undefined) {
        await answer.drop()
        url = allowed(new URL(target, url).href)
        continue
      }
      if (answer.status !== 200) throw new ProviderFailure((method === 'POST' ? refusalOf : deadOr)(await replyOf(answer)))
      const type = answer.headers.get('content-type')?.toLowerCase() ?? ''
      if (/^(text\/|application\/(json|xml|problem))/.test(type)) {
        const { shown, requestId } = await replyOf(answer, mebi)
        throw new ProviderFailure(failure({ kind: 'host', words: `instead of a file it sent ${type}: ${shown}` }, requestId))
      }
      if (type.startsWith('image/')) {
        await answer.drop()
        throw keptBack({ failure }, `it sent a picture (${type}) in place of the clip`, idOf(answer.headers, secrets()))
      }
      const file = await answer.toFile(into, how.limit ?? 4096 * mebi)
      if (file.bytes === 0) throw new ProviderFailure(failure({ kind: 'host', words: 'it sent an empty file' }))
      // Where nothing says how long it is, the end of the line may be the end of the clip, or a cut.
      const told = answer.headers.has('content-length') || answer.headers.has('transfer-encoding')
      if (!told && !(await isWhole(into)))
        throw new ProviderFailure(failure({ kind: 'network', words: 'the line was closed in the middle of the clip' }))
      return { ...file, type, headers: answer.headers }
    }
    throw new ProviderFailure({ ...failure({ kind: 'host', words: 'a result that only leads elsewhere' }), retry: false })
  }

  /** 401, 403, 404 and 410 of a result: its URL has died, the job may still know a fresh one. */
  const deadOr = (reply: Reply): Failure => {
    if (![401, 403, 404, 410].includes(reply.status)) return refusalOf(reply)
    const made = failure({ kind: 'expired', next: 'run again: a fresh address is asked for' }, reply.requestId)
    return { ...made, message: `${host} has a result at an address that has died (${reply.status})`, retry: true }
  }

  return {
    pay: (call, sent) => payOnce(call, sent, (answer) => replyOf(answer, call.limit)),
    payForFile: (call, sent, into) =>
      payOnce(call, sent, async (answer) => {
        const requestId = idOf(answer.headers, secrets())
        const type = answer.headers.get('content-type')?.toLowerCase() ?? ''
        const file = await answer.toFile(into, call.limit ?? 4096 * mebi)
        return { ...file, type, headers: answer.headers, requestId }
      }),
    read: (call) => patiently(() => readOnce(call)),
    // An address that has died does not come back to life by asking for it again.
    download: (url, into, how = {}) =>
      patiently(
        () => downloadOnce(url, into, how),
        ({ retry, kind }) => retry && kind !== 'expired',
      ),
    upload: (call) => patiently(() => readOnce({ headMs: 120_000, ...call })),
    failure,
    words,
  }
}
