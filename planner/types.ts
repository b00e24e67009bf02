/** The logical types of columns and expressions, and the physical width at which each is stored. */

export type TimeUnit = 's' | 'ms' | 'us' | 'ns'
export type IntegerBits = 8 | 16 | 32 | 64

export interface Field {
  readonly name: string
  readonly type: DataType
  readonly nullable: boolean
}

export interface Schema {
  readonly fields: readonly Field[]
}

/**
 * Dictionary encoding is a property of a vector, not a type: a dictionary of strings has type `utf8`.
 * `interval` exists only as the type of constants and of arithmetic on them; it cannot be stored.
 */
export type DataType =
  | { readonly kind: 'null' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'int'; readonly bits: IntegerBits; readonly signed: boolean }
  | { readonly kind: 'float'; readonly bits: 32 | 64 }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'utf8' }
  | { readonly kind: 'binary' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time'; readonly unit: TimeUnit }
  | { readonly kind: 'timestamp'; readonly unit: TimeUnit; readonly zone: string | null }
  | { readonly kind: 'duration'; readonly unit: TimeUnit }
  | { readonly kind: 'interval' }
  | { readonly kind: 'list'; readonly element: Field }
  | { readonly kind: 'struct'; readonly fields: readonly Field[] }
  | { readonly kind: 'map'; readonly key: Field; readonly value: Field }

const integer = (bits: IntegerBits, signed: boolean): DataType => Object.freeze({ kind: 'int', bits, signed })

export const NULL: DataType = Object.freeze({ kind: 'null' })
export const BOOL: DataType = Object.freeze({ kind: 'bool' })
export const INT8 = integer(8, true)
export const INT16 = integer(16, true)
export const INT32 = integer(32, true)
export const INT64 = integer(64, true)
export const UINT8 = integer(8, false)
export const UINT16 = integer(16, false)
export const UINT32 = integer(32, false)
export const UINT64 = integer(64, false)
export const FLOAT32: DataType = Object.freeze({ kind: 'float', bits: 32 })
export const FLOAT64: DataType = Object.freeze({ kind: 'float', bits: 64 })
export const UTF8: DataType = Object.freeze({ kind: 'utf8' })
export const BINARY: DataType = Object.freeze({ kind: 'binary' })
export const DATE: DataType = Object.freeze({ kind: 'date' })
export const INTERVAL: DataType = Object.freeze({ kind: 'interval' })
export const TIMESTAMP: DataType = timestamp('us', null)
/** DuckDB's HUGEINT, which Arrow carries as a decimal of 38 digits and no fraction. */
export const HUGEINT: DataType = decimal(38, 0)

export function decimal(precision: number, scale: number): DataType {
  return Object.freeze({ kind: 'decimal', precision, scale })
}

export function time(unit: TimeUnit): DataType {
  return Object.freeze({ kind: 'time', unit })
}

export function timestamp(unit: TimeUnit, zone: string | null): DataType {
  return Object.freeze({ kind: 'timestamp', unit, zone })
}

export function duration(unit: TimeUnit): DataType {
  return Object.freeze({ kind: 'duration', unit })
}

export function field(name: string, type: DataType, nullable = true): Field {
  return Object.freeze({ name, type, nullable })
}

export function schemaOf(fields: readonly Field[]): Schema {
  return Object.freeze({ fields: Object.freeze([...fields]) })
}

export function isInteger(type: DataType): type is Extract<DataType, { kind: 'int' }> {
  return type.kind === 'int'
}

export function isNumeric(type: DataType): boolean {
  return type.kind === 'int' || type.kind === 'float' || type.kind === 'decimal'
}

export function isNested(type: DataType): boolean {
  return type.kind === 'list' || type.kind === 'struct' || type.kind === 'map'
}

export function isVariableLength(type: DataType): boolean {
  return type.kind === 'utf8' || type.kind === 'binary'
}

/** True if both describe the same values; the nullability and names of nested fields count. */
export function typesEqual(a: DataType, b: DataType): boolean {
  return typeName(a) === typeName(b)
}

const UNIT_NAMES: Record<TimeUnit, string> = { s: '_S', ms: '_MS', us: '', ns: '_NS' }

/** The SQL name, as DuckDB prints it where DuckDB has the type; used in messages, explain and casts. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case 'null':
      return 'NULL'
    case 'bool':
      return 'BOOLEAN'
    case 'int':
      return (type.signed ? '' : 'U') + { 8: 'TINYINT', 16: 'SMALLINT', 32: 'INTEGER', 64: 'BIGINT' }[type.bits]
    case 'float':
      return type.bits === 32 ? 'FLOAT' : 'DOUBLE'
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'utf8':
      return 'VARCHAR'
    case 'binary':
      return 'BLOB'
    case 'date':
      return 'DATE'
    case 'time':
      return `TIME${UNIT_NAMES[type.unit]}`
    case 'timestamp':
      return `TIMESTAMP${UNIT_NAMES[type.unit]}${type.zone === null ? '' : ` WITH TIME ZONE '${type.zone}'`}`
    case 'duration':
      return `DURATION${UNIT_NAMES[type.unit]}`
    case 'interval':
      return 'INTERVAL'
    case 'list':
      return `${typeName(type.element.type)}[]`
    case 'struct':
      return `STRUCT(${type.fields.map((f) => `${f.name} ${typeName(f.type)}`).join(', ')})`
    case 'map':
      return `MAP(${typeName(type.key.type)}, ${typeName(type.value.type)})`
  }
}

/**
 * Bytes of one stored value; 0 for booleans (bits), variable-length, nested and null types.
 * A decimal of any precision may be stored at 8 bytes when its values fit: see `Vector.width`.
 */
export function valueWidth(type: DataType): 0 | 1 | 2 | 4 | 8 | 16 {
  switch (type.kind) {
    case 'int':
    case 'float':
      return (type.bits / 8) as 1 | 2 | 4 | 8
    case 'decimal':
      return type.precision <= 18 ? 8 : 16
    case 'date':
      return 4
    case 'time':
      return type.unit === 's' || type.unit === 'ms' ? 4 : 8
    case 'timestamp':
    case 'duration':
      return 8
    case 'interval':
      return 16
    case 'null':
    case 'bool':
    case 'utf8':
    case 'binary':
    case 'list':
    case 'struct':
    case 'map':
      return 0
  }
}
