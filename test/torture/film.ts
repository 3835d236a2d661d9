// The film that is tortured, and whoever sells it: a test host in a process of its own, or a program that buys. In goes a
// kind, out come its books and the plan of the film.
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../../src/compile.ts'
import type { Plan } from '../../src/lang/plan.ts'
import type { ProviderUse } from '../../src/lang/program.ts'
import { toNumber } from '../../src/lang/time.ts'
import { findTool } from '../../src/media/ffmpeg.ts'
import { openScript } from '../../src/open-script.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { openClips } from '../hosts/clips.ts'
import type { TestHost } from '../hosts/kit.ts'
import { startHost } from '../hosts/kit.ts'
import { readLines } from '../hosts/ledger.ts'
import { type Kind, key, scriptOf } from './kinds.ts'

/** `reach`: what its provider's block says of where it is. `ready` comes before the first purchase. */
export type Host = Pick<TestHost, 'ledger' | 'tell' | 'stop'> & { readonly reach: string; ready(plan: Plan): Promise<void> }

const caches = join(import.meta.dirname, '../../node_modules/.cache')

/** A program of the user's in a host's place: its books are a file that it writes. */
function buyer(folder: string): Host {
  const [ledger, clip] = [join(folder, 'ledger.ndjson'), join(folder, 'bought.mp4')]
  const program = [process.execPath, join(import.meta.dirname, 'buyer.mjs'), ledger, clip]
  return {
    reach: `run ${program.map((word) => JSON.stringify(word)).join(' ')}`,
    ledger: () => readLines(ledger),
    tell: async () => undefined,
    stop: async () => undefined,
    async ready({ jobs }) {
      const request = jobs[0]?.request
      if (request === undefined) throw new Error('nothing is bought')
      const { size, rate, frames } = request
      const { path } = await findTool(process.env)
      const clips = openClips(path, join(caches, 'ltx-hosts'))
      await clips.make({ ...size, rate: toNumber(rate), frames, sound: true }, 'bought', clip)
    },
  }
}

export async function openHost({ protocol, options }: Kind, folder: string): Promise<Host> {
  if (protocol === undefined) return buyer(folder)
  const host = await startHost(protocol, { key, looks: 1, ...options })
  return { ...host, reach: `base "${host.base}"`, ready: async () => undefined }
}

/** The film's plan without the cut: what is bought, in order. */
export async function planOf(kind: Kind, folder: string, reach: string, count: number): Promise<{ plan: Plan; use: ProviderUse }> {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'film.ltx')
  writeFileSync(path, scriptOf(kind, reach, count))
  const opened = openScript(path)
  const world = openNodeWorld({ SUITE_KEY: key })
  const film = await compile(opened, { rung: 'final' }, world, process.env)
  const problems = opened.reporter.diagnostics().map(({ code, message }) => `${code}: ${message}`)
  if (film === undefined) throw new Error(`the torture film does not compile: ${problems.join('; ')}`)
  const jobs = film.plan.jobs.filter(({ provider }) => provider !== 'cut')
  const clips = film.plan.cut.clips.map((clip, at) => ({ ...clip, job: jobs[at]?.id ?? '' }))
  const use = film.program.providers.find(({ name }) => name === 'host')
  if (use === undefined || jobs.length !== count) throw new Error(`${jobs.length} jobs are to be bought, not ${count}`)
  return { plan: { ...film.plan, jobs, cut: { ...film.plan.cut, clips } }, use }
}

/** A round that went wrong is kept, to be looked at. */
export function keepWrong(root: string, { name }: Kind, number: number): void {
  cpSync(root, join(caches, 'ltx-torture/wrong', `${name.replace('/', '-')}-${number}-${Date.now()}`), { recursive: true })
}
