// Values of the tree back to text, in their one spelling: parentheses only where the tree needs them, quotes and escapes
// canonical. Numbers keep the digits that were written. A long text keeps its lines, indented below its statement.
import type { Expr, NamedArg, Text, Type } from '../ast.ts'
import type { Source } from '../source.ts'
import { strengthOf } from './build-ast.ts'
import { longLines } from './read-text.ts'

export type Ink = { readonly source: Source; readonly indent: number }

/** Bare among a statement's arguments: sums stand in parentheses, ranges only around simple values. */
export function formatArgument(expr: Expr, ink: Ink): string {
  if (expr.kind === 'range') return `${formatExpr(expr.from, ink, 8)}..${formatExpr(expr.to, ink, 8)}`
  return formatExpr(expr, ink, 8)
}

/** `least`: what holds together less tightly than this is put in parentheses. */
export function formatExpr(expr: Expr, ink: Ink, least = 0): string {
  const text = formatBare(expr, ink)
  return strengthOf(expr) < least ? `(${text})` : text
}

function formatBare(expr: Expr, ink: Ink): string {
  switch (expr.kind) {
    case 'text':
      return formatText(expr, ink)
    case 'literal':
      // A minus sign may have stood apart from its number.
      return ink.source.text.slice(expr.span.start, expr.span.end).replace(/^-\s+/, '-')
    case 'name':
      return expr.parts.map((part) => part.text).join(expr.separator)
    case 'range':
      return `${formatExpr(expr.from, ink, 6)}..${formatExpr(expr.to, ink, 6)}`
    case 'list':
      return `[${expr.items.map((item) => formatExpr(item, ink)).join(', ')}]`
    case 'call':
      return `${formatBare(expr.callee, ink)}(${expr.args.map((arg) => formatNamed(arg, ink)).join(', ')})`
    case 'unary':
      if (expr.operator === 'not') return `not ${formatExpr(expr.operand, ink, strengthOf(expr))}`
      // `-5` would be read as one value; the tree says it is a sum.
      return expr.operand.kind === 'literal' && !isLength(expr.operand)
        ? `-(${formatBare(expr.operand, ink)})`
        : `-${formatExpr(expr.operand, ink, 8)}`
    case 'binary': {
      const strength = strengthOf(expr)
      return `${formatExpr(expr.left, ink, strength)} ${expr.operator} ${formatExpr(expr.right, ink, strength + 1)}`
    }
  }
}

const isLength = (expr: Expr): boolean => expr.kind === 'literal' && expr.value.unit === 'length'

export const formatNamed = (arg: NamedArg, ink: Ink): string =>
  arg.name === undefined ? formatExpr(arg.value, ink) : `${arg.name.text}: ${formatExpr(arg.value, ink)}`

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\t': '\\t', '{': '{{', '}': '}}' }

export function formatText(text: Text, ink: Ink): string {
  if (text.long) return formatLong(text, ink)
  const inner = text.parts.map((part) =>
    typeof part === 'string' ? part.replace(/[\\"\n\t{}]/g, (letter) => escapes[letter] ?? letter) : `{${formatExpr(part, ink)}}`,
  )
  return `"${inner.join('')}"`
}

function formatLong(text: Text, { source, indent }: Ink): string {
  const lines = longLines(source.text, text.span.start + 3, text.span.end - 3).map((line) => source.text.slice(line.start, line.end))
  if (lines.length === 1) return `"""${lines[0]}"""`
  const kept: string[] = []
  for (const line of lines) if (line !== '' || (kept.length > 0 && kept.at(-1) !== '')) kept.push(line)
  if (kept.at(-1) === '') kept.pop()
  const pad = ' '.repeat(indent + 2)
  return ['"""', ...kept.map((line) => (line === '' ? '' : pad + line)), `${' '.repeat(indent)}"""`].join('\n')
}

export function formatType(type: Type, ink: Ink): string {
  switch (type.kind) {
    case 'named-type':
      return type.name.text
    case 'list-type':
      return `list<${formatType(type.of, ink)}>`
    case 'choice-type':
      return type.choices.map((choice) => formatText(choice, ink)).join(' | ')
  }
}
