// Connections for undici 7 that do not lose an answer, nor bring the program down, when the other side closes early. Its
// parser stops while a body is not read fast enough; an `end` that comes just then is taken for a cut, or thrown out of an event
// past every handler (nodejs/undici#5360, mended in 8, which needs Node 22). In goes its connector, out comes one whose
// sockets say `end` and `close` when the parser can hear them.
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

const againMs = 5
/** A body that nobody reads for so long is nobody's. */
const longestMs = 30 * 60_000

/** undici keeps its parser at the socket, under a symbol of this name. */
function isPaused(socket: Socket): boolean {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'parser')
  const parser: unknown = symbol === undefined ? undefined : Reflect.get(socket, symbol)
  return typeof parser === 'object' && parser !== null && 'paused' in parser && parser.paused === true
}

/**
 * What undici is told of a line that broke under a stopped parser: under this code it takes the answer for cut, under the system's own
 * (`ECONNRESET`, as Node 24 says it) it would finish a parser that cannot be.
 */
const broken = (cause: unknown): Error =>
  Object.assign(new Error(cause instanceof Error ? cause.message : 'the line was closed', { cause }), { code: 'UND_ERR_SOCKET' })

/** Holds `end` and `close` back, in their order, while the parser is stopped. */
export function patient(socket: Socket): Socket {
  const emit = socket.emit.bind(socket)
  // Or it would be gone before what lies in it is read.
  socket.allowHalfOpen = true
  const waiting: { readonly event: string; readonly args: unknown[]; readonly since: number }[] = []
  const tell = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      if (isPaused(socket) && !socket.destroyed) {
        if (performance.now() - next.since > longestMs) socket.destroy(new Error('nobody reads the answer'))
        else return void setTimeout(tell, againMs)
      }
      waiting.shift()
      // Destroyed, and still not read: what is left of the answer is gone.
      if (isPaused(socket)) emit('error', broken(undefined))
      if (next.event === 'close' || !isPaused(socket)) emit(next.event, ...next.args)
    }
  }
  socket.emit = (event: string, ...args: unknown[]): boolean => {
    if (event === 'error' && isPaused(socket)) return emit('error', broken(args[0]))
    if (event !== 'end' && event !== 'close') return emit(event, ...args)
    waiting.push({ event, args, since: performance.now() })
    if (waiting.length === 1) tell()
    return true
  }
  return socket
}

/** undici's connector, with such sockets. */
export function patientConnector(options: buildConnector.BuildOptions): buildConnector.connector {
  const connect = buildConnector(options)
  return (to, done) => connect(to, (...[error, socket]) => (error === null ? done(null, patient(socket)) : done(error, null)))
}
