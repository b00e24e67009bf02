/** Types of CSV columns: found from a sample, and applied to fields. */

import { unreachable, VolleyError } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import {
  BOOL,
  DATE,
  type DataType,
  FLOAT64,
  INT64,
  TIMESTAMP,
  time,
  timestamp,
  typeName,
  UTF8,
} from '../../planner/types.js'
import {
  parseBoolean,
  parseDate,
  parseDecimal,
  parseFloat64,
  parseInteger,
  parseTime,
  parseTimestamp,
} from '../parse-value.js'

interface Candidate {
  readonly type: DataType
  readonly accepts: (text: string, isFirst: boolean) => boolean
}

/** Numbers with leading zeros or a plus sign are identifiers more often than numbers: they stay text, as in DuckDB. */
const PLAIN_INTEGER = /^-?(?:0|[1-9]\d*)$/
const PLAIN_NUMBER = /^(?:-?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|nan)$/i
/** Among numbers, as in DuckDB; a column that begins with it is none. */
const INFINITE = /^-?inf(?:inity)?$/i

/** From narrow to wide: the first that takes every value of the sample is the type. */
const CANDIDATES: readonly Candidate[] = [
  { type: BOOL, accepts: (text) => parseBoolean(text) !== null },
  { type: INT64, accepts: (text) => PLAIN_INTEGER.test(text.trim()) && fitsInt64(BigInt(text.trim())) },
  {
    type: FLOAT64,
    accepts: (text, isFirst) => PLAIN_NUMBER.test(text.trim()) || (!isFirst && INFINITE.test(text.trim())),
  },
  { type: DATE, accepts: (text) => parseDate(text) !== null },
  { type: time('us'), accepts: (text) => parseTime(text, 'us') !== null },
  { type: TIMESTAMP, accepts: (text) => parseTimestamp(text, 'us')?.hasZone === false },
  { type: timestamp('us', 'UTC'), accepts: (text) => parseTimestamp(text, 'us') !== null },
]

/** The narrowest type that takes all `texts`; VARCHAR if none does, or if there are none. */
export function inferType(texts: Iterable<string>): DataType {
  let left = CANDIDATES
  let seen = false
  for (const text of texts) {
    left = left.filter((candidate) => candidate.accepts(text, !seen))
    seen = true
    if (left.length === 0) return UTF8
  }
  return seen ? left[0].type : UTF8
}

function fitsInt64(value: bigint): boolean {
  return BigInt.asIntN(64, value) === value
}

/** Turns the text of a field into a value; null for text that is not of the type. */
export type FieldParser = (text: string) => ScalarValue

export function fieldParser(type: DataType, column: string): FieldParser {
  switch (type.kind) {
    case 'bool':
      return (text) => parseBoolean(text.trim())
    case 'int':
      return (text) => parseBounded(text.trim(), type)
    case 'float':
      return (text) => {
        const value = parseFloat64(text.trim())
        return value !== null && type.bits === 32 ? Math.fround(value) : value
      }
    case 'decimal':
      return (text) => parseDecimal(text.trim(), type.precision, type.scale)
    case 'utf8':
      return (text) => text
    case 'binary':
      return parseBlob
    case 'date':
      return (text) => parseDate(text.trim())
    case 'time':
      return (text) => parseTime(text.trim(), type.unit)
    case 'timestamp':
      return (text) => parseTimestamp(text.trim(), type.unit)?.units ?? null
    case 'null':
    case 'duration':
    case 'interval':
    case 'list':
    case 'struct':
    case 'map':
      throw new VolleyError('VOLLEY_UNSUPPORTED', `column ${column}: ${typeName(type)} cannot be read from CSV`, {
        column,
      })
    default:
      return unreachable(type)
  }
}

function parseBounded(text: string, type: Extract<DataType, { kind: 'int' }>): ScalarValue {
  if (type.bits < 64 && text.length < 15) {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN
    const bound = 2 ** (type.signed ? type.bits - 1 : type.bits)
    return value < bound && value >= (type.signed ? -bound : 0) ? value + 0 : null
  }
  const value = parseInteger(text)
  if (value === null) return null
  const wrapped = type.signed ? BigInt.asIntN(type.bits, value) : BigInt.asUintN(type.bits, value)
  if (wrapped !== value) return null
  return type.bits === 64 ? value : Number(value)
}

/** `\xFF` stands for a byte, all else for itself: how DuckDB writes BLOBs. */
function parseBlob(text: string): Uint8Array {
  const parts = text.split(/\\x([0-9A-Fa-f]{2})/)
  return Buffer.concat(parts.map((part, index) => Buffer.from(part, index % 2 === 0 ? 'utf8' : 'hex')))
}
