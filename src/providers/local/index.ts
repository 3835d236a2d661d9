// An own machine as a provider: workers that stay for the run, one a device, and jobs that survive them. A submit only hands out a
// ticket, the name of the job's files; `poll` has a worker make it. A worker that dies under a job is replaced and the job goes again with
// the same seed, from the latents where there are some; a job that has ended three workers is set aside.
import { ProviderFailure } from '../../failure.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { local as capabilities } from './capabilities.ts'
import type { Environment } from './environment.ts'
import { afterError, changed, failed, lacking, outOfMemory, setAside, stopped } from './failures.ts'
import { devicesOf, environmentOf, type Found, foldersOf, type Look, stackText, weightsOf } from './identity.ts'
import type { Folders } from './order.ts'
import { affinityOf, loadFor, loadName, orderFor } from './order.ts'
import { type Lent, openPool, type Pool } from './pool.ts'
import type { JobOrder, Load, Said } from './talk.ts'
import { openProgress, openWorker, type Trouble } from './worker.ts'

/** So many workers may end under one job. */
const mostEnds = 3
/** Of a run long past, and nobody came for it. */
const keptMs = 7 * 24 * 3600_000
/** What a worker may know of our environment besides what every program may: devices, and where their libraries are. */
const passed = [
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_ORDER',
  'HIP_VISIBLE_DEVICES',
  'ROCR_VISIBLE_DEVICES',
  'LD_LIBRARY_PATH',
  'PYTORCH_ALLOC_CONF',
  'PYTORCH_CUDA_ALLOC_CONF',
]

/** Workers by device, for all providers of a run that are run by the same Python. */
type Shop = { readonly pools: Map<string, Pool>; open: number }

type Setup = { readonly folders: Folders; readonly environment: Environment; readonly devices: readonly string[] }

/** What is here or the failure that it is not. */
function need<T>(found: Found<T>): T {
  if ('why' in found) throw new ProviderFailure(lacking(found))
  return found.here
}

/** The project's folder for what can be worked out again, beside the one for what is kept, which may not be there yet. */
const cacheOf = ({ kept }: Context): string => `${kept.split('/').slice(0, -2).join('/')}/cache`

const lookOf = (context: Context): Look => ({
  world: context.world,
  root: context.root ?? context.scratch,
  memo: `${cacheOf(context)}/weights.json`,
})
async function setupOf(context: Context): Promise<Setup> {
  const { use } = context
  const look = lookOf(context)
  const devices = devicesOf(use.settings)
  const kinds = new Set(devices.map((device) => device.split(':')[0]))
  if (kinds.size > 1)
    throw new ProviderFailure(
      lacking({
        why: `the devices of ${use.name} are of different kinds, which make different clips`,
        next: 'give each kind a `provider` of its own',
      }),
    )
  return { folders: need(await foldersOf(use, look)), environment: need(await environmentOf(use, look)), devices }
}

/** The plan's word on the model must still hold: its files may have been changed since. */
async function checkWeights(context: Context, { request }: Ready, folders: Folders): Promise<void> {
  if (request.weights === undefined) return
  if ((await weightsOf(folders, lookOf(context))) !== request.weights) throw new ProviderFailure(changed('the model’s files have'))
}

function poolOf(shop: Shop, context: Context, { python, workerFolder }: Environment): Pool {
  const { world, root, scratch, signal, use } = context
  const own = use.settings.pass
  const pool =
    shop.pools.get(python) ??
    openPool(async (device) => {
      const folder = root ?? scratch
      await world.files.makeFolder(folder)
      return openWorker({
        world,
        argv: [python, '-m', 'ltx_worker', '--device', device, '--cache', `${cacheOf(context)}/worker`],
        folder,
        environment: { PYTHONPATH: workerFolder, PYTHONUNBUFFERED: '1' },
        pass: [...passed, ...(Array.isArray(own) ? own : [])],
        signal,
        ...(typeof use.settings.timeout === 'number' ? { stallMs: use.settings.timeout * 1000 } : {}),
      })
    })
  shop.pools.set(python, pool)
  return pool
}

/** Ids come from the journal, or from a person: they name files of this provider and nothing else. */
const nameOf = (ticket: Ticket): string => String(ticket.id).replace(/[^\w-]/g, '_')
const clipOf = ({ kept }: Context, name: string): string => `${kept}/${name}.mp4`
const latentsOf = ({ kept }: Context, name: string): string => `${kept}/${name}.latents.safetensors`

function openCalls(shop: Shop, context: Context): Calls {
  const { files } = context.world
  const stops = new Map<string, AbortController>()
  let swept: Promise<void> | undefined
  shop.open += 1
  return {
    async submit(job, sent) {
      const { folders } = await setupOf(context)
      await checkWeights(context, job, folders)
      swept ??= sweep(context)
      await swept
      await sent()
      return { id: job.clientKey }
    },
    async poll(ticket, job, report) {
      const name = nameOf(ticket)
      if (await files.exists(clipOf(context, name))) return { state: 'done' }
      const stop = new AbortController()
      stops.set(name, stop)
      try {
        return await make(shop, context, { job, name, report, signal: AbortSignal.any([context.signal, stop.signal]) })
      } finally {
        stops.delete(name)
      }
    },
    fetch: (ticket, _job, into) => files.linkOrCopy(clipOf(context, nameOf(ticket)), into),
    async release(ticket) {
      // The clip in the store carries its latents.
      for (const path of [clipOf(context, nameOf(ticket)), latentsOf(context, nameOf(ticket))]) await files.remove(path)
    },
    async find(job) {
      const ticket = { id: job.clientKey }
      const [clip, latents] = [clipOf(context, nameOf(ticket)), latentsOf(context, nameOf(ticket))]
      return (await files.exists(clip)) || (await files.exists(latents)) ? ticket : undefined
    },
    async cancel(ticket) {
      stops.get(nameOf(ticket))?.abort(new Error('cancelled'))
    },
    adopt: (id): Ticket => ({ id }),
    knows: (ticket) => files.exists(clipOf(context, nameOf(ticket))),
    async lacks() {
      try {
        await setupOf(context)
        return undefined
      } catch (error) {
        if (error instanceof ProviderFailure) return error.failure
        throw error
      }
    },
    probe: () => probe(shop, context),
    async close() {
      shop.open -= 1
      if (shop.open > 0) return
      await Promise.all([...shop.pools.values()].map((pool) => pool.close()))
      shop.pools.clear()
    },
  }
}

/** Files of runs long past. */
async function sweep({ world, kept }: Context): Promise<void> {
  const { files, clock } = world
  await files.makeFolder(kept)
  for (const name of await files.list(kept)) {
    const { mtimeMs, kind } = await files.stat(`${kept}/${name}`).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY, kind: 'other' }))
    if (kind === 'file' && clock.now() - mtimeMs > keptMs) await files.remove(`${kept}/${name}`)
  }
}

type Making = {
  readonly job: Ready
  readonly name: string
  readonly report: (progress: number, phase: string) => void
  readonly signal: AbortSignal
}

async function make(shop: Shop, context: Context, making: Making): Promise<Status> {
  const { job, name, signal } = making
  const { folders, environment, devices } = await setupOf(context)
  await context.world.files.makeFolder(context.kept)
  const load = loadFor(job, folders, context.use.settings)
  const order = orderFor(job, name, context.kept)
  const pool = poolOf(shop, context, environment)
  let lent: Lent
  try {
    lent = await pool.take(devices, loadName(load), signal)
  } catch (error) {
    if (signal.aborted) return { state: 'failed', failure: stopped }
    throw error
  }
  try {
    return await makeOn(lent, load, order, making)
  } finally {
    lent.giveBack()
  }
}

/** Until it is made, refused, stopped, or set aside. */
async function makeOn(lent: Lent, load: Load, order: JobOrder, { job, report, signal }: Making): Promise<Status> {
  const hear = openProgress(report)
  const ends: string[] = []
  let starved = false
  for (;;) {
    if (signal.aborted) return { state: 'failed', failure: stopped }
    const { trouble, made } = await once(lent, load, order, job, hear, signal)
    if (made !== undefined) return { state: 'done', servedModel: job.request.model }
    if (signal.aborted) return { state: 'failed', failure: stopped }
    if (trouble.kind === 'said') {
      const { error } = trouble
      // What once ran out of memory may have been short of it for another's sake: a worker of its own tries again.
      if (error.code === 'OUT_OF_MEMORY' && (starved || !error.retryable))
        return { state: 'failed', failure: outOfMemory(error, job.request, lent.device) }
      const again = error.code === 'OUT_OF_MEMORY' || error.code === 'BUSY' || (error.code === 'INTERNAL' && error.retryable)
      if (!again) return { state: 'failed', failure: afterError(error) }
      if (error.code === 'OUT_OF_MEMORY') starved = true
      else ends.push(`it failed: ${error.message}`)
    } else if (!trouble.started)
      return { state: 'failed', failure: lacking({ why: trouble.why, next: 'make an environment with `ltx local setup`' }) }
    else ends.push(trouble.why)
    await lent.restart()
    if (ends.length >= mostEnds) return { state: 'failed', failure: setAside(ends) }
    if (ends.length > 0) report(0, `again with a new worker: ${ends.at(-1)}`.slice(0, 160))
  }
}

type Once = { readonly made: Said<'made'>; readonly trouble?: undefined } | { readonly trouble: Trouble; readonly made?: undefined }

async function once(
  lent: Lent,
  load: Load,
  order: JobOrder,
  { request }: Ready,
  hear: ReturnType<typeof openProgress>,
  signal: AbortSignal,
): Promise<Once> {
  const worker = await lent.worker()
  if (lent.resident === undefined) {
    const hello = await worker.hello()
    if ('trouble' in hello) return { trouble: hello.trouble }
    const { device, versions, worker: version } = hello.ok
    const stack = stackText(device.kind, { ...versions, worker: version })
    if (request.stack !== undefined && stack !== request.stack)
      throw new ProviderFailure(changed(`what runs the model has (${request.stack}, now ${stack})`))
  }
  // Known from here on, whatever becomes of the job: what is loaded, is loaded.
  lent.keep(loadName(load))
  const answer = await worker.make(load, order, hear, signal)
  return 'trouble' in answer ? { trouble: answer.trouble } : { made: answer.ok }
}

/** Starts a worker and lets it tell what it is. Loads no model. */
async function probe(shop: Shop, context: Context) {
  const { folders, environment, devices } = await setupOf(context)
  const pool = poolOf(shop, context, environment)
  const lent = await pool.take(devices, '', context.signal)
  try {
    const hello = await (await lent.worker()).hello()
    if ('trouble' in hello) throw new ProviderFailure(failed(hello.trouble))
    const { device, versions } = hello.ok
    const memory = `${(device.memory / 1e9).toFixed(0)} GB${device.free === undefined ? '' : `, ${(device.free / 1e9).toFixed(0)} GB free`}`
    const stack = ['torch', 'diffusers', 'transformers'].map((name) => `${name} ${versions[name] ?? 'missing'}`).join(', ')
    return { key: 'unchecked', detail: `${device.name} (${lent.device}, ${memory}); ${stack}; model ${folders.model}` } as const
  } finally {
    lent.giveBack()
  }
}

/** One for a run: providers that name the same device share its worker. */
export function local(): Provider {
  const shop: Shop = { pools: new Map(), open: 0 }
  return { kind: 'local', capabilities, affinity: affinityOf, open: (context) => openCalls(shop, context) }
}
