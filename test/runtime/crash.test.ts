// The oracle of a crash is the host's ledger: whatever was cut off, wherever, the next run ends with the same film
// and the same lock, and no job stands in the ledger twice.
import { describe, expect, test } from 'vitest'
import type { Capabilities } from '../../src/lang/catalogue.ts'
import { type Disk, diskFull, type MemoryWorld, type Operation, openMemoryWorld } from './memory-world.ts'
import { type Entry, type Host, lockText, openHost, planOf, type Ran, runRig, type Sketch } from './rig.ts'

const film: readonly Sketch[] = [
  { id: 'a@1' },
  { id: 'a@1+1', needs: ['a@1'] },
  { id: 'a@1+1:conform', needs: ['a@1+1'], provider: 'cut', price: 0 },
  { id: 'b@1', needs: ['asset:face.png'] },
]
const firstDisk = (): Disk => new Map([['/film/face.png', Buffer.from('asset:face.png')]])
const hostWith = (ledger: readonly Entry[], submits: readonly string[] = []): Host => ({
  ...openHost(),
  ledger: ledger.map((entry) => ({ ...entry })),
  submits: [...submits],
})
type Submit = Capabilities['submit']

const go = (world: MemoryWorld, host: Host, submit: Submit): Promise<Ran> => runRig({ world, host, plan: planOf(world, film), submit })
const twice = (host: Host): string[] => host.ledger.map(({ key }) => key).filter((key, at, all) => all.indexOf(key) !== at)

type Snapshot = { readonly disk: Disk; readonly host: Host; readonly at: string }

/** One run without trouble, and what a crash before each of its writes would have left; of appends also half a line. */
async function snapshots(submit: Submit) {
  const disk = firstDisk()
  const host = openHost()
  const taken: Snapshot[] = []
  const take = (at: string, change: (disk: Disk) => void = () => undefined): void => {
    const copy = new Map(disk)
    change(copy)
    taken.push({ disk: copy, host: hostWith(host.ledger, host.submits), at })
  }
  const before = ({ name, path, count, writes }: Operation): void => {
    if (!writes) return
    take(`${count} ${name} ${path}`)
    if (name === 'append')
      take(`${count} torn ${path}`, (copy) =>
        copy.set(path, Buffer.concat([copy.get(path) ?? Buffer.of(), Buffer.from('0badc0de 99 {"v":1,"n')])),
      )
  }
  const whole = await go(openMemoryWorld({ disk, before }), host, submit)
  return { whole, taken, lock: disk.get(lockText) }
}

describe('cut off anywhere', () => {
  test.each<Submit>(['replay-key', 'client-id', 'list'])(
    'with a host of kind %s: same film, same lock, nothing bought twice',
    async (submit) => {
      const { whole, taken, lock } = await snapshots(submit)
      expect(taken.length).toBeGreaterThan(60)
      for (const { disk, host, at } of taken) {
        const { outcome, film } = await go(openMemoryWorld({ disk }), host, submit)
        expect([at, outcome.reason, twice(host), host.ledger.length]).toEqual([at, 'finished', [], film.length > 0 ? 4 : -1])
        expect([at, film]).toEqual([at, whole.film])
        expect([at, disk.get(lockText)]).toEqual([at, lock])
      }
    },
  )
  test('with a blind host: what may have been bought is named, and never bought again', async () => {
    const { whole, taken } = await snapshots('blind')
    let uncertain = 0
    for (const { disk, host, at } of taken) {
      const paid = (): number => host.ledger.filter(({ job }) => !job.endsWith('conform')).length
      const { outcome, film } = await go(openMemoryWorld({ disk }), host, 'blind')
      expect([at, twice(host).filter((key) => host.ledger.find((entry) => entry.key === key)?.job !== 'a@1+1:conform')]).toEqual([at, []])
      if (outcome.reason === 'finished') expect([at, film, paid()]).toEqual([at, whole.film, 3])
      else {
        expect([at, outcome.failures.every((fell) => fell.uncertain)]).toEqual([at, true])
        uncertain += 1
      }
    }
    // Only a crash between the submit and its record leaves a doubt: before that append, and with half of it.
    expect(uncertain).toBeGreaterThan(0)
    expect(uncertain).toBeLessThanOrEqual(3 * 4)
  })
  test('twice in a row', async () => {
    const { whole, taken } = await snapshots('replay-key')
    for (const first of taken.filter((_, at) => at % 7 === 0)) {
      const second: Snapshot[] = []
      const before = ({ writes, count, name }: Operation): void => {
        if (writes && count % 5 === 0)
          second.push({ disk: new Map(first.disk), host: hostWith(first.host.ledger), at: `${first.at}, ${count} ${name}` })
      }
      await go(openMemoryWorld({ disk: first.disk, before }), first.host, 'replay-key')
      for (const { disk, host, at } of second) {
        const { film } = await go(openMemoryWorld({ disk }), host, 'replay-key')
        expect([at, film, host.ledger.length]).toEqual([at, whole.film, 4])
      }
    }
  })
})

describe('a full disk', () => {
  const fullFrom =
    (from: number, to: number) =>
    ({ count, writes }: Operation): void => {
      if (writes && count >= from && count < to) throw diskFull()
    }
  test.each([
    ['for good', Number.POSITIVE_INFINITY],
    ['for one write', 1],
  ])('at any write, %s: the run says so, nothing stored is lost, the next one ends well', async (_what, length) => {
    const { whole, taken } = await snapshots('replay-key')
    const writes = new Set(taken.map(({ at }) => at.split(' ')[0])).size
    for (let at = 1; at <= writes; at += 1) {
      const disk = firstDisk()
      const host = openHost()
      const broken = await go(openMemoryWorld({ disk, before: fullFrom(at, at + length) }), host, 'replay-key').catch((error: unknown) => {
        expect([at, error]).toMatchObject([at, { code: 'ENOSPC' }]) // before the run began
        return undefined
      })
      const stored = (broken?.events ?? []).flatMap((event) => (event.type === 'job.stored' ? [event.sha256] : []))
      for (const sha256 of stored)
        expect([at, disk.has(`/film/.ltx/clips/${sha256.slice(0, 2)}/${sha256.slice(2)}.mp4`)]).toEqual([at, true])
      if (broken?.outcome.reason === 'failed') {
        const kinds = [
          ...broken.outcome.failures.map(({ failure }) => failure.kind),
          ...(broken.outcome.failure ? [broken.outcome.failure.kind] : []),
        ]
        expect([at, kinds.length > 0 && kinds.every((kind) => kind === 'disk')]).toEqual([at, true])
      }
      const { outcome, film } = await go(openMemoryWorld({ disk }), host, 'replay-key')
      expect([at, outcome.reason, film, host.ledger.length]).toEqual([at, 'finished', whole.film, 4])
      for (const sha256 of stored)
        expect([at, disk.has(`/film/.ltx/clips/${sha256.slice(0, 2)}/${sha256.slice(2)}.mp4`)]).toEqual([at, true])
    }
  })
  test('the last records are written into a reserve: even a blind host is left without a doubt', async () => {
    const disk = firstDisk()
    const host = openHost()
    let full = false
    const before = ({ writes, name }: Operation): void => {
      if (host.ledger.length > 0) full = true
      const isJournal = name === 'append' && !disk.has('/film/.ltx/journal/film/reserve')
      if (writes && full && !isJournal) throw diskFull()
    }
    const first = await go(openMemoryWorld({ disk, before }), host, 'blind')
    expect(first.outcome.failures.map(({ failure }) => failure.kind)).toContain('disk')
    const bought = host.ledger.length
    expect(bought).toBeGreaterThan(0)
    const second = await go(openMemoryWorld({ disk }), host, 'blind')
    expect(second.outcome).toMatchObject({ reason: 'finished', failures: [] })
    expect(host.ledger).toHaveLength(4)
  })
  test('stops further submits', async () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ id: `s${at}@1` }))
    const disk = firstDisk()
    const host = openHost()
    const before = ({ path, name }: Operation): void => {
      if (name === 'writeWhole' && path.endsWith('.part')) throw diskFull()
    }
    const world = openMemoryWorld({ disk, before })
    const { outcome } = await runRig({ world, host, plan: planOf(world, many) })
    expect(host.submits.length).toBeLessThanOrEqual(4)
    expect(outcome.failures.length + outcome.blocked.length).toBe(30)
  })
})

describe('a stop by the user', () => {
  test('in the cut: what the killed tool throws is no bug, and the clips are kept', async () => {
    const disk = firstDisk()
    const stop = new AbortController()
    const world = openMemoryWorld({ disk })
    const cut = async (): Promise<never> => {
      stop.abort(new DOMException('stopped', 'AbortError'))
      throw new Error('ffmpeg was killed with signal SIGTERM')
    }
    const stopped = await runRig({ world, host: openHost(), plan: planOf(world, film), signal: stop.signal, cut })
    expect(stopped.outcome).toMatchObject({ reason: 'interrupted', failures: [] })
    expect((await go(openMemoryWorld({ disk }), openHost(), 'blind')).outcome).toMatchObject({ reason: 'finished', kept: 4 })
  })
  test('at any event: nothing new is sent after it, and the next run ends as if nothing had been', async () => {
    const whole = await go(openMemoryWorld({ disk: firstDisk() }), openHost(), 'blind')
    for (let at = 1; at <= whole.events.length; at += 1) {
      const disk = firstDisk()
      const host = openHost()
      const stop = new AbortController()
      let sent = -1
      const world = openMemoryWorld({ disk })
      const plan = planOf(world, film)
      const onEvent = ({ n }: { n: number }): void => {
        if (n !== at) return
        sent = host.submits.length
        stop.abort(new DOMException('stopped', 'AbortError'))
      }
      const stopped = await runRig({ world, host, plan, submit: 'blind', signal: stop.signal, onEvent })
      expect([at, stopped.outcome.failures]).toEqual([at, []])
      expect([at, stopped.events.at(-1)?.type]).toEqual([at, 'run.stopped'])
      // A submit that was on its way when the stop came is seen to its end.
      expect(host.submits.length - sent).toBeLessThanOrEqual(2)
      const { outcome, film: text } = await go(openMemoryWorld({ disk }), host, 'blind')
      expect([at, outcome.reason, text, twice(host)]).toEqual([at, 'finished', whole.film, []])
      expect(host.ledger).toHaveLength(4)
    }
  })
})
