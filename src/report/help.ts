// `ltx --help` and `ltx help COMMAND` as text, from the one table of commands.
// The table's types stand here; the table itself is `cli/commands`, which imports nothing so that help starts at once.
import { widthOf, wrap } from './cell.ts'
import { tint } from './row.ts'

export type OptionSpec = {
  readonly name: string
  readonly short?: string
  /** What stands after it, as the help shows it; absent for a switch. */
  readonly value?: string
  readonly many?: true
  /** `count`: a whole number from 1; `pair`: `name=value`. Anything else is any text. */
  readonly form?: 'count' | 'pair'
  readonly doc: string
}

export type OperandSpec = {
  readonly name: string
  readonly doc: string
  readonly optional?: true
  readonly many?: true
  readonly choices?: readonly string[]
  /** A script: may be left out where there is only one to mean. */
  readonly script?: true
}

export type CommandSpec = {
  readonly name: string
  readonly summary: string
  /** One paragraph. */
  readonly about: string
  readonly operands: readonly OperandSpec[]
  readonly options: readonly OptionSpec[]
  /** Options that contradict each other. */
  readonly apart?: readonly (readonly string[])[]
  readonly examples: readonly { readonly line: string; readonly does: string }[]
}

export type HelpTable = {
  readonly commands: readonly CommandSpec[]
  readonly globals: readonly OptionSpec[]
  /** Commands in the order and under the headings of the overview. */
  readonly groups: readonly { readonly title: string; readonly commands: readonly string[] }[]
}

export type HelpLook = { readonly colour: boolean; readonly width: number }

const operandText = ({ name, optional, many, script }: OperandSpec): string => {
  const text = many === true ? `${name}...` : name
  return optional === true || script === true ? `[${text}]` : text
}

const optionText = ({ name, short, value }: OptionSpec): string =>
  `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`

export const usageOf = (command: CommandSpec): string =>
  ['ltx', command.name, ...command.operands.map(operandText), ...(command.options.length > 0 ? ['[options]'] : [])].join(' ')

/** Two columns: what to type, and what it does, wrapped beside it. */
function table(rows: readonly (readonly [string, string])[], look: HelpLook, least = 0): readonly string[] {
  const first = Math.min(30, Math.max(least, ...rows.map(([left]) => widthOf(left))))
  const room = Math.max(20, look.width - first - 4)
  return rows.flatMap(([left, right]) => {
    const lines = wrap(right, room)
    const start = `  ${tint(left, 'live', look.colour)}`
    if (widthOf(left) > first) return [start, ...lines.map((line) => `${' '.repeat(first + 4)}${line}`)]
    const gap = ' '.repeat(first - widthOf(left) + 2)
    return [`${start}${gap}${lines[0] ?? ''}`, ...lines.slice(1).map((line) => `${' '.repeat(first + 4)}${line}`)]
  })
}

const heading = (text: string, look: HelpLook): string => tint(text, 'strong', look.colour)

/** All commands on one screen. */
export function overviewText({ commands, globals, groups }: HelpTable, look: HelpLook): string {
  const names = Math.max(...commands.map(({ name }) => name.length))
  const summaryOf = (name: string): readonly [string, string] => [name, commands.find((command) => command.name === name)?.summary ?? '']
  return [
    `${heading('ltx', look)} makes films from shot lists: a script in, a finished MP4 out.`,
    '',
    `${heading('Usage', look)}  ltx COMMAND [FILE] [options]`,
    ...groups.flatMap((group) => ['', heading(group.title, look), ...table(group.commands.map(summaryOf), look, names)]),
    '',
    heading('Everywhere', look),
    ...table(
      globals.map((option) => [optionText(option), option.doc]),
      look,
    ),
    '',
    'FILE may be left out where the folder holds one film.',
    `${heading('First film', look)}  ltx init my-film && cd my-film && ltx render --animatic`,
    `${heading('More', look)}        ltx help COMMAND`,
    '',
  ].join('\n')
}

/** One command: what it is for, how it is typed, examples first of all. */
export function commandText(command: CommandSpec, globals: readonly OptionSpec[], look: HelpLook): string {
  const operands = command.operands.map((operand): [string, string] => [operand.name, operand.doc])
  const options = command.options.map((option): [string, string] => [
    optionText(option),
    option.many === true ? `${option.doc} (may be repeated)` : option.doc,
  ])
  return [
    `${heading('Usage', look)}  ${usageOf(command)}`,
    '',
    ...wrap(command.about, look.width),
    '',
    heading('Examples', look),
    ...table(
      command.examples.map(({ line, does }) => [line, does]),
      look,
    ),
    ...(operands.length > 0 ? ['', heading('Arguments', look), ...table(operands, look)] : []),
    ...(options.length > 0 ? ['', heading('Options', look), ...table(options, look)] : []),
    '',
    heading('Everywhere', look),
    ...table(
      globals.map((option) => [optionText(option), option.doc]),
      look,
    ),
    '',
  ].join('\n')
}
