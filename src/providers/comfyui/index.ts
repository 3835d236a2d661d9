// A ComfyUI server as a provider. The id of a job is ours, so a submit whose answer was lost can be looked up; the
// history says what came of it, the socket only how far it is. Nodes and model files are checked before the first job.
import { type Failure, ProviderFailure } from '../../failure.ts'
import type { Slot } from '../../lang/plan.ts'
import type { InputRules } from '../../media/input-rules.ts'
import { prepareInput } from '../../media/prepare.ts'
import { answerAs, type Doors, openDoors, type Reply } from '../http.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { accountOf } from '../uploads.ts'
import * as answers from './answers.ts'
import { comfyui as capabilities } from './capabilities.ts'
import { fill, type Graph, graphFor, graphs, ownCheckpoint, promptId } from './graph.ts'
import type { Progress } from './progress.ts'
import { begun, fold } from './progress.ts'
import { type Choices, kindsIn, readNode, type Stock, takeStock } from './stock.ts'

const host = 'the ComfyUI server'
const usualBase = 'http://127.0.0.1:8188'
const mebi = 1024 * 1024
/** Queue and history carry whole graphs. */
const longLists = 64 * mebi

/** The server decodes what it gets by PyAV and Pillow, and fits pictures itself; its upload limit is 100 MiB unless set. */
const rules: InputRules = {
  image: { types: ['png', 'jpeg', 'webp'], maxBytes: 95 * mebi, maxSide: 8192, exactCanvas: false },
  audio: { types: ['flac', 'wav', 'mp3', 'm4a', 'ogg'], maxBytes: 95 * mebi },
  video: { codecs: ['h264', 'h265'], maxBytes: 95 * mebi, maxSide: 8192, minFrames: 1 },
}

type Server = { readonly context: Context; readonly base: string; readonly doors: Doors; readonly watches: Map<string, Watch> }
type Watch = { progress: Progress; readonly close: () => void }

function openCalls(context: Context): Calls {
  const { world, signal, use } = context
  const base = typeof use.settings.base === 'string' ? use.settings.base : usualBase
  const key = use.keyEnv === undefined ? {} : { key: { env: use.keyEnv, header: 'authorization', before: 'Bearer ' } }
  const doors = openDoors({ world, signal, base, host, explain: answers.explainComfyui, ...key })
  const server: Server = { context, base: base.replace(/\/+$/, ''), doors, watches: new Map() }
  const stock = openStock(doors)
  return {
    submit: (job, sent) => submit(server, stock, job, sent),
    poll: (ticket, job) => poll(server, String(ticket.id), job),
    async fetch(ticket, job, into) {
      const found = await lookUp(server, String(ticket.id), graphFor(job.request, job.files).result)
      if (found?.state !== 'done') throw new ProviderFailure(lost(server))
      const { filename, subfolder, type } = found.file
      await doors.download(`${server.base}/view?${new URLSearchParams({ filename, subfolder, type })}`, into)
    },
    find: (job) => find(server, job),
    cancel: (ticket) => cancel(server, String(ticket.id)),
    adopt: (id) => ({ id }),
    async lacks(jobs) {
      const lacks: Lacking[] = []
      for (const { request, slots } of jobs) {
        const found = await stock(graphFor(request, slots), ownCheckpoint(request))
        if (found.state === 'lacking') lacks.push(found)
      }
      return lacks.length === 0 ? undefined : lacking(server, allOf(lacks))
    },
    async probe() {
      const stats = await doors.read({ method: 'GET', path: '/system_stats' })
      const version = answers.versionIn(stats.json)
      if (version === undefined)
        throw new ProviderFailure(doors.failure({ kind: 'invalid', words: 'this address does not answer like one' }))
      const stocks = await Promise.all(Object.entries(graphs).map(async ([name, graph]) => [name, await stock(graph, undefined)] as const))
      const lacks = stocks.flatMap(([, one]) => (one.state === 'lacking' ? [one] : []))
      if (lacks.length === stocks.length) throw new ProviderFailure(lacking(server, allOf(lacks)))
      const missing = stocks.map(([name, one]) => lackOf(name, one)).filter((one) => one !== '')
      return { key: 'unchecked', detail: [version, ...(missing.length === 0 ? ['has all that our graphs need'] : missing)].join('; ') }
    },
  }
}

/** Asks for each kind of node once; what fails or is missing is asked for again, since a person may have mended it. */
function openStock(doors: Doors): (graph: Graph, own: string | undefined) => Promise<Stock> {
  const known = new Map<string, Promise<Choices | undefined>>()
  const ask = async (kind: string): Promise<Choices | undefined> => {
    const reply = await doors.read({ method: 'GET', path: `/object_info/${encodeURIComponent(kind)}`, limit: 16 * mebi })
    return readNode(reply.json, kind)
  }
  return async (graph, own) => {
    const kinds = kindsIn(graph)
    try {
      const read = new Map<string, Choices | undefined>()
      // One after the other: it is asked once, and the server has one thread for this.
      for (const kind of kinds) {
        const asked = known.get(kind) ?? ask(kind)
        known.set(kind, asked)
        read.set(kind, await asked)
      }
      const stock = takeStock(graph, read, own)
      if (stock.state === 'lacking') known.clear()
      return stock
    } catch (error) {
      known.clear()
      throw error
    }
  }
}

type Lacking = Extract<Stock, { state: 'lacking' }>

/** What any of them lacks, each thing once. */
const allOf = (lacks: readonly Lacking[]): Lacking => ({
  state: 'lacking',
  nodes: [...new Set(lacks.flatMap(({ nodes }) => nodes))],
  files: [...new Set(lacks.flatMap(({ files }) => files))],
})

const lackOf = (name: string, stock: Stock): string =>
  stock.state === 'there'
    ? ''
    : `the graph \`${name}\` lacks ${[...stock.nodes.map((node) => `the node ${node}`), ...stock.files].join(', ')}`

async function submit(server: Server, stock: ReturnType<typeof openStock>, job: Ready, sent: () => Promise<void>): Promise<Ticket> {
  const { doors } = server
  const graph = graphFor(job.request, job.files)
  const own = ownCheckpoint(job.request)
  const found = await stock(graph, own)
  if (found.state === 'lacking') throw new ProviderFailure(lacking(server, found))
  const inputs = await bringInputs(server, job)
  const prompt = fill(graph, job.request, {
    inputs,
    files: found.files,
    prefix: `ltx/${job.key.slice(0, 12)}-${job.clientKey.slice(0, 8)}`,
  })
  const id = promptId(job.clientKey)
  const reply = await pay(server, inputs, { prompt, prompt_id: id, client_id: job.clientKey }, sent)
  const queued = answerAs(reply, answers.queuedSchema, host)
  const troubles = answers.nodeTroubles(queued.node_errors)
  if (troubles.length > 0) {
    // It was queued without the parts that are wrong: what would come is not what was asked for.
    await cancel(server, queued.prompt_id).catch(() => undefined)
    throw new ProviderFailure(doors.failure({ kind: 'invalid', words: troubles.join('; '), next: 'see the server’s log' }))
  }
  return { id: queued.prompt_id }
}

/** A file that was there and is gone is brought again, instead of being refused once more. */
async function pay(server: Server, inputs: ReadonlyMap<Slot, string>, json: unknown, sent: () => Promise<void>): Promise<Reply> {
  try {
    return await server.doors.pay({ method: 'POST', path: '/prompt', json }, sent)
  } catch (error) {
    if (!(error instanceof ProviderFailure) || !/Invalid (image|audio|video) file/i.test(error.failure.message)) throw error
    for (const uri of inputs.values()) await server.context.uploads.forget(uri)
    throw new ProviderFailure({ ...error.failure, kind: 'input', retry: true })
  }
}

/** The server's own lack, and no fault of the script's; it is told by its address, since a film may have several. */
function lacking({ base, doors }: Server, { nodes, files }: Lacking): Failure {
  const parts = [
    ...(nodes.length === 0 ? [] : [`the ${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.join(', ')}`]),
    ...(files.length === 0 ? [] : [`${files.length === 1 ? 'a model file' : 'model files'} like ${files.join(', ')}`]),
  ]
  const steps = [
    ...(nodes.length === 0 ? [] : ['update ComfyUI there (these nodes come with it since 2026) and restart it']),
    ...(files.length === 0
      ? []
      : [
          `put ${files.length === 1 ? 'the file' : 'each file'} into that folder of the server’s models, or name the one it has by \`model "FILE"\``,
        ]),
  ]
  return {
    kind: 'host',
    message: doors.words(`${host} at ${new URL(base).host} lacks ${parts.join(', and ')}`),
    next: `${steps.join('; ')}; then run again`,
    retry: false,
    billed: 'no',
  }
}

/** The job's inputs as the server names them. */
async function bringInputs({ context, base, doors }: Server, job: Ready): Promise<ReadonlyMap<Slot, string>> {
  const { world, tool, signal, scratch, uploads, use } = context
  const account = accountOf(world, base, use.keyEnv === undefined ? undefined : world.secret(use.keyEnv))
  const names = new Map<Slot, string>()
  for (const [slot, path] of job.files) {
    const heard = slot === 'audio' && job.request.heard !== undefined ? { heard: job.request.heard } : {}
    const file = await prepareInput({ world, tool, signal, scratch, rules, slot, path, size: job.request.size, ...heard })
    const uri = await uploads.uriOf({
      account,
      file,
      async send() {
        const parts = [
          { name: 'image', path: file.path, fileName: `ltx-${file.name}`, type: file.mime },
          { name: 'type', text: 'input' },
        ]
        const reply = await doors.upload({ method: 'POST', path: '/upload/image', body: { kind: 'form', parts } })
        return { uri: answers.uploadedName(answerAs(reply, answers.uploadedSchema, host)) }
      },
    })
    names.set(slot, uri)
  }
  return names
}

async function lookUp({ doors }: Server, id: string, node: string): Promise<answers.Finished | undefined> {
  const reply = await doors.read({ method: 'GET', path: `/history/${encodeURIComponent(id)}`, limit: longLists })
  return answers.readHistory(reply.json, id, node)
}

async function inQueue({ doors }: Server, id: string): Promise<answers.InQueue | undefined> {
  return answers.findInQueue((await doors.read({ method: 'GET', path: '/queue', limit: longLists })).json, id)
}

async function poll(server: Server, id: string, job: Ready): Promise<Status> {
  const graph = graphFor(job.request, job.files)
  const watch = watchOf(server, id, job.clientKey, Object.keys(graph.nodes))
  const first = await lookUp(server, id, graph.result)
  const place = first === undefined ? await inQueue(server, id) : undefined
  // It may have gone from the queue to the history between the two looks.
  const found = first ?? (place === undefined ? await lookUp(server, id, graph.result) : undefined)
  if (found !== undefined || place === undefined) {
    watch.close()
    server.watches.delete(id)
  }
  if (found?.state === 'done') return { state: 'done' }
  if (found?.state === 'failed') return { state: 'failed', failure: server.doors.failure(found.explained, id) }
  if (place === undefined) return { state: 'failed', failure: lost(server), unknown: true }
  if (place.state === 'pending')
    return { state: 'waiting', phase: place.before === 0 ? 'queued' : `${place.before} before it`, nextPollMs: 2000 }
  const { part, phase, over } = watch.progress
  return { state: 'working', progress: part, phase: phase === begun.phase ? 'working' : phase, nextPollMs: over ? 100 : 1000 }
}

const lost = ({ doors }: Server) =>
  doors.failure({
    kind: 'host',
    words: 'it no longer knows the job: it was restarted, or its history was cleared',
    next: 'run again to make it anew',
    retry: true,
    billed: 'no',
  })

/** One socket a job, by the job's own client id: another process that goes on with it is told the same. */
function watchOf(server: Server, id: string, client: string, nodes: readonly string[]): Watch {
  const known = server.watches.get(id)
  if (known !== undefined) return known
  const { world, signal, use } = server.context
  const stop = new AbortController()
  const watch: Watch = { progress: begun, close: () => stop.abort(new Error('the job is over')) }
  server.watches.set(id, watch)
  const secret = use.keyEnv === undefined ? undefined : world.secret(use.keyEnv)
  const headers: Record<string, string> = secret === undefined ? {} : { authorization: `Bearer ${secret}` }
  const listen = async (): Promise<void> => {
    const url = `${server.base.replace(/^http/, 'ws')}/ws?clientId=${encodeURIComponent(client)}`
    const socket = await world.openSocket(url, headers, AbortSignal.any([signal, stop.signal]))
    try {
      for await (const text of socket.messages) watch.progress = fold(watch.progress, text, id, nodes)
    } finally {
      socket.close()
    }
  }
  // Without its socket a job is only less fun to watch; the next poll opens another one.
  void listen()
    .catch(() => undefined)
    .finally(() => {
      if (server.watches.get(id) === watch) server.watches.delete(id)
    })
  return watch
}

/** By the id that was asked for; by the client's id where an older server chose its own. */
async function find(server: Server, job: Ready): Promise<Ticket | undefined> {
  const { doors } = server
  const id = promptId(job.clientKey)
  const { result } = graphFor(job.request, job.files)
  if ((await inQueue(server, id)) !== undefined || (await lookUp(server, id, result)) !== undefined) return { id }
  const queue = (await doors.read({ method: 'GET', path: '/queue', limit: longLists })).json
  const history = (await doors.read({ method: 'GET', path: '/history?max_items=200', limit: longLists })).json
  const other = answers.idOfClient(queue, history, job.clientKey)
  return other === undefined ? undefined : { id: other }
}

/** Takes it out of the queue, or stops it where it is the one that runs: never anybody else's. */
async function cancel(server: Server, id: string): Promise<void> {
  const { doors } = server
  await doors.read({ method: 'POST', path: '/queue', json: { delete: [id] } })
  if ((await inQueue(server, id))?.state === 'running') await doors.read({ method: 'POST', path: '/interrupt', json: { prompt_id: id } })
}

export const comfyui: Provider = { kind: 'comfyui', capabilities, open: openCalls }
