/** Reads the text of dates and timestamps in the plain forms that SQL constants take. */

import { daysInMonth, daysOf } from '../calendar.js'

const DATE_PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/
const TIMESTAMP_PATTERN = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?$/

/** Days since 1970, or null if the text is not `YYYY-MM-DD` or no such day exists. */
export function parseDate(text: string): number | null {
  const match = DATE_PATTERN.exec(text)
  if (match === null) return null
  const [year, month, day] = match.slice(1).map(Number)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  return daysOf(year, month, day)
}

/** Microseconds since 1970, or null if the text is not `YYYY-MM-DD[ HH:MM[:SS[.ffffff]]]`. */
export function parseTimestamp(text: string): bigint | null {
  const match = TIMESTAMP_PATTERN.exec(text)
  if (match === null) return null
  const days = parseDate(match[1])
  const [hours, minutes, seconds] = match.slice(2, 5).map((part) => Number(part ?? 0))
  if (days === null || hours > 23 || minutes > 59 || seconds > 59) return null
  const micros = BigInt((match[5] ?? '').padEnd(6, '0'))
  return BigInt(((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000_000n + micros
}
