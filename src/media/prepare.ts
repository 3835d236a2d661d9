// An input as the script names it goes in, a file that a host takes comes out, with its hash and MIME type. What fits
// already is given back as it lies; everything else is made in scratch, the same bytes from the same bytes each time.
import { join } from 'node:path'
import type { Sha256 } from '../lang/plan.ts'
import type { Bench, Fitted, Preparation, Prepared } from './input-rules.ts'
import { preparePicture } from './prepare-picture.ts'
import { prepareSound } from './prepare-sound.ts'
import { prepareVideo } from './prepare-video.ts'

export type { InputRules, Preparation, Prepared } from './input-rules.ts'

let neighbours = 0

/** Under its own name a file is whole: made beside it and renamed. Two that make it at once make the same bytes. */
function makerOf({ world, scratch }: Preparation, sha256: Sha256): Bench['make'] {
  const { files } = world
  return async (how, ending, work) => {
    const path = join(scratch, `${world.sha256(JSON.stringify([sha256, how])).slice(0, 32)}.${ending}`)
    if (await files.exists(path)) return path
    await files.makeFolder(scratch)
    neighbours += 1
    const part = join(scratch, `part-${neighbours}.${ending}`)
    try {
      await work(part)
      await files.rename(part, path)
    } finally {
      await files.remove(part)
    }
    return path
  }
}

function fitted(bench: Bench): Promise<Fitted> {
  switch (bench.slot) {
    case 'audio':
      return prepareSound(bench)
    case 'video':
      return prepareVideo(bench)
    default:
      return preparePicture(bench)
  }
}

/** Makes an input fit for a host. Throws an `input` failure for what no preparation can make fit. */
export async function prepareInput(preparation: Preparation): Promise<Prepared> {
  const { files } = preparation.world
  const source = await files.sha256(preparation.path)
  const { bytes } = await files.stat(preparation.path)
  const { path, mime, ending, changed } = await fitted({ ...preparation, sha256: source, bytes, make: makerOf(preparation, source) })
  const same = path === preparation.path
  const sha256 = same ? source : await files.sha256(path)
  const size = same ? bytes : (await files.stat(path)).bytes
  return { path, sha256, bytes: size, mime, name: `${sha256.slice(0, 24)}.${ending}`, changed }
}
