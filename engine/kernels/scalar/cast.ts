/** The definition of every cast, for single values. */

import { formatValue } from '../../../io/value-text.js'
import { intervalMicros, MICROS_PER_DAY, splitDay } from '../../../planner/calendar.js'
import { unreachable, VolleyError } from '../../../planner/errors.js'
import type { Interval, ScalarValue } from '../../../planner/expression.js'
import {
  divideFloor,
  divideRounded,
  fitsPrecision,
  integerRange,
  isInRange,
  powerOfTen,
  toScalar,
} from '../../../planner/integers.js'
import { type DataType, type TimeUnit, typeName, typesEqual } from '../../../planner/types.js'
import { RowError } from '../kernel.js'
import { roundHalfAway, roundHalfEven } from './math.js'
import { parseValue } from './parse.js'

type Decimal = Extract<DataType, { kind: 'decimal' }>
type Timestamp = Extract<DataType, { kind: 'timestamp' }>

/**
 * `value` as a value of type `to`. One that cannot be is null if `tolerant`, else a `RowError`. Throws
 * VOLLEY_TYPE_MISMATCH if no value of type `from` can be.
 */
export function castScalar(value: ScalarValue, from: DataType, to: DataType, tolerant: boolean): ScalarValue {
  if (value === null || typesEqual(from, to)) return value
  const converted = convert(value, from, to)
  if (converted !== undefined) return converted
  if (tolerant) return null
  throw new RowError('VOLLEY_CAST', `cannot cast ${describe(value, from)} to ${typeName(to)}`, -1)
}

function describe(value: ScalarValue, from: DataType): string {
  return from.kind === 'utf8' ? `'${value}'` : `${formatValue(value, from)} (${typeName(from)})`
}

function noCast(from: DataType, to: DataType): VolleyError {
  const [expected, actual] = [typeName(to), typeName(from)]
  return new VolleyError('VOLLEY_TYPE_MISMATCH', `no cast from ${actual} to ${expected}`, { expected, actual })
}

/** Undefined if the value has no counterpart in the type. */
function convert(value: ScalarValue, from: DataType, to: DataType): ScalarValue | undefined {
  if (from.kind === 'utf8') return parseValue(value as string, to)
  switch (to.kind) {
    case 'utf8':
      return formatValue(value, from)
    case 'bool':
      if (from.kind === 'int' || from.kind === 'decimal' || from.kind === 'float') return Number(value) !== 0
      break
    case 'int': {
      const whole = wholeOf(value, from, to)
      if (whole === null || !isInRange(to, whole) || isBelow(value, from, to)) return undefined
      return toScalar(to, whole)
    }
    case 'float':
      return floatOf(value, from, to)
    case 'decimal':
      return decimalOf(value, from, to)
    case 'date':
      if (from.kind === 'timestamp') return dateOf(value as bigint, from.unit)
      break
    case 'time':
      return timeOf(value, from, to)
    case 'timestamp':
      return timestampOf(value, from, to)
    case 'duration':
      return durationOf(value, from, to)
    case 'null':
    case 'binary':
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      break
    default:
      return unreachable(to)
  }
  throw noCast(from, to)
}

/** Floats below the range fail even if they would be rounded into it, as in DuckDB. */
function isBelow(value: ScalarValue, from: DataType, to: Extract<DataType, { kind: 'int' }>): boolean {
  return from.kind === 'float' && (value as number) < Number(integerRange(to)[0])
}

/** The integer nearest to a number: floats go half to even, decimals half away from zero. Null if it is not finite. */
function wholeOf(value: ScalarValue, from: DataType, to: DataType): bigint | null {
  switch (from.kind) {
    case 'bool':
      return value === true ? 1n : 0n
    case 'int':
      return BigInt(value as number | bigint)
    case 'float':
      return Number.isFinite(value) ? BigInt(roundHalfEven(value as number)) : null
    case 'decimal':
      return divideRounded(value as bigint, powerOfTen(from.scale))
    case 'null':
    case 'utf8':
    case 'binary':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'duration':
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      throw noCast(from, to)
    default:
      return unreachable(from)
  }
}

function floatOf(value: ScalarValue, from: DataType, to: Extract<DataType, { kind: 'float' }>): number | undefined {
  if (from.kind !== 'bool' && from.kind !== 'int' && from.kind !== 'decimal' && from.kind !== 'float') {
    throw noCast(from, to)
  }
  if (to.bits === 64) return from.kind === 'decimal' ? decimalToFloat(value as bigint, from.scale) : Number(value)
  if (from.kind === 'int' && from.bits === 64) return bigintToFloat32(value as bigint)
  const wide = from.kind === 'decimal' ? decimalToFloat(value as bigint, from.scale) : Number(value)
  const narrow = Math.fround(wide)
  return Number.isFinite(narrow) || !Number.isFinite(wide) ? narrow : undefined
}

const EXACT = 2n ** 53n

/** Past 2^53 the whole and the fraction are converted apart, as DuckDB does. */
function decimalToFloat(value: bigint, scale: number): number {
  const divisor = powerOfTen(scale)
  if (scale === 0 || (value <= EXACT && value >= -EXACT)) return Number(value) / Number(divisor)
  return Number(value / divisor) + Number(value % divisor) / Number(divisor)
}

/** Rounds once: going through a double could round twice. */
function bigintToFloat32(value: bigint): number {
  const sign = value < 0n ? -1n : 1n
  const magnitude = value * sign
  // Sticky bits below what a double holds keep the rounding to 24 bits right.
  const excess = magnitude.toString(2).length - 50
  if (excess <= 0) return Math.fround(Number(value))
  const kept = (magnitude >> BigInt(excess)) << BigInt(excess)
  const sticky = kept === magnitude ? 0n : 1n << BigInt(excess)
  return Math.fround(Number(sign * (kept | sticky)))
}

function decimalOf(value: ScalarValue, from: DataType, to: Decimal): bigint | undefined {
  const unscaled = unscaledOf(value, from, to)
  return unscaled === null || !fitsPrecision(unscaled, to.precision) ? undefined : unscaled
}

function unscaledOf(value: ScalarValue, from: DataType, to: Decimal): bigint | null {
  if (from.kind === 'decimal') {
    const shift = to.scale - from.scale
    return shift >= 0 ? (value as bigint) * powerOfTen(shift) : divideRounded(value as bigint, powerOfTen(-shift))
  }
  if (from.kind === 'float') {
    const factor = Number(powerOfTen(to.scale))
    // In the precision of the value, as in DuckDB.
    const scaled = from.bits === 32 ? Math.fround((value as number) * Math.fround(factor)) : (value as number) * factor
    const rounded = roundHalfAway(scaled)
    return Number.isFinite(rounded) ? BigInt(rounded) : null
  }
  const whole = wholeOf(value, from, to)
  return whole === null ? null : whole * powerOfTen(to.scale)
}

const NANOS: Record<TimeUnit, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n }

/** Units of one count in another; to microseconds cut towards zero, to coarser ones rounded half away, as DuckDB. */
function rescale(count: bigint, from: TimeUnit, to: TimeUnit): bigint {
  const [fine, coarse] = [NANOS[from], NANOS[to]]
  if (fine >= coarse) return count * (fine / coarse)
  if (from === 'ns') return rescale(count / 1000n, 'us', to)
  return divideRounded(count, coarse / fine)
}

function toMicros(count: bigint, unit: TimeUnit): bigint {
  return rescale(count, unit, 'us')
}

function dateOf(count: bigint, unit: TimeUnit): number | undefined {
  const { days } = splitDay(toMicros(count, unit), 'us')
  return (days | 0) === days ? days : undefined
}

function in64Bits(value: bigint): bigint | undefined {
  return BigInt.asIntN(64, value) === value ? value : undefined
}

function timestampOf(value: ScalarValue, from: DataType, to: Timestamp): bigint | undefined {
  if (from.kind === 'date') return in64Bits(rescale(BigInt(value as number) * MICROS_PER_DAY, 'us', to.unit))
  if (from.kind === 'timestamp') return in64Bits(rescale(value as bigint, from.unit, to.unit))
  throw noCast(from, to)
}

function timeOf(value: ScalarValue, from: DataType, to: Extract<DataType, { kind: 'time' }>): bigint {
  if (from.kind === 'time') return rescale(value as bigint, from.unit, to.unit)
  if (from.kind !== 'timestamp') throw noCast(from, to)
  const { clock } = splitDay(toMicros(value as bigint, from.unit), 'us')
  return divideFloor(clock * 1000n, NANOS[to.unit])
}

function durationOf(
  value: ScalarValue,
  from: DataType,
  to: Extract<DataType, { kind: 'duration' }>,
): bigint | undefined {
  if (from.kind === 'duration') return in64Bits(rescale(value as bigint, from.unit, to.unit))
  if (from.kind !== 'interval') throw noCast(from, to)
  return in64Bits(rescale(intervalMicros(value as Interval), 'us', to.unit))
}
