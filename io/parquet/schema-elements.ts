/**
 * Our schema as Parquet schema elements, and as the Arrow types under which the codec is given the stored values.
 *
 * The codec sees bare integers for decimals, dates and times; what they mean is written into the footer here. Every
 * column is OPTIONAL (map keys excepted), as DuckDB writes them. What Parquet has no type for is stored as follows, and
 * an Arrow schema kept in the footer tells readers that know it: seconds as milliseconds, durations as plain INT64.
 */

import * as arrow from 'apache-arrow'
import { unreachable, VolleyError } from '../../planner/errors.js'
import { type DataType, isNested, type Schema, type TimeUnit } from '../../planner/types.js'
import { toArrowSchema, toArrowType } from '../arrow/schema.js'
import { encodeArrowSchema } from './arrow-schema-message.js'
import { Converted, Logical } from './logical-types.js'
import { ElementField, Physical, Repetition, thriftField } from './metadata.js'
import type { ThriftField, ThriftStruct } from './thrift.js'

/** The names that the specification gives to the inner levels of lists and maps. */
const LIST = { middle: 'list', element: 'element' } as const
const MAP = { middle: 'key_value', key: 'key', value: 'value' } as const

/** The element list of a footer. */
export function schemaElements(schema: Schema): ThriftStruct[] {
  const root: ThriftStruct = new Map([
    [ElementField.NAME, thriftField.text('volley_schema')],
    [ElementField.CHILDREN, thriftField.i32(schema.fields.length)],
  ])
  return [root, ...schema.fields.flatMap((field) => fieldElements(field.name, field.type, Repetition.OPTIONAL))]
}

/** The path of every leaf from the root, in the order of a row group's column chunks. */
export function leafPaths(schema: Schema): string[][] {
  return schema.fields.flatMap((field) => pathsBelow([field.name], field.type))
}

function pathsBelow(path: readonly string[], type: DataType): string[][] {
  switch (type.kind) {
    case 'list':
      return pathsBelow([...path, LIST.middle, LIST.element], type.element.type)
    case 'map':
      return [
        ...pathsBelow([...path, MAP.middle, MAP.key], type.key.type),
        ...pathsBelow([...path, MAP.middle, MAP.value], type.value.type),
      ]
    case 'struct':
      return type.fields.flatMap((child) => pathsBelow([...path, child.name], child.type))
    default:
      return [[...path]]
  }
}

function fieldElements(name: string, type: DataType, repetition: number): ThriftStruct[] {
  switch (type.kind) {
    case 'list':
      return [
        group(name, repetition, 1, annotation(Logical.LIST, Converted.LIST)),
        group(LIST.middle, Repetition.REPEATED, 1),
        ...fieldElements(LIST.element, type.element.type, Repetition.OPTIONAL),
      ]
    case 'map':
      return [
        group(name, repetition, 1, annotation(Logical.MAP, Converted.MAP)),
        group(MAP.middle, Repetition.REPEATED, 2),
        ...fieldElements(MAP.key, type.key.type, Repetition.REQUIRED),
        ...fieldElements(MAP.value, type.value.type, Repetition.OPTIONAL),
      ]
    case 'struct':
      return [
        group(name, repetition, type.fields.length),
        ...type.fields.flatMap((child) => fieldElements(child.name, child.type, Repetition.OPTIONAL)),
      ]
    default:
      return [leaf(name, repetition, type)]
  }
}

type Parts = readonly (readonly [number, ThriftField])[]

function group(name: string, repetition: number, children: number, parts: Parts = []): ThriftStruct {
  return new Map([
    [ElementField.REPETITION, thriftField.i32(repetition)],
    [ElementField.NAME, thriftField.text(name)],
    [ElementField.CHILDREN, thriftField.i32(children)],
    ...parts,
  ])
}

function leaf(name: string, repetition: number, type: DataType): ThriftStruct {
  const { physical, parts } = leafStorage(type)
  return new Map([
    [ElementField.TYPE, thriftField.i32(physical)],
    [ElementField.REPETITION, thriftField.i32(repetition)],
    [ElementField.NAME, thriftField.text(name)],
    ...parts,
  ])
}

function annotation(logical: number, converted: number | null, parameters: ThriftStruct = new Map()): Parts {
  const union: ThriftStruct = new Map([[logical, thriftField.struct(parameters)]])
  const modern = [ElementField.LOGICAL_TYPE, thriftField.struct(union)] as const
  return converted === null ? [modern] : [[ElementField.CONVERTED_TYPE, thriftField.i32(converted)], modern]
}

function leafStorage(type: DataType): { physical: number; parts: Parts } {
  switch (type.kind) {
    case 'null':
      return { physical: Physical.INT32, parts: annotation(Logical.UNKNOWN, null) }
    case 'bool':
      return { physical: Physical.BOOLEAN, parts: [] }
    case 'int':
      return { physical: type.bits === 64 ? Physical.INT64 : Physical.INT32, parts: integerAnnotation(type) }
    case 'float':
      return { physical: type.bits === 32 ? Physical.FLOAT : Physical.DOUBLE, parts: [] }
    case 'decimal':
      return decimalStorage(type.precision, type.scale)
    case 'utf8':
      return { physical: Physical.BYTE_ARRAY, parts: annotation(Logical.STRING, Converted.UTF8) }
    case 'binary':
      return { physical: Physical.BYTE_ARRAY, parts: [] }
    case 'date':
      return { physical: Physical.INT32, parts: annotation(Logical.DATE, Converted.DATE) }
    case 'time': {
      const converted = { s: Converted.TIME_MILLIS, ms: Converted.TIME_MILLIS, us: Converted.TIME_MICROS, ns: null }
      const physical = type.unit === 's' || type.unit === 'ms' ? Physical.INT32 : Physical.INT64
      return { physical, parts: annotation(Logical.TIME, converted[type.unit], temporal(type.unit, false)) }
    }
    case 'timestamp': {
      const millis = Converted.TIMESTAMP_MILLIS
      const converted = { s: millis, ms: millis, us: Converted.TIMESTAMP_MICROS, ns: null }
      const parameters = temporal(type.unit, type.zone !== null)
      return { physical: Physical.INT64, parts: annotation(Logical.TIMESTAMP, converted[type.unit], parameters) }
    }
    case 'duration':
      return { physical: Physical.INT64, parts: [] }
    case 'interval':
      throw new VolleyError('VOLLEY_UNSUPPORTED', 'an INTERVAL cannot be stored: cast it to VARCHAR')
    case 'list':
    case 'map':
    case 'struct':
      throw new TypeError(`${type.kind} is no leaf`)
    default:
      return unreachable(type)
  }
}

function integerAnnotation(type: Extract<DataType, { kind: 'int' }>): Parts {
  if (type.signed && type.bits >= 32) return []
  const position = { 8: 0, 16: 1, 32: 2, 64: 3 }[type.bits]
  const parameters: ThriftStruct = new Map([
    [1, thriftField.byte(type.bits)],
    [2, thriftField.flag(type.signed)],
  ])
  return annotation(Logical.INTEGER, (type.signed ? Converted.INT_8 : Converted.UINT_8) + position, parameters)
}

function decimalStorage(precision: number, scale: number): { physical: number; parts: Parts } {
  const parameters: ThriftStruct = new Map([
    [1, thriftField.i32(scale)],
    [2, thriftField.i32(precision)],
  ])
  const parts: Parts = [
    [ElementField.SCALE, thriftField.i32(scale)],
    [ElementField.PRECISION, thriftField.i32(precision)],
    ...annotation(Logical.DECIMAL, Converted.DECIMAL, parameters),
  ]
  if (precision <= 18) return { physical: Physical.INT64, parts }
  const length = [ElementField.TYPE_LENGTH, thriftField.i32(decimalBytes(precision))] as const
  return { physical: Physical.FIXED_LEN_BYTE_ARRAY, parts: [length, ...parts] }
}

/** The fewest bytes whose two's complement holds every value of a precision; what the codec chooses too. */
function decimalBytes(precision: number): number {
  return Math.ceil((Math.log2(10 ** precision) + 1) / 8)
}

function temporal(unit: TimeUnit, adjustedToUtc: boolean): ThriftStruct {
  const position = { s: 1, ms: 1, us: 2, ns: 3 }[unit]
  const inner: ThriftStruct = new Map([[position, thriftField.struct(new Map())]])
  return new Map([
    [1, thriftField.flag(adjustedToUtc)],
    [2, thriftField.struct(inner)],
  ])
}

/** The Arrow type under which the codec is given a column. */
function storageType(type: DataType): arrow.DataType {
  switch (type.kind) {
    case 'null':
    case 'bool':
    case 'int':
    case 'float':
    case 'utf8':
    case 'binary':
    case 'interval':
      return toArrowType(type)
    case 'decimal':
      return type.precision <= 18 ? new arrow.Int64() : toArrowType(type)
    case 'date':
      return new arrow.Int32()
    case 'time':
      return type.unit === 's' || type.unit === 'ms' ? new arrow.Int32() : new arrow.Int64()
    case 'timestamp':
    case 'duration':
      return new arrow.Int64()
    case 'list':
      return new arrow.List(storageField(LIST.element, type.element.type))
    case 'struct':
      return new arrow.Struct(type.fields.map((child) => storageField(child.name, child.type)))
    case 'map': {
      const entries = new arrow.Struct([
        storageField(MAP.key, type.key.type, false),
        storageField(MAP.value, type.value.type),
      ])
      return new arrow.Map_(new arrow.Field(MAP.middle, entries, false))
    }
    default:
      return unreachable(type)
  }
}

export function storageField(name: string, type: DataType, nullable = true): arrow.Field {
  return new arrow.Field(name, storageType(type), nullable)
}

/** The Arrow schema to keep in the footer; null if the Parquet schema says it all. */
export function arrowSchemaToKeep(schema: Schema): string | null {
  return schema.fields.some((field) => losesMeaning(field.type))
    ? encodeArrowSchema(arrow, toArrowSchema(schema).fields)
    : null
}

function losesMeaning(type: DataType): boolean {
  if (isNested(type)) {
    if (type.kind === 'list') return losesMeaning(type.element.type)
    if (type.kind === 'map') return losesMeaning(type.key.type) || losesMeaning(type.value.type)
    return type.kind === 'struct' && type.fields.some((child) => losesMeaning(child.type))
  }
  if (type.kind === 'duration') return true
  if (type.kind === 'time') return type.unit === 's'
  return type.kind === 'timestamp' && (type.unit === 's' || (type.zone !== null && type.zone !== 'UTC'))
}
