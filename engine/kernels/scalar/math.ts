/** References of rounding and of the functions of floats. */

import type { ScalarValue } from '../../../planner/expression.js'
import { divideFloor, divideRounded, isInRange, powerOfTen, toScalar } from '../../../planner/integers.js'
import { type DataType, typeName } from '../../../planner/types.js'
import { type KernelFunction, RowError } from '../kernel.js'

type Reference = KernelFunction['reference']

/** Half away from zero, as C's `round`; the fraction is exact. */
export function roundHalfAway(x: number): number {
  const whole = Math.trunc(x)
  return Math.abs(x - whole) >= 0.5 ? whole + Math.sign(x) : whole
}

/** Half to even, as C's `rint`. */
export function roundHalfEven(x: number): number {
  const whole = Math.trunc(x)
  return Math.abs(x - whole) === 0.5 && whole % 2 === 0 ? whole : roundHalfAway(x)
}

export const roundReference: Reference = ([value, digits], [from], type) => {
  if (value === null || digits === null) return null
  const places = digits === undefined ? 0 : Number(digits)
  if (from.kind === 'float') {
    const rounded = digits === undefined ? roundHalfAway(value as number) : roundFloat(value as number, places)
    return from.bits === 32 ? Math.fround(rounded) : rounded
  }
  if (from.kind === 'decimal') return roundDecimal(value as bigint, from, places)
  return roundInteger(value as number | bigint, places, type)
}

/** Scales, rounds and scales back in binary, as DuckDB does: 1.005 rounds to 1 at two digits. */
export function roundFloat(value: number, digits: number): number {
  const modifier = 10 ** Math.abs(digits)
  const rounded = digits < 0 ? roundHalfAway(value / modifier) * modifier : roundHalfAway(value * modifier) / modifier
  if (Number.isFinite(rounded)) return rounded
  return digits < 0 ? 0 : value
}

/**
 * To the scale min(max(digits, 0), scale), which is that of the result. What rounds away all whole digits the type has
 * is 0, as in DuckDB.
 */
function roundDecimal(
  value: bigint,
  { precision, scale }: Extract<DataType, { kind: 'decimal' }>,
  digits: number,
): bigint {
  if (digits >= scale) return value
  if (digits >= 0) return divideRounded(value, powerOfTen(scale - digits))
  if (-digits >= precision - scale) return 0n
  return divideRounded(value, powerOfTen(scale - digits)) * powerOfTen(-digits)
}

function roundInteger(value: number | bigint, digits: number, type: DataType): ScalarValue {
  if (digits >= 0) return value
  if (digits < -38) return type.kind === 'int' ? toScalar(type, 0n) : 0n
  const rounded = divideRounded(BigInt(value), powerOfTen(-digits)) * powerOfTen(-digits)
  if (type.kind !== 'int') return rounded
  if (isInRange(type, rounded)) return toScalar(type, rounded)
  throw new RowError('VOLLEY_OVERFLOW', `round(${value}, ${digits}) is out of the range of ${typeName(type)}`, -1)
}

/** What becomes of a float, and of the unscaled value of a decimal with the power of ten that is 1. */
const WHOLE = {
  floor: { float: Math.floor, decimal: divideFloor },
  ceil: { float: Math.ceil, decimal: (value: bigint, one: bigint) => -divideFloor(-value, one) },
  trunc: { float: Math.trunc, decimal: (value: bigint, one: bigint) => value / one },
}

export type WholeName = keyof typeof WHOLE

export function wholeReference(name: WholeName): Reference {
  return ([value], [from]) => {
    if (value === null) return null
    if (from.kind === 'float') return WHOLE[name].float(value as number)
    if (from.kind === 'decimal') return WHOLE[name].decimal(value as bigint, powerOfTen(from.scale))
    return value
  }
}

export type LogarithmName = 'ln' | 'log10' | 'log2'

/** Functions of doubles in JavaScript; kernels loop over the same ones. */
export const FLOAT_FUNCTIONS: Record<'exp' | LogarithmName, (x: number) => number> = {
  exp: Math.exp,
  ln: Math.log,
  log10: Math.log10,
  log2: Math.log2,
}

export function logarithmReference(name: LogarithmName): Reference {
  return ([value]) => {
    if (value === null) return null
    if ((value as number) <= 0) {
      throw new RowError('VOLLEY_INVALID_ARGUMENT', `${name}(${value}): a logarithm needs a number above 0`, -1)
    }
    return FLOAT_FUNCTIONS[name](value as number)
  }
}

export const expReference: Reference = ([value]) => (value === null ? null : Math.exp(value as number))

export const sqrtReference: Reference = ([value]) => {
  if (value === null) return null
  if ((value as number) < 0) {
    throw new RowError('VOLLEY_INVALID_ARGUMENT', `sqrt(${value}): a square root needs a number of 0 or above`, -1)
  }
  return Math.sqrt(value as number)
}

/** C's `pow`: 1 to any power is 1, even NaN, and so is -1 to an infinite one. */
export function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && Math.abs(y) === Number.POSITIVE_INFINITY)) return 1
  return x ** y
}

export const powerReference: Reference = ([x, y]) => (x === null || y === null ? null : power(x as number, y as number))
