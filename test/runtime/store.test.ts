import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openReporter } from '../../src/lang/diagnostic.ts'
import { openActions } from '../../src/runtime/actions.ts'
import type { Stored } from '../../src/runtime/history.ts'
import { encodeLine } from '../../src/runtime/line.ts'
import { openLockFile } from '../../src/runtime/lock-file.ts'
import { openFinder } from '../../src/runtime/made.ts'
import { takeProject } from '../../src/runtime/project-lock.ts'
import { openStore } from '../../src/runtime/store.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { openMemoryWorld } from './memory-world.ts'

const world = openNodeWorld({})
const { files, sha256 } = world
let root = ''
beforeEach(() => {
  root = fs.mkdtempSync(join(tmpdir(), 'ltx-store-'))
})
afterEach(() => fs.rmSync(root, { recursive: true, force: true }))

const put = async (store: Awaited<ReturnType<typeof openStore>>, text: string): Promise<string> => {
  const part = store.temporary()
  fs.writeFileSync(part, text)
  return store.put(part)
}

describe('the store', () => {
  test('names a clip by its bytes, keeps it once, leaves nothing under way', async () => {
    const store = await openStore(files, join(root, '.ltx'), 'clips')
    const names = [await put(store, 'clip'), await put(store, 'clip')]
    expect(names).toEqual([sha256('clip'), sha256('clip')])
    expect(fs.readFileSync(store.pathOf(sha256('clip')), 'utf8')).toBe('clip')
    expect(fs.readdirSync(join(root, '.ltx/clips/parts'))).toEqual([])
    expect(await store.index()).toEqual(new Set([sha256('clip')]))
    expect([await store.has(sha256('clip'), 4), await store.has(sha256('clip'), 5), await store.has(sha256('x'), 1)]).toEqual([
      true,
      false,
      false,
    ])
  })
  test('the two namespaces never see each other', async () => {
    const clips = await openStore(files, join(root, '.ltx'), 'clips')
    const animatic = await openStore(files, join(root, '.ltx'), 'animatic')
    const name = await put(animatic, 'placeholder')
    expect(await clips.verify(name)).toBe('missing')
    expect(await animatic.verify(name)).toBe('whole')
  })
  test.each([
    ['a changed byte', 'klip'],
    ['a cut', 'cl'],
    ['nothing', ''],
  ])('damage is found on use and moved aside: %s', async (_what, damaged) => {
    const store = await openStore(files, join(root, '.ltx'), 'clips')
    const name = await put(store, 'clip')
    expect(await store.verify(name)).toBe('whole')
    fs.writeFileSync(store.pathOf(name), damaged)
    fs.utimesSync(store.pathOf(name), 1, 1)
    expect(await store.verify(name)).toBe('damaged')
    expect(await store.verify(name)).toBe('missing')
    const aside = fs.readdirSync(join(root, '.ltx/clips/aside'))
    expect(aside).toHaveLength(1)
    expect(fs.readFileSync(join(root, '.ltx/clips/aside', aside[0] ?? ''), 'utf8')).toBe(damaged)
    expect(await put(store, 'clip')).toBe(name)
    expect(await store.verify(name)).toBe('whole')
  })
  test('putting a clip over its damaged self repairs it', async () => {
    const store = await openStore(files, join(root, '.ltx'), 'clips')
    const name = await put(store, 'clip')
    fs.writeFileSync(store.pathOf(name), 'klip')
    fs.utimesSync(store.pathOf(name), 1, 1)
    await put(store, 'clip')
    expect(fs.readFileSync(store.pathOf(name), 'utf8')).toBe('clip')
  })
  test('hashes a clip once, however often it is used', async () => {
    let hashed = 0
    const memory = openMemoryWorld({
      before: ({ name }) => {
        hashed += name === 'sha256' ? 1 : 0
      },
    })
    const first = await openStore(memory.files, '/.ltx', 'clips')
    await memory.files.writeWhole(first.temporary(), 'clip')
    await memory.files.writeWhole('/.ltx/clips/parts/9.part', 'clip')
    const name = await first.put('/.ltx/clips/parts/9.part')
    const again = await openStore(memory.files, '/.ltx', 'clips')
    hashed = 0
    for (let at = 0; at < 5; at += 1) expect(await again.verify(name)).toBe('whole')
    expect(hashed).toBe(1)
  })
  test('what a crash left under way is gone at the next start; evidence stays', async () => {
    const store = await openStore(files, join(root, '.ltx'), 'clips')
    const part = store.temporary()
    fs.writeFileSync(part, 'half')
    const other = store.temporary()
    fs.writeFileSync(other, 'wrong')
    const kept = await store.setAside(other, 'mismatch')
    await openStore(files, join(root, '.ltx'), 'clips')
    expect([fs.existsSync(part), fs.existsSync(kept)]).toEqual([false, true])
  })
})

const stored = (name: string, over: Partial<Stored> = {}): Stored => ({
  key: sha256(name),
  sha256: sha256(`clip ${name}`),
  delivered: { frames: 1, size: { width: 2, height: 2 }, rate: { num: 24, den: 1 }, soundSamples: 0, bytes: 4 },
  billed: 0,
  ...over,
})

describe('the list of what each key has made', () => {
  test('the last word wins, also after opening again', async () => {
    const path = join(root, 'actions.ndjson')
    const actions = await openActions(files, path)
    await actions.add(stored('a'))
    await actions.add(stored('a', { billed: 5 }))
    await actions.add(stored('b', { seed: 3, servedModel: 'm' }))
    await actions.sync()
    await actions.close()
    const again = await openActions(files, path)
    expect([again.size, again.get(sha256('a')), again.get(sha256('b'))]).toEqual([
      2,
      stored('a', { billed: 5 }),
      stored('b', { seed: 3, servedModel: 'm' }),
    ])
  })
  test('a torn tail and a damaged line lose themselves alone, and what is added after stays whole', async () => {
    const path = join(root, 'actions.ndjson')
    const line = encodeLine(stored('a'))
    fs.writeFileSync(path, `${line}damage\n${encodeLine(stored('b'))}${line.slice(0, 40)}`)
    const actions = await openActions(files, path)
    expect(actions.size).toBe(2)
    await actions.add(stored('c'))
    await actions.close()
    expect((await openActions(files, path)).size).toBe(3)
  })
  test('a list that is mostly history is written anew', async () => {
    const path = join(root, 'actions.ndjson')
    fs.writeFileSync(path, encodeLine(stored('a')).repeat(2000))
    await openActions(files, path)
    expect(fs.readFileSync(path, 'utf8')).toBe(encodeLine(stored('a')))
  })
  test('a finder asks the lock first, and names nothing that the store lacks', () => {
    const { key } = stored('a')
    const locked = { key, provider: { name: 'm', kind: 'm/1' }, model: { asked: 'x', served: 'y' }, price: 9, asked: { frames: 1, size: { width: 2, height: 2 }, rate: { num: 24, den: 1 } }, delivered: stored('a').delivered, clip: sha256('locked'), request: { operation: 'text-to-video', provider: 'm/1', model: 'x', size: { width: 2, height: 2 }, rate: { num: 24, den: 1 }, frames: 1, prompt: '', negative: '', sound: true, segments: [], keys: [] } } as const // biome-ignore format: one stanza
    const lock = { jobs: new Map([['a@1', locked]]), picks: new Map(), moves: new Map() }
    const actions = {
      get: () => stored('a'),
      size: 1,
      add: async () => undefined,
      sync: async () => undefined,
      close: async () => undefined,
    }
    const history = { open: new Map(), stored: new Map() }
    const ask = (...present: string[]) => openFinder({ lock, actions, history, present: new Set(present) })(key)?.sha256
    expect(ask(locked.clip, stored('a').sha256)).toBe(locked.clip)
    expect(ask(stored('a').sha256)).toBe(stored('a').sha256)
    expect(ask()).toBeUndefined()
  })
})

describe('the lock file', () => {
  const open = async () => {
    const file = await openLockFile(files, join(root, 'film.ltx.lock'), 'film.ltx.lock', openReporter())
    if (file === undefined) throw new Error('unreadable')
    return file
  }
  const read = () => fs.readFileSync(join(root, 'film.ltx.lock'), 'utf8')
  test('nothing to say writes nothing', async () => {
    await (await open()).save()
    expect(fs.readdirSync(root)).toEqual([])
  })
  test('a pick and a rename are there for the next one', async () => {
    const file = await open()
    file.pick('harbor/open', 2)
    file.move('harbor/wide', 'harbor/open')
    await file.save()
    expect(read()).toBe('ltx-lock 1\n\nmoved harbor/wide -> harbor/open\n\npick harbor/open 2\n')
    expect((await open()).lock().picks.get('harbor/open')).toBe(2)
  })
  test('what somebody else wrote meanwhile stays', async () => {
    const [ours, theirs] = [await open(), await open()]
    theirs.pick('a', 3)
    theirs.pick('b', 1)
    await theirs.save()
    ours.pick('b', 2)
    await ours.save()
    expect(read()).toBe('ltx-lock 1\n\npick a 3\n\npick b 2\n')
  })
  test('an unreadable lock is never written over, neither at the start nor later', async () => {
    const file = await open()
    file.pick('a', 1)
    fs.writeFileSync(join(root, 'film.ltx.lock'), '<<<<<<< HEAD\n')
    await expect(file.save()).rejects.toThrow('can no longer be read')
    const reporter = openReporter()
    expect(await openLockFile(files, join(root, 'film.ltx.lock'), 'film.ltx.lock', reporter)).toBeUndefined()
    expect(reporter.diagnostics().map(({ code }) => code)).toEqual(['lock.conflict'])
    expect(read()).toBe('<<<<<<< HEAD\n')
    fs.rmSync(join(root, 'film.ltx.lock'))
    await file.save()
    expect(read()).toContain('pick a 1')
  })
})

test('a project is held by one, whatever path leads to it, and the second is told by whom', async () => {
  fs.mkdirSync(join(root, 'film'))
  fs.symlinkSync(join(root, 'film'), join(root, 'link'))
  const first = await takeProject(world, join(root, 'film'))
  const second = await takeProject(world, join(root, 'link'))
  expect(second).toMatchObject({ kind: 'busy', holder: { pid: process.pid } })
  if (first.kind === 'held') await first.hold.release()
  expect(fs.existsSync(join(root, 'film/.ltx/run.json'))).toBe(false)
  const third = await takeProject(world, join(root, 'link'))
  expect(third.kind).toBe('held')
  if (third.kind === 'held') await third.hold.release()
})
