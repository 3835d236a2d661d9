// A command line in, what it asks for out: a command with its files, words and options; help; or what is wrong with it
// and what was probably meant. Pure; the table it reads by is `commands`.
import { parseArgs } from 'node:util'
import { closest } from '../lang/suggest.ts'
import type { CommandSpec, OptionSpec } from '../report/help.ts'
import { usageOf } from '../report/help.ts'
import { shellWord } from '../safe-text.ts'
import type { CommandName, OptionName } from './commands.ts'
import { commands, globals } from './commands.ts'

export type Options = {
  has(name: OptionName): boolean
  /** The last one given. */
  value(name: OptionName): string | undefined
  values(name: OptionName): readonly string[]
}

/** A usage error: exit code 2. `next` is what to type. */
export type Wrong = { readonly kind: 'wrong'; readonly message: string; readonly next: string }

export type Parsed =
  | {
      readonly kind: 'run'
      readonly command: CommandName
      /** Scripts that were named: none where they were left out. `-` is the standard input. */
      readonly files: readonly string[]
      /** The other arguments, all there, in the order of the command's usage. */
      readonly words: readonly string[]
      readonly options: Options
    }
  | { readonly kind: 'help'; readonly command?: CommandName }
  | { readonly kind: 'version' }
  | Wrong

const specs: readonly CommandSpec[] = commands
const isCommand = (word: string): word is CommandName => specs.some(({ name }) => name === word)
export const commandSpec = (name: CommandName): CommandSpec => specs.find((spec) => spec.name === name) ?? commands[0]

const wrong = (message: string, next: string): Wrong => ({ kind: 'wrong', message, next })

/** `argv` without node and the script. */
export function parseCommandLine(argv: readonly string[]): Parsed {
  const end = argv.indexOf('--')
  const before = end < 0 ? argv : argv.slice(0, end)
  const first = before.find((word) => !word.startsWith('-'))
  if (before.includes('--version') || before.includes('-V')) return { kind: 'version' }
  const asksHelp = first === 'help' || before.includes('--help') || before.includes('-h')
  if (argv.length === 0) return { kind: 'help' }
  if (asksHelp) return parseHelp(first === 'help' ? before.find((word) => !word.startsWith('-') && word !== 'help') : first)
  if (first === undefined) return wrong(`no command in \`ltx ${argv.join(' ')}\``, 'ltx --help')
  if (!isCommand(first)) return unknownCommand(first)
  const rest = [...argv]
  rest.splice(rest.indexOf(first), 1)
  return parseRest(commandSpec(first), first, rest)
}

function parseHelp(word: string | undefined): Parsed {
  if (word === undefined) return { kind: 'help' }
  return isCommand(word) ? { kind: 'help', command: word } : unknownCommand(word)
}

function unknownCommand(word: string): Wrong {
  // A film where a command should be: most likely it is to be rendered.
  if (word.endsWith('.ltx')) return wrong(`\`${word}\` is a film, and no command says what to do with it`, `ltx render ${shellWord(word)}`)
  const meant = closest(word, [...specs.map(({ name }) => name), 'help'])
  return wrong(`there is no command \`${word}\``, meant === undefined ? 'ltx --help' : `did you mean \`ltx ${meant}\`?`)
}

function parseRest(spec: CommandSpec, command: CommandName, rest: readonly string[]): Parsed {
  const known: readonly OptionSpec[] = [...spec.options, ...globals]
  const { tokens } = parseArgs({
    args: [...rest],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      known.map(({ name, short, value }) => [
        name,
        { type: value === undefined ? ('boolean' as const) : ('string' as const), ...(short === undefined ? {} : { short }) },
      ]),
    ),
  })
  const given = new Map<string, string[]>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const problem = optionProblem(token.name, token.rawName, token.value, known, spec)
    if (problem !== undefined) return problem
    given.set(token.name, [...(given.get(token.name) ?? []), token.value ?? ''])
  }
  const clash = spec.apart?.find((names) => names.filter((name) => given.has(name)).length > 1)
  if (clash !== undefined)
    return wrong(`${clash.map((name) => `--${name}`).join(' and ')} cannot be used together`, `ltx help ${spec.name}`)
  const operands = parseOperands(spec, words)
  if ('kind' in operands) return operands
  return {
    kind: 'run',
    command,
    ...operands,
    options: {
      has: (name) => given.has(name),
      value: (name) => given.get(name)?.at(-1),
      values: (name) => given.get(name) ?? [],
    },
  }
}

function optionProblem(
  name: string,
  raw: string,
  value: string | undefined,
  known: readonly OptionSpec[],
  spec: CommandSpec,
): Wrong | undefined {
  const help = `ltx help ${spec.name}`
  const option = known.find((candidate) => candidate.name === name)
  if (option === undefined) {
    const meant = closest(
      name,
      known.map((candidate) => candidate.name),
    )
    const elsewhere = specs
      .filter((other) => other.options.some((candidate) => candidate.name === name))
      .map((other) => `ltx ${other.name}`)
    if (meant !== undefined) return wrong(`\`ltx ${spec.name}\` has no option \`${raw}\``, `did you mean \`--${meant}\`?`)
    const where = elsewhere.length > 0 ? `; ${elsewhere.join(', ')} ${elsewhere.length === 1 ? 'has' : 'have'} it` : ''
    return wrong(`\`ltx ${spec.name}\` has no option \`${raw}\`${where}`, help)
  }
  if (option.value === undefined) return value === undefined ? undefined : wrong(`\`--${name}\` takes no value`, help)
  if (value === undefined || value === '') return wrong(`\`--${name}\` needs a value: --${name} ${option.value}`, help)
  if (option.form === 'count' && !/^[1-9]\d{0,3}$/.test(value)) return wrong(`\`--${name} ${value}\` is no whole number from 1`, help)
  if (option.form === 'pair' && !/^[^=\s]+=/.test(value))
    return wrong(`\`--${name} ${value}\` has no \`=\`: --${name} ${option.value}`, help)
  return undefined
}

const isScript = (word: string): boolean => word.endsWith('.ltx') || word === '-'

/** Scripts apart from the other arguments: a first script may be left out, the others have to be there. */
function parseOperands(spec: CommandSpec, given: readonly string[]): { files: readonly string[]; words: readonly string[] } | Wrong {
  const usage = usageOf(spec)
  const script = spec.operands.find((operand) => operand.script === true)
  const others = spec.operands.filter((operand) => operand.script !== true)
  if (script?.many === true) return { files: given, words: [] }
  const needed = others.filter((operand) => operand.optional !== true).length
  // The script stands first, or last, as the command has it.
  const last = script !== undefined && spec.operands.indexOf(script) > 0
  const place = last ? given.length - 1 : 0
  const named = script !== undefined && (isScript(given[place] ?? '') || given.length > others.length)
  const files = named ? given.slice(place, place + 1) : []
  const words = named ? given.filter((_, index) => index !== place) : given
  const missing = others[words.length]
  if (words.length < needed && missing !== undefined) return wrong(`${missing.name} is missing: ${missing.doc}`, usage)
  const extra = words[others.length]
  if (extra !== undefined) return wrong(`\`${extra}\` is one argument too many`, usage)
  for (const [index, word] of words.entries()) {
    const { choices, name } = others[index] ?? {}
    if (choices === undefined || choices.includes(word)) continue
    const meant = closest(word, choices)
    return wrong(`${name} is ${choices.join(', ')}, not \`${word}\``, meant === undefined ? usage : `did you mean \`${meant}\`?`)
  }
  return { files, words }
}

/** `--set a=1 --set b=2` as a map; the last one wins. */
export const pairsOf = (texts: readonly string[]): ReadonlyMap<string, string> =>
  new Map(texts.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]))

/** The one film that is meant when none was named. `films`: those in the current folder. */
export function onlyFilm(films: readonly string[], command: CommandName): { readonly file: string } | Wrong {
  const [first] = films
  if (first === undefined) return wrong('there is no film in this folder', 'ltx init my-film')
  if (films.length === 1) return { file: first }
  const some = films.slice(0, 5).join(', ')
  return wrong(`there are ${films.length} films here: ${some}${films.length > 5 ? ', …' : ''}`, `ltx ${command} ${first}`)
}
