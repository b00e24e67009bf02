/**
 * Compares columns as they are stored: `CAST(day AS TIMESTAMP) < TIMESTAMP '2024-01-01 00:00:00'` becomes
 * `day < DATE '2024-01-01'`. Statistics, dictionaries and narrow kernels then apply. Only casts that lose nothing and
 * keep the order are taken away, and only where the constant is a value of the column's type.
 */

import type { ScalarValue, TypedExpression } from '../../expression.js'
import { transformTyped } from '../../expression-tree.js'
import { mapExpressions, transformPlan } from '../../plan-tree.js'
import { type DataType, isInteger } from '../../types.js'
import type { Rule } from '../rule.js'

export const compareColumns: Rule = {
  name: 'compareColumns',
  apply: (plan) => transformPlan(plan, (node) => mapExpressions(node, (one) => transformTyped(one, simplify))),
}

const COMPARISONS = new Set(['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'isDistinctFrom', 'isNotDistinctFrom', 'isIn'])

function simplify(expression: TypedExpression): TypedExpression {
  if (expression.kind !== 'call' || !COMPARISONS.has(expression.function)) return expression
  const cast = expression.arguments.find((one) => one.kind === 'cast')
  if (cast === undefined || cast.try || !isLossless(cast.argument.type, cast.type)) return expression
  const type = cast.argument.type
  const converted = expression.arguments.map((one) => (one === cast ? cast.argument : convert(one, type)))
  return converted.every((one) => one !== null) ? { ...expression, arguments: converted } : expression
}

/** True if every value of the first type is one of the second, in the same order. */
function isLossless(from: DataType, to: DataType): boolean {
  if (isInteger(from) && isInteger(to)) {
    return from.signed === to.signed ? from.bits <= to.bits : to.signed && from.bits < to.bits
  }
  if (isInteger(from) && to.kind === 'decimal') return to.precision - to.scale >= INTEGER_DIGITS[from.bits]
  if (from.kind === 'decimal' && to.kind === 'decimal') {
    return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale
  }
  return from.kind === 'date' && to.kind === 'timestamp' && to.zone === null && to.unit === 'us'
}

const INTEGER_DIGITS = { 8: 3, 16: 5, 32: 10, 64: 20 } as const

/** The constant as a value of the type; null if it is none, or no constant. */
function convert(expression: TypedExpression, type: DataType): TypedExpression | null {
  if (expression.kind !== 'literal') return null
  if (expression.value === null) return { kind: 'literal', value: null, type }
  const value = storedValue(expression.value, expression.type, type)
  return value === null ? null : { kind: 'literal', value, type }
}

const MICROSECONDS_PER_DAY = 86_400_000_000n

function storedValue(value: ScalarValue, from: DataType, to: DataType): ScalarValue {
  if (to.kind === 'date' && from.kind === 'timestamp' && typeof value === 'bigint') {
    return value % MICROSECONDS_PER_DAY === 0n ? Number(value / MICROSECONDS_PER_DAY) : null
  }
  if (typeof value !== 'bigint' && typeof value !== 'number') return null
  if (from.kind !== 'int' && from.kind !== 'decimal') return null
  const scaled = rescaled(BigInt(value), from.kind === 'decimal' ? from.scale : 0, to.kind === 'decimal' ? to.scale : 0)
  if (scaled === null) return null
  if (to.kind === 'decimal') return abs(scaled) < 10n ** BigInt(to.precision) ? scaled : null
  if (to.kind !== 'int') return null
  const fits = (to.signed ? BigInt.asIntN(to.bits, scaled) : BigInt.asUintN(to.bits, scaled)) === scaled
  return fits ? (to.bits === 64 ? scaled : Number(scaled)) : null
}

function rescaled(unscaled: bigint, from: number, to: number): bigint | null {
  if (to >= from) return unscaled * 10n ** BigInt(to - from)
  const divisor = 10n ** BigInt(from - to)
  return unscaled % divisor === 0n ? unscaled / divisor : null
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value
}
