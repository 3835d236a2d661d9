// Rules for statements and blocks, on top of the rules for values. The grammar knows nothing of film; only where one
// statement ends and the next begins on the same line is asked of the schema.
import type { Block, Call, Command, Expr, For, If, Param, Statement, Template, Text } from '../ast.ts'
import { type Row, rowsIn } from '../schema.ts'
import { cover, type Span } from '../source.ts'
import { nearest } from '../suggest.ts'
import { markBroken } from './broken.ts'
import { join, nameOf, spanOf, wordOf } from './build-ast.ts'
import { typeSpan, ValueGrammar } from './grammar-values.ts'
import { unitOf, withUnit } from './literal.ts'
import { deepest } from './pair-up.ts'
import { describeToken, type HasToken, isRecognition, type Job } from './parser.ts'
import { openShape, type Shape } from './statement-shape.ts'
import * as t from './tokens.ts'

const openers: ReadonlySet<t.TokenType> = new Set([t.If, t.For, t.Template, t.Param])

export class Grammar extends ValueGrammar {
  protected parents: readonly string[] = ['file']

  constructor(checked: boolean) {
    super(checked)
    this.performSelfAnalysis()
  }

  readFile(tokens: t.Token[], job: Job): readonly Statement[] {
    this.begin(tokens, job)
    return this.file()
  }

  /** What stands in a hole. */
  readHole(tokens: t.Token[], job: Job, hole: Span): Expr | undefined {
    this.begin(tokens, job)
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

  protected begin(tokens: t.Token[], job: Job): void {
    this.job = job
    this.parents = ['file']
    this.errorCount = 0
    this.spoiled = false
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
        { ALT: () => this.stray(this.CONSUME(t.NoStatement), 'a statement') },
        { ALT: () => this.guarded(found) },
      ])
    })
    return found
  })

  /** One statement; when it cannot be read, what is left of it is skipped. */
  protected guarded(found: Statement[]): void {
    const start = this.LA(1)
    try {
      const statement = this.SUBRULE(this.statement)
      if (statement !== undefined) found.push(statement)
    } catch (error) {
      if (!isRecognition(error)) throw error
      this.unexpected(error)
      if (this.LA(1) === start) this.SKIP_TOKEN()
      this.skipStatement()
    }
  }

  readonly block = this.RULE('block', (parents?: readonly string[]): Block => {
    const open = this.CONSUME(t.LeftBrace)
    const outer = this.parents
    const outerSpoiled = this.spoiled
    this.parents = parents ?? outer
    try {
      const body = this.SUBRULE(this.body)
      const close = this.CONSUME(t.RightBrace)
      return { body, span: this.span(open, close) }
    } finally {
      this.parents = outer
      this.spoiled = outerSpoiled
    }
  })

  readonly statement = this.RULE('statement', (): Statement | undefined =>
    this.OR<Statement | undefined>([
      { ALT: () => this.SUBRULE(this.condition) },
      { ALT: () => this.SUBRULE(this.loop) },
      { ALT: () => this.SUBRULE(this.template) },
      { ALT: () => this.SUBRULE(this.param) },
      { ALT: () => this.textLine(this.SUBRULE(this.text)) },
      { GATE: () => this.atCall(), ALT: () => this.SUBRULE(this.placing), IGNORE_AMBIGUITIES: true },
      { ALT: () => this.SUBRULE(this.command) },
    ]),
  )

  protected textLine(text: Text): Statement {
    return { kind: 'text-line', text, span: text.span }
  }

  // ── word argument* [block] ────────────────────────────────────────────────────────────────────────────────────────

  readonly command = this.RULE('command', (): Command | undefined => {
    const outerSpoiled = this.spoiled
    this.spoiled = false
    const head = this.CONSUME(t.Name)
    this.OPTION({
      GATE: () => this.LA(1).tokenType === t.Colon || this.LA(1).tokenType === t.Equal,
      DEF: () => this.needless(this.CONSUME(t.NoArgument)),
    })
    const shape = this.ACTION(() => this.shapeOf(head))
    const args = this.SUBRULE(this.args, { ARGS: [shape] })
    const block = this.OPTION2(() => this.SUBRULE(this.block, { ARGS: [shape?.row === undefined ? [] : [shape.row.word]] }))
    return this.ACTION(() => {
      const last = block?.span ?? args.at(-1)?.span ?? this.span(head)
      const word = wordOf(head, this.job.source.path)
      const span = cover(word.span, last)
      const command: Command = { kind: 'command', word, args, ...(block === undefined ? {} : { block }), span }
      if (this.bareHead(head, args.length > 0 || block !== undefined) || this.spoiled) markBroken(command)
      this.spoiled = outerSpoiled
      return command
    })
  })

  /** Arguments up to the end of the line, a brace, or the next statement; strays among them are reported and skipped. */
  readonly args = this.RULE('args', (shape?: Shape): readonly Expr[] => {
    const found: Expr[] = []
    try {
      this.MANY({
        GATE: () => this.goesOn(shape),
        DEF: () =>
          this.OR([
            { GATE: () => found.length > 0, ALT: () => this.operator(this.CONSUME(t.Joiner), found, this.SUBRULE(this.argument)) },
            {
              GATE: () => found.length > 0 && shape?.wants() !== true && this.looseMinus(),
              ALT: () => this.operator(this.CONSUME(t.Minus), found, this.SUBRULE2(this.argument)),
              IGNORE_AMBIGUITIES: true,
            },
            { ALT: () => this.stray(this.CONSUME2(t.Joiner), 'an argument') },
            { ALT: () => this.strayInArgs(this.CONSUME(t.NoArgument)) },
            { ALT: () => this.reserved(this.CONSUME(t.Opener), found, shape) },
            { ALT: () => this.takeArgument(this.SUBRULE3(this.argument), found, shape) },
          ]),
      })
    } catch (error) {
      if (!isRecognition(error)) throw error
      this.unexpected(error)
      this.skipTo((type) => type === t.Newline || type === t.LeftBrace || type === t.RightBrace)
    }
    return found
  })

  /** Reads the schema: is the next token one more argument of this statement? */
  protected goesOn(shape: Shape | undefined): boolean {
    const next = this.LA(1)
    if (shape === undefined) return true
    if (openers.has(next.tokenType)) return shape.wants()
    if (next.tokenType !== t.Name || this.adjacentParen()) return true
    if (shape.wants() || shape.clause(next.image) !== undefined) return true
    return !this.parents.some((parent) => rowsIn(parent).has(next.image))
  }

  protected takeArgument(expr: Expr, found: Expr[], shape: Shape | undefined): void {
    if (shape === undefined) return
    const word = expr.kind === 'name' && expr.parts.length === 1 ? expr.parts[0]?.text : undefined
    const clause = word === undefined ? undefined : shape.clause(word)
    if (clause !== undefined) shape.openClause(clause)
    else shape.addArgument()
    found.push(clause === undefined ? this.withLooseUnit(expr, shape) : expr)
  }

  /** `6 s`, `24 fps` and `1920 x 1080`: a number and a unit that were meant to be one word. */
  protected withLooseUnit(expr: Expr, shape: Shape): Expr {
    const next = this.LA(1)
    if (expr.kind !== 'literal' || expr.value.unit !== 'number' || next.tokenType !== t.Name) return expr
    const { text } = this.job.source
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
    return this.literal(instead, cover(expr.span, this.span(last)), instead)
  }

  /** An operator bare among arguments: read as it was meant, with an error. */
  protected operator(token: t.Token, found: Expr[], right: Expr): void {
    this.ACTION(() => {
      const left = found.pop()
      if (left === undefined) return
      const { path, text } = this.job.source
      const span = cover(left.span, right.span)
      const operator = token.tokenType === t.Minus ? '-' : token.image
      const sizes = /^(\d+)\s*\*\s*(\d+)$/.exec(text.slice(span.start, span.end))
      if (sizes !== null) {
        const instead = `${sizes[1]}x${sizes[2]}`
        found.push(this.literal(instead, span, instead))
        return
      }
      const edits = [
        { span: { path, start: span.start, end: span.start }, text: '(' },
        { span: { path, start: span.end, end: span.end }, text: ')' },
      ]
      const fixes = [{ kind: 'edit' as const, title: 'put it in parentheses', edits, certain: true }]
      this.reportMended(() => this.job.reporter.report('syntax.operator', this.span(token), { operator }, { fixes }))
      // Every Joiner but none other stands in BinaryOperator's list.
      found.push(join(left, operator as Parameters<typeof join>[1], right))
    })
  }

  protected reserved(token: t.Token, found: Expr[], shape: Shape | undefined): void {
    this.ACTION(() => {
      this.report(() => this.job.reporter.report('name.reserved', this.span(token), { name: token.image }))
      shape?.addArgument()
      found.push(nameOf(token, this.job.source.path))
    })
  }

  /** The row that a head means here; a near miss counts, so that one slip does not spoil what follows. */
  protected shapeOf(head: t.Token): Shape {
    const row = (word: string): Row | undefined => {
      for (const parent of this.parents) {
        const here = rowsIn(parent).get(word)
        if (here !== undefined) return here
      }
      return undefined
    }
    const meant = row(head.image)
    if (meant !== undefined) return openShape(meant)
    const near = nearest(
      head.image,
      this.parents.flatMap((parent) => [...rowsIn(parent).keys()]),
    )
    return openShape(near === undefined ? undefined : row(near.word))
  }

  /** A dotted name or a path at the head of a statement: a call without its parentheses, or no statement at all. */
  protected bareHead(head: t.Token, more: boolean): boolean {
    if (!/[./]/.test(head.image)) return false
    const span = this.span(head)
    const edit = { kind: 'edit' as const, title: 'place it', edits: [{ span: { ...span, start: span.end }, text: '()' }], certain: false }
    this.report(() => this.job.reporter.report('syntax.call', span, { name: head.image }, { fixes: more ? [] : [edit] }))
    return true
  }

  // ── if, for, template, param, call ────────────────────────────────────────────────────────────────────────────────

  readonly condition = this.RULE('condition', (): If => {
    const branches: { head: t.Token; test: Expr; block: Block }[] = []
    let last: Block | undefined
    const head = this.CONSUME(t.If)
    const test = this.SUBRULE(this.expression)
    branches.push({ head, test, block: this.SUBRULE(this.block) })
    this.MANY({
      GATE: () => last === undefined,
      DEF: () => {
        this.CONSUME(t.Else)
        this.OR([
          {
            ALT: () => {
              const inner = this.CONSUME2(t.If)
              const innerTest = this.SUBRULE2(this.expression)
              branches.push({ head: inner, test: innerTest, block: this.SUBRULE2(this.block) })
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
    return this.ACTION(() => this.foldBranches(branches, last))
  })

  protected foldBranches(branches: readonly { head: t.Token; test: Expr; block: Block }[], last: Block | undefined): If {
    const tooDeep = branches[deepest]
    if (tooDeep !== undefined) this.tooDeep(tooDeep.head, 'the branches of an `if`')
    const kept = branches.slice(0, deepest)
    const fold = (at: number): Block | If | undefined => {
      const branch = kept[at]
      if (branch === undefined) return last
      const otherwise = fold(at + 1)
      const span = cover(this.span(branch.head), (otherwise ?? branch.block).span)
      // biome-ignore lint/suspicious/noThenProperty: a branch of the tree; nobody awaits it
      return { kind: 'if', condition: branch.test, then: branch.block, ...(otherwise === undefined ? {} : { otherwise }), span }
    }
    return fold(0) as If // the list starts with the `if` itself
  }

  readonly loop = this.RULE('loop', (): For => {
    const head = this.CONSUME(t.For)
    const name = this.newName(this.CONSUME(t.Name))
    this.CONSUME(t.In)
    const list = this.SUBRULE(this.expression)
    const block = this.SUBRULE(this.block)
    return this.ACTION(() => ({ kind: 'for', name, list, block, span: cover(this.span(head), block.span) }))
  })

  readonly template = this.RULE('template', (): Template => {
    const head = this.CONSUME(t.Template)
    const name = this.newName(this.CONSUME(t.Name))
    const params: Param[] = []
    this.OPTION(() => {
      this.CONSUME(t.LeftParen)
      this.MANY(() => {
        const param = this.SUBRULE(this.paramBody)
        params.push(this.ACTION(() => ({ ...param, span: cover(param.name.span, param.span) })))
        this.comma(() => this.OPTION2(() => this.CONSUME(t.Comma)))
      })
      this.CONSUME(t.RightParen)
    })
    const block = this.SUBRULE(this.block, { ARGS: [['file', 'scene', 'shot']] })
    return this.ACTION(() => ({ kind: 'template', name, params, block, span: cover(this.span(head), block.span) }))
  })

  readonly param = this.RULE('param', (): Param => {
    const head = this.CONSUME(t.Param)
    const param = this.SUBRULE(this.paramBody)
    return this.ACTION(() => ({ ...param, span: cover(this.span(head), param.span) }))
  })

  readonly paramBody = this.RULE('paramBody', (): Param => {
    const name = this.newName(this.CONSUME(t.Name))
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

  readonly placing = this.RULE('placing', (): Call => this.SUBRULE(this.call, { ARGS: [this.CONSUME(t.Name)] }))
}
