// A row of the schema and the arguments seen so far in, whether the next word is one more argument, a clause, or the
// beginning of the next statement out. The parser and the binder ask the same questions here, so they cannot disagree.
import type { Clause, Row } from '../schema.ts'

export type Shape = {
  readonly row: Row | undefined
  /** The clause of this word, if the row has it. */
  readonly clause: (word: string) => Clause | undefined
  /** True while an argument must still come: the row's own, or that of the clause just opened. */
  readonly wants: () => boolean
  /** True while the clause just opened needs its argument. */
  readonly wantsForClause: () => boolean
  readonly addArgument: () => void
  readonly openClause: (clause: Clause) => void
}

export function openShape(row: Row | undefined): Shape {
  const required = row?.args.filter((arg) => arg.optional !== true).length ?? 0
  let positional = 0
  let pending = 0
  return {
    row,
    clause: (word) => row?.clauses.find((clause) => clause.word === word),
    wants: () => pending > 0 || positional < required,
    wantsForClause: () => pending > 0,
    addArgument: () => {
      if (pending > 0) pending -= 1
      else positional += 1
    },
    openClause: (clause) => {
      pending = clause.args.filter((arg) => arg.optional !== true).length
    },
  }
}
