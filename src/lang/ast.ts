// What the parser makes of a text. The tree knows statements, arguments and blocks and nothing of film;
// what a word means is the schema's business. Every node carries its span.

import type { Span } from './source.ts'
import type { Length, Rate, Rational } from './time.ts'

export type File = {
  readonly kind: 'file'
  readonly body: readonly Statement[]
  /** Every comment in source order; the formatter puts them back, the lints read `# allow CODE`. */
  readonly comments: readonly Comment[]
  readonly span: Span
}

/** `# …` to the end of the line. `trailing`: something stands before it on its line. `text` includes the `#`. */
export type Comment = { readonly text: string; readonly trailing: boolean; readonly span: Span }

export type Block = { readonly body: readonly Statement[]; readonly span: Span }

export type Statement = Command | TextLine | Call | Param | Template | If | For

/** `word argument* [block]`: `shot open 6s { … }`, `size 1920x1080`, `dissolve 12f`, `use std/moves`. */
export type Command = {
  readonly kind: 'command'
  readonly word: Word
  readonly args: readonly Expr[]
  readonly block?: Block
  readonly span: Span
}

/** A text that stands alone: words of the shot's action. */
export type TextLine = { readonly kind: 'text-line'; readonly text: Text; readonly span: Span }

/** `bible.speaks-to-camera(who: mara)` as a statement: a template placed where it stands. As an expression: `slug(guest)`. */
export type Call = {
  readonly kind: 'call'
  readonly callee: Name
  readonly args: readonly NamedArg[]
  readonly span: Span
}
/** `name: value`, or a bare value (`name` absent) which fills the next parameter in order. */
export type NamedArg = { readonly name?: Word; readonly value: Expr; readonly span: Span }

/** `param name: type = default` at the top of a file. */
export type Param = { readonly kind: 'param'; readonly name: Word; readonly type: Type; readonly default?: Expr; readonly span: Span }

/** `template name(a: text, b: duration = 4s) { … }` */
export type Template = {
  readonly kind: 'template'
  readonly name: Word
  readonly params: readonly Param[]
  readonly block: Block
  readonly span: Span
}

/** `if … { } else if … { } else { }` */
export type If = {
  readonly kind: 'if'
  readonly condition: Expr
  readonly then: Block
  readonly otherwise?: Block | If
  readonly span: Span
}

/** `for x in list { }` */
export type For = { readonly kind: 'for'; readonly name: Word; readonly list: Expr; readonly block: Block; readonly span: Span }

export type Word = { readonly text: string; readonly span: Span }

/** `text int number bool duration image audio video`, `list<T>`, `"a" | "b"`. */
export type Type =
  | { readonly kind: 'named-type'; readonly name: Word }
  | { readonly kind: 'list-type'; readonly of: Type; readonly span: Span }
  | { readonly kind: 'choice-type'; readonly choices: readonly Text[]; readonly span: Span }

export type Expr = Text | Literal | Name | Range | List | Call | Unary | Binary

/** A quoted text. `parts` alternate plain strings and holes; `{{` and `}}` are already plain braces. `long`: written with `"""`. */
export type Text = { readonly kind: 'text'; readonly parts: readonly (string | Expr)[]; readonly long: boolean; readonly span: Span }

/** A literal with its unit, exact. */
export type Literal = { readonly kind: 'literal'; readonly value: Quantity; readonly span: Span }
export type Quantity =
  | { readonly unit: 'number'; readonly number: Rational; readonly integer: boolean }
  | { readonly unit: 'length'; readonly length: Length }
  | { readonly unit: 'size'; readonly width: number; readonly height: number }
  | { readonly unit: 'rate'; readonly rate: Rate }
  | { readonly unit: 'gain'; readonly decibels: Rational }
  | { readonly unit: 'loudness'; readonly lufs: Rational }
  | { readonly unit: 'percent'; readonly percent: Rational }
  | { readonly unit: 'money'; readonly micros: number }
  | { readonly unit: 'bool'; readonly bool: boolean }

/** A bare word or a path of words: `mara`, `moves.slow-push` (dots: a member of a library), `harbor/open` (slashes: a place in the film). */
export type Name = { readonly kind: 'name'; readonly parts: readonly Word[]; readonly separator: '.' | '/'; readonly span: Span }

/** `2s..4s`, `harbor..storm` */
export type Range = { readonly kind: 'range'; readonly from: Expr; readonly to: Expr; readonly span: Span }
export type List = { readonly kind: 'list'; readonly items: readonly Expr[]; readonly span: Span }
/** `not x`, `-x` */
export type Unary = { readonly kind: 'unary'; readonly operator: 'not' | '-'; readonly operand: Expr; readonly span: Span }
export type BinaryOperator = 'and' | 'or' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '+' | '-' | '*' | '/'
/** Operators stand only in `if`, `for`, defaults, call arguments, lists, holes and parentheses; never bare among a command's arguments. */
export type Binary = {
  readonly kind: 'binary'
  readonly operator: BinaryOperator
  readonly left: Expr
  readonly right: Expr
  readonly span: Span
}
