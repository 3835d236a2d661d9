// A ComfyUI server as its sources tell it: a graph is checked node by node, queued under the id that the client chose,
// made, and told of in the history; uploads of another content are renamed. It keeps nothing over a restart.
import { createHash } from 'node:crypto'
import type { Answer, Asked, Clip, Desk, Job, Protocol } from './protocol.ts'

type Node = { readonly class_type: string; readonly inputs: Readonly<Record<string, unknown>> }
type Nodes = Readonly<Record<string, Node>>
type Trouble = { readonly type: string; readonly message: string; readonly details: string }

const files: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  CheckpointLoaderSimple: {
    ckpt_name: ['sd_xl_base_1.0.safetensors', 'ltx-2.3-22b-distilled-fp8.safetensors', 'ltxv\\ltx-2.3-22b-dev-fp8.safetensors'],
  },
  LTXAVTextEncoderLoader: {
    text_encoder: ['clip_l.safetensors', 'gemma_3_12B_it_fp4_mixed.safetensors'],
    ckpt_name: ['ltx-2.3-22b-distilled-fp8.safetensors', 'ltxv\\ltx-2.3-22b-dev-fp8.safetensors'],
  },
  LTXVAudioVAELoader: { ckpt_name: ['ltx-2.3-22b-distilled-fp8.safetensors', 'ltxv\\ltx-2.3-22b-dev-fp8.safetensors'] },
  LoraLoaderModelOnly: { lora_name: ['ltx-2.3-22b-distilled-lora-384.safetensors'] },
  LatentUpscaleModelLoader: { model_name: ['ltx-2.3-spatial-upscaler-x2-1.1.safetensors'] },
}
const others = [
  'CLIPTextEncode',
  'CFGGuider',
  'CreateVideo',
  'EmptyLTXVLatentVideo',
  'KSamplerSelect',
  'LTXVAddGuide',
  'LTXVAudioVAEDecode',
  'LTXVAudioVAEEncode',
  'LTXVConcatAVLatent',
  'LTXVConditioning',
  'LTXVCropGuides',
  'LTXVEmptyLatentAudio',
  'LTXVImgToVideoInplace',
  'LTXVLatentUpsampler',
  'LTXVPreprocess',
  'LTXVSeparateAVLatent',
  'LoadAudio',
  'LoadImage',
  'ManualSigmas',
  'RandomNoise',
  'ResizeImageMaskNode',
  'ResizeImagesByLongerEdge',
  'SamplerCustomAdvanced',
  'SamplerEulerAncestral',
  'SaveVideo',
  'SetLatentNoiseMask',
  'SolidMask',
  'TrimAudioDuration',
  'VAEDecodeTiled',
] // what a server of 2026 has of what LTX-2.3 needs

/** `lacks`: nodes and files it does not have; `ignoresIds`: as versions before 0.25; `dropsOutputs`: trouble is told on 200. */
type Settings = { readonly lacks?: readonly string[]; readonly ignoresIds?: boolean; readonly dropsOutputs?: boolean }
const settingsOf = (desk: Desk): Settings => desk.settings as Settings // from the test that started it

/** Uploaded files by the name that the server gave them. */
const inputs = new Map<string, string>()
const interrupted = new Set<string>()

const hasNode = (kind: string, { lacks = [] }: Settings): boolean => !lacks.includes(kind) && (kind in files || others.includes(kind))
const optionsOf = (kind: string, input: string, { lacks = [] }: Settings): readonly string[] | undefined =>
  files[kind]?.[input]?.filter((name) => !lacks.includes(name))

const refusal = (type: string, message: string, details: string, nodeErrors: object = {}): Answer => ({
  status: 400,
  json: { error: { type, message, details, extra_info: {} }, node_errors: nodeErrors },
})

function troublesOf(name: string, node: Node, graph: Nodes, settings: Settings): readonly Trouble[] {
  const found: Trouble[] = []
  for (const [input, value] of Object.entries(node.inputs)) {
    if (Array.isArray(value) && graph[String(value[0])] === undefined)
      found.push({ type: 'bad_linked_input', message: 'Bad linked input', details: `${input} of ${name}` })
    const options = optionsOf(node.class_type, input, settings)
    if (options !== undefined && !options.includes(String(value)))
      found.push({
        type: 'value_not_in_list',
        message: 'Value not in list',
        details: `${input}: '${String(value)}' not in ${JSON.stringify(options)}`,
      })
    const step = node.class_type === 'EmptyLTXVLatentVideo' && (input === 'width' || input === 'height') ? 32 : 1
    if (typeof value === 'number' && step > 1 && value % step !== 0)
      found.push({ type: 'invalid_input_type', message: 'Invalid step', details: `${input}: ${value}` })
    if (node.class_type === 'EmptyLTXVLatentVideo' && input === 'length' && (Number(value) - 1) % 8 !== 0)
      found.push({ type: 'custom_validation_failed', message: 'length must be 8k+1', details: String(value) })
    if (node.class_type === 'LTXVEmptyLatentAudio' && input === 'frames_number' && Number(value) > 1000)
      found.push({ type: 'value_bigger_than_max', message: 'Value bigger than max', details: `${input}: ${String(value)}` })
    const file = node.class_type === 'LoadImage' ? 'image' : node.class_type === 'LoadAudio' ? 'audio' : undefined
    if (file === input && !inputs.has(String(value)))
      found.push({
        type: 'custom_validation_failed',
        message: 'Custom validation failed for node',
        details: `${file} - Invalid ${file} file: ${String(value)}`,
      })
  }
  return found
}

/** Follows a link upwards to the first node of a kind. */
function above(graph: Nodes, from: unknown, kind: string, seen = new Set<string>()): Node | undefined {
  const name = Array.isArray(from) ? String(from[0]) : ''
  const node = graph[name]
  if (node === undefined || seen.has(name)) return undefined
  seen.add(name)
  if (node.class_type === kind) return node
  return Object.values(node.inputs).reduce<Node | undefined>((found, link) => found ?? above(graph, link, kind, seen), undefined)
}

/** What the graph would make. */
function clipOf(graph: Nodes): { readonly clip: Clip; readonly node: string; readonly prefix: string } | undefined {
  const [node, save] = Object.entries(graph).find(([, { class_type: kind }]) => kind === 'SaveVideo') ?? []
  if (node === undefined || save === undefined) return undefined
  const video = above(graph, save.inputs.video, 'CreateVideo')
  const canvas = above(graph, video?.inputs.images, 'EmptyLTXVLatentVideo')
  if (video === undefined || canvas === undefined) return undefined
  const doubled = above(graph, video.inputs.images, 'LTXVLatentUpsampler') === undefined ? 1 : 2
  // Guides that nobody crops off stay in the clip.
  const guides = Object.values(graph).filter(({ class_type: kind }) => kind === 'LTXVAddGuide').length
  const stray = above(graph, video.inputs.images, 'LTXVCropGuides') === undefined ? guides * 8 : 0
  const clip = {
    width: Number(canvas.inputs.width) * doubled,
    height: Number(canvas.inputs.height) * doubled,
    rate: Number(video.inputs.fps),
    frames: Number(canvas.inputs.length) + stray,
    sound: video.inputs.audio !== undefined,
  }
  return { clip, node, prefix: String(save.inputs.filename_prefix) }
}

const isUuid = (id: unknown): id is string => typeof id === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id)

let number = 0
function submit({ json }: Asked, desk: Desk): Answer {
  const settings = settingsOf(desk)
  const body = json()
  if (body?.prompt === undefined) return refusal('no_prompt', 'No prompt provided', '')
  if (body.prompt_id !== undefined && !isUuid(body.prompt_id))
    return refusal('invalid_prompt_id', 'prompt_id must be a UUID', String(body.prompt_id))
  const graph = body.prompt as Nodes // checked node by node below
  for (const [name, node] of Object.entries(graph))
    if (!hasNode(node.class_type, settings))
      return refusal('missing_node_type', `Node '${node.class_type}' not found`, `Node ID '#${name}'`)
  const wrong = Object.entries(graph).flatMap(([name, node]) => {
    const errors = troublesOf(name, node, graph, settings)
    return errors.length === 0 ? [] : [[name, { errors, dependent_outputs: ['file'], class_type: node.class_type }] as const]
  })
  const making = clipOf(graph)
  if (wrong.length > 0)
    return refusal('prompt_outputs_failed_validation', 'Prompt outputs failed validation', '', Object.fromEntries(wrong))
  if (making === undefined) return refusal('prompt_no_outputs', 'Prompt has no outputs', '')
  number += 1
  const note = { number, graph, node: making.node, prefix: making.prefix, client: body.client_id }
  const id = settings.ignoresIds === true ? undefined : (body.prompt_id as string | undefined) // checked above
  const { [making.node]: _, ...rest } = graph
  const job = desk.accept({ request: rest, clip: making.clip, ...(id === undefined ? {} : { id }), note })
  if (job === undefined) return { status: 429, text: '' }
  const dropped = {
    extra: { errors: [{ type: 'required_input_missing', message: 'Required input is missing', details: 'x' }], class_type: 'PreviewImage' },
  }
  return { status: 200, json: { prompt_id: job.id, number, node_errors: settings.dropsOutputs === true ? dropped : {} } }
}

const entryOf = ({ id, note }: Job): readonly unknown[] => [note.number, id, note.graph, { client_id: note.client }, [note.node]]
const fileOf = (job: Job): string => `${String(job.note.prefix).split('/').at(-1)}_00001_.mp4`

function historyOf(job: Job): object | undefined {
  if (job.state !== 'done' && job.state !== 'failed') return undefined
  const message = (type: string, data: object): readonly unknown[] => [type, { prompt_id: job.id, ...data }]
  const started = message('execution_start', {})
  if (interrupted.has(job.id) || job.fate?.kind === 'cancelled')
    return {
      prompt: entryOf(job),
      outputs: {},
      status: { status_str: 'error', completed: false, messages: [started, message('execution_interrupted', {})] },
      meta: {},
    }
  if (job.state === 'failed') {
    const error = {
      node_id: 'sampled',
      node_type: 'SamplerCustomAdvanced',
      exception_message: job.fate?.words ?? 'it broke',
      exception_type: 'RuntimeError',
      traceback: [],
    }
    return {
      prompt: entryOf(job),
      outputs: {},
      status: { status_str: 'error', completed: false, messages: [started, message('execution_error', error)] },
      meta: {},
    }
  }
  const outputs =
    job.fate?.kind === 'empty'
      ? {}
      : { [String(job.note.node)]: { images: [{ filename: fileOf(job), subfolder: 'ltx', type: 'output' }], animated: [true] } }
  return {
    prompt: entryOf(job),
    outputs,
    status: { status_str: 'success', completed: true, messages: [started, message('execution_success', {})] },
    meta: {},
  }
}

/** What the socket tells while a job goes on. */
function tellOf(job: Job, desk: Desk): void {
  const say = (type: string, data: object): void => desk.tell(JSON.stringify({ type, data: { ...data, prompt_id: job.id } }))
  if (job.state === 'working') say('progress_state', { nodes: { sampled: { value: 3, max: 8, state: 'running', node_id: 'sampled' } } })
  if (job.state === 'done') say('execution_success', { timestamp: 1 })
}

async function upload({ form }: Asked, desk: Desk): Promise<Answer> {
  const image = (await form()).get('image')
  if (!(image instanceof File)) return { status: 400, text: '' }
  const bytes = new Uint8Array(await image.arrayBuffer())
  const hash = createHash('sha256').update(bytes).digest('hex')
  const { name: asked } = image
  const dot = asked.lastIndexOf('.')
  let name = asked
  for (let copy = 1; inputs.has(name) && inputs.get(name) !== hash; copy += 1) name = `${asked.slice(0, dot)} (${copy})${asked.slice(dot)}`
  inputs.set(name, hash)
  await desk.keepUpload(bytes, image.type)
  return { status: 200, json: { name, subfolder: '', type: 'input' } }
}

function describe({ params }: Asked, desk: Desk): Answer {
  const kind = params.kind ?? ''
  const settings = settingsOf(desk)
  if (!hasNode(kind, settings)) return { status: 200, json: {} }
  const required = Object.fromEntries(
    Object.keys(files[kind] ?? {}).map((input, at) => {
      const options = optionsOf(kind, input, settings) ?? []
      // Old nodes and new ones describe their choices in two ways.
      return [input, at === 0 ? [options, {}] : ['COMBO', { options, multiselect: false }]]
    }),
  )
  return { status: 200, json: { [kind]: { input: { required, hidden: {} }, output: [], name: kind, category: 'x' } } }
}

/** For tests: a file stands there already, with other content. */
const occupy = ({ query }: Asked): Answer => {
  inputs.set(query.get('name') ?? '', 'something else')
  return { status: 200, text: '' }
}

function drop({ json }: Asked, desk: Desk): Answer {
  const ids = json()?.delete
  for (const id of Array.isArray(ids) ? ids : []) if (desk.peek(String(id))?.state === 'waiting') desk.cancel(String(id))
  return { status: 200, text: '' }
}

function interrupt({ json }: Asked, desk: Desk): Answer {
  const id = json()?.prompt_id
  if (typeof id === 'string' && desk.cancel(id)) interrupted.add(id)
  return { status: 200, text: '' }
}

export const protocol: Protocol = {
  name: 'comfyui',
  // It has no key of its own; this is one behind a proxy that has.
  key: { header: 'authorization', before: 'Bearer ' },
  unauthorized: { status: 401, text: 'Unauthorized' },
  unknown: { status: 404, text: '404: Not Found' },
  routes: [
    { name: 'submit', method: 'POST', path: '/prompt', handle: submit },
    {
      name: 'history',
      method: 'GET',
      path: '/history/:id',
      async handle({ params }, desk) {
        const job = await desk.look(params.id ?? '')
        if (job !== undefined) tellOf(job, desk)
        const entry = job === undefined ? undefined : historyOf(job)
        return { status: 200, json: entry === undefined ? {} : { [params.id ?? '']: entry } }
      },
    },
    {
      name: 'histories',
      method: 'GET',
      path: '/history',
      handle: (_, desk) => ({
        status: 200,
        json: Object.fromEntries(desk.jobs().flatMap((job) => (historyOf(job) === undefined ? [] : [[job.id, historyOf(job)]]))),
      }),
    },
    {
      name: 'queue',
      method: 'GET',
      path: '/queue',
      handle: (_, desk) => {
        const at = (state: Job['state']): readonly unknown[] =>
          desk
            .jobs()
            .filter((job) => job.state === state)
            .map(entryOf)
        return { status: 200, json: { queue_running: at('working'), queue_pending: at('waiting') } }
      },
    },
    { name: 'drop', method: 'POST', path: '/queue', handle: drop },
    { name: 'interrupt', method: 'POST', path: '/interrupt', handle: interrupt },
    {
      name: 'view',
      method: 'GET',
      path: '/view',
      async handle({ query }, desk) {
        const job = desk
          .jobs()
          .find((one) => one.state === 'done' && fileOf(one) === query.get('filename') && query.get('subfolder') === 'ltx')
        return job === undefined
          ? { status: 404, text: '' }
          : { status: 200, type: 'video/mp4', file: await desk.resultFile(job), job: job.id }
      },
    },
    { name: 'upload', method: 'POST', path: '/upload/image', handle: upload },
    { name: 'occupy', method: 'POST', path: '/test/occupy', open: true, handle: occupy },
    { name: 'describe', method: 'GET', path: '/object_info/:kind', handle: describe },
    {
      name: 'stats',
      method: 'GET',
      path: '/system_stats',
      handle: () => ({
        status: 200,
        json: { system: { comfyui_version: '0.26.0' }, devices: [{ name: 'cuda:0 NVIDIA H100', vram_total: 85_000_000_000 }] },
      }),
    },
  ],
}
