/** Runs the rules over a plan, in an order in which each finds what the ones before it made. */

import { InternalError } from '../errors.js'
import type { ResolvedPlan } from '../logical-plan.js'
import { sameColumns } from '../plan-tree.js'
import type { OptimizerContext, Rule } from './rule.js'
import { compareColumns } from './rules/compare-columns.js'
import { foldConstants } from './rules/fold-constants.js'
import { limitWindows } from './rules/limit-windows.js'
import { mergeProjects } from './rules/merge-projects.js'
import { orderJoins } from './rules/order-joins.js'
import { pruneColumns } from './rules/prune-columns.js'
import { pushFilters } from './rules/push-filters.js'
import { pushLimits } from './rules/push-limits.js'
import { pushSemiJoins } from './rules/push-semi-joins.js'
import { removeDistinct } from './rules/remove-distinct.js'
import { scanPredicates } from './rules/scan-predicates.js'
import { simplifyConditions } from './rules/simplify-conditions.js'

export type { OptimizerContext, Rule } from './rule.js'

/** A rule at its place, and why it is there. */
export interface Step {
  readonly rule: Rule
  readonly reason: string
}

const STEPS: readonly Step[] = [
  { rule: foldConstants, reason: 'first: conditions become simpler, and bounds become constants that statistics know' },
  { rule: compareColumns, reason: 'after constants are folded, which it compares with' },
  {
    rule: simplifyConditions,
    reason: 'before filters are pushed: only conjuncts can be, and factoring finds join keys',
  },
  { rule: pushFilters, reason: 'before joins are ordered, which needs their keys and estimates of filtered inputs' },
  { rule: pushSemiJoins, reason: 'before joins are ordered, for which a filtered input is smaller' },
  { rule: orderJoins, reason: 'before projections are merged: it adds one that restores the order of columns' },
  { rule: mergeProjects, reason: 'after filters are pushed: one between two projections would keep them apart' },
  { rule: removeDistinct, reason: 'before columns are pruned, which a distinct holds on to' },
  { rule: pruneColumns, reason: 'after all rules that drop uses of a column, and those that need to see it' },
  { rule: mergeProjects, reason: 'pruning adds projections above breakers and leaves some that pass all on' },
  { rule: pushLimits, reason: 'after projections are merged; before scans learn predicates, which a limit excludes' },
  {
    rule: limitWindows,
    reason: 'after columns are pruned: of windows that nobody reads, the others need not take heed',
  },
  { rule: scanPredicates, reason: 'last: the conditions and the columns of scans are final' },
]

/** The names of all rules, for switching some off. */
export const RULE_NAMES: readonly string[] = [...new Set(STEPS.map(({ rule }) => rule.name))]

export interface OptimizeOptions {
  /** Names of rules to leave out. */
  readonly disabled?: readonly string[]
  /** Called after each step. */
  readonly onStep?: (rule: string, plan: ResolvedPlan) => void
}

/** A plan of the same result and the same columns that does less. */
export function optimize(
  plan: ResolvedPlan,
  context: OptimizerContext,
  { disabled = [], onStep }: OptimizeOptions = {},
): ResolvedPlan {
  let result = plan
  for (const { rule } of STEPS) {
    if (disabled.includes(rule.name)) continue
    result = rule.apply(result, context)
    if (!sameColumns(result.schema, plan.schema)) throw new InternalError(`${rule.name} changed the columns of a plan`)
    onStep?.(rule.name, result)
  }
  return result
}
