// A command line can be read by everybody on the machine. Every program that a film starts is stood in for by one that first writes down
// its own command line and environment: the key is in neither.
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findTool } from '../../src/media/ffmpeg.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { folderWith, ltx } from './kit.ts'

const key = 'canary-4d1f-of-no-command-line'

const film = (base: string): string => `ltx 1

project "Two" {
  size 1280x720
  quality fast
  on ltx
}

provider ltx hosted-ltx { key env LTX_API_KEY  base "${base}" }
provider mine command { run "./mine" }

shot one 6s { "a boat sails past" }
shot two 6s on mine { "a gull stands on the mast" }
`

test('no program that a film starts has the key in its command line or its environment', async () => {
  const host = await startHost('hosted-ltx', { key })
  const cwd = folderWith({ 'two.ltx': film(host.base) })
  const seen = join(cwd, 'seen')
  const noting = `#!/bin/sh\nprintf '%s\\n' "$0 $*" >> '${seen}'\nenv >> '${seen}'\n`
  const { path: ffmpeg } = await findTool(process.env)
  const program = (name: string, does: string): void => {
    writeFileSync(join(cwd, name), `${noting}${does}\n`)
    chmodSync(join(cwd, name), 0o755)
  }
  program('ffmpeg', `exec '${ffmpeg}' "$@"`)
  program('mine', `echo 'out of paint' >&2\nexit 1`)
  try {
    const env = { LTX_API_KEY: key, FFMPEG_PATH: join(cwd, 'ffmpeg'), HOME: cwd }
    expect(await ltx(cwd, ['render', 'two.ltx'], { env })).toMatchObject({ code: 4, out: expect.stringContaining('out of paint') })
    expect((await ltx(cwd, ['render', 'two.ltx', '--only', 'one'], { env })).err).not.toContain(key)
    expect(acceptedOf(host.ledger())).toHaveLength(1)
    const told = readFileSync(seen, 'utf8')
    expect(told).toMatch(/^\S+\/mine /m)
    expect(told).toMatch(/^\S+\/ffmpeg /m)
    expect(told).not.toContain(key)
  } finally {
    await host.stop()
  }
})

test('there is no option that takes a key', async () => {
  const cwd = folderWith({ 'two.ltx': film('http://127.0.0.1:9') })
  for (const option of ['--key', '--api-key', '--token']) {
    expect((await ltx(cwd, ['render', 'two.ltx', option, key])).code).toBe(2)
  }
})
