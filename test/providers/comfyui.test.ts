// ComfyUI without a server: the graphs hang together in every form, values land in their places, and what a server says
// is read for what it means.
import { describe, expect, it } from 'vitest'
import type { Request, Slot } from '../../src/lang/plan.ts'
import * as answers from '../../src/providers/comfyui/answers.ts'
import { comfyui } from '../../src/providers/comfyui/capabilities.ts'
import type { Graph } from '../../src/providers/comfyui/graph.ts'
import { fill, graphFor, graphs, promptId } from '../../src/providers/comfyui/graph.ts'
import { begun, fold } from '../../src/providers/comfyui/progress.ts'
import { chooseFile, kindsIn, readNode, takeStock } from '../../src/providers/comfyui/stock.ts'

const request = (over: Partial<Request> = {}): Request => ({
  operation: 'text-to-video',
  provider: 'comfyui/1',
  model: 'ltx-2.3-distilled',
  size: { width: 1280, height: 704 },
  rate: { num: 24, den: 1 },
  frames: 121,
  prompt: 'a harbor at dawn',
  negative: '',
  seed: 2_147_483_647,
  sound: true,
  segments: [],
  keys: [],
  ...over,
})
const slots = (...names: Slot[]): ReadonlyMap<Slot, string> => new Map(names.map((slot) => [slot, `/in/${slot}`]))
const id = 'a1b2c3d4-e5f6-4890-8bcd-ef1234567890'

/** Links to nodes that are not there, and places of values that no node has. */
function looseEnds(graph: Graph): readonly string[] {
  const links = Object.entries(graph.nodes).flatMap(([name, node]) =>
    Object.entries(node.inputs).flatMap(([input, value]) =>
      Array.isArray(value) && graph.nodes[String(value[0])] === undefined ? [`${name}.${input} → ${value[0]}`] : [],
    ),
  )
  return graph.nodes[graph.result] === undefined ? [...links, `no ${graph.result}`] : links
}

/** Nodes that lead to no file. */
function useless(graph: Graph): readonly string[] {
  const used = new Set<string>()
  const walk = (name: string): void => {
    if (used.has(name)) return
    used.add(name)
    for (const value of Object.values(graph.nodes[name]?.inputs ?? {})) if (Array.isArray(value)) walk(String(value[0]))
  }
  walk(graph.result)
  return Object.keys(graph.nodes).filter((name) => !used.has(name))
}

describe('the graphs', () => {
  it.each(Object.entries(graphs))('%s names only places that it has', (_name, graph) => {
    const places = [...Object.values(graph.bind).flat(), ...Object.values(graph.files).flatMap((file) => file.at)]
    for (const place of places) {
      const [node, ...input] = place.split('.')
      expect(graph.nodes[node ?? '']?.inputs, place).toHaveProperty([input.join('.')])
    }
    for (const part of Object.keys(graph.without)) expect(['first-frame', 'last-frame', 'sound']).toContain(part)
    expect(() => Object.values(graph.files).map((file) => new RegExp(file.like))).not.toThrow()
  })

  const cases: readonly (readonly [string, Partial<Request>, readonly Slot[], string, string])[] = [
    ['text', {}, [], 'distilled', 'EmptyLTXVLatentVideo'],
    ['text, doubled', { model: 'ltx-2.3-two-stage' }, [], 'two-stage', 'LTXVLatentUpsampler'],
    ['a picture', { operation: 'image-to-video' }, ['first-frame'], 'distilled', 'LTXVImgToVideoInplace'],
    ['a picture, doubled', { operation: 'image-to-video', model: 'ltx-2.3-two-stage' }, ['first-frame'], 'two-stage', 'LTXVPreprocess'],
    ['two pictures', { operation: 'image-to-video' }, ['first-frame', 'last-frame'], 'guided', 'LTXVCropGuides'],
    ['a last picture alone', { operation: 'image-to-video' }, ['last-frame'], 'guided', 'LTXVCropGuides'],
    ['sound', { operation: 'audio-to-video' }, ['audio'], 'sound', 'LoadAudio'],
    ['sound and a picture', { operation: 'audio-to-video' }, ['audio', 'first-frame'], 'sound', 'LTXVImgToVideoInplace'],
    ['a silent one', { sound: false }, [], 'distilled', 'EmptyLTXVLatentVideo'],
  ]
  it.each(cases)('hang together for %s', (_title, over, files, name, kind) => {
    const graph = graphFor(request(over), slots(...files))
    expect(looseEnds(graph)).toEqual([])
    // The sound's loader may stand idle in a silent graph, and the text's negative half is always there.
    expect(useless(graph)).toEqual([])
    expect(graph.bind).toBe(graphs[name as keyof typeof graphs].bind)
    expect(kindsIn(graph)).toContain(kind)
  })
  it('leave out what has no file', () => {
    expect(kindsIn(graphFor(request(), slots()))).not.toContain('LoadImage')
    expect(kindsIn(graphFor(request({ sound: false }), slots()))).not.toContain('LTXVAudioVAEDecode')
    const last = graphFor(request({ operation: 'image-to-video' }), slots('last-frame'))
    expect(Object.values(last.nodes).filter((node) => node.class_type === 'LTXVAddGuide')).toHaveLength(1)
  })
  it('take a checkpoint of the script’s own for what it is', () => {
    expect(graphFor(request({ model: 'my-ltx-2.3-distilled.gguf' }), slots()).bind).toBe(graphs.distilled.bind)
    expect(graphFor(request({ model: 'my-ltx-2.3.safetensors' }), slots()).bind).toBe(graphs['two-stage'].bind)
  })
})

describe('values', () => {
  const names = {
    inputs: new Map<Slot, string>([
      ['first-frame', 'ltx-1 (1).png'],
      ['audio', 'a.flac'],
    ]),
    files: new Map([
      ['checkpoint', 'c.safetensors'],
      ['encoder', 'e'],
    ]),
    prefix: 'ltx/x',
  }
  it('land in every place of the doubled graph', () => {
    const asked = request({ operation: 'image-to-video', model: 'ltx-2.3-two-stage', size: { width: 1920, height: 1088 } })
    const nodes = fill(graphFor(asked, slots('first-frame')), asked, names)
    expect(nodes.canvas?.inputs).toMatchObject({ width: 960, height: 544, length: 121 })
    expect(nodes['first-fit']?.inputs).toMatchObject({ 'resize_type.width': 1920, 'resize_type.height': 1088 })
    expect([nodes.noise?.inputs.noise_seed, nodes['noise-2']?.inputs.noise_seed]).toEqual([2_147_483_647, 2_147_483_647])
    expect([nodes.words?.inputs.frame_rate, nodes.silence?.inputs.frame_rate, nodes.clip?.inputs.fps]).toEqual([24, 24, 24])
    expect(nodes.silence?.inputs.frames_number).toBe(121)
    expect(nodes.first?.inputs.image).toBe('ltx-1 (1).png')
    expect(nodes.wanted?.inputs.text).toBe('a harbor at dawn')
    expect(['checkpoint', 'encoder', 'sound-coder'].map((name) => nodes[name]?.inputs.ckpt_name)).toEqual(Array(3).fill('c.safetensors'))
    expect(nodes.file?.inputs.filename_prefix).toBe('ltx/x')
  })
  it('trim the sound to what is heard', () => {
    const asked = request({ operation: 'audio-to-video', heard: { from: { num: 3, den: 2 }, to: { num: 4, den: 1 } } })
    const nodes = fill(graphFor(asked, slots('audio')), asked, names)
    expect(nodes.heard?.inputs).toMatchObject({ start_index: 0, duration: 2.5 })
    expect(nodes['sound-file']?.inputs.audio).toBe('a.flac')
    expect(nodes.untouched?.inputs).toMatchObject({ width: 1280, height: 704 })
  })
  it('never touch the graphs themselves', () => {
    const before = JSON.stringify(graphs)
    fill(graphFor(request(), slots()), request(), names)
    expect(JSON.stringify(graphs)).toBe(before)
  })
  it('make a job’s id a UUID that is always the same', () => {
    expect(promptId('0123456789abcdef0123456789abcdef')).toBe('01234567-89ab-4def-8123-456789abcdef')
    expect(promptId('0123456789abcdef0123456789abcdef')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
  })
  it('are within what the planner may ask for', () => {
    for (const offer of comfyui.offers) {
      const longest = offer.seconds.kind === 'range' ? offer.seconds.max : 0
      const fastest = offer.rates === 'any' ? Number.POSITIVE_INFINITY : Math.max(...offer.rates)
      expect(Math.ceil((longest * fastest - 1) / 8) * 8 + 1, `${offer.operation} at ${fastest}`).toBeLessThanOrEqual(1000)
    }
  })
})

describe('the stock', () => {
  const old = (options: readonly string[]): unknown => ({ input: { required: { ckpt_name: [options, {}] } } })
  const fresh = (options: readonly string[]): unknown => ({
    input: { required: { ckpt_name: ['COMBO', { options }] }, optional: { x: ['INT', { min: 1 }] } },
  })
  it('is read in both forms that servers describe nodes in', () => {
    for (const form of [old, fresh]) expect(readNode({ N: form(['a', 'b']) }, 'N')?.get('ckpt_name')).toEqual(['a', 'b'])
    expect(readNode({}, 'N')).toBeUndefined()
    expect(readNode('<html>', 'N')).toBeUndefined()
  })
  it('finds a model by name, in any folder, else by what it looks like', () => {
    const file = graphs.distilled.files.checkpoint
    if (file === undefined) throw new Error('no checkpoint')
    expect(chooseFile(file, ['x', 'video\\ltx-2.3-22b-distilled-fp8.safetensors'], undefined)).toBe(
      'video\\ltx-2.3-22b-distilled-fp8.safetensors',
    )
    expect(chooseFile(file, ['ltx-2.3-22b-dev.safetensors', 'LTX-2.3-distilled-q8.gguf'], undefined)).toBe('LTX-2.3-distilled-q8.gguf')
    expect(chooseFile(file, ['ltx-2.3-22b-distilled-lora-384.safetensors', 'ltx-2-19b-distilled.safetensors'], undefined)).toBeUndefined()
    expect(chooseFile(file, ['a', 'b'], 'b')).toBe('b')
    expect(chooseFile(file, ['ltx-2.3-22b-distilled.safetensors'], 'mine')).toBeUndefined()
  })
  it('names all that is missing at once', () => {
    const kinds = kindsIn(graphs['two-stage'])
    const known = new Map(
      kinds
        .filter((kind) => kind !== 'LTXVLatentUpsampler')
        .map((kind) => [
          kind,
          new Map([
            ['ckpt_name', ['ltx-2.3-22b-dev-fp8.safetensors']],
            ['text_encoder', []],
            ['lora_name', []],
            ['model_name', []],
          ]),
        ]),
    )
    const stock = takeStock(graphs['two-stage'], known, undefined)
    expect(stock).toEqual({
      state: 'lacking',
      nodes: ['LTXVLatentUpsampler'],
      files: [
        'text_encoders/gemma_3_12B_it_fp4_mixed.safetensors',
        'loras/ltx-2.3-22b-distilled-lora-384-1.1.safetensors',
        'latent_upscale_models/ltx-2.3-spatial-upscaler-x2-1.1.safetensors',
      ],
    })
  })
})

describe('answers', () => {
  const history = (over: object) => ({ [id]: { outputs: {}, status: { status_str: 'success', completed: true, messages: [] }, ...over } })
  it('find the clip where SaveVideo, VHS and others put it', () => {
    for (const name of ['images', 'gifs', 'videos']) {
      const outputs = {
        preview: { images: [{ filename: 'p.png', type: 'temp' }] },
        file: { [name]: [{ filename: 'a_00001_.mp4', subfolder: 'ltx', type: 'output' }], animated: [true] },
      }
      expect(answers.readHistory(history({ outputs }), id, 'file')).toEqual({
        state: 'done',
        file: { filename: 'a_00001_.mp4', subfolder: 'ltx', type: 'output' },
      })
    }
  })
  it('do not take silence, another job or an unknown form for success', () => {
    expect(answers.readHistory({}, id, 'file')).toBeUndefined()
    expect(answers.readHistory({ other: history({})[id] }, id, 'file')).toBeUndefined()
    expect(answers.readHistory([], id, 'file')).toBeUndefined()
    expect(answers.readHistory(history({}), id, 'file')).toMatchObject({ state: 'failed', explained: { kind: 'host', retry: true } })
  })
  it('tell an error, a full card and an interruption apart', () => {
    const failed = (name: string, data: object) =>
      answers.readHistory(history({ status: { status_str: 'error', completed: false, messages: [[name, data]] } }), id, 'file')
    expect(
      failed('execution_error', { node_type: 'VAEDecodeTiled', exception_message: 'bad shape', exception_type: 'RuntimeError' }),
    ).toMatchObject({ explained: { kind: 'host', words: 'VAEDecodeTiled: bad shape', retry: false, billed: 'no' } })
    expect(
      failed('execution_error', { node_type: 'S', exception_message: 'Allocation on device', exception_type: 'torch.OutOfMemoryError' }),
    ).toMatchObject({ explained: { kind: 'capacity', retry: false } })
    expect(failed('execution_interrupted', {})).toMatchObject({
      explained: { kind: 'host', words: 'the job was interrupted at the server' },
    })
  })
  it('place a job in the queue', () => {
    const queue = {
      queue_running: [[1, 'x', {}, {}]],
      queue_pending: [
        [9, id, {}, {}],
        [5, 'y', {}, {}],
      ],
    }
    expect(answers.findInQueue(queue, 'x')).toEqual({ state: 'running' })
    expect(answers.findInQueue(queue, id)).toEqual({ state: 'pending', before: 2 })
    expect(answers.findInQueue(queue, 'z')).toBeUndefined()
    expect(answers.findInQueue('down', id)).toBeUndefined()
  })
  it('find a job by its client where the server chose the id', () => {
    const queue = { queue_running: [[1, 'theirs', {}, { client_id: 'ours' }]], queue_pending: [] }
    expect(answers.idOfClient(queue, {}, 'ours')).toBe('theirs')
    expect(answers.idOfClient({}, { h: { prompt: [1, 'past', {}, { client_id: 'ours' }] } }, 'ours')).toBe('past')
    expect(answers.idOfClient(queue, {}, 'other')).toBeUndefined()
  })
  it('turn a refusal into what is missing', () => {
    const seen = (status: number, json: unknown) => answers.explainComfyui({ status, json, body: '', headers: new Map() })
    const missing = {
      error: { type: 'prompt_outputs_failed_validation', message: 'Prompt outputs failed validation', details: '' },
      node_errors: {
        c: {
          class_type: 'CheckpointLoaderSimple',
          errors: [{ type: 'value_not_in_list', message: 'Value not in list', details: "ckpt_name: 'x' not in []" }],
        },
      },
    }
    expect(seen(400, missing)).toMatchObject({
      kind: 'invalid',
      next: expect.stringContaining('model file'),
      words: expect.stringContaining("CheckpointLoaderSimple: Value not in list (ckpt_name: 'x' not in [])"),
    })
    expect(
      seen(400, { error: { type: 'missing_node_type', message: 'Node type not found', details: "Node ID '#36'" }, node_errors: {} }),
    ).toMatchObject({ kind: 'invalid', next: expect.stringContaining('update ComfyUI') })
    expect(seen(413, undefined)).toMatchObject({ kind: 'input' })
    expect(seen(502, '<html>')).toBeUndefined()
    expect(seen(500, { error: 'boom' })).toMatchObject({ kind: 'host' })
  })
})

describe('progress', () => {
  const nodes = Object.keys(graphFor(request(), slots()).nodes)
  const tell = (type: string, data: object, prompt = id): string => JSON.stringify({ type, data: { ...data, prompt_id: prompt } })
  it('grows with sampling and never goes back', () => {
    const states = (value: number) =>
      tell('progress_state', {
        nodes: { checkpoint: { value: 1, max: 1, state: 'finished' }, sampled: { value, max: 8, state: 'running' } },
      })
    const three = fold(begun, states(3), id, nodes)
    const six = fold(three, states(6), id, nodes)
    expect(three).toMatchObject({ phase: 'sampling', over: false })
    expect(six.part).toBeGreaterThan(three.part)
    expect(fold(six, states(1), id, nodes).part).toBe(six.part)
    expect(six.part).toBeLessThan(1)
  })
  it('ignores other jobs, garbage and what it does not know', () => {
    for (const text of [
      tell('progress', { node: 'sampled', value: 8, max: 8 }, 'other'),
      'not json',
      '{"type":1}',
      tell('crystools.monitor', {}),
      tell('progress', { node: 'sampled', value: 1, max: 0 }),
    ]) {
      expect(fold(begun, text, id, nodes)).toEqual(begun)
    }
  })
  it('knows the end in all its forms', () => {
    for (const text of [
      tell('execution_success', {}),
      tell('execution_error', {}),
      tell('execution_interrupted', {}),
      tell('executing', { node: null }),
    ]) {
      expect(fold(begun, text, id, nodes).over).toBe(true)
    }
    expect(fold(begun, tell('executing', { node: 'frames' }), id, nodes)).toMatchObject({ over: false, phase: 'decoding' })
    expect(fold(begun, tell('progress', { node: 'sampled', value: 4, max: 8 }), id, nodes).part).toBeGreaterThan(0.2)
  })
})
