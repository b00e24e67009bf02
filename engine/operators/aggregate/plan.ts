/** What a descriptor of an aggregation comes to: the layout of keys and accumulators in a group's row. */

import type { AggregateDescriptor } from '../../../planner/aggregate-descriptor.js'
import { type PartialPlan, planPartials } from '../../../planner/duckdb-sql/partial-form.js'
import type { TypedExpression } from '../../../planner/expression.js'
import { expressionKey } from '../../../planner/expression-tree.js'
import { type KeyLayout, keyLayout } from '../keys/layout.js'
import type { Accumulator } from './accumulator.js'
import { accumulatorFor } from './functions.js'

export type { AggregateDescriptor } from '../../../planner/aggregate-descriptor.js'

/** Accumulators that one or more aggregates share. */
export interface PlannedAccumulator {
  readonly accumulator: Accumulator
  /** Bytes from the first accumulator in the row. */
  readonly offset: number
  /** The aggregate whose argument and filter it is fed with. */
  readonly source: number
}

export interface AggregatePlan {
  readonly layout: KeyLayout
  readonly accumulators: readonly PlannedAccumulator[]
  /** For each aggregate, its place in `accumulators`. */
  readonly outputs: readonly number[]
  readonly accumulatorBytes: number
  /** How partial results lie in rows. */
  readonly partials: PartialPlan
}

const plans = new WeakMap<AggregateDescriptor, AggregatePlan>()

/** The plan of a descriptor, made once for each object. */
export function planAggregates(descriptor: AggregateDescriptor): AggregatePlan {
  const known = plans.get(descriptor)
  if (known !== undefined) return known
  const plan = makePlan(descriptor)
  plans.set(descriptor, plan)
  return plan
}

function makePlan(descriptor: AggregateDescriptor): AggregatePlan {
  const accumulators: PlannedAccumulator[] = []
  const known = new Map<string, number>()
  let offset = 0
  const outputs = descriptor.aggregates.map((aggregate, source) => {
    const accumulator = accumulatorFor(aggregate)
    const key = `${accumulator.key} ${keyOf(aggregate.argument)} ${keyOf(aggregate.filter)}`
    const place = known.get(key)
    if (place !== undefined) return place
    known.set(key, accumulators.length)
    accumulators.push({ accumulator, offset, source })
    offset += accumulator.bytes
    return accumulators.length - 1
  })
  const layout = keyLayout(descriptor.keys.map((key) => key.type))
  const partials = planPartials(descriptor)
  return { layout, accumulators, outputs, accumulatorBytes: offset, partials }
}

function keyOf(expression: TypedExpression | null): string {
  return expression === null ? '' : expressionKey(expression)
}
