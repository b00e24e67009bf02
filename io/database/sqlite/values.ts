/** Values as SQLite has them, both ways. */

import { VolleyError } from '../../../planner/errors.js'
import type { ScalarValue } from '../../../planner/expression.js'
import { formatDate, formatTime, formatTimestamp } from '../../../planner/format-literal.js'
import { formatDecimal } from '../../../planner/integers.js'
import type { DataType, Field } from '../../../planner/types.js'
import { describeValue } from '../../describe-value.js'
import { parseExactJson } from '../../ndjson/exact-json.js'
import { jsonText } from '../../ndjson/json-text.js'
import { parseInteger } from '../../parse-value.js'
import { toScalar, ValueMismatch } from '../../records/convert.js'

export type SqliteValue = number | bigint | string | Uint8Array | null

/** Throws VOLLEY_BAD_RECORD for a value that the field's type cannot hold. */
export function fromSqlite(value: SqliteValue, { name, type }: Field, row: number, table: string): ScalarValue {
  if (value === null) return null
  try {
    return toScalar(adapted(value, type), type)
  } catch (error) {
    const isMismatch = error instanceof ValueMismatch
    if (!isMismatch && !(error instanceof SyntaxError)) throw error
    const expected = isMismatch ? error.expected : 'JSON'
    const actual = describeValue(value)
    const message = `${table}, column ${name}, row ${row}: expected ${expected}, got ${actual}; give a schema`
    throw new VolleyError('VOLLEY_BAD_RECORD', message, { table, column: name, row, expected, actual }, error)
  }
}

function adapted(value: Exclude<SqliteValue, null>, type: DataType): unknown {
  if (type.kind === 'bool' && (value === 0 || value === 1)) return value === 1
  if (type.kind === 'duration' && typeof value === 'number' && Number.isInteger(value)) return BigInt(value)
  // Those that SQLite has no integers for are texts.
  if (type.kind === 'int' && type.bits === 64 && !type.signed && typeof value === 'string')
    return parseInteger(value) ?? value
  const isNested = type.kind === 'list' || type.kind === 'struct' || type.kind === 'map'
  if (!isNested || typeof value !== 'string') return value
  const parsed = parseExactJson(value)
  // Keys of JSON are text.
  return type.kind === 'map' && typeof parsed === 'object' && parsed !== null ? new Map(Object.entries(parsed)) : parsed
}

/** Throws VOLLEY_BAD_RECORD for NaN, which SQLite would make null. */
export function toSqlite(value: ScalarValue, { name, type }: Field, row: number, table: string): SqliteValue {
  if (value === null) return null
  switch (type.kind) {
    case 'bool':
      return value === true ? 1 : 0
    case 'int':
      return !type.signed && type.bits === 64 ? String(value) : (value as number | bigint)
    case 'float':
      if (!Number.isNaN(value)) return value as number
      throw new VolleyError(
        'VOLLEY_BAD_RECORD',
        `table ${table}, column ${name}, row ${row}: SQLite has no NaN, and would make it null`,
        { table, column: name, row },
      )
    case 'decimal':
      return formatDecimal(value as bigint, type.scale)
    case 'binary':
      return value as Uint8Array
    case 'duration':
      return value as bigint
    case 'date':
      return commonEra(formatDate(value as number))
    case 'time':
      return formatTime(value as bigint, type.unit)
    case 'timestamp':
      return commonEra(formatTimestamp(value as bigint, type.unit)) + (type.zone === null ? '' : '+00:00')
    case 'list':
    case 'struct':
    case 'map':
      return jsonText(value, type)
    case 'utf8':
      return value as string
    case 'null':
    case 'interval':
      return null
  }
}

/** Years before Christ as astronomers, and SQLite, count them: 44 BC is -43. */
function commonEra(text: string): string {
  return text.replace(/^(\d+)(-\d\d-\d\d) \(BC\)/, (_, year: string, day: string) => {
    const before = Number(year) - 1
    return `${before === 0 ? '' : '-'}${String(before).padStart(4, '0')}${day}`
  })
}
