/**
 * Tells windows how many rows of each partition are wanted: of `qualify row_number() over (...) <= 2` the first two. The
 * filter stays, so that a strategy may leave out other rows, or some of them, or none.
 */

import type { SortKey, TypedExpression, TypedWindow } from '../../expression.js'
import { expressionKey } from '../../expression-tree.js'
import type { FirstRows } from '../../logical-plan.js'
import { type PlanOf, transformPlan } from '../../plan-tree.js'
import { type DataType, isNested, isVariableLength } from '../../types.js'
import { conjunctsOf } from '../conditions.js'
import type { Rule } from '../rule.js'

/** More rows of a partition are not kept apart while others come. */
const MOST_ROWS = 32

export const limitWindows: Rule = {
  name: 'limitWindows',
  apply: (plan) =>
    transformPlan(plan, (node) => {
      if (node.kind !== 'filter' || node.input.kind !== 'window') return node
      const first = firstRows(node.predicate, node.input)
      return first === null ? node : { ...node, input: { ...node.input, first } }
    }),
}

function firstRows(condition: TypedExpression, { input, windows }: PlanOf<'window'>): FirstRows | null {
  const [{ partitionBy, orderBy }] = windows
  if (partitionBy.length === 0 || !orderBy.slice(0, 1).every(isOfOneWord) || !windows.every(isNumber)) return null
  const key = orderKey(windows[0])
  if (windows.some((one) => orderKey(one) !== key)) return null
  const inputs = input.schema.fields.length
  const bounds = conjunctsOf(condition).flatMap((conjunct): FirstRows[] => {
    const bound = upperBound(conjunct)
    const window = bound === null ? undefined : windows[bound.column - inputs]
    if (bound === null || window === undefined) return []
    return [{ count: bound.most, peers: window.function === 'rank' || orderBy.length > 1 }]
  })
  const best = bounds.sort((a, b) => a.count - b.count || Number(a.peers) - Number(b.peers))[0]
  if (best === undefined || best.count < 1 || best.count > MOST_ROWS) return null
  return best.peers && orderBy.length === 0 ? null : best
}

/** Numbers of rows that depend on nothing behind them. */
function isNumber({ function: name }: TypedWindow): boolean {
  return name === 'rowNumber' || name === 'rank'
}

/** What strategies compare as integers of 64 bits. */
function isOfOneWord({ expression: { type } }: SortKey<TypedExpression>): boolean {
  return !(isVariableLength(type) || isNested(type) || type.kind === 'null' || isWideDecimal(type))
}

function isWideDecimal(type: DataType): boolean {
  return type.kind === 'decimal' && type.precision > 18
}

function orderKey({ partitionBy, orderBy }: TypedWindow): string {
  const keys = orderBy.map((key) => [expressionKey(key.expression), key.descending, key.nullsFirst])
  return JSON.stringify([partitionBy.map(expressionKey), keys])
}

const MIRRORED: Readonly<Record<string, string>> = { eq: 'eq', lt: 'gt', lte: 'gte', gt: 'lt', gte: 'lte' }

/** The column that a condition bounds from above, and the greatest integer that it may be. */
function upperBound(condition: TypedExpression): { readonly column: number; readonly most: number } | null {
  if (condition.kind !== 'call' || MIRRORED[condition.function] === undefined) return null
  const [left, right] = condition.arguments
  if (left.kind === 'column' && right.kind === 'literal') return bounded(left.index, condition.function, right)
  if (left.kind === 'literal' && right.kind === 'column') {
    return bounded(right.index, MIRRORED[condition.function], left)
  }
  return null
}

function bounded(column: number, comparison: string, { value, type }: TypedExpression & { kind: 'literal' }) {
  if (type.kind !== 'int' || (typeof value !== 'number' && typeof value !== 'bigint')) return null
  if (comparison === 'lt') return { column, most: Number(value) - 1 }
  return comparison === 'lte' || comparison === 'eq' ? { column, most: Number(value) } : null
}
