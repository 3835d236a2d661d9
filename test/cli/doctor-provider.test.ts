// `ltx doctor --provider NAME` at every host: a right key, a wrong one, none, and nobody there. It says which it is, ends with
// the code for it, buys nothing, and never shows a key. The command itself runs here, with streams and a world of its own.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseCommandLine } from '../../src/cli/args.ts'
import { doctor } from '../../src/cli/doctor.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import type { HostOptions, TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { folderWith } from './kit.ts'

type Row = {
  readonly kind: string
  readonly options?: HostOptions
  readonly block?: string
  /** What a look shows of a right key, and of a wrong one. */
  readonly right: 'accepted' | 'unchecked'
  readonly wrong: 'refused' | 'unchecked'
}
const rows: readonly Row[] = [
  { kind: 'hosted-ltx', right: 'accepted', wrong: 'refused' },
  { kind: 'hosted-ltx', block: 'transport sync', right: 'unchecked', wrong: 'unchecked' },
  { kind: 'fal', right: 'accepted', wrong: 'refused' },
  { kind: 'wavespeed', right: 'accepted', wrong: 'refused' },
  { kind: 'replicate', right: 'accepted', wrong: 'refused' },
  { kind: 'bytecompute', right: 'accepted', wrong: 'refused' },
  { kind: 'comfyui', right: 'unchecked', wrong: 'refused' },
  // Its look at the server's health needs no key.
  { kind: 'openai-video', right: 'unchecked', wrong: 'unchecked' },
]
const secret = 'canary-doctor-0123456789abcdef'

describe.each(rows)('$kind $block', ({ kind, options, block = '', right, wrong }) => {
  let host: TestHost
  let folder = ''
  beforeAll(async () => {
    host = await startHost(kind, { key: secret, ...options })
    folder = folderWith({
      'film.ltx': `ltx 1
project "Look" { size 1280x720  fps 24  on host  quality fast }
provider host ${kind} { base "${host.base}"  key env HOST_KEY  ${block} }
shot one 6s { "a gull crosses the sky" }
`,
    })
  })
  afterAll(() => host.stop())

  async function look(key: string | undefined) {
    const [told, talked]: string[][] = [[], []]
    const parsed = parseCommandLine(['doctor', join(folder, 'film.ltx'), '--provider', 'host', '--json'])
    if (parsed.kind !== 'run') throw new Error(parsed.kind)
    const env = { HOME: folder, ...(key === undefined ? {} : { HOST_KEY: key }) }
    // Waits between two tries take no time.
    const world = openNodeWorld(env)
    const code = await doctor(parsed, {
      stdout: { write: (text) => told?.push(text) },
      stderr: { write: (text) => talked?.push(text) },
      env,
      cwd: folder,
      colour: false,
      width: 100,
      quiet: false,
      world: { ...world, clock: { ...world.clock, sleep: async () => undefined } },
      onOutputLost: () => undefined,
    })
    const said = [...(told ?? []), ...(talked ?? [])].join('')
    if (key !== undefined) expect(said).not.toContain(key)
    // Its own schema, written a moment ago.
    const { provider } = JSON.parse(told?.join('') ?? '') as {
      provider: { healthy: boolean; key: string; detail: string; next?: string }
    }
    return { code, ...provider }
  }
  const nothingBought = (): void => {
    expect(host.ledger()).toEqual([])
    expect(host.calls().filter(({ route }) => route === 'submit')).toEqual([])
  }

  test('a right key', async () => {
    expect(await look(secret)).toMatchObject({ code: 0, healthy: true, key: right })
    nothingBought()
  })
  test('a wrong key', async () => {
    const found = await look('wrong-key-000000000000')
    if (wrong === 'refused') {
      expect(found).toMatchObject({ code: 5, healthy: false, key: 'refused' })
      expect(found.detail).toContain('does not accept the key')
      // By the name it has in this script.
      expect(found.next).toContain('HOST_KEY')
    } else expect(found).toMatchObject({ code: 0, healthy: true, key: 'unchecked' })
    nothingBought()
  })
  test('no key', async () => {
    const found = await look(undefined)
    expect(found).toMatchObject({ code: 5, healthy: false, key: 'missing' })
    expect(found.next).toBe('export HOST_KEY=YOUR_KEY')
    nothingBought()
  })
  test('nobody there', async () => {
    await host.kill()
    const found = await look(secret)
    if (right === 'unchecked' && kind === 'hosted-ltx') return expect(found).toMatchObject({ code: 0, key: 'unchecked' })
    expect(found).toMatchObject({ healthy: false, key: 'unchecked' })
    expect(found.code).not.toBe(0)
    expect(found.detail).toContain('cannot be reached')
    expect(found.next).toMatch(/address/)
  })
})
