// What a ComfyUI server says, read: its answer to a job, its queue, its history. The history is the truth; a job that
// stands in neither went down with the server. In go parsed JSON bodies, out come plain words for them.
import { z } from 'zod'
import { readForContent } from '../content.ts'
import type { Explain, Explained } from '../explain.ts'

const nodeErrorsSchema = z.record(
  z.string(),
  z.object({
    class_type: z.string().optional(),
    errors: z.array(z.object({ type: z.string().optional(), message: z.string().optional(), details: z.string().optional() })).optional(),
  }),
)
const refusalSchema = z.object({
  error: z.union([z.string(), z.object({ type: z.string().optional(), message: z.string().optional(), details: z.string().optional() })]),
  node_errors: z.union([nodeErrorsSchema, z.array(z.unknown())]).optional(),
})

/** 200 to a job. `node_errors` may stand here too: then parts of the graph were dropped. */
export const queuedSchema = z.object({
  prompt_id: z.string().min(1).max(200),
  node_errors: z.union([nodeErrorsSchema, z.array(z.unknown())]).optional(),
})
export type Queued = z.infer<typeof queuedSchema>

/** One line for what is wrong with nodes: `CheckpointLoaderSimple: Value not in list (ckpt_name: 'x' not in [])`. */
export function nodeTroubles(nodeErrors: Queued['node_errors']): readonly string[] {
  if (nodeErrors === undefined || Array.isArray(nodeErrors)) return []
  return Object.entries(nodeErrors).map(([name, { class_type: kind, errors }]) => {
    const words = (errors ?? []).map(({ message, details }) => `${message ?? 'refused'}${details ? ` (${details})` : ''}`)
    return `${kind ?? name}: ${words.length === 0 ? 'refused' : words.join(', ')}`
  })
}

/** A refused job, by the server's own error types. */
export const explainComfyui: Explain = ({ status, json }) => {
  const read = refusalSchema.safeParse(json)
  if (status === 413) return { kind: 'input', next: 'send a smaller file, or start the server with a larger --max-upload-size' }
  if (!read.success)
    return status === 404 ? { kind: 'invalid', next: 'check `base`: this address does not answer like ComfyUI' } : undefined
  const { error, node_errors: nodeErrors } = read.data
  const { type, message, details } = typeof error === 'string' ? { type: '', message: error, details: '' } : error
  const troubles = nodeTroubles(nodeErrors)
  const words = [message ?? type ?? 'refused', ...(details ? [details] : []), ...troubles].join('; ')
  if (status < 400 || status >= 500) return { kind: 'host', words }
  return { kind: 'invalid', words, next: nextFor(`${type ?? ''} ${JSON.stringify(nodeErrors ?? {})}`) }
}

function nextFor(types: string): string {
  if (types.includes('missing_node_type')) return 'update ComfyUI on the server, then restart it: it lacks a node of the graph'
  if (types.includes('value_not_in_list')) return 'put the missing model file where the server looks for it, then run again'
  return 'see the server’s log; its ComfyUI may be too old for this graph'
}

/** Queue entries are lists whose second part is the id; the graph behind it is not looked at. */
const queueSchema = z.object({ queue_running: z.array(z.array(z.unknown())), queue_pending: z.array(z.array(z.unknown())) })

export type InQueue = { readonly state: 'running' } | { readonly state: 'pending'; readonly before: number }

/** Where a job stands in the queue: pending ones are sorted by their number. */
export function findInQueue(json: unknown, id: string): InQueue | undefined {
  const read = queueSchema.safeParse(json)
  if (!read.success) return undefined
  const { queue_running: running, queue_pending: pending } = read.data
  if (running.some((entry) => entry[1] === id)) return { state: 'running' }
  const sorted = [...pending].sort((a, b) => Number(a[0]) - Number(b[0]))
  const place = sorted.findIndex((entry) => entry[1] === id)
  return place < 0 ? undefined : { state: 'pending', before: place + running.length }
}

const fileSchema = z.object({ filename: z.string().min(1), subfolder: z.string().default(''), type: z.string().default('output') })
export type MadeFile = z.infer<typeof fileSchema>

const historySchema = z.record(
  z.string(),
  z.object({
    outputs: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
    status: z
      .object({ status_str: z.string().optional(), completed: z.boolean().optional(), messages: z.array(z.array(z.unknown())).default([]) })
      .nullish(),
  }),
)

export type Finished = { readonly state: 'done'; readonly file: MadeFile } | { readonly state: 'failed'; readonly explained: Explained }

/** Undefined while the job is not in the history. `node`: the one whose file is the clip. */
export function readHistory(json: unknown, id: string, node: string): Finished | undefined {
  const read = historySchema.safeParse(json)
  const entry = read.success ? read.data[id] : undefined
  if (entry === undefined) return undefined
  const messages = entry.status?.messages ?? []
  const told = (name: string): unknown => messages.find((message) => message[0] === name)?.[1]
  if (entry.status?.status_str === 'error' || told('execution_error') !== undefined) return failed(told('execution_error'), told)
  // Versions differ in what they call success, none in what they call a file.
  const file =
    clipIn(entry.outputs[node]) ??
    Object.values(entry.outputs)
      .map(clipIn)
      .find((found) => found !== undefined)
  if (file !== undefined) return { state: 'done', file }
  return { state: 'failed', explained: { kind: 'host', words: 'the job ended without a file', billed: 'no', retry: true } }
}

/** SaveVideo puts its file under `images`, other nodes under `gifs` or `videos`; previews are no result. */
function clipIn(output: Readonly<Record<string, unknown>> | undefined): MadeFile | undefined {
  for (const name of ['images', 'gifs', 'videos', 'video']) {
    const items = output?.[name]
    if (!Array.isArray(items)) continue
    for (const item of items) {
      const read = fileSchema.safeParse(item)
      if (read.success && read.data.type !== 'temp' && /\.(mp4|mov|mkv|webm)$/i.test(read.data.filename)) return read.data
    }
  }
  return undefined
}

const errorSchema = z.object({
  node_type: z.string().default('a node'),
  exception_type: z.string().default(''),
  exception_message: z.string().default(''),
})

function failed(error: unknown, told: (name: string) => unknown): Finished {
  const read = errorSchema.safeParse(error)
  if (!read.success) {
    const stopped = told('execution_interrupted') !== undefined
    const words = stopped ? 'the job was interrupted at the server' : 'the job failed, and the server does not say why'
    return { state: 'failed', explained: { kind: 'host', words, next: 'run again to make it anew', retry: false, billed: 'no' } }
  }
  const { node_type: node, exception_type: type, exception_message: message } = read.data
  const words = `${node}: ${message.trim() === '' ? type : message}`
  if (/OutOfMemory|out of memory|Allocation on device/i.test(`${type} ${message}`)) {
    const next = 'ask for a smaller `size`, a shorter shot or `quality fast`, or free the card'
    return { state: 'failed', explained: { kind: 'capacity', words: `${words} (out of memory)`, next, retry: false, billed: 'no' } }
  }
  return { state: 'failed', explained: readForContent({ kind: 'host', words, next: 'see the server’s log', retry: false, billed: 'no' }) }
}

export const uploadedSchema = z.object({ name: z.string().min(1), subfolder: z.string().default(''), type: z.string().default('input') })

/** How a graph names an uploaded file; the server may have renamed it. */
export const uploadedName = ({ name, subfolder }: z.infer<typeof uploadedSchema>): string =>
  subfolder === '' ? name : `${subfolder}/${name}`

const statsSchema = z.object({
  system: z.object({ comfyui_version: z.string().default('of unknown version') }),
  devices: z.array(z.object({ name: z.string().default('a device'), vram_total: z.number().optional() })).default([]),
})

/** `ComfyUI 0.26.0 on NVIDIA RTX 4090 (24 GB)`; undefined for what is no ComfyUI. */
export function versionIn(json: unknown): string | undefined {
  const read = statsSchema.safeParse(json)
  if (!read.success) return undefined
  const devices = read.data.devices.map(
    ({ name, vram_total: bytes }) => `${name}${bytes === undefined ? '' : ` (${Math.round(bytes / 1e9)} GB)`}`,
  )
  return `ComfyUI ${read.data.system.comfyui_version}${devices.length === 0 ? '' : ` on ${devices.join(', ')}`}`
}

/** The job that a client's id was sent with: it stands among a job's extra data, in the queue and in the history. */
export function idOfClient(queue: unknown, history: unknown, client: string): string | undefined {
  const queued = queueSchema.safeParse(queue)
  const past = z.record(z.string(), z.object({ prompt: z.array(z.unknown()) })).safeParse(history)
  const entries = [
    ...(queued.success ? [...queued.data.queue_running, ...queued.data.queue_pending] : []),
    ...(past.success ? Object.values(past.data).map(({ prompt }) => prompt) : []),
  ]
  const found = entries.find((entry) => z.object({ client_id: z.literal(client) }).safeParse(entry[3]).success)
  return typeof found?.[1] === 'string' ? found[1] : undefined
}
