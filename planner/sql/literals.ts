/** Turns constants and type names of the syntax tree into ours. */

import type { Expression, Interval, ScalarValue } from '../expression.js'
import { parseInterval } from '../parse-interval.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  FLOAT32,
  FLOAT64,
  field,
  HUGEINT,
  INT8,
  INT16,
  INT32,
  INT64,
  INTERVAL,
  NULL,
  TIMESTAMP,
  time,
  timestamp,
  typesEqual,
  UINT8,
  UINT16,
  UINT32,
  UINT64,
  UTF8,
} from '../types.js'
import type { AstInteger, AstType, AstValue } from './ast.js'
import type { SqlText } from './sql-text.js'
import { parseDate, parseTimestamp } from './temporal-literals.js'

const SIMPLE_TYPES: ReadonlyMap<string, DataType> = new Map([
  ['NULL', NULL],
  ['BOOLEAN', BOOL],
  ['TINYINT', INT8],
  ['SMALLINT', INT16],
  ['INTEGER', INT32],
  ['BIGINT', INT64],
  ['HUGEINT', HUGEINT],
  ['UTINYINT', UINT8],
  ['USMALLINT', UINT16],
  ['UINTEGER', UINT32],
  ['UBIGINT', UINT64],
  ['FLOAT', FLOAT32],
  ['DOUBLE', FLOAT64],
  ['VARCHAR', UTF8],
  ['CHAR', UTF8],
  ['BLOB', BINARY],
  ['DATE', DATE],
  ['TIME', time('us')],
  ['TIMESTAMP', TIMESTAMP],
  ['TIMESTAMP_S', timestamp('s', null)],
  ['TIMESTAMP_MS', timestamp('ms', null)],
  ['TIMESTAMP_NS', timestamp('ns', null)],
  ['TIMESTAMP WITH TIME ZONE', timestamp('us', 'UTC')],
  ['INTERVAL', INTERVAL],
])

/** The type that a cast names. @throws VolleyError VOLLEY_UNSUPPORTED for types volley does not have. */
export function dataTypeOf(type: AstType, text: SqlText): DataType {
  const simple = SIMPLE_TYPES.get(type.id)
  if (simple !== undefined) return simple
  const info = type.type_info
  switch (type.id) {
    case 'DECIMAL':
      return decimal(info?.width ?? 18, info?.scale ?? 0)
    case 'LIST':
      if (info?.child_type === undefined) break
      return { kind: 'list', element: field('element', dataTypeOf(info.child_type, text)) }
    case 'STRUCT':
      return {
        kind: 'struct',
        fields: (info?.child_types ?? []).map(({ first, second }) => field(first, dataTypeOf(second, text))),
      }
  }
  throw text.unsupported(`the type ${info?.name ?? type.id}`)
}

/** A constant of SQL. Integers and strings stay untyped, so that the resolver adapts them to their neighbours. */
export function literalOf(value: AstValue, position: number | undefined, text: SqlText): Expression {
  const type = value.is_null ? NULL : dataTypeOf(value.type, text)
  const isTyped = type.kind === 'decimal' || type.kind === 'float'
  return { kind: 'literal', value: scalarOf(value, type, text), type: isTyped ? type : null, position }
}

/** A constant's value in our form, by its type. */
function scalarOf(constant: AstValue, type: DataType, text: SqlText): ScalarValue {
  if (constant.is_null) return null
  const { value } = constant
  switch (type.kind) {
    case 'bool':
      return value === true
    case 'utf8':
      return value === undefined ? '' : String(value)
    case 'float':
      return Number(value)
    case 'int':
      return type.bits === 64 ? integerOf(value) : Number(value)
    case 'decimal':
      return integerOf(value)
    default:
      throw text.unsupported(`a constant of type ${constant.type.id}`)
  }
}

function integerOf(value: AstInteger | boolean | undefined): bigint {
  if (typeof value === 'object') return (BigInt(value.upper) << 64n) + BigInt(value.lower)
  return BigInt(value ?? 0)
}

/**
 * The value of `DATE '...'`, `INTERVAL '...'` and the like, which the parser makes a cast of a string;
 * undefined where evaluating the cast is better left to the engine.
 */
export function typedLiteral(source: string, type: DataType): ScalarValue | undefined {
  switch (type.kind) {
    case 'bool':
      return source === 't' ? true : source === 'f' ? false : undefined
    case 'date':
      return parseDate(source) ?? undefined
    case 'timestamp':
      return typesEqual(type, TIMESTAMP) ? (parseTimestamp(source) ?? undefined) : undefined
    case 'interval':
      return parseInterval(source)
    default:
      return undefined
  }
}

/** What the constructors of intervals make of one unit: [months, days, microseconds]. */
const INTERVAL_UNITS: ReadonlyMap<string, readonly [number, number, bigint]> = new Map([
  ['to_millennia', [12_000, 0, 0n]],
  ['to_centuries', [1_200, 0, 0n]],
  ['to_decades', [120, 0, 0n]],
  ['to_years', [12, 0, 0n]],
  ['to_quarters', [3, 0, 0n]],
  ['to_months', [1, 0, 0n]],
  ['to_weeks', [0, 7, 0n]],
  ['to_days', [0, 1, 0n]],
  ['to_hours', [0, 0, 3_600_000_000n]],
  ['to_minutes', [0, 0, 60_000_000n]],
  ['to_seconds', [0, 0, 1_000_000n]],
  ['to_milliseconds', [0, 0, 1_000n]],
  ['to_microseconds', [0, 0, 1n]],
])

/** True for the functions into which the parser turns `INTERVAL 3 DAY`. */
export function isIntervalConstructor(name: string): boolean {
  return INTERVAL_UNITS.has(name)
}

/** The interval of `count` units; whole units but for seconds and milliseconds, as in DuckDB. */
export function intervalOf(unit: string, count: number): Interval {
  const [months, days, micros] = INTERVAL_UNITS.get(unit) ?? [0, 0, 0n]
  const fractional = unit === 'to_seconds' || unit === 'to_milliseconds'
  const units = Math.trunc(count)
  return {
    months: months * units,
    days: days * units,
    micros: fractional ? BigInt(Math.round(count * Number(micros))) : micros * BigInt(units),
  }
}
