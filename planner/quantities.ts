/** Prints numbers with units for people. */

const BYTE_UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** Grouped by thousands: `1,234,567`. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}

/** In powers of 1,000, three digits: `938 KB`, `1.07 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : threeDigits(value)} ${BYTE_UNITS[unit]}`
}

/** `12 ms`, `1.53 s`, `2 min 05 s`, `1 h 03 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 59.95) return `${threeDigits(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`
}

/** `4.1 million rows/s`, `950 thousand rows/s`. */
export function formatRate(rowsPerSecond: number): string {
  if (rowsPerSecond >= 999_500) return `${threeDigits(rowsPerSecond / 1e6)} million rows/s`
  if (rowsPerSecond >= 10_000) return `${Math.round(rowsPerSecond / 1000)} thousand rows/s`
  return `${formatCount(rowsPerSecond)} rows/s`
}

/** One part of a whole: `24.7 %`; empty without a whole. */
export function formatShare(part: number, whole: number): string {
  return whole > 0 ? `${((part / whole) * 100).toFixed(1)} %` : ''
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0)
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}
