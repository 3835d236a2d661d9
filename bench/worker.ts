// The worker for own GPUs on a processor, with the tiny model: how long from nothing to its first words and to its first step, and what
// the protocol, the queue and the runner's side cost beside the same jobs called in one bare process.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { openPool } from '../src/providers/local/pool.ts'
import type { JobOrder, Load } from '../src/providers/local/talk.ts'
import type { Answer, Heard, Worker } from '../src/providers/local/worker.ts'
import { openWorker } from '../src/providers/local/worker.ts'
import { openNodeWorld } from '../src/world.node.ts'
import type { Bench } from './measure.ts'
import { pairText, say, summary, timeText } from './measure.ts'

const workerFolder = join(process.cwd(), 'worker')
const rounds = 6
const jobsInRound = 2

/** Threads that wait without burning the processor: otherwise its time would count what others do on the machine. */
const quiet = { OMP_WAIT_POLICY: 'PASSIVE', KMP_BLOCKTIME: '0', PYTHONPATH: workerFolder }

const signal = new AbortController().signal

const open = (python: string, folder: string, cache: string): Promise<Worker> =>
  openWorker({
    world: openNodeWorld(),
    argv: [python, '-m', 'ltx_worker', '--device', 'cpu', '--cache', cache],
    folder,
    environment: quiet,
    pass: [],
    signal,
  })

function okay<T>(answer: Answer<T>): T {
  if ('ok' in answer) return answer.ok
  throw new Error(JSON.stringify(answer.trouble))
}

const jobOf = (folder: string, name: string, seed: number): JobOrder => ({
  name,
  folder,
  operation: 'text-to-video',
  width: 128,
  height: 128,
  frames: 241,
  rate: { num: 24, den: 1 },
  seed,
  prompt: 'a boat drifts out of the fog',
  negative: '',
  segments: [],
  images: [],
})

/** Processor seconds of a process, all its threads; undefined where the system does not tell. */
function cpuOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined
  try {
    // After the name in brackets come the state and eleven more, then user and system time in hundredths.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return (Number(fields[11]) + Number(fields[12])) / 100
  } catch {
    return undefined
  }
}

/** The process whose command line holds these words. */
function pidWith(words: string): number | undefined {
  try {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    const found = pids.find((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(words))
    return found === undefined ? undefined : Number(found)
  } catch {
    return undefined
  }
}

type Bare = { tell(order: object): Promise<{ readonly seconds: number; readonly cpu: number }>; readonly child: ChildProcess }

function openBare(python: string): Bare {
  const child = spawn(python, ['-m', 'tests.bare'], {
    cwd: workerFolder,
    env: { ...process.env, ...quiet },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    child,
    async tell(order) {
      child.stdin.write(`${JSON.stringify(order)}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error('the bare process ended')
      return JSON.parse(String(value)) as { seconds: number; cpu: number } // our own program's words
    },
  }
}

function tinyModel(python: string): string {
  const code =
    'import sys, os; out = os.dup(1); os.dup2(2, 1); from tests.tiny import tiny_model; os.write(out, str(tiny_model()).encode())'
  return execFileSync(python, ['-c', code], { cwd: workerFolder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
}

const loadOf = (model: string): Load => ({
  model,
  sampling: 'distilled',
  weights: '0'.repeat(64),
  stages: 2,
  loras: [],
  dtype: 'float32',
  offload: 'none',
  deterministic: true,
})

async function starts(python: string, folder: string, load: Load): Promise<void> {
  const toHello: number[] = []
  const toStep: number[] = []
  for (let run = 0; run < 3; run += 1) {
    const begin = performance.now()
    const worker = await open(python, folder, join(folder, `start-${run}`))
    okay(await worker.hello())
    toHello.push(performance.now() - begin)
    let first: number | undefined
    let phase = ''
    // Loading has steps of its own.
    const hear = (message: Heard): void => {
      if (message.is === 'phase') phase = message.phase
      if (message.is === 'step' && phase === 'denoise') first ??= performance.now() - begin
    }
    okay(await worker.make(load, { ...jobOf(folder, `start-${run}`, 7), frames: 9 }, hear, signal))
    toStep.push(first ?? Number.NaN)
    await worker.close()
  }
  const text = (times: readonly number[]): string => `${timeText(summary(times).medianMs)} (${timeText(summary(times).minMs)} at best)`
  say('a worker from nothing to its first words', text(toHello), 'most of it imports', undefined)
  say('  and to its first job’s first step, model loaded', text(toStep), 'no aim of its own', undefined)
}

type Sides = { readonly wall: number[]; readonly cpu: number[] }

/** One round: all its jobs wait in the queue at once, as a run has them. Our own processor time counts too. */
async function queued(
  pool: ReturnType<typeof openPool>,
  load: Load,
  jobs: readonly JobOrder[],
  pid: number | undefined,
  into: Sides,
): Promise<void> {
  const [before, ours, start] = [cpuOf(pid), process.cpuUsage(), performance.now()]
  await Promise.all(
    jobs.map(async (job) => {
      const lent = await pool.take(['cpu'], 'tiny', signal)
      try {
        okay(await (await lent.worker()).make(load, job, () => undefined, signal))
        lent.keep('tiny')
      } finally {
        lent.giveBack()
      }
    }),
  )
  into.wall.push(performance.now() - start)
  const [after, used] = [cpuOf(pid), process.cpuUsage(ours)]
  if (before !== undefined && after !== undefined) into.cpu.push((after - before) * 1000 + (used.user + used.system) / 1000)
}

const least = (values: readonly number[]): number => Math.min(...values)
const ratioText = (a: readonly number[], b: readonly number[]): string => {
  const ratios = a.map((value, at) => value / (b[at] ?? Number.NaN))
  return pairText({
    a: summary(a),
    b: summary(b),
    ratio: summary(ratios).medianMs,
    low: summary(ratios).minMs,
    high: summary(ratios).maxMs,
  })
}

async function overhead(python: string, folder: string, load: Load): Promise<void> {
  const cache = join(folder, 'cache')
  const pool = openPool(() => open(python, folder, cache))
  const bare = openBare(python)
  const ours: Sides = { wall: [], cpu: [] }
  const theirs: Sides = { wall: [], cpu: [] }
  const warm: Sides = { wall: [], cpu: [] }
  try {
    await bare.tell({ load })
    for (let round = -1; round < rounds; round += 1) {
      const jobs = (side: string) =>
        Array.from({ length: jobsInRound }, (_, at) => jobOf(folder, `${side}-${round}-${at}`, 100 * (round + 1) + at))
      await queued(pool, load, jobs('ours'), pidWith(cache), round < 0 ? warm : ours)
      const { seconds, cpu } = await bare.tell({ jobs: jobs('bare') })
      if (round < 0) continue
      theirs.wall.push(seconds * 1000)
      theirs.cpu.push(cpu * 1000)
    }
  } finally {
    bare.child.kill()
    await pool.close()
  }
  const per = `${jobsInRound} clips of 10 s`
  say(`${per} through queue and protocol / called in one process`, ratioText(ours.wall, theirs.wall), '', undefined)
  const wall = least(ours.wall) / least(theirs.wall)
  if (ours.cpu.length < rounds) return say('  the best round of each', `${wall.toFixed(3)}x`, 'at most 1.03x', wall <= 1.03)
  say('  the best round of each, by the clock', `${wall.toFixed(3)}x`, '', undefined)
  const cpu = least(ours.cpu) / least(theirs.cpu)
  const fixed = (least(ours.cpu) - least(theirs.cpu)) / jobsInRound
  const figure = `${cpu.toFixed(3)}x, ${fixed.toFixed(0)} ms more a job of ${timeText(least(theirs.cpu) / jobsInRound)}`
  say('  the best round of each, processor time, ours included', figure, 'at most 1.03x', cpu <= 1.03)
}

/** What begins before the first job, and what lies between a run and the pipeline. Needs LTX_WORKER_PYTHON or the test environment. */
export const worker: Bench = {
  name: 'worker',
  async run(folder) {
    const python = process.env.LTX_WORKER_PYTHON
    if (python === undefined || python === '') {
      say('the worker for own GPUs', 'not measured', 'node scripts/worker-env.mjs makes its Python', undefined)
      return
    }
    const load = loadOf(tinyModel(python))
    const clips = join(folder, 'clips')
    mkdirSync(clips)
    await starts(python, clips, load)
    await overhead(python, clips, load)
  },
}
