// A file that is no UTF-8 is no text: its reader left the first byte that is none as half a character, U+DC80 to U+DCFF. In goes
// the text as it was read; out comes where that stands and what the file most likely is.

export type Foreign = { readonly at: number; readonly character: string; readonly what: string; readonly hint: string }

const utf16 = 'the file is UTF-16, not UTF-8'

/** Undefined where the text is one. */
export function foreignBytes(text: string): Foreign | undefined {
  const at = text.search(/[\udc80-\udcff]/u)
  if (at === -1) {
    // Letters of the alphabet in UTF-16 without a mark are UTF-8 too, with a NUL beside each.
    const isWide = text.length > 3 && (/^(?:\0[^\0]){2}/.test(text) || /^(?:[^\0]\0){2}/.test(text))
    return isWide ? { at: 0, character: 'U+0000', what: utf16, hint: 'save the file as UTF-8' } : undefined
  }
  const byte = text.charCodeAt(at) - 0xdc00
  const character = `0x${byte.toString(16).toUpperCase()}`
  if (at === 0 && byte >= 0xfe) return { at, character, what: utf16, hint: 'save the file as UTF-8 (in a spreadsheet: “CSV UTF-8”)' }
  return {
    at,
    character,
    what: `a byte that is no UTF-8`,
    hint: 'save the file as UTF-8 (in a spreadsheet: “CSV UTF-8”); most likely it is in Windows-1252 or Latin-1 now',
  }
}
