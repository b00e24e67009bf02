/**
 * Moves each condition as far down as it may go, with conditions met on the way merged.
 *
 * On its way through a join a condition may show that null rows of an outer join are not wanted, or give a cross join
 * its keys. Conditions do not pass limits, windows, user functions and sorts of the first rows: these depend on all rows.
 */

import { unreachable } from '../../errors.js'
import type { TypedExpression } from '../../expression.js'
import { columnsOf } from '../../expression-tree.js'
import type { ResolvedPlan } from '../../logical-plan.js'
import { columnAt, mapInputs, type PlanOf } from '../../plan-tree.js'
import { conjunctsOf, filterBy, readsOnly, replaceColumns } from '../conditions.js'
import type { Rule } from '../rule.js'
import { pushThroughJoin } from './push-filters-through-join.js'

export const pushFilters: Rule = { name: 'pushFilters', apply: (plan) => push(plan, []) }

/** `conditions` are over the plan's schema. */
function push(plan: ResolvedPlan, conditions: readonly TypedExpression[]): ResolvedPlan {
  switch (plan.kind) {
    case 'filter':
      return push(plan.input, [...conjunctsOf(plan.predicate), ...conditions])
    case 'project': {
      const through = conditions.map((one) => replaceColumns(one, (index) => plan.expressions[index].expression))
      return { ...plan, input: push(plan.input, through) }
    }
    case 'aggregate':
      return pushThroughAggregate(plan, conditions)
    case 'sort':
      return plan.limit === null ? { ...plan, input: push(plan.input, conditions) } : stop(plan, conditions)
    case 'distinct': {
      const on = new Set(plan.on)
      const passing = conditions.filter((one) => readsOnly(one, (index) => on.has(index)))
      const held = conditions.filter((one) => !passing.includes(one))
      return filterBy({ ...plan, input: push(plan.input, passing) }, held)
    }
    case 'union':
      return {
        ...plan,
        inputs: plan.inputs.map((input) => {
          const over = (one: TypedExpression) => replaceColumns(one, (index) => columnAt(input.schema, index))
          return push(input, conditions.map(over))
        }),
      }
    case 'join':
      return pushThroughJoin(plan, conditions, push)
    case 'scan':
    case 'limit':
    case 'map':
    case 'component':
    case 'window':
      return stop(plan, conditions)
    default:
      return unreachable(plan)
  }
}

function stop(plan: ResolvedPlan, conditions: readonly TypedExpression[]): ResolvedPlan {
  return filterBy(
    mapInputs(plan, (input) => push(input, [])),
    conditions,
  )
}

/** Conditions on keys choose whole groups. Without keys there is one row even of no input, so nothing may pass. */
function pushThroughAggregate(plan: PlanOf<'aggregate'>, conditions: readonly TypedExpression[]): ResolvedPlan {
  const { keys } = plan
  const passes = (one: TypedExpression) => columnsOf(one).size > 0 && readsOnly(one, (index) => index < keys.length)
  const passing = conditions.filter(passes)
  const below = passing.map((one) => replaceColumns(one, (index) => keys[index].expression))
  const held = conditions.filter((one) => !passing.includes(one))
  return filterBy({ ...plan, input: push(plan.input, below) }, held)
}
