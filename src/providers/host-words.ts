// What a host said, made fit to be shown and kept: no character that steers a terminal, no key, no signature of a URL,
// at most 300 characters on one line. In goes any text, out comes such a text.
import { safeLine } from '../safe-text.ts'

const longest = 300

/** The forms in which a secret comes back: plain, in a URL, in JSON. base64 of it is found by its own text. */
function formsOf(secret: string): readonly string[] {
  const forms = [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), btoa(unescape(encodeURIComponent(secret)))]
  return [...new Set(forms)].filter((form) => form.length >= 4)
}

/** Signed URLs open a door to whoever reads them: what stands behind `?` goes. */
const withoutQueries = (text: string): string => text.replace(/(https?:\/\/[^\s"'<>?]*)\?[^\s"'<>]*/gi, '$1?…')

/** Anything that looks like a key in a header that came back. */
const withoutBearers = (text: string): string => text.replace(/\b(bearer|key|token)([ =:]+)[\w.~+/=-]{12,}/gi, '$1$2…')

/** The words in a page, without its marks. */
const withoutMarks = (text: string): string =>
  /^\s*<(!doctype|html|\?xml)/i.test(text)
    ? text
        .replace(/<(script|style)\b[\s\S]*?<\/\1\s*>/gi, ' ')
        .replace(/<[^>]{0,2000}>/g, ' ')
        .replace(/&[a-z]+;/gi, ' ')
    : text

export function hostWords(text: string, secrets: readonly string[] = []): string {
  let words = text.slice(0, 20_000)
  for (const form of secrets.flatMap(formsOf)) words = words.replaceAll(form, '…')
  const line = safeLine(
    withoutBearers(withoutQueries(withoutMarks(words)))
      .replace(/\s+/g, ' ')
      .trim(),
  )
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line
}
