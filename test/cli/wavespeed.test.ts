// A film bought at WaveSpeedAI, through the real program against a host in a process of its own: words, a picture, a voice,
// an adapter, an extension, both ways to extend; then once more for nothing, and after an answer that was lost.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { acceptedOf } from '../hosts/ledger.ts'
import { eventsOf, filesBelow, folderWith, ltx, put } from './kit.ts'

let host: TestHost
let voice: Buffer
beforeAll(async () => {
  host = await startHost('wavespeed')
  const { path } = await findTool(process.env)
  const sine = ['-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000:duration=6', '-f', 'wav', 'pipe:1']
  voice = execFileSync(path, ['-v', 'error', ...sine], { maxBuffer: 16e6 })
})
afterAll(() => host.stop())

const env = (over: Record<string, string> = {}) => ({ env: { WAVE_KEY: host.key, ...over } })
const bought = () => acceptedOf(host.ledger()).map(({ request }) => request as Readonly<Record<string, unknown>>)

const script = (extra = ''): string => `ltx 1
project "Waves" { size 848x480  fps 24  seed 7  quality fast  on host  budget $20.00 }
provider host wavespeed { base "${host.base}"  key env WAVE_KEY ${extra} }
cast mara "a woman in a navy peacoat" { lora "https://loras.example/mara.safetensors" }
shot plain 5s { "waves roll in from left to right"  extend 2s "a gull crosses the sky" }
shot still 5s from "a.png" { "{mara} turns her head" }
shot voice sync "v.wav" from "a.png" { "she speaks, calm" }
`

function project(): string {
  const canvas = createCanvas(1200, 1000)
  const ink = canvas.getContext('2d')
  ink.fillStyle = '#336699'
  ink.fillRect(0, 0, 1200, 1000)
  return folderWith({ 'film.ltx': script(), 'a.png': canvas.toBuffer('image/png'), 'v.wav': voice })
}

test('words, picture, voice, adapter and extension; then once more for nothing', async () => {
  const at = project()
  const { code, out, err } = await ltx(at, ['render', '--json'], env())
  expect(code, out + err).toBe(0)
  const asked = bought()
  expect(asked.map(({ model }) => String(model).replace('wavespeed-ai/ltx-2.3/', '')).sort()).toEqual([
    'extend',
    'image-to-video-lora',
    'lipsync',
    'text-to-video',
  ])
  const of = (model: string) => asked.find((one) => String(one.model).endsWith(model))
  expect(of('text-to-video')).toMatchObject({ resolution: '480p', aspect_ratio: '16:9', duration: 5, seed: expect.any(Number) })
  expect(of('image-to-video-lora')).toMatchObject({ duration: 5, loras: [{ path: 'https://loras.example/mara.safetensors', scale: 1 }] })
  expect(of('/extend')).toEqual({
    model: 'wavespeed-ai/ltx-2.3/extend',
    duration: 2,
    prompt: expect.any(String),
    video: expect.stringContaining('/uploads/'),
  })
  // One picture for two shots, a sound, a clip.
  expect(host.ledger().filter(({ kind }) => kind === 'uploaded')).toHaveLength(3)
  const spent = eventsOf({ out }).find(({ type }) => type === 'run.stopped')?.spent
  // 5 s of text and of picture at 0.03, 2 s more at 0.10, 6 s of voice at 0.02.
  expect(spent).toBe(150_000 + 200_000 + 150_000 + 120_000)
  const again = await ltx(at, ['render', '--json'], env())
  expect(again.code).toBe(0)
  expect(bought()).toHaveLength(asked.length)
  for (const name of filesBelow(at)) expect(readFileSync(join(at, name)).includes(host.key), name).toBe(false)
})

test('a lost answer is settled by the list; the job is not bought twice', async () => {
  const at = project()
  put(at, { 'film.ltx': script('model "ltx-2.3-video-extend"').replace(/shot (still|voice).*\n/g, '') })
  const before = bought().length
  await host.fault({ route: 'submit', kind: 'reset-after-accept' })
  const { code, out, err } = await ltx(at, ['render', '--no-tui'], env())
  expect(code, out + err).toBe(0)
  expect(
    bought()
      .slice(before)
      .map(({ model }) => model),
  ).toEqual(['wavespeed-ai/ltx-2.3/text-to-video', 'wavespeed-ai/ltx-2.3/video-extend'])
})
