// How long a host asks to be left alone. In go an answer's headers, its body and the time; out come milliseconds, or
// undefined where it says nothing that makes sense. Hosts say it in seconds, as a date, in milliseconds, or in prose.

type Said = {
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** Milliseconds since 1970 by our own clock; the host's own `date` header goes before it, so that a wrong clock here does no harm. */
  readonly now: number
}

/** Anything longer is as good as never, and stays a number that can be shown. */
const longest = 366 * 24 * 3600_000

const milliseconds = (value: number): number => Math.min(longest, Math.max(0, Math.round(value)))

/** `7`, ` 1.5`, `-3`, `7s`, `7, 7`: seconds. */
function fromSeconds(text: string): number | undefined {
  const found = /^\s*([+-]?\d{1,18}(?:\.\d{1,9})?)\s*(?:s|sec|secs|second|seconds)?\s*(?:,.*)?$/i.exec(text)
  return found === null ? undefined : milliseconds(Number(found[1]) * 1000)
}

/** The three forms of an HTTP date; one that has passed means now. */
function fromDate(text: string, now: number): number | undefined {
  if (!/^[A-Za-z]{3,9},? /.test(text.trim())) return undefined
  // The old form without a zone is in GMT too.
  const at = Date.parse(/GMT|UTC|[+-]\d{4}\s*$/.test(text) ? text : `${text} GMT`)
  return Number.isNaN(at) ? undefined : milliseconds(at - now)
}

const wishes =
  /\b(?:resets?|retry|try again|available|wait)\b[^.\d]{0,40}(?:(\d{1,6})\s?(?:minutes|minute|mins|min|m)\b\s*)?(?:(\d{1,6}(?:\.\d{1,3})?)\s?(ms|seconds|second|secs|sec|s)\b)?/i

/** `resets in ~30s`, `try again in 1m30s`, `"retry_after": 12.5`. */
function fromBody(body: string): number | undefined {
  const head = body.slice(0, 4096)
  const field = /"(?:retry_after|retryAfter|retry-after)"\s*:\s*"?(\d{1,12}(?:\.\d{1,9})?)/.exec(head)
  if (field !== null) return milliseconds(Number(field[1]) * 1000)
  const prose = wishes.exec(head)
  const minutes = prose?.[1]
  const rest = prose?.[2]
  if (minutes === undefined && rest === undefined) return undefined
  const unit = prose?.[3]?.toLowerCase() === 'ms' ? 1 : 1000
  return milliseconds(Number(minutes ?? 0) * 60_000 + Number(rest ?? 0) * unit)
}

export function retryAfter({ headers, body, now }: Said): number | undefined {
  const fine = headers.get('retry-after-ms')
  if (fine !== undefined && /^\s*\d{1,15}\s*$/.test(fine)) return milliseconds(Number(fine))
  const plain = headers.get('retry-after')
  if (plain !== undefined) {
    const theirs = Date.parse(headers.get('date') ?? '')
    const said = fromSeconds(plain) ?? fromDate(plain, Number.isNaN(theirs) ? now : theirs)
    if (said !== undefined) return said
  }
  return fromBody(body)
}
