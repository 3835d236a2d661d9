// Replicate as its documents tell it: predictions of two models, files through the API, a list of all predictions, data
// that is thrown away. Refuses inputs that are not in a model's schema. Setting `removed`: the data of what is over is gone.
import type { Answer, Asked, Clip, Desk, Job, Protocol, Route, Upload } from './protocol.ts'

type Body = Readonly<Record<string, unknown>>
type Wanted = { readonly clip: Clip; readonly price: number }

class Refused extends Error {
  readonly answer: Answer
  constructor(message: string) {
    super(message)
    this.answer = { status: 422, json: { title: 'Input validation failed', detail: `- input.${message}`, status: 422 } }
  }
}
const refuse = (message: string): never => {
  throw new Refused(message)
}
const problem = (status: number, detail: string): Answer => ({ status, json: { detail, status } })
const notFound = problem(404, 'The requested resource could not be found.')

const pro = 'lightricks/ltx-2.3-pro'
const fast = 'lightricks/ltx-2.3-fast'
const shape = ['prompt', 'image', 'last_frame_image', 'resolution', 'duration', 'aspect_ratio', 'fps', 'camera_motion', 'generate_audio']
const schemas: Readonly<Record<string, readonly string[]>> = {
  [fast]: shape,
  [pro]: [...shape, 'task', 'audio', 'video', 'retake_start_time', 'retake_duration', 'retake_mode', 'extend_mode'],
}
const tiers: Readonly<Record<string, readonly [long: number, short: number, fast: number, pro: number]>> = {
  '1080p': [1920, 1080, 0.06, 0.08],
  '2k': [2560, 1440, 0.12, 0.16],
  '4k': [3840, 2160, 0.24, 0.32],
}

const framesOf = (seconds: number, fps: number): number => Math.ceil((Math.round(seconds * fps) - 1) / 8) * 8 + 1

function oneOf(body: Body, name: string, known: readonly unknown[], absent: unknown): unknown {
  const value = body[name] ?? absent
  return known.includes(value) ? value : refuse(`${name}: ${name} must be one of the following: ${known.join(', ')}`)
}
function uploadOf(body: Body, name: string, desk: Desk): Upload | undefined {
  const url = body[name]
  if (url === undefined) return undefined
  const id = String(url).startsWith(desk.api) ? /\/v1\/files\/([\w-]+)$/.exec(String(url))?.[1] : undefined
  return (id === undefined ? undefined : desk.upload(id)) ?? refuse(`${name}: could not be read`)
}
function pictureOf(body: Body, name: string, desk: Desk): boolean {
  const upload = uploadOf(body, name, desk)
  if (upload !== undefined && !['image/png', 'image/jpeg', 'image/webp'].includes(upload.type)) refuse(`${name}: is no image`)
  return upload !== undefined
}
async function videoOf(body: Body, desk: Desk) {
  const upload = uploadOf(body, 'video', desk) ?? refuse('video: is required')
  const video = (await desk.probe(upload)) ?? refuse('video: is no video')
  return video.frames < 73 ? refuse('video: must have at least 73 frames') : video
}

async function wantedOf(model: string, body: Body, desk: Desk): Promise<Wanted> {
  const stranger = Object.keys(body).find((name) => schemas[model]?.includes(name) !== true)
  if (stranger !== undefined) refuse(`${stranger}: Additional property ${stranger} is not allowed`)
  if (typeof body.prompt !== 'string' || body.prompt === '') refuse('prompt: prompt is required')
  const task =
    model === pro
      ? oneOf(body, 'task', ['text_to_video', 'image_to_video', 'audio_to_video', 'retake', 'extend'], 'text_to_video')
      : 'pictures'
  const resolution = oneOf(body, 'resolution', Object.keys(tiers), '1080p')
  const [long, short, fastPrice, proPrice] = tiers[String(resolution)] ?? refuse('resolution')
  const fps = Number(oneOf(body, 'fps', [24, 25, 48, 50], 25))
  oneOf(
    body,
    'camera_motion',
    ['none', 'dolly_in', 'dolly_out', 'dolly_left', 'dolly_right', 'jib_up', 'jib_down', 'static', 'focus_shift'],
    'none',
  )
  const aspect = oneOf(body, 'aspect_ratio', ['16:9', '9:16'], '16:9')
  const size = aspect === '9:16' ? { width: short, height: long } : { width: long, height: short }
  const image = pictureOf(body, 'image', desk)
  pictureOf(body, 'last_frame_image', desk)
  if (['audio_to_video', 'retake', 'extend'].includes(String(task)) && resolution !== '1080p')
    refuse('resolution: only 1080p for this task')
  if (task === 'image_to_video' && !image) refuse('image: is required')
  const sound = body.generate_audio !== false
  if (task === 'audio_to_video') {
    const upload = uploadOf(body, 'audio', desk) ?? refuse('audio: is required')
    if (/wav/.test(upload.type)) refuse(`audio: ${upload.type} is not supported`)
    const seconds = await desk.seconds(upload)
    if (seconds < 2 || seconds > 20.1) refuse('audio: 2 to 20 seconds')
    return { clip: { ...size, rate: fps, frames: framesOf(seconds, fps), sound: true }, price: 0.1 * seconds }
  }
  if (task === 'retake') {
    const video = await videoOf(body, desk)
    if (typeof body.retake_duration !== 'number' || body.retake_duration < 2) refuse('retake_duration: at least 2')
    oneOf(body, 'retake_mode', ['replace_audio', 'replace_video', 'replace_audio_and_video'], 'replace_audio_and_video')
    return { clip: { ...video, sound: true }, price: (0.1 * video.frames) / video.rate }
  }
  const mayBeLong = model === fast && resolution === '1080p' && fps <= 25
  const duration = Number(oneOf(body, 'duration', mayBeLong ? [6, 8, 10, 12, 14, 16, 18, 20] : [6, 8, 10], 6))
  if (task === 'extend') {
    const video = await videoOf(body, desk)
    oneOf(body, 'extend_mode', ['start', 'end'], 'end')
    return {
      clip: { ...video, frames: video.frames + Math.round(duration * video.rate) },
      price: 0.1 * (duration + video.frames / video.rate),
    }
  }
  return { clip: { ...size, rate: fps, frames: framesOf(duration, fps), sound }, price: duration * (model === fast ? fastPrice : proPrice) }
}

function shown(job: Job, desk: Desk): Body {
  const over = job.state === 'done' || job.state === 'failed'
  const removed = over && desk.settings.removed === true
  const root = `${desk.api}/v1/predictions/${job.id}`
  const base = {
    id: job.id,
    model: job.note.model,
    version: 'hidden',
    input: removed ? {} : job.note.input,
    output: null,
    error: null,
    logs: '',
    data_removed: removed,
    source: 'api',
    urls: { get: root, cancel: `${root}/cancel` },
    created_at: new Date(job.acceptedAt).toISOString(),
    ...(over ? { completed_at: new Date().toISOString() } : {}),
  }
  const { fate } = job
  if (fate?.kind === 'unknown-word') return { ...base, status: fate.words ?? 'archived' }
  if (job.state === 'waiting') return { ...base, status: 'starting' }
  if (job.state === 'working') return { ...base, status: 'processing' }
  if (job.state === 'done') return { ...base, status: 'succeeded', output: outputOf(job, desk, removed) }
  if (fate === undefined) return { ...base, status: 'canceled' }
  if (fate.kind === 'cancelled') return { ...base, status: fate.words === 'aborted' ? 'aborted' : 'canceled' }
  const flagged = 'The input or output was flagged as sensitive. Please try again with different inputs. (E005)'
  return {
    ...base,
    status: 'failed',
    error: fate.words ?? (fate.kind === 'moderated' ? flagged : 'Prediction interrupted; please retry (code: PA)'),
  }
}

function outputOf(job: Job, desk: Desk, removed: boolean): unknown {
  if (removed || job.fate?.kind === 'empty') return null
  return job.fate?.kind === 'withheld' ? [] : desk.resultUrl(job)
}

async function create({ params, json, headers }: Asked, desk: Desk): Promise<Answer> {
  const model = `${params.owner}/${params.name}`
  if (schemas[model] === undefined) return notFound
  if (headers['cancel-after'] !== undefined && !/^(\d+h)?(\d+m)?(\d+s)?$/.test(headers['cancel-after']))
    return problem(422, 'Cancel-After: no duration')
  try {
    // Looked at field by field.
    const input = (json()?.input ?? refuse('input: is required')) as Body
    const { clip, price } = await wantedOf(model, input, desk)
    const job = desk.accept({ request: { model, ...input }, clip, price, note: { model, input } })
    return job === undefined
      ? problem(429, 'Request was throttled. Your rate limit resets in ~1s.')
      : { status: 201, json: shown(job, desk) }
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    desk.refuse(error.message)
    return error.answer
  }
}

const routes: readonly Route[] = [
  {
    name: 'upload',
    method: 'POST',
    path: '/v1/files',
    async handle(asked, desk) {
      const content = (await asked.form()).get('content')
      if (!(content instanceof Blob)) return problem(400, 'content is required')
      const { id } = await desk.keepUpload(new Uint8Array(await content.arrayBuffer()), content.type)
      const expires_at = new Date(Date.now() + 24 * 3600_000).toISOString()
      return { status: 201, json: { id, content_type: content.type, urls: { get: `${desk.api}/v1/files/${id}` }, expires_at } }
    },
  },
  { name: 'submit', method: 'POST', path: '/v1/models/:owner/:name/predictions', handle: create },
  {
    name: 'status',
    method: 'GET',
    path: '/v1/predictions/:id',
    async handle({ params }, desk) {
      const job = await desk.look(params.id ?? '')
      return job === undefined ? notFound : { status: 200, json: shown(job, desk) }
    },
  },
  {
    name: 'cancel',
    method: 'POST',
    path: '/v1/predictions/:id/cancel',
    handle({ params }, desk) {
      const job = desk.peek(params.id ?? '')
      if (job === undefined) return notFound
      desk.cancel(job.id)
      return { status: 200, json: shown(job, desk) }
    },
  },
  {
    name: 'list',
    method: 'GET',
    path: '/v1/predictions',
    handle({ query }, desk) {
      const all = [...desk.jobs()].reverse()
      const from = Number(query.get('cursor') ?? 0)
      const next = from + 2 < all.length ? `${desk.api}/v1/predictions?cursor=${from + 2}` : null
      return { status: 200, json: { results: all.slice(from, from + 2).map((job) => shown(job, desk)), next, previous: null } }
    },
  },
  { name: 'account', method: 'GET', path: '/v1/account', handle: () => ({ status: 200, json: { type: 'user', username: 'someone' } }) },
]

export const protocol: Protocol = {
  name: 'replicate',
  key: { header: 'authorization', before: 'Bearer ' },
  routes,
  unauthorized: problem(401, 'You did not pass a valid authentication token'),
  unknown: notFound,
}
