/** Which results may be null: columns as the input says, constants by value, anything computed always. */

import type { TypedExpression } from '../expression.js'
import { type Field, field, type Schema } from '../types.js'

export function fieldOf(name: string, expression: TypedExpression, input: Schema): Field {
  return field(name, expression.type, isNullable(expression, input))
}

function isNullable(expression: TypedExpression, input: Schema): boolean {
  switch (expression.kind) {
    case 'column':
      return input.fields[expression.index]?.nullable ?? true
    case 'literal':
      return expression.value === null
    case 'call':
      return !['isNull', 'isNotNull', 'isDistinctFrom', 'isNotDistinctFrom'].includes(expression.function)
    case 'cast':
    case 'case':
      return true
  }
}
