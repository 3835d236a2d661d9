// Writes a file whole or not at all: to a temporary neighbour, checked, forced to the disk, then renamed over the
// name. What goes wrong on the disk comes out as a failure people can act on.
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { ProviderFailure } from '../failure.ts'

const diskCodes: Readonly<Record<string, readonly [string, string]>> = {
  ENOSPC: ['the disk is full', 'make room, then run again'],
  EDQUOT: ['the disk quota is used up', 'make room, then run again'],
  EROFS: ['the disk can only be read', 'choose another output folder'],
  EACCES: ['the output folder may not be written to', 'choose another output folder, or change its permissions'],
  EPERM: ['the output folder may not be written to', 'choose another output folder, or change its permissions'],
  EMFILE: ['too many files are open', 'raise the limit of open files (ulimit -n), then run again'],
  EIO: ['the disk failed to read or write', 'check the disk'],
  EISDIR: ['the output name is a folder', 'choose another output name'],
}

/** Turns a disk's refusal and an abort into what the runtime decides by; everything else is a bug and stays one. */
export function asFailure(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof ProviderFailure) return error
  if (signal.aborted)
    return new ProviderFailure({ kind: 'cancelled', message: 'stopped', next: 'run again to go on', retry: true, billed: 'no' })
  // Node's file errors carry a code; nothing else that is thrown here does.
  const known = error instanceof Error ? diskCodes[(error as NodeJS.ErrnoException).code ?? ''] : undefined
  if (known === undefined) return error
  return new ProviderFailure({ kind: 'disk', message: known[0], next: known[1], retry: false, billed: 'no' })
}

/** `write` fills the temporary file; only when it and `check` are through does `output` change. */
export async function finishFile(
  output: string,
  signal: AbortSignal,
  write: (temporary: string) => Promise<void>,
  check: (temporary: string) => Promise<void>,
): Promise<void> {
  const folder = dirname(output)
  const temporary = join(folder, `.${basename(output)}.${process.pid}.part`)
  try {
    await mkdir(folder, { recursive: true })
    await write(temporary)
    await check(temporary)
    signal.throwIfAborted()
    await rename(temporary, output)
    const handle = await open(folder, 'r')
    // Some file systems cannot force a folder; the rename is then as safe as it can be.
    await handle.sync().catch(() => undefined)
    await handle.close()
  } catch (error) {
    await rm(temporary, { force: true })
    throw asFailure(error, signal)
  }
}
