/** What the optimizer's rules are, and what they may ask. */

import type { ScalarValue, TypedExpression } from '../expression.js'
import type { ResolvedPlan } from '../logical-plan.js'
import type { PlanOf } from '../plan-tree.js'

export interface OptimizerContext {
  /** The value of an expression without columns; undefined if it cannot be computed or fails. Never throws. */
  readonly evaluateConstant: (expression: TypedExpression) => ScalarValue | undefined
  /** How many rows a scan gives, null where it is not known. */
  readonly estimateRows: (scan: PlanOf<'scan'>) => number | null
}

/** Makes a plan of the same result: equal rows under equal names and types. */
export interface Rule {
  readonly name: string
  readonly apply: (plan: ResolvedPlan, context: OptimizerContext) => ResolvedPlan
}
