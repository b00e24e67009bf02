/** Text as dates, times, timestamps and durations, as DuckDB reads it. */

import { daysInMonth, daysOf, intervalMicros, unitsPerDay } from '../../../planner/calendar.js'
import { divideRounded } from '../../../planner/integers.js'
import { parseInterval } from '../../../planner/parse-interval.js'
import type { TimeUnit } from '../../../planner/types.js'

const LAST_DATE = 2_147_483_646
const NANOS_PER_DAY = unitsPerDay('ns')
const DATE = /^\s*(-?\d{1,9})([-/\\ ])(\d{1,2})\2(\d{1,2})(?!\d)( \(BC\))?/
const CLOCK = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?/
const OFFSET = /^([+-])(\d{2})(?::?(\d{2})(?::?(\d{2}))?)?$/

/** The days of a date at the start of the text, and what follows it. */
function leadingDate(text: string): { readonly days: number; readonly rest: string } | undefined {
  const match = DATE.exec(text)
  if (match === null) return undefined
  const [all, yearText, , monthText, dayText, era] = match
  const year = era === undefined ? Number(yearText) : 1 - Number(yearText)
  const month = Number(monthText)
  const day = Number(dayText)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const days = daysOf(year, month, day)
  return Math.abs(days) > LAST_DATE ? undefined : { days, rest: text.slice(all.length) }
}

/** Days since 1970. What follows the date is ignored. */
export function parseDate(text: string): number | undefined {
  if (text.trim().toLowerCase() === 'epoch') return 0
  return leadingDate(text)?.days
}

/** Nanoseconds since midnight of a clock at the start of the text, and what follows it. */
function leadingClock(text: string): { readonly nanos: bigint; readonly rest: string } | undefined {
  const match = CLOCK.exec(text)
  if (match === null) return undefined
  const [all, hours, minutes, seconds = '0', fraction = ''] = match
  if (Number(minutes) > 59 || Number(seconds) > 59) return undefined
  const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)
  const nanos = whole * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
  return nanos > NANOS_PER_DAY ? undefined : { nanos, rest: text.slice(all.length) }
}

const NANOS: Record<TimeUnit, bigint> = { s: 1_000_000_000n, ms: 1_000_000n, us: 1000n, ns: 1n }

/** Finer digits than microseconds are cut; coarser units are rounded from those, half away from zero. */
function inUnit(nanos: bigint, unit: TimeUnit): bigint {
  if (unit === 'ns') return nanos
  const micros = nanos / 1000n
  return unit === 'us' ? micros : divideRounded(micros, NANOS[unit] / 1000n)
}

/** A time of the day, alone or that of a timestamp. */
export function parseTime(text: string, unit: TimeUnit): bigint | undefined {
  const nanos = leadingClock(text.trimStart())?.nanos ?? parseInstant(text, false)
  return nanos === undefined ? undefined : inUnit(nanos === NANOS_PER_DAY ? nanos : sinceMidnight(nanos), unit)
}

function sinceMidnight(nanos: bigint): bigint {
  const rest = nanos % NANOS_PER_DAY
  return rest < 0n ? rest + NANOS_PER_DAY : rest
}

/**
 * Units since 1970. A time zone offset counts where the type has a zone, and is skipped where it has none; nanoseconds
 * always take it into account, as in DuckDB.
 */
export function parseTimestamp(text: string, unit: TimeUnit, zoned: boolean): bigint | undefined {
  const nanos = parseInstant(text, zoned || unit === 'ns')
  return nanos === undefined ? undefined : checked(nanos, unit)
}

/** Nanoseconds since 1970, in UTC or as the clock shows. */
function parseInstant(text: string, inUtc: boolean): bigint | undefined {
  if (text.trim().toLowerCase() === 'epoch') return 0n
  const date = leadingDate(text)
  if (date === undefined) return undefined
  const midnight = BigInt(date.days) * NANOS_PER_DAY
  // Spaces may follow a clock, but not a date alone.
  if (date.rest === '') return midnight
  const separator = /^(T|\s+)/.exec(date.rest)
  const clock = separator === null ? undefined : leadingClock(date.rest.slice(separator[0].length).trimEnd())
  if (clock === undefined) return undefined
  const offset = parseOffset(clock.rest)
  return offset === undefined ? undefined : midnight + clock.nanos - (inUtc ? offset : 0n)
}

/** Nanoseconds east of UTC. */
function parseOffset(text: string): bigint | undefined {
  if (text === '' || text === 'Z' || text === ' UTC') return 0n
  const match = OFFSET.exec(text)
  if (match === null) return undefined
  const [, sign, hours, minutes = '0', seconds = '0'] = match
  const total = ((BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)) * 1_000_000_000n
  return sign === '-' ? -total : total
}

/** The largest and smallest counts stand for infinity in DuckDB. */
function checked(nanos: bigint, unit: TimeUnit): bigint | undefined {
  const count = inUnit(nanos, unit)
  const limit = 2n ** 63n - 1n
  return count < limit && count > -limit ? count : undefined
}

/** An interval as a span of time; finer digits than the unit are cut. */
export function parseDuration(text: string, unit: TimeUnit): bigint | undefined {
  const interval = parseInterval(text)
  return interval && (intervalMicros(interval) * 1000n) / NANOS[unit]
}
