/** Values between two neighbours, as DuckDB's `quantile_cont` computes them. */

import { InternalError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { type DataType, typeName } from '../../../planner/types.js'
import { isWide } from '../../kernels/vectors/words.js'

const MICROS_PER_DAY = 86_400_000_000

/** The value `part` (0 to 1) of the way from `low` to `high`, both of type `from`, as one of type `to`. */
export function interpolate(
  from: DataType,
  to: DataType,
  low: NonNullable<ScalarValue>,
  high: NonNullable<ScalarValue>,
  part: number,
): ScalarValue {
  if (to.kind === 'float' && to.bits === 32) {
    const [a, b] = [low as number, high as number]
    return part === 0 ? a : Math.fround(a + Math.fround(b - a) * part)
  }
  if (to.kind === 'float') {
    const scale = from.kind === 'decimal' ? 10 ** from.scale : 1
    const [a, b] = [Number(low) / scale, Number(high) / scale]
    return weighted(a, b, part)
  }
  if (from.kind === 'date' && to.kind === 'timestamp') {
    const micros = (day: ScalarValue) => (day as number) * MICROS_PER_DAY
    return BigInt(roundedAway(weighted(micros(low), micros(high), part)))
  }
  if (part === 0) return low
  if (typeof low === 'bigint' && typeof high === 'bigint') {
    if (from.kind !== 'decimal') return BigInt(roundedAway(weighted(Number(low), Number(high), part)))
    if (isWide(from)) return BigInt(Math.trunc(weighted(Number(low), Number(high), part)))
    return low + BigInt(Math.trunc(Number(high - low) * part))
  }
  if (typeof low === 'number' && typeof high === 'number') return low + Math.trunc((high - low) * part)
  throw new InternalError(`no ${typeName(to)} between values of ${typeName(from)}`)
}

/** A product with 0 would make NaN of an infinity that lies exactly on the point. */
function weighted(low: number, high: number, part: number): number {
  return part === 0 ? low : low * (1 - part) + high * part
}

/** Halves go away from zero. */
function roundedAway(value: number): number {
  return Math.sign(value) * Math.round(Math.abs(value))
}
