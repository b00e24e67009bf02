/** Reads the names of types: SQL's, as DuckDB has them, and the short ones of Arrow and data frames. */

import { VolleyError } from './errors.js'
import { readTypeName } from './nested-type-names.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  duration,
  FLOAT32,
  FLOAT64,
  HUGEINT,
  INT8,
  INT16,
  INT32,
  INT64,
  INTERVAL,
  TIMESTAMP,
  type TimeUnit,
  time,
  timestamp,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
  UTF8,
} from './types.js'

const NAMES: readonly (readonly [DataType, readonly string[]])[] = [
  [BOOL, ['bool', 'boolean', 'logical']],
  [INT8, ['int8', 'tinyint']],
  [INT16, ['int16', 'smallint', 'short']],
  [INT32, ['int32', 'integer', 'int', 'signed']],
  [INT64, ['int64', 'bigint', 'long']],
  [UINT8, ['uint8', 'utinyint']],
  [UINT16, ['uint16', 'usmallint']],
  [UINT32, ['uint32', 'uinteger']],
  [UINT64, ['uint64', 'ubigint']],
  [HUGEINT, ['hugeint', 'int128']],
  [FLOAT32, ['float32', 'float', 'real']],
  [FLOAT64, ['float64', 'double', 'double precision']],
  [decimal(18, 3), ['decimal', 'numeric', 'dec']],
  [UTF8, ['utf8', 'string', 'varchar', 'text', 'char', 'bpchar', 'largeutf8']],
  [BINARY, ['binary', 'blob', 'bytea', 'varbinary', 'largebinary']],
  [DATE, ['date', 'date32']],
  [time('us'), ['time', 'time_us']],
  [time('s'), ['time_s']],
  [time('ms'), ['time_ms']],
  [time('ns'), ['time_ns']],
  [TIMESTAMP, ['timestamp', 'timestamp_us', 'datetime']],
  [timestamp('s', null), ['timestamp_s']],
  [timestamp('ms', null), ['timestamp_ms']],
  [timestamp('ns', null), ['timestamp_ns']],
  [timestamp('us', 'UTC'), ['timestamptz', 'timestamp with time zone', 'timestamp_tz']],
  [duration('us'), ['duration', 'duration_us']],
  [duration('s'), ['duration_s']],
  [duration('ms'), ['duration_ms']],
  [duration('ns'), ['duration_ns']],
  [INTERVAL, ['interval']],
]

const BY_NAME = new Map(NAMES.flatMap(([type, names]) => names.map((name) => [name, type] as const)))

/**
 * The type of this name, in any case: `int32`, `INTEGER`, `decimal(10,2)`, `timestamp(ms, UTC)`, `timestamptz`,
 * `int32[]`, `struct(a integer, b varchar)`, `map(varchar, double)`, ...
 * Digits after `int` and `float` count bits, as in Arrow, not bytes as in some SQL: `int8` is TINYINT.
 *
 * @throws VolleyError VOLLEY_INVALID_ARGUMENT if there is no such type, or not with these parameters.
 */
export function parseTypeName(text: string): DataType {
  return readTypeName(text, flatType)
}

function flatType(text: string): DataType {
  const match = /^\s*([a-z_][a-z0-9_ ]*?)\s*(?:[([]\s*([^()[\]]*?)\s*[)\]])?\s*$/i.exec(text)
  const type = match && withParameters(match[1].toLowerCase().replace(/\s+/g, ' '), splitParameters(match[2]))
  if (type) return type
  throw new VolleyError('VOLLEY_INVALID_ARGUMENT', `there is no type named ${JSON.stringify(text)}`, {
    expected: 'a type such as int32, double, varchar, date, timestamp or decimal(10,2)',
    actual: text,
  })
}

function splitParameters(text: string | undefined): readonly string[] {
  return text === undefined || text === ''
    ? []
    : text.split(',').map((part) => part.trim().replace(/^(['"])(.*)\1$/, '$2'))
}

function withParameters(name: string, parameters: readonly string[]): DataType | null {
  const plain = BY_NAME.get(name)
  if (plain === undefined) return null
  if (parameters.length === 0) return plain
  switch (plain.kind) {
    case 'decimal':
      return name === 'hugeint' || name === 'int128' ? null : decimalOf(parameters.map(Number))
    case 'timestamp':
      return timestampOf(plain.zone, parameters)
    case 'time':
    case 'duration': {
      const unit = unitNamed(parameters[0])
      return unit === null || parameters.length > 1 ? null : { kind: plain.kind, unit }
    }
    case 'utf8':
      return parameters.length === 1 && /^\d+$/.test(parameters[0]) ? plain : null
    default:
      return null
  }
}

function decimalOf([precision, scale = 0, ...rest]: readonly number[]): DataType | null {
  const inRange = Number.isInteger(precision) && precision >= 1 && precision <= 38
  if (!inRange || !Number.isInteger(scale) || scale < 0 || scale > precision || rest.length > 0) return null
  return decimal(precision, scale)
}

function timestampOf(zone: string | null, [unitName, zoneName, ...rest]: readonly string[]): DataType | null {
  const unit = unitNamed(unitName)
  return unit === null || rest.length > 0 ? null : timestamp(unit, zoneName ?? zone)
}

function unitNamed(name: string): TimeUnit | null {
  const units: Readonly<Record<string, TimeUnit>> = {
    s: 's',
    second: 's',
    '0': 's',
    ms: 'ms',
    millisecond: 'ms',
    '3': 'ms',
    us: 'us',
    microsecond: 'us',
    '6': 'us',
    ns: 'ns',
    nanosecond: 'ns',
    '9': 'ns',
  }
  return units[name.toLowerCase()] ?? null
}
