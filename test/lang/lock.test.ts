import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openReporter } from '../../src/lang/diagnostic.ts'
import { type Lock, type LockedJob, lockWord, parseLock, printLock } from '../../src/lang/lock.ts'
import type { Request } from '../../src/lang/plan.ts'
import { workOf } from '../work-done.ts'

const hash = (digit: string): string => digit.repeat(64)
const request: Request = {
  operation: 'text-to-video',
  provider: 'hosted-ltx/1',
  model: 'ltx-2.5-pro',
  size: { width: 1920, height: 1080 },
  rate: { num: 24, den: 1 },
  frames: 144,
  prompt: 'She walks along the quay, 100% "awake"  and slowly.',
  negative: '',
  sound: true,
  segments: [],
  keys: [],
}
const job = (over: Partial<LockedJob> = {}): LockedJob => ({
  key: hash('a'),
  provider: { name: 'main', kind: 'hosted-ltx/1' },
  model: { asked: 'ltx-2.5-pro', served: 'ltx-2.5-pro-0611' },
  seed: 12,
  price: 360000,
  asked: { frames: 144, size: { width: 1920, height: 1080 }, rate: { num: 24000, den: 1001 } },
  delivered: { frames: 145, size: { width: 1920, height: 1088 }, rate: { num: 24000, den: 1001 }, soundSamples: 288000, bytes: 5242880 },
  clip: hash('b'),
  request,
  ...over,
})
const { seed: _seed, ...seedless } = job()
const lock: Lock = {
  jobs: new Map([
    ['harbor/open@10', job()],
    ['harbor/open@2', job({ clip: hash('c') })],
    ['harbor/open@2+1:conform', seedless],
    ['end', job()],
  ]),
  picks: new Map([['harbor/open', 2]]),
  moves: new Map([['harbor/open', 'harbor/wide']]),
}
function read(text: string) {
  const reporter = openReporter()
  return { lock: parseLock(text, 'film.ltx.lock', reporter), errors: reporter.diagnostics() }
}
const firstError = (text: string) => {
  const { lock, errors } = read(text)
  expect(lock).toBeUndefined()
  expect(errors).toHaveLength(1)
  return errors[0]
}

describe('text of a lock', () => {
  test('prints one stanza a job, sorted by path and take', () => {
    const heads = printLock(lock)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(' '))
    expect(heads).toEqual([
      'ltx-lock 1',
      'job end',
      'moved harbor/wide -> harbor/open',
      'pick harbor/open 2',
      'job harbor/open@2',
      'job harbor/open@2+1:conform',
      'job harbor/open@10',
    ])
  })
  test('comes back the same, value and bytes, also with the line ends of Windows', () => {
    const text = printLock(lock)
    expect(read(text).lock).toEqual({ ...lock, jobs: new Map([...lock.jobs].sort()) })
    expect(printLock(read(text).lock ?? lock)).toBe(text)
    expect(read(text.replaceAll('\n', '\r\n')).lock).toEqual(read(text).lock)
  })
  test('a released film', () => {
    const released: Lock = { ...lock, released: true }
    expect(printLock(released).split('\n').slice(0, 3)).toEqual(['ltx-lock 1', '', 'released'])
    expect(read(printLock(released)).lock?.released).toBe(true)
    expect(firstError(`${printLock(released)}\nreleased\n`)?.message).toContain('twice')
  })
  test('an empty lock', () => {
    expect(read('ltx-lock 1\n').lock).toEqual({ jobs: new Map(), picks: new Map(), moves: new Map() })
    expect(printLock({ jobs: new Map(), picks: new Map(), moves: new Map() })).toBe('ltx-lock 1\n')
  })
  test.skipIf(spawnSync('git', ['--version']).status !== 0)('git merges two branches that made different shots by itself', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ltx-lock-'))
    const withShots = (...paths: string[]): string =>
      printLock({ ...lock, jobs: new Map(['b@1', 'd@1', ...paths].map((path) => [path, job()])) })
    const versions = { base: withShots(), ours: withShots('a@1', 'c@1'), theirs: withShots('c@1', 'e@1') }
    for (const [name, text] of Object.entries(versions)) writeFileSync(join(folder, name), text)
    const merged = spawnSync('git', ['merge-file', '-p', 'ours', 'base', 'theirs'], { cwd: folder, encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect(merged.status).toBe(0)
    expect(merged.stdout).toBe(withShots('a@1', 'c@1', 'e@1'))
  })
})

describe('a lock that cannot be read', () => {
  const text = printLock(lock)
  test('merge markers are named with their line', () => {
    const marked = text.replace('job end', '<<<<<<< HEAD\njob end\n=======\njob end\n>>>>>>> branch')
    expect(firstError(marked)).toMatchObject({ code: 'lock.conflict', span: { start: marked.indexOf('<<<<<<<') } })
    expect(firstError(marked)?.message).toContain('line 3')
  })
  test('a newer version is refused', () => {
    expect(firstError(text.replace('ltx-lock 1', 'ltx-lock 2'))?.code).toBe('lock.newer')
  })
  test.each([
    ['no first line', '', 'line 1'],
    ['no version', text.slice(11), 'line 1'],
    ['a job twice', `${text}\njob end\n  key ${hash('a')}\n`, 'twice'],
    ['a line twice', text.replace('  price 360000', '  price 360000\n  price 360000'), 'two lines `price`'],
    ['a line missing', text.replace('  price 360000\n', ''), 'no `price`'],
    ['an unknown line', text.replace('  price', '  path /home/x\n  price'), '`path` is nothing'],
    ['a short hash', text.replace(hash('b'), hash('b').slice(1)), '64 lower-case'],
    ['a negative price', text.replace('price 360000', 'price -1'), 'whole number'],
    ['a price past the exact integers', text.replace('price 360000', 'price 9999999999999999'), 'whole number'],
    ['no height', text.replace('1920x1080', '1920x'), 'whole number'],
    ['a rate over zero', text.replace('24000/1001', '24000/0'), 'whole number'],
    ['an address', text.replace('ltx-2.5-pro-0611', 'https://host/clip'), 'no addresses'],
    ['a control character', text.replace('ltx-2.5-pro-0611', 'ltx\u009b31m'), 'plain word'],
    ['text turned around', text.replace('ltx-2.5-pro-0611', 'ltx\u202epro'), 'plain word'],
    ['a pick twice', `${text}\npick harbor/open 1\n`, 'twice'],
    ['a take zero', text.replace('pick harbor/open 2', 'pick harbor/open 0'), 'at least 1'],
    ['an orphan line', text.replace('job end\n', ''), 'belongs under'],
    ['a stray word', `${text}\nhello\n`, 'starts with'],
    ['a tab for the indent', text.replace('  key', '\tkey'), 'has no `key`'],
    ['a cut tail', text.slice(0, -40), 'a request should be JSON'],
  ])('%s', (_what, broken, says) => {
    const error = firstError(broken)
    expect(error?.code).toBe('lock.corrupt')
    expect(error?.message).toContain(says)
  })
  test('names that mean something to JavaScript are only names', () => {
    const named = text.replace('job end', 'job __proto__').replace('pick harbor/open', 'pick constructor')
    expect(read(named).lock?.jobs.has('__proto__')).toBe(true)
    expect(read(text.replace('  price', '  constructor x\n  price')).errors[0]?.message).toContain('`constructor` is nothing')
  })
  test('a megabyte of noise is refused quickly', () => {
    const noise = `ltx-lock 1\n${'x'.repeat(33 * 1024 * 1024)}`
    expect(workOf(() => firstError(noise))).toBeLessThan(2000)
  })
})

test('any damage to the text is either refused with one error or read into a lock that prints cleanly', () => {
  const text = printLock(lock)
  const piece = fc.oneof(fc.string({ unit: 'binary', maxLength: 6 }), fc.constantFrom('\n', ' ', '  key ', '<<<<<<<', 'job end', '-1', '0'))
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(text.length), fc.nat(80), piece), { minLength: 1, maxLength: 3 }), (cuts) => {
      const broken = cuts.reduce((now, [at, length, put]) => now.slice(0, at) + put + now.slice(at + length), text)
      const result = read(broken)
      if (result.lock === undefined) expect(result.errors).toHaveLength(1)
      else expect(read(printLock(result.lock)).lock).toEqual(result.lock)
      for (const { span } of result.errors) expect(span.end).toBeLessThanOrEqual(broken.length)
    }),
    { numRuns: 5000, seed: 2 },
  )
})

test('a word from a host is kept only when a lock may hold it', () => {
  expect(lockWord('ltx-2.5-pro', 'x')).toBe('ltx-2.5-pro')
  for (const word of ['', 'two words', 'https://host/m', 'a\u0007', 'x'.repeat(300)]) expect(lockWord(word, 'asked')).toBe('asked')
})
