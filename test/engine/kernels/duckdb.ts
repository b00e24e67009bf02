/** Values to and from DuckDB, the judge of what functions and casts mean. */

import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBIntervalValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTimeValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { formatValue } from '../../../io/value-text.js'
import type { Interval, ScalarValue } from '../../../planner/expression.js'
import { type DataType, typeName } from '../../../planner/types.js'

const connection = DuckDBInstance.create(':memory:', { threads: '1' }).then(async (instance) => {
  const opened = await instance.connect()
  await opened.run("set timezone = 'UTC'")
  return opened
})

/** The SQL type; zones are not part of it. */
export function sqlType(type: DataType): string {
  if (type.kind === 'timestamp' && type.zone !== null) return 'TIMESTAMP WITH TIME ZONE'
  if (type.kind === 'duration') return 'BIGINT'
  if (type.kind === 'decimal' && type.precision === 38 && type.scale === 0) return 'HUGEINT'
  return typeName(type)
}

/** A value as an SQL expression of its type. */
function sqlLiteral(value: ScalarValue, type: DataType): string {
  if (value === null) return `null::${sqlType(type)}`
  if (type.kind === 'interval') {
    const { months, days, micros } = value as Interval
    return `(to_months(${months}) + to_days(${days}) + to_microseconds(${micros}::bigint))`
  }
  if (type.kind === 'timestamp' && type.unit === 'us') {
    return `make_timestamp(${value}::bigint)${type.zone === null ? '' : '::timestamptz'}`
  }
  if (type.kind === 'date') return `make_date(${value}::int)`
  const text = type.kind === 'float' ? String(value).replace('Infinity', 'inf') : formatValue(value, type)
  return `'${(Object.is(value, -0) ? '-0.0' : text).replaceAll("'", "''")}'::${sqlType(type)}`
}

/** A value of a result as volley holds it. */
function fromDuckDB(value: DuckDBValue): ScalarValue {
  if (value instanceof DuckDBDecimalValue) return value.value
  if (value instanceof DuckDBDateValue) return value.days
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) return value.micros
  if (value instanceof DuckDBTimeValue) return value.micros
  if (value instanceof DuckDBBlobValue) return value.bytes
  if (value instanceof DuckDBIntervalValue) return { months: value.months, days: value.days, micros: value.micros }
  return value as ScalarValue
}

/** `expression` over the columns a, b, ... of each row; null where it fails. */
export async function tryRows(
  expression: string,
  types: readonly DataType[],
  rows: readonly (readonly ScalarValue[])[],
): Promise<ScalarValue[]> {
  const names = ['row', 'a', 'b', 'c', 'd'].slice(0, types.length + 1)
  const values = rows.map((row, i) => `(${[i, ...row.map((value, k) => sqlLiteral(value, types[k]))].join(', ')})`)
  const query = `select try(${expression}) from (values ${values.join(', ')}) v(${names.join(', ')}) order by row`
  const reader = await (await connection).runAndReadAll(query)
  return reader.getRows().map(([value]) => fromDuckDB(value))
}
