// A program of the user's as a provider: one process a job, an order in, a file out. A submit only hands out a ticket;
// `poll` starts the program and waits for it. What it made is kept until the store has it. A program that buys (the
// script gives a `price`) is started once: when nobody saw it end, a person decides; a free one is simply run again.
import type { Failure } from '../../failure.ts'
import { ProviderFailure } from '../../failure.ts'
import type { Ended } from '../../world.ts'
import { hostWords } from '../host-words.ts'
import type { Calls, Context, Provider, Ready, Status, Ticket } from '../provider.ts'
import { command as capabilities } from './capabilities.ts'
import { type Line, lastWords, nextFor, orderFor, readLine } from './talk.ts'

const usualTimeoutSeconds = 3600
/** What a run has left behind and nobody came for. */
const keptMs = 7 * 24 * 3600_000

/** A program at work, and what it has said so far. */
type Work = {
  readonly ended: Promise<Ended>
  readonly stop: AbortController
  said: Line
  report: (progress: number, phase: string) => void
}

type Setup = {
  readonly context: Context
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly priced: boolean
  readonly timeoutMs: number
}

const failure = (kind: Failure['kind'], message: string, next: string, over: Partial<Failure> = {}): Failure => ({
  kind,
  message,
  next,
  retry: false,
  billed: 'no',
  ...over,
})

/** The names that the script lists, with their values; the key under its own name. */
function environmentOf({ world, use }: Context): { environment: Record<string, string>; secrets: string[] } {
  const environment: Record<string, string> = {}
  const secrets: string[] = []
  const listed = use.settings.pass
  for (const name of Array.isArray(listed) ? listed : []) {
    const value = world.secret(name)
    if (value === undefined) continue
    environment[name] = value
    if (/key|token|secret|pass|auth|cred/i.test(name)) secrets.push(value)
  }
  if (use.keyEnv === undefined) return { environment, secrets }
  const key = world.secret(use.keyEnv)
  if (key === undefined) throw new ProviderFailure(failure('auth', `the key ${use.keyEnv} is not set`, `export ${use.keyEnv}=YOUR_KEY`))
  return { environment: { ...environment, [use.keyEnv]: key }, secrets: [...secrets, key] }
}

function setupOf(context: Context): Setup {
  const { run, price, timeout } = context.use.settings
  if (!Array.isArray(run) || run.length === 0) {
    const message = `\`provider ${context.use.name} command\` names no program`
    throw new ProviderFailure(failure('invalid', message, 'write `run "PROGRAM"` into its block'))
  }
  const seconds = typeof timeout === 'number' ? timeout : usualTimeoutSeconds
  return { context, argv: run, ...environmentOf(context), priced: typeof price === 'number' && price > 0, timeoutMs: seconds * 1000 }
}

function openCalls(context: Context): Calls {
  const { files } = context.world
  const works = new Map<string, Work>()
  let swept: Promise<void> | undefined
  return {
    async submit(job, sent) {
      setupOf(context)
      swept ??= sweep(context)
      await swept
      await sent()
      return { id: job.clientKey }
    },
    async poll(ticket, job, report) {
      const id = String(ticket.id)
      const file = fileOf(context, id)
      if (await files.exists(file)) return { state: 'done' }
      const setup = setupOf(context)
      for (const folder of [context.kept, context.scratch]) await files.makeFolder(folder)
      if (setup.priced && !works.has(id) && !(await isFirst(context, id))) return { state: 'failed', failure: adrift }
      const work = works.get(id) ?? begin(setup, job, partOf(file))
      works.set(id, work)
      work.report = report
      const status = await outcome(setup, work, file, job)
      works.delete(id)
      return status
    },
    // The file stays where it is until it is swept: a crash between here and the store must not cost it.
    fetch: (ticket, _job, into) => files.linkOrCopy(fileOf(context, String(ticket.id)), into),
    async cancel(ticket) {
      works.get(String(ticket.id))?.stop.abort(new Error('cancelled'))
    },
    adopt: (id): Ticket => ({ id }),
    knows: (ticket) => files.exists(fileOf(context, String(ticket.id))),
    async probe() {
      const { argv } = setupOf(context)
      return { key: 'unchecked', detail: `runs ${hostWords(argv.join(' '))}` }
    },
  }
}

/** Ids come from the journal, or from a person: they name a file and nothing else. */
const fileOf = ({ kept }: Context, id: string): string => `${kept}/${id.replace(/[^\w-]/g, '_')}.mp4`
const partOf = (file: string): string => file.replace(/\.mp4$/, '.part.mp4')

/** Files of runs long past. */
async function sweep({ world, kept }: Context): Promise<void> {
  const { files, clock } = world
  await files.makeFolder(kept)
  for (const name of await files.list(kept)) {
    // A mark says that something may have been bought: it stays.
    if (!name.endsWith('.mp4')) continue
    const { mtimeMs } = await files.stat(`${kept}/${name}`).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }))
    if (clock.now() - mtimeMs > keptMs) await files.remove(`${kept}/${name}`)
  }
}

function begin({ context, argv, environment, timeoutMs }: Setup, job: Ready, output: string): Work {
  const { world, signal, root, scratch } = context
  const stop = new AbortController()
  const work: { -readonly [name in keyof Work]: Work[name] } = {
    ended: Promise.resolve({ kind: 'unstarted', why: '' }),
    stop,
    said: {},
    report: () => undefined,
  }
  const line = (text: string): void => {
    const said = readLine(text)
    if (said === undefined) return
    work.said = { ...work.said, ...said }
    if (said.progress !== undefined || said.phase !== undefined)
      work.report(work.said.progress ?? 0, hostWords(work.said.phase ?? 'working').slice(0, 40))
  }
  work.ended = world.spawn({
    argv,
    folder: root ?? scratch,
    environment,
    input: orderFor(job, output),
    line,
    signal: AbortSignal.any([signal, stop.signal]),
    timeoutMs,
  })
  return work
}

/** Leaves a mark on the disk before a program that buys is started; false where there is one already. */
async function isFirst(context: Context, id: string): Promise<boolean> {
  const { files } = context.world
  const mark = fileOf(context, id).replace(/\.mp4$/, '.begun')
  if (await files.exists(mark)) return false
  await files.writeWhole(mark, '')
  return true
}

const adrift: Failure = failure(
  'uncertain',
  'the run ended while the program worked: what it came to, and whether it bought anything, is not known',
  'look where it buys; `ltx resolve` says whether it may be run again',
  { billed: 'unknown' },
)

async function outcome(setup: Setup, work: Work, file: string, job: Ready): Promise<Status> {
  const { world } = setup.context
  const ended = await work.ended
  const { said } = work
  const failed = failureIn(setup, ended, said)
  if (failed !== undefined) {
    await world.files.remove(partOf(file))
    return { state: 'failed', failure: failed }
  }
  const made = await world.files.stat(partOf(file)).catch(() => undefined)
  if (made?.kind !== 'file' || made.bytes === 0) {
    const what = made === undefined ? 'wrote no file' : made.kind === 'file' ? 'wrote an empty file' : 'made something that is no file'
    const message = `the program ended well, but ${what} where it was told to`
    return {
      state: 'failed',
      failure: failure('host', message, 'it must write the clip to `output` of its order', { billed: costs(setup) }),
    }
  }
  await world.files.sync(partOf(file))
  await world.files.rename(partOf(file), file)
  const billed = said.billed === undefined ? {} : { billed: Math.round(said.billed * 1e6) }
  return { state: 'done', ...billed, servedModel: said.model === undefined ? job.request.model : hostWords(said.model) }
}

const costs = ({ priced }: Setup): NonNullable<Failure['billed']> => (priced ? 'unknown' : 'no')

function failureIn(setup: Setup, ended: Ended, { error }: Line): Failure | undefined {
  const words = (text: string): string => hostWords(text, setup.secrets)
  const billed = costs(setup)
  if (ended.kind === 'unstarted')
    return failure('invalid', `the program could not be started: ${words(ended.why)}`, 'check `run` in the provider’s block')
  if (error !== undefined) {
    const over = { retry: error.retry ?? (error.kind === 'rate' || error.kind === 'network'), billed: error.billed ?? billed }
    return failure(error.kind, `the program says: ${words(error.message)}`, nextFor[error.kind], over)
  }
  const last = words(lastWords(ended.tail))
  const tail = last === '' ? ' and said nothing' : `: ${last}`
  if (ended.kind === 'exited') {
    return ended.code === 0 ? undefined : failure('host', `the program ended with ${ended.code}${tail}`, nextFor.host, { billed })
  }
  switch (ended.by) {
    case 'time':
      return failure(
        'host',
        `the program was stopped after ${setup.timeoutMs / 1000} s${tail}`,
        'raise `timeout` in the provider’s block',
        { billed },
      )
    case 'us':
      return failure('cancelled', 'the program was stopped', 'run again to go on', { retry: true, billed })
    default:
      return failure('host', `the program was killed by ${ended.by}${tail}`, nextFor.host, { billed })
  }
}

export const command: Provider = { kind: 'command', capabilities, open: openCalls }
