// Kills runners and lets the host's books judge. A round: a film is begun, its runner dies by SIGKILL at a given point
// or moment, perhaps the next one too, and it is begun again until it ends; then everything the host took has to be accounted for.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { acceptedOf } from '../hosts/ledger.ts'
import type { Orders } from './child.ts'
import { keepWrong, openHost, planOf } from './film.ts'
import { judge, lockOf } from './judge.ts'
import { type Kind, key, shots } from './kinds.ts'
import type { Life, Passes } from './lives.ts'
import { type Ended, runChild } from './runner.ts'

export type Desk = {
  readonly passes: Passes
  /** Begins a film, kills its runners as `life` says, and lets it end. */
  round(number: number, life: Life): Promise<Round>
  close(): Promise<void>
}
export type Round = {
  /** Where its runners died, in words. Fewer than were to: a run may end before its death. */
  readonly deaths: readonly string[]
  readonly runs: number
  readonly accepted: number
  /** Shots that wait for a person: sent, no answer, and a host that cannot be asked. */
  readonly uncertain: number
  /** What is wrong, in words; empty when nothing is. */
  readonly wrong: readonly string[]
}

/** What a runner says at its end. */
type Said = Omit<Passes, 'ms'> & { readonly failures: readonly string[] }
const saidBy = ({ code, said }: Ended): Said | undefined => (code === null ? undefined : (JSON.parse(said || '{"failures":[]}') as Said)) // written by child.ts

/** From the first death to the end: as many runs as it takes. */
async function live(life: Life, run: (death?: Life[number]) => Promise<Ended>) {
  const deaths: string[] = []
  let runs = 0
  let last: Ended | undefined
  for (const death of life) {
    last = await run(death)
    runs += 1
    if (last.signal !== 'SIGKILL') break
    deaths.push('afterMs' in death ? 'by chance' : last.said.trim())
  }
  // Who ends with something open ends so once more: nothing is bought behind a person's back.
  for (let open = false; last?.code !== 0 && runs < life.length + 5; runs += 1) {
    open = last?.code === 1
    last = await run()
    if (open && last.code === 1) break
  }
  return { deaths, runs, last }
}

/** Each so many-th film is rendered once more at its end: there must be nothing left to do. */
const idleEvery = 8

export async function openTorture(kind: Kind, child: string): Promise<Desk> {
  const folder = mkdtempSync(join(tmpdir(), `ltx-torture-${kind.kind}-`))
  const host = await openHost(kind, folder)
  const { plan, use } = await planOf(kind, join(folder, 'plan'), host.reach, shots)
  await host.ready(plan)
  const { settles } = kind
  const orders = (root: string): Orders => ({ root, plan, use, key })

  const first = join(folder, 'undisturbed')
  const ended = await runChild(child, orders(first), { keepCode: true })
  if (ended.code !== 0) throw new Error(`the undisturbed run ended with ${ended.code}: ${ended.said} ${ended.err.slice(-1500)}`)
  const undisturbed = lockOf(first, host.ledger())
  const wrong = judge({ root: first, entries: host.ledger(), shots, settles, undisturbed, uncertain: 0 })
  if (wrong.length > 0 || undisturbed.size < shots) throw new Error(`the undisturbed run is not whole: ${wrong.join('; ')}`)
  await host.tell({ do: 'forget' })
  const begun = performance.now()
  const again = saidBy(await runChild(child, orders(join(folder, 'again'))))
  if (again === undefined) throw new Error('the undisturbed run has ended badly')
  const { records, requests, steps } = again

  return {
    passes: { records, requests, steps, ms: performance.now() - begun },
    async round(number, life) {
      // The host forgets what earlier rounds bought: what is asked for is the same each time.
      await host.tell({ do: 'forget' })
      const from = host.ledger().length
      const root = join(folder, `round-${number}`)
      const { deaths, runs, last } = await live(life, (death) =>
        death === undefined || 'afterMs' in death
          ? runChild(child, orders(root), death)
          : runChild(child, { ...orders(root), point: death }),
      )
      const failures = (last === undefined ? undefined : saidBy(last))?.failures ?? []
      const uncertain = failures.filter((failure) => failure === 'uncertain').length
      const others = failures.filter((failure) => failure !== 'uncertain')
      const entries = host.ledger().slice(from)
      const bad = [
        ...judge({ root, entries, shots, settles, undisturbed, uncertain }),
        ...(others.length > 0 ? [`failed: ${others.join(', ')}`] : []),
        ...(last?.code === 0 || uncertain > 0 ? [] : [`ended with ${last?.code ?? last?.signal}: ${last?.err.slice(-300)}`]),
      ]
      if (last?.code === 0 && number % idleEvery === 0) {
        const idle = await runChild(child, orders(root))
        // A transfer that a death has cut off may only now be in the books.
        const asked = host
          .ledger()
          .slice(from + entries.length)
          .filter(({ kind }) => kind !== 'served')
        if (idle.code !== 0 || asked.length > 0) bad.push('a run after the last one found something to do')
      }
      if (bad.length > 0) keepWrong(root, kind, number)
      rmSync(root, { recursive: true, force: true })
      return { deaths, runs, accepted: acceptedOf(entries).length, uncertain, wrong: bad }
    },
    async close() {
      await host.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
