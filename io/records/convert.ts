/** JavaScript values as values of a type, with nothing lost on the way, and back. */

import { UNITS_PER_SECOND, unitsPerDay } from '../../planner/calendar.js'
import { unreachable } from '../../planner/errors.js'
import type { ScalarValue } from '../../planner/expression.js'
import { divideFloor, formatDecimal } from '../../planner/integers.js'
import { type DataType, typeName } from '../../planner/types.js'
import { describeValue } from '../describe-value.js'
import { parseDate, parseDecimal, parseTime, parseTimestamp } from '../parse-value.js'
import { objectOf } from '../values.js'

/** A value that its column's type cannot hold. Its user adds the row and the column. */
export class ValueMismatch extends Error {
  constructor(
    readonly expected: string,
    readonly actual: string,
  ) {
    super(`expected ${expected}, got ${actual}`)
  }
}

const MILLISECONDS_PER_DAY = 86_400_000

/**
 * Accepted, besides null and undefined:
 *   boolean: boolean · integers: number without fraction, bigint · float: number, bigint · VARCHAR: string
 *   decimal: number, bigint, string, if it needs no more than the type's digits · BLOB: Uint8Array, ArrayBuffer
 *   date: Date (its UTC day), `2024-02-29` · time: bigint of units, `03:04:05` · duration: bigint of units
 *   timestamp: Date, ISO text, bigint of units · list: array, typed array · struct: object · map: Map, array of pairs
 */
export function toScalar(value: unknown, type: DataType): ScalarValue {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'null':
      throw mismatch(value, type)
    case 'bool':
      if (typeof value === 'boolean') return value
      throw mismatch(value, type)
    case 'int':
      return toInteger(value, type)
    case 'float':
      if (typeof value !== 'number' && typeof value !== 'bigint') throw mismatch(value, type)
      return type.bits === 32 ? Math.fround(Number(value)) : Number(value)
    case 'decimal':
      return toDecimal(value, type.precision, type.scale, type)
    case 'utf8':
      if (typeof value === 'string') return value
      throw mismatch(value, type)
    case 'binary':
      if (value instanceof Uint8Array) return value
      if (value instanceof ArrayBuffer) return new Uint8Array(value)
      throw mismatch(value, type)
    case 'date':
      return toDate(value, type)
    case 'time': {
      const units = typeof value === 'string' ? parseTime(value, type.unit) : value
      if (typeof units === 'bigint' && units >= 0n && units < unitsPerDay(type.unit)) return units
      throw mismatch(value, type)
    }
    case 'timestamp':
      return toTimestamp(value, type)
    case 'duration':
      if (typeof value === 'bigint' && fitsSigned(value, 64)) return value
      throw mismatch(value, type)
    case 'interval':
      throw mismatch(value, type)
    case 'list':
      return toList(value, type)
    case 'struct': {
      if (!isRecord(value)) throw mismatch(value, type)
      const { fields } = type
      return objectOf(fields, (index) => toScalar(value[fields[index].name], fields[index].type))
    }
    case 'map':
      return toMap(value, type)
    default:
      return unreachable(type)
  }
}

/** True of objects with fields: neither arrays nor instances of the built-in classes that stand for single values. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return (
    !(value instanceof Date || value instanceof Map || value instanceof Set || value instanceof ArrayBuffer) &&
    !ArrayBuffer.isView(value)
  )
}

function mismatch(value: unknown, type: DataType): ValueMismatch {
  return new ValueMismatch(typeName(type), describeValue(value))
}

function fitsSigned(value: bigint, bits: number): boolean {
  return BigInt.asIntN(bits, value) === value
}

function toInteger(value: unknown, type: Extract<DataType, { kind: 'int' }>): ScalarValue {
  if (typeof value !== 'bigint' && !(typeof value === 'number' && Number.isInteger(value))) throw mismatch(value, type)
  const exact = BigInt(value)
  const wrapped = type.signed ? BigInt.asIntN(type.bits, exact) : BigInt.asUintN(type.bits, exact)
  if (wrapped !== exact) throw mismatch(value, type)
  return type.bits === 64 ? exact : Number(exact)
}

function toDecimal(value: unknown, precision: number, scale: number, type: DataType): ScalarValue {
  const text = typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? String(value) : ''
  const unscaled = parseDecimal(text, precision, scale)
  if (unscaled === null) throw mismatch(value, type)
  return unscaled
}

function toDate(value: unknown, type: DataType): ScalarValue {
  if (typeof value === 'string') {
    const days = parseDate(value)
    if (days !== null) return days
  } else if (value instanceof Date && !Number.isNaN(value.getTime())) {
    return Math.floor(value.getTime() / MILLISECONDS_PER_DAY)
  }
  throw mismatch(value, type)
}

function toTimestamp(value: unknown, type: Extract<DataType, { kind: 'timestamp' }>): ScalarValue {
  let units: bigint | undefined
  if (typeof value === 'bigint') units = value
  else if (typeof value === 'string') units = parseTimestamp(value, type.unit)?.units
  else if (value instanceof Date && !Number.isNaN(value.getTime())) {
    const scaled = BigInt(value.getTime()) * UNITS_PER_SECOND[type.unit]
    if (scaled % 1000n === 0n) units = scaled / 1000n
  }
  if (units === undefined || !fitsSigned(units, 64)) throw mismatch(value, type)
  return units
}

function toList(value: unknown, type: Extract<DataType, { kind: 'list' }>): ScalarValue {
  if (Array.isArray(value)) return value.map((element: unknown) => toScalar(element, type.element.type))
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const elements = Array.from(value as unknown as ArrayLike<number | bigint>)
    return elements.map((element) => toScalar(element, type.element.type))
  }
  throw mismatch(value, type)
}

function toMap(value: unknown, type: Extract<DataType, { kind: 'map' }>): ScalarValue {
  if (!(value instanceof Map) && !isPairs(value)) throw mismatch(value, type)
  const entries = new Map<ScalarValue, ScalarValue>()
  for (const [key, item] of value) {
    const converted = toScalar(key, type.key.type)
    if (converted === null) throw new ValueMismatch('a key', 'null')
    entries.set(converted, toScalar(item, type.value.type))
  }
  return entries
}

function isPairs(value: unknown): value is readonly (readonly [unknown, unknown])[] {
  return Array.isArray(value) && value.every((pair: unknown) => Array.isArray(pair) && pair.length === 2)
}

/**
 * What a user gets for a value: integers to 32 bits and floats as number, 64-bit integers as bigint; decimals as bigint
 * at scale 0, else as exact text like `123.45`; dates as Date at midnight UTC; timestamps as Date, cut to milliseconds;
 * times and durations as bigint of their units; lists as arrays, structs as objects, maps as Map; null as null.
 */
export function fromScalar(value: ScalarValue, type: DataType): unknown {
  if (value === null) return null
  switch (type.kind) {
    case 'null':
    case 'bool':
    case 'int':
    case 'float':
    case 'utf8':
    case 'binary':
    case 'time':
    case 'duration':
    case 'interval':
      return value
    case 'decimal':
      return type.scale === 0 ? value : formatDecimal(value as bigint, type.scale)
    case 'date':
      return new Date((value as number) * MILLISECONDS_PER_DAY)
    case 'timestamp':
      return new Date(Number(divideFloor((value as bigint) * 1000n, UNITS_PER_SECOND[type.unit])))
    case 'list':
      return (value as readonly ScalarValue[]).map((element) => fromScalar(element, type.element.type))
    case 'struct': {
      const struct = value as Readonly<Record<string, ScalarValue>>
      return objectOf(type.fields, (index) => fromScalar(struct[type.fields[index].name], type.fields[index].type))
    }
    case 'map': {
      const entries = value as ReadonlyMap<ScalarValue, ScalarValue>
      return new Map(
        [...entries].map(([key, item]) => [fromScalar(key, type.key.type), fromScalar(item, type.value.type)]),
      )
    }
    default:
      return unreachable(type)
  }
}
