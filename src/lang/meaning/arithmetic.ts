// Exact sums over values with units. Like goes with like; a plain number scales a quantity; nothing is rounded.
import type { BinaryOperator } from '../ast.ts'
import { add, divide, multiply, type Rational, rational, subtract } from '../time.ts'
import { boolValue, lengthRatio, listValue, numberValue, orderOf, textValue, toText, type Value } from './value.ts'

type Operator = Exclude<BinaryOperator, 'and' | 'or' | '==' | '!='>

export type Sum =
  | { readonly kind: 'value'; readonly value: Value }
  /** The two do not go together under this operator. */
  | { readonly kind: 'mismatch' }
  /** They do, but there is no exact result. */
  | { readonly kind: 'problem'; readonly problem: string }

const mismatch: Sum = { kind: 'mismatch' }
const value = (made: Value): Sum => ({ kind: 'value', value: made })

/** `right` is absent for a minus sign in front of one value. */
export function arithmetic(operator: Operator, left: Value, right: Value | undefined): Sum {
  try {
    if (right === undefined) return scaled(left, rational(-1))
    switch (operator) {
      case '<':
      case '<=':
      case '>':
      case '>=':
        return compared(operator, left, right)
      case '+':
      case '-':
        return summed(operator, left, right)
      case '*':
        if (right.unit === 'number') return scaled(left, right.number)
        return left.unit === 'number' ? scaled(right, left.number) : mismatch
      case '/':
        return divided(left, right)
    }
  } catch (error) {
    // The exact numbers refuse what they cannot hold; nothing else in here throws.
    if (error instanceof RangeError) return { kind: 'problem', problem: 'the numbers are too large to be held exactly' }
    throw error
  }
}

function compared(operator: '<' | '<=' | '>' | '>=', left: Value, right: Value): Sum {
  const order = orderOf(left, right)
  if (order === undefined) return mismatch
  return value(boolValue(operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : order >= 0))
}

function summed(operator: '+' | '-', left: Value, right: Value): Sum {
  const both = operator === '+' ? add : subtract
  if (left.unit === 'number' && right.unit === 'number') return value(numberValue(both(left.number, right.number)))
  if (left.unit === 'gain' && right.unit === 'gain') return value({ unit: 'gain', decibels: both(left.decibels, right.decibels) })
  if (left.unit === 'percent' && right.unit === 'percent') return value({ unit: 'percent', percent: both(left.percent, right.percent) })
  if (left.unit === 'money' && right.unit === 'money')
    return value({ unit: 'money', micros: both(rational(left.micros), rational(right.micros)).num })
  if (left.unit === 'length' && right.unit === 'length') return lengths(both, left.length, right.length)
  if (operator === '-') return mismatch
  if (left.unit === 'list' && right.unit === 'list') return value(listValue([...left.items, ...right.items]))
  if (left.unit === 'text' || right.unit === 'text') {
    const [first, second] = [toText(left), toText(right)]
    const home = left.unit === 'text' ? left.home : right.unit === 'text' ? right.home : ''
    return first === undefined || second === undefined ? mismatch : value(textValue(first + second, home))
  }
  return mismatch
}

type LengthOf = Extract<Value, { unit: 'length' }>['length']

function lengths(both: typeof add, left: LengthOf, right: LengthOf): Sum {
  if (left.unit === 'seconds' && right.unit === 'seconds') {
    return value({ unit: 'length', length: { unit: 'seconds', seconds: both(left.seconds, right.seconds) } })
  }
  if (left.unit === 'frames' && right.unit === 'frames') {
    return value({ unit: 'length', length: { unit: 'frames', frames: both(rational(left.frames), rational(right.frames)).num } })
  }
  return mismatch
}

function scaled(left: Value, by: Rational): Sum {
  switch (left.unit) {
    case 'number':
      return value(numberValue(multiply(left.number, by)))
    case 'gain':
      return value({ unit: 'gain', decibels: multiply(left.decibels, by) })
    case 'loudness':
      return value({ unit: 'loudness', lufs: multiply(left.lufs, by) })
    case 'percent':
      return value({ unit: 'percent', percent: multiply(left.percent, by) })
    case 'money':
      return whole(multiply(rational(left.micros), by), 'a part of a millionth of a dollar', (micros) => ({ unit: 'money', micros }))
    case 'length':
      if (left.length.unit === 'seconds')
        return value({ unit: 'length', length: { unit: 'seconds', seconds: multiply(left.length.seconds, by) } })
      if (left.length.unit === 'frames') {
        return whole(multiply(rational(left.length.frames), by), 'a part of a frame', (frames) => ({
          unit: 'length',
          length: { unit: 'frames', frames },
        }))
      }
      return mismatch
    default:
      return mismatch
  }
}

function whole(exact: Rational, part: string, make: (whole: number) => Value): Sum {
  return exact.den === 1 ? value(make(exact.num)) : { kind: 'problem', problem: `the result is ${part}` }
}

function divided(left: Value, right: Value): Sum {
  if (right.unit === 'number') {
    if (right.number.num === 0) return { kind: 'problem', problem: 'a division by zero' }
    return scaled(left, divide(rational(1), right.number))
  }
  if (left.unit === 'length' && right.unit === 'length') {
    const ratio = lengthRatio(left, right)
    return ratio === undefined ? mismatch : value(numberValue(ratio))
  }
  return mismatch
}
