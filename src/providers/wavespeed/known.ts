// Attempts of this project at the host: when each was sent, and the task it became. In a list that tells no inputs, what
// is known cannot be the job that is looked for, and with another attempt open at the same time nothing is sure. Kept
// across runs for as long as the host keeps tasks; what cannot be written down is only forgotten.
import * as z from 'zod'
import type { World } from '../../world.ts'

export type Known = {
  /** About to be sent: written down before it is. */
  begin(owner: string): Promise<void>
  /** Taken, under this id. */
  add(id: string, owner: string): Promise<void>
  /** It never arrived. */
  drop(owner: string): Promise<void>
  attemptOf(owner: string): Promise<Attempt | undefined>
  /** Attempts other than this one. */
  others(owner: string): Promise<readonly Attempt[]>
}

const attemptSchema = z.object({ owner: z.string(), at: z.number(), id: z.string().nullable() })
const bookSchema = z.object({ version: z.literal(1), attempts: z.array(attemptSchema) })
export type Attempt = z.infer<typeof attemptSchema>

const keptMs = 7 * 24 * 3600_000
const mostEntries = 5000

export function openKnown({ files, clock }: Pick<World, 'files' | 'clock'>, folder: string): Known {
  const path = `${folder}/tasks.json`
  let opened: Promise<Map<string, Attempt>> | undefined
  let writing: Promise<void> = Promise.resolve()
  const read = async (): Promise<Map<string, Attempt>> => {
    try {
      const book = bookSchema.parse(JSON.parse(await files.readText(path)))
      return new Map(book.attempts.map((attempt) => [attempt.owner, attempt]))
    } catch {
      return new Map()
    }
  }
  const write = async (book: ReadonlyMap<string, Attempt>): Promise<void> => {
    const attempts = [...book.values()].filter(({ at }) => at > clock.now() - keptMs).slice(-mostEntries)
    await files.makeFolder(folder)
    await files.writeWhole(path, `${JSON.stringify({ version: 1, attempts })}\n`)
  }
  const book = (): Promise<Map<string, Attempt>> => {
    opened ??= read()
    return opened
  }
  const change = async (how: (book: Map<string, Attempt>) => void): Promise<void> => {
    const now = await book()
    how(now)
    writing = writing.then(() => write(now)).catch(() => undefined)
    await writing
  }
  return {
    begin: (owner) => change((all) => all.set(owner, { owner, at: clock.now(), id: null })),
    async add(id, owner) {
      const before = (await book()).get(owner)
      if (before?.id !== id) await change((all) => all.set(owner, { owner, at: before?.at ?? clock.now(), id }))
    },
    drop: (owner) => change((all) => all.delete(owner)),
    attemptOf: async (owner) => (await book()).get(owner),
    others: async (owner) => [...(await book()).values()].filter((attempt) => attempt.owner !== owner),
  }
}
