// What was bought and did not come: uncertain, lost, adrift; and the books that are kept of it all.
import { describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import { isFoundWithoutInputs } from '../../src/runtime/adrift.ts'
import type { Event, Stamped } from '../../src/runtime/event.ts'
import { openJournal } from '../../src/runtime/journal.ts'
import { bookedFor, keepLedger, readLedger } from '../../src/runtime/ledger.ts'
import { openRecorder } from '../../src/runtime/recorder.ts'
import { type Disk, openMemoryWorld } from './memory-world.ts'
import { type Faults, failure, openHost, planOf, type Rig, requestOf, runRig, type Sketch } from './rig.ts'

function rigOf(sketches: readonly Sketch[], faults: Faults = {}, over: Partial<Rig> = {}): Rig & { readonly disk: Disk } {
  const disk: Disk = new Map()
  const world = openMemoryWorld({ disk })
  return { world, disk, host: openHost(faults), plan: planOf(world, sketches), ...over }
}
const one: readonly Sketch[] = [{ id: 'a@1' }]
const blind = { submit: 'blind' } as const

/** A person's word, as `ltx resolve` writes it. */
async function say(rig: Rig, how: Extract<Event, { type: 'job.resolved' }>['how'], ticket?: { readonly id: string }): Promise<void> {
  const journal = await openJournal(rig.world, '/film/.ltx/journal/film')
  const recorder = openRecorder(journal, rig.world.clock, () => undefined)
  for (const { job, key, attempt } of journal.history.open.values())
    await recorder.record({ type: 'job.resolved', job, key, attempt, how, ...(ticket === undefined ? {} : { ticket }) })
  await journal.close(false)
}
/** The journals as a crash right after an event of this type would leave them. */
function cutAfter(disk: Disk, type: Event['type']): void {
  for (const [path, bytes] of [...disk]) {
    if (!/journal\/film\/(done\/)?\d{6}-/.test(path)) continue
    const lines = Buffer.from(bytes).toString().split('\n')
    const at = lines.findIndex((line) => line.includes(`"type":"${type}"`))
    disk.delete(path)
    disk.set(path.replace('/done/', '/'), Buffer.from(`${lines.slice(0, at + 1).join('\n')}\n`))
  }
}

describe('an uncertain purchase at a blind host', () => {
  const lostOnce: Faults = { submit: (_job, count) => (count === 1 ? 'lost' : 'ok') }
  test('is bought again on a word, and what was sent still counts', async () => {
    const rig = rigOf(one, lostOnce, blind)
    expect((await runRig(rig)).outcome.failures).toMatchObject([{ uncertain: true }])
    await say(rig, 'resubmit')
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect(rig.host.submits).toHaveLength(2)
    const { entries } = await readLedger(rig.world.files, '/film/.ltx')
    expect(entries.map(({ state, amount }) => [state, amount])).toEqual([
      ['written-off', 100],
      ['billed', 100],
    ])
  })
  test('is fetched where a person has found it: bought once', async () => {
    const rig = rigOf(one, lostOnce, blind)
    await runRig(rig)
    await say(rig, 'found', { id: rig.host.ledger[0]?.id ?? '' })
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', made: ['a@1'] })
    expect(rig.host.submits).toHaveLength(1)
    const { entries } = await readLedger(rig.world.files, '/film/.ltx')
    expect(entries).toMatchObject([{ state: 'billed', amount: 100 }])
  })
  test('given up, it is never bought again by itself, until a word', async () => {
    const rig = rigOf(one, lostOnce, blind)
    await runRig(rig)
    await say(rig, 'give-up')
    for (const _again of [1, 2]) expect((await runRig(rig)).outcome.failures).toMatchObject([{ failure: { kind: 'expired' } }])
    expect(rig.host.submits).toHaveLength(1)
    await say(rig, 'resubmit')
    expect((await runRig(rig)).outcome.reason).toBe('finished')
  })
  test('with the word given before the run, it is bought again once, and no more than once', async () => {
    const rig = rigOf(one, lostOnce, { ...blind, onUncertain: 'resubmit' })
    expect((await runRig(rig)).outcome.reason).toBe('finished')
    expect(rig.host.submits).toHaveLength(2)
    const hopeless = rigOf(one, { submit: () => 'lost' }, { ...blind, onUncertain: 'resubmit' })
    expect((await runRig(hopeless)).outcome.failures).toMatchObject([{ uncertain: true }])
    expect(hopeless.host.submits).toHaveLength(2)
  })
  test('stops its shot and what needs it, nothing else', async () => {
    const rig = rigOf(
      [...one, { id: 'a@1+1', needs: ['a@1'] }, { id: 'b@1' }],
      { submit: (job) => (job.id === 'a@1' ? 'lost' : 'ok') },
      blind,
    )
    const { outcome } = await runRig(rig)
    expect(outcome).toMatchObject({ made: ['b@1'], blocked: ['a@1+1'], failures: [{ job: 'a@1', uncertain: true }] })
  })
})

test('a lost answer that is being settled when the run dies is not bought anew by the next', async () => {
  const rig = rigOf(one, { submit: (_job, count) => (count === 1 ? 'lost' : 'ok') })
  await runRig(rig)
  cutAfter(rig.disk, 'job.retrying')
  for (const path of [...rig.disk.keys()]) if (!path.includes('/journal/')) rig.disk.delete(path)
  expect((await runRig({ ...rig, world: openMemoryWorld({ disk: rig.disk }) })).outcome.reason).toBe('finished')
  expect(rig.host.ledger).toHaveLength(1)
})

describe('a lost answer of a job that its host never had', () => {
  const never: Faults = { submit: (_job, count) => (count === 1 ? failure('network', { retry: true, billed: 'unknown' }) : 'ok') }
  const listed = { submit: 'list' } as const
  test('is bought once, and the books hold nothing open against it', async () => {
    const rig = rigOf(one, never, listed)
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', spent: 100 })
    const ledger = await readLedger(rig.world.files, '/film/.ltx')
    expect(ledger.entries.map(({ state, amount }) => [state, amount])).toEqual([
      ['refunded', 0],
      ['billed', 100],
    ])
    expect(bookedFor(ledger, 'film')).toMatchObject([{ amount: 100 }])
  })
  test('and a run that died when it knew buys it once, and is not asked again', async () => {
    const rig = rigOf(one, never, listed)
    await runRig(rig)
    rig.host.ledger.length = 0
    cutAfter(rig.disk, 'job.absent')
    for (const path of [...rig.disk.keys()]) if (!path.includes('/journal/')) rig.disk.delete(path)
    let asked = 0
    const find = async () => {
      asked += 1
      return undefined
    }
    const again = await runRig({ ...rig, calls: { find }, world: openMemoryWorld({ disk: rig.disk }) })
    expect(again.outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect([rig.host.ledger.length, asked]).toEqual([1, 0])
  })
})

describe('a result that is gone', () => {
  const gone = failure('expired', { billed: 'yes' })
  test.each([
    ['the host says the job is over', { poll: () => ({ state: 'failed', failure: gone }) } as Faults],
    ['its file cannot be had', { fetch: () => gone } as Faults],
  ])('is not bought again without a word: %s', async (_name, faults) => {
    const rig = rigOf(one, faults)
    for (const _again of [1, 2, 3]) expect((await runRig(rig)).outcome.failures).toMatchObject([{ failure: { kind: 'expired' } }])
    expect(rig.host.submits).toHaveLength(1)
    await say(rig, 'resubmit')
    await runRig(rig)
    expect(rig.host.submits).toHaveLength(2)
  })
  test('its address alone has died: the next run asks for another, and a person may buy it again all the same', async () => {
    const died = failure('expired', { retry: true, billed: 'unknown' })
    let alive = false
    const rig = rigOf(one, { fetch: () => (alive ? undefined : died) })
    for (const _again of [1, 2]) expect((await runRig(rig)).outcome.failures).toEqual([{ job: 'a@1', failure: died, uncertain: false }])
    const { history } = await openJournal(rig.world, '/film/.ltx/journal/film')
    expect([...history.open.values()]).toMatchObject([{ stage: 'done', unreached: true }])
    alive = true
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect(rig.host.submits).toHaveLength(1)
  })
  test('its address has died, and the time is over until which the host keeps it', async () => {
    const died = failure('expired', { retry: true, billed: 'unknown' })
    const poll: Faults['poll'] = () => ({ state: 'done', expiresAt: 1 })
    const rig = rigOf(one, { poll, fetch: () => died })
    await runRig(rig)
    expect((await runRig(rig)).outcome.failures).toMatchObject([{ failure: { kind: 'expired', billed: 'yes' }, lost: true }])
    expect(rig.host.submits).toHaveLength(1)
  })
  test('a question that costs nothing says nothing of what the job it asks about has cost', async () => {
    const poll = async (): Promise<never> => {
      throw new ProviderFailure(failure('auth', { billed: 'no' }))
    }
    const rig = rigOf(one)
    expect((await runRig({ ...rig, calls: { poll } })).outcome.failures).toMatchObject([{ failure: { kind: 'auth', billed: 'unknown' } }])
  })
  test('not billed, it may be bought again', async () => {
    let count = 0
    const poll: Faults['poll'] = () => {
      count += 1
      return count === 1 ? { state: 'failed', failure: failure('expired', { billed: 'no', retry: true }) } : undefined
    }
    expect((await runRig(rigOf(one, { poll }))).outcome.reason).toBe('finished')
  })
  test('what its host throws away first is fetched first, all places or none', async () => {
    const sketches = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id: `${id}@1` }))
    const over = { capabilities: { concurrency: 5, resultTtlSeconds: 3600 } }
    const ages: Readonly<Record<string, number>> = { 'a@1': 50, 'b@1': 10, 'c@1': 40, 'd@1': 20, 'e@1': 30 }
    const rig = rigOf(sketches, {}, over)
    const stop = new AbortController()
    await runRig({
      ...rig,
      signal: stop.signal,
      onEvent: ({ type }) => (type === 'job.progress' ? stop.abort(new DOMException('x', 'AbortError')) : undefined),
    })
    // Their tickets came at other times than they did here.
    for (const [path, bytes] of [...rig.disk]) {
      if (!/\/\d{6}-/.test(path)) continue
      rig.disk.delete(path)
      const events = Buffer.from(bytes)
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((line): Stamped => JSON.parse(line.slice(line.indexOf('{'))))
      const { encodeLine } = await import('../../src/runtime/line.ts')
      const moved = events.map((event) =>
        event.type === 'job.accepted' ? { ...event, at: event.at - 1000 * (ages[event.job] ?? 0) } : event,
      )
      rig.disk.set(path, Buffer.from(moved.map(encodeLine).join('')))
    }
    const polled: string[] = []
    rig.host.faults.poll = (entry) => {
      polled.push(entry.job)
      return undefined
    }
    // One place only: what is at the host already needs none.
    const { outcome } = await runRig({ ...rig, capabilities: { concurrency: 1, resultTtlSeconds: 3600 } })
    expect(outcome.reason).toBe('finished')
    expect(polled.slice(0, 5)).toEqual(['a@1', 'c@1', 'e@1', 'd@1', 'b@1'])
    expect(rig.host.ledger).toHaveLength(5)
  })
})

describe('what was bought for a shot that has changed', () => {
  test('is fetched and kept; a script that goes back finds it', async () => {
    const rig = rigOf(one)
    const stop = new AbortController()
    await runRig({
      ...rig,
      signal: stop.signal,
      onEvent: ({ type }) => (type === 'job.accepted' ? stop.abort(new DOMException('x', 'AbortError')) : undefined),
    })
    const changed = planOf(rig.world, [{ id: 'a@1', words: 'other' }])
    const { outcome } = await runRig({ ...rig, plan: changed })
    expect(outcome).toMatchObject({ reason: 'finished', adrift: [], fetched: [{ job: 'a@1' }], spent: 200 })
    expect(rig.host.ledger).toHaveLength(2)
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', made: [], kept: 1 })
    expect(rig.host.ledger).toHaveLength(2)
  })
  test('where it fails it buys nothing, and stays to be asked for', async () => {
    const rig = rigOf(one, { fetch: ({ job, seed }) => (job === 'a@1' && seed === 7 ? failure('network') : undefined) })
    const stop = new AbortController()
    await runRig({
      ...rig,
      signal: stop.signal,
      onEvent: ({ type }) => (type === 'job.accepted' ? stop.abort(new DOMException('x', 'AbortError')) : undefined),
    })
    const { outcome } = await runRig({ ...rig, plan: planOf(rig.world, [{ id: 'b@1', price: 0, provider: 'cut' }]) })
    expect(outcome).toMatchObject({ fetched: [], adrift: [{ job: 'a@1', stage: 'done' }] })
    expect(rig.host.ledger.filter(({ job }) => job.startsWith('a'))).toHaveLength(1)
  })

  describe('and whose answer was lost', () => {
    const listed = { submit: 'list' } as const
    const other = (rig: Rig) => planOf(rig.world, [{ id: 'a@1', words: 'other' }])
    /** A run that dies with its submit on the way. */
    async function lostRig(submit: NonNullable<Faults['submit']>) {
      const rig = rigOf(one, { submit: (job, count) => (job.request.prompt === 'other' ? 'ok' : submit(job, count)) }, listed)
      await runRig(rig)
      cutAfter(rig.disk, 'job.sent')
      for (const path of [...rig.disk.keys()]) if (!path.includes('/journal/')) rig.disk.delete(path)
      rig.host.submits.length = 0
      return { ...rig, world: openMemoryWorld({ disk: rig.disk }) }
    }
    test('is looked for at a host that can tell, and fetched; nothing is bought for it again', async () => {
      const rig = await lostRig(() => 'ok')
      const { outcome } = await runRig({ ...rig, plan: other(rig) })
      expect(outcome).toMatchObject({ reason: 'finished', adrift: [], fetched: [{ job: 'a@1' }], spent: 200 })
      expect([rig.host.submits, rig.host.ledger.length]).toEqual([['a@1'], 2])
    })
    test('is closed where the host never had it', async () => {
      const rig = await lostRig(() => 'ok')
      rig.host.ledger.length = 0
      const { outcome } = await runRig({ ...rig, plan: other(rig) })
      expect(outcome).toMatchObject({ reason: 'finished', adrift: [], fetched: [], spent: 100 })
      expect(rig.host.submits).toEqual(['a@1'])
      const { entries } = await readLedger(rig.world.files, '/film/.ltx')
      expect(entries.map(({ state, amount }) => [state, amount])).toEqual([
        ['refunded', 0],
        ['billed', 100],
      ])
    })
    test('is not waited for: a host that may show it later is asked by the next run', async () => {
      const rig = await lostRig(() => 'ok')
      const told: string[] = []
      const find = async (_job: unknown, waits?: (until: number) => void): Promise<undefined> => {
        waits?.(rig.world.clock.now() + 600_000)
        throw new Error('it was waited for')
      }
      const patient = { ...rig, calls: { find }, plan: other(rig), onEvent: ({ type }: Stamped) => void told.push(type) }
      const { outcome } = await runRig(patient)
      expect(outcome).toMatchObject({ reason: 'finished', fetched: [], adrift: [{ job: 'a@1', stage: 'sent' }] })
      expect(told).not.toContain('job.settling')
      expect((await runRig({ ...rig, plan: other(rig) })).outcome).toMatchObject({ adrift: [], fetched: [{ job: 'a@1' }] })
    })
    test('needs the host to know it by our own id, or by words alone', () => {
      const words = requestOf('a')
      expect(isFoundWithoutInputs('list', words)).toBe(true)
      expect(isFoundWithoutInputs('list', { ...words, operation: 'image-to-video' })).toBe(false)
      expect(isFoundWithoutInputs('list', { ...words, keys: [{ frame: 8, strength: 1 }] })).toBe(false)
      expect(isFoundWithoutInputs('client-id', { ...words, operation: 'image-to-video' })).toBe(true)
      for (const promise of ['blind', 'reject-key', 'replay-key'] as const) expect(isFoundWithoutInputs(promise, words)).toBe(false)
    })
  })
})

describe('ceilings across runs', () => {
  const bookedOf = async (rig: Rig) => bookedFor(await readLedger(rig.world.files, '/film/.ltx'), 'film')
  test('the film’s counts what earlier runs have bought', async () => {
    const rig = rigOf([{ id: 'a@1' }, { id: 'b@1' }])
    await runRig({ ...rig, only: new Set(['a']), budgets: { film: 150 } })
    const { outcome } = await runRig({ ...rig, budgets: { film: 150 }, booked: await bookedOf(rig) })
    expect(outcome.failures).toMatchObject([{ job: 'b@1', failure: { kind: 'budget', message: expect.stringContaining('for the film') } }])
    expect((await runRig({ ...rig, budgets: { film: 200 }, booked: await bookedOf(rig) })).outcome.reason).toBe('finished')
  })
  test('what was under way when a run ended is not counted twice', async () => {
    const rig = rigOf([{ id: 'a@1' }, { id: 'b@1' }])
    const stop = new AbortController()
    await runRig({
      ...rig,
      only: new Set(['a']),
      signal: stop.signal,
      onEvent: ({ type }) => (type === 'job.accepted' ? stop.abort(new DOMException('x', 'AbortError')) : undefined),
    })
    const { outcome } = await runRig({ ...rig, budgets: { run: 100, film: 200, day: 200 }, booked: await bookedOf(rig) })
    expect(outcome).toMatchObject({ reason: 'finished', spent: 200 })
  })
  test('a shot’s own holds for all its takes', async () => {
    const rig = rigOf([{ id: 'a@1' }, { id: 'a@2', words: 'a2' }, { id: 'a@3', words: 'a3' }])
    const { outcome } = await runRig({ ...rig, budgets: { shots: new Map([['a', 250]]) } })
    expect(outcome).toMatchObject({ made: ['a@1', 'a@2'], failures: [{ job: 'a@3', failure: { kind: 'budget' } }] })
    expect(rig.host.ledger).toHaveLength(2)
  })
})

describe('the ledger', () => {
  test('counts what was taken to be free and is billed all the same', async () => {
    const rig = rigOf(
      [
        { id: 'a@1', price: 0 },
        { id: 'b@1', price: 0 },
      ],
      { poll: ({ job }) => ({ state: 'done', ...(job === 'a@1' ? { billed: 40 } : {}) }) },
    )
    expect((await runRig(rig)).outcome.spent).toBe(40)
    const { entries } = await readLedger(rig.world.files, '/film/.ltx')
    expect(entries).toMatchObject([{ job: 'a@1', state: 'billed', reserved: 0, amount: 40 }])
  })
  test('is the same off live journals, off those put away, off its file, and without it', async () => {
    const rig = rigOf([{ id: 'a@1' }, { id: 'b@1' }, { id: 'c@1' }], {
      poll: ({ job, polls }) =>
        job === 'b@1' && polls === 1 ? { state: 'failed', failure: failure('moderation', { billed: 'no' }) } : undefined,
      submit: (job, count) => (job.id === 'c@1' && count === 1 ? failure('rate', { retry: true }) : 'ok'),
    })
    await runRig(rig)
    const { files } = rig.world
    const live = await readLedger(files, '/film/.ltx')
    expect(live.entries.map(({ job, state, amount, reserved }) => [job, state, amount, reserved]).sort()).toEqual([
      ['a@1', 'billed', 100, 100],
      ['b@1', 'refunded', 0, 100],
      ['c@1', 'billed', 100, 100],
      ['c@1', 'refunded', 0, 100],
    ])
    await runRig({ ...rig, plan: planOf(rig.world, [{ id: 'a@1' }, { id: 'c@1' }]) })
    const away = await readLedger(files, '/film/.ltx')
    expect(rig.disk.has('/film/.ltx/ledger.ndjson')).toBe(false)
    expect(away.entries).toEqual(live.entries)
    expect(away.runs.map(({ kept, spared }) => [kept, spared])).toEqual([
      [0, 0],
      [2, 200],
    ])
    expect(await keepLedger(files, '/film/.ltx')).toEqual(away)
    const size = rig.disk.get('/film/.ltx/ledger.ndjson')?.length
    expect(await keepLedger(files, '/film/.ltx')).toEqual(away)
    expect(rig.disk.get('/film/.ltx/ledger.ndjson')?.length).toBe(size)
    // With its file alone, and with a line of it damaged.
    const damaged = Buffer.from(rig.disk.get('/film/.ltx/ledger.ndjson') ?? '')
    damaged[40] = 33
    rig.disk.set('/film/.ltx/ledger.ndjson', damaged)
    const again = await readLedger(files, '/film/.ltx')
    expect(again.entries.length).toBeGreaterThanOrEqual(away.entries.length - 1)
    rig.disk.delete('/film/.ltx/ledger.ndjson')
    expect(await readLedger(files, '/film/.ltx')).toEqual(away)
  })
  test('at every moment of a run it counts all that a host may bill', async () => {
    const rig = rigOf([{ id: 'a@1' }, { id: 'b@1' }])
    const { events } = await runRig(rig)
    const journal = [...rig.disk].find(([path]) => /\/\d{6}-/.test(path))
    if (journal === undefined) throw new Error('no journal')
    const [path, bytes] = journal
    const lines = Buffer.from(bytes).toString().split('\n')
    expect(lines.length).toBeLessThan(events.length)
    for (let at = 0; at <= lines.length; at += 1) {
      const part = lines.slice(0, at)
      const sent = part.filter((line) => line.includes('"job.sent"')).length
      const disk: Disk = new Map([[path.replace('/done/', '/'), Buffer.from(`${part.join('\n')}\n`)]])
      const { entries } = await readLedger(openMemoryWorld({ disk }).files, '/film/.ltx')
      expect(entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(sent * 100)
    }
  })
  test('a request goes with what costs something, so that it can be asked for later', async () => {
    const { events } = await runRig(rigOf([{ id: 'a@1', words: 'rain' }, { id: 'x@1', price: 0 }])) // biome-ignore format: one line
    const requests = events.flatMap((event) => (event.type === 'job.intent' ? [event.request?.prompt] : []))
    expect(requests).toEqual([requestOf('rain').prompt, undefined])
  })
})
