/** Values between two neighbours, as DuckDB's `quantile_cont` computes them. */

import { InternalError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { type DataType, typeName } from '../../../planner/types.js'

const MICROS_PER_DAY = 86_400_000_000

/** The value `part` (0 to 1) of the way from `low` to `high`, both of type `from`, as one of type `to`. */
export function interpolate(
  from: DataType,
  to: DataType,
  low: NonNullable<ScalarValue>,
  high: NonNullable<ScalarValue>,
  part: number,
): ScalarValue {
  if (to.kind === 'float') {
    const scale = from.kind === 'decimal' ? 10 ** from.scale : 1
    const [a, b] = [Number(low) / scale, Number(high) / scale]
    // A product with 0 would make infinities and NaN of what lies exactly on a value.
    return part === 0 ? a : a * (1 - part) + b * part
  }
  if (from.kind === 'date' && to.kind === 'timestamp') {
    return BigInt(Math.trunc(((low as number) + ((high as number) - (low as number)) * part) * MICROS_PER_DAY))
  }
  if (from.kind === 'date' && to.kind === 'date') {
    return (low as number) + Math.trunc(((high as number) - (low as number)) * part)
  }
  if (typeof low === 'bigint' && typeof high === 'bigint') {
    return low + BigInt(Math.trunc(Number(high - low) * part))
  }
  if (typeof low === 'number' && typeof high === 'number') return low + Math.trunc((high - low) * part)
  throw new InternalError(`no ${typeName(to)} between values of ${typeName(from)}`)
}
