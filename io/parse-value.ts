/** Text as values. Every function returns null for text that is not such a value; none rounds or guesses. */

import { daysInMonth, daysOf, UNITS_PER_SECOND, unitsPerDay } from '../planner/calendar.js'
import type { TimeUnit } from '../planner/types.js'

const DATE = /^(-?\d{4,6})-(\d{1,2})-(\d{1,2})( \(BC\))?$/
const BEFORE_CHRIST = ' (BC)'
const TIME = /^(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?$/
const ZONE = /(?:Z|([+-])(\d{2})(?::?(\d{2}))?)$/
const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/
const INTEGER = /^[+-]?\d+$/
const FLOAT = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?|nan)$/i

/** Days since 1970 of `2024-02-29`, or of `0044-03-15 (BC)`. */
export function parseDate(text: string): number | null {
  const match = DATE.exec(text)
  if (match === null) return null
  const shown = Number(match[1])
  // Of years before Christ, the first is the year 0.
  const year = match[4] === undefined ? shown : 1 - shown
  const month = Number(match[2])
  const day = Number(match[3])
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return null
  return daysOf(year, month, day)
}

/** Units since midnight of `03:04:05.12`; null too for more digits than the unit has. */
export function parseTime(text: string, unit: TimeUnit): bigint | null {
  const match = TIME.exec(text)
  if (match === null) return null
  const [hours, minutes, seconds] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (hours > 23 || minutes > 59 || seconds > 59) return null
  const fraction = parseFraction(match[4] ?? '', unit)
  if (fraction === null) return null
  return BigInt(hours * 3600 + minutes * 60 + seconds) * UNITS_PER_SECOND[unit] + fraction
}

function parseFraction(digits: string, unit: TimeUnit): bigint | null {
  const places = { s: 0, ms: 3, us: 6, ns: 9 }[unit]
  if (!/^0*$/.test(digits.slice(places))) return null
  return BigInt(digits.slice(0, places).padEnd(places, '0') || '0')
}

export interface ParsedTimestamp {
  /** Since 1970 in UTC, the offset applied; without one the text is taken as UTC. */
  readonly units: bigint
  readonly hasZone: boolean
}

/** `2024-02-29`, `2024-02-29 03:04`, `2024-02-29T03:04:05.12Z`, `... +01:00`. */
export function parseTimestamp(text: string, unit: TimeUnit): ParsedTimestamp | null {
  const era = text.indexOf(BEFORE_CHRIST)
  const split = era < 0 ? text.search(/[T ]/) : era + BEFORE_CHRIST.length
  if (split < 0 || split === text.length) {
    const days = parseDate(text)
    return days === null ? null : { units: BigInt(days) * unitsPerDay(unit), hasZone: false }
  }
  const days = parseDate(text.slice(0, split))
  const rest = text.slice(split + 1)
  const zone = ZONE.exec(rest)
  const clock = (zone === null ? rest : rest.slice(0, zone.index)).trimEnd()
  const time = parseTime(/^\d{1,2}:\d{2}$/.test(clock) ? `${clock}:00` : clock, unit)
  if (days === null || time === null) return null
  const minutes = zone?.[1] === undefined ? 0 : Number(zone[2]) * 60 + Number(zone[3] ?? 0)
  const seconds = BigInt(days) * 86_400n - BigInt(zone?.[1] === '-' ? -minutes : minutes) * 60n
  return { units: seconds * UNITS_PER_SECOND[unit] + time, hasZone: zone !== null }
}

/** Unscaled; null too for digits beyond `scale` that are not zero, and for more than `precision` digits. */
export function parseDecimal(text: string, precision: number, scale: number): bigint | null {
  const match = DECIMAL.exec(text)
  if (match === null) return null
  const whole = match[2]
  const fraction = match[3] ?? ''
  if (whole.length + fraction.length === 0) return null
  const digits = BigInt(whole + fraction)
  // The value is digits × 10^shift at the wanted scale.
  const shift = scale - fraction.length + Number(match[4] ?? 0)
  if (shift > 0 && digits !== 0n && shift > precision) return null
  let unscaled = digits
  if (shift > 0) unscaled = digits === 0n ? 0n : digits * 10n ** BigInt(shift)
  else if (shift < 0) {
    const divisor = 10n ** BigInt(-shift)
    if (digits % divisor !== 0n) return null
    unscaled = digits / divisor
  }
  if (unscaled >= 10n ** BigInt(precision)) return null
  return match[1] === '-' ? -unscaled : unscaled
}

export function parseInteger(text: string): bigint | null {
  if (!INTEGER.test(text)) return null
  return BigInt(text.startsWith('+') ? text.slice(1) : text)
}

export function parseFloat64(text: string): number | null {
  if (!FLOAT.test(text)) return null
  const value = Number(text)
  if (!Number.isNaN(value)) return value
  const lower = text.toLowerCase()
  if (lower.endsWith('nan')) return Number.NaN
  return lower.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

/** `true`, `false`, `t`, `f` in any case. */
export function parseBoolean(text: string): boolean | null {
  const lower = text.toLowerCase()
  if (lower === 'true' || lower === 't') return true
  return lower === 'false' || lower === 'f' ? false : null
}
