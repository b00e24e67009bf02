/** Boolean algebra, as far as it holds with nulls; what all alternatives of an OR share is taken out of it. */

import type { TypedExpression } from '../../expression.js'
import { expressionKey, transformTyped } from '../../expression-tree.js'
import type { ResolvedPlan } from '../../logical-plan.js'
import { mapExpressions, transformPlan } from '../../plan-tree.js'
import { call, conjunctsOf, isCall, literalBool } from '../conditions.js'
import type { Rule } from '../rule.js'

export const simplifyConditions: Rule = {
  name: 'simplifyConditions',
  apply: (plan) =>
    transformPlan(plan, (node) => simplifyFilter(mapExpressions(node, (one) => transformTyped(one, simplify)))),
}

/** A filter that always holds goes; one that never does becomes a limit of no rows, which need not be read for. */
function simplifyFilter(plan: ResolvedPlan): ResolvedPlan {
  if (plan.kind !== 'filter' || plan.predicate.kind !== 'literal') return plan
  if (plan.predicate.value === true) return plan.input
  return { kind: 'limit', schema: plan.schema, input: plan.input, count: 0, offset: 0 }
}

const OPPOSITES: Readonly<Record<string, string>> = {
  eq: 'neq',
  neq: 'eq',
  lt: 'gte',
  gte: 'lt',
  gt: 'lte',
  lte: 'gt',
  isNull: 'isNotNull',
  isNotNull: 'isNull',
  isDistinctFrom: 'isNotDistinctFrom',
  isNotDistinctFrom: 'isDistinctFrom',
}

function simplify(expression: TypedExpression): TypedExpression {
  if (expression.kind !== 'call') return expression
  switch (expression.function) {
    case 'not':
      return negate(expression.arguments[0], expression)
    case 'and':
      return combine('and', expression.arguments)
    case 'or':
      return factor(combine('or', expression.arguments))
    default:
      return expression
  }
}

function negate(operand: TypedExpression, whole: TypedExpression): TypedExpression {
  if (operand.kind === 'literal' && typeof operand.value === 'boolean') return literalBool(!operand.value)
  if (operand.kind !== 'call') return whole
  if (operand.function === 'not') return operand.arguments[0]
  const opposite = OPPOSITES[operand.function]
  return opposite === undefined ? whole : { ...operand, function: opposite }
}

/** Flattens, drops repetitions and neutral constants; a dominant constant decides. */
function combine(name: 'and' | 'or', operands: readonly TypedExpression[]): TypedExpression {
  const dominant = name === 'or'
  const kept = new Map<string, TypedExpression>()
  for (const operand of operands.flatMap((one) => (isCall(one, name) ? one.arguments : [one]))) {
    if (operand.kind === 'literal' && operand.value === dominant) return literalBool(dominant)
    if (operand.kind === 'literal' && operand.value === !dominant) continue
    kept.set(expressionKey(operand), operand)
  }
  const [first, ...others] = kept.values()
  if (first === undefined) return literalBool(!dominant)
  return others.length === 0 ? first : call(name, first, ...others)
}

/** (a and b) or (a and c) → a and (b or c). */
function factor(expression: TypedExpression): TypedExpression {
  if (!isCall(expression, 'or')) return expression
  const alternatives = expression.arguments.map(conjunctsOf)
  const keys = alternatives.map((conjuncts) => new Set(conjuncts.map(expressionKey)))
  const shared = alternatives[0].filter((one) => keys.every((set) => set.has(expressionKey(one))))
  if (shared.length === 0) return expression
  const sharedKeys = new Set(shared.map(expressionKey))
  const rest = alternatives.map((conjuncts) =>
    combine(
      'and',
      conjuncts.filter((one) => !sharedKeys.has(expressionKey(one))),
    ),
  )
  return combine('and', [...shared, combine('or', rest)])
}
