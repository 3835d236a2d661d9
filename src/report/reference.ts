// The reference page of the language and the page of its codes, written from the tables that the program itself reads: the
// schema, the functions, the catalogue. A test holds the pages in docs/ to them.

import { areas, type Code, codes, isCode } from '../lang/codes.ts'
import { functions } from '../lang/meaning/functions.ts'
import { type Arg, type Clause, type Parent, type Row, reserved, rows } from '../lang/schema.ts'
import { phraseOf } from '../lang/syntax/arg-fit.ts'
import { guide, intro } from './reference-guide.ts'

const generated = '<!-- Written by the program from its own tables (src/report/reference.ts); edit those, then run `npm run docs`. -->'

/** docs/language.md */
export function languagePage(): string {
  return `${[
    '# The `.ltx` language',
    generated,
    intro,
    contents(),
    ...guide,
    functionsSection(),
    '## Statements',
    'Each statement, by the block it stands in. CAPITALS stand for values, brackets for what may be left out. A setting that is not written has its default, or that of the scene or project around it: the nearest wins, and lists (`avoid`, `look`) add up.',
    ...places.flatMap(([parent, title, text]) => placeSection(parent, title, text)),
    lintsSection(),
    wordsSection(),
  ].join('\n\n')}\n`
}

/** Blocks in reading order. */
const places: readonly (readonly [Parent, string, string])[] = [
  [
    'file',
    'At the top of a file',
    'A film is a file with a `project`; a file with a `series` is many films; a file with neither is a library.',
  ],
  ['project', 'In `project`', 'What holds for the whole film.'],
  ['provider', 'In `provider`', 'How a host or a machine is reached.'],
  ['cast', 'In `cast`', 'What keeps somebody looking and sounding the same.'],
  ['scene', 'In `scene`', 'Shots, and what holds for all of them.'],
  [
    'shot',
    'In `shot`',
    'The parts of the prompt, and what is done to the clip after it is made. A text of its own is words of the action.',
  ],
  ['extend', 'In `extend`', 'Words of this link alone; what is not written is as in the shot.'],
  ['retake', 'In `retake`', 'Words of this stretch alone; what is not written is as in the shot.'],
  ['bed', 'In `bed`', 'Where music, ambience or voice plays, and how loud.'],
  ['title', 'In `title`', 'Where words over the picture stand.'],
  ['card', 'In `card`', ''],
  ['captions', 'In `captions`', ''],
  ['deliver', 'In `deliver`', 'One more file from the same cut.'],
  ['series', 'In `series`', 'One film a row of a table.'],
]

const anchor = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-')
const link = (title: string): string => `[${title}](#${anchor(title)})`

function contents(): string {
  const titles = [...guide.filter((part) => part.startsWith('## ')).map((part) => part.slice(3).split('\n', 1)[0] ?? ''), 'Functions']
  const blocks = places.map(([, title]) => link(title)).join(' · ')
  return `${titles.map(link).join(' · ')}\n\n${link('Statements')}: ${blocks}\n\n${link('Lints')} · ${link('Words of the grammar')} · [errors.md](errors.md)`
}

function functionsSection(): string {
  const lines = functions.map((one) => {
    const params = one.params.map((param) => `${param.name}: ${param.type}${param.optional === true ? '?' : ''}`).join(', ')
    return `| \`${one.name}(${params})\` | \`${one.result}\` | ${cell(one.doc)} | \`${cell(one.example)}\` |`
  })
  return `## Functions\n\nIn holes, sums and arguments. A function reads nothing but its arguments.\n\n| function | gives | | example |\n|---|---|---|---|\n${lines.join('\n')}`
}

const cell = (text: string): string => text.replaceAll('|', '\\|')

/** A row is told where it first stands; elsewhere it is only named. */
const homeOf = (row: Row): Parent => places.map(([parent]) => parent).find((parent) => row.parents.includes(parent)) ?? 'file'

function placeSection(parent: Parent, title: string, text: string): readonly string[] {
  const here = rows.filter((row) => row.parents.includes(parent))
  const told = here.filter((row) => homeOf(row) === parent)
  const named = here.filter((row) => homeOf(row) !== parent)
  const also =
    named.length === 0 ? [] : [`Also, as above: ${named.map((row) => `[\`${row.word}\`](#${anchor(titleOf(row))})`).join(', ')}.`]
  return [`### ${title}`, ...(text === '' ? [] : [text]), ...told.map(rowSection), ...also]
}

/** Two rows may share a word; then the block tells them apart. */
const titleOf = (row: Row): string =>
  rows.some((other) => other !== row && other.word === row.word) ? `${row.word} in ${homeOf(row)}` : row.word

function rowSection(row: Row): string {
  const elsewhere = row.parents.filter((parent) => parent !== homeOf(row)).map((parent) => `\`${parent}\``)
  const facts = [
    ...(row.default === undefined ? [] : [`default \`${row.default}\``]),
    ...(row.many ? ['may stand more than once'] : []),
    ...(elsewhere.length === 0 ? [] : [`also in ${elsewhere.join(', ')}`]),
  ]
  const details = [...row.args.map((arg) => argLine(arg)), ...row.clauses.map(clauseLine)]
  return [
    `#### ${titleOf(row)}`,
    `\`${signature(row)}\``,
    `${sentence(row.doc)}${facts.length === 0 ? '' : ` *(${facts.join('; ')})*`}`,
    ...(details.length === 0 ? [] : [details.join('\n')]),
    `Example: \`${row.example}\``,
  ].join('\n\n')
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`

/** `shot NAME [DURATION] [from IMAGE] … [{ … }]` */
export function signature(row: Row): string {
  const args = row.args.map((arg) => {
    const name = `${placeholder(arg)}${arg.many === true ? ' …' : ''}`
    return arg.optional === true ? `[${name}]` : name
  })
  const clauses = row.clauses.map((clause) => `[${[clause.word, ...clause.args.map(placeholder)].join(' ')}]`)
  const block = row.block === 'required' ? ['{ … }'] : row.block === 'optional' ? ['[{ … }]'] : []
  return [row.word, ...args, ...clauses, ...block].join(' ')
}

function placeholder(arg: Arg): string {
  const words = arg.types.flatMap((type) => (typeof type === 'object' ? type.words : []))
  return words.length > 1 ? words.join('|') : arg.name.toUpperCase()
}

const kindOf = (arg: Arg): string => phraseOf(arg.types).replace(/^an? /, '')

function argLine(arg: Arg): string {
  const kind = arg.types.includes('new-name') || arg.types.some((type) => typeof type === 'object') ? '' : kindOf(arg)
  const notes = [...(kind === '' ? [] : [kind]), ...(arg.many === true ? ['one or more, or a list'] : [])].join('; ')
  return `- \`${placeholder(arg)}\`: ${arg.doc}${notes === '' ? '' : ` (${notes})`}`
}

function clauseLine(clause: Clause): string {
  const kinds = clause.args.filter((arg) => !arg.types.includes('new-name') && !arg.types.includes('any')).map(kindOf)
  return `- \`${[clause.word, ...clause.args.map(placeholder)].join(' ')}\`: ${clause.doc}${kinds.length === 0 ? '' : ` (${kinds.join(', ')})`}`
}

function lintsSection(): string {
  const lints = allCodes.filter((code) => codes[code].severity === 'warning')
  return [
    '## Lints',
    'Warnings about words and lengths that are known to go wrong. They stop nothing. A comment `# allow CODE` at the end of the line, or on the line above, switches one off there.',
    `| code | why |\n|---|---|\n${lints.map((code) => `| [\`${code}\`](errors.md#${anchor(code)}) | ${cell(codes[code].reason)} |`).join('\n')}`,
  ].join('\n\n')
}

function wordsSection(): string {
  const words = [...reserved].map((word) => `\`${word}\``).join(' ')
  return `## Words of the grammar\n\n${words} cannot name anything. All other words are names until a block says otherwise; a shot may be called \`look\`.`
}

// ── docs/errors.md ──────────────────────────────────────────────────────────────────────────────────────────────────────

const allCodes: readonly Code[] = Object.keys(codes).filter(isCode)

const areaTitles: Readonly<Record<(typeof areas)[number], string>> = {
  syntax: 'Reading the text',
  name: 'Names',
  statement: 'Statements',
  type: 'Kinds of values',
  value: 'Values',
  time: 'Times',
  duration: 'Lengths',
  size: 'Sizes',
  asset: 'Files',
  film: 'The film',
  prompt: 'Words of a prompt',
  chain: 'Chains',
  provider: 'Providers',
  route: 'Routes',
  series: 'Series',
  lock: 'The lock',
  limit: 'Limits',
  secret: 'Secrets',
}

/** `frameOf`: what is drawn for the smallest script that earns the code. */
export function errorsPage(frameOf: (code: Code) => string): string {
  const byArea = areas
    .map((area) => [area, allCodes.filter((code) => code.startsWith(`${area}.`))] as const)
    .filter(([, found]) => found.length > 0)
  const index = byArea.map(([area, found]) => `- ${areaTitles[area]}: ${found.map((code) => `[\`${code}\`](#${anchor(code)})`).join(', ')}`)
  return `${[
    '# Errors and warnings',
    generated,
    'Every code with its reason, the smallest script that earns it, and the way out. `ltx explain CODE` prints the same, offline. An error stops before anything is made or paid for; a warning stops nothing, and `# allow CODE` on its line or the line above switches it off. `ltx check --fix` makes the edits that are marked `fix`; those marked `perhaps` are left to you.',
    index.join('\n'),
    ...byArea.flatMap(([, found]) => found.map((code) => codeSection(code, frameOf(code)))),
  ].join('\n\n')}\n`
}

function codeSection(code: Code, frame: string): string {
  const { severity, reason, hint } = codes[code]
  const shown = firstFrame(frame)
  // Most frames end with this very hint.
  const told = shown.replace(/\s+/g, ' ').includes(`= hint: ${hint}`)
  const parts = [`## \`${code}\``, `*${severity}.* ${reason}`, `\`\`\`text\n${shown}\n\`\`\``, ...(told ? [] : [`What to do: ${hint}.`])]
  return parts.join('\n\n')
}

/** A script that earns a code twice shows it once. */
const firstFrame = (frame: string): string => frame.trimEnd().split('\n\n')[0] ?? ''
