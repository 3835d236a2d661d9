// Whether a value, as it is written, can fill a place of the schema; and how places and values are called in messages.
// 2: surely, 1: perhaps (a name or a call whose value is known later), 0: never.
import type { Expr, Literal, Name } from '../ast.ts'
import type { Arg, ArgType } from '../schema.ts'

export type Fit = 0 | 1 | 2

/** The best fit among the types a place takes; where it takes many, a list fits if all its values do. */
export function fitOf(expr: Expr, arg: Arg): Fit {
  if (expr.kind === 'list' && arg.many === true) {
    return expr.items.reduce((worst: Fit, item) => Math.min(worst, fitOf(item, { ...arg, many: true })) as Fit, 2) // of 0, 1 and 2
  }
  let best: Fit = 0
  for (const type of arg.types) {
    const fit = fitOne(expr, type)
    if (fit > best) best = fit
  }
  return best
}

/** A name of one part without dots or slashes. */
export const isBareWord = (expr: Expr): expr is Name => expr.kind === 'name' && expr.parts.length === 1

function fitOne(expr: Expr, type: ArgType): Fit {
  if (type === 'any') return 2
  if (typeof type === 'object') {
    if (hasHole(expr)) return 1
    return isBareWord(expr) && type.words.includes(expr.parts[0]?.text ?? '') ? 2 : 0
  }
  switch (expr.kind) {
    case 'text':
      if (['text', 'image', 'audio', 'video', 'file'].includes(type)) return 2
      return hasHole(expr) && namesOnly.has(type) && type !== 'cast' ? 1 : 0
    case 'literal':
      return fitLiteral(expr, type)
    case 'name':
      return fitName(expr, type)
    case 'range':
      return fitRange(expr.from, expr.to, type)
    case 'list':
      return 0
    case 'call':
    case 'unary':
    case 'binary':
      return namesOnly.has(type) || type === 'length-range' ? 0 : 1
  }
}

/** A text that is filled in later may become a name or a word: `shot "{who}-waves"`, `style "{place}"`. */
const hasHole = (expr: Expr): boolean => expr.kind === 'text' && expr.parts.some((part) => typeof part !== 'string')

/** Places that want a name itself, not what it stands for. */
const namesOnly: ReadonlySet<ArgType> = new Set<ArgType>(['new-name', 'cast', 'provider', 'provider-kind', 'bed', 'item'])

function fitName(name: Name, type: ArgType): Fit {
  switch (type) {
    case 'new-name':
    case 'provider-kind':
      return name.parts.length === 1 ? 2 : 0
    case 'item':
      return 2
    case 'cast':
    case 'provider':
    case 'bed':
      return name.separator === '.' ? 2 : 0
    default:
      return name.separator === '.' ? 1 : 0
  }
}

function fitRange(from: Expr, to: Expr, type: ArgType): Fit {
  const inner: ArgType | undefined = type === 'length-range' ? 'length' : type === 'item' ? 'item' : undefined
  if (inner === undefined) return 0
  return Math.min(fitOne(from, inner), fitOne(to, inner)) as Fit // of 0, 1 and 2
}

function fitLiteral(literal: Literal, type: ArgType): Fit {
  const { value } = literal
  switch (value.unit) {
    case 'number':
      return type === 'number' || (type === 'int' && value.integer) ? 2 : 0
    default:
      return type === value.unit ? 2 : 0
  }
}

const phrases: Readonly<Record<Exclude<ArgType, object>, string>> = {
  text: 'a text in quotes',
  length: 'a length such as 6s or 12f',
  'length-range': 'a range such as 2s..4s',
  size: 'a size such as 1920x1080',
  rate: 'a frame rate such as 24fps',
  int: 'a whole number',
  number: 'a number',
  bool: 'true or false',
  gain: 'a gain such as -12dB',
  loudness: 'a loudness such as -14LUFS',
  percent: 'a percentage such as 80%',
  money: 'an amount such as $5.00',
  image: 'a picture, its path in quotes',
  audio: 'a sound file, its path in quotes',
  video: 'a video file, its path in quotes',
  file: 'a file, its path in quotes',
  'new-name': 'a name',
  cast: 'somebody of the cast, by name',
  provider: 'a provider, by name',
  'provider-kind': 'a kind of provider',
  bed: 'a bed, by name',
  item: 'a scene, a shot (scene/shot), or a range of them',
  any: 'a value',
}

/** What a place takes, in words; its types joined by "or". */
export function phraseOf(types: readonly ArgType[]): string {
  const words = types.flatMap((type) => (typeof type === 'object' ? type.words.map((word) => `\`${word}\``) : [phrases[type]]))
  return words.length < 2 ? (words[0] ?? 'a value') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

/** A value as written, in words. */
export function describeExpr(expr: Expr): string {
  switch (expr.kind) {
    case 'text':
      return 'a text'
    case 'literal':
      return describeLiteral(expr)
    case 'name':
      return `the name \`${expr.parts.map((part) => part.text).join(expr.separator)}\``
    case 'range':
      return expr.from.kind === 'literal' && expr.from.value.unit === 'number' ? 'a range of plain numbers' : 'a range'
    case 'list':
      return 'a list'
    case 'call':
      return 'a call'
    case 'unary':
    case 'binary':
      return 'a sum'
  }
}

function describeLiteral({ value }: Literal): string {
  switch (value.unit) {
    case 'number':
      return 'a plain number'
    case 'length':
      return 'a length'
    case 'size':
      return 'a size'
    case 'rate':
      return 'a frame rate'
    case 'gain':
      return 'a gain'
    case 'loudness':
      return 'a loudness'
    case 'percent':
      return 'a percentage'
    case 'money':
      return 'an amount of money'
    case 'bool':
      return `\`${value.bool}\``
  }
}
