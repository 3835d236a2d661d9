// An opened asset goes in, what its first bytes say comes out: its format, or why it cannot be what its name says.
// Decodes nothing and runs nothing, so that a script can be checked in an instant.
import type { Asset } from '../lang/program.ts'
import type { Opened, Refusal } from './open-asset.ts'
import { openAsset } from './open-asset.ts'
import type { Format } from './sniff.ts'
import { endOf, formatNames, formatOfName, sniff } from './sniff.ts'

/** `message` is one sentence without a full stop; it names the file as the script does. */
export type Doubt = {
  readonly kind: Refusal['kind'] | 'empty' | 'mislabelled' | 'playlist' | 'unsupported'
  readonly message: string
}
export type Look = { readonly ok: true; readonly format: Format; readonly head: Buffer } | ({ readonly ok: false } & Doubt)

const doubt = (kind: Doubt['kind'], message: string): Look => ({ ok: false, kind, message })

export async function lookAtHead(path: string, { file, facts }: Pick<Opened, 'file' | 'facts'>): Promise<Look> {
  const bytes = Number(facts.size)
  if (bytes === 0) return doubt('empty', `${path} is empty`)
  const head = Buffer.alloc(Math.min(bytes, 1 << 16))
  await file.read(head, 0, head.length, 0)
  const format = sniff(head)
  if (format === 'playlist') return doubt('playlist', `${path} is ${formatNames.playlist}; name the file it stands for`)
  const named = formatOfName(path)
  if (named !== undefined && named !== format) {
    const end = endOf(format)
    const really = `${path} is ${formatNames[format]}, not ${formatNames[named]} as its name says`
    return doubt('mislabelled', end === undefined ? really : `${really}; rename it to end in .${end}`)
  }
  if (format === 'text' || format === 'unknown') return doubt('unsupported', `${path} is ${formatNames[format]}`)
  return { ok: true, format, head }
}

/** What can be told to be wrong with an asset without decoding it; undefined when nothing is. `root` is the project's folder. */
export async function glance(root: string, { path }: Pick<Asset, 'path'>): Promise<Doubt | undefined> {
  const opened = await openAsset(root, path)
  if (!opened.ok) return opened
  try {
    const look = await lookAtHead(path, opened)
    return look.ok ? undefined : look
  } finally {
    await opened.file.close()
  }
}
