// What `npm run test:gpu` does where there is a GPU and where there is none; and that the page of figures says what was measured.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { figuresText, mergedFigures } from '../../scripts/gpu-figures.mjs'
import { describeWorker, workerPython } from './python.ts'

const root = join(import.meta.dirname, '../..')
const docs = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8')

const run = (args: readonly string[], env: Readonly<Record<string, string | undefined>>) =>
  spawnSync(process.execPath, [join(root, 'scripts/test-gpu.mjs'), ...args], { encoding: 'utf8', env: { ...process.env, ...env } })

const row = {
  name: 'text',
  stages: 1,
  width: 1280,
  height: 704,
  frames: 121,
  seconds: 12.3,
  perSecondOfVideo: 2.44,
  peakBytes: 41e9,
  phases: { load: 0.01, encode: 0.02, denoise: 7, upsample: 0.25, refine: 2, decode: 1.5, write: 1.52 },
  estimate: { need: 44e9 },
}
const one = {
  tiny: false,
  random: false,
  on: '2026-01-01',
  device: { kind: 'cuda', name: 'Test GPU 9000', memory: 96e9 },
  versions: { torch: '2.13.0', diffusers: '0.40.0', transformers: '5.12.1' },
  model: { weights: 'abcdef0123456789', bytes: 46e9, sampling: 'distilled' },
  startSeconds: 9,
  loadSeconds: 31,
  firstSeconds: 60.04,
  residentBytes: 40e9,
  operations: [row, { ...row, name: 'sound', error: 'OUT_OF_MEMORY: too | large' }],
}

describe('the page of figures', () => {
  it('is made from the figures', () => {
    const { measured } = JSON.parse(docs('gpu-figures.json')) as { measured: readonly never[] } // our own file
    expect(docs('gpu-figures.md')).toBe(figuresText(measured))
  })
  it('says what it has, and what it has not', () => {
    expect(figuresText([])).toContain('Nothing was measured on a GPU yet')
    for (const other of [{ tiny: true }, { random: true }])
      expect(figuresText([{ ...one, ...other }])).toContain('Nothing was measured with real weights yet')
    const text = figuresText([{ ...one, tiny: true }, { ...one, random: true }, one])
    expect(text).not.toContain('Nothing was measured')
    expect(text).toContain('| text | 1 | 1280x704 | 121 | 12.30 | 9.25 | 1.50 | 2.44 | 41.0 GB | 44.0 GB |')
    expect(text).toContain('the first clip took 60.0 s')
    expect(text).toContain('| sound | 1 | | | OUT_OF_MEMORY: too / large | | | | | 44.0 GB |')
    const places = ['## Test GPU 9000\n', 'real size, random weights', 'pictures are noise', 'the tiny model of the tests'].map((part) =>
      text.indexOf(part),
    )
    expect(places[0]).toBeGreaterThan(0)
    expect(places).toEqual([...places].sort((a, b) => a - b))
  })
  it('keeps rows that were not measured again, while the versions are the same', () => {
    const again = {
      ...one,
      on: '2026-02-02',
      operations: [
        { ...row, seconds: 5 },
        { ...row, width: 1920 },
      ],
    }
    const [together] = mergedFigures([one], [again]) as (typeof one)[]
    expect(together?.on).toBe('2026-02-02')
    expect(together?.operations.map(({ name, width, seconds }) => [name, width, seconds])).toEqual([
      ['sound', 1280, 12.3],
      ['text', 1280, 5],
      ['text', 1920, 12.3],
    ])
    expect(mergedFigures([one], [{ ...again, versions: { torch: '3' } }])).toEqual([{ ...again, versions: { torch: '3' } }])
    const others = [
      { ...one, device: { name: 'Other' } },
      { ...one, random: true },
      { ...one, model: { weights: 'other' } },
    ]
    expect(mergedFigures([one], others)).toEqual([one, ...others])
  })
})

describe('without a GPU', () => {
  it('nothing is measured for the docs', () => {
    const { status, stderr } = run(['--device', 'cpu'], { LTX_WORKER_PYTHON: process.execPath })
    expect([status, stderr]).toEqual([1, expect.stringContaining('cpu is no GPU, and its figures do not belong in docs')])
  })
  it('or without a Python, that is said', () => {
    const { status, stderr } = run([], { LTX_WORKER_PYTHON: '/no/python' })
    expect([status, stderr]).toEqual([1, expect.stringContaining('there is no Python environment for the worker')])
  })
})

describe('figures measured elsewhere', () => {
  const written = (measured: object, more: readonly string[] = []) => {
    const out = mkdtempSync(join(tmpdir(), 'ltx-figures-'))
    writeFileSync(join(out, 'one.json'), JSON.stringify(measured))
    const args = ['--figures', join(out, 'one.json'), ...more.map((word) => word.replace('OUT', out))]
    return { out, ...run(args, { LTX_WORKER_PYTHON: '/no/python' }) }
  }
  it('become the page, with no Python and no GPU', () => {
    const { out, status, stderr } = written(one, ['--out', 'OUT'])
    expect(status, stderr).toBe(0)
    expect(readFileSync(join(out, 'gpu-figures.md'), 'utf8')).toBe(figuresText([one]))
    rmSync(out, { recursive: true })
  })
  it('of a processor do not belong in docs', () => {
    const { out, status, stderr } = written({ ...one, device: { ...one.device, kind: 'cpu' } })
    expect([status, stderr]).toEqual([1, expect.stringContaining('of no GPU')])
    rmSync(out, { recursive: true })
  })
})

describeWorker('with the real worker', () => {
  it('a device that is not there is said, and nothing is written', () => {
    const before = docs('gpu-figures.json')
    const { status, stderr } = run(['--device', 'cuda:99'], { LTX_WORKER_PYTHON: workerPython })
    expect(status).toBe(1)
    expect(stderr).toContain('cuda:99')
    expect(docs('gpu-figures.json')).toBe(before)
  }, 120_000)
  it('every operation is measured', () => {
    const out = mkdtempSync(join(tmpdir(), 'ltx-figures-'))
    try {
      const { status, stderr } = run(['--device', 'cpu', '--runs', '1', '--out', out], { LTX_WORKER_PYTHON: workerPython })
      expect(status, stderr).toBe(0)
      const { measured } = JSON.parse(readFileSync(join(out, 'gpu-figures.json'), 'utf8')) as { measured: readonly (typeof one)[] } // just written
      expect(measured).toHaveLength(1)
      const [{ operations, device, loadSeconds } = one] = measured
      expect(device).toMatchObject({ kind: 'cpu' })
      expect(loadSeconds).toBeGreaterThan(0)
      expect(operations.filter((entry) => 'error' in entry)).toEqual([])
      expect([...new Set(operations.map(({ name }) => name))]).toEqual([
        'text',
        'first frame',
        'first and last frame',
        'segments',
        'sound',
        'extend at the end',
        'extend at the start',
        'retake of picture',
        'retake of sound',
        'retake of both',
      ])
      for (const { seconds, peakBytes } of operations) expect(Math.min(seconds, peakBytes)).toBeGreaterThan(0)
    } finally {
      rmSync(out, { recursive: true })
    }
  }, 600_000)
})
