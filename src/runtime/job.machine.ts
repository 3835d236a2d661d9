// One job from its turn to its clip. In go effects (promises that do and record), out comes how it ended; which way
// it goes after a failure is `judge`'s word. The journal is the record: this machine's state is never saved.
//
//   queued ──▶ submitting ──▶ polling ──▶ downloading ──▶ checking ──▶ storing ──▶ stored
//     │ ticket from before ──────▲            │               │
//     └ sent, no answer ─▶ settling           │               │       every step, when it fails ──▶ judging
//                                             ▼               ▼
//   judging ─▶ retrying (waits) ─▶ the same step, settling, or submitting anew
//           ─▶ refused | uncertain | cancelled | broken (a bug: thrown on)
import { assign, emit, fromPromise, setup } from 'xstate'
import type { Failure } from '../failure.ts'
import type { Capabilities } from '../lang/catalogue.ts'
import type { Money } from '../lang/money.ts'
import type { Delivered, Made } from '../lang/plan.ts'
import type { Ticket } from '../providers/provider.ts'
import { failureOf, judge, type Step, type Verdict, waitFor } from './failure.ts'

/** One go at a job. `number` counts in the run `run`; `misses` is how many before it failed their checks: the seed steps by it. */
export type Go = {
  readonly run: string
  readonly number: number
  readonly misses: number
  readonly seed?: number
  /** When an earlier run began it, milliseconds since 1970. */
  readonly begunAt?: number
}

/** What a step throws, with what only it can know. */
export type StepError = { readonly error: unknown; readonly sent: boolean; readonly byHost: boolean }
const isStepError = (thrown: unknown): thrown is StepError => typeof thrown === 'object' && thrown !== null && 'byHost' in thrown

export type Polled = { readonly done: boolean; readonly nextPollMs: number }
export type Settled = { readonly kind: 'found'; readonly ticket: Ticket } | { readonly kind: 'replay' | 'absent' }

export type Effects = {
  /** `replay`: the same attempt once more, under the same client key. */
  submit(go: Go, replay: boolean): Promise<Ticket>
  settle(go: Go): Promise<Settled>
  poll(go: Go, ticket: Ticket): Promise<Polled>
  /** Gives the path of the file under way. */
  download(go: Go, ticket: Ticket): Promise<string>
  check(go: Go, part: string): Promise<Delivered>
  store(go: Go, part: string, delivered: Delivered): Promise<Made>
}

export type JobInput = {
  readonly effects: Effects
  readonly submit: Capabilities['submit']
  readonly price: Money
  readonly tries: number
  /** Name of this run, for attempts made anew. */
  readonly run: string
  readonly random: () => number
  /** Where to start: a fresh attempt, or what an earlier run left. */
  readonly start: {
    readonly go: Go
    readonly stage: 'fresh' | 'sent' | 'accepted'
    readonly ticket?: Ticket
    /** The ticket is a person's word: its host has not shown the job yet. */
    readonly found?: true
    /** Nothing may be sent anew: this attempt or none. */
    readonly only?: true
  }
}

export type JobEnd =
  | { readonly kind: 'stored'; readonly made: Made }
  | { readonly kind: 'refused' | 'uncertain'; readonly go: Go; readonly failed: Failed }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'broken'; readonly error: unknown }

/** What went wrong, and what is done about it. */
export type Failed = {
  readonly step: Step
  readonly failure: Failure
  readonly verdict: Verdict
  readonly sent: boolean
  readonly byHost: boolean
  readonly waitMs: number
}

type Context = {
  readonly input: JobInput
  readonly go: Go
  readonly ticket: Ticket
  readonly replay: boolean
  readonly part: string
  readonly delivered: Delivered | undefined
  readonly made: Made | undefined
  readonly nextPollMs: number
  /** In a row, by step. */
  readonly failures: Partial<Record<Step, number>>
  readonly renewals: number
  readonly stopping: boolean
  readonly failed: Failed | undefined
  readonly bug: { readonly error: unknown } | undefined
}

export type JobEvent = { readonly type: 'START' } | { readonly type: 'STOP' }
export type JobEmitted = { readonly type: 'retrying'; readonly go: Go } & Failed

/** Counts, judges and plans the wait. A thing that is no failure ends the job as a bug. */
function afterError(context: Context, thrown: unknown, step: Step): Partial<Context> {
  const { input } = context
  const { error, sent, byHost } = isStepError(thrown) ? thrown : { error: thrown, sent: false, byHost: false }
  const thrownAs = failureOf(error)
  if (thrownAs === undefined) return { bug: { error } }
  // That a question cost nothing says nothing of the job it asks about.
  const isQuestion = step !== 'submit' && !byHost && thrownAs.billed === 'no'
  const failure: Failure = isQuestion ? { ...thrownAs, billed: 'unknown' } : thrownAs
  // Where no connection can be made it is time that is counted, by the account.
  const failures = (context.failures[step] ?? 0) + (thrownAs.unreached === true ? 0 : 1)
  const misses = context.go.misses + (failure.kind === 'mismatch' ? 1 : 0)
  const { submit, price, tries } = input
  const { renewals } = context
  const judged = judge({ step, failure, sent, byHost, failures, misses, tries, renewals, submit, price })
  const verdict = judged === 'anew' && input.start.only === true ? 'refused' : judged
  const waitMs = waitFor(failure, failures, input.random)
  return {
    failures: { ...context.failures, [step]: failures },
    failed: { step, failure, verdict, sent, byHost, waitMs },
    go: { ...context.go, misses },
  }
}

/** The next attempt: a number nobody has used, in this run's name. */
function renewed({ go, input, renewals, failed }: Context): Partial<Context> {
  const number = go.run === input.run ? go.number + 1 : 1
  return {
    go: { run: input.run, number, misses: go.misses },
    replay: false,
    ticket: {},
    renewals: renewals + (failed?.byHost ? 1 : 0),
  }
}

const endOf = ({ failed, go, made, bug }: Context): JobEnd => {
  if (bug !== undefined) return { kind: 'broken', error: bug.error }
  if (made !== undefined) return { kind: 'stored', made }
  if (failed?.verdict !== 'refused' && failed?.verdict !== 'uncertain') return { kind: 'cancelled' }
  return { kind: failed.verdict, go, failed }
}

const verdictIs =
  (...verdicts: Verdict[]) =>
  ({ context }: { context: Context }): boolean =>
    context.failed !== undefined && verdicts.includes(context.failed.verdict)

const stopped = ({ context }: { context: Context }): boolean => context.stopping
const stepIs =
  (step: Step) =>
  ({ context }: { context: Context }): boolean =>
    context.failed?.verdict === 'again' && context.failed.step === step

export const jobMachine = setup({
  types: {
    input: {} as JobInput, // xstate reads these four as types only
    context: {} as Context,
    events: {} as JobEvent,
    emitted: {} as JobEmitted,
    output: {} as JobEnd,
  },
  actors: {
    submit: fromPromise<Ticket, Context>(({ input }) => input.input.effects.submit(input.go, input.replay)),
    settle: fromPromise<Settled, Context>(({ input }) => input.input.effects.settle(input.go)),
    poll: fromPromise<Polled, Context>(({ input }) => input.input.effects.poll(input.go, input.ticket)),
    download: fromPromise<string, Context>(({ input }) => input.input.effects.download(input.go, input.ticket)),
    check: fromPromise<Delivered, Context>(({ input }) => input.input.effects.check(input.go, input.part)),
    store: fromPromise<Made, Context>(({ input }) => {
      if (input.delivered === undefined) throw new Error('nothing was checked')
      return input.input.effects.store(input.go, input.part, input.delivered)
    }),
  },
  actions: {
    tellRetry: emit(({ context }) => {
      if (context.failed === undefined) throw new Error('nothing failed')
      return { type: 'retrying' as const, go: context.go, ...context.failed }
    }),
    renew: assign(({ context }) => renewed(context)),
    stop: assign({ stopping: true }),
    /** A step that worked ends its row of failures. */
    clear: assign(({ context }, { step }: { step: Step }) => ({ failures: { ...context.failures, [step]: 0 }, failed: undefined })),
  },
  delays: {
    backoff: ({ context }) => context.failed?.waitMs ?? 0,
    pause: ({ context }) => context.nextPollMs,
  },
}).createMachine({
  id: 'job',
  context: ({ input }) => ({
    input,
    go: input.start.go,
    ticket: input.start.ticket ?? {},
    replay: false,
    part: '',
    delivered: undefined,
    made: undefined,
    nextPollMs: 0,
    failures: {},
    renewals: 0,
    stopping: false,
    failed: undefined,
    bug: undefined,
  }),
  initial: 'queued',
  output: ({ context }) => endOf(context),
  on: { STOP: { actions: 'stop' } },
  states: {
    queued: {
      on: {
        STOP: 'cancelled',
        START: [
          { guard: ({ context }) => context.input.start.stage === 'accepted', target: 'polling' },
          { guard: ({ context }) => context.input.start.stage === 'sent', target: 'settling' },
          { target: 'submitting' },
        ],
      },
    },
    // Never left before the answer is there: a ticket on its way is money.
    submitting: {
      invoke: {
        src: 'submit',
        input: ({ context }) => context,
        onDone: {
          target: 'polling',
          actions: [{ type: 'clear', params: { step: 'submit' } }, assign({ ticket: ({ event }) => event.output })],
        },
        onError: { target: 'judging', actions: assign(({ context, event }) => afterError(context, event.error, 'submit')) },
      },
    },
    settling: {
      invoke: {
        src: 'settle',
        input: ({ context }) => context,
        onDone: [
          {
            guard: ({ event }) => event.output.kind === 'found',
            target: 'polling',
            actions: [
              { type: 'clear', params: { step: 'settle' } },
              assign({ ticket: ({ event }) => (event.output.kind === 'found' ? event.output.ticket : {}) }),
            ],
          },
          { guard: stopped, target: 'cancelled' },
          { guard: ({ context }) => context.input.start.only === true, target: 'cancelled' },
          { guard: ({ event }) => event.output.kind === 'replay', target: 'submitting', actions: assign({ replay: true }) },
          { target: 'submitting', actions: 'renew' },
        ],
        onError: { target: 'judging', actions: assign(({ context, event }) => afterError(context, event.error, 'settle')) },
      },
    },
    polling: {
      initial: 'asking',
      always: { guard: stopped, target: 'cancelled' },
      states: {
        asking: {
          invoke: {
            src: 'poll',
            input: ({ context }) => context,
            onDone: [
              { guard: ({ event }) => event.output.done, target: '#job.downloading', actions: { type: 'clear', params: { step: 'poll' } } },
              {
                target: 'pausing',
                actions: [{ type: 'clear', params: { step: 'poll' } }, assign({ nextPollMs: ({ event }) => event.output.nextPollMs })],
              },
            ],
            onError: { target: '#job.judging', actions: assign(({ context, event }) => afterError(context, event.error, 'poll')) },
          },
        },
        pausing: { after: { pause: 'asking' } },
      },
    },
    downloading: {
      always: { guard: stopped, target: 'cancelled' },
      invoke: {
        src: 'download',
        input: ({ context }) => context,
        onDone: {
          target: 'checking',
          actions: [{ type: 'clear', params: { step: 'download' } }, assign({ part: ({ event }) => event.output })],
        },
        onError: { target: 'judging', actions: assign(({ context, event }) => afterError(context, event.error, 'download')) },
      },
    },
    // Short, and the clip is here: not stopped in the middle.
    checking: {
      invoke: {
        src: 'check',
        input: ({ context }) => context,
        onDone: { target: 'storing', actions: assign({ delivered: ({ event }) => event.output }) },
        onError: { target: 'judging', actions: assign(({ context, event }) => afterError(context, event.error, 'check')) },
      },
    },
    storing: {
      invoke: {
        src: 'store',
        input: ({ context }) => context,
        onDone: { target: 'stored', actions: assign({ made: ({ event }) => event.output }) },
        onError: { target: 'judging', actions: assign(({ context, event }) => afterError(context, event.error, 'store')) },
      },
    },
    judging: {
      always: [
        { guard: ({ context }) => context.bug !== undefined, target: 'broken' },
        { guard: verdictIs('refused'), target: 'refused' },
        { guard: verdictIs('uncertain'), target: 'uncertain' },
        { guard: verdictIs('cancelled'), target: 'cancelled' },
        { target: 'retrying', actions: 'tellRetry' },
      ],
    },
    retrying: {
      always: { guard: stopped, target: 'cancelled' },
      after: {
        backoff: [
          { guard: verdictIs('anew'), target: 'submitting', actions: 'renew' },
          { guard: verdictIs('settle'), target: 'settling' },
          { guard: stepIs('settle'), target: 'settling' },
          { guard: stepIs('poll'), target: 'polling' },
          { guard: stepIs('download'), target: 'downloading' },
        ],
      },
    },
    stored: { type: 'final' },
    refused: { type: 'final' },
    uncertain: { type: 'final' },
    cancelled: { type: 'final' },
    broken: { type: 'final' },
  },
})
