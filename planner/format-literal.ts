/** Constants as SQL writes them. */

import { civilOf, splitDay, UNITS_PER_SECOND } from './calendar.js'
import type { Interval, ScalarValue } from './expression.js'
import { formatDecimal } from './integers.js'
import type { DataType, TimeUnit } from './types.js'

/** A constant of a type, or of the type its value suggests if null. */
export function formatLiteral(value: ScalarValue, type: DataType | null): string {
  if (value === null) return 'NULL'
  if (type !== null) {
    switch (type.kind) {
      case 'decimal':
        return formatDecimal(BigInt(value as bigint), type.scale)
      case 'date':
        return `DATE '${formatDate(value as number)}'`
      case 'time':
        return `TIME '${formatTime(BigInt(value as bigint), type.unit)}'`
      case 'timestamp':
        return `${type.zone === null ? 'TIMESTAMP' : 'TIMESTAMPTZ'} '${formatTimestamp(BigInt(value as bigint), type.unit)}'`
      case 'duration':
        return `INTERVAL '${value} ${type.unit}'`
      default:
    }
  }
  return formatUntyped(value)
}

/** `2024-02-29`; years before 1 as `0044-03-15 (BC)`. */
export function formatDate(days: number): string {
  const { year, month, day } = civilOf(days)
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${shown}-${two(month)}-${two(day)}${year > 0 ? '' : ' (BC)'}`
}

/** `03:04:05.12`: fractions without trailing zeros; hours may have more digits. */
export function formatTime(count: bigint, unit: TimeUnit): string {
  const perSecond = UNITS_PER_SECOND[unit]
  const seconds = Number(count / perSecond)
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  const fraction = count % perSecond
  if (fraction === 0n) return clock
  const digits = fraction.toString().padStart(perSecond.toString().length - 1, '0')
  return `${clock}.${digits.replace(/0+$/, '')}`
}

/** `2024-02-29 03:04:05.12`, in UTC. */
export function formatTimestamp(count: bigint, unit: TimeUnit, separator = ' '): string {
  const { days, clock } = splitDay(count, unit)
  return formatDate(days) + separator + formatTime(clock, unit)
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

function formatUntyped(value: ScalarValue): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (value instanceof Uint8Array) {
    return `'${Array.from(value, (byte) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')}'::BLOB`
  }
  if (value === null) return 'NULL'
  if (typeof value !== 'object') return String(value)
  if ('micros' in value) return formatInterval(value as Interval)
  if (Array.isArray(value)) return `[${value.map(formatUntyped).join(', ')}]`
  const entries = value instanceof Map ? [...value] : Object.entries(value as Record<string, ScalarValue>)
  return `{${entries.map(([key, item]) => `${formatUntyped(key)}: ${formatUntyped(item)}`).join(', ')}}`
}

function formatInterval({ months, days, micros }: Interval): string {
  const parts = [
    months === 0 ? '' : `${months} months`,
    days === 0 ? '' : `${days} days`,
    micros === 0n ? '' : `${formatDecimal(micros, 6).replace(/\.?0+$/, '')} seconds`,
  ].filter((part) => part !== '')
  return `INTERVAL '${parts.length === 0 ? '0 days' : parts.join(' ')}'`
}
