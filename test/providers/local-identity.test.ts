// What a clip of an own machine hangs on: the hash of a model's folder, remembered and taken anew when a file changes; the versions of
// what runs it; and what is said where one of them is not there.
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { openReporter } from '../../src/lang/diagnostic.ts'
import type { LockedJob } from '../../src/lang/lock.ts'
import { adapterOf, devicesOf, foldersOf, identify, type Look, stackText, weightsOf } from '../../src/providers/local/identity.ts'
import { madeWithOf } from '../../src/providers/local/made-with.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { program, shot, span } from '../lang/plan-kit.ts'

const home = mkdtempSync(join(tmpdir(), 'ltx-identity-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
const real = openNodeWorld({ HOME: join(home, 'nobody') })
let number = 0
let root = ''
let read: string[] = []
let told: string[] = []
let look: Look

const put = (name: string, text: string): void => {
  const path = join(root, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
}
beforeEach(() => {
  number += 1
  root = join(home, String(number))
  read = []
  told = []
  const sha256 = (path: string): Promise<string> => {
    read.push(path.slice(root.length + 1))
    return real.files.sha256(path)
  }
  look = {
    world: { ...real, files: { ...real.files, sha256 } },
    root,
    memo: join(root, '.ltx/cache/weights.json'),
    tell: (text) => told.push(text),
  }
  put('model/model_index.json', '{}')
  put('model/vae/diffusion.safetensors', 'weights')
  put('model/tokenizer/tokenizer.model', 'words')
})
const weights = (upsampler?: string): Promise<string> =>
  weightsOf({ model: join(root, 'model'), ...(upsampler === undefined ? {} : { upsampler: join(root, upsampler) }) }, look)

describe('the hash of a model', () => {
  test('is that of its files by path, and of nothing else that lies there', async () => {
    put('model/README.md', 'about it')
    put('model/vae/preview.png', 'a picture')
    const lines = [
      `model_index.json ${hash('{}')}\n`,
      `tokenizer/tokenizer.model ${hash('words')}\n`,
      `vae/diffusion.safetensors ${hash('weights')}\n`,
    ]
    expect(await weights()).toBe(hash(lines.join('')))
  })

  test('holds the files of an upsampler of its own under its name', async () => {
    put('doubler/config.json', '{"x":2}')
    const lines = [
      `model_index.json ${hash('{}')}\n`,
      `tokenizer/tokenizer.model ${hash('words')}\n`,
      `upsampler/config.json ${hash('{"x":2}')}\n`,
      `vae/diffusion.safetensors ${hash('weights')}\n`,
    ]
    expect(await weights('doubler')).toBe(hash(lines.join('')))
  })

  test('holds a refiner’s bytes and not its name, and reads one that lies in the folder once', async () => {
    const plain = await weights()
    put('any.safetensors', 'distilled')
    const lines = [
      `model_index.json ${hash('{}')}\n`,
      `refiner ${hash('distilled')}\n`,
      `tokenizer/tokenizer.model ${hash('words')}\n`,
      `vae/diffusion.safetensors ${hash('weights')}\n`,
    ]
    const model = join(root, 'model')
    expect(await weightsOf({ model, refiner: join(root, 'any.safetensors') }, look)).toBe(hash(lines.join('')))
    expect(await weights()).toBe(plain)
    put('model/lora.safetensors', 'distilled')
    read = []
    const within = await weightsOf({ model, refiner: join(model, 'lora.safetensors') }, look)
    expect(read).toEqual(['model/lora.safetensors'])
    expect(within).not.toBe(await weights())
  })

  test('is worked out once, and anew for the file that changes', async () => {
    const first = await weights()
    expect(read).toHaveLength(3)
    expect(await weights()).toBe(first)
    expect(read).toHaveLength(3)
    put('model/vae/diffusion.safetensors', 'changed')
    utimesSync(join(root, 'model/vae/diffusion.safetensors'), new Date(), new Date(Date.now() + 5000))
    expect(await weights()).not.toBe(first)
    expect(read.slice(3)).toEqual(['model/vae/diffusion.safetensors'])
  })

  test('follows links as the hub’s programs make them, and is not caught in a circle', async () => {
    const plain = await weights()
    mkdirSync(join(root, 'linked/vae'), { recursive: true })
    symlinkSync(join(root, 'model/model_index.json'), join(root, 'linked/model_index.json'))
    symlinkSync(join(root, 'model/tokenizer'), join(root, 'linked/tokenizer'))
    symlinkSync(join(root, 'model/vae/diffusion.safetensors'), join(root, 'linked/vae/diffusion.safetensors'))
    symlinkSync(join(root, 'linked'), join(root, 'linked/again'))
    expect(await weightsOf({ model: join(root, 'linked') }, look)).toBe(plain)
  })

  test('a memo that is damaged is none', async () => {
    const first = await weights()
    writeFileSync(look.memo ?? '', '{"version":1,"files":{"x":[1]}}')
    expect(await weights()).toBe(first)
  })

  test('is told of before it takes long', async () => {
    await weights()
    expect(told).toEqual([])
    const stat = async (path: string) => {
      const found = await real.files.stat(path)
      return path.endsWith('.safetensors') ? { ...found, bytes: 46e9 } : found
    }
    look = { ...look, world: { ...look.world, files: { ...look.world.files, stat } } }
    await weights()
    expect(told).toEqual([expect.stringMatching(/^reading the model in .*model once, 46 GB, to know it again$/)])
  })
})

describe('what a block names', () => {
  const use = (settings: Record<string, string | readonly string[]>) => ({ name: 'gpu', kind: 'local', settings, span })
  test('is looked for from the project, or where it says', async () => {
    expect(await foldersOf(use({ model: 'model/' }), look)).toEqual({ here: { model: join(root, 'model') } })
    expect(await foldersOf(use({ model: join(root, 'model') }), look)).toEqual({ here: { model: join(root, 'model') } })
  })
  test('has a refiner for guided sampling alone, of the project or of the model’s folder', async () => {
    const model = join(root, 'model')
    const found = (refiner: string, sampling = 'guided') => foldersOf(use({ model: 'model', sampling, refiner }), look)
    put('model/lora.safetensors', 'in the model')
    expect(await found('lora.safetensors')).toEqual({ here: { model, refiner: join(model, 'lora.safetensors') } })
    put('lora.safetensors', 'in the project')
    expect(await found('lora.safetensors')).toEqual({ here: { model, refiner: join(root, 'lora.safetensors') } })
    expect(await found('lora.safetensors', 'distilled')).toEqual({ here: { model } })
    expect(await found('none.safetensors')).toMatchObject({ why: expect.stringContaining('no file none.safetensors') })
    expect(await found('model')).toMatchObject({ next: expect.stringContaining('one pass') })
  })
  test('may be missing', async () => {
    expect(await foldersOf(use({}), look)).toMatchObject({ why: expect.stringContaining('names no model') })
    expect(await foldersOf(use({ model: './none' }), look)).toMatchObject({ why: expect.stringContaining('there is no folder ./none') })
    expect(await identify(use({ model: 'model', python: 'relative/python' }), look)).toMatchObject({
      weights: { here: expect.stringMatching(/^[0-9a-f]{64}$/) },
      stack: { why: expect.stringContaining('relative/python') },
    })
    expect(await identify(use({ model: 'model' }), look)).toMatchObject({ stack: { next: expect.stringContaining('ltx local setup') } })
  })
  test('names devices once each, and the usual one where it names none', () => {
    expect(devicesOf({})).toEqual(['cuda:0'])
    expect(devicesOf({ device: 'mps' })).toEqual(['mps'])
    expect(devicesOf({ device: ['cuda:0', 'cuda:1', 'cuda:0'] })).toEqual(['cuda:0', 'cuda:1'])
  })
  test('runs by versions and the kind of the device, not by its number', () => {
    const versions = { torch: '2.13.0+cu130', diffusers: '0.40.0', transformers: '5.12.1', av: '18.1.0', worker: '1', numpy: '9' }
    expect(stackText('cuda:1', versions)).toBe('cuda torch-2.13.0+cu130 diffusers-0.40.0 transformers-5.12.1 av-18.1.0 worker-1')
    expect(stackText('cuda:0', versions)).toBe(stackText('cuda:1', versions))
  })
})

describe('an adapter', () => {
  test('is a file of the project, by its bytes', async () => {
    put('looks/mara.safetensors', 'an adapter')
    expect(await adapterOf('looks/mara.safetensors', look)).toBe(hash('an adapter'))
    expect(await adapterOf('looks/none.safetensors', look)).toBeUndefined()
    expect(await adapterOf('looks', look)).toBeUndefined()
    writeFileSync(join(home, 'outside.safetensors'), 'not of the project')
    expect(await adapterOf('../outside.safetensors', look)).toBeUndefined()
    symlinkSync(join(home, 'outside.safetensors'), join(root, 'looks/link.safetensors'))
    expect(await adapterOf('looks/link.safetensors', look)).toBeUndefined()
  })
})

describe('the words for the keys', () => {
  const use = (settings: Record<string, string | number>) => ({ name: 'gpu', kind: 'local', settings, span })
  const film = (settings: Record<string, string | number>, on = 'gpu') =>
    program([shot('a', 96, { provider: on })], { providers: [use(settings)] })
  const locked = (weightsThen: string): LockedJob =>
    ({ provider: { name: 'gpu', kind: 'local/2' }, request: { weights: weightsThen, stack: `stack of ${weightsThen}` } }) as LockedJob // what is read of it
  const wordsOf = async (settings: Record<string, string | number>, jobs: readonly [string, LockedJob][] = []) =>
    (await madeWithOf(film(settings), { look, locked: new Map(jobs), reporter: openReporter() })).get('gpu')?.madeWith

  test('are those of this machine where it has the model', async () => {
    const words = (await wordsOf({ model: 'model', sampling: 'guided', steps: 12, dtype: 'auto' }, [['a@1', locked('old')]]))?.('a@1')
    expect(words).toEqual({ weights: await weights(), stack: 'stack of old', tuning: { steps: 12 } })
  })
  test('are those of the lock where it has not: the job’s own, else what was used last', async () => {
    const words = await wordsOf({ model: 'elsewhere' }, [
      ['a@1', locked('one')],
      ['b@1', locked('two')],
    ])
    expect(words?.('a@1')).toEqual({ weights: 'one', stack: 'stack of one' })
    expect(words?.('new@1')).toEqual({ weights: 'two', stack: 'stack of two' })
  })
  test('are none where nobody knows', async () => {
    expect((await wordsOf({ model: 'elsewhere' }))?.('a@1')).toEqual({})
  })
  test('steps are for guided sampling alone', async () => {
    expect((await wordsOf({ model: 'elsewhere', steps: 12, guidance: 3, dtype: 'float32' }))?.('a@1')).toEqual({
      tuning: { dtype: 'float32' },
    })
  })
  test('a model that makes nothing in a film is not read', async () => {
    expect(await madeWithOf(film({ model: 'model' }, 'ltx'), { look, locked: new Map(), reporter: openReporter() })).toEqual(new Map())
    expect(read).toEqual([])
  })
})
