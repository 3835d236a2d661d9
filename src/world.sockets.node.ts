// Connections for undici 7 that do not bring the program down. Its parser stops while a body is not read fast enough, and
// throws out of an event, past every handler, when the other side closes just then (nodejs/undici#5360, mended in 8, which
// needs Node 22). In goes its connector, out comes one whose sockets say `end` and `close` when the parser can hear them.
import type { Socket } from 'node:net'
import { buildConnector } from 'undici'

const againMs = 5
/** A body that nobody reads for so long is nobody's. */
const longestMs = 30 * 60_000

const isPaused = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ERR_ASSERTION'

/** Holds `end` and `close` back, in their order, for as long as hearing them fails. */
export function patient(socket: Socket): Socket {
  const emit = socket.emit.bind(socket)
  // Or it would be gone before what lies in it is read.
  socket.allowHalfOpen = true
  const waiting: { readonly event: string; readonly args: unknown[]; readonly since: number }[] = []
  const tell = (): void => {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      try {
        emit(next.event, ...next.args)
      } catch (error) {
        if (!isPaused(error)) throw error
        return void (performance.now() - next.since > longestMs ? socket.destroy() : setTimeout(tell, againMs))
      }
      waiting.shift()
    }
  }
  socket.emit = (event: string, ...args: unknown[]): boolean => {
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
