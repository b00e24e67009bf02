/** Constants as SQL writes them. */

import type { Interval, ScalarValue } from './expression.js'
import type { DataType, TimeUnit } from './types.js'

const DIGITS: Record<TimeUnit, number> = { s: 0, ms: 3, us: 6, ns: 9 }
const SECONDS_A_DAY = 86_400n

/** A constant of a type, or of the type its value suggests if null. */
export function formatLiteral(value: ScalarValue, type: DataType | null): string {
  if (value === null) return 'NULL'
  if (type !== null) {
    switch (type.kind) {
      case 'decimal':
        return formatDecimal(BigInt(value as bigint), type.scale)
      case 'date':
        return `DATE '${formatDate(BigInt(value as number))}'`
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

/** An unscaled integer with its decimal point. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const point = digits.length - scale
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return unscaled < 0n ? `-${text}` : text
}

export function formatTimestamp(count: bigint, unit: TimeUnit): string {
  const day = SECONDS_A_DAY * 10n ** BigInt(DIGITS[unit])
  const days = (count - (((count % day) + day) % day)) / day
  return `${formatDate(days)} ${formatTime(count - days * day, unit)}`
}

function formatDate(days: bigint): string {
  const date = new Date(Number(days) * 86_400_000)
  if (Number.isNaN(date.getTime())) return `${days} days since 1970`
  const text = date.toISOString()
  return text.slice(0, text.indexOf('T'))
}

function formatTime(count: bigint, unit: TimeUnit): string {
  const digits = DIGITS[unit]
  const second = 10n ** BigInt(digits)
  const seconds = Number(count / second)
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const fraction = (count % second).toString().padStart(digits, '0').replace(/0+$/, '')
  return parts.map((part) => String(part).padStart(2, '0')).join(':') + (count % second === 0n ? '' : `.${fraction}`)
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
