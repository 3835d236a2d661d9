// The text of `<script>.lock`: what every paid-for clip was asked, what came, and its hash; takes picked; shots
// renamed. In goes text, out comes a Lock or diagnostics with a place. It comes from other people's branches, so
// every word of it is checked, and it can name neither a path on a disk nor an address.
import type { Reporter } from './diagnostic.ts'
import { canonicalJson } from './key.ts'
import type { Money } from './money.ts'
import type { Delivered, JobId, Request, Sha256 } from './plan.ts'
import type { Path, Size } from './program.ts'
import type { Rate } from './time.ts'

export type LockedJob = {
  readonly key: Sha256
  /** The provider's name in the script, and its kind with version. */
  readonly provider: { readonly name: string; readonly kind: string }
  readonly model: { readonly asked: string; readonly served: string }
  readonly seed?: number
  /** What it cost. */
  readonly price: Money
  readonly asked: { readonly frames: number; readonly size: Size; readonly rate: Rate }
  readonly delivered: Delivered
  readonly clip: Sha256
  /** Everything that was asked: the prompt, every parameter. What a plan compares with, and how the clip could be asked for again. */
  readonly request: Request
}

export type Lock = {
  readonly jobs: ReadonlyMap<JobId, LockedJob>
  /** The take that stands in the film. */
  readonly picks: ReadonlyMap<Path, number>
  /** New path to the one under which it was first made: seeds derive from that one, so a rename re-makes nothing. */
  readonly moves: ReadonlyMap<Path, Path>
  /** The film is out: it is made again only on somebody's word. */
  readonly released?: true
}

export const emptyLock: Lock = { jobs: new Map(), picks: new Map(), moves: new Map() }
export const lockVersion = 1
/** UTF-16 units; some 80,000 clips. */
const sizeLimit = 32 * 1024 * 1024

// ---- print -------------------------------------------------------------------------------------------------

const rateText = (rate: Rate): string => `${rate.num}/${rate.den}`
const sizeText = (size: Size): string => `${size.width}x${size.height}`

function stanza(id: JobId, job: LockedJob): string {
  const { asked, delivered } = job
  return [
    `job ${id}`,
    `  key ${job.key}`,
    `  provider ${job.provider.name} ${job.provider.kind}`,
    `  model ${job.model.asked} ${job.model.served}`,
    ...(job.seed === undefined ? [] : [`  seed ${job.seed}`]),
    `  price ${job.price}`,
    `  asked ${asked.frames} ${sizeText(asked.size)} ${rateText(asked.rate)}`,
    `  delivered ${delivered.frames} ${sizeText(delivered.size)} ${rateText(delivered.rate)} ${delivered.soundSamples} ${delivered.bytes}`,
    `  clip ${job.clip}`,
    `  request ${canonicalJson(job.request)}`,
  ].join('\n')
}

/** Take 2 before take 10: digits compare as numbers, the rest by code unit. */
function natural(a: string, b: string): number {
  const [left, right] = [a.split(/(\d+)/), b.split(/(\d+)/)]
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [one = '', other = ''] = [left[at], right[at]]
    if (one === other) continue
    return (at % 2 === 1 ? Number(one) - Number(other) : 0) || (one < other ? -1 : 1)
  }
  return 0
}

const pathOf = (id: JobId): Path => id.slice(0, id.includes('@') ? id.indexOf('@') : undefined)

/** One stanza a job, a line between stanzas, sorted by path: two branches that made different shots merge by themselves. */
export function printLock(lock: Lock): string {
  const entries = [
    ...[...lock.moves].map(([to, from]) => ({ path: to, rank: 0, id: '', text: `moved ${from} -> ${to}` })),
    ...[...lock.picks].map(([path, take]) => ({ path, rank: 1, id: '', text: `pick ${path} ${take}` })),
    ...[...lock.jobs].map(([id, job]) => ({ path: pathOf(id), rank: 2, id, text: stanza(id, job) })),
  ]
  entries.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : a.rank - b.rank || natural(a.id, b.id)))
  const head = lock.released === true ? [`ltx-lock ${lockVersion}`, 'released'] : [`ltx-lock ${lockVersion}`]
  return `${[...head, ...entries.map((entry) => entry.text)].join('\n\n')}\n`
}

/** A word from a host, such as the model it says it served, as the lock may hold it: plain, short, no address. */
export function lockWord(text: string, otherwise: string): string {
  return wordShape.test(text) && text.length <= 200 && !text.includes('://') ? text : otherwise
}

// ---- parse -------------------------------------------------------------------------------------------------

/** No white space, no control, no invisible or half character. */
const wordShape = /^[^\p{C}\p{Z}\s]+$/u
const hashShape = /^[0-9a-f]{64}$/
const numberShape = /^(0|[1-9]\d{0,15})$/

/** Says what is wrong with a line, the one being read unless another is given; thrown and caught inside this file only. */
function flaw(problem: string, line?: Line): never {
  throw Object.assign(new Error(problem), { line })
}
const isFlaw = (error: unknown): error is Error & { line: Line | undefined } => error instanceof Error && 'line' in error

function word(text: string | undefined, what: string): string {
  if (text === undefined || !wordShape.test(text) || text.length > 400) return flaw(`${what} should be one plain word`)
  return text.includes('://') ? flaw('a lock holds no addresses') : text
}
const hash = (text: string | undefined): Sha256 =>
  text !== undefined && hashShape.test(text) ? text : flaw('a hash is 64 lower-case hex digits')
function count(text: string | undefined, what: string, least = 0): number {
  const value = text !== undefined && numberShape.test(text) ? Number(text) : -1
  return Number.isSafeInteger(value) && value >= least ? value : flaw(`${what} should be a whole number of at least ${least}`)
}
function pair(text: string | undefined, between: 'x' | '/', what: string): readonly [number, number] {
  const [left, right, ...more] = (text ?? '').split(between)
  return more.length > 0 ? flaw(`${what} has too many parts`) : [count(left, what, 1), count(right, what, 1)]
}
function size(text: string | undefined): Size {
  const [width, height] = pair(text, 'x', 'a size')
  return { width, height }
}
function rate(text: string | undefined): Rate {
  const [num, den] = pair(text, '/', 'a rate')
  return { num, den }
}

/** A request in canonical JSON. Its shape is checked as far as anybody reads it: size, rate, frames and texts. */
function request(text: string | undefined): Request {
  let value: unknown
  try {
    value = JSON.parse(text ?? '')
  } catch {
    return flaw('a request should be JSON')
  }
  if (canonicalJson(value) !== text) return flaw('a request should be JSON with its names in order and nothing between')
  const isRecord = (part: unknown): part is Record<string, unknown> => part !== null && typeof part === 'object' && !Array.isArray(part)
  const isCount = (part: unknown): boolean => Number.isSafeInteger(part) && Number(part) >= 0
  const right =
    isRecord(value) &&
    ['operation', 'provider', 'model', 'prompt', 'negative'].every((name) => typeof value[name] === 'string') &&
    isCount(value.frames) &&
    isRecord(value.size) &&
    isCount(value.size.width) &&
    isCount(value.size.height) &&
    isRecord(value.rate) &&
    isCount(value.rate.num) &&
    isCount(value.rate.den)
  // Every field that is read was looked at above; the rest is only compared, text with text.
  return right ? (value as unknown as Request) : flaw('a request lacks its operation, provider, model, prompt, size, rate or frames')
}

type Words = readonly (string | undefined)[]
/** The lines of a job's stanza: how many words each has, and what they mean. */
const fields = {
  key: { words: 1, read: ([a]: Words) => ({ key: hash(a) }) },
  provider: { words: 2, read: ([a, b]: Words) => ({ provider: { name: word(a, 'a provider'), kind: word(b, 'a kind') } }) },
  model: { words: 2, read: ([a, b]: Words) => ({ model: { asked: word(a, 'a model'), served: word(b, 'a model') } }) },
  seed: { words: 1, read: ([a]: Words) => ({ seed: count(a, 'a seed') }) },
  price: { words: 1, read: ([a]: Words) => ({ price: count(a, 'a price in millionths') }) },
  asked: { words: 3, read: ([a, b, c]: Words) => ({ asked: { frames: count(a, 'frames', 1), size: size(b), rate: rate(c) } }) },
  delivered: {
    words: 5,
    read: ([a, b, c, d, e]: Words) => ({
      delivered: {
        frames: count(a, 'frames', 1),
        size: size(b),
        rate: rate(c),
        soundSamples: count(d, 'sound samples'),
        bytes: count(e, 'bytes', 1),
      },
    }),
  },
  clip: { words: 1, read: ([a]: Words) => ({ clip: hash(a) }) },
  request: { words: 1, read: ([a]: Words) => ({ request: request(a) }) },
}
type Field = keyof typeof fields
const fieldNames = Object.keys(fields) as Field[] // Object.keys loses the literal names

type Line = { readonly text: string; readonly start: number; readonly number: number }
type Open = { readonly id: JobId; readonly line: Line; readonly job: Partial<LockedJob> }
type Building = {
  jobs: Map<JobId, LockedJob>
  picks: Map<Path, number>
  moves: Map<Path, Path>
  released: boolean
  open: Open | undefined
}

function linesOf(text: string): Line[] {
  let start = 0
  return text.split('\n').map((raw, index) => {
    const line = { text: raw.endsWith('\r') ? raw.slice(0, -1) : raw, start, number: index + 1 }
    start += raw.length + 1
    return line
  })
}

function closeStanza(lock: Building): void {
  const open = lock.open
  lock.open = undefined
  if (open === undefined) return
  const missing = fieldNames.find((name) => name !== 'seed' && open.job[name] === undefined)
  if (missing !== undefined) flaw(`the job ${open.id} has no \`${missing}\``, open.line)
  lock.jobs.set(open.id, open.job as LockedJob) // every field but the optional seed was found above
}

function readField(open: Open | undefined, text: string): Open {
  const [name = '', ...rest] = text.slice(2).split(' ')
  const words = name === 'request' ? [rest.join(' ')] : rest
  if (open === undefined) return flaw('an indented line belongs under a `job`')
  const known = fieldNames.find((field) => field === name)
  if (known === undefined) return flaw(`\`${name.slice(0, 40)}\` is nothing a job has`)
  if (open.job[known] !== undefined) return flaw(`this job has two lines \`${known}\``)
  if (words.length !== fields[known].words) return flaw(`\`${known}\` takes ${fields[known].words} words`)
  return { ...open, job: { ...open.job, ...fields[known].read(words) } }
}

function setOnce<V>(map: Map<string, V>, key: string, value: V, what: string): void {
  if (map.has(key)) flaw(`${what} is there twice`)
  map.set(key, value)
}

function readLine(lock: Building, line: Line): void {
  if (line.text.startsWith('  ')) {
    lock.open = readField(lock.open, line.text)
    return
  }
  closeStanza(lock)
  if (line.text === '') return
  const [head, ...rest] = line.text.split(' ')
  const shape = `${head} ${rest.length}`
  if (shape === 'job 1') {
    const id = word(rest[0], 'a job')
    if (lock.jobs.has(id)) flaw(`the job ${id} is there twice`)
    lock.open = { id, line, job: {} }
  } else if (shape === 'pick 2') {
    setOnce(lock.picks, word(rest[0], 'a path'), count(rest[1], 'a take', 1), `the pick of ${rest[0]}`)
  } else if (shape === 'moved 3' && rest[1] === '->') {
    setOnce(lock.moves, word(rest[2], 'a path'), word(rest[0], 'a path'), `the move to ${rest[2]}`)
  } else if (shape === 'released 0') {
    if (lock.released) flaw('`released` is there twice')
    lock.released = true
  } else flaw('a line starts with `job`, `pick`, `moved` or `released`')
}

/**
 * Reads a lock. On any flaw it reports the first one and gives `undefined`: half a lock would buy the other half
 * again. Line ends may be `\n` or `\r\n`.
 */
export function parseLock(text: string, path: string, reporter: Reporter): Lock | undefined {
  const [first, ...lines] = linesOf(text.slice(0, sizeLimit))
  const spanOf = (line: Line | undefined) => ({ path, start: line?.start ?? 0, end: (line?.start ?? 0) + (line?.text.length ?? 0) })
  const marker = [first, ...lines].find((line) => line !== undefined && /^(<{7}|\|{7}|={7}|>{7})( |$)/.test(line.text))
  if (marker !== undefined) {
    reporter.report('lock.conflict', spanOf(marker), { line: marker.number })
    return undefined
  }
  const version = /^ltx-lock ([1-9]\d{0,8})$/.exec(first?.text ?? '')?.[1]
  if (version !== undefined && Number(version) > lockVersion) {
    reporter.report('lock.newer', spanOf(first), { found: Number(version), known: lockVersion })
    return undefined
  }
  const lock: Building = { jobs: new Map(), picks: new Map(), moves: new Map(), released: false, open: undefined }
  let at = first
  try {
    if (text.length > sizeLimit) flaw('the lock is larger than 32 million characters')
    if (version === undefined) flaw(`the first line should be \`ltx-lock ${lockVersion}\``)
    for (const line of lines) {
      at = line
      readLine(lock, line)
    }
    closeStanza(lock)
  } catch (error) {
    if (!isFlaw(error)) throw error
    const line = error.line ?? at
    reporter.report('lock.corrupt', spanOf(line), { line: line?.number ?? 1, problem: error.message })
    return undefined
  }
  return { jobs: lock.jobs, picks: lock.picks, moves: lock.moves, ...(lock.released ? { released: true } : {}) }
}
