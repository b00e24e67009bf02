/** Values as text, as DuckDB's casts to VARCHAR write them. */

import { unitsPerDay } from '../planner/calendar.js'
import { unreachable } from '../planner/errors.js'
import type { Interval, ScalarValue } from '../planner/expression.js'
import { formatDate, formatTime, formatTimestamp } from '../planner/format-literal.js'
import { formatDecimal } from '../planner/integers.js'
import type { DataType, TimeUnit } from '../planner/types.js'

/** The text of a value that is not null. */
export function formatValue(value: ScalarValue, type: DataType): string {
  switch (type.kind) {
    case 'null':
      return 'NULL'
    case 'bool':
      return value === true ? 'true' : 'false'
    case 'int':
      return String(value)
    case 'float':
      return formatFloat(value as number, type.bits)
    case 'decimal': {
      const text = formatDecimal(value as bigint, type.scale)
      // A type without whole digits shows none: DECIMAL(1,1) has .5.
      return type.precision === type.scale ? text.replace(/^(-?)0\./, '$1.') : text
    }
    case 'utf8':
      return value as string
    case 'binary':
      return formatBinary(value as Uint8Array)
    case 'date':
      return formatDate(value as number)
    case 'time':
      return formatTime(value as bigint, type.unit)
    case 'timestamp':
      return formatTimestamp(value as bigint, type.unit) + (type.zone === null ? '' : '+00')
    case 'duration':
      return formatDuration(value as bigint, type.unit)
    case 'interval':
      return formatInterval(value as Interval)
    case 'list':
      return `[${(value as readonly ScalarValue[]).map((item) => formatElement(item, type.element.type)).join(', ')}]`
    case 'struct': {
      const record = value as { readonly [name: string]: ScalarValue }
      const parts = type.fields.map((f) => `'${f.name}': ${formatElement(record[f.name] ?? null, f.type)}`)
      return `{${parts.join(', ')}}`
    }
    case 'map': {
      const entries = [...(value as ReadonlyMap<ScalarValue, ScalarValue>)]
      const parts = entries.map(
        ([key, item]) => `${formatElement(key, type.key.type)}=${formatElement(item, type.value.type)}`,
      )
      return `{${parts.join(', ')}}`
    }
    default:
      return unreachable(type)
  }
}

/** What a text inside of a nested value must not contain to stand there without quotes. */
const NEEDS_QUOTES = /^$|^\s|\s$|[,:=()[\]{}"']|^null$/i

function formatElement(value: ScalarValue, type: DataType): string {
  if (value === null) return 'NULL'
  const text = formatValue(value, type)
  if (type.kind === 'list' || type.kind === 'struct' || type.kind === 'map' || !NEEDS_QUOTES.test(text)) return text
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** The shortest digits that read back as the same value; scientific below 1e-4 and from 1e16 on. */
export function formatFloat(value: number, bits: 32 | 64): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const magnitude = Math.abs(value)
  if (bits === 64 && magnitude >= 1e-4 && magnitude < 1e16)
    return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa, exponentText] = (bits === 32 ? shortestFloat32(value) : value.toExponential()).split('e')
  const exponent = Number(exponentText)
  if (exponent < -4 || exponent >= 16) {
    const digits = String(Math.abs(exponent)).padStart(2, '0')
    return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`
  }
  const sign = value < 0 ? '-' : ''
  const digits = mantissa.replace(/[-.]/g, '')
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const padded = digits.padEnd(exponent + 2, '0')
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}`
}

function shortestFloat32(value: number): string {
  for (let fraction = 0; fraction < 8; fraction++) {
    const text = value.toExponential(fraction)
    if (Math.fround(Number(text)) === value) return text
  }
  return value.toExponential(8)
}

function formatBinary(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    const printable = byte >= 32 && byte < 127 && byte !== 0x22 && byte !== 0x27 && byte !== 0x5c
    text += printable ? String.fromCharCode(byte) : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}

/** As DuckDB writes the difference of two timestamps: days, then hours, minutes and seconds. */
export function formatDuration(count: bigint, unit: TimeUnit): string {
  const sign = count < 0n ? '-' : ''
  const magnitude = count < 0n ? -count : count
  const perDay = unitsPerDay(unit)
  const days = magnitude / perDay
  const rest = magnitude % perDay
  if (days === 0n) return sign + formatTime(rest, unit)
  const dayText = `${sign}${plural(Number(days), 'day')}`
  return rest === 0n ? dayText : `${dayText} ${sign}${formatTime(rest, unit)}`
}

function formatInterval({ months, days, micros }: Interval): string {
  const years = Math.trunc(months / 12)
  const parts = [
    years === 0 ? '' : plural(years, 'year'),
    months % 12 === 0 ? '' : plural(months % 12, 'month'),
    days === 0 ? '' : plural(days, 'day'),
  ].filter((part) => part !== '')
  if (micros !== 0n || parts.length === 0) {
    parts.push(micros < 0n ? `-${formatTime(-micros, 'us')}` : formatTime(micros, 'us'))
  }
  return parts.join(' ')
}

function plural(count: number, unit: string): string {
  return `${count} ${unit}${Math.abs(count) === 1 ? '' : 's'}`
}
