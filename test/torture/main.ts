// `npm run torture -- [NUMBER] [KIND …]`: kills runners NUMBER times for each kind of host (1,000 if nothing is said), two
// at a time, and prints what the hosts' books say. Ends with 1 when anything was lost or bought twice.
import { cpus } from 'node:os'
import { bundleChild, type Desk, kinds, openTorture, pointsOf } from './torture.ts'

const words = process.argv.slice(2)
const wanted = Number(words.find((word) => /^\d+$/.test(word)) ?? 1000)
const names = words.filter((word) => !/^\d+$/.test(word))
const chosen = kinds.filter(({ kind, name }) => names.length === 0 || names.includes(kind) || names.includes(name ?? ''))
const lanes = Math.max(1, Math.min(4, cpus().length))
/** A host's books are read whole after every round: they are kept short. */
const roundsPerHost = 60

type Sum = { rounds: number; killed: number; accepted: number; uncertain: number; wrong: number }

async function lane(kind: (typeof kinds)[number], child: string, points: ReturnType<typeof pointsOf>, sum: Sum): Promise<boolean> {
  let desk: Desk | undefined
  let blind = false
  for (const [number, point] of points.entries()) {
    if (number % roundsPerHost === 0) {
      await desk?.close()
      desk = await openTorture(kind, child)
      blind = desk.blind
    }
    const round = await desk?.round(number, point)
    if (round === undefined) continue
    sum.rounds += 1
    sum.killed += round.killed ? 1 : 0
    sum.accepted += round.accepted
    sum.uncertain += round.uncertain
    if (round.wrong.length === 0) continue
    sum.wrong += 1
    console.log(`${kind.name ?? kind.kind} ${JSON.stringify(point)}: ${round.wrong.join('; ')}`)
  }
  await desk?.close()
  return blind
}

async function main(): Promise<number> {
  const child = bundleChild()
  let wrong = 0
  console.log('host           ends by  kills  of rounds  jobs taken  left to a person  lost or twice  seconds')
  for (const kind of chosen) {
    const start = performance.now()
    const sum: Sum = { rounds: 0, killed: 0, accepted: 0, uncertain: 0, wrong: 0 }
    const look = await openTorture(kind, child)
    const points = pointsOf(look, wanted, 20_261_120)
    await look.close()
    const shares = Array.from({ length: lanes }, (_, at) => points.filter((_point, index) => index % lanes === at))
    const blind = await Promise.all(shares.map((share) => lane(kind, child, share, sum)))
    const seconds = ((performance.now() - start) / 1000).toFixed(0)
    const figures = [sum.killed, sum.rounds, sum.accepted, sum.uncertain, sum.wrong].map((figure, at) =>
      String(figure).padStart([6, 10, 11, 17, 14][at] ?? 8),
    )
    console.log(
      `${(kind.name ?? kind.kind).padEnd(14)} ${(blind[0] === true ? 'a person' : 'itself').padEnd(8)}${figures.join(' ')} ${seconds.padStart(8)}`,
    )
    wrong += sum.wrong
  }
  return wrong === 0 ? 0 : 1
}

process.exitCode = await main()
