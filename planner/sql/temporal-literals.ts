/** Reads the text of dates, timestamps and intervals in the plain forms that SQL constants take. */

import type { Interval } from '../expression.js'

const DATE_PATTERN = /^(\d{4})-(\d{2})-(\d{2})$/
const TIMESTAMP_PATTERN = /^(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?)?$/

/** Days since 1970, or null if the text is not `YYYY-MM-DD` or no such day exists. */
export function parseDate(text: string): number | null {
  const match = DATE_PATTERN.exec(text)
  if (match === null) return null
  const [year, month, day] = match.slice(1).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null
  return Math.round(date.getTime() / 86_400_000)
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

const UNIT_PATTERN = /^\s*([-+]?\d+)\s*([a-z]+)\s*/i

const UNITS: Readonly<Record<string, readonly [number, number, bigint]>> = {
  year: [12, 0, 0n],
  quarter: [3, 0, 0n],
  month: [1, 0, 0n],
  mon: [1, 0, 0n],
  week: [0, 7, 0n],
  day: [0, 1, 0n],
  hour: [0, 0, 3_600_000_000n],
  minute: [0, 0, 60_000_000n],
  min: [0, 0, 60_000_000n],
  second: [0, 0, 1_000_000n],
  sec: [0, 0, 1_000_000n],
  millisecond: [0, 0, 1_000n],
  microsecond: [0, 0, 1n],
}

/** The sum of `<integer> <unit>` terms, or null if the text is anything else. */
export function parseInterval(text: string): Interval | null {
  let [months, days, micros] = [0, 0, 0n]
  let rest = text.trim()
  if (rest === '') return null
  while (rest !== '') {
    const match = UNIT_PATTERN.exec(rest)
    const unit = match && UNITS[match[2].toLowerCase().replace(/s$/, '')]
    if (!match || !unit) return null
    const count = Number(match[1])
    months += unit[0] * count
    days += unit[1] * count
    micros += unit[2] * BigInt(count)
    rest = rest.slice(match[0].length)
  }
  return { months, days, micros }
}
