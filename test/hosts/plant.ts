// A host that repeats the key it was shown in whatever it says: in headers, in every text that people are meant to read, in
// pages. Ids, states and addresses stay as they are, so that the protocol still works.
import type { Answer } from './protocol.ts'

const forPeople = /^(message|msg|detail|details|error|title|reason|logs|exception_message|username|note)$/

function planted(value: unknown, echo: string): unknown {
  if (Array.isArray(value)) return value.map((one) => planted(one, echo))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      typeof one === 'string' && one !== '' && forPeople.test(name) ? `${one} ${echo}` : planted(one, echo),
    ]),
  )
}

export function plant(answer: Answer, key: string): Answer {
  const echo = `(${key} ${Buffer.from(key).toString('base64')} ${encodeURIComponent(`${key}=`)})`
  return {
    ...answer,
    headers: { ...answer.headers, 'x-request-id': key, 'x-echo': `Bearer ${key}`, 'set-cookie': `session=${key}` },
    ...(answer.json === undefined ? {} : { json: planted(answer.json, echo) }),
    ...(answer.text === undefined ? {} : { text: `${answer.text} ${echo}` }),
  }
}
