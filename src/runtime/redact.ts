// Keys never leave by a side door: whatever a provider says (a ticket, a status, a failure, a word for the screen) has every
// key that it was given blotted out before anything else sees it. Hosts do repeat keys in their error messages.
import { ProviderFailure } from '../failure.ts'
import type { Calls } from '../providers/provider.ts'
import type { World } from '../world.ts'

export type Redactor = {
  /** The same world, but every secret it gives out is remembered here. */
  watch(world: World): World
  text(text: string): string
  /** A copy without keys; the thing itself where there are none. */
  copy<T>(value: T): T
  /** An error without keys, of the same kind. */
  error(error: unknown): unknown
}

/** What is shorter is no key, and blotting it out would spoil texts. */
const shortest = 6
const mark = '[key]'

/** A key as it may stand in a text: plain, in an address, in JSON, in base64. */
function formsOf(secret: string): readonly string[] {
  const bytes = String.fromCharCode(...new TextEncoder().encode(secret))
  // Of base64 only the part that does not depend on what follows the key.
  const base64 = btoa(bytes).slice(0, Math.floor(bytes.length / 3) * 4)
  return [...new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64])].filter(
    (form) => form.length >= shortest,
  )
}

export function openRedactor(): Redactor {
  const forms = new Set<string>()
  const text = (from: string): string => {
    let clean = from
    for (const form of forms) if (clean.includes(form)) clean = clean.replaceAll(form, mark)
    return clean
  }
  const copyOf = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (Array.isArray(value)) return value.map(copyOf)
    if (typeof value !== 'object' || value === null || value instanceof Map) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [text(name), copyOf(one)]))
  }
  const copy = <T>(value: T): T => (forms.size === 0 ? value : (copyOf(value) as T)) // same shape: only texts change
  return {
    watch: (world) => ({
      ...world,
      secret(name) {
        const secret = world.secret(name)
        if (secret !== undefined && secret.length >= shortest) for (const form of formsOf(secret)) forms.add(form)
        return secret
      },
    }),
    text,
    copy,
    error(error) {
      if (forms.size === 0) return error
      if (error instanceof ProviderFailure) return new ProviderFailure(copy(error.failure))
      if (!(error instanceof Error)) return copy(error)
      // Its kind and code decide what is done about it, so it stays the same error.
      error.message = text(error.message)
      if (error.stack !== undefined) error.stack = text(error.stack)
      if (error.cause !== undefined) error.cause = text(String(error.cause))
      return error
    },
  }
}

/** A provider's calls whose every word is clean. */
export function guardCalls(calls: Calls, redactor: Redactor): Calls {
  const guarded = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return redactor.copy(await work)
    } catch (error) {
      throw redactor.error(error)
    }
  }
  const { release, find, cancel, adopt, knows, lacks, probe, close } = calls
  return {
    submit: (job, sent) => guarded(calls.submit(job, sent)),
    poll: (ticket, job, report) => guarded(calls.poll(ticket, job, (progress, phase) => report(progress, redactor.text(phase)))),
    fetch: (ticket, job, into) => guarded(calls.fetch(ticket, job, into)),
    ...(release === undefined ? {} : { release: (ticket) => guarded(release.call(calls, ticket)) }),
    ...(find === undefined ? {} : { find: (job, waits) => guarded(find.call(calls, job, waits)) }),
    ...(cancel === undefined ? {} : { cancel: (ticket) => guarded(cancel.call(calls, ticket)) }),
    ...(adopt === undefined ? {} : { adopt: (id) => redactor.copy(adopt.call(calls, id)) }),
    ...(knows === undefined ? {} : { knows: (ticket) => guarded(knows.call(calls, ticket)) }),
    ...(lacks === undefined ? {} : { lacks: (jobs) => guarded(lacks.call(calls, jobs)) }),
    ...(close === undefined ? {} : { close: () => guarded(close.call(calls)) }),
    ...(probe === undefined ? {} : { probe: () => guarded(probe.call(calls)) }),
  }
}
