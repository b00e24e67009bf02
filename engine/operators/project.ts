/** Project: computes each output column from the input's columns. */

import type { Batch } from '../../io/batch.js'
import type { NamedExpression } from '../../planner/expression.js'
import type { Schema } from '../../planner/types.js'
import { evaluateAll } from '../kernels/evaluate.js'
import type { OperatorContext } from './operator-context.js'

export function project(
  context: OperatorContext,
  expressions: readonly NamedExpression[],
  schema: Schema,
  batch: Batch,
): Batch {
  const columns = evaluateAll(
    context,
    expressions.map((named) => named.expression),
    batch,
  )
  return { schema, length: batch.length, columns }
}
