import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProviderFailure } from '../../src/failure.ts'
import type { Calls } from '../../src/providers/provider.ts'
import { guardCalls, openRedactor } from '../../src/runtime/redact.ts'
import { openSecrets } from '../../src/world.keys.node.ts'
import { type Disk, openMemoryWorld } from './memory-world.ts'
import { callsOf, failure, openHost, planOf, runRig } from './rig.ts'

const canary = 'canary/K3y+"with\\all~of-it'

describe('a key', () => {
  let folder = ''
  beforeEach(() => {
    folder = fs.mkdtempSync(join(tmpdir(), 'ltx-keys-'))
  })
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))
  const write = (text: string, mode = 0o600): string => {
    fs.mkdirSync(join(folder, 'ltx'), { recursive: true })
    const path = join(folder, 'ltx/keys')
    fs.writeFileSync(path, text, { mode })
    fs.chmodSync(path, mode)
    return path
  }
  test('comes from the environment before the file, from the file where there is none', () => {
    write('# mine\nexport A="one"\n B = two \nC=\n')
    const secret = openSecrets({ XDG_CONFIG_HOME: folder, B: 'env' })
    expect([secret('A'), secret('B'), secret('C'), secret('D')]).toEqual(['one', 'env', undefined, undefined])
  })
  test('LTX_KEYS names another file, which must be there', () => {
    expect(openSecrets({ LTX_KEYS: write('A=one') })('A')).toBe('one')
    expect(() => openSecrets({ LTX_KEYS: join(folder, 'none') })('A')).toThrow('there is no such file')
    expect(openSecrets({ XDG_CONFIG_HOME: join(folder, 'none') })('A')).toBeUndefined()
  })
  test.each([0o644, 0o640, 0o604, 0o660])('a file that others may read is refused: %o', (mode) => {
    const path = write('A=one', mode)
    const secret = openSecrets({ LTX_KEYS: path, B: 'env' })
    expect(secret('B')).toBe('env')
    try {
      secret('A')
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(ProviderFailure)
      expect((error as ProviderFailure).failure).toMatchObject({ kind: 'auth', next: `chmod 600 ${path}` })
      expect(String(error)).not.toContain('one')
    }
  })
  test('a line end that came along by pasting is cut; one inside is refused, and not repeated', () => {
    expect(openSecrets({ A: ' good-key\n' })('A')).toBe('good-key')
    expect(openSecrets({ A: '', LTX_KEYS: write('A=file') })('A')).toBe('file')
    expect(() => openSecrets({ A: 'good\nkey' })('A')).toThrow(/characters that no key has/)
    expect(() => openSecrets({ A: 'good\nkey' })('A')).not.toThrow(/good/)
  })
})

describe('what a provider says', () => {
  const open = () => {
    const redactor = openRedactor()
    redactor.watch({ ...openMemoryWorld(), secret: () => canary }).secret('KEY')
    return redactor
  }
  test('has the key blotted out in every form', () => {
    const redactor = open()
    const forms = [canary, encodeURIComponent(canary), JSON.stringify(canary), btoa(canary), btoa(`${canary}:password`)]
    for (const form of forms) {
      const clean = redactor.text(`a ${form} b`)
      expect(clean).toContain('[key]')
      expect(clean).not.toContain(canary.slice(0, 12))
    }
    expect(redactor.copy({ a: [canary], [canary]: 1 })).toEqual({ a: ['[key]'], '[key]': 1 })
  })
  test('stays the same error, with its code', () => {
    const error = Object.assign(new Error(`no ${canary}`), { code: 'ENOSPC', cause: canary })
    expect(open().error(error)).toBe(error)
    expect(`${error.message} ${error.stack} ${error.cause}`).not.toContain(canary)
    expect(error.code).toBe('ENOSPC')
  })
  test('a run against a host that repeats the key everywhere leaves it nowhere', async () => {
    const disk: Disk = new Map()
    const base = openMemoryWorld({ disk })
    const redactor = openRedactor()
    const world = { ...redactor.watch({ ...base, secret: () => canary }), disk, operations: base.operations }
    const said = { message: `key ${canary} says no`, next: canary, requestId: canary }
    const host = openHost({
      submit: (job, count) => (job.id === 'b@1' ? failure('auth', said) : count === 1 ? failure('rate', { ...said, retry: true }) : 'ok'),
      poll: ({ job, polls }) => {
        if (job === 'c@1') return { state: 'failed', failure: failure('moderation', said) }
        return polls < 2 ? { state: 'working', phase: canary, nextPollMs: 10 } : { state: 'done', servedModel: canary }
      },
    })
    const signal = new AbortController().signal
    const raw = callsOf(world, host, signal)
    const calls: Calls = guardCalls(
      {
        ...raw,
        submit: async (job, sent) => {
          world.secret('KEY')
          return { ...(await raw.submit(job, sent)), note: canary }
        },
      },
      redactor,
    )
    const plan = planOf(world, [{ id: 'a@1' }, { id: 'c@1' }, { id: 'b@1' }])
    const { outcome, events } = await runRig({ world, host, plan, calls })
    expect(outcome.failures.map(({ failure: { kind } }) => kind).sort()).toEqual(['auth', 'moderation'])
    const artefacts = [...disk].map(([path, bytes]) => `${path}\n${Buffer.from(bytes).toString()}`).join('\n')
    for (const text of [artefacts, JSON.stringify(outcome), JSON.stringify(events)]) {
      expect(text).toContain('[key]')
      for (const form of [canary, encodeURIComponent(canary), JSON.stringify(canary).slice(1, -1)]) expect(text).not.toContain(form)
    }
  })
})
