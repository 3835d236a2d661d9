// Clips by the hash of their bytes. A file under way has a name of its own in the store's folder; it gets its final
// name only when it is whole and on the disk. Placeholder clips live apart from paid ones and can never stand in.
import type { Sha256 } from '../lang/plan.ts'
import type { Files } from '../world.ts'

export type Namespace = 'clips' | 'animatic'

export type Store = {
  readonly namespace: Namespace
  /** A fresh name for a file under way. */
  temporary(): string
  /** Takes a finished temporary file in: hashed, synced, renamed. The same bytes twice are kept once. */
  put(temporary: string): Promise<Sha256>
  pathOf(sha256: Sha256): string
  /** There, and of that size. Cheap; says nothing of the bytes. */
  has(sha256: Sha256, bytes: number): Promise<boolean>
  /** All names there are, for looking up thousands. */
  index(): Promise<ReadonlySet<Sha256>>
  /** Before use: are the bytes those of the name? Damaged ones are moved aside. Hashed once for each size and time of change. */
  verify(sha256: Sha256): Promise<'whole' | 'missing' | 'damaged'>
  /** Keeps a file that must not be used, as evidence. Gives its new path. */
  setAside(path: string, why: string): Promise<string>
}

type Seen = { readonly bytes: number; readonly mtimeMs: number }

async function lookAt(files: Files, path: string): Promise<Seen | undefined> {
  try {
    const found = await files.stat(path)
    return found.kind === 'file' ? found : undefined
  } catch {
    return undefined
  }
}

async function isSame(files: Files, a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([lookAt(files, a), lookAt(files, b)])
  if (one === undefined || one.bytes !== other?.bytes) return false
  return (await files.sha256(a)) === (await files.sha256(b))
}

/** The names in a store's folder: which clips are there. */
export async function listNames(files: Files, folder: string): Promise<ReadonlySet<Sha256>> {
  const heads = (await files.list(folder)).filter((name) => /^[0-9a-f]{2}$/.test(name))
  const tails = await Promise.all(heads.map((head) => files.list(`${folder}/${head}`)))
  const names = heads.flatMap((head, at) =>
    (tails[at] ?? []).filter((tail) => /^[0-9a-f]{62}\.mp4$/.test(tail)).map((tail) => head + tail.slice(0, 62)),
  )
  return new Set(names)
}

/** The place of a clip in a store's folder. */
export const clipPath = (folder: string, sha256: Sha256): string => `${folder}/${sha256.slice(0, 2)}/${sha256.slice(2)}.mp4`

/** Opens one namespace below `.ltx` and clears what a crash left under way. One process at a time: hold the project first. */
export async function openStore(files: Files, dotLtx: string, namespace: Namespace): Promise<Store> {
  const folder = `${dotLtx}/${namespace}`
  await files.remove(`${folder}/parts`)
  await files.makeFolder(`${folder}/parts`)
  const seen = new Map<Sha256, Seen>()
  let parts = 0
  const store: Store = {
    namespace,
    pathOf: (sha256) => clipPath(folder, sha256),
    temporary() {
      parts += 1
      return `${folder}/parts/${parts}.part`
    },
    async put(temporary) {
      const sha256 = await files.sha256(temporary)
      if ((await store.verify(sha256)) === 'whole') {
        await files.remove(temporary)
        return sha256
      }
      await files.sync(temporary)
      await files.makeFolder(`${folder}/${sha256.slice(0, 2)}`)
      await files.rename(temporary, store.pathOf(sha256))
      await files.sync(store.pathOf(sha256))
      const now = await lookAt(files, store.pathOf(sha256))
      if (now !== undefined) seen.set(sha256, now)
      return sha256
    },
    has: async (sha256, bytes) => (await lookAt(files, store.pathOf(sha256)))?.bytes === bytes,
    index: () => listNames(files, folder),
    async verify(sha256) {
      const path = store.pathOf(sha256)
      const now = await lookAt(files, path)
      if (now === undefined) return 'missing'
      const before = seen.get(sha256)
      if (before?.bytes === now.bytes && before.mtimeMs === now.mtimeMs) return 'whole'
      if ((await files.sha256(path)) === sha256) {
        seen.set(sha256, now)
        return 'whole'
      }
      await store.setAside(path, `damaged-${sha256.slice(0, 16)}`)
      return 'damaged'
    },
    async setAside(path, why) {
      await files.makeFolder(`${folder}/aside`)
      const taken = new Set(await files.list(`${folder}/aside`))
      let name = `${why}.mp4`
      for (let at = 2; taken.has(name); at += 1) {
        // Once is enough of the same bytes: a clip that is fetched again may be as wrong as it was.
        if (await isSame(files, path, `${folder}/aside/${name}`)) {
          await files.remove(path)
          return `${folder}/aside/${name}`
        }
        name = `${why}-${at}.mp4`
      }
      await files.rename(path, `${folder}/aside/${name}`)
      return `${folder}/aside/${name}`
    },
  }
  return store
}
