// A value from outside the script (`--set`, a CSV cell, a JSON member) as the value a param wants. Text is read by the
// param's type: `12`, `true`, `4s`, and lists with `;` between their members.
import { readLiteral } from '../syntax/literal.ts'
import { rational, rationalFromDecimal } from '../time.ts'
import { describeType, type Fit, fitTo, type ValueType } from './types.ts'
import { boolValue, listValue, numberValue, textValue, type Value } from './value.ts'

export type ParamInput = string | number | boolean | readonly ParamInput[]

/** A param as those outside see it. */
export type ParamSpec = { readonly name: string; readonly type: ValueType; readonly optional: boolean }

/** `home` is the source that paths are relative to. */
export function readInput(input: ParamInput, type: ValueType, home: string): Fit {
  const value = typeof input === 'string' ? fromText(input, type, home) : fromData(input, type, home)
  return value === undefined ? { ok: false, expected: describeType(type), found: shown(input) } : fitTo(value, type)
}

const shown = (input: ParamInput): string =>
  typeof input === 'string'
    ? input.trim() === ''
      ? 'an empty field'
      : `"${input.slice(0, 60)}"`
    : Array.isArray(input)
      ? 'a list'
      : `\`${String(input)}\``

function fromData(input: Exclude<ParamInput, string>, type: ValueType, home: string): Value | undefined {
  if (typeof input === 'boolean') return type.kind === 'text' ? textValue(String(input), home) : boolValue(input)
  if (typeof input === 'number') {
    if (type.kind === 'text') return textValue(String(input), home)
    return exactNumber(String(input))
  }
  if (type.kind !== 'list') return undefined
  const items: Value[] = []
  for (const one of input) {
    const item = readInput(one, type.of, home)
    if (!item.ok) return undefined
    items.push(item.value)
  }
  return listValue(items)
}

function fromText(text: string, type: ValueType, home: string): Value | undefined {
  const trimmed = text.trim()
  switch (type.kind) {
    case 'text':
      return textValue(text, home)
    case 'choice':
    case 'image':
    case 'audio':
    case 'video':
      return textValue(trimmed, home)
    case 'int':
    case 'number':
      return exactNumber(trimmed)
    case 'bool':
      return /^true$/i.test(trimmed) ? boolValue(true) : /^false$/i.test(trimmed) ? boolValue(false) : undefined
    case 'duration': {
      const literal = readLiteral(trimmed)
      return 'unit' in literal && literal.unit === 'length' ? literal : undefined
    }
    case 'list':
      return trimmed === ''
        ? listValue([])
        : fromData(
            trimmed.split(';').map((part) => part.trim()),
            type,
            home,
          )
  }
}

function exactNumber(text: string): Value | undefined {
  if (!/^-?\d{1,15}(\.\d{1,9})?$/.test(text)) return undefined
  try {
    return numberValue(rationalFromDecimal(text))
  } catch (error) {
    // Too many digits to be exact; nothing else in there throws.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** A value of this type to check a film with before anybody has given one. */
export function sampleOf(type: ValueType, name: string, home: string): Value {
  switch (type.kind) {
    case 'text':
      return textValue(name, home)
    case 'choice':
      return textValue(type.choices[0] ?? name, home)
    case 'int':
    case 'number':
      return numberValue(rational(1))
    case 'bool':
      return boolValue(true)
    case 'duration':
      return { unit: 'length', length: { unit: 'seconds', seconds: rational(5) } }
    case 'image':
    case 'audio':
    case 'video':
      return { unit: 'asset', kind: type.kind, path: `${name}.${type.kind === 'image' ? 'png' : type.kind === 'audio' ? 'wav' : 'mp4'}` }
    case 'list':
      return listValue([sampleOf(type.of, name, home)])
  }
}
