// `npm run torture -- [NUMBER] [HOST …] [--lanes N] [--resume] [--write]`: kills runners NUMBER times for each kind of host
// (1,000 if nothing is said) and prints what the hosts' books say. All kinds go forward together, so that a run that is
// stopped (ctrl-c) has figures for each; `--resume` goes on from there. `--program` kills the built program instead of the
// bare runner. Ends with 1 when anything was lost or bought twice.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { add, type Figures, noSum, readFigures, type Sum, saveFigures, tableText, writeTable } from './figures.ts'
import { type Kind, kinds } from './kinds.ts'
import { lifeOf } from './lives.ts'
import { openProgram } from './program.ts'
import { bundleChild } from './runner.ts'
import { openTorture } from './torture.ts'

/** Kills at one host process: its books are read whole after every film. */
const killsPerHost = 80
const told = 30_000

const { values, positionals } = parseArgs({
  args: process.argv.slice(2),
  allowPositionals: true,
  options: { lanes: { type: 'string' }, resume: { type: 'boolean' }, write: { type: 'boolean' }, program: { type: 'boolean' } },
})
const wanted = Number(positionals.find((word) => /^\d+$/.test(word)) ?? 1000)
const names = positionals.filter((word) => !/^\d+$/.test(word))
const chosen = kinds.filter(({ kind, name }) => names.length === 0 || names.includes(kind) || names.includes(name))
const lanes = Math.max(1, Number(values.lanes ?? Math.min(2, availableParallelism())))
const cache = join(import.meta.dirname, '../../node_modules/.cache/ltx-torture')
/** Of what is killed: its table and its figures are its own. */
const subject = values.program ? 'torture-program' : 'torture'
const figuresPath = join(cache, `${subject}.json`)
const document = join(import.meta.dirname, '../../docs/reliability.md')

/** All that the lanes share. */
type Work = {
  readonly child: string
  readonly sums: Record<string, Sum>
  /** Numbers of the films that are begun, by kind: none is tried twice. */
  readonly films: Record<string, number>
  /** Kills that lanes have taken on and not made yet. */
  readonly underWay: Record<string, number>
  readonly code: string
  readonly secondsBefore: number
  readonly begun: number
  toldAt: number
  stopping: boolean
}

const sumOf = ({ sums }: Work, { name }: Kind): Sum => sums[name] ?? noSum
const leftOf = (work: Work, kind: Kind): number => wanted - sumOf(work, kind).kills - (work.underWay[kind.name] ?? 0)

const figuresOf = ({ code, sums, secondsBefore, begun }: Work): Figures => ({
  code,
  wanted,
  seconds: secondsBefore + (performance.now() - begun) / 1000,
  sums,
})

function tell(work: Work): void {
  if (performance.now() - work.toldAt < told) return
  work.toldAt = performance.now()
  saveFigures(figuresPath, figuresOf(work))
  const kills = chosen.reduce((sum, kind) => sum + sumOf(work, kind).kills, 0)
  const wrong = chosen.reduce((sum, kind) => sum + sumOf(work, kind).wrong, 0)
  const seconds = figuresOf(work).seconds
  const minutes = ((seconds / Math.max(1, kills)) * Math.max(0, wanted * chosen.length - kills)) / 60
  const each = chosen.map((kind) => `${kind.name} ${sumOf(work, kind).kills}`).join(', ')
  process.stderr.write(
    `${(seconds / 60).toFixed(1)} min: ${kills} of ${wanted * chosen.length} kills, ${wrong} wrong, about ${minutes.toFixed(0)} min left (${each})\n`,
  )
}

/** Some kills of one kind, at a host of their own. */
async function batch(work: Work, kind: Kind, share: number): Promise<void> {
  const { name } = kind
  const desk = values.program ? await openProgram(kind) : await openTorture(kind, work.child)
  let owed = share
  const pay = (kills: number): void => {
    work.underWay[name] = (work.underWay[name] ?? 0) - kills
    owed -= kills
  }
  try {
    while (owed > 0 && !work.stopping) {
      const number = work.films[name] ?? 0
      work.films[name] = number + 1
      const life = lifeOf(desk.passes, number)
      const round = await desk.round(number, life)
      // Whoever stops all this may have hit a host as well.
      if (work.stopping) return
      work.sums[name] = add(sumOf(work, kind), round)
      pay(Math.min(round.deaths.length, owed))
      if (round.wrong.length > 0) console.log(`${name} ${JSON.stringify(life)}: ${round.deaths.join(' | ')}: ${round.wrong.join('; ')}`)
      tell(work)
    }
  } finally {
    pay(owed)
    await desk.close()
  }
}

/** Takes the kind that is furthest behind, again and again. */
async function lane(work: Work): Promise<void> {
  while (!work.stopping) {
    const behind = [...chosen].sort((a, b) => leftOf(work, b) - leftOf(work, a))[0]
    if (behind === undefined || leftOf(work, behind) <= 0) return
    const share = Math.min(killsPerHost, Math.max(1, Math.min(leftOf(work, behind), Math.ceil(wanted / lanes))))
    work.underWay[behind.name] = (work.underWay[behind.name] ?? 0) + share
    await batch(work, behind, share)
  }
}

function openWork(): Work {
  const child = bundleChild()
  // The program is built from the same code.
  const code = createHash('sha256').update(readFileSync(child)).digest('hex').slice(0, 16)
  const before = values.resume ? readFigures(figuresPath) : undefined
  const goesOn = before?.code === code
  if (before !== undefined && !goesOn) console.log('the code has changed since: counted anew')
  const sums = goesOn ? { ...before.sums } : {}
  return {
    child,
    sums,
    films: Object.fromEntries(Object.entries(sums).map(([name, { films }]) => [name, films])),
    underWay: {},
    code,
    secondsBefore: goesOn ? before.seconds : 0,
    begun: performance.now(),
    toldAt: performance.now(),
    stopping: false,
  }
}

async function main(): Promise<number> {
  if (chosen.length === 0) {
    console.log(`no such host: ${names.join(', ')}; there are ${kinds.map(({ name }) => name).join(', ')}`)
    return 64
  }
  // Where there is a disk in memory: what a killed process has written is there either way.
  if (process.env.TMPDIR === undefined && existsSync('/dev/shm')) process.env.TMPDIR = '/dev/shm'
  const work = openWork()
  const stop = (): void => {
    if (work.stopping) process.exit(130)
    work.stopping = true
    console.log('stopping; what was counted is told')
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  await Promise.all(Array.from({ length: lanes }, () => lane(work)))
  const figures = figuresOf(work)
  saveFigures(figuresPath, figures)
  process.stdout.write(`${tableText(kinds, figures)}${lanes} at a time, ${(figures.seconds / 60).toFixed(1)} minutes\n`)
  if (values.write) writeTable(document, subject, kinds, figures)
  if (!work.stopping && chosen.length === kinds.length) rmSync(figuresPath, { force: true })
  return work.stopping ? 130 : Object.values(work.sums).some(({ wrong }) => wrong > 0) ? 1 : 0
}

process.exitCode = await main()
