// ByteCompute as its page tells it: a form in, a job out, asked for and downloaded by POST. It refuses no length, rate or
// size: above `most` pixels x frames it lowers rate, then length, then size, and says so. Settings: `most`; `shape`:
// how `adjustments` are told (`pairs`, `values`, `list`, `words`); `silent`: lowers and says nothing; `when`: `submit` or `end`.
import type { Answer, Asked, Clip, Desk, Job, Protocol, Route } from './protocol.ts'

const error = (status: number, type: string, message: string): Answer => ({ status, json: { type: 'error', error: { type, message } } })
const notFound = (id: string): Answer => error(404, 'not_found', `Job '${id}' not found`)

class Refused extends Error {}
const refuse = (message: string): never => {
  throw new Refused(message)
}

type Asking = { readonly seconds: number; readonly fps: number; readonly width: number; readonly height: number }

const known = [
  'model',
  'prompt',
  'image',
  'image_uri',
  'first_frame',
  'first_frame_uri',
  'last_frame',
  'last_frame_uri',
  'duration',
  'resolution',
  'aspect_ratio',
  'fps',
]

function askingOf(form: FormData): Asking {
  const stranger = [...form.keys()].find((name) => !known.includes(name))
  if (stranger !== undefined) refuse(`unknown field ${stranger}`)
  if (form.get('model') !== 'Lightricks/LTX-2.3') refuse('model: unknown')
  if ((form.get('prompt') ?? '') === '') refuse('prompt: is required')
  for (const name of ['image', 'first_frame', 'last_frame']) {
    const file = form.get(name)
    if (file !== null && !(file instanceof Blob && /^image\/(png|jpeg)$/.test(file.type))) refuse(`${name}: is no picture`)
  }
  const [, width = 0, height = 0] = (/^(\d+)x(\d+)$/.exec(String(form.get('resolution') ?? '1280x704')) ?? []).map(Number)
  const [seconds, fps] = [Number(form.get('duration') ?? 5), Number(form.get('fps') ?? 25)]
  if (!(Math.min(width, height) >= 512 && Math.max(width, height) <= 1920)) refuse('resolution: min edge 512, max 1920x1080')
  if (!(seconds >= 4 && seconds <= 10)) refuse('duration: 4 to 10')
  if (fps !== 25 && fps !== 50) refuse('fps: 25 or 50')
  return { seconds, fps, width, height }
}

/** What fits: first the rate goes down, then the length, then the size. */
function fitted(asked: Asking, most: number): Asking {
  const weight = ({ seconds, fps, width, height }: Asking): number => seconds * fps * width * height
  let now = asked
  if (weight(now) > most && now.fps === 50) now = { ...now, fps: 25 }
  while (weight(now) > most && now.seconds > 4) now = { ...now, seconds: now.seconds - 1 }
  while (weight(now) > most && Math.min(now.width, now.height) > 512) {
    now = { ...now, width: Math.round((now.width * 0.75) / 32) * 32, height: Math.max(512, Math.round((now.height * 0.75) / 32) * 32) }
  }
  return now
}

function toldOf(asked: Asking, made: Asking, shape: unknown): unknown {
  const size = ({ width, height }: Asking): string => `${width}x${height}`
  const all = [
    ['fps', asked.fps, made.fps],
    ['duration', asked.seconds, made.seconds],
    ['resolution', size(asked), size(made)],
  ] as const
  const changed = all.filter(([, from, to]) => from !== to)
  if (changed.length === 0) return null
  if (shape === 'values') return Object.fromEntries(changed.map(([name, , to]) => [name, to]))
  if (shape === 'list') return changed.map(([field, from, to]) => ({ field, from, to }))
  if (shape === 'words') return changed.map(([name, from, to]) => `${name} lowered from ${from} to ${to}`).join('; ')
  return Object.fromEntries(changed.map(([name, from, to]) => [name, { from, to }]))
}

/** Frames on the model's grid, as a host that says nothing of it may give them. */
const framesOf = ({ seconds, fps }: Asking): number => Math.floor((seconds * fps) / 8) * 8 + 1

const priceOf = ({ seconds, width, height }: Asking): number => seconds * (width * height <= 921_600 ? 0.02 : 0.04)

async function create(asked: Asked, desk: Desk): Promise<Answer> {
  try {
    const form = await asked.form().catch(() => refuse('multipart/form-data is required'))
    const asking = askingOf(form)
    const most = typeof desk.settings.most === 'number' ? desk.settings.most : Number.POSITIVE_INFINITY
    const made = fitted(asking, most)
    const told = desk.settings.silent === true ? null : toldOf(asking, made, desk.settings.shape)
    const clip: Clip = { width: made.width, height: made.height, rate: made.fps, frames: framesOf(made), sound: true }
    const request = Object.fromEntries(
      [...form].map(([name, value]) => [name, typeof value === 'string' ? value : `${value.type} ${value.size}`]),
    )
    const atEnd = desk.settings.when === 'end'
    const job = desk.accept({ request, clip, price: priceOf(made), note: { told: atEnd ? told : null } })
    if (job === undefined) return error(429, 'rate_limit', 'Too many jobs')
    return { status: 200, json: { ...shown(job), adjustments: atEnd ? null : told } }
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown
    desk.refuse(thrown.message)
    return error(400, 'invalid_request', thrown.message)
  }
}

function shown(job: Job): Record<string, unknown> {
  const { fate } = job
  const base = { id: job.id, adjustments: job.note.told }
  if (fate?.kind === 'unknown-word') return { ...base, status: fate.words ?? 'archived' }
  if (job.state === 'waiting') return { ...base, status: 'queued' }
  if (job.state === 'working') return { ...base, status: 'processing', progress: 50 }
  if (job.state === 'done') return { ...base, status: 'completed' }
  if (fate?.kind === 'cancelled') return { ...base, status: 'cancelled' }
  const type = fate?.kind === 'moderated' ? 'content_filtered' : 'job_failed'
  return { ...base, status: 'failed', error: { type, message: fate?.words ?? (fate?.kind === 'moderated' ? 'Refused' : 'out of memory') } }
}

const routes: readonly Route[] = [
  { name: 'submit', method: 'POST', path: '/v1/generate', handle: create },
  {
    name: 'status',
    method: 'POST',
    path: '/v1/jobs/:id',
    async handle({ params }, desk) {
      const job = await desk.look(params.id ?? '')
      return job === undefined ? notFound(params.id ?? '') : { status: 200, json: shown(job) }
    },
  },
  {
    name: 'download',
    method: 'POST',
    path: '/v1/jobs/:id/download',
    async handle({ params }, desk) {
      const job = desk.peek(params.id ?? '')
      if (job === undefined) return notFound(params.id ?? '')
      if (job.state !== 'done') return error(409, 'conflict', 'Video is not ready')
      return { status: 200, type: 'video/mp4', file: await desk.resultFile(job), job: job.id }
    },
  },
]

export const protocol: Protocol = {
  name: 'bytecompute',
  key: { header: 'authorization', before: 'Bearer ' },
  routes,
  unauthorized: error(401, 'authentication', 'Invalid API key'),
  unknown: error(404, 'not_found', 'Not found'),
}
