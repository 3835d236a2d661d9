// A text in, the places that look like a key out. Shapes of known hosts' keys, and long mixed words next to words such as
// `token`. What was found is never given back: only where it is and what it looks like.

export type Secret = { readonly start: number; readonly end: number; readonly what: string }

const shapes: readonly (readonly [RegExp, string])[] = [
  [/\bsk-[A-Za-z0-9_-]{16,}/g, 'a secret key'],
  [/\bhf_[A-Za-z0-9]{20,}/g, 'a Hugging Face token'],
  [/\br8_[A-Za-z0-9]{20,}/g, 'a Replicate token'],
  [/\bgh[pousr]_[A-Za-z0-9]{30,}/g, 'a GitHub token'],
  [/\bgithub_pat_[A-Za-z0-9_]{30,}/g, 'a GitHub token'],
  [/\bAKIA[0-9A-Z]{16}\b/g, 'an AWS key'],
  [/\bAIza[0-9A-Za-z_-]{30,}/g, 'a Google key'],
  [/\bxox[abprs]-[A-Za-z0-9-]{10,}/g, 'a Slack token'],
  [/\bltx[v]?_[A-Za-z0-9]{24,}/g, 'a key of the LTX API'],
  [/\bkey-[A-Za-z0-9]{24,}/g, 'a secret key'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}:[0-9a-f]{16,}/g, 'a key of fal'],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g, 'a signed token'],
  [/-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/g, 'a private key'],
]

/** A long word soon after one of these is suspect. */
const near =
  /\b(?:api[-_ ]?key|key|token|secret|bearer|password|passwd|authorization|credential)\b[\s:="'`]{1,6}(?:env\s+|bearer\s+)?["'`]?([A-Za-z0-9+/_.=-]{20,200})/gi

export function findSecrets(text: string): readonly Secret[] {
  const found: Secret[] = []
  for (const [shape, what] of shapes) {
    for (const match of text.matchAll(shape)) found.push({ start: match.index, end: match.index + match[0].length, what })
  }
  for (const match of text.matchAll(near)) {
    const word = match[1] ?? ''
    const start = match.index + match[0].length - word.length
    if (isMixed(word) && !found.some((one) => one.start < start + word.length && start < one.end)) {
      found.push({ start, end: start + word.length, what: 'a key or a token' })
    }
  }
  return found.sort((a, b) => a.start - b.start)
}

/** The text with every key in it blotted out, letter by letter, so that columns stay where they are. */
export function maskSecrets(text: string): string {
  let masked = text
  for (const { start, end } of findSecrets(text)) masked = masked.slice(0, start) + '•'.repeat(end - start) + masked.slice(end)
  return masked
}

/** Digits and letters mixed beyond what names and words are: four bits a character is a random word of hex. */
function isMixed(word: string): boolean {
  if (/^[A-Z][A-Z0-9_]*$/.test(word) || !/\d/.test(word) || !/[A-Za-z]/.test(word)) return false
  // A path, or words joined by hyphens, is read as words; a key has no such parts.
  if (word.includes('/') && /\.[a-z0-9]{2,5}$/i.test(word)) return false
  const counts = new Map<string, number>()
  for (const letter of word) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  let bits = 0
  for (const count of counts.values()) bits -= (count / word.length) * Math.log2(count / word.length)
  return bits >= 3.2 && (word.match(/\d/g)?.length ?? 0) >= 3
}
