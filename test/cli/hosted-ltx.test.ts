// A film on the official API's test host, through the real program: bought once, kept for good, and never bought twice
// however often the program is killed. The host's ledger is the judge.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { openRandom } from '../../src/runtime/failure.ts'
import type { HostOptions, TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf, boughtTwice } from '../hosts/ledger.ts'
import { cli, expectNoTrace, filesBelow, folderWith, type Live, ltx, put, type Ran, start } from './kit.ts'

const node = [process.env.LTX_CLI ?? cli]

const script = (base: string, settings: string, body: string): string => `ltx 1
project "Pier" { size 1280x720  fps 24  on ltx  quality fast }
provider ltx hosted-ltx { key env PIER_KEY  base "${base}"  ${settings} }
${body}
`
const twoShots = `shot one 5s { "a dog runs down the pier" }
shot two 6s { "a ferry turns in the bay" }`

type Set = { readonly host: TestHost; readonly folder: string; run(...args: string[]): Promise<Ran>; begin(): Live }

/** A tone of so many seconds, as PCM in a WAV. */
function wave(seconds: number): Buffer {
  const samples = seconds * 24_000
  const body = Buffer.alloc(samples * 2)
  for (let at = 0; at < samples; at += 1) body.writeInt16LE(Math.round(8000 * Math.sin((at * 330 * 2 * Math.PI) / 24_000)), at * 2)
  const head = Buffer.alloc(44)
  head.write('RIFF', 0, 'latin1')
  head.writeUInt32LE(36 + body.length, 4)
  head.write('WAVEfmt ', 8, 'latin1')
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20)
  head.writeUInt16LE(1, 22)
  head.writeUInt32LE(24_000, 24)
  head.writeUInt32LE(48_000, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36, 'latin1')
  head.writeUInt32LE(body.length, 40)
  return Buffer.concat([head, body])
}

const hosts: TestHost[] = []
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.stop()
})

async function setUp(options: HostOptions = {}, settings = '', body = twoShots): Promise<Set> {
  const host = await startHost('hosted-ltx', options)
  hosts.push(host)
  const folder = folderWith({ 'pier.ltx': script(host.base, settings, body) })
  const env = { PIER_KEY: host.key }
  return {
    host,
    folder,
    run: (...args) => ltx(folder, args, { env, node }),
    begin: () => start(folder, ['render', 'pier.ltx'], { env, node }),
  }
}

const bought = ({ host }: Set): number => acceptedOf(host.ledger()).length

/** Every clip that was paid for and finished lies in the store by its hash. */
function expectAllKept({ host, folder }: Set): void {
  const stored = new Set(filesBelow(join(folder, '.ltx/clips')).map((name) => name.replace(/\/|\.mp4$/g, '')))
  for (const entry of host.ledger()) if (entry.kind === 'finished') expect(stored.has(entry.sha256), entry.job).toBe(true)
}

/** The key is in no file of the project, and nothing was shown to the origin of the files. */
function expectNoKey({ host, folder }: Set, ...ran: readonly Ran[]): void {
  for (const name of filesBelow(folder)) expect(readFileSync(join(folder, name)).includes(host.key), name).toBe(false)
  for (const { out, err } of ran) expect(out + err).not.toContain(host.key)
  expect(host.ledger().filter(({ kind }) => kind === 'leak')).toEqual([])
}

/** The lock without what differs from run to run at a host without seeds: the bytes' hashes. */
const lockOf = ({ folder }: Set): string => readFileSync(join(folder, 'pier.ltx.lock'), 'utf8').replace(/[0-9a-f]{64}/g, 'HASH')

describe.each([
  ['async', ''],
  ['sync', 'transport sync'],
])('transport %s', (_, settings) => {
  test('a film is bought once; the second run buys nothing', async () => {
    const set = await setUp({}, settings)
    const first = await set.run('render', 'pier.ltx')
    expectNoTrace(first)
    expect([first.code, first.err]).toEqual([0, expect.not.stringContaining('error')])
    expect(bought(set)).toBe(2)
    const lock = lockOf(set)
    const second = await set.run('render', 'pier.ltx')
    expect(second.code).toBe(0)
    expect(bought(set)).toBe(2)
    expect(lockOf(set)).toBe(lock)
    expectAllKept(set)
    expectNoKey(set, first, second)
    // What came with the answer was kept until it was stored, and no longer.
    expect(filesBelow(join(set.folder, '.ltx/kept'))).toEqual([])
  }, 120_000)
})

test('pictures and sound go up once, fit for the host, and never with the key', async () => {
  const set = await setUp(
    {},
    '',
    `shot begins 6s from "first.png" to "last.png" { "the plate tilts toward the light" }
shot dance 3s to-beat beat from "first.png" { "a dancer turns, her shadow leaping along the wall" }
bed beat "beat.wav" { gain -6dB }`,
  )
  const assets = join(import.meta.dirname, '../samples/pictures/assets')
  put(set.folder, {
    'first.png': readFileSync(join(assets, 'first.png')),
    'last.png': readFileSync(join(assets, 'last.png')),
    'beat.wav': wave(12),
  })
  const ran = await set.run('render', 'pier.ltx')
  expect(ran.code, ran.out + ran.err).toBe(0)
  const asked = acceptedOf(set.host.ledger()).map(({ request }) => request)
  const uri = expect.stringMatching(/^ltx:/)
  expect(asked).toContainEqual(expect.objectContaining({ endpoint: 'image-to-video', image_uri: uri, last_frame_uri: uri, duration: 6 }))
  expect(asked).toContainEqual(
    expect.objectContaining({ endpoint: 'audio-to-video', image_uri: uri, audio_uri: uri, model: 'ltx-2-3-pro' }),
  )
  const uploads = set.host.ledger().flatMap((entry) => (entry.kind === 'uploaded' ? [entry] : []))
  // The first picture serves two shots; the WAV went as AAC.
  expect(uploads.map(({ type }) => type).sort()).toEqual(['audio/mp4', 'image/png', 'image/png'])
  expect(new Set(uploads.map(({ sha256 }) => sha256)).size).toBe(3)
  expectAllKept(set)
  expectNoKey(set, ran)
}, 120_000)

test('doctor looks at the host without buying: a right key, a wrong one, no host', async () => {
  const set = await setUp()
  const right = await set.run('doctor', 'pier.ltx', '--provider', 'ltx')
  expect(right.code, right.out + right.err).toBe(0)
  const wrong = await ltx(set.folder, ['doctor', 'pier.ltx', '--provider', 'ltx'], { env: { PIER_KEY: 'wrong-key-00000000' }, node })
  expect(wrong.code).not.toBe(0)
  expect(wrong.out + wrong.err).toContain('Invalid API key')
  expect(wrong.out + wrong.err).not.toContain('wrong-key-00000000')
  await set.host.kill()
  const gone = await set.run('doctor', 'pier.ltx', '--provider', 'ltx')
  expect(gone.code).not.toBe(0)
  expect(bought(set)).toBe(0)
}, 120_000)

test('extend and retake, each asked for as the host wants it', async () => {
  const set = await setUp(
    {},
    '',
    `shot one 6s { "a ferry turns in the bay"  camera "slow push in"
  extend 3s "it leaves the bay"
  retake 1s..3s "gulls cross"
}`,
  )
  const ran = await set.run('render', 'pier.ltx')
  expect(ran.code, ran.err).toBe(0)
  const asked = acceptedOf(set.host.ledger()).map(({ request }) => request)
  expect(asked).toMatchObject([
    { endpoint: 'text-to-video', duration: 6, camera_motion: 'dolly_in', generate_audio: true, fps: 24 },
    { endpoint: 'extend', duration: 3, context: 6, mode: 'end', model: 'ltx-2-3-pro' },
    { endpoint: 'retake', start_time: 1, duration: 2, mode: 'replace_audio_and_video', resolution: '1920x1080' },
  ])
  expectAllKept(set)
  expectNoKey(set, ran)
}, 180_000)

test('two at once at the host: ten shots are made, and nothing was refused', async () => {
  const shots = Array.from({ length: 10 }, (_, at) => `shot s${at} 6s { "a gull crosses the sky, number ${at}" }`).join('\n')
  const set = await setUp({ concurrency: 2, workMs: 100 }, '', shots)
  const ran = await set.run('render', 'pier.ltx')
  expect(ran.code, ran.err).toBe(0)
  expect(bought(set)).toBe(10)
  expect(set.host.ledger().filter(({ kind }) => kind === 'refused')).toEqual([])
}, 240_000)

test('refusals are told with the shot, the host’s words, its request id and what to do; nothing is bought', async () => {
  const set = await setUp()
  const json = { type: 'error', error: { type: 'insufficient_funds_error', message: 'Insufficient funds\u001b[2J' } }
  await set.host.fault({ route: 'submit', kind: 'status', status: 402, headers: { 'x-request-id': 'abc123' }, json, times: 9 })
  const ran = await set.run('render', 'pier.ltx')
  expect(ran.code).not.toBe(0)
  expect(ran.err + ran.out).toMatch(/Insufficient funds\\x1b\[2J/)
  expect(ran.err + ran.out).toContain('abc123')
  expect(ran.err + ran.out).toContain('console.ltx.io')
  expect(bought(set)).toBe(0)
}, 60_000)

/**
 * Kills the program again and again at moments of its own choice. What is uncertain afterwards is settled as a person would:
 * by looking at the host.
 */
async function killed(set: Set, kills: number, seed: number, longest: number): Promise<void> {
  const random = openRandom(seed)
  for (let at = 0; at < kills; at += 1) {
    const live = set.begin()
    const timer = setTimeout(() => live.signalAll('SIGKILL'), 100 + random() * longest)
    const { code } = await live.ended
    clearTimeout(timer)
    expect(boughtTwice(set.host.ledger())).toEqual([])
    if (code === 0) return
  }
}

async function settle(set: Set): Promise<void> {
  for (let round = 0; round < 3; round += 1) {
    const ran = await set.run('render', 'pier.ltx')
    if (ran.code === 0) return
    expect(ran.code, ran.out + ran.err).toBe(6)
    const prompts = { one: 'dog', two: 'ferry' }
    for (const [shot, word] of Object.entries(prompts)) {
      const entry = acceptedOf(set.host.ledger()).find(({ request }) => JSON.stringify(request).includes(word))
      const said = entry === undefined ? ['--resubmit'] : ['--found', entry.job]
      // Only what is uncertain can be resolved; the other shot is told to be fine.
      await set.run('resolve', 'pier.ltx', shot, ...said)
    }
  }
  throw new Error('it never came to an end')
}

test.each([11, 22, 33])(
  'killed at random moments, seed %i: never bought twice, every clip kept',
  async (seed) => {
    const set = await setUp({ latencyMs: 60 })
    await killed(set, 6, seed, 1400)
    await settle(set)
    expect(boughtTwice(set.host.ledger())).toEqual([])
    expect(bought(set)).toBe(2)
    expectAllKept(set)
    expectNoKey(set)
  },
  180_000,
)

test('transport sync, killed while the answer is under way: uncertain, exit 6, not bought again', async () => {
  const set = await setUp({ workMs: 1500 }, 'transport sync', 'shot one 6s { "a dog runs down the pier" }')
  const live = set.begin()
  while (bought(set) === 0) await new Promise((resolve) => setTimeout(resolve, 20))
  live.signalAll('SIGKILL')
  await live.ended
  const ran = await set.run('render', 'pier.ltx')
  expect(ran.code).toBe(6)
  expect(ran.out + ran.err).toContain('ltx resolve')
  expect(bought(set)).toBe(1)
  expect((await set.run('resolve', 'pier.ltx', 'one', '--resubmit')).code).toBe(0)
  expect((await set.run('render', 'pier.ltx')).code).toBe(0)
  expect(bought(set)).toBe(2)
}, 120_000)
