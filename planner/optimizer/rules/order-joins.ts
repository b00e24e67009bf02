/**
 * Chooses in which order inner joins are made and which side is built: the smaller one, on the right.
 *
 * Greedy operator ordering (L. Fegaras, "A New Heuristic for Optimizing Large Queries", 1998): of all pairs that a key
 * connects, the one with the smallest estimated result is joined, until one is left. Cross joins come last.
 */

import type { TypedExpression } from '../../expression.js'
import { mapTypedChildren } from '../../expression-tree.js'
import type { ResolvedPlan } from '../../logical-plan.js'
import { columnAt, mapInputs, type PlanOf, projectColumns } from '../../plan-tree.js'
import { schemaOf } from '../../types.js'
import { filterBy, isCall } from '../conditions.js'
import { relationsOfEquals } from '../equal-columns.js'
import { estimateRows, unfilteredRows } from '../estimate.js'
import { type Condition, isJoinable, type JoinGraph, joinGraph } from '../join-graph.js'
import type { OptimizerContext, Rule } from '../rule.js'

export const orderJoins: Rule = { name: 'orderJoins', apply: (plan, context) => orderBelow(plan, context) }

function orderBelow(plan: ResolvedPlan, context: OptimizerContext): ResolvedPlan {
  if (!isJoinable(plan)) return mapInputs(plan, (input) => orderBelow(input, context))
  const graph = joinGraph(plan)
  const relations = graph.relations.map((one) => ({ ...one, plan: orderBelow(one.plan, context) }))
  return order(plan, { ...graph, relations }, context)
}

/** Some relations joined already, with what joins them to others. */
interface Part {
  readonly plan: ResolvedPlan
  /** The column of the graph that each column of the plan is. */
  readonly columns: readonly number[]
  readonly relations: ReadonlySet<number>
  readonly rows: number
}

interface Candidate {
  readonly left: Part
  readonly right: Part
  readonly keys: readonly Condition[]
  readonly rows: number
}

function order(join: PlanOf<'join'>, graph: JoinGraph, context: OptimizerContext): ResolvedPlan {
  const values = distinctValues(graph, context)
  let parts: readonly Part[] = graph.relations.map(({ plan, offset }, i) => ({
    plan,
    columns: plan.schema.fields.map((_, column) => offset + column),
    relations: new Set([i]),
    rows: estimateRows(plan, context),
  }))
  let pending = graph.conditions
  while (parts.length > 1) {
    const { left, right, keys, rows } = cheapest(parts, pending, values)
    const joined = joinParts(left, right, keys, rows)
    pending = pending.filter((one) => !keys.includes(one))
    const decided = pending.filter((one) => isWithin(one, joined.relations))
    pending = pending.filter((one) => !decided.includes(one))
    const conditions = decided.map((one) => localized(one.expression, joined))
    parts = [
      ...parts.filter((one) => one !== left && one !== right),
      { ...joined, plan: filterBy(joined.plan, conditions) },
    ]
  }
  const [whole] = parts
  return projectColumns(
    whole.plan,
    graph.outputs.map((column) => whole.columns.indexOf(column)),
    join.schema,
  )
}

/** The next pair to join; the first as written among equals, and one that keys connect if there is any. */
function cheapest(
  parts: readonly Part[],
  conditions: readonly Condition[],
  values: (keys: readonly Condition[]) => number,
): Candidate {
  let best: Candidate | null = null
  for (const [i, left] of parts.entries()) {
    for (const right of parts.slice(i + 1)) {
      const keys = conditions.filter((one) => keyOf(one, left, right) !== null)
      const rows = (left.rows * right.rows) / values(keys)
      const isBetter =
        best === null ||
        (best.keys.length === 0 ? keys.length > 0 || rows < best.rows : keys.length > 0 && rows < best.rows)
      if (isBetter) best = { left, right, keys, rows }
    }
  }
  if (best === null) throw new RangeError('at least two relations are needed')
  return best
}

/**
 * How many values keys are guessed to have together, at least 1: one key no more than the smallest table has rows whose
 * column it equals. So two tables with a foreign key to the same small one are known to have many rows of each value.
 */
function distinctValues(graph: JoinGraph, context: OptimizerContext): (keys: readonly Condition[]) => number {
  const sizes = graph.relations.map((one) => unfilteredRows(one.plan, context))
  const smallest = (relations: Iterable<number>) => Math.min(...[...relations].map((relation) => sizes[relation]))
  const equals = relationsOfEquals(graph.conditions)
  return (keys) => {
    if (keys.length === 1) return Math.max(1, smallest(equals.get(keys[0]) ?? keys[0].relations))
    // Columns of one composite key have few values each, and together as many as their table has rows.
    return Math.max(1, ...keys.map((key) => smallest(key.relations)))
  }
}

function joinParts(first: Part, second: Part, keys: readonly Condition[], rows: number): Part {
  const [left, right] = second.rows > first.rows ? [second, first] : [first, second]
  const sides = keys.flatMap((key) => keyOf(key, left, right) ?? [])
  return {
    plan: {
      kind: 'join',
      schema: schemaOf([...left.plan.schema.fields, ...right.plan.schema.fields]),
      left: left.plan,
      right: right.plan,
      how: keys.length === 0 ? 'cross' : 'inner',
      leftKeys: sides.map((side) => localized(side.left, left)),
      rightKeys: sides.map((side) => localized(side.right, right)),
      rightColumns: right.plan.schema.fields.map((_, i) => i),
      sharedKeys: false,
    },
    columns: [...left.columns, ...right.columns],
    relations: new Set([...left.relations, ...right.relations]),
    rows,
  }
}

/** The sides of an equality of which each reads one of the parts; null for other conditions. */
function keyOf(
  condition: Condition,
  left: Part,
  right: Part,
): { readonly left: TypedExpression; readonly right: TypedExpression } | null {
  if (!isCall(condition.expression, 'eq')) return null
  const [a, b] = condition.expression.arguments
  if (readsPart(a, left) && readsPart(b, right)) return { left: a, right: b }
  if (readsPart(b, left) && readsPart(a, right)) return { left: b, right: a }
  return null
}

function readsPart(expression: TypedExpression, part: Part): boolean {
  if (expression.kind === 'column') return part.columns.includes(expression.index)
  const columns: number[] = []
  collect(expression, columns)
  return columns.length > 0 && columns.every((column) => part.columns.includes(column))
}

function collect(expression: TypedExpression, into: number[]): void {
  if (expression.kind === 'column') into.push(expression.index)
  mapTypedChildren(expression, (child) => {
    collect(child, into)
    return child
  })
}

function isWithin(condition: Condition, relations: ReadonlySet<number>): boolean {
  return [...condition.relations].every((relation) => relations.has(relation))
}

/** An expression over the graph's columns, over those of a part. */
function localized(expression: TypedExpression, part: Part): TypedExpression {
  if (expression.kind === 'column') return columnAt(part.plan.schema, part.columns.indexOf(expression.index))
  return mapTypedChildren(expression, (child) => localized(child, part))
}
