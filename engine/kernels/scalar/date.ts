/** References of the functions on dates and times. */

import { civilOf, daysInMonth, daysOf, MICROS_PER_DAY, splitDay, weekday } from '../../../planner/calendar.js'
import { InternalError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { type DateUnit, dateUnit } from '../../../planner/functions.js'
import { divideFloor } from '../../../planner/integers.js'
import type { DataType } from '../../../planner/types.js'
import { type KernelFunction, RowError } from '../kernel.js'

type Reference = KernelFunction['reference']

export type DatePart =
  | 'year'
  | 'month'
  | 'day'
  | 'quarter'
  | 'dayOfWeek'
  | 'isoDayOfWeek'
  | 'dayOfYear'
  | 'week'
  | 'hour'
  | 'minute'
  | 'second'
  | 'millisecond'
  | 'microsecond'

const DATE_PARTS: Record<string, (days: number) => number> = {
  year: (days) => civilOf(days).year,
  month: (days) => civilOf(days).month,
  day: (days) => civilOf(days).day,
  quarter: (days) => Math.ceil(civilOf(days).month / 3),
  dayOfWeek: (days) => (weekday(days) + 1) % 7,
  isoDayOfWeek: (days) => weekday(days) + 1,
  dayOfYear: (days) => days - daysOf(civilOf(days).year, 1, 1) + 1,
  week: (days) => {
    const thursday = days - weekday(days) + 3
    return Math.floor((thursday - daysOf(civilOf(thursday).year, 1, 1)) / 7) + 1
  },
}

const MINUTE = 60_000_000n
const HOUR = 3_600_000_000n

const CLOCK_PARTS: Record<string, (micros: bigint) => bigint> = {
  hour: (micros) => micros / HOUR,
  minute: (micros) => (micros % HOUR) / MINUTE,
  second: (micros) => (micros % MINUTE) / 1_000_000n,
  millisecond: (micros) => (micros % MINUTE) / 1000n,
  microsecond: (micros) => micros % MINUTE,
}

/** Microseconds since 1970 of a date or of a timestamp in microseconds. */
export function microsOf(value: ScalarValue, type: DataType): bigint {
  return type.kind === 'date' ? BigInt(value as number) * MICROS_PER_DAY : (value as bigint)
}

export function partReference(part: DatePart): Reference {
  return ([value], [type]) => {
    if (value === null) return null
    const clockPart = CLOCK_PARTS[part]
    if (type.kind === 'time') return clockPart(value as bigint)
    const { days, clock } = splitDay(microsOf(value, type), 'us')
    return clockPart === undefined ? BigInt(DATE_PARTS[part](days)) : clockPart(clock)
  }
}

/** Seconds since 1970, or since midnight. */
export const epochReference: Reference = ([value], [type]) => {
  if (value === null) return null
  return type.kind === 'date' ? (value as number) * 86_400 : Number(value as bigint) / 1e6
}

/** A unit that is a fixed number of microseconds of at most a day, the week, or a number of months or years. */
type UnitSize =
  | { readonly micros: bigint }
  | { readonly weeks: 1 }
  | { readonly months: 1 | 3 }
  | { readonly years: 1 | 10 | 100 | 1000 }

const UNIT_SIZES: Record<DateUnit, UnitSize> = {
  microsecond: { micros: 1n },
  millisecond: { micros: 1000n },
  second: { micros: 1_000_000n },
  minute: { micros: MINUTE },
  hour: { micros: HOUR },
  day: { micros: MICROS_PER_DAY },
  week: { weeks: 1 },
  month: { months: 1 },
  quarter: { months: 3 },
  year: { years: 1 },
  decade: { years: 10 },
  century: { years: 100 },
  millennium: { years: 1000 },
}

export function unitSize(name: string): UnitSize {
  const unit = dateUnit(name)
  if (unit === null) throw new InternalError(`the resolver let the date unit ${name} through`)
  return UNIT_SIZES[unit]
}

export const truncReference: Reference = ([unit, value], types) => {
  if (unit === null || value === null) return null
  const micros = microsOf(value, types[1])
  const size = unitSize(unit as string)
  if ('micros' in size) return divideFloor(micros, size.micros) * size.micros
  const { days } = splitDay(micros, 'us')
  if ('weeks' in size) return BigInt(days - weekday(days)) * MICROS_PER_DAY
  const { year, month } = civilOf(days)
  const start =
    'months' in size
      ? daysOf(year, Math.trunc((month - 1) / size.months) * size.months + 1, 1)
      : daysOf(Math.trunc(year / size.years) * size.years, 1, 1)
  return BigInt(start) * MICROS_PER_DAY
}

export const diffReference: Reference = ([unit, from, to], types) => {
  if (unit === null || from === null || to === null) return null
  const start = microsOf(from, types[1])
  const end = microsOf(to, types[2])
  const size = unitSize(unit as string)
  if ('micros' in size) {
    const difference = divideFloor(end, size.micros) - divideFloor(start, size.micros)
    if (BigInt.asIntN(64, difference) === difference) return difference
    throw new RowError('VOLLEY_OVERFLOW', `${end} - ${start} microseconds are out of the range of BIGINT`, -1)
  }
  // Weeks are distances; the other units count the boundaries between.
  if ('weeks' in size) return BigInt(splitDay(end, 'us').days - splitDay(start, 'us').days) / 7n
  return BigInt(calendarUnits(end, size) - calendarUnits(start, size))
}

function calendarUnits(micros: bigint, size: { readonly months: number } | { readonly years: number }): number {
  const { year, month } = civilOf(splitDay(micros, 'us').days)
  return Math.trunc('months' in size ? (year * 12 + month - 1) / size.months : year / size.years)
}

export const lastDayReference: Reference = ([value], [type]) => {
  if (value === null) return null
  const { year, month } = civilOf(splitDay(microsOf(value, type), 'us').days)
  return daysOf(year, month, daysInMonth(year, month))
}

/** Dates end one day before those that stand for infinity in DuckDB. */
const LAST_DATE = 2_147_483_646

export const makeDateReference: Reference = ([year, month, day]) => {
  if (year === null || month === null || day === null) return null
  const [y, m, d] = [Number(year), Number(month), Number(day)]
  if (Math.abs(y) <= 6_000_000 && m >= 1 && m <= 12 && d >= 1 && d <= daysInMonth(y, m)) {
    const days = daysOf(y, m, d)
    if (Math.abs(days) <= LAST_DATE) return days
  }
  throw new RowError('VOLLEY_OVERFLOW', `makeDate(${year}, ${month}, ${day}) is no date`, -1)
}
