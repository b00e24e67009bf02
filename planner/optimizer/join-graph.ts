/**
 * A tree of inner and cross joins as what it means: relations, and conditions between their columns.
 * A column is a number over all relations: those of the first, then those of the second, and so on.
 */

import type { TypedExpression } from '../expression.js'
import { columnsOf, mapTypedChildren } from '../expression-tree.js'
import type { ResolvedPlan } from '../logical-plan.js'
import type { PlanOf } from '../plan-tree.js'
import { call, conjunctsOf } from './conditions.js'

export interface Relation {
  readonly plan: ResolvedPlan
  /** The number of its first column. */
  readonly offset: number
}

export interface Condition {
  readonly expression: TypedExpression
  /** Indexes of the relations whose columns it reads. */
  readonly relations: ReadonlySet<number>
}

export interface JoinGraph {
  readonly relations: readonly Relation[]
  readonly conditions: readonly Condition[]
  /** The column that each output is. */
  readonly outputs: readonly number[]
}

export function joinGraph(join: PlanOf<'join'>): JoinGraph {
  const relations: Relation[] = []
  const conditions: TypedExpression[] = []
  const relationOf = (column: number) => relations.findLastIndex((one) => one.offset <= column)
  const outputs = flatten(join, relations, conditions)
  return {
    relations,
    conditions: conditions.map((expression) => ({
      expression,
      relations: new Set([...columnsOf(expression)].map(relationOf)),
    })),
    outputs,
  }
}

export function isJoinable(plan: ResolvedPlan): plan is PlanOf<'join'> {
  return plan.kind === 'join' && (plan.how === 'inner' || plan.how === 'cross')
}

/** Adds a plan's relations and conditions; gives the column that each of its outputs is. */
function flatten(plan: ResolvedPlan, relations: Relation[], conditions: TypedExpression[]): readonly number[] {
  if (isJoinable(plan)) {
    const left = flatten(plan.left, relations, conditions)
    const right = flatten(plan.right, relations, conditions)
    const keys = plan.leftKeys.map((key, i) => call('eq', over(key, left), over(plan.rightKeys[i], right)))
    conditions.push(...keys)
    return [...left, ...plan.rightColumns.map((index) => right[index])]
  }
  if (plan.kind === 'filter' && leadsToJoin(plan.input)) {
    const outputs = flatten(plan.input, relations, conditions)
    conditions.push(...conjunctsOf(plan.predicate).map((one) => over(one, outputs)))
    return outputs
  }
  if (plan.kind === 'project' && leadsToJoin(plan)) {
    const outputs = flatten(plan.input, relations, conditions)
    return plan.expressions.flatMap(({ expression }) =>
      expression.kind === 'column' ? [outputs[expression.index]] : [],
    )
  }
  const previous = relations.at(-1)
  const offset = previous === undefined ? 0 : previous.offset + previous.plan.schema.fields.length
  relations.push({ plan, offset })
  return plan.schema.fields.map((_, i) => offset + i)
}

/** True if only conditions and choices of columns lie between the plan and a join. */
function leadsToJoin(plan: ResolvedPlan): boolean {
  if (isJoinable(plan)) return true
  if (plan.kind === 'filter') return leadsToJoin(plan.input)
  if (plan.kind !== 'project') return false
  return plan.expressions.every(({ expression }) => expression.kind === 'column') && leadsToJoin(plan.input)
}

function over(expression: TypedExpression, outputs: readonly number[]): TypedExpression {
  if (expression.kind === 'column') return { ...expression, index: outputs[expression.index] }
  return mapTypedChildren(expression, (child) => over(child, outputs))
}
