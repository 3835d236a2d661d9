// How a command ends: with which code, with how many words, and what it leaves running. The real program, against hosts in
// processes of their own.
import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { planSchema } from '../../src/report/plan-schema.ts'
import { startHost, type TestHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { cli, filesBelow, film, folderWith, ltx, patience, plainEnv, start, threeShots } from './kit.ts'

let host: TestHost
beforeAll(async () => {
  host = await startHost('hosted-ltx')
})
afterAll(() => host.stop())

const script = (shots: string): string => `ltx 1
project "Ends" { size 1280x720  quality fast  on ltx }
provider ltx hosted-ltx { key env LTX_API_KEY  base "${host.base}" }
${shots}
`
const env = () => ({ env: { LTX_API_KEY: host.key } })

test('a result that was paid for and is gone has one exit code, in render and in resolve, until a word is said', async () => {
  const at = folderWith({ 'film.ltx': script('shot one 6s { "a boat sails past" }') })
  await host.fault({ route: 'submit', kind: 'job', fate: { kind: 'expired' } })
  for (const _again of [1, 2]) {
    const { code, out } = await ltx(at, ['render', '--no-tui'], env())
    expect(code, out).toBe(8)
    expect(out).toContain('ltx resolve film.ltx one --resubmit | --found ID')
  }
  expect((await ltx(at, ['resolve'], env())).code).toBe(8)
  expect(acceptedOf(host.ledger())).toHaveLength(1)
  expect((await ltx(at, ['resolve', 'film.ltx', 'one', '--resubmit'], env())).code).toBe(0)
  expect((await ltx(at, ['render', '--no-tui'], env())).code).toBe(0)
})

test('a file that a host cannot use is no clip that is gone', async () => {
  const at = folderWith({ 'film.ltx': script('shot one 6s { "a boat sails past" }\ncard end 1s "the end"') })
  const problem = { type: 'error', error: { type: 'request_too_large', message: 'too large' } }
  await host.fault({ route: 'submit', kind: 'status', status: 413, json: problem })
  const { code, out } = await ltx(at, ['render', '--no-tui'], env())
  expect(code, out).toBe(4)
  expect((await ltx(at, ['resolve'], env())).code).toBe(0)
})

test('a clip that was paid for and is not what was asked for is kept aside once, not bought again without a word, and then is', async () => {
  const at = folderWith({ 'film.ltx': script('shot one 6s { "a gull lands on a mast" }\ncard end 1s "the end"') })
  const bought = () => acceptedOf(host.ledger()).length
  const before = bought()
  await host.fault({ route: 'submit', kind: 'clip', clip: { width: 640, height: 360 } })
  for (const _again of [1, 2]) {
    const { code, out } = await ltx(at, ['render', '--no-tui'], env())
    expect(code, out).toBe(4)
    expect(out).toContain('640x360 instead of 1280x720')
    expect(out).toContain('ltx resolve film.ltx one --resubmit')
  }
  expect(filesBelow(at).filter((name) => name.includes('/aside/'))).toHaveLength(1)
  const listed = await ltx(at, ['resolve'], env())
  expect([listed.code, listed.out]).toEqual([4, expect.stringContaining('what came is not what was asked for')])
  expect(bought()).toBe(before + 1)
  expect((await ltx(at, ['resolve', 'film.ltx', 'one', '--resubmit'], env())).code).toBe(0)
  expect((await ltx(at, ['render', '-q'], env())).code).toBe(0)
  expect(bought()).toBe(before + 2)
})

test.skipIf(process.platform === 'win32')(
  'a run that is killed leaves no program of its own running, nor what that has started',
  async () => {
    const tool = `#!/bin/sh
sleep 600 &
echo "$$ $!" > pids
echo '{"phase":"at work"}'
wait
`
    const at = folderWith({
      'tool.sh': tool,
      'film.ltx': `ltx 1
project "Own" { size 320x192  fps 24  on mine }
provider mine command { run "/bin/sh" "tool.sh" }
shot one 1s { "a boat sails past" }
`,
    })
    const run = start(at, ['render', '--no-tui'])
    await run.said('at work')
    const pids = readFileSync(join(at, 'pids'), 'utf8').trim().split(' ').map(Number)
    expect(pids).toHaveLength(2)
    const lives = (): readonly number[] => pids.filter((pid) => !/^Z|^$/.test(stateOf(pid)))
    expect(lives()).toEqual(pids)
    process.kill(run.pid, 'SIGKILL')
    await run.ended
    for (const until = Date.now() + patience(20_000); lives().length > 0 && Date.now() < until; ) await sleep(100)
    expect(lives()).toEqual([])
  },
)

/** As `ps` tells it; empty where there is no such process. */
function stateOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}

test('a key that is not accepted costs one call, ends with 5, and the other shots are not begun', async () => {
  const shots = ['one', 'two', 'three'].map((name) => `shot ${name} 6s { "a boat sails past, number ${name}" }`).join('\n')
  const at = folderWith({ 'film.ltx': script(shots) })
  const submits = () => host.calls().filter(({ route }) => route === 'submit').length
  const before = submits()
  const { code, out } = await ltx(at, ['render', '--no-tui'], { env: { LTX_API_KEY: 'not-the-key-of-anybody' } })
  expect([code, submits() - before]).toEqual([5, 1])
  expect(out).toMatch(/✗ one +the key: .*\(2 more shots cannot begin\)/)
  expect(out).toMatch(/blocked +two@1 +not begun, after one@1/)
})

describe('-q', () => {
  test('says where the film is, and nothing else', async () => {
    const at = folderWith({ 'film.ltx': threeShots })
    expect(await ltx(at, ['render', '-q'])).toMatchObject({ code: 0, out: 'out/tiny.mp4\n', err: '' })
    expect(await ltx(at, ['render', '-q'])).toMatchObject({ code: 0, out: 'out/tiny.mp4\n', err: '' })
  })
  test('says what failed, where people look for it', async () => {
    const at = folderWith({ 'film.ltx': script('shot one 6s { "a gull lands" }') })
    await host.fault({
      route: 'submit',
      kind: 'status',
      status: 401,
      json: { type: 'error', error: { type: 'authentication_error', message: 'no' } },
    })
    const { code, out, err } = await ltx(at, ['render', '-q'], env())
    expect([code, out]).toEqual([5, ''])
    expect(err).toMatch(/^✗ Ends is not finished: 1 of 1 shot failed\n/)
    expect(err).toMatch(/✗ one +the key: /)
    expect(err).not.toMatch(/\d:\d\d +(run|start|failed)/)
  })
})

test
  .skipIf(process.platform !== 'linux')
  .each([[['--version']], [['--help']], [['plan']], [['check']], [['render', '-q']], [['explain', 'lock.corrupt']]])(
  '%j whose output cannot be written says so in one line and ends with 74; one that nobody reads says nothing',
  (args) => {
    const cwd = folderWith({ 'film.ltx': film('card end 1s "the end"') })
    const run = (where: string) =>
      spawnSync('bash', ['-c', `"$0" "$@" ${where}`, process.execPath, cli, ...args], { cwd, env: plainEnv, encoding: 'utf8' })
    const full = run('>/dev/full')
    expect([full.status, full.stderr]).toEqual([74, 'ltx: the output cannot be written (ENOSPC): make room where it goes\n'])
    expect(run('| true; exit 0').stderr).toBe('')
  },
)

describe('what a person is told to type', () => {
  const two = (settings: string, shot = ''): string =>
    script(`shot one 6s { "a boat sails past" ${shot} }\nshot two 6s { "a gull lands" }`).replace(
      'quality fast',
      `quality fast ${settings}`,
    )

  test('has names in quotes where a shell wants them, as from where one stands', async () => {
    const name = "it's low tide.ltx"
    const at = folderWith({ [`my films/${name}`]: two('budget $0.20') })
    const typed = `'my films/it'\\''s low tide.ltx'`
    const { out } = await ltx(at, ['plan', `my films/${name}`], env())
    expect(out).toContain(`→ ltx render ${typed}\n`)
    const refused = await ltx(at, ['render', `my films/${name}`], env())
    expect(refused.code).toBe(5)
    const line = refused.err.split('\n').find((one) => one.includes('--animatic')) ?? ''
    expect(line).toContain(`ltx render ${typed} --animatic`)
    // A shell reads it as it is meant.
    const words = execFileSync('sh', ['-c', `ltx() { for word; do echo "$word"; done; }; ${line.replace(/ +free$/, '')}`], {
      encoding: 'utf8',
    })
    expect(words.trim().split('\n')).toEqual(['render', `my films/${name}`, '--animatic'])
  })

  test('a plan tells every ceiling and what is left of it; a shot its own', async () => {
    const at = folderWith({ 'film.ltx': two('budget $5.00  budget $0.50 per film  budget $9.00 per day', 'budget $0.60') })
    const plan = async (...args: readonly string[]) => (await ltx(at, ['plan', 'film.ltx', ...args], env())).out
    expect(await plan()).toContain('budget: $0.50 of $0.50 left for the film\nbudget: $9.00 of $9.00 left for today')
    expect((await ltx(at, ['render', '--only', 'one', '-q'], env())).code).toBe(0)
    const after = await plan()
    expect(after).toContain('$0.18 of the $5.00 budget')
    expect(after).toContain('budget: $0.32 of $0.50 left for the film\nbudget: $8.82 of $9.00 left for today')
    expect(await plan('--shot', 'one')).toMatch(/budget +\$0\.42 of \$0\.60 left for the shot/)
    expect(planSchema.parse(JSON.parse(await plan('--json')))).toMatchObject({
      ceilings: [
        { scope: 'run', budget: 5_000_000, left: 5_000_000 },
        { scope: 'film', budget: 500_000, left: 320_000 },
        { scope: 'day', budget: 9_000_000, left: 8_820_000 },
        { scope: 'shot', path: 'one', budget: 600_000, left: 420_000 },
      ],
    })
    writeFileSync(join(at, 'film.ltx'), two('budget $0.25 per film', 'budget $0.60'))
    expect(await plan()).toContain('! budget: $0.07 of $0.25 left for the film; this would need $0.18')
  })
})
