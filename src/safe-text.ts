// Any text in, a text that cannot steer a terminal out. Control characters (C0 but new line and tab, DEL, C1),
// characters that turn or hide text, and halves of letters become visible escapes such as \x1b and \u202e.
// Every sink that prints what a script, a host, a file name or a clip said passes it through here.

const unsafe =
  /[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\p{Cs}\u{e0000}-\u{e007f}]|\u034f|\u17b4|\u17b5/gu

const escaped = (character: string): string => {
  const code = character.codePointAt(0) ?? 0
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`
}

/** Makes every unsafe character visible; new lines and tabs stay. */
export const safeText = (text: string): string => text.replace(unsafe, escaped)

/** The same for text that must stay on one line. */
export const safeLine = (text: string): string => safeText(text).replace(/\n/g, '\\n').replace(/\t/g, '\\t')

/** A word of a command line as a person can type it into a shell: in quotes where it needs them, and never an option. */
export function shellWord(text: string): string {
  const word = safeLine(text.startsWith('-') ? `./${text}` : text)
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
