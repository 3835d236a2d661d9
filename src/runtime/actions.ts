// What each key has made, on this machine: a list that only grows, the last word on a key wins. It is a cache of
// the journals and of the lock: losing a line costs a look-up, never a clip.
import * as z from 'zod'
import type { Sha256 } from '../lang/plan.ts'
import type { Append, Files } from '../world.ts'
import { deliveredSchema } from './event-schema.ts'
import type { Stored } from './history.ts'
import { decodeLine, encodeLine } from './line.ts'

export type Actions = {
  get(key: Sha256): Stored | undefined
  readonly size: number
  /** In memory at once; on the disk after `sync`. Never rejects: a full disk shows at `sync`. */
  add(stored: Stored): Promise<void>
  /** Resolves when all that was added is on the disk: before that, no journal that holds it may be put away. */
  sync(): Promise<void>
  close(): Promise<void>
}

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const schema: z.ZodType<Stored> = z.object({
  key: hash,
  sha256: hash,
  delivered: deliveredSchema,
  seed: z.exactOptional(z.int()),
  billed: z.int(),
  servedModel: z.exactOptional(z.string()),
})

/** The list as it stands on the disk. */
export async function readList(files: Files, path: string) {
  const text = (await files.exists(path)) ? await files.readText(path) : ''
  const byKey = new Map<Sha256, Stored>()
  const lines = text.split('\n')
  const torn = lines.pop() !== ''
  for (const line of lines) {
    const stored = schema.safeParse(decodeLine(line))
    if (stored.success) byKey.set(stored.data.key, stored.data)
  }
  return { byKey, torn, lines: lines.length }
}

/** Opens a list; `path` is made when the first entry is added. */
export async function openActions(files: Files, path: string): Promise<Actions> {
  const { byKey, torn, lines } = await readList(files, path)
  // Remade and damaged lines pile up over the years: past twice the need, write it anew.
  const rewrite = lines > 2 * byKey.size + 1000
  if (rewrite) await files.writeWhole(path, [...byKey.values()].map(encodeLine).join(''))
  let opening: Promise<Append> | undefined
  let before = torn && !rewrite ? '\n' : ''
  /** Some entry is in memory only. */
  let behind = false
  const append = async (text: string, durable: boolean): Promise<void> => {
    opening ??= files.openAppend(path)
    await (await opening).append(text, durable)
  }
  const close = async (): Promise<void> => {
    const file = await opening?.catch(() => undefined)
    opening = undefined
    await file?.close()
  }
  return {
    get: (key) => byKey.get(key),
    get size() {
      return byKey.size
    },
    async add(stored) {
      byKey.set(stored.key, stored)
      const line = before + encodeLine(stored)
      before = ''
      await append(line, false).catch(() => {
        behind = true
      })
    },
    async sync() {
      if (behind) {
        await close()
        await files.writeWhole(path, [...byKey.values()].map(encodeLine).join(''))
        behind = false
      } else if (opening !== undefined) await append('', true)
    },
    close,
  }
}
