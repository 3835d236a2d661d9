// Tasks of this project at the host, by id and by the attempt they belong to: in a list that tells no inputs, what is known
// cannot be the job that is looked for. Kept across runs for as long as the host keeps tasks; what cannot be written down
// is only forgotten, and then a person is asked more often.
import * as z from 'zod'
import type { World } from '../../world.ts'

export type Known = {
  add(id: string, owner: string): Promise<void>
  /** Tasks that belong to other attempts. */
  others(owner: string): Promise<ReadonlySet<string>>
}

const bookSchema = z.object({ version: z.literal(1), tasks: z.array(z.object({ id: z.string(), owner: z.string(), at: z.number() })) })
type Entry = z.infer<typeof bookSchema>['tasks'][number]

const keptMs = 7 * 24 * 3600_000
const mostEntries = 5000

export function openKnown({ files, clock }: Pick<World, 'files' | 'clock'>, folder: string): Known {
  const path = `${folder}/tasks.json`
  let opened: Promise<Map<string, Entry>> | undefined
  let writing: Promise<void> = Promise.resolve()
  const read = async (): Promise<Map<string, Entry>> => {
    try {
      const book = bookSchema.parse(JSON.parse(await files.readText(path)))
      return new Map(book.tasks.map((entry) => [entry.id, entry]))
    } catch {
      return new Map()
    }
  }
  const write = async (book: ReadonlyMap<string, Entry>): Promise<void> => {
    const tasks = [...book.values()].filter(({ at }) => at > clock.now() - keptMs).slice(-mostEntries)
    await files.makeFolder(folder)
    await files.writeWhole(path, `${JSON.stringify({ version: 1, tasks })}\n`)
  }
  return {
    async add(id, owner) {
      opened ??= read()
      const book = await opened
      if (book.get(id)?.owner === owner) return
      book.set(id, { id, owner, at: clock.now() })
      writing = writing.then(() => write(book)).catch(() => undefined)
      await writing
    },
    async others(owner) {
      opened ??= read()
      return new Set([...(await opened).values()].filter((entry) => entry.owner !== owner).map(({ id }) => id))
    },
  }
}
