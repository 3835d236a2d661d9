// The process of a test host: three servers on loopback (API, files, control), one protocol. Started by `kit.ts` with its
// settings as one JSON argument; says its ports in one line; ends when whoever started it is gone.
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { openClips } from './clips.ts'
import { type FullDesk, openDesk } from './desk.ts'
import { type Action, type Fault, openFaults, type Pace } from './fault.ts'
import { append, type Seen } from './ledger.ts'
import { plant } from './plant.ts'
import type { Answer, Asked, Protocol, Route } from './protocol.ts'
import { sendAnswer } from './send.ts'

export type Start = {
  readonly folder: string
  readonly cache: string
  readonly ffmpeg: string
  readonly ledger: string
  readonly calls: string
  readonly key: string
  readonly pace: Pace
  readonly settings: Readonly<Record<string, unknown>>
  /** Ports of a host that is started again. */
  readonly ports?: { readonly api: number; readonly files: number }
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer) // a stream without an encoding gives buffers
  return Buffer.concat(parts)
}
const headersOf = (request: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  )

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const names: string[] = []
  const form = pattern.replace(/:([a-z]+)(\*)?/gi, (_, name: string, rest: string | undefined) => {
    names.push(name)
    return rest === undefined ? '([^/]+)' : '(.+)'
  })
  const found = new RegExp(`^${form}$`).exec(path)
  return found === null ? undefined : Object.fromEntries(names.map((name, at) => [name, decodeURIComponent(found[at + 1] ?? '')]))
}

function askedOf(request: IncomingMessage, url: URL, params: Record<string, string>, body: Buffer): Asked {
  const headers = headersOf(request)
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    params,
    query: url.searchParams,
    headers,
    body,
    json() {
      try {
        const value = JSON.parse(body.toString('utf8')) as unknown
        // Only objects are of use to a protocol.
        return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
      } catch {
        return undefined
      }
    },
    form: () => new Response(new Uint8Array(body), { headers: { 'content-type': headers['content-type'] ?? '' } }).formData(),
  }
}

/** Routes of the files origin: signed results and signed uploads. */
const filesRoutes = (desk: FullDesk): readonly Route[] => [
  {
    name: 'result',
    method: 'GET',
    path: '/results/:name.mp4',
    async handle({ params, query }) {
      const name = params.name ?? ''
      const found = desk.resultOf(name)
      const signed = query.get('X-Signature') === createHash('sha256').update(name).digest('hex')
      if (found === undefined || found.dead || !signed)
        return { status: 403, type: 'application/xml', text: '<?xml version="1.0"?><Error><Code>ExpiredToken</Code></Error>' }
      return { status: 200, type: 'video/mp4', file: await desk.resultFile(found.job), job: found.job.id }
    },
  },
  {
    name: 'put',
    method: 'PUT',
    path: '/uploads/:id',
    handle({ params, headers, body }) {
      const id = params.id ?? ''
      const slot = desk.slotOf(id)
      if (slot === undefined) return { status: 404, text: 'no such upload' }
      if (slot.used) return { status: 412, text: 'PreconditionFailed' }
      const missing = Object.entries(slot.required).find(([name, value]) => headers[name.toLowerCase()] !== value)
      if (missing !== undefined) return { status: 403, text: `SignatureDoesNotMatch: ${missing[0]}` }
      desk.put(id, body, headers['content-type'] ?? '')
      return { status: 200, text: '' }
    },
  },
  {
    name: 'put',
    method: 'GET',
    path: '/uploads/:id',
    handle({ params }) {
      const upload = desk.upload(params.id ?? '')
      return upload === undefined ? { status: 404, text: 'gone' } : { status: 200, type: upload.type, file: upload.path }
    },
  },
]

type Side = { readonly name: 'api' | 'files'; readonly routes: readonly Route[]; readonly unknown: Answer }

export async function serve(protocol: Protocol): Promise<void> {
  const start = JSON.parse(process.argv[2] ?? '{}') as Start // written by the kit
  const faults = openFaults()
  const origins = { api: '', files: '' }
  const listeners = new Set<Socket>()
  const options = {
    folder: start.folder,
    ledger: start.ledger,
    clips: openClips(start.ffmpeg, start.cache),
    faults,
    settings: start.settings,
    origins,
    tell: (message: string): void => {
      for (const socket of listeners) socket.write(textFrame(message))
    },
    pace: start.pace,
  }
  const desk = openDesk(options)

  const keyIsRight = (headers: Readonly<Record<string, string>>): boolean =>
    protocol.key === undefined || headers[protocol.key.header] === `${protocol.key.before}${start.key}`

  const answerFor = async (side: Side, asked: Asked, route: Route | undefined): Promise<Answer> => {
    if (route === undefined) return side.unknown
    if (side.name === 'api' && route.open !== true && !keyIsRight(asked.headers)) return protocol.unauthorized
    return route.handle(asked, desk)
  }

  const told = async (side: Side, asked: Asked, route: Route | undefined): Promise<Answer> => {
    const answer = await answerFor(side, asked, route)
    return start.settings.plant === true ? plant(answer, start.key) : answer
  }

  const handle = async (side: Side, request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://host')
    const body = await bodyOf(request)
    const hit = side.routes
      .map((route) => ({ route, params: route.method === request.method ? matchPath(route.path, url.pathname) : undefined }))
      .find(({ params }) => params !== undefined)
    const asked = askedOf(request, url, hit?.params ?? {}, body)
    const name = hit?.route.name ?? 'unknown'
    if (side.name === 'files' && start.key !== '' && `${JSON.stringify(asked.headers)} ${request.url}`.includes(start.key))
      desk.write({ kind: 'leak', where: `${request.method} ${url.pathname}` })
    const fault = faults.take(name, wireKinds)
    const log = (status: number): void => {
      const seen: Seen = {
        at: Date.now(),
        route: name,
        method: asked.method,
        url: request.url ?? '',
        headers: asked.headers,
        body: asked.json() ?? (body.length > 2000 ? `${body.length} bytes` : body.toString('utf8')),
        status,
        ...(fault === undefined ? {} : { fault: fault.kind }),
      }
      append(start.calls, seen)
    }
    if (options.pace.latencyMs > 0) await delay(options.pace.latencyMs)
    const served = (job: string, whole: boolean): void => desk.write({ kind: 'served', job, whole })
    await sendAnswer({ response, fault, log, served, answer: () => told(side, asked, hit?.route) })
  }

  const listen = (side: Side, port: number): Promise<{ server: Server; origin: string }> => {
    const server = createServer({ keepAliveTimeout: 5000 }, (request, response) => {
      handle(side, request, response).catch((error: unknown) => {
        process.stderr.write(`${protocol.name}: ${error instanceof Error ? error.stack : String(error)}\n`)
        response.destroy()
      })
    })
    if (side.name === 'api') server.on('upgrade', (request, socket) => upgrade(request, socket as Socket, listeners))
    return new Promise((resolve, reject) => {
      server.on('error', reject)
      server.listen(port, '127.0.0.1', () => {
        // A TCP server's address is never a text.
        resolve({ server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
      })
    })
  }
  const api = await listen({ name: 'api', routes: protocol.routes, unknown: protocol.unknown }, start.ports?.api ?? 0)
  const gone: Answer = { status: 404, text: 'not here' }
  const files = await listen({ name: 'files', routes: filesRoutes(desk), unknown: gone }, start.ports?.files ?? 0)
  origins.api = api.origin
  origins.files = files.origin
  const control = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      obey(JSON.parse(body.toString('utf8') || '{}') as Fault | Action, desk, faults, (pace) => {
        // from the kit
        options.pace = { ...options.pace, ...pace }
      })
      response.end('{}')
    })
  })
  control.listen(0, '127.0.0.1', () => {
    const port = (control.address() as AddressInfo).port // never a text either
    process.stdout.write(`${JSON.stringify({ ...origins, control: `http://127.0.0.1:${port}` })}\n`)
  })
  process.stdin.resume()
  process.stdin.on('end', () => process.exit(0))
}

/** Faults that show on the wire; `job` and `clip` wait for the next job that is accepted. */
const wireKinds: readonly Fault['kind'][] = [
  'status',
  'html',
  'json-in-mp4',
  'picture',
  'empty',
  'reset-before',
  'reset-after-accept',
  'hang',
  'cut',
  'late',
  'slow',
  'redirect',
]

function obey(order: Fault | Action, desk: FullDesk, faults: ReturnType<typeof openFaults>, set: (pace: Partial<Pace>) => void): void {
  const orders: Record<Action['do'], () => void> = {
    'expire-jobs': () => desk.expire('jobs'),
    'expire-results': () => desk.expire('results'),
    'expire-uploads': () => desk.expire('uploads'),
    forget: () => desk.forget(),
    'clear-faults': () => faults.clear(),
    set: () => {
      if ('options' in order) set(order.options)
    },
  }
  if ('kind' in order) faults.add(order)
  else orders[order.do]()
}

// ---- WebSocket, as much of it as a test needs ------------------------------------------------------------

function upgrade(request: IncomingMessage, socket: Socket, listeners: Set<Socket>): void {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`)
  listeners.add(socket)
  const end = (): void => void listeners.delete(socket)
  socket.on('close', end)
  socket.on('error', end)
  // Whatever the client says ends in closing; nothing here listens.
  socket.on('data', (bytes) => {
    if (((bytes[0] ?? 0) & 15) === 8) socket.end()
  })
}

function textFrame(message: string): Buffer {
  const body = Buffer.from(message, 'utf8')
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.from([0x81, 126, body.length >> 8, body.length & 255])
  return Buffer.concat([head, body])
}
