/** Constants, each of exactly its type: DuckDB would give an untyped number the type of its neighbours. */

import { unreachable } from '../errors.js'
import type { Interval, ScalarValue } from '../expression.js'
import { formatDate, formatTime, formatTimestamp } from '../format-literal.js'
import { formatDecimal } from '../integers.js'
import { type DataType, timestamp } from '../types.js'
import { quoteName, quoteText } from './quoting.js'
import { expressionType } from './types.js'

export function sqlOfLiteral(value: ScalarValue, type: DataType): string {
  const as = (text: string) => `CAST(${text} AS ${expressionType(type)})`
  if (value === null) return as('NULL')
  switch (type.kind) {
    case 'null':
      return as('NULL')
    case 'bool':
      return value === true ? 'true' : 'false'
    case 'int':
      return as(String(value))
    case 'float':
      return as(`'${floatText(value as number)}'`)
    case 'decimal':
      return as(`'${formatDecimal(BigInt(value as bigint), type.scale)}'`)
    case 'utf8':
      return quoteText(value as string)
    case 'binary':
      return `'${bytesText(value as Uint8Array)}'::BLOB`
    case 'date':
      return isPlainDay(value as number)
        ? `DATE '${formatDate(value as number)}'`
        : `make_date(CAST(${value} AS INTEGER))`
    case 'time':
      return as(`'${formatTime(BigInt(value as bigint), type.unit)}'`)
    case 'timestamp':
      return timestampText(BigInt(value as bigint), type)
    case 'duration':
      return as(String(value))
    case 'interval':
      return intervalText(value as Interval)
    case 'list': {
      const { type: element } = type.element
      return as(`[${(value as readonly ScalarValue[]).map((one) => sqlOfLiteral(one, element)).join(', ')}]`)
    }
    case 'struct': {
      const values = value as Readonly<Record<string, ScalarValue>>
      const parts = type.fields.map(
        (one) => `${quoteName(one.name)} := ${sqlOfLiteral(values[one.name] ?? null, one.type)}`,
      )
      return as(`struct_pack(${parts.join(', ')})`)
    }
    case 'map': {
      const entries = [...(value as ReadonlyMap<ScalarValue, ScalarValue>)]
      const list = (texts: readonly string[]) => `[${texts.join(', ')}]`
      const keys = entries.map(([key]) => sqlOfLiteral(key, type.key.type))
      const values = entries.map(([, one]) => sqlOfLiteral(one, type.value.type))
      return as(`MAP(${list(keys)}, ${list(values)})`)
    }
    default:
      return unreachable(type)
  }
}

function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0.0'
  return String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
}

function bytesText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')
}

const FIRST_PLAIN_DAY = -719_162
const LAST_PLAIN_DAY = 2_932_896

/** Years 1 to 9999, whose text is the same everywhere. */
function isPlainDay(days: number): boolean {
  return days >= FIRST_PLAIN_DAY && days <= LAST_PLAIN_DAY
}

const MICROS_PER_DAY = 86_400_000_000n

function timestampText(count: bigint, type: Extract<DataType, { kind: 'timestamp' }>): string {
  if (type.unit !== 'us')
    return `CAST('${formatTimestamp(count, type.unit)}' AS ${expressionType(timestamp(type.unit, null))})`
  if (!isPlainDay(Number(count / MICROS_PER_DAY))) {
    return `make_timestamp${type.zone === null ? '' : 'tz'}(CAST(${count} AS BIGINT))`
  }
  const text = formatTimestamp(count, 'us')
  return type.zone === null ? `TIMESTAMP '${text}'` : `TIMESTAMPTZ '${text}+00'`
}

function intervalText({ months, days, micros }: Interval): string {
  return `(to_months(CAST(${months} AS INTEGER)) + to_days(CAST(${days} AS INTEGER)) + to_microseconds(CAST(${micros} AS BIGINT)))`
}
