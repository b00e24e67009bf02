/** Values as text, in the form in which DuckDB casts them to VARCHAR; files in text formats are made of it. */

import type { ScalarValue } from '../planner/expression.js'
import type { TimeUnit } from '../planner/types.js'

export const UNITS_PER_SECOND: Record<TimeUnit, bigint> = { s: 1n, ms: 1000n, us: 1_000_000n, ns: 1_000_000_000n }
const SECONDS_PER_DAY = 86_400n

/** `2024-02-29`; years before 1 as `0044-03-15 (BC)`. */
export function formatDate(days: number): string {
  const { year, month, day } = civilDate(days)
  const shown = year > 0 ? year : 1 - year
  return `${String(shown).padStart(4, '0')}-${two(month)}-${two(day)}${year > 0 ? '' : ' (BC)'}`
}

/** `03:04:05.12`: fractions without trailing zeros. */
export function formatTime(units: bigint, unit: TimeUnit): string {
  const perSecond = UNITS_PER_SECOND[unit]
  const seconds = Number(units / perSecond)
  const time = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  const fraction = units % perSecond
  if (fraction === 0n) return time
  const digits = String(fraction).padStart(String(perSecond).length - 1, '0')
  return `${time}.${digits.replace(/0+$/, '')}`
}

/** `2024-02-29 03:04:05.12`, in UTC. */
export function formatTimestamp(units: bigint, unit: TimeUnit, separator = ' '): string {
  const perDay = UNITS_PER_SECOND[unit] * SECONDS_PER_DAY
  const days = floorDivide(units, perDay)
  const date = formatDate(Number(days))
  const time = formatTime(units - days * perDay, unit)
  const beforeChrist = date.indexOf(' (BC)')
  if (beforeChrist < 0) return date + separator + time
  return `${date.slice(0, beforeChrist)}${separator}${time} (BC)`
}

/** Hours, minutes and seconds; hours may be any number. */
export function formatDuration(units: bigint, unit: TimeUnit): string {
  return units < 0n ? `-${formatTime(-units, unit)}` : formatTime(units, unit)
}

/** Exact: `-0.05` for -5 at scale 2. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The shortest digits that give the same value: `1.0`, `0.1`, `1e+20`, `1.5e-07`, `nan`, `-inf`. */
export function formatFloat(value: number, bits: 32 | 64): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const shortest = bits === 32 ? shortestFloat(value) : value
  const [mantissa, exponentText] = shortest.toExponential().split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < 16) {
    const fixed = String(shortest)
    return fixed.includes('.') ? fixed : `${fixed}.0`
  }
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${two(Math.abs(exponent))}`
}

/** The double with the fewest digits that rounds to the same 32-bit float. */
export function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return value
}

/** Printable ASCII as it is, other bytes and the backslash as `\xFF`. */
export function formatBlob(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const plain = byte >= 32 && byte < 127 && byte !== 92 && byte !== 34 && byte !== 39
    text += plain ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

/** Proleptic Gregorian. Source: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. */
export function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

/** Days since 1970; the inverse of `civilDate`. */
export function daysOfCivil(year: number, month: number, day: number): number {
  const shiftedYear = month <= 2 ? year - 1 : year
  const era = Math.floor(shiftedYear / 400)
  const yearOfEra = shiftedYear - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

export function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend % divisor < 0n ? quotient - 1n : quotient
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/** Shown in messages: short, and with quotes around text. */
export function describeValue(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : `Date ${value.toISOString()}`
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`
  if (typeof value === 'object' && value !== null) return value instanceof Map ? 'a Map' : 'an object'
  return String(value as ScalarValue | undefined)
}
