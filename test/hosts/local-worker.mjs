// A worker without a model: it speaks worker/PROTOCOL.md, keeps its rules, writes real clips with a box of latents, and fails on purpose.
// In place of a Python: `local-worker.mjs FFMPEG HOME -m ltx_worker …`. In HOME it notes what it does (log.ndjson) and finds its faults.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const [ffmpeg, home, ...args] = process.argv.slice(2)
const settings = existsSync(join(home, 'settings.json')) ? JSON.parse(readFileSync(join(home, 'settings.json'), 'utf8')) : {}
const versions = { torch: '0.0', diffusers: '0.0', transformers: '0.0', av: '0.0', ...settings.versions }
const note = (entry) => appendFileSync(join(home, 'log.ndjson'), `${JSON.stringify({ pid: process.pid, ...entry })}\n`)
const hashOf = (value) => createHash('sha256').update(value).digest('hex')
const uuid = Buffer.from('6c74782d6c617465' + '6e74732d76310001', 'hex')

/** Asked for versions alone, as any Python is. */
if (args[0] === '-c') {
  process.stdout.write(`${JSON.stringify({ ...versions, worker: '1' })}\n`)
  process.exit(0)
}

const device = args[args.indexOf('--device') + 1] ?? 'cpu'
let job
let resident
let silent = false
const say = (message) => silent || process.stdout.write(`${JSON.stringify(message)}\n`)

class Trouble extends Error {
  constructor(code, message, more = {}) {
    super(message)
    this.answer = { is: 'error', code, message, retryable: false, ...more }
  }
}

/** The first fault of the list that is meant for this phase and these words; each happens as often as it says. */
function faultAt(phase, prompt) {
  const file = join(home, 'faults.json')
  if (!existsSync(file)) return undefined
  const faults = JSON.parse(readFileSync(file, 'utf8'))
  const at = faults.findIndex((fault) => fault.at === phase && prompt.toLowerCase().includes(fault.words ?? ''))
  if (at < 0) return undefined
  const [fault] = faults.splice(at, 1)
  if ((fault.times ?? 1) > 1) faults.splice(at, 0, { ...fault, times: fault.times - 1 })
  writeFileSync(`${file}.part`, JSON.stringify(faults))
  renameSync(`${file}.part`, file)
  note({ fault: fault.kind, at: phase })
  return fault
}

async function failOnPurpose(phase, prompt) {
  const fault = faultAt(phase, prompt)
  switch (fault?.kind) {
    case 'die':
      process.kill(process.pid, 'SIGKILL')
      return delay(10_000)
    case 'exit':
      process.stderr.write('Traceback (most recent call last):\nRuntimeError: \u001b[31mCUDA error: an illegal memory access\n')
      process.exit(7)
      return
    case 'freeze':
      silent = true
      process.on('SIGTERM', () => undefined)
      return new Promise(() => setInterval(() => undefined, 1000))
    case 'stall':
      while (!job.stopped) await delay(20)
      return
    case 'slow':
      for (let spent = 0; spent < fault.ms && !job.stopped; spent += 10) await delay(10)
      return
    case 'oom':
      throw new Trouble('OUT_OF_MEMORY', 'CUDA out of memory', {
        retryable: true,
        phase,
        wouldFit: { width: 640, height: 384, frames: 49 },
      })
    case 'hopeless':
      throw new Trouble('OUT_OF_MEMORY', 'denoise needs 114.0 GB, as estimated; 80.0 GB are free', { wouldFit: null })
    case 'internal':
      throw new Trouble('INTERNAL', 'a hook has no effect')
    case 'mismatch':
      throw new Trouble('MODEL_MISMATCH', 'the adapter was made for another base', { field: 'load.loras' })
    case 'disk':
      throw new Trouble('DISK_FULL', 'no space left on device', { retryable: true })
  }
}

const stopIfTold = () => {
  if (job?.stopped) throw new Trouble('CANCELLED', 'stopped as asked')
}

async function phase(id, name, prompt, steps = 0) {
  stopIfTold()
  job.phase = name
  say({ id, is: 'phase', phase: name })
  if (steps === 0) await failOnPurpose(name, prompt)
  for (let step = 1; step <= steps; step += 1) {
    await delay(settings.stepMs ?? 1)
    stopIfTold()
    say({ id, is: 'step', step, of: steps })
    if (step === 1) await failOnPurpose(name, prompt)
  }
  stopIfTold()
}

// ---- what a job may be -------------------------------------------------------------------------------------

function check(load, order) {
  const no = (field, message) => {
    throw new Trouble('INVALID_REQUEST', message, { field })
  }
  if (!existsSync(join(load.model, 'model_index.json'))) throw new Trouble('MODEL_MISSING', `${load.model} has no model_index.json`)
  for (const { path } of load.loras) if (!existsSync(path)) throw new Trouble('MODEL_MISSING', `${path} is not there`)
  const { operation, frames } = order
  const cell = operation === 'extend' || operation === 'retake' ? 32 : 32 * load.stages
  for (const side of ['width', 'height']) if (order[side] % cell !== 0) no(`job.${side}`, `${order[side]} is no multiple of ${cell}`)
  if (operation === 'extend' && frames % 8 !== 0) no('job.frames', `${frames} is no multiple of 8`)
  if (operation === 'retake' && frames !== order.retake.to - order.retake.from) no('job.frames', 'the range has another length')
  if (operation !== 'extend' && operation !== 'retake' && (frames % 8 !== 1 || frames < 9)) no('job.frames', `${frames} is not 8k + 1`)
  if ((operation === 'image-to-video') !== order.images.length > 0 && !['audio-to-video', 'extend', 'retake'].includes(operation))
    no('job.images', 'images belong to image-to-video')
  for (const image of order.images) if (image.frame >= frames) no('job.images', `frame ${image.frame} is not below ${frames}`)
  if (load.sampling === 'distilled' && (order.steps ?? order.guidance) !== undefined) no('job.steps', 'a distilled model has fixed steps')
  if (load.sampling === 'guided' && load.stages === 2 && !existsSync(load.refiner ?? ''))
    throw new Trouble('MODEL_MISSING', 'there is no refiner')
  for (const path of [...order.images.map(({ path }) => path), order.sound?.path, order.extend?.path, order.retake?.path])
    if (path !== undefined && !statSync(path).isFile()) no('job', `${path} is no file`)
}

// ---- clips -------------------------------------------------------------------------------------------------

/** A safetensors file of one number, which names the job that made it. */
function latentsOf(order, load, name) {
  const origin = Math.min(0, -(order.extend?.context ?? 0))
  const metadata = { format: '1', origin: String(origin), frames: String(order.frames), weights: load.weights ?? '', name }
  const header = JSON.stringify({ __metadata__: metadata, video: { dtype: 'F32', shape: [1, 1, 1, 1, 1], data_offsets: [0, 4] } })
  const head = Buffer.alloc(8)
  head.writeBigUInt64LE(BigInt(header.length))
  return Buffer.concat([head, Buffer.from(header), Buffer.from(hashOf(name).slice(0, 8), 'hex')])
}

const carries = (path) => readFileSync(path).includes(uuid)

function encode(order, name, path) {
  const { width, height, rate, frames } = order
  const seconds = (frames * rate.den) / rate.num
  const colour = `0x${hashOf(name).slice(0, 6)}`
  const picture = `color=c=${colour}:size=${width}x${height}:rate=${rate.num}/${rate.den},trim=end_frame=${frames}`
  const sound = `sine=frequency=330:sample_rate=48000,atrim=end_sample=${Math.round(seconds * 48_000)}`
  const coded = [
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-threads',
    '1',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-ac',
    '2',
    '-b:a',
    '96k',
  ]
  const exact = ['-fflags', '+bitexact', '-flags:v', '+bitexact', '-flags:a', '+bitexact', '-map_metadata', '-1', '-f', 'mp4']
  execFileSync(ffmpeg, [
    '-nostdin',
    '-v',
    'error',
    '-y',
    '-f',
    'lavfi',
    '-i',
    picture,
    '-f',
    'lavfi',
    '-i',
    sound,
    ...coded,
    ...exact,
    path,
  ])
}

function boxOf(latents) {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(latents.length + 24, 0)
  head.write('uuid', 4, 'latin1')
  return Buffer.concat([head, uuid, latents])
}

// ---- the work ----------------------------------------------------------------------------------------------

async function make(id, load, order) {
  const { prompt } = order
  job = { id, stopped: false, phase: 'load' }
  const loaded = JSON.stringify(load)
  check(load, order)
  if (loaded !== resident) {
    resident = undefined
    await phase(id, 'load', prompt)
    note({ loaded: load, device })
    resident = loaded
  }
  const source = order.extend?.path ?? order.retake?.path
  if (source !== undefined && !carries(source)) say({ id, is: 'warning', text: 'the clip carries no latents: it is encoded again' })
  // Names of files and folders are no part of what is made.
  const { folder: _folder, name: _name, ...what } = order
  const content = (path) => hashOf(readFileSync(path))
  const inputs = [...order.images.map(({ path }) => path), order.sound?.path, source, ...load.loras.map(({ path }) => path)]
  const plain = JSON.stringify({
    ...what,
    images: order.images.map(({ frame, strength }) => ({ frame, strength })),
    sound: null,
    extend: null,
    retake: null,
  })
  const name = hashOf(`${plain} ${load.stages} ${load.sampling} ${load.weights} ${inputs.filter(Boolean).map(content).join(' ')}`)
  const latentsPath = join(order.folder, `${order.name}.latents.safetensors`)
  const latents = latentsOf(order, load, name)
  const reused = existsSync(latentsPath) && readFileSync(latentsPath).equals(latents)
  if (!reused) {
    await phase(id, 'encode', prompt)
    await phase(id, 'denoise', prompt, 8)
    if (load.stages === 2 && source === undefined) {
      await phase(id, 'upsample', prompt)
      await phase(id, 'refine', prompt, 3)
    }
    writeFileSync(`${latentsPath}.part`, latents)
    renameSync(`${latentsPath}.part`, latentsPath)
  }
  await phase(id, 'decode', prompt)
  await phase(id, 'write', prompt)
  const clip = join(order.folder, `${order.name}.mp4`)
  const part = `${clip}.part`
  encode(order, name, part)
  appendFileSync(part, boxOf(latents))
  renameSync(part, clip)
  const bytes = readFileSync(clip)
  const { frames, width, height, rate, seed } = order
  const made = { frames, width, height, rate, seed, weights: load.weights, reused: reused ? 'latents' : 'nothing' }
  note({ made: order, reused: made.reused, device })
  return { id, is: 'made', clip, sha256: hashOf(bytes), bytes: bytes.length, soundSamples: 0, peak: 0, seconds: {}, ...made }
}

async function receive({ id, do: what, ...body }) {
  try {
    switch (what) {
      case 'hello': {
        const [kind, index = 0] = device.split(':')
        const told = { kind, index: Number(index), name: `a ${kind} for tests`, memory: 8e10, free: 7e10 }
        await delay(settings.helloMs ?? 0)
        return say({ id, is: 'hello', protocol: settings.protocol ?? 1, worker: '1', pid: process.pid, versions, device: told })
      }
      case 'make':
        if (job !== undefined) throw new Trouble('BUSY', `${job.id} is going on`)
        try {
          return say(await make(id, body.load, body.job))
        } finally {
          job = undefined
        }
      case 'cancel':
        if (job?.id === body.of) job.stopped = true
        return say({ id, is: 'done' })
      case 'shutdown':
        say({ id, is: 'done' })
        process.exit(0)
        return
      default:
        throw new Trouble('INVALID_REQUEST', `nothing is known by the name ${what}`)
    }
  } catch (error) {
    if (!(error instanceof Trouble)) note({ bug: String(error.stack) })
    say({ id, ...(error instanceof Trouble ? error.answer : { is: 'error', code: 'INTERNAL', message: String(error), retryable: false }) })
  }
}

note({ start: args, environment: process.env })
rmSync(join(home, 'nobody'), { force: true })
process.stdout.write('loading libraries, please wait\n{ not json\n')
setInterval(() => say({ id: job?.id ?? '', is: 'beat', at: performance.now() / 1000, phase: job?.phase ?? null }), settings.beatMs ?? 100)
const lines = createInterface({ input: process.stdin })
lines.on('line', (line) => void receive(JSON.parse(line)))
// No worker outlives its runner.
lines.on('close', () => process.exit(0))
