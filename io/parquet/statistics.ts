/** Minimum, maximum and nulls of a column chunk, as values of our types (parquet.thrift, "Statistics"). */

import type { ScalarValue } from '../../planner/expression.js'
import { type DataType, valueWidth } from '../../planner/types.js'
import type { ColumnStatistics } from '../source.js'
import { bytes, type ColumnChunk, flag, integer, Physical } from './metadata.js'
import type { ThriftStruct } from './thrift.js'

const Field = { OLD_MAX: 1, OLD_MIN: 2, NULLS: 3, MAX: 5, MIN: 6, MAX_EXACT: 7, MIN_EXACT: 8 } as const

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What the chunk of a leaf of `type` states; null where it has no statistics at all. */
export function columnStatistics(chunk: ColumnChunk, type: DataType): ColumnStatistics | null {
  const { statistics } = chunk
  if (statistics === null) return null
  const nullCount = integer(statistics, Field.NULLS)
  const physical = integer(chunk.metadata, 1) ?? -1
  const stated = statedBounds(statistics, type)
  const bounds = stated === null ? null : readBounds(stated, type, physical)
  if (bounds === null) return { min: null, max: null, exact: false, nullCount }
  // Text is cut by some writers without saying so; numbers have a fixed width and cannot be.
  const assumed = type.kind !== 'utf8' && type.kind !== 'binary'
  const exact =
    (flag(statistics, Field.MIN_EXACT) ?? assumed) && (flag(statistics, Field.MAX_EXACT) ?? assumed) && bounds.exact
  return { min: bounds.min, max: bounds.max, exact, nullCount }
}

/** The deprecated fields compare bytes as signed: they hold only for types whose order that is. */
function statedBounds(statistics: ThriftStruct, type: DataType): { min: Uint8Array; max: Uint8Array } | null {
  const min = bytes(statistics, Field.MIN)
  const max = bytes(statistics, Field.MAX)
  if (min !== null && max !== null) return { min, max }
  const signed = (type.kind === 'int' && type.signed) || type.kind === 'float' || isTemporal(type)
  const oldMin = bytes(statistics, Field.OLD_MIN)
  const oldMax = bytes(statistics, Field.OLD_MAX)
  return signed && oldMin !== null && oldMax !== null ? { min: oldMin, max: oldMax } : null
}

function isTemporal(type: DataType): boolean {
  return type.kind === 'date' || type.kind === 'time' || type.kind === 'timestamp' || type.kind === 'duration'
}

interface Bounds {
  readonly min: ScalarValue
  readonly max: ScalarValue
  readonly exact: boolean
}

function readBounds(stated: { min: Uint8Array; max: Uint8Array }, type: DataType, physical: number): Bounds | null {
  if (type.kind === 'float') return floatBounds(stated, physical)
  const min = readValue(stated.min, type, physical)
  const max = readValue(stated.max, type, physical)
  return min === null || max === null ? null : { min, max, exact: true }
}

/** NaN makes bounds worthless; a zero may stand for either sign; a NaN may hide outside the bounds (same section). */
function floatBounds(stated: { min: Uint8Array; max: Uint8Array }, physical: number): Bounds | null {
  const min = readFloat(stated.min, physical)
  const max = readFloat(stated.max, physical)
  if (min === null || max === null || Number.isNaN(min) || Number.isNaN(max)) return null
  return { min: min === 0 ? -0 : min, max: max === 0 ? 0 : max, exact: false }
}

function readFloat(value: Uint8Array, physical: number): number | null {
  const view = viewOf(value)
  if (physical === Physical.FLOAT && value.length === 4) return view.getFloat32(0, true)
  if (physical === Physical.DOUBLE && value.length === 8) return view.getFloat64(0, true)
  return null
}

function readValue(value: Uint8Array, type: DataType, physical: number): ScalarValue {
  switch (type.kind) {
    case 'bool':
      return value.length === 1 ? value[0] !== 0 : null
    case 'int': {
      const read = readInteger(value, physical, type.signed)
      return read === null || type.bits === 64 ? read : Number(read)
    }
    case 'date': {
      const days = readInteger(value, physical, true)
      return days === null ? null : Number(days)
    }
    case 'time':
    case 'timestamp':
    case 'duration': {
      const units = readInteger(value, physical, true)
      // Seconds are kept as milliseconds in the file wherever Parquet has a type for them.
      return units !== null && type.kind !== 'duration' && type.unit === 's' ? null : units
    }
    case 'decimal':
      return physical === Physical.INT32 || physical === Physical.INT64
        ? readInteger(value, physical, true)
        : readBigEndian(value)
    case 'utf8':
      try {
        return decoder.decode(value)
      } catch {
        // Cut inside a character.
        return null
      }
    case 'binary':
      return physical === Physical.BYTE_ARRAY || physical === Physical.FIXED_LEN_BYTE_ARRAY ? value.slice() : null
    default:
      return null
  }
}

function readInteger(value: Uint8Array, physical: number, signed: boolean): bigint | null {
  const view = viewOf(value)
  if (physical === Physical.INT32 && value.length === 4) {
    return BigInt(signed ? view.getInt32(0, true) : view.getUint32(0, true))
  }
  if (physical === Physical.INT64 && value.length === 8) {
    return signed ? view.getBigInt64(0, true) : view.getBigUint64(0, true)
  }
  return null
}

/** Two's complement, big-endian, of any length: how decimals lie in byte arrays. */
function readBigEndian(value: Uint8Array): bigint | null {
  if (value.length === 0 || value.length > valueWidth({ kind: 'decimal', precision: 38, scale: 0 }) + 1) return null
  let result = 0n
  for (const byte of value) result = (result << 8n) | BigInt(byte)
  return BigInt.asIntN(value.length * 8, result)
}

function viewOf(value: Uint8Array): DataView {
  return new DataView(value.buffer, value.byteOffset, value.byteLength)
}
