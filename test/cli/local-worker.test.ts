// A film made by the real worker, with a tiny model of the real architecture: every operation, the same bytes again, adapters, and a
// worker and a runner that are killed. Needs an environment: LTX_WORKER_PYTHON, or `node scripts/worker-env.mjs`.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { testPython } from '../../scripts/python.mjs'
import { findTool } from '../../src/media/ffmpeg.ts'
import { probe } from '../../src/media/probe.ts'
import { eventsOf, folderWith, ltx, plainEnv, start, storeOf } from './kit.ts'

const python = testPython()
const worker = resolve(import.meta.dirname, '../../worker')
let tiny = ''
let voice: Buffer

/** Runs a few lines of Python among the worker's own tests; gives the last line it prints. */
function ask(lines: string): string {
  const env = { ...plainEnv, ...(process.env.LTX_TINY_MODEL === undefined ? {} : { LTX_TINY_MODEL: process.env.LTX_TINY_MODEL }) }
  const said = execFileSync(python ?? '', ['-c', lines], { cwd: worker, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return said.trim().split('\n').at(-1) ?? ''
}

type Project = { readonly at: string; readonly flag: string; readonly pid: () => number }

/** `fault` as the worker's `--fault` has it; it happens while the file `flag` is there. */
function project(shots: string, fault?: string): Project {
  const canvas = createCanvas(128, 64)
  canvas.getContext('2d').fillRect(0, 0, 64, 64)
  const at = folderWith({ 'a.png': canvas.toBuffer('image/png'), 'v.wav': voice, flag: '' })
  const [flag, program, pids] = [join(at, 'flag'), join(at, 'python'), join(at, 'pids')]
  const more = fault === undefined ? '' : ` --fault '${fault}@${flag}'`
  writeFileSync(
    program,
    `#!/bin/sh\nif [ "$1" = -m ]; then echo $$ >> '${pids}'; exec '${python}' "$@"${more}; fi\nexec '${python}' "$@"\n`,
  )
  chmodSync(program, 0o755)
  writeFileSync(
    join(at, 'film.ltx'),
    `ltx 1
project "Tiny" { size 64x64  fps 24  seed 7  quality fast  on gpu }
provider gpu local { model "${tiny}"  device "cpu"  python "${program}" }
${shots}
`,
  )
  return { at, flag, pid: () => Number(existsSync(pids) ? readFileSync(pids, 'utf8').trim().split('\n').at(-1) : 0) }
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
const phasesOf = (ran: { readonly out: string }, job: string): readonly string[] =>
  eventsOf(ran).flatMap((event) => (event.type === 'job.progress' && event.job === job ? [String(event.phase).replace(/ .*/, '')] : []))

describe.skipIf(python === undefined)('the real worker', () => {
  beforeAll(async () => {
    tiny = ask('from tests.tiny import tiny_model; print(tiny_model())')
    const { path } = await findTool(process.env)
    const sine = ['-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000:duration=0.5', '-f', 'wav', 'pipe:1']
    voice = execFileSync(path, ['-v', 'error', ...sine], { maxBuffer: 16e6 })
  }, 240_000)

  test('every operation in one film, then nothing to do, then the same bytes again', async () => {
    const film = project(`cast mara "a woman with silver hair" { lora "look.safetensors" }
shot words 12f { "a boat drifts by"  at 0f..6f "fog"  at 6f..12f "sun" }
shot ends 12f from "a.png" to "a.png" { "it tilts"  quality pro }
shot keys 12f { "it turns"  key 6f "a.png" 80% }
shot voice sync "v.wav" from "a.png" { "she speaks, calm" }
shot chain 12f { "wind blows"  extend 12f "it calms"  extend 6f before "leaves fall" }
shot first 24f { "rain falls"  retake 5f..14f "heavy rain" }
shot second 24f { "rain falls"  retake last 7f { keep sound } }
shot third 24f { "rain falls"  retake 0f..6f { keep picture } }
shot face 12f { "{mara} turns around" }`)
    const lora = join(film.at, 'look.safetensors')
    ask(
      `from pathlib import Path\nfrom tests.test_process import tiny_lora\ntiny_lora(Path(${JSON.stringify(tiny)}), Path(${JSON.stringify(lora)}))`,
    )
    const ran = await ltx(film.at, ['render', '--json'])
    const failures = eventsOf(ran).filter(({ type }) => type === 'job.failed' || type === 'job.retrying')
    expect([ran.code, failures], ran.err).toEqual([0, []])
    const whole = await probe(join(film.at, 'out/film.mp4'))
    expect(whole).toMatchObject({ frames: 12 * 4 + 30 + 24 * 3 + 12, size: { width: 64, height: 64 } })
    expect((await ltx(film.at, ['render'])).out).toContain('nothing had changed')
    const first = storeOf(film.at)
    rmSync(join(film.at, '.ltx'), { recursive: true })
    expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
    expect(storeOf(film.at)).toEqual(first)
  }, 600_000)

  test('is killed in the middle of a job: the job goes again, to the bytes it would have had', async () => {
    const plain = project('shot a 9f { "one" }')
    expect((await ltx(plain.at, ['render', '--json'])).code).toBe(0)
    const film = project('shot a 9f { "one" }', 'kill:denoise')
    const ran = await ltx(film.at, ['render', '--json'])
    expect(ran.code, ran.out + ran.err).toBe(0)
    expect(existsSync(film.flag)).toBe(false)
    expect(ran.out).toContain('again with a new worker: it was killed by SIGKILL')
    expect([...storeOf(film.at).values()]).toEqual([...storeOf(plain.at).values()])
  }, 300_000)

  test('goes with a runner that is killed; the next run only decodes what is there', async () => {
    const film = project('shot a 9f { "one" }\nshot b 9f { "two" }', 'hang:decode:Two')
    const live = start(film.at, ['render', '--json'])
    await vi.waitFor(() => expect(existsSync(film.flag)).toBe(false), { timeout: 200_000 })
    live.process.kill('SIGKILL')
    await live.ended
    await vi.waitFor(() => expect(isGone(film.pid())).toBe(true), { timeout: 30_000 })
    const again = await ltx(film.at, ['render', '--json'])
    expect(again.code, again.err).toBe(0)
    expect(phasesOf(again, 'a@1')).toEqual([])
    expect(phasesOf(again, 'b@1')).toContain('decode')
    expect(phasesOf(again, 'b@1')).not.toContain('denoise')
  }, 400_000)

  test('stops in mid-step with the run, and makes the shot in the next one', async () => {
    const film = project('shot a 9f { "one" }', 'hang:denoise')
    const live = start(film.at, ['render', '--json'])
    await vi.waitFor(() => expect(existsSync(film.flag)).toBe(false), { timeout: 200_000 })
    live.signalAll('SIGINT')
    expect((await live.ended).code).toBe(130)
    await vi.waitFor(() => expect(isGone(film.pid())).toBe(true), { timeout: 30_000 })
    expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
  }, 300_000)

  test('doctor tells device and versions', async () => {
    const film = project('shot a 9f { "one" }')
    const { code, out } = await ltx(film.at, ['doctor', '--provider', 'gpu'])
    expect(code, out).toBe(0)
    expect(out).toMatch(/\(cpu, \d+ GB, \d+ GB free\); torch \d+\.\d+.*diffusers 0\.40/)
  }, 200_000)
})
