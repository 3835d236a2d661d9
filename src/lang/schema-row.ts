// What a row of the table of statements is made of: its arguments, clauses and places, and the words that build one.
// A row says all there is to a statement, so that the parser, the checker, the formatter and the reference read the same.

/** What an argument may be. `word`: one of the listed words. `new-name`: declares a name. `item`: a place in the film (`scene/shot`, `scene`, or a range of them). */
export type ArgType =
  | 'text'
  | 'length'
  | 'length-range'
  | 'size'
  | 'rate'
  | 'int'
  | 'number'
  | 'bool'
  | 'gain'
  | 'loudness'
  | 'percent'
  | 'money'
  | 'image'
  | 'audio'
  | 'video'
  | 'file'
  | 'new-name'
  | 'cast'
  | 'provider'
  | 'provider-kind'
  | 'bed'
  | 'item'
  | 'any'
  | { readonly words: readonly string[] }

export type Arg = {
  readonly name: string
  readonly types: readonly ArgType[]
  readonly optional?: true
  /** Takes all that follow of these types; also one list. */
  readonly many?: true
  readonly doc: string
}

/** A word among a statement's arguments that brings its own: `from IMAGE`, `under voice`, `before`. */
export type Clause = { readonly word: string; readonly args: readonly Arg[]; readonly doc: string }

/** Where a statement may stand: `file` is the top of a film or library; otherwise inside that statement's block. */
export type Parent =
  | 'file'
  | 'project'
  | 'provider'
  | 'cast'
  | 'scene'
  | 'shot'
  | 'extend'
  | 'retake'
  | 'bed'
  | 'title'
  | 'captions'
  | 'card'
  | 'clip'
  | 'still'
  | 'deliver'
  | 'series'

export type Row = {
  readonly word: string
  readonly parents: readonly Parent[]
  readonly args: readonly Arg[]
  readonly clauses: readonly Clause[]
  readonly block: 'none' | 'optional' | 'required'
  /** May stand more than once in its block. */
  readonly many: boolean
  /** A setting: the formatter lines up its first argument with its neighbours'. */
  readonly setting: boolean
  readonly doc: string
  readonly example: string
  readonly default?: string
}

type Extra = Partial<Pick<Row, 'args' | 'clauses' | 'block' | 'many' | 'setting' | 'default'>>
export const row = (word: string, parents: readonly Parent[], doc: string, example: string, extra: Extra = {}): Row => ({
  word,
  parents,
  doc,
  example,
  args: [],
  clauses: [],
  block: 'none',
  many: false,
  setting: false,
  ...extra,
})
export const arg = (name: string, types: readonly ArgType[], doc: string, extra: Partial<Pick<Arg, 'optional' | 'many'>> = {}): Arg => ({
  name,
  types,
  doc,
  ...extra,
})
export const clause = (word: string, doc: string, ...args: readonly Arg[]): Clause => ({ word, args, doc })
export const setting = (args: readonly Arg[], extra: Extra = {}): Extra => ({ args, setting: true, ...extra })
export const optional = { optional: true } as const
