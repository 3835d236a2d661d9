// Servers with OpenAI-style videos as their documents tell them; `server` in the settings says which one it is. Each has
// its own idea of what a request holds and what is made of it.
import type { Answer, Asked, Clip, Desk, Job, Protocol } from './protocol.ts'

type Server = 'vllm-omni' | 'sglang' | 'fastvideo' | 'aquiles'
type Fields = Readonly<Record<string, string>>

const serverOf = (desk: Desk): Server => (desk.settings.server as Server | undefined) ?? 'vllm-omni' // from the test that started it

/** As FastAPI says it. */
const invalid = (field: string, message: string): Answer => ({
  status: 422,
  json: { detail: [{ type: 'value_error', loc: ['body', field], msg: message, input: null }] },
})

async function fieldsOf(asked: Asked, server: Server, desk: Desk): Promise<Fields | Answer> {
  if (asked.headers['content-type']?.startsWith('multipart/') === true) {
    const fields: Record<string, string> = {}
    for (const [name, value] of await asked.form()) {
      if (typeof value === 'string') fields[name] = value
      else fields[name] = `sha256:${(await desk.keepUpload(new Uint8Array(await value.arrayBuffer()), value.type)).sha256}`
    }
    return fields
  }
  if (server === 'vllm-omni') return invalid('body', 'multipart/form-data is required')
  const body = asked.json()
  if (body === undefined) return { status: 400, json: { detail: 'Invalid request body' } }
  return Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]))
}

const whole = (text: string | undefined): number | undefined => (text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined)

function clipOf(fields: Fields, server: Server): Clip | Answer {
  if (server === 'aquiles') {
    const frames = { '4': 125, '8': 200, '12': 300 }[fields.seconds ?? '4']
    if (frames === undefined) return invalid('seconds', 'unexpected value; permitted: 4, 8, 12')
    for (const name of ['seed', 'fps', 'num_frames']) if (fields[name] !== undefined) return invalid(name, 'extra fields not permitted')
    return { width: 1920, height: 1088, rate: 25, frames, sound: true }
  }
  const size = /^(\d+)x(\d+)$/.exec(fields.size ?? '')
  if (size === null) return invalid('size', 'String should match pattern')
  const [width, height] = [Number(size[1]), Number(size[2])]
  if (width % 32 !== 0 || height % 32 !== 0)
    return { status: 400, json: { error: { message: `size ${fields.size} must be divisible by 32`, type: 'BadRequestError', code: 400 } } }
  if (fields.seconds !== undefined && !/^[1-9]\d*$/.test(fields.seconds)) return invalid('seconds', 'String should match pattern')
  if (server === 'vllm-omni' && fields.num_inference_steps === '8' && fields.negative_prompt !== undefined)
    return {
      status: 400,
      json: { error: { message: 'the distilled pipeline takes no negative prompt', type: 'BadRequestError', code: 400 } },
    }
  const rate = whole(fields.fps) ?? 24
  // Left out, each of them makes something else.
  const frames = whole(fields.num_frames) ?? (server === 'vllm-omni' ? 1 : rate * (whole(fields.seconds) ?? 4))
  const sound = server === 'fastvideo' ? fields.generate_sound === 'true' : true
  return { width, height, rate, frames, sound }
}

const isAnswer = (value: object): value is Answer => typeof (value as { status?: unknown }).status === 'number' // clips and fields have none

async function submit(asked: Asked, desk: Desk): Promise<Answer> {
  const server = serverOf(desk)
  const fields = await fieldsOf(asked, server, desk)
  if (isAnswer(fields)) return fields
  if ((fields.prompt ?? '') === '') return invalid('prompt', 'Field required')
  const clip = clipOf(fields, server)
  if (isAnswer(clip)) return clip
  const job = desk.accept({ request: fields, clip })
  return job === undefined
    ? { status: 429, json: { error: { message: 'too many requests', type: 'RateLimit', code: 429 } } }
    : { status: 200, json: objectOf(job, server) }
}

const words = { waiting: 'queued', working: 'in_progress', done: 'completed', failed: 'failed' } as const

function objectOf(job: Job, server: Server): object {
  const error =
    job.state !== 'failed'
      ? null
      : job.fate?.kind === 'moderated'
        ? { code: 'content_policy_violation', message: job.fate.words ?? 'the prompt was refused' }
        : { code: 'generation_error', message: job.fate?.words ?? 'CUDA error' }
  const status =
    job.fate?.kind === 'unknown-word' && job.state === 'failed'
      ? 'reticulating'
      : job.fate?.kind === 'cancelled' && job.state === 'failed'
        ? 'cancelled'
        : words[job.state]
  return {
    id: job.id,
    object: 'video',
    model: server === 'sglang' ? 'sora-2' : 'ltx-2.3',
    status,
    progress: job.state === 'done' ? 100 : job.looks * 10,
    created_at: Math.floor(job.acceptedAt / 1000),
    completed_at: job.state === 'done' ? 1 : null,
    size: `${job.clip.width}x${job.clip.height}`,
    seconds: '4',
    error,
    ...(server === 'sglang' ? { file_path: `/srv/outputs/${job.id}.mp4`, url: null } : {}),
  }
}

const missing: Answer = { status: 404, json: { detail: 'Video not found' } }

export const protocol: Protocol = {
  name: 'openai-video',
  key: { header: 'authorization', before: 'Bearer ' },
  unauthorized: { status: 401, json: { error: 'Unauthorized' } },
  unknown: { status: 404, json: { detail: 'Not Found' } },
  routes: [
    { name: 'submit', method: 'POST', path: '/v1/videos', handle: submit },
    {
      name: 'list',
      method: 'GET',
      path: '/v1/videos',
      handle: (_, desk) => ({ status: 200, json: { object: 'list', data: desk.jobs().map((job) => objectOf(job, serverOf(desk))) } }),
    },
    {
      name: 'status',
      method: 'GET',
      path: '/v1/videos/:id',
      async handle({ params }, desk) {
        const job = await desk.look(params.id ?? '')
        return job === undefined ? missing : { status: 200, json: objectOf(job, serverOf(desk)) }
      },
    },
    {
      name: 'content',
      method: 'GET',
      path: '/v1/videos/:id/content',
      async handle({ params }, desk) {
        const job = desk.peek(params.id ?? '')
        if (job?.state !== 'done') return missing
        return { status: 200, type: 'video/mp4', file: await desk.resultFile(job), job: job.id }
      },
    },
    {
      name: 'delete',
      method: 'DELETE',
      path: '/v1/videos/:id',
      handle({ params }, desk) {
        const id = params.id ?? ''
        if (desk.peek(id) === undefined) return missing
        if (serverOf(desk) === 'vllm-omni') desk.cancel(id)
        return { status: 200, json: { id, deleted: true, object: 'video.deleted' } }
      },
    },
    { name: 'health', method: 'GET', path: '/health', open: true, handle: () => ({ status: 200, text: '' }) },
  ],
}
