// `npm run test:gpu`: the worker's tests on a CUDA device, then what the device takes for each operation, written to docs/gpu-figures.json
// and .md. Without a GPU it says why and ends with 1. `--model FOLDER` measures a real model too, `--device cuda:1` another device,
// `--out FOLDER` writes elsewhere; with `--device cpu` it only measures, and writes where `--out` says: a trial of the measuring itself.
// `--full-size FOLDER` measures a model of the real size with random weights, made there if need be (71.5 GB); `--cases text,extend` a part of
// the operations; `--figures FILE` (repeatable) tests and measures nothing and takes what `python -m tests.figures` has written elsewhere.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { figuresText, mergedFigures } from './gpu-figures.mjs'
import { root, testPython, workerFolder } from './python.mjs'

const { values } = parseArgs({
  options: {
    device: { type: 'string', default: 'cuda:0' },
    model: { type: 'string' },
    upsampler: { type: 'string' },
    sampling: { type: 'string' },
    runs: { type: 'string', default: '3' },
    out: { type: 'string' },
    'full-size': { type: 'string' },
    cases: { type: 'string' },
    figures: { type: 'string', multiple: true },
  },
})
const { device } = values
const elsewhere = values.figures !== undefined
const onGpu = !elsewhere && device.startsWith('cuda')

function refuse(why, next) {
  console.error(`test:gpu: ${why}\n  ${next}`)
  process.exit(1)
}

const python = testPython()
if (python === undefined && !elsewhere)
  refuse('there is no Python environment for the worker', 'node scripts/worker-env.mjs, or LTX_WORKER_PYTHON=PATH')
if (!onGpu && !elsewhere && values.out === undefined)
  refuse(`${device} is no GPU, and its figures do not belong in docs`, 'add --out FOLDER')

const env = { ...process.env, LTX_TEST_DEVICE: device, PYTHONPATH: workerFolder, PYTHONDONTWRITEBYTECODE: '1', PYTHONUTF8: '1' }
const run = (args, stdio) => spawnSync(python, args, { cwd: workerFolder, env, stdio, encoding: 'utf8', maxBuffer: 1 << 28 })

if (onGpu) {
  const code = `import torch; print(torch.__version__, torch.cuda.is_available() and ${Number(device.split(':')[1] ?? 0)} < torch.cuda.device_count())`
  const { status, stdout, stderr } = run(['-c', code], 'pipe')
  if (status !== 0) refuse(`${python} cannot load torch`, stderr.trim().split('\n').at(-1) ?? '')
  const [torch, sees] = stdout.trim().split(' ')
  const card = spawnSync('nvidia-smi', ['--query-gpu=name', '--format=csv,noheader'], { encoding: 'utf8' })
  const there = card.status === 0 ? card.stdout.trim().split('\n').join(', ') : undefined
  if (sees !== 'True' && there !== undefined)
    refuse(
      `the machine has ${there}, and torch ${torch} of ${python} does not see ${device}`,
      'name a Python whose torch has CUDA: LTX_WORKER_PYTHON=PATH',
    )
  if (sees !== 'True')
    refuse(`there is no GPU here: torch ${torch} sees no ${device}, and there is no nvidia-smi`, 'run it on a machine that has one')
}

const tests = onGpu ? run(['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', workerFolder, 'tests'], 'inherit').status : 0

/** Figures of the tiny model, and of larger ones that were named. */
function measure(more) {
  const sampling = values.sampling === undefined ? [] : ['--sampling', values.sampling]
  const cases = values.cases === undefined ? [] : ['--cases', values.cases]
  const { status, stdout } = run(
    ['-m', 'tests.figures', '--device', device, '--runs', values.runs, ...sampling, ...cases, ...more],
    ['ignore', 'pipe', 'inherit'],
  )
  if (status !== 0) refuse('the figures could not be measured', 'the words above say why')
  return JSON.parse(stdout)
}

const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))
const measured = elsewhere ? values.figures.map((path) => readJson(resolve(path))) : [measure([])]
if (!elsewhere && values.model !== undefined) {
  const upsampler = values.upsampler === undefined ? [] : ['--upsampler', resolve(values.upsampler)]
  measured.push(measure(['--model', resolve(values.model), ...upsampler]))
}
if (!elsewhere && values['full-size'] !== undefined)
  measured.push(measure(['--full-size', resolve(values['full-size']), '--warm-up', 'once']))

if (values.out === undefined && measured.some((one) => one.device.kind !== 'cuda'))
  refuse('these figures are of no GPU, and do not belong in docs', 'add --out FOLDER')
const folder = values.out === undefined ? join(root, 'docs') : resolve(values.out)
mkdirSync(folder, { recursive: true })
const path = join(folder, 'gpu-figures.json')
const all = mergedFigures(existsSync(path) ? readJson(path).measured : [], measured)
writeFileSync(path, `${JSON.stringify({ v: 1, measured: all }, null, 2)}\n`)
writeFileSync(join(folder, 'gpu-figures.md'), figuresText(all))
console.log(`written: ${path} and gpu-figures.md`)
if (tests !== 0) console.error('test:gpu: some tests failed on this device; their words are above')
process.exitCode = tests === 0 ? 0 : 1
