/** Arithmetic on the bounds of a range of values, for pruning: everything that is not certain is undefined. */

import type { ScalarValue } from './expression.js'
import type { DataType, TimeUnit } from './types.js'

/** A value of a range's end, or undefined where it is not known. Never null and never NaN. */
export type Bound = Exclude<ScalarValue, null> | undefined

/** Negative, zero or positive as `a` is below, equal to or above `b`; undefined if they cannot be compared. */
export function compareValues(a: Bound, b: Bound): number | undefined {
  if (a === undefined || b === undefined) return undefined
  if (typeof a === 'string' && typeof b === 'string') return compareUtf8(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b)
  if (isOrdered(a) && isOrdered(b)) return a < b ? -1 : a > b ? 1 : a === b ? 0 : undefined
  return undefined
}

function isOrdered(value: Bound): value is number | bigint | boolean {
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
}

/** Compares as the UTF-8 bytes do: by code point, where JavaScript compares UTF-16 units. */
function compareUtf8(a: string, b: string): number {
  let i = 0
  while (i < a.length && i < b.length && a[i] === b[i]) i++
  if (i === a.length || i === b.length) return a.length - b.length
  const x = a.charCodeAt(i)
  const y = b.charCodeAt(i)
  const isSurrogate = (unit: number) => unit >= 0xd800 && unit <= 0xdfff
  if (isSurrogate(x) !== isSurrogate(y)) return isSurrogate(x) ? 1 : -1
  return x - y
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    if (a[i] !== b[i]) return a[i] - b[i]
  }
  return a.length - b.length
}

/** The least text above every text that starts with `prefix`; undefined if there is none or it is not easily told. */
export function prefixEnd(prefix: string): string | undefined {
  const last = prefix.charCodeAt(prefix.length - 1)
  if (prefix.length === 0 || last >= 0xd7ff) return undefined
  return prefix.slice(0, -1) + String.fromCharCode(last + 1)
}

/**
 * What a cast makes of a bound, rounded outward, if the cast keeps order; undefined if it does not.
 * Failing casts need no care here: a row they fail for does not match.
 */
export function convertBound(bound: Bound, from: DataType, to: DataType, direction: 'down' | 'up'): Bound {
  if (bound === undefined) return undefined
  const exact = exactNumber(bound, from)
  if (exact !== undefined) return convertNumber(exact, to, direction)
  if (from.kind === 'float' && to.kind === 'float') return to.bits >= from.bits ? bound : undefined
  if (from.kind === 'utf8' && to.kind === 'utf8') return bound
  const instant = instantOf(bound, from)
  if (instant === undefined) return undefined
  if (to.kind === 'timestamp') return divide(instant, NANOSECONDS[to.unit], direction)
  if (to.kind === 'date') return Number(divide(instant, NANOSECONDS_PER_DAY, direction))
  return undefined
}

/** The proleptic Gregorian year, as a bigint. */
export function yearOf(bound: Bound, type: DataType): Bound {
  if (bound === undefined) return undefined
  const instant = instantOf(bound, type)
  if (instant === undefined) return undefined
  const year = new Date(Number(divide(instant, 1_000_000n, 'down'))).getUTCFullYear()
  return Number.isNaN(year) ? undefined : BigInt(year)
}

interface ExactNumber {
  readonly unscaled: bigint
  readonly scale: number
}

function exactNumber(bound: Bound, type: DataType): ExactNumber | undefined {
  if (type.kind === 'int' && (typeof bound === 'number' || typeof bound === 'bigint')) {
    return { unscaled: BigInt(bound), scale: 0 }
  }
  return type.kind === 'decimal' && typeof bound === 'bigint' ? { unscaled: bound, scale: type.scale } : undefined
}

function convertNumber({ unscaled, scale }: ExactNumber, to: DataType, direction: 'down' | 'up'): Bound {
  switch (to.kind) {
    case 'int': {
      const whole = divide(unscaled, 10n ** BigInt(scale), direction)
      return to.bits === 64 ? whole : Number(whole)
    }
    case 'decimal':
      return to.scale >= scale
        ? unscaled * 10n ** BigInt(to.scale - scale)
        : divide(unscaled, 10n ** BigInt(scale - to.scale), direction)
    case 'float': {
      const value = Number(unscaled) / 10 ** scale
      // More than the rounding errors of any way to compute it.
      const slack = Math.abs(value) * (to.bits === 64 ? 2 ** -50 : 2 ** -22)
      return direction === 'down' ? value - slack : value + slack
    }
    default:
      return undefined
  }
}

const NANOSECONDS: Record<TimeUnit, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1_000n, ns: 1n }
const NANOSECONDS_PER_DAY = 86_400n * NANOSECONDS.s

/** Nanoseconds since 1970 of a date or a timestamp. */
function instantOf(bound: Bound, type: DataType): bigint | undefined {
  if (type.kind === 'date' && typeof bound === 'number') return BigInt(bound) * NANOSECONDS_PER_DAY
  if (type.kind === 'timestamp' && typeof bound === 'bigint') return bound * NANOSECONDS[type.unit]
  return undefined
}

function divide(dividend: bigint, divisor: bigint, direction: 'down' | 'up'): bigint {
  const quotient = dividend / divisor
  const remainder = dividend % divisor
  if (remainder === 0n) return quotient
  if (direction === 'down') return dividend < 0n ? quotient - 1n : quotient
  return dividend < 0n ? quotient : quotient + 1n
}
