/**
 * Calendar arithmetic on days since 1970-01-01 and microseconds since then.
 *
 * Conversions between days and the proleptic Gregorian calendar follow Cassio Neri and Lorenz Schneider, "Euclidean
 * affine functions and their application to calendar algorithms" (Software: Practice and Experience 53, 2023), widened
 * to the whole range of dates. The references follow Howard Hinnant's algorithms instead, so that tests compare both.
 */

import { isValid } from './validity'

const MICROS_PER_SECOND: i64 = 1000000
const MICROS_PER_MINUTE: i64 = 60000000
const MICROS_PER_HOUR: i64 = 3600000000
const MICROS_PER_DAY: i64 = 86400000000

/** The month and the day of the last `yearOf`. */
let month: i32 = 0
let day: i32 = 0

// @ts-ignore: decorator
@inline
function floorDivide(x: i64, divisor: i64): i64 {
  const quotient = x / divisor
  return quotient - i64(x - quotient * divisor < 0)
}

/** The day that a timestamp lies in. */
// @ts-ignore: decorator
@inline
function dayOf(micros: i64): i64 {
  return floorDivide(micros, MICROS_PER_DAY)
}

/** Returns the year and leaves `month` and `day`. */
// @ts-ignore: decorator
@inline
function yearOf(days: i64): i64 {
  const quarters = 4 * (days + 719468) + 3
  let century: i64
  let rest: u32
  if (quarters >= 0 && quarters <= 0xffffffff) {
    // 32-bit divisions by constants become multiplications.
    const quotient = <u32>quarters / 146097
    century = <i64>quotient
    rest = <u32>quarters - quotient * 146097
  } else {
    century = floorDivide(quarters, 146097)
    rest = <u32>(quarters - century * 146097)
  }
  const product = <u64>((rest >> 2) * 4 + 3) * 2939745
  const dayOfYear = <u32>product / 11758980
  const monthAndDay = 2141 * dayOfYear + 197913
  const nextYear = dayOfYear >= 306
  month = <i32>(monthAndDay >> 16) - (nextYear ? 12 : 0)
  day = <i32>((monthAndDay & 0xffff) / 2141) + 1
  return 100 * century + <i64>(product >> 32) + i64(nextYear)
}

/** Whole cycles of 400 years before all years of dates, so that no dividend is negative. */
const CYCLES = 20000

/** The days since 1970 of a year from -6,000,000 to 6,000,000, a month and a day. */
// @ts-ignore: decorator
@inline
function daysOf(year: i64, month: i32, day: i32): i64 {
  const early = month <= 2
  const shifted = <u32>(year + 400 * CYCLES - i64(early))
  const century = shifted / 100
  const yearDays = <i64>((1461 * <u64>shifted) >> 2) - <i64>(century - (century >> 2))
  const monthDays = <i64>((979 * <u32>(early ? month + 12 : month) - 2919) >> 5)
  return yearDays + monthDays + <i64>day - 1 - 719468 - 146097 * CYCLES
}

// @ts-ignore: decorator
@inline
function daysInMonth(year: i64, month: i32): i32 {
  if (month == 2) return (year & 3) == 0 && (<i32>year % 100 != 0 || (year & 15) == 0) ? 29 : 28
  return 30 + ((month + (month >> 3)) & 1)
}

/** 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday. */
// @ts-ignore: decorator
@inline
function weekday(days: i64): i64 {
  // 7 * 306783379 is the first multiple of 7 that makes every int32 day positive.
  return <i64>(<u32>(days + 3 + 2147483653) % 7)
}

const YEAR = 0
const MONTH = 1
const DAY = 2
const QUARTER = 3
const DAY_OF_WEEK = 4
const ISO_DAY_OF_WEEK = 5
const DAY_OF_YEAR = 6
const WEEK = 7
const HOUR = 8
const MINUTE = 9
const SECOND = 10
const MILLISECOND = 11
const MICROSECOND = 12

/** The ISO week: that of the year in which its Thursday lies. */
// @ts-ignore: decorator
@inline
function isoWeek(days: i64): i64 {
  const thursday = days - weekday(days) + 3
  return (thursday - daysOf(yearOf(thursday), 1, 1)) / 7 + 1
}

// @ts-ignore: decorator
@inline
function datePart(part: i32, days: i64): i64 {
  if (part == DAY_OF_WEEK) return (weekday(days) + 1) % 7
  if (part == ISO_DAY_OF_WEEK) return weekday(days) + 1
  if (part == WEEK) return isoWeek(days)
  if (part >= HOUR) return 0
  const year = yearOf(days)
  if (part == YEAR) return year
  if (part == MONTH) return <i64>month
  if (part == DAY) return <i64>day
  if (part == QUARTER) return <i64>((month + 2) / 3)
  return days - daysOf(year, 1, 1) + 1
}

// @ts-ignore: decorator
@inline
function timePart(part: i32, micros: i64): i64 {
  if (part == HOUR) return micros / MICROS_PER_HOUR
  if (part == MINUTE) return micros % MICROS_PER_HOUR / MICROS_PER_MINUTE
  if (part == SECOND) return micros % MICROS_PER_MINUTE / MICROS_PER_SECOND
  if (part == MILLISECOND) return micros % MICROS_PER_MINUTE / 1000
  return micros % MICROS_PER_MINUTE
}

/** A part of dates (`i32`) or timestamps (`i64`), as int64. */
// @ts-ignore: decorator
@inline
function extract<T>(part: i32, a: usize, out: usize, n: i32): void {
  const end = out + (<usize>n << 3)
  for (; out < end; out += 8) {
    const x = <i64>load<T>(a)
    if (sizeof<T>() == 4) store<i64>(out, datePart(part, x))
    else {
      const days = dayOf(x)
      store<i64>(out, part >= HOUR ? timePart(part, x - days * MICROS_PER_DAY) : datePart(part, days))
    }
    a += sizeof<T>()
  }
}

/** A part of the time of the day, which may be 24:00. */
// @ts-ignore: decorator
@inline
function extractTime(part: i32, a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<i64>(out + (<usize>i << 3), timePart(part, load<i64>(a + (<usize>i << 3))))
}

export function epoch_date(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<f64>(out + (<usize>i << 3), <f64>load<i32>(a + (<usize>i << 2)) * 86400)
}

export function epoch_timestamp(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) store<f64>(out + (<usize>i << 3), <f64>load<i64>(a + (<usize>i << 3)) / 1000000)
}

/** Microseconds rounded down to a multiple of `unit`, of at most a day. */
export function trunc_clock(a: usize, out: usize, n: i32, unit: f64): void {
  const step = <i64>unit
  for (let i = 0; i < n; i++) store<i64>(out + (<usize>i << 3), floorDivide(load<i64>(a + (<usize>i << 3)), step) * step)
}

/** Microseconds rounded down to the start of the week. */
export function trunc_week(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const days = dayOf(load<i64>(a + (<usize>i << 3)))
    store<i64>(out + (<usize>i << 3), (days - weekday(days)) * MICROS_PER_DAY)
  }
}

/** Microseconds rounded down to a multiple of so many months within the year, or of so many years. */
export function trunc_calendar(a: usize, out: usize, n: i32, months: i32, years: i32): void {
  for (let i = 0; i < n; i++) {
    const days = dayOf(load<i64>(a + (<usize>i << 3)))
    const year = yearOf(days)
    const start = daysOf(<i64>(<i32>year / years * years), (month - 1) / months * months + 1, 1)
    store<i64>(out + (<usize>i << 3), start * MICROS_PER_DAY)
  }
}

/** The last day of the month, as a date. */
export function last_day(a: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const year = yearOf(dayOf(load<i64>(a + (<usize>i << 3))))
    store<i32>(out + (<usize>i << 2), <i32>daysOf(year, month, daysInMonth(year, month)))
  }
}

/** Counts the boundaries of a clock unit between timestamps. */
export function diff_clock(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, unit: f64): void {
  const step = <i64>unit
  for (let i = 0; i < n; i++) {
    store<i64>(out + (<usize>i << 3), floorDivide(load<i64>(b), step) - floorDivide(load<i64>(a), step))
    a += aStep << 3
    b += bStep << 3
  }
}

/** Whole weeks between the days of timestamps. */
export function diff_week(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32): void {
  for (let i = 0; i < n; i++) {
    const days = dayOf(load<i64>(b)) - dayOf(load<i64>(a))
    store<i64>(out + (<usize>i << 3), days / 7)
    a += aStep << 3
    b += bStep << 3
  }
}

/** Counts the boundaries of units of so many months between timestamps. */
export function diff_calendar(a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, months: i32): void {
  for (let i = 0; i < n; i++) {
    store<i64>(out + (<usize>i << 3), calendarUnits(load<i64>(b), months) - calendarUnits(load<i64>(a), months))
    a += aStep << 3
    b += bStep << 3
  }
}

/** Years divided before months are added, since DuckDB rounds both towards zero. */
// @ts-ignore: decorator
@inline
function calendarUnits(micros: i64, months: i32): i64 {
  const year = yearOf(dayOf(micros))
  return months >= 12 ? year / <i64>(months / 12) : (year * 12 + <i64>(month - 1)) / <i64>months
}

/** Set by `moveDays` and `addClock` when a timestamp leaves int64. */
let overflowed: bool = false

/** A timestamp moved by months, cut to the end of the month, and then by days. */
// @ts-ignore: decorator
@inline
function moveDays(x: i64, months: i64, moved: i64): i64 {
  let days = dayOf(x)
  const clock = x - days * MICROS_PER_DAY
  if (months != 0) {
    const year = yearOf(days)
    const total = year * 12 + <i64>(month - 1) + months
    const newYear = floorDivide(total, 12)
    const newMonth = <i32>(total - newYear * 12) + 1
    days = daysOf(newYear, newMonth, min(day, daysInMonth(newYear, newMonth)))
  }
  days += moved
  const start = days * MICROS_PER_DAY + clock
  // 2^63 microseconds are 106,751,991 days and four hours.
  overflowed = overflowed || days < -106751992 || days > 106751991 || (days > 0 && start < 0) || (days == -106751992 && start > 0)
  return start
}

// @ts-ignore: decorator
@inline
function addClock(x: i64, micros: i64, sign: i64): i64 {
  const sum = sign > 0 ? x + micros : x - micros
  overflowed = overflowed || ((sign > 0 ? (x ^ sum) & (micros ^ sum) : (x ^ micros) & (x ^ sum)) < 0)
  return sum
}

/**
 * Timestamps plus intervals (int32 months, int32 days, int64 microseconds), or minus them if `sign` is -1: months first,
 * then days, then microseconds; these come first if `zoned` and any part of the interval is negative. Returns the first
 * valid row that leaves int64, or -1.
 */
export function add_interval(
  a: usize, aStep: usize, b: usize, bStep: usize, out: usize, n: i32, sign: i32, zoned: i32, validity: usize,
): i32 {
  let failed = -1
  for (let i = 0; i < n; i++) {
    const x = load<i64>(a)
    const months = <i64>load<i32>(b) * <i64>sign
    const days = <i64>load<i32>(b, 4) * <i64>sign
    const micros = load<i64>(b, 8)
    const clockFirst = zoned != 0 && (months < 0 || days < 0 || (sign > 0 ? micros < 0 : micros > 0))
    overflowed = false
    const result = clockFirst
      ? moveDays(addClock(x, micros, sign), months, days)
      : addClock(moveDays(x, months, days), micros, sign)
    if (overflowed && failed < 0 && isValid(validity, i)) failed = i
    store<i64>(out, result)
    a += aStep << 3
    b += bStep << 4
    out += 8
  }
  return failed
}

/** Dates of (year, month, day) given as int64; returns the first valid row that names none, or -1. */
export function make_date(y: usize, yStep: usize, m: usize, mStep: usize, d: usize, dStep: usize, out: usize, n: i32, validity: usize): i32 {
  let failed = -1
  for (let i = 0; i < n; i++) {
    const year = load<i64>(y)
    const monthNumber = load<i64>(m)
    const dayNumber = load<i64>(d)
    let days: i64 = i64.MAX_VALUE
    if (year >= -6000000 && year <= 6000000 && monthNumber >= 1 && monthNumber <= 12 && dayNumber >= 1) {
      if (dayNumber <= <i64>daysInMonth(year, <i32>monthNumber)) days = daysOf(year, <i32>monthNumber, <i32>dayNumber)
    }
    if ((days > 2147483646 || days < -2147483646) && failed < 0 && isValid(validity, i)) failed = i
    store<i32>(out, <i32>days)
    y += yStep << 3
    m += mStep << 3
    d += dStep << 3
    out += 4
  }
  return failed
}

export function year_date(a: usize, out: usize, n: i32): void { extract<i32>(YEAR, a, out, n) }
export function year_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(YEAR, a, out, n) }
export function month_date(a: usize, out: usize, n: i32): void { extract<i32>(MONTH, a, out, n) }
export function month_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(MONTH, a, out, n) }
export function day_date(a: usize, out: usize, n: i32): void { extract<i32>(DAY, a, out, n) }
export function day_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(DAY, a, out, n) }
export function quarter_date(a: usize, out: usize, n: i32): void { extract<i32>(QUARTER, a, out, n) }
export function quarter_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(QUARTER, a, out, n) }
export function dayOfWeek_date(a: usize, out: usize, n: i32): void { extract<i32>(DAY_OF_WEEK, a, out, n) }
export function dayOfWeek_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(DAY_OF_WEEK, a, out, n) }
export function isoDayOfWeek_date(a: usize, out: usize, n: i32): void { extract<i32>(ISO_DAY_OF_WEEK, a, out, n) }
export function isoDayOfWeek_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(ISO_DAY_OF_WEEK, a, out, n) }
export function dayOfYear_date(a: usize, out: usize, n: i32): void { extract<i32>(DAY_OF_YEAR, a, out, n) }
export function dayOfYear_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(DAY_OF_YEAR, a, out, n) }
export function week_date(a: usize, out: usize, n: i32): void { extract<i32>(WEEK, a, out, n) }
export function week_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(WEEK, a, out, n) }
export function hour_date(a: usize, out: usize, n: i32): void { extract<i32>(HOUR, a, out, n) }
export function hour_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(HOUR, a, out, n) }
export function minute_date(a: usize, out: usize, n: i32): void { extract<i32>(MINUTE, a, out, n) }
export function minute_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(MINUTE, a, out, n) }
export function second_date(a: usize, out: usize, n: i32): void { extract<i32>(SECOND, a, out, n) }
export function second_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(SECOND, a, out, n) }
export function millisecond_date(a: usize, out: usize, n: i32): void { extract<i32>(MILLISECOND, a, out, n) }
export function millisecond_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(MILLISECOND, a, out, n) }
export function microsecond_date(a: usize, out: usize, n: i32): void { extract<i32>(MICROSECOND, a, out, n) }
export function microsecond_timestamp(a: usize, out: usize, n: i32): void { extract<i64>(MICROSECOND, a, out, n) }
export function hour_time(a: usize, out: usize, n: i32): void { extractTime(HOUR, a, out, n) }
export function minute_time(a: usize, out: usize, n: i32): void { extractTime(MINUTE, a, out, n) }
export function second_time(a: usize, out: usize, n: i32): void { extractTime(SECOND, a, out, n) }
export function millisecond_time(a: usize, out: usize, n: i32): void { extractTime(MILLISECOND, a, out, n) }
export function microsecond_time(a: usize, out: usize, n: i32): void { extractTime(MICROSECOND, a, out, n) }
