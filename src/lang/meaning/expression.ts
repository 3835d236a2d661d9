// An expression in, its value out, or nothing when it is wrong (which is then reported). Total: every step is paid for,
// depth is counted, arithmetic is exact, and what has no exact result is an error at its place.

import type { Binary, Call, Expr, Name, NamedArg, Text } from '../ast.ts'
import type { Span } from '../source.ts'
import { nearest as nearestWord, type Suggestion } from '../suggest.ts'
import { arithmetic } from './arithmetic.ts'
import { type Frame, limits, report, settle, spendSteps, stop } from './expansion.ts'
import { type FunctionRow, functionNames, functionOf } from './functions.ts'
import { type Binding, find, nearest, visible } from './scope.ts'
import { boolValue, describe, listValue, sameValue, textValue, toText, type Value } from './value.ts'

export function evaluateExpression(expr: Expr, frame: Frame): Value | undefined {
  if (!spendSteps(frame, 1, expr.span)) return undefined
  if (frame.run.depth >= limits.valueDepth) {
    report(frame, 'limit.depth', expr.span, { what: 'values', limit: limits.valueDepth })
    return undefined
  }
  frame.run.depth += 1
  const value = workOut(expr, frame)
  frame.run.depth -= 1
  return value
}

function workOut(expr: Expr, frame: Frame): Value | undefined {
  switch (expr.kind) {
    case 'literal':
      return expr.value
    case 'text':
      return textOf(expr, frame)
    case 'name':
      return nameValue(expr, frame)
    case 'list':
      return listOf(expr.items, expr.span, frame)
    case 'call':
      return callFunction(expr, frame)
    case 'unary':
      return unary(expr, frame)
    case 'binary':
      return binary(expr, frame)
    case 'range':
      report(frame, 'type.mismatch', expr.span, { what: 'this', expected: 'one value', found: 'a range' })
      return undefined
  }
}

/** A text with its holes filled, once: what a hole brings in is not searched for holes. */
function textOf(text: Text, frame: Frame): Value | undefined {
  const pieces: string[] = []
  let length = 0
  let broken = false
  for (const part of text.parts) {
    const piece = typeof part === 'string' ? part : holeText(part, frame)
    if (piece === undefined) broken = true
    else {
      length += piece.length
      pieces.push(piece)
    }
    if (length > limits.text) {
      report(frame, 'limit.text', text.span, { size: `more than ${limits.text / 1024} KiB` })
      return undefined
    }
  }
  if (broken || !spendSteps(frame, length >> 4, text.span)) return undefined
  return textValue(pieces.join(''), text.span.path)
}

function holeText(hole: Expr, frame: Frame): string | undefined {
  const value = evaluateExpression(hole, frame)
  if (value === undefined) return undefined
  const text = toText(value)
  if (text === undefined) {
    report(
      frame,
      'type.mismatch',
      hole.span,
      { what: 'what stands in a hole', expected: 'a text or a single value', found: describe(value) },
      {
        hint: 'join the list: `{join(names, ", ")}`',
      },
    )
  }
  return text
}

function listOf(items: readonly Expr[], span: Span, frame: Frame): Value | undefined {
  const values: Value[] = []
  for (const item of items) {
    const value = evaluateExpression(item, frame)
    if (value === undefined) return undefined
    values.push(value)
  }
  return boundedList(values, span, frame)
}

function boundedList(values: readonly Value[], span: Span, frame: Frame): Value | undefined {
  const list = listValue(values)
  if (list.weight <= limits.items) return list
  stop(frame, span, 'members of a list', limits.items)
  return undefined
}

/** What a name stands for: `mara`, or `bible.logo`. */
export function resolve(name: Name, frame: Frame): { readonly binding: Binding } | undefined {
  const [first, ...rest] = name.parts
  if (first === undefined) return undefined
  let binding = name.separator === '.' || rest.length === 0 ? find(frame.scope, first.text) : undefined
  if (binding === undefined) {
    unknownName(frame, 'name', first.text, first.span, nearest(frame.scope, first.text))
    return undefined
  }
  let said = first.text
  for (const part of rest) {
    // Its own mistake was reported where it was declared.
    if (binding.kind === 'value' && binding.value === undefined) return undefined
    if (binding.kind !== 'library') {
      report(frame, 'type.mismatch', part.span, {
        what: `\`${said}\``,
        expected: 'a library to have members',
        found: describeBinding(binding),
      })
      return undefined
    }
    const member: Binding | undefined = binding.scope.names.get(part.text)
    if (member === undefined) {
      unknownName(frame, `name in \`${said}\``, part.text, part.span, nearestWord(part.text, visible({ names: binding.scope.names })))
      return undefined
    }
    binding = member
    said = `${said}.${part.text}`
  }
  return { binding }
}

const describeBinding = (binding: Binding): string =>
  binding.kind === 'template' ? 'a template' : binding.kind === 'library' ? 'a library' : 'a value'

/** Reports a name nobody declared, with the one that was probably meant. */
export function unknownName(frame: Frame, what: string, name: string, span: Span, near: Suggestion | undefined): void {
  report(
    frame,
    'name.unknown',
    span,
    { what, name },
    near === undefined
      ? {}
      : {
          hint: `did you mean \`${near.word}\`?`,
          fixes: [
            {
              kind: 'edit',
              title: `write \`${near.word}\``,
              edits: [{ span, text: near.word }],
              certain: near.unique && near.distance === 1,
            },
          ],
        },
  )
}

function nameValue(name: Name, frame: Frame): Value | undefined {
  const found = resolve(name, frame)
  return found === undefined ? undefined : bindingValue(found.binding, name, frame)
}

export function bindingValue(binding: Binding, name: Name, frame: Frame): Value | undefined {
  const said = name.parts.map((part) => part.text).join(name.separator)
  switch (binding.kind) {
    case 'value':
      return binding.value
    case 'template':
      report(
        frame,
        'type.mismatch',
        name.span,
        { what: `\`${said}\``, expected: 'a value', found: 'a template' },
        {
          hint: 'a template is placed as a statement of its own, with parentheses after its name',
        },
      )
      return undefined
    case 'library':
      report(
        frame,
        'type.mismatch',
        name.span,
        { what: `\`${said}\``, expected: 'a value', found: 'a library' },
        {
          hint: `name one of its members: \`${said}.NAME\``,
        },
      )
      return undefined
    case 'lazy':
      break
  }
  if (binding.state === 'busy') {
    const circle = [...frame.run.busy.slice(frame.run.busy.indexOf(binding)), binding]
    const names = circle.map((lazy) => `\`${lazy.name}\``).join(' → ')
    report(frame, 'name.circle', name.span, { names }, { notes: [{ message: 'it is declared here', span: binding.span }] })
    return undefined
  }
  settle(binding, frame.run)
  return binding.value
}

function callFunction(call: Call, frame: Frame): Value | undefined {
  const name = call.callee.parts.map((part) => part.text).join('.')
  const row = call.callee.parts.length === 1 ? functionOf(name) : undefined
  if (row === undefined) {
    const template = resolveQuietly(call.callee, frame)?.kind === 'template'
    if (template) report(frame, 'type.call', call.span, { name, problem: 'is a template: it has no value' })
    else unknownName(frame, 'function', name, call.callee.span, nearestWord(name, functionNames))
    return undefined
  }
  const args = orderArguments(row, call.args, call, frame)
  if (args === undefined) return undefined
  if (
    !spendSteps(
      frame,
      args.reduce((sum, arg) => sum + weight(arg), 0),
      call.span,
    )
  )
    return undefined
  const result = row.call(args, call.span.path)
  if ('problem' in result) {
    report(frame, 'type.call', call.span, { name, problem: result.problem }, { hint: `for example: ${row.example}` })
    return undefined
  }
  if (result.unit === 'text' && result.text.length > limits.text) {
    report(frame, 'limit.text', call.span, { size: `more than ${limits.text / 1024} KiB` })
    return undefined
  }
  return spendSteps(frame, weight(result), call.span) ? result : undefined
}

/** What it costs to go through a value. */
const weight = (value: Value): number => (value.unit === 'text' ? value.text.length >> 4 : value.unit === 'list' ? value.weight : 1)

/** As `resolve`, without a report; only to word another report better. */
function resolveQuietly(name: Name, frame: Frame): Binding | undefined {
  let binding = find(frame.scope, name.parts[0]?.text ?? '')
  for (const part of name.parts.slice(1)) binding = binding?.kind === 'library' ? binding.scope.names.get(part.text) : undefined
  return binding
}

function orderArguments(row: FunctionRow, args: readonly NamedArg[], call: Call, frame: Frame): readonly Value[] | undefined {
  const values: (Value | undefined)[] = row.params.map(() => undefined)
  let next = 0
  for (const arg of args) {
    const at = arg.name === undefined ? next : row.params.findIndex((param) => param.name === arg.name?.text)
    if (at < 0 || at >= row.params.length || values[at] !== undefined) {
      const what =
        arg.name === undefined
          ? `takes ${row.params.length === 1 ? 'one value' : `${row.params.length} values`}`
          : `has no parameter \`${arg.name.text}\` left`
      report(frame, 'type.call', arg.span, { name: row.name, problem: what }, { hint: `for example: ${row.example}` })
      return undefined
    }
    const value = evaluateExpression(arg.value, frame)
    if (value === undefined) return undefined
    values[at] = value
    if (arg.name === undefined) next = at + 1
  }
  const missing = row.params.find((param, at) => param.optional !== true && values[at] === undefined)
  if (missing !== undefined) {
    report(frame, 'type.call', call.span, { name: row.name, problem: `needs \`${missing.name}\`` }, { hint: `for example: ${row.example}` })
    return undefined
  }
  return values.filter((value) => value !== undefined)
}

function unary(expr: Extract<Expr, { kind: 'unary' }>, frame: Frame): Value | undefined {
  const value = evaluateExpression(expr.operand, frame)
  if (value === undefined) return undefined
  if (expr.operator === 'not') {
    if (value.unit === 'bool') return boolValue(!value.bool)
    report(frame, 'type.mismatch', expr.operand.span, { what: 'what follows `not`', expected: '`true` or `false`', found: describe(value) })
    return undefined
  }
  return work(frame, expr.span, '-', value, undefined)
}

function binary(expr: Binary, frame: Frame): Value | undefined {
  if (expr.operator === 'and' || expr.operator === 'or') return logic(expr, frame)
  const left = evaluateExpression(expr.left, frame)
  const right = left === undefined ? undefined : evaluateExpression(expr.right, frame)
  if (left === undefined || right === undefined) return undefined
  if (expr.operator === '==' || expr.operator === '!=') {
    if (!spendSteps(frame, left.unit === 'list' ? left.weight : 1, expr.span)) return undefined
    const same = sameValue(left, right)
    if (same === undefined) {
      report(frame, 'type.operands', expr.span, { operator: expr.operator, left: describe(left), right: describe(right) })
      return undefined
    }
    return boolValue(same === (expr.operator === '=='))
  }
  return work(frame, expr.span, expr.operator, left, right)
}

function logic(expr: Binary, frame: Frame): Value | undefined {
  const left = condition(expr.left, frame, `the left of \`${expr.operator}\``)
  if (left === undefined) return undefined
  if (left === (expr.operator === 'or')) return boolValue(left)
  const right = condition(expr.right, frame, `the right of \`${expr.operator}\``)
  return right === undefined ? undefined : boolValue(right)
}

/** A value that must be true or false. */
export function condition(expr: Expr, frame: Frame, what: string): boolean | undefined {
  const value = evaluateExpression(expr, frame)
  if (value === undefined) return undefined
  if (value.unit === 'bool') return value.bool
  report(frame, 'type.mismatch', expr.span, { what, expected: '`true` or `false`', found: describe(value) })
  return undefined
}

function work(
  frame: Frame,
  span: Span,
  operator: '-' | '+' | '*' | '/' | '<' | '<=' | '>' | '>=',
  left: Value,
  right: Value | undefined,
): Value | undefined {
  const result = arithmetic(operator, left, right)
  switch (result.kind) {
    case 'value':
      if (result.value.unit === 'list') return boundedList(result.value.items, span, frame)
      if (result.value.unit === 'text' && result.value.text.length > limits.text) {
        report(frame, 'limit.text', span, { size: `more than ${limits.text / 1024} KiB` })
        return undefined
      }
      return spendSteps(frame, weight(result.value), span) ? result.value : undefined
    case 'mismatch':
      report(frame, 'type.operands', span, { operator, left: describe(left), right: right === undefined ? 'nothing' : describe(right) })
      return undefined
    case 'problem':
      report(frame, 'value.arithmetic', span, { problem: result.problem })
      return undefined
  }
}
