/** Columns that the conditions of a join graph make equal, also by way of others: a = b and b = c make a = c. */

import { isCall } from './conditions.js'
import type { Condition } from './join-graph.js'

interface EqualColumns {
  readonly columns: readonly number[]
  /** That the columns are of. */
  readonly relations: Iterable<number>
}

/** For each equality of two columns, the relations that have a column equal to them. Other conditions are left out. */
export function relationsOfEquals(conditions: readonly Condition[]): ReadonlyMap<Condition, Iterable<number>> {
  const equals = new Map<number, EqualColumns>()
  const pairs = conditions.flatMap((condition) => {
    const columns = columnsOfEquality(condition)
    return columns === null ? [] : [{ condition, ...columns }]
  })
  for (const { condition, left, right } of pairs) {
    const sides = [left, right].map((column) => equals.get(column) ?? { columns: [column], relations: [] })
    const columns = sides.flatMap((side) => side.columns)
    const relations = new Set([...condition.relations, ...sides.flatMap((side) => [...side.relations])])
    for (const column of columns) equals.set(column, { columns, relations })
  }
  return new Map(pairs.map(({ condition, left }) => [condition, equals.get(left)!.relations]))
}

function columnsOfEquality({ expression }: Condition): { readonly left: number; readonly right: number } | null {
  if (!isCall(expression, 'eq')) return null
  const [left, right] = expression.arguments
  return left.kind === 'column' && right.kind === 'column' ? { left: left.index, right: right.index } : null
}
