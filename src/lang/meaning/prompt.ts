// Joins the parts of a prompt. In go the words of a shot or a link and what the provider takes; out come the prompt and
// the negative prompt. One order for everybody: place and subject, action, timed stretches, lines, camera, light and
// texture, sound. Early words weigh most, so a shot that its sound leads begins with the lines and the sound.
import type { Line, Words } from '../program.ts'

export type PromptCapabilities = { readonly negative: boolean; readonly promptLimit: number }

export type PromptOptions = {
  /** The sound drives the picture (`sync`, `to-beat`). A shot with lines and no action is led by its sound as well. */
  readonly soundLed?: boolean
  /** How the people of the cast look, by name: who speaks is told by looks, since a model knows no names. */
  readonly cast?: ReadonlyMap<string, string>
  /** `at` stretches, in seconds, for a provider that takes one prompt for the whole shot. */
  readonly segments?: readonly { readonly from: number; readonly to: number; readonly text: string }[]
}

/** `length` is what a host would count: UTF-16 units, as JavaScript and their docs do. */
export type Prompt = { readonly prompt: string; readonly negative: string; readonly tooLong: boolean }

export function buildPrompt(words: Words, capabilities: PromptCapabilities, options: PromptOptions = {}): Prompt {
  const seen = new Set<string>()
  const lines = words.say.map((line) => sayLine(line, options.cast))
  const scene = [...sentences([words.setting], seen), ...sentences(words.action, seen)]
  const timed = (options.segments ?? []).map((segment) => timedSentence(segment))
  const camera = labelled('Camera', /\b(camera|shot|lens|drone|tripod|handheld|pov)\b/i, words.camera, seen)
  const look = phrase(words.look, seen)
  const sound = labelled('Sound', /\b(sounds?|heard|hear|audio|music|voice|silence|score)\b/i, words.sound, seen)
  const avoid = avoidItems(words.avoid)

  const led = options.soundLed === true || (words.say.length > 0 && words.action.length === 0)
  const ordered = led
    ? [...lines, ...sound, ...scene, ...timed, ...camera, ...look]
    : [...scene, ...timed, ...lines, ...camera, ...look, ...sound]
  if (!capabilities.negative && avoid.length > 0) ordered.push(sentence(avoid.map((item) => `no ${item}`).join(', ')))

  const prompt = ordered.join(' ')
  return { prompt, negative: capabilities.negative ? avoid.join(', ') : '', tooLong: prompt.length > capabilities.promptLimit }
}

/** One line of white space for any run of it, none at the ends. */
export const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** Begins with a capital and ends with a mark. A first word with capitals of its own (`iPhone`, `UFO`) is left alone. */
function sentence(text: string): string {
  const clean = tidy(text).replace(/[,;:\-–—\s]+$/u, '')
  const first = /^\S+/.exec(clean)?.[0] ?? ''
  const opened = first === first.toLowerCase() ? capital(clean) : clean
  return /[.!?…]["'”’)]*$/u.test(opened) ? opened : `${opened}.`
}

function capital(text: string): string {
  const [first = ''] = text
  return first.toUpperCase() + text.slice(first.length)
}

/** True the first time these words are met, whatever their case, spaces and end mark. */
function fresh(text: string, seen: Set<string>): boolean {
  const id = tidy(text)
    .toLowerCase()
    .replace(/[.,;:!?…]+$/u, '')
  if (id === '' || seen.has(id)) return false
  seen.add(id)
  return true
}

const sentences = (texts: readonly string[], seen: Set<string>): string[] => texts.filter((text) => fresh(text, seen)).map(sentence)

/** Phrases become one sentence; a part that is a sentence already stands alone. */
function phrase(texts: readonly string[], seen: Set<string>): string[] {
  const parts = texts.filter((text) => fresh(text, seen)).map(tidy)
  const whole = parts.filter((part) => /[.!?…]$/u.test(part)).map(sentence)
  const loose = parts.filter((part) => !/[.!?…]$/u.test(part)).map((part) => part.replace(/[,;:]+$/u, ''))
  return loose.length === 0 ? whole : [sentence(loose.join(', ')), ...whole]
}

/** As `phrase`, with a label in front where the words alone would not say what they speak of. */
function labelled(label: string, speaks: RegExp, texts: readonly string[], seen: Set<string>): string[] {
  return phrase(texts, seen).map((one) => (speaks.test(one) ? one : `${label}: ${uncapital(one)}`))
}

function uncapital(text: string): string {
  const first = /^\S+/.exec(text)?.[0] ?? ''
  return /^\p{Lu}\p{Ll}*[.,;]?$/u.test(first) ? text.slice(0, 1).toLowerCase() + text.slice(1) : text
}

/** `A woman in her thirties says: "I knew."` Looks are cut at their first comma; a name outside the cast is said as it is. */
function sayLine(line: Line, cast: PromptOptions['cast']): string {
  const looks = line.who === undefined ? undefined : cast?.get(line.who)
  const who = looks === undefined ? line.who : tidy(looks).split(',', 1)[0]
  const quoted = tidy(line.text).replace(/"/g, "'")
  return who === undefined || who === '' ? `A voice says: "${quoted}"` : `${capital(who)} says: "${quoted}"`
}

function timedSentence(segment: { readonly from: number; readonly to: number; readonly text: string }): string {
  const text = tidy(segment.text)
  return sentence(`From second ${round(segment.from)} to second ${round(segment.to)}, ${uncapital(text)}`)
}
const round = (seconds: number): string => String(Number(seconds.toFixed(2)))

/** The single things to keep out, each once, without the `no` or `avoid` that people write in front. */
export function avoidItems(texts: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return texts
    .flatMap((text) => text.split(/[,;.\n]/))
    .map((item) => tidy(item).replace(/^(?:no|avoid|without|never)\s+(?:any\s+)?/i, ''))
    .filter((item) => fresh(item, seen))
}
