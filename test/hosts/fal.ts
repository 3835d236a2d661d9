// fal.ai as its documents and its client's types tell it: a queue in front of every endpoint, uploads in two steps, a
// list of what is over. `COMPLETED` is said of failures too; only the result's status tells. Refuses fields that are not in
// an endpoint's schema. Setting `early` (a number): so many results answer 504 just after they are there.
import type { Answer, Asked, Clip, Desk, Job, Protocol, Route, Upload } from './protocol.ts'

type Body = Readonly<Record<string, unknown>>
type Wanted = { readonly clip: Clip; readonly price: number }

class Refused extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super(JSON.stringify(answer.json))
    this.answer = answer
  }
}
const invalid = (field: string, msg: string, type = 'value_error'): Answer => ({
  status: 422,
  headers: { 'x-fal-needs-retry': '0' },
  json: { detail: [{ loc: ['body', field], msg, type }] },
})
const refuse = (field: string, msg: string, type?: string): never => {
  throw new Refused(invalid(field, msg, type))
}
const infrastructure = (status: number, type: string, detail: string): Answer => ({
  status,
  headers: { 'x-fal-error-type': type, 'x-fal-needs-retry': status === 429 ? '1' : '0' },
  json: { detail, error_type: type },
})

const hosted = 'fal-ai/ltx-2.3'
const shape = ['prompt', 'duration', 'resolution', 'aspect_ratio', 'fps', 'generate_audio']
const open = [
  'prompt',
  'negative_prompt',
  'seed',
  'num_frames',
  'enable_prompt_expansion',
  'enable_safety_checker',
  'video_quality',
  'video_write_mode',
  'sync_mode',
  'generate_audio',
]
const open22 = [
  ...open,
  'fps',
  'video_size',
  'acceleration',
  'camera_lora',
  'camera_lora_scale',
  'use_multiscale',
  'video_output_type',
  'scheduler',
  'num_inference_steps',
]
const quality = [...open, 'frames_per_second', 'resolution', 'num_inference_steps', 'guidance_scale']
const picture = ['image_url', 'image_strength']
const last = ['end_image_url', 'end_image_strength']
const extending = ['video_url', 'extend_direction', 'num_context_frames', 'match_input_fps', 'video_strength', ...last]
const without = (fields: readonly string[], name: string): readonly string[] => fields.filter((field) => field !== name)

/** Input fields by endpoint; `/lora` adds `loras`, `distilled` drops the steps. */
const schemas: Readonly<Record<string, readonly string[]>> = {
  [`${hosted}/text-to-video`]: shape,
  [`${hosted}/text-to-video/fast`]: shape,
  [`${hosted}/image-to-video`]: [...shape, 'image_url', 'end_image_url'],
  [`${hosted}/image-to-video/fast`]: [...shape, 'image_url', 'end_image_url'],
  [`${hosted}/audio-to-video`]: ['prompt', 'audio_url', 'image_url', 'aspect_ratio', 'guidance_scale'],
  [`${hosted}/extend-video`]: ['video_url', 'prompt', 'duration', 'mode', 'context'],
  [`${hosted}/retake-video`]: ['video_url', 'prompt', 'start_time', 'duration', 'retake_mode'],
  ...Object.fromEntries(
    [`${hosted}-22b`, `${hosted}-22b/distilled`].flatMap((root) => {
      const base = root.endsWith('distilled') ? without(open22, 'num_inference_steps') : open22
      return [
        [`${root}/text-to-video`, base],
        [`${root}/image-to-video`, [...base, ...picture, ...last, 'interpolation_direction']],
        [
          `${root}/audio-to-video`,
          [
            ...without(base, 'generate_audio'),
            'audio_url',
            'audio_strength',
            'match_audio_length',
            'preprocess_audio',
            ...picture,
            ...last,
          ],
        ],
      ] as const
    }),
  ),
  [`${hosted}-22b/extend-video`]: [...open22, 'audio_strength', ...extending],
  [`${hosted}-quality/text-to-video`]: quality,
  [`${hosted}-quality/image-to-video`]: [...quality, ...picture],
  [`${hosted}-quality/audio-to-video`]: [...quality, ...picture, 'audio_url', 'match_audio_length'],
  [`${hosted}-quality/extend-video`]: [...quality, ...extending],
}

const fieldsOf = (endpoint: string): readonly string[] | undefined => {
  const plain = endpoint.replace(/\/lora$/, '')
  const fields = plain.startsWith(`${hosted}/`) && plain !== endpoint ? undefined : schemas[plain]
  return fields === undefined || plain === endpoint ? fields : [...fields, 'loras']
}

const framesOf = (seconds: number, fps: number): number => Math.ceil((Math.round(seconds * fps) - 1) / 8) * 8 + 1

function numberOf(body: Body, name: string, range: readonly [number, number], absent?: number): number {
  const value = body[name] ?? absent
  return typeof value === 'number' && value >= range[0] && value <= range[1]
    ? value
    : refuse(name, `Input should be between ${range[0]} and ${range[1]}`, 'less_than_equal')
}
function oneOf(body: Body, name: string, known: readonly unknown[], absent: unknown): unknown {
  const value = body[name] ?? absent
  return known.includes(value) ? value : refuse(name, `Input should be ${known.join(', ')}`, 'literal_error')
}

function uploadOf(body: Body, name: string, desk: Desk): Upload | undefined {
  const url = body[name]
  if (url === undefined) return undefined
  const id = String(url).startsWith(desk.files) ? /\/uploads\/([\w-]+)$/.exec(String(url))?.[1] : undefined
  return (id === undefined ? undefined : desk.upload(id)) ?? refuse(name, 'Failed to download the file', 'file_download_error')
}
function pictureOf(body: Body, name: string, desk: Desk): boolean {
  const upload = uploadOf(body, name, desk)
  if (upload !== undefined && !['image/png', 'image/jpeg', 'image/webp'].includes(upload.type)) refuse(name, 'no image', 'image_load_error')
  return upload !== undefined
}
async function videoOf(body: Body, desk: Desk) {
  const upload = uploadOf(body, 'video_url', desk) ?? refuse('video_url', 'Field required', 'missing')
  return (await desk.probe(upload)) ?? refuse('video_url', 'no video', 'video_load_error')
}
async function soundOf(body: Body, desk: Desk): Promise<number> {
  const upload = uploadOf(body, 'audio_url', desk) ?? refuse('audio_url', 'Field required', 'missing')
  if (/wav/.test(upload.type)) refuse('audio_url', `Unsupported audio: ${upload.type}`, 'unsupported_audio_format')
  return desk.seconds(upload)
}

const tiers: Readonly<Record<string, readonly [long: number, short: number, fast: number, pro: number]>> = {
  '1080p': [1920, 1080, 0.06, 0.08],
  '1440p': [2560, 1440, 0.12, 0.16],
  '2160p': [3840, 2160, 0.24, 0.32],
}
const sideways = (long: number, short: number, aspect: unknown) =>
  aspect === '9:16' ? { width: short, height: long } : { width: long, height: short }

async function hostedClip(endpoint: string, body: Body, desk: Desk): Promise<Wanted> {
  const task = endpoint.slice(hosted.length + 1)
  if (task === 'extend-video') {
    const video = await videoOf(body, desk)
    if (video.frames < 73) refuse('video_url', 'The video must have at least 73 frames')
    const duration = numberOf(body, 'duration', [2, 20], 5)
    const context = numberOf(body, 'context', [1, 20], Math.min(20, 505 / video.rate - duration, video.frames / video.rate))
    oneOf(body, 'mode', ['start', 'end'], 'end')
    if (Math.round((context + duration) * video.rate) > 505) refuse('context', 'context and duration exceed 505 frames')
    return { clip: { ...video, frames: video.frames + Math.round(duration * video.rate) }, price: 0.1 * (context + duration) }
  }
  if (task === 'retake-video') {
    const video = await videoOf(body, desk)
    if (video.frames < 73) refuse('video_url', 'The video must have at least 73 frames')
    numberOf(body, 'start_time', [0, 20], 0)
    numberOf(body, 'duration', [2, 20], 5)
    oneOf(body, 'retake_mode', ['replace_audio', 'replace_video', 'replace_audio_and_video'], 'replace_audio_and_video')
    return { clip: { ...video, sound: true }, price: (0.1 * video.frames) / video.rate }
  }
  if (task === 'audio-to-video') {
    const seconds = await soundOf(body, desk)
    if (seconds < 2 || seconds > 20.1) refuse('audio_url', `2 to 20 seconds, not ${seconds}`, 'audio_duration_too_long')
    if (!pictureOf(body, 'image_url', desk) && !body.prompt) refuse('prompt', 'Field required', 'missing')
    const aspect = oneOf(body, 'aspect_ratio', ['auto', '16:9', '9:16'], 'auto')
    return { clip: { ...sideways(1920, 1080, aspect), rate: 24, frames: framesOf(seconds, 24), sound: true }, price: 0.1 * seconds }
  }
  const fast = task.endsWith('/fast')
  if (task.startsWith('image') && !pictureOf(body, 'image_url', desk)) refuse('image_url', 'Field required', 'missing')
  pictureOf(body, 'end_image_url', desk)
  const [long, short, fastPrice, proPrice] = tiers[String(body.resolution ?? '1080p')] ?? refuse('resolution', 'one of 1080p, 1440p, 2160p')
  const fps = Number(oneOf(body, 'fps', [24, 25, 48, 50], 25))
  const lengths = fast && fps === 25 && long === 1920 ? [6, 8, 10, 12, 14, 16, 18, 20] : [6, 8, 10]
  const duration = Number(oneOf(body, 'duration', lengths, 6))
  const clip = {
    ...sideways(long, short, body.aspect_ratio),
    rate: fps,
    frames: framesOf(duration, fps),
    sound: body.generate_audio !== false,
  }
  return { clip, price: duration * (fast ? fastPrice : proPrice) }
}

async function openClip(endpoint: string, body: Body, desk: Desk): Promise<Wanted> {
  const isQuality = endpoint.includes('-quality/')
  const frames = numberOf(body, 'num_frames', [9, 481], 121)
  if (frames % 8 !== 1) refuse('num_frames', 'num_frames is 8k + 1')
  const fps = numberOf(body, isQuality ? 'frames_per_second' : 'fps', [1, 60], 24)
  const size = body[isQuality ? 'resolution' : 'video_size'] as { width?: unknown; height?: unknown } | undefined // looked at below
  const [width, height] = [size?.width, size?.height]
  if (typeof width !== 'number' || typeof height !== 'number' || width % 32 !== 0 || height % 32 !== 0)
    return refuse('video_size', 'sides divide by 32')
  if (body.seed !== undefined && !Number.isInteger(body.seed)) refuse('seed', 'an integer')
  if (endpoint.endsWith('/lora') && !(Array.isArray(body.loras) && body.loras.length > 0)) refuse('loras', 'Field required', 'missing')
  if (/\/image-to-video/.test(endpoint) && !pictureOf(body, 'image_url', desk)) refuse('image_url', 'Field required', 'missing')
  pictureOf(body, 'end_image_url', desk)
  if (/\/audio-to-video/.test(endpoint)) await soundOf(body, desk)
  const clip = { width, height, rate: fps, frames, sound: body.generate_audio !== false }
  const price = (0.001605 * width * height * frames) / 1e6
  if (!/\/extend-video/.test(endpoint)) return { clip, price }
  const video = await videoOf(body, desk)
  const context = numberOf(body, 'num_context_frames', [0, 121], 25)
  oneOf(body, 'extend_direction', ['forward', 'backward'], 'forward')
  return { clip: { ...clip, frames: video.frames + frames - context }, price }
}

async function wantedOf(endpoint: string, body: Body, fields: readonly string[], desk: Desk): Promise<Wanted> {
  const stranger = Object.keys(body).find((name) => !fields.includes(name))
  if (stranger !== undefined) refuse(stranger, 'Extra inputs are not permitted', 'extra_forbidden')
  if (typeof body.prompt !== 'string' || body.prompt.length > 5000) refuse('prompt', 'Input should be a string of 5000 characters at most')
  return endpoint.startsWith(`${hosted}/`) ? hostedClip(endpoint, body, desk) : openClip(endpoint, body, desk)
}

const appOf = (endpoint: string): string => endpoint.split('/').slice(0, 2).join('/')
const rootOf = (job: Job, desk: Desk): string => `${desk.api}/${appOf(String(job.note.endpoint))}/requests/${job.id}`
const notFound: Answer = { status: 404, json: { status: 'NOT_FOUND' } }
const isOver = (job: Job): boolean => job.state === 'done' || job.state === 'failed'

async function submit({ params, json }: Asked, desk: Desk): Promise<Answer> {
  const endpoint = params.endpoint ?? ''
  const fields = fieldsOf(endpoint)
  if (fields === undefined) return { status: 404, json: { detail: `Application "${endpoint}" not found` } }
  const body = json()
  if (body === undefined) return infrastructure(400, 'bad_request', 'The body is no JSON')
  try {
    const { clip, price } = await wantedOf(endpoint, body, fields, desk)
    const job = desk.accept({ request: { endpoint, ...body }, clip, price, note: { endpoint, body } })
    if (job === undefined) return infrastructure(429, 'concurrent_requests_limit', 'Concurrent requests limit reached')
    const root = rootOf(job, desk)
    const urls = { status_url: `${root}/status`, response_url: root, cancel_url: `${root}/cancel` }
    return { status: 200, headers: { 'x-fal-request-id': job.id }, json: { request_id: job.id, ...urls, queue_position: 0 } }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    desk.refuse(error.message)
    return error.answer
  }
}

/** Requests are addressed by the app alone. */
async function looked({ params }: Asked, desk: Desk, move: boolean): Promise<Job | undefined> {
  const job = move ? await desk.look(params.id ?? '') : desk.peek(params.id ?? '')
  return job !== undefined && appOf(String(job.note.endpoint)) === `${params.owner}/${params.app}` ? job : undefined
}

function statusOf(job: Job, desk: Desk): Answer {
  const base = { request_id: job.id, response_url: rootOf(job, desk) }
  const told = (more: object): Answer => ({ status: 200, json: { ...base, ...more } })
  if (job.fate?.kind === 'unknown-word') return told({ status: job.fate.words ?? 'ARCHIVED' })
  if (job.state === 'waiting') return told({ status: 'IN_QUEUE', queue_position: 2 })
  if (job.state === 'working') return told({ status: 'IN_PROGRESS', logs: [] })
  if (job.state === 'done') return told({ status: 'COMPLETED', logs: [], metrics: { inference_time: 33.1 } })
  if (job.fate?.kind === 'failed') return told({ status: 'COMPLETED', logs: [], error: 'Runner error', error_type: 'runner_server_error' })
  if (job.fate === undefined || job.fate.kind === 'cancelled')
    return told({ status: 'COMPLETED', logs: [], error: 'Cancelled', error_type: 'client_cancelled' })
  // Moderation shows in the result alone.
  return told({ status: 'COMPLETED', logs: [] })
}

const early = new Map<string, number>()

function resultOf(job: Job, desk: Desk): Answer {
  if (!isOver(job)) return { status: 400, json: { detail: 'Request is still in progress', error_type: 'bad_request' } }
  const waits = typeof desk.settings.early === 'number' ? desk.settings.early : 0
  const seen = early.get(job.id) ?? 0
  early.set(job.id, seen + 1)
  if (seen < waits) return { status: 504, json: { detail: 'Gateway timeout' } }
  const { fate } = job
  if (fate?.kind === 'moderated')
    return invalid(
      'prompt',
      fate.words ?? 'The content could not be processed because it was flagged by a content checker.',
      'content_policy_violation',
    )
  if (fate?.kind === 'cancelled' || (job.state === 'failed' && fate === undefined))
    return infrastructure(499, 'client_cancelled', 'Cancelled')
  if (job.state === 'failed') return infrastructure(500, 'runner_server_error', fate?.words ?? 'Runner error')
  if (fate?.kind === 'empty') return { status: 200, json: {} }
  if (fate?.kind === 'withheld') return { status: 200, json: { video: null } }
  return { status: 200, headers: { 'x-fal-request-id': job.id, 'x-fal-billable-units': '6' }, json: outputOf(job, desk) }
}

function outputOf(job: Job, desk: Desk): object {
  const { width, height, rate: fps, frames: num_frames } = job.clip
  const url = desk.resultUrl(job)
  const body = job.note.body as Body // our own note
  const flag = job.fate?.kind === 'flagged' ? { has_nsfw_concepts: [true] } : {}
  const plain = { ...flag, video: { url, content_type: 'video/mp4', file_name: 'out.mp4' } }
  if (String(job.note.endpoint).startsWith(`${hosted}/`)) return plain
  return { ...flag, video: { ...plain.video, width, height, fps, num_frames }, seed: body.seed ?? 1851572118, prompt: body.prompt }
}

/** What is over, a page of two at a time; what is not over moves on by being looked for. */
async function list({ query }: Asked, desk: Desk): Promise<Answer> {
  const endpoint = query.get('endpoint_id')
  const wanted = query.get('request_id')
  const jobs = desk.jobs().filter((job) => job.note.endpoint === endpoint && (wanted === null || job.id === wanted))
  for (const job of jobs) await desk.look(job.id)
  const over = jobs.filter(isOver).reverse()
  const from = Number(query.get('cursor') ?? 0)
  const payloads = query.get('expand') === 'payloads'
  const items = over.slice(from, from + 2).map((job) => ({
    request_id: job.id,
    endpoint_id: endpoint,
    sent_at: new Date(job.acceptedAt).toISOString(),
    status_code: job.state === 'done' ? 200 : 422,
    ...(payloads ? { json_input: job.note.body, ...(job.state === 'done' ? { json_output: outputOf(job, desk) } : {}) } : {}),
  }))
  const more = from + 2 < over.length
  return { status: 200, json: { items, has_more: more, ...(more ? { next_cursor: String(from + 2) } : {}) } }
}

const request = '/:owner/:app/requests/:id'
const routes: readonly Route[] = [
  {
    name: 'initiate',
    method: 'POST',
    path: '/storage/upload/initiate',
    handle({ query, json }, desk) {
      const { content_type, file_name } = json() ?? {}
      if (query.get('storage_type') !== 'fal-cdn-v3' || !content_type || !file_name)
        return invalid('file_name', 'Field required', 'missing')
      const { id, url } = desk.openUpload({ required: { 'content-type': String(content_type) } })
      return { status: 200, json: { upload_url: url, file_url: `${desk.files}/uploads/${id}` } }
    },
  },
  { name: 'list', method: 'GET', path: '/v1/models/requests/by-endpoint', handle: list },
  {
    name: 'status',
    method: 'GET',
    path: `${request}/status`,
    async handle(asked, desk) {
      const job = await looked(asked, desk, true)
      return job === undefined ? notFound : statusOf(job, desk)
    },
  },
  {
    name: 'response',
    method: 'GET',
    path: request,
    async handle(asked, desk) {
      const job = await looked(asked, desk, false)
      return job === undefined || desk.settings.forgets === true ? notFound : resultOf(job, desk)
    },
  },
  {
    name: 'cancel',
    method: 'PUT',
    path: `${request}/cancel`,
    async handle(asked, desk) {
      const job = await looked(asked, desk, false)
      if (job === undefined) return notFound
      return desk.cancel(job.id)
        ? { status: 202, json: { status: 'CANCELLATION_REQUESTED' } }
        : { status: 400, json: { status: 'ALREADY_COMPLETED' } }
    },
  },
  { name: 'submit', method: 'POST', path: '/:endpoint*', handle: submit },
]

export const protocol: Protocol = {
  name: 'fal',
  key: { header: 'authorization', before: 'Key ' },
  routes,
  unauthorized: { status: 401, json: { detail: 'Cannot authenticate: the key is not known' } },
  unknown: notFound,
}
