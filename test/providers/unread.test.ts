// A host that has thrown a file of ours away before the time it told: the file is sent anew, and nothing is bought twice for it.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Capabilities } from '../../src/lang/catalogue.ts'
import { falCapabilities } from '../../src/providers/fal/capabilities.ts'
import { fal } from '../../src/providers/fal/index.ts'
import type { Provider, Status } from '../../src/providers/provider.ts'
import { replicateCapabilities } from '../../src/providers/replicate/capabilities.ts'
import { replicate } from '../../src/providers/replicate/index.ts'
import { forgetUnread } from '../../src/providers/unread.ts'
import { openUploads } from '../../src/providers/uploads.ts'
import { wavespeedCapabilities } from '../../src/providers/wavespeed/capabilities.ts'
import { wavespeed } from '../../src/providers/wavespeed/index.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { openMemoryWorld } from '../runtime/memory-world.ts'
import { failureFrom } from './conformance.ts'
import { readyFor } from './suite-jobs.ts'
import { canary, openSuiteWorld, type SuiteWorld } from './suite-world.ts'

let suite: SuiteWorld
beforeAll(async () => {
  suite = await openSuiteWorld()
})
afterAll(() => suite.close())

const hosts: readonly (readonly [string, Provider, Capabilities])[] = [
  ['fal', fal, falCapabilities],
  ['wavespeed', wavespeed, wavespeedCapabilities],
  ['replicate', replicate, replicateCapabilities],
]

test.each(hosts)('%s refuses a job for a file that it no longer has: it is sent anew', async (protocol, provider, capabilities) => {
  const host = await startHost(protocol, { key: canary })
  try {
    const calls = suite.open(provider, { base: host.base }, undefined, `kept-${protocol}`)
    const uploads = (): number => host.ledger().filter(({ kind }) => kind === 'uploaded').length
    const job = await readyFor(suite, capabilities, 'image-to-video')
    const send = (clientKey: string) => calls.submit({ ...job, clientKey }, async () => undefined)
    await send('a')
    await host.tell({ do: 'expire-uploads' })
    expect(await failureFrom(send('b'))).toMatchObject({ retry: true })
    await send('c')
    expect([uploads(), acceptedOf(host.ledger()).length]).toEqual([2, 2])
    // One that was just sent and cannot be read all the same is the file's own fault.
    await host.tell({ do: 'expire-uploads' })
    await failureFrom(send('d'))
    await host.fault({ route: 'submit', kind: 'status', status: 422, json: { detail: 'image: could not be read' } })
    expect(await failureFrom(send('e'))).toMatchObject({ retry: false })
  } finally {
    await host.stop()
  }
})

const failed = (message: string): Status => ({
  state: 'failed',
  failure: { kind: 'input', message, next: 'use another file, then run again', retry: false, billed: 'unknown' },
})

test.each([
  ['fal cannot use a file of this job: 422 image_url: Failed to download the file', true],
  ['Replicate failed: could not fetch the input video', true],
  ['fal cannot use a file of this job: 422 image_url: The image is too small', false],
])('a job that ended with “%s”', async (message, isGone) => {
  const world = openMemoryWorld()
  const uploads = openUploads(world, '/film/.ltx/cache/uploads.json')
  let sent = 0
  const bring = (account: string) =>
    uploads.uriOf({
      account,
      file: { path: '/a.png', sha256: 'one', bytes: 3, mime: 'image/png', name: 'a.png', changed: [] },
      send: async () => ({ uri: `https://files/${++sent}` }),
    })
  await bring('a')
  await bring('b')
  // Of a job without files it says nothing.
  const plain = { uploads, account: 'a', job: { files: new Map() } }
  expect(await forgetUnread(plain, failed(message))).toEqual(failed(message))
  const status = await forgetUnread({ ...plain, job: { files: new Map([['first-frame', '/a.png']]) } }, failed(message))
  await bring('b')
  expect(sent).toBe(2)
  await bring('a')
  expect(sent).toBe(isGone ? 3 : 2)
  expect(status).toMatchObject({ failure: { next: expect.stringContaining(isGone ? 'sent anew' : 'another file') } })
})
