// A value that does not fit its place in, the edits that would make it fit out. Certain only where the place leaves no choice.

import type { Expr, Literal } from '../ast.ts'
import type { Fix } from '../diagnostic.ts'
import type { Arg, ArgType } from '../schema.ts'
import type { Span } from '../source.ts'
import { nearest } from '../suggest.ts'
import { type Rational, toNumber } from '../time.ts'
import { fitOf, isBareWord } from './arg-fit.ts'
import { readLiteral, withUnit } from './literal.ts'

export function fixesFor(value: Expr, arg: Arg): readonly Fix[] {
  switch (value.kind) {
    case 'literal':
      return arg.types.flatMap((type) => unitFix(value, type))
    case 'text':
      return unquoteFix(value.parts, value.span, arg)
    case 'range':
      return arg.types.includes('length-range') ? rangeFix(value.from, value.to, value.span) : []
    case 'name':
      return isBareWord(value) ? wordFix(value.parts[0]?.text ?? '', value.span, arg) : []
    default:
      return []
  }
}

const replace = (span: Span, text: string, certain: boolean): Fix => ({
  kind: 'edit',
  title: `write ${text}`,
  edits: [{ span, text }],
  certain,
})

const digits = (value: Rational): string => String(Number(toNumber(value).toFixed(6)))

/** The unit a plain number lacks, and whether no other one could be meant. */
const lacking: ReadonlyMap<ArgType, readonly [unit: string, certain: boolean]> = new Map<ArgType, readonly [string, boolean]>([
  ['length', ['s', false]],
  ['gain', ['dB', true]],
  ['loudness', ['LUFS', true]],
  ['percent', ['%', false]],
  ['money', ['$', true]],
])

function unitFix({ value, span }: Literal, type: ArgType): readonly Fix[] {
  const [unit, certain] = lacking.get(type) ?? []
  if (unit === undefined || certain === undefined) return []
  if (value.unit === 'number') return [replace(span, withUnit(digits(value.number), unit), certain)]
  if (value.unit === 'gain' && type === 'loudness') return [replace(span, withUnit(digits(value.decibels), unit), false)]
  return []
}

/** `"42"` where a number belongs, `"mara"` where a name does. */
function unquoteFix(parts: readonly (string | Expr)[], span: Span, arg: Arg): readonly Fix[] {
  const [inner] = parts
  if (typeof inner !== 'string' || parts.length > 1) return []
  if (/^[\p{L}_][\p{L}\p{M}\p{N}_]*(?:-[\p{L}\p{M}\p{N}_]+)*$/u.test(inner)) {
    const name: Expr = { kind: 'name', parts: [{ text: inner, span }], separator: '.', span }
    return fitOf(name, arg) === 2 ? [replace(span, inner, true)] : []
  }
  const sign = inner.startsWith('-') ? '-' : ''
  const read = readLiteral(inner.slice(sign.length))
  if ('problem' in read) return []
  return fitOf({ kind: 'literal', value: read, span }, arg) === 2 ? [replace(span, inner, true)] : []
}

function rangeFix(from: Expr, to: Expr, span: Span): readonly Fix[] {
  const end = (expr: Expr): string | undefined => {
    if (expr.kind !== 'literal' || expr.value.unit !== 'number') return undefined
    return `${digits(expr.value.number)}s`
  }
  const first = end(from)
  const last = end(to)
  const inSeconds = (expr: Expr) => expr.kind === 'literal' && expr.value.unit === 'length' && expr.value.length.unit === 'seconds'
  const edits = [
    ...(first === undefined ? [] : [{ span: from.span, text: first }]),
    ...(last === undefined ? [] : [{ span: to.span, text: last }]),
  ]
  if (edits.length === 0) return []
  // One end in seconds says what the other is in.
  const certain = inSeconds(from) || inSeconds(to)
  return [{ kind: 'edit', title: `write the range in seconds`, edits, certain: certain && span.end > span.start }]
}

function wordFix(word: string, span: Span, arg: Arg): readonly Fix[] {
  const words = arg.types.flatMap((type) => (typeof type === 'object' ? type.words : []))
  const near = nearest(word, words)
  return near === undefined ? [] : [replace(span, near.word, near.unique && near.distance <= 1)]
}
