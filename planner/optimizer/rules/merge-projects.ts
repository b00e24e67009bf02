/** Removes projections that change nothing and merges one into what is above it. */

import type { TypedExpression } from '../../expression.js'
import { typedChildrenOf } from '../../expression-tree.js'
import type { ResolvedPlan } from '../../logical-plan.js'
import { mapExpressions, type PlanOf, sameColumns, transformPlan } from '../../plan-tree.js'
import { replaceColumns } from '../conditions.js'
import type { Rule } from '../rule.js'

export const mergeProjects: Rule = { name: 'mergeProjects', apply: (plan) => transformPlan(plan, merge) }

function merge(plan: ResolvedPlan): ResolvedPlan {
  switch (plan.kind) {
    case 'project': {
      const { input } = plan
      const merged = input.kind === 'project' && isCheap(plan, input) ? over(plan, input) : plan
      return isIdentity(merged) ? merged.input : merged
    }
    case 'aggregate':
      return plan.input.kind === 'project' && isCheap(plan, plan.input) ? over(plan, plan.input) : plan
    default:
      return plan
  }
}

/** The node over the input of the projection below it. */
function over<Plan extends PlanOf<'project' | 'aggregate'>>(
  plan: Plan,
  { expressions, input }: PlanOf<'project'>,
): Plan {
  const replaced = mapExpressions(plan, (one) => replaceColumns(one, (index) => expressions[index].expression))
  return { ...(replaced as Plan), input }
}

/** False if something that takes computing would be computed more than once. */
function isCheap(plan: ResolvedPlan, below: PlanOf<'project'>): boolean {
  const uses = below.expressions.map(() => 0)
  mapExpressions(plan, (expression) => {
    countUses(expression, uses)
    return expression
  })
  return below.expressions.every(
    ({ expression }, i) => uses[i] <= 1 || expression.kind === 'column' || expression.kind === 'literal',
  )
}

function countUses(expression: TypedExpression, uses: number[]): void {
  if (expression.kind === 'column') uses[expression.index]++
  for (const child of typedChildrenOf(expression)) countUses(child, uses)
}

function isIdentity(plan: PlanOf<'project'>): boolean {
  const { schema } = plan.input
  return (
    sameColumns(plan.schema, schema) &&
    plan.expressions.every(({ expression }, i) => expression.kind === 'column' && expression.index === i)
  )
}
