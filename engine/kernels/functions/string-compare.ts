/** Comparisons and membership of strings and of binary values, by unsigned bytes. */

import { bitmapBytes, type Vector, vector } from '../../../io/batch.js'
import { BOOL } from '../../../planner/types.js'
import type { KernelContext } from '../kernel.js'

export type ComparisonOperator = 'eq' | 'neq' | 'lt' | 'lte' | 'gt' | 'gte'

/** Bytes from one row's offset to the next: none when one value stands for all rows. */
export function offsetStep(argument: Vector): 0 | 4 {
  return argument.constant ? 0 : 4
}

/**
 * Compares two plain or constant utf8 or binary vectors into a bool vector in scratch, without validity: the result
 * of null slots is undefined. Constant if both arguments are.
 */
export function compareStrings(
  context: KernelContext,
  operator: ComparisonOperator,
  a: Vector,
  b: Vector,
  length: number,
): Vector {
  const constant = a.constant && b.constant
  const rows = constant ? 1 : length
  const values = context.scratch(bitmapBytes(rows))
  const equality = operator === 'eq' || operator === 'neq'
  const swapped = operator === 'gt' || operator === 'gte'
  const [left, right] = swapped ? [b, a] : [a, b]
  context.wasm[equality ? 'string_equal' : 'string_less'](
    ...[left.offsets, left.values, offsetStep(left), right.offsets, right.values, offsetStep(right)],
    ...[operator === 'neq' || operator === 'lte' || operator === 'gte' ? 1 : 0, values, rows],
  )
  return vector(BOOL, length, { values, constant })
}
