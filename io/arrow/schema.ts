/** Arrow's schemas and types and ours, both ways. */

import * as arrow from 'apache-arrow'
import { InternalError, unreachable, VolleyError } from '../../planner/errors.js'
import {
  BINARY,
  BOOL,
  DATE,
  type DataType,
  decimal,
  duration,
  type Field,
  FLOAT32,
  FLOAT64,
  field,
  type IntegerBits,
  NULL,
  type Schema,
  schemaOf,
  type TimeUnit,
  time,
  timestamp,
  UTF8,
} from '../../planner/types.js'

const UNITS: readonly TimeUnit[] = ['s', 'ms', 'us', 'ns']
const MAX_PRECISION = 38

const arrowSchemas = new WeakMap<Schema, arrow.Schema>()

/** The same object for the same schema, so that all batches of a result share one. */
export function toArrowSchema(schema: Schema): arrow.Schema {
  let converted = arrowSchemas.get(schema)
  if (converted === undefined) {
    converted = new arrow.Schema(schema.fields.map(toArrowField))
    arrowSchemas.set(schema, converted)
  }
  return converted
}

function toArrowField(source: Field): arrow.Field {
  return new arrow.Field(source.name, toArrowType(source.type), source.nullable)
}

/** Throws for intervals, which cannot be stored. */
export function toArrowType(type: DataType): arrow.DataType {
  switch (type.kind) {
    case 'null':
      return new arrow.Null()
    case 'bool':
      return new arrow.Bool()
    case 'int':
      return new arrow.Int(type.signed, type.bits)
    case 'float':
      return type.bits === 32 ? new arrow.Float32() : new arrow.Float64()
    case 'decimal':
      return new arrow.Decimal(type.scale, type.precision, 128)
    case 'utf8':
      return new arrow.Utf8()
    case 'binary':
      return new arrow.Binary()
    case 'date':
      return new arrow.DateDay()
    case 'time':
      return new arrow.Time(UNITS.indexOf(type.unit), type.unit === 's' || type.unit === 'ms' ? 32 : 64)
    case 'timestamp':
      return new arrow.Timestamp(UNITS.indexOf(type.unit), type.zone)
    case 'duration':
      return new arrow.Duration(UNITS.indexOf(type.unit))
    case 'interval':
      throw new VolleyError('VOLLEY_UNSUPPORTED', 'an INTERVAL cannot be stored: cast it to VARCHAR')
    case 'list':
      return new arrow.List(toArrowField(type.element))
    case 'struct':
      return new arrow.Struct(type.fields.map(toArrowField))
    case 'map': {
      const entries = new arrow.Struct([toArrowField({ ...type.key, nullable: false }), toArrowField(type.value)])
      return new arrow.Map_(new arrow.Field('entries', entries, false))
    }
    default:
      return unreachable(type)
  }
}

const ownSchemas = new WeakMap<arrow.Schema, Schema>()

/**
 * The same object for the same schema. Throws VOLLEY_UNSUPPORTED, naming the column, for a type we have no equivalent of;
 * VOLLEY_DUPLICATE_COLUMN.
 */
export function fromArrowSchema(schema: arrow.Schema): Schema {
  let converted = ownSchemas.get(schema)
  if (converted === undefined) {
    converted = convertedSchema(schema)
    ownSchemas.set(schema, converted)
  }
  return converted
}

function convertedSchema(schema: arrow.Schema): Schema {
  const names = new Set<string>()
  for (const { name } of schema.fields) {
    if (names.has(name)) {
      throw new VolleyError('VOLLEY_DUPLICATE_COLUMN', `the Arrow schema has two columns named ${name}`, {
        column: name,
      })
    }
    names.add(name)
  }
  return schemaOf(schema.fields.map((source) => fromArrowField(source, source.name)))
}

function fromArrowField(source: arrow.Field, column: string): Field {
  return field(source.name, fromArrowType(source.type, column), source.nullable)
}

/**
 * The type under which values of an Arrow type are read. Encodings disappear (dictionaries, views, 64-bit offsets,
 * fixed sizes), float16 becomes float32 and date64 becomes date. `column` is named in errors.
 */
function fromArrowType(source: arrow.DataType, column: string): DataType {
  // Types are told apart by id, not by class: they may come from another copy of the library.
  switch (source.typeId) {
    case arrow.Type.Null:
      return NULL
    case arrow.Type.Bool:
      return BOOL
    case arrow.Type.Int: {
      const { bitWidth, isSigned } = source as arrow.Int
      return { kind: 'int', bits: bitWidth as IntegerBits, signed: isSigned }
    }
    case arrow.Type.Float:
      return (source as arrow.Float).precision === arrow.Precision.DOUBLE ? FLOAT64 : FLOAT32
    case arrow.Type.Decimal:
      return fromDecimal(source as arrow.Decimal, column)
    case arrow.Type.Utf8:
    case arrow.Type.LargeUtf8:
    case arrow.Type.Utf8View:
      return UTF8
    case arrow.Type.Binary:
    case arrow.Type.LargeBinary:
    case arrow.Type.BinaryView:
    case arrow.Type.FixedSizeBinary:
      return BINARY
    case arrow.Type.Date:
      return DATE
    case arrow.Type.Time:
      return time(UNITS[(source as arrow.Time).unit])
    case arrow.Type.Timestamp: {
      const { unit, timezone } = source as arrow.Timestamp
      return timestamp(UNITS[unit], timezone ? timezone : null)
    }
    case arrow.Type.Duration:
      return duration(UNITS[(source as arrow.Duration).unit])
    case arrow.Type.List:
    case arrow.Type.LargeList:
    case arrow.Type.FixedSizeList:
      return { kind: 'list', element: fromArrowField(childField(source, 0), column) }
    case arrow.Type.Struct:
      return { kind: 'struct', fields: (source as arrow.Struct).children.map((child) => fromArrowField(child, column)) }
    case arrow.Type.Map: {
      const [key, value] = (childField(source, 0).type as arrow.Struct).children
      return { kind: 'map', key: fromArrowField(key, column), value: fromArrowField(value, column) }
    }
    case arrow.Type.Dictionary:
      return fromArrowType((source as arrow.Dictionary).dictionary, column)
    default:
      throw unsupported(source, column)
  }
}

function fromDecimal(source: arrow.Decimal, column: string): DataType {
  const { precision, scale, bitWidth } = source
  // A negative scale, or one beyond the precision, is legal in Arrow and not in SQL.
  if (precision > MAX_PRECISION || scale < 0 || scale > precision || bitWidth % 64 !== 0) {
    throw unsupported(source, column)
  }
  return decimal(precision, scale)
}

function childField(source: arrow.DataType, index: number): arrow.Field {
  const child = (source.children as readonly arrow.Field[])[index]
  if (child === undefined) throw new InternalError(`${source} has no child ${index}`)
  return child
}

function unsupported(source: arrow.DataType, column: string): VolleyError {
  return new VolleyError(
    'VOLLEY_UNSUPPORTED',
    `column ${column} has the Arrow type ${source}, which is not supported`,
    {
      column,
      actual: String(source),
    },
  )
}
