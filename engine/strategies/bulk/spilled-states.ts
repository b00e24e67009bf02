/** Groups of states on their way to partitions in files. */

import type { TypedExpression } from '../../../planner/expression.js'
import { NULL, type Schema } from '../../../planner/types.js'
import { type AggregateDescriptor, planAggregates } from '../../operators/aggregate/plan.js'
import type { OperatorHandle } from '../../run.js'
import type { Partitions } from './partitions.js'

/** The part of what tasks may gather otherwise: the states are still there, and have taken most of the memory. */
const TASK_SHARE = 0.5

/** Writes the groups of states, as rows of `partialSchema`, to partitions. The states stay as they are. */
export async function spillStates(
  operator: OperatorHandle,
  descriptor: AggregateDescriptor,
  states: readonly number[],
  partitions: Partitions,
): Promise<void> {
  const { keys } = partitions
  const target = { ...partitions.target, taskBytes: partitions.target.taskBytes * TASK_SHARE }
  const written = await Promise.all(
    states.map((state) => operator.task('spillGroups', { descriptor, state, keys, target })),
  )
  for (const { pieces } of written) partitions.add(pieces)
}

/** The keys of an aggregation over its partial results. */
export function partialKeys(descriptor: AggregateDescriptor): TypedExpression[] {
  const { keys, schema } = planAggregates(descriptor).partials
  let next = 0
  return keys.map((key) => (key === null ? { kind: 'literal', value: null, type: NULL } : columnOf(schema, next++)))
}

/** The columns of partial results that have distinct values. */
export function distinctValues(descriptor: AggregateDescriptor): TypedExpression[] {
  const { partials, schema } = planAggregates(descriptor).partials
  return partials
    .filter(({ form }) => form.kind === 'values' && form.distinct)
    .map(({ fields }) => columnOf(schema, schema.fields.indexOf(fields[0])))
}

export function columnOf({ fields }: Schema, index: number): TypedExpression {
  const { name, type } = fields[index]
  return { kind: 'column', index, name, type }
}
