// Diagnostics in, what a person reads out: message and code, the place, the line with the stretch underlined, related
// places, what to do next, and each fix as the line would read after it. All text from scripts is made safe to print, and
// what looks like a key is blotted out.
import type { Diagnostic, Fix } from '../lang/diagnostic.ts'
import { maskSecrets } from '../lang/meaning/secret.ts'
import { positionAt, type Source, type Span } from '../lang/source.ts'
import { applyEdits } from '../lang/syntax/fixes.ts'
import { safeLine, safeText } from '../safe-text.ts'
import { widthOf, wrap } from './cell.ts'

export type FrameOptions = {
  readonly colour: boolean
  /** Columns of the terminal. */
  readonly width: number
}

/** More than this is not read at once; the first ones usually explain the rest. */
const mostShown = 20
const mostFixes = 3
const mostFixLines = 4

/** All diagnostics, at most twenty of them drawn, errors before warnings when not all fit. Empty where there are none. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], sources: ReadonlyMap<string, Source>, options: FrameOptions): string {
  if (diagnostics.length === 0) return ''
  const urgent = [...diagnostics].sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning')).slice(0, mostShown)
  const shown = diagnostics.length <= mostShown ? diagnostics : diagnostics.filter((one) => urgent.includes(one))
  const frames = shown.map((diagnostic) => renderDiagnostic(diagnostic, sources, options))
  const hidden = diagnostics.length - shown.length
  const paint = painter(options.colour)
  const more = hidden > 0 ? [paint('dim', `and ${hidden} more; mend these first`)] : []
  return `${[...frames, ...more].join('\n\n')}\n`
}

/** One diagnostic, without a line end. */
export function renderDiagnostic(diagnostic: Diagnostic, sources: ReadonlyMap<string, Source>, options: FrameOptions): string {
  const paint = painter(options.colour)
  const tone: Tone = diagnostic.severity === 'error' ? 'red' : 'yellow'
  const places = [diagnostic.span, ...diagnostic.notes.map((note) => note.span)]
  const sheet: Sheet = { sources, options, paint, gutter: gutterFor(places, sources) }
  const title = `${paint(tone, diagnostic.severity)}: ${paint('bold', safeLine(maskSecrets(diagnostic.message)))} ${paint('dim', `[${diagnostic.code}]`)}`
  return [
    title,
    ...excerpt(diagnostic.span, { mark: '^', tone, corner: '╭─', secret: diagnostic.code.startsWith('secret.') }, sheet),
    ...notesOf(diagnostic).flatMap((note) => excerpt(note.span, { mark: '-', tone: 'blue', corner: '├─', label: note.message }, sheet)),
    ...advice('hint', diagnostic.hint, sheet),
    ...diagnostic.fixes.slice(0, mostFixes).flatMap((fix) => renderFix(fix, diagnostic.hint, sheet)),
  ].join('\n')
}

/** A place alone: where it is, its line, and the stretch underlined. */
export function renderPlace(span: Span, sources: ReadonlyMap<string, Source>, options: FrameOptions): readonly string[] {
  const sheet: Sheet = { sources, options, paint: painter(options.colour), gutter: gutterFor([span], sources) }
  return excerpt(span, { mark: '^', tone: 'red', corner: '╭─' }, sheet)
}

/** Every place once: a template that places itself is told of many times at the same place. */
function notesOf({ notes }: Diagnostic): Diagnostic['notes'] {
  const seen = new Set<string>()
  return notes.filter(({ message, span }) => {
    const id = `${message}\0${span.path}\0${span.start}`
    return !seen.has(id) && seen.add(id)
  })
}

type Tone = 'red' | 'yellow' | 'blue' | 'green' | 'cyan' | 'dim' | 'bold'
const tones: Readonly<Record<Tone, string>> = { red: '1;31', yellow: '1;33', blue: '34', green: '32', cyan: '36', dim: '2', bold: '1' }
type Paint = (tone: Tone, text: string) => string
const painter =
  (colour: boolean): Paint =>
  (tone, text) =>
    colour && text !== '' ? `\x1b[${tones[tone]}m${text}\x1b[0m` : text

type Sheet = {
  readonly sources: ReadonlyMap<string, Source>
  readonly options: FrameOptions
  readonly paint: Paint
  /** Columns of the line numbers. */
  readonly gutter: number
}

function gutterFor(spans: readonly Span[], sources: ReadonlyMap<string, Source>): number {
  const lines = spans.map((span) => positionAt(sources.get(span.path)?.text ?? '', span.start).line)
  return String(Math.max(...lines)).length + 2
}

type Look = {
  readonly mark: string
  readonly tone: Tone
  readonly corner: string
  readonly label?: string
  /** What is underlined must not be shown. */
  readonly secret?: boolean
}

function excerpt(span: Span, { mark, tone, corner, label, secret }: Look, sheet: Sheet): readonly string[] {
  const { paint, gutter } = sheet
  const source = sheet.sources.get(span.path)
  const blank = ' '.repeat(gutter)
  const said = label === undefined ? '' : `  ${safeLine(label)}`
  if (source === undefined) return [`${blank} ${paint('blue', corner)} ${safeLine(span.path)}${said}`]
  const { line, column } = positionAt(source.text, span.start)
  const whole = lineAt(source.text, span.start)
  const { start } = whole
  const text = secret === true ? hide(whole.text, span.start - start, span.end - start) : whole.text
  const from = span.start - start
  const window = clip(text, { from, to: Math.min(span.end - start, text.length) }, Math.max(20, sheet.options.width - gutter - 3))
  const under = `${' '.repeat(window.from)}${paint(tone, mark.repeat(Math.max(1, window.to - window.from)))}`
  return [
    `${blank} ${paint('blue', corner)} ${safeLine(span.path)}:${line}:${column}${said}`,
    `${paint('blue', `${String(line).padStart(gutter)} │`)} ${window.text}`.trimEnd(),
    `${blank} ${paint('blue', '│')} ${under}`,
  ]
}

const hide = (line: string, from: number, to: number): string =>
  line.slice(0, from) + '•'.repeat(Math.max(0, Math.min(to, line.length) - from)) + line.slice(to)

function lineAt(text: string, offset: number): { readonly start: number; readonly text: string } {
  let start = offset
  while (start > 0 && text[start - 1] !== '\n' && text[start - 1] !== '\r') start -= 1
  let end = offset
  while (end < text.length && text[end] !== '\n' && text[end] !== '\r') end += 1
  return { start, text: maskSecrets(text.slice(start, end)) }
}

type Stretch = { readonly from: number; readonly to: number }

/** A line made safe and cut to a width around a stretch; `from` and `to` come back as columns of what is shown. */
function clip(line: string, stretch: Stretch, width: number): Stretch & { readonly text: string } {
  const before = shown(line.slice(0, stretch.from))
  const inside = shown(line.slice(stretch.from, stretch.to), widthOf(before))
  const after = shown(line.slice(Math.max(stretch.from, stretch.to)), widthOf(before) + widthOf(inside))
  const from = widthOf(before)
  const to = from + widthOf(inside)
  if (to + widthOf(after) <= width) return { text: before + inside + after, from, to }
  const lead = from > width / 2 ? tail(before, Math.floor(width / 3)) : before
  const rest = head(inside + after, Math.max(4, width - widthOf(lead)))
  const start = widthOf(lead)
  return { text: lead + rest, from: start, to: Math.min(start + widthOf(inside), start + widthOf(rest)) }
}

const tabStop = 4

/** Safe to print, tabs as spaces up to the next stop. */
function shown(text: string, column = 0): string {
  let out = ''
  for (const part of text.split(/(\t)/)) {
    out += part === '\t' ? ' '.repeat(tabStop - ((column + widthOf(out)) % tabStop)) : safeLine(part)
  }
  return out
}

function head(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  for (const letter of text) {
    if (widthOf(kept + letter) >= width) break
    kept += letter
  }
  return `${kept}…`
}

function tail(text: string, width: number): string {
  let kept = ''
  for (const letter of [...text].reverse()) {
    if (widthOf(letter + kept) >= width) break
    kept = letter + kept
  }
  return `…${kept}`
}

/** `= hint: …`, wrapped below itself. */
function advice(word: string, text: string, { paint, gutter, options }: Sheet): readonly string[] {
  const start = `${' '.repeat(gutter)} = ${word}: `
  const lines = wrap(safeLine(text), Math.max(20, options.width - start.length))
  return lines.map((line, at) =>
    at === 0 ? `${' '.repeat(gutter)} ${paint('cyan', `= ${word}:`)} ${line}` : ' '.repeat(start.length) + line,
  )
}

function renderFix(fix: Fix, hint: string, sheet: Sheet): readonly string[] {
  switch (fix.kind) {
    case 'command':
      return [...advice('fix', fix.title, sheet), `${' '.repeat(sheet.gutter)}   ${sheet.paint('green', safeLine(`$ ${fix.command}`))}`]
    case 'edit':
      return [...advice(fix.certain ? 'fix' : 'perhaps', fix.title === hint ? 'as follows' : fix.title, sheet), ...renderEdit(fix, sheet)]
  }
}

/** The edited lines as they would read. */
function renderEdit(fix: Extract<Fix, { kind: 'edit' }>, sheet: Sheet): readonly string[] {
  const path = fix.edits[0]?.span.path ?? ''
  const source = sheet.sources.get(path)
  if (source === undefined || fix.edits.some((edit) => edit.span.path !== path)) return []
  const first = Math.min(...fix.edits.map((edit) => edit.span.start))
  const last = Math.max(...fix.edits.map((edit) => edit.span.end))
  const start = lineAt(source.text, first).start
  const tail = lineAt(source.text, last)
  const end = tail.start + tail.text.length
  const shifted = fix.edits.map((edit) => ({ ...edit, span: { path, start: edit.span.start - start, end: edit.span.end - start } }))
  const { line } = positionAt(source.text, start)
  const lines = applyEdits(source.text.slice(start, end), shifted).split(/\r\n?|\n/)
  return lines.slice(0, mostFixLines).map((text, at) => {
    const number = String(line + at).padStart(sheet.gutter)
    const room = Math.max(20, sheet.options.width - sheet.gutter - 3)
    return `${sheet.paint('green', `${number} +`)} ${head(safeText(shown(maskSecrets(text))), room)}`.trimEnd()
  })
}
