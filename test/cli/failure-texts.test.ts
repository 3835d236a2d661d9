// What a person reads when a host says no, one film for each class of failure: the shot and its line, whose fault it is, the
// host's own words made safe, its request id, what it cost, what to type. The texts are compared letter by letter.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../hosts/fault.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { cli, expectNoTrace, folderWith, ltx } from './kit.ts'

const node = [process.env.LTX_CLI ?? cli]
const golden = join(import.meta.dirname, 'failure-texts.txt')

const says = (status: number, type: string, message: string, headers: Readonly<Record<string, string>> = {}): Fault => ({
  route: 'submit',
  kind: 'status',
  status,
  headers: { 'x-request-id': 'f3a9c2', ...headers },
  json: { type: 'error', error: { type, message } },
  times: 99,
})
/** By the class of a failure, and with it the exit code. */
const cases: Readonly<Record<string, { readonly fault: Fault; readonly code: number; readonly only?: true }>> = {
  moderation: {
    fault: { ...says(422, 'content_filtered_error', 'The prompt was rejected\u001b[2J by safety filters'), times: 1 },
    code: 7,
  },
  credit: { fault: says(402, 'insufficient_funds_error', 'Your balance is $0.00'), code: 5 },
  key: { fault: says(401, 'authentication_error', 'Invalid API key'), code: 5 },
  capacity: { fault: says(503, 'service_unavailable_error', 'All machines are busy', { 'retry-after': '3600' }), code: 1, only: true },
  'bad input': { fault: { ...says(400, 'invalid_request_error', "Invalid input for 'prompt': too short"), times: 1 }, code: 4 },
  'host fault': { fault: { route: 'submit', kind: 'job', fate: { kind: 'failed', words: 'Worker 17 lost its GPU' }, times: 99 }, code: 1 },
}

let host: TestHost
beforeAll(async () => {
  host = await startHost('hosted-ltx', { looks: 1 })
})
afterAll(() => host.stop())

const script = (base: string): string => `ltx 1

project "Pier" { size 1280x720  fps 24  on ltx  quality fast }

provider ltx hosted-ltx { key env PIER_KEY  base "${base}"  concurrency 1 }

scene pier "a wooden pier at dawn" {
  shot dog 6s { "a dog runs" }
  shot ferry 6s { "a ferry turns in the bay" }
}
`

/** The last words of the run, without what differs from run to run. */
function lastWords(out: string): string {
  const lines = out.split('\n')
  const at = lines.findLastIndex((line) => /^[✗■] Pier/.test(line))
  return lines
    .slice(at)
    .join('\n')
    .replace(/in \d+:\d\d/, 'in M:SS')
    .trim()
}

async function textOf(name: string): Promise<string> {
  const { fault, code, only } = cases[name] ?? {}
  if (fault === undefined) throw new Error(name)
  await host.tell({ do: 'clear-faults' })
  await host.fault(fault)
  const ran = await ltx(
    folderWith({ 'pier.ltx': script(host.base) }),
    ['render', 'pier.ltx', ...(only === true ? ['--only', 'pier/dog'] : [])],
    { env: { PIER_KEY: host.key }, node },
  )
  expectNoTrace(ran)
  expect([name, ran.code]).toEqual([name, code])
  return lastWords(ran.out)
}

test('six classes of failure, six texts that a person can act on', async () => {
  const texts: string[] = []
  for (const name of Object.keys(cases)) texts.push(`== ${name}\n\n${await textOf(name)}\n`)
  const all = texts.join('\n')
  if (process.env.GOLDEN === 'write') writeFileSync(golden, all)
  expect(all).toBe(readFileSync(golden, 'utf8'))
})
