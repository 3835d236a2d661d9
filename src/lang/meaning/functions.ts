// The functions an expression may call. A table: the evaluator calls by it, the reference page prints it.
import { boolValue, describe, intValue, listValue, textValue, toText, type Value } from './value.ts'

export type FunctionRow = {
  readonly name: string
  readonly params: readonly { readonly name: string; readonly type: string; readonly optional?: true }[]
  readonly result: string
  readonly doc: string
  readonly example: string
  /** A value, or what is wrong with the arguments. They are all there, in order. */
  readonly call: (args: readonly Value[], home: string) => Value | { readonly problem: string }
}

/** A text as part of a name or a file: small letters and digits, joined by `-`. */
export function slug(text: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFC')
    .toLowerCase()
  return plain
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
}

const needsText = (name: string, value: Value | undefined): { problem: string } => ({
  problem: `takes a text as \`${name}\`, not ${value === undefined ? 'nothing' : describe(value)}`,
})

function ofText(make: (text: string) => Value | string): FunctionRow['call'] {
  return ([value], home) => {
    const text = value === undefined ? undefined : toText(value)
    if (text === undefined) return needsText('text', value)
    const made = make(text)
    return typeof made === 'string' ? textValue(made, home) : made
  }
}

/** Characters as people count them, near enough: a pair of surrogates is one. */
function characters(text: string): number {
  let count = 0
  for (const _ of text) count += 1
  return count
}

const text = { name: 'text', type: 'text' } as const
const list = { name: 'list', type: 'list' } as const

export const functions: readonly FunctionRow[] = [
  {
    name: 'slug',
    params: [text],
    result: 'text',
    doc: 'small letters, digits and `-` only: for names and files',
    example: 'slug("Ada Lovelace")',
    call: ofText(slug),
  },
  {
    name: 'upper',
    params: [text],
    result: 'text',
    doc: 'in capitals',
    example: 'upper("noon")',
    call: ofText((value) => value.toUpperCase()),
  },
  {
    name: 'lower',
    params: [text],
    result: 'text',
    doc: 'in small letters',
    example: 'lower("NOON")',
    call: ofText((value) => value.toLowerCase()),
  },
  {
    name: 'join',
    params: [list, { name: 'with', type: 'text', optional: true }],
    result: 'text',
    doc: 'a list as one text, with `, ` or another text between its members',
    example: 'join(["fog", "rain"], " and ")',
    call: ([members, between], home) => {
      if (members?.unit !== 'list') return { problem: `takes a list, not ${members === undefined ? 'nothing' : describe(members)}` }
      const glue = between === undefined ? ', ' : toText(between)
      if (glue === undefined) return needsText('with', between)
      const texts = members.items.map(toText)
      return texts.some((one) => one === undefined) ? { problem: 'cannot join lists of lists' } : textValue(texts.join(glue), home)
    },
  },
  {
    name: 'len',
    params: [{ name: 'of', type: 'list or text' }],
    result: 'int',
    doc: 'how many members a list has, or characters a text',
    example: 'len(guests)',
    call: ([value]) => {
      if (value?.unit === 'list') return intValue(value.items.length)
      return value?.unit === 'text'
        ? intValue(characters(value.text))
        : { problem: `takes a list or a text, not ${value === undefined ? 'nothing' : describe(value)}` }
    },
  },
  {
    name: 'range',
    params: [
      { name: 'from', type: 'int' },
      { name: 'to', type: 'int' },
    ],
    result: 'list<int>',
    doc: 'the whole numbers from the first to the last, both included',
    example: 'range(1, 3)',
    call: ([from, to]) => {
      if (from?.unit !== 'number' || to?.unit !== 'number' || from.number.den !== 1 || to.number.den !== 1)
        return { problem: 'takes two whole numbers' }
      const count = to.number.num - from.number.num + 1
      if (count > 10_000) return { problem: 'makes a list of at most 10000' }
      return listValue(Array.from({ length: Math.max(0, count) }, (_, at) => intValue(from.number.num + at)))
    },
  },
  {
    name: 'has',
    params: [list, { name: 'member', type: 'any' }],
    result: 'bool',
    doc: 'true when the list holds this text or number',
    example: 'has(["a", "b"], "a")',
    call: ([members, member]) => {
      if (members?.unit !== 'list' || member === undefined) return { problem: 'takes a list and a member' }
      const wanted = toText(member)
      return boolValue(members.items.some((one) => one.unit === member.unit && toText(one) === wanted))
    },
  },
]

const byName: ReadonlyMap<string, FunctionRow> = new Map(functions.map((row) => [row.name, row]))
export const functionOf = (name: string): FunctionRow | undefined => byName.get(name)
export const functionNames: readonly string[] = functions.map((row) => row.name)
