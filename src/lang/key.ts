// A job's key: the hash of its canonical request and of its inputs' bytes. Names, order, comments and layout of
// the script never reach it, because they are not in the request.
import type { Request, Sha256, Slot } from './plan.ts'

/** Hex SHA-256 of a text's UTF-8 bytes; handed in, since language code knows no platform. */
export type HashText = (text: string) => Sha256

/** JSON with sorted keys and no undefined members: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`)
    return `{${members.join(',')}}`
  }
  return JSON.stringify(value)
}

/** Raise when the meaning of a request changes, so that old results are not taken for new ones. */
const generation = 'ltx-job-1'

/** The key of a job whose inputs' bytes are known. Slots are sorted: the order of inputs carries no meaning. */
export function keyOf(request: Request, inputs: readonly { readonly slot: Slot; readonly sha256: Sha256 }[], sha256: HashText): Sha256 {
  const bytes = inputs.map((input) => `${input.slot}=${input.sha256}`).sort()
  return sha256(`${generation}\n${canonicalJson(request)}\n${bytes.join('\n')}`)
}
