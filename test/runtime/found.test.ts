// A person's word that the host has a job, looked at before it is believed: a wrong id costs neither the purchase nor a second
// one; a right one is the host's word from the first look on.
import { describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Calls, Ticket } from '../../src/providers/provider.ts'
import { openJournal } from '../../src/runtime/journal.ts'
import { openRecorder } from '../../src/runtime/recorder.ts'
import { openMemoryWorld } from './memory-world.ts'
import { callsOf, type Faults, failure, openHost, planOf, type Rig, runRig } from './rig.ts'

const lostOnce = (): Faults => ({ submit: (_job, count) => (count === 1 ? 'lost' : 'ok') })

function rigOf(over: Partial<Rig> = {}, faults = lostOnce()): Rig {
  const world = openMemoryWorld({ disk: new Map() })
  return { world, host: openHost(faults), plan: planOf(world, [{ id: 'a@1' }]), submit: 'blind', ...over }
}

/** A person's word, as `ltx resolve` writes it. */
async function say(rig: Rig, how: 'found' | 'give-up', ticket?: Ticket): Promise<void> {
  const journal = await openJournal(rig.world, '/film/.ltx/journal/film')
  const recorder = openRecorder(journal, rig.world.clock, () => undefined)
  for (const { job, key, attempt } of journal.history.open.values())
    await recorder.record({ type: 'job.resolved', job, key, attempt, how, ...(ticket === undefined ? {} : { ticket }) })
  await journal.close(false)
}

async function standing(rig: Rig) {
  const journal = await openJournal(rig.world, '/film/.ltx/journal/film')
  const [attempt] = journal.history.open.values()
  await journal.close(false)
  return attempt
}

/** The four ways in which hosts say that there is no such job. */
const hosts: readonly [string, (rig: Rig) => Partial<Calls>][] = [
  ['does not find it', () => ({})],
  [
    'takes no such id',
    () => ({
      poll: async ({ id }) => {
        if (id !== 'h1') throw new ProviderFailure(failure('invalid'))
        return { state: 'done' }
      },
    }),
  ],
  [
    'no longer knows it',
    (rig) => {
      const { poll } = callsOf(rig.world, rig.host, new AbortController().signal, 'blind')
      const gone = { state: 'failed', failure: failure('host', { retry: true, billed: 'no' }), unknown: true } as const
      return { poll: async (ticket, job, report) => (ticket.id === 'h1' ? poll(ticket, job, report) : gone) }
    },
  ],
  [
    'would make it, asked for its state',
    (rig) => ({
      knows: async ({ id }) => id === 'h1',
      poll: async ({ id }) => {
        if (id !== 'h1') rig.host.submits.push('made by a look')
        return { state: 'done' }
      },
    }),
  ],
]

describe.each(hosts)('a host that %s', (_name, callsFor) => {
  test('leaves the purchase as uncertain as it was, and the right id is fetched', async () => {
    const bare = rigOf()
    const rig = { ...bare, calls: callsFor(bare) }
    await runRig(rig)
    for (const _again of [1, 2]) {
      await say(rig, 'found', { id: 'mistyped' })
      const { outcome } = await runRig(rig)
      expect(outcome.failures).toMatchObject([
        { job: 'a@1', uncertain: true, failure: { message: expect.stringContaining('the host knows no job of that id (mistyped)') } },
      ])
      expect(outcome.failures[0]?.lost).toBeUndefined()
      expect(await standing(rig)).toMatchObject({ stage: 'uncertain', reserved: 100 })
      expect((await standing(rig))?.ticket).toBeUndefined()
    }
    await say(rig, 'found', { id: 'h1' })
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', made: ['a@1'] })
    expect(rig.host.submits).toEqual(['a@1'])
  })
})

test('what counted as lost is lost still', async () => {
  const rig = rigOf()
  await runRig(rig)
  await say(rig, 'give-up')
  await say(rig, 'found', { id: 'mistyped' })
  expect((await runRig(rig)).outcome.failures).toMatchObject([{ uncertain: true }])
  expect(await standing(rig)).toMatchObject({ stage: 'lost' })
  expect((await runRig(rig)).outcome.failures).toMatchObject([{ uncertain: false, lost: true }])
  expect(rig.host.submits).toEqual(['a@1'])
})

test('a host that cannot be asked leaves the word as it is', async () => {
  const rig = rigOf()
  await runRig(rig)
  await say(rig, 'found', { id: 'h1' })
  const offline: Calls['poll'] = async () => {
    throw new ProviderFailure(failure('network'))
  }
  await runRig({ ...rig, calls: { poll: offline } })
  expect(await standing(rig)).toMatchObject({ stage: 'accepted', ticket: { id: 'h1' }, before: { stage: 'uncertain' } })
  expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished' })
})

test('seen once, it is the host’s: a result that goes afterwards was paid for', async () => {
  const rig = rigOf({}, { ...lostOnce(), poll: ({ polls }) => (polls > 1 ? { state: 'failed', failure: failure('expired') } : undefined) })
  await runRig(rig)
  await say(rig, 'found', { id: 'h1' })
  const { outcome, events } = await runRig(rig)
  expect(events.flatMap((event) => (event.type === 'job.accepted' ? [event.ticket] : []))).toEqual([{ id: 'h1' }])
  expect(outcome.failures).toMatchObject([{ uncertain: false, lost: true }])
  expect(await standing(rig)).toMatchObject({ stage: 'lost' })
  expect((await standing(rig))?.before).toBeUndefined()
})
