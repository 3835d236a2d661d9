// The run as a whole. In go three pieces of work, as promises; out comes which way it went. A stop never cuts a
// piece of work short by itself: the work sees the signal and ends soon.
//
//   starting ──▶ making: running ──▶ cutting ──▶ finished
//      │            │ STOP     │        │  ├─ a clip was damaged ─▶ starting (again, twice at most)
//      │            ▼          │        │  └─ no cut, or jobs failed ─▶ failed
//      │         stopping      └────────┤
//      └────────────┴──▶ interrupted ◀──┘ STOP
import { assign, fromPromise, setup } from 'xstate'

/** `again`: clips were found damaged, and what needs them was put off. */
export type Made = { readonly complete: boolean; readonly again: boolean }

export type RunSteps = {
  /** Finds what is there and what is to be made. */
  start(): Promise<void>
  make(): Promise<Made>
  cut(): Promise<Made>
}

type Context = {
  readonly steps: RunSteps
  readonly stopping: boolean
  readonly complete: boolean
  readonly rounds: number
  readonly error: unknown
}

const stopped = ({ context }: { context: Context }): boolean => context.stopping
const roundsLeft = (context: Context): boolean => context.rounds < 3

export const runMachine = setup({
  types: { input: {} as RunSteps, context: {} as Context, events: {} as { type: 'STOP' } }, // read as types only
  actors: {
    start: fromPromise<void, RunSteps>(({ input }) => input.start()),
    make: fromPromise<Made, RunSteps>(({ input }) => input.make()),
    cut: fromPromise<Made, RunSteps>(({ input }) => input.cut()),
  },
}).createMachine({
  id: 'run',
  context: ({ input }) => ({ steps: input, stopping: false, complete: false, rounds: 0, error: undefined }),
  initial: 'starting',
  on: { STOP: { actions: assign({ stopping: true }) } },
  states: {
    starting: {
      entry: assign({ rounds: ({ context }) => context.rounds + 1 }),
      invoke: {
        src: 'start',
        input: ({ context }) => context.steps,
        onDone: [{ guard: stopped, target: 'interrupted' }, { target: 'making' }],
        onError: { target: 'broken', actions: assign({ error: ({ event }) => event.error }) },
      },
    },
    making: {
      initial: 'running',
      invoke: {
        src: 'make',
        input: ({ context }) => context.steps,
        onDone: [
          { guard: stopped, target: 'interrupted' },
          { guard: ({ context, event }) => event.output.again && roundsLeft(context), target: 'starting' },
          { target: 'cutting', actions: assign({ complete: ({ event }) => event.output.complete && !event.output.again }) },
        ],
        onError: { target: 'broken', actions: assign({ error: ({ event }) => event.error }) },
      },
      states: { running: { on: { STOP: { target: 'stopping', actions: assign({ stopping: true }) } } }, stopping: {} },
    },
    cutting: {
      invoke: {
        src: 'cut',
        input: ({ context }) => context.steps,
        onDone: [
          { guard: ({ context, event }) => event.output.again && roundsLeft(context) && !context.stopping, target: 'starting' },
          { guard: ({ context, event }) => context.complete && event.output.complete && !event.output.again, target: 'finished' },
          { guard: stopped, target: 'interrupted' },
          { target: 'failed' },
        ],
        onError: { target: 'broken', actions: assign({ error: ({ event }) => event.error }) },
      },
    },
    finished: { type: 'final' },
    failed: { type: 'final' },
    interrupted: { type: 'final' },
    broken: { type: 'final' },
  },
})
