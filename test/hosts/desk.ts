// What lies behind every protocol of the test hosts: jobs that go on as they are asked for, the ledger, uploads, results.
import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { probe } from '../../src/media/probe.ts'
import type { Clips } from './clips.ts'
import type { Faults, Pace } from './fault.ts'
import { append, type Written } from './ledger.ts'
import { type Clip, type Desk, type Fate, isMade, type Job, type Order, type Upload } from './protocol.ts'

export type DeskOptions = {
  readonly folder: string
  readonly ledger: string
  readonly clips: Clips
  readonly faults: Faults
  readonly settings: Readonly<Record<string, unknown>>
  readonly origins: { api: string; files: string }
  readonly tell: (message: string) => void
  pace: Pace
}

export type FullDesk = Desk & {
  readonly write: (entry: Written) => void
  /** By the name in a signed address; `dead` once it has expired. */
  readonly resultOf: (name: string) => { readonly job: Job; readonly dead: boolean } | undefined
  readonly slotOf: (id: string) => { readonly required: Readonly<Record<string, string>>; readonly used: boolean } | undefined
  put(id: string, bytes: Uint8Array, type: string): Upload
  readonly expire: (what: 'jobs' | 'results' | 'uploads') => void
  forget(): void
}

const sha = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')

export function openDesk(options: DeskOptions): FullDesk {
  const { folder, clips, faults, origins } = options
  mkdirSync(folder, { recursive: true })
  const jobs = new Map<string, Job & { cancelled?: boolean; finishing?: Promise<void> }>()
  const gone = new Set<string>()
  const results = new Map<string, { job: Job; dead: boolean }>()
  const slots = new Map<string, { required: Readonly<Record<string, string>>; used: boolean }>()
  const uploads = new Map<string, Upload & { dead?: boolean }>()
  const write = (entry: Written): void => append(options.ledger, { at: Date.now(), ...entry })

  /** Addresses of uploads differ each time; what lies there decides. */
  const plain = (value: unknown): unknown => {
    if (typeof value === 'string') {
      for (const upload of uploads.values()) if (value.includes(upload.id)) return `sha256:${upload.sha256}`
      return value
    }
    if (Array.isArray(value)) return value.map(plain)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, one]) => [name, plain(one)]),
    )
  }
  const isOver = (job: Job): boolean => job.state === 'done' || job.state === 'failed'
  const underWay = (): number =>
    [...jobs.values()].filter((job) => !isOver(job) && !(options.pace.workMs > 0 && Date.now() - job.acceptedAt >= options.pace.workMs))
      .length

  const fail = (job: Job): void => {
    job.state = 'failed'
    write({ kind: 'failed', job: job.id, why: job.fate?.words ?? job.fate?.kind ?? '' })
  }
  const finish = async (job: Job): Promise<void> => {
    if (!isMade(job.fate)) return fail(job)
    const made = await clips.make(job.clip, job.id, join(folder, `${job.id}.mp4`))
    job.state = 'done'
    write({ kind: 'finished', job: job.id, ...made })
  }
  const moveOn = async (job: Job & { finishing?: Promise<void> }): Promise<void> => {
    if (isOver(job)) return
    job.looks += 1
    const ready = job.looks >= options.pace.looks && Date.now() - job.acceptedAt >= options.pace.workMs
    if (job.fate?.kind === 'stuck' || !ready) {
      job.state = job.looks > 1 || options.pace.looks <= 2 ? 'working' : 'waiting'
      return
    }
    job.finishing ??= finish(job)
    await job.finishing
  }
  const put = (id: string, bytes: Uint8Array, type: string): Upload => {
    const path = join(folder, `upload-${id}`)
    writeFileSync(path, bytes)
    const upload: Upload = { id, path, sha256: sha(bytes), bytes: bytes.length, type }
    uploads.set(id, upload)
    const slot = slots.get(id)
    if (slot !== undefined) slot.used = true
    write({ kind: 'uploaded', upload: id, sha256: upload.sha256, bytes: upload.bytes, type })
    return upload
  }
  const fateOfNext = (): { fate: Fate | undefined; clip: Partial<Clip> } => {
    const job = faults.take('submit', ['job'])
    const clip = faults.take('submit', ['clip'])
    return { fate: job?.kind === 'job' ? job.fate : undefined, clip: clip?.kind === 'clip' ? clip.clip : {} }
  }

  return {
    get api() {
      return origins.api
    },
    get files() {
      return origins.files
    },
    settings: options.settings,
    tell: options.tell,
    write,
    accept(order: Order) {
      if (underWay() >= options.pace.concurrency) {
        write({ kind: 'refused', why: 'too many at once' })
        return undefined
      }
      const id = order.id ?? randomUUID()
      const { fate, clip } = fateOfNext()
      const job: Job = {
        id,
        clip: { ...order.clip, ...clip },
        request: order.request,
        acceptedAt: Date.now(),
        fate,
        note: order.note ?? {},
        state: 'waiting',
        looks: 0,
      }
      jobs.set(id, job)
      const same = sha(JSON.stringify(plain(order.request)))
      write({ kind: 'accepted', job: id, same, request: order.request, ...(order.price === undefined ? {} : { price: order.price }) })
      if (fate?.atOnce === true) fail(job)
      return job
    },
    refuse: (why) => write({ kind: 'refused', why }),
    async look(id) {
      const job = jobs.get(id)
      if (job === undefined || gone.has(id)) return undefined
      await moveOn(job)
      return job.fate?.kind === 'expired' && isOver(job) ? undefined : job
    },
    peek: (id) => (gone.has(id) ? undefined : jobs.get(id)),
    jobs: () => [...jobs.values()].filter((job) => !gone.has(job.id)),
    cancel(id) {
      const job = jobs.get(id)
      if (job === undefined || isOver(job)) return false
      jobs.set(id, Object.assign(job, { state: 'failed' as const, cancelled: true }))
      write({ kind: 'cancelled', job: id, why: 'asked for' })
      return true
    },
    resultUrl(job) {
      const name = randomUUID()
      results.set(name, { job, dead: false })
      return `${origins.files}/results/${name}.mp4?X-Signature=${sha(name)}`
    },
    async resultFile(job) {
      if (!isOver(job)) await finish(job)
      return join(folder, `${job.id}.mp4`)
    },
    resultOf: (name) => results.get(name),
    openUpload({ required = {} } = {}) {
      const id = randomUUID()
      slots.set(id, { required, used: false })
      return { id, url: `${origins.files}/uploads/${id}?X-Signature=${sha(id)}` }
    },
    slotOf: (id) => slots.get(id),
    put,
    keepUpload: async (bytes, type) => put(randomUUID(), bytes, type),
    upload: (id) => {
      const found = uploads.get(id)
      return found?.dead === true ? undefined : found
    },
    async probe(upload) {
      const seen = await probe(upload.path).catch(() => undefined)
      if (seen === undefined) return undefined
      const { frames, size, rate, soundSamples } = seen
      return { frames, width: size.width, height: size.height, rate: rate.num / rate.den, sound: soundSamples > 0 }
    },
    seconds: (upload) => clips.seconds(upload.path),
    expire(what) {
      if (what === 'jobs') for (const id of jobs.keys()) gone.add(id)
      if (what === 'results') for (const one of results.values()) one.dead = true
      if (what === 'uploads') for (const one of uploads.values()) one.dead = true
    },
    forget() {
      jobs.clear()
      results.clear()
    },
  }
}
