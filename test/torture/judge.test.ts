// The judge of the torture can say no: each thing that must not be is tried on it.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { Entry } from '../hosts/ledger.ts'
import { type Case, judge, lockOf } from './judge.ts'
import { key } from './kinds.ts'

const folder = mkdtempSync(join(tmpdir(), 'ltx-judge-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const sha = (text: string): string => createHash('sha256').update(text).digest('hex')
const bought = (job: string, same: string): readonly Entry[] => [
  { at: 1, kind: 'accepted', job, same, request: {} },
  { at: 2, kind: 'finished', job, sha256: sha(job), bytes: job.length },
]

/** A project of two shots, whole unless told otherwise. */
function project(name: string, { jobs = ['one', 'two'] as readonly string[], lost = '', note = '' } = {}): string {
  const root = join(folder, name)
  for (const job of jobs.filter((one) => one !== lost)) {
    const hash = sha(job)
    mkdirSync(join(root, '.ltx/clips', hash.slice(0, 2)), { recursive: true })
    writeFileSync(join(root, '.ltx/clips', hash.slice(0, 2), `${hash.slice(2)}.mp4`), job)
  }
  mkdirSync(root, { recursive: true })
  if (jobs.length > 0)
    writeFileSync(join(root, 'film.ltx.lock'), `ltx-lock 1\n${jobs.map((job, at) => `job s${at}@1\n  sha256 ${sha(job)}`).join('\n')}\n`)
  writeFileSync(join(root, 'note.txt'), note)
  return root
}

const both = [...bought('one', 'a'), ...bought('two', 'b')]
const undisturbed = lockOf(project('undisturbed'), both)
const verdict = (name: string, over: Partial<Case>, made: Parameters<typeof project>[1] = {}): readonly string[] =>
  judge({ root: project(name, made), entries: both, shots: 2, settles: 'itself', undisturbed, uncertain: 0, ...over })

test('nothing is wrong with a film that is whole', () => {
  expect(verdict('whole', {})).toEqual([])
})

test('what is bought twice, lost, left open or locked otherwise is told', () => {
  expect(verdict('twice', { entries: [...both, ...bought('three', 'a')] }).join()).toContain('bought 2 times: one, three')
  expect(verdict('lost', {}, { lost: 'two' }).join()).toContain('2 paid for, 1 in the store')
  expect(verdict('open', { uncertain: 1 }).join()).toContain('left uncertain at a host that can be asked')
  expect(verdict('less', { entries: bought('one', 'a') }).join()).toContain('1 things bought for 2 shots')
  expect(verdict('lock', {}, { jobs: ['two', 'one'] }).join()).toContain('the lock differs at s0@1')
})

test('the key in a file, or on its way to a signed address, is told', () => {
  expect(verdict('note', {}, { note: `x ${key} y` })).toEqual(['the key stands in note.txt'])
  expect(verdict('leak', { entries: [...both, { at: 3, kind: 'leak', where: 'GET /results' }] })).toEqual(['the key came to GET /results'])
})

test('what may be left to a person, and what may be made again since it is free', () => {
  const one = bought('one', 'a')
  expect(verdict('asked', { entries: one, settles: 'person', uncertain: 1 }, { jobs: ['one'] })).toEqual([])
  // With all of it left to a person there is no lock yet; without that there must be one.
  const all = { entries: [...one.slice(0, 1), ...bought('two', 'b').slice(0, 1)], settles: 'person' } as const
  expect(verdict('all asked', { ...all, uncertain: 2 }, { jobs: [] })).toEqual([])
  expect(verdict('no lock', { settles: 'person' }, { jobs: [] }).join()).toContain('the lock differs at its head')
  expect(verdict('asked less', { entries: one, settles: 'person' }, { jobs: ['one'] }).join()).toContain(
    '1 clips and 0 uncertain for 2 shots',
  )
  expect(verdict('free', { entries: [...both, ...bought('three', 'a').slice(0, 1)], settles: 'free' })).toEqual([])
})
