/** Top: the first rows of a slice in sort order, so that a top-k sort has little left to sort. */

import type { Batch } from '../../io/batch.js'
import type { SortKey, TypedExpression } from '../../planner/expression.js'
import { evaluateAll } from '../kernels/evaluate.js'
import { take } from '../kernels/vectors.js'
import type { OperatorContext } from './operator-context.js'
import { sortIndices } from './sort.js'

/** Keeps up to `limit` rows, in their order of input so that a stable sort of several slices stays stable. */
export function top(
  context: OperatorContext,
  keys: readonly SortKey<TypedExpression>[],
  limit: number,
  batch: Batch,
): Batch {
  if (batch.length <= limit) return batch
  const vectors = evaluateAll(
    context,
    keys.map((key) => key.expression),
    batch,
  )
  const sortKeys = keys.map((key, index) => ({ ...key, vector: vectors[index] }))
  const indices = sortIndices(context, sortKeys, batch.length, { limit })
  context.memory.u32.subarray(indices / 4, indices / 4 + limit).sort()
  const columns = batch.columns.map((column) => take(context, column, indices, limit))
  return { schema: batch.schema, length: limit, columns }
}
