// One film from two makers, through the real program: a host that sells clips and an own machine, side by side in one run. Each makes
// its own shots, a step may move from one to the other, and trouble at the one does not stop the other.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTool } from '../../src/media/ffmpeg.ts'
import { probe } from '../../src/media/probe.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import type { FakeWorker } from '../hosts/local-kit.ts'
import { fakeWorker } from '../hosts/local-kit.ts'
import { eventsOf, folderWith, ltx } from './kit.ts'

let host: TestHost
let ffmpeg = ''
beforeAll(async () => {
  ffmpeg = (await findTool(process.env)).path
  host = await startHost('hosted-ltx')
})
afterAll(() => host.stop())

function project(shots: string): { readonly at: string; readonly worker: FakeWorker } {
  const at = folderWith()
  const worker = fakeWorker(at, ffmpeg)
  writeFileSync(
    join(at, 'film.ltx'),
    `ltx 1
project "Both" { size 1280x704  fps 24  seed 7  quality fast  on ltx  budget $9.00 }
provider ltx hosted-ltx { key env PIER_KEY  base "${host.base}" }
provider gpu local { model "models/tiny"  python "${worker.python}"  device "cpu" }
${shots}
`,
  )
  return { at, worker }
}
const env = () => ({ env: { PIER_KEY: host.key } })
const bought = (): number => acceptedOf(host.ledger()).length

const both = `shot sold 6s { "a dog runs down the pier" }
shot own 2s on gpu { "waves roll in"  extend 1s "they calm" }
shot moved 6s { "a ferry turns in the bay"  retake 1s..2s "it turns faster" }
shot last 1s on gpu { "the sun sets" }`

test('each makes its own, and a second render makes nothing', async () => {
  const film = project(both)
  const before = bought()
  const ran = await ltx(film.at, ['render', '--json'], env())
  expect(ran.code, ran.out + ran.err).toBe(0)
  const providers = new Map(eventsOf(ran).flatMap(({ type, job, provider }) => (type === 'job.accepted' ? [[job, provider]] : [])))
  expect([providers.get('sold@1'), providers.get('own@1'), providers.get('own@1+1'), providers.get('last@1')]).toEqual([
    'ltx',
    'gpu',
    'gpu',
    'gpu',
  ])
  expect(bought() - before).toBe(3)
  expect(film.worker.made()).toHaveLength(3)
  expect((await probe(join(film.at, 'out/film.mp4'))).frames).toBe((6 + 3 + 6 + 1) * 24)
  const again = await ltx(film.at, ['render'], env())
  expect(again.out).toContain('nothing had changed')
  expect([bought() - before, film.worker.made().length]).toEqual([3, 3])
})

test('a step that may move goes to the own machine, as a file that it encodes again', async () => {
  const script = `shot moved 6s { "a ferry turns in the bay"  retake 1s..2s "it turns faster" }`
  const film = project(script)
  const path = join(film.at, 'film.ltx')
  writeFileSync(path, readFileSync(path, 'utf8').replace('budget $9.00 }', 'budget $9.00  route gpu retake moves }'))
  const before = bought()
  const ran = await ltx(film.at, ['render', '--json'], env())
  expect(ran.code, ran.out + ran.err).toBe(0)
  expect([bought() - before, film.worker.made().length]).toEqual([1, 1])
  expect(ran.out).toContain('carries no latents')
})

test('a machine that fails stops its own shots alone, and money is spent for the others alone', async () => {
  const film = project(`shot sold 6s { "a dog runs down the pier" }
shot own 1s on gpu { "waves roll in" }`)
  film.worker.fault({ kind: 'internal', at: 'denoise' })
  const before = bought()
  const ran = await ltx(film.at, ['render'], env())
  expect(ran.code).toBe(4)
  expect(bought() - before).toBe(1)
  expect((await ltx(film.at, ['render'], env())).code).toBe(0)
  expect(bought() - before).toBe(1)
})

test('what this machine lacks is told before anything is bought at the host', async () => {
  const film = project(`shot sold 6s { "a dog runs down the pier" }
shot own 1s on gpu { "waves roll in" }`)
  const path = join(film.at, 'film.ltx')
  writeFileSync(path, readFileSync(path, 'utf8').replace(film.worker.python, '/no/such/python'))
  const before = bought()
  const ran = await ltx(film.at, ['render', '--no-tui'], env())
  expect(ran.code, ran.out + ran.err).toBe(1)
  expect(ran.out).toContain('failed    own@1                   this machine: there is no Python at')
  expect(ran.out).toContain('not begun, after own@1')
  expect(bought()).toBe(before)
  expect((await ltx(film.at, ['render', '--only', 'sold'], env())).code).toBe(0)
  expect(bought()).toBe(before + 1)
})
