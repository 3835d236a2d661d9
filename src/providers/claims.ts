// Which jobs at a host are whose, by id: in the host's list, what is known to be another attempt's is not taken for the one
// that is looked for. Kept across runs for a day; what cannot be written down is only forgotten.
import * as z from 'zod'
import type { World } from '../world.ts'

export type Claims = {
  claim(id: string, owner: string): Promise<void>
  /** Ids that belong to others. */
  others(owner: string): Promise<ReadonlySet<string>>
}

const bookSchema = z.object({ version: z.literal(1), claims: z.array(z.object({ id: z.string(), owner: z.string(), at: z.number() })) })
type Claim = z.infer<typeof bookSchema>['claims'][number]

const keptMs = 24 * 3600_000
const most = 5000

/** `folder` need not be there yet. */
export function openClaims({ files, clock }: Pick<World, 'files' | 'clock'>, folder: string): Claims {
  const path = `${folder}/claims.json`
  let opened: Promise<Map<string, Claim>> | undefined
  let writing: Promise<void> = Promise.resolve()
  const read = async (): Promise<Map<string, Claim>> => {
    try {
      const { claims } = bookSchema.parse(JSON.parse(await files.readText(path)))
      return new Map(claims.map((claim) => [claim.id, claim]))
    } catch {
      return new Map()
    }
  }
  const write = async (book: ReadonlyMap<string, Claim>): Promise<void> => {
    const claims = [...book.values()].filter(({ at }) => at > clock.now() - keptMs).slice(-most)
    await files.makeFolder(folder)
    await files.writeWhole(path, `${JSON.stringify({ version: 1, claims })}\n`)
  }
  return {
    async claim(id, owner) {
      opened ??= read()
      const book = await opened
      if (book.get(id)?.owner === owner) return
      book.set(id, { id, owner, at: clock.now() })
      writing = writing.then(() => write(book)).catch(() => undefined)
      await writing
    },
    async others(owner) {
      opened ??= read()
      return new Set([...(await opened).values()].filter((claim) => claim.owner !== owner).map(({ id }) => id))
    },
  }
}
