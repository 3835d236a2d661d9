// A model that the script names by its name at the hub, `OWNER/MODEL` or `OWNER/MODEL@REVISION`: looked for in the folder where the
// hub's own programs keep what they have fetched. Nothing is fetched here; in goes a name, out comes the folder, if it is there.
import type { World } from '../../world.ts'

/** Could it be a name at the hub? A path with a dot in front, or more or fewer parts, is none. */
export const isHubName = (text: string): boolean => /^[A-Za-z0-9][\w.-]*\/[\w.-]+(@[\w./-]+)?$/.test(text)

/** Where fetched models lie, in the order in which the hub's programs decide. */
export function hubCache(variable: World['variable']): string {
  const named = variable('HF_HUB_CACHE') ?? variable('HUGGINGFACE_HUB_CACHE')
  if (named !== undefined) return named
  const home = variable('HF_HOME')
  if (home !== undefined) return `${home}/hub`
  const cache = variable('XDG_CACHE_HOME') ?? `${variable('HOME') ?? variable('USERPROFILE') ?? '.'}/.cache`
  return `${cache}/huggingface/hub`
}

/** The folder of a model that was fetched before; undefined where it was not. */
export async function hubFolder(name: string, { files, variable }: Pick<World, 'files' | 'variable'>): Promise<string | undefined> {
  if (!isHubName(name)) return undefined
  const [id = '', revision = 'main'] = name.split('@')
  const home = `${hubCache(variable)}/models--${id.replace('/', '--')}`
  // A revision is a name that a small file resolves, or the commit itself.
  const commit = (await files.readText(`${home}/refs/${revision}`).catch(() => revision)).trim()
  if (!/^[\w.-]+$/.test(commit)) return undefined
  const folder = `${home}/snapshots/${commit}`
  const there = await files.stat(folder).catch(() => undefined)
  return there?.kind === 'folder' ? folder : undefined
}
