// A process to be killed: takes the project, runs a film against a host whose books are a file, and says what it does.
// Arguments: the folder, and `hold` to keep the project until killed.
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Ready } from '../../src/providers/provider.ts'
import { takeProject } from '../../src/runtime/project-lock.ts'
import { openNodeWorld } from '../../src/world.node.ts'
import { clipText, type Entry, openHost, planOf, runRig, type Sketch } from './rig.ts'

export const film: readonly Sketch[] = Array.from({ length: 8 }, (_, at) => [
  { id: `s${at}@1` },
  { id: `s${at}@1+1`, needs: [`s${at}@1`] },
]).flat()

const [root = '', mode] = process.argv.slice(2)
const books = `${root}/books.ndjson`
const world = openNodeWorld({})
const say = (line: string): void => void process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  mkdirSync(root, { recursive: true })
  const taken = await takeProject(world, root)
  if (taken.kind === 'busy') {
    say(`busy ${taken.holder?.pid}`)
    return 75
  }
  say(`held ${process.pid}`)
  if (mode === 'hold') await delay(60_000)
  const host = openHost()
  host.pollMs = 4
  const before = existsSync(books) ? readFileSync(books, 'utf8').split('\n').filter(Boolean) : []
  host.ledger.push(...before.map((line) => JSON.parse(line) as Entry)) // written by this program
  host.ledger.push = (...entries) => {
    for (const entry of entries) {
      appendFileSync(books, `${JSON.stringify(entry)}\n`)
      Array.prototype.push.call(host.ledger, entry)
    }
    return host.ledger.length
  }
  /** Slow, and in two pieces, as from a network. */
  const fetch = async (_ticket: unknown, job: Ready, into: string): Promise<void> => {
    const text = await clipText(world, job)
    writeFileSync(into, text.slice(0, 10))
    await delay(2)
    writeFileSync(into, text)
  }
  const onEvent = ({ type }: { type: string }): void => {
    if (type === 'run.started') say('started')
  }
  const { outcome } = await runRig({ world, host, root, plan: planOf(world, film), calls: { fetch }, onEvent })
  say(outcome.reason)
  await taken.hold.release()
  return outcome.reason === 'finished' ? 0 : 1
}

process.exitCode = await main()
