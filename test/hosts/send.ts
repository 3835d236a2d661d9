// How an answer of a test host leaves, or does not: whole, late, slowly, cut, in pieces, or as something else.
import { createReadStream, readFileSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { Fault } from './fault.ts'
import type { Answer } from './protocol.ts'

export type Sending = {
  readonly response: ServerResponse
  readonly fault: Fault | undefined
  /** Does what was asked for. */
  readonly answer: () => Promise<Answer>
  readonly log: (status: number) => void
  readonly served: (job: string, whole: boolean) => void
}

const page = '<!doctype html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>'

const typeOf = (answer: Answer): string =>
  answer.type ??
  (answer.json !== undefined
    ? 'application/json'
    : answer.file !== undefined || answer.bytes !== undefined
      ? 'application/octet-stream'
      : 'text/plain')

function bytesOf(answer: Answer): Buffer {
  if (answer.file !== undefined) return readFileSync(answer.file)
  if (answer.bytes !== undefined) return Buffer.from(answer.bytes)
  return Buffer.from(answer.json === undefined ? (answer.text ?? '') : JSON.stringify(answer.json), 'utf8')
}

const headersOf = (answer: Answer): Record<string, string> => ({ 'content-type': typeOf(answer), ...answer.headers })

async function sendWhole({ response, log, served }: Sending, answer: Answer): Promise<void> {
  log(answer.status)
  if (answer.file !== undefined) {
    response.writeHead(answer.status, { ...headersOf(answer), 'content-length': String(statSync(answer.file).size) })
    const whole = await pipeline(createReadStream(answer.file), response).then(
      () => true,
      () => false,
    )
    if (answer.job !== undefined) served(answer.job, whole)
    return
  }
  const bytes = bytesOf(answer)
  response.writeHead(answer.status, { ...headersOf(answer), 'content-length': String(bytes.length) })
  response.end(bytes)
}

/** Written by hand: no server would send such an answer of itself. */
async function sendCut(sending: Sending, answer: Answer, fault: Extract<Fault, { kind: 'cut' }>): Promise<void> {
  const { response, log, served } = sending
  const bytes = bytesOf(answer)
  const part = bytes.subarray(0, Math.floor(bytes.length * (fault.at ?? 0.5)))
  const socket = response.socket
  log(answer.status)
  if (answer.job !== undefined) served(answer.job, false)
  if (socket === null) return
  const framing =
    fault.framing === 'length'
      ? `content-length: ${bytes.length}`
      : fault.framing === 'chunked'
        ? 'transfer-encoding: chunked'
        : 'connection: close'
  const head = Object.entries(headersOf(answer)).map(([name, value]) => `${name}: ${value}`)
  socket.write([`HTTP/1.1 ${answer.status} OK`, ...head, framing, '', ''].join('\r\n'))
  if (fault.framing === 'chunked') socket.write(Buffer.concat([Buffer.from(`${(part.length + 1000).toString(16)}\r\n`), part]))
  else socket.write(part)
  // What was written must be out before the line goes dead.
  await delay(30)
  if (fault.how === 'rst') reset(socket)
  else if (fault.how !== 'stall') socket.end()
}

function reset(socket: Socket | null): void {
  socket?.resetAndDestroy()
}

async function sendSlowly({ response, log, served }: Sending, answer: Answer, bytesPerSecond: number): Promise<void> {
  const bytes = bytesOf(answer)
  log(answer.status)
  response.writeHead(answer.status, { ...headersOf(answer), 'content-length': String(bytes.length) })
  const step = Math.max(1, Math.floor(bytesPerSecond / 20))
  for (let at = 0; at < bytes.length && !response.destroyed; at += step) {
    response.write(bytes.subarray(at, at + step))
    await delay(50)
  }
  response.end()
  if (answer.job !== undefined) served(answer.job, !response.destroyed)
}

export async function sendAnswer(sending: Sending): Promise<void> {
  const { response, fault, answer, log } = sending
  switch (fault?.kind) {
    case undefined:
    case 'job':
    case 'clip':
      return sendWhole(sending, await answer())
    case 'status':
      return sendWhole(sending, {
        status: fault.status,
        ...(fault.headers === undefined ? {} : { headers: fault.headers }),
        ...(fault.json === undefined ? { text: fault.text ?? '' } : { json: fault.json }),
      })
    case 'html':
      return sendWhole(sending, { status: fault.status ?? 502, type: 'text/html', text: page })
    case 'json-in-mp4':
      await answer()
      return sendWhole(sending, { status: 200, type: 'video/mp4', text: '{"type":"error","error":{"message":"not a clip"}}' })
    case 'picture':
      await answer()
      return sendWhole(sending, { status: 200, type: 'image/png', bytes: Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex') })
    case 'empty': {
      const { type, headers } = await answer()
      return sendWhole(sending, {
        status: 200,
        bytes: new Uint8Array(),
        ...(type === undefined ? {} : { type }),
        ...(headers === undefined ? {} : { headers }),
      })
    }
    case 'reset-before':
      log(0)
      reset(response.socket)
      return
    case 'reset-after-accept':
      await answer()
      log(0)
      reset(response.socket)
      return
    case 'hang':
      if (fault.accept === true) await answer()
      log(0)
      return
    case 'cut':
      return sendCut(sending, await answer(), fault)
    case 'late': {
      const made = await answer()
      await delay(fault.ms)
      return sendWhole(sending, made)
    }
    case 'slow':
      return sendSlowly(sending, await answer(), fault.bytesPerSecond)
    case 'redirect':
      return sendWhole(sending, { status: 302, headers: { location: fault.to }, text: '' })
  }
}
