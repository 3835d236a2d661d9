// The rows of a `provider`'s block that only an own machine knows: its devices, its model's files, how the model is run.
import { arg, type Row, row, setting } from './schema-row.ts'

export const samplings = ['distilled', 'guided'] as const
export const offloads = ['auto', 'none', 'phases', 'leaves'] as const
export const dtypes = ['auto', 'bfloat16', 'float32'] as const

export const localRows: readonly Row[] = [
  row(
    'device',
    ['provider'],
    'the devices of an own machine; each has a worker of its own, so that as many jobs run at once',
    'device "cuda:0"',
    setting([arg('device', ['text'], 'cuda:0, cuda:1, cpu …', { many: true })]),
  ),
  row(
    'upsampler',
    ['provider'],
    'the folder of the model that doubles the picture, where the model’s own folder has none',
    'upsampler "models/ltx-2.3-upsampler"',
    setting([arg('folder', ['text'], 'a folder')]),
  ),
  row(
    'refiner',
    ['provider'],
    'the distilled LoRA of a model that is not distilled: with it `quality pro` is made in two passes, and `fast` in one',
    'refiner "models/ltx-2.3-22b-distilled-lora-384.safetensors"',
    setting([arg('file', ['text'], 'a file, of the project or of the model’s folder')]),
  ),
  row(
    'sampling',
    ['provider'],
    'what the model in the folder is: `distilled`, in few fixed steps; or `guided`, which heeds `avoid` and takes longer',
    'sampling guided',
    setting([arg('way', [{ words: [...samplings] }], 'distilled or guided')], { default: 'distilled' }),
  ),
  row('steps', ['provider'], 'steps of guided sampling', 'steps 30', setting([arg('count', ['int'], '1 to 200')])),
  row(
    'guidance',
    ['provider'],
    'how strictly guided sampling keeps to the words',
    'guidance 3.5',
    setting([arg('scale', ['number'], '1 to 20')]),
  ),
  row(
    'offload',
    ['provider'],
    'what of the model waits in main memory: nothing, the parts whose turn it is not (`phases`), or all but the layer at work (`leaves`)',
    'offload phases',
    setting([arg('way', [{ words: [...offloads] }], 'auto, none, phases or leaves')], { default: 'auto' }),
  ),
  row(
    'dtype',
    ['provider'],
    'the numbers the model is run in',
    'dtype bfloat16',
    setting([arg('type', [{ words: [...dtypes] }], 'auto, bfloat16 or float32')], { default: 'auto' }),
  ),
  row(
    'python',
    ['provider'],
    'a Python that has what the worker needs, where it is not the one that `ltx local setup` makes',
    'python "/opt/ltx/bin/python"',
    setting([arg('path', ['text'], 'an absolute path')]),
  ),
]
