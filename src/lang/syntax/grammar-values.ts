// Rules for values: literals with units, names, texts, lists, calls, sums with operators, and the types of params.
// Depth is counted, never found out by running out of stack: operators, signs and types are read in loops and folded.
import type { Call, Expr, List, Literal, NamedArg, Text, Type } from '../ast.ts'
import { cover, type Span } from '../source.ts'
import { foldOperands, join, nameOf, type Operand, spanOf, wordOf } from './build-ast.ts'
import { negated, readLiteral } from './literal.ts'
import { deepest } from './pair-up.ts'
import { ScriptParser } from './parser.ts'
import * as t from './tokens.ts'

const deepestType = 8

export class ValueGrammar extends ScriptParser {
  // ── values ────────────────────────────────────────────────────────────────────────────────────────────────────────

  readonly expression = this.RULE('expression', (): Expr => {
    const operands: Operand[] = []
    let count = 0
    const nots = (): Span[] => {
      const found: Span[] = []
      this.MANY2(() => found.push(this.span(this.CONSUME(t.Not))))
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
      this.MANY3(() => found.push(this.span(this.CONSUME2(t.Not))))
      const value = this.SUBRULE2(this.operand)
      count += 1 + found.length
      if (count <= deepest)
        operands.push({ operator: token.image as NonNullable<Operand['operator']>, nots: found, value }) // the three kinds of token above
      else if (count - 1 - found.length <= deepest) this.tooDeep(token, 'operators')
    })
    return this.ACTION(() => {
      if (firstNots.length <= deepest) return foldOperands(operands)
      this.tooDeep(this.LA(0), 'operators')
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
    return signs.length === 0 ? value : this.ACTION(() => this.negative(signs, value))
  })

  protected negative(signs: readonly t.Token[], value: Expr): Expr {
    if (signs.length > deepest) this.tooDeep(signs[0] as t.Token, 'minus signs')
    return signs.slice(-deepest).reduceRight((operand: Expr, sign): Expr => {
      const span = cover(this.span(sign), operand.span)
      const between = this.job.source.text.slice(t.endOf(sign), operand.span.start + 1)
      // `- 5` is one value; `-(5)` and `--5` are sums.
      const below = operand.kind === 'literal' && /^\s*[\d$.]$/.test(between) ? negated(operand.value) : undefined
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
            const call = this.OPTION({ GATE: () => this.touches(), DEF: () => this.SUBRULE(this.call, { ARGS: [name] }) })
            return call ?? this.ACTION(() => nameOf(name, this.job.source.path))
          },
        },
        { ALT: () => this.SUBRULE(this.text) },
        { ALT: () => this.quantity(this.CONSUME(t.Quantity)) },
        { ALT: () => this.bool(this.CONSUME(t.True), true) },
        { ALT: () => this.bool(this.CONSUME(t.False), false) },
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
      this.comma(() => this.OPTION(() => this.CONSUME(t.Comma)))
    })
    const close = this.CONSUME(t.RightBracket)
    return this.ACTION(() => ({ kind: 'list', items, span: this.span(open, close) }))
  })

  readonly text = this.RULE('text', (): Text => {
    const token = this.CONSUME(t.LongText)
    return token.payload as Text // `prepare` has read every text
  })

  /** The parentheses after a name. */
  readonly call = this.RULE('call', (name?: t.Token): Call => {
    const args: NamedArg[] = []
    this.CONSUME(t.LeftParen)
    this.MANY(() => {
      args.push(this.SUBRULE(this.namedArg))
      this.comma(() => this.OPTION(() => this.CONSUME(t.Comma)))
    })
    const close = this.CONSUME(t.RightParen)
    return this.ACTION(() => {
      const callee = nameOf(name as t.Token, this.job.source.path) // absent only while chevrotain records the grammar
      return { kind: 'call', callee, args, span: this.span(name as t.Token, close) }
    })
  })

  readonly namedArg = this.RULE('namedArg', (): NamedArg => {
    const name = this.OPTION({
      GATE: () => this.LA(2).tokenType === t.Colon,
      DEF: () => {
        const word = this.CONSUME(t.Name)
        this.CONSUME(t.Colon)
        return this.newName(word)
      },
    })
    const value = this.SUBRULE(this.expression)
    return this.ACTION(() => (name === undefined ? { value, span: value.span } : { name, value, span: cover(name.span, value.span) }))
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
            return this.ACTION(() => this.foldType(heads, closers))
          },
        },
      ]),
  )

  protected foldType(heads: readonly t.Token[], closers: readonly t.Token[]): Type {
    const { path } = this.job.source
    const innermost = heads.at(-1) as t.Token // the rule consumed at least one
    const lists = heads.slice(0, -1)
    const odd = lists.find((head) => head.image !== 'list')
    if (odd !== undefined) this.report(() => this.job.reporter.report('type.unknown', this.span(odd), { name: `${odd.image}<…>` }))
    if (closers.length !== lists.length) {
      const last = closers.at(-1) ?? innermost
      const wanted = closers.length < lists.length ? '`>`' : 'the end of the type'
      this.report(() => this.job.reporter.report('syntax.unexpected', this.span(last), { found: `\`${last.image}\``, expected: wanted }))
    }
    const tooDeep = lists[deepestType]
    if (tooDeep !== undefined) this.tooDeep(tooDeep, 'lists')
    let type: Type = { kind: 'named-type', name: wordOf(innermost, path) }
    lists
      .slice(-deepestType)
      .reverse()
      .forEach((head, depth) => {
        type = { kind: 'list-type', of: type, span: cover(spanOf(head, path), spanOf(closers[depth] ?? innermost, path)) }
      })
    return type
  }

  protected bool(token: t.Token, bool: boolean): Literal {
    return { kind: 'literal', value: { unit: 'bool', bool }, span: this.span(token) }
  }

  protected quantity(token: t.Token): Literal {
    return this.literal(token.image, this.span(token))
  }

  /** Reads a number with its unit; `instead` says that it was put together from several words. */
  protected literal(text: string, span: Span, instead?: string): Literal {
    const zero: Literal = { kind: 'literal', value: { unit: 'number', number: { num: 0, den: 1 }, integer: true }, span }
    if (this.RECORDING_PHASE) return zero
    const read = readSigned(text)
    const spelled = 'problem' in read && read.problem === 'unit' ? read : instead === undefined ? undefined : { instead, certain: true }
    const { reporter, source } = this.job
    const found = source.text.slice(span.start, span.end)
    if (spelled !== undefined) {
      const edits = [{ span, text: spelled.instead }]
      const fixes = [{ kind: 'edit' as const, title: `write ${spelled.instead}`, edits, certain: spelled.certain }]
      const tell = () => reporter.report('value.unit', span, { found, instead: spelled.instead }, { fixes })
      if (spelled.certain) this.reportMended(tell)
      else this.report(tell)
    }
    const value = spelled === undefined ? read : readSigned(spelled.instead)
    if (!('problem' in value)) return { kind: 'literal', value, span }
    this.report(() => reporter.report(value.problem === 'too-large' ? 'value.too-large' : 'value.malformed', span, { found }))
    this.spoiled = true
    return zero
  }

  protected newName(token: t.Token): ReturnType<typeof wordOf> {
    const word = wordOf(token, this.job.source.path)
    if (/[./]/.test(word.text)) this.report(() => this.job.reporter.report('name.invalid', word.span, { name: `\`${word.text}\`` }))
    return word
  }
}

/** A minus sign can only come along when several words were put together to one value. */
function readSigned(text: string): ReturnType<typeof readLiteral> {
  const value = readLiteral(text.replace(/^-\s*/, ''))
  if (!text.startsWith('-') || 'problem' in value) return value
  return negated(value) ?? { problem: 'malformed' }
}

export const typeSpan = (type: Type): Span => (type.kind === 'named-type' ? type.name.span : type.span)
