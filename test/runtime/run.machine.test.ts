import { expect, test } from 'vitest'
import { createActor } from 'xstate'
import { type Made, type RunSteps, runMachine } from '../../src/runtime/run.machine.ts'

const fine: Made = { complete: true, again: false }
async function drive(steps: Partial<RunSteps>, stopAt?: string) {
  const order: string[] = []
  const all: RunSteps = { start: async () => undefined, make: async () => fine, cut: async () => fine, ...steps }
  const noted = <R>(name: string, step: () => Promise<R>) => async (): Promise<R> => {
    order.push(name)
    if (name === stopAt) actor.send({ type: 'STOP' })
    return step()
  } // biome-ignore format: one wrapper
  const input: RunSteps = { start: noted('start', all.start), make: noted('make', all.make), cut: noted('cut', all.cut) }
  const actor = createActor(runMachine, { input })
  const ended = new Promise((resolve) => actor.subscribe({ complete: () => resolve(undefined) }))
  actor.start()
  await ended
  return { order, end: actor.getSnapshot().value, error: actor.getSnapshot().context.error }
}

test.each<[string, Partial<RunSteps>, string | undefined, string, string[]]>([
  ['all goes well', {}, undefined, 'finished', ['start', 'make', 'cut']],
  [
    'jobs failed: the cut still says whether it can',
    { make: async () => ({ complete: false, again: false }) },
    undefined,
    'failed',
    ['start', 'make', 'cut'],
  ],
  ['the cut failed', { cut: async () => ({ complete: false, again: false }) }, undefined, 'failed', ['start', 'make', 'cut']],
  ['a stop before the work', {}, 'start', 'interrupted', ['start']],
  ['a stop in the work', {}, 'make', 'interrupted', ['start', 'make']],
  ['a stop when the film is already there', {}, 'cut', 'finished', ['start', 'make', 'cut']],
  [
    'a clip that is damaged each time ends after three rounds',
    { cut: async () => ({ complete: false, again: true }) },
    undefined,
    'failed',
    ['start', 'make', 'cut', 'start', 'make', 'cut', 'start', 'make', 'cut'],
  ],
])('%s', async (_what, steps, stopAt, end, order) => {
  expect(await drive(steps, stopAt)).toMatchObject({ end, order })
})

test('what a step throws is handed out', async () => {
  const bug = new TypeError('oops')
  const { end, error } = await drive({
    make: async () => {
      throw bug
    },
  })
  expect([end, error]).toEqual(['broken', bug])
})
