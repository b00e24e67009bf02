/**
 * A Parquet schema as our own.
 * Source: parquet-format, LogicalTypes.md, with its rules for files older than logical types ("Backward compatibility").
 */

import * as arrow from 'apache-arrow'
import { VolleyError } from '../../planner/errors.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  type Field,
  FLOAT32,
  FLOAT64,
  field,
  INT32,
  INT64,
  type IntegerBits,
  NULL,
  type Schema,
  schemaOf,
  type TimeUnit,
  time,
  timestamp,
  UTF8,
} from '../../planner/types.js'
import { fromArrowSchema } from '../arrow/schema.js'
import { Converted, isListElement, Logical } from './logical-types.js'
import {
  ARROW_SCHEMA_KEY,
  ElementField,
  type FileMetadata,
  flag,
  integer,
  Physical,
  Repetition,
  type SchemaNode,
  struct,
} from './metadata.js'

const UNITS: readonly TimeUnit[] = ['ms', 'us', 'ns']

/**
 * The schema of a file. An Arrow schema kept in it restores what Parquet has no type for: durations, seconds, zone
 * names. Throws VOLLEY_UNSUPPORTED naming the column, or VOLLEY_DUPLICATE_COLUMN.
 */
export function toSchema(metadata: FileMetadata, path: string): Schema {
  const kept = keptArrowSchema(metadata)
  const names = new Set<string>()
  const fields = metadata.root.children.map((node, index) => {
    if (names.has(node.name)) {
      throw new VolleyError('VOLLEY_DUPLICATE_COLUMN', `${path} has two columns named ${node.name}`, {
        path,
        column: node.name,
      })
    }
    names.add(node.name)
    const plain = toField(node, { path, column: node.name })
    const hint = kept?.fields[index]
    return hint?.name === plain.name ? { ...plain, type: refine(plain.type, hint.type) } : plain
  })
  return schemaOf(fields)
}

interface Place {
  readonly path: string
  readonly column: string
}

function toField(node: SchemaNode, place: Place): Field {
  // A repeated field outside of a list or map is a list of its own.
  if (node.repetition === Repetition.REPEATED) {
    return field(node.name, { kind: 'list', element: field('element', toType(node, place), false) }, false)
  }
  return field(node.name, toType(node, place), node.repetition !== Repetition.REQUIRED)
}

function toType(node: SchemaNode, place: Place): DataType {
  if (node.physical !== null) return leafType(node, node.physical, place)
  const logical = struct(node.tree, ElementField.LOGICAL_TYPE)
  const converted = integer(node.tree, ElementField.CONVERTED_TYPE)
  if (logical?.has(Logical.LIST) || converted === Converted.LIST) return listType(node, place)
  if (logical?.has(Logical.MAP) || converted === Converted.MAP || converted === Converted.MAP_KEY_VALUE) {
    return mapType(node, place)
  }
  if (node.children.length === 0) throw unsupported(place, `group ${node.name} has no fields`)
  return { kind: 'struct', fields: node.children.map((child) => toField(child, place)) }
}

function listType(node: SchemaNode, place: Place): DataType {
  const repeated = node.children[0]
  if (node.children.length !== 1 || repeated.repetition !== Repetition.REPEATED) {
    throw unsupported(place, `list ${node.name} has no single repeated field`)
  }
  if (!isListElement(node, repeated)) return { kind: 'list', element: toField(repeated.children[0], place) }
  return { kind: 'list', element: field(repeated.name, toType(repeated, place), false) }
}

function mapType(node: SchemaNode, place: Place): DataType {
  const entries = node.children[0]
  if (node.children.length !== 1 || entries.children.length !== 2 || entries.repetition !== Repetition.REPEATED) {
    throw unsupported(place, `map ${node.name} has no repeated pairs of key and value`)
  }
  const [key, value] = entries.children
  return { kind: 'map', key: { ...toField(key, place), nullable: false }, value: toField(value, place) }
}

function leafType(node: SchemaNode, physical: number, place: Place): DataType {
  const logical = struct(node.tree, ElementField.LOGICAL_TYPE)
  const converted = integer(node.tree, ElementField.CONVERTED_TYPE)
  if (logical?.has(Logical.UNKNOWN)) return NULL
  if (logical?.has(Logical.DECIMAL) || converted === Converted.DECIMAL) return decimalType(node, place)
  switch (physical) {
    case Physical.BOOLEAN:
      return BOOL
    case Physical.INT32:
    case Physical.INT64:
      return integerType(node, physical)
    case Physical.INT96:
      return timestamp('ns', null)
    case Physical.FLOAT:
      return FLOAT32
    case Physical.DOUBLE:
      return FLOAT64
    case Physical.BYTE_ARRAY:
      return isText(node) ? UTF8 : BINARY
    case Physical.FIXED_LEN_BYTE_ARRAY:
      if (logical?.has(Logical.FLOAT16)) return FLOAT32
      if (converted === Converted.INTERVAL) throw unsupported(place, 'its type INTERVAL cannot be stored')
      return BINARY
    default:
      throw unsupported(place, `physical type ${physical} is not known`)
  }
}

function isText(node: SchemaNode): boolean {
  const logical = struct(node.tree, ElementField.LOGICAL_TYPE)
  if (logical !== null) return logical.has(Logical.STRING) || logical.has(Logical.ENUM) || logical.has(Logical.JSON)
  const converted = integer(node.tree, ElementField.CONVERTED_TYPE)
  return converted === Converted.UTF8 || converted === Converted.ENUM || converted === Converted.JSON
}

function decimalType(node: SchemaNode, place: Place): DataType {
  const stated = struct(node.tree, ElementField.LOGICAL_TYPE)
  const inner = stated === null ? null : struct(stated, Logical.DECIMAL)
  const scale = (inner && integer(inner, 1)) ?? integer(node.tree, ElementField.SCALE) ?? 0
  const precision = (inner && integer(inner, 2)) ?? integer(node.tree, ElementField.PRECISION) ?? 0
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) {
    throw unsupported(place, `DECIMAL(${precision},${scale}): precision goes from 1 to 38, scale from 0 to precision`)
  }
  return decimal(precision, scale)
}

function integerType(node: SchemaNode, physical: number): DataType {
  const plain = physical === Physical.INT32 ? INT32 : INT64
  const logical = struct(node.tree, ElementField.LOGICAL_TYPE)
  if (logical !== null) {
    const temporal = struct(logical, Logical.TIMESTAMP) ?? struct(logical, Logical.TIME)
    const unit = temporal === null ? null : struct(temporal, 2)
    if (temporal !== null && unit !== null) {
      const name = UNITS[[...unit.keys()][0] - 1] ?? 'us'
      if (logical.has(Logical.TIME)) return time(name)
      return timestamp(name, flag(temporal, 1) ? 'UTC' : null)
    }
    if (logical.has(Logical.DATE)) return DATE
    const sized = struct(logical, Logical.INTEGER)
    if (sized !== null) {
      const bits = (integer(sized, 1) ?? 32) as IntegerBits
      return { kind: 'int', bits, signed: flag(sized, 2) ?? true }
    }
    if (logical.size > 0) return plain
  }
  return convertedIntegerType(integer(node.tree, ElementField.CONVERTED_TYPE)) ?? plain
}

function convertedIntegerType(converted: number | null): DataType | null {
  switch (converted) {
    case Converted.DATE:
      return DATE
    case Converted.TIME_MILLIS:
      return time('ms')
    case Converted.TIME_MICROS:
      return time('us')
    // The specification takes these for instants, DuckDB and Arrow for local times; we follow the latter.
    case Converted.TIMESTAMP_MILLIS:
      return timestamp('ms', null)
    case Converted.TIMESTAMP_MICROS:
      return timestamp('us', null)
  }
  if (converted === null || converted < Converted.UINT_8 || converted > Converted.INT_64) return null
  const signed = converted >= Converted.INT_8
  const bits = [8, 16, 32, 64][converted - (signed ? Converted.INT_8 : Converted.UINT_8)] as IntegerBits
  return { kind: 'int', bits, signed }
}

function keptArrowSchema(metadata: FileMetadata): Schema | null {
  const kept = metadata.keyValues.get(ARROW_SCHEMA_KEY)
  if (kept === undefined) return null
  try {
    return fromArrowSchema(arrow.RecordBatchReader.from(Buffer.from(kept, 'base64')).open().schema)
  } catch {
    // It only refines; the Parquet schema says what the bytes are.
    return null
  }
}

/** Takes from `hint` what the bytes of `type` can stand for. */
function refine(type: DataType, hint: DataType): DataType {
  if (type.kind === 'int' && type.bits === 64 && type.signed) {
    if (hint.kind === 'duration' || (hint.kind === 'timestamp' && hint.unit === 's')) return hint
  }
  if (type.kind === 'int' && type.bits === 32 && type.signed && hint.kind === 'time' && hint.unit === 's') return hint
  if (type.kind === 'time' && type.unit === 'ms' && hint.kind === 'time' && hint.unit === 's') return hint
  if (type.kind === 'timestamp' && hint.kind === 'timestamp') {
    const unit = type.unit === 'ms' && hint.unit === 's' ? 's' : type.unit
    return timestamp(unit, type.zone === null ? null : (hint.zone ?? type.zone))
  }
  if (type.kind === 'list' && hint.kind === 'list') return { ...type, element: refineField(type.element, hint.element) }
  if (type.kind === 'map' && hint.kind === 'map') {
    return { ...type, key: refineField(type.key, hint.key), value: refineField(type.value, hint.value) }
  }
  if (type.kind === 'struct' && hint.kind === 'struct' && type.fields.length === hint.fields.length) {
    return { ...type, fields: type.fields.map((child, index) => refineField(child, hint.fields[index])) }
  }
  return type
}

function refineField(source: Field, hint: Field): Field {
  return { ...source, type: refine(source.type, hint.type) }
}

function unsupported(place: Place, reason: string): VolleyError {
  return new VolleyError('VOLLEY_UNSUPPORTED', `${place.path}: column ${place.column}: ${reason}`, { ...place })
}
