/** How types are stored in PostgreSQL, and what its columns are read as. Types are known by the OIDs of `pg_type.dat`. */

import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  FLOAT32,
  FLOAT64,
  field,
  INT16,
  INT32,
  INT64,
  TIMESTAMP,
  time,
  timestamp,
  UINT32,
  UTF8,
} from '../../../planner/types.js'

const NUMERIC = 1700
/** Of numbers whose column has no precision: enough for sums of 64-bit integers and for means. */
const ANY_NUMERIC = decimal(38, 18)
const MOST_DIGITS = 38

const TYPES: ReadonlyMap<number, DataType> = new Map([
  [16, BOOL],
  [17, BINARY],
  [20, INT64],
  [21, INT16],
  [23, INT32],
  [26, UINT32],
  [700, FLOAT32],
  [701, FLOAT64],
  [1082, DATE],
  [1083, time('us')],
  [1114, TIMESTAMP],
  [1184, timestamp('us', 'UTC')],
])

const TEXT = 25
/** Arrays by the type of their elements. */
const ELEMENTS: ReadonlyMap<number, number> = new Map([
  [1000, 16],
  [1001, 17],
  [1005, 21],
  [1007, 23],
  [1016, 20],
  [1028, 26],
  [1021, 700],
  [1022, 701],
  [1182, 1082],
  [1183, 1083],
  [1115, 1114],
  [1185, 1184],
  [1231, NUMERIC],
  [1009, TEXT],
  [1014, TEXT],
  [1015, TEXT],
  [2951, TEXT],
  [199, TEXT],
  [3807, TEXT],
])

/** The type that values are best read as; those without an equivalent (uuid, json, interval, enums, ...) as text. */
export function typeOfColumn(oid: number, modifier: number): DataType {
  const element = ELEMENTS.get(oid)
  if (element !== undefined) return { kind: 'list', element: field('item', typeOfColumn(element, modifier)) }
  return oid === NUMERIC ? typeOfNumeric(modifier) : (TYPES.get(oid) ?? UTF8)
}

/** `modifier` is `(precision << 16 | scale) + 4`, or -1. */
function typeOfNumeric(modifier: number): DataType {
  if (modifier < 4) return ANY_NUMERIC
  const precision = ((modifier - 4) >> 16) & 0xffff
  const scale = (modifier - 4) & 0x7ff
  // Negative scales have the sign in the highest of their 11 bits.
  return precision > MOST_DIGITS || scale > precision ? UTF8 : decimal(precision, scale)
}

/** What a column is declared as in a table that volley makes. */
export function declaredType(type: DataType): string {
  switch (type.kind) {
    case 'bool':
      return 'boolean'
    case 'int':
      return integerType(type.bits + (type.signed ? 0 : 1))
    case 'float':
      return type.bits === 32 ? 'real' : 'double precision'
    case 'decimal':
      return `numeric(${type.precision},${type.scale})`
    case 'binary':
      return 'bytea'
    case 'date':
      return 'date'
    case 'time':
      return 'time'
    case 'timestamp':
      return type.zone === null ? 'timestamp' : 'timestamptz'
    case 'duration':
      return 'bigint'
    case 'list':
      return isElement(type.element.type) ? `${declaredType(type.element.type)}[]` : 'jsonb'
    case 'struct':
    case 'map':
      return 'jsonb'
    case 'null':
    case 'utf8':
    case 'interval':
      return 'text'
  }
}

/** True of what lists can be arrays of; others are JSON. */
export function isElement(type: DataType): boolean {
  return type.kind !== 'list' && type.kind !== 'struct' && type.kind !== 'map'
}

function integerType(signedBits: number): string {
  if (signedBits <= 16) return 'smallint'
  if (signedBits <= 32) return 'integer'
  return signedBits <= 64 ? 'bigint' : 'numeric(20,0)'
}
