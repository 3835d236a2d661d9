// A statement and its row in, its arguments by name out: which value fills which place, and which belong to which clause.
// Optional places are skipped where the values do not fit them. A bare name may be a variable of any type, except where the
// row wants a name itself. What is missing, left over or of the wrong kind is reported, with a fix where one is plain.

import type { Command, Expr, Name } from '../ast.ts'
import type { Reporter } from '../diagnostic.ts'
import type { Arg, Clause, Row } from '../schema.ts'
import { cover, type Span } from '../source.ts'
import { nearest } from '../suggest.ts'
import { describeExpr, type Fit, fitOf, isBareWord, phraseOf } from './arg-fit.ts'
import { fixesFor } from './arg-fix.ts'
import { isBroken } from './broken.ts'
import { openShape } from './statement-shape.ts'

export type Bound = {
  readonly row: Row
  /** By the argument's name in the row; absent = not written. Several values only where the row says `many`. */
  readonly args: ReadonlyMap<string, readonly Expr[]>
  /** By the clause's word, then by argument name; a clause without arguments has an empty map. */
  readonly clauses: ReadonlyMap<string, ReadonlyMap<string, readonly Expr[]>>
}

/** Undefined when the statement is wrong (then that is reported, here or by the parser). */
export function bind(command: Command, row: Row, reporter: Reporter): Bound | undefined {
  if (isBroken(command)) return undefined
  const context: Context = { command, row, reporter }
  const split = splitClauses(context)
  const aligned = align(row.args, split.positional)
  if (aligned.cost >= wrong && reportNearClause(split.positional, context)) return undefined
  const fine = [
    split.fine,
    reportExtra(split.positional.slice(aligned.used), context),
    checkSlots(row.args, aligned.slots, { word: row.word, after: lastSpan(command), context }),
  ].every(Boolean)
  return fine ? { row, args: byName(row.args, aligned.slots), clauses: split.clauses } : undefined
}

type Context = { readonly command: Command; readonly row: Row; readonly reporter: Reporter }
type Slots = readonly (readonly Expr[])[]

const byName = (args: readonly Arg[], slots: Slots): ReadonlyMap<string, readonly Expr[]> => {
  const named = new Map<string, readonly Expr[]>()
  args.forEach((arg, at) => {
    const values = slots[at] ?? []
    if (values.length > 0) named.set(arg.name, values)
  })
  return named
}

/** Where something is missing: right after the statement's last argument. */
function lastSpan(command: Command): Span {
  const last = command.args.at(-1)?.span ?? command.word.span
  return cover(command.word.span, last)
}

type Split = {
  readonly positional: readonly Expr[]
  readonly clauses: ReadonlyMap<string, ReadonlyMap<string, readonly Expr[]>>
  readonly fine: boolean
}

function splitClauses(context: Context): Split {
  const { command, row, reporter } = context
  const shape = openShape(row)
  const positional: Expr[] = []
  const found = new Map<string, { clause: Clause; word: Span; values: Expr[] }>()
  let current: { clause: Clause; word: Span; values: Expr[] } | undefined
  let fine = true
  for (const expr of command.args) {
    const clause = isBareWord(expr) ? shape.clause(wordIn(expr)) : undefined
    if (clause !== undefined) {
      if (found.has(clause.word)) {
        reporter.report(
          'statement.clause-repeated',
          expr.span,
          { word: row.word, clause: clause.word },
          {
            notes: [{ message: 'it stands here already', span: found.get(clause.word)?.word ?? expr.span }],
          },
        )
        fine = false
      }
      current = { clause, word: expr.span, values: [] }
      found.set(clause.word, current)
      shape.openClause(clause)
    } else if (current !== undefined && shape.wantsForClause()) {
      current.values.push(expr)
      shape.addArgument()
    } else positional.push(expr)
  }
  const clauses = new Map<string, ReadonlyMap<string, readonly Expr[]>>()
  for (const { clause, word, values } of found.values()) {
    const slots = clause.args.map((_, at) => values.slice(at, at + 1))
    fine = checkSlots(clause.args, slots, { word: clause.word, after: word, context }) && fine
    clauses.set(clause.word, byName(clause.args, slots))
  }
  return { positional, clauses, fine }
}

const wordIn = (name: Name): string => name.parts[0]?.text ?? ''

// What an arrangement of values costs. A value in the wrong place is better than one left over or one missing.
const wrong = 60
const missing = 100
const costs: Readonly<Record<Fit, number>> = { 0: wrong, 1: 1, 2: 0 }

type Aligned = { readonly slots: Slots; readonly cost: number; readonly used: number }

/** The cheapest way to put the values into the places, in order; of equals, the one that fills earlier places. */
function align(args: readonly Arg[], values: readonly Expr[]): Aligned {
  const place = (slot: number, at: number): Aligned => {
    const arg = args[slot]
    if (arg === undefined) return { slots: [], cost: (values.length - at) * missing, used: at }
    const value = values[at]
    const rest = place(slot + 1, at)
    const skipped: Aligned = { slots: [[], ...rest.slots], cost: rest.cost + (arg.optional === true ? 0 : missing), used: rest.used }
    if (value === undefined) return skipped
    const taken = arg.many === true ? values.slice(at) : [value]
    const after = place(slot + 1, at + taken.length)
    const cost = taken.reduce((sum, expr) => sum + costs[fitOf(expr, arg)], 0)
    const filled: Aligned = { slots: [taken, ...after.slots], cost: after.cost + cost, used: after.used }
    return filled.cost <= skipped.cost ? filled : skipped
  }
  return place(0, 0)
}

type Where = { readonly word: string; readonly after: Span; readonly context: Context }

function checkSlots(args: readonly Arg[], slots: Slots, { word, after, context }: Where): boolean {
  const { reporter } = context
  let fine = true
  args.forEach((arg, at) => {
    const values = slots[at] ?? []
    if (values.length === 0 && arg.optional !== true) {
      reporter.report('statement.missing', after, { word, argument: needed(arg) })
      fine = false
    }
    for (const value of values) fine = checkValue(value, arg, { word, after, context }) && fine
  })
  return fine
}

/** `a name`, `a length such as 6s (duration)`: an argument that is not there, in words. */
function needed(arg: Arg): string {
  const phrase = phraseOf(arg.types)
  return arg.types.length === 1 && new RegExp(`\\b${arg.name}\\b`).test(phrase) ? phrase : `${phrase} (${arg.name})`
}

function checkValue(value: Expr, arg: Arg, { word, context }: Where): boolean {
  const { reporter } = context
  if (isNegative(value) && !arg.types.some((type) => type === 'gain' || type === 'loudness' || type === 'any')) {
    const minus = { ...value.span, end: value.span.start + 1 }
    const fixes = [{ kind: 'edit' as const, title: 'take the minus sign out', edits: [{ span: minus, text: '' }], certain: false }]
    reporter.report('value.negative', value.span, { word, argument: arg.name }, { fixes })
    return false
  }
  if (fitOf(value, arg) > 0) return true
  if (arg.types.includes('new-name')) {
    reporter.report('name.invalid', value.span, { name: describeExpr(value) }, { fixes: fixesFor(value, arg) })
    return false
  }
  const holes = { word, argument: arg.name, expected: phraseOf(arg.types), found: describeExpr(value) }
  const isShotText = value.kind === 'text' && context.row.word === 'shot' && word === 'shot'
  const hint = isShotText ? { hint: 'the words of a shot stand in its block: { "…" }' } : {}
  reporter.report('type.wrong', value.span, holes, { fixes: fixesFor(value, arg), ...hint })
  return false
}

function isNegative(value: Expr): boolean {
  if (value.kind === 'unary') return value.operator === '-' && value.operand.kind === 'literal'
  return value.kind === 'literal' && value.value.unit === 'number' && value.value.number.num < 0
}

/** `form` for `from`: a bare word among the arguments that nearly is a clause explains everything else that does not fit. */
function reportNearClause(positional: readonly Expr[], context: Context): boolean {
  const { row, reporter } = context
  if (row.clauses.length === 0) return false
  for (const expr of positional.slice(row.args.findIndex((arg) => arg.types.includes('new-name')) + 1)) {
    const near = isBareWord(expr)
      ? nearest(
          wordIn(expr),
          row.clauses.map((clause) => clause.word),
        )
      : undefined
    if (near === undefined) continue
    reportClause(expr, near, context, reporter)
    return true
  }
  return false
}

function reportClause(expr: Expr, near: ReturnType<typeof nearest>, { row }: Context, reporter: Reporter): void {
  const found = expr.kind === 'name' ? expr.parts.map((part) => part.text).join(expr.separator) : ''
  const clauses = row.clauses.map((clause) => `\`${clause.word}\``).join(', ')
  const certain = near?.unique === true && near.distance === 1
  const fixes =
    near === undefined
      ? []
      : [{ kind: 'edit' as const, title: `write ${near.word}`, edits: [{ span: expr.span, text: near.word }], certain }]
  const hint = near === undefined ? {} : { hint: `did you mean \`${near.word}\`?` }
  reporter.report('statement.unknown-clause', expr.span, { word: row.word, found, clauses }, { fixes, ...hint })
}

function reportExtra(extra: readonly Expr[], context: Context): boolean {
  const [first] = extra
  if (first === undefined) return true
  const { row, reporter } = context
  if (isBareWord(first) && row.clauses.length > 0) reportClause(first, undefined, context, reporter)
  else {
    const span = cover(first.span, extra.at(-1)?.span ?? first.span)
    const found = extra.length === 1 ? describeExpr(first) : `${describeExpr(first)} and what follows`
    reporter.report('statement.too-many', span, { word: row.word, found })
  }
  return false
}
