// What a host already holds of ours: files go in with the account they belong to, URIs come out, and each file is sent
// once by its bytes' hash. Remembered across runs with the time it lasts, in a cache that may be thrown away; an
// account is known by a hash, so no key and no address of a person stands there.
import { z } from 'zod'
import type { Prepared } from '../media/input-rules.ts'
import type { World } from '../world.ts'

/** What an upload gave: what a request names the file by, and until when the host keeps it (milliseconds since 1970). */
export type Uploaded = { readonly uri: string; readonly until?: number }

export type Wanted = {
  /** Of `accountOf`: where the file lies, and whose it is. */
  readonly account: string
  readonly file: Prepared
  /** Sends the file. Called only when the host does not have it, or not for long enough. */
  readonly send: (file: Prepared) => Promise<Uploaded>
  /** The host must keep it at least this long from now; without it, ten minutes: a queue in front of the job, and the job's own reading. */
  readonly lastsMs?: number
}

export type Uploads = {
  /** The file's URI at the host. Two jobs that want the same file at once wait for one upload. */
  uriOf(wanted: Wanted): Promise<string>
  /** A host that says it does not have a file any more is believed: it is sent again next time. */
  forget(uri: string): Promise<void>
  /** The same for all that it has under an account. */
  forgetAll(account: string): Promise<void>
}

const entrySchema = z.object({ uri: z.string(), at: z.number(), until: z.number().optional() })
const bookSchema = z.object({ version: z.literal(1), files: z.record(z.string(), entrySchema) })
type Entry = z.infer<typeof entrySchema>

const usualLastsMs = 10 * 60_000
/** Without a word of the host, a file is taken to be there for this long. */
const untoldMs = 60 * 60_000
const mostEntries = 5000

/** Names an account at an origin without telling its key. */
export const accountOf = (world: Pick<World, 'sha256'>, base: string, key: string | undefined): string =>
  world.sha256(JSON.stringify(['account', base, key ?? ''])).slice(0, 24)

/** A clock that was turned back makes every promise doubtful. */
const lasts = (entry: Entry, now: number, lastsMs: number): boolean =>
  entry.at <= now + 60_000 && (entry.until ?? entry.at + untoldMs) - now >= lastsMs

/** A signed address is a key to the file: it is used now and not written down. */
const mayBeKept = (uri: string): boolean => !/[?&][\w-]*(signature|sig|token|key|credential|expires|policy)=/i.test(uri)

async function readBook(files: World['files'], path: string): Promise<Map<string, Entry>> {
  try {
    const read = bookSchema.safeParse(JSON.parse(await files.readText(path)))
    return new Map(read.success ? Object.entries(read.data.files) : [])
  } catch {
    return new Map() // a cache: what cannot be read is uploaded again
  }
}

/** Opens the book at `path`, read when first asked. What cannot be written down is only forgotten. */
export function openUploads(world: Pick<World, 'files' | 'clock'>, path: string): Uploads {
  const { files, clock } = world
  const passing = new Map<string, Entry>()
  const underWay = new Map<string, Promise<string>>()
  let opened: Promise<Map<string, Entry>> | undefined
  let writing: Promise<void> = Promise.resolve()

  const write = (book: Map<string, Entry>): Promise<void> => {
    writing = writing.then(async () => {
      const now = clock.now()
      const kept = [...book].filter(([, entry]) => lasts(entry, now, 0)).slice(-mostEntries)
      const text = `${JSON.stringify({ version: 1, files: Object.fromEntries(kept) }, undefined, 1)}\n`
      await files.makeFolder(path.slice(0, path.lastIndexOf('/')))
      await files.writeWhole(path, text)
    })
    writing = writing.catch(() => undefined)
    return writing
  }
  const upload = async (name: string, book: Map<string, Entry>, { file, send }: Wanted): Promise<string> => {
    const at = clock.now()
    const { uri, until } = await send(file)
    const entry = { uri, at, ...(until === undefined ? {} : { until }) }
    passing.set(name, entry)
    book.delete(name)
    if (mayBeKept(uri)) book.set(name, entry)
    await write(book)
    return uri
  }
  const drop = async (isGone: (name: string, entry: Entry) => boolean): Promise<void> => {
    opened ??= readBook(files, path)
    const book = await opened
    for (const known of [passing, book]) for (const [name, entry] of [...known]) if (isGone(name, entry)) known.delete(name)
    await write(book)
  }
  return {
    async uriOf(wanted) {
      const { account, file, lastsMs = usualLastsMs } = wanted
      const name = `${account} ${file.sha256} ${file.mime}`
      opened ??= readBook(files, path)
      const book = await opened
      const known = passing.get(name) ?? book.get(name)
      if (known !== undefined && lasts(known, clock.now(), lastsMs)) return known.uri
      const going = underWay.get(name)
      if (going !== undefined) return going
      const fresh = upload(name, book, wanted).finally(() => underWay.delete(name))
      underWay.set(name, fresh)
      return fresh
    },
    forget: (uri) => drop((_name, entry) => entry.uri === uri),
    forgetAll: (account) => drop((name) => name.startsWith(`${account} `)),
  }
}
