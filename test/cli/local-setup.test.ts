// `ltx local setup`, as people run it, with a Python that fetches nothing: what it makes, what it says before, and that what is
// half made is never taken for whole.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hubArguments } from '../../src/cli/local-hub.ts'
import { bytesOnLine, cudaOnLine, estimate, installArguments } from '../../src/cli/local-pip.ts'
import { torchFits } from '../../src/cli/local-python.ts'
import type { Behaviour, FakePython } from './fake-python.ts'
import { fakePython } from './fake-python.ts'
import { expectNoTrace, folderWith, ltx, put, start } from './kit.ts'

type Place = { readonly python: FakePython; readonly data: string; readonly env: Readonly<Record<string, string>> }

function place(behaviour: Behaviour = {}, name?: string): Place {
  const python = fakePython(behaviour, name)
  const data = folderWith()
  return { python, data, env: { PATH: python.folder, XDG_DATA_HOME: data, HOME: data } }
}

const setup = ({ data, env }: Place, ...args: readonly string[]) => ltx(data, ['local', 'setup', ...args], { env })
const environments = ({ data }: Place): readonly string[] => {
  const root = join(data, 'ltx/worker')
  return existsSync(root) ? readdirSync(root).map((name) => join(root, name)) : []
}
const markers = (at: Place): readonly string[] => environments(at).filter((folder) => existsSync(join(folder, 'ltx-env.json')))
/** What the rest of the program makes of it. */
const seen = async ({ data, env }: Place): Promise<string> => (await ltx(data, ['doctor'], { env })).out

describe('an environment', () => {
  it('is made once, after its size was told', async () => {
    const at = place()
    const { code, out, err } = await setup(at)
    expect(code, err).toBe(0)
    expect(err).toContain('to be fetched: torch==2.13.0, diffusers, transformers and what they need: 271.0 MB; on the disk about 1.3 GB')
    expect(err.indexOf('to be fetched')).toBeLessThan(err.indexOf('PIP IS INSTALLING'))
    expect(out).toContain('Python 3.12.4, torch 2.13.0, diffusers 0.40.0, transformers 5.12.1, av 18.1.0')
    expect(at.python.calls('venv')).toHaveLength(1)
    const [folder = ''] = markers(at)
    expect(JSON.parse(readFileSync(join(folder, 'ltx-env.json'), 'utf8'))).toMatchObject({
      v: 1,
      python: join(folder, 'bin/python'),
      versions: { torch: '2.13.0', worker: '1' },
      systemTorch: false,
    })
    expect(await seen(at)).toContain('the worker’s environment is there (torch 2.13.0, diffusers 0.40.0)')
    const again = await setup(at)
    expect(again.code).toBe(0)
    expect(again.err).toContain('it is there already, made 20')
    expect(at.python.calls('pip')).toHaveLength(2)
  })
  it('is told as data', async () => {
    const { out } = await setup(place(), '--json', '--quiet')
    expect(JSON.parse(out)).toMatchObject({ v: 1, pythonVersion: '3.12.4', versions: { diffusers: '0.40.0' } })
  })
  it('is made anew when it is asked for', async () => {
    const at = place()
    await setup(at)
    expect((await setup(at, '--again')).code).toBe(0)
    expect(at.python.calls('venv')).toHaveLength(2)
  })
  it('takes the torch that is there, unless another is named', async () => {
    const at = place({ torch: '2.9.1+cu128' })
    const { code, err } = await setup(at)
    expect(code, err).toBe(0)
    expect(err).toContain('torch 2.9.1+cu128 is there already and is used as it is')
    expect(at.python.calls('venv')[0]).toContain('--system-site-packages')
    expect(at.python.calls('pip').flat().join(' ')).not.toContain('torch==')
    const other = place({ torch: '2.9.1' })
    await setup(other, '--torch', 'torch==2.13.0', '--index', 'http://127.0.0.1:9/none')
    expect(other.python.calls('venv')[0]).not.toContain('--system-site-packages')
    for (const call of other.python.calls('pip')) {
      expect(call).toContain('torch==2.13.0')
      expect(call.join(' ')).toContain('--extra-index-url http://127.0.0.1:9/none')
    }
  })
  it('does not silently stay with another torch than the one that is named', async () => {
    const at = place()
    await setup(at)
    const { code, err } = await setup(at, '--torch', 'torch==2.7.1')
    expect(code).toBe(1)
    expect(err).toContain('the environment is there with torch 2.13.0, not torch==2.7.1\n  make it anew: add --again')
  })
  it('has an own torch where the Python’s own is too old', async () => {
    const at = place({ torch: '2.5.1' })
    await setup(at)
    expect(at.python.calls('pip').at(-1)).toContain('torch==2.13.0')
  })
  it('may lie elsewhere, and is found there', async () => {
    const at = place()
    const folder = join(folderWith(), 'large disk/env')
    expect((await setup(at, '--folder', folder)).code).toBe(0)
    expect(existsSync(join(folder, 'ltx-env.json'))).toBe(true)
    expect(await seen(at)).toContain('the worker’s environment is there')
    expect((await setup(at)).err).toContain('it is there already')
    rmSync(folder, { recursive: true })
    expect(await seen(at)).toContain(`the worker's Python is gone: ${folder}/bin/python`)
  })
  it('is never made over something else', async () => {
    const at = place()
    const folder = folderWith({ 'thesis.txt': 'years of work' })
    const { code, err } = await setup(at, '--folder', folder)
    expect(code).toBe(1)
    expect(err).toContain('is not empty, and not an environment that ltx has begun\n  name an empty folder')
    expect(readdirSync(folder)).toEqual(['thesis.txt'])
  })
  it('is made by one at a time', async () => {
    const at = place({ pip: 'hangs' })
    const first = start(at.data, ['local', 'setup'], { env: at.env })
    await first.said('PIP IS INSTALLING')
    expect(await setup(at)).toMatchObject({ code: 75, err: expect.stringContaining('another `ltx local setup` is at work') })
    first.signalAll('SIGKILL')
    await first.ended
  })
})

describe('its size', () => {
  it('is an estimate where pip would have to fetch it all to tell, and pip is stopped then', async () => {
    const at = place({ dryRun: 'fetches' })
    const began = performance.now()
    const { code, err } = await setup(at)
    expect(code, err).toBe(0)
    expect(err).toMatch(
      /need: about \d\.\d GB \(an estimate: the packages’ own sizes could not be asked\)|need: about \d+\.\d MB \(an estimate/,
    )
    expect(at.python.fetched()).toBe(false)
    expect(performance.now() - began).toBeLessThan(18_000)
  })
  it('is an estimate where pip cannot tell', async () => expect((await setup(place({ dryRun: 'fails' }))).err).toContain('(an estimate'))
  it('is far smaller where torch is there', () => {
    expect(estimate(false).bytes).toBeLessThan(estimate(true, false).bytes)
    expect(estimate(true, false).bytes * 5).toBeLessThan(estimate(true, true).bytes)
  })
  it.each([
    ['Processing /wheels/torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl', false],
    ['  Downloading torch-2.13.0+cu130-cp312-cp312-linux_x86_64.whl.metadata (29 kB)', true],
    ['Collecting nvidia-cublas==13.1.1.3 (from torch==2.13.0)', true],
    ['Collecting torch==2.13.0', undefined],
    ['  Downloading torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl (812.3 MB)', undefined],
  ])('knows the build from %s', (line, cuda) => expect(cudaOnLine(line)).toBe(cuda))
  it.each([
    ['  Downloading torch-2.13.0-cp312-cp312-manylinux_2_28_x86_64.whl (812.3 MB)', 812.3e6],
    ['Downloading nvidia_cudnn-9.whl (1.2 GB)', 1.2e9],
    ['  Downloading zipp-4.1.2-py3-none-any.whl (10 kB)', 10e3],
    ['  Downloading x.whl.metadata (512 bytes)', 512],
    ['Collecting torch==2.13.0', undefined],
  ])('is read off %s', (line, bytes) => expect(bytesOnLine(line)).toBe(bytes))
})

describe('what is half made', () => {
  it('is gone on with, and never used', async () => {
    const at = place({ pip: 2 })
    const first = await setup(at)
    expect(first.code).toBe(1)
    expectNoTrace(first)
    expect(first.err).toContain('pip failed; once more')
    expect(first.err).toContain('ltx: the packages could not be installed\n  | ERROR: no matching distribution\n')
    expect(markers(at)).toEqual([])
    expect(await seen(at)).toContain('there is no Python environment for the worker on this machine')
    const second = await setup(at)
    expect(second.code, second.err).toBe(0)
    expect(second.err).toContain('going on with what was begun')
    expect(at.python.calls('venv')).toHaveLength(1)
    expect(markers(at)).toHaveLength(1)
  })
  it('is thrown away where another torch is wanted now', async () => {
    const at = place({ pip: 2 })
    await setup(at)
    expect((await setup(at, '--torch', 'torch==2.7.1')).code).toBe(0)
    expect(at.python.calls('venv')).toHaveLength(2)
  })
  it('a failure of the network is tried once more by itself', async () => expect((await setup(place({ pip: 1 }))).code).toBe(0))
  it('may have been killed at any moment', async () => {
    const at = place({ pip: 'hangs' })
    const running = start(at.data, ['local', 'setup'], { env: at.env })
    await running.said('PIP IS INSTALLING')
    running.signalAll('SIGKILL')
    await running.ended
    expect(markers(at)).toEqual([])
    at.python.behave({})
    expect((await setup(at)).code).toBe(0)
    expect(markers(at)).toHaveLength(1)
  })
  it('leaves no marker behind while it is made anew', async () => {
    const at = place()
    await setup(at)
    at.python.behave({ pip: 99 })
    expect((await setup(at, '--again')).code).toBe(1)
    expect(markers(at)).toEqual([])
  })
  it('is what cannot be loaded, too', async () => {
    const at = place({ versions: 'broken' })
    const { code, err } = await setup(at)
    expect(code).toBe(1)
    expect(err).toContain('ltx: torch cannot be loaded: OSError: libcudart is missing\n  make it anew')
    expect(markers(at)).toEqual([])
  })
})

describe('the Python', () => {
  it('is none: what was found is told, with the way out', async () => {
    const at = place({ version: [3, 8, 18] }, 'python3')
    put(at.python.folder, { 'python3.12': '#!/bin/false\n' })
    const ran = await setup(at)
    expect(ran.code).toBe(1)
    expectNoTrace(ran)
    expect(ran.err).toContain('no Python from 3.10 on was found on the PATH')
    expect(ran.err).toContain(`${at.python.path} is 3.8.18, and 3.10 or later is needed`)
    expect(ran.err).toContain('ltx local setup --python PATH')
    expect((await ltx(at.data, ['local', 'setup'], { env: { ...at.env, PATH: at.data } })).code).toBe(1)
  })
  it('that was named is the only one', async () => {
    const at = place()
    const old = fakePython({ version: [3, 9, 1] })
    const { code, err } = await setup(at, '--python', old.path)
    expect(code).toBe(1)
    expect(err).toContain(`ltx: ${old.path} is 3.9.1, and 3.10 or later is needed`)
    expect((await setup(at, '--python', '/no/such/python')).err).toContain('/no/such/python cannot be started')
    expect(environments(at)).toEqual([])
  })
  it('is one that runs, and rather one with torch', async () => {
    const shim = fakePython({ dead: true }, 'python3.12')
    const plain = fakePython({ version: [3, 11, 2] }, 'python3.11')
    const withTorch = fakePython({ version: [3, 10, 2], torch: '2.8.0' }, 'python3')
    const data = folderWith()
    const env = (...all: readonly FakePython[]) => ({ XDG_DATA_HOME: data, HOME: data, PATH: all.map(({ folder }) => folder).join(':') })
    expect((await ltx(data, ['local', 'setup'], { env: env(shim, plain) })).err).toContain(`making an environment with Python 3.11.2`)
    expect((await ltx(data, ['local', 'setup'], { env: env(shim, plain, withTorch) })).err).toContain('environment with Python 3.10.2')
  })
  it('without venv says what to install', async () => {
    const { code, err } = await setup(place({ complete: false }))
    expect(code).toBe(1)
    expect(err).toContain('venv or ensurepip is missing\n  on Debian or Ubuntu: apt install python3.12-venv')
  })
  it.each([
    ['2.6.0', true],
    ['2.13.0+cu130', true],
    ['3.0.0', true],
    ['2.5.1+cpu', false],
    ['1.13.1', false],
    ['', false],
  ])('has a torch %s that serves: %s', (torch, serves) => expect(torchFits(torch)).toBe(serves))
})

describe('keys', () => {
  it('reach neither pip nor the environment; the hub’s token reaches the hub', async () => {
    const at = place({ hub: { look: { pipeline: true, bytes: 5e9, missing: 0 }, fetch: { folder: '/x' } } })
    const env = { ...at.env, LTX_API_KEY: 'k', FAL_KEY: 'k', HF_TOKEN: 'hf', PIP_RETRIES: '1', https_proxy: '' }
    expect((await ltx(at.data, ['local', 'setup', '--model', 'o/m'], { env })).code).toBe(0)
    for (const { argv, names } of at.python.asked()) {
      expect(names).not.toContain('LTX_API_KEY')
      expect(names).not.toContain('FAL_KEY')
      expect(names.includes('HF_TOKEN'), argv.join(' ')).toBe(argv[1] === 'ltx_setup.hub')
      expect(names).toContain('PIP_RETRIES')
    }
  })
})

describe('a model of the hub', () => {
  const there = { pipeline: true, bytes: 46.2e9, missing: 40e9, files: 30 }
  it('is fetched after its size was told', async () => {
    const at = place({ hub: { look: there, fetch: { folder: '/cache/models--o--m/snapshots/1' } } })
    const { code, err } = await setup(at, '--model', 'o/m@v2', '--yes')
    expect(code, err).toBe(0)
    expect(err).toContain('to be fetched: the weights of o/m@v2: 40.0 GB of 46.2 GB')
    expect(err).toContain('o/m@v2 is in /cache/models--o--m/snapshots/1\n  in the script: model "o/m@v2"')
    expect(at.python.calls('ltx_setup.hub')).toEqual([
      ['look', 'o/m', 'v2'],
      ['fetch', 'o/m', 'v2'],
    ])
  })
  it('that cannot be reached is a sentence, and the environment stays', async () => {
    const at = place({
      hub: { look: { error: 'the hub cannot be reached: ConnectError: no route', next: 'bring the folder by other means' } },
    })
    const ran = await setup(at, '--model', 'o/m')
    expect(ran.code).toBe(1)
    expectNoTrace(ran)
    expect(ran.err).toContain('ltx: the hub cannot be reached: ConnectError: no route\n  bring the folder by other means')
    expect(at.python.calls('ltx_setup.hub')).toEqual([['look', 'o/m']])
    expect(markers(at)).toHaveLength(1)
  })
  it('in another layout is refused before anything is fetched', async () => {
    const at = place({ hub: { look: { ...there, pipeline: false } } })
    expect((await setup(at, '--model', 'o/m')).err).toContain('o/m is no model in the layout of diffusers')
    expect(at.python.calls('ltx_setup.hub')).toHaveLength(1)
  })
  it('is not asked for a folder, nor for what is no name', async () => {
    const at = place({ hub: {} })
    mkdirSync(join(at.data, 'models'))
    const folder = await setup(at, '--model', 'models')
    expect([folder.code, folder.err]).toEqual([0, expect.stringContaining('models is a folder of this machine: nothing is to be fetched')])
    expect((await setup(at, '--model', '../models/gone')).err).toContain('there is no folder ../models/gone, and it is no name of a model')
    expect(at.python.calls('ltx_setup.hub')).toEqual([])
  })
})

it('the arguments for pip and for the hub', () => {
  const wants = { python: '/env/bin/python', requirements: '/ltx/worker/requirements.txt', quiet: true }
  expect(installArguments({ ...wants, torch: 'torch==2.13.0', index: 'http://127.0.0.1/x' }).join(' ')).toBe(
    '/env/bin/python -m pip install --disable-pip-version-check --no-input --quiet --extra-index-url http://127.0.0.1/x torch==2.13.0 --requirement /ltx/worker/requirements.txt',
  )
  expect(installArguments(wants)).not.toContain('--extra-index-url')
  expect(hubArguments('/p', 'fetch', 'o/m')).toEqual(['/p', '-m', 'ltx_setup.hub', 'fetch', 'o/m'])
})

it('a film has no part in it', async () => {
  const at = place()
  writeFileSync(join(at.data, 'f.ltx'), 'ltx 1\n')
  expect(await ltx(at.data, ['local', 'setup', 'f.ltx'], { env: at.env })).toMatchObject({
    code: 2,
    err: expect.stringContaining('leave the film out'),
  })
})
