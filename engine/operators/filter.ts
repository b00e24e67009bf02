/** Filter: keeps the rows for which a predicate is true; neither false nor NULL passes. */

import type { Batch } from '../../io/batch.js'
import type { TypedExpression } from '../../planner/expression.js'
import { evaluatePredicate } from '../kernels/evaluate.js'
import { selectionOf, take } from '../kernels/vectors.js'
import type { OperatorContext } from './operator-context.js'

/** The rows that pass, and the address of their u32 indexes in `batch`; null indexes if all pass. */
export interface Filtered {
  readonly batch: Batch
  readonly indices: number | null
}

export function filter(context: OperatorContext, predicate: TypedExpression, batch: Batch): Filtered {
  const selection = selectionOf(context, evaluatePredicate(context, predicate, batch))
  if (selection.count === batch.length) return { batch, indices: null }
  const columns = batch.columns.map((column) => take(context, column, selection.indices, selection.count))
  return { batch: { schema: batch.schema, length: selection.count, columns }, indices: selection.indices }
}
