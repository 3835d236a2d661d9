// How a command ends: with which code, with how many words, and what it leaves running. The real program, against hosts in
// processes of their own.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startHost, type TestHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { folderWith, ltx, patience, start } from './kit.ts'

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
  }
  expect((await ltx(at, ['resolve'], env())).code).toBe(8)
  expect(acceptedOf(host.ledger())).toHaveLength(1)
  expect((await ltx(at, ['resolve', 'film.ltx', 'one', '--resubmit'], env())).code).toBe(0)
  expect((await ltx(at, ['render', '--no-tui'], env())).code).toBe(0)
})

test.skipIf(process.platform === 'win32')('a run that is killed leaves no program of its own running, nor what that has started', async () => {
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
})

/** As `ps` tells it; empty where there is no such process. */
function stateOf(pid: number): string {
  try {
    return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return ''
  }
}
