// Script text in, its tree out, every mistake reported. Never throws, whatever the text. The grammar is small and knows
// nothing of film; only where one statement ends and the next begins on the same line is asked of the schema.
// Recovery is by statement: what cannot be read is skipped up to the end of its line or block, and reading goes on.
import { EmbeddedActionsParser, type IParserErrorMessageProvider } from 'chevrotain'
import type {
  Block,
  Call,
  Command,
  Comment,
  Expr,
  File,
  For,
  If,
  List,
  Literal,
  NamedArg,
  Param,
  Statement,
  Template,
  Text,
  Type,
} from './ast.ts'
import { markBroken } from './broken.ts'
import { foldOperands, join, nameOf, type Operand, spanOf, wordOf } from './build-ast.ts'
import type { Reporter } from './diagnostic.ts'
import { negated, readLiteral, unitOf, withUnit } from './literal.ts'
import { deepest } from './pair-up.ts'
import { hidden, prepare } from './prepare.ts'
import { type Row, rowsIn } from './schema.ts'
import { cover, type Source, type Span } from './source.ts'
import { openShape, type Shape } from './statement-shape.ts'
import { nearest } from './suggest.ts'
import * as t from './tokens.ts'

type Job = { readonly source: Source; readonly reporter: Reporter }

/** More syntax errors than this in one file, and the rest of it is not read: it is no script. */
const mostErrors = 100
const deepestType = 8

/** What a rule was looking for, where it has no better word than its own name. */
const expectations: Readonly<Record<string, string>> = {
  file: 'a statement',
  block: 'a statement or `}`',
  type: 'a type',
  param: '`:` and a type',
  template: 'a block in braces',
  condition: 'a block in braces',
  loop: 'a block in braces',
}
// Chevrotain's message is used for one thing: what was expected. `unexpected` says the rest.
const expected: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected: wanted }) => wanted.LABEL ?? wanted.name,
  buildNoViableAltMessage: ({ ruleName }) => expectations[ruleName] ?? 'a value',
  buildEarlyExitMessage: ({ ruleName }) => expectations[ruleName] ?? 'a value',
  buildNotAllInputParsedMessage: () => 'the end of the file',
}

const openers: ReadonlySet<t.TokenType> = new Set([t.If, t.For, t.Template, t.Param])

class GaveUp extends Error {}

type HasToken = { readonly token: t.Token; readonly message: string }

export class Grammar extends EmbeddedActionsParser {
  #job: Job = { source: { path: '', text: '' }, reporter: undefined as unknown as Reporter } // set before every run
  #parents: readonly string[] = ['file']
  #errors = 0
  /** Set when the statement being read has had an error. */
  #spoiled = false

  constructor(checked: boolean) {
    super(t.vocabulary, { maxLookahead: 2, skipValidations: !checked, errorMessageProvider: expected, recoveryEnabled: false })
    this.performSelfAnalysis()
  }

  readFile(tokens: t.Token[], job: Job): readonly Statement[] {
    this.#begin(tokens, job)
    return this.file()
  }

  /** What stands in a hole. */
  readHole(tokens: t.Token[], job: Job, hole: Span): Expr | undefined {
    this.#begin(tokens, job)
    const expr = this.hole()
    const first = this.errors[0] as HasToken | undefined // chevrotain's errors all carry a token
    if (first === undefined) return expr
    const atEnd = Number.isNaN(first.token.startOffset) || first.token.image === ''
    const at = { path: hole.path, start: hole.end - 1, end: hole.end }
    const found = tokens.length === 0 || atEnd ? '`}`' : describeToken(first.token)
    const wanted = first.message === 'the end of the file' ? 'the end of the hole, `}`,' : first.message
    job.reporter.report('syntax.unexpected', atEnd ? at : spanOf(first.token, hole.path), { found, expected: wanted })
    return undefined
  }

  #begin(tokens: t.Token[], job: Job): void {
    this.#job = job
    this.#parents = ['file']
    this.#errors = 0
    this.#spoiled = false
    this.input = tokens
  }

  // ── blocks ──────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly file = this.RULE('file', (): readonly Statement[] => this.SUBRULE(this.body))
  readonly hole = this.RULE('hole', (): Expr => this.SUBRULE(this.expression))

  readonly body = this.RULE('body', (): readonly Statement[] => {
    const found: Statement[] = []
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(t.Newline) },
        { ALT: () => this.#stray(this.CONSUME(t.NoStatement), 'a statement') },
        { ALT: () => this.#guarded(found) },
      ])
    })
    return found
  })

  /** One statement; when it cannot be read, what is left of it is skipped. */
  #guarded(found: Statement[]): void {
    const start = this.LA(1)
    try {
      const statement = this.SUBRULE(this.statement)
      if (statement !== undefined) found.push(statement)
    } catch (error) {
      if (!isRecognition(error)) throw error
      this.#unexpected(error)
      if (this.LA(1) === start) this.SKIP_TOKEN()
      this.#skipStatement()
    }
  }

  readonly block = this.RULE('block', (parents?: readonly string[]): Block => {
    const open = this.CONSUME(t.LeftBrace)
    const outer = this.#parents
    const outerSpoiled = this.#spoiled
    this.#parents = parents ?? outer
    try {
      const body = this.SUBRULE(this.body)
      const close = this.CONSUME(t.RightBrace)
      return { body, span: this.#span(open, close) }
    } finally {
      this.#parents = outer
      this.#spoiled = outerSpoiled
    }
  })

  readonly statement = this.RULE('statement', (): Statement | undefined =>
    this.OR<Statement | undefined>([
      { ALT: () => this.SUBRULE(this.condition) },
      { ALT: () => this.SUBRULE(this.loop) },
      { ALT: () => this.SUBRULE(this.template) },
      { ALT: () => this.SUBRULE(this.param) },
      { ALT: () => this.#textLine(this.SUBRULE(this.text)) },
      { GATE: () => this.#atCall(), ALT: () => this.SUBRULE(this.placing), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.command) },
    ]),
  )

  #textLine(text: Text): Statement {
    return { kind: 'text-line', text, span: text.span }
  }

  // ── word argument* [block] ────────────────────────────────────────────────────────────────────────────────────────

  readonly command = this.RULE('command', (): Command | undefined => {
    const outerSpoiled = this.#spoiled
    this.#spoiled = false
    const head = this.CONSUME(t.Name)
    this.OPTION({
      GATE: () => this.LA(1).tokenType === t.Colon || this.LA(1).tokenType === t.Equal,
      DEF: () => this.#needless(this.CONSUME(t.NoArgument)),
    })
    const shape = this.ACTION(() => this.#shapeOf(head))
    const args = this.SUBRULE(this.args, { ARGS: [shape] })
    const block = this.OPTION2(() => this.SUBRULE(this.block, { ARGS: [shape?.row === undefined ? [] : [shape.row.word]] }))
    return this.ACTION(() => {
      const last = block?.span ?? args.at(-1)?.span ?? this.#span(head)
      const word = wordOf(head, this.#job.source.path)
      const span = cover(word.span, last)
      const command: Command = { kind: 'command', word, args, ...(block === undefined ? {} : { block }), span }
      if (this.#bareHead(head, args.length > 0 || block !== undefined) || this.#spoiled) markBroken(command)
      this.#spoiled = outerSpoiled
      return command
    })
  })

  /** Arguments up to the end of the line, a brace, or the next statement; strays among them are reported and skipped. */
  readonly args = this.RULE('args', (shape?: Shape): readonly Expr[] => {
    const found: Expr[] = []
    try {
      this.MANY({
        GATE: () => this.#goesOn(shape),
        DEF: () =>
          this.OR([
            { GATE: () => found.length > 0, ALT: () => this.#operator(this.CONSUME(t.Joiner), found, this.SUBRULE(this.argument)) },
            {
              GATE: () => found.length > 0 && this.#looseMinus(),
              ALT: () => this.#operator(this.CONSUME(t.Minus), found, this.SUBRULE2(this.argument)),
              IGNORE_AMBIGUITIES: true,
            },
            { ALT: () => this.#stray(this.CONSUME2(t.Joiner), 'an argument') },
            { ALT: () => this.#strayInArgs(this.CONSUME(t.NoArgument)) },
            { ALT: () => this.#reserved(this.CONSUME(t.Opener), found, shape) },
            { ALT: () => this.#argument(this.SUBRULE3(this.argument), found, shape) },
          ]),
      })
    } catch (error) {
      if (!isRecognition(error)) throw error
      this.#unexpected(error)
      this.#skipTo((type) => type === t.Newline || type === t.LeftBrace || type === t.RightBrace)
    }
    return found
  })

  /** Reads the schema: is the next token one more argument of this statement? */
  #goesOn(shape: Shape | undefined): boolean {
    const next = this.LA(1)
    if (shape === undefined) return true
    if (openers.has(next.tokenType)) return shape.wants()
    if (next.tokenType !== t.Name || this.#adjacentParen()) return true
    const clause = shape.clause(next.image)
    if (clause !== undefined && !shape.wantsForClause()) return true
    return shape.wants() || clause !== undefined || !this.#parents.some((parent) => rowsIn(parent).has(next.image))
  }

  #argument(expr: Expr, found: Expr[], shape: Shape | undefined): void {
    if (shape === undefined) return
    const word = expr.kind === 'name' && expr.parts.length === 1 ? expr.parts[0]?.text : undefined
    const clause = word === undefined || shape.wantsForClause() ? undefined : shape.clause(word)
    if (clause !== undefined) shape.openClause(clause)
    else shape.addArgument()
    found.push(clause === undefined ? this.#withLooseUnit(expr, shape) : expr)
  }

  /** `6 s`, `24 fps` and `1920 x 1080`: a number and a unit that were meant to be one word. */
  #withLooseUnit(expr: Expr, shape: Shape): Expr {
    const next = this.LA(1)
    if (expr.kind !== 'literal' || expr.value.unit !== 'number' || next.tokenType !== t.Name) return expr
    const { text } = this.#job.source
    const digits = text.slice(expr.span.start, expr.span.end)
    const sides = /^[xX](\d+)?$/.exec(next.image)
    const height = sides === null ? undefined : (sides[1] ?? (/^\d+$/.test(this.LA(2).image) ? this.LA(2).image : undefined))
    const unit = unitOf(next.image)
    if (height === undefined && (unit === undefined || shape.clause(next.image) !== undefined)) return expr
    let last = next
    this.SKIP_TOKEN()
    if (height !== undefined && sides?.[1] === undefined) {
      last = this.LA(1)
      this.SKIP_TOKEN()
    }
    const instead = height === undefined ? withUnit(digits, unit ?? '') : `${digits}x${height}`
    return this.#literal(instead, cover(expr.span, this.#span(last)), instead)
  }

  /** An operator bare among arguments: read as it was meant, with an error. */
  #operator(token: t.Token, found: Expr[], right: Expr): void {
    this.ACTION(() => {
      const left = found.pop()
      if (left === undefined) return
      const { path, text } = this.#job.source
      const span = cover(left.span, right.span)
      const operator = token.tokenType === t.Minus ? '-' : token.image
      const sizes = /^(\d+)\s*\*\s*(\d+)$/.exec(text.slice(span.start, span.end))
      if (sizes !== null) {
        const instead = `${sizes[1]}x${sizes[2]}`
        found.push(this.#literal(instead, span, instead))
        return
      }
      const edits = [
        { span: { path, start: span.start, end: span.start }, text: '(' },
        { span: { path, start: span.end, end: span.end }, text: ')' },
      ]
      const fixes = [{ kind: 'edit' as const, title: 'put it in parentheses', edits, certain: true }]
      this.#report(() => this.#job.reporter.report('syntax.operator', this.#span(token), { operator }, { fixes }))
      // Every Joiner but none other stands in BinaryOperator's list.
      found.push(join(left, operator as Parameters<typeof join>[1], right))
    })
  }

  #reserved(token: t.Token, found: Expr[], shape: Shape | undefined): void {
    this.ACTION(() => {
      this.#report(() => this.#job.reporter.report('name.reserved', this.#span(token), { name: token.image }))
      shape?.addArgument()
      found.push(nameOf(token, this.#job.source.path))
    })
  }

  /** The row that a head means here; a near miss counts, so that one slip does not spoil what follows. */
  #shapeOf(head: t.Token): Shape {
    const row = (word: string): Row | undefined => {
      for (const parent of this.#parents) {
        const here = rowsIn(parent).get(word)
        if (here !== undefined) return here
      }
      return undefined
    }
    const meant = row(head.image)
    if (meant !== undefined) return openShape(meant)
    const near = nearest(
      head.image,
      this.#parents.flatMap((parent) => [...rowsIn(parent).keys()]),
    )
    return openShape(near === undefined ? undefined : row(near.word))
  }

  /** A dotted name or a path at the head of a statement: a call without its parentheses, or no statement at all. */
  #bareHead(head: t.Token, more: boolean): boolean {
    if (!/[./]/.test(head.image)) return false
    const span = this.#span(head)
    const edit = { kind: 'edit' as const, title: 'place it', edits: [{ span: { ...span, start: span.end }, text: '()' }], certain: false }
    this.#report(() => this.#job.reporter.report('syntax.call', span, { name: head.image }, { fixes: more ? [] : [edit] }))
    return true
  }

  // ── if, for, template, param, call ────────────────────────────────────────────────────────────────────────────────

  readonly condition = this.RULE('condition', (): If => {
    const branches: { head: t.Token; test: Expr; then: Block }[] = []
    let last: Block | undefined
    const head = this.CONSUME(t.If)
    const test = this.SUBRULE(this.expression)
    branches.push({ head, test, then: this.SUBRULE(this.block) })
    this.MANY({
      GATE: () => last === undefined,
      DEF: () => {
        this.CONSUME(t.Else)
        this.OR([
          {
            ALT: () => {
              const inner = this.CONSUME2(t.If)
              const innerTest = this.SUBRULE2(this.expression)
              branches.push({ head: inner, test: innerTest, then: this.SUBRULE2(this.block) })
            },
          },
          {
            ALT: () => {
              last = this.SUBRULE3(this.block)
            },
          },
        ])
      },
    })
    return this.ACTION(() => this.#foldBranches(branches, last))
  })

  #foldBranches(branches: readonly { head: t.Token; test: Expr; then: Block }[], last: Block | undefined): If {
    const tooDeep = branches[deepest]
    if (tooDeep !== undefined) this.#tooDeep(tooDeep.head, 'the branches of an `if`')
    const kept = branches.slice(0, deepest)
    const fold = (at: number): Block | If | undefined => {
      const branch = kept[at]
      if (branch === undefined) return last
      const otherwise = fold(at + 1)
      const span = cover(this.#span(branch.head), (otherwise ?? branch.then).span)
      return { kind: 'if', condition: branch.test, then: branch.then, ...(otherwise === undefined ? {} : { otherwise }), span }
    }
    return fold(0) as If // the list starts with the `if` itself
  }

  readonly loop = this.RULE('loop', (): For => {
    const head = this.CONSUME(t.For)
    const name = this.#newName(this.CONSUME(t.Name))
    this.CONSUME(t.In)
    const list = this.SUBRULE(this.expression)
    const block = this.SUBRULE(this.block)
    return this.ACTION(() => ({ kind: 'for', name, list, block, span: cover(this.#span(head), block.span) }))
  })

  readonly template = this.RULE('template', (): Template => {
    const head = this.CONSUME(t.Template)
    const name = this.#newName(this.CONSUME(t.Name))
    const params: Param[] = []
    this.OPTION(() => {
      this.CONSUME(t.LeftParen)
      this.MANY(() => {
        const param = this.SUBRULE(this.paramBody)
        params.push(this.ACTION(() => ({ ...param, span: cover(param.name.span, param.span) })))
        this.#comma(() => this.OPTION2(() => this.CONSUME(t.Comma)))
      })
      this.CONSUME(t.RightParen)
    })
    const block = this.SUBRULE(this.block, { ARGS: [['file', 'scene', 'shot']] })
    return this.ACTION(() => ({ kind: 'template', name, params, block, span: cover(this.#span(head), block.span) }))
  })

  readonly param = this.RULE('param', (): Param => {
    const head = this.CONSUME(t.Param)
    const param = this.SUBRULE(this.paramBody)
    return this.ACTION(() => ({ ...param, span: cover(this.#span(head), param.span) }))
  })

  readonly paramBody = this.RULE('paramBody', (): Param => {
    const name = this.#newName(this.CONSUME(t.Name))
    this.CONSUME(t.Colon)
    const type = this.SUBRULE(this.type)
    const value = this.OPTION(() => {
      this.CONSUME(t.Equal)
      return this.SUBRULE(this.expression)
    })
    return this.ACTION(() => {
      const span = cover(name.span, value?.span ?? typeSpan(type))
      return { kind: 'param', name, type, ...(value === undefined ? {} : { default: value }), span }
    })
  })

  readonly type = this.RULE(
    'type',
    (): Type =>
      this.OR([
        {
          ALT: () => {
            const choices = [this.SUBRULE(this.text)]
            this.MANY(() => {
              this.CONSUME(t.Pipe)
              choices.push(this.SUBRULE2(this.text))
            })
            return this.ACTION((): Type => {
              const span = cover((choices[0] as Text).span, (choices.at(-1) as Text).span) // a choice has at least one text
              return { kind: 'choice-type', choices, span }
            })
          },
        },
        {
          ALT: () => {
            const heads: t.Token[] = [this.CONSUME(t.Name)]
            // `list<list<text>>` is read as heads and closers, so that no depth of it can exhaust the stack.
            this.MANY2(() => {
              this.CONSUME(t.Less)
              heads.push(this.CONSUME2(t.Name))
            })
            const closers: t.Token[] = []
            this.MANY3(() => closers.push(this.CONSUME(t.Greater)))
            return this.ACTION(() => this.#foldType(heads, closers))
          },
        },
      ]),
  )

  #foldType(heads: readonly t.Token[], closers: readonly t.Token[]): Type {
    const { path } = this.#job.source
    const innermost = heads.at(-1) as t.Token // the rule consumed at least one
    const lists = heads.slice(0, -1)
    const odd = lists.find((head) => head.image !== 'list')
    if (odd !== undefined) this.#report(() => this.#job.reporter.report('type.unknown', this.#span(odd), { name: `${odd.image}<…>` }))
    if (closers.length !== lists.length) {
      const last = closers.at(-1) ?? innermost
      const wanted = closers.length < lists.length ? '`>`' : 'the end of the type'
      this.#report(() => this.#job.reporter.report('syntax.unexpected', this.#span(last), { found: `\`${last.image}\``, expected: wanted }))
    }
    const tooDeep = lists[deepestType]
    if (tooDeep !== undefined) this.#tooDeep(tooDeep, 'lists')
    let type: Type = { kind: 'named-type', name: wordOf(innermost, path) }
    lists
      .slice(-deepestType)
      .reverse()
      .forEach((head, depth) => {
        type = { kind: 'list-type', of: type, span: cover(spanOf(head, path), spanOf(closers[depth] ?? innermost, path)) }
      })
    return type
  }

  readonly placing = this.RULE('placing', (): Call => this.SUBRULE(this.call, { ARGS: [this.CONSUME(t.Name)] }))

  /** The parentheses after a name. */
  readonly call = this.RULE('call', (name?: t.Token): Call => {
    const args: NamedArg[] = []
    this.CONSUME(t.LeftParen)
    this.MANY(() => {
      args.push(this.SUBRULE(this.namedArg))
      this.#comma(() => this.OPTION(() => this.CONSUME(t.Comma)))
    })
    const close = this.CONSUME(t.RightParen)
    return this.ACTION(() => {
      const callee = nameOf(name as t.Token, this.#job.source.path) // absent only while chevrotain records the grammar
      return { kind: 'call', callee, args, span: this.#span(name as t.Token, close) }
    })
  })

  readonly namedArg = this.RULE('namedArg', (): NamedArg => {
    const name = this.OPTION({
      GATE: () => this.LA(2).tokenType === t.Colon,
      DEF: () => {
        const word = this.CONSUME(t.Name)
        this.CONSUME(t.Colon)
        return this.#newName(word)
      },
    })
    const value = this.SUBRULE(this.expression)
    return this.ACTION(() => (name === undefined ? { value, span: value.span } : { name, value, span: cover(name.span, value.span) }))
  })

  // ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly expression = this.RULE('expression', (): Expr => {
    const operands: Operand[] = []
    let count = 0
    const nots = (): Span[] => {
      const found: Span[] = []
      this.MANY2(() => found.push(this.#span(this.CONSUME(t.Not))))
      return found
    }
    const firstNots = nots()
    operands.push({ nots: firstNots, value: this.SUBRULE(this.operand) })
    this.MANY(() => {
      const token = this.OR([
        { ALT: () => this.CONSUME(t.Joiner) },
        { ALT: () => this.CONSUME(t.Minus) },
        { ALT: () => this.CONSUME(t.DotDot) },
      ])
      const found: Span[] = []
      this.MANY3(() => found.push(this.#span(this.CONSUME2(t.Not))))
      const value = this.SUBRULE2(this.operand)
      count += 1 + found.length
      if (count <= deepest)
        operands.push({ operator: token.image as NonNullable<Operand['operator']>, nots: found, value }) // the three kinds of token above
      else if (!this.RECORDING_PHASE) this.#tooDeep(token, 'operators')
    })
    return this.ACTION(() => {
      if (firstNots.length <= deepest) return foldOperands(operands)
      this.#tooDeep(this.LA(0), 'operators')
      return (operands[0] as Operand).value // pushed above
    })
  })

  /** An argument of a statement: a value or a range of values, no operators. */
  readonly argument = this.RULE('argument', (): Expr => {
    const from = this.SUBRULE(this.operand)
    const to = this.OPTION(() => {
      this.CONSUME(t.DotDot)
      return this.SUBRULE2(this.operand)
    })
    return to === undefined ? from : this.ACTION(() => join(from, '..', to))
  })

  readonly operand = this.RULE('operand', (): Expr => {
    const signs: t.Token[] = []
    this.MANY(() => signs.push(this.CONSUME(t.Minus)))
    const value = this.SUBRULE(this.primary)
    return signs.length === 0 ? value : this.ACTION(() => this.#negative(signs, value))
  })

  #negative(signs: readonly t.Token[], value: Expr): Expr {
    if (signs.length > deepest) this.#tooDeep(signs[0] as t.Token, 'minus signs')
    return signs.slice(-deepest).reduceRight((operand: Expr, sign): Expr => {
      const span = cover(this.#span(sign), operand.span)
      const below = operand.kind === 'literal' && t.endOf(sign) === operand.span.start ? negated(operand.value) : undefined
      return below === undefined ? { kind: 'unary', operator: '-', operand, span } : { kind: 'literal', value: below, span }
    }, value)
  }

  readonly primary = this.RULE(
    'primary',
    (): Expr =>
      this.OR<Expr>([
        {
          ALT: () => {
            const name = this.CONSUME(t.Name)
            const call = this.OPTION({ GATE: () => this.#touches(), DEF: () => this.SUBRULE(this.call, { ARGS: [name] }) })
            return call ?? this.ACTION(() => nameOf(name, this.#job.source.path))
          },
        },
        { ALT: () => this.SUBRULE(this.text) },
        { ALT: () => this.#quantity(this.CONSUME(t.Quantity)) },
        { ALT: () => this.#bool(this.CONSUME(t.True), true) },
        { ALT: () => this.#bool(this.CONSUME(t.False), false) },
        { ALT: () => this.SUBRULE(this.list) },
        {
          ALT: () => {
            this.CONSUME(t.LeftParen)
            const inner = this.SUBRULE(this.expression)
            this.CONSUME(t.RightParen)
            return inner
          },
        },
      ]),
  )

  readonly list = this.RULE('list', (): List => {
    const items: Expr[] = []
    const open = this.CONSUME(t.LeftBracket)
    this.MANY(() => {
      items.push(this.SUBRULE(this.expression))
      this.#comma(() => this.OPTION(() => this.CONSUME(t.Comma)))
    })
    const close = this.CONSUME(t.RightBracket)
    return this.ACTION(() => ({ kind: 'list', items, span: this.#span(open, close) }))
  })

  readonly text = this.RULE('text', (): Text => {
    const token = this.CONSUME(t.LongText)
    return token.payload as Text // `prepare` has read every text
  })

  #bool(token: t.Token, bool: boolean): Literal {
    return { kind: 'literal', value: { unit: 'bool', bool }, span: this.#span(token) }
  }

  #quantity(token: t.Token): Literal {
    return this.#literal(token.image, this.#span(token))
  }

  /** Reads a number with its unit; `instead` says that it was put together from several words. */
  #literal(text: string, span: Span, instead?: string): Literal {
    const zero: Literal = { kind: 'literal', value: { unit: 'number', number: { num: 0, den: 1 }, integer: true }, span }
    if (this.RECORDING_PHASE) return zero
    const read = readLiteral(text)
    const spelled = 'problem' in read && read.problem === 'unit' ? read : instead === undefined ? undefined : { instead, certain: true }
    const { reporter, source } = this.#job
    const found = source.text.slice(span.start, span.end)
    if (spelled !== undefined) {
      const edits = [{ span, text: spelled.instead }]
      const fixes = [{ kind: 'edit' as const, title: `write ${spelled.instead}`, edits, certain: spelled.certain }]
      this.#report(() => reporter.report('value.unit', span, { found, instead: spelled.instead }, { fixes }))
    }
    const value = spelled === undefined ? read : readLiteral(spelled.instead)
    if (!('problem' in value)) return { kind: 'literal', value, span }
    this.#report(() => reporter.report(value.problem === 'too-large' ? 'value.too-large' : 'value.malformed', span, { found }))
    this.#spoiled = true
    return zero
  }

  #newName(token: t.Token): ReturnType<typeof wordOf> {
    const word = wordOf(token, this.#job.source.path)
    if (/[./]/.test(word.text)) this.#report(() => this.#job.reporter.report('name.invalid', word.span, { name: `\`${word.text}\`` }))
    return word
  }

  // ── looking ahead ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** `name(`: parentheses that touch the name make a call; a dotted name may keep its distance. */
  #atCall(): boolean {
    return this.#adjacentParen() || (this.LA(2).tokenType === t.LeftParen && this.LA(1).image.includes('.'))
  }
  #adjacentParen(): boolean {
    const paren = this.LA(2)
    return paren.tokenType === t.LeftParen && paren.startOffset === t.endOf(this.LA(1))
  }
  #touches(): boolean {
    return this.LA(1).startOffset === t.endOf(this.LA(0))
  }
  /** A minus sign that stands apart from what follows is meant as an operator. */
  #looseMinus(): boolean {
    return this.LA(1).tokenType === t.Minus && this.LA(2).startOffset > t.endOf(this.LA(1))
  }

  // ── mistakes ──────────────────────────────────────────────────────────────────────────────────────────────────────

  #span(first: t.Token, last: t.Token = first): Span {
    return { path: this.#job.source.path, start: first.startOffset, end: t.endOf(last) }
  }

  #report(report: () => void): void {
    if (this.RECORDING_PHASE) return
    this.#spoiled = true
    this.#errors += 1
    report()
    if (this.#errors >= mostErrors) throw new GaveUp('too many syntax errors')
  }

  #unexpected(error: HasToken): void {
    const { source, reporter } = this.#job
    const { token } = error
    const atEnd = Number.isNaN(token.startOffset)
    const end = source.text.trimEnd().length
    const span = atEnd ? { path: source.path, start: end, end } : this.#span(token)
    this.#report(() => reporter.report('syntax.unexpected', span, { found: describeToken(token), expected: error.message }))
  }

  #stray(token: t.Token, wanted: string): void {
    this.#report(() => {
      const { source, reporter } = this.#job
      reporter.report('syntax.unexpected', spanOf(token, source.path), { found: describeToken(token), expected: wanted })
    })
    // At the head of a statement the rest of the line is of no use either.
    if (wanted === 'a statement' && !this.RECORDING_PHASE) this.#skipStatement()
  }

  #strayInArgs(token: t.Token): void {
    if (token.tokenType === t.Comma) this.#needless(token)
    else this.#stray(token, 'an argument')
  }

  #needless(token: t.Token): void {
    this.#report(() => {
      const { source, reporter } = this.#job
      const span = spanOf(token, source.path)
      // Between two words a space must stay.
      const glued = /\S/.test(source.text[span.start - 1] ?? ' ') && /\S/.test(source.text[span.end] ?? ' ')
      const fixes = [{ kind: 'edit' as const, title: 'take it out', edits: [{ span, text: glued ? ' ' : '' }], certain: true }]
      reporter.report('syntax.punctuation', span, { found: token.image }, { fixes })
    })
  }

  /** A comma, unless the list ends here; a forgotten one is put in. */
  #comma(read: () => unknown): void {
    read()
    if (this.RECORDING_PHASE || this.LA(0).tokenType === t.Comma) return
    const next = this.LA(1)
    const canFollow = [t.Name, t.LongText, t.ShortText, t.OtherText, t.Quantity, t.LeftBracket, t.True, t.False].includes(next.tokenType)
    if (!canFollow) return
    const { path } = this.#job.source
    const at = t.endOf(this.LA(0))
    const edits = [{ span: { path, start: at, end: at }, text: ',' }]
    const fixes = [{ kind: 'edit' as const, title: 'put a comma between them', edits, certain: true }]
    this.#report(() => {
      this.#job.reporter.report('syntax.unexpected', this.#span(next), { found: describeToken(next), expected: '`,`' }, { fixes })
    })
  }

  #tooDeep(token: t.Token, what: string): void {
    this.#report(() => this.#job.reporter.report('limit.nesting', this.#span(token), { what }))
  }

  /** Leaves the statement that could not be read: up to the end of its line, over any block that opens on the way. */
  #skipStatement(): void {
    let depth = 0
    this.#skipTo((type) => {
      if (type === t.LeftBrace) depth += 1
      else if (type === t.RightBrace) depth -= 1
      return depth < 0 || (depth === 0 && type === t.Newline)
    })
  }

  #skipTo(stop: (type: t.TokenType) => boolean): void {
    while (!Number.isNaN(this.LA(1).startOffset) && !stop(this.LA(1).tokenType)) this.SKIP_TOKEN()
  }
}

/** A token as an error names it. */
function describeToken(token: t.Token): string {
  if (token.tokenType === t.Newline) return 'the end of the line'
  if (token.image === '') return Number.isNaN(token.startOffset) ? 'the end of the file' : 'the end of the block'
  const image = token.image.replace(/\s+/g, ' ')
  return `\`${image.length > 32 ? `${[...image].slice(0, 30).join('')}…` : image}\``
}

const typeSpan = (type: Type): Span => (type.kind === 'named-type' ? type.name.span : type.span)

const isRecognition = (error: unknown): error is HasToken => error instanceof Error && 'token' in error

// ── the door ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const longestFile = 1_048_576
let grammar: Grammar | undefined

/** Reads one file. What could not be read is missing from the tree (and reported); the rest is there. */
export function parse(source: Source, reporter: Reporter): File {
  const span: Span = { path: source.path, start: 0, end: source.text.length }
  const nothing = (comments: readonly Comment[] = []): File => markBroken({ kind: 'file', body: [], comments, span })
  const size = byteLength(source.text)
  if (size > longestFile) {
    const shown = size < 10 * 1024 * 1024 ? `${(size / 1_048_576).toFixed(1)} MiB` : `${Math.round(size / 1_048_576)} MiB`
    reporter.report('limit.file', { ...span, end: 0 }, { size: shown })
    return nothing()
  }
  reportHidden(source, reporter)
  const raw = t.tokenize(source.text)
  const comments = raw.comments.map((token) => commentOf(token, source))
  grammar ??= new Grammar(false)
  const rules = grammar
  const job = { source, reporter }
  const parseHole = (tokens: t.Token[], hole: Span) => rules.readHole(tokens, job, hole)
  const tokens = prepare(raw, { source, reporter, depth: 0, parseHole })
  if (tokens === undefined || !knownVersion(tokens, job)) return nothing(comments)
  try {
    return { kind: 'file', body: rules.readFile(tokens, job), comments, span }
  } catch (error) {
    if (error instanceof GaveUp) return nothing(comments)
    throw error
  }
}

/** UTF-8 bytes; a text that is too long by its letters alone is not counted out. */
function byteLength(text: string): number {
  if (text.length > longestFile || text.length * 3 <= longestFile) return text.length
  return new TextEncoder().encode(text).length
}

const mostHidden = 20

function reportHidden(source: Source, reporter: Reporter): void {
  if (!hidden.test(source.text)) return
  let count = 0
  for (const match of source.text.matchAll(new RegExp(hidden.source, 'gu'))) {
    count += 1
    if (count > mostHidden) return
    const code = match[0].codePointAt(0) ?? 0
    const name = code === 0 ? 'a NUL' : code >= 0xd800 && code <= 0xdfff ? 'half of a character' : 'a mark that turns the direction of text'
    const span = { path: source.path, start: match.index, end: match.index + match[0].length }
    const fixes = [{ kind: 'edit' as const, title: 'take it out', edits: [{ span, text: '' }], certain: true }]
    reporter.report(
      'syntax.hidden-character',
      span,
      { character: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`, name },
      { fixes },
    )
  }
}

function commentOf(token: t.Token, source: Source): Comment {
  let at = token.startOffset - 1
  while (at >= 0 && ' \t\ufeff'.includes(source.text[at] ?? '')) at -= 1
  const trailing = at >= 0 && source.text[at] !== '\n' && source.text[at] !== '\r'
  return { text: token.image.trimEnd(), trailing, span: spanOf(token, source.path) }
}

/** A file of a newer version is refused at its first line, before its grammar can be misread. */
function knownVersion(tokens: readonly t.Token[], { source, reporter }: Job): boolean {
  const [word, version] = tokens.filter((token) => token.tokenType !== t.Newline)
  if (word?.image !== 'ltx' || version === undefined || !/^\d+$/.test(version.image) || Number(version.image) === 1) return true
  reporter.report('statement.version-newer', spanOf(version, source.path), { found: version.image })
  return false
}
