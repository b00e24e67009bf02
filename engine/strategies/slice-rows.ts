/** Chooses how many rows pass through a chain at once. */

import type { TypedExpression } from '../../planner/expression.js'
import { typedChildrenOf } from '../../planner/expression-tree.js'
import { type DataType, type Schema, valueWidth } from '../../planner/types.js'
import type { ChainEnd, ChainStep } from '../workers/messages.js'

/** What the vectors of a slice should fit into: most of a second-level cache. */
const CACHE_BYTES = 1.5 * 2 ** 20
const LEAST_ROWS = 16_384
const MOST_ROWS = 65_536
/** A user's function sees whole batches: a call and its Arrow views cost more than a kernel's. */
const MAP_ROWS = 131_072
/** Taken for the bytes of a string, many of which are codes of dictionaries. */
const STRING_BYTES = 8

/** Rows of a slice whose columns and intermediate results fit the cache: a power of two. */
export function sliceRowsOf(schema: Schema, steps: readonly ChainStep[], end: ChainEnd): number {
  if (steps.some((step) => step.kind === 'map')) return MAP_ROWS
  const columns = schema.fields.reduce((sum, field) => sum + bytesOf(field.type), 0)
  const computed = [...steps.flatMap(expressionsOf), ...endExpressions(end)].reduce(
    (sum, expression) => sum + computedBytes(expression),
    0,
  )
  const rows = 2 ** Math.floor(Math.log2(CACHE_BYTES / Math.max(1, columns + computed)))
  return Math.min(MOST_ROWS, Math.max(LEAST_ROWS, rows))
}

function bytesOf(type: DataType): number {
  return type.kind === 'utf8' || type.kind === 'binary' ? STRING_BYTES : Math.min(8, valueWidth(type) || 1)
}

/** Columns and constants are there already, and conditions are but bits. */
function computedBytes(expression: TypedExpression): number {
  const below = typedChildrenOf(expression).reduce((sum, child) => sum + computedBytes(child), 0)
  if (expression.kind === 'column' || expression.kind === 'literal' || expression.type.kind === 'bool') return below
  return below + bytesOf(expression.type)
}

function expressionsOf(step: ChainStep): readonly TypedExpression[] {
  switch (step.kind) {
    case 'filter':
      return [step.predicate]
    case 'project':
      return step.expressions.map((named) => named.expression)
    case 'top':
      return step.keys.map((key) => key.expression)
    case 'firstRows':
      return step.key === null ? step.partitionBy : [...step.partitionBy, step.key.expression]
    case 'check':
      return step.expressions
    case 'probe':
      return step.keys
    case 'map':
      return []
  }
}

function endExpressions(end: ChainEnd): readonly TypedExpression[] {
  if (end.kind === 'output') return []
  if (end.kind === 'partition') return end.keys
  return [...end.keys, ...end.arguments, ...end.filters].filter((expression) => expression !== null)
}
