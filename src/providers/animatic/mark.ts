// A clip carries its own scene: a note in its first picture (an H.264 "user data" unit), which survives being
// joined, spliced and copied, where tags of the file do not. Written by ffmpeg's `h264_metadata`, read back
// from the bytes of any file that holds such pictures. Foreign files have none.
import { z } from 'zod'
import type { Scene } from './scene.ts'
import { sceneSchema } from './scene.ts'

/** `first` is the scene's frame with which this clip begins. */
export type Mark = { readonly scene: Scene; readonly first: number; readonly frames: number }

const markSchema = z.object({ scene: sceneSchema, first: z.number().int(), frames: z.number().int().positive() })

const identity = '7d1f6a52c94b4e8fb3a25c8e91d7f466'
const opening = 'ltx-animatic/1:'

/** The argument for `-bsf:v`. Letters and digits of base64url alone, so that nothing in it is read as syntax. */
export const markFilter = (mark: Mark): string =>
  `h264_metadata=sei_user_data=${identity}+${opening.replace(':', '.')}${Buffer.from(JSON.stringify(mark)).toString('base64url')}.`

/** Every mark in a file, in the order in which they stand. Notes that are damaged or of another version are passed over. */
export function readMarks(bytes: Uint8Array): readonly Mark[] {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const label = Buffer.from(opening.replace(':', '.'))
  const found: Mark[] = []
  for (let at = file.indexOf(label); at >= 0; at = file.indexOf(label, at + 1)) {
    const start = at + label.length
    const end = file.indexOf('.', start)
    if (end < 0 || end - start > 64 * 1024) continue
    const mark = parseMark(file.toString('latin1', start, end))
    if (mark !== undefined) found.push(mark)
  }
  return found
}

function parseMark(text: string): Mark | undefined {
  try {
    const parsed = markSchema.safeParse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')))
    return parsed.success ? (parsed.data as Mark) : undefined // the schema's optional fields are ours
  } catch {
    return undefined
  }
}
