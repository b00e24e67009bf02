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

const DURATIONS = [
  { unit: 'ns', milliseconds: 1e-6, until: 9.995e-4 },
  { unit: 'µs', milliseconds: 1e-3, until: 0.9995 },
  { unit: 'ms', milliseconds: 1, until: 999.5 },
  { unit: 's', milliseconds: 1_000, until: 119_500 },
  { unit: 'min', milliseconds: 60_000, until: Number.POSITIVE_INFINITY },
] as const

/** With the unit that suits it: `12.3 ns`, `850 µs`, `12.4 ms`, `1.53 s`, `4.10 min`. */
export function durationText(milliseconds: number): string {
  const { unit, milliseconds: one } = durationOf(milliseconds)
  return `${threeDigits(milliseconds / one)} ${unit}`
}

/** Round durations, without the zeros that stand for nothing: `0`, `5 s`, `2.5 min`; in the unit that suits `largest`. */
export function tickDuration(milliseconds: number, largest = milliseconds): string {
  if (milliseconds === 0) return '0'
  const { unit, milliseconds: one } = durationOf(largest)
  return `${Number((milliseconds / one).toPrecision(3)).toLocaleString('en-US')} ${unit}`
}

/** Of nothing at all: milliseconds, which are what is measured. */
function durationOf(milliseconds: number) {
  if (milliseconds === 0) return DURATIONS[2]
  return DURATIONS.find(({ until }) => Math.abs(milliseconds) < until)!
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
