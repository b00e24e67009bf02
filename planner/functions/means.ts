import { type DataType, isInteger } from '../types.js'

/** True for the types that DuckDB sums in 64 bits, whose means it divides in doubles instead of extended precision. */
export function isDividedInDoubles(type: DataType): boolean {
  if (type.kind === 'decimal') return type.precision <= 4
  return isInteger(type) && (type.signed ? type.bits <= 16 : type.bits === 8)
}
