// A block's statements in, the same with nothing left to expand out: templates placed, loops unrolled, branches taken,
// `let`s put into scope. What remains are commands and texts, each with the names that hold where it stands.
import type { Block, Call, Command, For, If, Statement, Template, Text, Word } from '../ast.ts'
import type { Fix } from '../diagnostic.ts'
import { type Parent, type Row, rowOf, rows } from '../schema.ts'
import type { Span } from '../source.ts'
import { closest } from '../suggest.ts'
import type { Bound } from '../syntax/bind.ts'
import { bindOnce, type Frame, limits, report, spendItem, spendStatements, stop, type Trail, within } from './expansion.ts'
import { condition, evaluateExpression, resolve } from './expression.ts'
import { functionOf } from './functions.ts'
import { declare, openScope, type Scope } from './scope.ts'
import { describeType, fitTo, readType } from './types.ts'
import { describe, type Value } from './value.ts'

/** A statement of the schema where it stands, its arguments bound but not worked out. */
export type Placed = {
  readonly kind: 'statement'
  readonly row: Row
  readonly command: Command
  readonly bound: Bound
  readonly frame: Frame
}
export type PlacedText = { readonly kind: 'text'; readonly text: Text; readonly frame: Frame }
export type Expanded = Placed | PlacedText

/** Everything that stands in a block of `parent`, in order. */
export function expandBlock(block: Block | undefined, frame: Frame, parent: Parent): readonly Expanded[] {
  if (block === undefined) return []
  return expandBody(block.body, within(frame, openScope(frame.scope)), parent)
}

/** As `expandBlock`, in the scope as it is: a `let` stays known to what follows. */
export function expandBody(body: readonly Statement[], frame: Frame, parent: Parent): readonly Expanded[] {
  const found: Expanded[] = []
  walk(body, frame, parent, found)
  return found
}

function walk(body: readonly Statement[], frame: Frame, parent: Parent, found: Expanded[]): void {
  if (frame.depth > limits.blockDepth) {
    const span = body[0]?.span
    if (span !== undefined) report(frame, 'limit.depth', span, { what: 'blocks', limit: limits.blockDepth })
    return
  }
  for (const statement of body) {
    if (!spendStatements(frame, 1, statement.span)) return
    switch (statement.kind) {
      case 'command':
        command(statement, frame, parent, found)
        break
      case 'text-line':
        text(statement.text, frame, parent, found)
        break
      case 'call':
        place(statement, frame, parent, found)
        break
      case 'if':
        branch(statement, frame, parent, found)
        break
      case 'for':
        unroll(statement, frame, parent, found)
        break
      case 'param':
      case 'template':
        // Declared before the walk at the top of a file; the checker reports them elsewhere.
        break
    }
  }
}

/** Blocks in which a text of its own is words of the prompt. */
const textParents: ReadonlySet<Parent> = new Set(['shot', 'extend', 'retake'])

function text(line: Text, frame: Frame, parent: Parent, found: Expanded[]): void {
  if (textParents.has(parent)) found.push({ kind: 'text', text: line, frame })
  else misplaced(frame, line.span, 'a text of its own', parent, 'in a shot, an extend or a retake')
}

/** Statements that make an item of the timeline, wherever they may stand. */
const items: ReadonlySet<string> = new Set(['shot', 'clip', 'card', 'still'])

function command(statement: Command, frame: Frame, parent: Parent, found: Expanded[]): void {
  const word = statement.word.text
  const row = rowOf(word, parent)
  if (row === undefined) {
    const homes = [...new Set(rows.filter((one) => one.word === word).flatMap((one) => one.parents))]
    if (homes.length > 0) misplaced(frame, statement.word.span, `\`${word}\``, parent, homes.map(placeName).join(', '))
    return
  }
  if (items.has(word) && !spendItem(frame, statement.span)) return
  const bound = bindOnce(statement, row, frame.run)
  // What is wrong with it was reported; the rest of the film is still read.
  if (bound === undefined) {
    frame.run.skipped = true
    return
  }
  const placed: Placed = { kind: 'statement', row, command: statement, bound, frame }
  if (word === 'let') declareLet(placed)
  else found.push(placed)
}

export const placeName = (parent: Parent): string => (parent === 'file' ? 'at the top of a film' : `in \`${parent}\``)

function misplaced(frame: Frame, span: Span, what: string, parent: Parent, belongs: string): void {
  report(frame, 'statement.misplaced', span, { what, place: placeName(parent), belongs })
}

/** A `let` inside a block: worked out where it stands. Those at the top of a file are known before the walk. */
function declareLet(placed: Placed): void {
  const name = placed.bound.args.get('name')?.[0]
  const expr = placed.bound.args.get('value')?.[0]
  if (name?.kind !== 'name' || expr === undefined) return
  const said = name.parts[0]?.text ?? ''
  const here = placed.frame.scope.names.get(said)
  if (here?.kind === 'lazy' && here.span.start === name.span.start && here.span.path === name.span.path) return
  const value = evaluateExpression(expr, placed.frame)
  const before = declare(placed.frame.scope, said, { kind: 'value', what: 'let', value, span: name.span })
  if (before !== undefined) {
    report(
      placed.frame,
      'name.duplicate',
      name.span,
      { what: 'values', name: said },
      { notes: [{ message: 'the first one', span: before.span }] },
    )
  }
}

function branch(statement: If, frame: Frame, parent: Parent, found: Expanded[]): void {
  const met = condition(statement.condition, frame, 'what follows `if`')
  if (met === undefined) return
  const taken = met ? statement.then : statement.otherwise
  if (taken === undefined) return
  if ('kind' in taken) branch(taken, frame, parent, found)
  else walk(taken.body, within(frame, openScope(frame.scope)), parent, found)
}

function unroll(statement: For, frame: Frame, parent: Parent, found: Expanded[]): void {
  const list = evaluateExpression(statement.list, frame)
  if (list === undefined) return
  if (list.unit !== 'list') {
    report(frame, 'type.mismatch', statement.list.span, { what: 'what follows `in`', expected: 'a list', found: describe(list) })
    return
  }
  // Paid for before it is unrolled: a loop that would pass the limit is refused at once.
  const cost = list.items.length * Math.max(1, statement.block.body.length)
  if (frame.run.statements + cost > limits.statements) {
    stop(frame, statement.span, 'statements', limits.statements)
    return
  }
  for (const item of list.items) {
    if (!spendStatements(frame, 1, statement.span)) return
    const scope = openScope(frame.scope)
    declare(scope, statement.name.text, { kind: 'value', what: 'for', value: item, span: statement.name.span })
    walk(statement.block.body, within(frame, scope), parent, found)
  }
}

/** Puts a template's statements where its call stands. */
function place(call: Call, frame: Frame, parent: Parent, found: Expanded[]): void {
  const name = call.callee.parts.map((part) => part.text).join('.')
  if (call.callee.parts.length === 1 && functionOf(name) !== undefined && !frame.scope.names.has(name)) {
    report(frame, 'type.call', call.span, { name, problem: 'is a function: it stands inside a text or a value, not by itself' })
    return
  }
  const binding = resolve(call.callee, frame)?.binding
  if (binding === undefined) return
  if (binding.kind !== 'template') {
    report(
      frame,
      'type.call',
      call.span,
      { name, problem: 'is no template' },
      { notes: [{ message: 'it is declared here', span: binding.span }] },
    )
    return
  }
  const depth = (frame.trail?.depth ?? 0) + 1
  if (depth > limits.templateDepth) {
    report(frame, 'limit.depth', call.span, { what: 'templates', limit: limits.templateDepth })
    frame.run.stopped = true
    return
  }
  const trail: Trail = { name, span: call.span, depth, ...(frame.trail === undefined ? {} : { outer: frame.trail }) }
  const scope = fill(binding.template, binding.scope, call, { ...frame, trail }, frame)
  if (scope === undefined) return
  walk(binding.template.block.body, { run: frame.run, scope, trail, depth: frame.depth + 1 }, parent, found)
}

/** The names a template's body sees: its parameters over those of the file that declares it. */
function fill(template: Template, home: Scope, call: Call, inside: Frame, caller: Frame): Scope | undefined {
  const scope = openScope(home)
  const given = new Map<string, { readonly value: Value; readonly span: Span }>()
  const wrong = (span: Span, problem: string, said?: Word): undefined => {
    const params = template.params.map((param) => param.name.text)
    const near = said === undefined ? undefined : closest(said.text, params)
    const fix = (word: string, at: Span): Fix => ({
      kind: 'edit',
      title: `write \`${word}\``,
      edits: [{ span: at, text: word }],
      certain: false,
    })
    report(
      caller,
      'type.call',
      span,
      { name: inside.trail?.name ?? template.name.text, problem },
      {
        hint: near !== undefined ? `did you mean \`${near}\`?` : params.length === 0 ? 'it takes nothing' : `it takes ${params.join(', ')}`,
        notes: [{ message: 'the template is declared here', span: template.name.span }],
        fixes: near === undefined || said === undefined ? [] : [fix(near, said.span)],
      },
    )
    return undefined
  }
  let next = 0
  for (const arg of call.args) {
    const param = arg.name === undefined ? template.params[next] : template.params.find((one) => one.name.text === arg.name?.text)
    if (param === undefined)
      return wrong(arg.span, arg.name === undefined ? 'takes fewer values' : `has no parameter \`${arg.name.text}\``, arg.name)
    if (given.has(param.name.text)) return wrong(arg.span, `is given \`${param.name.text}\` twice`)
    if (arg.name === undefined) next += 1
    const value = evaluateExpression(arg.value, caller)
    if (value === undefined) return undefined
    given.set(param.name.text, { value, span: arg.value.span })
  }
  for (const param of template.params) {
    const name = param.name.text
    const type = readType(param.type, () => {})
    // A type nobody knows is the checker's to report.
    if (type === undefined) return undefined
    const fromCall = given.get(name)
    const value = fromCall?.value ?? (param.default === undefined ? undefined : evaluateExpression(param.default, { ...inside, scope }))
    if (value === undefined)
      return param.default === undefined && fromCall === undefined
        ? wrong(call.span, `needs \`${name}\` (${describeType(type)})`)
        : undefined
    const fits = fitTo(value, type)
    if (!fits.ok) {
      const span = fromCall?.span ?? param.default?.span ?? param.span
      report(
        caller,
        'type.mismatch',
        span,
        { what: `\`${name}\` of \`${inside.trail?.name ?? ''}\``, expected: fits.expected, found: fits.found },
        {
          notes: [{ message: 'the parameter is declared here', span: param.span }],
        },
      )
      return undefined
    }
    declare(scope, name, { kind: 'value', what: 'param', value: fits.value, span: param.span })
  }
  return scope
}
