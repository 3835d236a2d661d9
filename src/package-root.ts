// Where this package lives on the disk: fonts, the standard library and the docs are read from here, both from
// the bundle in dist/ and from the sources.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'stdlib'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the package is incomplete: its folder stdlib/ is missing')
    folder = parent
  }
  return folder
}

/** Absolute path of the package's folder. */
export const packageRoot = findRoot()
