/** Types of comparisons, of logic over nulls, and of the predicates on floats. */

import type { ScalarValue } from '../expression.js'
import { BOOL, type DataType, FLOAT32, FLOAT64, isNested } from '../types.js'
import { inCommonType, toScale } from './arithmetic.js'
import { comparisonType, isConditionType } from './coercion.js'
import type { ResolveSignature } from './definition.js'
import { byOverloads, overload } from './overloads.js'

/** Both sides in the type in which they are compared; decimals only share its scale. */
function comparison(equality: boolean): ResolveSignature {
  return (types, literals) => (types.length === 2 ? comparable(types, literals, equality) : null)
}

function comparable(
  types: readonly DataType[],
  literals: readonly (ScalarValue | undefined)[],
  equality: boolean,
): ReturnType<ResolveSignature> {
  let operand = { type: types[0], literal: literals[0] }
  for (let i = 1; i < types.length; i++) {
    const type = comparisonType(operand, { type: types[i], literal: literals[i] }, equality)
    if (type === null) return null
    operand = { type, literal: undefined }
  }
  const { type } = operand
  if (isNested(type) || type.kind === 'interval') return null
  return { parameters: type.kind === 'decimal' ? toScale(types, type) : types.map(() => type), result: BOOL }
}

const condition: ResolveSignature = (types) =>
  types.length > 0 && types.every(isConditionType) ? { parameters: types.map(() => BOOL), result: BOOL } : null

const ofAnyType: ResolveSignature = (types) => (types.length === 1 ? { parameters: types, result: BOOL } : null)

const ofFloat = byOverloads([overload([FLOAT32], BOOL), overload([FLOAT64], BOOL)])

/** Compared in the common type, but the result keeps the type of the first: the resolver writes it as a `case`. */
const nullIf: ResolveSignature = (types, literals) => {
  const compared = comparison(true)(types, literals)
  return compared === null ? null : { parameters: compared.parameters, result: types[0] }
}

export const LOGIC = {
  eq: comparison(true),
  neq: comparison(true),
  lt: comparison(false),
  lte: comparison(false),
  gt: comparison(false),
  gte: comparison(false),
  isDistinctFrom: comparison(true),
  isNotDistinctFrom: comparison(true),
  isIn: (types, literals) => (types.length >= 2 ? comparable(types, literals, true) : null),
  and: condition,
  or: condition,
  not: (types, literals) => (types.length === 1 ? condition(types, literals) : null),
  isNull: ofAnyType,
  isNotNull: ofAnyType,
  coalesce: inCommonType,
  nullIf,
  isNan: ofFloat,
  isFinite: ofFloat,
  isInf: ofFloat,
} as const satisfies Record<string, ResolveSignature>
