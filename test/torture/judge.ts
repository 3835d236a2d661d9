// What the host's books and the disk say against a film whose runners were killed. In go the books and the folder of
// its project, out comes what is wrong, in words: nothing, where all is well.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { acceptedOf, type Entry } from '../hosts/ledger.ts'
import { type Kind, key } from './kinds.ts'

export type Case = {
  readonly root: string
  /** What the host wrote down since the film was begun. */
  readonly entries: readonly Entry[]
  readonly shots: number
  readonly settles: Kind['settles']
  /** The lock of a run that nobody disturbed. */
  readonly undisturbed: ReadonlyMap<string, string>
  /** Shots that wait for a person's word. */
  readonly uncertain: number
}

const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex')

/** The lock with each clip named by what was asked for it: the bytes differ from purchase to purchase. */
export function lockOf(root: string, entries: readonly Entry[]): ReadonlyMap<string, string> {
  const path = join(root, 'film.ltx.lock')
  // A film of which every shot waits for a person has no lock yet.
  if (!existsSync(path)) return new Map()
  let text = readFileSync(path, 'utf8')
  const asked = new Map(acceptedOf(entries).map(({ job, same }) => [job, same]))
  for (const entry of entries) if (entry.kind === 'finished') text = text.replaceAll(entry.sha256, `clip of ${asked.get(entry.job)}`)
  return new Map(text.split(/\n(?=job )/).map((stanza) => [/^job (\S+)/.exec(stanza)?.[1] ?? '', stanza.trim()]))
}

/** Files below a folder that hold a text. */
function holding(folder: string, text: string): readonly string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name)
    return statSync(path).isFile() && readFileSync(path).includes(text)
  })
}

function booksAgainst({ root, entries, shots, settles, uncertain }: Case): string[] {
  const wrong: string[] = []
  const accepted = acceptedOf(entries)
  const things = new Map<string, string[]>()
  for (const { same, job } of accepted) things.set(same, [...(things.get(same) ?? []), job])
  if (settles !== 'free')
    for (const jobs of things.values()) if (jobs.length > 1) wrong.push(`bought ${jobs.length} times: ${jobs.join(', ')}`)
  if (settles !== 'person' && uncertain > 0) wrong.push(`${uncertain} left uncertain at a host that can be asked`)
  if (settles !== 'person' && things.size !== shots) wrong.push(`${things.size} things bought for ${shots} shots`)
  const kept = entries.filter((entry) => {
    if (entry.kind !== 'finished') return false
    const path = join(root, '.ltx/clips', entry.sha256.slice(0, 2), `${entry.sha256.slice(2)}.mp4`)
    return existsSync(path) && sha256(path) === entry.sha256
  }).length
  // A job nobody may ask for is not finished by being looked at: it is one of the uncertain.
  if (settles !== 'free' && kept + uncertain < accepted.length) wrong.push(`${accepted.length} paid for, ${kept} in the store`)
  if (kept + uncertain < shots) wrong.push(`${kept} clips and ${uncertain} uncertain for ${shots} shots`)
  return wrong
}

export function judge(given: Case): string[] {
  const { root, entries, settles, undisturbed, uncertain } = given
  const wrong = booksAgainst(given)
  const lock = lockOf(root, entries)
  for (const [id, stanza] of undisturbed) {
    const mine = lock.get(id)
    if (mine === undefined ? !(settles === 'person' && uncertain > 0) : mine !== stanza)
      wrong.push(`the lock differs at ${id === '' ? 'its head' : id}`)
  }
  for (const entry of entries) if (entry.kind === 'leak') wrong.push(`the key came to ${entry.where}`)
  for (const name of holding(root, key)) wrong.push(`the key stands in ${name}`)
  return wrong
}
