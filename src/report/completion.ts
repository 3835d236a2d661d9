// Completion scripts for bash, zsh and fish from the table of commands. A script knows everything itself and never
// runs the program: commands, their options, fixed choices, and scripts by their ending.
import type { CommandSpec, HelpTable, OptionSpec } from './help.ts'

export type Shell = 'bash' | 'zsh' | 'fish'

export function completionScript(shell: Shell, table: HelpTable): string {
  switch (shell) {
    case 'bash':
      return bash(table)
    case 'zsh':
      return zsh(table)
    case 'fish':
      return fish(table)
  }
}

/** In single quotes, as every one of the three shells reads them. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
const fishQuoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

const optionsOf = (command: CommandSpec, { globals }: HelpTable): readonly OptionSpec[] => [...command.options, ...globals]
const takesScript = (command: CommandSpec): boolean => command.operands.some((operand) => operand.script === true)
const choicesOf = (command: CommandSpec): readonly string[] => command.operands.flatMap((operand) => operand.choices ?? [])

function bash(table: HelpTable): string {
  const names = [...table.commands.map(({ name }) => name), 'help']
  const cases = table.commands.map((command) => {
    const options = optionsOf(command, table).map(({ name }) => `--${name}`)
    return `    ${command.name}) options=${quoted(options.join(' '))}; words=${quoted(choicesOf(command).join(' '))}; files=${takesScript(command) ? 'yes' : ''} ;;`
  })
  return [
    '# ltx for bash; in ~/.bashrc: source <(ltx completion bash)',
    '_ltx() {',
    // The shell hands over the word that is being typed as the second argument.
    '  local word="$2" options="" words="" files=""',
    '  COMPREPLY=()',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    COMPREPLY=($(compgen -W ${quoted([...names, '--help', '--version'].join(' '))} -- "$word"))`,
    '    return',
    '  fi',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are bash's own
    '  case "${COMP_WORDS[1]}" in',
    ...cases,
    `    help) words=${quoted(names.join(' '))} ;;`,
    '  esac',
    '  case "$word" in',
    '    -*) COMPREPLY=($(compgen -W "$options" -- "$word")) ;;',
    '    *)',
    '      COMPREPLY=($(compgen -W "$words" -- "$word"))',
    // Folders too, since the script may lie in one.
    '      if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -X "!*.ltx" -- "$word") $(compgen -d -- "$word")); fi',
    '      ;;',
    '  esac',
    '}',
    'complete -o filenames -F _ltx ltx',
    '',
  ].join('\n')
}

/** In zsh's `_arguments`, `:` and brackets have a meaning of their own. */
const zshDoc = (text: string): string => text.replace(/[[\]:\\]/g, (character) => `\\${character}`)

function zshOption({ name, value, many, doc }: OptionSpec): string {
  return quoted(`${many === true ? '*' : ''}--${name}[${zshDoc(doc)}]${value === undefined ? '' : `:${zshDoc(value)}:`}`)
}

function zsh(table: HelpTable): string {
  const cases = table.commands.map((command) => {
    const choices = choicesOf(command)
    const rest =
      choices.length > 0 ? [quoted(`1:choice:(${choices.join(' ')})`)] : takesScript(command) ? [quoted('*:film:_files -g "*.ltx"')] : []
    return `    ${command.name}) _arguments ${[...optionsOf(command, table).map(zshOption), ...rest].join(' ')} ;;`
  })
  return [
    '#compdef ltx',
    '# ltx for zsh; in ~/.zshrc, after compinit: source <(ltx completion zsh)',
    '_ltx() {',
    '  if (( CURRENT == 2 )); then',
    '    local -a commands=(',
    ...table.commands.map(({ name, summary }) => `      ${quoted(`${name}:${zshDoc(summary)}`)}`),
    "      'help:help for a command'",
    '    )',
    '    _describe command commands',
    '    return',
    '  fi',
    '  local command=$words[2]',
    '  shift words; (( CURRENT-- ))',
    '  case $command in',
    ...cases,
    `    help) _arguments ${quoted(`1:command:(${table.commands.map(({ name }) => name).join(' ')})`)} ;;`,
    '  esac',
    '}',
    'if [ "$funcstack[1]" = _ltx ]; then _ltx "$@"; else compdef _ltx ltx; fi',
    '',
  ].join('\n')
}

function fish(table: HelpTable): string {
  const within = (name: string): string => `-n ${fishQuoted(`__fish_seen_subcommand_from ${name}`)}`
  const option = (command: CommandSpec, { name, short, value, doc }: OptionSpec): string =>
    [
      `complete -c ltx ${within(command.name)} -l ${name}`,
      ...(short === undefined ? [] : [`-s ${short}`]),
      ...(value === undefined ? [] : ['-x']),
      `-d ${fishQuoted(doc)}`,
    ].join(' ')
  return [
    '# ltx for fish; in config.fish: ltx completion fish | source',
    'complete -c ltx -f',
    ...table.commands.map(({ name, summary }) => `complete -c ltx -n __fish_use_subcommand -a ${name} -d ${fishQuoted(summary)}`),
    `complete -c ltx -n __fish_use_subcommand -a help -d ${fishQuoted('help for a command')}`,
    `complete -c ltx ${within('help')} -a ${fishQuoted(table.commands.map(({ name }) => name).join(' '))}`,
    ...table.commands.flatMap((command) => [
      ...optionsOf(command, table).map((spec) => option(command, spec)),
      ...(takesScript(command) ? [`complete -c ltx ${within(command.name)} -a '(__fish_complete_suffix .ltx)'`] : []),
      ...(choicesOf(command).length > 0 ? [`complete -c ltx ${within(command.name)} -a ${fishQuoted(choicesOf(command).join(' '))}`] : []),
    ]),
    '',
  ].join('\n')
}
