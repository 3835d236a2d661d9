// A path from a script goes in, an open file comes out, or the reason why not. The file is inside the project after
// every link is followed, and it is a plain file: checked on the open descriptor, so that nobody can swap it between.
import type { BigIntStats } from 'node:fs'
import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { open, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, sep } from 'node:path'

export type Refusal = {
  readonly kind: 'missing' | 'outside' | 'not-a-file' | 'unreadable'
  readonly message: string
}

/** `real` is where the bytes lie. The caller closes `file`. */
export type Opened = { readonly ok: true; readonly file: FileHandle; readonly real: string; readonly facts: BigIntStats }

type Result = Opened | ({ readonly ok: false } & Refusal)

const refuse = (kind: Refusal['kind'], message: string): Result => ({ ok: false, kind, message })

/** Spellings that never name a file of the project. The language refuses them too; this does not lean on it. */
function spelledOutside(path: string): boolean {
  if (path === '' || /[\u0000\\]/.test(path) || /^([A-Za-z][\w+.-]*:|[/~])/.test(path)) return true
  return path.split('/').includes('..') || /%(2e|2f|5c)/i.test(path)
}

const isInside = (root: string, path: string): boolean => path.startsWith(root.endsWith(sep) ? root : root + sep)

/** A file beside the missing one that may have been meant: another case, or another end. */
async function near(path: string): Promise<string | undefined> {
  const names = await readdir(dirname(path)).catch(() => [])
  const wanted = basename(path).toLowerCase()
  const stem = wanted.slice(0, wanted.length - extname(wanted).length)
  return (
    names.find((name) => name.toLowerCase() === wanted) ??
    names.find((name) => name.toLowerCase().slice(0, name.length - extname(name).length) === stem && !name.startsWith('.'))
  )
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

async function missing(whole: string, path: string): Promise<Result> {
  const other = await near(whole)
  return refuse('missing', `there is no file ${path}${other === undefined ? '' : ` (there is ${join(dirname(path), other)})`}`)
}

function whatItIs(facts: BigIntStats): string {
  if (facts.isDirectory()) return 'a folder'
  if (facts.isFIFO()) return 'a pipe'
  return facts.isSocket() ? 'a socket' : 'a device'
}

/** The same file still stands at the path, and still inside. */
async function stillThere(root: string, whole: string, facts: BigIntStats): Promise<boolean> {
  const again = await realpath(whole).catch(() => undefined)
  if (again === undefined || !isInside(root, again)) return false
  const now = await stat(again, { bigint: true }).catch(() => undefined)
  return now !== undefined && now.ino === facts.ino && now.dev === facts.dev
}

async function openReal(root: string, whole: string, path: string, real: string): Promise<Result> {
  // Not following a link that appears now; not waiting for a pipe's other end.
  const file = await open(real, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0))
  try {
    const facts = await file.stat({ bigint: true })
    if (!facts.isFile()) {
      await file.close()
      return refuse('not-a-file', `${path} is ${whatItIs(facts)}, not a file`)
    }
    if (await stillThere(root, whole, facts)) return { ok: true, file, real, facts }
  } catch (error) {
    await file.close()
    throw error
  }
  await file.close()
  return refuse('outside', `${path} changed while it was being opened`)
}

/** Opens an asset for reading. `root` is the project's folder, absolute. Never throws for anything the path can be. */
export async function openAsset(root: string, path: string): Promise<Result> {
  if (spelledOutside(path)) return refuse('outside', `${path} is not a path inside the project`)
  const whole = join(root, ...path.split('/'))
  try {
    const realRoot = await realpath(root)
    const real = await realpath(whole)
    if (!isInside(realRoot, real)) return refuse('outside', `${path} is a link that leads out of the project`)
    return await openReal(realRoot, whole, path, real)
  } catch (error) {
    switch (codeOf(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
        return missing(whole, path)
      case 'ELOOP':
        return refuse('not-a-file', `${path} is a link that leads in a circle`)
      case 'ENXIO':
        return refuse('not-a-file', `${path} is a pipe or a socket, not a file`)
      default:
        return refuse('unreadable', `${path} cannot be read (${codeOf(error) || 'unknown reason'})`)
    }
  }
}
