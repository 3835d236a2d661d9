// The types a `param` or a template's parameter may have, and what fits them. `text` takes somebody of the cast (their
// words go where the text goes, their name stays known to `say`); `image`, `audio` and `video` take a text that names a file.

import type { Type } from '../ast.ts'
import { plainTypes } from '../schema.ts'
import { assetPath } from './asset-path.ts'
import { describe, listValue, type Value } from './value.ts'

export type ValueType =
  | { readonly kind: (typeof plainTypes)[number] }
  | { readonly kind: 'list'; readonly of: ValueType }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }

const isPlain = (name: string): name is (typeof plainTypes)[number] => plainTypes.some((plain) => plain === name)

/** Reads a written type. `unknown` is called with the first word that is no type. */
export function readType(type: Type, unknown: (name: string, at: Type) => void): ValueType | undefined {
  switch (type.kind) {
    case 'named-type': {
      const name = type.name.text
      if (isPlain(name)) return { kind: name }
      unknown(name, type)
      return undefined
    }
    case 'list-type': {
      const of = readType(type.of, unknown)
      return of === undefined ? undefined : { kind: 'list', of }
    }
    case 'choice-type':
      return { kind: 'choice', choices: type.choices.map((choice) => choice.parts.filter((part) => typeof part === 'string').join('')) }
  }
}

export function describeType(type: ValueType): string {
  switch (type.kind) {
    case 'list':
      return `a list of ${describeType(type.of).replace(/^an? /, '')}s`
    case 'choice':
      return type.choices.map((choice) => `"${choice}"`).join(' or ')
    case 'text':
      return 'a text'
    case 'int':
      return 'a whole number'
    case 'number':
      return 'a number'
    case 'bool':
      return '`true` or `false`'
    case 'duration':
      return 'a length such as `4s`'
    case 'image':
      return 'a picture'
    case 'audio':
      return 'a sound file'
    case 'video':
      return 'a video file'
  }
}

export type Fit = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly expected: string; readonly found: string }

/** A value as a type wants it, or what was expected and what was found. */
export function fitTo(value: Value, type: ValueType): Fit {
  const no: Fit = { ok: false, expected: describeType(type), found: describe(value) }
  switch (type.kind) {
    case 'text':
      return value.unit === 'text' || value.unit === 'cast' ? { ok: true, value } : no
    case 'int':
      return value.unit === 'number' && value.number.den === 1 ? { ok: true, value } : no
    case 'number':
      return value.unit === 'number' ? { ok: true, value } : no
    case 'bool':
      return value.unit === 'bool' ? { ok: true, value } : no
    case 'duration':
      return value.unit === 'length' ? { ok: true, value } : no
    case 'image':
    case 'audio':
    case 'video':
      return fitAsset(value, type.kind)
    case 'choice':
      if (value.unit !== 'text') return no
      return type.choices.includes(value.text) ? { ok: true, value } : { ...no, found: `"${value.text.slice(0, 80)}"` }
    case 'list': {
      if (value.unit !== 'list') return no
      const items: Value[] = []
      for (const [at, item] of value.items.entries()) {
        const one = fitTo(item, type.of)
        if (!one.ok) return { ok: false, expected: describeType(type), found: `${one.found} as item ${at + 1}` }
        items.push(one.value)
      }
      return { ok: true, value: listValue(items) }
    }
  }
}

/** A file of one kind: an asset of that kind, or a text that names one inside the project. */
export function fitAsset(value: Value, kind: 'image' | 'audio' | 'video'): Fit {
  const expected = describeType({ kind })
  if (value.unit === 'asset') return value.kind === kind ? { ok: true, value } : { ok: false, expected, found: describe(value) }
  if (value.unit !== 'text') return { ok: false, expected, found: describe(value) }
  const path = assetPath(value.text, value.home, kind)
  return path.ok ? { ok: true, value: { unit: 'asset', kind, path: path.path } } : { ok: false, expected, found: path.why }
}
