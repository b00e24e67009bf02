/** Brings expressions to a type: constants by writing them differently, everything else by a cast. */

import { intervalMicros, UNITS_PER_SECOND, unitsPerDay } from '../calendar.js'
import type { Interval, ScalarValue, TypedExpression } from '../expression.js'
import { integerFits } from '../functions/coercion.js'
import { fitsPrecision, formatDecimal, powerOfTen, toScalar } from '../integers.js'
import { typedLiteral } from '../sql/literals.js'
import { type DataType, HUGEINT, INT32, INT64, isInteger, type TimeUnit, typesEqual } from '../types.js'

/** `literal` is the value of a constant that was written without a type, else undefined. */
export interface Resolved {
  readonly typed: TypedExpression
  readonly literal: ScalarValue | undefined
}

/** Integers below this are exact as doubles. */
const EXACT_DIGITS = 15

export function literal(value: ScalarValue, type: DataType): TypedExpression {
  return Object.freeze({ kind: 'literal', value, type })
}

export function cast(argument: TypedExpression, type: DataType, attempt = false): TypedExpression {
  if (typesEqual(argument.type, type)) return argument
  return adapted(argument, type) ?? Object.freeze({ kind: 'cast', argument, type, try: attempt })
}

/** A constant rewritten in another type where that loses nothing and cannot fail, else null. */
export function adapted(expression: TypedExpression, type: DataType): TypedExpression | null {
  if (expression.kind !== 'literal') return null
  const value = adaptedValue(expression.value, expression.type, type)
  return value === undefined ? null : literal(value, type)
}

function adaptedValue(value: ScalarValue, from: DataType, to: DataType): ScalarValue | undefined {
  if (value === null) return null
  switch (from.kind) {
    case 'int':
      return adaptedInteger(value as number | bigint, to)
    case 'decimal':
      return adaptedDecimal(value as bigint, from.precision, from.scale, to)
    case 'utf8':
      return typedLiteral(value as string, to)
    case 'date':
      return to.kind === 'timestamp' ? rescaled(BigInt(value as number) * unitsPerDay('s'), 's', to.unit) : undefined
    case 'timestamp':
      return to.kind === 'timestamp' ? rescaled(value as bigint, from.unit, to.unit) : undefined
    case 'interval':
      return to.kind === 'duration' ? rescaled(intervalMicros(value as Interval), 'us', to.unit) : undefined
    default:
      return undefined
  }
}

function adaptedInteger(value: number | bigint, to: DataType): ScalarValue | undefined {
  if (isInteger(to)) {
    if (!integerFits(value, to)) return undefined
    return toScalar(to, BigInt(value))
  }
  if (to.kind === 'decimal') return adaptedDecimal(BigInt(value), 0, 0, to)
  if (to.kind === 'float') {
    const float = to.bits === 32 ? Math.fround(Number(value)) : Number(value)
    return BigInt(float) === BigInt(value) ? float : undefined
  }
  return undefined
}

function adaptedDecimal(value: bigint, precision: number, scale: number, to: DataType): ScalarValue | undefined {
  if (to.kind === 'float' && to.bits === 64 && precision <= EXACT_DIGITS) return Number(formatDecimal(value, scale))
  if (to.kind !== 'decimal' || to.scale < scale) return undefined
  const scaled = value * powerOfTen(to.scale - scale)
  return fitsPrecision(scaled, to.precision) ? scaled : undefined
}

/** Undefined if the count is not whole in the other unit or does not fit 64 bits. */
function rescaled(value: bigint, from: TimeUnit, to: TimeUnit): bigint | undefined {
  const scaled = value * UNITS_PER_SECOND[to]
  if (scaled % UNITS_PER_SECOND[from] !== 0n) return undefined
  const count = scaled / UNITS_PER_SECOND[from]
  return BigInt.asIntN(64, count) === count ? count : undefined
}

/** The type of an integer constant that was written without one; null if it has more than 38 digits. */
export function integerType(value: number | bigint): DataType | null {
  if (integerFits(value, INT32)) return INT32
  if (integerFits(value, INT64)) return INT64
  return adaptedInteger(value, HUGEINT) === undefined ? null : HUGEINT
}
