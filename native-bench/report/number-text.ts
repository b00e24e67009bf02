/** Measured numbers as reports write them: three digits for people, all that mean something for tables of everything. */

import { formatBytes, formatCount, formatRate } from '../../planner/quantities.js'
import type { Figure } from '../results.js'

/** `0.012`, `1.53`, `12.4`, `153`, `1,234`; the unit is in the title of the column. */
export function threeDigits(value: number): string {
  const size = Math.abs(value)
  if (size === 0) return '0'
  if (size >= 99.95) return formatCount(value)
  if (size >= 9.995) return value.toFixed(1)
  if (size >= 0.9995) return value.toFixed(2)
  return size >= 0.0995 ? value.toFixed(3) : value.toPrecision(2)
}

/** With the unit that suits it: `850 µs`, `12.4 ms`, `1.53 s`, `4.1 min`. */
export function durationText(milliseconds: number): string {
  if (milliseconds < 0.9995) return `${threeDigits(milliseconds * 1_000)} µs`
  if (milliseconds < 999.5) return `${threeDigits(milliseconds)} ms`
  if (milliseconds < 119_500) return `${threeDigits(milliseconds / 1_000)} s`
  return `${threeDigits(milliseconds / 60_000)} min`
}

/** `0.052`, `0.62`, `1.00`, `14.2`, `350`. */
export function ratioText(ratio: number): string {
  return ratio >= 0.0995 && ratio < 0.9995 ? ratio.toFixed(2) : threeDigits(ratio)
}

/** With its unit, but for a count that is named after it. */
export function figureText({ name, value, unit }: Figure): string {
  switch (unit) {
    case 'ms':
      return durationText(value)
    case 'µs':
      return durationText(value / 1_000)
    case 'bytes':
      return formatBytes(value)
    case 'rows/s':
      return formatRate(value)
    case 'ratio':
      return ratioText(value)
    default:
      // Counts are compared to the last digit.
      return `${Number.isInteger(value) ? formatCount(value) : exactText(value)}${name === unit ? '' : ` ${unit}`}`
  }
}

/** Integers to the last digit, others to seven: nanoseconds of what took seconds are noise. */
export function exactText(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)))
}
