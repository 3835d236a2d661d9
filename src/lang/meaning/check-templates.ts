// Templates that nobody places are read as well, so that a library's slip is found where it is written and not in the film that
// uses it next month. Only names are looked at: what they stand for is known when a call fills them in.
import type { Block, Expr, If, Statement, Template } from '../ast.ts'
import type { Span } from '../source.ts'
import { nearest } from '../suggest.ts'
import { type Frame, within } from './expansion.ts'
import { resolve, unknownName } from './expression.ts'
import { functionNames, functionOf } from './functions.ts'
import { declare, openScope } from './scope.ts'

/** `frame` stands at the top of the file that declares the template. */
export function checkTemplate(template: Template, frame: Frame): void {
  const inside = within(frame, openScope(frame.scope))
  for (const param of template.params) {
    if (param.default !== undefined) checkExpr(param.default, inside)
    known(inside, param.name.text, param.span)
  }
  checkBody(template.block.body, inside)
}

function known(frame: Frame, name: string, span: Span): void {
  declare(frame.scope, name, { kind: 'value', what: 'param', value: undefined, span })
}

function checkBlock(block: Block, frame: Frame): void {
  checkBody(block.body, within(frame, openScope(frame.scope)))
}

function checkBody(body: readonly Statement[], frame: Frame): void {
  for (const statement of body) checkStatement(statement, frame)
}

function checkStatement(statement: Statement, frame: Frame): void {
  switch (statement.kind) {
    case 'text-line':
      checkExpr(statement.text, frame)
      return
    case 'command': {
      const [name] = statement.args
      const isLet = statement.word.text === 'let'
      for (const arg of isLet ? statement.args.slice(1) : statement.args) checkArgument(arg, frame, isLet)
      if (isLet && name?.kind === 'name') known(frame, name.parts[0]?.text ?? '', name.span)
      if (statement.block !== undefined) checkBlock(statement.block, frame)
      return
    }
    case 'call':
      if (statement.callee.parts.length > 1 || functionOf(statement.callee.parts[0]?.text ?? '') === undefined)
        resolve(statement.callee, frame)
      for (const arg of statement.args) checkExpr(arg.value, frame)
      return
    case 'if':
      checkIf(statement, frame)
      return
    case 'for': {
      checkExpr(statement.list, frame)
      const inside = within(frame, openScope(frame.scope))
      known(inside, statement.name.text, statement.name.span)
      checkBody(statement.block.body, inside)
      return
    }
    case 'param':
    case 'template':
      return
  }
}

function checkIf(statement: If, frame: Frame): void {
  checkExpr(statement.condition, frame)
  checkBlock(statement.then, frame)
  const { otherwise } = statement
  if (otherwise === undefined) return
  if ('kind' in otherwise) checkIf(otherwise, frame)
  else checkBlock(otherwise, frame)
}

/** A bare word among arguments may be a word of the statement, a new name or a place; only `library.member` is surely a value. */
function checkArgument(arg: Expr, frame: Frame, isValue: boolean): void {
  if (arg.kind === 'range') {
    checkArgument(arg.from, frame, false)
    checkArgument(arg.to, frame, false)
  } else if (isValue || arg.kind !== 'name' || (arg.separator === '.' && arg.parts.length > 1)) checkExpr(arg, frame)
}

function checkExpr(expr: Expr, frame: Frame): void {
  switch (expr.kind) {
    case 'literal':
      return
    case 'text':
      for (const part of expr.parts) if (typeof part !== 'string') checkExpr(part, frame)
      return
    case 'name':
      resolve(expr, frame)
      return
    case 'range':
      checkExpr(expr.from, frame)
      checkExpr(expr.to, frame)
      return
    case 'list':
      for (const item of expr.items) checkExpr(item, frame)
      return
    case 'unary':
      checkExpr(expr.operand, frame)
      return
    case 'binary':
      checkExpr(expr.left, frame)
      checkExpr(expr.right, frame)
      return
    case 'call': {
      const name = expr.callee.parts.map((part) => part.text).join('.')
      if (functionOf(name) === undefined) unknownName(frame, 'function', name, expr.callee.span, nearest(name, functionNames))
      for (const arg of expr.args) checkExpr(arg.value, frame)
      return
    }
  }
}
