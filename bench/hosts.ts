// What a run costs beside the hosts' own work: downloads with their hash and their file against bare undici into
// nothing, the scheduling of many jobs, and how near a film of many shots comes to what a host of two places allows.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openNodeWorld } from '../src/world.node.ts'
import { openMemoryWorld } from '../test/runtime/memory-world.ts'
import { failure, openHost, planOf, runRig } from '../test/runtime/rig.ts'
import type { Bench } from './measure.ts'
import { inPairs, pairText, say, summary, timed, timeText } from './measure.ts'

const child = join(import.meta.dirname, 'hosts-child.js')

type Took = { readonly ms: number; readonly cpuMs: number; readonly peakMb: number }

function took(role: 'ours' | 'plain', url: string, folder: string): Took {
  const { status, stdout, stderr } = spawnSync(process.execPath, [child, role, url, folder], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${role} ended with ${status}: ${stderr.slice(-500)}`)
  return JSON.parse(stdout) as Took // written by our own child
}

/** 16 bodies of 50 MB at once. */
const http: Bench = {
  name: 'http',
  async run(folder) {
    const server = spawn(process.execPath, [child, 'serve'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const url = await new Promise<string>((resolve) => server.stdout.once('data', (text: Buffer) => resolve(text.toString().trim())))
    const files = join(folder, 'clips')
    const peaks: number[] = []
    const cpu: number[] = []
    const plainCpu: number[] = []
    try {
      const pair = await inPairs(
        3,
        () => {
          mkdirSync(files, { recursive: true })
          const one = took('ours', url, files)
          rmSync(files, { recursive: true })
          peaks.push(one.peakMb)
          cpu.push(one.cpuMs)
          return one.ms
        },
        () => {
          const one = took('plain', url, files)
          plainCpu.push(one.cpuMs)
          return one.ms
        },
      )
      say('16 downloads of 50 MB, hashed and synced / undici to nothing', pairText(pair), '', undefined)
      const rate = (16 * 50_000) / pair.a.medianMs
      say(
        '  throughput, and processor time of both',
        `${rate.toFixed(0)} MB/s, ${timeText(summary(cpu).medianMs)} / ${timeText(summary(plainCpu).medianMs)}`,
        '',
        undefined,
      )
      const peak = Math.max(...peaks)
      say('  peak memory of the whole process', `${peak.toFixed(0)} MB`, 'below 200 MB', peak < 200)
    } finally {
      server.kill()
    }
  },
}

const free = { submit: 'replay-key', capabilities: { concurrency: 8 } } as const

/** What a job costs when the host takes no time at all: the film's machinery, journal, store and syncs on the disk. */
const scheduling: Bench = {
  name: 'scheduling',
  async run(folder) {
    const world = openNodeWorld({})
    const perJob = async (jobs: number, name: string): Promise<number> => {
      const sketches = Array.from({ length: jobs }, (_, at) => ({ id: `s${at}@1`, price: 1 }))
      const host = openHost()
      host.pollMs = 0
      const root = join(folder, name)
      mkdirSync(root)
      return (await timed(() => runRig({ world, host, root, plan: planOf(world, sketches), ...free }))) / jobs
    }
    const few: number[] = []
    const many: number[] = []
    for (let round = 0; round < 3; round += 1) {
      few.push(await perJob(200, `few-${round}`))
      many.push(await perJob(2000, `many-${round}`))
    }
    const { medianMs, minMs, maxMs } = summary(many)
    const figure = `${medianMs.toFixed(2)} ms (${minMs.toFixed(2)}–${maxMs.toFixed(2)})`
    say('a job among 2,000, recorded, stored and synced', figure, 'below 10 ms', medianMs < 10)
    const growth = medianMs / summary(few).medianMs
    say('  the same among 200', `${summary(few).medianMs.toFixed(2)} ms: ${growth.toFixed(2)}x`, 'at most 1.5x', growth <= 1.5)
  },
}

/** 200 jobs of 20 s at a host that makes two at once, on a clock that jumps. */
const makespan: Bench = {
  name: 'makespan',
  async run() {
    const memory = openMemoryWorld()
    const [jobs, places, seconds] = [200, 2, 20]
    const sketches = Array.from({ length: jobs }, (_, at) => ({ id: `s${at}@1`, price: 1 }))
    const busy = new Map<string, number>()
    let refused = 0
    const host = openHost({
      submit(job) {
        for (const [id, until] of busy) if (until <= memory.clock.monotonic()) busy.delete(id)
        if (busy.size < places) {
          busy.set(job.id, memory.clock.monotonic() + seconds * 1000)
          return 'ok'
        }
        refused += 1
        return failure('rate', { retry: true, retryAfterMs: 5000, billed: 'no' })
      },
      poll(entry) {
        const left = (busy.get(entry.job) ?? 0) - memory.clock.monotonic()
        return left > 0 ? { state: 'working', nextPollMs: Math.min(5000, left) } : { state: 'done' }
      },
    })
    const start = memory.clock.monotonic()
    const capabilities = { concurrency: places, staggerMs: 250 }
    const { outcome } = await runRig({ world: memory, host, plan: planOf(memory, sketches), submit: 'blind', capabilities })
    if (outcome.reason !== 'finished') throw new Error(`the film ended as ${outcome.reason}`)
    const span = (memory.clock.monotonic() - start) / 1000
    const bound = (jobs * seconds) / places
    const ratio = span / bound
    say(
      '200 jobs of 20 s on a host of 2 places / the bound',
      `${ratio.toFixed(3)}x, ${span.toFixed(0)} s / ${bound} s`,
      'at most 1.05x',
      ratio <= 1.05,
    )
    say('  calls refused on the way', String(refused), 'none', refused === 0)
  },
}

export const hosts: readonly Bench[] = [http, scheduling, makespan]
