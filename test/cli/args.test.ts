// The command line: what is understood, what is refused, and what is said instead.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { onlyFilm, pairsOf, parseCommandLine } from '../../src/cli/args.ts'
import { commands, globals, helpTable } from '../../src/cli/commands.ts'
import { widthOf } from '../../src/report/cell.ts'
import { completionScript } from '../../src/report/completion.ts'
import { commandText, overviewText } from '../../src/report/help.ts'

const parse = (line: string) => parseCommandLine(line.split(' ').filter(Boolean))
const run = (line: string) => {
  const parsed = parse(line)
  if (parsed.kind !== 'run') throw new Error(`${line}: ${JSON.stringify(parsed)}`)
  return parsed
}

describe('a command line that is right', () => {
  it('takes options before and after the film', () => {
    const parsed = run('render --animatic harbor.ltx --only harbor/open --only failed --jobs 2 -y')
    expect(parsed.command).toBe('render')
    expect(parsed.files).toEqual(['harbor.ltx'])
    expect(parsed.options.has('animatic')).toBe(true)
    expect(parsed.options.has('draft')).toBe(false)
    expect(parsed.options.has('yes')).toBe(true)
    expect(parsed.options.values('only')).toEqual(['harbor/open', 'failed'])
    expect(parsed.options.value('jobs')).toBe('2')
  })
  it('takes options before the command and values after `=`', () => {
    expect(run('--no-color plan --shot=harbor/open').options.value('shot')).toBe('harbor/open')
    expect(run('--no-color plan').options.has('no-color')).toBe(true)
  })
  it.each([
    ['takes harbor/open', [], ['harbor/open']],
    ['takes film.ltx harbor/open', ['film.ltx'], ['harbor/open']],
    ['pick harbor/open 2', [], ['harbor/open', '2']],
    ['pick film.ltx harbor/open 2', ['film.ltx'], ['harbor/open', '2']],
    ['rename a/b a/c', [], ['a/b', 'a/c']],
    ['check', [], []],
    ['check a.ltx b.ltx', ['a.ltx', 'b.ltx'], []],
    ['fmt -', ['-'], []],
    ['plan films/a', ['films/a'], []],
    ['init', [], []],
    ['init my-film', [], ['my-film']],
    ['explain --all', [], []],
    ['completion zsh', [], ['zsh']],
  ])('%s', (line, files, words) => {
    const parsed = run(line)
    expect(parsed.files).toEqual(files)
    expect(parsed.words).toEqual(words)
  })
  it('reads what stands after `--` as it is', () => {
    expect(run('pick harbor/open 2 --').words).toEqual(['harbor/open', '2'])
    expect(run('init -- --help').words).toEqual(['--help'])
  })
  it.each([
    ['', { kind: 'help' }],
    ['--help', { kind: 'help' }],
    ['help', { kind: 'help' }],
    ['help plan', { kind: 'help', command: 'plan' }],
    ['plan --help', { kind: 'help', command: 'plan' }],
    ['plan harbor.ltx -h', { kind: 'help', command: 'plan' }],
    ['--help render', { kind: 'help', command: 'render' }],
    ['--version', { kind: 'version' }],
    ['-V', { kind: 'version' }],
  ])('%s asks for %o', (line, expected) => expect(parse(line)).toEqual(expected))
  it('keeps everything after the first `=` of a pair', () => {
    expect([...pairsOf(['guest=Ada', 'line=a=b', 'guest=Bo'])]).toEqual([
      ['guest', 'Bo'],
      ['line', 'a=b'],
    ])
  })
})

describe('a command line that is wrong', () => {
  it.each([
    ['redner film.ltx', 'there is no command `redner`', 'did you mean `ltx render`?'],
    ['help plam', 'there is no command `plam`', 'did you mean `ltx plan`?'],
    ['xyzzy', 'there is no command `xyzzy`', 'ltx --help'],
    ['film.ltx', '`film.ltx` is a film, and no command says what to do with it', 'ltx render film.ltx'],
    ['--animatic', 'no command in `ltx --animatic`', 'ltx --help'],
    ['render --animatik', '`ltx render` has no option `--animatik`', 'did you mean `--animatic`?'],
    ['plan --frozen', '`ltx plan` has no option `--frozen`; ltx render has it', 'ltx help plan'],
    ['render --animatic --draft', '--animatic and --draft cannot be used together', 'ltx help render'],
    ['render --only', '`--only` needs a value: --only PATH', 'ltx help render'],
    ['render --jobs 0', '`--jobs 0` is no whole number from 1', 'ltx help render'],
    ['render --jobs many', '`--jobs many` is no whole number from 1', 'ltx help render'],
    ['render --set guest', '`--set guest` has no `=`: --set NAME=VALUE', 'ltx help render'],
    ['render --animatic=yes', '`--animatic` takes no value', 'ltx help render'],
    ['render a.ltx b.ltx', '`b.ltx` is one argument too many', 'ltx render [FILE] [options]'],
    ['takes film.ltx', 'SHOT is missing: a shot by its path, such as harbor/open', 'ltx takes [FILE] SHOT [options]'],
    ['pick harbor/open', 'N is missing: the number of the take', 'ltx pick [FILE] SHOT N'],
    ['completion bosh', 'SHELL is bash, zsh, fish, not `bosh`', 'did you mean `bash`?'],
    ['doctor film.ltx now', '`now` is one argument too many', 'ltx doctor [FILE] [options]'],
  ])('%s', (line, message, next) => expect(parse(line)).toEqual({ kind: 'wrong', message, next }))
  it('never throws, whatever is typed', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '--',
        '-',
        '--set',
        '--only=',
        '-y',
        '-yv',
        '--no-',
        '--__proto__',
        '--toString',
        'a.ltx',
        ...commands.map(({ name }) => name),
      ),
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (argv) => ['run', 'help', 'version', 'wrong'].includes(parseCommandLine(argv).kind)),
    )
  })
})

describe('a film that was not named', () => {
  it('is the only one there', () => expect(onlyFilm(['a.ltx'], 'plan')).toEqual({ file: 'a.ltx' }))
  it('has to be said where there are several or none', () => {
    expect(onlyFilm([], 'plan')).toMatchObject({ kind: 'wrong', next: 'ltx init my-film' })
    expect(onlyFilm(['a.ltx', 'b.ltx'], 'plan')).toEqual({
      kind: 'wrong',
      message: 'there are 2 films here: a.ltx, b.ltx',
      next: 'ltx plan a.ltx',
    })
  })
})

describe('help', () => {
  const look = { colour: false, width: 80 }
  it('shows every command once, in 80 columns', () => {
    const text = overviewText(helpTable, look)
    for (const { name, summary } of commands)
      expect(text.split('\n').filter((line) => line.startsWith(`  ${name} `) && line.includes(summary))).toHaveLength(1)
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(80)
    expect(helpTable.groups.flatMap((group) => group.commands).sort()).toEqual(commands.map(({ name }) => name).sort())
  })
  it.each(commands.map((command) => [command.name, command] as const))('%s: every option, and an example that parses', (_name, command) => {
    const text = commandText(command, globals, look)
    for (const option of command.options) expect(text).toContain(`--${option.name}`)
    expect(command.examples.length).toBeGreaterThan(0)
    for (const { line } of command.examples) {
      const words = /ltx ([^|>)]*)/.exec(line)?.[1] ?? ''
      expect(parse(words).kind, line).toBe('run')
    }
    expect(Math.max(...text.split('\n').map(widthOf))).toBeLessThanOrEqual(80)
  })
  it('is coloured only when asked', () => {
    expect(overviewText(helpTable, look)).not.toContain('\u001b')
    expect(overviewText(helpTable, { ...look, colour: true })).toContain('\u001b[')
  })
})

describe('completion', () => {
  const bash = completionScript('bash', helpTable)
  /** What bash would offer for a line that is being typed. */
  const offered = (...words: readonly string[]): readonly string[] => {
    const folder = mkdtempSync(join(tmpdir(), 'ltx-'))
    writeFileSync(join(folder, 'my film.ltx'), '')
    writeFileSync(join(folder, 'notes.txt'), '')
    const script = `${bash}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ltx ltx "\${COMP_WORDS[COMP_CWORD]}" ""; printf '%s\\n' "\${COMPREPLY[@]}"`
    try {
      return execFileSync('bash', ['-c', script, 'bash', 'ltx', ...words], { cwd: folder, encoding: 'utf8' })
        .trim()
        .split('\n')
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  it('offers commands, options, choices and films in bash', () => {
    expect(offered('re')).toEqual(['render', 'rename', 'release', 'resolve'])
    expect(offered('render', '--an')).toEqual(['--animatic'])
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish'])
    expect(offered('plan', '').join(' ')).toContain('film.ltx')
    expect(offered('plan', '').join(' ')).not.toContain('notes')
  })
  it('names every command and option in the others', () => {
    for (const shell of ['zsh', 'fish'] as const) {
      const script = completionScript(shell, helpTable)
      for (const command of commands) {
        expect(script).toContain(command.name)
        for (const option of command.options) expect(script).toMatch(new RegExp(`(--|-l )${option.name}\\b`))
      }
    }
  })
})

it('the table of commands imports nothing at run time', () => {
  const text = readFileSync(new URL('../../src/cli/commands.ts', import.meta.url), 'utf8')
  expect(text.match(/^import (?!type)/gm)).toBeNull()
})
