// Everything impure that the runtime and the providers touch, as one interface: files, time, secrets, HTTP.
// `world.node.ts` is its real form; tests hand in their own. ffmpeg has its own door in media/ffmpeg.

/** All paths are absolute. Reads reject with Node's error codes (`ENOENT`, `ENOSPC` …). */
export type Files = {
  readText(path: string): Promise<string>
  readBytes(path: string): Promise<Uint8Array>
  exists(path: string): Promise<boolean>
  stat(path: string): Promise<{ readonly bytes: number; readonly mtimeMs: number; readonly kind: 'file' | 'folder' | 'other' }>
  /** Follows every link. */
  realPath(path: string): Promise<string>
  list(path: string): Promise<readonly string[]>
  makeFolder(path: string): Promise<void>
  /** Writes a temporary neighbour, fsyncs it, renames it over `path`, fsyncs the folder: whole or not at all. */
  writeWhole(path: string, content: string | Uint8Array): Promise<void>
  rename(from: string, to: string): Promise<void>
  remove(path: string): Promise<void>
  /** Links where the disk can, copies where it cannot. Replaces `to`. */
  linkOrCopy(from: string, to: string): Promise<void>
  /** Lower-case hex SHA-256 of a file, streamed. */
  sha256(path: string): Promise<string>
  /** Forces a file's and its folder's content to the disk. */
  sync(path: string): Promise<void>
  openAppend(path: string): Promise<Append>
}

/**
 * An append-only file with one writer. `append` resolves when the bytes are on the disk (`fdatasync`) if `durable`.
 * When it rejects (a full disk), the file has been cut back to what it held before.
 */
export type Append = { append(text: string, durable: boolean): Promise<void>; close(): Promise<void> }

export type Clock = {
  /** Milliseconds since 1970; only ever shown, never used to measure. */
  now(): number
  /** Monotonic milliseconds. */
  monotonic(): number
  /** Rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** This process among the others of the machine. */
export type Machine = {
  readonly pid: number
  readonly host: string
  /** Takes a name that one living process of this machine can hold; the kernel frees it when the process dies. `undefined`: another has it. */
  hold(name: string): Promise<Hold | undefined>
}
export type Hold = { release(): Promise<void> }

/** What is sent: text, bytes, a file streamed from the disk, or a form. */
export type HttpBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly bytes: number }
  | { readonly kind: 'form'; readonly parts: readonly FormPart[] }
export type FormPart = { readonly name: string } & (
  | { readonly text: string }
  | { readonly path: string; readonly fileName: string; readonly type: string }
)

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: HttpBody
  /** Milliseconds until connected; until the answer's head is there; between two pieces of its body. */
  readonly timeouts: { readonly connect: number; readonly head: number; readonly body: number }
  readonly signal?: AbortSignal
  /** Awaited when the connection stands (TCP and TLS) and before the first byte of the request leaves. */
  readonly beforeSend?: () => Promise<void>
}

/** An answer whose head has arrived. Its body must be read or dropped. */
export type HttpAnswer = {
  readonly status: number
  /** Names in lower case; several values of one name joined by `, `. */
  readonly headers: ReadonlyMap<string, string>
  /** Rejects past `limit` bytes, and when the body ends before it should. */
  text(limit: number): Promise<string>
  /** Streams to a new file, synced; hashed on the way. Rejects past `limit` bytes and on a body that is cut off. */
  toFile(path: string, limit: number): Promise<{ readonly bytes: number; readonly sha256: string }>
  drop(): Promise<void>
}

/** One request, one answer: no redirect is followed, nothing is tried again. Rejects with an HttpTrouble. */
export type Http = { request(request: HttpRequest): Promise<HttpAnswer> }

/** `unsent`: no byte of the request left (no such host, refused, TLS, timeout while connecting): safe to try again. `lost`: it may have arrived. */
export class HttpTrouble extends Error {
  override readonly name = 'HttpTrouble'
  readonly kind: 'unsent' | 'lost' | 'too-large'
  constructor(kind: HttpTrouble['kind'], message: string) {
    super(message)
    this.kind = kind
  }
}

/** A two-way text channel, for hosts that tell progress over one. */
export type Socket = { readonly messages: AsyncIterable<string>; close(): void }

/** A program to be run, without a shell. */
export type SpawnOrder = {
  /** The program and its arguments. */
  readonly argv: readonly string[]
  readonly folder: string
  /** What it is given besides the few names that every program needs (`PATH`, `HOME`, a temporary folder, the language). */
  readonly environment: Readonly<Record<string, string>>
  /** Written to its standard input, which is then closed. */
  readonly input: string
  /** Called with every line of its standard output. */
  readonly line: (text: string) => void
  /** Both end it, and all that it has started. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

/** `tail`: the end of what it wrote to standard error. `by`: its time was over, we were told to end it, or the name of a signal. */
export type Ended =
  | { readonly kind: 'exited'; readonly code: number; readonly tail: string }
  | { readonly kind: 'killed'; readonly by: 'time' | 'us' | (string & {}); readonly tail: string }
  | { readonly kind: 'unstarted'; readonly why: string }

/** A program that is talked to as long as it lives. */
export type ProgramOrder = Pick<SpawnOrder, 'argv' | 'folder' | 'environment' | 'line'> & {
  /** Names of variables that it is given as they stand in our own environment. */
  readonly pass?: readonly string[]
  /** Ends it, and all that it has started. */
  readonly signal: AbortSignal
}

export type Program = {
  /** Writes a line to its standard input. To a program that has ended it does nothing. */
  send(line: string): void
  /** Closes its standard input: what a well-behaved program ends by. */
  close(): void
  /** Ends it at once, with all that it has started. */
  kill(): void
  /** How it ended. Never rejects. */
  readonly ended: Promise<Ended>
}

export type World = {
  readonly http: Http
  /** Opens a WebSocket. Rejects where it cannot be opened; progress is never worth failing a job for. */
  openSocket(url: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Socket>
  /** Runs a program of the user's to its end. Never rejects. */
  spawn(order: SpawnOrder): Promise<Ended>
  /** Starts a program that is talked to. It does not outlive this process. */
  openProgram(order: ProgramOrder): Promise<Program>
  readonly files: Files
  readonly clock: Clock
  readonly machine: Machine
  /** Lower-case hex SHA-256 of a text's UTF-8 bytes. */
  sha256(text: string): string
  /** The value of a secret by its name, from the environment or the key file. Throws a failure where that file is open to others. Never logged, stored or shown. */
  secret(name: string): string | undefined
  /** The value of a variable of the environment that is no secret (a folder, a program); `undefined` where it is unset or empty. */
  variable(name: string): string | undefined
}
