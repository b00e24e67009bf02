/** Evaluation row by row through a reference, for combinations that are too rare for a kernel of their own. */

import type { Vector } from '../../../io/batch.js'
import { readValue } from '../../../io/values.js'
import { vectorFromValues } from '../../../io/vector-from-values.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType } from '../../../planner/types.js'
import { type KernelContext, type KernelFunction, RowError } from '../kernel.js'

/** Calls `reference` for each row; with `nullPropagating` (the default) rows with a null argument are null. */
export function evaluateByRow(
  context: KernelContext,
  reference: KernelFunction['reference'],
  parameters: readonly Vector[],
  type: DataType,
  length: number,
  nullPropagating = true,
): Vector {
  const types = parameters.map((parameter) => parameter.type)
  const values: ScalarValue[] = new Array(length)
  for (let row = 0; row < length; row++) {
    const inputs = parameters.map((parameter) => readValue(context.memory, parameter, row))
    values[row] = nullPropagating && inputs.includes(null) ? null : atRow(row, () => reference(inputs, types, type))
  }
  return fromValues(context, type, values)
}

/** A vector of scalar values in scratch. */
export function fromValues(context: KernelContext, type: DataType, values: readonly ScalarValue[]): Vector {
  return { ...vectorFromValues(type, values, context.memory, context.scratch), blocks: [] }
}

/** Nulls in every row. */
export function constantNull(context: KernelContext, type: DataType, length: number): Vector {
  return { ...fromValues(context, type, [null]), length, constant: true }
}

/** Adds the row to a `RowError` that a reference throws. */
function atRow(row: number, compute: () => ScalarValue): ScalarValue {
  try {
    return compute()
  } catch (error) {
    throw error instanceof RowError ? new RowError(error.code, error.message, row) : error
  }
}
