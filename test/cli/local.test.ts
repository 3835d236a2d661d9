// A film made on an own machine, through the real program and a worker without a model: every operation, once more for nothing, runs
// that are killed, machines that lack the model, and what the plan says of it all.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createCanvas } from '@napi-rs/canvas'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { findTool } from '../../src/media/ffmpeg.ts'
import type { FakeWorker } from '../hosts/local-kit.ts'
import { fakeWorker } from '../hosts/local-kit.ts'
import { begun, eventsOf, folderWith, ltx, start, storeOf } from './kit.ts'

let ffmpeg = ''
let voice: Buffer
beforeAll(async () => {
  ffmpeg = (await findTool(process.env)).path
  const sine = ['-f', 'lavfi', '-i', 'sine=frequency=220:sample_rate=48000:duration=1', '-f', 'wav', 'pipe:1']
  voice = execFileSync(ffmpeg, ['-v', 'error', ...sine], { maxBuffer: 16e6 })
})

type Project = { readonly at: string; readonly worker: FakeWorker }

function project(shots: string, block = 'device "cpu"'): Project {
  const canvas = createCanvas(320, 192)
  canvas.getContext('2d').fillRect(0, 0, 160, 192)
  const picture = canvas.toBuffer('image/png')
  const at = folderWith({ 'a.png': picture, 'b.png': picture, 'v.wav': voice, 'look.safetensors': 'an adapter' })
  const worker = fakeWorker(at, ffmpeg)
  writeFileSync(
    join(at, 'film.ltx'),
    `ltx 1
project "Own" { size 320x192  fps 24  seed 7  quality fast  on gpu }
provider gpu local { model "models/tiny"  python "${worker.python}"  ${block} }
${shots}
`,
  )
  return { at, worker }
}

const orders = ({ worker }: Project): readonly Record<string, unknown>[] => worker.made().map(({ made }) => made as Record<string, unknown>) // noted by the worker

const every = `cast mara "a woman with silver hair" { lora "look.safetensors" }
shot words 1s { "a boat drifts by"  at 0s..0.5s "fog"  at 0.5s..1s "sun" }
shot ends 1s from "a.png" to "b.png" { "it tilts" }
shot keys 1s { "it turns"  key 0.5s "a.png" 80% }
shot voice sync "v.wav" from "a.png" { "she speaks, calm" }
shot chain 1s { "wind blows"  extend 1s "it calms"  extend 0.5s before "leaves fall" }
shot again 1s { "rain falls"  retake 0.2s..0.6s "heavy rain"  retake last 0.3s { keep sound }  retake 0s..0.2s { keep picture } }
shot face 1s { "{mara} turns around" }
`

test('every operation, then once more for nothing, and anew to the same bytes', async () => {
  const film = project(every)
  const plan = await ltx(film.at, ['plan'])
  expect(plan.code, plan.err).toBe(0)
  // 0.2 s is frame 4, 0.6 s frame 14: groups of eight begin at 0, 1 and 9.
  expect(plan.out).toContain('retake frames 5..14 → 1..17')
  const { code, out, err } = await ltx(film.at, ['render', '--json'])
  expect(code, out + err).toBe(0)
  expect(film.worker.starts()).toHaveLength(1)
  const byWords = (words: string): Record<string, unknown> | undefined =>
    orders(film).find(({ prompt }) => String(prompt).toLowerCase().includes(words))
  expect(byWords('a boat')).toMatchObject({ operation: 'text-to-video', frames: 25, segments: [{ text: 'fog' }, { text: 'sun' }] })
  // 25 frames are made and 24 shown: the last picture stands where the shot ends.
  expect(byWords('it tilts')).toMatchObject({ images: [{ frame: 0 }, { frame: 23 }] })
  expect(byWords('it turns')).toMatchObject({ images: [{ frame: 12, strength: 0.8 }] })
  expect(byWords('she speaks')).toMatchObject({ sound: { from: { num: 0 }, to: { num: 1, den: 1 } } })
  expect(byWords('it calms')).toMatchObject({ operation: 'extend', frames: 24, extend: { at: 'end', stands: 24, context: 24 } })
  expect(byWords('leaves fall')).toMatchObject({ operation: 'extend', frames: 16, extend: { at: 'start', stands: 24 } })
  expect(byWords('heavy rain')).toMatchObject({ frames: 16, retake: { from: 1, to: 17, mode: 'both' } })
  expect(orders(film).map(({ retake }) => (retake as { mode?: string } | undefined)?.mode)).toEqual(
    expect.arrayContaining(['both', 'picture', 'sound']),
  )
  const loads = film.worker.notes().flatMap(({ loaded }) => (loaded === undefined ? [] : [loaded as { loras: { path: string }[] }]))
  // Only the shot with her in it has her adapter.
  const paths = loads.flatMap(({ loras }) => loras.map(({ path }) => path))
  expect(paths).toEqual([join(film.at, 'look.safetensors')])
  expect((await ltx(film.at, ['render'])).out).toContain('nothing had changed')
  const first = storeOf(film.at)
  rmSync(join(film.at, '.ltx'), { recursive: true })
  expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
  expect(storeOf(film.at)).toEqual(first)
})

test('jobs of one model and size stand in a row, so that it is loaded once', async () => {
  const film = project(`shot a 1s { "one"  quality pro }
shot b 1s { "two" }
shot c 1s { "three"  quality pro }
shot d 1s { "four" }`)
  expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
  expect(orders(film).map(({ prompt }) => prompt)).toEqual(['One.', 'Three.', 'Two.', 'Four.'])
  expect(film.worker.notes().filter(({ loaded }) => loaded !== undefined)).toHaveLength(2)
})

test('guided sampling is told what to avoid, and how many steps to take', async () => {
  const shots = 'shot a 1s { "one"  avoid "fast zooms" }'
  const plain = project(shots)
  const guided = project(shots, 'device "cpu"  sampling guided  steps 12  guidance 3.5')
  for (const film of [plain, guided]) expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
  expect(orders(plain)[0]).toMatchObject({ negative: '' })
  expect(orders(plain)[0]).not.toHaveProperty('steps')
  expect(orders(guided)[0]).toMatchObject({ negative: expect.stringContaining('fast zooms'), steps: 12, guidance: 3.5 })
})

test('guided sampling makes two passes where a refiner is named, and one where none is', async () => {
  const shots = 'shot a 1s { "one"  quality pro  avoid "fast zooms" }\nshot b 1s { "two"  quality fast }'
  const block = 'device "cpu"  sampling guided  steps 12'
  const films = [project(shots, block), project(shots, `${block}  refiner "look.safetensors"`)]
  for (const film of films) {
    const { code, out, err } = await ltx(film.at, ['render', '--json'])
    expect(code, out + err).toBe(0)
  }
  const loads = films.map(({ worker }) =>
    worker
      .notes()
      .flatMap(({ loaded }) => (loaded === undefined ? [] : [loaded as { stages: number; refiner?: string; sampling: string }])),
  )
  expect(loads[0]).toMatchObject([{ stages: 1, sampling: 'guided' }])
  expect(loads[0]?.[0]).not.toHaveProperty('refiner')
  const refiner = join(films[1]?.at ?? '', 'look.safetensors')
  expect(loads[1]?.map(({ stages, ...rest }) => [stages, rest.sampling, rest.refiner]).sort()).toEqual([
    [1, 'guided', refiner],
    [2, 'guided', refiner],
  ])
  const [, film] = films
  if (film === undefined) throw new Error('there is no film')
  expect(orders(film)).toHaveLength(2)
  expect(orders(film)[0]).toMatchObject({ negative: expect.stringContaining('fast zooms'), steps: 12 })
  // Other bytes of the refiner are another model.
  writeFileSync(refiner, 'another adapter')
  expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
  expect(orders(film)).toHaveLength(4)
})

test('a chain whose links do not end on whole groups shows every frame once', async () => {
  const film = project('shot a 1s { "one"  extend 0.4s before "two"  extend 0.6s before "three"  extend 0.3s "four" }')
  const { code, out, err } = await ltx(film.at, ['render', '--json'])
  expect(code, out + err).toBe(0)
  // 9 or 10 frames are shown of 16: the 6 before them are shown by the next link, which makes so many less.
  const plan = JSON.parse((await ltx(film.at, ['plan', '--json'])).out) as {
    jobs: { id: string; request: { frames: number; edit?: { parts?: unknown } } }[]
  }
  const job = (id: string) => plan.jobs.find((one) => one.id === id)?.request
  const shownFirst = Math.round(0.4 * 24)
  expect(job('a@1+1')?.frames).toBe(16)
  expect(job('a@1+2:join')?.edit).toMatchObject({
    parts: [
      { slot: 'part-1', frames: Math.round(0.6 * 24) - (16 - shownFirst) },
      { slot: 'part-2', from: 0, frames: 16 - shownFirst },
      { slot: 'part-0', from: 0, frames: 24 + shownFirst },
    ],
  })
})

describe('a run that ends badly', () => {
  test('kill -9 of the worker costs nothing but time', async () => {
    const film = project('shot a 1s { "one" }\nshot b 1s { "two" }')
    film.worker.fault({ kind: 'die', at: 'denoise', words: 'two' })
    const ran = await ltx(film.at, ['render', '--json'])
    expect(ran.code, ran.err).toBe(0)
    expect(film.worker.starts()).toHaveLength(2)
    expect(eventsOf(ran).some(({ type, phase }) => type === 'job.progress' && String(phase).includes('again with a new worker'))).toBe(true)
  })

  test('kill -9 of the runner ends the worker, and the next run takes up what is there', async () => {
    const film = project('shot a 1s { "one" }\nshot b 1s { "two" }')
    film.worker.fault({ kind: 'slow', at: 'decode', words: 'two', ms: 60_000 })
    const live = start(film.at, ['render', '--json'])
    await vi.waitFor(() => expect(film.worker.notes().some(({ fault }) => fault === 'slow')).toBe(true), { timeout: 60_000 })
    live.process.kill('SIGKILL')
    await live.ended
    const [pid = 0] = film.worker.starts()
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 20_000 })
    expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
    // The first shot is kept, the second only decoded.
    expect(film.worker.made().map(({ reused }) => reused)).toEqual(['nothing', 'latents'])
  })

  test('a job that has ended three workers is set aside; the rest of the film is made', async () => {
    const film = project('shot a 1s { "cursed" }\nshot b 1s { "two" }\nshot c 1s { "three" }')
    film.worker.fault({ kind: 'die', at: 'denoise', words: 'cursed', times: 3 })
    const ran = await ltx(film.at, ['render'])
    expect(ran.code).toBe(4)
    expect(ran.out + ran.err).toContain('3 workers ended while they made it')
    expect(film.worker.made()).toHaveLength(2)
    expect((await ltx(film.at, ['render'])).code).toBe(0)
  })

  test('what does not fit is told with what would', async () => {
    const film = project('shot a 1s { "one" }')
    film.worker.fault({ kind: 'oom', at: 'denoise', times: 2 })
    const ran = await ltx(film.at, ['render'])
    expect(ran.code).toBe(1)
    expect((ran.out + ran.err).replace(/\s+/g, ' ')).toContain('640x384 with 49 frames would fit')
  })
})

describe('the model and what runs it are in the key', () => {
  test('other bytes or versions make the film anew, and `why` says which; a colleague without either keeps it', async () => {
    const film = project('shot a 1s { "one" }')
    expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
    // The same folder elsewhere, without model and Python.
    const there = folderWith()
    cpSync(film.at, there, { recursive: true })
    for (const gone of ['models', 'worker']) rmSync(join(there, gone), { recursive: true })
    const text = readFileSync(join(there, 'film.ltx'), 'utf8').replace(film.worker.python, '/no/such/python')
    writeFileSync(join(there, 'film.ltx'), text)
    expect((await ltx(there, ['plan'])).out).toContain('nothing to make')
    expect((await ltx(there, ['render'])).out).toContain('nothing had changed')
    writeFileSync(join(there, 'film.ltx'), `${text.replace('"one"', '"another"')}shot b 1s { "two" }\n`)
    expect((await ltx(there, ['plan'])).code).toBe(0)
    const refused = await ltx(there, ['render'])
    expect(refused.code).toBe(1)
    expect(refused.out + refused.err).toContain('this machine: there is no folder models/tiny')
    // Said once: what it lacks for one shot, it lacks for all.
    expect((refused.out + refused.err).match(/failed {2,}[ab]@1/g)).toHaveLength(1)
    film.worker.set({ versions: { torch: '1.0' } })
    expect((await ltx(film.at, ['why', 'a'])).out.replace(/\s+/g, ' ')).toMatch(/what runs it: .*torch-0\.0.* → .*torch-1\.0/)
    film.worker.set({})
    expect((await ltx(film.at, ['plan'])).out).toContain('nothing to make')
    writeFileSync(join(film.at, 'models/tiny/vae/weights.safetensors'), 'other bytes')
    expect((await ltx(film.at, ['why', 'a'])).out.replace(/\s+/g, ' ')).toMatch(/the model’s files: [0-9a-f]{12}… → [0-9a-f]{12}…/)
    expect(begun(await ltx(film.at, ['render', '--json']))).toContain('a@1')
  })

  test('an adapter’s bytes count, its name does not', async () => {
    const cast = (lora: string): string => `cast mara "a woman with silver hair" { lora "${lora}" }\nshot a 1s { "{mara} turns" }`
    const film = project(cast('look.safetensors'))
    expect((await ltx(film.at, ['render', '--json'])).code).toBe(0)
    const script = readFileSync(join(film.at, 'film.ltx'), 'utf8')
    mkdirSync(join(film.at, 'looks'))
    cpSync(join(film.at, 'look.safetensors'), join(film.at, 'looks/mara.safetensors'))
    writeFileSync(join(film.at, 'film.ltx'), script.replace('look.safetensors', 'looks/mara.safetensors'))
    expect((await ltx(film.at, ['plan'])).out).toContain('nothing to make')
    writeFileSync(join(film.at, 'looks/mara.safetensors'), 'another adapter')
    expect((await ltx(film.at, ['plan'])).out).not.toContain('nothing to make')
    writeFileSync(join(film.at, 'film.ltx'), script.replace('look.safetensors', 'looks/none.safetensors'))
    const missing = await ltx(film.at, ['plan'])
    expect(missing.code).toBe(3)
    expect(missing.err).toContain('looks/none.safetensors')
  })
})

test('doctor starts a worker and says what it runs on', async () => {
  const film = project('shot a 1s { "one" }')
  const { code, out } = await ltx(film.at, ['doctor', '--provider', 'gpu'])
  expect(code).toBe(0)
  expect(out).toContain('a cpu for tests (cpu, 80 GB, 70 GB free); torch 0.0')
  const [pid = 0] = film.worker.starts()
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow(), { timeout: 20_000 })
  rmSync(film.worker.python)
  const sick = await ltx(film.at, ['doctor', '--provider', 'gpu'])
  expect(sick.code).not.toBe(0)
  expect(sick.out).toContain('there is no Python at')
  expect(existsSync(join(film.at, '.ltx/clips'))).toBe(false)
})
