// Where a path written in a script points: in goes the text and the file it stands in, out comes a path relative to the
// project root, with `/`, that cannot leave it. Only the spelling is judged here; links are followed by whoever opens it.

export type AssetPath = { readonly ok: true; readonly path: string } | { readonly ok: false; readonly why: string }

/** Ends that say for sure what a file is. Others are left to whoever opens the file. */
const kindOfEnd: ReadonlyMap<string, 'image' | 'audio' | 'video'> = new Map([
  ...['png', 'jpg', 'jpeg', 'webp', 'gif', 'bmp', 'tif', 'tiff'].map((end) => [end, 'image'] as const),
  ...['wav', 'mp3', 'm4a', 'aac', 'flac', 'ogg', 'opus', 'aif', 'aiff'].map((end) => [end, 'audio'] as const),
  ...['mp4', 'mov', 'mkv', 'webm', 'm4v', 'avi', 'mxf'].map((end) => [end, 'video'] as const),
])

const nouns = { image: 'a picture', audio: 'a sound file', video: 'a video file' } as const

/** The folder of a source, `''` at the root. A standard library has none. */
export const folderOf = (home: string): string =>
  home.startsWith('std/') ? '' : home.includes('/') ? home.slice(0, home.lastIndexOf('/')) : ''

/** Joins a relative path to a folder; undefined when it would leave the root. */
export function joinInside(folder: string, path: string): string | undefined {
  const parts = folder === '' ? [] : folder.split('/')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

/** Checks the spelling of a path and joins it to its home. */
export function insidePath(text: string, home: string): AssetPath {
  const no = (why: string): AssetPath => ({ ok: false, why })
  if (text.trim() === '') return no('an empty path')
  if (text.length > 1024) return no('a path of more than 1024 characters')
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/.test(text))
    return no('a path with control characters')
  if (/[\ud800-\udfff]/u.test(text)) return no('a path with a broken character')
  if (text.includes('\\')) return no('a path with `\\` (paths are written with `/`)')
  if (/^[A-Za-z][A-Za-z0-9+.-]*:/.test(text)) return no('an address or a drive, not a file beside the script')
  if (text.startsWith('/') || text.startsWith('~')) return no('a path from the root of the disk')
  if (/%2e|%2f|%5c|%00/i.test(text)) return no('a path with `%` codes')
  if (text.endsWith('/')) return no('a folder')
  const path = joinInside(folderOf(home), text)
  if (path === undefined) return no('a path that leaves the project')
  return path === '' ? no('a folder') : { ok: true, path }
}

/** As `insidePath`, and the end of the name must not say that it is another kind of file. */
export function assetPath(text: string, home: string, kind: 'image' | 'audio' | 'video'): AssetPath {
  const inside = insidePath(text, home)
  if (!inside.ok) return inside
  const dot = inside.path.lastIndexOf('.')
  const known = dot === -1 ? undefined : kindOfEnd.get(inside.path.slice(dot + 1).toLowerCase())
  return known === undefined || known === kind ? inside : { ok: false, why: nouns[known] }
}
