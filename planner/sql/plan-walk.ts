/** Walks and rebuilds logical plans: their inputs and the expressions at each node. */

import type { Expression, SortKey } from '../expression.js'
import type { LogicalPlan } from '../logical-plan.js'

export interface PlanVisitor {
  plan(plan: LogicalPlan): LogicalPlan
  /** Where one expression is taken. */
  one(expression: Expression): Expression
  /** Where a list of expressions is taken. */
  list(expressions: readonly Expression[]): readonly Expression[]
  sortKeys(keys: readonly SortKey[]): readonly SortKey[]
}

/** The same node over what the visitor makes of its inputs and expressions. */
export function mapPlan(plan: LogicalPlan, visitor: PlanVisitor): LogicalPlan {
  const record = (expressions: Readonly<Record<string, Expression>>) =>
    Object.fromEntries(Object.entries(expressions).map(([name, one]) => [name, visitor.one(one)]))
  switch (plan.kind) {
    case 'scan':
      return plan
    case 'sql': {
      const tables = Object.entries(plan.tables).map(([name, table]) => [name, visitor.plan(table)])
      return { ...plan, tables: Object.fromEntries(tables) }
    }
    case 'filter':
      return { ...plan, input: visitor.plan(plan.input), predicate: visitor.one(plan.predicate) }
    case 'select':
      return { ...plan, input: visitor.plan(plan.input), expressions: visitor.list(plan.expressions) }
    case 'withColumns':
      return { ...plan, input: visitor.plan(plan.input), columns: record(plan.columns) }
    case 'aggregate':
      return {
        ...plan,
        input: visitor.plan(plan.input),
        keys: visitor.list(plan.keys),
        aggregates: record(plan.aggregates),
      }
    case 'join':
      return {
        ...plan,
        left: visitor.plan(plan.left),
        right: visitor.plan(plan.right),
        leftOn: visitor.list(plan.leftOn),
        rightOn: visitor.list(plan.rightOn),
      }
    case 'sort':
      return { ...plan, input: visitor.plan(plan.input), keys: visitor.sortKeys(plan.keys) }
    case 'union':
      return { ...plan, inputs: plan.inputs.map((input) => visitor.plan(input)) }
    case 'rename':
    case 'drop':
    case 'limit':
    case 'distinct':
    case 'map':
    case 'component':
      return { ...plan, input: visitor.plan(plan.input) }
  }
}
