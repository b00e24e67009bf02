/** Text as intervals, as DuckDB reads it: `1 month 2 days 04:05:06.5`, `3 hours ago`. */

import { MICROS_PER_DAY } from './calendar.js'
import type { Interval } from './expression.js'

/** Months and microseconds of one unit; days and weeks are kept as days. */
const UNITS: readonly (readonly [pattern: RegExp, months: number, days: number, micros: number])[] = [
  [/^(microseconds?|us|usecs?|useconds?)$/, 0, 0, 1],
  [/^(milliseconds?|ms|msecs?)$/, 0, 0, 1e3],
  [/^(seconds?|s|secs?)$/, 0, 0, 1e6],
  [/^(minutes?|m|mins?)$/, 0, 0, 6e7],
  [/^(hours?|h|hrs?)$/, 0, 0, 3.6e9],
  [/^(days?|d)$/, 0, 1, 0],
  [/^(weeks?|w)$/, 0, 7, 0],
  [/^(months?|mons?)$/, 1, 0, 0],
  [/^quarters?$/, 3, 0, 0],
  [/^(years?|y|yrs?)$/, 12, 0, 0],
  [/^(decades?|decs?)$/, 120, 0, 0],
  [/^(century|centuries|cent|c)$/, 1200, 0, 0],
  [/^(millenniums?|millennia|mils?)$/, 12_000, 0, 0],
]

const PART =
  /^\s*([+-]?)(?:(\d+):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,6})\d*)?)?|(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*))(?=\s|\d|[+-]|$)/

/** Undefined if the text is no interval. */
export function parseInterval(text: string): Interval | undefined {
  let rest = text.trim().toLowerCase()
  const ago = rest.endsWith(' ago')
  if (ago) rest = rest.slice(0, -4)
  if (rest === '') return undefined
  let total = { months: 0, days: 0, micros: 0n }
  while (rest !== '') {
    const match = PART.exec(rest)
    if (match === null) return undefined
    const part = partOf(match)
    if (part === undefined) return undefined
    total = { months: total.months + part.months, days: total.days + part.days, micros: total.micros + part.micros }
    rest = rest.slice(match[0].length).trim()
  }
  return ago ? { months: -total.months, days: -total.days, micros: -total.micros } : total
}

function partOf(match: RegExpExecArray): Interval | undefined {
  const [, sign, hours, minutes, seconds = '0', fraction = '', amount, unit] = match
  const factor = sign === '-' ? -1 : 1
  if (hours !== undefined) {
    const whole = (BigInt(hours) * 60n + BigInt(minutes)) * 60n + BigInt(seconds)
    const micros = whole * 1_000_000n + BigInt(fraction.padEnd(6, '0'))
    return { months: 0, days: 0, micros: BigInt(factor) * micros }
  }
  // A number alone counts seconds.
  const found = UNITS.find(([pattern]) => pattern.test(unit === '' ? 'second' : unit))
  if (found === undefined) return undefined
  const [, months, days, micros] = found
  const count = factor * Number(amount)
  // Fractions of months and days go on to the next smaller unit.
  const allMonths = count * months
  const allDays = count * days + (allMonths - Math.trunc(allMonths)) * 30
  const allMicros = count * micros + (allDays - Math.trunc(allDays)) * Number(MICROS_PER_DAY)
  return { months: Math.trunc(allMonths), days: Math.trunc(allDays), micros: BigInt(Math.round(allMicros)) }
}
