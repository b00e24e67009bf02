/**
 * How volley's types are stored in DuckDB, and which of DuckDB's types come back as which.
 *
 *   volley                         DuckDB
 *   timestamp(us) with a zone      TIMESTAMPTZ; other units with a zone lose it, and get it back from the schema
 *   time(s), time(ms), time(us)    TIME, in microseconds
 *   duration                       BIGINT, in units of the duration
 *   null                           "NULL", which DuckDB then calls INTEGER
 *
 * All others have the type of the same name. Names of columns are DuckDB's too: they differ by more than case.
 */

import duckdb from '@duckdb/node-bindings'
import { InternalError, unreachable } from '../../planner/errors.js'
import { type DataType, type Field, type Schema, typeName } from '../../planner/types.js'

export const { Type } = duckdb

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** The columns of a CREATE TABLE statement. */
export function columnDefinitions(schema: Schema): string {
  return schema.fields.map(({ name, type }) => `${quoteName(name)} ${storedTypeName(type)}`).join(', ')
}

/** The SQL name of the type that values of `type` are stored as. */
export function storedTypeName(type: DataType): string {
  switch (type.kind) {
    case 'null':
      return '"NULL"'
    case 'bool':
    case 'int':
    case 'float':
    case 'decimal':
    case 'utf8':
    case 'binary':
    case 'date':
    case 'interval':
      return typeName(type)
    case 'time':
      return type.unit === 'ns' ? 'TIME_NS' : 'TIME'
    case 'timestamp':
      if (type.unit === 'us') return type.zone === null ? 'TIMESTAMP' : 'TIMESTAMPTZ'
      return `TIMESTAMP_${type.unit.toUpperCase()}`
    case 'duration':
      return 'BIGINT'
    case 'list':
      return `${storedTypeName(type.element.type)}[]`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${storedTypeName(field.type)}`).join(', ')})`
    case 'map':
      return `MAP(${storedTypeName(type.key.type)}, ${storedTypeName(type.value.type)})`
    default:
      return unreachable(type)
  }
}

/** The same as a type of the bindings. */
export function storedType(type: DataType): duckdb.LogicalType {
  switch (type.kind) {
    case 'decimal':
      return duckdb.create_decimal_type(type.precision, type.scale)
    case 'list':
      return duckdb.create_list_type(storedType(type.element.type))
    case 'map':
      return duckdb.create_map_type(storedType(type.key.type), storedType(type.value.type))
    case 'struct': {
      const names = type.fields.map((field) => field.name)
      return duckdb.create_struct_type(
        type.fields.map((field) => storedType(field.type)),
        names,
      )
    }
    default:
      return duckdb.create_logical_type(storedTypeId(type))
  }
}

type FlatType = Exclude<DataType, { kind: 'decimal' | 'list' | 'struct' | 'map' }>

function storedTypeId(type: FlatType): duckdb.Type {
  switch (type.kind) {
    case 'null':
      return Type.SQLNULL
    case 'bool':
      return Type.BOOLEAN
    case 'int':
      return integerTypeId(type.bits, type.signed)
    case 'float':
      return type.bits === 32 ? Type.FLOAT : Type.DOUBLE
    case 'utf8':
      return Type.VARCHAR
    case 'binary':
      return Type.BLOB
    case 'date':
      return Type.DATE
    case 'interval':
      return Type.INTERVAL
    case 'time':
      return type.unit === 'ns' ? Type.TIME_NS : Type.TIME
    case 'timestamp':
      return timestampTypeId(type.unit, type.zone !== null)
    case 'duration':
      return Type.BIGINT
    default:
      return unreachable(type)
  }
}

function integerTypeId(bits: 8 | 16 | 32 | 64, signed: boolean): duckdb.Type {
  switch (bits) {
    case 8:
      return signed ? Type.TINYINT : Type.UTINYINT
    case 16:
      return signed ? Type.SMALLINT : Type.USMALLINT
    case 32:
      return signed ? Type.INTEGER : Type.UINTEGER
    case 64:
      return signed ? Type.BIGINT : Type.UBIGINT
  }
}

function timestampTypeId(unit: 's' | 'ms' | 'us' | 'ns', zoned: boolean): duckdb.Type {
  switch (unit) {
    case 's':
      return Type.TIMESTAMP_S
    case 'ms':
      return Type.TIMESTAMP_MS
    case 'us':
      return zoned ? Type.TIMESTAMP_TZ : Type.TIMESTAMP
    case 'ns':
      return Type.TIMESTAMP_NS
  }
}

/** Bytes of a stored decimal. */
export function decimalWidth(precision: number): 2 | 4 | 8 | 16 {
  if (precision <= 4) return 2
  if (precision <= 9) return 4
  return precision <= 18 ? 8 : 16
}

/**
 * Bytes of the decimals or HUGEINTs of a result's column. Decimals of fewer digits than expected are accepted.
 * Throws InternalError if the column is neither.
 */
export function decimalWidthOf(actual: duckdb.LogicalType, expected: DataType & { kind: 'decimal' }): 2 | 4 | 8 | 16 {
  const id = duckdb.get_type_id(actual)
  if (id === Type.HUGEINT && expected.scale === 0 && expected.precision === 38) return 16
  if (id !== Type.DECIMAL) throw mismatch(actual, expected)
  const precision = duckdb.decimal_width(actual)
  if (precision > expected.precision || duckdb.decimal_scale(actual) !== expected.scale)
    throw mismatch(actual, expected)
  return decimalWidth(precision)
}

/** Throws InternalError unless values of a result's column are read as `expected`. Looks at this level only. */
export function checkType(actual: duckdb.LogicalType, expected: Exclude<DataType, { kind: 'decimal' }>): void {
  const id = duckdb.get_type_id(actual)
  switch (expected.kind) {
    case 'null':
      return
    case 'list':
      if (id !== Type.LIST) throw mismatch(actual, expected)
      return
    case 'map':
      if (id !== Type.MAP) throw mismatch(actual, expected)
      return
    case 'struct':
      if (id !== Type.STRUCT || duckdb.struct_type_child_count(actual) !== expected.fields.length) {
        throw mismatch(actual, expected)
      }
      return
    case 'timestamp':
      // The zone only says how to print the value.
      if (expected.unit === 'us' && (id === Type.TIMESTAMP || id === Type.TIMESTAMP_TZ)) return
      break
    default:
  }
  if (id !== storedTypeId(expected)) throw mismatch(actual, expected)
}

function mismatch(actual: duckdb.LogicalType, expected: DataType): InternalError {
  return new InternalError(`DuckDB gave a ${Type[duckdb.get_type_id(actual)]} instead of a ${typeName(expected)}`)
}

/** The struct that a map's entries are. */
export function entryType(type: DataType & { kind: 'map' }): DataType & { kind: 'struct' } {
  const fields: readonly Field[] = [type.key, type.value]
  return { kind: 'struct', fields }
}
