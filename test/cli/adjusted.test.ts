// A host that makes less than it is asked for, and a film that is bought there: through the real program, against a host
// in a process of its own. What is asked and delivered is compared, and the script (or CI) says what then happens.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readMp4 } from '../../src/media/mp4.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { folderWith, ltx, put } from './kit.ts'

let host: TestHost
beforeAll(async () => {
  // Room for 4 s at 25 frames: what is asked at 50 comes at 25, what is longer comes shorter.
  host = await startHost('bytecompute', { settings: { most: 4 * 25 * 912 * 512 } })
})
afterAll(() => host.stop())

const script = (name: string, adjust = ''): string => `ltx 1
project "Adjusted ${name}" { size 912x512  fps 25  on host  budget $5.00 }
provider host bytecompute { base "${host.base}/v1"  key env BYTE_KEY  ${adjust} }
shot ${name} 6s { "a ${name} at dawn, gulls over the water" }
`
const env = (over: Record<string, string> = {}) => ({ env: { BYTE_KEY: host.key, ...over } })
const bought = (): number => acceptedOf(host.ledger()).length

test('outside CI it is taken, told, and the film keeps its length', async () => {
  const at = folderWith({ 'film.ltx': script('harbor') })
  const { code, out } = await ltx(at, ['render', '--no-tui'], env())
  expect(code, out).toBe(0)
  expect(out).toMatch(/adjusted +harbor@1 +came as 3\.88s instead of 6s; its last frame is held/)
  expect(out).toMatch(/! harbor +came as 3\.88s instead of 6s; its last frame is held/)
  const film = await readMp4(join(at, 'out/film.mp4'))
  expect(film.tracks.find(({ kind }) => kind === 'video')?.samples).toBe(150)
  expect(readFileSync(join(at, 'film.ltx.lock'), 'utf8')).toMatch(/asked 150 912x512 25\/1\n +delivered 97 912x512 25\/1/)
  // Kept the next time, without a word and without a bill.
  const before = bought()
  expect((await ltx(at, ['render', '--no-tui'], env())).code).toBe(0)
  expect(bought()).toBe(before)
})

test('in CI it is refused and kept aside; `adjust accept` then takes the same job, unpaid', async () => {
  const at = folderWith({ 'film.ltx': script('quay') })
  const before = bought()
  const refused = await ltx(at, ['render', '--no-tui'], env({ CI: '1' }))
  expect(refused.code).not.toBe(0)
  expect(refused.out).toMatch(/the host made 912x512, 25 fps, 3\.88s instead of 912x512, 25 fps, 6s/)
  expect(refused.out).toContain('adjust accept')
  expect(bought()).toBe(before + 1)
  const again = await ltx(at, ['render', '--no-tui'], env({ CI: '1' }))
  expect(again.code).not.toBe(0)
  expect(bought()).toBe(before + 1)
  put(at, { 'film.ltx': script('quay', 'adjust accept') })
  const taken = await ltx(at, ['render', '--no-tui'], env({ CI: '1' }))
  expect(taken.code, taken.out).toBe(0)
  expect(taken.out).not.toContain('came as')
  expect(bought()).toBe(before + 1)
})
