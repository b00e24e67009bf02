/**
 * The proleptic Gregorian calendar over days since 1970-01-01, after Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms". Exact for all dates of int32 and timestamps of int64.
 */

import type { Interval } from './expression.js'
import { divideFloor } from './integers.js'
import type { TimeUnit } from './types.js'

export const UNITS_PER_SECOND: Readonly<Record<TimeUnit, bigint>> = {
  s: 1n,
  ms: 1000n,
  us: 1_000_000n,
  ns: 1_000_000_000n,
}
const SECONDS_PER_DAY = 86_400n
export const MICROS_PER_DAY = SECONDS_PER_DAY * UNITS_PER_SECOND.us
const DAYS_PER_MONTH = 30n

interface CivilDate {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** civil_from_days. */
export function civilOf(days: number): CivilDate {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  }
}

/** days_from_civil. */
export function daysOf(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

export function daysInMonth(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
}

/** 0 for Monday to 6 for Sunday. */
export function weekday(days: number): number {
  return (((days + 3) % 7) + 7) % 7
}

/** The day that a count of units lies in, and the units since its start. */
export function splitDay(count: bigint, unit: TimeUnit): { readonly days: number; readonly clock: bigint } {
  const perDay = unitsPerDay(unit)
  const days = divideFloor(count, perDay)
  return { days: Number(days), clock: count - days * perDay }
}

export function unitsPerDay(unit: TimeUnit): bigint {
  return SECONDS_PER_DAY * UNITS_PER_SECOND[unit]
}

/** Microseconds of an interval as intervals compare: a month counts as 30 days, a day as 24 hours. */
export function intervalMicros({ months, days, micros }: Interval): bigint {
  return (BigInt(months) * DAYS_PER_MONTH + BigInt(days)) * MICROS_PER_DAY + micros
}
