// `ltx local doctor`: what it asks the worker, what it makes of the answer, and what it says where there is no environment, no GPU
// or no model. The worker is a Python that answers from a table; at the end the real one, where its environment is there.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hubCache, hubFolder, isHubName } from '../../src/providers/local/hub-cache.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { describeWorker, tinyModel, workerPython } from '../worker/python.ts'
import type { Behaviour } from './fake-python.ts'
import { fakePython } from './fake-python.ts'
import { expectNoTrace, folderWith, ltx } from './kit.ts'

const cuda = { kind: 'cuda', index: 0, name: 'Test GPU 9000', memory: 96e9, free: 90e9 }
const seen = {
  is: 'doctor',
  protocol: 1,
  worker: '1',
  versions: { python: '3.12.4', torch: '2.13.0+cu130', diffusers: '0.40.0' },
  device: cuda,
  devices: [cuda, { ...cuda, index: 1, name: 'Test GPU 8000' }],
  main: { memory: 128e9, free: 100e9 },
  fits: [],
}
const model = {
  path: '/models/m',
  bytes: 46e9,
  dtype: 'bfloat16',
  sampling: 'distilled',
  stages: [1, 2],
  files: [
    { path: 'transformer/a-00001.safetensors', bytes: 20e9 },
    { path: 'transformer/a-00002.safetensors', bytes: 18e9 },
    { path: 'model_index.json', bytes: 800 },
  ],
  missing: [],
  mismatched: [],
}
const fits = [
  { stages: 2, width: 1280, height: 704, frames: 481, need: 60e9, free: 90e9, fits: true, offload: 'none' },
  { stages: 2, width: 1920, height: 1088, frames: 25, need: 99e9, free: 90e9, fits: false, offload: 'phases' },
]

function place(behaviour: Behaviour, files: Readonly<Record<string, string>> = {}) {
  const python = fakePython(behaviour)
  const folder = folderWith(files)
  const env = { PATH: '', HOME: folder, XDG_DATA_HOME: folder, LTX_WORKER_PYTHON: python.path }
  const doctor = (args: readonly string[] = [], more: Readonly<Record<string, string>> = {}) =>
    ltx(folder, ['local', 'doctor', ...args], { env: { ...env, ...more } })
  return { python, folder, doctor }
}

const script = (settings: string): string => `ltx 1
project "Own" { size 1280x704  fps 24  on gpu }
provider gpu local { ${settings} }
shot open 2s { "a boat drifts out of the fog" }
`

describe('a machine', () => {
  it('shows its device, memory, versions, the model by its parts, and what fits', async () => {
    const { python, folder, doctor } = place({ doctor: { auto: { ...seen, model, fits } } }, { 'm/model_index.json': '{}' })
    const { code, out } = await doctor(['--model', 'm'])
    expect(code).toBe(0)
    expect(out).toContain('✓ device   Test GPU 9000 (cuda), 96.0 GB of memory, 90.0 GB free\n           also Test GPU 8000 (cuda)')
    expect(out).toContain('worker 1, python 3.12.4, torch 2.13.0+cu130, diffusers 0.40.0')
    expect(out).toContain('main memory 128.0 GB, 100.0 GB free')
    expect(out).toContain('✓ model    /models/m: 46.0 GB, bfloat16, distilled, one or two stages')
    expect(out).toMatch(/transformer +38\.0 GB {2}2 files/)
    expect(out).toContain('1280x704  two stages  up to 481 frames (20.0 s at 24), needs 60.0 GB')
    expect(out).toContain('1920x1088 two stages  does not fit')
    expect(python.calls('ltx_worker')).toEqual([['doctor', '--model', join(folder, 'm')]])
  })
  it('is told as data', async () => {
    const { doctor } = place({ doctor: { auto: { ...seen, model: { ...model, missing: ['vae/config.json'] } } } }, { 'm/x': '' })
    const { code, out } = await doctor(['--model', 'm', '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      v: 1,
      healthy: false,
      looks: [
        {
          seen: { device: { name: cuda.name, free: cuda.free } },
          trouble: { message: expect.stringContaining('vae/config.json is missing') },
        },
      ],
    })
  })
  it('without an environment says how to make one', async () => {
    const { doctor } = place({})
    const { code, out } = await doctor([], { LTX_WORKER_PYTHON: '' })
    expect(code).toBe(1)
    expect(out).toBe(
      '✗ worker   there is no Python environment for the worker on this machine\n           make one with `ltx local setup`\n',
    )
    expect((await doctor([], { LTX_WORKER_PYTHON: 'python3' })).out).toContain('LTX_WORKER_PYTHON is no absolute path: python3')
    expect((await doctor([], { LTX_WORKER_PYTHON: '/no/python' })).out).toContain('and there is no such file')
  })
  it('without a GPU says so, and what a driver sees that torch does not', async () => {
    const cpu = { kind: 'cpu', name: 'Old Processor', memory: 16e9, free: 9e9 }
    const { doctor, folder } = place({ doctor: { auto: { ...seen, device: cpu, devices: [cpu] } } })
    const plain = await doctor()
    expect(plain.code).toBe(0)
    expect(plain.out).toContain('· device   Old Processor (cpu)')
    expect(plain.out).toContain('no GPU was found')
    const smi = join(folder, 'nvidia-smi')
    writeFileSync(smi, `#!${process.execPath}\nconsole.log('Test GPU 9000, 97887 MiB, 580.1')\n`, { mode: 0o755 })
    const { out } = await doctor([], { PATH: folder })
    expect(out).toContain('this machine has Test GPU 9000, but the torch of this Python was built without CUDA')
    expect(out).toContain('ltx local setup --again --torch')
  })
  it('with a worker that does not start, or answers something else, is no bug of ours', async () => {
    for (const behaviour of [{}, { doctor: { auto: { is: 'nonsense' } } }, { doctor: { auto: { ...seen, device: 'gone' } } }]) {
      const ran = await place(behaviour).doctor()
      expectNoTrace(ran)
      expect(ran.code).toBe(1)
      expect(ran.out).toMatch(/✗ worker {3}the worker does not start: /)
    }
  })
  it('cannot steer the terminal by its words', async () => {
    const { out } = await place({ doctor: { auto: { ...seen, device: { ...cuda, name: 'GPU\u001b[2J' } } } }).doctor()
    expect(out).toContain('GPU\\x1b[2J')
  })
})

describe('a model', () => {
  it('that is not there is told beside the machine, with the way to get it', async () => {
    const { doctor, python } = place({ doctor: { auto: seen } })
    const { code, out } = await doctor(['--model', 'owner/model'])
    expect(code).toBe(1)
    expect(out).toContain('✓ device   Test GPU 9000')
    expect(out).toContain(
      '✗ model    there is no model owner/model on this machine\n           bring it from the hub: ltx local setup --model owner/model',
    )
    expect((await doctor(['--model', './gone'])).out).toContain('name the folder that holds its model_index.json')
    expect(python.calls('ltx_worker')[0]).toEqual(['doctor'])
  })
  it('that is not whole, or does not go together, is named', async () => {
    const parts = { ...model, missing: ['vae/config.json', 'vocoder/config.json'] }
    const files = { 'm/x': '' }
    const { out } = await place({ doctor: { auto: { ...seen, model: parts } } }, files).doctor(['--model', 'm'])
    expect(out).toContain('✗ model    the model is not whole: vae/config.json, vocoder/config.json are missing')
    const other = { ...model, mismatched: ['the weights are quantised'] }
    const wrong = await place({ doctor: { auto: { ...seen, model: other } } }, files).doctor(['--model', 'm'])
    expect([wrong.code, wrong.out]).toEqual([1, expect.stringContaining('✗ model    the weights are quantised')])
  })
  it('of the hub is found in the hub’s cache', async () => {
    const { doctor, python, folder } = place({ doctor: { auto: seen } })
    const home = join(folder, 'hub/models--owner--model')
    mkdirSync(join(home, 'snapshots/abc123'), { recursive: true })
    mkdirSync(join(home, 'refs'))
    writeFileSync(join(home, 'refs/main'), 'abc123')
    expect((await doctor(['--model', 'owner/model'], { HF_HOME: folder })).code).toBe(0)
    expect(python.calls('ltx_worker')).toEqual([['doctor', '--model', join(home, 'snapshots/abc123')]])
  })
})

describe('a film', () => {
  it('has each of its local providers looked at, on each of its devices', async () => {
    const error = { is: 'error', code: 'UNSUPPORTED', message: 'no such device: cuda:7' }
    const settings = 'model "m"  device "cuda:0" "cuda:7"  offload phases'
    const { doctor, python, folder } = place(
      { doctor: { 'cuda:0': { ...seen, model }, 'cuda:7': error } },
      { 'film.ltx': script(settings), 'm/model_index.json': '{}' },
    )
    const { code, out } = await doctor()
    expect(code).toBe(1)
    expect(out).toContain('gpu on cuda:0\n')
    expect(out).toContain('gpu on cuda:7\n')
    expect(out).toContain('✗ worker   no such device: cuda:7\n           name another `device`')
    expect(python.calls('ltx_worker')).toEqual(
      ['cuda:0', 'cuda:7'].map((device) => ['doctor', '--device', device, '--model', join(folder, 'm'), '--offload', 'phases']),
    )
  })
  it('may name a Python of its own', async () => {
    const own = fakePython({ doctor: { 'cuda:0': seen } })
    const { doctor, python, folder } = place({}, { 'film.ltx': script(`model "m"  python "${own.path}"`), 'm/x': '' })
    expect((await doctor(['film.ltx'])).code).toBe(0)
    // Without a word on it the device is the one that a render uses.
    expect(own.calls('ltx_worker')).toEqual([['doctor', '--device', 'cuda:0', '--model', join(folder, 'm')]])
    expect(python.calls('ltx_worker')).toHaveLength(0)
  })
  it('without a local provider is a mistake where it was named, and none where it only lies here', async () => {
    const other = 'ltx 1\nproject "P" { size 320x192 fps 24 on p }\nprovider p animatic\nshot a 1s { "x" }\n'
    const { doctor } = place({ doctor: { auto: seen } }, { 'film.ltx': other })
    expect((await doctor()).code).toBe(0)
    expect(await doctor(['film.ltx'])).toMatchObject({ code: 2, err: expect.stringContaining('has no provider of the kind `local`') })
  })
  it('takes no options of setup', async () => {
    expect(await place({}).doctor(['--torch', 'x'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('`--torch` belongs to `ltx local setup`'),
    })
  })
})

describe('the hub’s cache', () => {
  const variable = (values: Readonly<Record<string, string>>) => (name: string) => values[name]
  it('lies where the hub’s programs have it', () => {
    expect(hubCache(variable({ HOME: '/h' }))).toBe('/h/.cache/huggingface/hub')
    expect(hubCache(variable({ HOME: '/h', XDG_CACHE_HOME: '/c' }))).toBe('/c/huggingface/hub')
    expect(hubCache(variable({ HOME: '/h', HF_HOME: '/f' }))).toBe('/f/hub')
    expect(hubCache(variable({ HF_HOME: '/f', HF_HUB_CACHE: '/x' }))).toBe('/x')
  })
  it.each([
    ['owner/model', true],
    ['owner/model@v1.2', true],
    ['./models', false],
    ['../owner/model', false],
    ['model', false],
    ['a/b/c', false],
  ])('%s: a name? %s', (text, is) => expect(isHubName(text)).toBe(is))
  it('gives no folder for a name that climbs out of it', async () => {
    const folder = folderWith({ 'models--o--m/refs/main': '../../..', 'models--o--m/snapshots/c/x': '' })
    const world = { ...openNodeWorld({}), variable: variable({ HF_HUB_CACHE: folder }) }
    expect(await hubFolder('o/m', world)).toBeUndefined()
    expect(await hubFolder('o/m@c', world)).toBe(`${folder}/models--o--m/snapshots/c`)
    expect(await hubFolder('o/m@../c', world)).toBeUndefined()
    expect(await hubFolder('o/other', world)).toBeUndefined()
  })
})

describeWorker('the real worker', () => {
  it('looks at this machine and at the tiny model', async () => {
    const folder = folderWith()
    const env = { LTX_WORKER_PYTHON: workerPython ?? '' }
    const { code, out, err } = await ltx(folder, ['local', 'doctor', '--model', tinyModel()], { env })
    expect(code, out + err).toBe(0)
    expect(out).toMatch(/✓ model .*: 2\.\d MB, float32, distilled, one or two stages/)
    expect(out).toMatch(/diffusers 0\.40\./)
    expect(out).toMatch(/fits +\d+x\d+ +two stages {2}up to \d+ frames/)
    expect(out).toMatch(/vae +\d+\.\d kB {2}2 files/)
  })
})
