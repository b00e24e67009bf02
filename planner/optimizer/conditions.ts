/** Conditions as lists of conjuncts, and what they say about nulls. */

import type { TypedExpression } from '../expression.js'
import { collectColumns, mapTypedChildren } from '../expression-tree.js'
import type { ResolvedPlan } from '../logical-plan.js'
import { BOOL } from '../types.js'

export function literalBool(value: boolean): TypedExpression {
  return { kind: 'literal', value, type: BOOL }
}

export function call(name: string, ...parameters: TypedExpression[]): TypedExpression {
  return { kind: 'call', function: name, arguments: parameters, type: BOOL }
}

export function isCall(expression: TypedExpression, name: string): expression is TypedExpression & { kind: 'call' } {
  return expression.kind === 'call' && expression.function === name
}

/** What all must hold for the condition to hold. */
export function conjunctsOf(condition: TypedExpression): readonly TypedExpression[] {
  return isCall(condition, 'and') ? condition.arguments.flatMap(conjunctsOf) : [condition]
}

/** The condition that all hold; true if there are none. */
function conjunction(conditions: readonly TypedExpression[]): TypedExpression {
  if (conditions.length === 0) return literalBool(true)
  return conditions.length === 1 ? conditions[0] : call('and', ...conditions)
}

export function filterBy(input: ResolvedPlan, conditions: readonly TypedExpression[]): ResolvedPlan {
  if (conditions.length === 0) return input
  return { kind: 'filter', schema: input.schema, input, predicate: conjunction(conditions) }
}

/** The expression with each column replaced. */
export function replaceColumns(
  expression: TypedExpression,
  replace: (index: number) => TypedExpression,
): TypedExpression {
  if (expression.kind === 'column') return replace(expression.index)
  return mapTypedChildren(expression, (child) => replaceColumns(child, replace))
}

/** True if all columns the expression reads pass; also if it reads none. */
export function readsOnly(expression: TypedExpression, test: (index: number) => boolean): boolean {
  const columns = new Set<number>()
  collectColumns(expression, columns)
  return [...columns].every(test)
}

/** Functions that give a value although an argument is null. */
const NULL_TOLERANT = new Set([
  'and',
  'or',
  'coalesce',
  'isNull',
  'isNotNull',
  'isDistinctFrom',
  'isNotDistinctFrom',
  'concat',
  'greatest',
  'least',
  'nullIf',
  'isIn',
])

/** True if the value is certainly null when all columns that pass are null. */
function nullWhen(expression: TypedExpression, isNull: (index: number) => boolean): boolean {
  switch (expression.kind) {
    case 'column':
      return isNull(expression.index)
    case 'literal':
      return expression.value === null
    case 'cast':
      return nullWhen(expression.argument, isNull)
    case 'call': {
      const { function: name, arguments: parameters } = expression
      if (name === 'nullIf' || name === 'isIn') return nullWhen(parameters[0], isNull)
      return !NULL_TOLERANT.has(name) && parameters.some((parameter) => nullWhen(parameter, isNull))
    }
    case 'case':
      return false
  }
}

/** True if the condition certainly does not hold when all columns that pass are null. */
export function rejectsNulls(condition: TypedExpression, isNull: (index: number) => boolean): boolean {
  if (isCall(condition, 'and')) return condition.arguments.some((one) => rejectsNulls(one, isNull))
  if (isCall(condition, 'or')) return condition.arguments.every((one) => rejectsNulls(one, isNull))
  if (isCall(condition, 'isNotNull')) return nullWhen(condition.arguments[0], isNull)
  return nullWhen(condition, isNull)
}

/**
 * What an OR says about some columns alone: (a and x) or (b and y) implies a or b. Null if an alternative says nothing
 * of them. Such a condition can be tested earlier than the one it follows from.
 */
export function impliedBy(condition: TypedExpression, test: (index: number) => boolean): TypedExpression | null {
  if (!isCall(condition, 'or')) return null
  const alternatives = condition.arguments.map((one) => conjunctsOf(one).filter((part) => readsOnly(part, test)))
  if (alternatives.some((parts) => parts.length === 0)) return null
  return call('or', ...alternatives.map(conjunction))
}
