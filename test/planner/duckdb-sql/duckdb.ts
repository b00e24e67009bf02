/** Runs the SQL of expressions in DuckDB, and takes its values for ours. */

import {
  DuckDBBlobValue,
  type DuckDBConnection,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimeNSValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { sqlOfLiteral } from '../../../planner/duckdb-sql/literals.js'
import type { ScalarValue } from '../../../planner/expression.js'
import type { DataType, TimeUnit } from '../../../planner/types.js'

const MICROS: Record<TimeUnit, bigint> = { s: 1_000_000n, ms: 1000n, us: 1n, ns: 1n }

let opened: Promise<DuckDBConnection> | null = null

async function connect(): Promise<DuckDBConnection> {
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect()
  await connection.run(`SET TimeZone = 'UTC'`)
  return connection
}

export async function run(sql: string): Promise<readonly (readonly DuckDBValue[])[]> {
  opened ??= connect()
  return (await (await opened).runAndReadAll(sql)).getRows()
}

/** A query whose rows have the columns c0, c1, ... */
export function valuesSql(types: readonly DataType[], rows: readonly (readonly ScalarValue[])[]): string {
  const lists = rows.map((row, i) => `(${[i, ...row.map((value, k) => sqlOfLiteral(value, types[k]))].join(', ')})`)
  return `(VALUES ${lists.join(', ')}) v(${['row', ...types.map((_, index) => `c${index}`)].join(', ')})`
}

/** A value of a column of the type that `duckDbType` gives. */
export function fromDuckDb(value: DuckDBValue, type: DataType): ScalarValue {
  if (value === null || value === undefined) return null
  if (value instanceof DuckDBDecimalValue) return value.value
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros
  if (value instanceof DuckDBTimestampSecondsValue) return value.seconds
  if (value instanceof DuckDBTimestampMillisecondsValue) return value.millis
  if (value instanceof DuckDBTimestampNanosecondsValue) return value.nanos
  if (value instanceof DuckDBTimeValue) return type.kind === 'time' ? value.micros / MICROS[type.unit] : value.micros
  if (value instanceof DuckDBTimeNSValue) return value.nanos
  if (value instanceof DuckDBBlobValue) return value.bytes
  if (value instanceof DuckDBIntervalValue) return { months: value.months, days: value.days, micros: value.micros }
  if (value instanceof DuckDBListValue && type.kind === 'list') {
    return value.items.map((item) => fromDuckDb(item, type.element.type))
  }
  if (value instanceof DuckDBStructValue && type.kind === 'struct') {
    return Object.fromEntries(
      type.fields.map((field) => [field.name, fromDuckDb(value.entries[field.name], field.type)]),
    )
  }
  if (value instanceof DuckDBMapValue && type.kind === 'map') {
    return new Map(
      value.entries.map((entry) => [fromDuckDb(entry.key, type.key.type), fromDuckDb(entry.value, type.value.type)]),
    )
  }
  return value as ScalarValue
}
