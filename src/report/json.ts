// `--json`: one event a line, as it is in the journal, and nothing else on the stream. docs/events.schema.json says
// what is in them. Whatever could steer a terminal is written as a JSON escape, since people do look at this output.
import type { Stamped } from '../runtime/event.ts'
import type { Screen, Stream } from './stream.ts'

const steering = /[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** JSON that no terminal obeys; any reader gets the very same text back. */
export const quietJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, null, indent).replace(steering, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

export const openJson = (stream: Stream): Screen => ({
  event: (event: Stamped) => void stream.write(`${quietJson(event)}\n`),
  stopping: () => undefined,
  close: async () => undefined,
})
