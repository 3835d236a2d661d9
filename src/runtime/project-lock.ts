// One process renders a project at a time. The right to is a name held in the kernel, which dies with its process;
// the file beside it only tells who has it.
import * as z from 'zod'
import type { Hold, World } from '../world.ts'

export type Holder = { readonly pid: number; readonly host: string; readonly since: number }
export type Taken = { readonly kind: 'held'; readonly hold: Hold } | { readonly kind: 'busy'; readonly holder: Holder | undefined }

const holderSchema: z.ZodType<Holder> = z.object({ pid: z.int(), host: z.string(), since: z.number() })

async function readHolder(world: World, path: string): Promise<Holder | undefined> {
  try {
    return holderSchema.parse(JSON.parse(await world.files.readText(path)))
  } catch {
    return undefined // being written, or gone: the name alone decides
  }
}

/** Takes the project whose root is `root`, or says at once who has it. Two paths to the same folder are the same project. */
export async function takeProject(world: World, root: string): Promise<Taken> {
  const { files, machine, clock } = world
  await files.makeFolder(`${root}/.ltx`)
  const path = `${root}/.ltx/run.json`
  const hold = await machine.hold(world.sha256(await files.realPath(root)).slice(0, 32))
  if (hold === undefined) return { kind: 'busy', holder: await readHolder(world, path) }
  const holder: Holder = { pid: machine.pid, host: machine.host, since: clock.now() }
  await files.writeWhole(path, `${JSON.stringify(holder)}\n`)
  const release = async (): Promise<void> => {
    await files.remove(path).catch(() => undefined)
    await hold.release()
  }
  return { kind: 'held', hold: { release } }
}
