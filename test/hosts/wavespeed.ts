// WaveSpeedAI as its documents and its client's types tell it: an envelope with a code of its own, tasks asked for by id,
// uploads in two steps and in the older one, a list of tasks without their inputs, newest first. Sizes are the model's own
// (sides by 32), frames 8k + 1 at 24. Settings: `uploads: 'old'` knows the older way only; `list: 'inputs'` tells inputs.
import type { Answer, Asked, Clip, Desk, Job, Protocol, Route, Upload } from './protocol.ts'

type Body = Readonly<Record<string, unknown>>
type Wanted = { readonly clip: Clip; readonly price: number }

class Refused extends Error {}
const refuse = (message: string): never => {
  throw new Refused(message)
}
/** What says no says it twice: in the status and in the envelope. */
const no = (status: number, message: string): Answer => ({ status, json: { code: status, message } })
const yes = (data: unknown): Answer => ({ status: 200, json: { code: 200, message: 'success', data } })

const root = 'wavespeed-ai/ltx-2.3'
const picture = ['image', 'prompt', 'resolution', 'duration', 'seed']
const text = ['prompt', 'resolution', 'aspect_ratio', 'duration', 'seed']
const schemas: Readonly<Record<string, readonly string[]>> = {
  [`${root}/text-to-video`]: text,
  [`${root}/image-to-video`]: picture,
  [`${root}/text-to-video-lora`]: [...text, 'loras'],
  [`${root}/image-to-video-lora`]: [...picture, 'loras'],
  [`${root}/extend`]: ['video', 'duration', 'prompt'],
  [`${root}/video-extend`]: ['video', 'duration', 'prompt'],
  [`${root}/lipsync`]: ['audio', 'image', 'prompt', 'resolution', 'seed'],
}
const tiers: Readonly<Record<string, readonly [long: number, short: number, picture: number, voice: number]>> = {
  '480p': [832, 480, 0.03, 0.02],
  '720p': [1280, 704, 0.06, 0.03],
  '1080p': [1920, 1088, 0.1, 0.06],
}

const framesOf = (seconds: number): number => Math.ceil((Math.round(seconds * 24) - 1) / 8) * 8 + 1

function oneOf(body: Body, name: string, known: readonly unknown[], absent: unknown): unknown {
  const value = body[name] ?? absent
  return known.includes(value) ? value : refuse(`${name}: must be one of ${known.join(', ')}`)
}
function whole(body: Body, name: string, [least, most]: readonly [number, number], absent: number): number {
  const value = body[name] ?? absent
  return Number.isInteger(value) && Number(value) >= least && Number(value) <= most
    ? Number(value)
    : refuse(`${name}: must be a whole number between ${least} and ${most}`)
}
function uploadOf(body: Body, name: string, desk: Desk): Upload {
  const url = String(body[name] ?? refuse(`${name}: is required`))
  const id = url.startsWith(desk.files) ? /\/uploads\/([\w-]+)$/.exec(url)?.[1] : undefined
  return (id === undefined ? undefined : desk.upload(id)) ?? refuse(`${name}: could not be loaded`)
}
function pictureOf(body: Body, desk: Desk): Upload {
  const upload = uploadOf(body, 'image', desk)
  return ['image/png', 'image/jpeg', 'image/webp'].includes(upload.type) ? upload : refuse('image: unsupported type')
}

async function wantedOf(model: string, body: Body, desk: Desk): Promise<Wanted> {
  const stranger = Object.keys(body).find((name) => schemas[model]?.includes(name) !== true)
  if (stranger !== undefined) refuse(`${stranger}: is not a field of this model`)
  if (schemas[model]?.includes('seed') === true) whole(body, 'seed', [-1, 2_147_483_647], -1)
  if (model.endsWith('extend')) {
    const video = (await desk.probe(uploadOf(body, 'video', desk))) ?? refuse('video: is no video')
    const seconds = whole(body, 'duration', [1, 20], 5)
    return { clip: { ...video, frames: video.frames + Math.round(seconds * video.rate), sound: true }, price: 0.1 * seconds }
  }
  const [long, short, perPicture, perVoice] = tiers[String(oneOf(body, 'resolution', Object.keys(tiers), '720p'))] ?? refuse('resolution')
  const lying = { width: long, height: short }
  const upright = { width: short, height: long }
  if (model.endsWith('lipsync')) {
    const upload = uploadOf(body, 'audio', desk)
    const seconds = await desk.seconds(upload)
    if (seconds < 4.9 || seconds > 20.1) refuse('audio: 5 to 20 seconds')
    if (body.image !== undefined) pictureOf(body, desk)
    return { clip: { ...lying, rate: 24, frames: framesOf(seconds), sound: true }, price: perVoice * seconds }
  }
  if (typeof body.prompt !== 'string' || body.prompt === '') refuse('prompt: is required')
  if (Array.isArray(body.loras) && body.loras.length > 3) refuse('loras: at most 3')
  if (model.includes('image')) pictureOf(body, desk)
  const shape = oneOf(body, 'aspect_ratio', ['16:9', '9:16'], '16:9')
  const seconds = whole(body, 'duration', [5, 20], 5)
  return {
    clip: { ...(shape === '9:16' ? upright : lying), rate: 24, frames: framesOf(seconds), sound: true },
    price: perPicture * seconds,
  }
}

const statusOf = (job: Job): string => {
  const { fate, state } = job
  if (fate?.kind === 'unknown-word') return fate.words ?? 'archived'
  if (state === 'waiting') return 'created'
  if (state === 'working') return 'processing'
  if (state === 'done') return 'completed'
  return fate?.kind === 'cancelled' ? (fate.words ?? 'cancelled') : 'failed'
}

function shown(job: Job, desk: Desk): Body {
  const { fate } = job
  const done = job.state === 'done' && fate?.kind !== 'empty'
  return {
    id: job.id,
    model: job.note.model,
    outputs: done ? [fate?.kind === 'withheld' ? '' : desk.resultUrl(job)] : [],
    urls: { get: `${desk.api}/api/v3/predictions/${job.id}/result` },
    has_nsfw_contents: fate?.kind === 'moderated' || (done && fate?.kind === 'flagged') ? [true] : done ? [false] : [],
    status: statusOf(job),
    created_at: new Date(job.acceptedAt).toISOString(),
    error: job.state === 'failed' ? (fate?.words ?? (fate?.kind === 'moderated' ? '' : 'internal error')) : '',
    timings: { inference: 0 },
  }
}

async function create({ params, json }: Asked, desk: Desk): Promise<Answer> {
  const model = `${params.owner}/${params.family}/${params.task}`
  if (schemas[model] === undefined) return no(404, 'model not found')
  const body = json()
  if (body === undefined) return no(400, 'the body is no JSON')
  try {
    const { clip, price } = await wantedOf(model, body, desk)
    const job = desk.accept({ request: { model, ...body }, clip, price, note: { model, input: body } })
    return job === undefined ? no(429, 'Too many requests: the concurrency limit of your level is reached') : yes(shown(job, desk))
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    desk.refuse(error.message)
    return no(400, error.message)
  }
}

const routes: readonly Route[] = [
  {
    name: 'upload',
    method: 'POST',
    path: '/api/v3/media/uploads',
    handle({ json }, desk) {
      if (desk.settings.uploads === 'old') return no(404, 'not found')
      const { filename, size, content_type } = json() ?? {}
      if (typeof filename !== 'string' || typeof size !== 'number' || typeof content_type !== 'string') return no(400, 'filename and size')
      const headers = { 'content-type': content_type }
      const { id, url } = desk.openUpload({ required: headers })
      return yes({ download_url: `${desk.files}/uploads/${id}`, upload: { url, method: 'PUT', headers: { 'Content-Type': content_type } } })
    },
  },
  {
    name: 'upload-old',
    method: 'POST',
    path: '/api/v3/media/upload/binary',
    async handle(asked, desk) {
      const file = (await asked.form()).get('file')
      if (!(file instanceof Blob)) return no(400, 'file is required')
      const { id, bytes } = await desk.keepUpload(new Uint8Array(await file.arrayBuffer()), file.type)
      return yes({ type: file.type.split('/')[0], download_url: `${desk.files}/uploads/${id}`, filename: file.name, size: bytes })
    },
  },
  {
    name: 'list',
    method: 'POST',
    path: '/api/v3/predictions',
    handle({ json }, desk) {
      const { page, page_size, model, created_after } = json() ?? {}
      if (!Number.isInteger(page) || !Number.isInteger(page_size) || Number(page_size) > 100) return no(400, 'page and page_size')
      const since = typeof created_after === 'string' ? Date.parse(created_after) : 0
      const all = [...desk.jobs()].reverse().filter((job) => (model ?? job.note.model) === job.note.model && job.acceptedAt >= since)
      const from = (Number(page) - 1) * Number(page_size)
      const items = all.slice(from, from + Number(page_size)).map((job) => ({
        ...shown(job, desk),
        ...(desk.settings.list === 'inputs' ? { input: job.note.input } : {}),
      }))
      return yes({ page, total: all.length, items })
    },
  },
  {
    name: 'status',
    method: 'GET',
    path: '/api/v3/predictions/:id/result',
    async handle({ params }, desk) {
      const job = await desk.look(params.id ?? '')
      return job === undefined ? no(404, 'prediction not found') : yes(shown(job, desk))
    },
  },
  { name: 'submit', method: 'POST', path: '/api/v3/:owner/:family/:task', handle: create },
]

export const protocol: Protocol = {
  name: 'wavespeed',
  key: { header: 'authorization', before: 'Bearer ' },
  routes,
  unauthorized: no(401, 'invalid authentication'),
  unknown: no(404, 'not found'),
}
