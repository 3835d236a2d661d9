// For tests of the syntax: reading a text, trees without places, the design page's two films, and random scripts.
import fc from 'fast-check'
import type { File } from '../../src/lang/ast.ts'
import { type Diagnostic, openReporter } from '../../src/lang/diagnostic.ts'
import { rowOf } from '../../src/lang/schema.ts'
import { bind } from '../../src/lang/syntax/bind.ts'
import { checkFile } from '../../src/lang/syntax/check.ts'
import { format } from '../../src/lang/syntax/format.ts'
import { parse } from '../../src/lang/syntax/parse.ts'

export function read(text: string): { readonly file: File; readonly diagnostics: readonly Diagnostic[] } {
  const reporter = openReporter()
  const file = parse({ path: 'test.ltx', text }, reporter)
  return { file, diagnostics: reporter.diagnostics() }
}

/** Reads a text that must have no mistake. */
export function readClean(text: string): File {
  const { file, diagnostics } = read(text)
  if (diagnostics.length > 0) throw new Error(`${JSON.stringify(text)}\n${JSON.stringify(diagnostics, undefined, 1)}`)
  return file
}

export function check(text: string): readonly Diagnostic[] {
  const reporter = openReporter()
  checkFile(parse({ path: 'test.ltx', text }, reporter), reporter)
  return reporter.diagnostics()
}

/** Binds the first statement of a text as if it stood in `parent`. */
export function bindFirst(text: string, parent: string) {
  const reporter = openReporter()
  const statement = parse({ path: 'test.ltx', text }, reporter).body[0]
  if (statement?.kind !== 'command') throw new Error(`no statement in ${text}`)
  const row = rowOf(statement.word.text, parent)
  if (row === undefined) throw new Error(`no row for ${statement.word.text} in ${parent}`)
  return { bound: bind(statement, row, reporter), diagnostics: reporter.diagnostics() }
}

export const formatted = (text: string): string => format(readClean(text), { path: 'test.ltx', text })

/** The tree without spans: what a text means, whatever its layout. */
export const meaning = (file: File): unknown => JSON.parse(JSON.stringify(file.body, (key, value) => (key === 'span' ? undefined : value)))

/** The text that stands at a span. */
export const at = (text: string, span: { readonly start: number; readonly end: number }): string => text.slice(span.start, span.end)

/** `code` and the text it points at, one a line: the shape most tests compare. */
export const summary = (text: string, diagnostics: readonly Diagnostic[]): readonly string[] =>
  diagnostics.map((one) => `${one.code} ${JSON.stringify(at(text, one.span))}`)

// ── random scripts ──────────────────────────────────────────────────────────────────────────────────────────────────────

const word = fc.constantFrom('open', 'harbor', 'mara', 'line-1', 'é-clair', 'x2', 'in', 'as', '漢字', 'slow_push')
const number = fc.constantFrom('0', '1', '24', '3.5', '-2', '007')
const literal = fc.constantFrom(
  '6s',
  '250ms',
  '12f',
  '1m30s',
  '00:00:04:12',
  '1920x1080',
  '24fps',
  '23.976fps',
  '-12dB',
  '-14LUFS',
  '80%',
  '$5.00',
  'true',
  'false',
)
const plainText = fc.string({
  maxLength: 12,
  unit: fc.constantFrom('a', 'é', ' ', ',', '{{', '}}', '\\n', '\\"', '\\\\', "'", '#', '漢', '🎬'),
})
const quiet = fc.constantFrom('', ' ', '  ')

type Tie = { readonly value: string; readonly text: string }
const { value, text } = fc.letrec<Tie>((tie) => ({
  text: fc.oneof(
    { depthSize: 'small' },
    plainText.map((inner) => `"${inner}"`),
    fc.tuple(plainText, tie('value'), plainText).map(([a, hole, b]) => (/[\n"]/.test(hole) ? `"${a}{mara}${b}"` : `"${a}{${hole}}${b}"`)),
    fc.tuple(plainText, plainText).map(([a, b]) => `"""\n    ${a}\n\n  ${b}\n"""`),
  ),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    word,
    number,
    literal,
    fc.tuple(word, word).map(([a, b]) => `${a}.${b}`),
    fc.tuple(word, word).map(([a, b]) => `${a}/${b}`),
    tie('text'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .tuple(word, fc.array(tie('value'), { maxLength: 2 }))
      .map(([name, args]) => `${name}(${args.map((arg, i) => (i === 1 ? `k: ${arg}` : arg)).join(', ')})`),
    fc
      .tuple(tie('value'), fc.constantFrom('+', '-', '*', '/', '==', '!=', '<', '<=', '>', '>=', 'and', 'or'), tie('value'))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie('value').map((inner) => `(not ${inner})`),
    tie('value').map((inner) => `-(${inner})`),
    fc.tuple(tie('value'), tie('value')).map(([a, b]) => `(${a}..${b})`),
  ),
}))

const comment = fc.constantFrom('', '', '', ' # why', '  #because "of" { it', '\n# alone\n', '\n\n\n')
const argument = fc.oneof(
  value,
  fc.tuple(fc.constantFrom('2s', 'a', '1'), fc.constantFrom('4s', 'b', '2')).map(([a, b]) => `${a}..${b}`),
)
const heads = fc.constantFrom('shot', 'camera', 'look', 'seed', 'scene', 'bed', 'project', 'nonsense', 'say', 'over', 'let')

/** Random scripts that read without a syntax error: statements in any order, in any layout, with comments. */
export const scripts: fc.Arbitrary<string> = fc.letrec<{ body: string; statement: string }>((tie) => ({
  body: fc
    .array(fc.tuple(tie('statement'), comment), { maxLength: 4 })
    .map((all) => all.map(([one, after]) => `${one}${after}\n`).join('')),
  statement: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .tuple(heads, fc.array(fc.tuple(quiet, argument), { maxLength: 3 }))
      .map(([head, args]) => `${head}${args.map(([gap, arg]) => ` ${gap}${arg}`).join('')}`),
    text,
    fc.tuple(word, value).map(([name, arg]) => `lib.${name}(${arg},\n who: mara)`),
    fc.tuple(word, value).map(([name, arg]) => `param ${name}: list<"a" | "b">  =  ${arg}`.replace('list<"a" | "b">', 'list<text>')),
    fc.tuple(heads, argument, comment, tie('body')).map(([head, arg, note, body]) => `${head} ${arg} {${note}\n${body}}`),
    fc.tuple(heads, argument).map(([head, arg]) => `${head} ${arg} { camera "x"  "words" }`),
    fc
      .tuple(value, tie('body'), comment, tie('body'))
      .map(([test, a, note, b]) => `if ${test} {\n${a}}${note}\nelse if a {\n${b}} else { "x" }`),
    fc.tuple(word, value, tie('body')).map(([name, list, body]) => `for ${name} in ${list} {\n${body}}`),
    fc.tuple(word, word, tie('body')).map(([name, param, body]) => `template ${name}(${param}: "a" | "b" = "a",) {\n${body}}`),
  ),
})).body
