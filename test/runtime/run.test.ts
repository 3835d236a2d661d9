import { describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import { openReporter } from '../../src/lang/diagnostic.ts'
import { parseLock } from '../../src/lang/lock.ts'
import type { Ready, Ticket } from '../../src/providers/provider.ts'
import type { Stamped } from '../../src/runtime/event.ts'
import { type Disk, openMemoryWorld } from './memory-world.ts'
import { type Faults, failure, lockText, openHost, planOf, type Rig, runRig, type Sketch } from './rig.ts'

const film: readonly Sketch[] = [
  { id: 'a@1' },
  { id: 'a@1+1', needs: ['a@1'] },
  { id: 'a@1+1:conform', needs: ['a@1+1'], provider: 'cut', price: 0 },
  { id: 'b@1', needs: ['asset:face.png'] },
  { id: 'c@1' },
]

function rigOf(sketches: readonly Sketch[], faults: Faults = {}, disk: Disk = new Map(), over: Partial<Rig> = {}): Rig {
  const world = openMemoryWorld({ disk })
  disk.set('/film/face.png', Buffer.from('asset:face.png'))
  return { world, host: openHost(faults), plan: planOf(world, sketches), ...over }
}
const types = (events: readonly Stamped[], job: string): string[] =>
  events.filter((event) => 'job' in event && event.job === job && event.type !== 'job.progress').map((event) => event.type)
const lockOf = (disk: Disk) => parseLock(Buffer.from(disk.get(lockText) ?? '').toString(), 'film.ltx.lock', openReporter())

describe('a run that goes well', () => {
  test('makes every job once, in the order of needs, and cuts', async () => {
    const disk: Disk = new Map()
    const rig = rigOf(film, {}, disk)
    const { outcome, events, film: text } = await runRig(rig)
    expect(outcome).toMatchObject({ reason: 'finished', kept: 0, failures: [], spent: 400 })
    expect([...outcome.made].sort()).toEqual(film.map(({ id }) => id).sort())
    expect(text.split('\n')).toHaveLength(3)
    expect(types(events, 'a@1+1')).toEqual(['job.queued', 'job.intent', 'job.sent', 'job.accepted', 'job.done', 'job.stored'])
    const at = (type: string, job: string) => events.findIndex((event) => event.type === type && 'job' in event && event.job === job)
    expect(at('job.stored', 'a@1')).toBeLessThan(at('job.intent', 'a@1+1'))
    expect(events.map(({ n }) => n)).toEqual(events.map((_, index) => index + 1))
    expect(events.at(-1)?.type).toBe('run.stopped')
    expect([...(lockOf(disk)?.jobs.keys() ?? [])]).toEqual(['a@1', 'a@1+1', 'b@1', 'c@1'])
    expect(lockOf(disk)?.jobs.get('a@1')).toMatchObject({ model: { asked: 'fast', served: 'fast-0611' }, seed: 7, price: 100 })
  })
  test('the next run keeps all, pays nothing and writes the same lock', async () => {
    const disk: Disk = new Map()
    const first = rigOf(film, {}, disk)
    const one = await runRig(first)
    const lock = disk.get(lockText)
    const two = await runRig({ ...first, world: openMemoryWorld({ disk }) })
    expect(two.outcome).toMatchObject({ reason: 'finished', made: [], kept: 5, spent: 0 })
    expect(two.film).toBe(one.film)
    expect(first.host.submits).toHaveLength(5)
    expect(disk.get(lockText)).toEqual(lock)
    expect([...disk.keys()].filter((path) => /journal\/film\/\d/.test(path))).toEqual([])
  })
  test('the lock and the store alone are enough: no cache, no journal', async () => {
    const disk: Disk = new Map()
    const rig = rigOf(film, {}, disk)
    await runRig(rig)
    for (const path of [...disk.keys()]) if (path.includes('actions') || path.includes('journal')) disk.delete(path)
    const { outcome } = await runRig({ ...rig, world: openMemoryWorld({ disk }) })
    expect(outcome).toMatchObject({ reason: 'finished', made: ['a@1+1:conform'], kept: 4, spent: 0 })
  })
  test('a change re-makes what needs it and nothing else', async () => {
    const rig = rigOf(film)
    await runRig(rig)
    const changed = film.map((sketch) => (sketch.id === 'a@1+1' ? { ...sketch, words: 'slower' } : sketch))
    const { outcome } = await runRig({ ...rig, plan: planOf(rig.world, changed) })
    expect([...outcome.made].sort()).toEqual(['a@1+1', 'a@1+1:conform'])
    const back = await runRig(rig)
    expect(back.outcome).toMatchObject({ made: [], kept: 5 })
  })
  test('the same words in two places are bought once', async () => {
    const rig = rigOf([{ id: 'a@1', words: 'rain' }, { id: 'b@1', words: 'rain' }, { id: 'c@1', words: 'sun' }]) // biome-ignore format: a table
    const { outcome } = await runRig(rig)
    expect(rig.host.ledger.map(({ job }) => job)).toEqual(['a@1', 'c@1'])
    expect(outcome).toMatchObject({ reason: 'finished', made: ['a@1', 'c@1'], kept: 1, spent: 200 })
  })
  test('a host is never asked for more at once than it allows, and takes all it allows', async () => {
    const many = Array.from({ length: 20 }, (_, at) => ({ id: `s${at}@1` }))
    const rig = rigOf(many, {}, new Map(), { capabilities: { concurrency: 3 } })
    await runRig(rig)
    expect(rig.host.most).toBe(3)
  })
  test('with `only`, the rest is left alone, and no film is made until all is there', async () => {
    const rig = rigOf(film)
    const part = await runRig({ ...rig, only: new Set(['a']) })
    expect(part.outcome).toMatchObject({ reason: 'finished', blocked: [], made: ['a@1', 'a@1+1', 'a@1+1:conform'] })
    expect(part.film).toBe('')
    expect(rig.host.submits).not.toContain('b@1')
    const whole = await runRig(rig)
    expect(whole.outcome).toMatchObject({ reason: 'finished', kept: 3 })
    expect([...whole.outcome.made].sort()).toEqual(['b@1', 'c@1'])
  })
})

describe('a run in which things go wrong', () => {
  test('one refused job blocks what needs it; the rest is finished; there is no film', async () => {
    const rig = rigOf(film, { submit: (job) => (job.id === 'a@1' ? failure('moderation') : 'ok') })
    const { outcome, events, film: text } = await runRig(rig)
    expect(outcome).toMatchObject({ reason: 'failed', failures: [{ job: 'a@1', failure: { kind: 'moderation' } }], spent: 200 })
    expect(outcome.blocked).toEqual(['a@1+1', 'a@1+1:conform'])
    expect([...outcome.made].sort()).toEqual(['b@1', 'c@1'])
    expect(events.filter(({ type }) => type === 'job.blocked')).toMatchObject([{ by: 'a@1' }, { by: 'a@1' }])
    expect(text).toBe('')
  })
  test('a refusal for now is sent again, with its own pause', async () => {
    const limited = failure('rate', { retry: true, retryAfterMs: 7000 })
    const rig = rigOf([{ id: 'a@1' }], { submit: (_job, count) => (count < 3 ? limited : 'ok') })
    const { outcome, events } = await runRig(rig)
    expect(outcome).toMatchObject({ reason: 'finished', spent: 100 })
    const waits = events.flatMap((event) => (event.type === 'job.retrying' ? [event.waitMs] : []))
    expect(waits).toHaveLength(2)
    for (const wait of waits) expect(wait).toBeGreaterThanOrEqual(7000)
    expect(new Set(events.flatMap((event) => (event.type === 'job.intent' ? [event.attempt] : [])))).toEqual(new Set([1, 2, 3]))
  })
  test('a host that refuses for ever is given up', async () => {
    const rig = rigOf([{ id: 'a@1' }], { submit: () => failure('capacity', { retry: true }) })
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'failed', spent: 0 })
    expect(rig.host.submits).toHaveLength(6)
  })
  test('a lost answer is settled by the same key: bought once', async () => {
    const rig = rigOf([{ id: 'a@1' }], { submit: (_job, count) => (count === 1 ? 'lost' : 'ok') })
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect(rig.host.ledger).toHaveLength(1)
    expect(rig.host.submits).toHaveLength(2)
  })
  test.each(['client-id', 'list'] as const)('a lost answer is settled by asking a host of kind %s: sent once', async (submit) => {
    const rig = rigOf([{ id: 'a@1' }], { submit: () => 'lost' }, new Map(), { submit })
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect(rig.host.submits).toHaveLength(1)
  })
  test('who looks for a lost job in a later run is told when it was sent', async () => {
    const rig = rigOf([{ id: 'a@1' }], { submit: () => 'lost' }, new Map(), { submit: 'list' })
    const asked: (number | undefined)[] = []
    const calls = {
      find: async (job: Ready): Promise<Ticket | undefined> => {
        asked.push(job.begunAt)
        if (asked.length === 1) throw new ProviderFailure(failure('uncertain'))
        return { id: 'h1' }
      },
    }
    const first = await runRig({ ...rig, calls })
    expect((await runRig({ ...rig, calls })).outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect(asked).toEqual([undefined, first.events.find(({ type }) => type === 'job.intent')?.at])
  })
  test('a lost answer of a blind host is uncertain, and is not bought again by the next run', async () => {
    const rig = rigOf([{ id: 'a@1' }], { submit: () => 'lost' }, new Map(), { submit: 'blind' })
    for (const _again of [1, 2]) {
      const { outcome } = await runRig(rig)
      expect(outcome).toMatchObject({ reason: 'failed', failures: [{ uncertain: true, failure: { kind: expect.any(String) } }] })
    }
    expect(rig.host.submits).toHaveLength(1)
  })
  test('what is free is sent again even to a blind host', async () => {
    const rig = rigOf([{ id: 'a@1', price: 0 }], { submit: (_job, count) => (count === 1 ? 'lost' : 'ok') }, new Map(), { submit: 'blind' })
    expect((await runRig(rig)).outcome.reason).toBe('finished')
  })
  test('a clip that is not what was asked is made again with the next seed, as often as allowed, and kept as evidence', async () => {
    const disk: Disk = new Map()
    const rig = rigOf([{ id: 'a@1', tries: 2 }], { bytes: ({ seed }) => (seed === 7 ? '<html>' : undefined) }, disk)
    const { outcome } = await runRig(rig)
    expect(outcome).toMatchObject({ reason: 'finished', spent: 200 })
    expect(rig.host.ledger.map(({ seed }) => seed)).toEqual([7, 8])
    expect([...disk.keys()].filter((path) => path.includes('/aside/mismatch-'))).toHaveLength(1)
    expect(lockOf(disk)?.jobs.get('a@1')?.seed).toBe(8)
  })
  test('a clip that never comes right is refused, and a later run does not buy another', async () => {
    const rig = rigOf([{ id: 'a@1' }], { bytes: () => '<html>' })
    for (const _again of [1, 2]) {
      expect((await runRig(rig)).outcome).toMatchObject({ reason: 'failed', failures: [{ failure: { kind: 'mismatch' } }] })
    }
    expect(rig.host.ledger).toHaveLength(1)
  })
  test('what is free and never came right is made anew by the next run', async () => {
    let wrong = true
    const rig = rigOf([{ id: 'a@1', price: 0 }], { bytes: () => (wrong ? 'rubbish' : undefined) })
    expect((await runRig(rig)).outcome.failures).toMatchObject([{ failure: { kind: 'mismatch' } }])
    wrong = false
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', made: ['a@1'] })
    expect(new Set(rig.host.ledger.map(({ clientKey }) => clientKey)).size).toBe(2)
  })
  test('a failed download is taken up by the next run: not bought again', async () => {
    let down = true
    const rig = rigOf([{ id: 'a@1' }], { fetch: () => (down ? failure('network', { retry: true }) : undefined) })
    expect((await runRig(rig)).outcome.reason).toBe('failed')
    down = false
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', made: ['a@1'] })
    expect(rig.host.submits).toHaveLength(1)
  })
  test('a word that is not known is waited for ten minutes, and the next run asks again: not bought anew', async () => {
    let word: string | undefined = 'archived'
    const rig = rigOf([{ id: 'a@1' }], {
      poll: () => (word === undefined ? undefined : { state: 'working', strange: word, phase: word, nextPollMs: 60_000 }),
    })
    const begun = rig.world.clock.monotonic()
    const { outcome } = await runRig(rig)
    expect(outcome.failures).toMatchObject([
      { failure: { kind: 'host', billed: 'unknown', message: expect.stringContaining('`archived`') } },
    ])
    expect(rig.world.clock.monotonic() - begun).toBeGreaterThanOrEqual(600_000)
    expect(rig.world.clock.monotonic() - begun).toBeLessThan(800_000)
    word = undefined
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', made: ['a@1'] })
    expect(rig.host.submits).toHaveLength(1)
  })
  test('a word that is not known for a while does no harm', async () => {
    let looks = 0
    const rig = rigOf([{ id: 'a@1' }], {
      poll() {
        looks += 1
        if (looks > 40) return undefined
        return { state: 'working', nextPollMs: 60_000, ...(looks % 8 === 0 ? {} : { strange: 'resting' }) }
      },
    })
    expect((await runRig(rig)).outcome.reason).toBe('finished')
  })
  test('a job that fails at the host is made anew when that does no harm, with a new key', async () => {
    const broken: Faults = {
      poll: ({ id }) => (id === 'h1' ? { state: 'failed', failure: failure('host', { retry: true, billed: 'no' }) } : undefined),
    }
    const rig = rigOf([{ id: 'a@1' }], broken)
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', spent: 100 })
    expect(new Set(rig.host.ledger.map(({ clientKey }) => clientKey)).size).toBe(2)
  })
  test('an empty purse stops further submits at that host, and leaves others alone', async () => {
    const many: Sketch[] = Array.from({ length: 10 }, (_, at) => ({ id: `s${at}@1`, provider: at < 8 ? 'main' : 'other' }))
    const rig = rigOf(many, { submit: (job) => (job.request.provider === 'main/1' ? failure('funds') : 'ok') })
    const { outcome } = await runRig(rig)
    expect(rig.host.submits.filter((id) => id < 's8')).toHaveLength(2)
    expect([...outcome.made].sort()).toEqual(['s8@1', 's9@1'])
    expect(outcome.blocked).toHaveLength(6)
  })
  test('a host that bills more than was set aside is believed at once: nothing more is sent that does not fit', async () => {
    const faults: Faults = { poll: ({ polls }) => (polls < 2 ? undefined : { state: 'done', billed: 450 }) }
    const rig = rigOf(
      ['a', 'b', 'c', 'd'].map((id) => ({ id: `${id}@1` })),
      faults,
      new Map(),
      { budget: 999 },
    )
    const { outcome } = await runRig({ ...rig, capabilities: { concurrency: 1 } })
    expect([rig.host.submits, outcome.spent]).toEqual([['a@1', 'b@1'], 900])
    expect(outcome.failures.map(({ job, failure: { kind } }) => [job, kind])).toEqual([
      ['c@1', 'budget'],
      ['d@1', 'budget'],
    ])
  })
  test('the budget is held: what would go over is refused before it is sent', async () => {
    const rig = rigOf(film, {}, new Map(), { budget: 250 })
    const { outcome } = await runRig(rig)
    expect(outcome.spent).toBe(200)
    expect(rig.host.ledger).toHaveLength(2)
    expect(new Set(outcome.failures.map(({ failure: { kind } }) => kind))).toEqual(new Set(['budget']))
  })
  test('an asset that changed since the plan is refused, and nothing is sent', async () => {
    const disk: Disk = new Map()
    const rig = rigOf(film, {}, disk)
    disk.set('/film/face.png', Buffer.from('another face'))
    const { outcome } = await runRig(rig)
    expect(outcome.failures).toMatchObject([{ job: 'b@1', failure: { kind: 'input' } }])
    expect(rig.host.submits).not.toContain('b@1')
  })
  test('a bug in a provider ends the run with the bug, after the journal is closed', async () => {
    const disk: Disk = new Map()
    const rig = rigOf(film, {
      poll: () => {
        throw new TypeError('oops')
      },
    }, disk) // biome-ignore format: one fault
    await expect(runRig(rig)).rejects.toThrow('oops')
    expect(Buffer.concat([...disk].filter(([path]) => path.includes('journal')).map(([, text]) => text)).toString()).toContain(
      'run.stopped',
    )
  })
  test('a failing cut keeps the clips and says why', async () => {
    const rig = rigOf(film)
    const cut = async () => {
      const { ProviderFailure } = await import('../../src/failure.ts')
      throw new ProviderFailure(failure('tool', { message: 'ffmpeg failed' }))
    }
    expect((await runRig({ ...rig, cut })).outcome).toMatchObject({ reason: 'failed', failure: { message: 'ffmpeg failed' }, failures: [] })
    expect((await runRig(rig)).outcome).toMatchObject({ reason: 'finished', kept: 5 })
  })
})

describe('damage in the store', () => {
  const damage = (disk: Disk, what: string): void => {
    for (const [path, bytes] of disk)
      if (/clips\/..\//.test(path) && Buffer.from(bytes).includes(what))
        disk.set(path, Buffer.from(bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte))))
  }
  test('a damaged free clip is found when it is used, kept aside and made again in the same run', async () => {
    const free = film.map((sketch) => ({ ...sketch, price: 0 }))
    const disk: Disk = new Map()
    const rig = rigOf(free, {}, disk)
    const one = await runRig(rig)
    damage(disk, 'clip c@1')
    const two = await runRig({ ...rig, world: openMemoryWorld({ disk }) })
    expect(two.outcome).toMatchObject({ reason: 'finished', made: ['c@1'] })
    expect(two.film).toBe(one.film)
    expect([...disk.keys()].filter((path) => path.includes('/aside/damaged-'))).toHaveLength(1)
  })
  test('a damaged input of a job to make is made again first', async () => {
    const free = film.map((sketch) => ({ ...sketch, price: 0 }))
    const disk: Disk = new Map()
    const rig = rigOf(free, {}, disk)
    await runRig(rig)
    damage(disk, 'clip a@1 ')
    const changed = free.map((sketch) => (sketch.id === 'a@1+1' ? { ...sketch, words: 'slower' } : sketch))
    const two = await runRig({ ...rig, world: openMemoryWorld({ disk }), plan: planOf(rig.world, changed) })
    expect(two.outcome).toMatchObject({ reason: 'finished' })
    expect([...two.outcome.made].sort()).toEqual(['a@1', 'a@1+1', 'a@1+1:conform'])
  })
  test('a paid clip that the plan counted as made is not bought again unseen', async () => {
    const disk: Disk = new Map()
    const rig = rigOf(film, {}, disk)
    await runRig(rig)
    const locked = lockOf(disk)?.jobs
    const planned = { ...rig.plan, jobs: rig.plan.jobs.map((job) => ({ ...job, ...plannedAs(locked?.get(job.id)) })) }
    for (const path of [...disk.keys()])
      if (/clips\/..\//.test(path) && Buffer.from(disk.get(path) ?? '').includes('clip c@1')) disk.delete(path)
    const { outcome } = await runRig({ ...rig, world: openMemoryWorld({ disk }), plan: planned })
    expect(outcome).toMatchObject({ reason: 'failed', failures: [{ job: 'c@1', failure: { kind: 'input' } }], spent: 0 })
    const anew = await runRig({ ...rig, world: openMemoryWorld({ disk }) })
    expect(anew.outcome).toMatchObject({ reason: 'finished', made: ['c@1'], spent: 100 })
  })
})

type Locked = {
  readonly key: string
  readonly clip: string
  readonly delivered: {
    readonly frames: number
    readonly size: { width: number; height: number }
    readonly rate: { num: number; den: number }
    readonly soundSamples: number
    readonly bytes: number
  }
}
const plannedAs = (locked: Locked | undefined) =>
  locked === undefined ? {} : { key: locked.key, made: { sha256: locked.clip, delivered: locked.delivered } }
