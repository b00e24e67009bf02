/** Builds the plan nodes and conditions that several parts of the expansion make. */

import type { Expression } from '../expression.js'
import type { JoinKind, LogicalPlan } from '../logical-plan.js'
import type { AstExpression } from './ast.js'

export function crossJoin(left: LogicalPlan, right: LogicalPlan): LogicalPlan {
  return equiJoin('cross', left, right, [], [])
}

export function equiJoin(
  how: JoinKind,
  left: LogicalPlan,
  right: LogicalPlan,
  leftOn: readonly Expression[],
  rightOn: readonly Expression[],
): LogicalPlan {
  return { kind: 'join', left, right, how, leftOn, rightOn, sharedKeys: false, suffix: '_right' }
}

export function filtered(input: LogicalPlan, conditions: readonly Expression[]): LogicalPlan {
  return conditions.length === 0 ? input : { kind: 'filter', input, predicate: allOf(conditions) }
}

export function allOf(conditions: readonly Expression[]): Expression {
  return conditions.length === 1 ? conditions[0] : { kind: 'call', function: 'and', arguments: conditions }
}

export function conjunctsOf(node: AstExpression): readonly AstExpression[] {
  return node.class === 'CONJUNCTION' && node.type === 'CONJUNCTION_AND' ? node.children.flatMap(conjunctsOf) : [node]
}
