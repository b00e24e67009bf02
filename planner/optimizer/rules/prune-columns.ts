/**
 * Reads and carries only the columns that something above needs. A column that only a condition needed is dropped
 * before a breaker would have to keep it.
 */

import { InternalError, unreachable } from '../../errors.js'
import type { TypedExpression } from '../../expression.js'
import { columnsOf } from '../../expression-tree.js'
import type { ResolvedPlan } from '../../logical-plan.js'
import { columnAt, mapExpressions, type PlanOf, projectColumns } from '../../plan-tree.js'
import { type Schema, schemaOf } from '../../types.js'
import { replaceColumns } from '../conditions.js'
import type { Rule } from '../rule.js'

export const pruneColumns: Rule = {
  name: 'pruneColumns',
  apply: (plan) => exactly(plan, allColumns(plan.schema)),
}

/** A plan with fewer columns: `columns[i]` is the index that its column i had before. */
interface Pruned {
  readonly plan: ResolvedPlan
  readonly columns: readonly number[]
}

/** The plan with at least the needed columns. */
function prune(plan: ResolvedPlan, needed: ReadonlySet<number>): Pruned {
  switch (plan.kind) {
    case 'scan': {
      const columns = inOrder(new Set([...needed, ...(plan.predicate === null ? [] : columnsOf(plan.predicate))]))
      const schema = choose(plan.schema, columns)
      const predicate = plan.predicate && moved(plan.predicate, schema, columns)
      return { plan: { ...plan, schema, predicate }, columns }
    }
    case 'filter':
      return over(plan, new Set([...needed, ...columnsOf(plan.predicate)]))
    case 'limit':
      return over(plan, needed)
    case 'project': {
      const columns = inOrder(needed)
      const expressions = columns.map((index) => plan.expressions[index])
      const input = prune(plan.input, columnsOf(...expressions.map((one) => one.expression)))
      const schema = choose(plan.schema, columns)
      return { plan: withInput({ ...plan, schema, expressions }, input), columns }
    }
    case 'aggregate':
      return pruneAggregate(plan, needed)
    case 'join':
      return pruneJoin(plan, needed)
    case 'sort': {
      const all = new Set([...needed, ...columnsOf(...plan.keys.map((key) => key.expression))])
      return overExact(plan, all)
    }
    case 'distinct': {
      const columns = inOrder(new Set([...needed, ...plan.on]))
      const input = exactly(plan.input, columns)
      const on = plan.on.map((index) => columns.indexOf(index))
      return { plan: { ...plan, schema: input.schema, input, on }, columns }
    }
    case 'union': {
      const columns = inOrder(needed)
      const inputs = plan.inputs.map((input) => exactly(input, columns))
      return { plan: { ...plan, schema: choose(plan.schema, columns), inputs }, columns }
    }
    case 'map':
    case 'component':
      // User code sees, and may use, every column.
      return {
        plan: { ...plan, input: exactly(plan.input, allColumns(plan.input.schema)) },
        columns: allColumns(plan.schema),
      }
    case 'window':
      return pruneWindow(plan, needed)
    default:
      return unreachable(plan)
  }
}

/** The plan with just these columns, in this order. */
function exactly(plan: ResolvedPlan, columns: readonly number[]): ResolvedPlan {
  const pruned = prune(plan, new Set(columns))
  const places = columns.map((index) => placeOf(index, pruned.columns))
  const asIs = places.length === pruned.columns.length && places.every((place, i) => place === i)
  return asIs ? pruned.plan : projectColumns(pruned.plan, places, choose(plan.schema, columns))
}

/** A node that passes its input's columns on, over the input with the needed ones and perhaps more. */
function over(plan: PlanOf<'filter' | 'limit'>, needed: ReadonlySet<number>): Pruned {
  const input = prune(plan.input, needed)
  return { plan: withInput({ ...plan, schema: input.plan.schema }, input), columns: input.columns }
}

/** The same for a breaker, which must not keep more. */
function overExact(plan: PlanOf<'sort'>, needed: ReadonlySet<number>): Pruned {
  const columns = inOrder(needed)
  const input = exactly(plan.input, columns)
  return { plan: withInput({ ...plan, schema: input.schema }, { plan: input, columns }), columns }
}

function pruneAggregate(plan: PlanOf<'aggregate'>, needed: ReadonlySet<number>): Pruned {
  const { keys } = plan
  const used = plan.aggregates.map((_, i) => i).filter((i) => needed.has(keys.length + i))
  // Without keys there must be a column to tell that there is a row.
  const kept = used.length === 0 && keys.length === 0 ? plan.aggregates.slice(0, 1).map((_, i) => i) : used
  const columns = [...keys.map((_, i) => i), ...kept.map((i) => keys.length + i)]
  const aggregates = kept.map((i) => plan.aggregates[i])
  const read = [
    ...keys.map((key) => key.expression),
    ...aggregates.flatMap((one) => [one.argument, one.filter]).filter((one) => one !== null),
  ]
  const input = prune(plan.input, columnsOf(...read))
  return { plan: withInput({ ...plan, schema: choose(plan.schema, columns), aggregates }, input), columns }
}

function pruneJoin(plan: PlanOf<'join'>, needed: ReadonlySet<number>): Pruned {
  const leftCount = plan.left.schema.fields.length
  const leftColumns = inOrder(
    new Set([...[...needed].filter((index) => index < leftCount), ...columnsOf(...plan.leftKeys)]),
  )
  const kept = plan.rightColumns.map((_, i) => i).filter((i) => needed.has(leftCount + i))
  const rightNeeded = inOrder(new Set([...kept.map((i) => plan.rightColumns[i]), ...columnsOf(...plan.rightKeys)]))
  const columns = [...leftColumns, ...kept.map((i) => leftCount + i)]
  const left = exactly(plan.left, leftColumns)
  const right = exactly(plan.right, rightNeeded)
  const joined: ResolvedPlan = {
    ...plan,
    schema: choose(plan.schema, columns),
    left,
    right,
    leftKeys: plan.leftKeys.map((key) => moved(key, left.schema, leftColumns)),
    rightKeys: plan.rightKeys.map((key) => moved(key, right.schema, rightNeeded)),
    rightColumns: kept.map((i) => rightNeeded.indexOf(plan.rightColumns[i])),
  }
  return { plan: joined, columns }
}

function pruneWindow(plan: PlanOf<'window'>, needed: ReadonlySet<number>): Pruned {
  const inputCount = plan.input.schema.fields.length
  const kept = plan.windows.map((_, i) => i).filter((i) => needed.has(inputCount + i))
  const passed = new Set([...needed].filter((index) => index < inputCount))
  if (kept.length === 0) return prune(plan.input, passed)
  const windows = kept.map((i) => plan.windows[i])
  const read = windows.flatMap((one) => [
    ...one.arguments,
    ...one.partitionBy,
    ...one.orderBy.map((key) => key.expression),
  ])
  const inputColumns = inOrder(new Set([...passed, ...columnsOf(...read)]))
  const input = exactly(plan.input, inputColumns)
  const columns = [...inputColumns, ...kept.map((i) => inputCount + i)]
  const pruned: ResolvedPlan = { ...plan, schema: choose(plan.schema, columns), windows }
  return { plan: withInput(pruned, { plan: input, columns: inputColumns }), columns }
}

/** The node over a pruned input, with its expressions at the input's columns. */
function withInput(plan: Exclude<ResolvedPlan, { kind: 'scan' | 'join' | 'union' }>, input: Pruned): ResolvedPlan {
  const mapped = mapExpressions(plan, (one) => moved(one, input.plan.schema, input.columns))
  if (mapped.kind === 'scan' || mapped.kind === 'join' || mapped.kind === 'union') {
    throw new InternalError(`unexpected ${mapped.kind}`)
  }
  return { ...mapped, input: input.plan }
}

/** The expression over what pruning left: column i of `schema` had the index `columns[i]`. */
function moved(expression: TypedExpression, schema: Schema, columns: readonly number[]): TypedExpression {
  return replaceColumns(expression, (index) => columnAt(schema, placeOf(index, columns)))
}

function placeOf(index: number, columns: readonly number[]): number {
  const place = columns.indexOf(index)
  if (place === -1) throw new InternalError(`column ${index} was pruned although it is needed`)
  return place
}

function choose(schema: Schema, columns: readonly number[]): Schema {
  return schemaOf(columns.map((index) => schema.fields[index]))
}

function inOrder(columns: ReadonlySet<number>): readonly number[] {
  return [...columns].sort((a, b) => a - b)
}

function allColumns(schema: Schema): readonly number[] {
  return schema.fields.map((_, i) => i)
}
