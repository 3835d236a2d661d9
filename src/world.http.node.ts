// HTTP as the world has it: one request, one answer, on undici. A paid request first gets a connection of its own, so
// that whoever records "it has left" can do so before its first byte leaves; everything else shares a pool.
import { createHash } from 'node:crypto'
import { constants, createReadStream, openAsBlob } from 'node:fs'
import * as fs from 'node:fs/promises'
import type { Socket as NetSocket } from 'node:net'
import type { Dispatcher } from 'undici'
import { Agent, Client, FormData, WebSocket } from 'undici'
import { patientConnector } from './world.sockets.node.ts'
import type { FormPart, Http, HttpAnswer, HttpBody, HttpRequest, Socket } from './world.ts'
import { HttpTrouble } from './world.ts'

/** Errors that come before a byte of a request can have left. */
const beforeSending = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_INVALID_URL',
])
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')
const isTls = (error: unknown): boolean => /^(ERR_TLS|ERR_SSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO)/.test(codeOf(error))

/** What the disk says while a body is written: no word of the network. */
const ofDisk = /^(ENOSPC|EDQUOT|EACCES|EPERM|EROFS|EIO|EFBIG|EMFILE|ENFILE|ENOENT|ENOTDIR|EISDIR|ELOOP)$/
const isDisk = (error: Error): boolean => ofDisk.test(codeOf(error)) && !('syscall' in error && error.syscall === 'connect')

function troubleOf(error: unknown): unknown {
  if (error instanceof HttpTrouble || !(error instanceof Error) || error.name === 'AbortError' || isDisk(error)) return error
  const code = codeOf(error)
  const unsent = beforeSending.has(code) || isTls(error)
  return new HttpTrouble(unsent ? 'unsent' : 'lost', `${error.message}${code === '' || error.message.includes(code) ? '' : ` (${code})`}`)
}

/** Opens a connection and gives it to a client of its own. Rejects before anything is sent. */
function connect(url: URL, timeout: number, signal: AbortSignal | undefined): Promise<NetSocket> {
  const connector = patientConnector({ timeout, allowH2: false })
  const secure = url.protocol === 'https:'
  const options = {
    hostname: url.hostname,
    host: url.host,
    protocol: url.protocol,
    port: url.port || (secure ? '443' : '80'),
    servername: secure ? url.hostname : '',
  }
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason)
    connector(options, (error, socket) => {
      if (error !== null) return reject(new HttpTrouble('unsent', error.message))
      resolve(socket)
    })
  })
}

async function formOf(parts: readonly FormPart[]): Promise<FormData> {
  const form = new FormData()
  for (const part of parts) {
    if ('text' in part) form.append(part.name, part.text)
    else form.append(part.name, await openAsBlob(part.path, { type: part.type }), part.fileName)
  }
  return form
}

type Sent = { readonly body: Dispatcher.DispatchOptions['body']; readonly headers: Record<string, string> }

async function sentBody(body: HttpBody | undefined): Promise<Sent> {
  switch (body?.kind) {
    case undefined:
      return { body: null, headers: {} }
    case 'text':
      return { body: body.text, headers: {} }
    case 'bytes':
      return { body: Buffer.from(body.bytes), headers: {} }
    case 'file':
      return { body: createReadStream(body.path), headers: { 'content-length': String(body.bytes) } }
    case 'form':
      return { body: await formOf(body.parts), headers: {} }
  }
}

async function readText(answer: Dispatcher.ResponseData, limit: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of answer.body as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > limit) {
      answer.body.destroy()
      throw new HttpTrouble('too-large', `the answer is larger than ${limit} bytes`)
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

async function readToFile(answer: Dispatcher.ResponseData, path: string, limit: number) {
  const handle = await fs.open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, 0o600)
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const part of answer.body as AsyncIterable<Buffer>) {
      bytes += part.length
      if (bytes > limit) throw new HttpTrouble('too-large', `the file is larger than ${limit} bytes`)
      hash.update(part)
      await handle.write(part)
    }
    await handle.sync()
  } catch (error) {
    answer.body.destroy()
    throw error
  } finally {
    await handle.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

function answerOf(answer: Dispatcher.ResponseData, done: () => void): HttpAnswer {
  const headers = new Map(
    Object.entries(answer.headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )
  const reading = async <R>(work: Promise<R>): Promise<R> => {
    try {
      return await work
    } catch (error) {
      throw troubleOf(error)
    } finally {
      done()
    }
  }
  return {
    status: answer.statusCode,
    headers,
    text: (limit) => reading(readText(answer, limit)),
    toFile: (path, limit) => reading(readToFile(answer, path, limit)),
    drop: () => reading(answer.body.dump({ limit: 65_536 }).catch(() => undefined)),
  }
}

/** A pool for everything that may be asked again; paid requests get a connection each. */
export function openHttp(): Http {
  let pool: Agent | undefined
  const shared = (): Agent => {
    pool ??= new Agent({
      connections: 32,
      pipelining: 1,
      keepAliveTimeout: 10_000,
      connect: patientConnector({ timeout: 15_000, allowH2: false }),
    })
    return pool
  }
  return {
    async request(request) {
      const url = new URL(request.url)
      try {
        return request.beforeSend === undefined
          ? await send(shared(), request, url, () => undefined)
          : await sendAlone(request, url, request.beforeSend)
      } catch (error) {
        throw troubleOf(error)
      }
    },
  }
}

async function sendAlone(request: HttpRequest, url: URL, beforeSend: () => Promise<void>): Promise<HttpAnswer> {
  let socket: NetSocket | undefined = await connect(url, request.timeouts.connect, request.signal)
  const client = new Client(url.origin, {
    pipelining: 1,
    connect: (_options, callback) => {
      // The connection is used once: a client that asks for another one would send the request again.
      const own = socket
      socket = undefined
      // Not in the same breath: the client would miss that it is connected, and wait for ever.
      queueMicrotask(() => (own === undefined ? callback(new Error('the connection was lost'), null) : callback(null, own)))
    },
  })
  try {
    await beforeSend()
    return await send(client, request, url, () => void client.close().catch(() => undefined))
  } catch (error) {
    // Not given away yet: nobody else would close it, and the program could not end.
    socket?.destroy()
    void client.destroy().catch(() => undefined)
    throw error
  }
}

async function send(dispatcher: Dispatcher, request: HttpRequest, url: URL, done: () => void): Promise<HttpAnswer> {
  const { body, headers } = await sentBody(request.body)
  const answer = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: { ...request.headers, ...headers },
    body: body ?? null,
    headersTimeout: request.timeouts.head,
    bodyTimeout: request.timeouts.body,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  })
  return answerOf(answer, done)
}

/** Text messages of a WebSocket, in order. Closing either side ends the stream. */
export function openSocket(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Socket> {
  const socket = new WebSocket(url, { headers: { ...headers } })
  const waiting: string[] = []
  let open = true
  let wake: () => void = () => undefined
  const stop = (): void => {
    open = false
    wake()
  }
  socket.addEventListener('message', (event) => {
    if (typeof event.data === 'string') waiting.push(event.data)
    wake()
  })
  socket.addEventListener('close', stop)
  signal.addEventListener('abort', () => socket.close(), { once: true })
  async function* messages(): AsyncGenerator<string> {
    while (true) {
      const next = waiting.shift()
      if (next !== undefined) yield next
      else if (!open) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve({ messages: messages(), close: () => socket.close() }), { once: true })
    socket.addEventListener('error', () => reject(new HttpTrouble('unsent', 'the socket could not be opened')), { once: true })
  })
}
