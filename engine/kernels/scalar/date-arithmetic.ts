/** References of arithmetic with dates, timestamps, durations and intervals. */

import { civilOf, daysInMonth, daysOf, MICROS_PER_DAY, splitDay } from '../../../planner/calendar.js'
import type { Interval, ScalarValue } from '../../../planner/expression.js'
import { type DataType, TIMESTAMP, typeName } from '../../../planner/types.js'
import { RowError } from '../kernel.js'
import { microsOf } from './date.js'
import { roundHalfEven } from './math.js'

export function isTemporal(type: DataType): boolean {
  return type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'duration' || type.kind === 'interval'
}

/** a + b, a - b, interval * n, interval / x and -a, of the types that `planner/functions.ts` combines. */
export function temporalReference(
  name: string,
  [a, b]: readonly ScalarValue[],
  [left, right]: readonly DataType[],
  type: DataType,
): ScalarValue {
  if (a === null || b === null) return null
  const sign = name === 'sub' || name === 'neg' ? -1n : 1n
  if (name === 'neg') {
    return left.kind === 'interval' ? scaleInterval(a as Interval, -1n) : inRange(-(a as bigint), type)
  }
  if (name === 'div') return b === 0 ? null : stretchInterval(a as Interval, 1 / (b as number))
  if (name === 'mul') {
    const [interval, factor] = left.kind === 'interval' ? [a as Interval, b] : [b as Interval, a]
    return typeof factor === 'bigint' ? multiplyInterval(interval, factor) : stretchInterval(interval, factor as number)
  }
  if (left.kind === 'interval' && right.kind === 'interval') {
    return addIntervals(a as Interval, scaleInterval(b as Interval, sign))
  }
  const zoned = type.kind === 'timestamp' && type.zone !== null
  if (right.kind === 'interval') return addInterval(microsOf(a, left), negatedIf(sign < 0n, b as Interval), zoned)
  if (left.kind === 'interval') return addInterval(microsOf(b, right), a as Interval, zoned)
  if (type.kind === 'date') return addDays(BigInt(a as number) + sign * BigInt(b as number))
  if (left.kind === 'date' && right.kind === 'date') return BigInt(a as number) - BigInt(b as number)
  return inRange(microsOf(a, left) + sign * microsOf(b, right), type)
}

function inRange(value: bigint, type: DataType): bigint {
  if (BigInt.asIntN(64, value) === value) return value
  throw new RowError('VOLLEY_OVERFLOW', `${value} microseconds are out of the range of ${typeName(type)}`, -1)
}

function addDays(days: bigint): number {
  if (BigInt.asIntN(32, days) === days) return Number(days)
  throw new RowError('VOLLEY_OVERFLOW', `day ${days} since 1970 is out of the range of DATE`, -1)
}

/**
 * Months first, then days, then microseconds. DuckDB's arithmetic with time zones takes the microseconds first if any
 * part of the interval is negative.
 */
function addInterval(timestamp: bigint, { months, days, micros }: Interval, zoned: boolean): bigint {
  if (zoned && (months < 0 || days < 0 || micros < 0n)) {
    return moveDays(inRange(timestamp + micros, TIMESTAMP), months, days)
  }
  return inRange(moveDays(timestamp, months, days) + micros, TIMESTAMP)
}

/** By months, cut to the end of the month, and then by days. */
function moveDays(timestamp: bigint, months: number, days: number): bigint {
  const start = splitDay(timestamp, 'us')
  let moved = start.days
  if (months !== 0) {
    const { year, month, day } = civilOf(start.days)
    const total = year * 12 + month - 1 + months
    const newYear = Math.floor(total / 12)
    const newMonth = total - newYear * 12 + 1
    moved = daysOf(newYear, newMonth, Math.min(day, daysInMonth(newYear, newMonth)))
  }
  return inRange((BigInt(moved) + BigInt(days)) * MICROS_PER_DAY + start.clock, TIMESTAMP)
}

/** Without a check of the range: the sum decides. */
function negatedIf(negate: boolean, { months, days, micros }: Interval): Interval {
  return negate ? { months: -months, days: -days, micros: -micros } : { months, days, micros }
}

function addIntervals(a: Interval, b: Interval): Interval {
  return intervalOf(BigInt(a.months) + BigInt(b.months), BigInt(a.days) + BigInt(b.days), a.micros + b.micros)
}

/** The factor must fit 32 bits, as in DuckDB, even where the product would. */
function multiplyInterval(interval: Interval, factor: bigint): Interval {
  if (BigInt.asIntN(32, factor) === factor) return scaleInterval(interval, factor)
  throw new RowError('VOLLEY_OVERFLOW', `an interval times ${factor} is out of the range of INTERVAL`, -1)
}

function scaleInterval({ months, days, micros }: Interval, factor: bigint): Interval {
  return intervalOf(BigInt(months) * factor, BigInt(days) * factor, micros * factor)
}

const SECONDS_PER_DAY = 86_400

/** Passes fractions of months on to days of a 30-day month, and those of days to the clock (PostgreSQL, interval_mul). */
function stretchInterval({ months, days, micros }: Interval, factor: number): Interval {
  const wholeMonths = Math.trunc(months * factor)
  let wholeDays = Math.trunc(days * factor)
  const monthDays = toMicroPrecision((months * factor - wholeMonths) * 30)
  const dayFraction = days * factor - wholeDays + monthDays - Math.trunc(monthDays)
  let seconds = toMicroPrecision(dayFraction * SECONDS_PER_DAY)
  if (Math.abs(seconds) >= SECONDS_PER_DAY) {
    const carried = Math.trunc(seconds / SECONDS_PER_DAY)
    wholeDays += carried
    seconds -= carried * SECONDS_PER_DAY
  }
  wholeDays += Math.trunc(monthDays)
  const clock = roundHalfEven(Number(micros) * factor + seconds * 1e6)
  if (![wholeMonths, wholeDays, clock].every(Number.isFinite)) {
    throw new RowError('VOLLEY_OVERFLOW', `an interval times ${factor} is out of the range of INTERVAL`, -1)
  }
  return intervalOf(BigInt(wholeMonths), BigInt(wholeDays), BigInt(clock))
}

function toMicroPrecision(value: number): number {
  return roundHalfEven(value * 1e6) / 1e6
}

function intervalOf(months: bigint, days: bigint, micros: bigint): Interval {
  const fits = BigInt.asIntN(32, months) === months && BigInt.asIntN(32, days) === days
  if (fits && BigInt.asIntN(64, micros) === micros) return { months: Number(months), days: Number(days), micros }
  const text = `${months} months ${days} days ${micros} microseconds`
  throw new RowError('VOLLEY_OVERFLOW', `${text} are out of the range of INTERVAL`, -1)
}
