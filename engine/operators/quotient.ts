/** Means of exact sums. */

import { isDividedInDoubles } from '../../planner/functions/means.js'
import type { DataType } from '../../planner/types.js'

const MANTISSA_BITS = 64

/** What the sums of a type are unscaled by: 100 for DECIMAL(9,2), 1 for integers. */
export function unitOf(type: DataType): bigint {
  return type.kind === 'decimal' ? 10n ** BigInt(type.scale) : 1n
}

/** The mean of values of an integer or decimal type; the divisor is their count times `unitOf` the type. */
export function numberQuotient(type: DataType, sum: bigint, divisor: bigint): number {
  return isDividedInDoubles(type) ? Number(sum) / Number(divisor) : extendedQuotient(sum, divisor)
}

/**
 * The quotient as DuckDB computes it: both numbers and the result rounded to the 64 bits of an extended-precision
 * float, then to a double. The divisor is positive.
 */
export function extendedQuotient(dividend: bigint, divisor: bigint): number {
  if (dividend < 0n) return -extendedQuotient(-dividend, divisor)
  const numerator = roundToMantissa(dividend, false)
  const denominator = roundToMantissa(divisor, false)
  // Scaled so that the quotient has 65 or 66 bits, of which the last only tells whether there was a rest.
  const shift = BigInt(Math.max(0, MANTISSA_BITS + 2 - (bitLength(numerator) - bitLength(denominator))))
  const scaled = numerator << shift
  const rounded = roundToMantissa(scaled / denominator, scaled % denominator !== 0n)
  // Exact, as the divisor is a power of two and the quotient is far from the smallest double.
  return Number(rounded) / 2 ** Number(shift)
}

/** The mean of moments in time, in whole units, as DuckDB rounds it: above a half up, what is negative towards zero. */
export function instantQuotient(sum: bigint, count: bigint): bigint {
  const quotient = sum / count
  return (sum % count) * 2n > count ? quotient + 1n : quotient
}

function bitLength(value: bigint): number {
  return value.toString(2).length
}

/** Rounds to the nearest number of 64 significant bits, ties to even; `rest` tells of a fraction below. */
function roundToMantissa(value: bigint, rest: boolean): bigint {
  const excess = bitLength(value) - MANTISSA_BITS
  if (excess <= 0) return value
  const unit = 1n << BigInt(excess)
  const below = value & (unit - 1n)
  const truncated = value - below
  const half = unit >> 1n
  if (below < half || (below === half && !rest && (truncated & unit) === 0n)) return truncated
  return truncated + unit
}
