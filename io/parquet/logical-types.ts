/** What annotations of a Parquet schema are called in files. Source: parquet-format, parquet.thrift and LogicalTypes.md. */

import type { SchemaNode } from './metadata.js'

/** Field ids of the union LogicalType. */
export const Logical = {
  STRING: 1,
  MAP: 2,
  LIST: 3,
  ENUM: 4,
  DECIMAL: 5,
  DATE: 6,
  TIME: 7,
  TIMESTAMP: 8,
  INTEGER: 10,
  UNKNOWN: 11,
  JSON: 12,
  BSON: 13,
  UUID: 14,
  FLOAT16: 15,
} as const

/** Values of the enumeration ConvertedType. */
export const Converted = {
  UTF8: 0,
  MAP: 1,
  MAP_KEY_VALUE: 2,
  LIST: 3,
  ENUM: 4,
  DECIMAL: 5,
  DATE: 6,
  TIME_MILLIS: 7,
  TIME_MICROS: 8,
  TIMESTAMP_MILLIS: 9,
  TIMESTAMP_MICROS: 10,
  UINT_8: 11,
  INT_8: 15,
  INT_64: 18,
  JSON: 19,
  INTERVAL: 21,
} as const

/** Whether a list's repeated field is the element itself, as older writers have it, rather than a group around it. */
export function isListElement(list: SchemaNode, repeated: SchemaNode): boolean {
  return (
    repeated.physical !== null ||
    repeated.children.length !== 1 ||
    repeated.name === 'array' ||
    repeated.name === `${list.name}_tuple`
  )
}
