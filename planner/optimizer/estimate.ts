/** Guesses how many rows a plan gives: enough to tell large inputs of a join from small ones. */

import type { TypedExpression } from '../expression.js'
import type { ResolvedPlan } from '../logical-plan.js'
import { conjunctsOf } from './conditions.js'
import type { OptimizerContext } from './rule.js'

/** What a scan of unknown size is taken for. */
const UNKNOWN_ROWS = 1_000_000

export function estimateRows(plan: ResolvedPlan, context: OptimizerContext): number {
  switch (plan.kind) {
    case 'scan':
      return context.estimateRows(plan) ?? UNKNOWN_ROWS
    case 'filter': {
      const rows = estimateRows(plan.input, context)
      // Who asks for something expects it to be there: less than a row would make all joins with it look free.
      return Math.max(Math.min(1, rows), rows * selectivity(plan.predicate))
    }
    case 'project':
    case 'window':
    case 'map':
    case 'component':
      return estimateRows(plan.input, context)
    case 'aggregate':
      return plan.keys.length === 0 ? 1 : estimateRows(plan.input, context) / 10
    case 'distinct':
      return estimateRows(plan.input, context) / 10
    case 'sort':
      return Math.min(estimateRows(plan.input, context), plan.limit ?? Number.POSITIVE_INFINITY)
    case 'limit':
      return Math.min(estimateRows(plan.input, context), plan.count ?? Number.POSITIVE_INFINITY)
    case 'union':
      return plan.inputs.reduce((sum, input) => sum + estimateRows(input, context), 0)
    case 'join': {
      const left = estimateRows(plan.left, context)
      if (plan.how === 'semi' || plan.how === 'anti') return left / 2
      const right = estimateRows(plan.right, context)
      return plan.how === 'cross' ? left * right : Math.max(left, right)
    }
  }
}

/** Rows of the table below, without the conditions on it: how many values its key may have. */
export function unfilteredRows(plan: ResolvedPlan, context: OptimizerContext): number {
  return plan.kind === 'filter' || plan.kind === 'project'
    ? unfilteredRows(plan.input, context)
    : estimateRows(plan, context)
}

/** The share of rows that a condition is guessed to let through. */
function selectivity(condition: TypedExpression): number {
  if (condition.kind !== 'call') return 0.5
  switch (condition.function) {
    case 'and':
      return conjunctsOf(condition).reduce((share, one) => share * selectivity(one), 1)
    case 'or':
      return Math.min(
        1,
        condition.arguments.reduce((share, one) => share + selectivity(one), 0),
      )
    case 'not':
      return 1 - selectivity(condition.arguments[0])
    case 'eq':
    case 'isNull':
    case 'isNotDistinctFrom':
      return 0.1
    case 'isIn':
      return Math.min(0.5, 0.1 * (condition.arguments.length - 1))
    case 'neq':
    case 'isNotNull':
    case 'isDistinctFrom':
      return 0.9
    default:
      return 0.3
  }
}
