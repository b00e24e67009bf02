/**
 * The type in which DuckDB holds the values of one of ours.
 *
 * Where DuckDB has the type, that; tables of batches are stored so too. Times of seconds and milliseconds are held in
 * microseconds. Durations are integers, and timestamps with a zone but of other units than microseconds are those without
 * one, in UTC: comparing, grouping, sorting and passing on need no more.
 */

import { unreachable } from '../errors.js'
import { isHugeint } from '../functions.js'
import { type DataType, type TimeUnit, typeName } from '../types.js'
import { namesRefusal } from './names.js'
import { quoteName } from './quoting.js'

const TIMESTAMPS: Record<TimeUnit, string> = {
  s: 'TIMESTAMP_S',
  ms: 'TIMESTAMP_MS',
  us: 'TIMESTAMP',
  ns: 'TIMESTAMP_NS',
}

/** The type of a column of a table or result; null if there is none. */
export function duckDbType(type: DataType): string | null {
  switch (type.kind) {
    case 'bool':
    case 'int':
    case 'float':
    case 'decimal':
    case 'utf8':
    case 'binary':
    case 'date':
      return typeName(type)
    case 'null':
      return 'INTEGER'
    case 'time':
      return type.unit === 'ns' ? 'TIME_NS' : 'TIME'
    case 'timestamp':
      return type.zone !== null && type.unit === 'us' ? 'TIMESTAMP WITH TIME ZONE' : TIMESTAMPS[type.unit]
    case 'duration':
      return 'BIGINT'
    case 'interval':
      return null
    case 'list':
      return mapType([type.element.type], ([element]) => `${element}[]`)
    case 'struct':
      if (namesRefusal(type.fields) !== null) return null
      return mapType(
        type.fields.map((field) => field.type),
        (types) => `STRUCT(${types.map((own, i) => `${quoteName(type.fields[i].name)} ${own}`).join(', ')})`,
      )
    case 'map':
      return mapType([type.key.type, type.value.type], ([key, value]) => `MAP(${key}, ${value})`)
    default:
      return unreachable(type)
  }
}

function mapType(types: readonly DataType[], text: (types: readonly string[]) => string): string | null {
  const inner = types.map(duckDbType)
  return inner.every((type) => type !== null) ? text(inner) : null
}

/** The type within expressions, where a decimal of 38 whole digits is computed as HUGEINT. */
export function expressionType(type: DataType): string {
  if (isHugeint(type)) return 'HUGEINT'
  return duckDbType(type) ?? 'INTERVAL'
}

/** True if DuckDB knows only the count of units, not what they mean. */
export function isHeldAsCount(type: DataType): boolean {
  return type.kind === 'duration' || (type.kind === 'timestamp' && type.zone !== null && type.unit !== 'us')
}

/** Whether a type, or one nested in it, satisfies a condition. */
export function someType(type: DataType, test: (type: DataType) => boolean): boolean {
  if (test(type)) return true
  switch (type.kind) {
    case 'list':
      return someType(type.element.type, test)
    case 'struct':
      return type.fields.some((field) => someType(field.type, test))
    case 'map':
      return someType(type.key.type, test) || someType(type.value.type, test)
    default:
      return false
  }
}
