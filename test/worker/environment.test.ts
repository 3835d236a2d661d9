// The script that makes the Python environment for tests: once per set of requirements, by one process at a time, never half; and
// what the tests' own count says where there is none. The Python here fetches nothing.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Behaviour, FakePython } from '../cli/fake-python.ts'
import { fakePython } from '../cli/fake-python.ts'
import { folderWith } from '../cli/kit.ts'

const root = join(import.meta.dirname, '../..')
type Ran = { readonly code: number | null; readonly out: string; readonly err: string }
type Place = { readonly python: FakePython; readonly cache: string }

const place = (behaviour: Behaviour = {}): Place => ({ python: fakePython({ torch: '2.13.0', ...behaviour }), cache: folderWith() })

function begin(
  { python, cache }: Place,
  env: Readonly<Record<string, string>> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const child = spawn(process.execPath, [join(root, 'scripts/worker-env.mjs')], {
    env: { PATH: python.folder, HOME: cache, XDG_CACHE_HOME: cache, ...env },
    detached: true,
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text
  })
  return { child, ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err }))) }
}
const make = (at: Place, env: Readonly<Record<string, string>> = {}): Promise<Ran> => begin(at, env).ended

const home = ({ cache }: Place): string => join(cache, 'ltx/worker-test')
const markers = (at: Place): readonly string[] =>
  (existsSync(home(at)) ? readdirSync(home(at)) : []).filter((name) => existsSync(join(home(at), name, 'ltx-env.json')))
const installs = ({ python }: Place): number => python.calls('pip').length

describe('the environment for tests', () => {
  it('is made once, and its interpreter is all that is printed', async () => {
    const at = place()
    const first = await make(at)
    expect(first.code, first.err).toBe(0)
    expect(first.out).toBe(`${join(home(at), markers(at)[0] ?? '', 'bin/python')}\n`)
    expect(first.err).toContain('ready in')
    const [pip = []] = at.python.calls('pip')
    expect(pip).toContain('torch==2.13.0')
    expect(pip.filter((word) => word.endsWith('.txt'))).toEqual(
      ['requirements.txt', 'requirements-test.txt'].map((name) => join(root, 'worker', name)),
    )
    expect((await make(at)).out).toBe(first.out)
    expect(installs(at)).toBe(1)
  })
  it('takes what pip cannot fetch once for a fault of the network, twice for one to be told', async () => {
    expect((await make(place({ pip: 1 }))).code).toBe(0)
    const at = place({ pip: 2 })
    const { code, out, err } = await make(at)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('worker-env: the packages could not be installed; pip’s words are above')
    expect(err).toContain('ERROR: no matching distribution')
    expect(markers(at)).toEqual([])
    expect((await make(at)).code).toBe(0)
  })
  it('that was left half-made by a killed process is made anew', async () => {
    const at = place({ pip: 'hangs' })
    const { child, ended } = begin(at)
    await expect.poll(() => installs(at), { timeout: 30_000 }).toBe(1)
    // With all that it has started, as a machine does that goes down.
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    await ended
    at.python.behave({ torch: '2.13.0' })
    const again = await make(at)
    expect(again.code, again.err).toBe(0)
    expect(at.python.calls('venv')).toHaveLength(2)
  })
  it('is made by one process, while another waits', async () => {
    const at = place()
    const both = await Promise.all([make(at), make(at)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(installs(at)).toBe(1)
  })
  it('makes room for others that nobody has used for weeks', async () => {
    const at = place()
    await make(at)
    const [old = ''] = markers(at)
    const long = new Date(Date.now() - 20 * 86_400_000)
    utimesSync(join(home(at), old, 'ltx-env.json'), long, long)
    at.python.behave({ torch: '2.13.0', version: [3, 11, 9] })
    await make(at)
    expect(markers(at)).toHaveLength(1)
    expect(markers(at)).not.toContain(old)
  })
  it('is none without a Python that is new enough, or with one that was named and is not there', async () => {
    const at = place({ version: [3, 9, 9] })
    expect(await make(at)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('no Python from 3.10 on was found') })
    const named = await make(at, { LTX_WORKER_PYTHON: '/no/python' })
    expect(named).toMatchObject({ code: 1, out: '', err: expect.stringContaining('/no/python, and there is no such file') })
  })
  it('is not made where a Python was named', async () => {
    const at = place()
    expect((await make(at, { LTX_WORKER_PYTHON: at.python.path })).out).toBe(`${at.python.path}\n`)
    expect(installs(at)).toBe(0)
  })
})

it('without one the tests are skipped by name, with the reason and the way out', async () => {
  const at = place({ version: [3, 9, 9] })
  rmSync(home(at), { recursive: true, force: true })
  const names = /^def (test_\w+)/m.exec(readFileSync(join(root, 'worker/tests/test_jobs.py'), 'utf8'))
  const child = spawn(process.execPath, ['scripts/test.mjs', 'test/worker/pytest.test.ts'], {
    cwd: root,
    env: { PATH: at.python.folder, HOME: at.cache, XDG_CACHE_HOME: at.cache },
  })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(1) // nothing at all has passed
  expect(out).toContain(`test/worker/pytest.test.ts > the worker test_jobs.py ${names?.[1]}`)
  expect(out).toContain('They run after: node scripts/worker-env.mjs')
  expect(out.trimEnd().split('\n').at(-1)).toMatch(/^0 passed, 0 failed, \d{2,} skipped$/)
})
