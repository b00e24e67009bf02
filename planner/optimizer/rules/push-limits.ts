/** Lets inputs stop early: limits go below projections and into unions, sorts and scans. */

import type { ResolvedPlan } from '../../logical-plan.js'
import { type PlanOf, transformPlan } from '../../plan-tree.js'
import type { Rule } from '../rule.js'

export const pushLimits: Rule = { name: 'pushLimits', apply: (plan) => transformPlan(plan, pushLimit) }

function pushLimit(plan: ResolvedPlan): ResolvedPlan {
  return plan.kind === 'limit' ? below(plan) : plan
}

function below(limit: PlanOf<'limit'>): ResolvedPlan {
  const { input } = limit
  switch (input.kind) {
    case 'limit':
      return below(mergeLimits(limit, input))
    case 'project': {
      const inner = below({ ...limit, schema: input.input.schema, input: input.input })
      return { ...input, input: inner }
    }
    case 'sort':
    case 'scan': {
      const wanted = rowsWanted(limit)
      if (wanted === null) return limit
      return { ...limit, input: { ...input, limit: Math.min(wanted, input.limit ?? wanted) } }
    }
    case 'union': {
      const wanted = rowsWanted(limit)
      if (wanted === null) return limit
      const inputs = input.inputs.map((one) => atMost(one, wanted))
      return { ...limit, input: { ...input, inputs } }
    }
    case 'filter':
    case 'aggregate':
    case 'join':
    case 'distinct':
    case 'map':
    case 'component':
    case 'window':
      return limit
  }
}

/** Rows of the input after which no more are needed; null without a count. */
function rowsWanted({ count, offset }: PlanOf<'limit'>): number | null {
  return count === null ? null : count + offset
}

function mergeLimits(outer: PlanOf<'limit'>, inner: PlanOf<'limit'>): PlanOf<'limit'> {
  const left = inner.count === null ? null : Math.max(0, inner.count - outer.offset)
  const count = outer.count === null ? left : left === null ? outer.count : Math.min(outer.count, left)
  return { ...outer, input: inner.input, count, offset: inner.offset + outer.offset }
}

function atMost(plan: ResolvedPlan, count: number): ResolvedPlan {
  if (plan.kind === 'limit' && plan.offset === 0 && plan.count !== null && plan.count <= count) return plan
  return below({ kind: 'limit', schema: plan.schema, input: plan, count, offset: 0 })
}
