// What earlier runs say of how long jobs take and how many go wrong: from written events, and from real runs on a disk.
import { describe, expect, test } from 'vitest'
import type { Failure } from '../../src/failure.ts'
import type { Event, Stamped } from '../../src/runtime/event.ts'
import { foldPace, percentile, readPace, type Work } from '../../src/runtime/pace.ts'
import { type Disk, openMemoryWorld } from './memory-world.ts'
import { failure, openHost, planOf, requestOf, runRig } from './rig.ts'

const key = 'a'.repeat(64)
const size = { width: 1280, height: 704 }
const rate = { num: 24, den: 1 }
const delivered = { frames: 48, size, rate, soundSamples: 0, bytes: 1 }
const work = (over: Partial<Work> = {}): Work => ({
  operation: 'extend',
  provider: 'local/1',
  model: 'big',
  size,
  rate,
  frames: 96,
  ...over,
})

/** One attempt, from its sending to its end; `at` and `took` in seconds. */
type Told = {
  readonly took: number
  readonly end?: 'stored' | 'retrying' | 'failed' | 'cancelled'
  readonly work?: Work
  readonly provider?: string
}
function runOf(...all: readonly Told[]): readonly Stamped[] {
  const lines: (Event & { at: number })[] = []
  for (const [index, { took, end = 'stored', work: of = work(), provider = 'gpu' }] of all.entries()) {
    const at = { job: `s${index}@1`, key, attempt: index + 1 }
    const begin = index * 10_000
    lines.push({ type: 'job.intent', ...at, provider, reserved: 0, work: of, at: begin })
    lines.push({ type: 'job.sent', ...at, at: begin + 100 })
    const then = begin + 100 + took * 1000
    const trouble: Failure = failure('host')
    if (end === 'stored') lines.push({ type: 'job.stored', ...at, sha256: key, delivered, at: then })
    if (end === 'retrying') lines.push({ type: 'job.retrying', ...at, failure: trouble, waitMs: 1, at: then })
    if (end === 'failed') lines.push({ type: 'job.failed', ...at, failure: trouble, at: then })
    if (end === 'cancelled') lines.push({ type: 'job.cancelled', job: at.job, at: then })
  }
  return lines.map((line, n): Stamped => ({ v: 1, n: n + 1, ...line }))
}
const request = (frames: number, over: Partial<Work> = {}) => ({ ...requestOf('words', 'local'), ...work(over), frames })

describe('the pace', () => {
  test('is the middle one of seconds of work for a second of video', () => {
    // 4 s of video each: 2, 3 and 50 seconds of work for a second.
    const pace = foldPace([runOf({ took: 8 }, { took: 200 }), runOf({ took: 12 })])
    expect(pace.rows).toEqual([
      {
        ...{ provider: 'gpu', kind: 'local', operation: 'extend', model: 'big', size },
        ...{ made: 3, failed: 0, retried: 0, perSecond: 3, latency: { p50: 12 } },
      },
    ])
    expect(pace.of('gpu', request(240))).toBe(30)
    expect(foldPace([runOf({ took: 8 }, { took: 12 })]).rows[0]?.perSecond).toBe(2.5)
  })

  test('is that of the same provider, operation, model and size alone', () => {
    const { of } = foldPace([runOf({ took: 8 })])
    expect(of('gpu', request(96))).toBe(8)
    expect(of('host', request(96))).toBeUndefined()
    expect(of('gpu', request(96, { provider: 'fal/1' }))).toBeUndefined()
    expect(of('gpu', request(96, { operation: 'retake' }))).toBeUndefined()
    expect(of('gpu', request(96, { model: 'small' }))).toBeUndefined()
    expect(of('gpu', request(96, { size: { width: 640, height: 352 } }))).toBeUndefined()
    // Another version of the provider's requests is no other machine.
    expect(of('gpu', request(96, { provider: 'local/2' }))).toBe(8)
  })

  test('counts what was sent and made nothing, and takes no time from it', () => {
    const { rows } = foldPace([
      runOf({ took: 8 }, { took: 90, end: 'retrying' }, { took: 60, end: 'failed' }, { took: 70, end: 'cancelled' }),
    ])
    expect(rows).toEqual([expect.objectContaining({ made: 1, failed: 1, retried: 1, perSecond: 2 })])
  })

  test('says nothing where nothing was made, or nothing was sent', () => {
    const failed = foldPace([runOf({ took: 8, end: 'failed' })])
    expect(failed.rows[0]).not.toHaveProperty('perSecond')
    expect(failed.rows[0]).not.toHaveProperty('latency')
    expect(failed.of('gpu', request(96))).toBeUndefined()
    const unsent = runOf({ took: 8 }, { took: 9, end: 'failed' }).filter(({ type }) => type !== 'job.sent')
    expect(foldPace([unsent]).rows).toEqual([])
  })

  test('does not count what lay at a host between two runs', () => {
    const [intent, sent, stored] = runOf({ took: 90_000 })
    if (intent === undefined || sent === undefined || stored === undefined) throw new Error('three events')
    expect(foldPace([[intent, sent], [stored]]).rows).toEqual([])
  })

  test('says the slowest of twenty and of a hundred only when there were as many', () => {
    const many = (count: number) =>
      foldPace([runOf(...Array.from({ length: count }, (_, index) => ({ took: index + 1 })))]).rows[0]?.latency
    expect(many(19)).toEqual({ p50: 10 })
    expect(many(20)).toEqual({ p50: 10, p95: 19 })
    expect(many(100)).toEqual({ p50: 50, p95: 95, p99: 99 })
    expect(percentile([7], 0.99)).toBe(7)
  })
})

describe('real runs', () => {
  const rig = (disk: Disk, faults = {}) => {
    const world = openMemoryWorld({ disk })
    const sketches = [
      { id: 'a@1' },
      { id: 'b@1', price: 0, provider: 'other' },
      { id: 'b@1:conform', needs: ['b@1'], provider: 'cut', price: 0 },
    ]
    return { world, host: openHost(faults), plan: planOf(world, sketches) }
  }

  test('leave what is read: of paid jobs, of free ones, and not of ffmpeg’s', async () => {
    const disk: Disk = new Map()
    const once = rig(disk)
    await runRig(once)
    const { rows, of } = await readPace(once.world.files, '/film/.ltx')
    expect(rows.map(({ provider, operation, made }) => [provider, operation, made]).sort()).toEqual([
      ['main', 'text-to-video', 1],
      ['other', 'text-to-video', 1],
    ])
    // Three looks at the host, a second apart, for 2 s of video.
    expect(of('other', requestOf('other words', 'other'))).toBeGreaterThan(1)
    expect(of('other', { ...requestOf('other words', 'other'), frames: 96 })).toBeCloseTo(
      2 * (of('other', requestOf('words', 'other')) ?? 0),
    )
  })

  test('that go wrong are read too, those of a second run with those of the first', async () => {
    const disk: Disk = new Map()
    await runRig(
      rig(disk, {
        submit: (job: { id: string }, count: number) => (job.id === 'a@1' && count === 1 ? failure('capacity', { retry: true }) : 'ok'),
      }),
    )
    const again = rig(disk)
    await runRig({ ...again, plan: planOf(again.world, [{ id: 'c@1' }]) })
    const main = (await readPace(again.world.files, '/film/.ltx')).rows.find(({ provider }) => provider === 'main')
    expect(main).toMatchObject({ made: 2, retried: 1, failed: 0 })
  })

  test('that were long ago, or that a plan would wait for, are left out', async () => {
    const disk: Disk = new Map()
    const host = openHost()
    for (let turn = 0; turn < 12; turn += 1) {
      const world = openMemoryWorld({ disk })
      await runRig({ world, host, plan: planOf(world, [{ id: `s${turn}@1` }]) })
    }
    const made = async (world: ReturnType<typeof openMemoryWorld>) => (await readPace(world.files, '/film/.ltx')).rows[0]?.made
    expect(await made(openMemoryWorld({ disk }))).toBe(10)
    const world = openMemoryWorld({ disk })
    const large = {
      ...world,
      files: { ...world.files, stat: async (path: string) => ({ ...(await world.files.stat(path)), bytes: 3 << 20 }) },
    }
    expect(await made(large)).toBe(1)
  })

  test('nothing is read where nothing was ever made', async () => {
    expect((await readPace(openMemoryWorld({ disk: new Map() }).files, '/film/.ltx')).rows).toEqual([])
  })
})
