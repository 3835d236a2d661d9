// A film made on machines of one's own, through the real program: a ComfyUI box, two servers with OpenAI-style videos and
// a program; then once more for nothing, after an answer that was lost, and where the box lacks what a graph needs.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf, boughtTwice } from '../hosts/ledger.ts'
import { cli, eventsOf, filesBelow, folderWith, ltx, start } from './kit.ts'

/** Waits pass faster: what the program is patient about, it is patient about in truth. */
const hurried = ['--import', join(import.meta.dirname, '../torture/haste.mjs'), cli]
const tool = join(import.meta.dirname, '../hosts/command-tool.mjs')
let hosts: Readonly<Record<'box' | 'poor' | 'sold' | 'sglang' | 'aquiles', TestHost>>
let ffmpeg = ''
beforeAll(async () => {
  ffmpeg = (await findTool(process.env)).path
  const video = (server: string): Promise<TestHost> => startHost('openai-video', { settings: { server } })
  const lacks = { settings: { lacks: ['LTXVAudioVAEDecode', 'gemma_3_12B_it_fp4_mixed.safetensors'] } }
  const [box, poor, sold, sglang, aquiles] = await Promise.all([
    startHost('comfyui'),
    startHost('comfyui', lacks),
    startHost('hosted-ltx', { looks: 1 }),
    video('sglang'),
    video('aquiles'),
  ])
  hosts = { box, poor, sold, sglang, aquiles }
})
afterAll(async () => {
  for (const host of Object.values(hosts)) await host.stop()
})

const env = () => ({ env: { BOX_KEY: hosts.box.key, VIDEO_KEY: hosts.sglang.key } })

function project(shots: string, box = hosts.box): string {
  const canvas = createCanvas(800, 600)
  canvas.getContext('2d').fillRect(0, 0, 400, 600)
  const sine = ['-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000:duration=2', '-f', 'wav', 'pipe:1']
  const script = `ltx 1
project "Own" { size 320x192  fps 24  seed 7  quality fast }
provider box comfyui { base "${box.base}"  key env BOX_KEY }
provider sg openai-video { base "${hosts.sglang.base}"  key env VIDEO_KEY  server "sglang" }
provider aq openai-video { base "${hosts.aquiles.base}"  key env VIDEO_KEY  server "aquiles" }
provider mine command { run "${process.execPath}" "${tool}" "${ffmpeg}" "make"  timeout 2m }
${shots}
`
  const voice = execFileSync(ffmpeg, ['-v', 'error', ...sine], { maxBuffer: 16e6 })
  return folderWith({ 'film.ltx': script, 'a.png': canvas.toBuffer('image/png'), 'v.wav': voice })
}

test('every way to make a clip, then once more for nothing', async () => {
  const at = project(`shot words 1s on box { "a boat drifts by" }
shot ends 1s from "a.png" to "a.png" on box { "it tilts" }
shot voice sync "v.wav" from "a.png" on box { "she speaks, calm" }
shot doubled 1s from "a.png" on box { "it tilts slowly"  quality pro }
shot rain 1s on sg { "rain falls" }
shot snow 1s on aq { "snow falls" }
shot wind 1s on mine { "wind blows"  extend 1s "it calms" }`)
  const { code, out, err } = await ltx(at, ['render', '--json'], env())
  expect(code, out + err).toBe(0)
  const bought = () => Object.values(hosts).map((host) => acceptedOf(host.ledger()).length)
  expect(bought()).toEqual([4, 0, 0, 1, 1])
  // One picture, brought once for three shots, and one sound.
  expect(hosts.box.calls().filter(({ route }) => route === 'upload')).toHaveLength(2)
  expect((await ltx(at, ['render'], env())).out).toContain('nothing had changed')
  expect(bought()).toEqual([4, 0, 0, 1, 1])
  for (const path of filesBelow(at)) expect(readFileSync(join(at, path)).includes(hosts.box.key), path).toBe(false)
})

test('an answer that was lost is looked up by the id that was ours', async () => {
  const before = acceptedOf(hosts.box.ledger()).length
  await hosts.box.fault({ route: 'submit', kind: 'reset-after-accept' })
  const { code, out, err } = await ltx(project('shot lost 1s on box { "a gull crosses the sky" }'), ['render', '--json'], env())
  expect(code, out + err).toBe(0)
  expect(acceptedOf(hosts.box.ledger())).toHaveLength(before + 1)
  expect(boughtTwice(hosts.box.ledger())).toEqual([])
})

test('what the box lacks is named, and nothing is sent', async () => {
  const at = project('shot poor 1s on box { "a gull crosses the sky" }', hosts.poor)
  const { code, out, err } = await ltx(at, ['render'], { env: { BOX_KEY: hosts.poor.key } })
  expect(code).not.toBe(0)
  expect(out + err).toContain('LTXVAudioVAEDecode')
  expect(out + err).toContain('text_encoders/gemma_3_12B_it_fp4_mixed.safetensors')
  expect(hosts.poor.calls().some(({ route }) => route === 'submit')).toBe(false)
})

/** The last words of a run, without what differs from run to run. */
const lastWords = (out: string, host: TestHost): string =>
  out
    .slice(out.lastIndexOf('✗ Own'))
    .replaceAll(new URL(host.base).host, 'BOX')
    .replace(/in \d+:\d\d/, 'in M:SS')

describe('a film of which one server lacks something', () => {
  const mixed = (more = ''): string => {
    const at = project(
      `shot sold 6s on ltx { "a boat leaves the quay" }
shot poor 1s on box { "a gull crosses the sky" }
shot worse 1s on box { "a gull sits down"  quality pro }
${more}`,
      hosts.poor,
    )
    const path = join(at, 'film.ltx')
    const ltxBlock = `provider ltx hosted-ltx { key env PIER_KEY  base "${hosts.sold.base}" }\n`
    writeFileSync(path, readFileSync(path, 'utf8').replace('320x192', '1280x704').replace('provider box', `${ltxBlock}provider box`))
    return at
  }
  const keys = () => ({ env: { BOX_KEY: hosts.poor.key, PIER_KEY: hosts.sold.key, VIDEO_KEY: hosts.sglang.key } })
  const sold = () => acceptedOf(hosts.sold.ledger()).length

  test('is told of it once, as the server’s lack, before anything is bought anywhere; what is named by --only is made', async () => {
    const at = mixed('shot rain 1s on sg { "rain falls" }')
    const submits = () => [hosts.poor, hosts.sglang].flatMap((host) => host.calls()).filter(({ route }) => route === 'submit').length
    const before = submits()
    const ran = await ltx(at, ['render', '--no-tui'], keys())
    expect(ran.code, ran.out + ran.err).toBe(1)
    expect(lastWords(ran.out, hosts.poor)).toMatchInlineSnapshot(`
      "✗ Own is not finished: 1 of 4 shots failed, 3 shots could not begin
        0 shots made · $0.00 spent · in M:SS
        ✗ poor  the host: the ComfyUI server at BOX lacks the node LTXVAudioVAEDecode, and a model file like text_encoders/gemma_3_12B_it_fp4_mixed.safetensors (3 more shots cannot begin)
              ╭─ film.ltx:9:1
            9 │ shot poor 1s on box { "a gull crosses the sky" }
              │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          → update ComfyUI there (these nodes come with it since 2026) and restart it; put the file into that folder of the server’s models, or name the one it has by \`model "FILE"\`; then run again; until then nothing is bought elsewhere either, but what you name by \`--only SHOT\`
        go on: ltx render film.ltx  (nothing is bought twice)
      "
    `)
    expect(ran.out.match(/failed {2,}\w+@1/g)).toEqual(['failed    poor@1'])
    expect(sold()).toBe(0)
    expect(submits()).toBe(before)
    expect((await ltx(at, ['spend', '--json'], keys())).out).toContain('"asked":0')
    const part = await ltx(at, ['render', '--json', '--only', 'sold', '--only', 'rain'], keys())
    expect(part.code, part.out + part.err).toBe(0)
    expect(sold()).toBe(1)
    // What is made already makes the film no more whole than before.
    const again = await ltx(at, ['render', '--no-tui'], keys())
    expect([again.code, again.out]).toEqual([4, expect.stringContaining('lacks the node LTXVAudioVAEDecode')])
    expect(sold()).toBe(1)
  })

  test('what is at another host already is fetched all the same', async () => {
    const at = mixed()
    const path = join(at, 'film.ltx')
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, whole.replace(/shot (poor|worse).*\n/g, ''))
    const before = sold()
    await hosts.sold.fault({ route: 'state', kind: 'hang', times: 99 })
    const run = start(at, ['render', '--json', '-q'], keys())
    await run.said('"job.accepted"')
    run.signalAll('SIGKILL')
    await run.ended
    await hosts.sold.tell({ do: 'clear-faults' })
    writeFileSync(path, whole)
    const ran = await ltx(at, ['render', '--json'], keys())
    expect(ran.code, ran.out + ran.err).toBe(4)
    expect(eventsOf(ran).flatMap(({ type, job }) => (type === 'job.stored' ? [job] : []))).toContain('sold@1')
    expect(sold()).toBe(before + 1)
  })

  test('a server that does not answer lacks nothing that anybody knows of: the others go on', async () => {
    const at = mixed()
    const path = join(at, 'film.ltx')
    writeFileSync(path, readFileSync(path, 'utf8').replace(hosts.poor.base, 'http://127.0.0.1:9'))
    const before = sold()
    const ran = await ltx(at, ['render', '--json', '-q'], { ...keys(), node: hurried })
    expect(ran.code, ran.out + ran.err).toBe(4)
    expect(sold()).toBe(before + 1)
  })
})

test('a server that has a price costs it: the ceiling holds, and an answer that is lost is not made again without a word', async () => {
  const at = project('shot rain 1s on sg { "rain falls and runs down the glass" }')
  const path = join(at, 'film.ltx')
  writeFileSync(path, readFileSync(path, 'utf8').replace('server "sglang"', 'server "sglang"  price $0.50'))
  expect((await ltx(at, ['plan'], env())).out).toMatch(/rain .*\$0\.5/)
  const before = acceptedOf(hosts.sglang.ledger()).length
  await hosts.sglang.fault({ route: 'submit', kind: 'reset-after-accept' })
  for (const _again of [1, 2]) expect((await ltx(at, ['render'], env())).code).toBe(6)
  expect(acceptedOf(hosts.sglang.ledger())).toHaveLength(before + 1)
  expect((await ltx(at, ['resolve', 'film.ltx', 'rain', '--resubmit'], env())).code).toBe(0)
  expect((await ltx(at, ['render'], env())).code).toBe(0)
  const spend = JSON.parse((await ltx(at, ['spend', 'film.ltx', '--json'], env())).out)
  expect(spend.total.billed).toBe(1_000_000)
  writeFileSync(path, readFileSync(path, 'utf8').replace('seed 7', 'seed 8  budget $0.10'))
  expect((await ltx(at, ['render'], env())).code).toBe(5)
})
