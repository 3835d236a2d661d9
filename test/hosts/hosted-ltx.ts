// The official LTX API as its documents tell it: `/v2` takes a job and is asked for it, `/v1` sends the MP4 as the answer,
// uploads go to signed addresses. Refuses what the documents say is refused.
import type { Answer, Asked, Clip, Desk, Job, Protocol, Route, Upload } from './protocol.ts'

const requestId = { 'x-request-id': '1234567890abcdef1234567890abcdef' }
const problem = (status: number, type: string, message: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { ...requestId, ...headers },
  json: { type: 'error', error: { type, message } },
})
const invalid = (message: string): Answer => problem(400, 'invalid_request_error', message)

const tiers: Readonly<Record<string, string>> = {
  '1280x720': '720p',
  '720x1280': '720p',
  '1920x1080': '1080p',
  '1080x1920': '1080p',
  '2560x1440': '1440p',
  '1440x2560': '1440p',
  '3840x2160': '4k',
  '2160x3840': '4k',
}
const cameras = ['dolly_in', 'dolly_out', 'dolly_left', 'dolly_right', 'jib_up', 'jib_down', 'static', 'focus_shift']
const prices: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'ltx-2-3-fast': { '720p': 0.03, '1080p': 0.06, '1440p': 0.12, '4k': 0.24 },
  'ltx-2-3-pro': { '720p': 0.04, '1080p': 0.08, '1440p': 0.16, '4k': 0.32 },
  'ltx-2-5-fast': { '720p': 0.09, '1080p': 0.13, '1440p': 0.19, '4k': 0.3 },
  'ltx-2-5-pro': { '720p': 0.12, '1080p': 0.17, '1440p': 0.25, '4k': 0.39 },
}

type Body = Readonly<Record<string, unknown>>
type Wanted = { readonly clip: Clip; readonly price: number }
class Refused extends Error {
  readonly answer: Answer
  constructor(message: string) {
    super(message)
    this.answer = invalid(message)
  }
}
const refuse = (message: string): never => {
  throw new Refused(message)
}

/** Fields of each endpoint; any other is refused, so that nobody sends what is not there. */
const common = ['prompt', 'model', 'resolution', 'fps', 'camera_motion']
const fields: Readonly<Record<string, readonly string[]>> = {
  'text-to-video': [...common, 'duration', 'generate_audio'],
  'image-to-video': [...common, 'duration', 'generate_audio', 'image_uri', 'last_frame_uri'],
  'audio-to-video': [...common, 'audio_uri', 'image_uri', 'last_frame_uri'],
  retake: ['video_uri', 'start_time', 'duration', 'prompt', 'mode', 'resolution', 'model'],
  extend: ['video_uri', 'duration', 'prompt', 'mode', 'context', 'model'],
}

/** A length in frames as clips really come: eight and one. */
const framesOf = (seconds: number, fps: number): number => Math.ceil((Math.round(seconds * fps) - 1) / 8) * 8 + 1

function sizeOf(resolution: unknown): { readonly width: number; readonly height: number; readonly tier: string } {
  const tier = typeof resolution === 'string' ? tiers[resolution] : undefined
  if (tier === undefined) return refuse(`Invalid input for 'resolution': ${String(resolution)}`)
  const [width = 0, height = 0] = String(resolution).split('x').map(Number)
  return { width, height, tier }
}

function numberOf(body: Body, name: string, range: readonly [number, number], absent?: number): number {
  const value = body[name] ?? absent
  if (typeof value !== 'number' || value < range[0] || value > range[1]) return refuse(`Invalid input for '${name}': ${String(value)}`)
  return value
}

function checkFields(endpoint: string, body: Body): void {
  const stranger = Object.keys(body).find((name) => fields[endpoint]?.includes(name) !== true)
  if (stranger !== undefined) refuse(`Unknown field '${stranger}'`)
  const { prompt, camera_motion } = body
  if (prompt !== undefined && (typeof prompt !== 'string' || prompt.length > 5000)) refuse("Invalid input for 'prompt'")
  if (camera_motion !== undefined && !cameras.includes(String(camera_motion)))
    refuse(`Invalid input for 'camera_motion': expected one of ${cameras.join(', ')}`)
}

async function uploadOf(body: Body, name: string, desk: Desk): Promise<Upload | undefined> {
  const uri = body[name]
  if (uri === undefined) return undefined
  const id = /^ltx:\/\/uploads\/(.+)$/.exec(String(uri))?.[1]
  const upload = id === undefined ? undefined : desk.upload(id)
  return upload ?? refuse(`Could not read '${name}'`)
}

async function imageOf(body: Body, name: string, desk: Desk): Promise<boolean> {
  const upload = await uploadOf(body, name, desk)
  if (upload === undefined) return false
  if (!['image/png', 'image/jpeg', 'image/webp'].includes(upload.type)) refuse(`Unsupported image type for '${name}': ${upload.type}`)
  if (upload.bytes > 15 * 1024 * 1024) refuse(`'${name}' is too large`)
  return true
}

async function videoOf(body: Body, desk: Desk) {
  const upload = (await uploadOf(body, 'video_uri', desk)) ?? refuse('video_uri is required')
  const seen = (await desk.probe(upload)) ?? refuse("Could not read 'video_uri'")
  if (upload.type !== 'video/mp4') refuse(`Unsupported video type: ${upload.type}`)
  if (seen.frames < 73) refuse('The video must have at least 73 frames')
  return seen
}

async function generation(endpoint: string, body: Body, desk: Desk): Promise<Wanted> {
  const model = String(body.model)
  const { width, height, tier } = sizeOf(body.resolution)
  const price = prices[model]?.[tier]
  if (price === undefined) return refuse(`Invalid input for 'model': ${model}`)
  if (typeof body.prompt !== 'string') refuse('prompt is required')
  if (typeof body.duration !== 'number') return refuse('duration is required')
  const fps = numberOf(body, 'fps', [24, 50], 24)
  if (![24, 25, 48, 50].includes(fps)) refuse(`Invalid input for 'fps': ${fps}`)
  const long = model.endsWith('fast') && fps <= 25 && (tier === '720p' || tier === '1080p')
  const lengths = long ? [6, 8, 10, 12, 14, 16, 18, 20] : [6, 8, 10]
  if (!lengths.includes(body.duration)) refuse(`Invalid input for 'duration': expected one of ${lengths.join(', ')}`)
  if (endpoint === 'image-to-video' && !(await imageOf(body, 'image_uri', desk))) refuse('image_uri is required')
  await imageOf(body, 'last_frame_uri', desk)
  const clip = { width, height, rate: fps, frames: framesOf(body.duration, fps), sound: body.generate_audio !== false }
  return { clip, price: price * body.duration }
}

async function toSound(body: Body, desk: Desk): Promise<Wanted> {
  const model = String(body.model ?? 'ltx-2-3-pro')
  if (!['ltx-2-3-pro', 'ltx-2-5-fast', 'ltx-2-5-pro'].includes(model)) refuse(`Invalid input for 'model': ${model}`)
  const upload = (await uploadOf(body, 'audio_uri', desk)) ?? refuse('audio_uri is required')
  if (/wav/.test(upload.type) || !/^(audio\/(mpeg|mp4|ogg|x-m4a))$/.test(upload.type)) refuse(`Unsupported audio: ${upload.type}`)
  const image = await imageOf(body, 'image_uri', desk)
  if (!image && (typeof body.prompt !== 'string' || body.prompt === '')) refuse('prompt or image_uri is required')
  if ((await imageOf(body, 'last_frame_uri', desk)) && !image) refuse('last_frame_uri needs image_uri')
  const { width, height, tier } = sizeOf(body.resolution ?? '1920x1080')
  const seconds = await desk.seconds(upload)
  const longest = model === 'ltx-2-5-pro' || tier === '1440p' || tier === '4k' ? 10 : 20
  if (seconds < 2 || seconds > longest + 0.1) refuse(`audio must be 2 to ${longest} seconds long, this is ${seconds}`)
  const fps = numberOf(body, 'fps', [24, 50], 24)
  return { clip: { width, height, rate: fps, frames: framesOf(seconds, fps), sound: true }, price: 0.1 * seconds }
}

async function extend(body: Body, desk: Desk): Promise<Wanted> {
  const video = await videoOf(body, desk)
  const duration = numberOf(body, 'duration', [2, 20])
  const most = Math.floor(505 / video.rate - duration)
  const context = numberOf(body, 'context', [1, 20], Math.min(20, most, video.frames / video.rate))
  if (!['start', 'end'].includes(String(body.mode ?? 'end'))) refuse("Invalid input for 'mode'")
  if (Math.round((context + duration) * video.rate) > 505) refuse('context and duration exceed 505 frames')
  const ratio = video.width / video.height
  if (Math.min(Math.abs(ratio - 16 / 9), Math.abs(ratio - 9 / 16)) > 0.02) refuse('The video must be 16:9 or 9:16')
  const frames = video.frames + Math.round(duration * video.rate)
  return { clip: { ...video, frames }, price: 0.1 * (duration + context) }
}

async function retake(body: Body, desk: Desk): Promise<Wanted> {
  const video = await videoOf(body, desk)
  numberOf(body, 'start_time', [0, 1e6])
  numberOf(body, 'duration', [2, 1e6])
  const modes = ['replace_audio', 'replace_video', 'replace_audio_and_video']
  if (!modes.includes(String(body.mode ?? modes[2]))) refuse("Invalid input for 'mode'")
  const upright = video.height > video.width
  const resolution = String(body.resolution ?? (upright ? '1080x1920' : '1920x1080'))
  if (!['1920x1080', '1080x1920'].includes(resolution)) refuse(`Invalid input for 'resolution': ${resolution}`)
  const { width, height } = sizeOf(resolution)
  return { clip: { width, height, rate: video.rate, frames: video.frames, sound: true }, price: (0.1 * video.frames) / video.rate }
}

function wantedOf(endpoint: string, body: Body, desk: Desk): Promise<Wanted> {
  checkFields(endpoint, body)
  if (endpoint === 'audio-to-video') return toSound(body, desk)
  if ((endpoint === 'extend' || endpoint === 'retake') && body.model !== undefined && body.model !== 'ltx-2-3-pro')
    refuse("Invalid input for 'model'")
  if (endpoint === 'extend') return extend(body, desk)
  return endpoint === 'retake' ? retake(body, desk) : generation(endpoint, body, desk)
}

/** Takes a job, or says why not. */
async function take(asked: Asked, desk: Desk): Promise<Job | Answer> {
  const endpoint = asked.params.endpoint ?? ''
  if (fields[endpoint] === undefined) return problem(404, 'not_found_error', 'Not found')
  const body = asked.json()
  try {
    const { clip, price } = await wantedOf(endpoint, body ?? refuse('The body is no JSON'), desk)
    const job = desk.accept({ request: { endpoint, ...body }, clip, price, note: { endpoint } })
    return job ?? problem(429, 'concurrency_limit_error', 'Too many concurrent requests. Please try again later.', { 'retry-after': '1' })
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    desk.refuse(error.message)
    return error.answer
  }
}
const isJob = (taken: Job | Answer): taken is Job => 'acceptedAt' in taken

const stamp = (at: number): string => new Date(at).toISOString()

function statusOf(job: Job, desk: Desk): Answer {
  const base = { id: job.id, created_at: stamp(job.acceptedAt) }
  const ended = { ...base, completed_at: stamp(Date.now()) }
  const told = (json: object): Answer => ({ status: 200, headers: requestId, json })
  const { fate } = job
  if (job.state === 'done') {
    const result = fate?.kind === 'empty' ? {} : { video_url: fate?.kind === 'withheld' ? null : desk.resultUrl(job) }
    return told({ ...ended, status: 'completed', result })
  }
  if (fate?.kind === 'unknown-word') return told({ ...base, status: fate.words ?? 'archived' })
  if (job.state !== 'failed') return told({ ...base, status: job.state === 'waiting' ? 'pending' : 'processing' })
  const moderated = fate?.kind === 'moderated'
  const type = moderated ? 'content_filtered_error' : 'api_error'
  const message = fate?.words ?? (moderated ? 'Rejected by safety filters' : 'Generation failed')
  return told({ ...ended, status: 'failed', error: { type, message } })
}

/** The answer is the clip; a job that fails says so with a status. */
async function sync(job: Job, desk: Desk): Promise<Answer> {
  while (job.state !== 'done' && job.state !== 'failed') {
    await desk.look(job.id)
    if (job.state === 'waiting' || job.state === 'working') await new Promise((resolve) => setTimeout(resolve, 10))
  }
  if (job.state === 'done') return { status: 200, headers: requestId, type: 'video/mp4', file: await desk.resultFile(job), job: job.id }
  if (job.fate?.kind === 'moderated') return problem(422, 'content_filtered_error', job.fate.words ?? 'Rejected by safety filters')
  return problem(500, 'api_error', job.fate?.words ?? 'Generation failed')
}

const routes: readonly Route[] = [
  {
    name: 'upload',
    method: 'POST',
    path: '/v1/upload',
    handle(_asked, desk) {
      const required = { 'x-goog-content-length-range': '0,209715200', 'x-goog-if-generation-match': '0' }
      const { id, url } = desk.openUpload({ required })
      const json = {
        upload_url: url,
        storage_uri: `ltx://uploads/${id}`,
        expires_at: stamp(Date.now() + 3600_000),
        required_headers: required,
      }
      return { status: 200, headers: requestId, json }
    },
  },
  {
    name: 'submit',
    method: 'POST',
    path: '/v2/:endpoint',
    async handle(asked, desk) {
      const taken = await take(asked, desk)
      return isJob(taken) ? { status: 202, headers: requestId, json: { id: taken.id, created_at: stamp(taken.acceptedAt) } } : taken
    },
  },
  {
    name: 'status',
    method: 'GET',
    path: '/v2/:endpoint/:id',
    async handle({ params }, desk) {
      const job = await desk.look(params.id ?? '')
      // The endpoint must be the one of the submit.
      if (job === undefined || job.note.endpoint !== params.endpoint) return problem(404, 'not_found_error', 'Job not found')
      return statusOf(job, desk)
    },
  },
  {
    name: 'submit',
    method: 'POST',
    path: '/v1/:endpoint',
    async handle(asked, desk) {
      const taken = await take(asked, desk)
      return isJob(taken) ? sync(taken, desk) : taken
    },
  },
]

export const protocol: Protocol = {
  name: 'hosted-ltx',
  key: { header: 'authorization', before: 'Bearer ' },
  routes,
  unauthorized: problem(401, 'authentication_error', 'Invalid API key'),
  unknown: problem(404, 'not_found_error', 'Not found'),
}
