// What a test host is made of: a protocol gives routes, the desk behind them keeps jobs, money and files. A protocol says
// how things look on the wire and nothing else; jobs, faults, keys, clips and the ledger are the same for all.

export type Asked = {
  readonly method: string
  readonly path: string
  /** Of the route's path: `/jobs/:id` gives `id`. */
  readonly params: Readonly<Record<string, string>>
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** `undefined` where the body is no JSON object. */
  json(): Readonly<Record<string, unknown>> | undefined
  form(): Promise<FormData>
}

/** One of `json`, `text`, `bytes` and `file` is the body; `job`: whose clip it is, for the ledger. */
export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly type?: string
  readonly json?: unknown
  readonly text?: string
  readonly bytes?: Uint8Array
  readonly file?: string
  readonly job?: string
}

export type Clip = {
  readonly width: number
  readonly height: number
  /** Frames a second; `num/den` for broken ones. */
  readonly rate: number | string
  readonly frames: number
  readonly sound: boolean
  /** Bytes of ballast, for files as large as those of real hosts. */
  readonly ballast?: number
  /** Part of the file that is there at all, 0..1. */
  readonly part?: number
}

/**
 * How a job ends that does not end well. `expired`: the host no longer knows it; `empty`, `withheld`: done, and there is no clip, or no
 * address of one; `flagged`: done, with a mark against it. The protocol puts it into its own words.
 */
export type Fate = {
  readonly kind: 'failed' | 'moderated' | 'expired' | 'cancelled' | 'stuck' | 'unknown-word' | 'empty' | 'withheld' | 'flagged'
  readonly words?: string
  /** It is so in the answer to the submit. */
  readonly atOnce?: true
}

/** Ends in which a clip was made. */
export const isMade = (fate: Fate | undefined): boolean =>
  fate === undefined || fate.kind === 'empty' || fate.kind === 'withheld' || fate.kind === 'flagged'

export type Job = {
  readonly id: string
  readonly clip: Clip
  readonly request: unknown
  readonly acceptedAt: number
  readonly fate: Fate | undefined
  /** What the protocol wants to know again. */
  readonly note: Readonly<Record<string, unknown>>
  state: 'waiting' | 'working' | 'done' | 'failed'
  looks: number
}

export type Upload = {
  readonly id: string
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly type: string
}

export type Order = {
  readonly request: unknown
  readonly clip: Clip
  /** A name of the client's own choice. */
  readonly id?: string
  /** What it costs, as the host reckons. */
  readonly price?: number
  readonly note?: Readonly<Record<string, unknown>>
}

export type Desk = {
  /** `http://127.0.0.1:PORT` of the API, and of results and uploads: another origin, which must never see a key. */
  readonly api: string
  readonly files: string
  /** Settings of the protocol's own, from whoever started the host. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Takes a job and bills it. `undefined` where too many are under way: answer as the host does, the refusal is in the ledger. */
  accept(order: Order): Job | undefined
  /** Writes a refusal of a submit into the ledger. */
  refuse(why: string): void
  /** A job, moved on by having been asked for. `undefined`: never was, or no longer is. */
  look(id: string): Promise<Job | undefined>
  /** A job as it stands, without moving it on. */
  peek(id: string): Job | undefined
  readonly jobs: () => readonly Job[]
  cancel(id: string): boolean
  /** A signed address of a finished job's clip on the files origin. */
  resultUrl(job: Job): string
  /** The file itself, for hosts that send it through their API. */
  resultFile(job: Job): Promise<string>
  /** Opens a slot on the files origin that takes one PUT; `required` headers are insisted on. */
  openUpload(options?: { readonly required?: Readonly<Record<string, string>> }): { readonly id: string; readonly url: string }
  /** Puts bytes in at once, for hosts that take uploads through their API. */
  keepUpload(bytes: Uint8Array, type: string): Promise<Upload>
  upload(id: string): Upload | undefined
  /** Frames, size, rate of an MP4 that was uploaded. `undefined`: it is none. */
  probe(
    upload: Upload,
  ): Promise<
    { readonly frames: number; readonly width: number; readonly height: number; readonly rate: number; readonly sound: boolean } | undefined
  >
  /** Length of a sound or video that was uploaded; 0 where it is none. */
  seconds(upload: Upload): Promise<number>
  /** Text messages to all who listen at the API's WebSocket. */
  tell(message: string): void
}

export type Route = {
  /** For faults: `submit`, `status`, `upload` … */
  readonly name: string
  readonly method: string
  readonly path: string
  /** Answers without a key. */
  readonly open?: true
  handle(asked: Asked, desk: Desk): Answer | Promise<Answer>
}

export type Protocol = {
  readonly name: string
  /** How the key is shown; absent where there is none. */
  readonly key?: { readonly header: string; readonly before: string }
  readonly routes: readonly Route[]
  /** What it says to a wrong key, and to a path it does not know. */
  readonly unauthorized: Answer
  readonly unknown: Answer
}
