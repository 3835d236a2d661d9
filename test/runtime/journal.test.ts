import { crc32 as zlibCrc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Event, Stamped } from '../../src/runtime/event.ts'
import { foldHistory } from '../../src/runtime/history.ts'
import { journalFolder, openJournal, parseJournal } from '../../src/runtime/journal.ts'
import { crc32, decodeLine, encodeLine } from '../../src/runtime/line.ts'
import { type Disk, diskFull, openMemoryWorld } from './memory-world.ts'
import { failure, requestOf } from './rig.ts'

const key = 'a'.repeat(64)
const attempt = { job: 'harbor/öpen@1', key, attempt: 1 }
const delivered = { frames: 48, size: { width: 320, height: 180 }, rate: { num: 24000, den: 1001 }, soundSamples: 0, bytes: 9 }
const form = { frames: 48, size: delivered.size, rate: delivered.rate }
const request = requestOf('a')
const harm = failure('rate', { retryAfterMs: 5, requestId: 'r', billed: 'no' })
/** One of each kind: a kind that is added to the events and not here does not compile. */
const samples: { readonly [T in Event['type']]: Extract<Event, { type: T }> } = {
  'run.started': { type: 'run.started', run: 'r', film: 'F', script: 's', rung: 'final', jobs: 1, make: 1, price: 3, budget: 5 },
  'job.kept': { type: 'job.kept', job: 'a', key, sha256: key },
  'job.queued': { type: 'job.queued', job: 'a' },
  'job.intent': { type: 'job.intent', ...attempt, provider: 'main', seed: 4, reserved: 3, request },
  'job.sent': { type: 'job.sent', ...attempt },
  'job.accepted': { type: 'job.accepted', ...attempt, provider: 'main', ticket: { id: 'x', n: 1, b: true, z: null } },
  'job.progress': { type: 'job.progress', job: 'a', phase: 'p', progress: 0.5 },
  'job.done': { type: 'job.done', ...attempt, billed: 3, servedModel: 'm', expiresAt: 9 },
  'job.adjusted': { type: 'job.adjusted', ...attempt, asked: form, made: { ...form, frames: 24 }, policy: 'warn' },
  'job.stored': { type: 'job.stored', ...attempt, sha256: key, delivered },
  'job.retrying': { type: 'job.retrying', ...attempt, failure: harm, waitMs: 5 },
  'job.failed': { type: 'job.failed', ...attempt, failure: harm, resumable: true },
  'job.uncertain': { type: 'job.uncertain', ...attempt, failure: harm },
  'job.resolved': { type: 'job.resolved', ...attempt, how: 'found', ticket: { id: 't-2' } },
  'job.blocked': { type: 'job.blocked', job: 'a', by: 'b' },
  'job.cancelled': { type: 'job.cancelled', job: 'a' },
  'job.absent': { type: 'job.absent', ...attempt },
  'job.settling': { type: 'job.settling', ...attempt, until: 9 },
  'cut.progress': { type: 'cut.progress', phase: 'p', progress: 0.5 },
  'cut.made': { type: 'cut.made', output: 'o', sha256: key, frames: 3, loudness: -14.1 },
  'run.stopped': { type: 'run.stopped', reason: 'failed', made: 1, kept: 2, failed: 3, blocked: 4, spent: 5 },
}
const stamped = Object.values(samples).map((event, n): Stamped => ({ v: 1, n, at: 1, ...event }))
const text = stamped.map(encodeLine).join('')
const parse = (from: string) => parseJournal(from, 'j.ndjson')

describe('a line', () => {
  test('its checksum is the one everybody uses', () => {
    const bytes = Buffer.from('häfen 123456789')
    expect(crc32(bytes)).toBe(zlibCrc32(bytes))
  })
  test('any single changed character is noticed', () => {
    const line = encodeLine(samples['job.accepted']).slice(0, -1)
    for (let at = 0; at < line.length; at += 1) {
      const other = line[at] === 'x' ? 'y' : 'x'
      expect(decodeLine(line.slice(0, at) + other + line.slice(at + 1))).toBeUndefined()
    }
  })
})

describe('reading a journal', () => {
  test('every kind of event comes back as it was', () => {
    expect(parse(text)).toEqual({ events: stamped, after: [], problems: [] })
  })
  test('cut anywhere: the whole lines before the cut, and the torn one named', () => {
    for (let cut = 0; cut < text.length; cut += 1) {
      const read = parse(text.slice(0, cut))
      const whole = text.slice(0, cut).split('\n').length - 1
      expect(read.events).toEqual(stamped.slice(0, whole))
      const torn = !text.slice(0, cut).endsWith('\n') && cut > 0
      expect(read.problems).toEqual(torn ? [{ path: 'j.ndjson', line: whole + 1, kind: 'torn' }] : [])
    }
  })
  test('a damaged line in the middle is named, and what comes after is kept apart', () => {
    const lines = text.split('\n')
    lines[4] = `${lines[4]?.slice(0, -3)}"}}`
    const read = parse(lines.join('\n'))
    expect(read.events).toEqual(stamped.slice(0, 4))
    expect(read.after).toEqual(stamped.slice(5))
    expect(read.problems).toEqual([{ path: 'j.ndjson', line: 5, kind: 'bad' }])
  })
  test('a whole line that says nothing we know is bad, not a crash', () => {
    const odd = [1, null, {}, { v: 1, n: 1, at: 1, type: 'job.dance' }, { v: 1, n: 1, at: 1, type: 'job.sent', job: 3 }]
    expect(parse(odd.map(encodeLine).join('')).problems.map(({ kind }) => kind)).toEqual(['bad', 'bad', 'bad', 'bad', 'torn'])
  })
  test('no damage makes it throw, or makes up an event', () => {
    const piece = fc.string({ unit: 'binary', maxLength: 8 })
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(text.length), fc.nat(30), piece), { minLength: 1, maxLength: 4 }), (cuts) => {
        const broken = cuts.reduce((now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length), text)
        const read = parse(broken)
        for (const event of [...read.events, ...read.after]) expect(stamped).toContainEqual(event)
      }),
      { numRuns: 1000, seed: 3 },
    )
  })
})

describe('writing a journal', () => {
  const folder = '/film/.ltx/journal/film'
  test('events that come together share a write, and resolve in order', async () => {
    let appends = 0
    const world = openMemoryWorld({
      before: ({ name }) => {
        appends += name === 'append' ? 1 : 0
      },
    })
    const journal = await openJournal(world, folder)
    const order: number[] = []
    await Promise.all(stamped.map((event) => journal.append(event).then(() => order.push(event.n))))
    expect(order).toEqual(stamped.map(({ n }) => n))
    expect(appends).toBe(2)
    const read = parse(await world.files.readText(journal.path))
    expect(read.events.map(({ type }) => type)).toEqual(
      stamped.map(({ type }) => type).filter((type) => !['job.progress', 'job.queued', 'job.settling', 'cut.progress'].includes(type)),
    )
  })
  test('runs are numbered on, also past those put away', async () => {
    const world = openMemoryWorld()
    const names: string[] = []
    for (const settled of [true, false, true, true]) {
      const journal = await openJournal(world, folder)
      names.push(journal.run.slice(0, 6))
      await journal.close(settled)
    }
    expect(names).toEqual(['000001', '000002', '000003', '000004'])
    expect((await world.files.list(folder)).filter((name) => name.endsWith('.ndjson'))).toEqual([])
    expect(await world.files.list(`${folder}/done`)).toHaveLength(4)
  })
  test('a journal of a newer version stops everything, kindly', async () => {
    const disk: Disk = new Map([[`${folder}/000001-abcdef.ndjson`, Buffer.from(encodeLine({ ...stamped[0], v: 2 }))]])
    await expect(openJournal(openMemoryWorld({ disk }), folder)).rejects.toThrow('newer version of ltx')
    expect([...disk.keys()]).toEqual([`${folder}/000001-abcdef.ndjson`])
  })
  test('damage in an earlier journal is told, and its tickets are still known', async () => {
    const lines = text.split('\n')
    lines[1] = 'damage'
    const disk: Disk = new Map([[`${folder}/000001-abcdef.ndjson`, Buffer.from(`${lines.slice(0, 6).join('\n')}\n`)]])
    const journal = await openJournal(openMemoryWorld({ disk }), folder)
    expect(journal.problems).toMatchObject([{ line: 2, kind: 'bad' }])
    expect(journal.history.open.get(key)).toMatchObject({ stage: 'accepted', ticket: { id: 'x' }, run: '000001-abcdef' })
  })
  test('a write that fails rejects its events, and the next ones go on', async () => {
    let failing = false
    const world = openMemoryWorld({
      before: ({ name }) => {
        if (failing && name === 'append') throw diskFull()
      },
    })
    const journal = await openJournal(world, folder)
    const [first, second] = stamped
    if (first === undefined || second === undefined) throw new Error('no samples')
    failing = true
    await expect(journal.append(first)).rejects.toMatchObject({ code: 'ENOSPC' })
    failing = false
    await journal.append(second)
    expect(parse(await world.files.readText(journal.path))).toMatchObject({ events: [second], problems: [] })
  })
  test('folders of films never collide, and are plain', () => {
    const { sha256 } = openMemoryWorld()
    const folders = ['a b.ltx', 'a-b.ltx', 'A B.ltx', '../x/ü.ltx', 'x'.repeat(500)].map((script) => journalFolder('/.ltx', script, sha256))
    expect(new Set(folders).size).toBe(5)
    for (const path of folders) expect(path).toMatch(/^\/\.ltx\/journal\/[a-z0-9-]{1,60}$/)
  })
})

describe('what the journals say is open', () => {
  const fold = (...types: Event['type'][]) => foldHistory(types.map((type) => ({ run: 'r1', event: samples[type] })))
  test.each<[string, Event['type'][], string | undefined]>([
    ['only meant', ['job.intent'], 'intent'],
    ['sent', ['job.intent', 'job.sent'], 'sent'],
    ['accepted', ['job.intent', 'job.sent', 'job.accepted'], 'accepted'],
    ['done', ['job.intent', 'job.accepted', 'job.done'], 'done'],
    ['stored', ['job.intent', 'job.accepted', 'job.done', 'job.stored'], undefined],
    ['refused before it was taken', ['job.intent', 'job.sent', 'job.retrying'], undefined],
    ['a trouble after the ticket', ['job.intent', 'job.accepted', 'job.retrying'], 'accepted'],
    ['failed, but perhaps still there', ['job.intent', 'job.accepted', 'job.failed'], 'accepted'],
    ['in doubt', ['job.intent', 'job.sent', 'job.uncertain'], 'uncertain'],
    ['let go by a stop', ['job.intent', 'job.accepted', 'job.cancelled'], 'accepted'],
    ['the intent lost with a damaged line', ['job.sent'], 'sent'],
  ])('%s', (_what, types, stage) => {
    expect(fold(...types).open.get(key)?.stage).toBe(stage)
  })
  test('a failure the host has the last word on closes it', () => {
    const { resumable: _resumable, ...final } = samples['job.failed']
    const history = foldHistory([samples['job.intent'], samples['job.accepted'], final].map((event) => ({ run: 'r1', event })))
    expect(history.open.size).toBe(0)
  })
  test('the clip keeps its seed, price and served model', () => {
    expect(fold('job.intent', 'job.accepted', 'job.done', 'job.stored').stored.get(key)).toEqual({
      key,
      sha256: key,
      delivered,
      billed: 3,
      servedModel: 'm',
      seed: 4,
    })
  })
})
