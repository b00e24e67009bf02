/** Ranges of integers and decimals, and the rounding division that decimals are defined by. */

import type { DataType } from './types.js'

type IntegerType = Extract<DataType, { kind: 'int' }>

export function integerRange(type: IntegerType): readonly [lowest: bigint, highest: bigint] {
  const bits = BigInt(type.bits)
  return type.signed ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n]
}

export function isInRange(type: IntegerType, value: bigint): boolean {
  const [lowest, highest] = integerRange(type)
  return value >= lowest && value <= highest
}

/** The form in which a value of the type is held: bigint for 64 bits, number below. */
export function toScalar(type: IntegerType, value: bigint): bigint | number {
  return type.bits === 64 ? value : Number(value)
}

const POWERS: readonly bigint[] = Array.from({ length: 78 }, (_, exponent) => 10n ** BigInt(exponent))

/** 10^exponent, for exponents up to 77. */
export function powerOfTen(exponent: number): bigint {
  return POWERS[exponent]
}

/** True if the unscaled value has at most `precision` digits. */
export function fitsPrecision(value: bigint, precision: number): boolean {
  const limit = POWERS[precision]
  return value < limit && value > -limit
}

export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value
}

/** value / divisor rounded half away from zero; the divisor is positive. */
export function divideRounded(value: bigint, divisor: bigint): bigint {
  const half = divisor / 2n
  return (value < 0n ? value - half : value + half) / divisor
}

export function divideFloor(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor
  return value % divisor < 0n ? quotient - 1n : quotient
}

/** Writes an unscaled value as text, as DuckDB does: `-0.05`, `12`. */
export function formatDecimal(value: bigint, scale: number): string {
  const sign = value < 0n ? '-' : ''
  const digits = absolute(value).toString()
  if (scale === 0) return sign + digits
  const padded = digits.padStart(scale + 1, '0')
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
}
