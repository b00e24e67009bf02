/** Numbers with units: printed for people, and read. */

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

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
}

/** Bytes named by text such as `512MB`, `1.5 GiB` or `1000`; NaN if it names none. */
export function parseBytes(text: string): number {
  const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]*)\s*$/i.exec(text)
  const unit = match === null ? undefined : UNIT_BYTES[match[2].toLowerCase()]
  return match === null || unit === undefined ? Number.NaN : Math.floor(Number(match[1]) * unit)
}

const UNIT_MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Milliseconds named by text such as `500ms`, `30s`, `5min` or `1.5h`; NaN if it names none. */
export function parseDuration(text: string): number {
  const match = /^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+)\s*$/i.exec(text)
  const unit = match === null ? undefined : UNIT_MILLISECONDS[match[2].toLowerCase()]
  return match === null || unit === undefined ? Number.NaN : Number(match[1]) * unit
}
