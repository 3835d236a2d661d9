// One worker: a process that is asked one thing at a time and watched while it works. In go questions, out come answers, or the
// trouble in their stead. What it says of a job renews that job's lease; when nothing comes for too long it is taken for hung, and ended.
import type { Ended, Program, World } from '../../world.ts'
import { hostWords } from '../host-words.ts'
import type { JobOrder, Load, Message, Phase, Said } from './talk.ts'
import { protocol, readMessage } from './talk.ts'

/** A worker beats every two seconds. Reading 46 GB, or importing its library from a slow disk, it may be late. */
const leaseMs = 30_000
const slowLeaseMs = 60_000
/** A worker whose job goes no step further, and that beats all the same. */
const stallMs = 30 * 60_000
/** Between asking it to stop a job and ending it. */
const cancelMs = 10_000
/** Between telling it to go and ending it. */
const goodbyeMs = 5000

/** What came in an answer's stead. `gone`: the process ended, by itself or because it hung. */
export type Trouble =
  | { readonly kind: 'gone'; readonly why: string; readonly started: boolean }
  | { readonly kind: 'said'; readonly error: Said<'error'> }
export type Answer<T> = { readonly ok: T } | { readonly trouble: Trouble }

/** What a job says while it is made. */
export type Heard = Said<'phase'> | Said<'step'> | Said<'warning'>

export type Worker = {
  hello(): Promise<Answer<Said<'hello'>>>
  make(load: Load, job: JobOrder, hear: (message: Heard) => void, signal: AbortSignal): Promise<Answer<Said<'made'>>>
  /** False once the process has ended. */
  isAlive(): boolean
  /** Ends it at once. */
  kill(): Promise<void>
  /** Lets it go: asked, then told, then ended. */
  close(): Promise<void>
}

export type WorkerOrder = {
  readonly world: Pick<World, 'openProgram' | 'clock'>
  readonly argv: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  readonly pass: readonly string[]
  readonly signal: AbortSignal
  /** How long a job may take to its next step. */
  readonly stallMs?: number
}

type Question = {
  readonly id: string
  readonly hear: (message: Heard) => void
  readonly answer: (answer: Answer<Message>) => void
  /** Only what is said of this very question renews its lease; else every word does. */
  readonly strict: boolean
  readonly over: AbortController
  phase: string
  heardAt: number
  movedAt: number
}

export async function openWorker({ world, stallMs: stall = stallMs, ...order }: WorkerOrder): Promise<Worker> {
  const { clock } = world
  const questions = new Map<string, Question>()
  let asked = 0
  let alive = true
  let hung: string | undefined
  const program: Program = await world.openProgram({
    ...order,
    line: (text) => {
      const message = readMessage(text)
      if (message !== undefined) hearOf(message, questions, clock.monotonic())
    },
  })
  const ended = program.ended.then((how) => {
    alive = false
    const trouble: Trouble = { kind: 'gone', why: hung ?? endOf(how), started: how.kind !== 'unstarted' }
    for (const question of questions.values()) settle(questions, question, { trouble })
    return trouble
  })
  /** Ends the worker when a question's lease has run out. */
  const watch = async (question: Question): Promise<void> => {
    while (!question.over.signal.aborted) {
      const lease = question.phase === 'load' ? slowLeaseMs : leaseMs
      const now = clock.monotonic()
      const [silent, still] = [question.heardAt + lease - now, question.movedAt + stall - now]
      // What it is at may change meanwhile, and with it how long it may be silent.
      if (Math.min(silent, still) > 0) await clock.sleep(Math.min(silent, still, leaseMs), question.over.signal)
      else {
        const what = silent > 0 ? `came no further for ${stall / 60_000} minutes` : `said nothing for ${lease / 1000} s`
        hung ??= `it ${what} and was ended${question.phase === '' ? '' : ` (at ${question.phase})`}`
        return program.kill()
      }
    }
  }
  const ask = async <Is extends Message['is']>(
    is: Is,
    body: Readonly<Record<string, unknown>>,
    about: Partial<Pick<Question, 'hear' | 'strict' | 'phase'>> & { readonly signal?: AbortSignal } = {},
  ): Promise<Answer<Said<Is>>> => {
    if (!alive) return { trouble: await ended }
    const id = String(++asked)
    const answered = new Promise<Answer<Message>>((answer) => {
      const { hear = () => undefined, strict = false, phase = '' } = about
      const now = clock.monotonic()
      questions.set(id, { id, hear, answer, strict, phase, over: new AbortController(), heardAt: now, movedAt: now })
    })
    const question = questions.get(id)
    if (question !== undefined) void watch(question).catch(() => undefined)
    const stop = (): void => {
      program.send(JSON.stringify({ id: `${id}-stop`, do: 'cancel', of: id }))
      if (question !== undefined) void clock.sleep(cancelMs, question.over.signal).then(program.kill, () => undefined)
    }
    about.signal?.addEventListener('abort', stop, { once: true })
    program.send(JSON.stringify({ id, ...body }))
    if (about.signal?.aborted) stop()
    const answer = await answered
    about.signal?.removeEventListener('abort', stop)
    if ('trouble' in answer) return answer
    if (answer.ok.is === 'error') return { trouble: { kind: 'said', error: answer.ok } }
    // The kind was looked at: the answer to a question is of the kind that the question asks for.
    if (answer.ok.is === is) return { ok: answer.ok as Said<Is> }
    return { trouble: { kind: 'said', error: { ...unasked, id, message: `it answered \`${answer.ok.is}\` to ${String(body.do)}` } } }
  }
  return {
    async hello() {
      const answer = await ask('hello', { do: 'hello' }, { phase: 'load' })
      if ('trouble' in answer || answer.ok.protocol === protocol) return answer
      const message = `it speaks version ${answer.ok.protocol} of the protocol, this program ${protocol}`
      return { trouble: { kind: 'said', error: { ...unasked, id: '', code: 'UNSUPPORTED', message } } }
    },
    make: (load, job, hear, signal) => ask('made', { do: 'make', load, job }, { hear, signal, strict: true, phase: 'load' }),
    isAlive: () => alive,
    async kill() {
      program.kill()
      await ended
    },
    async close() {
      program.send(JSON.stringify({ id: 'bye', do: 'shutdown' }))
      program.close()
      const patience = new AbortController()
      void clock.sleep(goodbyeMs, patience.signal).then(program.kill, () => undefined)
      await ended
      patience.abort()
    },
  }
}

const unasked: Said<'error'> = { is: 'error', id: '', code: 'INTERNAL', message: '', retryable: false }

function hearOf(message: Message, questions: Map<string, Question>, now: number): void {
  for (const question of questions.values()) if (!question.strict || question.id === message.id) question.heardAt = now
  const question = questions.get(message.id)
  if (question === undefined) return
  if (message.is !== 'beat') question.movedAt = now
  switch (message.is) {
    case 'beat':
      question.phase = message.phase ?? question.phase
      return
    case 'phase':
      question.phase = message.phase
      question.hear(message)
      return
    case 'step':
    case 'warning':
      question.hear(message)
      return
    case 'hello':
    case 'made':
    case 'done':
    case 'error':
      settle(questions, question, { ok: message })
  }
}

function settle(questions: Map<string, Question>, question: Question, answer: Answer<Message>): void {
  questions.delete(question.id)
  question.over.abort()
  question.answer(answer)
}

/** How a worker ended, in words. */
function endOf(how: Ended): string {
  if (how.kind === 'unstarted') return `it could not be started: ${hostWords(how.why)}`
  const last = hostWords(
    how.tail
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== '')
      .slice(-2)
      .join(' / ')
      .slice(-240),
  )
  const said = last === '' ? '' : `: ${last}`
  if (how.kind === 'exited') return `it ended with ${how.code}${said}`
  return how.by === 'us' ? `it was ended${said}` : `it was killed by ${how.by}${said}`
}

/** Shares of a job's time, roughly: what the screen's bar goes by. A phase that does not come is passed over. */
const shares: Readonly<Record<Phase, readonly [from: number, to: number]>> = {
  load: [0, 0.1],
  encode: [0.1, 0.14],
  denoise: [0.14, 0.6],
  upsample: [0.6, 0.63],
  refine: [0.63, 0.82],
  decode: [0.82, 0.96],
  write: [0.96, 1],
}

/** What is said of a job, as progress that never goes back. */
export function openProgress(report: (progress: number, phase: string) => void): (message: Heard) => void {
  let phase: Phase = 'load'
  let most = 0
  const tell = (part: number, words: string): void => {
    most = Math.max(most, part)
    report(most, words)
  }
  return (message) => {
    switch (message.is) {
      case 'phase':
        phase = message.phase
        return tell(shares[phase][0], phase)
      case 'step': {
        const [from, to] = shares[phase]
        const done = Math.min(message.step, message.of)
        return tell(from + ((to - from) * done) / message.of, `${phase} ${done}/${message.of}`)
      }
      case 'warning':
        return tell(most, hostWords(message.text).slice(0, 160))
    }
  }
}
