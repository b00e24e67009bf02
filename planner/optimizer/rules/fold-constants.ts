/** Computes what does not depend on columns. What fails is left to fail when it runs, if it runs. */

import type { TypedExpression } from '../../expression.js'
import { transformTyped, typedChildrenOf } from '../../expression-tree.js'
import { mapExpressions, transformPlan } from '../../plan-tree.js'
import type { OptimizerContext, Rule } from '../rule.js'

export const foldConstants: Rule = {
  name: 'foldConstants',
  apply: (plan, context) =>
    transformPlan(plan, (node) => mapExpressions(node, (one) => transformTyped(one, (part) => fold(part, context)))),
}

function fold(expression: TypedExpression, context: OptimizerContext): TypedExpression {
  if (expression.kind === 'column' || expression.kind === 'literal') return expression
  if (expression.kind === 'case') return foldCase(expression)
  if (!typedChildrenOf(expression).every((child) => child.kind === 'literal')) return expression
  const value = context.evaluateConstant(expression)
  return value === undefined ? expression : { kind: 'literal', value, type: expression.type }
}

/** Drops branches that are never taken and all after one that always is. */
function foldCase(expression: Extract<TypedExpression, { kind: 'case' }>): TypedExpression {
  const possible = expression.branches.filter(({ when }) => when.kind !== 'literal' || when.value === true)
  const certain = possible.findIndex(({ when }) => when.kind === 'literal')
  const branches = certain === -1 ? possible : possible.slice(0, certain)
  const otherwise = certain === -1 ? expression.otherwise : possible[certain].then
  if (branches.length === 0) return otherwise
  return branches.length === expression.branches.length ? expression : { ...expression, branches, otherwise }
}
