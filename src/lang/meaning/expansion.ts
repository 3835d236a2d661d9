// One run of the evaluator: where it reports to, how much work it may still do, and which template calls led to where it
// stands. Every loop, hole and placed statement spends from one purse before it is worked out, so that a script that would
// grow without end is refused at once.
import type { Command } from '../ast.ts'
import type { Code, Holes } from '../codes.ts'
import type { Details, Diagnostic, Reporter } from '../diagnostic.ts'
import type { Row } from '../schema.ts'
import type { Span } from '../source.ts'
import { type Bound, bind } from '../syntax/bind.ts'
import type { Lazy, Scope } from './scope.ts'

export const limits = {
  /** Items on the timeline, and members of a list. */
  items: 10_000,
  statements: 200_000,
  templateDepth: 32,
  /** Blocks in blocks, through all templates. */
  blockDepth: 400,
  /** Expressions in expressions, through all the names they stand for. */
  valueDepth: 600,
  /** Characters of one text. */
  text: 65_536,
  /** Steps of working out values, where 16 characters of text count as one. */
  steps: 4_000_000,
} as const

export type Run = {
  readonly reporter: Reporter
  /** True when a `# allow` comment switches this warning off at this place. */
  readonly allowed: (code: Code, span: Span) => boolean
  steps: number
  statements: number
  depth: number
  /** Values being worked out, outermost first. */
  readonly busy: Lazy[]
  /** Items met on the timeline. */
  items: number
  /** What binding a command's arguments gave: the same each time a loop or template places it. */
  readonly bound: WeakMap<Command, { readonly row: Row; readonly bound: Bound | undefined }>
  /** Set when a limit was passed: everything after it is left alone. */
  stopped: boolean
  /** Set when a statement could not be read: what seems to be missing later may be only that. */
  skipped: boolean
}

export const openRun = (reporter: Reporter, allowed: Run['allowed'] = () => false): Run => ({
  reporter,
  allowed,
  steps: 0,
  statements: 0,
  depth: 0,
  busy: [],
  items: 0,
  bound: new WeakMap(),
  stopped: false,
  skipped: false,
})

/** Works a value out, once. */
export function settle(lazy: Lazy, run: Run): void {
  if (lazy.state !== 'new') return
  lazy.state = 'busy'
  run.busy.push(lazy)
  lazy.value = lazy.work()
  run.busy.pop()
  lazy.state = 'done'
}

/** The template calls that led here, innermost first. */
export type Trail = { readonly name: string; readonly span: Span; readonly depth: number; readonly outer?: Trail }

/** Where a statement or expression is worked out. */
export type Frame = { readonly run: Run; readonly scope: Scope; readonly trail?: Trail; readonly depth: number }

/** The same place one block further in. */
export const within = (frame: Frame, scope: Scope): Frame => ({ ...frame, scope, depth: frame.depth + 1 })

/** Notes that lead from a place in a template to the calls that placed it. */
export function trailNotes(trail: Trail | undefined): Diagnostic['notes'] {
  const notes: { message: string; span: Span }[] = []
  for (let at = trail; at !== undefined && notes.length < 4; at = at.outer)
    notes.push({ message: `placed by \`${at.name}\` here`, span: at.span })
  return notes
}

/** Reports, with the calls that led here; a warning that a comment switches off is dropped. */
export function report<C extends Code>(frame: Frame, code: C, span: Span, holes: Holes<C>, details: Details = {}): void {
  const notes = [...(details.notes ?? []), ...trailNotes(frame.trail)]
  if (frame.run.allowed(code, span) || notes.some((note) => frame.run.allowed(code, note.span))) return
  frame.run.reporter.report(code, span, holes, { ...details, notes })
}

/** Takes steps from the purse; false when it is empty, which is reported once. */
export function spendSteps(frame: Frame, steps: number, span: Span): boolean {
  frame.run.steps += steps
  return check(frame, frame.run.steps <= limits.steps, span, 'steps of working out values', limits.steps)
}

export function spendItem(frame: Frame, span: Span): boolean {
  frame.run.items += 1
  return check(frame, frame.run.items <= limits.items, span, 'items on the timeline', limits.items)
}

/** A command's arguments by name, worked out once however often it is placed. */
export function bindOnce(command: Command, row: Row, run: Run): Bound | undefined {
  const known = run.bound.get(command)
  if (known !== undefined && known.row === row) return known.bound
  const bound = bind(command, row, run.reporter)
  run.bound.set(command, { row, bound })
  return bound
}

export function spendStatements(frame: Frame, statements: number, span: Span): boolean {
  frame.run.statements += statements
  return check(frame, frame.run.statements <= limits.statements, span, 'statements', limits.statements)
}

function check(frame: Frame, fine: boolean, span: Span, what: string, limit: number): boolean {
  if (frame.run.stopped) return false
  if (fine) return true
  stop(frame, span, what, limit)
  return false
}

/** Ends the run: nothing more is expanded. */
export function stop(frame: Frame, span: Span, what: string, limit: number): void {
  frame.run.stopped = true
  report(frame, 'limit.expansion', span, { what, limit })
}
