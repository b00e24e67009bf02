/** Finds a schema for JavaScript records from a sample of them. */

import { VolleyError } from '../../planner/errors.js'
import {
  BINARY,
  BOOL,
  type DataType,
  type Field,
  FLOAT64,
  field,
  HUGEINT,
  INT64,
  type Schema,
  schemaOf,
  TIMESTAMP,
  typeName,
  UTF8,
} from '../../planner/types.js'
import { describeValue } from '../describe-value.js'
import { isRecord } from './convert.js'

/** What the values seen so far have in common; `null` while there were only nulls. */
type Guess =
  | { readonly kind: 'scalar'; readonly type: DataType }
  | { readonly kind: 'list'; readonly element: Guess | null }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Guess | null> }
  | { readonly kind: 'map'; readonly key: Guess | null; readonly value: Guess | null }

/**
 * Columns in the order in which they first appear, all nullable. Numbers are BIGINT if all are integers that a double
 * holds exactly and DOUBLE otherwise; bigints BIGINT, or HUGEINT beyond 64 bits; strings VARCHAR; Dates TIMESTAMP;
 * Uint8Arrays BLOB; arrays, objects and Maps lists, structs and maps. What was always null is VARCHAR.
 * Throws VOLLEY_BAD_RECORD where two records contradict each other. `firstRow` is the number of the first record.
 */
export function inferSchema(records: readonly unknown[], firstRow = 0): Schema {
  const columns = new Map<string, Guess | null>()
  for (const [index, record] of records.entries()) {
    const row = firstRow + index
    if (!isRecord(record)) throw notARecord(record, row)
    for (const name of Object.keys(record)) {
      columns.set(name, merge(columns.get(name) ?? null, guess(record[name], name, row), name, row))
    }
  }
  return schemaOf([...columns].map(([name, found]) => field(name, typeOf(found))))
}

export function notARecord(value: unknown, row: number): VolleyError {
  const actual = value === null ? 'null' : describeValue(value)
  return new VolleyError('VOLLEY_BAD_RECORD', `record ${row} is not an object: ${actual}`, {
    row,
    expected: 'an object',
    actual,
  })
}

function guess(value: unknown, column: string, row: number): Guess | null {
  switch (typeof value) {
    case 'undefined':
      return null
    case 'boolean':
      return { kind: 'scalar', type: BOOL }
    case 'number':
      return { kind: 'scalar', type: Number.isSafeInteger(value) ? INT64 : FLOAT64 }
    case 'bigint':
      return { kind: 'scalar', type: BigInt.asIntN(64, value) === value ? INT64 : HUGEINT }
    case 'string':
      return { kind: 'scalar', type: UTF8 }
    case 'object':
      return value === null ? null : guessObject(value, column, row)
    default:
      throw new VolleyError(
        'VOLLEY_BAD_RECORD',
        `column ${column}, record ${row}: no type for ${describeValue(value)}`,
        {
          column,
          row,
          actual: describeValue(value),
        },
      )
  }
}

function guessObject(value: object, column: string, row: number): Guess {
  if (value instanceof Date) return { kind: 'scalar', type: TIMESTAMP }
  if (value instanceof Uint8Array || value instanceof ArrayBuffer) return { kind: 'scalar', type: BINARY }
  if (value instanceof Map) {
    let key: Guess | null = null
    let item: Guess | null = null
    for (const [k, v] of value) {
      key = merge(key, guess(k, column, row), column, row)
      item = merge(item, guess(v, column, row), column, row)
    }
    return { kind: 'map', key, value: item }
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    let element: Guess | null = null
    for (const item of value as Iterable<unknown>) element = merge(element, guess(item, column, row), column, row)
    return { kind: 'list', element }
  }
  const fields = new Map<string, Guess | null>()
  for (const [name, item] of Object.entries(value)) fields.set(name, guess(item, `${column}.${name}`, row))
  return { kind: 'struct', fields }
}

function merge(a: Guess | null, b: Guess | null, column: string, row: number): Guess | null {
  if (a === null || b === null) return a ?? b
  if (a.kind === 'scalar' && b.kind === 'scalar') {
    const type = commonType(a.type, b.type)
    if (type !== null) return { kind: 'scalar', type }
  } else if (a.kind === 'list' && b.kind === 'list') {
    return { kind: 'list', element: merge(a.element, b.element, column, row) }
  } else if (a.kind === 'map' && b.kind === 'map') {
    return {
      kind: 'map',
      key: merge(a.key, b.key, column, row),
      value: merge(a.value, b.value, column, row),
    }
  } else if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields)
    for (const [name, found] of b.fields) {
      fields.set(name, merge(fields.get(name) ?? null, found, `${column}.${name}`, row))
    }
    return { kind: 'struct', fields }
  }
  const expected = typeName(typeOf(a))
  const actual = typeName(typeOf(b))
  throw new VolleyError(
    'VOLLEY_BAD_RECORD',
    `column ${column}: record ${row} has ${actual} where earlier records have ${expected}; give a schema`,
    { column, row, expected, actual },
  )
}

function commonType(a: DataType, b: DataType): DataType | null {
  if (typeName(a) === typeName(b)) return a
  const kinds = new Set([a.kind, b.kind])
  const isNumber = (type: DataType): boolean => type.kind === 'int' || type.kind === 'float' || type.kind === 'decimal'
  if (!isNumber(a) || !isNumber(b)) return null
  return kinds.has('float') ? FLOAT64 : HUGEINT
}

function typeOf(found: Guess | null): DataType {
  if (found === null) return UTF8
  switch (found.kind) {
    case 'scalar':
      return found.type
    case 'list':
      return { kind: 'list', element: nested('item', found.element) }
    case 'map':
      return { kind: 'map', key: field('key', typeOf(found.key), false), value: nested('value', found.value) }
    case 'struct':
      return { kind: 'struct', fields: [...found.fields].map(([name, inner]) => nested(name, inner)) }
  }
}

function nested(name: string, found: Guess | null): Field {
  return field(name, typeOf(found))
}
