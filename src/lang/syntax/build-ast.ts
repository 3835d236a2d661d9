// Small pieces of the tree out of tokens: names, words, and expressions folded by precedence.
import type { Binary, BinaryOperator, Expr, Name, Range, Unary, Word } from '../ast.ts'
import { cover, type Span } from '../source.ts'
import { endOf, type Token } from './tokens.ts'

export const spanOf = (token: Token, path: string): Span => ({ path, start: token.startOffset, end: endOf(token) })

/** Names are compared in NFC, so that an accent typed as two characters is the same name. */
const nfc = (text: string): string => (/^[\x00-\x7f]*$/.test(text) ? text : text.normalize('NFC'))

export const wordOf = (token: Token, path: string): Word => ({ text: nfc(token.image), span: spanOf(token, path) })

export function nameOf(token: Token, path: string): Name {
  const separator = token.image.includes('/') ? '/' : '.'
  let start = token.startOffset
  const parts = token.image.split(separator).map((text): Word => {
    const part = { text: nfc(text), span: { path, start, end: start + text.length } }
    start += text.length + 1
    return part
  })
  return { kind: 'name', parts, separator, span: spanOf(token, path) }
}

/** One value of a flat expression: how many `not` stand before it and where, and the operator before those. */
export type Operand = { readonly operator?: BinaryOperator | '..'; readonly nots: readonly Span[]; readonly value: Expr }

const precedence: Readonly<Record<BinaryOperator | '..', number>> = {
  or: 1,
  and: 2,
  '==': 4,
  '!=': 4,
  '<': 4,
  '<=': 4,
  '>': 4,
  '>=': 4,
  '..': 5,
  '+': 6,
  '-': 6,
  '*': 7,
  '/': 7,
}
const notPrecedence = 3

/** How tightly an expression holds together; the formatter sets parentheses by it. Values are 9. */
export function strengthOf(expr: Expr): number {
  switch (expr.kind) {
    case 'binary':
      return precedence[expr.operator]
    case 'range':
      return precedence['..']
    case 'unary':
      return expr.operator === 'not' ? notPrecedence : 8
    default:
      return 9
  }
}

/** Folds `a + b * c` and the like to a tree; all operators of one strength join from the left. The list is never empty. */
export function foldOperands(operands: readonly Operand[]): Expr {
  let at = 0
  const next = (): Operand => {
    const operand = operands[at]
    if (operand === undefined) throw new Error('an expression without a value')
    return operand
  }
  const fold = (least: number, nots: readonly Span[]): Expr => {
    let left: Expr
    const [not, ...inner] = nots
    if (not === undefined) {
      left = next().value
      at += 1
    } else {
      const operand = fold(notPrecedence + 1, inner)
      left = { kind: 'unary', operator: 'not', operand, span: cover(not, operand.span) } satisfies Unary
    }
    for (let more = operands[at]; more?.operator !== undefined && precedence[more.operator] >= least; more = operands[at]) {
      left = join(left, more.operator, fold(precedence[more.operator] + 1, more.nots))
    }
    return left
  }
  return fold(0, next().nots)
}

export function join(left: Expr, operator: BinaryOperator | '..', right: Expr): Binary | Range {
  const span = cover(left.span, right.span)
  return operator === '..' ? { kind: 'range', from: left, to: right, span } : { kind: 'binary', operator, left, right, span }
}
