// What every rule of the grammar leans on: the file being read, how mistakes are reported, and how reading finds its
// way on after one. Rules are in grammar-values and grammar.
import { EmbeddedActionsParser, type IParserErrorMessageProvider } from 'chevrotain'
import { openReporter, type Reporter } from '../diagnostic.ts'
import type { Source, Span } from '../source.ts'
import { spanOf } from './build-ast.ts'
import * as t from './tokens.ts'

export type Job = { readonly source: Source; readonly reporter: Reporter }

/** More syntax errors than this in one file, and the rest of it is not read: it is no script. */
export const mostErrors = 100
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

/** Thrown to leave a file that is no script. */
export class GaveUp extends Error {}

export type HasToken = { readonly token: t.Token; readonly message: string }

export class ScriptParser extends EmbeddedActionsParser {
  protected job: Job = { source: { path: '', text: '' }, reporter: openReporter() }
  protected errorCount = 0
  /** Set when the statement being read has had an error that leaves it incomplete. */
  protected spoiled = false

  constructor(checked: boolean) {
    super(t.vocabulary, { maxLookahead: 2, skipValidations: !checked, errorMessageProvider: expected, recoveryEnabled: false })
  }

  // ── looking ahead ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** `name(`: parentheses that touch the name make a call; a dotted name may keep its distance. */
  protected atCall(): boolean {
    return this.adjacentParen() || (this.LA(2).tokenType === t.LeftParen && this.LA(1).image.includes('.'))
  }
  protected adjacentParen(): boolean {
    const paren = this.LA(2)
    return paren.tokenType === t.LeftParen && paren.startOffset === t.endOf(this.LA(1))
  }
  protected touches(): boolean {
    return this.LA(1).startOffset === t.endOf(this.LA(0))
  }
  /** A minus sign that stands apart from what follows is meant as an operator. */
  protected looseMinus(): boolean {
    return this.LA(1).tokenType === t.Minus && this.LA(2).startOffset > t.endOf(this.LA(1))
  }

  // ── mistakes ──────────────────────────────────────────────────────────────────────────────────────────────────────

  protected span(first: t.Token, last: t.Token = first): Span {
    return { path: this.job.source.path, start: first.startOffset, end: t.endOf(last) }
  }

  /** Reports a mistake that leaves the statement incomplete. */
  protected report(report: () => void): void {
    if (this.RECORDING_PHASE) return
    this.spoiled = true
    this.reportMended(report)
  }

  /** Reports a mistake whose meaning is plain; the statement is read as it was meant. */
  protected reportMended(report: () => void): void {
    if (this.RECORDING_PHASE) return
    this.errorCount += 1
    report()
    if (this.errorCount >= mostErrors) throw new GaveUp('too many syntax errors')
  }

  protected unexpected(error: HasToken): void {
    const { source, reporter } = this.job
    const { token } = error
    const atEnd = Number.isNaN(token.startOffset)
    // A sign that nobody wrote was reported when it was put in.
    if (token.image === '' && !atEnd) {
      this.spoiled = true
      return
    }
    const end = source.text.trimEnd().length
    const span = atEnd ? { path: source.path, start: end, end } : this.span(token)
    const before = { path: source.path, start: t.endOf(this.LA(0)), end: t.endOf(this.LA(0)) }
    const colon = {
      kind: 'edit' as const,
      title: 'put it there',
      edits: [{ span: before, text: ':' }],
      certain: token.tokenType === t.Name,
    }
    const fixes = error.message === '`:`' && !atEnd ? [colon] : []
    this.report(() => reporter.report('syntax.unexpected', span, { found: describeToken(token), expected: error.message }, { fixes }))
  }

  protected stray(token: t.Token, wanted: string): void {
    this.report(() => {
      const { source, reporter } = this.job
      reporter.report('syntax.unexpected', spanOf(token, source.path), { found: describeToken(token), expected: wanted })
    })
    // At the head of a statement the rest of the line is of no use either.
    if (wanted === 'a statement' && !this.RECORDING_PHASE) this.skipStatement()
  }

  protected strayInArgs(token: t.Token): void {
    if (token.tokenType === t.Comma || token.tokenType === t.Colon || token.tokenType === t.Equal) this.needless(token)
    else this.stray(token, 'an argument')
  }

  protected needless(token: t.Token): void {
    this.reportMended(() => {
      const { source, reporter } = this.job
      const span = spanOf(token, source.path)
      // Between two words a space must stay.
      const glued = /\S/.test(source.text[span.start - 1] ?? ' ') && /\S/.test(source.text[span.end] ?? ' ')
      const fixes = [{ kind: 'edit' as const, title: 'take it out', edits: [{ span, text: glued ? ' ' : '' }], certain: true }]
      reporter.report('syntax.punctuation', span, { found: token.image }, { fixes })
    })
  }

  /** A comma, unless the list ends here; a forgotten one is put in. */
  protected comma(read: () => unknown): void {
    read()
    if (this.RECORDING_PHASE || this.LA(0).tokenType === t.Comma) return
    const next = this.LA(1)
    const canFollow = [t.Name, t.LongText, t.ShortText, t.OtherText, t.Quantity, t.LeftBracket, t.True, t.False].includes(next.tokenType)
    if (!canFollow) return
    const { path } = this.job.source
    const at = t.endOf(this.LA(0))
    const edits = [{ span: { path, start: at, end: at }, text: ',' }]
    const fixes = [{ kind: 'edit' as const, title: 'put a comma between them', edits, certain: true }]
    this.reportMended(() => {
      this.job.reporter.report('syntax.unexpected', this.span(next), { found: describeToken(next), expected: '`,`' }, { fixes })
    })
  }

  protected tooDeep(token: t.Token, what: string): void {
    this.report(() => this.job.reporter.report('limit.nesting', this.span(token), { what }))
  }

  /** Leaves the statement that could not be read: up to the end of its line, over any block that opens on the way. */
  protected skipStatement(): void {
    let depth = 0
    this.skipTo((type) => {
      if (type === t.LeftBrace) depth += 1
      else if (type === t.RightBrace) depth -= 1
      return depth < 0 || (depth === 0 && type === t.Newline)
    })
  }

  protected skipTo(stop: (type: t.TokenType) => boolean): void {
    while (!Number.isNaN(this.LA(1).startOffset) && !stop(this.LA(1).tokenType)) this.SKIP_TOKEN()
  }
}

/** A token as an error names it. */
export function describeToken(token: t.Token): string {
  if (token.tokenType === t.Newline) return 'the end of the line'
  if (token.image === '') return Number.isNaN(token.startOffset) ? 'the end of the file' : 'the end of the block'
  const image = token.image.replace(/\s+/g, ' ')
  return `\`${image.length > 32 ? `${[...image].slice(0, 30).join('')}…` : image}\``
}

export const isRecognition = (error: unknown): error is HasToken => error instanceof Error && 'token' in error
