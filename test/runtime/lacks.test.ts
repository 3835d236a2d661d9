// What a server lacks is seen before anything is sent: what a run then begins, what it leaves, and what it fetches all the same.
import { expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Calls, Outline } from '../../src/providers/provider.ts'
import { type Disk, openMemoryWorld } from './memory-world.ts'
import { callsOf, type Faults, failure, openHost, planOf, type Rig, runRig, type Sketch } from './rig.ts'

const film: readonly Sketch[] = [
  { id: 'a@1' },
  { id: 'a@1+1', needs: ['a@1'], provider: 'other' },
  { id: 'b@1', provider: 'other' },
  { id: 'c@1' },
  { id: 'c@1:conform', needs: ['c@1'], provider: 'cut', price: 0 },
]
const lack = failure('host', { message: 'it lacks a node', next: 'mend it', billed: 'no' })
const ofOther = ({ request }: Outline): boolean => request.provider === 'other/1'
const lacking: Pick<Calls, 'lacks'> = { lacks: async (jobs) => (jobs.some(ofOther) ? lack : undefined) }

function rigOf(sketches: readonly Sketch[], disk: Disk, over: Partial<Rig> = {}, faults: Faults = {}): Rig {
  const world = openMemoryWorld({ disk })
  return { world, host: openHost(faults), plan: planOf(world, sketches), calls: lacking, ...over }
}

test('it is told by one job that has a name already, the others of that server after it, all else after it too', async () => {
  const rig = rigOf(film, new Map())
  const { outcome, events } = await runRig(rig)
  expect(rig.host.submits).toEqual([])
  expect(outcome).toMatchObject({ reason: 'failed', made: [], spent: 0, blocked: ['a@1', 'a@1+1', 'c@1', 'c@1:conform'] })
  expect(outcome.failures).toMatchObject([{ job: 'b@1', failure: { message: lack.message, next: expect.stringContaining('--only') } }])
  expect(events.filter(({ type }) => type === 'job.failed')).toMatchObject([{ job: 'b@1' }])
})

test('a job whose inputs are not made yet tells it as well', async () => {
  const rig = rigOf(film.slice(0, 2), new Map())
  const { events } = await runRig(rig)
  expect(rig.host.submits).toEqual([])
  expect(events).toContainEqual(
    expect.objectContaining({ type: 'job.failed', job: 'a@1+1', failure: expect.objectContaining({ message: lack.message }) }),
  )
})

test('what is left out by name holds nothing up, and is not asked about', async () => {
  const asked: string[] = []
  const lacks: Calls['lacks'] = async (jobs) => {
    asked.push(...jobs.map(({ request }) => request.provider))
    return jobs.some(ofOther) ? lack : undefined
  }
  const rig = rigOf(film, new Map(), { calls: { lacks }, only: new Set(['c']) })
  expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', failures: [] })
  expect(asked).toEqual(['main/1', 'cut/1'])
})

test('what a host has is fetched; what it failed at is not made anew, not even on a word given before', async () => {
  const disk: Disk = new Map()
  const stop = new AbortController()
  const first = rigOf([{ id: 'a@1' }, { id: 'c@1' }], disk, {
    calls: {},
    signal: stop.signal,
    onEvent: ({ type, ...event }) => {
      if (type === 'job.accepted' && 'job' in event && event.job === 'c@1') stop.abort(new Error('stopped'))
    },
  })
  await runRig(first)
  expect(first.host.submits).toEqual(['a@1', 'c@1'])
  const broken = failure('host', { retry: true, billed: 'no' })
  const host = {
    ...first.host,
    faults: { poll: ({ job }: { job: string }) => (job === 'c@1' ? ({ state: 'failed', failure: broken } as const) : undefined) },
  }
  const { outcome } = await runRig({ ...rigOf(film, disk), host, onUncertain: 'resubmit' })
  expect(outcome.made).toEqual(['a@1'])
  expect(outcome.failures.map(({ job }) => job)).toEqual(['b@1', 'c@1'])
  expect(first.host.submits).toEqual(['a@1', 'c@1'])
})

test('an answer that was lost is looked for, and its record is not closed by what the server lacks', async () => {
  const disk: Disk = new Map()
  const world = openMemoryWorld({ disk })
  const stop = new AbortController()
  const host = openHost({
    submit: ({ id }) => {
      if (id !== 'c@1') stop.abort(new Error('stopped'))
      return id === 'c@1' ? failure('network', { billed: 'unknown' }) : 'lost'
    },
  })
  const list = { submit: 'list' } as const
  // Both leave without an answer; only one has come there.
  await runRig({ world, host, plan: planOf(world, [{ id: 'b@1', provider: 'other' }, { id: 'c@1' }]), ...list, signal: stop.signal })
  expect([host.submits, host.ledger.map(({ job }) => job)]).toEqual([['b@1', 'c@1'], ['b@1']])
  const again = rigOf([...film, { id: 'd@1', provider: 'other' }], disk, list)
  const { find = async () => undefined } = callsOf(again.world, host, new AbortController().signal, 'list')
  const { outcome, events } = await runRig({ ...again, host, calls: { ...lacking, find } })
  expect(outcome.made).toEqual(['b@1'])
  expect(outcome.failures.map(({ job }) => job)).toEqual(['d@1'])
  expect(outcome.blocked).toContain('c@1')
  expect(events.flatMap((event) => (event.type === 'job.absent' ? [event.job] : []))).toEqual(['c@1'])
  expect(host.submits).toEqual(['b@1', 'c@1'])
})

test.each<[string, NonNullable<Calls['lacks']>]>([
  ['does not answer', () => new Promise(() => undefined)],
  ['cannot be reached', () => Promise.reject(new ProviderFailure(failure('network')))],
])('a server that %s lacks nothing that anybody knows of', async (_name, lacks) => {
  const rig = rigOf(film, new Map(), { calls: { lacks } })
  expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', failures: [] })
})

test('a bug in the question is thrown', async () => {
  const rig = rigOf(film, new Map(), { calls: { lacks: () => Promise.reject(new TypeError('no')) } })
  await expect(runRig(rig)).rejects.toThrow('no')
})
