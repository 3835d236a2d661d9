// Jobs that go well one after the other stand in a row, where their provider says which those are; all others keep their order.
import { expect, test } from 'vitest'
import { type Disk, openMemoryWorld } from './memory-world.ts'
import { openHost, planOf, type Rig, runRig, type Sketch } from './rig.ts'

const film: readonly Sketch[] = [
  { id: 'a@1', words: 'day one' },
  { id: 'b@1', words: 'night one' },
  { id: 'c@1', words: 'day two' },
  { id: 'd@1', words: 'night two' },
  { id: 'e@1', words: 'day three', needs: ['a@1'] },
  { id: 'f@1', words: 'dusk' },
]
const byLight: Rig['affinity'] = ({ prompt }) => prompt.split(' ')[0] ?? ''

function rigOf(over: Partial<Rig> = {}, disk: Disk = new Map()): Rig {
  const world = openMemoryWorld({ disk })
  return { world, host: openHost(), plan: planOf(world, film), capabilities: { concurrency: 1 }, ...over }
}

test('in a row where the provider says so', async () => {
  const rig = rigOf({ affinity: byLight })
  expect((await runRig(rig)).outcome.reason).toBe('finished')
  // What becomes ready on the way joins its row.
  expect(rig.host.submits).toEqual(['a@1', 'c@1', 'e@1', 'b@1', 'd@1', 'f@1'])
})

test('as they come where it does not', async () => {
  const rig = rigOf()
  await runRig(rig)
  expect(rig.host.submits).toEqual(['a@1', 'b@1', 'c@1', 'd@1', 'f@1', 'e@1'])
})

test('what an earlier run has begun goes before every row', async () => {
  const disk: Disk = new Map()
  const stop = new AbortController()
  const first = rigOf({ affinity: byLight, signal: stop.signal }, disk)
  // Ended when the host had one job: a night.
  const begun: readonly Sketch[] = [film[1] as Sketch]
  const onEvent: Rig['onEvent'] = ({ type }) => {
    if (type === 'job.accepted') stop.abort()
  }
  await runRig({ ...first, plan: planOf(first.world, begun), onEvent })
  const order: string[] = []
  const second = { ...first, world: openMemoryWorld({ disk }), signal: new AbortController().signal }
  await runRig({ ...second, onEvent: (event) => void (event.type === 'job.done' && order.push(event.job)) })
  expect(order).toEqual(['b@1', 'd@1', 'a@1', 'c@1', 'e@1', 'f@1'])
})
