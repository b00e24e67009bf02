/** References of arithmetic on single values. */

import type { ScalarValue } from '../../../planner/expression.js'
import { absolute, fitsPrecision, formatDecimal, isInRange, toScalar } from '../../../planner/integers.js'
import { type DataType, typeName } from '../../../planner/types.js'
import { RowError } from '../kernel.js'

export type BinaryOperator = 'add' | 'sub' | 'mul' | 'div' | 'intDiv' | 'mod'

const SYMBOLS: Record<BinaryOperator, string> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  intDiv: '//',
  mod: '%',
}

/** Computes with two numbers of the types given; null where an integer or decimal is divided by zero. */
export function binaryReference(
  operator: BinaryOperator,
  [a, b]: readonly ScalarValue[],
  types: readonly DataType[],
  type: DataType,
): ScalarValue {
  if (a === null || b === null) return null
  if (types[0].kind === 'float') return floatResult(operator, a as number, b as number, type)
  const x = BigInt(a as number | bigint)
  const y = BigInt(b as number | bigint)
  if (y === 0n && (operator === 'intDiv' || operator === 'mod')) return null
  const exact = integerResult(operator, x, y)
  if (type.kind === 'int') {
    // The remainder of the smallest integer by -1 would be 0, but the division that finds it overflows, in DuckDB too.
    const quotient = operator === 'mod' ? x / y : exact
    if (isInRange(type, quotient)) return toScalar(type, exact)
  } else if (type.kind === 'decimal' && fitsPrecision(exact, type.precision)) return exact
  const text = `${format(x, types[0])} ${SYMBOLS[operator]} ${format(y, types[1])}`
  throw new RowError('VOLLEY_OVERFLOW', `${text} is out of the range of ${typeName(type)}`, -1)
}

function format(value: bigint, type: DataType): string {
  return type.kind === 'decimal' ? formatDecimal(value, type.scale) : value.toString()
}

function integerResult(operator: BinaryOperator, x: bigint, y: bigint): bigint {
  switch (operator) {
    case 'add':
      return x + y
    case 'sub':
      return x - y
    case 'mul':
      return x * y
    case 'div':
    case 'intDiv':
      return x / y
    case 'mod':
      return x % y
  }
}

function floatResult(operator: BinaryOperator, x: number, y: number, type: DataType): number | null {
  if (operator === 'intDiv' && y === 0) return null
  const exact =
    operator === 'add'
      ? x + y
      : operator === 'sub'
        ? x - y
        : operator === 'mul'
          ? x * y
          : operator === 'mod'
            ? x % y
            : x / y
  return type.kind === 'float' && type.bits === 32 ? Math.fround(exact) : exact
}

/** -a. Unsigned integers wrap, as in DuckDB. */
export function negReference([a]: readonly ScalarValue[], [from]: readonly DataType[], type: DataType): ScalarValue {
  if (a === null) return null
  if (from.kind === 'float') return -(a as number)
  const value = BigInt(a as number | bigint)
  if (type.kind !== 'int') return -value
  if (!type.signed) return toScalar(type, BigInt.asUintN(type.bits, -value))
  if (isInRange(type, -value)) return toScalar(type, -value)
  throw new RowError('VOLLEY_OVERFLOW', `-(${value}) is out of the range of ${typeName(type)}`, -1)
}

export function absReference([a]: readonly ScalarValue[], [from]: readonly DataType[], type: DataType): ScalarValue {
  if (a === null) return null
  if (from.kind === 'float') return Math.abs(a as number)
  const value = absolute(BigInt(a as number | bigint))
  if (type.kind !== 'int') return value
  if (isInRange(type, value)) return toScalar(type, value)
  throw new RowError('VOLLEY_OVERFLOW', `abs(${-value}) is out of the range of ${typeName(type)}`, -1)
}

export function signReference([a]: readonly ScalarValue[]): ScalarValue {
  if (a === null) return null
  return (a as number | bigint) > 0 ? 1 : (a as number | bigint) < 0 ? -1 : 0
}
