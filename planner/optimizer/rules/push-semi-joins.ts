/** Moves semi and anti joins down like the conditions they are: to the side of a join that has their keys. */

import type { ResolvedPlan } from '../../logical-plan.js'
import { columnAt, type PlanOf, transformPlan } from '../../plan-tree.js'
import { readsOnly, replaceColumns } from '../conditions.js'
import type { Rule } from '../rule.js'

export const pushSemiJoins: Rule = {
  name: 'pushSemiJoins',
  apply: (plan) => transformPlan(plan, (node) => (isMembership(node) ? push(node) : node)),
}

function isMembership(plan: ResolvedPlan): plan is PlanOf<'join'> {
  return plan.kind === 'join' && (plan.how === 'semi' || plan.how === 'anti')
}

function push(semi: PlanOf<'join'>): ResolvedPlan {
  const { left: input } = semi
  switch (input.kind) {
    case 'project': {
      const leftKeys = semi.leftKeys.map((key) => replaceColumns(key, (index) => input.expressions[index].expression))
      return { ...input, input: push(over(semi, input.input, leftKeys)) }
    }
    case 'filter': {
      const below = over(semi, input.input, semi.leftKeys)
      const pushed = push(below)
      // A condition is cheaper than a membership, so it stays first unless the membership goes on further.
      return pushed === below ? semi : { ...input, input: pushed }
    }
    case 'join':
      return pushIntoJoin(semi, input)
    default:
      return semi
  }
}

/** The same membership of rows of another plan. */
function over(semi: PlanOf<'join'>, left: ResolvedPlan, leftKeys: PlanOf<'join'>['leftKeys']): PlanOf<'join'> {
  return { ...semi, schema: left.schema, left, leftKeys }
}

function pushIntoJoin(semi: PlanOf<'join'>, join: PlanOf<'join'>): ResolvedPlan {
  const leftCount = join.left.schema.fields.length
  const { how } = join
  const keepsLeft = how === 'inner' || how === 'cross' || how === 'left' || how === 'semi' || how === 'anti'
  if (keepsLeft && semi.leftKeys.every((key) => readsOnly(key, (index) => index < leftCount))) {
    return { ...join, left: push(over(semi, join.left, semi.leftKeys)) }
  }
  const keepsRight = how === 'inner' || how === 'cross'
  if (keepsRight && semi.leftKeys.every((key) => readsOnly(key, (index) => index >= leftCount))) {
    const keys = semi.leftKeys.map((key) =>
      replaceColumns(key, (index) => columnAt(join.right.schema, join.rightColumns[index - leftCount])),
    )
    return { ...join, right: push(over(semi, join.right, keys)) }
  }
  return semi
}
